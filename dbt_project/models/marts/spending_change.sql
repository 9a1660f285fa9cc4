{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

members as (

    select
        members.*,
        reports.money_unit
    from {{ ref('comparison_member') }} as members
    inner join {{ ref('stg_report') }} as reports
        on {{ same(['report_id', 'release'], 'members', 'reports') }}
    where {{ only_affected('members.lead_report_id', 'series') }}

),

-- What each side of a comparison is: how many reports, and in which units of money they print.
sides as (

    select
        entity_kind,
        entity_id,
        fiscal_year,
        scope,
        lead_report_id,
        min(case when side = 'current' then release end) as lead_release,
        min(case when side = 'prior' then report_id end) as prior_report_id,
        count(distinct case when side = 'current' then unit_id end) as current_units,
        count(distinct case when side = 'prior' then unit_id end) as prior_units,
        min(case when side = 'current' then unit_id end) as current_unit_id,
        min(case when side = 'prior' then unit_id end) as prior_unit_id,
        count(distinct money_unit) as money_units,
        min(case when is_default then 1 else 0 end) = 1 as is_default
    from members
    group by entity_kind, entity_id, fiscal_year, scope, lead_report_id

),

functional as (

    select
        report_id,
        release,
        'function' as kind,
        basis,
        fund,
        functional_code as code,
        expenditure_total_yuan as amount_yuan
    from {{ ref('spending_by_function') }}
    where functional_code is not null

),

economic as (

    select
        report_id,
        release,
        'economic' as kind,
        'appropriation' as basis,
        fund,
        economic_code as code,
        amount_yuan
    from {{ ref('fct_economic_expenditure') }}
    where economic_code is not null

),

-- Each leaf counts at its own level and at every level above it.
levels as (

    select * from (values ('class', 3), ('section', 5), ('item', 7)) as listed (code_level, code_length) -- noqa: AL05

),

coded as (

    select * from functional
    union all
    select * from economic

),

lined as (

    select
        members.entity_kind,
        members.entity_id,
        members.fiscal_year,
        members.scope,
        members.side,
        coded.kind,
        coded.basis,
        coded.fund,
        levels.code_level,
        levels.code_length,
        coded.code,
        coded.amount_yuan,
        lines.line_code,
        lines.mapping,
        lines.confidence,
        -- the change of this code lies between the two years that are compared
        coalesce(
            (members.side = 'current' and lines.from_year = members.fiscal_year)
            or (members.side = 'prior' and lines.to_year = members.fiscal_year - 1), false
        ) as is_broken
    from members
    inner join coded
        on {{ same(['report_id', 'release'], 'members', 'coded') }}
    inner join levels
        on length(coded.code) >= levels.code_length
    left join {{ ref('code_line') }} as lines
        on
            coded.kind = lines.kind
            and coded.code = lines.code
            and lines.fiscal_year = members.fiscal_year - case when members.side = 'prior' then 1 else 0 end

),

-- In the first year after a change both sides stand on the line of the code; a class stays what it is, and says that
-- codes left it or came to it.
keyed as (

    select
        lined.*,
        case
            when not is_broken or mapping = 'ended' or code_level = 'class' then substr(code, 1, code_length)
            when code_level = 'section' and mapping = 'one_to_one' then substr(line_code, 1, 5)
            else line_code
        end as line_key
    from lined

),

coded_sides as (

    select
        entity_kind,
        entity_id,
        fiscal_year,
        scope,
        kind,
        basis,
        fund,
        code_level as level,
        line_key,
        cast(null as varchar) as topic,
        sum(case when side = 'current' then amount_yuan end) as current_yuan,
        sum(case when side = 'prior' then amount_yuan end) as prior_yuan,
        'reported' as prior_source,
        max(case when is_broken then 1 else 0 end) = 1 as break_code,
        max(confidence) as mapping_confidence,
        {{ joined_texts("case when side = 'current' then code end") }} as current_codes,
        {{ joined_texts("case when side = 'prior' then code end") }} as prior_codes
    from keyed
    group by entity_kind, entity_id, fiscal_year, scope, kind, basis, fund, code_level, line_key

),

topics as (

    select
        members.entity_kind,
        members.entity_id,
        members.fiscal_year,
        members.scope,
        amounts.topic,
        sum(case when members.side = 'current' then amounts.amount_yuan end) as current_yuan,
        sum(case when members.side = 'prior' then amounts.amount_yuan end) as prior_yuan
    from members
    inner join {{ ref('topic_amount') }} as amounts
        on {{ same(['report_id', 'release'], 'members', 'amounts') }}
    where
        amounts.topic not like 'general_public_budget.%.%'
        and amounts.topic not like 'government_fund.%.%'
        and amounts.topic not like 'state_capital.%.%'
    group by members.entity_kind, members.entity_id, members.fiscal_year, members.scope, amounts.topic

),

topic_sides as (

    select
        entity_kind,
        entity_id,
        fiscal_year,
        scope,
        'topic' as kind,
        cast(null as varchar) as basis,
        cast(null as varchar) as fund,
        'topic' as level,
        topic as line_key,
        topic,
        current_yuan,
        prior_yuan,
        'reported' as prior_source,
        false as break_code,
        cast(null as varchar) as mapping_confidence,
        cast(null as varchar) as current_codes,
        cast(null as varchar) as prior_codes
    from topics

),

compared as (

    select
        both_kinds.*,
        sides.lead_report_id,
        sides.lead_release,
        sides.prior_report_id,
        sides.is_default as is_default_pair,
        sides.entity_kind = 'group' or sides.current_unit_id <> sides.prior_unit_id as break_organisation,
        sides.money_units > 1 as break_money_unit
    from (
        select * from coded_sides
        union all
        select * from topic_sides
    ) as both_kinds
    inner join sides
        on {{ same(['entity_kind', 'entity_id', 'fiscal_year', 'scope'], 'both_kinds', 'sides') }}
    where both_kinds.current_yuan is not null or both_kinds.prior_yuan is not null

),

-- The year before is not here: what the text implies stands in its place, and says so.
derived as (

    select
        'series' as entity_kind,
        units.series_id as entity_id,
        told.fiscal_year,
        told.scope,
        'topic' as kind,
        cast(null as varchar) as basis,
        cast(null as varchar) as fund,
        'topic' as level,
        told.topic as line_key,
        told.topic,
        told.final_yuan as current_yuan,
        told.implied_prior_yuan as prior_yuan,
        'derived' as prior_source,
        false as break_code,
        cast(null as varchar) as mapping_confidence,
        cast(null as varchar) as current_codes,
        cast(null as varchar) as prior_codes,
        told.report_id as lead_report_id,
        told.release as lead_release,
        cast(null as varchar) as prior_report_id,
        told.is_default as is_default_pair,
        false as break_organisation,
        false as break_money_unit
    from {{ ref('prior_year') }} as told
    inner join {{ ref('dim_unit') }} as units
        on told.unit_id = units.unit_id
    where
        told.state = 'no_prior_report'
        and told.subject_key is null
        and told.functional_code is null
        and {{ only_affected('told.report_id', 'series') }}

),

changes as (

    select * from compared
    union all
    select * from derived

),

breaks as (

    select * from {{ ref('series_break') }}

),

flagged as (

    select
        changes.entity_kind,
        changes.entity_id,
        changes.lead_report_id,
        changes.lead_release,
        changes.kind,
        changes.basis,
        changes.fund,
        changes.level,
        changes.line_key,
        changes.prior_source,
        max(case when breaks.break_kind = 'scope' then 1 else 0 end) = 1 as break_scope,
        max(case when breaks.break_kind = 'form' then 1 else 0 end) = 1 as break_form,
        {{ joined_texts('breaks.reason') }} as break_reasons
    from changes
    left join breaks
        on
            changes.fiscal_year = breaks.from_year
            and substr(changes.topic, 1, length(breaks.topic_prefix)) = breaks.topic_prefix
    group by
        changes.entity_kind, changes.entity_id, changes.lead_report_id, changes.lead_release, changes.kind,
        changes.basis, changes.fund, changes.level, changes.line_key, changes.prior_source

)

select
    {{ whose() }},
    cast(changes.entity_kind as varchar) as entity_kind,
    cast(changes.entity_id as varchar) as entity_id,
    cast(changes.kind as varchar) as kind,
    cast(coalesce(changes.basis, 'none') as varchar) as basis,
    cast(coalesce(changes.fund, 'none') as varchar) as fund,
    cast(changes.level as varchar) as level,
    cast(changes.line_key as varchar) as line_key,
    cast(case
        when changes.current_yuan is null then 'ended'
        when changes.prior_yuan is null then 'new'
        else 'continued'
    end as varchar) as state,
    cast(changes.current_yuan as decimal(18, 2)) as final_yuan,
    cast(changes.prior_yuan as decimal(18, 2)) as prior_yuan,
    cast(changes.prior_source as varchar) as prior_source,
    cast(changes.current_yuan - changes.prior_yuan as decimal(18, 2)) as change_amount_yuan,
    cast({{ ratio('(changes.current_yuan - changes.prior_yuan)', 'changes.prior_yuan', 6) }} as decimal(18, 6))
        as change_ratio,
    cast(changes.break_code as boolean) as break_code,
    cast(flagged.break_scope as boolean) as break_scope,
    cast(flagged.break_form as boolean) as break_form,
    cast(changes.break_organisation as boolean) as break_organisation,
    cast(changes.break_money_unit as boolean) as break_money_unit,
    cast(flagged.break_reasons as varchar) as break_reasons,
    cast(changes.mapping_confidence as varchar) as mapping_confidence,
    cast(changes.current_codes as varchar) as current_codes,
    cast(changes.prior_codes as varchar) as prior_codes,
    cast(changes.is_default_pair as boolean) as is_default_pair,
    cast(changes.prior_report_id as varchar) as prior_report_id
from changes
inner join releases
    on changes.lead_report_id = releases.report_id and changes.lead_release = releases.release
inner join flagged
    on
        {{ same(
            ['entity_kind', 'entity_id', 'lead_report_id', 'lead_release', 'kind', 'level', 'line_key', 'prior_source'],
            'changes', 'flagged'
        ) }}
        and coalesce(changes.basis, '') = coalesce(flagged.basis, '')
        and coalesce(changes.fund, '') = coalesce(flagged.fund, '')
