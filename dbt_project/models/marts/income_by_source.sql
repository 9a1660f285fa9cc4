{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

-- One cut only: by source and fund, as the summary table (T1) prints it.
income as (

    select * from {{ ref('fct_income') }}
    where table_key = 'T1' and {{ only_affected('report_id', 'year') }}

),

totals as (

    select
        report_id,
        release,
        amount_yuan as income_total_yuan
    from {{ ref('fct_printed_total') }}
    where
        table_key = 'T1'
        and line_key = 'income.total_current'
        and {{ only_affected('report_id', 'year') }}

),

-- The topic of the text that speaks of the same source.
statements as (

    select
        report_id,
        release,
        topic,
        {{ pick('amount_yuan', "measure = 'change_amount' and base = 'prior_year' and occurrence = 1") }}
            as change_amount_yuan,
        {{ pick('value', "measure = 'change_pct' and base = 'prior_year' and occurrence = 1") }} as change_pct,
        {{ pick('value', "measure = 'share_pct' and occurrence = 1") }} as share_pct
    from {{ ref('fct_statement') }}
    where topic like 'income.%' and {{ only_affected('report_id', 'year') }}
    group by report_id, release, topic

),

lines as (

    select
        table_key,
        row_key,
        report_id,
        release,
        max(line_key) as line_key
    from {{ ref('table_tree') }}
    where table_key = 'T1' and {{ only_affected('report_id', 'year') }}
    group by table_key, row_key, report_id, release

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
    cast(income.income_source as varchar) as income_source,
    cast(income.fund as varchar) as fund,
    cast(income.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(totals.income_total_yuan as decimal(18, 2)) as income_total_yuan,
    cast({{ ratio('income.amount_yuan', 'totals.income_total_yuan', 6) }} as decimal(18, 6)) as share,
    cast(statements.change_amount_yuan as decimal(18, 2)) as change_amount_yuan,
    cast(statements.change_pct as decimal(24, 6)) as change_pct,
    cast(statements.share_pct as decimal(24, 6)) as share_pct,
    cast(income.value_state as varchar) as value_state,
    cast(income.is_residual as boolean) as is_residual,
    cast(income.table_key as varchar) as table_key,
    cast(income.row_key as varchar) as row_key,
    cast(income.column_key as varchar) as column_key
from income
inner join releases
    on {{ same(['report_id', 'release'], 'income', 'releases') }}
left join totals
    on {{ same(['report_id', 'release'], 'income', 'totals') }}
left join lines
    on {{ same(['report_id', 'release', 'table_key', 'row_key'], 'income', 'lines') }}
left join statements
    on {{ same(['report_id', 'release'], 'income', 'statements') }} and lines.line_key = statements.topic
