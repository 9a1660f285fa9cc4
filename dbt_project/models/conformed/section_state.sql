{{ config(materialized='view', meta={'reach': 'report'}) }}

with passages as (

    select
        stg_passage.*,
        row_number() over (
            partition by report_id, release, section
            order by
                case state when 'present' then 0 when 'withheld' then 1 when 'no_activity' then 2 else 3 end,
                passage_no
        ) as place,
        count(*) over (partition by report_id, release, section) as passages
    from {{ ref('stg_passage') }} as stg_passage

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(section as varchar) as section,
    cast(heading as varchar) as heading,
    cast(state as varchar) as state,
    cast(passages as integer) as passages,
    cast(page as integer) as page,
    cast(line as integer) as line
from passages
where place = 1
