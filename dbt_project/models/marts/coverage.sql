{{ config(materialized='table', meta={'reach': 'everything'}) }}

with documents as (

    select * from {{ ref('stg_document') }}

),

releases as (

    select * from {{ ref('fct_release') }}

),

reports as (

    select * from {{ ref('stg_report') }}

),

units as (

    select * from {{ ref('dim_unit') }}

),

tables as (

    select * from {{ ref('stg_report_table') }}

),

table_cells as (

    select * from {{ ref('fct_coverage') }}

),

sections as (

    select * from {{ ref('section_state') }}

),

-- What text and leftovers each report gave: one row per report, release, kind, section and table.
found as (

    select
        report_id,
        release,
        document_id,
        'statements' as kind,
        section,
        cast(null as varchar) as table_key
    from {{ ref('stg_statement') }}
    union all
    select
        report_id,
        release,
        document_id,
        'indicators' as kind,
        cast(null as varchar) as section,
        cast(null as varchar) as table_key
    from {{ ref('stg_indicator') }}
    union all
    select
        report_id,
        release,
        document_id,
        'terms' as kind,
        cast(null as varchar) as section,
        cast(null as varchar) as table_key
    from {{ ref('stg_term') }}
    union all
    select
        report_id,
        release,
        document_id,
        'passages' as kind,
        section,
        cast(null as varchar) as table_key
    from {{ ref('stg_passage') }}
    union all
    select
        report_id,
        release,
        document_id,
        'unassigned_numbers' as kind,
        cast(null as varchar) as section,
        table_key
    from {{ ref('stg_unassigned_number') }}
    union all
    select
        report_id,
        release,
        document_id,
        'unrecognised_tables' as kind,
        cast(null as varchar) as section,
        cast(null as varchar) as table_key
    from {{ ref('stg_unrecognised_table') }}

),

report_found as (

    select
        report_id,
        release,
        sum(case when kind = 'statements' then 1 else 0 end) as statements,
        sum(case when kind = 'indicators' then 1 else 0 end) as indicators,
        sum(case when kind = 'terms' then 1 else 0 end) as terms,
        sum(case when kind = 'passages' then 1 else 0 end) as passages,
        sum(case when kind = 'unassigned_numbers' then 1 else 0 end) as unassigned_numbers,
        sum(case when kind = 'unrecognised_tables' then 1 else 0 end) as unrecognised_tables
    from found
    group by report_id, release

),

section_found as (

    select
        report_id,
        release,
        section,
        count(*) as statements
    from found
    where kind = 'statements'
    group by report_id, release, section

),

table_found as (

    select
        report_id,
        release,
        table_key,
        count(*) as unassigned_numbers
    from found
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
        releases.document,
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

-- What each document printed: of a report that several hold together, its own tables and text.
document_cells as (

    select
        tables.document_id,
        sum(table_cells.cells) as cells,
        sum(table_cells.cells_printed) as cells_printed,
        sum(table_cells.cells_printed_zero) as cells_printed_zero,
        sum(table_cells.cells_blank) as cells_blank,
        sum(table_cells.cells_none_declared) as cells_none_declared,
        sum(table_cells.cells_unusable) as cells_unusable,
        sum(table_cells.cells_placed_by_identity) as cells_placed_by_identity
    from tables
    inner join table_cells
        on
            {{ same(['report_id', 'release', 'table_no'], 'tables', 'table_cells') }}
            and coalesce(tables.table_key, 'unknown') = table_cells.table_key
    group by tables.document_id

),

document_found as (

    select
        document_id,
        sum(case when kind = 'statements' then 1 else 0 end) as statements,
        sum(case when kind = 'indicators' then 1 else 0 end) as indicators,
        sum(case when kind = 'terms' then 1 else 0 end) as terms,
        sum(case when kind = 'passages' then 1 else 0 end) as passages,
        sum(case when kind = 'unassigned_numbers' then 1 else 0 end) as unassigned_numbers,
        sum(case when kind = 'unrecognised_tables' then 1 else 0 end) as unrecognised_tables
    from found
    group by document_id

),

-- One that was set aside or failed holds nothing and says why.
document_level as (

    select
        'document' as level,
        documents.document_id as item,
        documents.document_id,
        documents.document,
        cast(null as varchar) as report_id,
        cast(null as smallint) as release,
        cast(null as boolean) as is_current,
        cast(null as varchar) as unit_id,
        cast(null as smallint) as fiscal_year,
        cast(null as varchar) as scope,
        cast(null as varchar) as table_key,
        cast(null as varchar) as section,
        documents.title,
        documents.status as state,
        documents.reason,
        cast(null as varchar) as money_unit,
        cast(null as varchar) as money_unit_source,
        coalesce(document_cells.cells, 0) as cells,
        coalesce(document_cells.cells_printed, 0) as cells_printed,
        coalesce(document_cells.cells_printed_zero, 0) as cells_printed_zero,
        coalesce(document_cells.cells_blank, 0) as cells_blank,
        coalesce(document_cells.cells_none_declared, 0) as cells_none_declared,
        coalesce(document_cells.cells_unusable, 0) as cells_unusable,
        coalesce(document_cells.cells_placed_by_identity, 0) as cells_placed_by_identity,
        coalesce(document_found.statements, 0) as statements,
        coalesce(document_found.indicators, 0) as indicators,
        coalesce(document_found.terms, 0) as terms,
        coalesce(document_found.passages, 0) as passages,
        coalesce(document_found.unassigned_numbers, 0) as unassigned_numbers,
        coalesce(document_found.unrecognised_tables, 0) as unrecognised_tables
    from documents
    left join document_cells
        on documents.document_id = document_cells.document_id
    left join document_found
        on documents.document_id = document_found.document_id

),

table_level as (

    select
        'table' as level,
        tables.report_id || '/' || tables.release || '/' || coalesce(tables.table_key, '') || '/' || tables.table_no
            as item,
        tables.document_id,
        documents.document,
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
    left join documents
        on tables.document_id = documents.document_id
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
        releases.document,
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

-- Who should have published, and who did. A scope that the register leaves open is met by any.
expected as (

    select
        listed.unit_id,
        years.fiscal_year,
        listed.scope,
        listed.state,
        listed.reason
    from {{ ref('stg_expected_body') }} as listed
    inner join {{ ref('dim_fiscal_year') }} as years
        on years.fiscal_year between listed.from_year and listed.to_year

),

published as (

    select * from releases
    where is_current and family = 'final_accounts'

),

met as (

    select
        expected.unit_id,
        expected.fiscal_year,
        expected.scope as expected_scope,
        expected.state as expected_state,
        expected.reason as expected_reason,
        published.report_id,
        published.release,
        published.scope,
        published.document_id,
        published.document
    from expected
    left join published
        on
            {{ same(['unit_id', 'fiscal_year'], 'expected', 'published') }}
            and (expected.scope is null or expected.scope = published.scope)

),

bodies as (

    select
        unit_id,
        fiscal_year,
        coalesce(scope, expected_scope) as scope,
        case when report_id is not null then 'published' else expected_state end as state,
        case
            when report_id is not null and expected_state <> 'expected'
                then 'published, though listed as ' || expected_state || coalesce(': ' || expected_reason, '')
            when report_id is null then expected_reason
        end as reason,
        report_id,
        release,
        document_id,
        document
    from met
    union all
    select
        published.unit_id,
        published.fiscal_year,
        published.scope,
        'published' as state,
        'not in the register of bodies expected to publish' as reason,
        published.report_id,
        published.release,
        published.document_id,
        published.document
    from published
    left join met
        on {{ same(['report_id', 'release'], 'published', 'met') }}
    where met.report_id is null

),

body_level as (

    select
        'body_year' as level,
        unit_id || '/' || fiscal_year || '/' || coalesce(scope, '') as item,
        document_id,
        document,
        report_id,
        release,
        case when report_id is not null then true end as is_current,
        unit_id,
        fiscal_year,
        scope,
        cast(null as varchar) as table_key,
        cast(null as varchar) as section,
        cast(null as varchar) as title,
        state,
        reason,
        cast(null as varchar) as money_unit,
        cast(null as varchar) as money_unit_source,
        0 as cells,
        0 as cells_printed,
        0 as cells_printed_zero,
        0 as cells_blank,
        0 as cells_none_declared,
        0 as cells_unusable,
        0 as cells_placed_by_identity,
        0 as statements,
        0 as indicators,
        0 as terms,
        0 as passages,
        0 as unassigned_numbers,
        0 as unrecognised_tables
    from bodies

),

levels as (

    select * from document_level
    union all
    select * from report_level
    union all
    select * from table_level
    union all
    select * from section_level
    union all
    select * from body_level

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
    cast(levels.document as varchar) as document
from levels
left join units
    on levels.unit_id = units.unit_id
