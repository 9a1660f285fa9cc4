{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

said as (

    select * from {{ ref('statement_counted') }}
    where
        (topic like 'assets.%' or topic like 'staff.%')
        and measure = 'count'
        and {{ only_affected('report_id', 'year') }}

),

as_of as (

    select
        report_id,
        release,
        min(value_text) as as_of
    from {{ ref('statement_counted') }}
    where topic = 'assets.as_of' and {{ only_affected('report_id', 'year') }}
    group by report_id, release

),

items as (

    select * from {{ ref('asset_item') }}

)

select
    {{ whose() }},
    cast(said.statement_no as integer) as statement_no,
    cast(coalesce(items.kind, split_part(said.topic, '.', 1)) as varchar) as kind,
    cast(said.topic as varchar) as topic,
    cast(coalesce(items.asset_use, said.topic) as varchar) as asset_use,
    cast(coalesce(items.name, said.subject, said.topic) as varchar) as item_name,
    cast(coalesce(items.asset_use, '') = 'total' as boolean) as is_total,
    cast(said.subject as varchar) as subject,
    cast(said.value_state as varchar) as value_state,
    cast(said.value as decimal(24, 6)) as quantity,
    cast(said.unit as varchar) as unit,
    cast(said.qualifier as varchar) as qualifier,
    cast(as_of.as_of as varchar) as as_of,
    cast(said.is_contradicted as boolean) as is_contradicted,
    {{ where_read('said') }}
from said
inner join releases
    on {{ same(['report_id', 'release'], 'said', 'releases') }}
left join as_of
    on {{ same(['report_id', 'release'], 'said', 'as_of') }}
left join items
    on said.topic = items.topic
