{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

figures as (

    select * from {{ ref('statement_counted') }}
    where
        (topic like 'performance.%' or topic = 'outcome')
        and {{ only_affected('report_id', 'year') }}

),

indicators as (

    select
        stg_indicator.*,
        {{ number_of('target') }} as target_number,
        {{ number_of('actual') }} as actual_number,
        {{ number_of("replace(replace(completion_pct, '%', ''), '％', '')") }} as completion_number,
        {{ number_of('score') }} as score_number
    from {{ ref('stg_indicator') }} as stg_indicator
    where {{ only_affected('report_id', 'year') }}

),

entries as (

    select
        report_id,
        release,
        case when topic = 'outcome' then 'outcome' else 'figure' end as entry,
        statement_no as entry_no,
        topic,
        case
            when topic like 'performance.general_public_budget%' then 'general_public_budget'
            when topic like 'performance.government_fund%' then 'government_fund'
            when topic like 'performance.state_capital%' then 'state_capital'
        end as fund,
        measure,
        stage,
        base,
        subject,
        null as indicator_group,
        null as indicator_name,
        value,
        unit,
        amount_yuan,
        value_state,
        value_text,
        qualifier,
        null as target_operator,
        null as target_text,
        cast(null as decimal(24, 6)) as target,
        null as actual_text,
        cast(null as decimal(24, 6)) as actual,
        case when measure = 'completion_pct' then value end as completion_pct,
        case when measure in ('score', 'average_score') then value end as score,
        is_contradicted,
        quote,
        page,
        line
    from figures
    union all
    select
        report_id,
        release,
        'indicator' as entry,
        indicator_no as entry_no,
        null as topic,
        null as fund,
        null as measure,
        null as stage,
        null as base,
        project as subject,
        indicator_group,
        name as indicator_name,
        null as value,
        unit,
        null as amount_yuan,
        case
            when coalesce(target, actual, completion_pct, score) is null then 'blank'
            when coalesce(actual_number, completion_number) = 0 then 'printed_zero'
            else 'printed'
        end as value_state,
        null as value_text,
        null as qualifier,
        target_operator,
        target as target_text,
        target_number as target,
        actual as actual_text,
        actual_number as actual,
        completion_number as completion_pct,
        score_number as score,
        false as is_contradicted,
        quote,
        page,
        line
    from indicators

)

select
    {{ whose() }},
    cast(entries.entry as varchar) as entry,
    cast(entries.entry_no as integer) as entry_no,
    cast(entries.topic as varchar) as topic,
    cast(entries.measure as varchar) as measure,
    cast(entries.fund as varchar) as fund,
    cast(entries.stage as varchar) as stage,
    cast(entries.base as varchar) as base,
    cast(entries.subject as varchar) as subject,
    cast(entries.indicator_group as varchar) as indicator_group,
    cast(entries.indicator_name as varchar) as indicator_name,
    cast(entries.value_state as varchar) as value_state,
    cast(entries.value as decimal(24, 6)) as value,
    cast(entries.unit as varchar) as unit,
    cast(entries.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(entries.value_text as varchar) as value_text,
    cast(entries.qualifier as varchar) as qualifier,
    cast(entries.target_operator as varchar) as target_operator,
    cast(entries.target_text as varchar) as target_text,
    cast(entries.target as decimal(24, 6)) as target,
    cast(entries.actual_text as varchar) as actual_text,
    cast(entries.actual as decimal(24, 6)) as actual,
    -- Judged only where operator, target and actual are all printed and are numbers.
    cast(case entries.target_operator
        when '≥' then entries.actual >= entries.target
        when '>' then entries.actual > entries.target
        when '≤' then entries.actual <= entries.target
        when '<' then entries.actual < entries.target
        when '=' then entries.actual = entries.target
    end as boolean) as is_target_met,
    cast(entries.completion_pct as decimal(24, 6)) as completion_pct,
    cast(entries.score as decimal(24, 6)) as score,
    cast(entries.is_contradicted as boolean) as is_contradicted,
    {{ where_read('entries') }}
from entries
inner join releases
    on {{ same(['report_id', 'release'], 'entries', 'releases') }}
