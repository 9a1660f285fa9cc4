{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

catalogue as (

    select * from {{ ref('check_catalogue') }}
    where runs_in = 'warehouse'

),

chain as (

    select
        report_id,
        release,
        case when table_key = 'T1' then 'W-Y-01' else 'W-Y-02' end as check_id,
        table_key || '/' || row_key || '/' || column_key as place,
        state,
        prior_closing_yuan as expected,
        coalesce(prior_closing_yuan, 0) + amount_yuan as actual,
        amount_yuan as difference,
        tolerance,
        '上年末为 ' || coalesce(cast(prior_closing_yuan as varchar), '空白') || ' 元，本年初相差 '
        || cast(amount_yuan as varchar) || ' 元（' || prior_report_id || '）' as message
    from {{ ref('carryover_chain') }}
    where step = 'adjustment' and report_id in (select releases.report_id from releases)

),

prior as (

    select
        report_id,
        release,
        'W-Y-03' as check_id,
        topic || case when subject_key is not null then '/' || subject_key else '' end as place,
        state,
        reported_prior_yuan as expected,
        implied_prior_yuan as actual,
        -difference_yuan as difference,
        tolerance,
        '按正文增减反推上年为 ' || cast(implied_prior_yuan as varchar) || ' 元，上年报告为 '
        || coalesce(cast(reported_prior_yuan as varchar), '未列') || ' 元' as message
    from {{ ref('prior_year') }}
    where report_id in (select releases.report_id from releases)

),

summed as (

    select
        report_id,
        release,
        check_id,
        topic as place,
        state,
        parts_yuan - coalesce(inner_transfer_yuan, 0) as expected,
        department_yuan as actual,
        difference_yuan as difference,
        tolerance,
        '部门 ' || coalesce(cast(department_yuan as varchar), '空白') || ' 元，各单位之和'
        || coalesce('减内部往来 ' || cast(inner_transfer_yuan as varchar) || ' 元后', '') || '为 '
        || coalesce(cast(parts_yuan - coalesce(inner_transfer_yuan, 0) as varchar), '空白') || ' 元'
        || coalesce('；缺 ' || missing_bodies, '') as message
    from {{ ref('consolidation') }}
    where state <> 'one_body' and report_id in (select releases.report_id from releases)

),

results as (

    select * from chain
    union all
    select * from prior
    union all
    select * from summed

),

numbered as (

    select
        results.*,
        row_number() over (
            partition by results.report_id, results.release order by results.check_id, results.place
        ) as place_in_report
    from results

)

select
    cast(numbered.report_id as varchar) as report_id,
    cast(numbered.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    -- After every number that the library gives the checks of one report.
    cast(1000000 + numbered.place_in_report as integer) as check_no,
    cast(numbered.check_id as varchar) as check_id,
    cast(numbered.place as varchar) as place,
    cast(case
        when numbered.state = 'agrees' then 'pass'
        when numbered.state = 'within_rounding' then 'within_rounding'
        when numbered.state in ('adjusted', 'differs') then 'fail'
        when numbered.state = 'blank' then 'not_applicable'
        else 'could_not_run'
    end as varchar) as state,
    cast(catalogue.severity as varchar) as severity,
    cast(numbered.expected as decimal(24, 6)) as expected,
    cast(numbered.actual as decimal(24, 6)) as actual,
    cast(numbered.difference as decimal(24, 6)) as difference,
    cast(numbered.tolerance as decimal(24, 6)) as tolerance,
    cast(numbered.state as varchar) as reason,
    cast(numbered.message as varchar) as message
from numbered
inner join releases
    on {{ same(['report_id', 'release'], 'numbered', 'releases') }}
inner join catalogue
    on numbered.check_id = catalogue.check_id
