{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

-- Three cuts of the same money: by source (T1), by source and function (T2), by fund (T4, and within it T5, TF, TG
-- where they print income). Two cuts are never added; the table says which cut a row belongs to.
with leaves as (

    select * from {{ ref('table_leaf') }}
    where
        measure = 'income'
        and {{ only_affected('report_id') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(case when table_key in ('T1', 'T2') then 'all_sources' else 'appropriation' end as varchar) as basis,
    cast(table_key as varchar) as table_key,
    cast(row_key as varchar) as row_key,
    cast(column_key as varchar) as column_key,
    cast(code as varchar) as functional_code,
    cast(case
        when table_key in ('T1', 'T2') then facet
        else 'fiscal_appropriation'
    end as varchar) as income_source,
    cast(case when table_key in ('T5', 'TF', 'TG') then facet else 'all' end as varchar) as nature,
    cast(case when is_residual and table_key = 'T1' then 'unspecified' else fund end as varchar) as fund,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(value_state as varchar) as value_state,
    cast(is_residual as boolean) as is_residual,
    cast(is_derived as boolean) as is_derived
from leaves
