{#-
    Building only what a change touches. The affected keys are the list that loading wrote (raw.pending); reports that
    vanished stand in it too. Deletes come from that list, never from the new rows, so what vanished is gone.
-#}

{#-
    The reports to be built again, as a subquery.
    reach 'report': those pending. reach 'year': also those whose rows here carry another default scope than the
    release list gives them now; which reports count by default is decided over all reports of a year.
    reach 'series': those of 'year', and the reports that stand beside a pending one: of the same units, before or after
    a rename, a merge or a split, of the year before and the year after; and those that say they cover it.
-#}
{% macro affected_reports(reach) -%}
    {%- set pending = source('raw', 'pending') -%}
    select pending.report_id from {{ pending }} as pending
    {%- if reach == 'series' %}
    union
    select beside.report_id
    from {{ pending }} as pending
    inner join {{ ref('dim_unit_year') }} as own
        on pending.unit_id = own.unit_id and pending.fiscal_year = own.fiscal_year
    inner join {{ ref('dim_unit_year') }} as other
        on own.group_id = other.group_id and other.fiscal_year between own.fiscal_year - 1 and own.fiscal_year + 1
    inner join {{ ref('fct_release') }} as beside
        on other.unit_id = beside.unit_id and other.fiscal_year = beside.fiscal_year
    union
    select covering.report_id
    from {{ pending }} as pending
    inner join {{ ref('covered_body') }} as bodies
        on pending.unit_id = bodies.covered_unit_id
    inner join {{ ref('fct_release') }} as covering
        on bodies.report_id = covering.report_id and pending.fiscal_year = covering.fiscal_year
    {%- endif %}
    {%- if reach in ('year', 'series') and 'is_default' in (model if model is defined else {}).get('columns', {}) %}
    union
    select standing.report_id
    from {{ this }} as standing
    inner join {{ ref('fct_release') }} as releases
        on standing.report_id = releases.report_id and standing.release = releases.release
    where standing.is_default <> releases.is_default
    {%- endif %}
{%- endmacro %}

{#-
    A condition that holds for the rows to be built: all, or in an incremental run those of affected reports; of them those
    of one slice, see below.
-#}
{% macro only_affected(report_id, reach='report') -%}
    {%- set affected = affected_reports(reach) -%}
    {{ report_id }} >= '!first report' and {{ report_id }} < '~next report'
    {%- if is_incremental() %}
        and {{ report_id }} in ({{ affected }})
    {%- endif -%}
{%- endmacro %}

{#-
    Where the slices begin that a model at report grain is built in. What a row of it follows from is bounded by its
    report, so it can be built some thousand reports at a time, and memory follows from the slice and not from the
    warehouse. In the order of their keys reports of one unit are together, as their cells are within a year.
-#}
{% macro slices() -%}
    {%- set pending -%}
        select count(*) from {{ source('raw', 'pending') }}
    {%- endset -%}
    {%- if is_incremental() and run_query(pending).columns[0][0] <= var('reports_at_once') -%}
        {%- do return(['']) -%}
    {%- endif -%}
    {%- set bounds -%}
        select min(report_id)
        from (
            select
                report_id,
                (row_number() over (order by report_id) - 1) // {{ var('reports_at_once') }} as slice
            from (select distinct report_id from {{ source('raw', 'report') }})
        )
        group by slice
        order by slice
    {%- endset -%}
    {%- do return([''] + (run_query(bounds).columns[0].values() | list)[1:]) -%}
{%- endmacro %}

{#-
    The table of a model, built slice by slice where it says so (only_affected); a unit test has a few rows of its own.
-#}
{% macro duckdb__create_table_as(
    temporary, relation, compiled_code, language='sql', partitioned_by=none, sorted_by=none
) -%}
    {%- set sliced = language == 'sql' and "'!first report'" in compiled_code and model.resource_type == 'model' -%}
    {%- if not sliced or not execute -%}
        {{ return(dbt.duckdb__create_table_as(
            temporary, relation, compiled_code, language, partitioned_by, sorted_by
        )) }}
    {%- endif -%}
    {#- '!' comes before every key of a report and '~' after it, so the condition holds where nothing is put into it -#}
    {%- set beginnings = slices() -%}
    {%- set ends = beginnings[1:] + ['~'] -%}
    {%- set whole = not temporary and config.get('contract').enforced -%}
    {%- if whole -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        create table {{ relation }} {{ get_table_columns_and_constraints() }};
    {%- endif -%}
    {%- for beginning in beginnings %}
        {%- set code = compiled_code.replace('!first report', beginning).replace('~next report', ends[loop.index0]) %}
        {%- if whole %}
            insert into {{ relation }} {{ get_column_names() }} ({{ get_select_subquery(code) }});
        {%- elif loop.first %}
            create {{ 'temporary' if temporary }} table
            {{ relation.include(database=(not temporary), schema=(not temporary)) }} as ({{ code }});
        {%- else %}
            insert into {{ relation.include(database=(not temporary), schema=(not temporary)) }} ({{ code }});
        {%- endif %}
    {%- endfor %}
{%- endmacro %}

{#-
    The incremental strategy of every model at report grain: delete the affected reports, insert what they are now. Which
    they were is kept for the tests of the model.
-#}
{% macro get_incremental_replace_affected_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set name = arg_dict['target_relation'].identifier -%}
    delete from build.affected where model = '{{ name }}';
    insert into build.affected
    select '{{ name }}', report_id from ({{ affected_reports(config.get('meta', {}).get('reach', 'report')) }});
    delete from {{ arg_dict['target_relation'] }}
    where report_id in (select report_id from build.affected where model = '{{ name }}');
    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arg_dict['temp_relation'] }}
{% endmacro %}
