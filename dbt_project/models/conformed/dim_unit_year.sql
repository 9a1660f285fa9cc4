{{ config(materialized='table', meta={'reach': 'everything'}) }}

with units as (

    select * from {{ ref('dim_unit') }}

),

years as (

    select fiscal_year from {{ ref('dim_fiscal_year') }}

),

-- The name of a year: the official one in force, of several the one that began last; else the one in use now.
names as (

    select
        names.unit_id,
        years.fiscal_year,
        names.unit_name,
        row_number() over (
            partition by names.unit_id, years.fiscal_year
            order by
                case when years.fiscal_year between names.from_year and names.to_year then 0 else 1 end,
                case names.name_kind when 'official' then 0 when 'printed' then 1 else 2 end,
                case when names.is_latest then 0 else 1 end,
                names.from_year desc,
                names.unit_name
        ) as place
    from {{ ref('dim_unit_name') }} as names
    cross join years

),

divisions as (

    select
        divisions.*,
        years.fiscal_year,
        row_number() over (
            partition by divisions.division_code, years.fiscal_year
            order by
                case when years.fiscal_year between divisions.from_year and divisions.to_year then 0 else 1 end,
                divisions.from_year desc,
                divisions.division_name
        ) as place
    from {{ ref('dim_division') }} as divisions
    cross join years
    where divisions.division_code in (select units.division_code from units)

),

-- Rows of the registry do not overlap, so there is one department a year at most.
parents as (

    select
        parents.unit_id,
        years.fiscal_year,
        parents.parent_unit_id,
        parents.named_in
    from {{ ref('stg_unit_parent') }} as parents
    inner join years
        on years.fiscal_year between parents.from_year and parents.to_year

)

select
    cast(units.unit_id as varchar) as unit_id,
    cast(years.fiscal_year as smallint) as fiscal_year,
    cast(names.unit_name as varchar) as unit_name,
    cast(units.division_code as varchar) as division_code,
    cast(divisions.division_name as varchar) as division_name,
    cast(divisions.division_level as varchar) as division_level,
    cast(divisions.province_name as varchar) as province_name,
    cast(units.kind as varchar) as kind,
    cast(parents.parent_unit_id as varchar) as parent_unit_id,
    cast(parent_names.unit_name as varchar) as parent_unit_name,
    cast(parents.named_in as varchar) as parent_named_in,
    cast(coalesce(parents.parent_unit_id, units.unit_id) as varchar) as department_unit_id,
    cast(units.series_id as varchar) as series_id,
    cast(units.group_id as varchar) as group_id
from units
cross join years
left join names
    on units.unit_id = names.unit_id and years.fiscal_year = names.fiscal_year and names.place = 1
left join divisions
    on
        units.division_code = divisions.division_code
        and years.fiscal_year = divisions.fiscal_year
        and divisions.place = 1
left join parents
    on units.unit_id = parents.unit_id and years.fiscal_year = parents.fiscal_year
left join names as parent_names
    on
        parents.parent_unit_id = parent_names.unit_id
        and years.fiscal_year = parent_names.fiscal_year
        and parent_names.place = 1
