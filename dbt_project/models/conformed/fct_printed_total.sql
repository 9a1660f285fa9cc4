{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with tree as (

    select * from {{ ref('table_tree') }}
    where
        (not is_leaf or role = 'total' or line_role = 'total')
        and {{ only_affected('report_id') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(table_key as varchar) as table_key,
    cast(table_no as integer) as table_no,
    cast(row_key as varchar) as row_key,
    cast(line_key as varchar) as line_key,
    cast(column_key as varchar) as column_key,
    cast(code as varchar) as code,
    cast(measure as varchar) as measure,
    cast(fund as varchar) as fund,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(value_state as varchar) as value_state,
    cast(children as integer) as children,
    cast(children_yuan as decimal(18, 2)) as children_yuan,
    cast(difference_yuan as decimal(18, 2)) as difference_yuan,
    cast(tolerance as decimal(18, 4)) as tolerance,
    cast(residual_yuan as decimal(18, 2)) as residual_yuan
from tree
