"""The two reports that ship, whole: every printed figure in its place and none besides; every line as published."""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.jsonlines import dumps, lines
from juesuan.final_accounts.model import Extraction
from juesuan.final_accounts.numbers import plain

ROOT = Path(__file__).parents[2]
DOCUMENTS = ROOT / "raw" / "documents"
OTHERS = ROOT / "tests" / "fixtures" / "documents"
QINGYUAN = DOCUMENTS / "qingyuan-dsb-own-level-2023.txt"
PUTUO = DOCUMENTS / "shanghai-putuo-finance-2024.pdf"
SCHEMA = json.loads((ROOT / "orchestration/juesuan/final_accounts/extract.schema.json").read_text(encoding="utf-8"))
TRUTH = json.loads((ROOT / "tests/fixtures/truth/shanghai-putuo-finance-2024.json").read_text(encoding="utf-8"))


@cache
def read(path: Path) -> Extraction:
    (got,) = extract(path.read_bytes(), path.name)
    return got


def test_the_pdf_gives_every_figure_of_the_truth_and_not_one_more() -> None:
    want = {(c["table_key"], c["row_key"], c["column_key"]): c["value"] for c in TRUTH["cells"]}
    got = {(c.table_key, c.row_key, c.column_key): plain(c.value) for c in read(PUTUO).cells}
    assert {k: got.get(k, "absent") for k in want} == want
    assert [k for k, value in got.items() if value is not None and k not in want] == []
    assert sum(value is not None for value in got.values()) == 195


def test_blank_is_not_zero_and_has_an_address() -> None:
    blank = [c for c in read(PUTUO).cells if not c.value_text]
    assert len(blank) > 300
    assert all(c.value is None and c.page and c.box for c in blank)


def test_the_pdf_gives_every_statement_of_the_truth() -> None:
    want = Counter((s["topic"], s["measure"], s["value"]) for s in TRUTH["statements"])
    got = Counter((s.topic, s.measure, plain(s.value)) for s in read(PUTUO).statements)
    assert want - got == Counter()


def test_the_text_gives_all_its_753_figures_with_their_lines() -> None:
    cells = read(QINGYUAN).cells
    text = QINGYUAN.read_text(encoding="utf-8")
    assert Counter(c.table_key for c in cells) == {
        "T1": 42, "T2": 203, "T3": 174, "T4": 125, "T5": 69, "T6": 83, "TF": 42, "TG": 3, "TS": 12,
    }  # fmt: skip
    for cell in cells:
        assert cell.span is not None
        assert text[slice(*cell.span)] == cell.value_text


@pytest.mark.parametrize("path", [QINGYUAN, PUTUO], ids=lambda p: p.stem)
def test_no_number_slips_through(path: Path) -> None:
    report = read(path)
    assert report.report.status == "loaded"
    assert report.unassigned_numbers == ()
    assert report.unrecognised_tables == ()


@pytest.mark.parametrize(
    "path",
    [QINGYUAN, PUTUO, OTHERS / "fujian-pingtan-suao-2016-page.txt", OTHERS / "shanghai-putuo-blank-template.pdf",
     OTHERS / "shanghai-putuo-wanli-2024-budget.pdf"],
    ids=lambda p: p.stem,
)  # fmt: skip
def test_every_line_is_as_the_schema_says(path: Path) -> None:
    validator = Draft202012Validator(SCHEMA)
    printed = [json.loads(dumps(line)) for line in lines(read(path), 0, path.name)]
    assert printed[0]["kind"] == "report"
    problems = [(line["kind"], e.message) for line in printed for e in validator.iter_errors(line)]
    assert problems == []


def test_what_the_documents_say_they_are() -> None:
    says = {
        p.stem: (r.unit_name, r.fiscal_year, r.scope, r.family) for p in (QINGYUAN, PUTUO) for r in [read(p).report]
    }
    assert says == {
        QINGYUAN.stem: ("清远市政务服务数据管理局本级", 2023, "own_level", "final_accounts"),
        PUTUO.stem: ("上海市普陀区财政局", 2024, "department", "final_accounts"),
    }


def test_contradictions_that_the_reports_really_have() -> None:
    found = {(c.check_id, c.place) for p in (QINGYUAN, PUTUO) for c in read(p).checks if c.state == "fail"}
    assert ("W-N-06", "narrative/procurement.sme_awarded/amount") in found
    assert any(check == "W-N-10" and place.startswith("narrative/three_public.total") for check, place in found)
    assert ("W-N-01", "narrative/appropriation/amount") in found
    assert ("W-N-02", "narrative/general_public_budget.class.201/share_pct") in found
    tables = {
        (c.check_id, c.place)
        for c in read(QINGYUAN).checks
        if c.check_id[:3] in ("W-T", "W-X", "W-H") and c.state == "fail"
    }
    assert tables == set()


def test_a_rounding_difference_is_said_and_is_no_failure() -> None:
    across = [c for c in read(PUTUO).checks if c.check_id in ("W-X-03", "W-X-06") and "社会保障" in c.place]
    assert {(abs(c.difference or 0), c.state) for c in across} == {(Decimal("0.01"), "within_rounding")}


def test_what_is_no_final_accounts_is_set_aside_with_the_reason() -> None:
    template = read(OTHERS / "shanghai-putuo-blank-template.pdf").report
    budget = read(OTHERS / "shanghai-putuo-wanli-2024-budget.pdf").report
    assert (template.family, template.status) == ("template", "set_aside")
    assert (budget.family, budget.status, budget.fiscal_year) == ("budget", "set_aside", 2024)
    assert template.reason
    assert budget.reason


def test_a_web_page_without_tables_is_partial_and_names_them() -> None:
    page = read(OTHERS / "fujian-pingtan-suao-2016-page.txt")
    assert page.report.status == "partial"
    assert "T1" in (page.report.reason or "")
    assert {t.state for t in page.report.tables} == {"missing", "not_required"}
    assert ("income", "amount", "1085.50") in {(s.topic, s.measure, plain(s.value)) for s in page.statements}
    states = {c.state for c in page.checks if c.check_id.startswith("W-T")}
    assert states <= {"could_not_run", "not_applicable"}


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"", "empty"), (b"%PDF-1.7\n%broken", ""), (b"\x00\x01\x02\x03" * 100, ""), (b"PK\x03\x04rest of a zip", "")],
)
def test_what_cannot_be_read_has_a_status_and_a_reason(data: bytes, says: str) -> None:
    (got,) = extract(data, "report.pdf")
    assert got.report.status == "failed"
    assert got.report.reason
    assert says in got.report.reason
    assert got.cells == ()


def test_a_report_without_one_of_its_tables_is_partial() -> None:
    text = QINGYUAN.read_text(encoding="utf-8")
    start, end = text.index("表5"), text.index("表6")
    (got,) = extract((text[:start] + text[end:]).encode(), "without T5.txt")
    assert got.report.status == "partial"
    assert "T5" in (got.report.reason or "")
    assert {c.state for c in got.checks if c.check_id == "W-T5-01"} == {"could_not_run"}


@pytest.mark.parametrize(
    ("printed", "instead", "table"),
    [("698.25 4,168.88 0.00", "698.1234567 4,168.88 0.00", "T3"),
     ("基本支出698.25万元", "基本支出698.1234567万元", None),
     ("基本支出698.25万元", "基本支出69812345678901234567890万元", None)],
)  # fmt: skip
def test_a_figure_that_does_not_fit_is_listed_and_stops_nothing(printed: str, instead: str, table: str | None) -> None:
    text = QINGYUAN.read_text(encoding="utf-8")
    assert printed in text
    (got,) = extract(text.replace(printed, instead).encode(), "too long.txt")
    assert [(n.table_key, n.text in instead) for n in got.unassigned_numbers] == [(table, True)]
    assert got.report.status == ("partial" if table else "loaded")


def test_parts_of_a_fen_are_listed_and_stop_nothing() -> None:
    text = QINGYUAN.read_text(encoding="utf-8").replace("单位：万元单位", "单位：元单位")
    (got,) = extract(text.replace("698.25 4,168.88 0.00", "698.251 4,168.88 0.00").encode(), "fen.txt")
    (listed,) = [n for n in got.unassigned_numbers if n.table_key]
    assert (listed.text, listed.table_key) == ("698.251", "T3")
    assert "元" in (listed.reason or "")
