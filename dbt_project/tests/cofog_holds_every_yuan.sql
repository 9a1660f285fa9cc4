-- Both views of COFOG add up to the spending by function that they class, report by report.
with by_function as (

    select
        report_id,
        basis,
        fund,
        sum(expenditure_total_yuan) as yuan
    from {{ ref('spending_by_function') }}
    where functional_code is not null and {{ is_tested('report_id') }}
    group by report_id, basis, fund

),

by_cofog as (

    select
        report_id,
        basis,
        fund,
        sum(classified_yuan) as classified_yuan,
        sum(reallocated_yuan) as reallocated_yuan
    from {{ ref('spending_by_cofog') }}
    where {{ is_tested('report_id') }}
    group by report_id, basis, fund

)

select
    by_function.report_id,
    by_function.basis,
    by_function.fund,
    by_function.yuan,
    by_cofog.classified_yuan,
    by_cofog.reallocated_yuan
from by_function
left join by_cofog
    on {{ same(['report_id', 'basis', 'fund'], 'by_function', 'by_cofog') }}
where
    by_function.yuan is not null
    and (
        by_cofog.report_id is null
        or by_function.yuan <> by_cofog.classified_yuan
        or by_function.yuan <> by_cofog.reallocated_yuan
    )
