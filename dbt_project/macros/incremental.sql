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

{#- A condition that holds for the rows to be built: all, or in an incremental run those of affected reports. -#}
{% macro only_affected(report_id, reach='report') -%}
    {%- set affected = affected_reports(reach) -%}
    {%- if is_incremental() -%}
        {{ report_id }} in ({{ affected }})
    {%- else -%}
        {{ report_id }} is not null
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
