{#-
    Testing only what a run has written. What stood before was tested when it was written, and a build whose tests fail
    is not published: then its reports stay pending, and are tested again. A run that builds everything tests everything.

    Held to the reports that were written: tests of columns, and of keys that the report is part of; two rows of one such
    key are of one report. All other tests (keys over reports, references) see every row.
-#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set written = written_reports() if is_build() else none -%}
    {%- if written is none -%}
        {%- do return(default__get_where_subquery(relation)) -%}
    {%- endif -%}
    {%- set units = units_of(written) -%}
    {%- set rows = 'select * from ' ~ relation ~ ' where report_id in (' ~ written ~ ')' -%}
    {%- set parts = [rows ~ ' and false'] if units is not none else [rows] -%}
    {%- for unit in units or [] -%}
        {%- do parts.append(rows ~ " and report_id between '" ~ unit[1] ~ "' and '" ~ unit[2] ~ "'") -%}
    {%- endfor -%}
    {%- do return('(' ~ parts | join(' union all ') ~ ') as tested') -%}
{%- endmacro %}

{#- Whether a build is of what changed. The site of the models is made from a file that knows nothing of builds. -#}
{% macro is_build() -%}
    {%- do return(execute and not flags.FULL_REFRESH and flags.WHICH != 'generate') -%}
{%- endmacro %}

{#- The reports whose rows this run wrote into the model that a test is about, as a subquery; none: it may be any. -#}
{% macro written_reports() -%}
    {%- set tested = graph.nodes.get(model.get('attached_node')) -%}
    {%- set kind = model.get('test_metadata') or {} -%}
    {%- set columns = (kind.get('kwargs') or {}).get('columns') or ['report_id'] -%}
    {%- if not tested or 'report_id' not in tested.columns or 'report_id' not in columns -%}
        {%- do return(none) -%}
    {%- elif kind.get('name') not in ('key', 'accepted_values', 'not_null') -%}
        {%- do return(none) -%}
    {%- elif tested.config.get('incremental_strategy') == 'replace_affected' -%}
        {%- do return("select report_id from build.affected where model = '" ~ tested.name ~ "'") -%}
    {%- elif tested.config.materialized != 'view' or tested.config.meta.get('reach') not in ('report', 'series') -%}
        {%- do return(none) -%}
    {%- endif -%}
    {%- set written = ['select report_id from raw.pending'] -%}
    {%- for name in tested.depends_on.nodes if tested.config.meta.get('reach') == 'series' -%}
        {%- do written.append("select report_id from build.affected where model = '" ~ name.split('.')[-1] ~ "'") -%}
    {%- endfor -%}
    {%- do return(written | join(' union ')) -%}
{%- endmacro %}

{#- A condition that holds for the reports that a run is about: all, or those affected. For tests within one report. -#}
{% macro is_tested(report_id, reach='report') -%}
    {%- set affected = affected_reports(reach) -%}
    {%- if not is_build() -%}
        {{ report_id }} is not null
    {%- else -%}
        {%- set units = units_of(affected) if target.type == 'duckdb' else none -%}
        {{ report_id }} in ({{ affected }})
        {%- if units is not none %}
            and {{ report_id }} between '{{ units | map(attribute=1) | min if units else '~' }}'
            and '{{ units | map(attribute=2) | max if units else '~' }}'
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
