{{ config(materialized='table', meta={'reach': 'everything'}) }}

with units as (

    select * from {{ ref('stg_unit') }}

),

names as (

    select * from {{ ref('dim_unit_name') }}
    where is_latest

),

divisions as (

    select * from {{ ref('dim_division') }}
    where is_latest

)

select
    cast(units.unit_id as varchar) as unit_id,
    cast(names.unit_name as varchar) as unit_name,
    cast(units.division_code as varchar) as division_code,
    cast(divisions.division_name as varchar) as division_name,
    cast(divisions.province_name as varchar) as province_name,
    cast(units.uscc as varchar) as uscc,
    cast(units.kind as varchar) as kind,
    cast(units.kind_source as varchar) as kind_source,
    cast(units.kind_confidence as varchar) as kind_confidence,
    cast(units.parent_unit_id as varchar) as parent_unit_id,
    cast(units.parent_from_year as smallint) as parent_from_year,
    cast(units.parent_to_year as smallint) as parent_to_year,
    cast(units.confirmed as boolean) as is_confirmed
from units
left join names
    on units.unit_id = names.unit_id
left join divisions
    on units.division_code = divisions.division_code
