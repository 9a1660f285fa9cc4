with source as (

    select * from {{ source('raw', 'unit_succession') }}

),

renamed as (

    select
        cast(predecessor_unit_id as varchar) as predecessor_unit_id,
        cast(successor_unit_id as varchar) as successor_unit_id,
        cast(kind as varchar) as succession_kind,
        cast(from_year as smallint) as from_year,
        cast(effective_on as date) as effective_on,
        cast(evidence as varchar) as evidence,
        cast(confidence as varchar) as confidence,
        cast(note as varchar) as note
    from source

)

select * from renamed
