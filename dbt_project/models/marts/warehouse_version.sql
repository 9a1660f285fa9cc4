{{ config(materialized='table', meta={'reach': 'everything'}) }}

with reports as (

    select * from {{ ref('fct_release') }}

),

documents as (

    select
        count(*) as documents,
        sum(case when status in ('loaded', 'partial') then 1 else 0 end) as documents_read
    from {{ ref('stg_document') }}

),

releases as (

    select
        count(distinct report_id) as reports,
        count(*) as releases,
        count(distinct unit_id) as units,
        min(fiscal_year) as first_fiscal_year,
        max(fiscal_year) as last_fiscal_year
    from reports

),

cells as (

    select
        sum(cells) as cells,
        sum(cells_printed + cells_printed_zero) as figures
    from {{ ref('fct_coverage') }}

),

statements as (

    select count(*) as statements from {{ ref('fct_statement') }}

),

indicators as (

    select count(*) as indicators from {{ ref('stg_indicator') }}

),

checks as (

    select
        count(*) as checks,
        sum(case when state = 'fail' then 1 else 0 end) as checks_failed
    from {{ ref('fct_check_result') }}

)

select
    cast('{{ var("version_id") }}' as varchar) as id,
    cast('{{ var("fingerprint") }}' as varchar) as fingerprint,
    cast('{{ var("built_at") }}' as timestamp) as built_at,
    cast(documents.documents as bigint) as documents,
    cast(coalesce(documents.documents_read, 0) as bigint) as documents_read,
    cast(releases.reports as bigint) as reports,
    cast(releases.releases as bigint) as releases,
    cast(releases.units as bigint) as units,
    cast(releases.first_fiscal_year as smallint) as first_fiscal_year,
    cast(releases.last_fiscal_year as smallint) as last_fiscal_year,
    cast(coalesce(cells.cells, 0) as bigint) as cells,
    cast(coalesce(cells.figures, 0) as bigint) as figures,
    cast(statements.statements as bigint) as statements,
    cast(indicators.indicators as bigint) as indicators,
    cast(checks.checks as bigint) as checks,
    cast(coalesce(checks.checks_failed, 0) as bigint) as checks_failed
from documents
cross join releases
cross join cells
cross join statements
cross join indicators
cross join checks
