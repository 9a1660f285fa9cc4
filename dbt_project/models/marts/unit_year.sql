{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

-- Totals as printed, each from the one table that it is the total of.
totals as (

    select
        report_id,
        release,
        {{ pick('amount_yuan', "table_key = 'T1' and line_key = 'income.total_current'") }}
            as income_total_yuan,
        {{ pick('amount_yuan', "table_key = 'T1' and line_key = 'opening_carryover'") }}
            as opening_carryover_yuan,
        {{ pick('amount_yuan', "table_key = 'T1' and line_key = 'non_appropriation_surplus_used'") }}
            as non_appropriation_surplus_used_yuan,
        {{ pick('amount_yuan', "table_key = 'T1' and line_key = 'expenditure.total_current'") }}
            as expenditure_total_yuan,
        {{ pick('amount_yuan', "table_key = 'T1' and line_key = 'surplus_distribution'") }}
            as surplus_distribution_yuan,
        {{ pick('amount_yuan', "table_key = 'T1' and line_key = 'closing_carryover'") }}
            as closing_carryover_yuan,
        {{ pick('amount_yuan', "table_key = 'T1' and line_key = 'expenditure.grand_total'") }}
            as grand_total_yuan,
        {{ pick('amount_yuan', "table_key = 'T3' and row_key = '合计' and column_key = 'basic'") }}
            as basic_yuan,
        {{ pick('amount_yuan', "table_key = 'T3' and row_key = '合计' and column_key = 'project'") }}
            as project_yuan,
        {{ pick('amount_yuan', "table_key = 'T3' and row_key = '合计' and column_key = 'superior_remittance'") }}
            as superior_remittance_yuan,
        {{ pick('amount_yuan', "table_key = 'T3' and row_key = '合计' and column_key = 'operating_expenditure'") }}
            as operating_expenditure_yuan,
        {{ pick('amount_yuan', "table_key = 'T3' and row_key = '合计' and column_key = 'affiliate_subsidy'") }}
            as affiliate_subsidy_yuan,
        {{ pick('amount_yuan', "table_key = 'T4' and line_key = 'income.total_current'") }}
            as appropriation_income_yuan,
        {{ pick(
            'amount_yuan',
            "table_key = 'T4' and line_key = 'expenditure.total_current' and column_key = 'expenditure_total'"
        ) }}
            as appropriation_expenditure_yuan,
        {{ pick('amount_yuan', "table_key = 'T4' and line_key = 'opening_carryover.appropriation'") }}
            as appropriation_opening_carryover_yuan,
        {{ pick(
            'amount_yuan',
            "table_key = 'T4' and line_key = 'closing_carryover.appropriation' and column_key = 'expenditure_total'"
        ) }}
            as appropriation_closing_carryover_yuan,
        {{ pick('amount_yuan', "table_key = 'T5' and row_key = '合计' and column_key = 'expenditure_total'") }}
            as general_public_budget_expenditure_yuan,
        {{ pick('amount_yuan', "table_key = 'T5' and row_key = '合计' and column_key = 'basic'") }}
            as general_public_budget_basic_yuan,
        {{ pick('amount_yuan', "table_key = 'T5' and row_key = '合计' and column_key = 'project'") }}
            as general_public_budget_project_yuan,
        {{ pick('amount_yuan', "table_key = 'T6' and line_key = 'basic.personnel'") }}
            as personnel_yuan,
        {{ pick('amount_yuan', "table_key = 'T6' and line_key = 'basic.public'") }}
            as public_yuan,
        {{ pick('amount_yuan', "table_key = 'TF' and row_key = '合计' and column_key = 'expenditure_total'") }}
            as government_fund_expenditure_yuan,
        {{ pick('amount_yuan', "table_key = 'TG' and row_key = '合计' and column_key = 'expenditure_total'") }}
            as state_capital_expenditure_yuan
    from {{ ref('table_tree') }}
    where {{ only_affected('report_id', 'series') }}
    group by report_id, release

),

three_public as (

    select
        report_id,
        release,
        {{ pick('amount_yuan', "item = 'total' and stage = 'final'") }} as final_yuan,
        {{ pick('amount_yuan', "item = 'total' and stage <> 'final'") }} as budget_yuan,
        {{ pick('stage', "item = 'total' and stage <> 'final'") }} as budget_stage,
        {{ pick('value_state', "item = 'total' and stage = 'final'") }} as final_state
    from {{ ref('fct_three_public') }}
    where fund in ('appropriation', 'general_public_budget') and {{ only_affected('report_id', 'series') }}
    group by report_id, release

),

statements as (

    select
        report_id,
        release,
        {{ pick('amount_yuan', "topic = 'agency_operating_expenses' and measure = 'amount'") }}
            as agency_operating_expenses_yuan,
        {{ pick('amount_yuan', "topic = 'procurement.total' and measure = 'amount'") }} as procurement_total_yuan,
        {{ pick('value', "topic = 'assets.vehicles' and measure = 'count'") }} as vehicles
    from {{ ref('fct_statement') }}
    where occurrence = 1 and {{ only_affected('report_id', 'series') }}
    group by report_id, release

),

table_states as (

    select
        report_id,
        release,
        {{ pick('state', "table_key = 'TF' and is_counted") }} as government_fund_state,
        {{ pick('state', "table_key = 'TG' and is_counted") }} as state_capital_state
    from {{ ref('stg_report_table') }}
    where {{ only_affected('report_id', 'series') }}
    group by report_id, release

),

checks as (

    select
        report_id,
        release,
        sum(case when state = 'fail' then 1 else 0 end) as checks_failed
    from {{ ref('fct_check_result') }}
    where {{ only_affected('report_id', 'series') }}
    group by report_id, release

),

-- Shares and amounts per head; why one is null stands in indicator_value.
indicators as (

    select
        report_id,
        release,
        {% for column, key, stage in indicator_columns() %}
            {{ pick('indicator_value', "indicator_key = '" ~ key ~ "' and budget_stage = '" ~ stage ~ "'") }}
                as {{ column }},
        {% endfor %}
        max(fiscal_year) as fiscal_year
    from {{ ref('indicator_value') }}
    where member_code = '' and {{ only_affected('report_id', 'series') }}
    group by report_id, release

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
    cast(releases.status as varchar) as status,
    cast(releases.covered_bodies as integer) as covered_bodies,
    cast(totals.income_total_yuan as decimal(18, 2)) as income_total_yuan,
    cast(totals.opening_carryover_yuan as decimal(18, 2)) as opening_carryover_yuan,
    cast(totals.non_appropriation_surplus_used_yuan as decimal(18, 2)) as non_appropriation_surplus_used_yuan,
    cast(totals.expenditure_total_yuan as decimal(18, 2)) as expenditure_total_yuan,
    cast(totals.surplus_distribution_yuan as decimal(18, 2)) as surplus_distribution_yuan,
    cast(totals.closing_carryover_yuan as decimal(18, 2)) as closing_carryover_yuan,
    cast(totals.grand_total_yuan as decimal(18, 2)) as grand_total_yuan,
    cast(totals.basic_yuan as decimal(18, 2)) as basic_yuan,
    cast(totals.project_yuan as decimal(18, 2)) as project_yuan,
    cast(totals.superior_remittance_yuan as decimal(18, 2)) as superior_remittance_yuan,
    cast(totals.operating_expenditure_yuan as decimal(18, 2)) as operating_expenditure_yuan,
    cast(totals.affiliate_subsidy_yuan as decimal(18, 2)) as affiliate_subsidy_yuan,
    cast(totals.appropriation_income_yuan as decimal(18, 2)) as appropriation_income_yuan,
    cast(totals.appropriation_expenditure_yuan as decimal(18, 2)) as appropriation_expenditure_yuan,
    cast(totals.appropriation_opening_carryover_yuan as decimal(18, 2)) as appropriation_opening_carryover_yuan,
    cast(totals.appropriation_closing_carryover_yuan as decimal(18, 2)) as appropriation_closing_carryover_yuan,
    cast(totals.general_public_budget_expenditure_yuan as decimal(18, 2)) as general_public_budget_expenditure_yuan,
    cast(totals.general_public_budget_basic_yuan as decimal(18, 2)) as general_public_budget_basic_yuan,
    cast(totals.general_public_budget_project_yuan as decimal(18, 2)) as general_public_budget_project_yuan,
    cast(totals.personnel_yuan as decimal(18, 2)) as personnel_yuan,
    cast(totals.public_yuan as decimal(18, 2)) as public_yuan,
    cast(totals.government_fund_expenditure_yuan as decimal(18, 2)) as government_fund_expenditure_yuan,
    cast(totals.state_capital_expenditure_yuan as decimal(18, 2)) as state_capital_expenditure_yuan,
    cast(three_public.final_yuan as decimal(18, 2)) as three_public_final_yuan,
    cast(three_public.final_state as varchar) as three_public_final_state,
    cast(three_public.budget_yuan as decimal(18, 2)) as three_public_budget_yuan,
    cast(three_public.budget_stage as varchar) as three_public_budget_stage,
    cast(statements.agency_operating_expenses_yuan as decimal(18, 2)) as agency_operating_expenses_yuan,
    cast(statements.procurement_total_yuan as decimal(18, 2)) as procurement_total_yuan,
    cast(statements.vehicles as integer) as vehicles,
    cast(table_states.government_fund_state as varchar) as government_fund_state,
    cast(table_states.state_capital_state as varchar) as state_capital_state,
    cast(coalesce(checks.checks_failed, 0) as integer) as checks_failed,
    {% for column, _, _ in indicator_columns() %}
        cast(indicators.{{ column }} as decimal(24, 6)) as {{ column }},
    {% endfor %}
    cast(releases.document_id as varchar) as document_id
from releases
left join totals
    on {{ same(['report_id', 'release'], 'releases', 'totals') }}
left join three_public
    on {{ same(['report_id', 'release'], 'releases', 'three_public') }}
left join statements
    on {{ same(['report_id', 'release'], 'releases', 'statements') }}
left join table_states
    on {{ same(['report_id', 'release'], 'releases', 'table_states') }}
left join checks
    on {{ same(['report_id', 'release'], 'releases', 'checks') }}
left join indicators
    on {{ same(['report_id', 'release'], 'releases', 'indicators') }}
