"""The logic of the pages, without a browser: every page on real reports and on a region, and on what is wrong.

Belongs here: what a page shows and asks. Does not belong here: how it looks and what a click does (tests/browser).
"""

from __future__ import annotations

import gc
import io
import re
import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from tests.conftest import ROOT

st = pytest.importorskip("streamlit")
from streamlit.testing.v1 import AppTest  # noqa: E402

from juesuan.dashboard import data, frame, links, money, source, words  # noqa: E402
from juesuan.dashboard.views import sql as sql_page  # noqa: E402

pytestmark = pytest.mark.integration

PAGES = ("overview", "unit", "compare", "codes", "text", "quality", "sql", "documents", "source")
APP = ROOT / "orchestration" / "juesuan" / "dashboard" / "app.py"


def page(name: str, *, other_schema: bool = False, **query: str | list[str]) -> AppTest:
    """One page as the app draws it, with filters in its address; every query of it is one that the warehouse knows."""

    def script(name: str) -> None:
        import importlib

        import streamlit as st

        from juesuan.dashboard import data, frame
        from juesuan.dashboard.words import say

        st.session_state["_page"] = name
        frame.switches()
        data.begin()
        with frame.guarded():
            importlib.import_module(f"juesuan.dashboard.views.{name}").show()
            frame.foot()
        assert say(f"pages.{name}")

    test = AppTest.from_function(script, args=(name,), default_timeout=60)
    for key, value in query.items():
        test.query_params[key] = value
    test.run()
    if not other_schema:
        assert words._words()["frame"]["schema_title"]["zh"] not in [one.value for one in test.title]
        assert words._words()["frame"]["schema_title"]["en"] not in [one.value for one in test.title]
    return test


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """What a page keeps open is closed: DuckDB has one way at a time to open a file in a process."""
    yield
    st.cache_resource.clear()
    st.cache_data.clear()
    gc.collect()


@pytest.fixture
def real(published: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(published))
    return published


def said(test: AppTest, *, raw: bool = False) -> str:
    """All words of a page; ``raw``: with what keeps Markdown from being Markdown."""
    kinds = (test.title, test.subheader, test.markdown, test.caption, test.info, test.warning, test.error, test.metric)
    shown = "\n".join(f"{getattr(one, 'label', '')} {one.value}" for kind in kinds for one in kind)
    return shown if raw else re.sub(r"\\(.)", r"\1", shown)


def unit_of(warehouse: Path, part: str) -> str:
    data.begin()
    return str(data.ask("select unit_id from marts.unit_year where contains(unit_name, ?)", (part,))["unit_id"].iloc[0])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_drawn_without_a_fault_in_both_languages(real: Path, name: str, language: str) -> None:
    test = page(name, lang=language)
    assert not test.exception, test.exception
    assert test.title[0].value == words._words()["pages"][name][language]
    assert data.begin().id in said(test), "every page says which version it shows"


PARTS = (
    "money",
    "function",
    "economic",
    "three_tab",
    "procurement",
    "chain",
    "performance",
    "words",
    "years_tab",
    "peers_tab",
    "checks",
    "history",
)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("name", ["普陀区财政局", "政务服务"])
def test_every_part_of_a_unit_is_drawn(real: Path, part: str, name: str) -> None:
    test = page("unit", unit=unit_of(real, name), part=part)
    assert not test.exception, test.exception
    assert name in said(test)


@pytest.mark.parametrize("part", ["contradictions", "gaps", "unusual", "restated", "timeliness", "checks"])
def test_every_part_of_quality_is_drawn(real: Path, part: str) -> None:
    assert not page("quality", part=part).exception


def test_the_head_of_a_unit_shows_what_is_printed(real: Path) -> None:
    test = page("unit", unit=unit_of(real, "普陀区财政局"))
    shown = {one.label: one.value for one in test.metric}
    assert (shown["收入合计（万元）"], shown["支出合计（万元）"]) == ("2,946.25", "2,940.05")
    in_yuan = page("unit", unit=unit_of(real, "普陀区财政局"), money="元")
    assert {one.label: one.value for one in in_yuan.metric}["收入合计（元）"] == "29,462,500.00"


def test_an_address_that_names_nothing_known_opens_the_usual(real: Path) -> None:
    for name, query in (
        ("unit", {"unit": "nobody", "year": "1", "part": "x", "scope": "<b>"}),
        ("codes", {"code": "zzz", "basis": "'; drop table x"}),
        ("overview", {"year": "abc", "division": "%", "lang": "fr", "money": "$"}),
        ("source", {"report": "x", "table": "T1", "row": "r", "column": "c", "release": "999999999999"}),
        ("compare", {"units": ["a", "b", "c"]}),
        ("text", {"q": '" OR 1 -- * NEAR(', "section": "x"}),
    ):
        assert not page(name, **query).exception, name


def test_two_units_side_by_side_say_why_they_are_not_alike(real: Path) -> None:
    test = page("compare", units=[unit_of(real, "普陀区财政局"), unit_of(real, "政务服务")])
    assert not test.exception
    assert any("口径不同" in one.value for one in test.warning)


def test_words_are_found_with_their_place(real: Path) -> None:
    test = page("text", q="公务接待")
    assert not test.exception
    assert "处，在" in said(test)
    assert not page("text", q="没有任何一份决算会写的话").exception


def test_every_example_of_the_cookbook_is_offered_and_runs(real: Path) -> None:
    from juesuan.bounded_query import ask

    given = sql_page.examples()
    assert len(given) >= 30
    for name, query in list(given.items())[:6]:
        assert ask(real / "juesuan.duckdb", query).table.num_columns, name


def test_a_column_of_the_printed_form_is_found_by_its_words(real: Path) -> None:
    test = page("sql")
    test.text_input(key="find").set_value("表3 基本支出").run()
    assert not test.exception
    shown = [frame.value for frame in test.dataframe if "place" in frame.value.columns]
    assert shown and "T3/basic" in shown[0]["place"].iloc[0]


def test_the_place_of_every_head_figure_is_found(real: Path) -> None:
    """From the address of a figure to its page, in the project's own documents."""
    data.begin()
    for query in (
        "select report_id, 1 as release, table_key, table_no, row_key, column_key from raw.cell where value is not null"
        " and table_key in ('T1', 'T3', 'TS') order by hash(row_key, column_key, report_id) limit 8",
    ):
        for row in data.ask(query).to_dict("records"):
            address = source.of_cell(row, row["column_key"])
            assert address is not None
            found = source._find(address)
            assert found is not None
            spot = source._spot(str(found["document_id"]), source.place_of(found, source._near), data.settings().raw)
            assert spot.picture or any(line.end for line in spot.lines) or spot.cell


def test_every_amount_of_the_head_of_a_unit_has_its_place(real: Path) -> None:
    data.begin()
    stated = 0
    for row in data.ask("select * from marts.unit_year").to_dict("records"):
        for name in (*source._T1, *source._T3, "three_public_final_yuan", *source._TOPICS):
            if not data.stated(row[name]):
                continue
            address = source.of_year(row, name)
            assert address is not None, (row["unit_name"], name)
            found = source._find(address)
            assert found is not None, (row["unit_name"], name, address)
            stated += 1
    assert stated >= 12


def test_downloads_are_exact_and_harmless(real: Path) -> None:
    from openpyxl import load_workbook

    data.begin()
    rows = pd.DataFrame(
        {
            "unit_name": ["=1+1", "某局"],
            "amount_yuan": [Decimal("1234567890123456.78"), None],
            "fiscal_year": [2024, 2023],
        }
    )
    text = frame.as_csv(rows)
    assert text.startswith(b"\xef\xbb\xbf")
    assert "'=1+1,1234567890123456.78,2024" in text.decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(frame.as_xlsx(rows))).active
    assert sheet["A2"].value == "'=1+1"
    assert sheet["B3"].value is None
    assert sheet["C1"].comment is not None, "the header says what the column means"


# --- what is wrong ----------------------------------------------------------------------------------------------------


def test_without_a_warehouse_every_address_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(tmp_path / "none"))
    test = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not test.exception
    assert "还没有数据" in said(test)
    assert any("juesuan refresh" in one.value for one in test.code)


def publish(folder: Path, statements: str) -> None:
    """A file where the published one is looked for."""
    version = folder / "versions" / "v1"
    version.mkdir(parents=True)
    with duckdb.connect(str(version / "juesuan.duckdb")) as connection:
        connection.execute(statements)
    (folder / "juesuan.duckdb").symlink_to(version / "juesuan.duckdb")


def test_a_warehouse_of_another_schema_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(tmp_path, "create table something as select 1 as a")
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(tmp_path))
    test = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not test.exception
    assert "数据库版本不符" in said(test)


def test_a_warehouse_that_lacks_a_column_says_which(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = tmp_path / "versions" / "old"
    version.mkdir(parents=True)
    shutil.copy((real / "juesuan.duckdb").resolve(), version / "juesuan.duckdb")
    (tmp_path / "juesuan.duckdb").symlink_to(version / "juesuan.duckdb")
    with duckdb.connect(str(version / "juesuan.duckdb")) as connection:
        connection.execute("alter table marts.unit_year rename column appropriation_expenditure_yuan to renamed")
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(tmp_path))
    test = page("overview", other_schema=True)
    assert not test.exception
    assert "appropriation_expenditure_yuan" in said(test)


def test_a_file_that_is_no_database_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "juesuan.duckdb").write_bytes(b"nothing" * 5000)
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(tmp_path))
    test = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not test.exception
    assert "数据库版本不符" in said(test)


def test_a_body_without_a_name_and_names_that_are_markup(
    real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = tmp_path / "versions" / "odd"
    version.mkdir(parents=True)
    shutil.copy((real / "juesuan.duckdb").resolve(), version / "juesuan.duckdb")
    (tmp_path / "juesuan.duckdb").symlink_to(version / "juesuan.duckdb")
    with duckdb.connect(str(version / "juesuan.duckdb")) as connection:
        connection.execute("update marts.unit_year set unit_name = null where fiscal_year = 2023")
        connection.execute(
            "update marts.unit_year set unit_name = '<script>[x](javascript:1)**' where fiscal_year = 2024"
        )
        nameless, marked = (
            connection.execute("select unit_id from marts.unit_year where fiscal_year = ?", [y]).fetchone()[0]
            for y in (2023, 2024)
        )
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(tmp_path))
    test = page("unit", unit=nameless)
    assert not test.exception
    assert "未具名单位" in said(test)
    test = page("unit", unit=marked)
    assert not test.exception
    assert "[x](javascript" not in said(test, raw=True)
    assert not page("overview").exception


def test_an_upload_is_looked_at_and_filed_nowhere(real: Path, tmp_path: Path) -> None:
    from juesuan.dashboard.views import documents

    report = next((ROOT / "raw" / "documents").glob("*.txt"))
    before = sorted((ROOT / "raw").rglob("*"))
    seen = documents._seen(report.read_bytes(), "../../x.txt")
    assert seen.reports[0].extraction.cells
    bomb = documents._seen(b"PK\x03\x04" + b"\x00" * 5000, "a/b\\c.zip")
    assert bomb.reports[0].extraction.report.status == "failed"
    assert {seen.reports[0].extraction.report.status, "failed"} <= set(words.options("upload_states"))
    assert sorted((ROOT / "raw").rglob("*")) == before


def test_one_version_for_a_whole_run(real: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published in the middle of a run is shown from the next one on."""
    home = tmp_path / "moving"
    for name in ("one", "two"):
        version = home / "versions" / name
        version.mkdir(parents=True)
        shutil.copy((real / "juesuan.duckdb").resolve(), version / "juesuan.duckdb")
        with duckdb.connect(str(version / "juesuan.duckdb")) as connection:
            connection.execute("update marts.warehouse_version set id = ?", [name])
    link = home / "juesuan.duckdb"
    link.symlink_to(home / "versions" / "one" / "juesuan.duckdb")
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(home))
    assert data.begin().id == "one"
    link.unlink()
    link.symlink_to(home / "versions" / "two" / "juesuan.duckdb")
    assert data.ask("select id from marts.warehouse_version")["id"].tolist() == ["one"]
    assert data.newest_id() == "two"
    assert data.begin().id == "two"
    assert data.ask("select id from marts.warehouse_version")["id"].tolist() == ["two"]


# --- small things -----------------------------------------------------------------------------------------------------


def test_all_words_are_there_in_both_languages() -> None:
    for room, entries in words._words().items():
        for key, entry in entries.items():
            assert set(entry) == {"zh", "en"}, f"{room}.{key}"


def test_amounts_are_rounded_for_the_eye_only() -> None:
    assert money.amount(Decimal("29462550.00"), money.UNITS["万元"]) == "2,946.26"
    assert money.amount(Decimal("-0.01"), money.UNITS["元"]) == "−0.01"
    assert money.amount(None, money.UNITS["元"]) == money.NOT_STATED
    assert money.amount(Decimal(0), money.UNITS["亿元"]) == "0.0000"


def test_links_hold_values_and_come_back() -> None:
    address = source.Address("r-1", 2, "T1", 3, "income:本年收入合计/a&b", "income_amount")
    from urllib.parse import parse_qsl

    given = dict(parse_qsl(address.link().partition("?")[2]))
    assert source.from_query(given) == address
    assert source.from_query({"report": "r"}) is None
    assert links.unit_link("u&1", 2024).startswith("unit?unit=u%261&year=2024")
