-- Within one release and table, the leaves (and residuals) of a measure add up to the printed total at the top of the
-- table: no yuan twice, none lost. What may differ is rounding: each figure is off by at most half of its last place,
-- and counts at most as itself and as a child, in its own column and in the total's. A report that contradicts itself
-- does not fail this; its gaps are residuals.
with tree as (

    select * from {{ ref('table_tree') }}
    where {{ is_tested('report_id') }}

),

bounds as (

    select
        report_id,
        release,
        table_no,
        measure,
        4 * sum(coalesce(half_place, 0)) as bound
    from tree
    group by report_id, release, table_no, measure

),

-- The topmost rows that print a figure for the whole of a measure: in the total column, or where a column stands alone.
tops as (

    select
        report_id,
        release,
        table_no,
        measure,
        sum(counted_yuan) as printed_yuan
    from tree
    where
        role in ('total', 'single')
        and counted_yuan is not null
        and (
            (parent_node is null and table_key not in ('T1', 'T4'))
            or (table_key in ('T1', 'T4') and line_key in ('income.total_current', 'expenditure.total_current'))
        )
    group by report_id, release, table_no, measure

),

leaves as (

    select
        report_id,
        release,
        table_no,
        measure,
        sum(amount_yuan) as leaves_yuan
    from {{ ref('table_leaf') }}
    where {{ is_tested('report_id') }}
    group by report_id, release, table_no, measure

)

select
    tops.report_id,
    tops.release,
    tops.table_no,
    tops.measure,
    tops.printed_yuan,
    leaves.leaves_yuan
from tops
inner join bounds
    on {{ same(['report_id', 'release', 'table_no', 'measure'], 'tops', 'bounds') }}
left join leaves
    on {{ same(['report_id', 'release', 'table_no', 'measure'], 'tops', 'leaves') }}
where abs(tops.printed_yuan - coalesce(leaves.leaves_yuan, 0)) > bounds.bound
