{{ config(materialized='table', meta={'reach': 'everything'}) }}

with listed as (

    select * from {{ ref('divisions') }}

),

ranked as (

    select
        listed.*,
        row_number() over (
            partition by code
            order by coalesce(valid_to_year_exclusive, 9999) desc, valid_from_year desc, name
        ) as recency
    from listed

)

select
    cast(code as varchar) as division_code,
    cast(name as varchar) as division_name,
    cast(level as varchar) as division_level,
    cast(parent_code as varchar) as parent_division_code,
    cast(province_name as varchar) as province_name,
    cast(prefecture_name as varchar) as prefecture_name,
    cast(coalesce(valid_from_year, 1900) as smallint) as from_year,
    cast(coalesce(valid_to_year_exclusive - 1, 9999) as smallint) as to_year,
    cast(recency = 1 as boolean) as is_latest
from ranked
