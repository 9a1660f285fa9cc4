{{ config(materialized='table', meta={'reach': 'everything'}) }}

-- Each document, and each body and year expected to publish: what stands there without any report, too.
with documents as (

    select * from {{ ref('stg_document') }}

),

releases as (

    select * from {{ ref('fct_release') }}

),

tables as (

    select * from {{ ref('stg_report_table') }}

),

table_cells as (

    select * from {{ ref('fct_coverage') }}

),

content as (

    select * from {{ ref('report_content') }}

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
        sum(case when kind = 'statements' then entries else 0 end) as statements,
        sum(case when kind = 'indicators' then entries else 0 end) as indicators,
        sum(case when kind = 'terms' then entries else 0 end) as terms,
        sum(case when kind = 'passages' then entries else 0 end) as passages,
        sum(case when kind = 'unassigned_numbers' then entries else 0 end) as unassigned_numbers,
        sum(case when kind = 'unrecognised_tables' then entries else 0 end) as unrecognised_tables
    from content
    group by document_id

),

-- One that was set aside or failed holds nothing and says why.
document_level as (

    select
        'document' as level,
        documents.document_id as item,
        documents.document_id,
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
        published.document_id
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
        document_id
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
        published.document_id
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
    select * from body_level

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
