{#- The line of a code that is the same across years: words and joins that all models with codes share. -#}

{#-
    The rows of a list of lines that hold for a code in a year: of the code itself, of the section or of the class that
    it stands in. Names of the joins: line_own, line_section, line_class.
-#}
{% macro join_lines(alias, code, classification) -%}
    {%- set list = ref(classification ~ '_line') -%}
    left join {{ list }} as line_own
        on
            {{ alias }}.{{ code }} = line_own.code
            and {{ alias }}.fiscal_year between line_own.from_year and line_own.to_year
    left join {{ list }} as line_section
        on
            length({{ alias }}.{{ code }}) > 5
            and substr({{ alias }}.{{ code }}, 1, 5) = line_section.code
            and {{ alias }}.fiscal_year between line_section.from_year and line_section.to_year
    left join {{ list }} as line_class
        on
            length({{ alias }}.{{ code }}) > 3
            and substr({{ alias }}.{{ code }}, 1, 3) = line_class.code
            and {{ alias }}.fiscal_year between line_class.from_year and line_class.to_year
{%- endmacro %}

{#- A column of the nearest of those rows, or what a code is that no change touches. -#}
{% macro of_line(column, otherwise) -%}
    coalesce(line_own.{{ column }}, line_section.{{ column }}, line_class.{{ column }}, {{ otherwise }})
{%- endmacro %}

{#- The three columns that every fact with a code carries. -#}
{% macro line_columns(alias, code) -%}
    cast({{ of_line('line_code', alias ~ '.' ~ code) }} as varchar) as line_code,
    cast(case when {{ alias }}.{{ code }} is not null then {{ of_line('mapping', "'same'") }} end as varchar) as mapping,
    cast({{ of_line('confidence', 'null') }} as varchar) as mapping_confidence
{%- endmacro %}
