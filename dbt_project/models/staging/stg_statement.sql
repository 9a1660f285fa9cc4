with source as (

    select * from {{ source('raw', 'statement') }}

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
        cast(source.statement_no as integer) as statement_no,
        cast(source.topic as varchar) as topic,
        cast(source.measure as varchar) as measure,
        cast(source.value as decimal(24, 6)) as value,
        cast(source.unit as varchar) as unit,
        cast({{ to_yuan('source.value', 'source.unit') }} as decimal(18, 2)) as amount_yuan,
        cast(source.value_text as varchar) as value_text,
        cast(source.qualifier as varchar) as qualifier,
        cast(source.null_reason as varchar) as null_reason,
        cast(source.base as varchar) as base,
        cast(source.subject as varchar) as subject,
        cast(source.reason as varchar) as reason,
        cast(source.section as varchar) as section,
        cast(source.quote as varchar) as quote,
        cast(source.page as integer) as page,
        cast(source.line as integer) as line
    from source
    inner join reports
        on {{ same(['report_id', 'document_id', 'report_no'], 'source', 'reports') }}

)

select * from renamed
