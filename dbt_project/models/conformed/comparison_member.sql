{{ config(materialized='table', meta={'reach': 'everything'}) }}

with reports as (

    select
        releases.report_id,
        releases.release,
        releases.unit_id,
        releases.fiscal_year,
        releases.scope,
        releases.is_default,
        units.series_id,
        units.group_id
    from {{ ref('fct_release') }} as releases
    inner join {{ ref('dim_unit') }} as units
        on releases.unit_id = units.unit_id
    where releases.is_current and releases.family = 'final_accounts'

),

-- One report a series, year and scope: where two units of one series report the same year, neither is compared.
of_series as (

    select
        series_id,
        fiscal_year,
        scope,
        min(report_id) as report_id,
        min(release) as release
    from reports
    group by series_id, fiscal_year, scope
    having count(*) = 1

),

series_pairs as (

    select
        'series' as entity_kind,
        later.series_id as entity_id,
        later.fiscal_year,
        later.scope,
        later.report_id,
        later.release,
        earlier.report_id as prior_report_id,
        earlier.release as prior_release
    from of_series as later
    inner join of_series as earlier
        on {{ same(['series_id', 'scope'], 'later', 'earlier') }} and later.fiscal_year = earlier.fiscal_year + 1

),

-- Merges and splits: all that stood before against all that stand after, in the first year of those after.
joints as (

    select
        units.group_id,
        successions.from_year as fiscal_year,
        successions.predecessor_unit_id,
        successions.successor_unit_id
    from {{ ref('stg_unit_succession') }} as successions
    inner join {{ ref('dim_unit') }} as units
        on successions.predecessor_unit_id = units.unit_id
    where successions.succession_kind in ('merge', 'split')

),

group_sides as (

    select group_id, fiscal_year, 'prior' as side, predecessor_unit_id as unit_id, fiscal_year - 1 as report_year
    from joints
    union
    select group_id, fiscal_year, 'current' as side, successor_unit_id as unit_id, fiscal_year as report_year
    from joints

),

-- A unit goes on beside others that merge into it: it stands on both sides.
scopes as (

    select distinct scope from reports

),

group_members as (

    select
        group_sides.group_id,
        group_sides.fiscal_year,
        group_sides.side,
        group_sides.unit_id,
        scopes.scope,
        reports.report_id,
        reports.release
    from group_sides
    cross join scopes
    left join reports
        on
            {{ same(['unit_id'], 'group_sides', 'reports') }}
            and group_sides.report_year = reports.fiscal_year
            and scopes.scope = reports.scope

),

-- A group is compared in a scope in which every unit of both sides has reported.
complete_groups as (

    select
        group_id,
        fiscal_year,
        scope,
        min(case when side = 'current' then report_id end) as lead_report_id
    from group_members
    group by group_id, fiscal_year, scope
    having count(*) = count(report_id)

),

members as (

    select
        entity_kind,
        entity_id,
        fiscal_year,
        scope,
        report_id as lead_report_id,
        'current' as side,
        report_id,
        release
    from series_pairs
    union all
    select
        entity_kind,
        entity_id,
        fiscal_year,
        scope,
        report_id as lead_report_id,
        'prior' as side,
        prior_report_id as report_id,
        prior_release as release
    from series_pairs
    union all
    select
        'group' as entity_kind,
        group_members.group_id as entity_id,
        group_members.fiscal_year,
        group_members.scope,
        complete_groups.lead_report_id,
        group_members.side,
        group_members.report_id,
        group_members.release
    from group_members
    inner join complete_groups
        on {{ same(['group_id', 'fiscal_year', 'scope'], 'group_members', 'complete_groups') }}

)

select
    cast(members.entity_kind as varchar) as entity_kind,
    cast(members.entity_id as varchar) as entity_id,
    cast(members.fiscal_year as smallint) as fiscal_year,
    cast(members.scope as varchar) as scope,
    cast(members.lead_report_id as varchar) as lead_report_id,
    cast(members.side as varchar) as side,
    cast(members.report_id as varchar) as report_id,
    cast(members.release as smallint) as release,
    cast(reports.unit_id as varchar) as unit_id,
    cast(reports.is_default as boolean) as is_default
from members
inner join reports
    on {{ same(['report_id', 'release'], 'members', 'reports') }}
