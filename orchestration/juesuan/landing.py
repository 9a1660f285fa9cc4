"""Extractions as Parquet batches, and the ledger that says which record of a document holds.

Here: turning extractions into rows, writing a batch so that it is there whole or not at all, the append-only
ledger, which record holds, cleaning up after a kill, compaction. Belongs here: whatever both engines must do
in the same way to read the landing. Does not belong here: units, report keys and releases (loading adds
them), any database.

The folder::

    batches/<sequence>-<id>/<table>.parquet     one batch of one writer; never changed once it has its name
    ledger/<sequence>-<id>.json                 one entry: a batch, a compacted batch, or a tombstone
    held.json                                   what holds by these entries; disposable

A batch without an entry is an orphan of a killed run: it holds nothing and is removed. An entry is a small
file of its own, renamed into place, so that a kill never leaves half an entry.

A landing record is by document: (record_id, report_no), where record_id is the document's. Its columns are those of
schema raw without what loading adds (:mod:`juesuan.raw_schema`), so a record landed once serves whatever the registry
says later. Documents that together are one report have one record more, of the report as read over all of them: its
record_id stands for the group, its rows carry document and number of the file that prints them. The records of the
documents by themselves stay, so that a group can be made anew, or dissolved, without reading anything.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan import durable, faults
from juesuan.final_accounts.model import (
    Extraction,
    FigureDoesNotFit,
    JuesuanError,
    Report,
    ReportStatus,
)
from juesuan.raw_schema import RECORD, RawTable, landing_schema

if TYPE_CHECKING:
    import pyarrow as pa

#: A batch is closed after this many documents, so that a killed run repeats little.
DOCUMENTS_PER_BATCH = 500
#: Compaction makes batches of about so many documents and leaves those alone that hold half of it or more, so that
#: what it costs follows from what arrived, not from what is there.
FULL_BATCH = 4 * DOCUMENTS_PER_BATCH
#: Entries that are read one by one before what they say is summed up.
LOOSE_ENTRIES = 8
#: How many batches become one at most: all of them are open while that is done, with some 10 MB each.
MERGED_AT_ONCE = 32
#: How many small batches a refresh brings together at most. So many take a minute or two; more arrive from a first
#: fill, and what is left the next refreshes do, or Spark.
COMPACTED_AT_ONCE = 128
#: Rows of each batch that are in memory while batches are merged, and what a piece of the new file takes there.
ROWS_AT_ONCE, PIECE_BYTES = 4096, 64_000_000
#: Digits before and after the point of a figure in schema raw, decimal(24,6).
WHOLE_DIGITS, DECIMALS = 18, 6
#: Sections that a document of tables alone has too.
NO_CONTENT = ("cover", "tables", "other", "attachments")
#: What to do about a batch that cannot be read.
MEND = "remove the folder of this batch from the landing and run juesuan refresh: its documents are read again"
_STEP = Decimal(1).scaleb(-DECIMALS)

Rows = dict[str, list[dict[str, Any]]]


class LandingError(JuesuanError):
    """The landing is not as its ledger says."""


# --- documents to extract, and what came of them ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the reading of one document gave: its extractions, at least one (a failed one has status
    ``failed``). Of several documents that are one report: the key of the group in place of a document's.

    ``said`` is the fingerprint of what a person asserted and extraction heeded; '' for nothing.
    """

    document_id: str
    extractions: tuple[Extraction, ...]
    said: str = ""


def failed(document_id: str, reason: str, extractor: str = "", said: str = "") -> Extracted:
    """The document could not be read: one report row with status ``failed`` and the reason."""
    report = Report(
        document_id=document_id,
        unit_name=None,
        fiscal_year=None,
        scope=None,
        family=None,
        money_unit=None,
        status="failed",
        reason=reason,
        extractor=extractor,
    )
    return Extracted(document_id, (Extraction(report),), said)


def document_status(reports: Sequence[Report]) -> tuple[ReportStatus, str | None]:
    """The state of a document from those of its reports, and why.

    All alike: that state. Some loaded or partial beside others: ``partial``. Else the first in the order
    failed, needs_review, set_aside. Reasons are joined, each once.
    """
    states = [report.status for report in reports]
    reasons = list(dict.fromkeys(report.reason for report in reports if report.reason))
    reason = "; ".join(reasons) or None
    if not states:
        return "failed", "nothing was read"
    if len(set(states)) == 1:
        return states[0], reason
    if "loaded" in states or "partial" in states:
        return "partial", reason
    return next(state for state in ("failed", "needs_review", "set_aside") if state in states), reason


# --- records -> rows ----------------------------------------------------------------------------------------


def printed(value: Decimal | None, address: str) -> Decimal | None:
    """A printed figure as its column holds it, unchanged. Raises ``FigureDoesNotFit`` with the address."""
    if value is None:
        return None
    if not value.is_finite():
        raise FigureDoesNotFit(f"{address}: {value} is no figure")
    exponent = value.normalize().as_tuple().exponent
    if (isinstance(exponent, int) and exponent < -DECIMALS) or (value and value.adjusted() >= WHOLE_DIGITS):
        raise FigureDoesNotFit(f"{address}: {value} has more than {WHOLE_DIGITS} whole or {DECIMALS} decimal digits")
    return value


def derived(value: Decimal | None, address: str) -> Decimal | None:
    """A figure that a check computed, to six decimals half-even (a share of a third has no end); never a
    printed one.
    """
    if value is None:
        return None
    if not value.is_finite() or (value and value.adjusted() >= WHOLE_DIGITS):
        raise FigureDoesNotFit(f"{address}: {value} has more than {WHOLE_DIGITS} whole digits")
    return value.quantize(_STEP, rounding=ROUND_HALF_EVEN)


def _plain(value: Decimal | None) -> str:
    """One spelling per number: 1.50, 1.5 and 1.500 are the same figure."""
    if value is None:
        return ""
    return f"{value.normalize():f}" if value else "0"


def figures_sha256(extraction: Extraction) -> str:
    """Fingerprint of all figures of a report: two documents with the same one are copies, whatever their
    bytes.

    Taken over the set of (table, row, column, value, unit) of cells and (topic, measure, subject, value,
    unit) of statements; where they stand, how they are laid out and how many digits a zero is printed with do
    not count.
    """
    lines = [
        "\t".join(("cell", c.table_key, c.row_key, c.column_key, _plain(c.value), c.money_unit or ""))
        for c in extraction.cells
        if c.value is not None
    ]
    lines += [
        "\t".join(("statement", s.topic, s.measure, s.subject or "", _plain(s.value), s.unit or ""))
        for s in extraction.statements
        if s.value is not None
    ]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def contents(extraction: Extraction) -> list[str]:
    """What a report holds, sorted: ``T3=<fingerprint of its figures>`` for each table that is there, and
    ``text/<section>=<fingerprint>`` for each section of the text.

    By these it shows which documents complete each other, which one is in another, and which was corrected.
    """
    figures: dict[str, list[str]] = {}
    for table in extraction.report.tables:
        if table.table_key is not None and table.state not in ("missing", "not_required"):
            figures.setdefault(table.table_key, [])
    for cell in extraction.cells:
        if cell.value is not None:
            line = (cell.row_key, cell.column_key, _plain(cell.value), cell.money_unit or "")
            figures.setdefault(cell.table_key, []).append("\t".join(line))
    for said in extraction.statements:
        if said.value is not None:
            line = (said.topic, said.measure, said.subject or "", _plain(said.value), said.unit or "")
            figures.setdefault(f"text/{said.section or 'other'}", []).append("\t".join(line))
    for passage in extraction.passages:
        if passage.state == "present" and passage.section not in NO_CONTENT:
            figures.setdefault(f"text/{passage.section}", [])
    for unknown in extraction.unrecognised_tables:
        figures.setdefault(f"unknown/{unknown.title}", []).extend("\t".join(line) for line in unknown.grid)
    return [
        f"{key}={hashlib.sha256(chr(10).join(sorted(set(lines))).encode()).hexdigest()[:16]}"
        for key, lines in sorted(figures.items())
    ]


def rows(extracted: Extracted, extractor: str) -> Rows:
    """The landing rows of one document, by table. Raises ``FigureDoesNotFit`` with table, row, page and
    column.
    """
    record_id = extracted.document_id
    status, reason = document_status([one.report for one in extracted.extractions])
    out: Rows = {
        "document": [
            {
                "record_id": record_id,
                "document_id": record_id,
                "status": status,
                "reason": reason,
                "extractor": extractor,
            },
        ]
    }

    def put(table: str, row: dict[str, Any]) -> None:
        out.setdefault(table, []).append(row)

    for extraction in extracted.extractions:
        report = extraction.report

        def at(page: int | None, report: Report = report) -> dict[str, Any]:
            """Key and place of a row: the file that prints it, and the page within that."""
            document_id, number, own = report.place(page)
            return {"record_id": record_id, "document_id": document_id, "report_no": number, "page": own}

        def on(pages: Sequence[int], report: Report = report) -> dict[str, Any]:
            """The same of what may stand on several pages."""
            places = [report.place(page) for page in pages] or [report.place(None)]
            own = [page for *_, page in places if page is not None]
            return {"record_id": record_id, "document_id": places[0][0], "report_no": places[0][1], "pages": own}

        key = {name: value for name, value in at(None).items() if name != "page"}
        where = f"document {key['document_id'][:12]}"
        put(
            "report",
            key
            | {
                "fiscal_year": report.fiscal_year,
                "scope": report.scope,
                "family": report.family,
                "unit_name": report.unit_name,
                "title": report.title,
                "money_unit": report.money_unit,
                "status": report.status,
                "reason": report.reason,
                "figures_sha256": figures_sha256(extraction),
                "contents": contents(extraction),
                "extractor": extractor,
            },
        )
        for number, unit in enumerate(report.units, 1):
            put(
                "report_unit",
                at(unit.page)
                | {
                    "position": number,
                    "name": unit.name,
                    "covered": unit.covered,
                    "reason": unit.reason,
                    "line": unit.line,
                },
            )
        for table in report.tables:
            put(
                "report_table",
                on(table.pages)
                | {
                    "table_key": table.table_key,
                    "table_no": table.table_no,
                    "printed_number": table.printed_number,
                    "title": table.title,
                    "state": table.state,
                    "money_unit": table.money_unit,
                    "money_unit_source": table.money_unit_source,
                    "notes": list(table.notes),
                    "reason": table.reason,
                },
            )
        for number, cell in enumerate(extraction.cells, 1):
            address = f"{where}, page {cell.page}, {cell.address}"
            put(
                "cell",
                at(cell.page)
                | {
                    "cell_no": number,
                    "table_key": cell.table_key,
                    "table_no": cell.table_no,
                    "row_key": cell.row_key,
                    "row_label": cell.row_label,
                    "line_key": cell.line_key,
                    "column_key": cell.column_key,
                    "value_text": cell.value_text,
                    "value": printed(cell.value, address),
                    "precision": cell.precision,
                    "money_unit": cell.money_unit,
                    "money_unit_source": cell.money_unit_source,
                    "row_no": cell.row_no,
                    "col_no": cell.col_no,
                    "line": cell.line,
                    "span_start": cell.span[0] if cell.span else None,
                    "span_end": cell.span[1] if cell.span else None,
                    "box": list(cell.box) if cell.box else None,
                    "header_path": list(cell.header_path),
                    "method": cell.method,
                    "confidence": cell.confidence,
                    "placed_by": cell.placed_by,
                    "stored_text": cell.stored_text,
                    "confirmation": cell.confirmation,
                },
            )
        for number, said in enumerate(extraction.statements, 1):
            put(
                "statement",
                at(said.page)
                | {
                    "statement_no": number,
                    "topic": said.topic,
                    "measure": said.measure,
                    "value": printed(said.value, f"{where}, page {said.page}, {said.address}"),
                    "unit": said.unit,
                    "value_text": said.value_text,
                    "qualifier": said.qualifier,
                    "null_reason": said.null_reason,
                    "base": said.base,
                    "subject": said.subject,
                    "reason": said.reason,
                    "section": said.section,
                    "quote": said.quote,
                    "quote_start": said.start,
                    "line": said.line,
                },
            )
        for number, indicator in enumerate(extraction.indicators, 1):
            put(
                "indicator",
                at(indicator.page)
                | {
                    "indicator_no": number,
                    "project": indicator.project,
                    "indicator_group": indicator.group,
                    "name": indicator.name,
                    "target_operator": indicator.target_operator,
                    "target": indicator.target,
                    "actual": indicator.actual,
                    "unit": indicator.unit,
                    "completion_pct": indicator.completion_pct,
                    "score": indicator.score,
                    "quote": indicator.quote,
                    "line": indicator.line,
                },
            )
        for number, term in enumerate(extraction.terms, 1):
            put(
                "term",
                at(term.page)
                | {
                    "term_no": number,
                    "term": term.term,
                    "definition": term.definition,
                    "line": term.line,
                },
            )
        for number, passage in enumerate(extraction.passages, 1):
            put(
                "passage",
                at(passage.page)
                | {
                    "passage_no": number,
                    "section": passage.section,
                    "heading": passage.heading,
                    "state": passage.state,
                    "text": passage.text,
                    "line": passage.line,
                },
            )
        for number, check in enumerate(extraction.checks, 1):
            address = f"{where}, check {check.check_id} at {check.place}"
            put(
                "check_result",
                key
                | {
                    "check_no": number,
                    "check_id": check.check_id,
                    "place": check.place,
                    "state": check.state,
                    "severity": check.severity,
                    "expected": derived(check.expected, address),
                    "actual": derived(check.actual, address),
                    "difference": derived(check.difference, address),
                    "tolerance": derived(check.tolerance, address),
                    "root": check.root,
                    "message": check.message,
                    "terms": [
                        {
                            "address": one.address,
                            "side": one.side,
                            "sign": one.sign,
                            "value": derived(one.value, f"{address}, {one.address}"),
                            "precision": one.precision,
                            "page": report.place(one.page)[2],
                            "line": one.line,
                        }
                        for one in check.terms
                    ],
                },
            )
        for number, unknown in enumerate(extraction.unrecognised_tables, 1):
            put(
                "unrecognised_table",
                on(unknown.pages)
                | {
                    "table_index": number,
                    "title": unknown.title,
                    "grid": [list(line) for line in unknown.grid],
                    "state": unknown.state,
                    "reason": unknown.reason,
                },
            )
        for number, loose in enumerate(extraction.unassigned_numbers, 1):
            put(
                "unassigned_number",
                at(loose.page)
                | {
                    "number_no": number,
                    "text": loose.text,
                    "quote": loose.quote,
                    "table_key": loose.table_key,
                    "reason": loose.reason,
                    "candidates": list(loose.candidates),
                    "line": loose.line,
                },
            )
    return out


def arrow_table(table: RawTable, records: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Landing rows as an Arrow table. Raises ``FigureDoesNotFit`` where a value does not fit its column."""
    import pyarrow as pa

    schema = landing_schema(table)
    columns = []
    for field_ in schema:
        try:
            columns.append(pa.array([record[field_.name] for record in records], type=field_.type))
        except (pa.ArrowInvalid, OverflowError) as error:
            raise FigureDoesNotFit(f"{table.name}.{field_.name}: {error}") from error
    return pa.Table.from_arrays(columns, schema=schema)


@dataclass(frozen=True, slots=True)
class Content:
    """What one document brings to a batch: its state, the assertions that its extraction heeded, its landing tables."""

    status: str
    said: str
    tables: Mapping[str, pa.Table]


def content_of(one: Extracted, extractor: str, tables: Mapping[str, RawTable]) -> Content:
    """A document as it is landed; one with a figure that does not fit is ``failed`` with the address of the figure."""

    def arrow(extracted: Extracted) -> dict[str, pa.Table]:
        return {name: arrow_table(tables[name], some) for name, some in rows(extracted, extractor).items()}

    try:
        content = arrow(one)
    except FigureDoesNotFit as error:
        content = arrow(failed(one.document_id, str(error), extractor, one.said))
    return Content(content["document"]["status"][0].as_py(), one.said, content)


def together(documents: Mapping[str, Content]) -> dict[str, pa.Table]:
    """The tables of a batch, sorted by document, so that the order in which workers are done leaves no trace."""
    import pyarrow as pa

    parts: dict[str, list[pa.Table]] = {}
    for document_id in sorted(documents):
        for table, part in documents[document_id].tables.items():
            parts.setdefault(table, []).append(part)
    return {table: pa.concat_tables(some) for table, some in parts.items()}


def write_tables(folder: Path, content: Mapping[str, pa.Table]) -> None:
    """Write the tables of a batch that have rows into ``folder``, a Parquet file each."""
    import pyarrow.parquet as pq

    for name, table in content.items():
        if table.num_rows:
            pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
            faults.point(f"landing.batch.{name}")


def write_pieces(target: Path, pieces: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write a table that comes in pieces as one Parquet file; no file when it has no rows."""
    import pyarrow.parquet as pq

    written = 0
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        for piece in _larger(pieces):
            writer.write_table(piece)
            written += piece.num_rows
    if not written:
        target.unlink()


def _larger(pieces: Iterable[pa.Table]) -> Iterator[pa.Table]:
    """The same rows in pieces of about ``PIECE_BYTES``: what is written of a small one is larger than it need be."""
    import pyarrow as pa

    waiting: list[pa.Table] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += piece.nbytes
        if size >= PIECE_BYTES:
            yield pa.concat_tables(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def _by_record(table: pa.Table) -> pa.Table:
    """Rows sorted by record, within one as they were."""
    import pyarrow.compute as pc

    found = table[RECORD].combine_chunks()
    if pc.all(pc.less_equal(found[:-1], found[1:])).as_py() is not False:
        return table
    return table.take(pc.sort_indices(table, sort_keys=[(RECORD, "ascending")]))  # stable


def merged(streams: Iterable[Iterator[pa.Table]]) -> Iterator[pa.Table]:
    """The rows of several streams, each sorted by record, as one such stream; in memory is a piece of each.

    A record is in one stream alone, and its rows stay in their order. Of a stream that is not sorted all rows come, but
    not sorted throughout.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    def filled(stream: Iterator[pa.Table]) -> pa.Table | None:
        return next((_by_record(piece) for piece in stream if piece.num_rows), None)

    open_ = [(piece, stream) for stream in streams if (piece := filled(stream)) is not None]
    while open_:
        # No row of what is still to come, in any stream, stands before the least of the last rows.
        bound = min((piece[RECORD][-1] for piece, _ in open_), key=lambda one: one.as_py())
        taken, left = [], []
        for piece, stream in open_:
            count = pc.sum(pc.less_equal(piece[RECORD], bound)).as_py()
            taken.append(piece.slice(0, count))
            rest = piece.slice(count) if count < piece.num_rows else filled(stream)
            if rest is not None:
                left.append((rest, stream))
        yield _by_record(pa.concat_tables(taken))
        open_ = left


def _as_now(found: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows of a batch in the columns of now: what an earlier version did not write is null."""
    import pyarrow as pa

    columns = []
    for field_ in schema:
        if field_.name in found.column_names:
            columns.append(found[field_.name].cast(field_.type))
        elif field_.name == RECORD:
            columns.append(found["document_id"])
        else:
            columns.append(pa.nulls(found.num_rows, field_.type))
    return pa.table(columns, schema=schema)


# --- the ledger ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """One document of a ledger entry. ``sequence``: when it was first landed so; a compaction keeps it."""

    document_id: str
    extractor: str
    sequence: int
    status: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger. ``batch`` is None for a tombstone; ``columns``: a fingerprint of those that its tables
    were written with, where it was entered with one.
    """

    sequence: int
    name: str
    kind: str  # batch, compaction, tombstone
    batch: str | None
    documents: tuple[Held, ...] = ()
    reason: str | None = None
    columns: str | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """Which record of a document holds: in which batch, landed by which extractor, first landed when, and which
    assertions of a person it heeds.
    """

    batch: str
    extractor: str
    sequence: int
    status: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """Batches that shall be one: the records that hold in each of them, and how the ledger has these; none where all
    that is to be done is to let the batches go.
    """

    batches: Mapping[str, tuple[str, ...]]
    held: tuple[Held, ...]


def holding(ledger: Iterable[Entry], before: Mapping[str, Holding] | None = None) -> dict[str, Holding]:
    """Which record of each document holds, from the ledger alone: the entry with the highest sequence
    decides.

    The order of entries, file times and batch contents play no part. A tombstone takes the document away
    until a later entry brings it back. ``before``: what holds by entries that all came earlier.
    """
    held = dict(before or {})
    for entry in sorted(ledger, key=lambda one: (one.sequence, one.name)):
        for document in entry.documents:
            if entry.batch is None:
                held.pop(document.document_id, None)
            else:
                held[document.document_id] = Holding(
                    entry.batch, document.extractor, document.sequence, document.status, document.said
                )
    return held


#: Name, size and time of an entry's file: with another one it is another entry.
Mark = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """What holds by the first entries of a ledger: as long as these stay, only those after them need to be read.

    ``entries``: of each entry its mark, its batch, whether that is there, and the columns that it was written with.
    """

    entries: tuple[tuple[Mark, str | None, bool, str | None], ...] = ()
    held: dict[str, Holding] = field(default_factory=dict)

    def is_of(self, marks: Sequence[Mark], batches: Path) -> bool:
        """Whether a ledger begins with these entries, and of their batches the same are there."""
        begins = [mark for mark, *_ in self.entries] == list(marks[: len(self.entries)])
        return begins and all(_is_there(batch, batches) == there for _, batch, there, _ in self.entries)

    def extended(self, marks: Sequence[Mark], more: Sequence[Entry], batches: Path) -> Summary:
        """The same with the entries that came after; ``marks`` are those of all."""
        there = [_is_there(one.batch, batches) for one in more]
        new = zip(marks[len(self.entries) :], more, there, strict=True)
        entries = (*self.entries, *((mark, one.batch, is_there, one.columns) for mark, one, is_there in new))
        standing = (one for one, is_there in zip(more, there, strict=True) if is_there)
        return Summary(entries, holding(standing, self.held))

    def plain(self) -> dict[str, Any]:
        """As JSON; many documents share a holding."""
        numbers = {one: number for number, one in enumerate(dict.fromkeys(self.held.values()))}
        return {
            "entries": self.entries,
            "holdings": [[getattr(one, name) for name in Holding.__slots__] for one in numbers],
            "held": {document_id: numbers[one] for document_id, one in self.held.items()},
        }

    @staticmethod
    def of(content: Mapping[str, Any]) -> Summary:
        """From :meth:`plain`. Raises IndexError, KeyError, TypeError or ValueError for another content."""
        entries = tuple(((name, size, at), *rest) for (name, size, at), *rest in content["entries"])
        holdings = [Holding(*one) for one in content["holdings"]]
        return Summary(entries, {document_id: holdings[number] for document_id, number in content["held"].items()})


def _is_there(batch: str | None, batches: Path) -> bool:
    """Whether the batch of an entry is; a tombstone has none."""
    return batch is None or (batches / batch).is_dir()


@dataclass
class Landed:
    """What one landing run did: documents by status, and batches written."""

    by_status: dict[str, int] = field(default_factory=dict)
    batches: list[str] = field(default_factory=list)

    @property
    def documents(self) -> int:
        return sum(self.by_status.values())


def _grouped(names: Iterable[str], of_batch: Mapping[str, Sequence[str]], full: int) -> list[list[str]]:
    """Which of these batches become one each: as many as have half of ``full`` documents, or can be open at once."""
    groups: list[list[str]] = []
    count = full
    for name in names:
        if 2 * count >= full or len(groups[-1]) >= MERGED_AT_ONCE:
            groups.append([])
            count = 0
        groups[-1].append(name)
        count += len(of_batch[name])
    return groups


class Landing:
    """The landing folder ``root``; ``tables`` are those of :func:`juesuan.raw_schema.raw_tables`.

    One writer at a time is assumed for sequences (the warehouse lock holds it); batches of different writers
    would still never share a name.
    """

    def __init__(self, root: Path, tables: Mapping[str, RawTable]) -> None:
        self.root = Path(root)
        self.tables = {name: table for name, table in tables.items() if table.landed}
        #: Entries read before: an entry never changes once it has its name.
        self._read: dict[str, Entry] = {}
        self._summary: Summary | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        # What was read of the ledger stays here: an executor needs the folder alone.
        return Landing, (self.root, self.tables)

    @property
    def batches(self) -> Path:
        return self.root / "batches"

    @property
    def ledger_folder(self) -> Path:
        return self.root / "ledger"

    def file(self, batch: str, table: str) -> Path:
        """Where the rows of ``table`` stand in ``batch``; the file may be missing when it has none."""
        return self.batches / batch / f"{table}.parquet"

    def ledger(self) -> list[Entry]:
        """All entries whose batch is there, in order. Raises ``LandingError`` for an entry that cannot be
        read.

        An entry whose batch folder has gone holds nothing any more: its documents are landed again.
        """
        entries = [self._entry(name) for name, *_ in self._marks()]
        standing = (entry for entry in entries if _is_there(entry.batch, self.batches))
        return sorted(standing, key=lambda one: (one.sequence, one.name))

    def _entry(self, name: str) -> Entry:
        if name not in self._read:
            path = self.ledger_folder / f"{name}.json"
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                self._read[name] = Entry(
                    sequence=content["sequence"],
                    name=name,
                    kind=content["kind"],
                    batch=content["batch"],
                    reason=content.get("reason"),
                    columns=content.get("columns"),
                    documents=tuple(Held(**one) for one in content["documents"]),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise LandingError(f"{path.name}: no ledger entry ({error}); remove it to land again") from error
        return self._read[name]

    def holding(self) -> dict[str, Holding]:
        """:func:`holding` of the ledger as it stands; not to be changed by the caller.

        Only entries that came since the last summary are read, as long as those before are as they were.
        """
        marks, summary = self._marks(), self._summary or self._kept_summary()
        if not summary.is_of(marks, self.batches):
            summary = Summary()
        more = [self._entry(mark[0]) for mark in marks[len(summary.entries) :]]
        if more or summary is not self._summary:
            self._summary = summary.extended(marks, more, self.batches)
        if len(more) > LOOSE_ENTRIES:
            with suppress(OSError):  # a full disk: everything works without it, only slower
                durable.write_bytes(self._summary_file, json.dumps(self._summary.plain()).encode(), "landing.summary")
        return self._summary.held

    def _marks(self) -> list[Mark]:
        paths = sorted(self.ledger_folder.glob("[0-9]*.json"))
        return [(path.stem, (stat := path.stat()).st_size, stat.st_mtime_ns) for path in paths]

    @property
    def _summary_file(self) -> Path:
        return self.root / "held.json"

    def _kept_summary(self) -> Summary:
        try:
            return Summary.of(json.loads(self._summary_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return Summary()  # none yet, or not one of ours: every entry is read

    def _next_sequence(self) -> int:
        # Of names and not of readable entries, so that a sequence is never given out twice.
        used = [int(path.name.partition("-")[0]) for path in self.ledger_folder.glob("[0-9]*-*.json")]
        return max(used, default=0) + 1

    def _append(
        self,
        sequence: int,
        name: str,
        kind: str,
        batch: str | None,
        documents: Iterable[Held],
        reason: str | None = None,
    ) -> None:
        content = {
            "sequence": sequence,
            "kind": kind,
            "batch": batch,
            "reason": reason,
            "columns": self._columns if batch else None,
            "documents": [
                {
                    "document_id": one.document_id,
                    "extractor": one.extractor,
                    "sequence": one.sequence,
                    "status": one.status,
                    "said": one.said,
                }
                for one in documents
            ],
        }
        durable.write_json(self.ledger_folder / f"{name}.json", content, "landing.entry")

    def building(self) -> Path:
        """A new folder for the tables of one batch, which is removed by :meth:`clean` if it never is entered."""
        folder = self.batches / f".{uuid.uuid4().hex}.tmp"
        folder.mkdir(parents=True)
        return folder

    def enter(self, building: Path, documents: Callable[[int], Iterable[Held]], kind: str = "batch") -> str:
        """Give a folder of :meth:`building` its name and enter it in the ledger; returns the name of the batch.

        ``documents`` gives, for the sequence of the new entry, what it holds. Before the entry is in place
        nothing of it holds; after, all of it does.
        """
        sequence = self._next_sequence()
        name = f"{sequence:010d}-{uuid.uuid4().hex[:8]}"
        durable.move_folder(building, self.batches / name, "landing.batch")
        self._append(sequence, name, kind, name, documents(sequence))
        return name

    def write_batch(
        self, content: Mapping[str, pa.Table], documents: Callable[[int], Iterable[Held]], kind: str = "batch"
    ) -> str:
        """Write landing tables as one batch and :meth:`enter` it; returns the name of the batch."""
        building = self.building()
        faults.point("landing.batch.begun")
        write_tables(building, {name: content[name] for name in self.tables if name in content})
        return self.enter(building, documents, kind)

    def land(
        self,
        extracted: Iterable[Extracted],
        extractor: str,
        progress: Callable[[str, str], None] | None = None,
    ) -> Landed:
        """Land what readers give, in batches of at most ``DOCUMENTS_PER_BATCH`` documents.

        A document with a figure that does not fit is landed as ``failed`` with the address of the figure; the
        others go on. ``progress(document_id, status)`` is called as each is taken in. Documents that differ
        only in the order in which workers give them end in the same rows: a batch is sorted by document.
        """
        landed = Landed()
        waiting: dict[str, Content] = {}

        def close_batch() -> None:
            states = {document_id: (one.status, one.said) for document_id, one in sorted(waiting.items())}
            batch = self.write_batch(
                together(waiting),
                lambda sequence: [
                    Held(one, extractor, sequence, status, said) for one, (status, said) in states.items()
                ],
            )
            landed.batches.append(batch)
            waiting.clear()

        for one in extracted:
            content = content_of(one, extractor, self.tables)
            landed.by_status[content.status] = landed.by_status.get(content.status, 0) + 1
            waiting[one.document_id] = content
            faults.point("landing.document")
            if progress:
                progress(one.document_id, content.status)
            if len(waiting) >= DOCUMENTS_PER_BATCH:
                close_batch()
        if waiting:
            close_batch()
        return landed

    def withdraw(self, reasons: Mapping[str, str]) -> None:
        """Enter tombstones for those documents of ``reasons`` that the ledger holds; the rest need none."""
        held = self.holding()
        gone = {document_id: reason for document_id, reason in reasons.items() if document_id in held}
        if not gone:
            return
        sequence = self._next_sequence()
        self._append(
            sequence,
            f"{sequence:010d}-{uuid.uuid4().hex[:8]}",
            "tombstone",
            None,
            [Held(document_id, held[document_id].extractor, sequence, "withdrawn") for document_id in sorted(gone)],
            "; ".join(dict.fromkeys(gone.values())),
        )

    def clean(self) -> list[str]:
        """Remove what killed runs left: temporary files, and batches that no entry names. Returns their
        names.
        """
        durable.sweep(self.ledger_folder)
        durable.sweep(self.batches)
        if not self.batches.is_dir():
            return []
        named = set(self._batches())
        orphans = sorted(path.name for path in self.batches.iterdir() if path.name not in named)
        for name in orphans:
            faults.point("landing.orphan")
            shutil.rmtree(self.batches / name)
        return orphans

    def _batches(self) -> dict[str, str | None]:
        """The batches of the ledger that are there, in the order of their entries, with the columns of each."""
        self.holding()
        entries = self._summary.entries if self._summary else ()
        return {batch: columns for _, batch, is_there, columns in entries if batch is not None and is_there}

    @cached_property
    def _columns(self) -> str:
        """A fingerprint of the columns of all tables."""
        columns = [(name, landing_schema(table).names) for name, table in sorted(self.tables.items())]
        return hashlib.sha256(repr(columns).encode()).hexdigest()[:16]

    def refuse_damaged(self, batches: Iterable[str], table: str) -> None:
        """Raises ``LandingError`` naming the first of these batches whose file of a table cannot be read."""
        schema = landing_schema(self.tables[table])
        for batch in batches:
            for _ in self._parts(batch, table, schema):
                pass

    def _parts(self, batch: str, table: str, schema: pa.Schema, rows: int = 65536) -> Iterator[pa.Table]:
        """What a batch has of a table, so many rows at a time, in the columns of now. Raises ``LandingError`` where a
        file is not what was written.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        path = self.file(batch, table)
        if not path.exists():
            return
        try:
            with pq.ParquetFile(path) as file:
                for part in file.iter_batches(rows):
                    yield _as_now(pa.Table.from_batches([part]), schema)
        except (pa.ArrowException, OSError) as error:
            raise LandingError(f"{batch}/{path.name} is damaged ({error}); {MEND}") from error

    def read(self, table: str, only: Set[str] | None = None) -> pa.Table:
        """The rows of ``table`` that hold, sorted by record and report (within them as landed); ``only``: of these
        records.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        by_batch: dict[str, list[str]] = {}
        for document_id, held in self.holding().items():
            if only is not None and document_id not in only:
                continue
            by_batch.setdefault(held.batch, []).append(document_id)
        schema = landing_schema(self.tables[table])
        parts = [schema.empty_table()]
        for batch, documents in sorted(by_batch.items()):
            wanted = pa.array(documents)
            parts += [
                part.filter(pc.is_in(part[RECORD], value_set=wanted)) for part in self._parts(batch, table, schema)
            ]
        whole = pa.concat_tables(parts)
        keys = [(RECORD, "ascending")]
        if "report_no" in whole.column_names:
            keys.append(("report_no", "ascending"))
        order = pc.sort_indices(whole, sort_keys=keys)  # stable, so the order of landing stays within a report
        return whole.take(order)

    def _is_outdated(self, batch: str) -> bool:
        """Whether a batch was written with other columns than schema raw has now."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        for table in self.tables.values():
            path = self.file(batch, table.name)
            # a file that is damaged is said by who needs it, and then its documents are read again
            with suppress(pa.ArrowException):
                if path.exists() and set(landing_schema(table).names) - set(pq.read_schema(path).names):
                    return True
        return False

    def compact(self, batches_allowed: int = 32) -> bool:
        """Bring the records of small batches together, when there are more than ``batches_allowed`` of them, and write
        those anew that have the columns of an earlier version. Returns whether anything was done.

        At most ``COMPACTED_AT_ONCE`` small ones, in the memory of a piece of each of those that become one. A new entry
        has the highest sequence, so it holds as soon as it stands; what it replaces is removed after. Each document
        keeps the sequence under which it was first landed.
        """
        merges = self.merges(batches_allowed, FULL_BATCH, COMPACTED_AT_ONCE)
        for one in merges:
            if one.held:
                self.enter_merged(self.merge(one.batches), one)
        self.let_go(merges)
        return bool(merges)

    def merges(self, batches_allowed: int, full: int, at_most: int | None = None) -> list[Merge]:
        """What :meth:`compact` would make of the landing: batches of ``full`` documents, or of half of that and more.

        At most ``at_most`` small batches are brought together, the oldest first; outdated ones all. Batches of which
        nothing holds are one of their own, that holds nothing.
        """
        held, columns = self.holding(), self._batches()
        of_batch: dict[str, list[str]] = {}
        for document_id, one in held.items():
            of_batch.setdefault(one.batch, []).append(document_id)
        small = sorted(name for name in columns if 2 * len(of_batch.get(name, ())) < full)
        if len(small) <= batches_allowed:
            small = []
        outdated = {name for name in of_batch if columns[name] != self._columns and self._is_outdated(name)}
        alive = [name for name in small if name in of_batch][:at_most]
        empty = [name for name in small if name not in of_batch]

        def as_one(group: Iterable[str]) -> Merge:
            batches = {name: tuple(of_batch.get(name, ())) for name in group}
            records = sorted(record for some in batches.values() for record in some)
            found = ((record, held[record]) for record in records)
            return Merge(
                batches, tuple(Held(record, one.extractor, one.sequence, one.status, one.said) for record, one in found)
            )

        groups = _grouped(sorted(outdated.union(alive)), of_batch, full)
        return [as_one(group) for group in (empty, *groups) if group]

    def merge(self, batches: Mapping[str, Sequence[str]]) -> Path:
        """Write these records of some batches as one batch, sorted by record, piece by piece; returns the folder, which
        :meth:`enter_merged` names. Nothing else of the landing is read or changed. Raises ``LandingError``.
        """
        building = self.building()
        faults.point("landing.batch.begun")
        for table_name, table in self.tables.items():
            schema = landing_schema(table)
            streams = [self._records(batch, table_name, schema, some) for batch, some in batches.items()]
            write_pieces(building / f"{table_name}.parquet", merged(streams), schema)
            faults.point(f"landing.batch.{table_name}")
        return building

    def _records(self, batch: str, table: str, schema: pa.Schema, records: Sequence[str]) -> Iterator[pa.Table]:
        """What a batch has of a table for these records, piece by piece. Raises ``LandingError``, also where one is
        not in it: the batch goes when this is written.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        wanted = pa.array(records, pa.string())
        found = 0
        for part in self._parts(batch, table, schema, ROWS_AT_ONCE):
            kept = part.filter(pc.is_in(part[RECORD], value_set=wanted))
            found += kept.num_rows
            yield kept
        if table == "document" and found != len(records):  # the one table in which each record has a row
            raise LandingError(f"{batch}/{table}.parquet has {found} of {len(records)} documents; {MEND}")

    def enter_merged(self, building: Path, one: Merge) -> str:
        """Name what :meth:`merge` wrote and enter it in the ledger; from then on it holds. Returns the name."""
        return self.enter(building, lambda _: one.held, "compaction")

    def let_go(self, merges: Iterable[Merge]) -> None:
        """Remove the batches that are one now with their entries, and tombstones of documents that no entry before them
        names any more.
        """
        batches = {batch for one in merges for batch in one.batches}
        if not batches:
            return
        named: set[str] = set()
        for entry in self.ledger():  # in order, so that a tombstone goes after what it took away
            if entry.batch is not None and entry.batch not in batches:
                named |= {one.document_id for one in entry.documents}
            elif entry.batch is not None or not named & {one.document_id for one in entry.documents}:
                (self.ledger_folder / f"{entry.name}.json").unlink()
                faults.point("landing.compact.entry")
        self.clean()
