{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

statements as (

    select * from {{ ref('fct_statement') }}
    where
        occurrence = 1
        and subject_key is null
        and topic not like 'performance.%'
        and {{ only_affected('report_id', 'year') }}

),

finals as (

    select
        report_id,
        release,
        topic,
        max(functional_code) as functional_code,
        min(statement_no) as statement_no,
        max(amount_yuan) as final_yuan
    from statements
    where measure = 'amount'
    group by report_id, release, topic

),

budgets as (

    select
        report_id,
        release,
        topic,
        stage,
        max(functional_code) as functional_code,
        min(statement_no) as statement_no,
        max(amount_yuan) as budget_yuan
    from statements
    where stage in ('initial_budget', 'adjusted_budget', 'unknown_budget')
    group by report_id, release, topic, stage

),

-- How far the final amount is from a budget, where the text says it; the budget itself then follows.
departures as (

    select
        report_id,
        release,
        topic,
        base as stage,
        min(statement_no) as statement_no,
        {{ pick('amount_yuan', "measure = 'change_amount' or measure like 'over_%budget_amount'") }}
            as over_budget_yuan,
        {{ pick('value', "measure = 'change_pct' or measure like 'over_%budget_pct'") }} as over_budget_pct
    from statements
    where
        base in ('initial_budget', 'adjusted_budget', 'unknown_budget')
        and (measure in ('change_amount', 'change_pct') or measure like 'over_%budget_%')
    group by report_id, release, topic, base

),

-- A completion rate belongs to the budget it names; one that names none belongs to the only budget of its topic.
only_budget as (

    select
        report_id,
        release,
        topic,
        min(stage) as stage
    from budgets
    group by report_id, release, topic
    having count(*) = 1

),

completions as (

    select
        statements.report_id,
        statements.release,
        statements.topic,
        coalesce(statements.base, only_budget.stage, 'unknown_budget') as stage,
        min(statements.statement_no) as statement_no,
        max(statements.value) as completion_pct
    from statements
    left join only_budget
        on {{ same(['report_id', 'release', 'topic'], 'statements', 'only_budget') }}
    where statements.measure = 'completion_pct'
    group by
        statements.report_id, statements.release, statements.topic,
        coalesce(statements.base, only_budget.stage, 'unknown_budget')

),

stages as (

    select report_id, release, topic, stage from budgets
    union
    select report_id, release, topic, stage from departures
    union
    select report_id, release, topic, stage from completions

),

stated as (

    select
        stages.report_id,
        stages.release,
        stages.topic,
        coalesce(finals.functional_code, budgets.functional_code) as functional_code,
        stages.stage,
        'statement' as said_in,
        coalesce(budgets.budget_yuan, finals.final_yuan - departures.over_budget_yuan) as budget_yuan,
        budgets.budget_yuan is null and departures.over_budget_yuan is not null as budget_is_derived,
        finals.final_yuan,
        departures.over_budget_yuan,
        departures.over_budget_pct,
        completions.completion_pct,
        'stated' as stage_source,
        coalesce(budgets.statement_no, departures.statement_no, completions.statement_no) as statement_no,
        cast(null as varchar) as column_key
    from stages
    left join budgets
        on {{ same(['report_id', 'release', 'topic', 'stage'], 'stages', 'budgets') }}
    left join departures
        on {{ same(['report_id', 'release', 'topic', 'stage'], 'stages', 'departures') }}
    left join completions
        on {{ same(['report_id', 'release', 'topic', 'stage'], 'stages', 'completions') }}
    left join finals
        on {{ same(['report_id', 'release', 'topic'], 'stages', 'finals') }}

),

three_public as (

    select * from {{ ref('fct_three_public') }}
    where {{ only_affected('report_id', 'year') }}

),

-- The same for 三公 as its table has it.
tabled as (

    select
        budgets_of_table.report_id,
        budgets_of_table.release,
        'three_public.' || budgets_of_table.item as topic,
        cast(null as varchar) as functional_code,
        budgets_of_table.stage,
        'table' as said_in,
        budgets_of_table.amount_yuan as budget_yuan,
        false as budget_is_derived,
        finals_of_table.amount_yuan as final_yuan,
        cast(null as decimal(18, 2)) as over_budget_yuan,
        cast(null as decimal(24, 6)) as over_budget_pct,
        cast(null as decimal(24, 6)) as completion_pct,
        budgets_of_table.stage_source,
        cast(null as integer) as statement_no,
        budgets_of_table.column_key
    from three_public as budgets_of_table
    left join three_public as finals_of_table
        on
            {{ same(['report_id', 'release', 'table_no', 'row_key', 'item'], 'budgets_of_table', 'finals_of_table') }}
            and finals_of_table.stage = 'final'
    where budgets_of_table.stage <> 'final' and budgets_of_table.fund in ('appropriation', 'general_public_budget')

),

execution as (

    select * from stated
    union all
    select * from tabled

)

select
    cast(releases.report_id as varchar) as report_id,
    cast(releases.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.unit_name as varchar) as unit_name,
    cast(releases.division_code as varchar) as division_code,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(releases.is_default as boolean) as is_default,
    cast(execution.topic as varchar) as topic,
    cast(execution.functional_code as varchar) as functional_code,
    cast(execution.stage as varchar) as budget_stage,
    cast(execution.said_in as varchar) as said_in,
    cast(execution.stage_source as varchar) as stage_source,
    cast(execution.budget_yuan as decimal(18, 2)) as budget_yuan,
    cast(execution.budget_is_derived as boolean) as budget_is_derived,
    cast(execution.final_yuan as decimal(18, 2)) as final_yuan,
    cast(execution.over_budget_yuan as decimal(18, 2)) as over_budget_yuan,
    cast(execution.over_budget_pct as decimal(24, 6)) as over_budget_pct,
    cast(execution.completion_pct as decimal(24, 6)) as completion_pct,
    cast({{ ratio('execution.final_yuan', 'execution.budget_yuan', 6) }} as decimal(18, 6)) as completion_ratio,
    cast(execution.final_yuan - execution.budget_yuan as decimal(18, 2)) as deviation_yuan,
    cast(
        {{ ratio('cast(execution.final_yuan - execution.budget_yuan as decimal(18, 2))', 'execution.budget_yuan', 6) }}
        as decimal(18, 6)
    ) as deviation_ratio,
    cast(execution.statement_no as integer) as statement_no,
    cast(execution.column_key as varchar) as column_key
from execution
inner join releases
    on {{ same(['report_id', 'release'], 'execution', 'releases') }}
