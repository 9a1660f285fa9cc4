{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

steps as (

    select * from {{ ref('carryover_step') }}

),

pairs as (

    select
        later.report_id,
        later.release,
        later.entity_kind,
        earlier.report_id as prior_report_id,
        earlier.release as prior_release
    from {{ ref('comparison_member') }} as later
    inner join {{ ref('comparison_member') }} as earlier
        on {{ same(['entity_kind', 'entity_id', 'fiscal_year', 'scope'], 'later', 'earlier') }}
    where
        later.entity_kind = 'series' and later.side = 'current' and earlier.side = 'prior'
        and {{ only_affected('later.report_id', 'series') }}

),

members as (

    select * from {{ ref('comparison_member') }}
    where entity_kind = 'group' and lead_report_id in (select releases.report_id from releases)

),

-- The reports that are built, and those whose closing balances meet their opening ones.
needed as (

    select report_id from releases
    union
    select prior_report_id as report_id from pairs
    union
    select report_id from members

),

cells as (

    select * from {{ ref('table_tree') }}
    where report_id in (select needed.report_id from needed)

),

-- Every step of every report that prints it; a step that the form has and the report leaves blank is there, blank.
found as (

    select
        cells.report_id,
        cells.release,
        steps.basis,
        steps.fund,
        steps.step,
        steps.sign,
        cells.table_key,
        cells.row_key,
        cells.column_key,
        cells.counted_yuan as amount_yuan,
        cells.value_state,
        cells.half_place,
        row_number() over (
            partition by cells.report_id, cells.release, steps.basis, steps.fund, steps.step
            order by case when cells.counted_yuan is null then 1 else 0 end, cells.table_no, cells.row_key
        ) as place
    from cells
    inner join steps
        on
            {{ same(['table_key', 'column_key'], 'cells', 'steps') }}
            and (cells.line_key = steps.line_key or cells.row_key = steps.row_key)

),

printed as (

    select * from found
    where place = 1

),

-- Across a merge or a split only the sums of all before and all after meet; the row stands with the first report after.
groups as (

    select
        members.lead_report_id as report_id,
        leads.release,
        members.side,
        printed.basis,
        printed.fund,
        sum(printed.amount_yuan) as amount_yuan,
        sum(printed.half_place) as half_place,
        min(case when printed.amount_yuan is null then printed.value_state end) as blank_state,
        min(members.report_id) as first_report_id,
        min(printed.table_key) as table_key,
        min(printed.row_key) as row_key,
        min(printed.column_key) as column_key
    from members
    inner join {{ ref('comparison_member') }} as leads
        on
            {{ same(['entity_kind', 'entity_id', 'fiscal_year', 'scope'], 'members', 'leads') }}
            and members.lead_report_id = leads.report_id
            and leads.side = 'current'
    inner join printed
        on
            {{ same(['report_id', 'release'], 'members', 'printed') }}
            and printed.step = case when members.side = 'prior' then 'closing' else 'opening' end
    group by members.lead_report_id, leads.release, members.side, printed.basis, printed.fund

),

adjustments as (

    select
        openings.report_id,
        openings.release,
        openings.basis,
        openings.fund,
        'series' as entity_kind,
        openings.amount_yuan as opening_yuan,
        closings.amount_yuan as prior_closing_yuan,
        coalesce(openings.half_place, 0) + coalesce(closings.half_place, 0) as tolerance,
        pairs.prior_report_id,
        pairs.prior_release,
        openings.table_key,
        openings.row_key,
        openings.column_key
    from printed as openings
    inner join pairs
        on {{ same(['report_id', 'release'], 'openings', 'pairs') }}
    inner join printed as closings
        on
            pairs.prior_report_id = closings.report_id
            and pairs.prior_release = closings.release
            and {{ same(['basis', 'fund'], 'openings', 'closings') }}
            and closings.step = 'closing'
    where openings.step = 'opening'
    union all
    select
        openings.report_id,
        openings.release,
        openings.basis,
        openings.fund,
        'group' as entity_kind,
        openings.amount_yuan as opening_yuan,
        closings.amount_yuan as prior_closing_yuan,
        coalesce(openings.half_place, 0) + coalesce(closings.half_place, 0) as tolerance,
        closings.first_report_id as prior_report_id,
        cast(null as smallint) as prior_release,
        openings.table_key,
        openings.row_key,
        openings.column_key
    from groups as openings
    inner join groups as closings
        on {{ same(['report_id', 'release', 'basis', 'fund'], 'openings', 'closings') }} and closings.side = 'prior'
    where openings.side = 'current'

),

rows_of_chain as (

    select
        report_id,
        release,
        basis,
        fund,
        'own' as entity_kind,
        step,
        amount_yuan,
        value_state,
        cast(null as decimal(18, 2)) as prior_closing_yuan,
        cast(null as decimal(18, 4)) as tolerance,
        case when amount_yuan is null then 'blank' else 'printed' end as state,
        cast(null as varchar) as prior_report_id,
        table_key,
        row_key,
        column_key
    from printed
    union all
    select
        report_id,
        release,
        basis,
        fund,
        entity_kind,
        'adjustment' as step,
        coalesce(opening_yuan, 0) - coalesce(prior_closing_yuan, 0) as amount_yuan,
        'derived' as value_state,
        prior_closing_yuan,
        tolerance,
        case
            when opening_yuan is null and prior_closing_yuan is null then 'blank'
            when coalesce(opening_yuan, 0) = coalesce(prior_closing_yuan, 0) then 'agrees'
            when abs(coalesce(opening_yuan, 0) - coalesce(prior_closing_yuan, 0)) <= tolerance
                then 'within_rounding'
            else 'adjusted'
        end as state,
        prior_report_id,
        table_key,
        row_key,
        column_key
    from adjustments

)

select
    {{ whose() }},
    cast(rows_of_chain.basis as varchar) as basis,
    cast(rows_of_chain.fund as varchar) as fund,
    cast(rows_of_chain.entity_kind as varchar) as entity_kind,
    cast(rows_of_chain.step as varchar) as step,
    cast(rows_of_chain.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(rows_of_chain.value_state as varchar) as value_state,
    cast(rows_of_chain.state as varchar) as state,
    cast(rows_of_chain.prior_closing_yuan as decimal(18, 2)) as prior_closing_yuan,
    cast(rows_of_chain.tolerance as decimal(18, 4)) as tolerance,
    cast(rows_of_chain.prior_report_id as varchar) as prior_report_id,
    cast(rows_of_chain.table_key as varchar) as table_key,
    cast(rows_of_chain.row_key as varchar) as row_key,
    cast(rows_of_chain.column_key as varchar) as column_key
from rows_of_chain
inner join releases
    on {{ same(['report_id', 'release'], 'rows_of_chain', 'releases') }}
