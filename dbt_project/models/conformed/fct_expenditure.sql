{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with leaves as (

    select * from {{ ref('table_leaf') }}
    where
        measure = 'expenditure'
        and table_key in ('T3', 'T5', 'TF', 'TG')
        and {{ only_affected('report_id') }}

),

tree as (

    select * from {{ ref('table_tree') }}
    where {{ only_affected('report_id') }}

),

tables as (

    select * from {{ ref('stg_report_table') }}
    where {{ only_affected('report_id') }}

),

printed as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        case when table_key = 'T3' then 'all_sources' else 'appropriation' end as basis,
        fund,
        table_key,
        row_key,
        column_key,
        code as functional_code,
        facet as nature,
        amount_yuan,
        value_state,
        is_residual,
        is_derived
    from leaves

),

-- Spending that no appropriation paid for can be told only where all four tables were read, or say that they are empty.
answered as (

    select
        report_id,
        release
    from tables
    where
        table_key in ('T3', 'T5', 'TF', 'TG')
        and (
            (table_key in ('T3', 'T5') and state = 'present' and is_counted)
            or (table_key in ('TF', 'TG') and state in ('present', 'no_activity', 'not_required') and is_counted)
        )
    group by report_id, release
    having count(distinct table_key) = 4

),

signed as (

    select
        leaves.report_id,
        leaves.release,
        leaves.unit_id,
        leaves.fiscal_year,
        leaves.code,
        leaves.facet,
        case when leaves.table_key = 'T3' then leaves.amount_yuan else -leaves.amount_yuan end as signed_yuan,
        tree.half_place
    from leaves
    inner join answered
        on {{ same(['report_id', 'release'], 'leaves', 'answered') }}
    left join tree
        on {{ same(['report_id', 'release', 'table_no', 'row_key', 'column_key'], 'leaves', 'tree') }}
    where leaves.amount_yuan is not null

),

not_appropriated as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        code,
        facet,
        sum(signed_yuan) as amount_yuan
    from signed
    group by report_id, release, unit_id, fiscal_year, code, facet
    having abs(sum(signed_yuan)) > sum(coalesce(half_place, 0))

),

derived as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        'non_appropriation' as basis,
        'not_appropriation' as fund,
        'T3-T5-TF-TG' as table_key,
        coalesce(code, '合计') as row_key,
        facet as column_key,
        code as functional_code,
        facet as nature,
        amount_yuan,
        'derived' as value_state,
        false as is_residual,
        true as is_derived
    from not_appropriated

),

expenditure as (

    select * from printed
    union all
    select * from derived

)

select
    cast(expenditure.report_id as varchar) as report_id,
    cast(expenditure.release as smallint) as release,
    cast(expenditure.unit_id as varchar) as unit_id,
    cast(expenditure.fiscal_year as smallint) as fiscal_year,
    cast(expenditure.basis as varchar) as basis,
    cast(expenditure.fund as varchar) as fund,
    cast(expenditure.table_key as varchar) as table_key,
    cast(expenditure.row_key as varchar) as row_key,
    cast(expenditure.column_key as varchar) as column_key,
    cast(expenditure.functional_code as varchar) as functional_code,
    {{ line_columns('expenditure', 'functional_code') }},
    cast(expenditure.nature as varchar) as nature,
    cast(expenditure.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(expenditure.value_state as varchar) as value_state,
    cast(expenditure.is_residual as boolean) as is_residual,
    cast(expenditure.is_derived as boolean) as is_derived
from expenditure
{{ join_lines('expenditure', 'functional_code', 'functional') }}
