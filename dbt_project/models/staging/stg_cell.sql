{{ config(
    materialized='incremental', incremental_strategy='replace_affected',
    meta={
        'reach': 'report', 'joins_as_written': true,
        'stored_by': 'fiscal_year, unit_id, report_id, table_no, cell_no'
    }
) }}

-- A table, while all else of staging is views: every fact and every reader of figures begins here.
with source as (

    select * from {{ source('raw', 'cell') }}
    where {{ only_affected('report_id') }}

),

reports as (

    select * from {{ ref('stg_report_document') }}

),

tables as (

    select * from {{ ref('stg_report_table') }}

),

form_columns as (

    select * from {{ ref('form_column') }}

),

form_lines as (

    select * from {{ ref('form_line') }}

),

renamed as (

    select
        reports.report_id,
        reports.release,
        reports.unit_id,
        reports.fiscal_year,
        reports.document_id,
        reports.report_no,
        source.cell_no,
        source.table_key,
        source.table_no,
        source.row_no,
        source.row_key,
        source.row_label,
        source.line_key,
        source.column_key,
        source.value_text,
        source.value,
        source.precision as decimals,
        -- a count (of vehicles, of people) has no unit of money, whatever its table has
        source.money_unit,
        source.page,
        source.line,
        source.method,
        source.confidence,
        source.placed_by,
        source.stored_text,
        source.confirmation,
        tables.state as table_state,
        tables.fund as table_fund,
        coalesce(tables.is_counted, false) as is_counted,
        {{ array_text('source.header_path') }} as header,
        {{ code_of('source.row_key') }} as code
    from source
    inner join reports
        on {{ same(['report_id', 'unit_id', 'fiscal_year', 'document_id', 'report_no'], 'source', 'reports') }}
    left join tables
        on
            reports.release = tables.release
            and {{ same(['report_id', 'unit_id', 'fiscal_year', 'table_key', 'table_no'], 'source', 'tables') }}

),

-- The row's place in the tree of its table: its code, else its line, else its key.
noded as (

    select
        renamed.*,
        coalesce(code, line_key, row_key) as node,
        case
            when line_key like 'expenditure.class.%' then 'expenditure.class.*'
            else coalesce(code, line_key, row_key)
        end as form_line_key,
        coalesce(code, case when line_key like 'expenditure.class.%' then split_part(line_key, '.', 3) end)
            as functional_or_economic_code
    from renamed

),

placed as (

    select
        noded.*,
        form_columns.measure as column_measure,
        form_columns.role,
        form_columns.facet as column_facet,
        form_columns.stage as column_stage,
        coalesce(form_columns.fund, form_lines.fund, noded.table_fund) as fund,
        form_lines.measure as line_measure,
        form_lines.facet as line_facet,
        form_lines.role as line_role
    from noded
    left join form_columns
        on noded.table_key = form_columns.table_key and noded.column_key = form_columns.column_key
    left join form_lines
        on noded.table_key = form_lines.table_key and noded.form_line_key = form_lines.line_key

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(document_id as varchar) as document_id,
    cast(report_no as smallint) as report_no,
    cast(cell_no as integer) as cell_no,
    cast(table_key as varchar) as table_key,
    cast(table_no as integer) as table_no,
    cast(row_no as integer) as row_no,
    cast(row_key as varchar) as row_key,
    cast(row_label as varchar) as row_label,
    cast(line_key as varchar) as line_key,
    cast(column_key as varchar) as column_key,
    cast(node as varchar) as node,
    cast(functional_or_economic_code as varchar) as code,
    cast(coalesce(line_measure, column_measure) as varchar) as measure,
    cast(role as varchar) as role,
    cast(coalesce(line_role, 'part') as varchar) as line_role,
    cast(coalesce(column_facet, line_facet) as varchar) as facet,
    cast(fund as varchar) as fund,
    cast(coalesce(column_stage, 'final') as varchar) as stage,
    cast(header as varchar) as header,
    cast(value_text as varchar) as value_text,
    cast(value as decimal(24, 6)) as value,
    cast(decimals as smallint) as decimals,
    cast(money_unit as varchar) as money_unit,
    cast({{ to_yuan('value', 'money_unit') }} as decimal(18, 2)) as amount_yuan,
    cast({{ precision_yuan('decimals', 'money_unit') }} as decimal(18, 2)) as precision_yuan,
    cast({{ value_state('value', 'value_text', 'money_unit', 'table_state') }} as varchar) as value_state,
    cast(table_state as varchar) as table_state,
    cast(is_counted as boolean) as is_counted,
    cast(page as integer) as page,
    cast(line as integer) as line,
    cast(method as varchar) as method,
    cast(confidence as decimal(5, 4)) as confidence,
    cast(placed_by as varchar) as placed_by,
    cast(stored_text as varchar) as stored_text,
    cast(confirmation as varchar) as confirmation
from placed
