with source as (

    select * from {{ source('raw', 'report_table') }}

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
        cast(source.table_key as varchar) as table_key,
        cast(source.table_no as integer) as table_no,
        cast(source.printed_number as varchar) as printed_number,
        cast(source.title as varchar) as title,
        cast(source.state as varchar) as state,
        cast(source.money_unit as varchar) as money_unit,
        cast(source.money_unit_source as varchar) as money_unit_source,
        cast({{ array_text('source.notes') }} as varchar) as notes,
        cast(source.reason as varchar) as reason
    from source
    inner join reports
        on {{ same(['report_id', 'unit_id', 'fiscal_year', 'document_id', 'report_no'], 'source', 'reports') }}

),

-- The fund that a whole table is about: by its key, or for 三公 by the words of its title.
funded as (

    select
        renamed.*,
        cast(case
            when table_key in ('T1', 'T2', 'T3') then 'all_sources'
            when table_key in ('T5', 'T6') then 'general_public_budget'
            when table_key = 'TF' then 'government_fund'
            when table_key = 'TG' then 'state_capital'
            when table_key = 'TS' and title like '%政府性基金%' then 'government_fund'
            when table_key = 'TS' and title like '%国有资本%' then 'state_capital'
            when table_key = 'TS' and (title like '%一般公共预算%' or title like '%公共财政预算%') then 'general_public_budget'
            when table_key in ('T4', 'TS') then 'appropriation'
        end as varchar) as fund
    from renamed

),

-- Of several tables of one key and fund the first that has figures counts; a 三公 table of one fund does not count
-- beside one of all appropriations, which contains it. Unit and year follow from the report; they stand in the windows
-- so that who asks for those of one unit has no others ranked.
ranked as (

    select
        funded.*,
        row_number() over (
            partition by report_id, unit_id, fiscal_year, release, table_key, fund
            order by case when state = 'present' then 0 when state = 'no_activity' then 1 else 2 end, table_no
        ) as place,
        max(case when fund = 'appropriation' and state = 'present' then 1 else 0 end) over (
            partition by report_id, unit_id, fiscal_year, release, table_key
        ) as has_whole
    from funded

)

select
    report_id,
    release,
    unit_id,
    fiscal_year,
    document_id,
    report_no,
    table_key,
    table_no,
    printed_number,
    title,
    state,
    money_unit,
    money_unit_source,
    notes,
    reason,
    fund,
    cast(place = 1 and (fund is null or fund = 'appropriation' or table_key <> 'TS' or has_whole = 0) as boolean)
        as is_counted
from ranked
