{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

-- Every indicator of the catalogue for every report that counts, or why it has no value. What goes over and under the
-- line is data (seed indicator_term), so that a formula stands in one place.
with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

inputs as (

    select * from {{ ref('indicator_input') }}

),

-- The report that an indicator looks back to: that of the same series, scope and level the year before.
prior as (

    select
        lead_report_id as report_id,
        min(report_id) as prior_report_id,
        count(*) as reports
    from {{ ref('comparison_member') }}
    where
        entity_kind = 'series'
        and side = 'prior'
        and {{ only_affected('lead_report_id', 'series') }}
    group by lead_report_id

),

looked_at as (

    select
        report_id,
        0 as year_offset,
        report_id as source_report_id
    from releases
    union all
    select
        report_id,
        -1 as year_offset,
        prior_report_id as source_report_id
    from prior
    where reports = 1

),

terms as (

    select * from {{ ref('indicator_term') }}

),

needed as (

    select
        indicator_key,
        budget_stage,
        side,
        count(*) as terms
    from terms
    group by indicator_key, budget_stage, side

),

sides as (

    select
        looked_at.report_id,
        terms.indicator_key,
        terms.budget_stage,
        terms.side,
        inputs.member_code,
        count(*) as terms,
        sum(terms.sign * inputs.input_value) as side_value,
        max(case when inputs.value_state = 'derived' then 1 else 0 end) as is_derived
    from looked_at
    inner join inputs
        on looked_at.source_report_id = inputs.report_id
    inner join terms
        on
            inputs.input_key = terms.input_key
            and looked_at.year_offset = terms.year_offset
    group by
        looked_at.report_id, terms.indicator_key, terms.budget_stage, terms.side, inputs.member_code

),

complete as (

    select sides.*
    from sides
    inner join needed
        on
            {{ same(['indicator_key', 'budget_stage', 'side'], 'sides', 'needed') }}
            and sides.terms = needed.terms

),

-- One row for each indicator and report; one for each class where an indicator has members.
wanted as (

    select distinct
        catalogue.indicator_key,
        terms.budget_stage
    from {{ ref('indicator_catalogue') }} as catalogue
    inner join terms
        on catalogue.indicator_key = terms.indicator_key
    where catalogue.is_recorded

),

rows_wanted as (

    select
        releases.report_id,
        wanted.indicator_key,
        wanted.budget_stage,
        coalesce(numerators.member_code, '') as member_code,
        numerators.side_value as numerator,
        numerators.is_derived
    from releases
    cross join wanted
    left join complete as numerators
        on
            releases.report_id = numerators.report_id
            and wanted.indicator_key = numerators.indicator_key
            and wanted.budget_stage = numerators.budget_stage
            and numerators.side = 'numerator'

),

-- A series that a change of scope or of form breaks does not compare with what was before.
breaks as (

    select
        catalogue.indicator_key,
        series_break.from_year
    from {{ ref('indicator_catalogue') }} as catalogue
    inner join {{ ref('series_break') }} as series_break
        on catalogue.break_part = series_break.topic_prefix

),

joined as (

    select
        rows_wanted.*,
        denominators.side_value as denominator,
        case when coalesce(rows_wanted.is_derived, 0) + coalesce(denominators.is_derived, 0) > 0 then 1 else 0 end
            as any_derived,
        catalogue.formula_kind,
        catalogue.name as indicator_name,
        catalogue.unit as indicator_unit,
        releases.release,
        releases.unit_id,
        releases.unit_name,
        releases.division_code,
        releases.fiscal_year,
        releases.scope,
        releases.is_default,
        releases.document_id,
        (
            select max(breaks.from_year)
            from breaks
            where
                breaks.indicator_key = rows_wanted.indicator_key
                and breaks.from_year <= releases.fiscal_year
        ) as comparable_from_year
    from rows_wanted
    inner join releases
        on rows_wanted.report_id = releases.report_id
    inner join {{ ref('indicator_catalogue') }} as catalogue
        on rows_wanted.indicator_key = catalogue.indicator_key
    left join complete as denominators
        on
            rows_wanted.report_id = denominators.report_id
            and rows_wanted.indicator_key = denominators.indicator_key
            and rows_wanted.budget_stage = denominators.budget_stage
            and denominators.side = 'denominator'
            and denominators.member_code = ''

),

stated as (

    select
        joined.*,
        case
            when numerator is null then 'no_numerator'
            when formula_kind = 'amount' then 'present'
            when formula_kind = 'change_on_prior_year' and comparable_from_year = fiscal_year then 'broken_series'
            when denominator is null then 'no_denominator'
            when denominator <= 0 then 'denominator_not_positive'
            when not ({{ ratio_in_range('numerator', 'denominator') }}) then 'out_of_range'
            else 'present'
        end as indicator_state
    from joined

),

computed as (

    select
        stated.*,
        case
            when formula_kind in ('change', 'change_on_prior_year') then numerator - denominator
            else numerator
        end as over_line
    from stated

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(division_code as varchar) as division_code,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(scope as varchar) as scope,
    cast(is_default as boolean) as is_default,
    cast(indicator_key as varchar) as indicator_key,
    cast(budget_stage as varchar) as budget_stage,
    cast(member_code as varchar) as member_code,
    cast(indicator_name as varchar) as indicator_name,
    cast(indicator_unit as varchar) as indicator_unit,
    cast(
        case
            when indicator_state <> 'present' then null
            -- of two decimals of unlike scale an engine may take the shorter scale for both
            when formula_kind = 'amount' then cast(numerator as decimal(24, 6))
            else {{ ratio('cast(over_line as decimal(18, 2))', 'cast(denominator as decimal(18, 2))', 6) }}
        end as decimal(24, 6)
    ) as indicator_value,
    cast(indicator_state as varchar) as indicator_state,
    cast(numerator as decimal(18, 2)) as numerator,
    cast(denominator as decimal(18, 2)) as denominator,
    cast(any_derived = 1 as boolean) as is_derived,
    cast(comparable_from_year as smallint) as comparable_from_year,
    cast(document_id as varchar) as document_id
from computed
