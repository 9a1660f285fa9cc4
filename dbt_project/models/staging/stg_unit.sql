with source as (

    select * from {{ source('raw', 'unit') }}

),

renamed as (

    select
        cast(unit_id as varchar) as unit_id,
        cast(division_code as varchar) as division_code,
        cast(uscc as varchar) as uscc,
        cast(kind as varchar) as kind,
        cast(kind_source as varchar) as kind_source,
        cast(kind_confidence as varchar) as kind_confidence,
        cast(parent_unit_id as varchar) as parent_unit_id,
        cast(parent_from_year as smallint) as parent_from_year,
        cast(parent_to_year as smallint) as parent_to_year,
        cast(confirmed as boolean) as confirmed,
        cast(note as varchar) as note
    from source

)

select * from renamed
