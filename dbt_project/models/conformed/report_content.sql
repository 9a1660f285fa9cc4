{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

-- What each report gave beside its tables: text, and what was left over.
with found as (

    {% for source, kind, section, table_key in [
        ('stg_statement', 'statements', 'section', 'cast(null as varchar)'),
        ('stg_indicator', 'indicators', 'cast(null as varchar)', 'cast(null as varchar)'),
        ('stg_term', 'terms', 'cast(null as varchar)', 'cast(null as varchar)'),
        ('stg_passage', 'passages', 'section', 'cast(null as varchar)'),
        ('stg_unassigned_number', 'unassigned_numbers', 'cast(null as varchar)', 'table_key'),
        ('stg_unrecognised_table', 'unrecognised_tables', 'cast(null as varchar)', 'cast(null as varchar)')
    ] -%}
        select
            report_id,
            release,
            unit_id,
            fiscal_year,
            document_id,
            '{{ kind }}' as kind,
            {{ section }} as section,
            {{ table_key }} as table_key
        from {{ ref(source) }}
        where {{ only_affected('report_id') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}

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
