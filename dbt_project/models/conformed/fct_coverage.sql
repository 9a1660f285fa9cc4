{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with tables as (

    select * from {{ ref('stg_report_table') }}
    where {{ only_affected('report_id') }}

),

cells as (

    select
        report_id,
        release,
        table_key,
        table_no,
        count(*) as cells,
        sum(case when value_state = 'printed' then 1 else 0 end) as printed,
        sum(case when value_state = 'printed_zero' then 1 else 0 end) as printed_zero,
        sum(case when value_state = 'blank' then 1 else 0 end) as blank,
        sum(case when value_state = 'none_declared' then 1 else 0 end) as none_declared,
        sum(case when value_state in ('not_a_number', 'no_money_unit') then 1 else 0 end) as unusable,
        sum(case when placed_by = 'identity' then 1 else 0 end) as placed_by_identity
    from {{ ref('stg_cell') }}
    where {{ only_affected('report_id') }}
    group by report_id, release, table_key, table_no

)

select
    cast(tables.report_id as varchar) as report_id,
    cast(tables.release as smallint) as release,
    cast(tables.unit_id as varchar) as unit_id,
    cast(tables.fiscal_year as smallint) as fiscal_year,
    cast(coalesce(tables.table_key, 'unknown') as varchar) as table_key,
    cast(tables.table_no as integer) as table_no,
    cast(tables.state as varchar) as state,
    cast(coalesce(cells.cells, 0) as integer) as cells,
    cast(coalesce(cells.printed, 0) as integer) as cells_printed,
    cast(coalesce(cells.printed_zero, 0) as integer) as cells_printed_zero,
    cast(coalesce(cells.blank, 0) as integer) as cells_blank,
    cast(coalesce(cells.none_declared, 0) as integer) as cells_none_declared,
    cast(coalesce(cells.unusable, 0) as integer) as cells_unusable,
    cast(coalesce(cells.placed_by_identity, 0) as integer) as cells_placed_by_identity
from tables
left join cells
    on {{ same(['report_id', 'release', 'table_key', 'table_no'], 'tables', 'cells') }}
