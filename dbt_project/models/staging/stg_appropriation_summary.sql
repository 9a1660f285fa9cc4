with cells as (

    select * from {{ ref('stg_cell') }}

),

renamed as (

    select
        cells.report_id,
        cells.release,
        cells.unit_id,
        cells.fiscal_year,
        cells.table_no,
        cells.row_key,
        cells.row_label,
        cells.line_key,
        cells.column_key,
        cast(split_part(cells.row_key, ':', 1) as varchar) as side,
        cells.code as class_code,
        cells.fund,
        cells.value_text,
        cells.money_unit,
        cells.amount_yuan,
        cells.precision_yuan,
        cells.value_state,
        cells.page,
        cells.document_id,
        cells.cell_no,
        cells.is_counted
    from cells
    where cells.table_key = 'T4'

)

select * from renamed
