{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

expenditure as (

    select * from {{ ref('fct_economic_expenditure') }}
    where {{ only_affected('report_id', 'year') }}

),

printed_names as (

    select
        report_id,
        release,
        code,
        min(name) as name
    from {{ ref('code_name') }}
    where classification = 'economic' and {{ only_affected('report_id', 'year') }}
    group by report_id, release, code

),

listed_names as (

    select
        economic_code,
        fiscal_year,
        listed_name
    from {{ ref('dim_economic_class') }}
    where listed_name is not null

)

select
    cast(releases.report_id as varchar) as report_id,
    cast(releases.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.unit_name as varchar) as unit_name,
    cast(releases.division_code as varchar) as division_code,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(releases.is_default as boolean) as is_default,
    cast(expenditure.basis as varchar) as basis,
    cast(expenditure.fund as varchar) as fund,
    cast(expenditure.nature as varchar) as nature,
    cast(expenditure.funds as varchar) as funds,
    cast(expenditure.economic_code as varchar) as economic_code,
    cast(coalesce(own_name.name, own_listed.listed_name) as varchar) as economic_name,
    cast(substr(expenditure.economic_code, 1, 3) as varchar) as class_code,
    cast(coalesce(class_name.name, class_listed.listed_name) as varchar) as class_name,
    cast(expenditure.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(expenditure.value_state as varchar) as value_state,
    cast(expenditure.is_residual as boolean) as is_residual,
    cast(expenditure.table_key as varchar) as table_key,
    cast(expenditure.row_key as varchar) as row_key,
    cast(expenditure.column_key as varchar) as column_key
from expenditure
inner join releases
    on {{ same(['report_id', 'release'], 'expenditure', 'releases') }}
left join printed_names as own_name
    on {{ same(['report_id', 'release'], 'expenditure', 'own_name') }} and expenditure.economic_code = own_name.code
left join printed_names as class_name
    on
        {{ same(['report_id', 'release'], 'expenditure', 'class_name') }}
        and substr(expenditure.economic_code, 1, 3) = class_name.code
left join listed_names as own_listed
    on {{ same(['economic_code', 'fiscal_year'], 'expenditure', 'own_listed') }}
left join listed_names as class_listed
    on
        expenditure.fiscal_year = class_listed.fiscal_year
        and substr(expenditure.economic_code, 1, 3) = class_listed.economic_code
