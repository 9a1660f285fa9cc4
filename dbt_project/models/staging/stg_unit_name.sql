with source as (

    select * from {{ source('raw', 'unit_name') }}

),

renamed as (

    select
        cast(unit_id as varchar) as unit_id,
        cast(name as varchar) as name,
        cast(name_kind as varchar) as name_kind,
        cast(from_year as smallint) as from_year,
        cast(to_year as smallint) as to_year,
        cast(source as varchar) as named_in
    from source

)

select * from renamed
