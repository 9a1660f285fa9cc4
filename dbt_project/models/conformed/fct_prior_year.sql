{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with statements as (

    select * from {{ ref('fct_statement') }}
    where {{ only_affected('report_id') }}

),

changes as (

    select * from statements
    where measure = 'change_amount' and base = 'prior_year' and amount_yuan is not null

),

amounts as (

    select * from statements
    where measure = 'amount' and amount_yuan is not null

),

-- The amount that a change belongs to: the last one of its topic said before it, else the first one said after.
paired as (

    select
        changes.*,
        amounts.amount_yuan as final_yuan,
        amounts.statement_no as amount_statement_no,
        row_number() over (
            partition by changes.report_id, changes.release, changes.statement_no
            order by
                case when amounts.statement_no < changes.statement_no then 0 else 1 end,
                abs(changes.statement_no - amounts.statement_no),
                amounts.statement_no
        ) as place
    from changes
    inner join amounts
        on
            {{ same(['report_id', 'release', 'topic'], 'changes', 'amounts') }}
            and coalesce(changes.subject_key, '') = coalesce(amounts.subject_key, '')

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(fiscal_year - 1 as smallint) as prior_year,
    cast(statement_no as integer) as statement_no,
    cast(amount_statement_no as integer) as amount_statement_no,
    cast(topic as varchar) as topic,
    cast(functional_code as varchar) as functional_code,
    cast(subject_key as varchar) as subject_key,
    cast(final_yuan as decimal(18, 2)) as final_yuan,
    cast(amount_yuan as decimal(18, 2)) as change_amount_yuan,
    cast(final_yuan - amount_yuan as decimal(18, 2)) as implied_prior_yuan
from paired
where place = 1
