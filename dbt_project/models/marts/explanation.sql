{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

said as (

    select * from {{ ref('stg_statement') }}
    where {{ only_affected('report_id', 'year') }}

),

stated as (

    select * from {{ ref('fct_statement') }}
    where {{ only_affected('report_id', 'year') }}

),

-- Every reason given and every purpose named, with what it explains: a change against the prior year or a difference
-- from a budget.
given as (

    select
        said.report_id,
        said.release,
        said.statement_no,
        said.topic,
        stated.functional_code,
        stated.subject_key,
        said.subject,
        case when said.measure = 'purpose' then 'purpose' else 'reason' end as kind,
        case
            when said.measure = 'purpose' then 'amount'
            when stated.base in ('initial_budget', 'adjusted_budget', 'unknown_budget') then 'budget'
            when stated.base = 'prior_year' then 'prior_year'
            when said.measure in ('completion_pct', 'relation_to_budget') then 'budget'
            else 'other'
        end as explains,
        case when said.measure = 'purpose' then said.value_text else said.reason end as text,
        said.measure,
        said.value_text,
        said.section,
        said.quote,
        said.page,
        said.line
    from said
    inner join stated
        on {{ same(['report_id', 'release', 'statement_no'], 'said', 'stated') }}
    where (said.measure = 'purpose' and said.value_text is not null) or said.reason is not null

),

-- One reason given for an amount, its percentage and its relation is one explanation.
explained as (

    select
        report_id,
        release,
        topic,
        functional_code,
        subject_key,
        kind,
        explains,
        text,
        section,
        min(statement_no) as statement_no,
        max(case when measure in ('relation_to_budget', 'relation_to_prior') then value_text end) as relation
    from given
    group by report_id, release, topic, functional_code, subject_key, kind, explains, text, section

),

counted as (

    select
        report_id,
        release,
        topic,
        coalesce(subject_key, '') as subject_key,
        {{ pick('amount_yuan', "measure = 'amount'") }} as final_yuan,
        {{ pick('amount_yuan', "measure = 'initial_budget'") }} as initial_budget_yuan,
        {{ pick('amount_yuan', "measure = 'adjusted_budget'") }} as adjusted_budget_yuan,
        {{ pick('amount_yuan', "measure = 'budget'") }} as unknown_budget_yuan,
        {{ pick('amount_yuan', "measure = 'change_amount' and base = 'prior_year'") }} as change_amount_yuan,
        {{ pick('value', "measure = 'change_pct' and base = 'prior_year'") }} as change_pct,
        {{ pick('amount_yuan', "measure = 'over_initial_budget_amount'") }} as over_initial_budget_yuan,
        {{ pick('value', "measure = 'over_initial_budget_pct'") }} as over_initial_budget_pct,
        min(case when measure = 'completion_pct' then value end) as completion_pct,
        min(case when measure = 'count' then value end) as quantity,
        max(case when is_contradicted and measure = 'amount' then 1 else 0 end) as contradicted_amount,
        max(case
            when is_contradicted and (base = 'prior_year' or measure = 'relation_to_prior') then 1 else 0
        end) as contradicted_prior_year,
        max(case
            when is_contradicted and (base like '%budget' or measure = 'relation_to_budget') then 1 else 0
        end) as contradicted_budget
    from {{ ref('statement_counted') }}
    where {{ only_affected('report_id', 'year') }}
    group by report_id, release, topic, coalesce(subject_key, '')

),

topics as (

    select * from {{ ref('statement_topics') }}

),

-- The name as this report prints it, wherever it does, as in spending_by_function.
printed_names as (

    select
        report_id,
        release,
        code,
        min(name) as name
    from {{ ref('code_name') }}
    where classification = 'functional' and {{ only_affected('report_id', 'year') }}
    group by report_id, release, code

),

functions as (

    select * from {{ ref('dim_functional_class') }}

)

select
    {{ whose() }},
    cast(explained.statement_no as integer) as statement_no,
    cast(explained.kind as varchar) as kind,
    cast(explained.explains as varchar) as explains,
    cast(explained.topic as varchar) as topic,
    cast(topics.chinese as varchar) as topic_name,
    cast(explained.functional_code as varchar) as functional_code,
    cast(coalesce(printed_names.name, functions.listed_name) as varchar) as functional_name,
    cast(given.subject as varchar) as subject,
    cast(explained.text as varchar) as text,
    cast(explained.relation as varchar) as relation,
    cast(counted.final_yuan as decimal(18, 2)) as final_yuan,
    cast(counted.quantity as decimal(24, 6)) as quantity,
    cast(case when explained.explains = 'prior_year' then counted.change_amount_yuan end as decimal(18, 2))
        as change_amount_yuan,
    cast(case when explained.explains = 'prior_year' then counted.change_pct end as decimal(24, 6)) as change_pct,
    cast(case when explained.explains = 'budget' then counted.initial_budget_yuan end as decimal(18, 2))
        as initial_budget_yuan,
    cast(case when explained.explains = 'budget' then counted.adjusted_budget_yuan end as decimal(18, 2))
        as adjusted_budget_yuan,
    cast(case when explained.explains = 'budget' then counted.unknown_budget_yuan end as decimal(18, 2))
        as unknown_budget_yuan,
    cast(case when explained.explains = 'budget' then counted.over_initial_budget_yuan end as decimal(18, 2))
        as over_initial_budget_yuan,
    cast(case when explained.explains = 'budget' then counted.over_initial_budget_pct end as decimal(24, 6))
        as over_initial_budget_pct,
    cast(case when explained.explains = 'budget' then counted.completion_pct end as decimal(24, 6))
        as completion_pct,
    cast(
        coalesce(counted.contradicted_amount, 0) = 1
        or (explained.explains = 'prior_year' and coalesce(counted.contradicted_prior_year, 0) = 1)
        or (explained.explains = 'budget' and coalesce(counted.contradicted_budget, 0) = 1) as boolean
    ) as is_contradicted,
    cast(explained.section as varchar) as section,
    {{ where_read('given') }}
from explained
inner join releases
    on {{ same(['report_id', 'release'], 'explained', 'releases') }}
inner join given
    on {{ same(['report_id', 'release', 'statement_no'], 'explained', 'given') }}
        and explained.kind = given.kind
left join counted
    on
        {{ same(['report_id', 'release', 'topic'], 'explained', 'counted') }}
        and coalesce(explained.subject_key, '') = counted.subject_key
left join topics
    on
        case
            when explained.functional_code is not null
                then replace(explained.topic, '.' || explained.functional_code, '.<code>')
            else explained.topic
        end = topics.topic
left join printed_names
    on
        {{ same(['report_id', 'release'], 'explained', 'printed_names') }}
        and explained.functional_code = printed_names.code
left join functions
    on explained.functional_code = functions.functional_code and releases.fiscal_year = functions.fiscal_year
