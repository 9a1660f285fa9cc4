{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with cells as (

    select * from {{ ref('stg_cell') }}
    where
        code is not null
        and table_key in ('T2', 'T3', 'T5', 'T6', 'TF', 'TG')
        and trim(row_label) <> ''
        and {{ only_affected('report_id') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(case when table_key = 'T6' then 'economic' else 'functional' end as varchar) as classification,
    cast(code as varchar) as code,
    cast(row_label as varchar) as name,
    cast(count(distinct table_key) as integer) as tables
from cells
group by
    report_id, release, unit_id, fiscal_year, case when table_key = 'T6' then 'economic' else 'functional' end, code,
    row_label
