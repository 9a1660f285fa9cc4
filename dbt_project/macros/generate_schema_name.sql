{#- Schemas are called as they are configured (marts, conformed, staging), without the profile's schema before them. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
