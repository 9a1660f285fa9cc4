{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

said as (

    select * from {{ ref('statement_counted') }}
    where topic = 'agency_operating_expenses' and {{ only_affected('report_id', 'year') }}

),

figures as (

    select
        report_id,
        release,
        {{ pick('amount_yuan', "measure = 'amount'") }} as amount_yuan,
        {{ pick('value_state', "measure = 'amount'") }} as value_state,
        {{ pick('amount_yuan', "measure = 'initial_budget'") }} as initial_budget_yuan,
        {{ pick('amount_yuan', "measure = 'adjusted_budget'") }} as adjusted_budget_yuan,
        {{ pick('amount_yuan', "measure = 'budget'") }} as unknown_budget_yuan,
        min(case when measure = 'completion_pct' then statement_no end) as completion_no,
        {{ pick('amount_yuan', "measure = 'change_amount' and base = 'prior_year'") }} as change_amount_yuan,
        {{ pick('value', "measure = 'change_pct' and base = 'prior_year'") }} as change_pct,
        {{ pick('value_state', "measure = 'change_pct' and base = 'prior_year'") }} as change_pct_state,
        min(case when reason is not null then statement_no end) as reason_no,
        min(case when measure = 'amount' then statement_no end) as amount_no,
        min(statement_no) as first_no,
        max(case when is_contradicted then 1 else 0 end) as contradicted
    from said
    group by report_id, release

),

sections as (

    select * from {{ ref('section_state') }}
    where section = 'notes.agency_operating_expenses'

)

select
    {{ whose() }},
    cast(coalesce(figures.value_state, {{ unstated('sections.state') }}) as varchar) as value_state,
    cast(figures.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(figures.initial_budget_yuan as decimal(18, 2)) as initial_budget_yuan,
    cast(figures.adjusted_budget_yuan as decimal(18, 2)) as adjusted_budget_yuan,
    cast(figures.unknown_budget_yuan as decimal(18, 2)) as unknown_budget_yuan,
    cast(completions.value as decimal(24, 6)) as completion_pct,
    cast(completions.base as varchar) as completion_base,
    cast({{ ratio('figures.amount_yuan', 'figures.initial_budget_yuan', 6) }} as decimal(18, 6))
        as initial_completion_ratio,
    cast({{ ratio('figures.amount_yuan', 'figures.adjusted_budget_yuan', 6) }} as decimal(18, 6))
        as adjusted_completion_ratio,
    cast(figures.change_amount_yuan as decimal(18, 2)) as change_amount_yuan,
    cast(figures.change_pct as decimal(24, 6)) as change_pct,
    cast(figures.change_pct_state as varchar) as change_pct_state,
    cast(figures.amount_yuan - figures.change_amount_yuan as decimal(18, 2)) as implied_prior_yuan,
    cast(reasons.reason as varchar) as reason,
    cast(coalesce(figures.contradicted, 0) = 1 as boolean) as is_contradicted,
    cast(coalesce(sections.state, 'missing') as varchar) as section_state,
    {{ where_read('places') }}
from releases
left join figures
    on {{ same(['report_id', 'release'], 'releases', 'figures') }}
left join sections
    on {{ same(['report_id', 'release'], 'releases', 'sections') }}
left join said as places
    on
        {{ same(['report_id', 'release'], 'releases', 'places') }}
        and coalesce(figures.amount_no, figures.first_no) = places.statement_no
left join said as completions
    on
        {{ same(['report_id', 'release'], 'releases', 'completions') }}
        and figures.completion_no = completions.statement_no
left join said as reasons
    on
        {{ same(['report_id', 'release'], 'releases', 'reasons') }}
        and figures.reason_no = reasons.statement_no
