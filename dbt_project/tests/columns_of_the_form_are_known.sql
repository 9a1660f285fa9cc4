-- A column that the form definitions have and form_column does not would be shown but never counted.
select distinct
    cells.table_key,
    cells.column_key
from {{ ref('stg_cell') }} as cells
where
    cells.table_key in (select form_columns.table_key from {{ ref('form_column') }} as form_columns)
    and cells.role is null
    and {{ is_tested('cells.report_id') }}
