with source as (

    select * from {{ source('raw', 'unit_parent') }}

),

renamed as (

    select
        cast(unit_id as varchar) as unit_id,
        cast(parent_unit_id as varchar) as parent_unit_id,
        cast(coalesce(from_year, 1900) as smallint) as from_year,
        cast(coalesce(to_year, 9999) as smallint) as to_year,
        cast(source as varchar) as named_in
    from source

)

select * from renamed
