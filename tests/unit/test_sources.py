"""Which report a landed record is: a person's word, then the manifest's, then the document's; else one is asked."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from juesuan.final_accounts.archive import Archive
from juesuan.loading import Identity, LandedReport
from juesuan.sources import identity, sources_of, state_of
from tests.fixtures.house import describe_fake, write_document
from tests.fixtures.records import sha


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    found = Archive(tmp_path / "raw", describe=describe_fake)
    found.add(write_document(tmp_path, "a.json"))
    return found


def landed(archive: Archive, **facts: object) -> LandedReport:
    read = LandedReport(
        document_id=archive.documents()[0].document_id,
        report_no=0,
        fiscal_year=2023,
        scope="department",
        family="final_accounts",
        unit_name="某市财政局",
        title=None,
        money_unit="万元",
        status="loaded",
        reason=None,
        figures_sha256="f",
        extractor="fp",
    )
    return replace(read, **facts)  # type: ignore[arg-type]


def test_manifest_and_document_agree(archive: Archive) -> None:
    found = identity(archive, archive.documents()[0], landed(archive))
    assert isinstance(found, Identity)
    assert (found.fiscal_year, found.scope, found.family) == (2023, "department", "final_accounts")
    assert found.unit_id == archive.registry.units[0].unit_id
    assert found.report_id == f"{found.unit_id}-2023-department-final_accounts"


def test_what_the_document_does_not_say_the_manifest_does(archive: Archive) -> None:
    found = identity(archive, archive.documents()[0], landed(archive, fiscal_year=None, scope=None))
    assert isinstance(found, Identity)
    assert (found.fiscal_year, found.scope) == (2023, "department")


def test_a_disagreement_is_for_a_person(archive: Archive) -> None:
    found = identity(archive, archive.documents()[0], landed(archive, fiscal_year=2022))
    assert isinstance(found, str)
    assert "2023" in found
    assert "2022" in found


def test_a_persons_word_settles_it(archive: Archive) -> None:
    archive.refile("a.json", reason="the cover says 2022", asserted={"fiscal_year": 2022})
    found = identity(archive, archive.documents()[0], landed(archive, fiscal_year=2022))
    assert isinstance(found, Identity)
    assert found.fiscal_year == 2022


def test_a_unit_that_the_registry_does_not_know_is_named(archive: Archive) -> None:
    document = replace(archive.documents()[0], reports=())
    found = identity(archive, document, landed(archive, unit_name="某县水利局"))
    assert isinstance(found, str)
    assert "某县水利局" in found


def test_the_registry_is_taken_before_anything_is_proposed(archive: Archive) -> None:
    sources = sources_of(state_of(archive))
    assert [row["unit_id"] for row in sources.registry["unit"]] == [unit.unit_id for unit in archive.registry.units]
    assert [row["name"] for row in sources.registry["unit_name"]] == ["某市财政局"]


def test_a_changed_file_is_a_problem_and_is_not_read(archive: Archive, tmp_path: Path) -> None:
    document = archive.documents()[0]
    (tmp_path / "raw" / document.path).write_text("something else")
    state = state_of(Archive(tmp_path / "raw"))
    assert state.to_read == []
    (one,) = sources_of(state).documents.values()
    assert "sha256 differs" in (one.problem or "")


def test_a_withdrawn_document_carries_its_reason(archive: Archive) -> None:
    archive.withdraw("a.json", "单位要求撤回")
    (one,) = sources_of(state_of(archive)).documents.values()
    assert one.withdrawn == "单位要求撤回"
    assert one.document_id != sha("a.json")


def test_what_a_document_is_loaded_from_differs_with_all_that_the_archive_says_of_it(
    archive: Archive, tmp_path: Path
) -> None:
    """By a fresh look each, and the same whether an index is there or not."""

    def inputs() -> str:
        found = sources_of(state_of(Archive(tmp_path / "raw", describe=describe_fake)), "code").inputs
        (tmp_path / "raw" / "index.json").unlink(missing_ok=True)
        again = sources_of(state_of(Archive(tmp_path / "raw", describe=describe_fake)), "code").inputs
        assert found == again
        (one,) = found.values()
        return one

    (document,) = archive.documents()
    seen = [inputs()]
    archive.refile("a.json", reason="the cover says 2022", asserted={"fiscal_year": 2022})
    seen.append(inputs())
    archive.withdraw("a.json", "单位要求撤回")
    seen.append(inputs())
    archive.restore("a.json", "it was right")
    seen.append(inputs())
    (tmp_path / "raw" / document.path).write_text("something else")
    seen.append(inputs())
    manifest = tmp_path / "raw" / f"{document.path}.datapackage.json"
    manifest.write_text("{")
    state = state_of(Archive(tmp_path / "raw"))
    assert len(state.documents) == 0
    assert "no manifest" in str(sources_of(state, "code").inputs)
    assert seen[3] == seen[1], "it is as it was before it was withdrawn"
    assert len(set(seen)) == 4


def test_only_documents_that_are_asked_for_are_made(archive: Archive, tmp_path: Path) -> None:
    archive.add(write_document(tmp_path, "b.json", unit="某市水利局"))
    sources = sources_of(state_of(archive))
    first = archive.documents()[0].document_id
    assert [one.document_id for one in sources.chosen({first, "unknown"})] == [first]
    assert {one.document_id for one in sources.chosen(None)} == set(sources.documents)
    assert len(sources.documents) == 2
