with source as (

    select * from {{ source('raw', 'unit') }}

),

renamed as (

    select
        cast(unit_id as varchar) as unit_id,
        cast(division_code as varchar) as division_code,
        cast(kind as varchar) as kind,
        cast(kind_source as varchar) as kind_source,
        cast(kind_confidence as varchar) as kind_confidence,
        cast(confirmed as boolean) as confirmed,
        cast(note as varchar) as note,
        cast(series_id as varchar) as series_id,
        cast(group_id as varchar) as group_id
    from source

)

select * from renamed
