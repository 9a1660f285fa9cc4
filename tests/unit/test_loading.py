"""Loading: the desired state follows from archive, registry and landing alone, and pending says what
differs.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from juesuan import loading
from juesuan.landing import Extracted, Landing, failed
from juesuan.loading import ArchivedDocument, Sources, finish, landed_reports, load, open_work, write_state
from juesuan.raw_schema import raw_tables
from tests.fixtures.records import archived, report, sha, sources

TABLES = raw_tables(Path(__file__).parents[2] / "dbt_project")
JUNE = datetime.date(2024, 6, 1)


class House:
    """A landing and a work file in a temporary folder. ``knows``: it is told what each document follows from, and so
    compares only what differs.
    """

    def __init__(self, root: Path, knows: bool = False) -> None:
        self.knows = knows
        self.file = root / "work" / "juesuan.duckdb"
        self.landing = Landing(root / "landing", TABLES)
        self.connection, self.fresh = open_work(self.file, TABLES, None)

    def land(self, *names: str, extractor: str = "fp", **facts: str) -> None:
        self.landing.land([Extracted(sha(n), (report(n, **facts),)) for n in names], extractor)

    def load(self, *documents: ArchivedDocument | Sources):
        what = documents[0] if isinstance(documents[0], Sources) else sources(*documents)
        if self.knows:
            told = {one.document_id: what.identify(one) for one in landed_reports(self.landing) if one.unit_name}
            inputs = {one.document_id: f"{one} {told.get(one.document_id)}" for one in what.documents.values()}
            what = replace(what, inputs=inputs, rules=repr(sorted(what.registry.items())))
        return load(self.connection, self.landing, what, TABLES)

    def ask(self, query: str) -> list[tuple]:
        return self.connection.execute(query).fetchall()

    def content(self) -> dict[str, list[tuple]]:
        """All rows of schema raw but the run columns, sorted."""
        found = {}
        for name, table in TABLES.items():
            columns = ", ".join(f'"{c.name}"' for c in table.columns if not c.is_run_column)
            found[name] = sorted(self.ask(f"select {columns} from raw.{name}"), key=repr)
        return found


@pytest.fixture(params=[False, True], ids=["everything", "what differs"])
def house(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr("juesuan.loading.MANY", 1.0)  # there are few documents here
    built = House(tmp_path, request.param)
    yield built
    built.connection.close()


def test_a_report_is_loaded_with_its_keys_and_listed_as_new(house: House) -> None:
    house.land("a")
    loaded = house.load(archived("a"))
    assert loaded.documents == {"loaded": 1}
    assert [(one.fiscal_year, one.cause) for one in loaded.pending] == [(2023, "new")]
    ((report_id, unit_id, release, current),) = house.ask(
        "select report_id, unit_id, release, is_current from raw.report"
    )
    assert report_id == f"{unit_id}-2023-department-final_accounts"
    assert (release, current) == (1, True)
    assert house.ask("select distinct report_id, fiscal_year from raw.cell") == [(report_id, 2023)]
    for name, table in TABLES.items():
        if table.holds_content:
            assert loaded.rows[name] > 0, name


def test_loading_again_does_nothing(house: House) -> None:
    house.land("a")
    house.load(archived("a"))
    before = house.ask("select * from raw.document")
    finish(house.connection, "v1")
    again = house.load(archived("a"))
    assert not again.changed
    assert again.pending == []
    assert house.ask("select * from raw.document") == before
    assert house.ask("select count(*) from raw.pending") == [(0,)]


def test_cells_are_stored_by_year_unit_report_table(house: House) -> None:
    for year in (2024, 2022, 2023):
        house.land(f"doc{year}", year=year)
    house.load(*(archived(f"doc{year}") for year in (2024, 2022, 2023)))
    stored = house.ask("select fiscal_year, unit_id, report_id, table_key from raw.cell")
    assert stored == sorted(stored)
    house.land("doc2021", year=2021)
    house.load(*(archived(f"doc{year}") for year in (2024, 2022, 2023, 2021)))
    stored = house.ask("select fiscal_year, unit_id, report_id, table_key from raw.cell")
    assert stored == sorted(stored)


def test_a_corrected_reissue_is_the_next_release(house: House) -> None:
    house.land("a")
    house.land("b", basic="61.00")
    loaded = house.load(archived("a"), archived("b", published_on=JUNE))
    assert loaded.documents == {"loaded": 2}
    assert house.ask("select document_id, release, is_current from raw.report order by release") == [
        (sha("a"), 1, False),
        (sha("b"), 2, True),
    ]


def test_releases_follow_the_day_of_publishing_then_of_retrieving(house: House) -> None:
    house.land("a")
    house.land("b", basic="61.00")
    house.load(
        archived("a", published_on=None, retrieved_on=datetime.date(2024, 9, 1)),
        archived("b", published_on=JUNE),
    )
    assert house.ask("select document_id from raw.report order by release") == [(sha("b"),), (sha("a"),)]


def test_new_bytes_with_the_same_figures_are_a_copy(house: House) -> None:
    house.land("a", "b")
    loaded = house.load(archived("a"), archived("b", published_on=JUNE))
    assert loaded.documents == {"loaded": 1, "set_aside": 1}
    assert house.ask("select reason from raw.document where status = 'set_aside'") == [("copy of documents/a",)]
    assert house.ask("select role from raw.report_document order by role") == [("copy",), ("holds",)]
    assert house.ask("select count(*), count(distinct document_id) from raw.cell") == [(6, 1)]


def test_a_unit_the_registry_does_not_know_waits_for_a_person(house: House) -> None:
    house.land("a", unit="未登记")
    loaded = house.load(archived("a"))
    assert loaded.documents == {"needs_review": 1}
    assert house.ask("select status, reason from raw.document") == [
        ("needs_review", "unit 未登记 is not in the registry")
    ]
    assert house.ask("select count(*) from raw.cell") == [(0,)]


def test_a_budget_and_an_unreadable_file_are_rows_and_no_reports(house: House) -> None:
    house.land("budget", family="budget")
    house.landing.land([failed(sha("empty"), "empty.pdf: the file is empty")], "fp")
    house.land("good")
    loaded = house.load(archived("budget"), archived("empty"), archived("good"))
    assert loaded.documents == {"set_aside": 1, "failed": 1, "loaded": 1}
    assert house.ask("select reason from raw.document where status = 'failed'") == [("empty.pdf: the file is empty",)]
    assert house.ask("select count(*) from raw.report") == [(1,)]


def test_a_file_changed_under_its_manifest_keeps_what_was_loaded(house: House) -> None:
    house.land("a")
    house.load(archived("a"))
    loaded = house.load(archived("a", problem="sha256 differs"))
    assert loaded.documents == {"failed": 1}
    assert loaded.pending == []
    assert house.ask("select status, reason from raw.document") == [("failed", "sha256 differs")]
    assert house.ask("select count(*) from raw.cell") == [(6,)]


def test_a_withdrawn_document_takes_its_report_with_it(house: House) -> None:
    house.land("a")
    house.load(archived("a"))
    finish(house.connection, "v1")
    house.landing.withdraw({sha("a"): "撤回"})
    loaded = house.load(archived("a", withdrawn="撤回"))
    assert [one.cause for one in loaded.pending] == ["withdrawn"]
    assert house.ask("select status from raw.document") == [("withdrawn",)]
    assert loaded.rows["cell"] == loaded.rows["report"] == loaded.rows["report_document"] == 0
    assert loaded.rows["pending"] == 1


def test_an_earlier_release_that_is_withdrawn_renumbers_the_rest(house: House) -> None:
    house.land("a")
    house.land("b", basic="61.00")
    house.load(archived("a"), archived("b", published_on=JUNE))
    house.landing.withdraw({sha("a"): "撤回"})
    loaded = house.load(archived("a", withdrawn="撤回"), archived("b", published_on=JUNE))
    assert [one.cause for one in loaded.pending] == ["changed"]
    assert house.ask("select document_id, release from raw.report") == [(sha("b"), 1)]


def test_a_refiled_report_leaves_its_old_place_and_says_so(house: House) -> None:
    house.land("a")
    house.load(archived("a"))
    finish(house.connection, "v1")
    before = sources(archived("a"))

    def refiled(landed):  # a person says that it is the own-level report
        identity = before.identify(landed)
        return replace(identity, scope="own_level")

    loaded = house.load(replace(before, identify=refiled))
    assert sorted((one.report_id.split("-")[2], one.cause) for one in loaded.pending) == [
        ("department", "refiled"),
        ("own_level", "refiled"),
    ]
    assert house.ask("select distinct scope from raw.report") == [("own_level",)]
    assert house.ask("select distinct split_part(report_id, '-', 3) from raw.cell") == [("own_level",)]


def test_a_report_that_is_read_no_more_has_not_been_withdrawn(house: House) -> None:
    house.land("a")
    house.load(archived("a"))
    finish(house.connection, "v1")
    house.land("a", extractor="fp2", status="failed")
    assert [one.cause for one in house.load(archived("a")).pending] == ["changed"]


def test_a_changed_unit_lists_its_reports(house: House) -> None:
    house.land("a")
    house.land("b", unit="某市民政局")
    house.load(sources(archived("a"), archived("b")))
    finish(house.connection, "v1")
    ((unit_id,),) = house.ask("select unit_id from raw.report where unit_name = '某市民政局'")
    loaded = house.load(
        sources(archived("a"), archived("b"), registry={"unit": ({"unit_id": unit_id, "division_code": "110000"},)})
    )
    assert [(one.unit_id, one.cause) for one in loaded.pending] == [(unit_id, "changed")]
    assert house.ask("select unit_id, division_code, confirmed from raw.unit") == [(unit_id, "110000", None)]


def test_only_what_a_change_can_reach_is_compared(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.land("a")
    house.land("b", year=2022)
    house.land("c", year=2021)
    documents = [archived("a"), archived("b"), archived("c")]
    house.load(*documents)
    house.land("a2", basic="61.00")
    compared: list[str] = []
    desired = loading.desired

    def watched(some, *rest):
        compared.extend(one.document_id for one in some)
        return desired(some, *rest)

    monkeypatch.setattr(loading, "desired", watched)
    loaded = house.load(*documents, archived("a2"))
    assert [one.cause for one in loaded.pending] == ["changed"]
    others = {sha("b"), sha("c")} & set(compared)
    assert not others if house.knows else others == {sha("b"), sha("c")}


def test_what_is_pending_stays_until_it_is_published(house: House) -> None:
    house.land("a")
    house.load(archived("a"))
    house.land("a", extractor="fp2", basic="62.00")
    house.load(archived("a"))
    assert house.ask("select cause from raw.pending") == [("new",)]


def test_step_by_step_and_at_once_give_the_same_rows(house: House, tmp_path: Path) -> None:
    june = archived("b", published_on=JUNE)
    house.land("b", basic="61.00")
    house.load(june)
    house.land("c", unit="未登记")
    house.land("a", basic="1.00")
    house.load(archived("a"), june, archived("c"))
    house.land("a", extractor="fp2")
    house.land("d", basic="61.00")
    everything = (archived("a"), june, archived("c"), archived("d", retrieved_on=JUNE, published_on=None))
    house.load(*everything)
    finish(house.connection, "v1")

    other = House(tmp_path / "other")
    other.land("a", extractor="fp2")
    other.land("c", unit="未登记")
    other.land("b", "d", basic="61.00")
    other.load(*everything)
    finish(other.connection, "v1")
    assert other.content() == house.content()
    other.connection.close()


def test_a_load_that_fails_leaves_everything_as_it_was(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.land("a")
    house.load(archived("a"))
    before = house.content()
    house.land("a", extractor="fp2", basic="62.00")

    def broken(*_: object) -> None:
        raise duckdb.IOException("disk full")

    monkeypatch.setattr("juesuan.loading._write_pending", broken)
    with pytest.raises(duckdb.IOException):
        house.load(archived("a"))
    assert house.content() == before


@pytest.mark.parametrize(
    ("published", "kept"),
    [(None, True), ("v1", True), ("v2", True), ("v3", False)],
    ids=["nothing published", "its own version", "killed before it was told", "a version it does not know"],
)
def test_a_work_file_is_kept_only_if_the_published_version_comes_from_it(
    tmp_path: Path, published: str | None, kept: bool
) -> None:
    file = tmp_path / "juesuan.duckdb"
    connection, fresh = open_work(file, TABLES, None)
    assert fresh
    write_state(connection, published="v1", candidate="v2")
    connection.execute("insert into raw.pending (report_id) values ('x')")
    connection.close()
    connection, fresh = open_work(file, TABLES, published)
    assert fresh is not kept
    waiting = connection.execute("select count(*) from raw.pending").fetchall()
    assert waiting == [(1 if kept and published != "v2" else 0,)]
    connection.close()


def test_a_damaged_work_file_is_built_anew(tmp_path: Path) -> None:
    file = tmp_path / "juesuan.duckdb"
    file.write_bytes(b"no database at all" * 1000)
    connection, fresh = open_work(file, TABLES, "v1")
    assert fresh
    assert connection.execute("select count(*) from raw.cell").fetchall() == [(0,)]
    connection.close()


def test_what_a_person_settled_is_loaded_although_the_document_leaves_it_open(house: House) -> None:
    """The document says needs_review; the archive no longer does. What it lacks still makes it partial."""
    house.land("a", status="needs_review", reason="the year is not printed")
    assert house.load(archived("a", review="not settled: fiscal_year")).documents == {"needs_review": 1}
    assert house.load(archived("a")).documents == {"partial": 1}
    ((status, reason),) = house.ask("select status, reason from raw.report")
    assert status == "partial"
    assert "TG 国有资本经营预算财政拨款支出决算表 missing" in reason
