"""The warehouse on Apache Spark: schema raw from the landing, and the same models by dbt.

Here: a session with the settings that the models need, schema raw as Spark tables, dbt with the target ``spark``, and
the way back into a DuckDB file. Belongs here: whatever knows Spark's tables. Does not belong here: reading documents
(``on_spark``), what stands in schema raw (``loading`` decides that for both engines), SQL (``dbt_project``).
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.joining import JOINED
from juesuan.loading import desired, landed_reports
from juesuan.raw_schema import RECORD, REGISTRY, RawTable, arrow_type, landing_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame, SparkSession

    from juesuan.landing import Landing
    from juesuan.loading import Sources

#: What the models take for granted: times without a zone, as DuckDB's, and an error where a cast or a sum does not fit.
SESSION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_NTZ",
    "spark.sql.ansi.enabled": "true",
    "spark.sql.sources.partitionOverwriteMode": "dynamic",
}


def session(**options: str) -> SparkSession:
    """The session of this process, with :data:`SESSION` and ``options`` (as ``spark.master``, keys with dots)."""
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("juesuan")
    for key, value in {**SESSION, **options}.items():
        builder = builder.config(key, value)
    return builder.getOrCreate()


def fill_raw(
    spark: SparkSession,
    landing: Landing,
    sources: Sources,
    tables: Mapping[str, RawTable],
    now: datetime.datetime | None = None,
) -> None:
    """Write schema raw anew as Spark tables: what ``loading.load`` leaves in an empty work file.

    What a row is was decided by ``loading.desired``; Spark only joins the landed rows of the reports that hold.
    Tables with a fiscal year and content are divided by it.
    """
    moment = now or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    held = landing.holding()
    want = desired(sources.documents, held, landed_reports(landing), sources.identify)
    spark.sql("create database if not exists raw")

    def put(name: str, records: Sequence[Mapping[str, Any]]) -> None:
        _save(spark.createDataFrame(_arrow(tables[name], records)), name, ())

    for name in REGISTRY:
        put(name, sources.registry.get(name, ()))
    put("document", [{**row, "loaded_at": moment} for row in want.documents])
    put("report_document", want.bridges)
    put("report", [{**row, "loaded_at": moment} for row in want.reports])
    put("pending", _all_pending(want.reports, moment))

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
            for row in want.reports
        ],
        "report_id string, unit_id string, fiscal_year smallint, "
        "wanted_no smallint, wanted_record string, batch string",
    )
    batches = sorted({held[row["record_id"]].batch for row in want.reports})
    for table in tables.values():
        if not table.holds_content:
            continue
        files = [str(path) for batch in batches if (path := landing.file(batch, table.name)).exists()]
        _save(_content(spark, table, files, keys), table.name, ("fiscal_year",))


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


def _all_pending(reports: Sequence[Mapping[str, Any]], moment: datetime.datetime) -> list[dict[str, Any]]:
    """Every report once, as new."""
    found = {row["report_id"]: row for row in reports}
    return [
        {
            "report_id": report_id,
            "unit_id": row["unit_id"],
            "fiscal_year": row["fiscal_year"],
            "cause": "new",
            "pending_since": moment,
        }
        for report_id, row in sorted(found.items())
    ]


def _save(frame: DataFrame, name: str, partitions: Sequence[str]) -> None:
    """Write a table of schema raw, whole."""
    frame.sparkSession.sql(f"drop table if exists raw.{name}")
    writer = frame.repartition(*partitions) if partitions else frame.coalesce(1)
    writer.write.format("parquet").partitionBy(*partitions).saveAsTable(f"raw.{name}")


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
    releases = spark.table("conformed.fct_release").where(f"startswith(division_code, '{division}')")
    for key in ("report_id", "unit_id"):
        if key in frame.columns:
            return frame.join(releases.select(key).distinct(), key, "left_semi")
    if "division_code" in frame.columns:
        return frame.where(f"startswith(division_code, '{division}')")
    return frame
