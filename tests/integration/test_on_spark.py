"""Documents read on the executors of Spark land as the same rows as those read in the processes of this machine, and
its small batches become large ones there.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from tests.fixtures.records import report, sha
from tests.fixtures.spark import ROOT, spark_here

from juesuan import spark_warehouse, transform
from juesuan.demo import folder
from juesuan.demo.making import Plan
from juesuan.extracting import read_documents
from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.describe import Described
from juesuan.final_accounts.extract import extractor_fingerprint
from juesuan.final_accounts.readers import Limits
from juesuan.landing import Extracted, Holding, Landing, LandingError
from juesuan.on_spark import compact, compact_on_spark, read_due, read_on_spark
from juesuan.raw_schema import RawTable, raw_tables
from juesuan.refresh import Busy, House
from juesuan.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.integration, pytest.mark.program("java"), pytest.mark.package("pyspark")]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with spark_here(tmp_path_factory.mktemp("spark")) as session:
        yield session


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of made-up documents, the project's own, one that nobody can read and one that is gone."""
    home = tmp_path_factory.mktemp("archive")
    folder.write(Plan(units=5, years=2, misprints=0.5), home / "demo")
    raw = home / "demo" / "raw"
    min(raw.glob("documents/**/*.txt")).unlink()
    archive = Archive(raw)
    for name in ("qingyuan-dsb-own-level-2023.txt", "shanghai-putuo-finance-2024.pdf"):
        archive.add(ROOT / "raw" / "documents" / name)
    (home / "broken.pdf").write_bytes(b"%PDF-1.7 and then nothing of the kind")
    archive.add(home / "broken.pdf")
    return raw


def landing(root: Path) -> Landing:
    return Landing(root, raw_tables(ROOT / "dbt_project"))


def content(of: Landing) -> dict[str, pa.Table]:
    """The rows that hold, table by table."""
    return {name: of.read(name) for name in of.tables}


def settings(raw: Path, warehouse: Path) -> Settings:
    return Settings.load({"JUESUAN_HOME": str(ROOT), "JUESUAN_RAW": str(raw), "JUESUAN_WAREHOUSE": str(warehouse)})


def test_every_table_of_the_landing_is_the_same(spark: SparkSession, raw: Path, tmp_path: Path) -> None:
    archive, extractor = Archive(raw), extractor_fingerprint()
    documents = archive.documents()
    assert len(documents) >= 10
    here, there = landing(tmp_path / "here"), landing(tmp_path / "there")
    own = settings(raw, tmp_path / "own")
    here.land(read_documents(archive, documents, own, extractor), extractor)
    landed = read_on_spark(
        spark,
        archive,
        documents,
        there,
        readings=tmp_path / "kept",
        limits=own.limits,
        extractor=extractor,
        per_batch=4,
    )
    assert landed.documents == len(documents)
    assert landed.by_status["failed"] == 2
    assert len(landed.batches) == len(there.ledger()) > 2
    expected, found = content(here), content(there)
    assert [name for name in expected if not expected[name].equals(found[name])] == []
    assert expected["cell"].num_rows > 1000
    held, same = here.holding(), there.holding()
    assert {key: (one.status, one.said, one.extractor) for key, one in held.items()} == {
        key: (one.status, one.said, one.extractor) for key, one in same.items()
    }
    assert there.clean() == [], "nothing is left that no entry names"


def test_a_refresh_finds_them_read(spark: SparkSession, raw: Path, tmp_path: Path) -> None:
    own = settings(raw, tmp_path / "warehouse")
    told: list[str] = []
    landed = read_due(own, spark, lambda step, what, done=0, of=0: told.append(f"{step} {what} {done}/{of}"))
    # the one whose file is gone is not asked for
    assert landed.documents == len(Archive(raw).documents()) - 1 == len(told)
    after = House(own)
    with after.locked():
        assert after.to_be_read(after.landing, extractor_fingerprint()) == []
    assert read_due(own, spark).documents == 0


def test_a_hostile_document_ends_its_worker_and_not_the_task(spark: SparkSession, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    shutil.copytree(ROOT / "raw" / "registry", raw / "registry")
    archive = Archive(raw, describe=lambda data, name: Described("text/plain", ()))
    (tmp_path / "endless.txt").write_text("".join(f"{n} {n * 7919 % 1000003}\n" for n in range(3_000_000)))
    archive.add(tmp_path / "endless.txt")
    archive.add(ROOT / "raw" / "documents" / "qingyuan-dsb-own-level-2023.txt")
    there = landing(tmp_path / "landing")
    read_on_spark(
        spark,
        archive,
        archive.documents(),
        there,
        readings=tmp_path / "kept",
        limits=Limits(seconds=3),
        extractor="fp",
        per_batch=2,
    )
    ended = {row["document_id"]: row for row in there.read("document").to_pylist()}
    hostile = ended[archive.find("endless.txt").document_id]
    assert hostile["status"] == "failed"
    assert "endless.txt" in hostile["reason"]
    assert "limit" in hostile["reason"] or "seconds" in hostile["reason"]
    assert ended[archive.find("qingyuan-dsb-own-level-2023.txt").document_id]["status"] != "failed"


# --- small batches become large ones --------------------------------------------------------------------------------


def extracted(name: str, basic: str = "1.00") -> Extracted:
    return Extracted(sha(name), (report(name, basic=basic),))


def in_small_batches(root: Path) -> Landing:
    """Nine batches of two documents; one document landed again, one withdrawn, one withdrawn and landed again."""
    small = landing(root)
    for number in range(8):
        small.land([extracted(f"{number}a", f"{number}.00"), extracted(f"{number}b")], "fp")
    small.withdraw({sha("1a"): "withdrawn", sha("2b"): "withdrawn"})
    small.land([extracted("0a", "7.50"), extracted("2b", "8.50")], "fp2")
    return small


def held(of: Landing) -> dict[str, Holding]:
    """What holds, wherever it stands."""
    return {document_id: replace(one, batch="") for document_id, one in of.holding().items()}


def test_small_batches_become_large_ones(spark: SparkSession, tmp_path: Path) -> None:
    small = in_small_batches(tmp_path / "landing")
    before, known = content(small), held(small)
    assert before["document"].num_rows == 15
    told: list[str] = []
    went, came = compact_on_spark(spark, small, 10, lambda step, what, done=0, of=0: told.append(f"{what} {done}/{of}"))
    assert (went, came) == (9, 3)
    assert told == ["7 batches are 2 2/3", "9 batches are 3 3/3"]
    there = landing(small.root)
    assert content(there) == before
    assert held(there) == known
    assert len(list(there.batches.iterdir())) == len(there.ledger()) == 3
    assert len(list(there.ledger_folder.iterdir())) == 3, "what was withdrawn is named no more, nor that it was"
    for entry in there.ledger():
        found = pq.read_table(there.file(str(entry.batch), "document"))["document_id"].to_pylist()
        assert found == sorted(one.document_id for one in entry.documents)
    assert compact_on_spark(spark, there, 10)[0] <= 1


class Killed(BaseException):
    """In the place of a kill: nothing on the way handles it."""


@pytest.mark.parametrize(
    ("point", "occurrence"),
    [
        ("landing.batch.flushed", 1),  # written by executors, not named
        ("landing.batch.flushed", 2),
        ("landing.batch.renamed", 1),  # named, not in the ledger
        ("landing.entry.flushed", 1),
        ("landing.entry.renamed", 1),  # holds, and so do others of the same task list
        ("landing.entry.renamed", 2),  # all hold, what they replace is still there
        ("landing.compact.entry", 4),  # some of that is gone
        ("landing.orphan", 2),
    ],
)
def test_a_driver_that_dies_loses_nothing(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, occurrence: int
) -> None:
    small = in_small_batches(tmp_path / "landing")
    before, known = content(small), held(small)
    passed: list[str] = []

    def kill(name: str) -> None:
        passed.append(name)
        if passed.count(name) == occurrence and name == point:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr("juesuan.faults.point", kill)
        with pytest.raises(Killed):
            compact_on_spark(spark, small, 10)
    there = landing(small.root)
    assert content(there) == before, "before anything was put right"
    assert held(there) == known
    there.clean()
    compact_on_spark(spark, there, 10)
    assert content(there) == before
    assert held(there) == known
    assert len(list(there.batches.iterdir())) == len(there.ledger()) <= 4
    assert there.clean() == []


def test_a_damaged_batch_is_told_and_the_others_are_done(spark: SparkSession, tmp_path: Path) -> None:
    small = in_small_batches(tmp_path / "landing")
    before = held(small)
    batch = small.ledger()[0].batch
    assert batch is not None
    small.file(batch, "cell").write_bytes(b"PAR1 no more")
    with pytest.raises(LandingError, match=rf"^{batch}/cell\.parquet is damaged .*remove the folder of this batch"):
        compact_on_spark(spark, small, 10)
    assert held(small) == before
    assert batch in {entry.batch for entry in small.ledger()}
    assert len(small.ledger()) < 9


def test_a_landing_is_compacted_under_the_lock_of_its_warehouse(spark: SparkSession, raw: Path, tmp_path: Path) -> None:
    own = settings(raw, tmp_path / "warehouse")
    house = House(own)
    house.landing.land([extracted("a")], "fp")
    house.landing.land([extracted("b")], "fp")
    house.landing.building()
    assert compact(own, spark) == (2, 1)
    assert len(list(house.landing.batches.iterdir())) == 1, "and what a killed run left is gone"
    locked = FileLock(str(own.lock), is_singleton=False)
    with locked, pytest.raises(Busy):
        compact(own, spark)


# --- what the models were built with --------------------------------------------------------------------------------


def test_all_models_are_built_when_what_they_are_built_with_is_not_what_it_was(
    spark: SparkSession, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With dbt and schema raw taken away: what is told to dbt, build after build."""
    asked: list[bool] = []
    refuse = False

    def built(*_: object, full_refresh: bool, **__: object) -> list[transform.NodeResult]:
        asked.append(full_refresh)
        if refuse:
            raise transform.ModelsRefused("a model")
        return []

    def build(models: str, whole: bool = False) -> bool:
        parts = {"dbt_project": models, "library": "", "pins": "", "warehouse": "", "archive": str(len(asked))}
        version = transform.Version("v", "f", datetime.datetime(2026, 1, 1), parts)
        with contextlib.suppress(transform.ModelsRefused):
            spark_warehouse.build(spark, own, House(own).sources, version, whole=whole)
        return asked[-1]

    def fill(*_: object) -> Mapping[str, RawTable]:
        spark.sql("create database if not exists raw")
        spark.sql("create table if not exists raw.report as select '' as report_id")
        return raw_tables(ROOT / "dbt_project")

    own = settings(raw, tmp_path / "warehouse")
    monkeypatch.setattr(transform, "build", built)
    monkeypatch.setattr(spark_warehouse, "fill_raw", fill)
    spark.sql("create database conformed")
    spark.sql("create table conformed.fct_release as select '' as report_id, 1 as release, true as is_default")
    spark.sql("create table conformed.peer_group as select '' as report_id, 1 as release, '' as peer_group")
    try:
        assert spark_warehouse.read_state(spark) == {}
        assert build("one"), "the first build is of all"
        assert not build("one"), "another archive alone does not concern the models"
        assert build("one", whole=True)
        assert not build("one")
        refuse = True
        assert build("two")
        assert "models" not in spark_warehouse.read_state(spark), "a build that was refused is not remembered"
        refuse = False
        assert build("one"), "some may be of what was refused"
        assert not build("one")
        spark_warehouse.write_state(spark, **{**spark_warehouse.read_state(spark), "schema": "other columns"})
        spark.sql("create table raw.of_before as select 1 as one")
        assert build("one"), "schema raw had other columns"
        assert not spark.catalog.tableExists("raw.of_before"), "and is made anew"
        assert not build("one")
    finally:
        for name in ("raw", "conformed", "build"):
            spark.sql(f"drop database if exists {name} cascade")


def test_an_executor_imports_the_library_and_pyarrow_alone(raw: Path, tmp_path: Path) -> None:
    """What a share does, in a fresh interpreter without Spark; pyarrow itself looks for pandas."""
    program = f"""
import json, pickle, sys
import pyarrow as pa
from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.readers import DEFAULT
from juesuan.landing import Landing
from juesuan.on_spark import Merging, Share, Task
from juesuan.raw_schema import raw_tables
from pathlib import Path
archive = Archive({str(raw)!r})
landing = Landing(Path({str(tmp_path / "landing")!r}), raw_tables(Path({str(ROOT / "dbt_project")!r})))
share = Share({str(raw)!r}, landing, {str(tmp_path / "kept")!r}, DEFAULT, "fp")
(one, *_) = [one for one in archive.documents() if one.name.startswith("qingyuan")]
task = pickle.dumps(Task(one, {{}}, ""))
done = list(share([pa.record_batch({{"document_id": [one.document_id], "task": [task]}})]))
assert done[0].column("status").to_pylist() == ["loaded"], done
written = landing.enter(landing.batches / done[0].column("folder")[0].as_py(), lambda _: ())
some = pa.record_batch({{"number": [0], "batches": [pickle.dumps({{written: [one.document_id]}})]}})
assert [row["refused"] for batch in Merging(landing)([some]) for row in batch.to_pylist()] == [None]
print(json.dumps(sorted(sys.modules)))
"""
    paths = os.pathsep.join([str(ROOT / "orchestration"), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    imported = {name.partition(".")[0] for name in json.loads(done.stdout)}
    assert imported & {"dagster", "dbt", "duckdb", "pyspark", "streamlit", "typer"} == set()


def test_the_command_reads_and_a_refresh_reads_nothing_more(tmp_path: Path) -> None:
    """In a process of its own, as a person types it: its workers are this machine's."""
    at = {"JUESUAN_HOME": str(ROOT), "JUESUAN_RAW": str(ROOT / "raw"), "JUESUAN_WAREHOUSE": str(tmp_path / "warehouse")}
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("JUESUAN_", "PYSPARK_"))}
    command = [sys.executable, "-m", "juesuan", "spark-read", "--master", "local[1]", "--compact", "--json"]
    house = House(Settings.load(at))
    house.landing.land([extracted("of another run")], "fp")
    done = subprocess.run(command, env=bare | at, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["by_status"] == {"loaded": 2}
    assert told["compacted"] == {"batches": 2, "into": 1}
    assert len(house.landing.holding()) == 3
    assert len(list(house.landing.batches.iterdir())) == 1
    assert house.to_be_read(house.landing, extractor_fingerprint()) == []
