{{ config(materialized='table', meta={'reach': 'everything'}) }}

{{ class_dimension('economic', 'econ_class') }}
