{#-
    How dbt builds on Spark. Here: what dbt-spark leaves to the project or does otherwise than the models expect. Models
    are written once, in words that both engines have (dispatched.sql has the few that differ); names of types are the
    one thing that is put into Spark's words here, on the way to Spark, because every output column is cast.
-#}

{#- SQL of the project in Spark's names of types: text without a length is called string there. -#}
{% macro in_spark_words(sql) -%}
    {{ return(modules.re.sub('(?i)\\bas varchar\\b(?! *\\()', 'as string', sql)) }}
{%- endmacro %}

{#- A type of the project's YAML in Spark's words. -#}
{% macro spark_type(data_type) -%}
    {{ return('string' if data_type | lower == 'varchar' else data_type) }}
{%- endmacro %}

{% macro spark__get_empty_subquery_sql(select_sql, select_sql_header=none) -%}
    select * from ({{ in_spark_words(select_sql) }}) as subquery where false limit 0
{%- endmacro %}

{% macro spark__create_view_as(relation, sql) -%}
    {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
    create or replace view {{ relation }} as
    {{ in_spark_words(sql) }}
{%- endmacro %}

{#-
    A table; one at report grain is divided by fiscal year, so that a run may replace the years that it touched, and what
    is written is brought together by year first, else every task would write a small file of every year.
-#}
{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if temporary -%}
        create or replace temporary view {{ relation }} as
        {{ in_spark_words(compiled_code) }}
    {%- else -%}
        {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(compiled_code) }}{% endif -%}
        create table {{ relation }}
        {{ file_format_clause() }}
        {{ tblproperties_clause() }}
        {%- if config.get('materialized') == 'incremental' %} partitioned by (fiscal_year){% endif %}
        {{ location_clause() }}
        as
        select {% if config.get('materialized') == 'incremental' %}/*+ rebalance(fiscal_year) */{% endif %} *
        from ({{ in_spark_words(compiled_code) }})
    {%- endif -%}
{%- endmacro %}

{% macro spark__get_test_sql(main_sql, fail_calc, warn_if, error_if, limit) -%}
    {{ default__get_test_sql(in_spark_words(main_sql), fail_calc, warn_if, error_if, limit) }}
{%- endmacro %}

{#- Seeds as literals: the adapter's bindings write an empty value as the text None, and escape no quotation mark. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set columns = [] -%}
    {%- for column in agate_table.column_names -%}
        {%- do columns.append('`' ~ column ~ '` ' ~ spark_type(model['config'].get('column_types', {})[column])) -%}
    {%- endfor -%}
    {%- set sql -%}
        create table {{ this.render() }} ({{ columns | join(', ') }}) {{ file_format_clause() }} {{ location_clause() }}
    {%- endset -%}
    {%- call statement('_') -%}{{ sql }}{%- endcall -%}
    {{ return(sql) }}
{%- endmacro %}

{% macro spark_literal(value, data_type) -%}
    {%- if value is none -%}
        cast(null as {{ data_type }})
    {%- else -%}
        cast('{{ value | string | replace('\\', '\\\\') | replace("'", "\\'") }}' as {{ data_type }})
    {%- endif -%}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- for rows in agate_table.rows | batch(1000) -%}
        {%- set lines = [] -%}
        {%- for row in rows -%}
            {%- set values = [] -%}
            {%- for column in agate_table.column_names -%}
                {%- do values.append(spark_literal(row[loop.index0], spark_type(types[column]))) -%}
            {%- endfor -%}
            {%- do lines.append('(' ~ values | join(', ') ~ ')') -%}
        {%- endfor -%}
        {%- set sql = 'insert into ' ~ this.render() ~ ' values ' ~ lines | join(', ') -%}
        {%- do adapter.add_query(sql, abridge_sql_log=True) -%}
    {%- endfor -%}
    {{ return('') }}
{%- endmacro %}

{#-
    Replacing what changed, as replace_affected does on DuckDB, where rows cannot be deleted: the years of affected
    reports are written again (insert overwrite), from what stays of them and what is new. A year of which nothing is
    left is dropped. Every model at report grain knows its year.
-#}
{% materialization incremental, adapter='spark' -%}
    {%- set old = load_relation(this) -%}
    {{ run_hooks(pre_hooks) }}
    {%- if not is_incremental() -%}
        {%- if old is not none %}{% do adapter.drop_relation(old) %}{% endif -%}
        {%- call statement('main') -%}{{ create_table_as(False, this, compiled_code) }}{%- endcall -%}
    {%- else -%}
        {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='name') | list -%}
        {%- set listed = columns | join(', ') -%}
        {%- set fresh = this.incorporate(path={'identifier': this.identifier ~ '__fresh'}) -%}
        {%- set whole = this.incorporate(path={'identifier': this.identifier ~ '__whole'}) -%}
        {%- set affected = affected_reports(config.get('meta', {}).get('reach', 'report')) -%}
        {%- for one in (fresh, whole) %}{% do run_query('drop table if exists ' ~ one) %}{% endfor -%}
        {%- do run_query('create table ' ~ fresh ~ ' as ' ~ in_spark_words(compiled_code)) -%}
        {%- set years -%}
            select fiscal_year from {{ this }} where report_id in ({{ affected }})
            union
            select fiscal_year from {{ fresh }}
        {%- endset -%}
        {%- set touched = run_query(years).columns[0].values() -%}
        {%- if touched -%}
            {%- set kept -%}
                select {{ listed }} from {{ this }}
                where
                    (report_id is null or report_id not in ({{ affected }}))
                    and fiscal_year in ({{ touched | join(', ') }})
                union all
                select {{ listed }} from {{ fresh }}
            {%- endset -%}
            {%- do run_query('create table ' ~ whole ~ ' as ' ~ kept) -%}
            {%- set left = run_query('select distinct fiscal_year from ' ~ whole).columns[0].values() -%}
            {%- for year in touched if year not in left -%}
                {%- do run_query('alter table ' ~ this ~ ' drop if exists partition (fiscal_year = ' ~ year ~ ')') -%}
            {%- endfor -%}
            {%- call statement('main') -%}
                insert overwrite table {{ this }} partition (fiscal_year)
                select /*+ rebalance(fiscal_year) */ {{ listed }} from {{ whole }}
            {%- endcall -%}
        {%- else -%}
            {%- call statement('main') -%}select 1{%- endcall -%}
        {%- endif -%}
        {%- for one in (fresh, whole) %}{% do run_query('drop table if exists ' ~ one) %}{% endfor -%}
    {%- endif -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [this]}) }}
{%- endmaterialization %}
