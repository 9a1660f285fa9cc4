with source as (

    select * from {{ source('raw', 'report') }}

),

renamed as (

    select
        cast(report_id as varchar) as report_id,
        cast(release as smallint) as release,
        cast(unit_id as varchar) as unit_id,
        cast(fiscal_year as smallint) as fiscal_year,
        cast(scope as varchar) as scope,
        cast(family as varchar) as family,
        cast(document_id as varchar) as document_id,
        cast(report_no as smallint) as report_no,
        cast(unit_name as varchar) as printed_unit_name,
        cast(title as varchar) as title,
        cast(money_unit as varchar) as money_unit,
        cast(status as varchar) as status,
        cast(reason as varchar) as reason,
        cast(is_current as boolean) as is_current
    from source

)

select * from renamed
