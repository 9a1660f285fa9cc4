"""The archive: what is kept, what is told apart, what survives a kill. Reading documents is stood in for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from juesuan.final_accounts import archive as archive_module
from juesuan.final_accounts.archive import Archive, DocumentDiffers, DocumentGone
from juesuan.final_accounts.describe import Described
from juesuan.final_accounts.identify import NO_SCOPE, Said
from juesuan.final_accounts.inbox import safe_name, waiting
from juesuan.final_accounts.manifest import ReportIdentity
from juesuan.final_accounts.model import ArchiveError, Report
from juesuan.final_accounts.readers import Limits
from juesuan.final_accounts.registry import NO_DIVISION, unit_id_of
from juesuan.final_accounts.store import LocalStore, RemoteStore, open_store

DAY = date(2026, 1, 5)


def told(data: bytes, name: str) -> Described:
    """Stands in for reading: a document is a JSON object of its identity, or unreadable."""
    try:
        known = json.loads(data)
    except ValueError:
        return Described("application/octet-stream", failure=f"{name}: not a document")
    doubts = tuple(known.pop("doubts", ()))
    known.setdefault("body_name", known.get("unit_name"))
    if "tables" in known:
        known["tables"] = tuple(known["tables"])
    return Described("text/plain", (ReportIdentity(0, **known, doubts=doubts),))


def report_file(folder: Path, name: str = "report.txt", **known: object) -> Path:
    """A document that says what it is."""
    content = {
        "unit_name": "甲市财政局",
        "division_code": "990100",
        "fiscal_year": 2023,
        "scope": "department",
        "family": "final_accounts",
    } | known
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / name
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return file


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "raw", describe=told, today=lambda: DAY)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    return tmp_path / "desk"


def age(path: Path, seconds: float = 60) -> None:
    """Make a file look as if it had been written a while ago."""
    then = path.stat().st_mtime - seconds
    os.utime(path, (then, then))


# --- adding


def test_a_document_is_kept_byte_for_byte_with_a_valid_data_package(archive: Archive, desk: Path) -> None:
    from frictionless import validate

    file = report_file(desk)
    result = archive.add(file, sources=["https://example.org/1"], published_on=date(2024, 9, 1))
    (document,) = archive.documents()
    assert result.outcome == "added" and result.new
    assert archive.read(document) == file.read_bytes()
    assert (document.sources, document.retrieved_on, document.published_on) == (
        ("https://example.org/1",),
        DAY,
        date(2024, 9, 1),
    )
    assert validate(str(Path(archive.address) / (document.path + ".datapackage.json"))).valid


def test_a_copy_is_no_second_document_but_its_source_is_kept(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk), sources=["https://example.org/1"])
    again = archive.add(report_file(desk, "other name.txt"), sources=["https://example.org/2"])
    (document,) = archive.documents()
    assert (again.outcome, again.reason) == ("set_aside", "copy of documents/report.txt")
    assert document.sources == ("https://example.org/1", "https://example.org/2")
    assert document.copies == ("other name.txt",)


def test_adding_the_same_again_changes_nothing(archive: Archive, desk: Path) -> None:
    file = report_file(desk)
    archive.add(file, sources=["https://example.org/1"])
    before = archive.fingerprint()
    archive.add(file, sources=["https://example.org/1"])
    assert archive.fingerprint() == before


def test_two_documents_of_one_name_are_both_kept(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk / "a"))
    archive.add(report_file(desk / "b", fiscal_year=2022))
    paths = [document.path for document in archive.documents()]
    assert len(set(paths)) == 2
    assert {json.loads(archive.read(d))["fiscal_year"] for d in archive.documents()} == {2022, 2023}


def test_an_unreadable_document_is_archived_with_its_reason(archive: Archive, desk: Path) -> None:
    desk.mkdir()
    (desk / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    result = archive.add(desk / "broken.pdf")
    (document,) = archive.documents()
    assert (result.outcome, document.status, document.reason) == (
        "failed",
        "failed",
        "broken.pdf: not a document",
    )
    assert archive.read(document).startswith(b"%PDF")


def test_a_document_beyond_the_size_limit_is_kept_and_not_read(tmp_path: Path, desk: Path) -> None:
    archive = Archive(tmp_path / "raw", describe=told, limits=Limits(max_bytes=10))
    result = archive.add(report_file(desk))
    assert result.outcome == "failed" and "more than the limit of 10" in str(result.reason)


@pytest.mark.parametrize("family", ["budget", "template", "approval", "other"])
def test_what_is_no_final_accounts_is_set_aside_and_introduces_no_unit(
    archive: Archive, desk: Path, family: str
) -> None:
    result = archive.add(report_file(desk, family=family))
    assert (result.outcome, result.reason) == ("set_aside", f"not final accounts: {family}")
    assert archive.registry.units == ()


@pytest.mark.parametrize(
    ("blank", "field"),
    [("fiscal_year", "fiscal_year"), ("scope", "scope"), ("family", "family"), ("unit_name", "unit")],
)
def test_what_a_document_does_not_say_waits_for_a_person(archive: Archive, desk: Path, blank: str, field: str) -> None:
    result = archive.add(report_file(desk, **{blank: None}))
    assert result.outcome == "needs_review" and field in str(result.reason)
    (item,) = [one for one in archive.review_list() if one.kind == "document"]
    assert item.id == result.document_id


def test_a_doubt_of_reading_waits_until_a_person_answered_it(archive: Archive, desk: Path) -> None:
    result = archive.add(report_file(desk, doubts=["the title says 2022, the tables 2023"]))
    assert result.outcome == "needs_review" and "the title says 2022" in str(result.reason)
    settled = archive.review_set(str(result.document_id), basis="the tables are right", asserted={"fiscal_year": 2023})
    assert (settled.status, settled.reason) == (None, None)


def test_what_a_person_asserts_needs_a_basis(archive: Archive, desk: Path) -> None:
    with pytest.raises(ArchiveError, match="basis"):
        archive.add(report_file(desk), asserted={"fiscal_year": 2022})


def test_what_is_asserted_when_adding_settles_it(archive: Archive, desk: Path) -> None:
    result = archive.add(
        report_file(desk, fiscal_year=None), asserted={"fiscal_year": 2021}, basis="the address says 2021"
    )
    (document,) = archive.documents()
    assert result.outcome == "added"
    assert document.identity(document.reports[0]).fiscal_year == 2021
    assert document.reports[0].fiscal_year is None
    assert document.assertions[0].basis == "the address says 2021"


@pytest.mark.parametrize(
    "wrong", [{"fiscal_year": "last"}, {"scope": "whole"}, {"family": "novel"}, {"unit": "u000000000000"}]
)
def test_an_assertion_that_cannot_be_is_refused_and_nothing_is_logged(
    archive: Archive, desk: Path, wrong: dict[archive_module.Asserted, str | int]
) -> None:
    archive.add(report_file(desk))
    with pytest.raises(ArchiveError):
        archive.refile("report.txt", reason="x", asserted=wrong)
    assert archive.decisions() == ()


def test_files_of_a_folder_that_say_little_go_with_the_one_report_beside_them(archive: Archive, desk: Path) -> None:
    whole = report_file(desk / "甲市财政局", "notes.txt")
    report_file(desk / "甲市财政局", "t1.txt", unit_name=None, scope=None, doubts=["says not whose"])
    report_file(desk / "甲市财政局", "t2.txt", unit_name=None, scope=None, fiscal_year=2022)
    report_file(desk / "别处", "t3.txt", unit_name=None, scope=None)
    got = {one.file: one.outcome for one in archive.add_folder(desk)}
    assert got == {
        "notes.txt": "added",
        "t1.txt": "added",
        "t2.txt": "needs_review",  # of another year than the report beside it
        "t3.txt": "needs_review",  # nothing beside it
    }
    ((unit_id, scope),) = {
        (
            archive.find(name).identity(archive.find(name).reports[0]).unit_id,
            archive.find(name).identity(archive.find(name).reports[0]).scope,
        )
        for name in ("notes.txt", "t1.txt")
    }
    assert (unit_id is not None, scope) == (True, "department")
    assert [one["reason"] for one in archive.decisions()] == ["it came in the folder 甲市财政局 beside notes.txt"]
    assert [one.new for one in archive.add_folder(whole.parent)] == [False, False, False]


def test_a_lone_table_takes_the_scope_of_the_one_report_that_lacks_it(archive: Archive, desk: Path) -> None:
    lone = {"scope": None, "doubts": [NO_SCOPE], "tables": ["T1"]}
    first = archive.add(report_file(desk, "t1.txt", **lone)).document_id
    assert archive.scopes_beside() == {}
    archive.add(report_file(desk, "notes.txt", tables=[]))
    assert archive.scopes_beside() == {first: "department"}
    assert [one.name for one in archive.review_list() if one.kind == "document"] == []
    archive.add(report_file(desk, "own.txt", tables=[], scope="own_level"))
    assert archive.scopes_beside() == {}, "two reports lack it"


def test_a_report_that_has_the_table_already_gives_no_scope(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk, "t1.txt", scope=None, doubts=[NO_SCOPE], tables=["T1"]))
    archive.add(report_file(desk, "whole.txt", tables=["T1", "T2"]))
    archive.add(report_file(desk, "older.txt", fiscal_year=2022))
    assert archive.scopes_beside() == {}


def test_a_person_makes_a_budget_final_accounts_and_its_unit_is_found(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk, "budget.txt", family="budget"))
    before = archive.find("budget.txt")
    assert (before.status, archive.said_fingerprint(before)) == ("set_aside", "")
    after = archive.refile("budget.txt", reason="headed wrongly", asserted={"family": "final_accounts"})
    assert after.status is None
    assert archive.said(after) == {None: Said(family="final_accounts")}
    assert archive.said_fingerprint(after)


def test_a_list_is_added_row_by_row_and_a_bad_row_stops_nobody(archive: Archive, desk: Path) -> None:
    report_file(desk, "1.txt", scope=None)
    report_file(desk, "2.txt", fiscal_year=2022)
    report_file(desk, "3.txt", fiscal_year=2021)
    (desk / "list.csv").write_text(
        "path,source,published,scope\n"
        "1.txt,https://example.org/1 https://example.org/2,2024-09-01,unit\n"
        "gone.txt,,,\n"
        "2.txt,,yesterday,\n"
        "3.txt,,,\n"
    )
    results = list(archive.add_list(desk / "list.csv"))
    assert [one.outcome for one in results] == ["added", "failed", "failed", "added"]
    assert "list.csv, row 3" in str(results[1].reason) and "'yesterday' is no date" in str(results[2].reason)
    document = archive.find("1.txt")
    assert document.sources == ("https://example.org/1", "https://example.org/2")
    assert document.published_on == date(2024, 9, 1)
    assert [(one.field, one.value, one.basis) for one in document.assertions] == [("scope", "unit", "list.csv, row 2")]


def test_a_list_with_a_column_that_nobody_knows_is_refused(archive: Archive, desk: Path) -> None:
    desk.mkdir()
    (desk / "list.csv").write_text("path,jahr\n1.txt,2022\n")
    with pytest.raises(ArchiveError, match="jahr"):
        list(archive.add_list(desk / "list.csv"))


def test_what_an_older_library_could_not_read_is_read_again(
    archive: Archive, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.mkdir()
    (desk / "new.xyz").write_bytes(b"a format of tomorrow")
    archive.add(desk / "new.xyz")
    assert archive.look_again() == ()

    def tomorrow(data: bytes, name: str) -> Described:
        read = ReportIdentity(0, "甲市财政局", "甲市财政局", None, "990100", 2023, "unit", "final_accounts")
        return Described("application/x-new", (read,))

    monkeypatch.setattr(archive_module, "extractor_fingerprint", lambda: "another library")
    later = Archive(archive.address, describe=tomorrow)
    assert [(one.status, one.media_type) for one in later.look_again()] == [(None, "application/x-new")]
    assert later.look_again() == ()
    assert [unit.division_code for unit in later.registry.units] == ["990100"]


def test_an_extracted_report_finds_the_unit_that_was_settled_when_it_was_added(archive: Archive, desk: Path) -> None:
    name = "城关镇人民政府"
    archive.add(report_file(desk, "1.txt", unit_name=name, division_code=None))
    archive.add(report_file(desk, "2.txt", unit_name=name, division_code=None, fiscal_year=2022))
    first, second = archive.find("1.txt"), archive.find("2.txt")
    report = Report("d", name, 2023, "department", "final_accounts", "万元", "loaded", None)
    assert archive.resolve(first, report).unit_id == unit_id_of(None, name)
    assert archive.resolve(second, report).unit_id is None
    archive.review_set("2.txt", basis="same town", asserted={"unit": unit_id_of(None, name)})
    assert archive.resolve(archive.find("2.txt"), report).unit_id == unit_id_of(None, name)


def test_a_unit_that_was_taken_out_of_the_registry_makes_its_report_wait(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    for name in ("units.csv", "unit_names.csv"):
        (Path(archive.address) / "registry" / name).unlink()
    fresh = Archive(archive.address, describe=told)
    report = Report("d", "甲市财政局", 2023, "department", "final_accounts", "万元", "loaded", None)
    resolution = fresh.resolve(fresh.find("report.txt"), report)
    assert resolution.unit_id is None and "no unit" in str(resolution.doubt)


# --- decisions


def test_refile_moves_a_report_to_another_year_and_keeps_what_was_read(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    before = archive.fingerprint()
    document = archive.refile("report.txt", reason="misprinted cover", asserted={"fiscal_year": 2022})
    assert document.identity(document.reports[0]).fiscal_year == 2022
    assert document.reports[0].fiscal_year == 2023
    assert archive.fingerprint() != before
    (decision,) = archive.decisions()
    assert (decision["action"], decision["reason"], decision["asserted"]) == (
        "refile",
        "misprinted cover",
        {"fiscal_year": 2022},
    )


def test_withdraw_keeps_the_file_and_can_be_undone(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    withdrawn = archive.withdraw("report.txt", "published by mistake")
    assert (withdrawn.status, withdrawn.reason) == ("withdrawn", "published by mistake")
    assert archive.read(withdrawn)
    copy = archive.add(report_file(desk))
    assert "withdrawn" in str(copy.reason)
    assert archive.restore("report.txt", "it was right after all").status is None
    assert [decision["action"] for decision in archive.decisions()] == ["withdraw", "restore"]


def test_a_decision_needs_a_reason_and_a_known_document(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    with pytest.raises(ArchiveError, match="reason"):
        archive.withdraw("report.txt", " ")
    with pytest.raises(ArchiveError, match="no document"):
        archive.withdraw("other.txt", "gone")


def test_a_torn_line_of_the_log_is_named_and_the_next_decision_stands_by_itself(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    log = Path(archive.address) / "registry" / "decisions.jsonl"
    log.parent.mkdir(exist_ok=True)
    log.write_text('{"at": "2026-01-0')
    archive.withdraw("report.txt", "published by mistake")
    assert json.loads(log.read_text().splitlines()[1])["action"] == "withdraw"
    with pytest.raises(ArchiveError, match="line 1"):
        archive.decisions()


def test_what_holds_for_one_report_stands_over_what_holds_for_all(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk, fiscal_year=None))
    archive.review_set("report.txt", basis="the address", asserted={"fiscal_year": "2021"})
    archive.review_set("report.txt", basis="its cover", asserted={"fiscal_year": 2020}, report=1)
    document = archive.find("report.txt")
    assert [document.asserted(number)["fiscal_year"].value for number in (0, 1, 2)] == [2021, 2020, 2021]


# --- the registry


def test_a_unit_id_follows_from_division_and_name_alone() -> None:
    assert unit_id_of("990100", "甲市财政局") == unit_id_of("990100", " 甲市 财政局")
    assert unit_id_of("990100", "财政局") != unit_id_of("990200", "财政局")
    assert unit_id_of(None, "财政局") == unit_id_of(NO_DIVISION, "财政局")


def test_units_come_out_the_same_in_whichever_order_they_arrive(tmp_path: Path, desk: Path) -> None:
    files = [
        report_file(desk, f"{n}.txt", unit_name=name, division_code=code)
        for n, (name, code) in enumerate([("乙市水务局", "990200"), ("甲市财政局", "990100")])
    ]
    registries = []
    for order, root in ((files, "one"), (files[::-1], "two")):
        archive = Archive(tmp_path / root, describe=told)
        for file in order:
            archive.add(file)
        registries.append((tmp_path / root / "registry" / "units.csv").read_bytes())
    assert registries[0] == registries[1]


def test_an_unknown_unit_is_proposed_unconfirmed(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    (unit,) = archive.registry.units
    assert (unit.unit_id, unit.confirmed) == (unit_id_of("990100", "甲市财政局"), False)
    (item,) = archive.review_list()
    assert (item.kind, item.name) == ("unit", "甲市财政局")
    archive.confirm(unit.unit_id, "looked it up")
    assert archive.review_list() == ()


def test_two_units_of_one_name_in_two_divisions_are_kept_apart(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk, "1.txt", unit_name="城关镇人民政府", division_code="990101"))
    archive.add(report_file(desk, "2.txt", unit_name="城关镇人民政府", division_code="990202"))
    assert len(archive.registry.units) == 2
    resolution = archive.registry.resolve("城关镇人民政府", None)
    assert resolution.unit_id is None
    assert "990101" in str(resolution.doubt) and "990202" in str(resolution.doubt)


def test_a_namesake_without_division_is_not_joined_unasked(archive: Archive, desk: Path) -> None:
    first = archive.add(report_file(desk, "1.txt", unit_name="城关镇人民政府", division_code=None))
    second = archive.add(report_file(desk, "2.txt", unit_name="城关镇人民政府", division_code=None, fiscal_year=2022))
    assert first.outcome == "added" and "division" in first.remarks[0]
    assert second.outcome == "needs_review" and "division" in str(second.reason)
    unit_id = str(first.reports[0].unit_id)
    archive.review_set("2.txt", basis="same town", asserted={"unit": unit_id})
    document = archive.find("2.txt")
    assert document.status is None
    assert document.identity(document.reports[0]).unit_id == unit_id


def test_a_person_may_place_a_unit_whose_name_does_not(archive: Archive, desk: Path) -> None:
    file = report_file(desk, unit_name="城关镇人民政府", division_code=None)
    with pytest.raises(ArchiveError, match="basis"):
        archive.add(file, division="990101")
    with pytest.raises(ArchiveError, match="six digits"):
        archive.add(file, division="that county", basis="its page")
    result = archive.add(file, division="990101", basis="the page lies on the site of that county")
    unit_id = unit_id_of("990101", "城关镇人民政府")
    assert (result.reports[0].unit_id, result.remarks) == (unit_id, ())
    (said,) = archive.find("report.txt").assertions
    assert (said.field, said.value, said.basis) == ("unit", unit_id, "the page lies on the site of that county")
    assert [unit.unit_id for unit in archive.registry.units] == [unit_id]
    assert archive.decisions()[0]["asserted"] == {"division": "990101"}


def test_a_file_laid_among_the_documents_by_hand_stays_where_it_is(archive: Archive) -> None:
    file = report_file(Path(archive.address) / "documents" / "2023", "laid.txt")
    assert [finding.kind for finding in archive.verify()] == ["no_manifest"]
    assert archive.add(file).path == "documents/2023/laid.txt"
    assert archive.verify() == ()


def test_a_rename_adds_a_name_and_keeps_the_id(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk, unit_name="甲市政务服务数据管理局"))
    (unit,) = archive.registry.units
    archive.rename(unit.unit_id, "甲市政务和数据局", 2024, "institutional reform")
    again = archive.add(report_file(desk, "new.txt", unit_name="甲市政务和数据局", fiscal_year=2024))
    assert again.reports[0].unit_id == unit.unit_id
    assert [(n.name, n.from_year, n.to_year) for n in archive.registry.names] == [
        ("甲市政务服务数据管理局", None, 2023),
        ("甲市政务和数据局", 2024, None),
    ]
    assert len(archive.registry.units) == 1


def test_a_division_learnt_later_keeps_the_id(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk, unit_name="城关镇人民政府", division_code=None))
    (unit,) = archive.registry.units
    archive.confirm(unit.unit_id, "the page lies on the site of that county", "990101")
    assert archive.registry.resolve("城关镇人民政府", "990101").unit_id == unit.unit_id


# --- verifying


def test_verify_finds_nothing_in_a_sound_archive(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    archive.withdraw("report.txt", "published by mistake")
    assert archive.verify() == ()


def test_a_changed_file_is_found_by_refresh_and_by_verify(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    (document,) = archive.documents()
    path = Path(archive.address) / document.path
    age(path)
    before = archive.fingerprint()
    path.write_bytes(path.read_bytes().replace(b"2023", b"2024"))
    for findings in (archive.changed(), archive.verify()):
        (finding,) = findings
        assert finding.kind == "sha256_differs"
        assert "sha256 differs" in finding.message and document.path in finding.message
    assert archive.fingerprint() != before
    with pytest.raises(DocumentDiffers, match=r"report\.txt"):
        archive.read(document)


def test_verify_hashes_even_where_size_and_time_agree(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    (document,) = archive.documents()
    path = Path(archive.address) / document.path
    age(path)
    assert archive.verify() == ()
    then = path.stat().st_mtime_ns
    path.write_bytes(path.read_bytes().replace(b"2023", b"2024"))
    os.utime(path, ns=(then, then))
    assert archive.changed() == ()
    assert [finding.kind for finding in archive.verify()] == ["sha256_differs"]


def test_missing_and_unmanifested_files_are_found(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    (document,) = archive.documents()
    root = Path(archive.address)
    (root / document.path).rename(root / "documents" / "stray.txt")
    assert {finding.kind for finding in archive.verify()} == {"missing", "no_manifest"}
    with pytest.raises(DocumentGone, match=r"report\.txt"):
        archive.read(document)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "{",
        lambda text: "[]",
        lambda text: text.replace("sha256:", "md5:"),
        lambda text: text.replace('"path": "report.txt"', '"path": "../report.txt"'),
        lambda text: text.replace('"bytes": ', '"bytes": 1'),
        lambda text: text.replace('"name": "document-', '"name": "Ein Name '),
        lambda text: text.replace('"status": null', '"status": "lost"'),
    ],
)
def test_a_spoilt_manifest_is_a_finding_and_the_others_go_on(
    archive: Archive, desk: Path, spoil: Callable[[str], str]
) -> None:
    archive.add(report_file(desk))
    archive.add(report_file(desk, "other.txt", fiscal_year=2022))
    path = Path(archive.address) / "documents" / "report.txt.datapackage.json"
    text = path.read_text(encoding="utf-8")
    assert spoil(text) != text
    path.write_text(spoil(text), encoding="utf-8")
    (finding,) = archive.verify()
    assert finding.kind == "invalid_manifest" and "report.txt" in finding.message
    assert "documents/other.txt" in [document.path for document in archive.documents()]


def test_a_document_with_a_spoilt_manifest_can_be_added_again(archive: Archive, desk: Path) -> None:
    file = report_file(desk)
    archive.add(file)
    path = Path(archive.address) / "documents" / "report.txt.datapackage.json"
    path.unlink()
    assert archive.add(file).path == "documents/report.txt"
    assert archive.verify() == ()


def test_a_refresh_hashes_no_document_twice(archive: Archive, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.add(report_file(desk))
    for path in Path(archive.address).rglob("*"):
        age(path)
    archive.verify()
    hashed: list[str] = []
    monkeypatch.setattr(LocalStore, "sha256", lambda self, path: hashed.append(path) or "0" * 64)
    fresh = Archive(archive.address, describe=told)
    fresh.fingerprint()
    assert fresh.changed() == ()
    assert hashed == []


def settle(archive: Archive) -> None:
    """Let what is there be old enough to be remembered, and the index know it."""
    for path in Path(archive.address).rglob("*"):
        age(path)
    archive.look()


def told_of(address: str) -> tuple[object, ...]:
    """All that a look at an archive tells."""
    look = Archive(address, describe=told).look()
    cards = dict(look.documents.cards)
    return look.fingerprint, look.findings, dict(look.documents), cards, dict(look.manifests), look.registry


def told_without_index(address: str) -> tuple[object, ...]:
    """The same by the files alone."""
    for name in ("index.json", ".whole.json"):
        (Path(address) / name).unlink(missing_ok=True)
    return told_of(address)


@pytest.fixture
def three(archive: Archive, desk: Path) -> Archive:
    """An archive of three documents that the index knows."""
    for number, name in enumerate(("a.txt", "b.txt", "c.txt")):
        archive.add(report_file(desk, name, fiscal_year=2021 + number))
    settle(archive)
    return archive


def manifest_of(archive: Archive, name: str) -> Path:
    return Path(archive.address) / "documents" / f"{name}.datapackage.json"


def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The manifests that are read from now on."""
    found: list[str] = []
    read = LocalStore.read

    def counted(self: LocalStore, path: str) -> bytes:
        if path.endswith(".datapackage.json"):
            found.append(Path(path).name)
        return read(self, path)

    monkeypatch.setattr(LocalStore, "read", counted)
    return found


def test_only_manifests_that_changed_are_opened(three: Archive, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = manifest_of(three, "b.txt")
    path.write_text(path.read_text("utf-8").replace('"published_on": null', '"published_on": "2024-09-30"'), "utf-8")
    seen = opened(monkeypatch)
    look = Archive(three.address, describe=told).look()
    assert [card.places.split()[1] for card in look.documents.cards.values()] == ["2021", "2022", "2023"]
    assert seen == ["b.txt.datapackage.json"]
    adding = Archive(three.address, describe=told, today=lambda: DAY)
    assert adding.add(report_file(desk, "d.txt", fiscal_year=2024)).new
    assert set(seen) == {"b.txt.datapackage.json"}
    assert adding.add(desk / "a.txt").reason == "copy of documents/a.txt"
    assert set(seen) == {f"{name}.txt.datapackage.json" for name in "abd"}


def test_a_manifest_changed_in_place_is_read_again(three: Archive) -> None:
    before = told_of(three.address)
    path = manifest_of(three, "a.txt")
    text = path.read_text("utf-8")
    path.write_text(text.replace('"fiscal_year": 2021', '"fiscal_year": 2019'), "utf-8")  # as many bytes
    assert len(path.read_text("utf-8")) == len(text)
    now = told_of(three.address)
    assert now[0] != before[0]
    assert "2019" in str(now[3])
    assert now == told_without_index(three.address)


def test_a_manifest_that_is_removed_or_spoilt_is_forgotten(three: Archive) -> None:
    before = told_of(three.address)
    manifest_of(three, "a.txt").unlink()
    manifest_of(three, "b.txt").write_text("{")
    now = told_of(three.address)
    assert [one.name for one in now[2].values()] == ["c.txt"]  # type: ignore[attr-defined]
    assert [one.kind for one in now[1]] == ["invalid_manifest"]  # type: ignore[attr-defined]
    assert now[0] != before[0]
    assert now == told_without_index(three.address)


def test_what_is_added_withdrawn_or_brought_back_is_seen(three: Archive, desk: Path) -> None:
    seen = [told_of(three.address)]
    three.add(report_file(desk, "d.txt", fiscal_year=2024))
    seen.append(told_of(three.address))
    three.withdraw("a.txt", "published by mistake")
    seen.append(told_of(three.address))
    settle(three)
    assert [card.status for card in told_of(three.address)[3].values()].count("withdrawn") == 1  # type: ignore[attr-defined]
    three.restore("a.txt", "it was right")
    seen.append(told_of(three.address))
    assert len({one[0] for one in seen}) == 4
    assert seen[-1] == told_without_index(three.address)


def test_a_document_changed_or_gone_under_its_manifest_is_found_by_its_card(three: Archive) -> None:
    documents = Path(three.address) / "documents"
    (documents / "a.txt").write_text("something else")
    (documents / "b.txt").unlink()
    now = told_of(three.address)
    assert [one.kind for one in now[1]] == ["sha256_differs", "missing"]  # type: ignore[attr-defined]
    assert now == told_without_index(three.address)


def test_two_manifests_of_one_document_are_told_by_their_cards(three: Archive) -> None:
    path = manifest_of(three, "z.txt")
    path.write_text(
        manifest_of(three, "a.txt").read_text("utf-8").replace('"path": "a.txt"', '"path": "z.txt"'), "utf-8"
    )
    settle(three)
    now = told_of(three.address)
    assert [(one.kind, one.path) for one in now[1]] == [("invalid_manifest", "documents/z.txt.datapackage.json")]  # type: ignore[attr-defined]
    assert len(now[2]) == 3  # type: ignore[arg-type]
    assert now == told_without_index(three.address)


def test_the_listing_after_adding_is_that_of_the_files(three: Archive, desk: Path) -> None:
    adding = Archive(three.address, describe=told, today=lambda: DAY)
    assert adding.listing_after_adding() == adding.listing(), "nothing was added yet"
    adding.add(report_file(desk, "d.txt", unit_name="乙市财政局", division_code="990200"))
    adding.add(report_file(desk, "copy-of-a.txt", fiscal_year=2021), sources=["https://example.org/a"])
    listing = adding.listing_after_adding()
    assert listing == adding.listing()
    assert [one.path for one in listing if "d.txt" in one.path] == [
        "documents/d.txt",
        "documents/d.txt.datapackage.json",
    ]
    afresh = adding.afresh()
    assert afresh.fingerprint(listing) == Archive(three.address).fingerprint()
    assert afresh.look(listing).fingerprint == Archive(three.address).fingerprint()
    assert [unit.unit_id for unit in afresh.registry.units] == [unit.unit_id for unit in adding.registry.units]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda index: "",
        lambda index: "[1]",
        lambda index: '{"documents/report.txt": 3}',
        lambda index: json.dumps(index)[:-20],
        lambda index: json.dumps(index | {"form": 0}),
        lambda index: json.dumps(index | {"cards": None}),
        lambda index: json.dumps(index | {"cards": index["cards"] | {"file": [99, 1, 3]}}),
        lambda index: json.dumps(index | {"cards": index["cards"] | {"bytes": [1]}}),
        lambda index: json.dumps(index | {"files": index["files"] | {"size": []}}),
        lambda index: json.dumps(index | {"files": index["files"] | {"sha256": [None] * len(index["files"]["path"])}}),
    ],
)
def test_a_lost_or_foreign_index_costs_time_only(three: Archive, spoil: Callable[[dict[str, Any]], str]) -> None:
    before, index = told_of(three.address), Path(three.address) / "index.json"
    whole = index.read_text("utf-8")
    index.write_text(spoil(json.loads(whole)), "utf-8")
    (Path(three.address) / ".whole.json").write_text("{")
    assert told_of(three.address) == before
    assert json.loads(index.read_text("utf-8")) == json.loads(whole), "it was rebuilt"


def test_decisions_and_registry_are_part_of_the_fingerprint(archive: Archive, desk: Path) -> None:
    archive.add(report_file(desk))
    seen = {archive.fingerprint()}
    archive.confirm(archive.registry.units[0].unit_id, "looked it up")
    seen.add(archive.fingerprint())
    archive.withdraw("report.txt", "published by mistake")
    seen.add(archive.fingerprint())
    assert len(seen) == 3


# --- the inbox


def test_the_inbox_is_emptied_of_what_has_arrived_whole(archive: Archive, tmp_path: Path) -> None:
    inbox = tmp_path / "raw" / "inbox"
    whole = report_file(inbox, "whole.txt")
    age(whole)
    for name in ("half.pdf.part", ".hidden", "~$open.docx", "README.md"):
        (inbox / name).write_text("x")
        age(inbox / name)
    report_file(inbox, "arriving.txt", fiscal_year=2022)
    results = archive.add_inbox(inbox)
    assert [(result.file, result.outcome) for result in results] == [("whole.txt", "added")]
    assert not whole.exists()
    assert len(list(inbox.iterdir())) == 5
    assert archive.add_inbox(inbox) == ()


def test_a_copy_dropped_into_the_inbox_is_recorded_and_leaves(archive: Archive, tmp_path: Path) -> None:
    inbox = tmp_path / "raw" / "inbox"
    archive.add(report_file(tmp_path / "desk"))
    age(report_file(inbox, "copy.txt"))
    (result,) = archive.add_inbox(inbox)
    assert result.outcome == "set_aside" and list(inbox.iterdir()) == []


def test_an_inbox_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert waiting(tmp_path / "nowhere") == ()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("决算 2023.pdf", "决算 2023.pdf"),
        ("a/b\\c:d?.pdf", "a_b_c_d_.pdf"),
        ("..hidden.pdf", "hidden.pdf"),
        ("   ", "document"),
    ],
)
def test_names_are_such_that_every_file_system_takes_them(given: str, kept: str) -> None:
    assert safe_name(given) == kept


def test_a_long_name_leaves_room_for_its_manifest() -> None:
    name = safe_name("决" * 200 + ".pdf")
    assert name.endswith(".pdf") and len((name + ".datapackage.json").encode()) <= 255


# --- kills and places


KILLED = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[4])
from tests.unit.test_archive import told
from juesuan.final_accounts import archive, store
from juesuan.final_accounts.archive import Archive
left = int(sys.argv[3])
def dying(function):
    def run(*args, **kwargs):
        global left
        left -= 1
        if left < 0:
            os._exit(9)
        return function(*args, **kwargs)
    return run
for owner, name in ((store.durable, "flush_file"), (store.durable, "flush_folder"), (Path, "replace"),
                    (Path, "unlink"), (store.shutil, "copyfile")):
    setattr(owner, name, dying(getattr(owner, name)))
root = Path(sys.argv[1])
Archive(root, describe=told).add_inbox(Path(sys.argv[2]), settle=0)
"""


def test_a_kill_at_any_write_loses_nothing_and_doubles_nothing(tmp_path: Path) -> None:
    script = tmp_path / "killed.py"
    script.write_text(textwrap.dedent(KILLED))
    project = str(Path(__file__).parents[2])
    finished, step = False, 0
    while not finished:
        root = tmp_path / str(step)
        inbox = root / "inbox"
        data = report_file(inbox, "report.txt").read_bytes()
        ran = subprocess.run(
            [sys.executable, str(script), str(root), str(inbox), str(step), project], capture_output=True
        )
        assert ran.returncode in (0, 9), ran.stderr.decode()
        finished = ran.returncode == 0
        archive = Archive(root, describe=told)
        for document in archive.documents():  # whatever is described is there, whole
            assert archive.read(document) == data
        archive.add_inbox(inbox, settle=0)
        (document,) = archive.documents()
        assert archive.read(document) == data
        assert archive.verify() == ()
        assert list(inbox.iterdir()) == []
        assert list(root.rglob("*.tmp")) == []
        step += 1
    assert step > 8


def test_two_processes_may_add_at_once(tmp_path: Path, desk: Path) -> None:
    script = tmp_path / "adding.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nsys.path.insert(0, sys.argv[1])\n"
        "from tests.unit.test_archive import told\nfrom juesuan.final_accounts.archive import Archive\n"
        "for file in sys.argv[3:]:\n    Archive(sys.argv[2], describe=told).add(Path(file))\n"
    )
    files = [report_file(desk, f"{n}.txt", unit_name=f"甲市第{n}局") for n in range(8)]
    start = [sys.executable, str(script), str(Path(__file__).parents[2]), str(tmp_path / "raw")]
    running = [subprocess.Popen([*start, *map(str, some)]) for some in (files[:6], files[2:])]
    assert [process.wait() for process in running] == [0, 0]
    archive = Archive(tmp_path / "raw", describe=told)
    assert len(archive.documents()) == len(archive.registry.units) == 8
    assert archive.verify() == ()


def test_a_writer_that_waits_in_vain_says_so(archive: Archive, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from juesuan.final_accounts import store

    monkeypatch.setattr(store, "_PATIENCE", 0)
    with LocalStore(Path(archive.address)).locked(), pytest.raises(ArchiveError, match="another process"):
        archive.add(report_file(desk))


def test_an_archive_at_an_address_behaves_the_same(desk: Path) -> None:
    archive = Archive("memory://test-archive/raw", describe=told, today=lambda: DAY)
    assert isinstance(open_store("memory://test-archive/raw"), RemoteStore)
    file = report_file(desk)
    result = archive.add(file)
    assert archive.add(file).outcome == "set_aside"
    (document,) = archive.documents()
    assert archive.read(document) == file.read_bytes()
    before = archive.fingerprint()
    archive.withdraw(str(result.document_id)[:8], "published by mistake")
    assert archive.fingerprint() != before
    assert archive.verify() == ()
    assert [one.path for one in open_store("memory://test-archive/raw").find("")] == [
        "documents/report.txt",
        "documents/report.txt.datapackage.json",
        "index.json",
        "registry/decisions.jsonl",
        "registry/unit_names.csv",
        "registry/units.csv",
    ]


def test_a_file_address_is_a_plain_folder(tmp_path: Path) -> None:
    assert isinstance(open_store(f"file://{tmp_path}"), LocalStore)
