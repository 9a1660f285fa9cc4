{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with tree as (

    select * from {{ ref('table_tree') }}
    where role in ('total', 'part', 'single') and {{ only_affected('report_id') }}

),

-- What each row adds of its own: a leaf its figure, a parent only what its children do not cover.
own as (

    select
        tree.*,
        case when is_leaf then counted_yuan else residual_yuan end as own_yuan,
        case when is_leaf then coalesce(half_place, 0) else tolerance end as own_tolerance,
        not is_leaf as is_residual
    from tree
    where is_leaf or residual_yuan is not null

),

parts as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        table_key,
        table_no,
        row_key,
        line_key,
        column_key,
        code,
        measure,
        coalesce(facet, 'all') as facet,
        fund,
        own_yuan as amount_yuan,
        case when is_residual then 'derived' else value_state end as value_state,
        is_residual,
        is_residual as is_derived
    from own
    where role in ('part', 'single')

),

-- What a row's total column has beyond its parts: a table that prints only the total, or parts that do not add up.
by_row as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        table_key,
        table_no,
        row_key,
        line_key,
        code,
        measure,
        max(case when role = 'total' then column_key end) as column_key,
        max(case when role = 'total' then fund end) as fund,
        max(case when role = 'total' then value_state end) as total_state,
        sum(case when role = 'total' then own_yuan else 0 end) as total_yuan,
        sum(case when role = 'total' then 0 else own_yuan end) as parts_yuan,
        sum(case when role = 'total' then 0 else 1 end) as parts,
        sum(own_tolerance) as tolerance,
        max(case when is_residual then 1 else 0 end) as has_residual,
        max(case when role = 'total' and own_yuan is not null then 1 else 0 end) as has_total
    from own
    group by
        report_id, release, unit_id, fiscal_year, table_key, table_no, row_key, line_key, code, measure

),

-- A parent without a residual in its total column has a total of its own of nothing, so that a residual of one part is
-- balanced by the part that took it.
beyond_parts as (

    select
        by_row.*,
        total_yuan - coalesce(parts_yuan, 0) as beyond_yuan
    from by_row
    where has_total = 1 or has_residual = 1 or parts = 0

),

unspecified as (

    select
        beyond_parts.report_id,
        beyond_parts.release,
        beyond_parts.unit_id,
        beyond_parts.fiscal_year,
        beyond_parts.table_key,
        beyond_parts.table_no,
        beyond_parts.row_key,
        beyond_parts.line_key,
        totals.column_key,
        beyond_parts.code,
        beyond_parts.measure,
        'unspecified' as facet,
        totals.fund,
        beyond_parts.beyond_yuan as amount_yuan,
        case
            when beyond_parts.parts = 0 and beyond_parts.has_residual = 0 then beyond_parts.total_state
            else 'derived'
        end as value_state,
        beyond_parts.has_residual = 1 as is_residual,
        beyond_parts.parts > 0 or beyond_parts.has_residual = 1 as is_derived
    from beyond_parts
    inner join tree as totals
        on
            {{ same(['report_id', 'release', 'table_no', 'row_key', 'measure'], 'beyond_parts', 'totals') }}
            and totals.role = 'total'
    where
        abs(beyond_parts.beyond_yuan) > beyond_parts.tolerance
        or beyond_parts.parts = 0

),

leaves as (

    select * from parts
    union all
    select * from unspecified

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
    cast(facet as varchar) as facet,
    cast(fund as varchar) as fund,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(value_state as varchar) as value_state,
    cast(is_residual as boolean) as is_residual,
    cast(is_derived as boolean) as is_derived
from leaves
