"""A small synthetic region read by the library: every figure as printed, every planted misprint found, nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from juesuan.demo import folder, scoring, text
from juesuan.demo.making import Plan, Region
from juesuan.demo.narrative import Said, number
from juesuan.final_accounts.extract import extract

pytestmark = pytest.mark.integration

PLAN = Plan(units=12, years=3, misprints=0.8)


def test_every_figure_and_every_statement_is_read_as_it_was_printed() -> None:
    documents = 0
    for issue in Region(PLAN).issues():
        report = issue.report
        (found,) = extract(text.document(issue), report.stem)
        assert found.report.status == "loaded", (report.stem, found.report.reason)
        assert (found.report.fiscal_year, found.report.scope) == (report.year, report.scope)
        assert found.report.unit_name == report.printed_name
        assert [
            unit.name for unit in found.report.units if unit.covered
        ] == report.covered or report.scope != "department"
        printed = {(t.key, one.row, one.column): one.text for t in report.tables for one in t.figures()}
        assert {(c.table_key, c.row_key, c.column_key): c.value_text for c in found.cells} == printed
        told = Counter(
            (one.topic, one.measure, one.text)
            for section in issue.notes
            for paragraph in section.paragraphs
            for one in paragraph
            if isinstance(one, Said) and not one.topic.startswith("performance.")
        )
        read = Counter((one.topic, one.measure, one.value_text) for one in found.statements)
        assert told - read == Counter(), report.stem
        for one in found.cells:
            assert one.value == number(one.value_text)
        documents += 1
    assert documents > 40


def test_every_planted_misprint_that_a_check_covers_is_found_and_nothing_else(tmp_path: Path) -> None:
    folder.write(PLAN, tmp_path / "demo")
    found = scoring.score(tmp_path / "demo")
    assert found.covered > 20
    assert found.missed == []
    assert [(one.check_id, one.place, one.report_id) for one in found.false_alarms] == []
    assert {"people", "score"} & set(found.not_covered), "some misprints no check covers"
