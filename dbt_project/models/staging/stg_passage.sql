with source as (

    select * from {{ source('raw', 'passage') }}

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
        cast(source.passage_no as integer) as passage_no,
        cast(source.section as varchar) as section,
        cast(source.heading as varchar) as heading,
        cast(source.state as varchar) as state,
        cast(source.text as varchar) as text,
        cast(source.page as integer) as page,
        cast(source.line as integer) as line
    from source
    inner join reports
        on {{ same(['report_id', 'document_id', 'report_no'], 'source', 'reports') }}

)

select * from renamed
