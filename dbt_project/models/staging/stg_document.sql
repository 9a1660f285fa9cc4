with source as (

    select * from {{ source('raw', 'document') }}

),

renamed as (

    select
        cast(document_id as varchar) as document_id,
        cast(path as varchar) as document,
        cast(title as varchar) as title,
        cast(media_type as varchar) as media_type,
        cast(bytes as bigint) as bytes,
        cast(retrieved_on as date) as retrieved_on,
        cast(published_on as date) as published_on,
        cast(status as varchar) as status,
        cast(reason as varchar) as reason
    from source

)

select * from renamed
