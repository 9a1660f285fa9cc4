with source as (

    select * from {{ source('raw', 'approval') }}

),

renamed as (

    select
        cast(unit_id as varchar) as unit_id,
        cast(fiscal_year as smallint) as fiscal_year,
        cast(scope as varchar) as scope,
        cast(approved_on as date) as approved_on,
        cast(source as varchar) as named_in
    from source

)

select * from renamed
