{{ config(materialized='table', meta={'reach': 'everything'}) }}

-- What this build has to write anew beyond the reports that are pending, found once for all models of that reach.
with pending as (

    select
        report_id,
        unit_id,
        fiscal_year
    from {{ source('raw', 'pending') }}

),

releases as (

    select * from {{ ref('fct_release') }}

),

units as (

    select * from {{ ref('dim_unit') }}

),

-- Counted by default otherwise than when models were last built; that is decided over all reports of a year.
standing_otherwise as (

    select standing.report_id
    from build.standing as standing
    inner join releases
        on {{ same(['report_id', 'release'], 'standing', 'releases') }}
    where standing.is_default <> releases.is_default

),

reached as (

    select
        unit_id,
        fiscal_year
    from pending
    union
    select
        releases.unit_id,
        releases.fiscal_year
    from standing_otherwise
    inner join releases
        on standing_otherwise.report_id = releases.report_id

),

-- Of the same units, before or after a rename, a merge or a split, of the year before and the year after.
beside as (

    select releases.report_id
    from reached
    inner join units as own_unit
        on reached.unit_id = own_unit.unit_id
    inner join units as other_units
        on own_unit.group_id = other_units.group_id
    inner join releases
        on
            other_units.unit_id = releases.unit_id
            and releases.fiscal_year between reached.fiscal_year - 1 and reached.fiscal_year + 1

),

-- Those that say they cover a pending report's body.
covering as (

    select releases.report_id
    from pending
    inner join {{ ref('covered_body') }} as bodies
        on pending.unit_id = bodies.covered_unit_id
    inner join releases
        on bodies.report_id = releases.report_id and pending.fiscal_year = releases.fiscal_year

),

year_reach as (

    select
        'year' as reach,
        report_id
    from pending
    union
    select
        'year' as reach,
        report_id
    from standing_otherwise

),

widened as (

    select
        'series' as reach,
        report_id
    from year_reach
    union
    select
        'series' as reach,
        report_id
    from beside
    union
    select
        'series' as reach,
        report_id
    from covering

),

-- Who is compared with one of these, now or when models were last built.
groups as (

    select groups_now.peer_group
    from {{ ref('peer_group') }} as groups_now
    inner join widened
        on groups_now.report_id = widened.report_id
    union
    select standing.peer_group
    from build.standing as standing
    inner join widened
        on standing.report_id = widened.report_id

),

among_peers as (

    select
        'peers' as reach,
        report_id
    from widened
    union
    select
        'peers' as reach,
        peers.report_id
    from {{ ref('peer_group') }} as peers
    inner join groups
        on peers.peer_group = groups.peer_group

),

all_of_them as (

    select * from year_reach
    union all
    select * from widened
    union all
    select * from among_peers

)

select
    cast(reach as varchar) as reach,
    cast(report_id as varchar) as report_id
from all_of_them
