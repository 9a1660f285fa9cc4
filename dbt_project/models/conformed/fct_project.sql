{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with statements as (

    select
        stated.*,
        said.subject
    from {{ ref('fct_statement') }} as stated
    inner join {{ ref('stg_statement') }} as said
        on {{ same(['report_id', 'release', 'statement_no'], 'stated', 'said') }}
    where
        (stated.topic = 'performance.project' or stated.topic = 'performance.key_project')
        and said.subject is not null
        and {{ only_affected('stated.report_id') }}

),

indicators as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        {{ text_key("unit_id || '/' || project") }} as project_key,
        count(*) as indicators
    from {{ ref('stg_indicator') }}
    where project is not null and {{ only_affected('report_id') }}
    group by report_id, release, unit_id, fiscal_year, project

),

stated as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        subject_key as project_key,
        min(statement_no) as statement_no,
        {{ pick('amount_yuan', "measure = 'initial_budget' and occurrence = 1") }} as initial_budget_yuan,
        {{ pick('amount_yuan', "measure = 'adjusted_budget' and occurrence = 1") }} as adjusted_budget_yuan,
        {{ pick('amount_yuan', "measure = 'budget' and occurrence = 1") }} as unknown_budget_yuan,
        {{ pick('amount_yuan', "measure = 'amount' and occurrence = 1") }} as final_yuan,
        {{ pick('value', "measure = 'completion_pct' and occurrence = 1") }} as completion_pct,
        {{ pick('value', "measure = 'score' and occurrence = 1") }} as score,
        max(case when topic = 'performance.key_project' then 1 else 0 end) as key_project
    from statements
    group by report_id, release, unit_id, fiscal_year, subject_key

),

projects as (

    select report_id, release, unit_id, fiscal_year, project_key from stated
    union
    select report_id, release, unit_id, fiscal_year, project_key from indicators

)

select
    cast(projects.report_id as varchar) as report_id,
    cast(projects.release as smallint) as release,
    cast(projects.unit_id as varchar) as unit_id,
    cast(projects.fiscal_year as smallint) as fiscal_year,
    cast(projects.project_key as varchar) as project_key,
    cast(stated.statement_no as integer) as statement_no,
    cast(stated.initial_budget_yuan as decimal(18, 2)) as initial_budget_yuan,
    cast(stated.adjusted_budget_yuan as decimal(18, 2)) as adjusted_budget_yuan,
    cast(stated.unknown_budget_yuan as decimal(18, 2)) as unknown_budget_yuan,
    cast(stated.final_yuan as decimal(18, 2)) as final_yuan,
    cast(stated.completion_pct as decimal(24, 6)) as completion_pct,
    cast(stated.score as decimal(24, 6)) as score,
    cast(coalesce(stated.key_project, 0) = 1 as boolean) as is_key_project,
    cast(coalesce(indicators.indicators, 0) as integer) as indicators
from projects
left join stated
    on {{ same(['report_id', 'release', 'project_key'], 'projects', 'stated') }}
left join indicators
    on {{ same(['report_id', 'release', 'project_key'], 'projects', 'indicators') }}
