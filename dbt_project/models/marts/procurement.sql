{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'year'}) }}

{%- set amounts = [
    'total', 'goods', 'works', 'services', 'sme_awarded', 'micro_awarded', 'sme_reserved', 'micro_reserved', 'other_sme'
] %}
{%- set budgets = ['sme_reserved', 'micro_reserved'] %}
{%- set shares = ['sme_awarded', 'micro_awarded', 'goods_sme', 'works_sme', 'services_sme'] %}

with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'year') }}

),

said as (

    select * from {{ ref('statement_counted') }}
    where topic like 'procurement.%' and {{ only_affected('report_id', 'year') }}

),

figures as (

    select
        report_id,
        release,
        {% for one in amounts -%}
            {{ pick('amount_yuan', "topic = 'procurement." ~ one ~ "' and measure = 'amount'") }} as {{ one }}_yuan,
            {{ pick('value_state', "topic = 'procurement." ~ one ~ "' and measure = 'amount'") }} as {{ one }}_state,
        {% endfor -%}
        {% for one in budgets -%}
            {{ pick('amount_yuan', "topic = 'procurement." ~ one ~ "' and measure = 'budget'") }}
                as {{ one }}_budget_yuan,
            {{ pick('value_state', "topic = 'procurement." ~ one ~ "' and measure = 'budget'") }}
                as {{ one }}_budget_state,
        {% endfor -%}
        {% for one in shares -%}
            min(case when topic = 'procurement.{{ one }}' and measure = 'share_pct' then statement_no end)
                as {{ one }}_no,
        {% endfor -%}
        {{ pick('amount_basis', "topic = 'procurement.total' and measure = 'amount'") }} as amount_basis,
        min(case when topic = 'procurement.total' then statement_no end) as total_no,
        min(statement_no) as first_no,
        max(case when is_contradicted then 1 else 0 end) as contradicted
    from said
    group by report_id, release

),

-- What went to small and medium enterprises: as printed, else what was awarded of the reserved and of the other part.
awarded as (

    select
        figures.*,
        coalesce(sme_awarded_yuan, sme_reserved_yuan + other_sme_yuan) as sme_yuan,
        case
            when sme_awarded_yuan is not null then 'printed'
            when sme_reserved_yuan + other_sme_yuan is not null then 'derived'
        end as sme_source
    from figures

),

sections as (

    select * from {{ ref('section_state') }}
    where section = 'notes.procurement'

)

select
    {{ whose() }},
    {% for one in amounts -%}
        cast(awarded.{{ one }}_yuan as decimal(18, 2)) as {{ one }}_yuan,
        cast(coalesce(awarded.{{ one }}_state, {{ unstated('sections.state') }}) as varchar) as {{ one }}_state,
    {% endfor -%}
    {% for one in budgets -%}
        cast(awarded.{{ one }}_budget_yuan as decimal(18, 2)) as {{ one }}_budget_yuan,
        cast(coalesce(awarded.{{ one }}_budget_state, {{ unstated('sections.state') }}) as varchar)
            as {{ one }}_budget_state,
    {% endfor -%}
    {% for one in shares -%}
        cast({{ one }}_share.value as decimal(24, 6)) as {{ one }}_share_pct,
        cast({{ one }}_share.base as varchar) as {{ one }}_share_base,
    {% endfor -%}
    cast(awarded.sme_yuan as decimal(18, 2)) as sme_yuan,
    cast(awarded.sme_source as varchar) as sme_source,
    cast({{ ratio('awarded.sme_yuan', 'awarded.total_yuan', 6) }} as decimal(18, 6)) as sme_ratio,
    cast({{ ratio('awarded.goods_yuan', 'awarded.total_yuan', 6) }} as decimal(18, 6)) as goods_ratio,
    cast({{ ratio('awarded.works_yuan', 'awarded.total_yuan', 6) }} as decimal(18, 6)) as works_ratio,
    cast({{ ratio('awarded.services_yuan', 'awarded.total_yuan', 6) }} as decimal(18, 6)) as services_ratio,
    cast(case when awarded.first_no is not null then coalesce(awarded.amount_basis, 'not_said') end as varchar)
        as amount_basis,
    cast(coalesce(awarded.contradicted, 0) = 1 as boolean) as is_contradicted,
    cast(coalesce(sections.state, 'missing') as varchar) as section_state,
    {{ where_read('places') }}
from releases
left join awarded
    on {{ same(['report_id', 'release'], 'releases', 'awarded') }}
left join sections
    on {{ same(['report_id', 'release'], 'releases', 'sections') }}
left join said as places
    on
        {{ same(['report_id', 'release'], 'releases', 'places') }}
        and coalesce(awarded.total_no, awarded.first_no) = places.statement_no
{% for one in shares -%}
    left join said as {{ one }}_share
        on
            {{ same(['report_id', 'release'], 'releases', one ~ '_share') }}
            and awarded.{{ one }}_no = {{ one }}_share.statement_no
{% endfor -%}
