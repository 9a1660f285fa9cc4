{#- The columns are a key: no combination of them stands twice. Held by a test, as contracts hold names and types. -#}
{% test unique_key(model, columns) %}

select
    {{ columns | join(', ') }},
    count(*) as times
from {{ model }}
group by {{ columns | join(', ') }}
having count(*) > 1

{% endtest %}
