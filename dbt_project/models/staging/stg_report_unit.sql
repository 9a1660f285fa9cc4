with source as (

    select * from {{ source('raw', 'report_unit') }}

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
        cast(source.position as integer) as list_position,
        cast(source.name as varchar) as name,
        cast(source.covered as boolean) as covered,
        cast(source.reason as varchar) as reason,
        cast(source.page as integer) as page,
        cast(source.line as integer) as line
    from source
    inner join reports
        on {{ same(['report_id', 'document_id', 'report_no'], 'source', 'reports') }}

)

select * from renamed
