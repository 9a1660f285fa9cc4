"""The published tables as files that other programs take: Parquet, CSV, XLSX, with what their columns mean.

Belongs here: one version of the warehouse as a folder of files, a Frictionless data package and an Open Fiscal Data
Package that describe them, checksums, the dictionary. Does not belong here: what the tables hold, pushing to servers.

All files of a folder are of one version: they are read through one connection. The folder appears whole or not at all.
"""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan import durable
from juesuan.final_accounts.model import JuesuanError
from juesuan.spreadsheet import NOTE, for_cell
from juesuan.warehouse import connect

if TYPE_CHECKING:
    import duckdb

FORMATS = ("parquet", "csv", "xlsx")
#: Rows of a sheet, the header among them, that Excel opens.
SHEET_ROWS = 1_048_576
#: What a folder of ours holds; nothing else is ever replaced.
MARK = "datapackage.json"
_MADE_BY = "juesuan export"
#: Tables are sorted by the first of these columns that they have, so that a reader skips most of a large file.
_ORDER = (
    "fiscal_year", "division_code", "unit_id", "report_id", "release", "table_key", "table_no", "row_key", "column_key",
    "statement_no",
)  # fmt: skip
_TYPES = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIMESTAMP": "datetime",
    "DOUBLE": "number",
    "FLOAT": "number",
    "DECIMAL": "number",
}
_BOM = b"\xef\xbb\xbf"

Progress = Callable[[str, int, int], None]


class ExportError(JuesuanError):
    """The export cannot be made there, or of that; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name, DuckDB's type, what it means (Chinese。English.)."""

    name: str
    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the published file."""

    schema: str
    name: str
    said: str
    columns: tuple[Column, ...]

    @property
    def order(self) -> list[str]:
        """By what its rows are sorted: all columns, those that readers filter by first. The same every time."""
        names = [column.name for column in self.columns]
        return [name for name in _ORDER if name in names] + [name for name in names if name not in _ORDER]


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written: the folder, the version, its files (path, bytes, rows), and what was left out and why."""

    folder: Path
    version: str
    files: tuple[tuple[str, int, int], ...]
    left_out: tuple[tuple[str, str], ...]


def tables_of(connection: duckdb.DuckDBPyConnection, schemas: Sequence[str]) -> list[Table]:
    """The tables and views of these schemas, with their columns and comments."""
    found = connection.execute(
        "with all_of_them as (select schema_name, table_name as name, comment from duckdb_tables() union all"
        " select schema_name, view_name, comment from duckdb_views() where not internal)"
        " select t.schema_name, t.name, coalesce(t.comment, ''), c.column_name, c.data_type, coalesce(c.comment, '')"
        " from all_of_them as t inner join duckdb_columns() as c on t.schema_name = c.schema_name"
        " and t.name = c.table_name where list_contains(?, t.schema_name) order by 1, 2, c.column_index",
        [list(schemas)],
    ).fetchall()
    tables: dict[tuple[str, str], list[Any]] = {}
    for schema, name, said, column, kind, meaning in found:
        tables.setdefault((schema, name), [said, []])[1].append(Column(column, kind, meaning))
    return [Table(schema, name, said, tuple(columns)) for (schema, name), (said, columns) in tables.items()]


def export(
    file: Path,
    to: Path,
    *,
    formats: Sequence[str] = ("parquet",),
    wanted: Sequence[str] = (),
    schemas: Sequence[str] = ("marts",),
    progress: Progress | None = None,
) -> Exported:
    """Write the tables of a published file to a folder, which is replaced if it is an earlier export.

    ``wanted``: names of tables (``unit_year`` or ``marts.unit_year``), all when empty. Raises ``ExportError``,
    ``NothingPublished``.
    """
    if unknown := [one for one in formats if one not in FORMATS]:
        raise ExportError(f"{unknown[0]} is no format of an export; these are: {', '.join(FORMATS)}")
    if to.exists() and not _is_ours(to):
        raise ExportError(f"{to} is there and is no export of ours; name another folder")
    with connect(file) as connection:
        tables = _chosen(tables_of(connection, schemas), wanted)
        version, built_at = connection.execute("select id, built_at from marts.warehouse_version").fetchone() or (
            "",
            "",
        )
        made = to.parent / f".{to.name}.unfinished"
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        try:
            files: list[tuple[str, int, int]] = []
            left_out: list[tuple[str, str]] = []
            for number, table in enumerate(tables):
                if progress is not None:
                    progress(f"{table.schema}.{table.name}", number, len(tables))
                for kind in formats:
                    path = f"{kind}/{table.schema}/{table.name}.{kind}"
                    try:
                        rows = _WRITERS[kind](connection, table, made / path)
                    except ExportError as problem:
                        left_out.append((path, str(problem)))
                        continue
                    files.append((path, (made / path).stat().st_size, rows))
            _describe(made, tables, files, str(version), str(built_at))
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    if to.exists():
        shutil.rmtree(to)
    durable.move_folder(made, to, "export")
    return Exported(to, str(version), tuple(files), tuple(left_out))


def _is_ours(folder: Path) -> bool:
    try:
        made_by = json.loads((folder / MARK).read_text(encoding="utf-8")).get("made_by")
    except (OSError, ValueError, AttributeError):
        return folder.is_dir() and not any(folder.iterdir())
    return bool(made_by == _MADE_BY)


def _chosen(tables: Sequence[Table], wanted: Sequence[str]) -> list[Table]:
    if not wanted:
        return list(tables)
    by_name = {table.name: table for table in tables} | {f"{t.schema}.{t.name}": t for t in tables}
    if missing := [name for name in wanted if name not in by_name]:
        raise ExportError(f"there is no table {missing[0]} in what is published")
    return list(dict.fromkeys(by_name[name] for name in wanted))


# --- files -----------------------------------------------------------------------------------------------------------


def _select(table: Table) -> str:
    order = ", ".join(f'"{name}"' for name in table.order)
    return f'select * from "{table.schema}"."{table.name}" order by {order}'


def _parquet(connection: duckdb.DuckDBPyConnection, table: Table, file: Path) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    # Views take their time to be counted again; the writer knows.
    found = connection.execute(
        f"copy ({_select(table)}) to '{_quoted(file)}' (format parquet, compression zstd, row_group_size 122880)"
    ).fetchone()
    return int(found[0]) if found else 0


def _csv(connection: duckdb.DuckDBPyConnection, table: Table, file: Path) -> int:
    file.parent.mkdir(parents=True, exist_ok=True)
    plain = file.with_suffix(".plain")
    found = connection.execute(
        f"copy ({_select(table)}) to '{_quoted(plain)}' (format csv, header, dateformat '%Y-%m-%d')"
    ).fetchone()
    with file.open("wb") as out, plain.open("rb") as made:
        out.write(_BOM)  # Excel takes it for UTF-8 by this
        shutil.copyfileobj(made, out, 1 << 20)
    plain.unlink()
    return int(found[0]) if found else 0


def _xlsx(connection: duckdb.DuckDBPyConnection, table: Table, file: Path) -> int:
    try:
        from openpyxl import Workbook
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.comments import Comment
    except ImportError:
        raise ExportError("workbooks need openpyxl: pip install 'juesuan[dashboard]'") from None

    found = connection.execute(f'select count(*) from "{table.schema}"."{table.name}"').fetchone()
    rows = int(found[0]) if found else 0
    if rows >= SHEET_ROWS:
        raise ExportError(f"{rows:,} rows; a sheet holds {SHEET_ROWS - 1:,}. Take it as Parquet or CSV")
    file.parent.mkdir(parents=True, exist_ok=True)
    book = Workbook(write_only=True)
    sheet = book.create_sheet(table.name[:31])
    sheet.freeze_panes = "A2"
    header = []
    for column in table.columns:
        cell = WriteOnlyCell(sheet, value=column.name)
        if column.said:
            cell.comment = Comment(column.said, _MADE_BY, **NOTE)
        header.append(cell)
    sheet.append(header)
    answer = connection.execute(_select(table))
    while part := answer.fetchmany(5000):
        for row in part:
            sheet.append([for_cell(value) for value in row])
    meaning = book.create_sheet("dictionary")
    meaning.append(["column", "type", "中文 / English"])
    meaning.append([f"{table.schema}.{table.name}", "", table.said])
    for column in table.columns:
        meaning.append([column.name, column.kind, column.said])
    book.save(file)
    return rows


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


_WRITERS: dict[str, Callable[[duckdb.DuckDBPyConnection, Table, Path], int]] = {
    "parquet": _parquet,
    "csv": _csv,
    "xlsx": _xlsx,
}


# --- what they are ---------------------------------------------------------------------------------------------------


def _describe(
    folder: Path, tables: Sequence[Table], files: Sequence[tuple[str, int, int]], version: str, built_at: str
) -> None:
    by_place = {(table.schema, table.name): table for table in tables}
    resources = []
    for path, size, rows in files:
        kind, schema, file = path.split("/")
        table = by_place[schema, file.rpartition(".")[0]]
        fields = [_field(column) for column in table.columns]
        # Only CSV is a table to those who check packages: Parquet says its own types, a workbook is for people.
        kept = (
            {"type": "table", "encoding": "utf-8-sig", "rows": rows, "schema": {"fields": fields}}
            if kind == "csv"
            else {"type": "file", "row_count": rows, "columns": fields}
        )
        resources.append(
            {
                "name": f"{table.schema}-{table.name}-{kind}".replace("_", "-"),
                "path": path,
                "format": kind,
                **kept,
                "mediatype": _MEDIA[kind],
                "title": f"{table.schema}.{table.name}",
                "description": table.said,
                "bytes": size,
                "hash": f"sha256:{_sha256(folder / path)}",
            }
        )
    package = {
        "name": "juesuan",
        "title": "决算：部门决算数据库 / Final accounts of Chinese government bodies",
        "version": version,
        "created": built_at,
        "made_by": _MADE_BY,
        "resources": resources,
    }
    _write_json(folder / MARK, package)
    fiscal = _fiscal(package)
    if fiscal is not None:
        _write_json(folder / "fiscal-datapackage.json", fiscal)
    with (folder / "dictionary.csv").open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["table", "column", "type", "中文 / English"])
        for table in tables:
            writer.writerow([f"{table.schema}.{table.name}", "", "", table.said])
            writer.writerows([f"{table.schema}.{table.name}", c.name, c.kind, c.said] for c in table.columns)
    sums = [f"{_sha256(file)}  {file.relative_to(folder).as_posix()}\n" for file in _files(folder)]
    (folder / "SHA256SUMS").write_text("".join(sums), encoding="utf-8")


_MEDIA = {
    "parquet": "application/vnd.apache.parquet",
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def _files(folder: Path) -> Iterator[Path]:
    yield from sorted(file for file in folder.rglob("*") if file.is_file() and file.name != "SHA256SUMS")


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _write_json(file: Path, content: Any) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def _field(column: Column) -> dict[str, Any]:
    kind = column.kind.upper()
    if kind.endswith("[]") or kind.startswith(("STRUCT", "MAP")):
        told = "any"
    elif kind.endswith(("INT", "INTEGER")):
        told = "integer"
    else:
        told = next((said for begin, said in _TYPES.items() if kind.startswith(begin)), "string")
    field: dict[str, Any] = {"name": column.name, "type": told}
    if column.said:
        field["description"] = column.said
    if told == "boolean":
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    if told == "datetime":
        field["format"] = "any"
    return field


#: Columns of the spending marts -> column types of the Open Fiscal Data Package (its specification, version 1).
_COLUMN_TYPES = {
    "fiscal_year": "date:fiscal-year",
    "unit_id": "administrative-classification:generic:level1:code:full",
    "unit_name": "administrative-classification:generic:level1:label",
    "division_code": "geo:source:codes",
    "functional_code": "functional-classification:generic:level1:code:full",
    "functional_name": "functional-classification:generic:level1:label",
    "economic_code": "economic-classification:generic:level1:code:full",
    "economic_name": "economic-classification:generic:level1:label",
    "fund": "fund:code",
    "expenditure_total_yuan": "value",
    "amount_yuan": "value",
}
_SPENDING = ("spending_by_function", "spending_by_economic_class")


def _fiscal(package: dict[str, Any]) -> dict[str, Any] | None:
    """The spending marts as a fiscal data package: what each column is in the words of that specification."""
    resources = []
    for resource in package["resources"]:
        if resource["format"] != "csv" or resource["title"].partition(".")[2] not in _SPENDING:
            continue
        fields = [
            field
            | ({"columnType": _COLUMN_TYPES[field["name"]]} if field["name"] in _COLUMN_TYPES else {})
            | ({"currency": "CNY"} if _COLUMN_TYPES.get(field["name"]) == "value" else {})
            for field in resource["schema"]["fields"]
        ]
        resources.append(resource | {"schema": {"fields": fields}})
    if not resources:
        return None
    return {
        **package,
        "name": "juesuan-spending",
        # not as its profile: a checker would fetch that from the network
        "conforms_to": "https://specs.frictionlessdata.io/fiscal-data-package/",
        "countryCode": "CN",
        "regionCode": "eas",
        "granularity": "aggregated",
        "resources": resources,
    }
