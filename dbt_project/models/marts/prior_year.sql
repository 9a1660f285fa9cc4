{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

pairs as (

    select
        later.report_id,
        later.release,
        earlier.report_id as prior_report_id,
        earlier.release as prior_release
    from {{ ref('comparison_member') }} as later
    inner join {{ ref('comparison_member') }} as earlier
        on {{ same(['entity_kind', 'entity_id', 'fiscal_year', 'scope'], 'later', 'earlier') }}
    where
        later.entity_kind = 'series' and later.side = 'current' and earlier.side = 'prior'
        and {{ only_affected('later.report_id', 'series') }}

),

-- A topic that is told twice of one year counts once, where it was told first.
implied as (

    select
        told.*,
        row_number() over (
            partition by told.report_id, told.release, told.topic, coalesce(told.subject_key, '')
            order by told.statement_no
        ) as occurrence
    from {{ ref('fct_prior_year') }} as told
    where {{ only_affected('told.report_id', 'series') }}

),

printed as (

    select
        report_id,
        release,
        statement_no,
        value_text,
        unit,
        {{ half_place_of('value_text', 'unit') }} as half_place
    from {{ ref('stg_statement') }}
    where unit is not null and {{ only_affected('report_id', 'series') }}

),

amounts as (

    select * from {{ ref('topic_amount') }}
    where report_id in (select pairs.prior_report_id from pairs)

),

compared as (

    select
        implied.*,
        pairs.prior_report_id,
        pairs.prior_release,
        amounts.amount_yuan as reported_prior_yuan,
        amounts.said_in as reported_in,
        amounts.table_key,
        amounts.row_key,
        amounts.column_key,
        amounts.statement_no as prior_statement_no,
        coalesce(of_amount.half_place, 0) + coalesce(of_change.half_place, 0) + coalesce(amounts.half_place, 0)
            as tolerance
    from implied
    left join pairs
        on {{ same(['report_id', 'release'], 'implied', 'pairs') }}
    left join amounts
        on
            pairs.prior_report_id = amounts.report_id
            and pairs.prior_release = amounts.release
            and implied.topic = amounts.topic
            and implied.subject_key is null
    left join printed as of_amount
        on
            {{ same(['report_id', 'release'], 'implied', 'of_amount') }}
            and implied.amount_statement_no = of_amount.statement_no
    left join printed as of_change
        on
            {{ same(['report_id', 'release'], 'implied', 'of_change') }}
            and implied.statement_no = of_change.statement_no
    where implied.occurrence = 1

)

select
    {{ whose() }},
    cast(compared.prior_year as smallint) as prior_year,
    cast(compared.topic as varchar) as topic,
    cast(compared.functional_code as varchar) as functional_code,
    cast(compared.subject_key as varchar) as subject_key,
    cast(compared.final_yuan as decimal(18, 2)) as final_yuan,
    cast(compared.change_amount_yuan as decimal(18, 2)) as change_amount_yuan,
    cast(compared.implied_prior_yuan as decimal(18, 2)) as implied_prior_yuan,
    cast(compared.reported_prior_yuan as decimal(18, 2)) as reported_prior_yuan,
    cast(compared.reported_prior_yuan - compared.implied_prior_yuan as decimal(18, 2)) as difference_yuan,
    cast(compared.tolerance as decimal(18, 4)) as tolerance,
    cast(case
        when compared.prior_report_id is null then 'no_prior_report'
        when compared.reported_prior_yuan is null then 'not_reported'
        when compared.reported_prior_yuan = compared.implied_prior_yuan then 'agrees'
        when abs(compared.reported_prior_yuan - compared.implied_prior_yuan) <= compared.tolerance
            then 'within_rounding'
        else 'differs'
    end as varchar) as state,
    cast(coalesce(compared.reported_prior_yuan, compared.implied_prior_yuan) as decimal(18, 2)) as prior_yuan,
    cast(case when compared.reported_prior_yuan is not null then 'reported' else 'derived' end as varchar)
        as prior_source,
    cast(compared.prior_report_id as varchar) as prior_report_id,
    cast(compared.prior_release as smallint) as prior_release,
    cast(compared.statement_no as integer) as statement_no,
    cast(compared.amount_statement_no as integer) as amount_statement_no,
    cast(compared.table_key as varchar) as prior_table_key,
    cast(compared.row_key as varchar) as prior_row_key,
    cast(compared.column_key as varchar) as prior_column_key,
    cast(compared.prior_statement_no as integer) as prior_statement_no
from compared
inner join releases
    on {{ same(['report_id', 'release'], 'compared', 'releases') }}
