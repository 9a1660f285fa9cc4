-- No row outlives its report: facts belong to a release that stands in the list, marts to the current one, with the
-- default scope that the list gives it now. An incremental run that forgot a delete shows here: of the reports that it
-- was about in every table, and of all others in the one that has a row for each.
with releases as (

    select * from {{ ref('fct_release') }}

),

facts as (

    {% for fact in [
        'stg_cell', 'table_tree', 'table_leaf', 'code_name', 'fct_expenditure', 'fct_income', 'fct_balance', 'fct_economic_expenditure', 'fct_printed_total',
        'fct_three_public', 'fct_statement', 'fct_prior_year', 'fct_project', 'fct_check_result'
    ] -%}
        select distinct
            '{{ fact }}' as model,
            report_id,
            release
        from {{ ref(fact) }}
        where {{ is_tested('report_id') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

marts as (

    {% for mart in [
        'unit_year', 'spending_by_function', 'spending_by_economic_class', 'income_by_source', 'budget_execution',
        'three_public_expenses', 'agency_operating_expenses', 'procurement', 'state_assets', 'performance', 'project',
        'explanation', 'reconciliation'
    ] -%}
        select distinct
            '{{ mart }}' as model,
            report_id,
            release,
            is_default
        from {{ ref(mart) }}
        {% if mart != 'unit_year' %}where {{ is_tested('report_id', 'series') }}{% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

)

select
    facts.model,
    facts.report_id,
    facts.release
from facts
left join releases
    on {{ same(['report_id', 'release'], 'facts', 'releases') }}
where releases.report_id is null
union all
select
    marts.model,
    marts.report_id,
    marts.release
from marts
left join releases
    on {{ same(['report_id', 'release'], 'marts', 'releases') }}
where releases.report_id is null or not releases.is_current or releases.is_default <> marts.is_default
