{{ config(materialized='table', meta={'reach': 'everything'}) }}

with registered as (

    select * from {{ ref('stg_unit_name') }}

),

units as (

    select * from {{ ref('stg_unit') }}

),

-- One row per unit, name and first year; an open end is a year before or after all others.
dated as (

    select
        registered.unit_id,
        units.division_code,
        registered.name as unit_name,
        coalesce(registered.from_year, 1900) as from_year,
        max(coalesce(registered.to_year, 9999)) as to_year,
        min(registered.name_kind) as name_kind,
        min(registered.named_in) as named_in
    from registered
    inner join units
        on registered.unit_id = units.unit_id
    group by registered.unit_id, units.division_code, registered.name, coalesce(registered.from_year, 1900)

),

-- The name that a unit goes by: the official one before one as printed, a short one last; of several the one that ends
-- last, then began last, then the one listed first.
ranked as (

    select
        dated.*,
        row_number() over (
            partition by unit_id
            order by
                case name_kind when 'official' then 0 when 'printed' then 1 else 2 end,
                to_year desc,
                from_year desc,
                unit_name
        ) as recency
    from dated

)

select
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(name_kind as varchar) as name_kind,
    cast(division_code as varchar) as division_code,
    cast(from_year as smallint) as from_year,
    cast(to_year as smallint) as to_year,
    cast(named_in as varchar) as named_in,
    cast(recency = 1 as boolean) as is_latest
from ranked
