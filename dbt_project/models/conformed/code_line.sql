{{ config(materialized='table', meta={'reach': 'everything'}) }}

with codes as (

    select
        'function' as kind,
        functional_code as code,
        fiscal_year
    from {{ ref('dim_functional_class') }}

),

economic as (

    select
        'economic' as kind,
        economic_code as code,
        fiscal_year
    from {{ ref('dim_economic_class') }}

),

functional_lines as (

    select
        codes.kind,
        codes.code,
        codes.fiscal_year,
        {{ of_line('line_code', 'codes.code') }} as line_code,
        {{ of_line('mapping', "'same'") }} as mapping,
        {{ of_line('confidence', 'null') }} as confidence,
        {{ of_line('from_year', 1900) }} as from_year,
        {{ of_line('to_year', 9999) }} as to_year
    from codes
    {{ join_lines('codes', 'code', 'functional') }}

),

economic_lines as (

    select
        economic.kind,
        economic.code,
        economic.fiscal_year,
        {{ of_line('line_code', 'economic.code') }} as line_code,
        {{ of_line('mapping', "'same'") }} as mapping,
        {{ of_line('confidence', 'null') }} as confidence,
        {{ of_line('from_year', 1900) }} as from_year,
        {{ of_line('to_year', 9999) }} as to_year
    from economic
    {{ join_lines('economic', 'code', 'economic') }}

),

listed as (

    select * from functional_lines
    union all
    select * from economic_lines

)

select
    cast(kind as varchar) as kind,
    cast(code as varchar) as code,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(line_code as varchar) as line_code,
    cast(mapping as varchar) as mapping,
    cast(confidence as varchar) as confidence,
    cast(from_year as smallint) as from_year,
    cast(to_year as smallint) as to_year
from listed
