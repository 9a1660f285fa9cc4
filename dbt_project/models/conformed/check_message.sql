{{ config(materialized='view', meta={'reach': 'series'}) }}

with messages as (

    select
        report_id,
        release,
        check_no,
        message
    from {{ ref('stg_check_result') }}
    union all
    select
        report_id,
        release,
        check_no,
        message
    from {{ ref('check_across_reports') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(check_no as integer) as check_no,
    cast(message as varchar) as message
from messages
