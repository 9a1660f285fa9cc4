{{ config(materialized='table', meta={'reach': 'everything'}) }}

with reports as (

    select * from {{ ref('fct_release') }}

),

counted as (

    select
        (select count(*) from {{ ref('stg_document') }}) as documents,
        (select count(*) from {{ ref('stg_document') }} where status in ('loaded', 'partial')) as documents_read,
        (select count(distinct report_id) from reports) as reports,
        (select count(*) from reports) as releases,
        (select count(distinct unit_id) from reports) as units,
        (select min(fiscal_year) from reports) as first_fiscal_year,
        (select max(fiscal_year) from reports) as last_fiscal_year,
        (select sum(cells) from {{ ref('fct_coverage') }}) as cells,
        (select sum(cells_printed + cells_printed_zero) from {{ ref('fct_coverage') }}) as figures,
        (select count(*) from {{ ref('fct_statement') }}) as statements,
        (select count(*) from {{ ref('stg_indicator') }}) as indicators,
        (select count(*) from {{ ref('fct_check_result') }}) as checks,
        (select count(*) from {{ ref('fct_check_result') }} where state = 'fail') as checks_failed

)

select
    cast('{{ var("version_id") }}' as varchar) as id,
    cast('{{ var("fingerprint") }}' as varchar) as fingerprint,
    cast('{{ var("built_at") }}' as timestamp) as built_at,
    cast(documents as bigint) as documents,
    cast(documents_read as bigint) as documents_read,
    cast(reports as bigint) as reports,
    cast(releases as bigint) as releases,
    cast(units as bigint) as units,
    cast(first_fiscal_year as smallint) as first_fiscal_year,
    cast(last_fiscal_year as smallint) as last_fiscal_year,
    cast(coalesce(cells, 0) as bigint) as cells,
    cast(coalesce(figures, 0) as bigint) as figures,
    cast(statements as bigint) as statements,
    cast(indicators as bigint) as indicators,
    cast(checks as bigint) as checks,
    cast(checks_failed as bigint) as checks_failed
from counted
