{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'report'}) }}

with releases as (

    select
        releases.*,
        lag(release) over (partition by report_id order by release) as earlier_release
    from {{ ref('fct_release') }} as releases
    where {{ only_affected('report_id') }}

),

pairs as (

    select
        releases.report_id,
        releases.earlier_release,
        releases.release
    from releases
    where releases.earlier_release is not null

),

-- Of several cells of one key the first of the one release meets the first of the other. Few reports have two releases.
figures as (

    select
        report_id,
        release,
        table_key,
        row_key,
        column_key,
        row_number() over (
            partition by report_id, release, table_key, row_key, column_key
            order by table_no, cell_no
        ) as occurrence,
        row_label,
        value_text,
        money_unit,
        amount_yuan,
        page,
        document_id
    from {{ ref('stg_cell') }}
    where report_id in (select pairs.report_id from pairs)

),

-- Both lists of every pair, so that a figure that only one release has is there too.
listed as (

    select
        pairs.report_id,
        pairs.earlier_release,
        pairs.release,
        figures.table_key,
        figures.row_key,
        figures.column_key,
        figures.occurrence
    from pairs
    inner join figures
        on pairs.report_id = figures.report_id and figures.release in (pairs.earlier_release, pairs.release)
    group by
        pairs.report_id, pairs.earlier_release, pairs.release, figures.table_key, figures.row_key, figures.column_key,
        figures.occurrence

),

compared as (

    select
        listed.*,
        coalesce(later.row_label, earlier.row_label) as row_label,
        earlier.value_text as text_before,
        later.value_text as text_after,
        earlier.amount_yuan as yuan_before,
        later.amount_yuan as yuan_after,
        earlier.document_id as document_id_before,
        later.document_id as document_id_after,
        earlier.page as page_before,
        later.page as page_after,
        earlier.table_key is not null as was_there,
        later.table_key is not null as is_there
    from listed
    left join figures as earlier
        on
            {{ same(['report_id', 'table_key', 'row_key', 'column_key', 'occurrence'], 'listed', 'earlier') }}
            and listed.earlier_release = earlier.release
    left join figures as later
        on
            {{ same(['report_id', 'table_key', 'row_key', 'column_key', 'occurrence', 'release'], 'listed', 'later') }}

)

select
    {{ whose() }},
    cast(compared.earlier_release as smallint) as earlier_release,
    cast(compared.table_key as varchar) as table_key,
    cast(compared.row_key as varchar) as row_key,
    cast(compared.row_label as varchar) as row_label,
    cast(compared.column_key as varchar) as column_key,
    cast(compared.occurrence as integer) as occurrence,
    cast(case
        when not compared.was_there then 'added'
        when not compared.is_there then 'dropped'
        when coalesce(compared.yuan_before, 0) = coalesce(compared.yuan_after, 0)
            and (compared.yuan_before is null) = (compared.yuan_after is null) then 'respelled'
        else 'changed'
    end as varchar) as state,
    cast(compared.text_before as varchar) as text_before,
    cast(compared.text_after as varchar) as text_after,
    cast(compared.yuan_before as decimal(18, 2)) as yuan_before,
    cast(compared.yuan_after as decimal(18, 2)) as yuan_after,
    cast(compared.yuan_after - compared.yuan_before as decimal(18, 2)) as difference_yuan,
    cast(compared.page_before as integer) as page_before,
    cast(compared.page_after as integer) as page_after,
    cast(compared.document_id_before as varchar) as document_id_before,
    cast(compared.document_id_after as varchar) as document_id_after
from compared
inner join releases
    on {{ same(['report_id', 'release'], 'compared', 'releases') }}
where
    not compared.was_there
    or not compared.is_there
    or coalesce(compared.text_before, '') <> coalesce(compared.text_after, '')
    or coalesce(compared.yuan_before, 0) <> coalesce(compared.yuan_after, 0)
