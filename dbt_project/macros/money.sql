{#- Money and ratios: the only places where one unit becomes another and where anything is rounded. -#}

{#- How many yuan one printed money unit is; null for a unit that is not money. -#}
{% macro yuan_per(money_unit) -%}
    case {{ money_unit }} when '元' then 1 when '千元' then 1000 when '万元' then 10000 when '亿元' then 100000000 end
{%- endmacro %}

{#-
    `value` in `money_unit` as DECIMAL(18,2) yuan, exactly. Null stays null, and so does a value without a money unit.
    A value that DECIMAL(18,2) does not hold to the last digit is an error that names it; it is never rounded to fit.
-#}
{% macro to_yuan(value, money_unit) -%}
    {%- set yuan -%}
        cast({{ value }} as decimal(24, 6)) * cast({{ yuan_per(money_unit) }} as decimal(9, 0))
    {%- endset -%}
    case
        when {{ yuan }} <> round({{ yuan }}, 2) or abs({{ yuan }}) >= 10000000000000000
            then {{ raise_error("'does not fit DECIMAL(18,2) yuan: ' || cast(" ~ value ~ " as varchar) || " ~ money_unit) }}
        else cast({{ yuan }} as decimal(18, 2))
    end
{%- endmacro %}

{#- The last printed place in yuan: 2 decimals of 万元 are 100 yuan. Nothing finer than a fen is money. -#}
{% macro precision_yuan(decimals, money_unit) -%}
    {%- set place -%}
        cast({{ yuan_per(money_unit) }} as decimal(9, 0)) * {{ power_of_tenth(decimals) }}
    {%- endset -%}
    cast(case when {{ place }} < 0.01 then 0.01 else {{ place }} end as decimal(18, 2))
{%- endmacro %}

{#- Half the last printed place of a figure as text, in yuan: how far rounding may have moved it. -#}
{% macro half_place_of(value_text, money_unit) -%}
    {%- set decimals -%}
        least(6, length(split_part({{ value_text }}, '.', 2)))
    {%- endset -%}
    cast({{ precision_yuan(decimals, money_unit) }} * 0.5 as decimal(18, 4))
{%- endmacro %}

{#- 10 to the minus `decimals`, as a decimal; 0 to 6 places, the most that schema raw holds. -#}
{% macro power_of_tenth(decimals) -%}
    cast(
        case {{ decimals }}
            when 0 then 1
            when 1 then 0.1
            when 2 then 0.01
            when 3 then 0.001
            when 4 then 0.0001
            when 5 then 0.00001
            when 6 then 0.000001
        end as decimal(7, 6)
    )
{%- endmacro %}

{#- Whether a ratio is below 10 to the 11th: no share and no amount per head is as large, and a misprint that makes one
    must not stop a build. For a denominator above zero. -#}
{% macro ratio_in_range(numerator, denominator) -%}
    abs({{ numerator }}) / 100000000000 < {{ denominator }}
{%- endmacro %}

{#-
    numerator / denominator as DECIMAL(18, scale), rounded half away from zero, exactly: both are counted in hundredths
    and divided as whole numbers, so no binary fraction comes in between. Null when either is null or the denominator
    is zero. Both must be DECIMAL(18,2) (or whole numbers); `scale` is from 0 to 8.
-#}
{% macro ratio(numerator, denominator, scale) -%}
    {%- set top %}{{ hundredths(numerator) }}{% endset -%}
    {%- set bottom %}{{ hundredths(denominator) }}{% endset -%}
    case
        when {{ denominator }} <> 0
            then cast(
                cast(sign({{ numerator }}) * sign({{ denominator }}) as decimal(1, 0))
                * cast({{ whole_division(
                    "2 * abs(" ~ top ~ ") * " ~ 10 ** scale ~ " + abs(" ~ bottom ~ ")",
                    "2 * abs(" ~ bottom ~ ")"
                ) }} as decimal(26, 0))
                * cast({{ "%.8f" | format(10 ** (-scale)) }} as decimal(9, 8)) as decimal(18, {{ scale }})
            )
    end
{%- endmacro %}
