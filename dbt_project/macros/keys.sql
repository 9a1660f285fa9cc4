{#- Small words of the models. -#}

{#- `left.a = right.a and left.b = right.b ...` -#}
{% macro same(columns, left, right) -%}
    {%- for column in columns -%}
        {{ left }}.{{ column }} = {{ right }}.{{ column }}{{ " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{#- The text when it is a classification code (digits only), else null. -#}
{% macro code_of(text) -%}
    case when translate({{ text }}, '0123456789', '') = '' and length({{ text }}) >= 3 then {{ text }} end
{%- endmacro %}

{#- 类, 款, 项 of a functional code; 类, 款 of an economic one. -#}
{% macro code_level(code) -%}
    case length({{ code }}) when 3 then 'class' when 5 then 'section' when 7 then 'item' else 'other' end
{%- endmacro %}

{#-
    Printed, printed zero, blank, none declared (a blank of a table that says 无发生额) and the rest, told apart.
    Closed list: printed, printed_zero, blank, none_declared, not_a_number, no_money_unit; derived is added by models.
-#}
{% macro value_state(value, value_text, money_unit, table_state) -%}
    case
        when {{ value }} is not null and {{ yuan_per(money_unit) }} is null then 'no_money_unit'
        when {{ value }} = 0 then 'printed_zero'
        when {{ value }} is not null then 'printed'
        when trim(coalesce({{ value_text }}, '')) <> '' then 'not_a_number'
        when {{ table_state }} = 'no_activity' then 'none_declared'
        else 'blank'
    end
{%- endmacro %}

{#- The largest of amounts that are alike within a group, by condition: the word for a pivot of unique rows. -#}
{% macro pick(value, condition) -%}
    max(case when {{ condition }} then {{ value }} end)
{%- endmacro %}

{#- Natures of expenditure, in the order of the form; unspecified is what a total has beyond them. -#}
{% macro expenditure_natures() -%}
    {{ return([
        'basic', 'project', 'superior_remittance', 'operating_expenditure', 'affiliate_subsidy', 'unspecified'
    ]) }}
{%- endmacro %}

{#-
    The state of a sum over cells: printed when a figure stands in any of them, printed_zero when only zeros do, derived
    when only computed ones do, else what the blank cells say.
-#}
{% macro state_of_parts() -%}
    case
        when sum(case when value_state = 'printed' then 1 else 0 end) > 0 then 'printed'
        when sum(case when value_state = 'derived' then 1 else 0 end) > 0 then 'derived'
        when sum(case when value_state = 'printed_zero' then 1 else 0 end) > 0 then 'printed_zero'
        else min(value_state)
    end
{%- endmacro %}
