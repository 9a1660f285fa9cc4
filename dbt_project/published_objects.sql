-- Table macros of the published file. They stand here and not in a model because only DuckDB has them; publishing runs
-- them on the finished version. Names are qualified by schema only, so that they hold under any name of the file.

-- Every printed figure as it was known on a day: the last release of each report that was known then. Known from is the
-- day it was retrieved, else published; a release without either was always known.
create or replace macro marts.as_of(day) as table
select
    figures.*,
    releases.published_on,
    releases.known_from
from marts.published_figure as figures
inner join (
    select
        report_id,
        release,
        unit_id,
        fiscal_year,
        scope,
        family,
        published_on,
        coalesce(retrieved_on, published_on) as known_from,
        row_number() over (partition by report_id order by release desc) as place
    from conformed.fct_release
    where coalesce(retrieved_on, published_on, date '0001-01-01') <= cast(day as date)
) as releases
    on
        figures.unit_id = releases.unit_id
        and figures.fiscal_year = releases.fiscal_year
        and figures.scope = releases.scope
        and figures.family = releases.family
        and figures.release = releases.release
where releases.place = 1;

-- All that is known of the units whose name holds these words, of all years of their series.
create or replace macro marts.unit_profile(name) as table
select
    years.unit_name,
    years.fiscal_year,
    years.division_name,
    years.parent_unit_name,
    years.series_id,
    years.group_id,
    totals.* exclude (unit_name, fiscal_year)
from conformed.dim_unit_year as years
inner join marts.unit_year as totals
    on years.unit_id = totals.unit_id and years.fiscal_year = totals.fiscal_year
where
    years.series_id in (
        select units.series_id
        from conformed.dim_unit_name as names
        inner join conformed.dim_unit as units
            on names.unit_id = units.unit_id
        where contains(names.unit_name, name)
    )
order by years.series_id, years.fiscal_year, totals.scope;

-- The main totals of several units side by side; names are parts of names.
create or replace macro marts.compare_units(names, from_year, to_year) as table
select
    totals.unit_name,
    totals.fiscal_year,
    totals.scope,
    totals.is_default,
    totals.income_total_yuan,
    totals.expenditure_total_yuan,
    totals.basic_yuan,
    totals.project_yuan,
    totals.appropriation_expenditure_yuan,
    totals.closing_carryover_yuan,
    totals.report_id
from marts.unit_year as totals
where
    totals.fiscal_year between from_year and to_year
    and len(list_filter(names, lambda one: contains(totals.unit_name, one))) > 0
order by totals.unit_name, totals.fiscal_year, totals.scope;

-- One code through the years, with every code that is on its line: functional or economic, of every unit that prints it,
-- from current releases. A class or a section holds what stands below it. Compare within one basis and fund.
create or replace macro marts.trend(of_code) as table
select
    releases.unit_name,
    releases.fiscal_year,
    releases.scope,
    releases.is_default,
    facts.kind,
    facts.basis,
    facts.fund,
    sum(facts.amount_yuan) as amount_yuan,
    string_agg(distinct facts.printed_code, '；' order by facts.printed_code) as codes,
    min(facts.mapping_confidence) as mapping_confidence,
    releases.report_id
from (
    select
        'function' as kind, report_id, release, basis, fund, functional_code as printed_code, line_code,
        mapping_confidence, amount_yuan
    from conformed.fct_expenditure
    union all
    select
        'economic' as kind, report_id, release, basis, fund, economic_code as printed_code, line_code,
        mapping_confidence, amount_yuan
    from conformed.fct_economic_expenditure
) as facts
inner join conformed.fct_release as releases
    on facts.report_id = releases.report_id and facts.release = releases.release and releases.is_current
where
    starts_with(facts.printed_code, of_code)
    or facts.line_code in (
        select lines.line_code from conformed.code_line as lines
        where lines.code = of_code and lines.mapping in ('one_to_one', 'group')
    )
group by all
order by releases.unit_name, facts.kind, facts.basis, facts.fund, releases.fiscal_year;

-- Where a figure stands: every printed cell of a report with this table, row and column; null asks for all of them.
create or replace macro marts.figure_address(report, of_table, of_row, of_column) as table
select
    releases.report_id,
    cells.release,
    cells.table_key,
    cells.row_key,
    cells.row_label,
    cells.column_key,
    cells.value_text,
    cells.money_unit,
    cells.amount_yuan,
    cells.page,
    printed.box,
    printed.line,
    cells.document_id,
    documents.document,
    documents.sources
from staging.stg_cell as cells
inner join raw.cell as printed
    on
        cells.report_id = printed.report_id
        and cells.document_id = printed.document_id
        and cells.cell_no = printed.cell_no
inner join conformed.fct_release as releases
    on cells.report_id = releases.report_id and cells.release = releases.release and releases.is_current
left join (
    select
        document_id,
        path as document,
        sources
    from raw.document
) as documents
    on cells.document_id = documents.document_id
where
    cells.report_id = report
    and coalesce(cells.table_key = of_table, true)
    and coalesce(cells.row_key = of_row, true)
    and coalesce(cells.column_key = of_column, true)
order by cells.table_no, cells.cell_no;
