{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'peers'}) }}

-- Suspicious, not wrong: what a person may want to look at. Thresholds are data (seed unusual_rule).
with rules as (

    select * from {{ ref('unusual_rule') }}

),

inputs as (

    select
        inputs.*,
        listed.is_watched,
        listed.may_be_negative
    from {{ ref('indicator_input') }} as inputs
    inner join {{ ref('indicator_input_list') }} as listed
        on inputs.input_key = listed.input_key
    where {{ only_affected('inputs.report_id', 'peers') }}

),

-- The same input of the year before, where one report of the series stands on that side.
prior_reports as (

    select
        lead_report_id,
        min(report_id) as report_id
    from {{ ref('comparison_member') }}
    where entity_kind = 'series' and side = 'prior' and {{ only_affected('lead_report_id', 'peers') }}
    group by lead_report_id
    having count(*) = 1

),

pairs as (

    select
        inputs.*,
        before.input_value as prior_value
    from inputs
    inner join prior_reports
        on inputs.report_id = prior_reports.lead_report_id
    inner join {{ ref('indicator_input') }} as before
        on
            prior_reports.report_id = before.report_id
            and inputs.input_key = before.input_key
            and inputs.member_code = before.member_code

),

found_in_inputs as (

    select
        pairs.report_id,
        rules.rule,
        pairs.input_key as subject_key,
        'none' as budget_stage,
        '' as member_code,
        pairs.input_value as found_value,
        pairs.prior_value as compared_value
    from pairs
    inner join rules
        on
            rules.rule = 'jump'
            and pairs.is_watched
            and pairs.prior_value > 0
            and pairs.input_value >= 0
            and greatest(pairs.input_value, pairs.prior_value)
            >= rules.threshold * least(pairs.input_value, pairs.prior_value)
            and abs(pairs.input_value - pairs.prior_value) >= rules.lower_threshold
    union all
    select
        pairs.report_id,
        rules.rule,
        pairs.input_key as subject_key,
        'none' as budget_stage,
        '' as member_code,
        pairs.input_value as found_value,
        pairs.prior_value as compared_value
    from pairs
    inner join rules
        on
            rules.rule = 'same_figure'
            and pairs.is_watched
            and pairs.input_value = pairs.prior_value
            and pairs.input_value >= rules.threshold
    union all
    select
        pairs.report_id,
        rules.rule,
        pairs.input_key as subject_key,
        'none' as budget_stage,
        '' as member_code,
        pairs.input_value as found_value,
        pairs.prior_value as compared_value
    from pairs
    inner join rules
        on
            rules.rule = 'three_public_zero'
            and pairs.input_key = 'three_public'
            and (pairs.input_value = 0) <> (pairs.prior_value = 0)
    union all
    select
        inputs.report_id,
        rules.rule,
        inputs.input_key as subject_key,
        'none' as budget_stage,
        '' as member_code,
        inputs.input_value as found_value,
        rules.threshold as compared_value
    from inputs
    inner join rules
        on
            rules.rule = 'round_amount'
            and inputs.is_watched
            and inputs.input_value <> 0
            and inputs.input_value % rules.threshold = 0
    union all
    select
        inputs.report_id,
        rules.rule,
        inputs.input_key as subject_key,
        'none' as budget_stage,
        '' as member_code,
        inputs.input_value as found_value,
        rules.threshold as compared_value
    from inputs
    inner join rules
        on
            rules.rule = 'negative_amount'
            and inputs.is_watched
            and not inputs.may_be_negative
            and inputs.input_value < rules.threshold

),

without_class as (

    select
        report_id,
        sum(expenditure_total_yuan) as amount_yuan
    from {{ ref('spending_by_function') }}
    where basis = 'all_sources' and functional_code is null and {{ only_affected('report_id', 'peers') }}
    group by report_id

),

found_without_class as (

    select
        without_class.report_id,
        rules.rule,
        'expenditure_row_total' as subject_key,
        'none' as budget_stage,
        '' as member_code,
        without_class.amount_yuan as found_value,
        rules.threshold as compared_value
    from without_class
    inner join rules
        on rules.rule = 'no_class' and without_class.amount_yuan > rules.threshold

),

valued as (

    select * from {{ ref('indicator_value') }}
    where {{ only_affected('report_id', 'peers') }}

),

compared as (

    select * from {{ ref('peer_comparison') }}
    where {{ only_affected('report_id', 'peers') }}

),

found_in_indicators as (

    select
        indicators.report_id,
        rules.rule,
        indicators.indicator_key as subject_key,
        indicators.budget_stage,
        indicators.member_code,
        indicators.indicator_value as found_value,
        case
            when indicators.indicator_value < catalogue.lowest then catalogue.lowest else catalogue.highest
        end as compared_value
    from valued as indicators
    inner join {{ ref('indicator_catalogue') }} as catalogue
        on indicators.indicator_key = catalogue.indicator_key
    inner join rules
        on
            rules.rule = 'share_out_of_range'
            and (
                indicators.indicator_value < catalogue.lowest
                or indicators.indicator_value > catalogue.highest
            )
    union all
    select
        indicators.report_id,
        rules.rule,
        indicators.indicator_key as subject_key,
        indicators.budget_stage,
        indicators.member_code,
        indicators.indicator_value as found_value,
        case
            when indicators.indicator_value > rules.threshold then rules.threshold else rules.lower_threshold
        end as compared_value
    from valued as indicators
    inner join rules
        on
            indicators.indicator_key = rules.rule
            and (
                indicators.indicator_value > rules.threshold
                or indicators.indicator_value < rules.lower_threshold
            )
    union all
    select
        peers.report_id,
        rules.rule,
        peers.indicator_key as subject_key,
        peers.budget_stage,
        peers.member_code,
        peers.indicator_value as found_value,
        peers.peer_median as compared_value
    from compared as peers
    inner join {{ ref('indicator_catalogue') }} as catalogue
        on peers.indicator_key = catalogue.indicator_key and catalogue.formula_kind <> 'amount'
    inner join rules
        on
            rules.rule = 'outside_peers'
            and peers.peers >= rules.lower_threshold
            and (
                peers.indicator_value - peers.peer_upper_quartile
                > rules.threshold * (peers.peer_upper_quartile - peers.peer_lower_quartile)
                or peers.peer_lower_quartile - peers.indicator_value
                > rules.threshold * (peers.peer_upper_quartile - peers.peer_lower_quartile)
            )

),

found as (

    select * from found_in_inputs
    union all
    select * from found_without_class
    union all
    select * from found_in_indicators

)

select
    cast(releases.report_id as varchar) as report_id,
    cast(releases.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.unit_name as varchar) as unit_name,
    cast(releases.division_code as varchar) as division_code,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(found.rule as varchar) as unusual_rule,
    cast(found.subject_key as varchar) as subject_of_rule,
    cast(found.budget_stage as varchar) as budget_stage,
    cast(found.member_code as varchar) as member_code,
    cast(coalesce(catalogue.name, listed.name) as varchar) as subject_name,
    cast(coalesce(catalogue.unit, listed.unit) as varchar) as value_unit,
    cast(found.found_value as decimal(24, 6)) as found_value,
    cast(found.compared_value as decimal(24, 6)) as compared_value,
    cast(rules.explanation as varchar) as unusual_reason,
    cast(rules.confidence as varchar) as rule_confidence,
    cast(releases.document_id as varchar) as document_id
from found
inner join {{ ref('fct_release') }} as releases
    on found.report_id = releases.report_id and releases.is_current
inner join rules
    on found.rule = rules.rule
left join {{ ref('indicator_catalogue') }} as catalogue
    on found.subject_key = catalogue.indicator_key and found.rule not in ('jump', 'same_figure', 'round_amount')
left join {{ ref('indicator_input_list') }} as listed
    on found.subject_key = listed.input_key
