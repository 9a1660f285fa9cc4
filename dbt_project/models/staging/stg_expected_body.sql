with source as (

    select * from {{ source('raw', 'expected_body') }}

),

renamed as (

    select
        cast(unit_id as varchar) as unit_id,
        cast(from_year as smallint) as from_year,
        cast(coalesce(to_year, 9999) as smallint) as to_year,
        cast(scope as varchar) as scope,
        cast(state as varchar) as state,
        cast(reason as varchar) as reason,
        cast(source as varchar) as listed_in
    from source

)

select * from renamed
