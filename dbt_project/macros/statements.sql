{#- Words of the marts that stand on what the text of reports says. -#}

{#-
    What a statement of the text is: printed, printed_zero, words (a name, a purpose, a relation), or why there is no
    value: none_declared (无…支出), base_is_zero, blank, not_stated. Closed list.
-#}
{% macro statement_state(value, value_text, null_reason) -%}
    case
        when {{ null_reason }} is not null then {{ null_reason }}
        when {{ value }} = 0 then 'printed_zero'
        when {{ value }} is not null then 'printed'
        when trim(coalesce({{ value_text }}, '')) <> '' then 'words'
        else 'blank'
    end
{%- endmacro %}

{#- The state of an item that no statement names: the state of its section tells what that means. -#}
{% macro unstated(section_state) -%}
    case {{ section_state }} when 'no_activity' then 'none_declared' when 'withheld' then 'withheld' else 'not_stated' end
{%- endmacro %}

{#- The columns with which each row of a mart says whose it is; `releases` is fct_release. -#}
{% macro whose() -%}
    cast(releases.report_id as varchar) as report_id,
    cast(releases.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.unit_name as varchar) as unit_name,
    cast(releases.division_code as varchar) as division_code,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(releases.is_default as boolean) as is_default
{%- endmacro %}

{#- The same at its end: where the row was read. -#}
{% macro where_read(alias) -%}
    cast({{ alias }}.quote as varchar) as quote,
    cast({{ alias }}.page as integer) as page,
    cast({{ alias }}.line as integer) as line,
    cast(releases.document_id as varchar) as document_id,
    cast(releases.document as varchar) as document
{%- endmacro %}

{#- A printed figure as a number, null where the text is none (a digit grouping comma is no part of the number). -#}
{% macro number_of(text) -%}
    try_cast(replace(replace({{ text }}, ',', ''), '，', '') as decimal(24, 6))
{%- endmacro %}
