{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with leaves as (

    select * from {{ ref('table_leaf') }}
    where
        table_key = 'T6'
        and {{ only_affected('report_id') }}

)

select
    cast(leaves.report_id as varchar) as report_id,
    cast(leaves.release as smallint) as release,
    cast(leaves.unit_id as varchar) as unit_id,
    cast(leaves.fiscal_year as smallint) as fiscal_year,
    cast('appropriation' as varchar) as basis,
    cast(leaves.fund as varchar) as fund,
    cast('basic' as varchar) as nature,
    cast(leaves.facet as varchar) as funds,
    cast(leaves.table_key as varchar) as table_key,
    cast(leaves.row_key as varchar) as row_key,
    cast(leaves.column_key as varchar) as column_key,
    cast(leaves.code as varchar) as economic_code,
    {{ line_columns('leaves', 'code') }},
    cast(leaves.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(leaves.value_state as varchar) as value_state,
    cast(leaves.is_residual as boolean) as is_residual,
    cast(leaves.is_derived as boolean) as is_derived
from leaves
{{ join_lines('leaves', 'code', 'economic') }}
