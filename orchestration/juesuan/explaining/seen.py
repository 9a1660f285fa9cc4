"""What was seen in one document: its pages, its reports with their evidence, their tables counted.

Belongs here: reading, extracting and identifying one document at once, and counting what that gave. Does not belong
here: where it lies on a page (``marks``), how it is said (``said``). ``see`` runs in a bounded worker, so what it gives
back can be pickled.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from juesuan.explaining.marks import Sheet, sheets_of
from juesuan.final_accounts.identify import Identity, identify
from juesuan.final_accounts.model import (
    Cell,
    Extraction,
    Grid,
    Method,
    Reading,
    ReportTable,
    UnassignedNumber,
    UnreadableDocument,
)
from juesuan.final_accounts.readers import DEFAULT, FORMATS, Limits, sniff


@dataclass(frozen=True, slots=True)
class PageSeen:
    """One page or sheet: how it was read, and how many lines and grids were found on it."""

    number: int | None
    part: str | None
    name: str | None
    method: Method
    lines: int
    grids: int


@dataclass(frozen=True, slots=True)
class TableSeen:
    """What a table of the form gave. ``rows`` and ``columns`` are those that hold data cells."""

    table: ReportTable
    cells: tuple[Cell, ...]
    unassigned: tuple[UnassignedNumber, ...]

    @property
    def rows(self) -> int:
        return len({cell.row_no for cell in self.cells})

    @property
    def columns(self) -> int:
        return len({cell.col_no for cell in self.cells})

    @property
    def figures(self) -> int:
        return sum(bool(cell.value_text) for cell in self.cells)

    @property
    def blanks(self) -> int:
        return len(self.cells) - self.figures

    @property
    def by_identity(self) -> int:
        return sum(bool(cell.value_text) and cell.placed_by == "identity" for cell in self.cells)

    @property
    def confirmations(self) -> Counter[str]:
        """Figures of recognised print: how many an identity confirms, how many none does."""
        return Counter(cell.confirmation for cell in self.cells if cell.confirmation is not None)

    @property
    def flattened(self) -> bool:
        """Whether it came as lines of text: their figures bear the line and where in it, or on the page, they stand."""
        return any(cell.line is not None and (cell.span or cell.box) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class ReportSeen:
    """One report of the document. ``identity`` is None where the document gave none."""

    extraction: Extraction
    identity: Identity | None = None

    @property
    def tables(self) -> tuple[TableSeen, ...]:
        """Every table of the form, in the order of the document; missing ones last."""
        cells: dict[int, list[Cell]] = {}
        for cell in self.extraction.cells:
            cells.setdefault(cell.table_no, []).append(cell)
        tables = self.extraction.report.tables
        last = {table.table_key: table.table_no for table in tables}
        return tuple(
            TableSeen(table, tuple(cells.get(table.table_no, ())), self._unassigned(table, tables, last))
            for table in tables
        )

    def _unassigned(
        self, table: ReportTable, tables: Sequence[ReportTable], last: dict[str | None, int]
    ) -> tuple[UnassignedNumber, ...]:
        """The figures without a place of a table; where several are of one form, their pages tell whose they are."""
        own = [n for n in self.extraction.unassigned_numbers if n.table_key == table.table_key]
        alike = [one for one in tables if one.table_key == table.table_key]
        if not table.table_no or len(alike) < 2:
            return tuple(own)
        homes = [next((one for one in alike if n.page in one.pages), None) for n in own]
        return tuple(
            number
            for number, home in zip(own, homes, strict=True)
            if home is table or (home is None and table.table_no == last[table.table_key])
        )


@dataclass(frozen=True, slots=True)
class Seen:
    """Everything that was seen. ``bytes`` is None for a folder; ``sheets`` are the pages that can be drawn."""

    name: str
    document_id: str
    media_type: str
    bytes: int | None
    pages: tuple[PageSeen, ...]
    notes: tuple[str, ...]
    reports: tuple[ReportSeen, ...]
    sheets: tuple[Sheet, ...] = ()

    @property
    def kind(self) -> str:
        """What people call the format, as the content tells it."""
        from juesuan.final_accounts.readers.packed import FOLDER

        if self.media_type == FOLDER:
            return "folder"
        if not self.media_type:
            return "kind not told"
        known = FORMATS.get(self.media_type)
        return known.label if known else "no known kind of document"


def see(source: bytes | Path, name: str, limits: Limits = DEFAULT) -> Seen:
    """Read, extract and identify one document, or a folder of them given as its path."""
    from juesuan.final_accounts.extract import extract_reading
    from juesuan.final_accounts.readers import read
    from juesuan.final_accounts.readers.packed import read_folder

    try:
        reading = read_folder(source, limits) if isinstance(source, Path) else read(source, name, limits)
    except UnreadableDocument as problem:
        if isinstance(source, Path):
            return failed(source, name, f"{name}: {problem}")
        return failed(source, name, str(problem), _kind(source))
    document_id = _document_id(source)
    extractions = extract_reading(reading, document_id, name)
    identities = identify(reading, name)
    reports = tuple(
        ReportSeen(extraction, identity) for extraction, identity in zip(extractions, identities, strict=True)
    )
    return Seen(
        name=name,
        document_id=document_id,
        media_type=reading.media_type,
        bytes=None if isinstance(source, Path) else len(source),
        pages=_pages(reading),
        notes=reading.notes,
        reports=reports,
        sheets=sheets_of(reading, extractions),
    )


def failed(source: bytes | Path, name: str, reason: str, media_type: str = "") -> Seen:
    """What is seen in a document that cannot be read. Its bytes are not looked at: they may have ended a worker."""
    from juesuan.final_accounts import extract
    from juesuan.final_accounts.readers.packed import FOLDER

    document_id = _document_id(source)
    report = ReportSeen(extract.failed(document_id, reason))
    if isinstance(source, Path):
        return Seen(name, document_id, FOLDER, None, (), (), (report,))
    return Seen(name, document_id, media_type, len(source), (), (), (report,))


def _kind(data: bytes) -> str:
    try:
        return sniff(data)
    except UnreadableDocument:  # so damaged that not even its kind can be told
        return ""


def _document_id(source: bytes | Path) -> str:
    if isinstance(source, Path):
        from juesuan.final_accounts.readers.packed import folder_id

        return folder_id(source)
    return hashlib.sha256(source).hexdigest()


def _pages(reading: Reading) -> tuple[PageSeen, ...]:
    found = []
    for page in reading.pages:
        grids = sum(isinstance(block, Grid) for block in page.blocks)
        lines = len(page.blocks) - grids
        found.append(PageSeen(page.number, page.part, page.name, page.method or reading.method, lines, grids))
    return tuple(found)
