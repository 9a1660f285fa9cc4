{{ config(materialized='view', meta={'reach': 'report'}) }}

with cells as (

    select * from {{ ref('stg_cell') }}

),

releases as (

    select * from {{ ref('fct_release') }}

),

documents as (

    select * from {{ ref('stg_document') }}

),

-- Which budget a budget column of the 三公 table is.
three_public as (

    select * from {{ ref('fct_three_public') }}

)

select
    cast(cells.unit_id as varchar) as unit_id,
    cast(releases.unit_name as varchar) as unit_name,
    cast(releases.division_code as varchar) as division_code,
    cast(cells.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(releases.family as varchar) as family,
    cast(cells.release as smallint) as release,
    cast(releases.is_current as boolean) as is_current,
    cast(cells.table_key as varchar) as table_key,
    cast(cells.row_key as varchar) as row_key,
    cast(cells.row_label as varchar) as row_label,
    cast(cells.line_key as varchar) as line_key,
    cast(cells.column_key as varchar) as column_key,
    cast(coalesce(three_public.stage, cells.stage) as varchar) as stage,
    cast(cells.fund as varchar) as fund,
    cast(cells.value_text as varchar) as value_text,
    cast(cells.money_unit as varchar) as money_unit,
    cast(cells.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(cells.precision_yuan as decimal(18, 2)) as precision_yuan,
    cast(cells.page as integer) as page,
    cast(cells.placed_by as varchar) as placed_by,
    cast(cells.method as varchar) as method,
    cast(cells.confirmation as varchar) as confirmation,
    cast(cells.document_id as varchar) as document_id,
    cast(documents.document as varchar) as document
from cells
inner join releases
    on {{ same(['report_id', 'unit_id', 'fiscal_year', 'release'], 'cells', 'releases') }}
left join documents
    on cells.document_id = documents.document_id
left join three_public
    on
        -- Not by table_key: its one value there makes this side empty for another table, and DuckDB 2.0.0 then drops a
        -- LIMIT. The number of a table says which it is.
        {{ same(['report_id', 'unit_id', 'fiscal_year'], 'cells', 'three_public') }}
        and {{ same(['release', 'table_no', 'row_key', 'column_key'], 'cells', 'three_public') }}
