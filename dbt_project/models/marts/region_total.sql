{{ config(materialized='table', meta={'reach': 'everything'}) }}

-- Appropriations only: subsidies from above and remittances to above cross departments and would count twice.
with topics as (

    select distinct topic from {{ ref('topic_home') }}
    where topic like 'appropriation_income%' or topic like 'appropriation_expenditure%'

),

reports as (

    select
        report_id,
        release,
        coalesce(division_code, '000000') as division_code,
        fiscal_year,
        covered_bodies
    from {{ ref('fct_release') }}
    where is_default and family = 'final_accounts'

),

-- Bodies whose figures the counted reports hold, and those whose figures are known to be missing.
missing as (

    select
        coalesce(division_code, '000000') as division_code,
        fiscal_year,
        count(distinct unit_id) as bodies_missing
    from {{ ref('coverage') }}
    where level = 'body_year' and state in ('expected', 'not_collected')
    group by coalesce(division_code, '000000'), fiscal_year

),

summed as (

    select
        reports.division_code,
        reports.fiscal_year,
        topics.topic,
        sum(amounts.amount_yuan) as amount_yuan,
        sum(amounts.half_place) as half_places,
        count(distinct reports.report_id) as reports,
        count(distinct case when amounts.amount_yuan is not null then reports.report_id end) as reports_with_amount,
        sum(case when reports.covered_bodies > 1 then reports.covered_bodies else 1 end) as bodies_covered
    from reports
    cross join topics
    left join {{ ref('topic_amount') }} as amounts
        on {{ same(['report_id', 'release'], 'reports', 'amounts') }} and topics.topic = amounts.topic
    group by reports.division_code, reports.fiscal_year, topics.topic

),

counted as (

    select
        summed.*,
        coalesce(missing.bodies_missing, 0) as bodies_missing,
        summed.bodies_covered + coalesce(missing.bodies_missing, 0) as bodies_known
    from summed
    left join missing
        on {{ same(['division_code', 'fiscal_year'], 'summed', 'missing') }}

),

divisions as (

    select * from {{ ref('dim_division') }}
    where is_latest

)

select
    cast(summed.division_code as varchar) as division_code,
    cast(divisions.division_name as varchar) as division_name,
    cast(summed.fiscal_year as smallint) as fiscal_year,
    cast(summed.topic as varchar) as topic,
    cast(summed.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(summed.half_places as decimal(18, 4)) as tolerance,
    cast(summed.reports as integer) as reports,
    cast(summed.reports_with_amount as integer) as reports_with_amount,
    cast(summed.bodies_covered as integer) as bodies_covered,
    cast(summed.bodies_missing as integer) as bodies_missing,
    cast({{ ratio('summed.bodies_covered', 'summed.bodies_known', 4) }} as decimal(18, 4)) as coverage_ratio
from counted as summed
left join divisions
    on summed.division_code = divisions.division_code
