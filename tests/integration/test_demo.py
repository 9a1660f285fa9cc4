"""A small synthetic region read by the library: every figure as printed, every planted misprint found, nothing else."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from juesuan.demo import folder, records, scoring, text
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


#: All of an extraction: what stands where, in which words, and what the checks say of it.
PARTS = (
    "report", "cells", "statements", "indicators", "terms", "passages", "checks", "unrecognised_tables",
    "unassigned_numbers", "notes",
)  # fmt: skip


def test_records_written_without_reading_are_what_reading_gives() -> None:
    scribe, compared = records.Scribe(), 0
    for count, issue in enumerate(Region(Plan(units=24, years=4, misprints=0.0)).issues()):
        before = scribe.read
        data, made = scribe.extraction(issue)
        if scribe.read > before or count % 5:
            continue
        (read,) = extract(data, issue.report.stem)
        for part in PARTS:
            assert getattr(made, part) == getattr(read, part), (issue.report.stem, part)
        compared += 1
    assert compared >= 8


def test_a_region_of_records_is_an_archive_with_its_landing_and_has_the_same_documents(tmp_path: Path) -> None:
    from juesuan.final_accounts.archive import Archive
    from juesuan.final_accounts.extract import extractor_fingerprint
    from juesuan.landing import Landing
    from juesuan.raw_schema import raw_tables
    from juesuan.settings import Settings

    plan = Plan(units=6, years=2, misprints=0.3)
    folder.write(plan, tmp_path / "text")
    records.write(plan, tmp_path / "records")
    for path in sorted((tmp_path / "text" / "raw").rglob("*")):
        if path.is_file():
            other = tmp_path / "records" / "raw" / path.relative_to(tmp_path / "text" / "raw")
            assert other.read_bytes() == path.read_bytes(), path.name
    landing = Landing(tmp_path / "records" / "warehouse" / "landing", raw_tables(Settings.load().dbt_project))
    held = landing.holding()
    documents = Archive(tmp_path / "records" / "raw").documents()
    assert set(held) == {one.document_id for one in documents}
    assert {one.extractor for one in held.values()} == {extractor_fingerprint()}, "a refresh reads none of them"
