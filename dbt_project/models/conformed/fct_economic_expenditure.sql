{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with leaves as (

    select * from {{ ref('table_leaf') }}
    where
        table_key = 'T6'
        and {{ only_affected('report_id') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast('appropriation' as varchar) as basis,
    cast(fund as varchar) as fund,
    cast('basic' as varchar) as nature,
    cast(facet as varchar) as funds,
    cast(table_key as varchar) as table_key,
    cast(row_key as varchar) as row_key,
    cast(column_key as varchar) as column_key,
    cast(code as varchar) as economic_code,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(value_state as varchar) as value_state,
    cast(is_residual as boolean) as is_residual,
    cast(is_derived as boolean) as is_derived
from leaves
