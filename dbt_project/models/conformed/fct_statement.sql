{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with statements as (

    select * from {{ ref('stg_statement') }}
    where {{ only_affected('report_id') }}

),

-- Which stage a statement's amount is of, and what its change or completion is measured against.
staged as (

    select
        statements.*,
        case measure
            when 'initial_budget' then 'initial_budget'
            when 'adjusted_budget' then 'adjusted_budget'
            when 'budget' then 'unknown_budget'
            when 'amount' then 'final'
            when 'total' then 'final'
        end as stage,
        case
            when base in ('initial_budget', 'adjusted_budget', 'prior_year') then base
            when base = 'budget' then 'unknown_budget'
            when measure like 'over_initial_budget%' then 'initial_budget'
            when measure like 'over_adjusted_budget%' then 'adjusted_budget'
            when measure like 'over_budget%' then 'unknown_budget'
            when measure in ('change_amount', 'change_pct') and base is null then 'prior_year'
            else base
        end as measured_against,
        -- 持平 is a change of nothing, in whatever unit.
        case
            when
                amount_yuan is null and value = 0
                and (measure = 'change_amount' or measure like 'over_%budget_amount')
                then 0
            else amount_yuan
        end as change_or_amount_yuan
    from statements

),

-- The same thing is often said twice; the first time it is said counts in the marts.
ordered as (

    select
        staged.*,
        row_number() over (
            partition by
                report_id, release, topic, measure, coalesce(subject, ''), coalesce(measured_against, '')
            order by statement_no
        ) as occurrence
    from staged

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(statement_no as integer) as statement_no,
    cast(topic as varchar) as topic,
    cast(measure as varchar) as measure,
    cast(stage as varchar) as stage,
    cast(measured_against as varchar) as base,
    cast({{ code_of("split_part(topic, '.', 3)") }} as varchar) as functional_code,
    cast(value as decimal(24, 6)) as value,
    cast(unit as varchar) as unit,
    cast(change_or_amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(null_reason as varchar) as null_reason,
    cast(
        case when subject is not null then {{ text_key("unit_id || '/' || subject") }} end as varchar
    ) as subject_key,
    cast(occurrence as integer) as occurrence
from ordered
