{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with cells as (

    select * from {{ ref('stg_three_public_expenses') }}
    where
        is_counted
        and item is not null
        and role in ('total', 'subtotal', 'part', 'beside')
        and {{ only_affected('report_id') }}

),

form_columns as (

    select * from {{ ref('form_column') }}
    where table_key = 'TS'

),

-- A subtotal or total whose printed parts do not cover it, per stage: 公务用车 over its two parts, 合计 over all.
parts as (

    select
        parents.report_id,
        parents.release,
        parents.table_no,
        parents.row_key,
        parents.column_key,
        count(children.amount_yuan) as children,
        sum(children.amount_yuan) as children_yuan,
        sum(cast(children.precision_yuan * 0.5 as decimal(18, 4))) as children_tolerance
    from cells as parents
    inner join form_columns
        on parents.column_key = form_columns.parent_column_key
    inner join cells as children
        on
            {{ same(['report_id', 'release', 'table_no', 'row_key'], 'parents', 'children') }}
            and form_columns.column_key = children.column_key
            and children.amount_yuan is not null
    where parents.role in ('total', 'subtotal')
    group by parents.report_id, parents.release, parents.table_no, parents.row_key, parents.column_key

),

measured as (

    select
        cells.*,
        coalesce(parts.children, 0) as children,
        parts.children_yuan,
        cells.amount_yuan - coalesce(parts.children_yuan, 0) as gap_yuan,
        cast(cells.precision_yuan * 0.5 as decimal(18, 4)) + coalesce(parts.children_tolerance, 0) as tolerance
    from cells
    left join parts
        on {{ same(['report_id', 'release', 'table_no', 'row_key', 'column_key'], 'cells', 'parts') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast('TS' as varchar) as table_key,
    cast(table_no as integer) as table_no,
    cast(row_key as varchar) as row_key,
    cast(column_key as varchar) as column_key,
    cast(fund as varchar) as fund,
    cast(item as varchar) as item,
    cast(stage as varchar) as stage,
    cast(stage_source as varchar) as stage_source,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(value_state as varchar) as value_state,
    cast(role in ('part', 'beside') as boolean) as is_leaf,
    cast(role <> 'beside' as boolean) as is_three_public,
    cast(children as integer) as children,
    cast(children_yuan as decimal(18, 2)) as children_yuan,
    cast(case when children > 0 then gap_yuan end as decimal(18, 2)) as difference_yuan,
    cast(
        case when role in ('total', 'subtotal') and abs(gap_yuan) > tolerance then gap_yuan end as decimal(18, 2)
    ) as residual_yuan,
    cast(tolerance as decimal(18, 4)) as tolerance
from measured
