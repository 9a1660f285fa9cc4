{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

expenditure as (

    select * from {{ ref('fct_expenditure') }}
    where {{ only_affected('report_id', 'year') }}

),

-- The name as this report prints it, wherever it does.
printed_names as (

    select
        report_id,
        release,
        code,
        min(name) as name
    from {{ ref('code_name') }}
    where classification = 'functional' and {{ only_affected('report_id', 'year') }}
    group by report_id, release, code

),

listed_names as (

    select
        functional_code,
        fiscal_year,
        listed_name
    from {{ ref('dim_functional_class') }}
    where listed_name is not null

),

-- The row's own total as printed (of a residual, what its children leave), so that rounding stays where it was printed.
totals as (

    select
        report_id,
        release,
        table_key,
        row_key,
        max(case when is_leaf then counted_yuan else residual_yuan end) as total_yuan
    from {{ ref('table_tree') }}
    where measure = 'expenditure' and role = 'total' and {{ only_affected('report_id', 'year') }}
    group by report_id, release, table_key, row_key

),

by_item as (

    select
        report_id,
        release,
        fiscal_year,
        basis,
        fund,
        table_key,
        row_key,
        functional_code,
        is_residual,
        sum(amount_yuan) as natures_yuan,
        {% for nature in expenditure_natures() -%}
            sum(case when nature = '{{ nature }}' then amount_yuan end) as {{ nature }}_yuan,
        {% endfor %}
        count(amount_yuan) as figures,
        {{ state_of_parts() }} as value_state
    from expenditure
    group by report_id, release, fiscal_year, basis, fund, table_key, row_key, functional_code, is_residual

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
    cast(by_item.basis as varchar) as basis,
    cast(by_item.fund as varchar) as fund,
    cast(by_item.functional_code as varchar) as functional_code,
    cast(coalesce(own_name.name, own_listed.listed_name) as varchar) as functional_name,
    cast(substr(by_item.functional_code, 1, 3) as varchar) as class_code,
    cast(coalesce(class_name.name, class_listed.listed_name) as varchar) as class_name,
    cast(case when length(by_item.functional_code) >= 5 then substr(by_item.functional_code, 1, 5) end as varchar)
        as section_code,
    cast(coalesce(totals.total_yuan, by_item.natures_yuan) as decimal(18, 2)) as expenditure_total_yuan,
    {% for nature in expenditure_natures() -%}
        cast(by_item.{{ nature }}_yuan as decimal(18, 2)) as {{ nature }}_yuan,
    {% endfor %}
    cast(by_item.value_state as varchar) as value_state,
    cast(by_item.is_residual as boolean) as is_residual,
    cast(by_item.table_key as varchar) as table_key,
    cast(by_item.row_key as varchar) as row_key
from by_item
inner join releases
    on {{ same(['report_id', 'release'], 'by_item', 'releases') }}
left join totals
    on {{ same(['report_id', 'release', 'table_key', 'row_key'], 'by_item', 'totals') }}
left join printed_names as own_name
    on {{ same(['report_id', 'release'], 'by_item', 'own_name') }} and by_item.functional_code = own_name.code
left join printed_names as class_name
    on
        {{ same(['report_id', 'release'], 'by_item', 'class_name') }}
        and substr(by_item.functional_code, 1, 3) = class_name.code
left join listed_names as own_listed
    on {{ same(['functional_code', 'fiscal_year'], 'by_item', 'own_listed') }}
left join listed_names as class_listed
    on
        by_item.fiscal_year = class_listed.fiscal_year
        and substr(by_item.functional_code, 1, 3) = class_listed.functional_code
