{#
  Bodies that several models share, each said once.

  typed_table: the view of one table of the form. `own` are the columns that its kind of row has: a code of a
  classification, the side of a paired table, the item and stage of 三公.
#}
{% macro typed_table(table_key, own) %}
    with cells as (

        select * from {{ ref('stg_cell') }}

    ),

    renamed as (

        select
            cells.report_id,
            cells.release,
            cells.unit_id,
            cells.fiscal_year,
            cells.table_no,
            cells.row_key,
            cells.row_label,
            cells.line_key,
            cells.column_key,
            {{ own | join(', ') }},
            cells.fund,
            cells.value_text,
            cells.money_unit,
            cells.amount_yuan,
            cells.precision_yuan,
            cells.value_state,
            cells.page,
            cells.document_id,
            cells.cell_no,
            cells.is_counted
        from cells
        where cells.table_key = '{{ table_key }}'

    )

    select * from renamed
{% endmacro %}


{#- The columns of a row that is known by a code of the named classification. -#}
{% macro coded_columns(classification) %}
    {{- return([
        'cells.code as ' ~ classification ~ '_code',
        'cast(case when cells.code is not null then ' ~ code_level('cells.code') ~ ' end as varchar) as code_level',
    ]) -}}
{% endmacro %}


{#- The columns of a row of a paired table. -#}
{% macro sided_columns() %}
    {{- return([
        "cast(split_part(cells.row_key, ':', 1) as varchar) as side",
        'cells.code as class_code',
    ]) -}}
{% endmacro %}


{#
  class_dimension: codes of one classification by fiscal year, with the names that reports print, and those of a
  reference list where no report prints one.
#}
{% macro class_dimension(classification, reference_list) %}
    -- Names as the reports print them come first; a code that no list has is no error, and a list's name is only a help.
    with printed as (

        select
            code,
            fiscal_year,
            name,
            count(distinct report_id) as reports
        from {{ ref('code_name') }}
        where classification = '{{ classification }}'
        group by code, fiscal_year, name

    ),

    most_printed as (

        select
            printed.*,
            row_number() over (partition by code, fiscal_year order by reports desc, name) as place,
            count(*) over (partition by code, fiscal_year) as names_printed
        from printed

    ),

    years as (

        select fiscal_year from {{ ref('dim_fiscal_year') }}

    ),

    -- What the list says for each year that any report or register speaks of.
    listed as (

        select
            list.code,
            years.fiscal_year,
            list.name,
            list.basis,
            list.confidence,
            row_number() over (
                partition by list.code, years.fiscal_year
                order by list.valid_from_year desc nulls last, list.name
            ) as place
        from {{ ref(reference_list) }} as list
        inner join years
            on years.fiscal_year between coalesce(list.valid_from_year, 1900) and coalesce(list.valid_to_year, 9999)

    ),

    codes as (

        select code, fiscal_year from most_printed
        union
        select code, fiscal_year from listed

    )

    select
        cast(codes.code as varchar) as {{ classification }}_code,
        cast(codes.fiscal_year as smallint) as fiscal_year,
        cast(coalesce(most_printed.name, listed.name) as varchar) as {{ classification }}_name,
        cast({{ code_level('codes.code') }} as varchar) as code_level,
        cast(case when length(codes.code) > 3 then substr(codes.code, 1, length(codes.code) - 2) end as varchar)
            as parent_code,
        cast(substr(codes.code, 1, 3) as varchar) as class_code,
        cast(case when most_printed.code is not null then 'report' else 'reference_list' end as varchar) as name_source,
        cast(coalesce(most_printed.reports, 0) as integer) as reports,
        cast(coalesce(most_printed.names_printed, 0) as integer) as names_printed,
        {{ line_columns('codes', 'code') }},
        cast({{ of_line('changes', 'null') }} as varchar) as mapping_changes,
        cast({{ of_line('from_year', '1900') }} = codes.fiscal_year as boolean) as is_first_of_line,
        cast(listed.name as varchar) as listed_name,
        cast(listed.basis as varchar) as list_basis,
        cast(listed.confidence as varchar) as list_confidence
    from codes
    {{ join_lines('codes', 'code', classification) }}
    left join most_printed
        on {{ same(['code', 'fiscal_year'], 'codes', 'most_printed') }} and most_printed.place = 1
    left join listed
        on {{ same(['code', 'fiscal_year'], 'codes', 'listed') }} and listed.place = 1
{% endmacro %}
