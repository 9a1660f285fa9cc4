"""A large region made cheaply, and bad input among many documents, small enough for every run.

Belongs here: a region of repeated counties, and what one bad document, worker, batch or run does to the others. Does
not belong here: sizes and times (``python -m tests.bench.scale``), a kill at every point (``test_kill``).
"""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest
from tests.conftest import ROOT
from tests.fixtures.house import archive_of, content, write_document
from tests.fixtures.records import report, sha

from juesuan import faults
from juesuan.demo import folder, repeating
from juesuan.demo.making import Plan
from juesuan.demo.planting import mark
from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.extract import extract, extractor_fingerprint
from juesuan.final_accounts.model import LimitExceeded
from juesuan.final_accounts.readers import Limits
from juesuan.final_accounts.readers.worker import run_many
from juesuan.landing import Extracted, Landing, rows
from juesuan.raw_schema import raw_tables
from juesuan.refresh import House, refresh
from juesuan.settings import Settings

pytestmark = pytest.mark.integration

TIMES = 3
PLAN = Plan(units=6, years=2, misprints=0.2)
TABLES = raw_tables(ROOT / "dbt_project")
#: Taken over figures and the bodies that sentences name: in a repeated county they are those of the base.
OF_THE_BASE = {"figures_sha256", "contents"}


def settings_of(place: Path) -> Settings:
    return Settings.load(
        {"JUESUAN_HOME": str(ROOT), "JUESUAN_RAW": str(place / "raw"), "JUESUAN_WAREHOUSE": str(place / "warehouse")}
    )


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    to = tmp_path_factory.mktemp("repeated") / "region"
    repeating.write(PLAN, TIMES, to)
    return to


def landing_of(place: Path) -> Landing:
    return Landing(place / "warehouse" / "landing", TABLES)


# --- a region of repeated counties -----------------------------------------------------------------------------------


def test_a_repeated_region_is_an_archive_in_which_nothing_waits_and_everything_is_read(region: Path) -> None:
    archive = Archive(region / "raw")
    documents = archive.documents()
    assert archive.changed() == () and archive.review_list() == ()
    assert len({one.document_id for one in documents}) == len(documents)
    divisions = Counter(one.reports[0].division_code for one in documents)
    assert len(divisions) == TIMES and len(set(divisions.values())) == 1
    held = landing_of(region).holding()
    assert set(held) == {one.document_id for one in documents}
    assert {one.extractor for one in held.values()} == {extractor_fingerprint()}
    for one in documents:
        assert archive.read(one).decode().startswith(mark())


def test_a_repeated_document_is_landed_as_reading_it_would_land_it(region: Path) -> None:
    archive, landing = Archive(region / "raw"), landing_of(region)
    documents = [one for one in archive.documents() if one.reports[0].division_code != "990101"]
    landed = {name: landing.read(name).to_pylist() for name in landing.tables}
    for one in documents[::7]:
        read = rows(Extracted(one.document_id, extract(archive.read(one), one.name)), extractor_fingerprint())
        for name, some in landed.items():
            mine = [row for row in some if row["record_id"] == one.document_id]
            assert [_plain(row) for row in mine] == [_plain(row) for row in read.get(name, [])], (one.name, name)


def _plain(row: dict) -> dict:
    return {name: value for name, value in row.items() if name not in OF_THE_BASE}


def test_a_refresh_of_a_repeated_region_reads_nothing_and_passes_everything(region: Path, tmp_path: Path) -> None:
    shutil.copytree(region, tmp_path / "region")
    outcome = refresh(settings_of(tmp_path / "region"))
    assert outcome.outcome == "published", outcome.message
    assert not outcome.read
    assert outcome.documents.keys() == {"loaded"}
    assert refresh(settings_of(tmp_path / "region")).outcome == "nothing_to_do"


def test_more_counties_than_have_names_are_refused(region: Path) -> None:
    written = folder.Written(str(region), 1, 1, [], 0, 0, 0.0, 0.0)
    with pytest.raises(folder.DemoError, match="have names"):
        repeating.repeat(written, 1000)


# --- bad input among many --------------------------------------------------------------------------------------------


MANY = 7
LITTLE = Limits(memory_mb=400)


@pytest.fixture
def many(house: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A house of made-up documents, two in a batch."""
    monkeypatch.setattr("juesuan.landing.DOCUMENTS_PER_BATCH", 2)
    for number in range(MANY):
        archive_of(house).add(write_document(house.home / "incoming", f"{number}.json", year=2015 + number))
    return house


def test_a_worker_that_memory_ends_costs_its_own_document_only() -> None:
    hungry = 3
    tasks = [(k, ("len(bytearray(10**9))" if k == hungry else str(k),)) for k in range(MANY)]
    outcomes = {key: (result, error) for key, result, error in run_many("builtins:eval", tasks, 2, LITTLE)}
    assert {key: result for key, (result, _) in outcomes.items() if key != hungry} == {
        k: k for k in range(MANY) if k != hungry
    }
    assert isinstance(outcomes[hungry][1], LimitExceeded) and "memory_mb" in str(outcomes[hungry][1])


def test_a_landing_that_was_cut_off_goes_on_from_what_has_landed(
    many: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    landed = 0

    def cut_off(name: str) -> None:
        nonlocal landed
        landed += name == "landing.document"
        if landed == MANY - 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(faults, "point", cut_off)
        with pytest.raises(KeyboardInterrupt):
            House(many).land()
    kept = House(many).landing.holding()
    assert len(kept) == MANY - 3, "whole batches of two"
    outcome = refresh(many)
    assert outcome.outcome == "published"
    assert outcome.read == {"loaded": MANY - len(kept)}, "only what had not landed is read"
    assert outcome.documents == {"loaded": MANY} and outcome.reports == MANY
    held = House(many).landing.holding()
    assert {one: held[one].sequence for one in kept} == {one: kept[one].sequence for one in kept}


def test_a_damaged_batch_is_named_and_reading_its_documents_again_repairs_it(many: Settings) -> None:
    assert refresh(many).outcome == "published"
    before = content(many.published)
    landing = House(many).landing
    batch = sorted({one.batch for one in landing.holding().values()})[1]
    damaged = landing.file(batch, "cell")
    damaged.write_bytes(damaged.read_bytes()[:-20])
    archive_of(many).add(write_document(many.home / "incoming", "new.json", year=2014))
    assert refresh(many).outcome == "published", "a refresh that does not need the batch does not mind it"
    refused = refresh(many, rebuild=True)
    assert refused.outcome == "refused"
    assert f"{batch}/cell.parquet is damaged" in (refused.message or "")
    assert "remove the folder of this batch" in (refused.message or "")
    shutil.rmtree(landing.batches / batch)
    mended = refresh(many, rebuild=True)
    assert (mended.outcome, mended.read) == ("published", {"loaded": 2})
    after = content(many.published)
    assert len(after["raw.cell"]) > len(before["raw.cell"])
    assert set(map(repr, before["raw.cell"])) <= set(map(repr, after["raw.cell"]))


def test_two_writers_of_one_landing_lose_nothing(tmp_path: Path) -> None:
    one, other = (Landing(tmp_path / "landing", TABLES) for _ in range(2))
    for number in range(4):
        writer = one if number % 2 else other
        writer.land([Extracted(sha(f"{number}"), (report(f"{number}"),))], "fp")
    names = {sha(f"{number}") for number in range(4)}
    assert set(one.holding()) == set(other.holding()) == names
    assert len({held.batch for held in one.holding().values()}) == 4
    assert one.read("cell").equals(other.read("cell"))
