-- Sums over units filter on is_default: at most one report of a body and year may carry it.
select
    unit_id,
    fiscal_year,
    count(*) as default_reports
from {{ ref('fct_release') }}
where is_default
group by unit_id, fiscal_year
having count(*) > 1
