{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

tree as (

    select * from {{ ref('table_tree') }}
    where {{ only_affected('report_id', 'series') }}

),

-- The leaves below each topmost total, residuals left out: what a reader gets who adds up what is printed.
leaves as (

    select
        report_id,
        release,
        table_no,
        column_key,
        root_node,
        count(*) as leaves,
        sum(amount_yuan) as leaves_yuan
    from tree
    where is_leaf and amount_yuan is not null
    group by report_id, release, table_no, column_key, root_node

),

-- Every topmost total, and every other parent that differs from the sum of its children.
table_totals as (

    select
        tree.report_id,
        tree.release,
        'table_total' as entry_kind,
        tree.table_key || '/' || tree.row_key || '/' || tree.column_key as place,
        tree.table_key,
        tree.table_no,
        tree.row_key,
        tree.column_key,
        tree.amount_yuan as printed_yuan,
        tree.children as parts,
        tree.children_yuan as parts_yuan,
        tree.difference_yuan,
        tree.tolerance,
        tree.residual_yuan,
        leaves.leaves,
        leaves.leaves_yuan
    from tree
    left join leaves
        on
            {{ same(['report_id', 'release', 'table_no', 'column_key'], 'tree', 'leaves') }}
            and tree.node = leaves.root_node
            and tree.parent_node is null
    where tree.children > 0 and (tree.parent_node is null or tree.difference_yuan <> 0)

),

three_public_totals as (

    select
        report_id,
        release,
        'table_total' as entry_kind,
        table_key || '/' || row_key || '/' || column_key as place,
        table_key,
        table_no,
        row_key,
        column_key,
        amount_yuan as printed_yuan,
        children as parts,
        children_yuan as parts_yuan,
        difference_yuan,
        tolerance,
        residual_yuan,
        cast(null as bigint) as leaves,
        cast(null as decimal(18, 2)) as leaves_yuan
    from {{ ref('fct_three_public') }}
    where children > 0 and amount_yuan is not null and {{ only_affected('report_id', 'series') }}

),

-- Across a row: its total column against the parts beside it, where they differ.
row_sides as (

    select
        report_id,
        release,
        table_key,
        table_no,
        row_key,
        measure,
        max(case when role = 'total' then column_key end) as column_key,
        max(case when role = 'total' then amount_yuan end) as printed_yuan,
        count(case when role = 'part' then amount_yuan end) as parts,
        sum(case when role = 'part' then amount_yuan end) as parts_yuan,
        sum(half_place) as tolerance
    from tree
    where role in ('total', 'part') and amount_yuan is not null
    group by report_id, release, table_key, table_no, row_key, measure

),

row_totals as (

    select
        report_id,
        release,
        'row_total' as entry_kind,
        table_key || '/' || row_key || '/' || column_key as place,
        table_key,
        table_no,
        row_key,
        column_key,
        printed_yuan,
        parts,
        parts_yuan,
        printed_yuan - parts_yuan as difference_yuan,
        tolerance,
        case when abs(printed_yuan - parts_yuan) > tolerance then printed_yuan - parts_yuan end as residual_yuan,
        cast(null as bigint) as leaves,
        cast(null as decimal(18, 2)) as leaves_yuan
    from row_sides
    where printed_yuan is not null and parts > 0 and printed_yuan <> parts_yuan

),

totals as (

    select * from table_totals
    union all
    select * from three_public_totals
    union all
    select * from row_totals

),

-- Checks that did not hold, one row per finding: those that one figure explains are one.
findings as (

    select
        results.report_id,
        results.release,
        coalesce(results.root, results.place) as place,
        results.check_no,
        results.check_id,
        results.state,
        results.severity,
        results.expected,
        results.actual,
        results.difference,
        results.tolerance,
        messages.message,
        row_number() over (
            partition by results.report_id, results.release, coalesce(results.root, results.place)
            order by
                case results.state when 'fail' then 0 else 1 end,
                case results.severity when 'error' then 0 when 'warn' then 1 else 2 end,
                results.check_no
        ) as rank_in_finding,
        count(*) over (
            partition by results.report_id, results.release, coalesce(results.root, results.place)
        ) as checks
    from {{ ref('fct_check_result') }} as results
    inner join {{ ref('check_message') }} as messages
        on {{ same(['report_id', 'release', 'check_no'], 'results', 'messages') }}
    where
        results.state in ('fail', 'within_rounding')
        and {{ only_affected('results.report_id', 'series') }}

),

check_ids as (

    select
        report_id,
        release,
        place,
        {{ joined_texts('check_id') }} as check_ids
    from findings
    group by report_id, release, place

),

entries as (

    select
        report_id,
        release,
        entry_kind,
        place,
        table_key,
        table_no,
        row_key,
        column_key,
        case
            when difference_yuan = 0 then 'pass'
            when abs(difference_yuan) <= tolerance then 'within_rounding'
            else 'fail'
        end as state,
        'error' as severity,
        printed_yuan,
        parts,
        parts_yuan,
        difference_yuan,
        cast(tolerance as decimal(24, 6)) as tolerance,
        residual_yuan,
        leaves,
        leaves_yuan,
        cast(null as decimal(24, 6)) as expected,
        cast(null as decimal(24, 6)) as actual,
        cast(null as decimal(24, 6)) as difference,
        cast(null as bigint) as checks,
        cast(null as varchar) as check_ids,
        cast(null as varchar) as message
    from totals
    union all
    select
        findings.report_id,
        findings.release,
        'finding' as entry_kind,
        findings.place,
        cast(null as varchar) as table_key,
        0 as table_no,
        cast(null as varchar) as row_key,
        cast(null as varchar) as column_key,
        findings.state,
        findings.severity,
        cast(null as decimal(18, 2)) as printed_yuan,
        cast(null as bigint) as parts,
        cast(null as decimal(18, 2)) as parts_yuan,
        cast(null as decimal(18, 2)) as difference_yuan,
        findings.tolerance,
        cast(null as decimal(18, 2)) as residual_yuan,
        cast(null as bigint) as leaves,
        cast(null as decimal(18, 2)) as leaves_yuan,
        findings.expected,
        findings.actual,
        findings.difference,
        findings.checks,
        check_ids.check_ids,
        findings.message
    from findings
    inner join check_ids
        on {{ same(['report_id', 'release', 'place'], 'findings', 'check_ids') }}
    where findings.rank_in_finding = 1

)

select
    cast(releases.report_id as varchar) as report_id,
    cast(releases.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.unit_name as varchar) as unit_name,
    cast(releases.division_code as varchar) as division_code,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(releases.is_default as boolean) as is_default,
    cast(entries.entry_kind as varchar) as entry_kind,
    cast(entries.place as varchar) as place,
    cast(entries.table_key as varchar) as table_key,
    cast(entries.table_no as integer) as table_no,
    cast(entries.row_key as varchar) as row_key,
    cast(entries.column_key as varchar) as column_key,
    cast(entries.state as varchar) as state,
    cast(entries.severity as varchar) as severity,
    cast(entries.printed_yuan as decimal(18, 2)) as printed_yuan,
    cast(entries.parts as integer) as parts,
    cast(entries.parts_yuan as decimal(18, 2)) as parts_yuan,
    cast(entries.difference_yuan as decimal(18, 2)) as difference_yuan,
    cast(entries.residual_yuan as decimal(18, 2)) as residual_yuan,
    cast(entries.leaves as integer) as leaves,
    cast(entries.leaves_yuan as decimal(18, 2)) as leaves_yuan,
    cast(entries.expected as decimal(24, 6)) as expected,
    cast(entries.actual as decimal(24, 6)) as actual,
    cast(entries.difference as decimal(24, 6)) as difference,
    cast(entries.tolerance as decimal(24, 6)) as tolerance,
    cast(entries.checks as integer) as checks,
    cast(entries.check_ids as varchar) as check_ids,
    cast(entries.message as varchar) as message
from entries
inner join releases
    on {{ same(['report_id', 'release'], 'entries', 'releases') }}
