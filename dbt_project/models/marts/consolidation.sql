{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where
        is_current and family = 'final_accounts' and scope = 'department'
        and {{ only_affected('report_id', 'series') }}

),

current_reports as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        scope
    from {{ ref('fct_release') }}
    where is_current and family = 'final_accounts'

),

bodies as (

    select
        covered.report_id,
        covered.release,
        covered.list_position,
        covered.body_name,
        covered.covered_unit_id,
        releases.fiscal_year,
        coalesce(covered.covered_unit_id = releases.unit_id, false) as is_own_level
    from {{ ref('covered_body') }} as covered
    inner join releases
        on {{ same(['report_id', 'release'], 'covered', 'releases') }}

),

-- The one report of each body: of the body itself its own level, of another the one that covers most.
parts as (

    select
        bodies.report_id,
        bodies.release,
        bodies.list_position,
        bodies.body_name,
        reports.report_id as part_report_id,
        reports.release as part_release,
        row_number() over (
            partition by bodies.report_id, bodies.release, bodies.list_position
            order by
                case reports.scope when 'department' then 0 when 'unit' then 1 when 'own_level' then 2 else 3 end,
                reports.report_id
        ) as place
    from bodies
    left join current_reports as reports
        on
            bodies.covered_unit_id = reports.unit_id
            and bodies.fiscal_year = reports.fiscal_year
            and (
                (bodies.is_own_level and reports.scope = 'own_level')
                or (not bodies.is_own_level and bodies.report_id <> reports.report_id)
            )

),

completeness as (

    select
        report_id,
        release,
        count(*) as bodies,
        count(part_report_id) as bodies_present,
        {{ joined_texts("case when part_report_id is null then body_name end") }} as missing_bodies
    from parts
    where place = 1
    group by report_id, release

),

topics as (

    select distinct topic, check_id from {{ ref('consolidation_topic') }}

),

inner_topics as (

    select topic, inner_topic from {{ ref('consolidation_topic') }}
    where inner_topic is not null

),

amounts as (

    select * from {{ ref('topic_amount') }}
    where
        report_id in (
            select releases.report_id from releases
            union
            select parts.part_report_id from parts
        )

),

of_department as (

    select
        releases.report_id,
        releases.release,
        topics.topic,
        topics.check_id,
        amounts.amount_yuan,
        amounts.half_place,
        amounts.said_in,
        amounts.table_key,
        amounts.row_key,
        amounts.column_key,
        amounts.statement_no
    from releases
    cross join topics
    left join amounts
        on {{ same(['report_id', 'release'], 'releases', 'amounts') }} and topics.topic = amounts.topic

),

of_parts as (

    select
        parts.report_id,
        parts.release,
        topics.topic,
        sum(amounts.amount_yuan) as amount_yuan,
        sum(amounts.half_place) as half_place,
        count(amounts.topic) as parts_with_row
    from parts
    cross join topics
    left join amounts
        on
            parts.part_report_id = amounts.report_id
            and parts.part_release = amounts.release
            and topics.topic = amounts.topic
    where parts.place = 1
    group by parts.report_id, parts.release, topics.topic

),

-- What the parts pay and receive among each other: what they show as such beyond what the department still shows.
inner_of_parts as (

    select
        parts.report_id,
        parts.release,
        inner_topics.topic,
        sum(amounts.amount_yuan) as amount_yuan,
        sum(amounts.half_place) as half_place
    from parts
    cross join inner_topics
    inner join amounts
        on
            parts.part_report_id = amounts.report_id
            and parts.part_release = amounts.release
            and inner_topics.inner_topic = amounts.topic
    where parts.place = 1
    group by parts.report_id, parts.release, inner_topics.topic

),

inner_of_department as (

    select
        releases.report_id,
        releases.release,
        inner_topics.topic,
        sum(amounts.amount_yuan) as amount_yuan,
        sum(amounts.half_place) as half_place
    from releases
    cross join inner_topics
    inner join amounts
        on {{ same(['report_id', 'release'], 'releases', 'amounts') }} and inner_topics.inner_topic = amounts.topic
    group by releases.report_id, releases.release, inner_topics.topic

),

judged as (

    select
        of_department.*,
        completeness.bodies,
        completeness.bodies_present,
        completeness.missing_bodies,
        of_parts.amount_yuan as parts_yuan,
        of_parts.parts_with_row,
        case
            when inner_of_parts.topic is not null
                then coalesce(inner_of_parts.amount_yuan, 0) - coalesce(inner_of_department.amount_yuan, 0)
        end as inner_transfer_yuan,
        coalesce(of_department.half_place, 0) + coalesce(of_parts.half_place, 0)
        + coalesce(inner_of_parts.half_place, 0) + coalesce(inner_of_department.half_place, 0) as tolerance
    from of_department
    left join completeness
        on {{ same(['report_id', 'release'], 'of_department', 'completeness') }}
    left join of_parts
        on {{ same(['report_id', 'release', 'topic'], 'of_department', 'of_parts') }}
    left join inner_of_parts
        on {{ same(['report_id', 'release', 'topic'], 'of_department', 'inner_of_parts') }}
    left join inner_of_department
        on {{ same(['report_id', 'release', 'topic'], 'of_department', 'inner_of_department') }}

),

differed as (

    select
        judged.*,
        coalesce(amount_yuan, 0) - (coalesce(parts_yuan, 0) - coalesce(inner_transfer_yuan, 0)) as difference_yuan,
        case
            when coalesce(bodies, 0) = 0 then 'no_list_of_bodies'
            when bodies_present < bodies then 'parts_missing'
            when bodies = 1 then 'one_body'
            when table_key is null and statement_no is null then 'not_reported'
            when parts_with_row < bodies then 'not_reported_by_all'
            when amount_yuan is null and parts_yuan is null then 'blank'
        end as why_not
    from judged

)

select
    {{ whose() }},
    cast(differed.topic as varchar) as topic,
    cast(differed.check_id as varchar) as check_id,
    cast(differed.amount_yuan as decimal(18, 2)) as department_yuan,
    cast(case when differed.why_not is null then differed.parts_yuan end as decimal(18, 2)) as parts_yuan,
    cast(case when differed.why_not is null then differed.inner_transfer_yuan end as decimal(18, 2))
        as inner_transfer_yuan,
    cast(case when differed.why_not is null then differed.difference_yuan end as decimal(18, 2)) as difference_yuan,
    cast(differed.tolerance as decimal(18, 4)) as tolerance,
    cast(case
        when differed.why_not is not null then differed.why_not
        when differed.difference_yuan = 0 then 'agrees'
        when abs(differed.difference_yuan) <= differed.tolerance then 'within_rounding'
        else 'differs'
    end as varchar) as state,
    cast(coalesce(differed.bodies, 0) as integer) as bodies,
    cast(coalesce(differed.bodies_present, 0) as integer) as bodies_present,
    cast(differed.missing_bodies as varchar) as missing_bodies,
    cast(differed.table_key as varchar) as table_key,
    cast(differed.row_key as varchar) as row_key,
    cast(differed.column_key as varchar) as column_key,
    cast(differed.statement_no as integer) as statement_no
from differed
inner join releases
    on {{ same(['report_id', 'release'], 'differed', 'releases') }}
