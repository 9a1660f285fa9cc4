{{ config(materialized='table', meta={'reach': 'everything'}) }}

with years as (

    select fiscal_year from {{ ref('stg_report') }}
    union
    select fiscal_year from {{ ref('stg_expected_body') }}

),

reported as (

    select
        fiscal_year,
        count(distinct report_id) as reports
    from {{ ref('stg_report') }}
    group by fiscal_year

)

select
    cast(years.fiscal_year as smallint) as fiscal_year,
    cast(cast(years.fiscal_year as varchar) || '-01-01' as date) as first_day,
    cast(cast(years.fiscal_year as varchar) || '-12-31' as date) as last_day,
    cast(coalesce(reported.reports, 0) as integer) as reports
from years
left join reported
    on years.fiscal_year = reported.fiscal_year
where years.fiscal_year is not null
