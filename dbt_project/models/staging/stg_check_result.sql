with source as (

    select * from {{ source('raw', 'check_result') }}

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
        cast(source.check_no as integer) as check_no,
        cast(source.check_id as varchar) as check_id,
        cast(source.place as varchar) as place,
        cast(source.state as varchar) as state,
        cast(source.severity as varchar) as severity,
        cast(source.expected as decimal(24, 6)) as expected,
        cast(source.actual as decimal(24, 6)) as actual,
        cast(source.difference as decimal(24, 6)) as difference,
        cast(source.tolerance as decimal(24, 6)) as tolerance,
        cast(source.root as varchar) as root,
        cast(source.message as varchar) as message
    from source
    inner join reports
        on {{ same(['report_id', 'document_id', 'report_no'], 'source', 'reports') }}

)

select * from renamed
