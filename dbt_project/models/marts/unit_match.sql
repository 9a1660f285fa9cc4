{{ config(materialized='table', meta={'reach': 'everything'}) }}

with units as (

    select * from {{ ref('dim_unit') }}

),

names as (

    select
        names.unit_id,
        names.unit_name,
        names.division_code,
        names.from_year,
        names.to_year
    from {{ ref('dim_unit_name') }} as names

),

patterns as (

    select * from {{ ref('succession_pattern') }}

),

identifiers as (

    select * from {{ ref('stg_unit_identifier') }}

),

-- One identifier that two units bear, one after the other.
by_identifier as (

    select
        earlier.unit_id as predecessor_unit_id,
        later.unit_id as successor_unit_id,
        'rename' as suggested_kind,
        min(later.from_year) as suggested_from_year,
        'same_identifier' as reason,
        'H' as confidence,
        min(earlier.identifier_kind || ' ' || earlier.identifier) as evidence
    from identifiers as earlier
    inner join identifiers as later
        on
            {{ same(['identifier_kind', 'identifier'], 'earlier', 'later') }}
            and earlier.unit_id <> later.unit_id
            and earlier.to_year < later.from_year
    group by earlier.unit_id, later.unit_id

),

-- Names as reforms usually change them; practice differs from place to place, so this only proposes.
by_pattern as (

    select
        earlier.unit_id as predecessor_unit_id,
        later.unit_id as successor_unit_id,
        min(patterns.kind) as suggested_kind,
        min(patterns.from_year) as suggested_from_year,
        'reform_pattern' as reason,
        min(patterns.confidence) as confidence,
        min(patterns.predecessor || ' -> ' || patterns.successor || ' ' || patterns.from_year) as evidence
    from patterns
    inner join names as earlier
        on
            substr(earlier.unit_name, length(earlier.unit_name) - length(patterns.predecessor) + 1)
            = patterns.predecessor
    inner join names as later
        on
            substr(later.unit_name, length(later.unit_name) - length(patterns.successor) + 1) = patterns.successor
            and earlier.division_code = later.division_code
            and earlier.unit_id <> later.unit_id
    inner join units as before
        on earlier.unit_id = before.unit_id
    inner join units as after
        on later.unit_id = after.unit_id
    -- Where reports of both are here, those of the one that goes on end about when those of the other begin.
    where
        coalesce(after.first_report_year, patterns.to_year) between patterns.from_year - 1 and patterns.to_year + 1
        and (
            patterns.kind = 'split'
            or before.last_report_year is null
            or after.first_report_year is null
            or before.last_report_year <= after.first_report_year
        )
    group by earlier.unit_id, later.unit_id

),

-- The text of the first report of one body implies the very figure that another one of its division reported the year
-- before: a sum of money in yuan and not a round one says more than a name.
first_reports as (

    select
        releases.report_id,
        releases.release,
        releases.unit_id,
        releases.division_code,
        releases.fiscal_year,
        releases.scope
    from {{ ref('fct_release') }} as releases
    inner join units
        on releases.unit_id = units.unit_id and releases.fiscal_year = units.first_report_year
    where releases.is_current and releases.family = 'final_accounts'

),

by_prior_year as (

    select
        earlier.unit_id as predecessor_unit_id,
        later.unit_id as successor_unit_id,
        'rename' as suggested_kind,
        min(later.fiscal_year) as suggested_from_year,
        'prior_year_amount' as reason,
        case when count(distinct told.topic) > 1 then 'H' else 'M' end as confidence,
        min(told.topic || ' ' || told.implied_prior_yuan) as evidence
    from first_reports as later
    inner join {{ ref('fct_prior_year') }} as told
        on {{ same(['report_id', 'release'], 'later', 'told') }} and told.implied_prior_yuan > 0
    inner join {{ ref('fct_release') }} as earlier
        on
            {{ same(['division_code', 'scope'], 'later', 'earlier') }}
            and later.fiscal_year = earlier.fiscal_year + 1
            and later.unit_id <> earlier.unit_id
            and earlier.is_current
    inner join {{ ref('topic_amount') }} as amounts
        on
            {{ same(['report_id', 'release'], 'earlier', 'amounts') }}
            and told.topic = amounts.topic
            and told.implied_prior_yuan = amounts.amount_yuan
    where told.topic in ('total', 'income', 'expenditure', 'appropriation')
    group by earlier.unit_id, later.unit_id

),

-- Bodies of one full name in two divisions are two bodies; they are listed so that nobody joins them by name.
by_name as (

    select
        case when earlier.unit_id < later.unit_id then earlier.unit_id else later.unit_id end as predecessor_unit_id,
        case when earlier.unit_id < later.unit_id then later.unit_id else earlier.unit_id end as successor_unit_id,
        cast(null as varchar) as suggested_kind,
        cast(null as smallint) as suggested_from_year,
        'same_name_in_another_division' as reason,
        'L' as confidence,
        min(earlier.unit_name) as evidence
    from names as earlier
    inner join names as later
        on earlier.unit_name = later.unit_name and earlier.division_code < later.division_code
    group by
        case when earlier.unit_id < later.unit_id then earlier.unit_id else later.unit_id end,
        case when earlier.unit_id < later.unit_id then later.unit_id else earlier.unit_id end

),

matches as (

    select * from by_identifier
    union all
    select * from by_pattern
    union all
    select * from by_prior_year
    union all
    select * from by_name

)

select
    cast(matches.predecessor_unit_id as varchar) as predecessor_unit_id,
    cast(before.unit_name as varchar) as predecessor_name,
    cast(before.last_report_year as smallint) as predecessor_last_year,
    cast(matches.successor_unit_id as varchar) as successor_unit_id,
    cast(after.unit_name as varchar) as successor_name,
    cast(after.first_report_year as smallint) as successor_first_year,
    cast(after.division_code as varchar) as division_code,
    cast(matches.reason as varchar) as reason,
    cast(matches.suggested_kind as varchar) as suggested_kind,
    cast(matches.suggested_from_year as smallint) as suggested_from_year,
    cast(matches.confidence as varchar) as confidence,
    cast(matches.evidence as varchar) as evidence,
    cast(case
        when before.group_id = after.group_id then 'recorded'
        when matches.reason = 'same_name_in_another_division' then 'apart'
        else 'open'
    end as varchar) as state
from matches
inner join units as before
    on matches.predecessor_unit_id = before.unit_id
inner join units as after
    on matches.successor_unit_id = after.unit_id
