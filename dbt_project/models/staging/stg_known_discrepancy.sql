with source as (

    select * from {{ source('raw', 'known_discrepancy') }}

),

renamed as (

    select
        cast(unit_id as varchar) as unit_id,
        cast(fiscal_year as smallint) as fiscal_year,
        cast(scope as varchar) as scope,
        cast(check_id as varchar) as check_id,
        cast(place as varchar) as place,
        cast(verdict as varchar) as verdict,
        cast(reason as varchar) as verdict_reason,
        cast(source as varchar) as named_in
    from source

)

select * from renamed
