-- Facts and marts hold what their tables' leaves hold, to the fen: nothing twice, nothing lost on the way.
with leaves as (

    select
        report_id,
        release,
        table_key,
        measure,
        sum(amount_yuan) as amount_yuan
    from {{ ref('table_leaf') }}
    where {{ is_tested('report_id') }}
    group by report_id, release, table_key, measure

),

facts as (

    select report_id, release, table_key, 'expenditure' as measure, amount_yuan from {{ ref('fct_expenditure') }}
    union all
    select report_id, release, table_key, 'income' as measure, amount_yuan from {{ ref('fct_income') }}
    union all
    select report_id, release, table_key, balance as measure, amount_yuan from {{ ref('fct_balance') }}
    union all
    select report_id, release, table_key, 'economic' as measure, amount_yuan from {{ ref('fct_economic_expenditure') }}

),

summed as (

    select
        report_id,
        release,
        table_key,
        measure,
        sum(amount_yuan) as amount_yuan
    from facts
    where {{ is_tested('report_id') }}
    group by report_id, release, table_key, measure

),

missing as (

    select
        leaves.report_id,
        leaves.table_key,
        leaves.measure,
        leaves.amount_yuan as expected_yuan,
        summed.amount_yuan as actual_yuan
    from leaves
    left join summed
        on {{ same(['report_id', 'release', 'table_key', 'measure'], 'leaves', 'summed') }}
    where
        coalesce(leaves.amount_yuan, 0) <> coalesce(summed.amount_yuan, 0)
        and not (leaves.measure = 'expenditure' and leaves.table_key in ('T1', 'T4'))
        and leaves.measure <> 'unspecified'

),

-- Marts: the current release of each report, by nature.
spent as (

    select
        facts_of_release.report_id,
        facts_of_release.basis,
        sum(facts_of_release.amount_yuan) as amount_yuan
    from {{ ref('fct_expenditure') }} as facts_of_release
    inner join {{ ref('fct_release') }} as releases
        on {{ same(['report_id', 'release'], 'facts_of_release', 'releases') }} and releases.is_current
    where {{ is_tested('facts_of_release.report_id') }}
    group by facts_of_release.report_id, facts_of_release.basis

),

shown as (

    select
        report_id,
        basis,
        sum(
            coalesce(basic_yuan, 0)
            + coalesce(project_yuan, 0)
            + coalesce(superior_remittance_yuan, 0)
            + coalesce(operating_expenditure_yuan, 0)
            + coalesce(affiliate_subsidy_yuan, 0)
            + coalesce(unspecified_yuan, 0)
        ) as amount_yuan
    from {{ ref('spending_by_function') }}
    where {{ is_tested('report_id') }}
    group by report_id, basis

)

select
    report_id,
    table_key,
    measure,
    expected_yuan,
    actual_yuan
from missing
union all
select
    spent.report_id,
    'spending_by_function' as table_key,
    spent.basis as measure,
    spent.amount_yuan as expected_yuan,
    shown.amount_yuan as actual_yuan
from spent
left join shown
    on {{ same(['report_id', 'basis'], 'spent', 'shown') }}
where coalesce(spent.amount_yuan, 0) <> coalesce(shown.amount_yuan, 0)
