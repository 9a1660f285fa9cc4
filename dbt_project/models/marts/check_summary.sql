{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

results as (

    select * from {{ ref('fct_check_result') }}
    where {{ only_affected('report_id', 'series') }}

),

told as (

    select * from {{ ref('check_message') }}
    where {{ only_affected('report_id', 'series') }}

),

-- 不通过 is worse than 无从核对, that worse than 舍入之内; a check that had nothing to compare says nothing.
weighed as (

    select
        results.*,
        case state
            when 'fail' then 4
            when 'could_not_run' then 3
            when 'within_rounding' then 2
            when 'pass' then 1
            else 0
        end as state_weight,
        case severity when 'error' then 3 when 'warn' then 2 when 'info' then 1 else 0 end as severity_weight
    from results

),

counted as (

    select
        report_id,
        release,
        check_id,
        count(*) as results,
        sum(case when state = 'pass' then 1 else 0 end) as passed,
        sum(case when state = 'within_rounding' then 1 else 0 end) as within_rounding,
        sum(case when state = 'fail' then 1 else 0 end) as failed,
        sum(case when state = 'could_not_run' then 1 else 0 end) as could_not_run,
        sum(case when state = 'not_applicable' then 1 else 0 end) as not_applicable,
        max(state_weight) as state_weight,
        max(case when state = 'fail' then severity_weight end) as failed_severity_weight,
        max(severity_weight) as severity_weight,
        max(case when state = 'within_rounding' then abs(difference) end) as largest_rounding,
        -- of the worst state, of its gravest severity, the first: three orders in one number, each in bits of its own
        min(cast(64 - 8 * state_weight - severity_weight as bigint) * 16777216 + check_no) % 16777216
            as worst_check_no,
        count(distinct case when state = 'fail' then coalesce(root, place) end) as roots,
        {{ joined_texts("case when state = 'fail' then coalesce(root, place) end") }} as root_list
    from weighed
    group by report_id, release, check_id

),

checks as (

    select * from {{ ref('check_catalogue') }}

)

select
    {{ whose() }},
    cast(places.province_name as varchar) as province_name,
    cast(counted.check_id as varchar) as check_id,
    cast(checks.group as varchar) as check_group,
    cast(checks.rule as varchar) as rule,
    cast(case counted.state_weight
        when 4 then 'fail'
        when 3 then 'could_not_run'
        when 2 then 'within_rounding'
        when 1 then 'pass'
        else 'not_applicable'
    end as varchar) as worst_state,
    cast(case counted.failed_severity_weight when 3 then 'error' when 2 then 'warn' when 1 then 'info' end as varchar)
        as worst_severity,
    cast(case counted.severity_weight when 3 then 'error' when 2 then 'warn' when 1 then 'info' end as varchar)
        as severity,
    cast(counted.results as integer) as results,
    cast(counted.passed as integer) as passed,
    cast(counted.within_rounding as integer) as within_rounding,
    cast(counted.failed as integer) as failed,
    cast(counted.could_not_run as integer) as could_not_run,
    cast(counted.not_applicable as integer) as not_applicable,
    cast(counted.largest_rounding as decimal(24, 6)) as largest_rounding,
    cast(counted.roots as integer) as roots,
    cast(counted.root_list as varchar) as root_list,
    cast(worst.place as varchar) as worst_place,
    cast(told.message as varchar) as message,
    cast(releases.document_id as varchar) as document_id,
    cast(releases.document as varchar) as document
from counted
inner join releases
    on {{ same(['report_id', 'release'], 'counted', 'releases') }}
inner join results as worst
    on {{ same(['report_id', 'release'], 'counted', 'worst') }} and counted.worst_check_no = worst.check_no
left join told
    on {{ same(['report_id', 'release', 'check_no'], 'worst', 'told') }}
left join {{ ref('dim_unit_year') }} as places
    on releases.unit_id = places.unit_id and releases.fiscal_year = places.fiscal_year
left join checks
    on counted.check_id = checks.check_id
