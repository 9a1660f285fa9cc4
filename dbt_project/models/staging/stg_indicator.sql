with source as (

    select * from {{ source('raw', 'indicator') }}

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
        cast(source.indicator_no as integer) as indicator_no,
        cast(source.project as varchar) as project,
        cast(source.indicator_group as varchar) as indicator_group,
        cast(source.name as varchar) as name,
        cast(source.target_operator as varchar) as target_operator,
        cast(source.target as varchar) as target,
        cast(source.actual as varchar) as actual,
        cast(source.unit as varchar) as unit,
        cast(source.completion_pct as varchar) as completion_pct,
        cast(source.score as varchar) as score,
        cast(source.quote as varchar) as quote,
        cast(source.page as integer) as page,
        cast(source.line as integer) as line
    from source
    inner join reports
        on {{ same(['report_id', 'document_id', 'report_no'], 'source', 'reports') }}

)

select * from renamed
