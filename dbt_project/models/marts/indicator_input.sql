{{ config(materialized='incremental', incremental_strategy='replace_affected', meta={'reach': 'series'}) }}

-- What the indicators are computed of, each with the place that it was taken from. An input has sources in an order
-- (seed indicator_source); the first that gives a figure counts, and sources are never added up.
with releases as (

    select * from {{ ref('fct_release') }}
    where is_current and {{ only_affected('report_id', 'series') }}

),

sources as (

    select * from {{ ref('indicator_source') }}

),

from_tables as (

    select
        tree.report_id,
        tree.release,
        sources.input_key,
        sources.place,
        '' as member_code,
        tree.amount_yuan as input_value,
        tree.value_state,
        tree.table_key,
        tree.table_no,
        tree.row_key,
        tree.column_key,
        cast(null as integer) as statement_no
    from {{ ref('table_tree') }} as tree
    inner join sources
        on
            sources.source_kind = 'table'
            and tree.table_key = sources.table_key
            and (sources.line_key is null or tree.line_key = sources.line_key)
            and (sources.row_key is null or tree.row_key = sources.row_key)
            and (sources.column_key is null or tree.column_key = sources.column_key)
    where {{ only_affected('tree.report_id', 'series') }}

),

from_three_public as (

    select
        facts.report_id,
        facts.release,
        sources.input_key,
        sources.place,
        '' as member_code,
        facts.amount_yuan as input_value,
        facts.value_state,
        facts.table_key,
        facts.table_no,
        facts.row_key,
        facts.column_key,
        cast(null as integer) as statement_no
    from {{ ref('fct_three_public') }} as facts
    inner join sources
        on
            sources.source_kind = 'three_public'
            and facts.item = sources.item
            and facts.stage = sources.stage
    where
        facts.fund in ('appropriation', 'general_public_budget')
        and {{ only_affected('facts.report_id', 'series') }}

),

from_statements as (

    select
        statements.report_id,
        statements.release,
        sources.input_key,
        sources.place,
        '' as member_code,
        -- a count is whole; what is not is no count
        coalesce(
            statements.amount_yuan,
            case
                when abs(statements.value) < 1000000000000 and statements.value = round(statements.value, 2)
                    then cast(statements.value as decimal(18, 2))
            end
        ) as input_value,
        case when statements.value = 0 then 'printed_zero' else 'printed' end as value_state,
        cast(null as varchar) as table_key,
        cast(null as integer) as table_no,
        cast(null as varchar) as row_key,
        cast(null as varchar) as column_key,
        statements.statement_no
    from {{ ref('fct_statement') }} as statements
    inner join sources
        on
            sources.source_kind in ('statement', 'procurement')
            and statements.topic = sources.topic
            and statements.measure = sources.measure
            and (sources.stage is null or statements.stage = sources.stage)
    where
        statements.occurrence = 1
        and statements.functional_code is null
        and statements.value is not null
        and {{ only_affected('statements.report_id', 'series') }}

),

-- A budget that is not printed may follow from what the text says it was exceeded by.
from_budgets as (

    select
        budgets.report_id,
        budgets.release,
        sources.input_key,
        sources.place,
        '' as member_code,
        budgets.budget_yuan as input_value,
        case when budgets.budget_is_derived then 'derived' else 'printed' end as value_state,
        cast(null as varchar) as table_key,
        cast(null as integer) as table_no,
        cast(null as varchar) as row_key,
        budgets.column_key,
        budgets.statement_no
    from {{ ref('budget_execution') }} as budgets
    inner join sources
        on
            sources.source_kind = 'budget'
            and budgets.topic = sources.topic
            and budgets.budget_stage = sources.stage
    where
        budgets.functional_code is null
        and {{ only_affected('budgets.report_id', 'series') }}

),

levels as (

    select * from (values ('class', 3), ('section', 5)) as listed (measure, code_length) -- noqa: AL05

),

by_function as (

    select
        spending.report_id,
        spending.release,
        case spending.basis when 'all_sources' then 'T3' else 'T5' end as table_key,
        levels.measure,
        substr(spending.functional_code, 1, levels.code_length) as member_code,
        sum(spending.expenditure_total_yuan) as input_value
    from {{ ref('spending_by_function') }} as spending
    inner join levels
        on length(spending.functional_code) >= levels.code_length
    where
        (
            spending.basis = 'all_sources'
            or (spending.basis = 'appropriation' and spending.fund = 'general_public_budget')
        )
        and {{ only_affected('spending.report_id', 'series') }}
    group by
        spending.report_id,
        spending.release,
        case spending.basis when 'all_sources' then 'T3' else 'T5' end,
        levels.measure,
        substr(spending.functional_code, 1, levels.code_length)

),

largest as (

    select
        report_id,
        release,
        table_key,
        'largest_section' as measure,
        '' as member_code,
        max(input_value) as input_value
    from by_function
    where measure = 'section'
    group by report_id, release, table_key

),

functional as (

    select * from by_function
    union all
    select * from largest

),

from_functions as (

    select
        functional.report_id,
        functional.release,
        sources.input_key,
        sources.place,
        functional.member_code,
        cast(functional.input_value as decimal(18, 2)) as input_value,
        'derived' as value_state,
        functional.table_key,
        cast(null as integer) as table_no,
        cast(null as varchar) as row_key,
        cast(null as varchar) as column_key,
        cast(null as integer) as statement_no
    from functional
    inner join sources
        on
            sources.source_kind = 'function'
            and functional.table_key = sources.table_key
            and functional.measure = sources.measure

),

counted_tables as (

    select
        report_id,
        release,
        sum(case when state <> 'not_required' then 1 else 0 end) as tables_due,
        sum(case when state in ('present', 'partial', 'no_activity') then 1 else 0 end) as tables_found
    from {{ ref('fct_coverage') }}
    where {{ only_affected('report_id', 'series') }}
    group by report_id, release

),

-- Read once: no table has more rows than that of the checks.
counted_checks as (

    select
        report_id,
        release,
        sum(case when state <> 'not_applicable' then 1 else 0 end) as checks_due,
        sum(case when state = 'fail' then 1 else 0 end) as checks_failed,
        sum(case when state = 'could_not_run' then 1 else 0 end) as checks_not_run
    from {{ ref('fct_check_result') }}
    where {{ only_affected('report_id', 'series') }}
    group by report_id, release

),

counts as (

    select
        report_id,
        release,
        'tables_due' as input_key,
        tables_due as input_value
    from counted_tables
    union all
    select
        report_id,
        release,
        'tables_found' as input_key,
        tables_found as input_value
    from counted_tables
    union all
    select
        report_id,
        release,
        'checks_due' as input_key,
        checks_due as input_value
    from counted_checks
    union all
    select
        report_id,
        release,
        'checks_failed' as input_key,
        checks_failed as input_value
    from counted_checks
    union all
    select
        report_id,
        release,
        'checks_not_run' as input_key,
        checks_not_run as input_value
    from counted_checks

),

days as (

    select
        report_id,
        release,
        'approval_to_publication_days' as input_key,
        publication_days as input_value
    from {{ ref('publication') }}
    where publication_days is not null and {{ only_affected('report_id', 'series') }}

),

counted as (

    select * from counts
    union all
    select * from days

),

from_counts as (

    select
        counted.report_id,
        counted.release,
        sources.input_key,
        sources.place,
        '' as member_code,
        cast(counted.input_value as decimal(18, 2)) as input_value,
        'derived' as value_state,
        cast(null as varchar) as table_key,
        cast(null as integer) as table_no,
        cast(null as varchar) as row_key,
        cast(null as varchar) as column_key,
        cast(null as integer) as statement_no
    from counted
    inner join sources
        on sources.source_kind = 'counted' and counted.input_key = sources.input_key

),

together as (

    select * from from_tables
    union all
    select * from from_three_public
    union all
    select * from from_statements
    union all
    select * from from_budgets
    union all
    select * from from_functions
    union all
    select * from from_counts

),

-- Where a source gives several figures (two tables of one key, a sum told again), the first in the document counts;
-- that they differ is what the checks say.
ordered as (

    select
        together.*,
        row_number() over (
            partition by report_id, release, input_key, member_code
            order by place, table_no nulls last, statement_no nulls last, row_key nulls last, column_key nulls last
        ) as choice
    from together
    where input_value is not null

)

select
    {{ whose() }},
    cast(ordered.input_key as varchar) as input_key,
    cast(ordered.member_code as varchar) as member_code,
    cast(listed.name as varchar) as input_name,
    cast(listed.unit as varchar) as input_unit,
    cast(ordered.input_value as decimal(18, 2)) as input_value,
    cast(ordered.value_state as varchar) as value_state,
    cast(ordered.place as smallint) as source_place,
    cast(ordered.table_key as varchar) as table_key,
    cast(ordered.table_no as integer) as table_no,
    cast(ordered.row_key as varchar) as row_key,
    cast(ordered.column_key as varchar) as column_key,
    cast(ordered.statement_no as integer) as statement_no,
    cast(releases.document_id as varchar) as document_id
from ordered
inner join releases
    on {{ same(['report_id', 'release'], 'ordered', 'releases') }}
inner join {{ ref('indicator_input_list') }} as listed
    on ordered.input_key = listed.input_key
where ordered.choice = 1
