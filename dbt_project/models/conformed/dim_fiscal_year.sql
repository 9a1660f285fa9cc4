{{ config(materialized='table', meta={'reach': 'everything'}) }}

with spoken_of as (

    select fiscal_year from {{ ref('stg_report') }}
    union
    select from_year as fiscal_year from {{ ref('stg_expected_body') }}
    union
    select to_year as fiscal_year from {{ ref('stg_expected_body') }}
    where to_year <> 9999

),

ends as (

    select
        min(fiscal_year) as first_year,
        max(fiscal_year) as last_year
    from spoken_of

),

digits as (

    select * from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as listed (digit) -- noqa: AL05

),

-- Every year from the first to the last, so that a year of which nothing came is there to be asked for.
years as (

    select ends.first_year + 100 * hundreds.digit + 10 * tens.digit + ones.digit as fiscal_year
    from ends
    cross join digits as hundreds
    cross join digits as tens
    cross join digits as ones
    where ends.first_year + 100 * hundreds.digit + 10 * tens.digit + ones.digit <= ends.last_year

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
