{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

with spending as (

    select * from {{ ref('spending_by_function') }}
    where functional_code is not null and {{ only_affected('report_id', 'year') }}

),

releases as (

    select * from {{ ref('fct_release') }}
    where is_current

),

proposals as (

    select * from {{ ref('functional_to_cofog') }}

),

on_costs as (

    select * from {{ ref('staff_on_cost') }}

),

-- The nearest proposal: of the code itself, of its section, of its class.
classified as (

    select
        spending.report_id,
        spending.release,
        spending.basis,
        spending.fund,
        coalesce(own.cofog_code, of_section.cofog_code, of_class.cofog_code, 'unmapped') as cofog_code,
        coalesce(own.confidence, of_section.confidence, of_class.confidence) as confidence,
        on_costs.functional_code is not null as is_on_cost,
        {{ hundredths('spending.expenditure_total_yuan') }} as fen
    from spending
    left join proposals as own
        on spending.functional_code = own.functional_code
    left join proposals as of_section
        on
            length(spending.functional_code) > 5
            and substr(spending.functional_code, 1, 5) = of_section.functional_code
    left join proposals as of_class
        on
            length(spending.functional_code) > 3
            and substr(spending.functional_code, 1, 3) = of_class.functional_code
    left join on_costs
        on substr(spending.functional_code, 1, 5) = on_costs.functional_code
    where spending.expenditure_total_yuan is not null

),

summed as (

    select
        report_id,
        release,
        basis,
        fund,
        cofog_code,
        max(confidence) as confidence,
        sum(fen) as fen,
        sum(case when is_on_cost then 0 else fen end) as own_fen,
        sum(case when is_on_cost then fen else 0 end) as on_cost_fen
    from classified
    group by report_id, release, basis, fund, cofog_code

),

-- What is to be shared out, and among what: only where all of it is spending, and something is left to share it.
wholes as (

    select
        report_id,
        release,
        basis,
        fund,
        sum(on_cost_fen) as on_cost_fen,
        sum(own_fen) as own_fen,
        sum(on_cost_fen) > 0 and sum(own_fen) > 0 and min(own_fen) >= 0 as can_share
    from summed
    group by report_id, release, basis, fund

),

-- In proportion, down to the fen; the fen that rounding leaves go to the largest remainders, ties in order of code.
shares as (

    select
        summed.*,
        wholes.can_share,
        wholes.on_cost_fen as whole_fen,
        case
            when wholes.can_share
                then {{ whole_division('wholes.on_cost_fen * summed.own_fen', 'wholes.own_fen') }}
        end as share_fen,
        case
            when wholes.can_share
                then
                    wholes.on_cost_fen * summed.own_fen
                    - {{ whole_division('wholes.on_cost_fen * summed.own_fen', 'wholes.own_fen') }} * wholes.own_fen
        end as remainder
    from summed
    inner join wholes
        on {{ same(['report_id', 'release', 'basis', 'fund'], 'summed', 'wholes') }}

),

ranked as (

    select
        shares.*,
        whole_fen - sum(share_fen) over (partition by report_id, release, basis, fund) as left_fen,
        row_number() over (partition by report_id, release, basis, fund order by remainder desc, cofog_code) as place
    from shares

),

shared as (

    select
        ranked.*,
        case
            when can_share then own_fen + share_fen + case when place <= left_fen then 1 else 0 end
            else fen
        end as reallocated_fen
    from ranked

),

names as (

    select * from {{ ref('cofog') }}

)

select
    {{ whose() }},
    cast(shared.basis as varchar) as basis,
    cast(shared.fund as varchar) as fund,
    cast(shared.cofog_code as varchar) as cofog_code,
    cast(names.name_en as varchar) as cofog_name,
    cast(case when shared.cofog_code <> 'unmapped' then substr(shared.cofog_code, 1, 2) end as varchar)
        as cofog_division,
    cast(divisions.name_en as varchar) as cofog_division_name,
    cast(cast(shared.fen as decimal(20, 0)) * 0.01 as decimal(18, 2)) as classified_yuan,
    cast(cast(shared.reallocated_fen as decimal(20, 0)) * 0.01 as decimal(18, 2)) as reallocated_yuan,
    cast(cast(shared.on_cost_fen as decimal(20, 0)) * 0.01 as decimal(18, 2)) as staff_on_cost_yuan,
    cast(shared.confidence as varchar) as confidence,
    cast(true as boolean) as is_proposal
from shared
inner join releases
    on {{ same(['report_id', 'release'], 'shared', 'releases') }}
left join names
    on shared.cofog_code = names.cofog_code
left join names as divisions
    on substr(shared.cofog_code, 1, 2) = divisions.cofog_code
