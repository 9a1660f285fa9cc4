{{ config(materialized='table', meta={'reach': 'everything'}) }}

with successions as (

    select * from {{ ref('stg_unit_succession') }}

),

units as (

    select * from {{ ref('dim_unit') }}

)

select
    cast(successions.predecessor_unit_id as varchar) as predecessor_unit_id,
    cast(before.unit_name as varchar) as predecessor_name,
    cast(successions.successor_unit_id as varchar) as successor_unit_id,
    cast(after.unit_name as varchar) as successor_name,
    cast(successions.succession_kind as varchar) as succession_kind,
    cast(successions.from_year as smallint) as from_year,
    cast(successions.effective_on as date) as effective_on,
    cast(before.series_id = after.series_id as boolean) as is_one_series,
    cast(before.group_id as varchar) as group_id,
    cast(successions.evidence as varchar) as evidence,
    cast(successions.confidence as varchar) as confidence,
    cast(successions.note as varchar) as note
from successions
inner join units as before
    on successions.predecessor_unit_id = before.unit_id
left join units as after
    on successions.successor_unit_id = after.unit_id
