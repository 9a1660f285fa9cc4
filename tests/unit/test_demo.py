"""The synthetic region: its books add up, its folder is an archive, and the same arguments give the same bytes."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from juesuan.cli import app
from juesuan.demo import data, folder, pdf, scoring, text, workbook
from juesuan.demo.folder import DemoError
from juesuan.demo.ledger import FUNDS, OTHER, Ledger
from juesuan.demo.making import Plan, Region
from juesuan.demo.planting import Issue, mark
from juesuan.demo.report import Totals, wan, yuan
from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.extract import extract

PLAN = Plan(units=14, years=8, misprints=0.0, missing=0.0, reissued=0.0)


@cache
def made() -> tuple[Region, tuple[Issue, ...]]:
    region = Region(PLAN)
    return region, tuple(region.issues())


def by_report() -> dict[tuple[str, int, str], Issue]:
    return {(one.report.unit_id, one.report.year, one.report.scope): one for one in made()[1]}


# --- the books


def test_what_came_in_is_what_was_spent_and_kept_to_the_cent() -> None:
    for issue in made()[1]:
        ledger = issue.report.ledger
        for fund in (*FUNDS, OTHER):
            totals = Totals(ledger)
            income = totals.income[fund] if fund in FUNDS else sum(totals.other.values()) + ledger.used
            out = totals.spent[fund] + totals.closing[fund] + (ledger.distributed if fund == OTHER else 0)
            assert totals.opening[fund] + income == out, (issue.report.report_id, fund)


def test_every_year_opens_with_what_the_year_before_closed_but_for_what_is_declared() -> None:
    known, compared = by_report(), 0
    for (unit, year, scope), issue in known.items():
        before = known.get((unit, year - 1, scope))
        if scope == "department" or before is None:
            continue
        now, then = Totals(issue.report.ledger), Totals(before.report.ledger)
        for fund in (*FUNDS, OTHER):
            assert now.opening[fund] == then.closing[fund] + issue.report.declared.get(fund, 0)
        compared += 1
    assert compared > 50


def test_a_department_is_its_own_level_and_its_units_less_what_they_pay_each_other() -> None:
    region, _ = made()
    known, inner = by_report(), 0
    for year in PLAN.span:
        for head, below in region.counties[0].departments(year):
            whole = known[head.unit_id, year, "department"].report.ledger
            parts = [known[head.unit_id, year, "own_level"].report.ledger]
            parts += [known[body.unit_id, year, "unit"].report.ledger for body in below]
            added = Ledger()
            for one in parts:
                added.add(one)
            ours, theirs = Totals(whole), Totals(added)
            subsidies = theirs.natures["affiliate_subsidy"] - ours.natures["affiliate_subsidy"]
            remitted = theirs.natures["superior_remittance"] - ours.natures["superior_remittance"]
            assert ours.expenditure == theirs.expenditure - subsidies - remitted
            assert ours.received == theirs.received - subsidies - remitted
            assert ours.appropriation_spent == theirs.appropriation_spent
            inner += subsidies + remitted
    assert inner > 0


def test_amounts_are_rounded_half_up_each_by_itself() -> None:
    assert [wan(cents) for cents in (0, 5_000, 4_999, 123_456_789_000)] == ["0.00", "0.01", "0.00", "123,456.79"]
    assert yuan(123_456_789) == "1,234,567.89"


# --- the reform and the forms


def test_the_reform_renames_merges_splits_abolishes_and_moves() -> None:
    county = next(iter(made()[0].counties))
    kinds = {one.kind for one in county.successions}
    assert {"rename", "merge", "split", "abolish"} <= kinds
    merged = [one for one in county.successions if one.kind == "merge"]
    assert len({one.successor for one in merged}) == 1 and len(merged) == 2
    assert any(len(body.names) == 2 for body in county.bodies), "a new name of the same id"
    assert any(len(body.parents) == 2 for body in county.bodies), "a unit under another department"


def test_forms_codes_and_names_change_in_their_years() -> None:
    def tables(year: int) -> dict[str, str]:
        issue = next(one for one in made()[1] if one.report.year == year)
        return {table.key: table.title for table in issue.report.tables}

    assert "TG" not in tables(2019) and "TG" in tables(2020)
    assert tables(2021)["TS"].startswith("一般公共预算") and tables(2022)["TS"].startswith("财政拨款")
    assert data.name_of("210", 2018) == "医疗卫生与计划生育支出" and data.name_of("210", 2019) == "卫生健康支出"
    old = [line[0] for line in data.economic(2017, "personnel")]
    new = [line[0] for line in data.economic(2018, "personnel")]
    assert "30113" not in old and "30113" in new
    assert {line[0]: line[1] for line in data.economic(2017, "personnel")}["30311"] == "住房公积金"


# --- the folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("demo") / "region"
    folder.write(Plan(units=8, years=3, misprints=0.5, missing=0.1, reissued=0.1), to)
    return to


def hashes(to: Path) -> dict[str, str]:
    files = [path for path in sorted(to.rglob("*")) if path.is_file()]
    return {path.relative_to(to).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_the_same_arguments_give_the_same_bytes(written: Path, tmp_path: Path) -> None:
    folder.write(Plan(units=8, years=3, misprints=0.5, missing=0.1, reissued=0.1), tmp_path / "again")
    assert hashes(tmp_path / "again") == hashes(written)
    folder.write(Plan(units=8, years=3, seed=2, misprints=0.5), tmp_path / "other")
    assert hashes(tmp_path / "other") != hashes(written)


def test_the_folder_is_an_archive_in_which_nothing_waits(written: Path) -> None:
    archive = Archive(written / "raw")
    assert archive.verify() == ()
    assert archive.review_list() == ()
    documents = archive.documents()
    assert documents and all(one.status is None and len(one.reports) == 1 for one in documents)


def test_every_document_says_that_it_is_synthetic(written: Path) -> None:
    for path in (written / "raw" / "documents").glob("*.txt"):
        assert path.read_text(encoding="utf-8").startswith(mark())
    for path in (written / "raw" / "documents").glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["title"].startswith("【合成数据】")


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(DemoError, match="holds other things"):
        folder.write(Plan(units=2, years=1), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


# --- formats


@pytest.mark.parametrize("form", [text, pdf, workbook], ids=["text", "pdf", "xlsx"])
def test_every_figure_is_read_from_every_format_as_it_was_printed(form: object) -> None:
    issue = next(one for one in made()[1] if one.report.year == 2023 and one.report.scope == "department")
    (found,) = extract(form.document(issue), "demo")  # type: ignore[attr-defined]
    printed = {(t.key, one.row, one.column): one.text for t in issue.report.tables for one in t.figures()}
    read = {(c.table_key, c.row_key, c.column_key): c.value_text for c in found.cells if c.value_text}
    assert found.report.status == "loaded", found.report.reason
    assert read == printed
    assert [one.check_id for one in found.checks if one.state in ("fail", "could_not_run")] == []


def test_a_workbook_is_the_same_whenever_it_is_written() -> None:
    issue = made()[1][0]
    assert workbook.document(issue) == workbook.document(issue)


# --- the command line


def test_the_command_writes_and_scores(tmp_path: Path) -> None:
    run = CliRunner().invoke(app, ["demo", "--units", "4", "--years", "2", "--to", str(tmp_path / "d"), "--json"])
    assert run.exit_code == 0, run.output
    said = json.loads(run.stdout)
    assert said["documents"] > 8 and said["documents_per_second"] > 0
    run = CliRunner().invoke(app, ["demo", "score", "--to", str(tmp_path / "d"), "--json"])
    assert run.exit_code == 0, run.output
    assert json.loads(run.stdout)["basis"].startswith("documents read here")


def test_an_unknown_format_and_a_folder_without_demo_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="text, pdf, xlsx"):
        folder.write(Plan(units=2, years=1), tmp_path / "d", "docx")
    with pytest.raises(DemoError, match="is no demo"):
        scoring.score(tmp_path)


# --- scoring


def test_a_finding_that_nothing_planted_explains_is_a_false_alarm(written: Path) -> None:
    error = next(one for one in scoring.errors_of(written) if one.checks)
    check = sorted(error.checks)[0]
    right = scoring.Finding(error.report_id, check, "", frozenset(error.addresses), False)
    wrong = scoring.Finding(error.report_id, "W-X-07", "", frozenset(), False)
    found = scoring._matched(written, [right, wrong], "given", True)
    assert [one.check_id for one in found.false_alarms] == ["W-X-07"]
    scores = {one.check_id: one for one in found.checks}
    assert scores[check].found >= 1 and scores["W-X-07"].precision == 0
