{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

amounts as (

    select
        report_id,
        release,
        fund,
        item,
        min(table_no) as table_no,
        {% for stage in ['initial_budget', 'adjusted_budget', 'unknown_budget', 'final'] -%}
            {{ pick('amount_yuan', "stage = '" ~ stage ~ "'") }} as {{ stage }}_yuan,
        {% endfor %}
        {{ pick('value_state', "stage <> 'final'") }} as budget_state,
        {{ pick('value_state', "stage = 'final'") }} as final_state,
        {{ pick('stage', "stage <> 'final'") }} as budget_stage,
        {{ pick('stage_source', "stage <> 'final'") }} as stage_source,
        {{ pick('residual_yuan', "stage = 'final'") }} as residual_yuan,
        min(case when is_leaf then 1 else 0 end) = 1 as is_leaf,
        min(case when is_three_public then 1 else 0 end) = 1 as is_three_public
    from {{ ref('fct_three_public') }}
    where {{ only_affected('report_id', 'year') }}
    group by report_id, release, fund, item

),

-- What the text says of the same item: its amount (the table's cell is often blank where the text says 0), its change,
-- and how many trips, vehicles and receptions it stands for.
statements as (

    select
        report_id,
        release,
        case topic
            when 'abroad.groups' then 'abroad'
            when 'abroad.person_times' then 'abroad'
            when 'vehicle.bought' then 'vehicle_buy'
            when 'vehicle.owned' then 'vehicle_run'
            when 'conference.meetings' then 'conference'
            when 'conference.people' then 'conference'
            when 'training.sessions' then 'training'
            when 'training.people' then 'training'
            when 'conference' then 'conference'
            when 'training' then 'training'
            else case when topic like 'reception.%' then 'reception' else split_part(topic, '.', 2) end
        end as item,
        topic,
        measure,
        base,
        value,
        amount_yuan
    from {{ ref('fct_statement') }}
    where
        occurrence = 1
        and {{ only_affected('report_id', 'year') }}
        and (
            topic like 'three_public.%' or topic like 'abroad.%' or topic like 'vehicle.%' or topic like 'reception.%'
            or topic like 'conference%' or topic like 'training%'
        )

),

said as (

    select
        report_id,
        release,
        item,
        {{ pick('amount_yuan', "measure = 'amount' and topic not like 'reception.%'") }} as stated_final_yuan,
        {{ pick('amount_yuan', "measure = 'change_amount' and base = 'prior_year'") }} as change_amount_yuan,
        {{ pick('value', "measure = 'change_pct' and base = 'prior_year'") }} as change_pct,
        {{ pick('value', "topic = 'abroad.groups'") }} as abroad_groups,
        {{ pick('value', "topic = 'abroad.person_times'") }} as abroad_person_times,
        {{ pick('value', "topic = 'vehicle.bought'") }} as vehicles_bought,
        {{ pick('value', "topic = 'vehicle.owned'") }} as vehicles_owned,
        {{ pick('value', "topic = 'reception.domestic_visits'") }} as domestic_visits,
        {{ pick('value', "topic = 'reception.domestic_people'") }} as domestic_people,
        {{ pick('value', "topic = 'reception.foreign_groups'") }} as foreign_groups,
        {{ pick('value', "topic = 'reception.foreign_people'") }} as foreign_people
    from statements
    group by report_id, release, item

)

select
    cast(releases.report_id as varchar) as report_id,
    cast(releases.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.unit_name as varchar) as unit_name,
    cast(releases.division_code as varchar) as division_code,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(releases.is_default as boolean) as is_default,
    cast(amounts.fund as varchar) as fund,
    cast(amounts.item as varchar) as item,
    cast(amounts.is_leaf as boolean) as is_leaf,
    cast(amounts.is_three_public as boolean) as is_three_public,
    cast(amounts.budget_stage as varchar) as budget_stage,
    cast(amounts.stage_source as varchar) as stage_source,
    cast(amounts.initial_budget_yuan as decimal(18, 2)) as initial_budget_yuan,
    cast(amounts.adjusted_budget_yuan as decimal(18, 2)) as adjusted_budget_yuan,
    cast(amounts.unknown_budget_yuan as decimal(18, 2)) as unknown_budget_yuan,
    cast(amounts.final_yuan as decimal(18, 2)) as final_yuan,
    cast(amounts.budget_state as varchar) as budget_state,
    cast(amounts.final_state as varchar) as final_state,
    cast(amounts.residual_yuan as decimal(18, 2)) as residual_yuan,
    cast({{ ratio('amounts.final_yuan', 'amounts.initial_budget_yuan', 6) }} as decimal(18, 6))
        as initial_completion_ratio,
    cast({{ ratio('amounts.final_yuan', 'amounts.adjusted_budget_yuan', 6) }} as decimal(18, 6))
        as adjusted_completion_ratio,
    cast(said.stated_final_yuan as decimal(18, 2)) as stated_final_yuan,
    cast(said.change_amount_yuan as decimal(18, 2)) as change_amount_yuan,
    cast(said.change_pct as decimal(24, 6)) as change_pct,
    cast(said.abroad_groups as integer) as abroad_groups,
    cast(said.abroad_person_times as integer) as abroad_person_times,
    cast(said.vehicles_bought as integer) as vehicles_bought,
    cast(said.vehicles_owned as integer) as vehicles_owned,
    cast(said.domestic_visits as integer) as domestic_visits,
    cast(said.domestic_people as integer) as domestic_people,
    cast(said.foreign_groups as integer) as foreign_groups,
    cast(said.foreign_people as integer) as foreign_people,
    cast('TS' as varchar) as table_key,
    cast(amounts.table_no as integer) as table_no
from amounts
inner join releases
    on {{ same(['report_id', 'release'], 'amounts', 'releases') }}
left join said
    on {{ same(['report_id', 'release', 'item'], 'amounts', 'said') }}
