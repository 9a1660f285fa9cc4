{#-
    Testing only what a run has written. What stood before was tested when it was written, and a build whose tests fail
    is not published: then its reports stay pending, and are tested again. A run that builds everything tests everything.

    Held to the reports that were written: tests of columns, and of keys that the report is part of; two rows of one such
    key are of one report. All other tests (keys over reports, references) see every row.
-#}
{% macro duckdb__get_where_subquery(relation) -%}
    {%- set written = written_reports() if execute and not flags.FULL_REFRESH else none -%}
    {%- if written is none -%}
        {%- do return(default__get_where_subquery(relation)) -%}
    {%- endif -%}
    {%- set filtered -%}
        (select * from {{ relation }} where report_id in ({{ written }})) as tested
    {%- endset -%}
    {%- do return(filtered) -%}
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
    {%- elif tested.config.materialized == 'view' and tested.config.meta.get('reach') == 'report' -%}
        {%- do return('select report_id from raw.pending') -%}
    {%- endif -%}
    {%- do return(none) -%}
{%- endmacro %}

{#- A condition that holds for the reports that a run is about: all, or those pending. For tests within one report. -#}
{% macro is_tested(report_id) -%}
    {%- if flags.FULL_REFRESH -%}
        {{ report_id }} is not null
    {%- else -%}
        {{ report_id }} in (select pending.report_id from {{ source('raw', 'pending') }} as pending)
    {%- endif -%}
{%- endmacro %}
