{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'peers'}) }}

-- A unit that its department's report
-- covers is compared as well: nothing is added up here, so that no yuan counts twice.
-- Quartiles and median are printed values of the group (nearest rank; the median of an even number lies half way), so
-- that none of them is a figure that no body has but for that half.
with valued as (

    select
        indicators.*,
        groups.department_kind,
        groups.department_kind_confidence,
        groups.division_level
    from {{ ref('indicator_value') }} as indicators
    inner join {{ ref('indicator_catalogue') }} as catalogue
        on
            indicators.indicator_key = catalogue.indicator_key
            and catalogue.comparable_across <> 'none'
    inner join {{ ref('peer_group') }} as groups
        on {{ same(['report_id', 'release'], 'indicators', 'groups') }}
    where indicators.indicator_value is not null and {{ only_affected('indicators.report_id', 'peers') }}

),

ranked as (

    select
        valued.*,
        count(*) over (
            partition by
                department_kind, division_level, scope, fiscal_year, indicator_key, budget_stage, member_code
        ) as peers,
        rank() over (
            partition by
                department_kind, division_level, scope, fiscal_year, indicator_key, budget_stage, member_code
            order by indicator_value desc
        ) as peer_rank,
        rank() over (
            partition by
                department_kind, division_level, scope, fiscal_year, indicator_key, budget_stage, member_code
            order by indicator_value
        ) as from_below,
        row_number() over (
            partition by
                department_kind, division_level, scope, fiscal_year, indicator_key, budget_stage, member_code
            order by indicator_value, report_id
        ) as place
    from valued

),

quartiles as (

    select
        department_kind,
        division_level,
        scope,
        fiscal_year,
        indicator_key,
        budget_stage,
        member_code,
        max(case when 4 * place >= peers and 4 * (place - 1) < peers then indicator_value end) as lower_quartile,
        max(case when 4 * place >= 3 * peers and 4 * (place - 1) < 3 * peers then indicator_value end)
            as upper_quartile,
        min(case when 2 * place in (peers, peers + 1, peers + 2) then indicator_value end) as lower_middle,
        max(case when 2 * place in (peers, peers + 1, peers + 2) then indicator_value end) as upper_middle
    from ranked
    group by department_kind, division_level, scope, fiscal_year, indicator_key, budget_stage, member_code

),

compared as (

    select
        ranked.*,
        quartiles.lower_quartile,
        quartiles.upper_quartile,
        -- half of six decimals has seven: rounded half away from zero like every other division
        cast((quartiles.lower_middle + quartiles.upper_middle) * 0.5 as decimal(24, 6)) as median
    from ranked
    inner join quartiles
        on
            {{ same(
                [
                    'department_kind', 'division_level', 'scope', 'fiscal_year', 'indicator_key', 'budget_stage',
                    'member_code',
                ],
                'ranked',
                'quartiles'
            ) }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(division_code as varchar) as division_code,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(scope as varchar) as scope,
    cast(department_kind as varchar) as department_kind,
    cast(department_kind_confidence as varchar) as department_kind_confidence,
    cast(division_level as varchar) as division_level,
    cast(indicator_key as varchar) as indicator_key,
    cast(budget_stage as varchar) as budget_stage,
    cast(member_code as varchar) as member_code,
    cast(indicator_name as varchar) as indicator_name,
    cast(indicator_unit as varchar) as indicator_unit,
    cast(indicator_value as decimal(24, 6)) as indicator_value,
    cast(peers as integer) as peers,
    cast(peer_rank as integer) as peer_rank,
    cast(case when peers > 1 then {{ ratio('from_below - 1', 'peers - 1', 6) }} end as decimal(18, 6))
        as peer_percentile,
    cast(median as decimal(24, 6)) as peer_median,
    cast(lower_quartile as decimal(24, 6)) as peer_lower_quartile,
    cast(upper_quartile as decimal(24, 6)) as peer_upper_quartile,
    cast(indicator_value - median as decimal(24, 6)) as distance_from_median
from compared
