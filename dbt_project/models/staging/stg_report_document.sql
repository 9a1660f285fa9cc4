with source as (

    select * from {{ source('raw', 'report_document') }}
    where role = 'holds'

),

reports as (

    select * from {{ ref('stg_report') }}

),

renamed as (

    select
        cast(source.report_id as varchar) as report_id,
        cast(source.release as smallint) as release,
        reports.unit_id,
        reports.fiscal_year,
        cast(source.document_id as varchar) as document_id,
        cast(source.report_no as smallint) as report_no
    from source
    inner join reports
        on {{ same(['report_id', 'release'], 'source', 'reports') }}

)

select * from renamed
