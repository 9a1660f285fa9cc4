{{ config(materialized='table', meta={'reach': 'everything'}) }}

-- The kind of a body is its name without its place: province, prefecture and division are taken off the front, each
-- once, and the mark of the own level off the end.
with units as (

    select
        names.unit_id,
        names.fiscal_year,
        names.unit_name,
        replace(replace(replace(names.unit_name, '（本级）', ''), '(本级)', ''), ' ', '') as plain_name,
        coalesce(names.province_name, '') as province_name,
        coalesce(divisions.prefecture_name, '') as prefecture_name,
        coalesce(names.division_name, '') as division_name
    from {{ ref('dim_unit_year') }} as names
    left join {{ ref('dim_division') }} as divisions
        on
            names.division_code = divisions.division_code
            and names.division_name = divisions.division_name
            and divisions.is_latest

),

without_province as (

    select
        units.*,
        {{ without_front('plain_name', 'province_name') }} as name_1
    from units

),

without_prefecture as (

    select
        without_province.*,
        {{ without_front('name_1', 'prefecture_name') }} as name_2
    from without_province

),

generic as (

    select
        without_prefecture.*,
        {{ without_front('name_2', 'division_name') }} as generic_name
    from without_prefecture

),

-- A whole name goes before an ending, a longer ending before a shorter one.
matched as (

    select
        generic.unit_id,
        generic.fiscal_year,
        aliases.department_kind,
        aliases.confidence,
        row_number() over (
            partition by generic.unit_id, generic.fiscal_year
            order by case aliases.match when 'whole' then 0 else 1 end, length(aliases.alias) desc, aliases.alias
        ) as place
    from generic
    inner join {{ ref('department_kind_alias') }} as aliases
        on
            generic.generic_name = aliases.alias
            or (aliases.match = 'suffix' and generic.generic_name like '%' || aliases.alias)

)

select
    cast(generic.unit_id as varchar) as unit_id,
    cast(generic.fiscal_year as smallint) as fiscal_year,
    cast(generic.unit_name as varchar) as unit_name,
    cast(generic.generic_name as varchar) as generic_name,
    cast(coalesce(matched.department_kind, nullif(generic.generic_name, '')) as varchar) as department_kind,
    cast(case when matched.department_kind is not null then 'alias' else 'name' end as varchar)
        as department_kind_source,
    cast(coalesce(
        matched.confidence,
        case when generic.generic_name <> generic.plain_name then 'H' else 'L' end
    ) as varchar) as department_kind_confidence
from generic
left join matched
    on generic.unit_id = matched.unit_id and generic.fiscal_year = matched.fiscal_year and matched.place = 1
