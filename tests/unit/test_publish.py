"""Publishing: a build that lost something is refused, an accepted one is recorded, and what readers open
is whole.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from juesuan import publish, warehouse
from juesuan.final_accounts.model import Extraction
from juesuan.landing import Extracted, Landing
from juesuan.loading import ArchivedDocument, load, open_work, read_state
from juesuan.raw_schema import raw_tables
from juesuan.settings import Keep, Settings
from juesuan.transform import Version, work_file
from tests.fixtures.house import settings
from tests.fixtures.records import archived, cell, report, sha, sources

DESCRIBED: dict[str, Any] = {
    "sources": {},
    "nodes": {
        "model.x.unit_year": {
            "unique_id": "model.x.unit_year",
            "resource_type": "model",
            "schema": "marts",
            "name": "unit_year",
            "description": "单位年度。One row per unit's year.",
            "columns": {"amount_yuan": {"name": "amount_yuan", "description": "金额（元）。It's in yuan."}},
        },
        "model.x.listed": {
            "unique_id": "model.x.listed",
            "resource_type": "model",
            "schema": "marts",
            "name": "listed",
            "description": "视图。A view.",
            "columns": {"unit_id": {"name": "unit_id", "description": "单位。Unit."}},
        },
    },
}


class Works:
    """A house whose only model is ``marts.unit_year``, built by hand."""

    def __init__(self, home: Path) -> None:
        self.settings: Settings = settings(home)
        self.tables = raw_tables(self.settings.dbt_project)
        self.landing = Landing(self.settings.landing, self.tables)
        self.day = 0

    def build(self, *documents: ArchivedDocument, **extractions: Extraction) -> None:
        """Land and load these documents, and build the model."""
        for name, extraction in extractions.items():
            self.landing.land([Extracted(sha(name), (extraction,))], f"fp{self.day}")
        known = publish.published_version(self.settings)
        connection, _ = open_work(work_file(self.settings), self.tables, known["id"] if known else None)
        load(connection, self.landing, sources(*documents), self.tables)
        connection.execute("create schema if not exists marts")
        connection.execute(
            "create or replace table marts.unit_year as "
            "select unit_id, fiscal_year, sum(value) * 10000 as amount_yuan from raw.cell group by all"
        )
        connection.execute("create or replace view marts.listed as select unit_id from marts.unit_year")
        connection.close()

    def version(self) -> Version:
        self.day += 1
        moment = datetime.datetime(2026, 1, self.day)
        return publish.new_version(f"{self.day:064x}", {"archive": str(self.day)}, moment)

    def publish(self, accept: str | None = None) -> None:
        findings = publish.check(self.settings)
        publish.publish(self.settings, self.version(), DESCRIBED, findings=findings, accept=accept)

    def refused(self) -> str:
        findings = publish.check(self.settings)
        said = publish.refusal(findings, None)
        assert said is not None
        with pytest.raises(publish.Refused):
            publish.publish(self.settings, self.version(), DESCRIBED, findings=findings)
        return said

    def ask(self, query: str) -> list[tuple]:
        with warehouse.connect(self.settings.published) as connection:
            return connection.execute(query).fetchall()


@pytest.fixture
def works(tmp_path: Path) -> Iterator[Works]:
    yield Works(tmp_path)


def test_what_readers_open_has_comments_and_no_build_state(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    assert works.ask("select comment from duckdb_tables() where table_name = 'unit_year'") == [
        ("单位年度。One row per unit's year.",)
    ]
    assert works.ask(
        "select comment from duckdb_columns() where table_name = 'unit_year' and column_name = 'amount_yuan'"
    ) == [("金额（元）。It's in yuan.",)]
    assert works.ask("select comment from duckdb_views() where view_name = 'listed'") == [("视图。A view.",)]
    assert works.ask("select count(*) from raw.pending") == [(0,)]
    assert works.ask("select schema_name from duckdb_schemas() where schema_name = 'build'") == []


def test_the_link_points_to_the_version_and_its_facts_stand_beside_it(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    facts = publish.published_version(works.settings)
    assert facts is not None
    assert works.settings.published.readlink().as_posix() == f"versions/{facts['id']}/juesuan.duckdb"
    assert facts["counts"]["documents"] == {"loaded": 1}
    assert facts["counts"]["reports"] == 1
    assert facts["counts"]["figures"] == 5  # a blank is no figure


def test_pending_is_cleared_only_after_publishing(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    with duckdb.connect(str(work_file(works.settings))) as connection:
        assert connection.execute("select count(*) from raw.pending").fetchall() == [(1,)]
    works.publish()
    with duckdb.connect(str(work_file(works.settings))) as connection:
        assert connection.execute("select count(*) from raw.pending").fetchall() == [(0,)]
        assert read_state(connection)["published"] == publish.published_version(works.settings)["id"]  # type: ignore[index]


def test_a_lost_report_is_refused_and_a_withdrawn_one_is_not(works: Works) -> None:
    both = archived("a"), archived("b")
    works.build(*both, a=report("a"), b=report("b", unit="某市民政局"))
    works.publish()
    works.build(archived("a"))  # its manifest is gone, and nobody withdrew it
    said = works.refused()
    assert "reports_kept" in said
    assert "--accept" in said
    works.landing.withdraw({sha("b"): "撤回"})
    works.build(archived("a"), archived("b", withdrawn="撤回"))
    works.publish()
    assert works.ask("select count(*) from raw.report") == [(1,)]


def test_a_form_that_breaks_cannot_publish_itself_as_data(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    broken = report("a")
    works.build(archived("a"), a=Extraction(broken.report, broken.cells[:3], broken.statements))
    said = works.refused()
    assert "figures_kept" in said
    assert "documents/a T3: 4 figures before, 1 now" in said


def test_a_unit_of_money_read_wrongly_is_seen_by_its_magnitude(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    works.build(archived("a"), a=report("a", basic="600000.00", project="400000.00"))
    assert "magnitudes_kept" in works.refused()


def test_a_document_that_is_read_no_more_is_refused(works: Works) -> None:
    works.build(archived("a"), archived("b"), a=report("a"), b=report("b", unit="某市民政局"))
    works.publish()
    works.build(archived("a"), archived("b"), b=report("b", status="failed", reason="b: no table found"))
    said = works.refused()
    assert "coverage_kept" in said
    assert "b: no table found" in said


def test_a_file_changed_under_its_manifest_does_not_stop_the_others(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    works.build(archived("a", problem="sha256 differs"), archived("b"), b=report("b", year=2022))
    works.publish()
    assert works.ask("select status, reason from raw.document order by status") == [
        ("failed", "sha256 differs"),
        ("loaded", None),
    ]
    assert works.ask("select count(distinct report_id) from raw.cell") == [(2,)]


def test_an_accepted_difference_is_recorded_with_its_reason(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    works.build(archived("a"), a=report("a", basic="600000.00", project="400000.00"))
    works.publish(accept="the first reading took 元 for 万元")
    facts = publish.published_version(works.settings)
    assert facts is not None
    assert facts["accepted"]["reason"] == "the first reading took 元 for 万元"
    assert set(facts["accepted"]["findings"]) == {"magnitudes_kept"}
    (line,) = (works.settings.warehouse / "accepted.jsonl").read_text().splitlines()
    assert json.loads(line)["version"] == facts["id"]


def test_nobody_can_accept_a_broken_rule(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    with duckdb.connect(str(work_file(works.settings))) as connection:
        connection.execute("insert into raw.cell select * from raw.cell")
    findings = publish.check(works.settings)
    assert [one.check for one in findings if not one.passed] == ["keys_unique"]
    with pytest.raises(publish.Refused, match="keys_unique"):
        publish.publish(works.settings, works.version(), DESCRIBED, findings=findings, accept="never mind")


def test_a_refused_build_leaves_readers_and_pending_as_they_were(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    before = works.settings.published.readlink()
    works.build(archived("a"), a=report("a", status="failed", reason="?"))
    works.refused()
    assert works.settings.published.readlink() == before
    assert works.ask("select count(*) from raw.cell") == [(6,)]
    with duckdb.connect(str(work_file(works.settings))) as connection:
        assert connection.execute("select cause from raw.pending").fetchall() == [("changed",)]


def test_changed_figures_are_listed_with_their_cause(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    assert works.ask("select count(*) from marts.version_change") == [(0,)]
    more = report("a", basic="61.00")
    more = Extraction(more.report, (*more.cells, cell("T3", "2010699", "basic", "1.00")), more.statements)
    works.build(archived("a"), a=more)
    works.publish()
    changes = works.ask(
        "select table_key, row_key, column_key, text_before, text_after, yuan_after, cause "
        "from marts.version_change order by all"
    )
    assert [(*change[:5], str(change[5]), change[6]) for change in changes] == [
        ("T1", "expenditure:本年支出合计", "final", "100.00", "101.00", "1010000.00", "changed"),
        ("T3", "2010601", "basic", "60.00", "61.00", "610000.00", "changed"),
        ("T3", "2010699", "basic", None, "1.00", "10000.00", "changed"),
        ("T3", "合计", "basic", "60.00", "61.00", "610000.00", "changed"),
    ]


def test_old_versions_go_and_the_published_one_never(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    for _ in range(7):
        works.publish()
    names = sorted(path.name for path in works.settings.versions.iterdir())
    assert len(names) == 5  # they carry dates long past, so only the count keeps them
    current = publish.published_version(works.settings)
    assert current is not None
    assert current["id"] == names[-1]
    removed = publish.retire(works.settings, Keep(versions=0, days=0, run_days=30))
    assert removed == sorted(names[:-1], reverse=True)


def test_a_finished_version_that_was_never_switched_to_is_abandoned(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    left = works.settings.versions / "20991231T000000Z-killed"
    left.mkdir()
    (left / "juesuan.duckdb").write_bytes(b"")
    works.publish()
    assert not left.exists()


def test_any_client_since_1_4_opens_the_file(works: Works) -> None:
    works.build(archived("a"), a=report("a"))
    works.publish()
    assert works.ask("select tags['storage_version'] from duckdb_databases() where database_name = 'juesuan'") == [
        ("v1.4.0+",)
    ]
