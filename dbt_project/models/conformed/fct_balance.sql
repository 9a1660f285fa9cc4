{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with leaves as (

    select * from {{ ref('table_leaf') }}
    where
        measure in (
            'opening_carryover', 'closing_carryover', 'surplus_distribution', 'non_appropriation_surplus_used'
        )
        and {{ only_affected('report_id') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(measure as varchar) as balance,
    cast(case when table_key = 'T1' then 'all_sources' else 'appropriation' end as varchar) as basis,
    cast(case
        when table_key = 'T4' and (facet = 'unspecified' or is_residual) then 'unspecified'
        else fund
    end as varchar) as fund,
    cast(table_key as varchar) as table_key,
    cast(row_key as varchar) as row_key,
    cast(column_key as varchar) as column_key,
    cast(code as varchar) as functional_code,
    cast(case when table_key in ('T5', 'TF', 'TG') then facet else 'all' end as varchar) as nature,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(value_state as varchar) as value_state,
    cast(is_residual as boolean) as is_residual,
    cast(is_derived as boolean) as is_derived
from leaves
