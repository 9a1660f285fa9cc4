"""The cookbook: every query runs on the published file and answers what the page shows; every mart leads home.

Belongs here: what analysts copy. Does not belong here: what single marts hold (test_marts.py, test_history.py).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.cookbook import PAGE, answer, queries

pytestmark = pytest.mark.integration

ASKED = queries(PAGE.read_text(encoding="utf-8"))


def test_the_cookbook_has_at_least_twenty_questions() -> None:
    assert len(ASKED) >= 20
    assert all(shown for _, shown in ASKED)


@pytest.mark.parametrize(("sql", "shown"), ASKED, ids=[str(n) for n in range(1, len(ASKED) + 1)])
def test_a_query_answers_what_the_page_shows(published: Path, sql: str, shown: str) -> None:
    assert answer(published / "juesuan.duckdb", sql) == shown


def test_every_address_in_a_mart_leads_to_a_printed_figure(published: Path) -> None:
    """Of each mart with addresses of cells a sample is walked back to page and document."""
    with duckdb.connect(str(published / "juesuan.duckdb"), read_only=True) as connection:
        marts = connection.execute(
            "select table_name from information_schema.columns where table_schema = 'marts' and column_name in "
            "('report_id', 'table_key', 'row_key', 'column_key') group by all having count(*) = 4 order by 1"
        ).fetchall()
        walked = 0
        for (mart,) in marts:
            rows = connection.execute(
                f"select report_id, table_key, row_key, column_key from marts.{mart} where table_key is not null "
                "and column_key is not null and table_key not like '%-%' and row_key is not null order by all limit 40"
            ).fetchall()
            for row in rows:
                home = connection.execute(
                    "select count(*), count(document), count(page) from marts.figure_address(?, ?, ?, ?)", row
                ).fetchone()
                assert home is not None and home[0] == home[1] >= 1, (mart, row)
                walked += 1
        assert walked > 100 and len(marts) >= 4


def test_every_statement_in_a_mart_leads_to_its_sentence(published: Path) -> None:
    """Of each mart with numbers of statements every one is walked back to its quote and its place in the document."""
    with duckdb.connect(str(published / "juesuan.duckdb"), read_only=True) as connection:
        marts = connection.execute(
            "select table_name from information_schema.columns where table_schema = 'marts' and column_name in "
            "('report_id', 'release', 'statement_no') group by all having count(*) = 3 order by 1"
        ).fetchall()
        assert {"indicator_input", "budget_execution"} <= {mart for (mart,) in marts}
        for (mart,) in marts:
            lost = connection.execute(
                f"select count(*), count(told.quote), count(told.line) from marts.{mart} as one "
                "left join conformed.statement_counted as told on one.report_id = told.report_id "
                "and one.release = told.release and one.statement_no = told.statement_no "
                "where one.statement_no is not null"
            ).fetchone()
            assert lost is not None and lost[0] == lost[1] == lost[2] > 0, (mart, lost)


def test_what_an_indicator_is_computed_of_has_a_place_or_is_counted(published: Path) -> None:
    with duckdb.connect(str(published / "juesuan.duckdb"), read_only=True) as connection:
        without = connection.execute(
            "select distinct value_state from marts.indicator_input where statement_no is null and row_key is null "
            "and column_key is null"
        ).fetchall()
        assert without == [("derived",)]
        known = "select count(*) from marts.indicator_input where table_key is not null or statement_no is not null"
        assert (connection.execute(known).fetchone() or (0,))[0] > 80
