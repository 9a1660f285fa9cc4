{{ config(materialized='table', meta={'reach': 'everything'}) }}

-- A verdict outlives what it was said of: a reissue or a better reading may end the finding, and the row says so.
with verdicts as (

    select * from {{ ref('stg_known_discrepancy') }}

),

releases as (

    select * from {{ ref('fct_release') }}
    where is_current

),

judged as (

    select
        verdicts.unit_id,
        verdicts.fiscal_year,
        verdicts.scope,
        verdicts.check_id,
        coalesce(verdicts.place, '') as place,
        max(releases.report_id) as report_id,
        max(releases.unit_name) as unit_name,
        max(releases.document_id) as document_id,
        max(verdicts.verdict) as verdict,
        max(verdicts.verdict_reason) as verdict_reason,
        max(verdicts.named_in) as verdict_named_in,
        sum(case when results.state = 'fail' then 1 else 0 end) as findings
    from verdicts
    left join releases
        on {{ same(['unit_id', 'fiscal_year', 'scope'], 'verdicts', 'releases') }}
    left join {{ ref('fct_check_result') }} as results
        on
            releases.report_id = results.report_id
            and releases.release = results.release
            and verdicts.check_id = results.check_id
            and (verdicts.place is null or verdicts.place = results.place)
    group by verdicts.unit_id, verdicts.fiscal_year, verdicts.scope, verdicts.check_id, coalesce(verdicts.place, '')

)

select
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(scope as varchar) as scope,
    cast(check_id as varchar) as check_id,
    cast(place as varchar) as place,
    cast(verdict as varchar) as verdict,
    cast(verdict_reason as varchar) as verdict_reason,
    cast(verdict_named_in as varchar) as verdict_named_in,
    cast(
        case
            when report_id is null then 'no_report'
            when findings > 0 then 'stands'
            else 'gone'
        end as varchar
    ) as finding_state,
    cast(findings as integer) as findings,
    cast(report_id as varchar) as report_id,
    cast(document_id as varchar) as document_id
from judged
