{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

-- Each report, its tables and its sections, with their state and counts.
with releases as (

    select * from {{ ref('fct_release') }}
    where {{ only_affected('report_id') }}

),

reports as (

    select * from {{ ref('stg_report') }}
    where {{ only_affected('report_id') }}

),

tables as (

    select * from {{ ref('stg_report_table') }}
    where {{ only_affected('report_id') }}

),

table_cells as (

    select * from {{ ref('fct_coverage') }}
    where {{ only_affected('report_id') }}

),

sections as (

    select * from {{ ref('section_state') }}
    where {{ only_affected('report_id') }}

),

content as (

    select * from {{ ref('report_content') }}
    where {{ only_affected('report_id') }}

),

report_found as (

    select
        report_id,
        release,
        sum(case when kind = 'statements' then entries else 0 end) as statements,
        sum(case when kind = 'indicators' then entries else 0 end) as indicators,
        sum(case when kind = 'terms' then entries else 0 end) as terms,
        sum(case when kind = 'passages' then entries else 0 end) as passages,
        sum(case when kind = 'unassigned_numbers' then entries else 0 end) as unassigned_numbers,
        sum(case when kind = 'unrecognised_tables' then entries else 0 end) as unrecognised_tables
    from content
    group by report_id, release

),

section_found as (

    select
        report_id,
        release,
        section,
        sum(entries) as statements
    from content
    where kind = 'statements'
    group by report_id, release, section

),

table_found as (

    select
        report_id,
        release,
        table_key,
        sum(entries) as unassigned_numbers
    from content
    where kind = 'unassigned_numbers' and table_key is not null
    group by report_id, release, table_key

),

report_cells as (

    select
        report_id,
        release,
        sum(cells) as cells,
        sum(cells_printed) as cells_printed,
        sum(cells_printed_zero) as cells_printed_zero,
        sum(cells_blank) as cells_blank,
        sum(cells_none_declared) as cells_none_declared,
        sum(cells_unusable) as cells_unusable,
        sum(cells_placed_by_identity) as cells_placed_by_identity
    from table_cells
    group by report_id, release

),

report_level as (

    select
        'report' as level,
        releases.report_id || '/' || releases.release as item,
        releases.document_id,
        releases.report_id,
        releases.release,
        releases.is_current,
        releases.unit_id,
        releases.fiscal_year,
        releases.scope,
        cast(null as varchar) as table_key,
        cast(null as varchar) as section,
        reports.title,
        releases.status as state,
        reports.reason,
        reports.money_unit,
        cast(null as varchar) as money_unit_source,
        coalesce(report_cells.cells, 0) as cells,
        coalesce(report_cells.cells_printed, 0) as cells_printed,
        coalesce(report_cells.cells_printed_zero, 0) as cells_printed_zero,
        coalesce(report_cells.cells_blank, 0) as cells_blank,
        coalesce(report_cells.cells_none_declared, 0) as cells_none_declared,
        coalesce(report_cells.cells_unusable, 0) as cells_unusable,
        coalesce(report_cells.cells_placed_by_identity, 0) as cells_placed_by_identity,
        coalesce(report_found.statements, 0) as statements,
        coalesce(report_found.indicators, 0) as indicators,
        coalesce(report_found.terms, 0) as terms,
        coalesce(report_found.passages, 0) as passages,
        coalesce(report_found.unassigned_numbers, 0) as unassigned_numbers,
        coalesce(report_found.unrecognised_tables, 0) as unrecognised_tables
    from releases
    inner join reports
        on {{ same(['report_id', 'release'], 'releases', 'reports') }}
    left join report_cells
        on {{ same(['report_id', 'release'], 'releases', 'report_cells') }}
    left join report_found
        on {{ same(['report_id', 'release'], 'releases', 'report_found') }}

),

table_level as (

    select
        'table' as level,
        tables.report_id || '/' || tables.release || '/' || coalesce(tables.table_key, '') || '/' || tables.table_no
            as item,
        tables.document_id,
        tables.report_id,
        tables.release,
        releases.is_current,
        tables.unit_id,
        tables.fiscal_year,
        releases.scope,
        tables.table_key,
        cast(null as varchar) as section,
        tables.title,
        tables.state,
        tables.reason,
        tables.money_unit,
        tables.money_unit_source,
        coalesce(table_cells.cells, 0) as cells,
        coalesce(table_cells.cells_printed, 0) as cells_printed,
        coalesce(table_cells.cells_printed_zero, 0) as cells_printed_zero,
        coalesce(table_cells.cells_blank, 0) as cells_blank,
        coalesce(table_cells.cells_none_declared, 0) as cells_none_declared,
        coalesce(table_cells.cells_unusable, 0) as cells_unusable,
        coalesce(table_cells.cells_placed_by_identity, 0) as cells_placed_by_identity,
        0 as statements,
        0 as indicators,
        0 as terms,
        0 as passages,
        case when tables.is_counted then coalesce(table_found.unassigned_numbers, 0) else 0 end as unassigned_numbers,
        0 as unrecognised_tables
    from tables
    inner join releases
        on {{ same(['report_id', 'release'], 'tables', 'releases') }}
    left join table_cells
        on
            {{ same(['report_id', 'release', 'table_no'], 'tables', 'table_cells') }}
            and coalesce(tables.table_key, 'unknown') = table_cells.table_key
    left join table_found
        on {{ same(['report_id', 'release', 'table_key'], 'tables', 'table_found') }}

),

section_level as (

    select
        'section' as level,
        sections.report_id || '/' || sections.release || '/' || sections.section as item,
        releases.document_id,
        sections.report_id,
        sections.release,
        releases.is_current,
        sections.unit_id,
        sections.fiscal_year,
        releases.scope,
        cast(null as varchar) as table_key,
        sections.section,
        sections.heading as title,
        sections.state,
        cast(null as varchar) as reason,
        cast(null as varchar) as money_unit,
        cast(null as varchar) as money_unit_source,
        0 as cells,
        0 as cells_printed,
        0 as cells_printed_zero,
        0 as cells_blank,
        0 as cells_none_declared,
        0 as cells_unusable,
        0 as cells_placed_by_identity,
        coalesce(section_found.statements, 0) as statements,
        0 as indicators,
        0 as terms,
        sections.passages,
        0 as unassigned_numbers,
        0 as unrecognised_tables
    from sections
    inner join releases
        on {{ same(['report_id', 'release'], 'sections', 'releases') }}
    left join section_found
        on {{ same(['report_id', 'release', 'section'], 'sections', 'section_found') }}

),

levels as (

    select * from report_level
    union all
    select * from table_level
    union all
    select * from section_level

)

select
    cast(level as varchar) as level,
    cast(item as varchar) as item,
    cast(state as varchar) as state,
    cast(reason as varchar) as reason,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(scope as varchar) as scope,
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(is_current as boolean) as is_current,
    cast(table_key as varchar) as table_key,
    cast(section as varchar) as section,
    cast(title as varchar) as title,
    cast(money_unit as varchar) as money_unit,
    cast(money_unit_source as varchar) as money_unit_source,
    cast(cells as bigint) as cells,
    cast(cells_printed as bigint) as cells_printed,
    cast(cells_printed_zero as bigint) as cells_printed_zero,
    cast(cells_blank as bigint) as cells_blank,
    cast(cells_none_declared as bigint) as cells_none_declared,
    cast(cells_unusable as bigint) as cells_unusable,
    cast(cells_placed_by_identity as bigint) as cells_placed_by_identity,
    cast(statements as bigint) as statements,
    cast(indicators as bigint) as indicators,
    cast(terms as bigint) as terms,
    cast(passages as bigint) as passages,
    cast(unassigned_numbers as bigint) as unassigned_numbers,
    cast(unrecognised_tables as bigint) as unrecognised_tables,
    cast(document_id as varchar) as document_id
from levels
