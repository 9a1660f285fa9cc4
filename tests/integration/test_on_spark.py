"""Documents read on the executors of Spark land as the same rows as those read in the processes of this machine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from tests.fixtures.spark import ROOT, spark_here

from juesuan.demo import folder
from juesuan.demo.making import Plan
from juesuan.extracting import read_documents
from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.describe import Described
from juesuan.final_accounts.extract import extractor_fingerprint
from juesuan.final_accounts.readers import Limits
from juesuan.landing import Landing
from juesuan.on_spark import read_due, read_on_spark
from juesuan.raw_schema import raw_tables
from juesuan.refresh import House
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


def test_an_executor_imports_the_library_and_pyarrow_alone(raw: Path, tmp_path: Path) -> None:
    """What a share does, in a fresh interpreter without Spark; pyarrow itself looks for pandas."""
    program = f"""
import json, pickle, sys
import pyarrow as pa
from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.readers import DEFAULT
from juesuan.landing import Landing
from juesuan.on_spark import Share, Task
from juesuan.raw_schema import raw_tables
from pathlib import Path
archive = Archive({str(raw)!r})
landing = Landing(Path({str(tmp_path / "landing")!r}), raw_tables(Path({str(ROOT / "dbt_project")!r})))
share = Share({str(raw)!r}, landing, {str(tmp_path / "kept")!r}, DEFAULT, "fp")
(one, *_) = [one for one in archive.documents() if one.name.startswith("qingyuan")]
task = pickle.dumps(Task(one, {{}}, ""))
done = list(share([pa.record_batch({{"document_id": [one.document_id], "task": [task]}})]))
assert done[0].column("status").to_pylist() == ["loaded"], done
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
    command = [sys.executable, "-m", "juesuan", "spark-read", "--master", "local[1]", "--json"]
    done = subprocess.run(command, env=bare | at, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["by_status"] == {"loaded": 2}
    house = House(Settings.load(at))
    assert len(house.landing.holding()) == 2
    assert house.to_be_read(house.landing, extractor_fingerprint()) == []
