{{ config(materialized='table', meta={'reach': 'everything'}) }}

with reports as (

    select * from {{ ref('stg_report') }}

),

documents as (

    select * from {{ ref('stg_document') }}

),

-- The bodies that a report says it covers.
named as (

    select * from {{ ref('covered_body') }}

),

counted as (

    select
        report_id,
        release,
        count(*) as covered_bodies,
        count(covered_unit_id) as covered_units
    from named
    group by report_id, release

),

current_reports as (

    select
        reports.report_id,
        reports.release,
        reports.unit_id,
        reports.fiscal_year,
        reports.scope,
        case
            when coalesce(counted.covered_bodies, 0) > 1 then counted.covered_bodies
            else 1
        end as bodies,
        case reports.scope when 'department' then 3 when 'own_level' then 2 else 1 end as width
    from reports
    left join counted
        on {{ same(['report_id', 'release'], 'reports', 'counted') }}
    where reports.is_current and reports.family = 'final_accounts'

),

-- One scope per body: the report that covers most bodies; of equals the wider scope.
first_of_body as (

    select
        current_reports.*,
        row_number() over (
            partition by unit_id, fiscal_year
            order by bodies desc, width desc, report_id
        ) as place
    from current_reports

),

-- A body that another one's report of that year covers is in that one's figures already. Two that name each other:
-- the one that covers more stands, of equals the first by key.
covered_by_another as (

    select
        covered.report_id,
        min(covering.report_id) as covering_report_id
    from first_of_body as covered
    inner join named
        on covered.unit_id = named.covered_unit_id
    inner join first_of_body as covering
        on {{ same(['report_id', 'release'], 'named', 'covering') }} and covered.fiscal_year = covering.fiscal_year
    where
        covering.place = 1
        and covering.unit_id <> covered.unit_id
        and (
            covering.bodies > covered.bodies
            or (covering.bodies = covered.bodies and covering.unit_id < covered.unit_id)
        )
    group by covered.report_id

),

-- The name a unit goes by in that year: of several in force the one that began last; of none the one in use now, and
-- for a unit without any the one printed on the report.
names_of_year as (

    select
        reports.report_id,
        reports.release,
        names.unit_name,
        row_number() over (
            partition by reports.report_id, reports.release
            order by
                case when reports.fiscal_year between names.from_year and names.to_year then 0 else 1 end,
                case names.name_kind when 'official' then 0 when 'printed' then 1 else 2 end,
                case when names.is_latest then 0 else 1 end,
                names.from_year desc,
                names.unit_name
        ) as place
    from reports
    inner join {{ ref('dim_unit_name') }} as names
        on reports.unit_id = names.unit_id

),

judged as (

    select
        reports.*,
        coalesce(names_of_year.unit_name, reports.printed_unit_name) as unit_name,
        units.division_code,
        documents.document,
        documents.published_on,
        documents.retrieved_on,
        coalesce(counted.covered_bodies, 0) as covered_bodies,
        coalesce(counted.covered_units, 0) as covered_units,
        covered_by_another.covering_report_id,
        case
            when not reports.is_current then 'superseded'
            when first_of_body.place is null then 'not_final_accounts'
            when first_of_body.place > 1 then 'other_scope_of_body'
            when covered_by_another.covering_report_id is not null then 'covered_by_another'
            else 'default'
        end as standing
    from reports
    left join documents
        on reports.document_id = documents.document_id
    left join {{ ref('stg_unit') }} as units
        on reports.unit_id = units.unit_id
    left join names_of_year
        on {{ same(['report_id', 'release'], 'reports', 'names_of_year') }} and names_of_year.place = 1
    left join counted
        on {{ same(['report_id', 'release'], 'reports', 'counted') }}
    left join first_of_body
        on {{ same(['report_id', 'release'], 'reports', 'first_of_body') }}
    left join covered_by_another
        on reports.report_id = covered_by_another.report_id

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(unit_name as varchar) as unit_name,
    cast(division_code as varchar) as division_code,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(scope as varchar) as scope,
    cast(family as varchar) as family,
    cast(document_id as varchar) as document_id,
    cast(report_no as smallint) as report_no,
    cast(document as varchar) as document,
    cast(published_on as date) as published_on,
    cast(retrieved_on as date) as retrieved_on,
    cast(status as varchar) as status,
    cast(is_current as boolean) as is_current,
    cast(covered_bodies as integer) as covered_bodies,
    cast(covered_units as integer) as covered_units,
    cast(covering_report_id as varchar) as covering_report_id,
    cast(standing as varchar) as standing,
    cast(standing = 'default' as boolean) as is_default
from judged
