{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

-- What each report gave beside its tables: text, and what was left over.
with found as (

    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        document_id,
        'statements' as kind,
        section,
        cast(null as varchar) as table_key
    from {{ ref('stg_statement') }}
    where {{ only_affected('report_id') }}
    union all
    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        document_id,
        'indicators' as kind,
        cast(null as varchar) as section,
        cast(null as varchar) as table_key
    from {{ ref('stg_indicator') }}
    where {{ only_affected('report_id') }}
    union all
    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        document_id,
        'terms' as kind,
        cast(null as varchar) as section,
        cast(null as varchar) as table_key
    from {{ ref('stg_term') }}
    where {{ only_affected('report_id') }}
    union all
    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        document_id,
        'passages' as kind,
        section,
        cast(null as varchar) as table_key
    from {{ ref('stg_passage') }}
    where {{ only_affected('report_id') }}
    union all
    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        document_id,
        'unassigned_numbers' as kind,
        cast(null as varchar) as section,
        table_key
    from {{ ref('stg_unassigned_number') }}
    where {{ only_affected('report_id') }}
    union all
    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        document_id,
        'unrecognised_tables' as kind,
        cast(null as varchar) as section,
        cast(null as varchar) as table_key
    from {{ ref('stg_unrecognised_table') }}
    where {{ only_affected('report_id') }}

)

select
    cast(report_id as varchar) as report_id,
    cast(release as smallint) as release,
    cast(unit_id as varchar) as unit_id,
    cast(fiscal_year as smallint) as fiscal_year,
    cast(document_id as varchar) as document_id,
    cast(kind as varchar) as kind,
    cast(section as varchar) as section,
    cast(table_key as varchar) as table_key,
    cast(count(*) as bigint) as entries
from found
group by report_id, release, unit_id, fiscal_year, document_id, kind, section, table_key
