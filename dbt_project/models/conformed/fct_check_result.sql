{{ config(materialized='view', meta={'reach': 'series'}) }}

with within_report as (

    select * from {{ ref('stg_check_result') }}

),

across_reports as (

    select * from {{ ref('check_across_reports') }}

),

results as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        check_no,
        'within_report' as reach,
        check_id,
        place,
        state,
        severity,
        expected,
        actual,
        difference,
        tolerance,
        root,
        message
    from within_report
    union all
    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        check_no,
        'across_reports' as reach,
        check_id,
        place,
        state,
        severity,
        expected,
        actual,
        difference,
        tolerance,
        cast(null as varchar) as root,
        message
    from across_reports

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(check_no as integer) as check_no,
    cast(reach as varchar) as reach,
    cast(check_id as varchar) as check_id,
    cast(place as varchar) as place,
    cast(state as varchar) as state,
    cast(severity as varchar) as severity,
    cast(expected as decimal(24, 6)) as expected,
    cast(actual as decimal(24, 6)) as actual,
    cast(difference as decimal(24, 6)) as difference,
    cast(tolerance as decimal(24, 6)) as tolerance,
    cast(root as varchar) as root
from results
