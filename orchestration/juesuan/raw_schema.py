"""The tables of schema raw as ``dbt_project/models/sources.yml`` states them, for Arrow and for DuckDB.

Here: reading that file, and turning its types into Arrow types and column definitions. Belongs here: whatever
must not be written twice about schema raw. Does not belong here: rows, and anything that opens a database.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    import pyarrow as pa

#: Keys that loading adds; a landing record is by document and knows none of them.
LOADED_KEYS = ("report_id", "unit_id", "fiscal_year")
#: Set at loading on a report, from the archive and from its other releases.
REPORT_AT_LOADING = ("report_id", "unit_id", "release", "is_current", "loaded_at")
#: The key of a landing record: the document's, or that of several documents which are one report.
RECORD = "record_id"
#: All that a landing record says about a document; path, title and dates are the archive's.
DOCUMENT_LANDED = ("document_id", "status", "reason", "extractor")
#: Lists of the registry, replaced as a whole when a row differs.
REGISTRY = (
    "unit",
    "unit_name",
    "unit_identifier",
    "unit_parent",
    "unit_succession",
    "approval",
    "known_discrepancy",
    "expected_body",
)
#: Filled at loading from the archive and the registry, never landed.
NEVER_LANDED = ("report_document", *REGISTRY, "pending")


@dataclass(frozen=True)
class Column:
    """One column of schema raw. ``is_run_column``: says when or in which batch, differs from run to run."""

    name: str
    data_type: str
    description: str

    @property
    def is_run_column(self) -> bool:
        return "运行列" in self.description


@dataclass(frozen=True)
class RawTable:
    """One table of schema raw."""

    name: str
    description: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @property
    def holds_content(self) -> bool:
        """Whether its rows come out of a report (cells, statements ...), and so are replaced with the
        report.
        """
        return {"report_id", "report_no", "document_id"} <= set(self.column_names) and self.name not in (
            "report",
            "report_document",
        )

    @property
    def landed(self) -> tuple[Column, ...]:
        """The columns that a landing record of this table has; none for a table that is never landed."""
        if self.name in NEVER_LANDED:
            return ()
        if self.name == "document":
            return tuple(column for column in self.columns if column.name in DOCUMENT_LANDED)
        left_out = REPORT_AT_LOADING if self.name == "report" else LOADED_KEYS
        return tuple(column for column in self.columns if column.name not in left_out)

    @property
    def ordinal(self) -> str:
        """The column that numbers the rows of this table within a report, as they stand there."""
        numbers = (
            "cell_no",
            "statement_no",
            "indicator_no",
            "term_no",
            "passage_no",
            "check_no",
            "number_no",
        )
        numbers += ("table_index", "position", "table_no")
        return next(name for name in numbers if name in self.column_names)

    def ddl(self) -> str:
        """The columns as in ``create table``; no keys, which are held by tests and not by indexes."""
        return ", ".join(f'"{column.name}" {column.data_type}' for column in self.columns)


@lru_cache(maxsize=4)
def _tables(path: Path, stamp: tuple[int, int]) -> Mapping[str, RawTable]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    content = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    (source,) = [one for one in content["sources"] if one["name"] == "raw"]
    return {
        table["name"]: RawTable(
            table["name"],
            table["description"],
            tuple(Column(c["name"], c["data_type"], c["description"]) for c in table["columns"]),
        )
        for table in source["tables"]
    }


def raw_tables(dbt_project: Path) -> Mapping[str, RawTable]:
    """The tables of schema raw by name, in the order in which ``sources.yml`` of the dbt project has them."""
    path = Path(dbt_project) / "models" / "sources.yml"
    status = path.stat()
    return _tables(path, (status.st_mtime_ns, status.st_size))


# --- types --------------------------------------------------------------------------------------------------


def _split_fields(text: str) -> list[str]:
    """Split at the commas that stand in no bracket: ``a varchar, b decimal(24,6)``."""
    parts, depth, start = [], 0, 0
    for position, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[start:position].strip())
            start = position + 1
    return [*parts, text[start:].strip()]


def arrow_type(data_type: str) -> pa.DataType:
    """The Arrow type of a DuckDB type as written in ``sources.yml``. Raises ``ValueError`` for one not
    used there.
    """
    import pyarrow as pa

    simple = {
        "varchar": pa.string(),
        "bigint": pa.int64(),
        "integer": pa.int32(),
        "smallint": pa.int16(),
        "tinyint": pa.int8(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us"),
        "double": pa.float64(),
    }
    text = data_type.strip()
    if text.endswith("[]"):
        return pa.list_(arrow_type(text[:-2]))
    if text in simple:
        return simple[text]
    if match := re.fullmatch(r"decimal\((\d+),\s*(\d+)\)", text):
        return pa.decimal128(int(match[1]), int(match[2]))
    if match := re.fullmatch(r"struct\((.*)\)", text, re.DOTALL):
        fields = []
        for field in _split_fields(match[1]):
            name, _, inner = field.partition(" ")
            fields.append(pa.field(name.strip('"'), arrow_type(inner)))
        return pa.struct(fields)
    raise ValueError(f"sources.yml: no Arrow type for {data_type!r}")


def landing_schema(table: RawTable) -> pa.Schema:
    """The Arrow schema of the landing records of ``table``: their key, and the columns of schema raw."""
    import pyarrow as pa

    columns = [(column.name, arrow_type(column.data_type)) for column in table.landed if column.name != RECORD]
    return pa.schema([pa.field(RECORD, pa.string()), *(pa.field(name, kind) for name, kind in columns)])
