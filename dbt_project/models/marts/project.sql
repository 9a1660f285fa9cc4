{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

projects as (

    select * from {{ ref('fct_project') }}
    where {{ only_affected('report_id', 'year') }}

),

-- Where a project is first named: in a statement, else in an indicator.
named as (

    select
        report_id,
        release,
        project_key,
        subject,
        quote,
        page,
        line,
        row_number() over (partition by report_id, release, project_key order by source, position) as place
    from (
        select
            stated.report_id,
            stated.release,
            stated.subject_key as project_key,
            said.subject,
            said.quote,
            said.page,
            said.line,
            0 as source,
            said.statement_no as position
        from {{ ref('fct_statement') }} as stated
        inner join {{ ref('stg_statement') }} as said
            on {{ same(['report_id', 'release', 'statement_no'], 'stated', 'said') }}
        where
            stated.topic in ('performance.project', 'performance.key_project')
            and said.subject is not null
            and {{ only_affected('stated.report_id', 'year') }}
        union all
        select
            report_id,
            release,
            {{ text_key("unit_id || '/' || project") }} as project_key,
            project as subject,
            quote,
            page,
            line,
            1 as source,
            indicator_no as position
        from {{ ref('stg_indicator') }}
        where project is not null and {{ only_affected('report_id', 'year') }}
    ) as everywhere

),

completions as (

    select
        report_id,
        release,
        subject_key as project_key,
        min(base) as completion_base
    from {{ ref('statement_counted') }}
    where
        topic = 'performance.project' and measure = 'completion_pct'
        and {{ only_affected('report_id', 'year') }}
    group by report_id, release, subject_key

)

select
    {{ whose() }},
    cast(projects.project_key as varchar) as project_key,
    cast(named.subject as varchar) as project_name,
    cast(projects.is_key_project as boolean) as is_key_project,
    cast(case
        when projects.final_yuan = 0 then 'printed_zero'
        when projects.final_yuan is not null then 'printed'
        else 'not_stated'
    end as varchar) as value_state,
    cast(projects.initial_budget_yuan as decimal(18, 2)) as initial_budget_yuan,
    cast(projects.adjusted_budget_yuan as decimal(18, 2)) as adjusted_budget_yuan,
    cast(projects.unknown_budget_yuan as decimal(18, 2)) as unknown_budget_yuan,
    cast(projects.final_yuan as decimal(18, 2)) as final_yuan,
    cast(projects.completion_pct as decimal(24, 6)) as completion_pct,
    cast(completions.completion_base as varchar) as completion_base,
    cast({{ ratio('projects.final_yuan', 'projects.initial_budget_yuan', 6) }} as decimal(18, 6))
        as initial_completion_ratio,
    cast({{ ratio('projects.final_yuan', 'projects.adjusted_budget_yuan', 6) }} as decimal(18, 6))
        as adjusted_completion_ratio,
    cast(projects.score as decimal(24, 6)) as score,
    cast(projects.indicators as integer) as indicators,
    {{ where_read('named') }}
from projects
inner join releases
    on {{ same(['report_id', 'release'], 'projects', 'releases') }}
left join named
    on {{ same(['report_id', 'release', 'project_key'], 'projects', 'named') }} and named.place = 1
left join completions
    on {{ same(['report_id', 'release', 'project_key'], 'projects', 'completions') }}
