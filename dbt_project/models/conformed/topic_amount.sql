{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with homes as (

    select * from {{ ref('topic_home') }}

),

tree as (

    select * from {{ ref('table_tree') }}
    where {{ only_affected('report_id') }}

),

-- The cell in which the forms have a topic; of a topic by code the row of that code, at the level that the topic names.
in_tables as (

    select
        tree.report_id,
        tree.release,
        case
            when homes.topic like '%.*' then replace(homes.topic, '*', tree.code)
            else homes.topic
        end as topic,
        homes.place,
        tree.table_key,
        tree.row_key,
        tree.column_key,
        tree.counted_yuan as amount_yuan,
        tree.value_state,
        tree.half_place
    from tree
    inner join homes
        on
            {{ same(['table_key', 'column_key'], 'tree', 'homes') }}
            and (
                tree.row_key = homes.row_key
                or tree.line_key = homes.line_key
                or (
                    homes.row_key is null and homes.line_key is null
                    and {{ code_level('tree.code') }} = split_part(homes.topic, '.', 2)
                )
            )

),

ranked as (

    select
        in_tables.*,
        row_number() over (
            partition by report_id, release, topic
            order by case when amount_yuan is null then 1 else 0 end, place, table_key, row_key, column_key
        ) as rank
    from in_tables

),

tabled as (

    select * from ranked
    where rank = 1

),

-- What only the text says.
told as (

    select
        statements.report_id,
        statements.release,
        statements.topic,
        statements.statement_no,
        statements.amount_yuan,
        {{ half_place_of('printed.value_text', 'printed.unit') }} as half_place
    from {{ ref('fct_statement') }} as statements
    inner join {{ ref('stg_statement') }} as printed
        on {{ same(['report_id', 'release', 'statement_no'], 'statements', 'printed') }}
    where
        statements.measure = 'amount'
        and statements.occurrence = 1
        and statements.subject_key is null
        and statements.amount_yuan is not null
        and statements.topic not like 'performance.%'
        and {{ only_affected('statements.report_id') }}

),

both_places as (

    select
        coalesce(tabled.report_id, told.report_id) as report_id,
        coalesce(tabled.release, told.release) as release,
        coalesce(tabled.topic, told.topic) as topic,
        case when tabled.amount_yuan is null and told.topic is not null then 'statement' else 'table' end as said_in,
        coalesce(tabled.amount_yuan, told.amount_yuan) as amount_yuan,
        case
            when tabled.amount_yuan is null and told.topic is not null then told.half_place
            else tabled.half_place
        end as half_place,
        case
            when tabled.amount_yuan is null and told.amount_yuan = 0 then 'printed_zero'
            when tabled.amount_yuan is null and told.topic is not null then 'printed'
            else tabled.value_state
        end as value_state,
        tabled.table_key,
        tabled.row_key,
        tabled.column_key,
        told.statement_no,
        told.amount_yuan as told_yuan
    from tabled
    full outer join told
        on {{ same(['report_id', 'release', 'topic'], 'tabled', 'told') }}

)

select
    cast(both_places.report_id as varchar) as report_id,
    cast(both_places.release as smallint) as release,
    cast(reports.unit_id as varchar) as unit_id,
    cast(reports.fiscal_year as smallint) as fiscal_year,
    cast(both_places.topic as varchar) as topic,
    cast(both_places.said_in as varchar) as said_in,
    cast(both_places.amount_yuan as decimal(18, 2)) as amount_yuan,
    cast(both_places.half_place as decimal(18, 4)) as half_place,
    cast(both_places.value_state as varchar) as value_state,
    cast(both_places.told_yuan as decimal(18, 2)) as told_yuan,
    cast(both_places.table_key as varchar) as table_key,
    cast(both_places.row_key as varchar) as row_key,
    cast(both_places.column_key as varchar) as column_key,
    cast(both_places.statement_no as integer) as statement_no
from both_places
inner join {{ ref('stg_report') }} as reports
    on {{ same(['report_id', 'release'], 'both_places', 'reports') }}
