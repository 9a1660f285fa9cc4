{{ config(materialized='table', meta={'reach': 'everything'}) }}

with units as (

    select * from {{ ref('stg_unit') }}

),

names as (

    select * from {{ ref('dim_unit_name') }}

),

short_names as (

    select
        names.*,
        row_number() over (partition by unit_id order by to_year desc, from_year desc, unit_name) as recency
    from names
    where name_kind = 'short'

),

divisions as (

    select * from {{ ref('dim_division') }}
    where is_latest

),

parents as (

    select
        parents.*,
        row_number() over (partition by unit_id order by to_year desc, from_year desc, parent_unit_id) as recency
    from {{ ref('stg_unit_parent') }} as parents

),

identifiers as (

    select
        listed.*,
        row_number() over (
            partition by unit_id, identifier_kind
            order by to_year desc, from_year desc, identifier
        ) as recency
    from {{ ref('stg_unit_identifier') }} as listed

),

own_identifiers as (

    select
        unit_id,
        max(case when identifier_kind = 'uscc' then identifier end) as uscc,
        max(case when identifier_kind = 'budget_unit_code' then identifier end) as budget_unit_code
    from identifiers
    where recency = 1
    group by unit_id

),

reported as (

    select
        unit_id,
        min(fiscal_year) as first_report_year,
        max(fiscal_year) as last_report_year
    from {{ ref('stg_report') }}
    where family = 'final_accounts'
    group by unit_id

)

select
    cast(units.unit_id as varchar) as unit_id,
    cast(names.unit_name as varchar) as unit_name,
    cast(short_names.unit_name as varchar) as short_name,
    cast(units.division_code as varchar) as division_code,
    cast(divisions.division_name as varchar) as division_name,
    cast(divisions.division_level as varchar) as division_level,
    cast(divisions.province_name as varchar) as province_name,
    cast(own_identifiers.uscc as varchar) as uscc,
    cast(own_identifiers.budget_unit_code as varchar) as budget_unit_code,
    cast(units.kind as varchar) as kind,
    cast(units.kind_source as varchar) as kind_source,
    cast(units.kind_confidence as varchar) as kind_confidence,
    cast(parents.parent_unit_id as varchar) as parent_unit_id,
    cast(coalesce(units.series_id, units.unit_id) as varchar) as series_id,
    cast(coalesce(units.group_id, units.unit_id) as varchar) as group_id,
    cast(reported.first_report_year as smallint) as first_report_year,
    cast(reported.last_report_year as smallint) as last_report_year,
    cast(units.confirmed as boolean) as is_confirmed
from units
left join names
    on units.unit_id = names.unit_id and names.is_latest
left join short_names
    on units.unit_id = short_names.unit_id and short_names.recency = 1
left join divisions
    on units.division_code = divisions.division_code
left join parents
    on units.unit_id = parents.unit_id and parents.recency = 1
left join own_identifiers
    on units.unit_id = own_identifiers.unit_id
left join reported
    on units.unit_id = reported.unit_id
