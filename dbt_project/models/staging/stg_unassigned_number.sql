with source as (

    select * from {{ source('raw', 'unassigned_number') }}

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
        cast(source.number_no as integer) as number_no,
        cast(source.text as varchar) as text,
        cast(source.quote as varchar) as quote,
        cast(source.table_key as varchar) as table_key,
        cast(source.reason as varchar) as reason,
        cast({{ array_text('source.candidates') }} as varchar) as candidates,
        cast(source.page as integer) as page,
        cast(source.line as integer) as line
    from source
    inner join reports
        on {{ same(['report_id', 'document_id', 'report_no'], 'source', 'reports') }}

)

select * from renamed
