{{ config(
    materialized='incremental', incremental_strategy='replace_affected',
    meta={'reach': 'report', 'joins_as_written': true}
) }}

-- Which printed figures add up into which: a row's parent is the nearest printed row above it in the same column (by
-- code, or by the lines of the form), so a table without class rows, or with a blank one, is no less of a tree.
with cells as (

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
        node,
        code,
        measure,
        role,
        line_role,
        facet,
        fund,
        amount_yuan,
        precision_yuan,
        value_state
    from {{ ref('stg_cell') }}
    where
        is_counted
        and stage = 'final'
        and role in ('total', 'part', 'single', 'of_which')
        and table_key <> 'TS'
        and {{ only_affected('report_id') }}

),

form_lines as (

    select * from {{ ref('form_line') }}

),

-- A dropped trailing zero (6.2 beside 6.20) counts as the table's usual precision: what most of its figures print.
votes as (

    select
        report_id,
        release,
        table_no,
        precision_yuan,
        sum(case when amount_yuan <> 0 then 1 else 0 end) as figures,
        count(*) as cells
    from cells
    where amount_yuan is not null
    group by report_id, release, table_no, precision_yuan

),

usual as (

    select
        votes.*,
        row_number() over (
            partition by report_id, release, table_no
            order by figures desc, cells desc, precision_yuan
        ) as place
    from votes

),

-- A total that is blank where its parts are printed counts as what they add up to; else they would count again in what
-- the row above it does not cover.
row_parts as (

    select
        report_id,
        release,
        table_no,
        row_key,
        measure,
        sum(amount_yuan) as parts_yuan,
        sum(precision_yuan) as parts_precision
    from cells
    where role = 'part' and amount_yuan is not null
    group by report_id, release, table_no, row_key, measure

),

-- What the form says of each place that is printed, once for all reports.
places as (

    select distinct
        table_key,
        node,
        code
    from cells

),

-- The rows above each place, nearest first: shorter codes, then the lines of the form.
places_above as (

    select
        places.table_key,
        places.node,
        places.code,
        coalesce(class_line.facet, any_line.facet) as line_facet,
        case when length(places.code) > 7 and places.node = places.code then substr(places.code, 1, 7) end as above_1,
        case when length(places.code) > 5 and places.node = places.code then substr(places.code, 1, 5) end as above_2,
        case when length(places.code) > 3 and places.node = places.code then substr(places.code, 1, 3) end as above_3,
        coalesce(own_line.parent_1, class_line.parent_1, any_line.parent_1) as above_4,
        coalesce(own_line.parent_2, class_line.parent_2, any_line.parent_2) as above_5,
        coalesce(own_line.parent_3, class_line.parent_3, any_line.parent_3) as above_6
    from places
    left join form_lines as own_line
        on
            places.table_key = own_line.table_key
            and own_line.line_key
            = case when places.node like 'expenditure.class.%' then 'expenditure.class.*' else places.node end
    left join form_lines as class_line
        on
            places.table_key = class_line.table_key
            and places.node = places.code
            and class_line.line_key = substr(places.code, 1, 3)
            and own_line.line_key is null
    left join form_lines as any_line
        on
            places.table_key = any_line.table_key
            and places.node = places.code
            and any_line.line_key = '*'
            and own_line.line_key is null
            and class_line.line_key is null

),

above as (

    select
        cells.*,
        coalesce(cells.amount_yuan, row_parts.parts_yuan) as counted_yuan,
        case
            when cells.amount_yuan is null then row_parts.parts_precision
            when usual.precision_yuan < cells.precision_yuan then usual.precision_yuan
            else cells.precision_yuan
        end as counted_precision,
        coalesce(cells.facet, places_above.line_facet) as form_facet,
        places_above.above_1,
        places_above.above_2,
        places_above.above_3,
        places_above.above_4,
        places_above.above_5,
        places_above.above_6
    from cells
    left join places_above
        on
            {{ same(['table_key', 'node'], 'cells', 'places_above') }}
            and coalesce(cells.code, '') = coalesce(places_above.code, '')
    left join usual
        on {{ same(['report_id', 'release', 'table_no'], 'cells', 'usual') }} and usual.place = 1
    left join row_parts
        on
            {{ same(['report_id', 'release', 'table_no', 'row_key', 'measure'], 'cells', 'row_parts') }}
            and cells.role = 'total'

),

printed as (

    select
        report_id,
        release,
        table_no,
        column_key,
        node,
        max(counted_yuan) as counted_yuan
    from above
    where counted_yuan is not null
    group by report_id, release, table_no, column_key, node

),

placed as (

    select
        above.*,
        coalesce(at_1.node, at_2.node, at_3.node, at_4.node, at_5.node, at_6.node) as parent_node,
        coalesce(at_6.node, at_5.node, at_4.node, at_3.node, at_2.node, at_1.node, above.node) as root_node
    from above
    {% for level in range(1, 7) -%}
        left join printed as at_{{ level }}
            on
                {{ same(['report_id', 'release', 'table_no', 'column_key'], 'above', 'at_' ~ level) }}
                and above.above_{{ level }} = at_{{ level }}.node
    {% endfor %}

),

-- Rows that have a row below them in the table, whether its figures are blank or not.
branching as (

    {% for level in range(1, 7) -%}
        select report_id, release, table_no, above_{{ level }} as node
        from above
        where above_{{ level }} is not null
        {% if not loop.last %}union{% endif %}
    {% endfor %}

),

children as (

    select
        report_id,
        release,
        table_no,
        column_key,
        parent_node as node,
        count(*) as children,
        sum(counted_yuan) as children_yuan,
        sum(cast(counted_precision * 0.5 as decimal(18, 4))) as children_tolerance
    from placed
    where counted_yuan is not null and parent_node is not null
    group by report_id, release, table_no, column_key, parent_node

),

measured as (

    select
        placed.*,
        branching.node is not null as is_branching,
        coalesce(children.children, 0) as children,
        children.children_yuan,
        placed.counted_yuan - coalesce(children.children_yuan, 0) as gap_yuan,
        cast(placed.counted_precision * 0.5 as decimal(18, 4)) + coalesce(children.children_tolerance, 0) as tolerance
    from placed
    left join branching
        on {{ same(['report_id', 'release', 'table_no', 'node'], 'placed', 'branching') }}
    left join children
        on {{ same(['report_id', 'release', 'table_no', 'column_key', 'node'], 'placed', 'children') }}

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
    cast(node as varchar) as node,
    cast(parent_node as varchar) as parent_node,
    cast(root_node as varchar) as root_node,
    cast(code as varchar) as code,
    cast(measure as varchar) as measure,
    cast(role as varchar) as role,
    cast(line_role as varchar) as line_role,
    cast(form_facet as varchar) as facet,
    cast(fund as varchar) as fund,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(counted_yuan as decimal(18, 2)) as counted_yuan,
    cast(value_state as varchar) as value_state,
    cast(counted_precision * 0.5 as decimal(18, 4)) as half_place,
    cast(not is_branching as boolean) as is_leaf,
    cast(children as integer) as children,
    cast(children_yuan as decimal(18, 2)) as children_yuan,
    cast(case when children > 0 and amount_yuan is not null then gap_yuan end as decimal(18, 2)) as difference_yuan,
    cast(tolerance as decimal(18, 4)) as tolerance,
    cast(case when is_branching and abs(gap_yuan) > tolerance then gap_yuan end as decimal(18, 2)) as residual_yuan
from measured
