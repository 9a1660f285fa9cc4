{{ config(materialized='table', meta={'reach': 'everything'}) }}

-- Peers are bodies of one kind of department, level of division, scope and year.
select
    cast(releases.report_id as varchar) as report_id,
    cast(releases.release as smallint) as release,
    cast(releases.unit_id as varchar) as unit_id,
    cast(releases.fiscal_year as smallint) as fiscal_year,
    cast(releases.scope as varchar) as scope,
    cast(kinds.department_kind as varchar) as department_kind,
    cast(kinds.department_kind_confidence as varchar) as department_kind_confidence,
    cast(coalesce(names.division_level, 'unknown') as varchar) as division_level,
    cast(
        kinds.department_kind || '/' || coalesce(names.division_level, 'unknown') || '/' || releases.scope
        || '/' || cast(releases.fiscal_year as varchar) as varchar
    ) as peer_group
from {{ ref('fct_release') }} as releases
inner join {{ ref('dim_unit_kind') }} as kinds
    on {{ same(['unit_id', 'fiscal_year'], 'releases', 'kinds') }}
inner join {{ ref('dim_unit_year') }} as names
    on {{ same(['unit_id', 'fiscal_year'], 'releases', 'names') }}
where releases.is_current and kinds.department_kind is not null
