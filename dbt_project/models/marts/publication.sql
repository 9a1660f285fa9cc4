{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

-- When each report came out: its first release tells the day, since a corrected reissue does not undo a publication.
with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

firsts as (

    select
        report_id,
        min(published_on) as first_published_on,
        min(retrieved_on) as first_retrieved_on
    from {{ ref('fct_release') }}
    where {{ only_affected('report_id', 'series') }}
    group by report_id

),

-- An approval of this scope goes before one that holds for all scopes.
approvals as (

    select
        releases.report_id,
        approvals.approved_on,
        approvals.named_in,
        row_number() over (
            partition by releases.report_id order by case when approvals.scope is null then 1 else 0 end
        ) as place
    from releases
    inner join {{ ref('stg_approval') }} as approvals
        on
            releases.unit_id = approvals.unit_id
            and releases.fiscal_year = approvals.fiscal_year
            and (approvals.scope is null or releases.scope = approvals.scope)

),

dated as (

    select
        releases.*,
        firsts.first_published_on,
        firsts.first_retrieved_on,
        approvals.approved_on,
        approvals.named_in as approval_named_in,
        case
            when firsts.first_published_on is not null and approvals.approved_on is not null
                then {{ days_between('approvals.approved_on', 'firsts.first_published_on') }}
        end as publication_days
    from releases
    inner join firsts
        on releases.report_id = firsts.report_id
    left join approvals
        on releases.report_id = approvals.report_id and approvals.place = 1

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
    cast(approved_on as date) as approved_on,
    cast(first_published_on as date) as first_published_on,
    cast(first_retrieved_on as date) as first_retrieved_on,
    cast(publication_days as integer) as publication_days,
    cast(
        case
            when first_published_on is null then 'publication_unknown'
            when approved_on is null then 'approval_unknown'
            when publication_days < 0 then 'before_approval'
            when publication_days <= {{ var('publication_days_allowed') }} then 'in_time'
            else 'late'
        end as varchar
    ) as publication_state,
    cast(approval_named_in as varchar) as approval_named_in,
    cast(document_id as varchar) as document_id
from dated
