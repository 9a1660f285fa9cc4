{{ config(materialized='table', meta={'reach': 'everything'}) }}

-- Names as the reports print them come first; a code that no list has is no error, and a list's name is only a help.
with printed as (

    select
        code,
        fiscal_year,
        name,
        count(distinct report_id) as reports
    from {{ ref('code_name') }}
    where classification = 'functional'
    group by code, fiscal_year, name

),

most_printed as (

    select
        printed.*,
        row_number() over (partition by code, fiscal_year order by reports desc, name) as place,
        count(*) over (partition by code, fiscal_year) as names_printed
    from printed

),

years as (

    select fiscal_year from {{ ref('dim_fiscal_year') }}

),

-- What the list says for each year that any report or register speaks of.
listed as (

    select
        list.code,
        years.fiscal_year,
        list.name,
        list.basis,
        list.confidence,
        row_number() over (
            partition by list.code, years.fiscal_year
            order by list.valid_from_year desc nulls last, list.name
        ) as place
    from {{ ref('func_class') }} as list
    inner join years
        on years.fiscal_year between coalesce(list.valid_from_year, 1900) and coalesce(list.valid_to_year, 9999)

),

codes as (

    select code, fiscal_year from most_printed
    union
    select code, fiscal_year from listed

)

select
    cast(codes.code as varchar) as functional_code,
    cast(codes.fiscal_year as smallint) as fiscal_year,
    cast(coalesce(most_printed.name, listed.name) as varchar) as functional_name,
    cast({{ code_level('codes.code') }} as varchar) as code_level,
    cast(case when length(codes.code) > 3 then substr(codes.code, 1, length(codes.code) - 2) end as varchar)
        as parent_code,
    cast(substr(codes.code, 1, 3) as varchar) as class_code,
    cast(case when most_printed.code is not null then 'report' else 'reference_list' end as varchar) as name_source,
    cast(coalesce(most_printed.reports, 0) as integer) as reports,
    cast(coalesce(most_printed.names_printed, 0) as integer) as names_printed,
    cast(listed.name as varchar) as listed_name,
    cast(listed.basis as varchar) as list_basis,
    cast(listed.confidence as varchar) as list_confidence
from codes
left join most_printed
    on {{ same(['code', 'fiscal_year'], 'codes', 'most_printed') }} and most_printed.place = 1
left join listed
    on {{ same(['code', 'fiscal_year'], 'codes', 'listed') }} and listed.place = 1
