{#- What DuckDB and Spark say differently. Everything else in the models is SQL that both understand. -#}

{#- Stop the query with a message (an SQL expression). -#}
{% macro raise_error(message) -%}
    {{ return(adapter.dispatch('raise_error', 'juesuan')(message)) }}
{%- endmacro %}

{% macro default__raise_error(message) -%}
    error({{ message }})
{%- endmacro %}

{% macro spark__raise_error(message) -%}
    raise_error({{ message }})
{%- endmacro %}

{#- An array of text as one text, its parts joined by `/`; empty for an empty or missing one. -#}
{% macro array_text(column) -%}
    {{ return(adapter.dispatch('array_text', 'juesuan')(column)) }}
{%- endmacro %}

{% macro default__array_text(column) -%}
    coalesce(array_to_string({{ column }}, '/'), '')
{%- endmacro %}

{% macro spark__array_text(column) -%}
    coalesce(array_join({{ column }}, '/'), '')
{%- endmacro %}

{#- A DECIMAL(18,2) as a whole number of hundredths. -#}
{% macro hundredths(value) -%}
    {{ return(adapter.dispatch('hundredths', 'juesuan')(value)) }}
{%- endmacro %}

{% macro default__hundredths(value) -%}
    cast(cast({{ value }} as decimal(18, 2)) * 100 as hugeint)
{%- endmacro %}

{% macro spark__hundredths(value) -%}
    cast(cast({{ value }} as decimal(18, 2)) * 100 as decimal(20, 0))
{%- endmacro %}

{#- Division of whole numbers that cuts the remainder. -#}
{% macro whole_division(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_division', 'juesuan')(dividend, divisor)) }}
{%- endmacro %}

{% macro default__whole_division(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{% macro spark__whole_division(dividend, divisor) -%}
    (({{ dividend }}) div ({{ divisor }}))
{%- endmacro %}

{#- Days from one date to another; below zero where the second is the earlier. -#}
{% macro days_between(first, last) -%}
    {{ return(adapter.dispatch('days_between', 'juesuan')(first, last)) }}
{%- endmacro %}

{% macro default__days_between(first, last) -%}
    date_diff('day', {{ first }}, {{ last }})
{%- endmacro %}

{% macro spark__days_between(first, last) -%}
    datediff({{ last }}, {{ first }})
{%- endmacro %}

{#- 32 hexadecimal digits that stand for a text: the same on every engine. -#}
{% macro text_key(text) -%}
    md5({{ text }})
{%- endmacro %}

{#- Distinct texts of a group as one text in their order, parted by ；. -#}
{% macro joined_texts(expression) -%}
    {{ return(adapter.dispatch('joined_texts', 'juesuan')(expression)) }}
{%- endmacro %}

{% macro default__joined_texts(expression) -%}
    nullif(array_to_string(list_sort(list_distinct(list({{ expression }}))), '；'), '')
{%- endmacro %}

{% macro spark__joined_texts(expression) -%}
    nullif(array_join(sort_array(collect_set({{ expression }})), '；'), '')
{%- endmacro %}
