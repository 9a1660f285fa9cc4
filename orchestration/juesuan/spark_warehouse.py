"""The warehouse on Apache Spark: schema raw from the landing, and the same models by dbt.

Here: a session with the settings that the models need, schema raw as Spark tables, dbt with the target ``spark``, and
the way back into a DuckDB file. Belongs here: whatever knows Spark's tables. Does not belong here: reading documents
(``on_spark``), what stands in schema raw (``loading`` decides that for both engines), SQL (``dbt_project``).
"""

from __future__ import annotations

import datetime
import os
import shutil
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.final_accounts.model import JuesuanError
from juesuan.joining import JOINED
from juesuan.landing import Landing
from juesuan.loading import (
    OF_DOCUMENT,
    STANDING,
    desired,
    differing,
    landed_reports,
    pending_rows,
    retold,
    schema_fingerprint,
)
from juesuan.raw_schema import RECORD, REGISTRY, RawTable, arrow_type, landing_schema, raw_tables

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from juesuan.loading import Sources
    from juesuan.refresh import Progress
    from juesuan.settings import Settings
    from juesuan.transform import NodeResult, Version

#: What the models take for granted: times without a zone, as DuckDB's, and an error where a cast or a sum does not fit.
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
}


class NoSpark(JuesuanError):  # noqa: N818 - the name says what is wrong
    """Spark cannot be started here; the message says what is missing."""


def session(**options: str) -> SparkSession:
    """The session of this process, with :data:`SESSION` and ``options`` (as ``spark.master``, keys with dots).

    Raises ``NoSpark``.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise NoSpark("this needs Spark: pip install 'juesuan[spark]' (in a checkout: make spark)") from None
    if not (shutil.which("java") or os.environ.get("JAVA_HOME")):
        raise NoSpark("Spark needs Java 17: install it, or set JAVA_HOME")
    if options.get("spark.master", "local").startswith("local"):
        # Its workers are processes of this machine: they have what this one has. Elsewhere spark-defaults.conf says.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.appName("juesuan")
    for key, value in {**SESSION, **options}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def refresh(
    settings: Settings,
    spark: SparkSession,
    *,
    whole: bool = False,
    progress: Progress | None = None,
    each: Callable[[NodeResult], None] | None = None,
) -> list[NodeResult]:
    """Bring the warehouse on Spark up to date with the archive: what was not read yet, schema raw, models, tests.

    What ``on_spark.read_due`` left (documents that together are one report) is read here. See :func:`build` for
    ``whole``. Raises ``Busy`` and ``ModelsRefused``.
    """
    from juesuan import fingerprints
    from juesuan.publish import new_version
    from juesuan.refresh import House

    house = House(settings, progress=progress)
    with house.locked():
        house.land()
        version = new_version(fingerprints.fingerprint(house.parts), house.parts)
        return build(spark, settings, house.sources, version, whole=whole, each=each)


def build(
    spark: SparkSession,
    settings: Settings,
    sources: Sources,
    version: Version,
    *,
    whole: bool = False,
    each: Callable[[NodeResult], None] | None = None,
) -> list[NodeResult]:
    """Bring schema raw and all models on Spark up to date, and run their tests; what was pending is then no more.

    ``whole``: build every model anew, as is done by itself after a model, a list of the library, a version or a column
    of schema raw changed.
    Raises ``ModelsRefused``; then all stays pending, and the models are as not built.
    """
    from juesuan import transform

    models, state = models_fingerprint(spark, version), read_state(spark)
    schema = schema_fingerprint(raw_tables(settings.dbt_project))
    if state and state.get("schema") != schema:
        spark.sql("drop database if exists raw cascade")  # tables with other columns; the landing has what is needed
    fresh = not (spark.catalog.tableExists("raw.report") and spark.catalog.tableExists("build.standing"))
    whole = whole or fresh or models != state.get("models")
    tables = fill_raw(spark, settings, sources)
    spark.sql("create database if not exists build")
    spark.sql(
        "create table if not exists build.standing "
        "(report_id string, release smallint, is_default boolean, peer_group string) using parquet"
    )
    if whole:
        # Of a build that ends half way, some models are of now and some of before.
        write_state(spark, schema=schema)
    else:
        # Until a build of everything has passed, models may be of how releases stood before or stand now.
        spark.sql(f"insert into build.standing {STANDING}")
    found = transform.build(settings, version, full_refresh=whole, each=each, target="spark")
    _save(spark.sql(STANDING), "build.standing")
    write_state(spark, models=models, schema=schema)
    _save(spark.createDataFrame(_arrow(tables["pending"], ())), "raw.pending")
    return found


def models_fingerprint(spark: SparkSession, version: Version) -> str:
    """Hash of what dirties every model on Spark: what dirties them on DuckDB, and the versions that build them here."""
    from importlib import metadata

    from juesuan import fingerprints

    pins = {"spark": spark.version, "dbt-spark": metadata.version("dbt-spark")}
    return fingerprints.fingerprint({"models": fingerprints.models_fingerprint(version.parts), **pins})


def read_state(spark: SparkSession) -> dict[str, str]:
    """What is known of the last build, by name; nothing before the first. ``models``: the fingerprint of
    what the models were built with; ``schema``: that of the columns of schema raw, also of a build that did not pass.
    """
    if not spark.catalog.tableExists("build.state"):
        return {}
    return {row["name"]: row["value"] for row in spark.table("build.state").collect()}


def write_state(spark: SparkSession, **values: str) -> None:
    """Put this in the place of what :func:`read_state` knows."""
    spark.sql("create database if not exists build")
    _save(spark.createDataFrame(sorted(values.items()), "name string, value string"), "build.state")


def fill_raw(
    spark: SparkSession, settings: Settings, sources: Sources, now: datetime.datetime | None = None
) -> Mapping[str, RawTable]:
    """Bring schema raw on Spark to what ``loading.load`` would make of a work file; returns its tables.

    What a row is was decided by ``loading.desired``; Spark only joins the landed rows of the reports that hold. Tables
    with content are divided by fiscal year: the years of reports that differ are written anew.
    """
    moment = now or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    tables = raw_tables(settings.dbt_project)
    landing = Landing(settings.landing, tables)
    held = landing.holding()
    want = desired(sources.documents.values(), held, landed_reports(landing), sources.identify)
    spark.sql("create database if not exists raw")

    def put(name: str, records: Sequence[Mapping[str, Any]]) -> None:
        _save(spark.createDataFrame(_arrow(tables[name], records)), f"raw.{name}")

    def select(name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        if not spark.catalog.tableExists(f"raw.{name}"):
            return []
        return [row.asDict() for row in spark.table(f"raw.{name}").select(*columns).collect()]

    def naming(names: Sequence[str]) -> list[str]:
        if not spark.catalog.tableExists("raw.report_unit"):
            return []
        units = spark.table("raw.report_unit")
        found = units.where(units["name"].isin(list(names))).select("report_id").distinct()
        return sorted(row["report_id"] for row in found.collect())

    differ = differing(want, sources, sources.documents.values(), tables, REGISTRY, select, naming)
    documents = {row["document_id"]: row for row in select("document", ["document_id", *OF_DOCUMENT])}
    differ.pending += retold(documents, {row["document_id"]: row for row in want.documents}, want, differ)
    listed = {row["report_id"]: row for row in select("pending", tables["pending"].column_names)}
    causes = {report_id: row["cause"] for report_id, row in listed.items()}
    rows = pending_rows(differ.pending, causes, held, differ.after, moment)
    # Before any content: a run that is killed below begins with all of these again.
    put("pending", list({**listed, **{row["report_id"]: row for row in rows}}.values()))

    for name in REGISTRY:
        put(name, sources.registry.get(name, ()))
    put("document", [{**row, "loaded_at": moment} for row in want.documents])
    put("report_document", want.bridges)

    years = {one.fiscal_year for one in differ.pending} | {row["fiscal_year"] for row in listed.values()}
    wanted = [row for row in want.reports if row["fiscal_year"] in years]
    keys = spark.createDataFrame(
        [
            (
                row["report_id"],
                row["unit_id"],
                row["fiscal_year"],
                # all rows of a record over several documents are of the one report; a document may hold more than one
                None if row["record_id"].startswith(JOINED) else row["report_no"],
                row["record_id"],
                held[row["record_id"]].batch,
            )
            for row in wanted
        ],
        "report_id string, unit_id string, fiscal_year smallint, "
        "wanted_no smallint, wanted_record string, batch string",
    )
    batches = sorted({held[row["record_id"]].batch for row in wanted})
    for table in tables.values():
        if table.holds_content:
            files = [str(path) for batch in batches if (path := landing.file(batch, table.name)).exists()]
            _save_years(_content(spark, table, files, keys), table, years)
    # Last, as what stands in it is what the next run compares with.
    put("report", [{**row, "loaded_at": moment} for row in want.reports])
    return tables


def _content(spark: SparkSession, table: RawTable, files: Sequence[str], keys: DataFrame) -> DataFrame:
    """The landed rows of the reports that hold, with the keys that loading adds."""
    from pyspark.sql import functions as f
    from pyspark.sql.pandas.types import from_arrow_schema

    schema = from_arrow_schema(landing_schema(table))
    if not files:
        return spark.createDataFrame(_arrow(table, ()))
    landed = spark.read.schema(schema).parquet(*files)
    landed = landed.withColumn("landed_in", f.element_at(f.split(f.col("_metadata.file_path"), "/"), -2))
    found = landed.join(
        f.broadcast(keys),
        (landed[RECORD] == keys["wanted_record"])
        & (landed["landed_in"] == keys["batch"])
        & (keys["wanted_no"].isNull() | (landed["report_no"] == keys["wanted_no"])),
    )
    return found.select(*table.column_names)


def _arrow(table: RawTable, records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows given by column name as Arrow; a column that a record does not have is null."""
    import pyarrow as pa

    return pa.table(
        {
            column.name: pa.array([record.get(column.name) for record in records], type=arrow_type(column.data_type))
            for column in table.columns
        }
    )


def _save(frame: DataFrame, name: str) -> None:
    """Write a small table, whole."""
    frame.sparkSession.sql(f"drop table if exists {name}")
    frame.coalesce(1).write.format("parquet").saveAsTable(name)


def _save_years(frame: DataFrame, table: RawTable, years: Collection[int]) -> None:
    """Write these fiscal years of a table of schema raw anew; one of which nothing is left is dropped."""
    spark, name = frame.sparkSession, f"raw.{table.name}"
    # Brings a year together, in as many files as its size asks for.
    divided = frame.hint("rebalance", "fiscal_year")
    divided = divided.sortWithinPartitions("unit_id", "report_id", "report_no", table.ordinal)
    if not spark.catalog.tableExists(name):
        divided.write.format("parquet").partitionBy("fiscal_year").saveAsTable(name)
        return
    for year in sorted(years):
        spark.sql(f"alter table {name} drop if exists partition (fiscal_year = {year})")
    divided.select(*spark.table(name).columns).write.insertInto(name)


# --- back to a DuckDB file ----------------------------------------------------------------------------------


def to_duckdb(spark: SparkSession, file: Path, schemas: Sequence[str], division: str = "") -> dict[str, int]:
    """Write the tables and views of ``schemas`` into a new DuckDB file; returns rows by "schema.table".

    ``division``: only what belongs to bodies of divisions whose code begins so; a table that knows neither report, nor
    unit, nor division is taken whole. Rows pass through this process, so this is for a region, not for the country.
    """
    import duckdb

    from juesuan.warehouse import STORAGE

    written = {}
    with duckdb.connect(str(file), config=STORAGE) as connection:
        for schema in schemas:
            connection.execute(f'create schema "{schema}"')
            for name in _names(spark, schema):
                frame = _of_division(spark, spark.table(f"{schema}.{name}"), division)
                connection.register("incoming", frame.toArrow())
                connection.execute(f'create table "{schema}"."{name}" as select * from incoming')
                connection.unregister("incoming")
                ((rows,),) = connection.execute(f'select count(*) from "{schema}"."{name}"').fetchall()
                written[f"{schema}.{name}"] = rows
    return written


def _names(spark: SparkSession, schema: str) -> list[str]:
    """Tables and views of a schema, temporary ones left out."""
    return sorted(row["tableName"] for row in spark.sql(f"show tables in {schema}").collect() if not row["isTemporary"])


def _of_division(spark: SparkSession, frame: DataFrame, division: str) -> DataFrame:
    """The rows of a table that belong to bodies of a division."""
    if not division:
        return frame
    releases = spark.table("conformed.fct_release")
    releases = releases.where(releases["division_code"].startswith(division))
    for key in ("report_id", "unit_id"):
        if key in frame.columns:
            return frame.join(releases.select(key).distinct(), key, "left_semi")
    if "division_code" in frame.columns:
        return frame.where(frame["division_code"].startswith(division))
    return frame
