{{ config(materialized='view', meta={'reach': 'everything'}) }}

with levels as (

    -- by name, as a table of Spark has its year last
    {% for part in ['coverage_of_report', 'coverage_beyond_reports'] -%}
        select
            level,
            item,
            state,
            reason,
            unit_id,
            fiscal_year,
            scope,
            report_id,
            release,
            is_current,
            table_key,
            section,
            title,
            money_unit,
            money_unit_source,
            cells,
            cells_printed,
            cells_printed_zero,
            cells_blank,
            cells_none_declared,
            cells_unusable,
            cells_placed_by_identity,
            statements,
            indicators,
            terms,
            passages,
            unassigned_numbers,
            unrecognised_tables,
            document_id
        from {{ ref(part) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

units as (

    select * from {{ ref('dim_unit') }}

)

select
    cast(levels.level as varchar) as level,
    cast(levels.item as varchar) as item,
    cast(levels.state as varchar) as state,
    cast(levels.reason as varchar) as reason,
    cast(levels.unit_id as varchar) as unit_id,
    cast(units.unit_name as varchar) as unit_name,
    cast(units.division_code as varchar) as division_code,
    cast(levels.fiscal_year as smallint) as fiscal_year,
    cast(levels.scope as varchar) as scope,
    cast(levels.report_id as varchar) as report_id,
    cast(levels.release as smallint) as release,
    cast(levels.is_current as boolean) as is_current,
    cast(levels.table_key as varchar) as table_key,
    cast(levels.section as varchar) as section,
    cast(levels.title as varchar) as title,
    cast(levels.money_unit as varchar) as money_unit,
    cast(levels.money_unit_source as varchar) as money_unit_source,
    cast(levels.cells as bigint) as cells,
    cast(levels.cells_printed as bigint) as cells_printed,
    cast(levels.cells_printed_zero as bigint) as cells_printed_zero,
    cast(levels.cells_blank as bigint) as cells_blank,
    cast(levels.cells_none_declared as bigint) as cells_none_declared,
    cast(levels.cells_unusable as bigint) as cells_unusable,
    cast(levels.cells_placed_by_identity as bigint) as cells_placed_by_identity,
    cast(levels.statements as bigint) as statements,
    cast(levels.indicators as bigint) as indicators,
    cast(levels.terms as bigint) as terms,
    cast(levels.passages as bigint) as passages,
    cast(levels.unassigned_numbers as bigint) as unassigned_numbers,
    cast(levels.unrecognised_tables as bigint) as unrecognised_tables,
    cast(levels.document_id as varchar) as document_id,
    cast(documents.document as varchar) as document
from levels
left join units
    on levels.unit_id = units.unit_id
left join {{ ref('stg_document') }} as documents
    on levels.document_id = documents.document_id
