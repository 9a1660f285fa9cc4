{{ config(materialized='table', meta={'reach': 'everything'}) }}

{{ class_dimension('functional', 'func_class') }}
