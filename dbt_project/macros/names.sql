{#- Words about names of bodies. -#}

{#- The name without the given words at its front; as it is when it does not begin with them or is nothing else. -#}
{% macro without_front(name, front) -%}
    case
        when
            length({{ front }}) > 0
            and length({{ name }}) > length({{ front }})
            and substr({{ name }}, 1, length({{ front }})) = {{ front }}
            then substr({{ name }}, length({{ front }}) + 1)
        else {{ name }}
    end
{%- endmacro %}
