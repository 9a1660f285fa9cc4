"""The same models on DuckDB and on Spark, from the same reports: each table is the same, row by row, type by type."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from tests.fixtures.engines import compare
from tests.fixtures.spark import ROOT, spark_here

from juesuan import spark_warehouse, transform
from juesuan.demo import records
from juesuan.demo.making import Plan
from juesuan.final_accounts.archive import Archive
from juesuan.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.integration,
    pytest.mark.long,
    pytest.mark.program("java"),
    pytest.mark.package("pyspark"),
]

#: Units of the region and years: small in CI; 500 units are ten minutes and more.
UNITS = int(os.environ.get("JUESUAN_ENGINES_UNITS", "6"))
YEARS = int(os.environ.get("JUESUAN_ENGINES_YEARS", "2"))
#: Whether a change is built on both, too: as long again as the first build.
CHANGE = bool(os.environ.get("JUESUAN_ENGINES_CHANGE"))
SCHEMAS = ("raw", "staging", "conformed", "marts")
#: Written by publishing, not by a model.
PUBLISHED_ONLY = {"marts.version_change"}
EXCEPTIONS = yaml.safe_load((ROOT / "dbt_project" / "spark_exceptions.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A region with its records, some figures of it misprinted, and its warehouse on DuckDB."""
    home = tmp_path_factory.mktemp("engines") / "demo"
    records.write(Plan(units=UNITS, years=YEARS, misprints=0.3), home)
    at = {"JUESUAN_HOME": str(ROOT), "JUESUAN_RAW": str(home / "raw"), "JUESUAN_WAREHOUSE": str(home / "warehouse")}
    settings = Settings.load(at)
    refresh(settings)
    return settings


def refresh(settings: Settings, *options: str) -> None:
    """The warehouse on DuckDB, in a process of its own."""
    at = {"JUESUAN_HOME": str(ROOT), "JUESUAN_RAW": settings.raw, "JUESUAN_WAREHOUSE": str(settings.warehouse)}
    done = subprocess.run(
        [sys.executable, "-m", "juesuan", "refresh", *options],
        env={**os.environ, **at},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with spark_here(tmp_path_factory.mktemp("spark")) as session:
        yield session


def build_on_spark(settings: Settings, spark: SparkSession) -> list[transform.NodeResult]:
    """What dbt did with every node on Spark."""
    found: list[transform.NodeResult] = []
    with contextlib.suppress(transform.ModelsRefused):  # what was refused, and is not listed, is told by the test
        spark_warehouse.refresh(settings, spark, each=found.append)
    return found


@pytest.fixture(scope="module")
def nodes(settings: Settings, spark: SparkSession) -> list[transform.NodeResult]:
    """The first build on Spark, of everything."""
    return build_on_spark(settings, spark)


def test_both_engines_build_the_same_tables(
    settings: Settings, spark: SparkSession, nodes: list[transform.NodeResult], tmp_path: Path
) -> None:
    """All in one test: with several processes each would build its own region on both engines, for minutes."""
    expect_built(nodes)
    expect_equal(settings, spark, tmp_path)
    expect_a_division(spark, tmp_path)
    if CHANGE:
        expect_equal_after_a_change(settings, spark, tmp_path / "changed")


def expect_built(nodes: list[transform.NodeResult]) -> None:
    """Every model builds, and every test of it passes, but for those that are listed."""
    listed = {one["name"] for one in EXCEPTIONS["not_built"]}
    skipped = [one.name for one in nodes if one.status == "skipped"]
    failed = {one.name: one.message for one in nodes if not one.passed and one.status != "skipped"}
    assert {name: message for name, message in failed.items() if name not in listed} == {}
    assert [name for name in skipped if name not in listed] == [], "these stand on what is listed; list them too"
    assert listed - set(failed) - set(skipped) == set(), "these are listed in spark_exceptions.yml and pass"
    assert sum(one.resource_type == "model" for one in nodes) > 80


def expect_equal(settings: Settings, spark: SparkSession, folder: Path) -> None:
    """Every table of both engines is the same, but for those that are listed."""
    file = folder / "spark.duckdb"
    spark_warehouse.to_duckdb(spark, file, SCHEMAS)
    both, alone, differences = compare(settings.published.resolve(), file, SCHEMAS)
    not_built = {one["name"] for one in EXCEPTIONS["not_built"]}
    assert {name for name in alone - PUBLISHED_ONLY if name.partition(".")[2] not in not_built} == set()
    listed = {one["name"] for one in EXCEPTIONS["differs"]}
    told = [str(one) for name, one in differences.items() if name not in listed]
    assert not told, "\n".join(told)
    assert listed - set(differences) == set(), "these are listed in spark_exceptions.yml and are the same"
    assert len(both) > 120


def expect_a_division(spark: SparkSession, folder: Path) -> None:
    """A division comes back as a DuckDB file."""
    whole = {row["division_code"] for row in spark.table("conformed.fct_release").collect()}
    division = min(whole)[:4]
    rows = spark_warehouse.to_duckdb(spark, folder / "region.duckdb", ("conformed", "marts"), division)
    expected = spark.table("conformed.fct_release").where(f"startswith(division_code, '{division}')").count()
    assert rows["conformed.fct_release"] == expected > 0
    assert rows["marts.unit_year"] > 0


def expect_equal_after_a_change(settings: Settings, spark: SparkSession, folder: Path) -> None:
    """A withdrawn report of one year, and all of the other: years are written again, and one is no more."""
    archive = Archive(settings.raw)
    by_year = sorted(archive.documents(), key=lambda one: (one.reports[0].fiscal_year, one.document_id))
    first = by_year[0].reports[0].fiscal_year
    for document in [one for one in by_year if one.reports[0].fiscal_year == first] + by_year[-1:]:
        archive.withdraw(document.document_id, "a test")
    refresh(settings, "--accept", "a test")
    again = build_on_spark(settings, spark)
    assert {one.name: one.message for one in again if not one.passed} == {}
    years = {row["fiscal_year"] for row in spark.sql("select distinct fiscal_year from raw.cell").collect()}
    assert years == {one.reports[0].fiscal_year for one in by_year} - {first}
    folder.mkdir()
    expect_equal(settings, spark, folder)
