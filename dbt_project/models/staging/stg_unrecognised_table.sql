with source as (

    select * from {{ source('raw', 'unrecognised_table') }}

),

reports as (

    select * from {{ ref('stg_report_document') }}

),

renamed as (

    select
        cast(source.report_id as varchar) as report_id,
        reports.release,
        reports.unit_id,
        reports.fiscal_year,
        reports.document_id,
        reports.report_no,
        cast(source.table_index as integer) as table_index,
        cast(source.title as varchar) as title,
        cast(source.reason as varchar) as reason,
        cast(source.state as varchar) as state
    from source
    inner join reports
        on {{ same(['report_id', 'document_id', 'report_no'], 'source', 'reports') }}

)

select * from renamed
