{#- The columns together are the key: no row lacks one of them, and no two rows have the same. -#}
{% test key(model, columns) %}
    {%- set listed = columns | join(', ') %}
select
    {{ listed }},
    count(*) as rows_of_key
from {{ model }}
group by {{ listed }}
having
    count(*) > 1
    {%- for column in columns %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
