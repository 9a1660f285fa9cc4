{{ config(materialized='view', meta={'reach': 'report'}) }}

with stated as (

    select * from {{ ref('fct_statement') }}

),

-- A failed check names its place and its root; both are addresses.
addressed as (

    select
        report_id,
        release,
        check_no,
        place as address
    from {{ ref('fct_check_result') }}
    where state = 'fail'
    union
    select
        report_id,
        release,
        check_no,
        root as address
    from {{ ref('fct_check_result') }}
    where state = 'fail' and root is not null

),

failed as (

    select
        report_id,
        release,
        count(*) as failures,
        address
    from addressed
    group by report_id, release, address

),

-- What the words of the sentence say of its figure; of several words the first by the list.
meanings as (

    select
        said.report_id,
        said.release,
        said.statement_no,
        list.attribute,
        list.meaning,
        row_number() over (
            partition by said.report_id, said.release, said.statement_no, list.attribute order by list.place
        ) as place
    from {{ ref('stg_statement') }} as said
    inner join {{ ref('statement_words') }} as list
        on
            said.topic = list.topic
            and said.measure = list.measure
            and (list.word is null or said.quote like '%' || list.word || '%')

),

words as (

    select
        report_id,
        release,
        statement_no,
        max(case when attribute = 'stage' then meaning end) as stage,
        max(case when attribute = 'basis' then meaning end) as basis
    from meanings
    where place = 1
    group by report_id, release, statement_no

),

told as (

    select
        stated.report_id,
        stated.release,
        stated.unit_id,
        stated.fiscal_year,
        stated.statement_no,
        stated.topic,
        stated.functional_code,
        stated.measure,
        coalesce(words.stage, stated.stage) as stage,
        words.basis as amount_basis,
        stated.base,
        stated.value,
        stated.unit,
        -- 持平 is a change of nothing, in whatever unit.
        case
            when stated.amount_yuan is not null then stated.amount_yuan
            when stated.value = 0 and stated.measure in ('change_amount', 'over_initial_budget_amount') then 0
        end as amount_yuan,
        {{ statement_state('stated.value', 'said.value_text', 'stated.null_reason') }} as value_state,
        stated.subject_key,
        said.subject,
        said.value_text,
        said.qualifier,
        said.reason,
        said.section,
        said.quote,
        said.page,
        said.line,
        coalesce(failed.failures, 0) > 0 as is_contradicted
    from stated
    inner join {{ ref('stg_statement') }} as said
        on {{ same(['report_id', 'release', 'statement_no'], 'stated', 'said') }}
    left join words
        on {{ same(['report_id', 'release', 'statement_no'], 'stated', 'words') }}
    left join failed
        on
            {{ same(['report_id', 'release'], 'stated', 'failed') }}
            and 'narrative/' || stated.topic || '/' || stated.measure = failed.address

),

-- Said several times: the first that gives a figure counts. Outcomes are no fixed things, so each counts.
ranked as (

    select
        told.*,
        row_number() over (
            partition by
                report_id, release, topic, measure, coalesce(base, ''), coalesce(subject_key, ''),
                case
                    when topic = 'outcome' or measure in ('purpose', 'relation_to_budget', 'relation_to_prior')
                        then statement_no
                end
            order by case when value is null then 1 else 0 end, statement_no
        ) as place
    from told

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(statement_no as integer) as statement_no,
    cast(topic as varchar) as topic,
    cast(functional_code as varchar) as functional_code,
    cast(measure as varchar) as measure,
    cast(stage as varchar) as stage,
    cast(amount_basis as varchar) as amount_basis,
    cast(base as varchar) as base,
    cast(value as decimal(24, 6)) as value,
    cast(unit as varchar) as unit,
    cast(amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(value_state as varchar) as value_state,
    cast(subject_key as varchar) as subject_key,
    cast(subject as varchar) as subject,
    cast(value_text as varchar) as value_text,
    cast(qualifier as varchar) as qualifier,
    cast(reason as varchar) as reason,
    cast(section as varchar) as section,
    cast(quote as varchar) as quote,
    cast(page as integer) as page,
    cast(line as integer) as line,
    cast(is_contradicted as boolean) as is_contradicted
from ranked
where place = 1
