{#-
    Building only what a change touches. The affected keys are the list that loading wrote (raw.pending); reports that
    vanished stand in it too. Deletes come from that list, never from the new rows, so what vanished is gone.
-#}

{#-
    The reports to be built again, as a subquery: those pending, or for models that reach further (dbt_project.yml says
    how far) those of affected_report.
-#}
{% macro affected_reports(reach) -%}
    {%- if reach == 'report' -%}
        select pending.report_id from {{ source('raw', 'pending') }} as pending
    {%- else -%}
        select affected.report_id from {{ ref('affected_report') }} as affected where affected.reach = '{{ reach }}'
    {%- endif -%}
{%- endmacro %}

{#-
    A condition that holds for the rows to be built: all, or in an incremental run those of affected reports; of them those
    of one slice, see below.
-#}
{% macro only_affected(report_id, reach='report') -%}
    {%- set affected = affected_reports(reach) -%}
    {{ report_id }} between '!first report' and '~last report'
    {%- if is_incremental() %}
        and {{ report_id }} in ({{ affected }})
    {%- endif -%}
{%- endmacro %}

{#-
    The units of these reports (a subquery), each with the first and the last key of its own; none where there are many.
    Written into SQL as literals they reach the scans through all joins and windows, as a list of reports does not.
-#}
{% macro units_of(reports) -%}
    {%- set query -%}
        select unit_id, min(report_id), max(report_id)
        from raw.report
        where report_id in ({{ reports }})
        group by unit_id
        order by unit_id
        limit {{ var('units_apart') + 1 }}
    {%- endset -%}
    {%- set found = [] -%}
    {%- for unit in run_query(query).rows %}{% do found.append([unit[0], unit[1], unit[2]]) %}{% endfor -%}
    {%- do return(found if found | length <= var('units_apart') else none) -%}
{%- endmacro %}

{#-
    The slices, each as the first and the last key of its reports, that a model at report grain is built in. What a row
    of it follows from is bounded by its report, so it can be built some thousand reports at a time, and memory follows
    from the slice and not from the warehouse. Reports of one unit are together in the order of their keys.

    Where few units are affected, each is a slice, so what is read follows from the change, too. What compares reports
    with each other (reach 'peers') is built in one.
-#}
{% macro slices(reach) -%}
    {%- if reach == 'peers' -%}
        {%- do return([['!', '~']]) -%}
    {%- endif -%}
    {%- set found = units_of(affected_reports(reach)) if is_incremental() else none -%}
    {%- if found is not none -%}
        {%- set bounds = [] -%}
        {%- for unit in found %}{% do bounds.append([unit[1], unit[2]]) %}{% endfor -%}
        {%- do return(bounds or [['!', '!']]) -%}
    {%- endif -%}
    {%- set of_all -%}
        select min(report_id), max(report_id)
        from (
            select
                report_id,
                (row_number() over (order by report_id) - 1) // {{ var('reports_at_once') }} as slice
            from (select distinct report_id from {{ source('raw', 'report') }})
            where {{ 'report_id in (' ~ affected_reports(reach) ~ ')' if is_incremental() else 'true' }}
        )
        group by slice
        order by slice
    {%- endset -%}
    {%- set bounds = [] -%}
    {%- for slice in run_query(of_all).rows if slice[0] %}{% do bounds.append([slice[0], slice[1]]) %}{% endfor -%}
    {%- do return(bounds or [['!', '~']]) -%}
{%- endmacro %}

{#-
    The table of a model, built slice by slice where it says so (only_affected); a unit test has a few rows of its own.
    Where readers ask for the rows of one unit, meta.stored_by keeps them together within a slice.

    meta.joins_as_written: each row is joined with what is known of its report or of the form. The keys of one report imply
    each other, so what is left of the rows is underestimated; a join turned round hashes them all, and loses their order.
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
    {%- set bounds = slices(config.get('meta', {}).get('reach', 'report')) -%}
    {%- set stored_by = config.get('meta', {}).get('stored_by') -%}
    {%- set order = 'order by ' ~ stored_by if stored_by else '' -%}
    {%- set as_written = config.get('meta', {}).get('joins_as_written') and not is_incremental() -%}
    {%- if as_written %}set disabled_optimizers = 'build_side_probe_side';{% endif -%}
    {%- set whole = not temporary and config.get('contract').enforced -%}
    {%- if whole -%}
        {{ get_assert_columns_equivalent(compiled_code) }}
        create table {{ relation }} {{ get_table_columns_and_constraints() }};
    {%- endif -%}
    {%- for first, last in bounds %}
        {%- set code = compiled_code.replace('!first report', first).replace('~last report', last) %}
        {%- if whole %}
            insert into {{ relation }} {{ get_column_names() }} ({{ get_select_subquery(code) }} {{ order }});
        {%- elif loop.first %}
            create {{ 'temporary' if temporary }} table
            {{ relation.include(database=(not temporary), schema=(not temporary)) }} as (select * from ({{ code }}) {{ order }});
        {%- else %}
            insert into {{ relation.include(database=(not temporary), schema=(not temporary)) }} (select * from ({{ code }}) {{ order }});
        {%- endif %}
    {%- endfor %}
    {%- if as_written %}
        reset disabled_optimizers;
    {%- endif -%}
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
