{{ config(materialized='view', meta={'reach': 'report'}) }}

with listed as (

    select * from {{ ref('stg_report_unit') }}
    where covered

),

-- Found in the registry by name within the division of the one who says it; 某局本级 is 某局 where 某局 itself says it.
named as (

    select
        listed.report_id,
        listed.release,
        listed.list_position,
        min(listed.name) as body_name,
        min(names.unit_id) as covered_unit_id,
        count(distinct names.unit_id) as units_of_that_name
    from listed
    inner join {{ ref('stg_unit') }} as speakers
        on listed.unit_id = speakers.unit_id
    left join {{ ref('dim_unit_name') }} as names
        on
            (
                listed.name = names.unit_name
                or (
                    listed.unit_id = names.unit_id
                    and listed.name in (
                        names.unit_name || '本级',
                        names.unit_name || '（本级）',
                        names.unit_name || '(本级)',
                        names.unit_name || '机关',
                        names.unit_name || '（机关）',
                        names.unit_name || '(机关)',
                        names.unit_name || '本部'
                    )
                )
            )
            and speakers.division_code = names.division_code
            and listed.fiscal_year between names.from_year and names.to_year
    group by listed.report_id, listed.release, listed.list_position

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(list_position as integer) as list_position,
    cast(body_name as varchar) as body_name,
    cast(case when units_of_that_name = 1 then covered_unit_id end as varchar) as covered_unit_id
from named
