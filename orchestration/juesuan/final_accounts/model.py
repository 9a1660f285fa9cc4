"""The records that walk through the house, frozen; money is Decimal.

Belongs here: what a reader gives (pages of grids and lines), what recognition, narrative and checks give (one
extraction of one report), the closed lists of states, the typed errors. Does not belong here: how any of it is
found, stored or printed.

Boxes are ``(x0, top, x1, bottom)`` in points from the upper left corner of the page as it is seen. Pages and lines
count from 1. Character spans are offsets into the whole text of a document that has no pages, end exclusive.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Box = tuple[float, float, float, float]
Span = tuple[int, int]

Method = Literal["text", "pdf", "office", "html", "ocr"]
MoneyUnit = Literal["元", "千元", "万元", "亿元"]
Scope = Literal["department", "own_level", "unit"]
Family = Literal["final_accounts", "budget", "template", "approval", "other"]
ReportStatus = Literal["loaded", "partial", "set_aside", "needs_review", "failed"]
TableState = Literal["present", "no_activity", "withheld", "not_required", "missing", "unreadable"]
PassageState = Literal["present", "withheld", "no_activity", "missing"]
CheckState = Literal["pass", "within_rounding", "fail", "not_applicable", "could_not_run"]
NullReason = Literal["base_is_zero", "blank", "none_declared", "not_stated"]
PlacedBy = Literal["position", "identity"]
Confirmation = Literal["confirmed", "unconfirmed"]
#: Why a table was kept as a grid: its title is of no form, it has none, or its header is not that of its title.
UnrecognisedState = Literal["unknown_title", "no_title", "other_header"]
#: What said of which form a table is: its title, which stands in the form data, follows a pattern there or is one
#: character from one; the name of its sheet or of its file; its header alone.
RecognisedBy = Literal["title", "title_pattern", "close_title", "sheet_name", "file_name", "header"]

#: How many yuan one printed unit is.
YUAN_PER: dict[str, int] = {"元": 1, "千元": 1_000, "万元": 10_000, "亿元": 100_000_000}


# --- errors: typed, few, and with the address of what is wrong --------------------------------------------------


class JuesuanError(Exception):
    """Anything that this library says on purpose. The message is for a person: what, where, what to do."""


class UnreadableDocument(JuesuanError):  # noqa: N818 - the name says what is wrong, as DESIGN's states do
    """The bytes are no document that a reader can open (empty, truncated, encrypted, of another kind)."""


class LimitExceeded(UnreadableDocument):
    """The document is larger, longer or slower than the stated limits allow."""


class FigureDoesNotFit(JuesuanError):  # noqa: N818
    """A figure has more digits than its column holds; it is never rounded to fit."""


class FormDefinitionError(JuesuanError):
    """The form data contradicts itself; the message names file and entry."""


class ArchiveError(JuesuanError):
    """The archive or its registry is not as its manifests say."""


# --- what a reader gives: pages of grids and lines, with addresses, no meaning ------------------------------------


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of running text as it stands on the page.

    ``line`` counts from 1 within the page, or within the document where there are no pages (then ``page`` is None
    and ``span`` is given). ``confidence`` (0 to 1) is that of recognised print.
    """

    text: str
    page: int | None
    line: int
    box: Box | None = None
    span: Span | None = None
    confidence: Decimal | None = None


@dataclass(frozen=True, slots=True)
class GridCell:
    """One cell of a ruled (or otherwise two-dimensional) table. Row and column count from 0; blank text is ''.

    Where names wrap, the lines of the cell are joined by ``\\n`` in ``text``. ``number`` is given where the document
    stores a number and not characters (a cell of a workbook): the stored value in full, of which ``text`` is what the
    cell displays. ``confidence`` (0 to 1) is that of recognised print.
    """

    row: int
    col: int
    row_span: int
    col_span: int
    text: str
    box: Box | None = None
    number: Decimal | None = None
    confidence: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as drawn on one page: every cell once, in reading order; spans as drawn.

    Where it is a part of what was drawn or stored as one, ``first_row`` and ``first_col`` say where in that it begins.
    """

    page: int | None
    n_rows: int
    n_cols: int
    cells: tuple[GridCell, ...]
    box: Box | None = None
    first_row: int = 0
    first_col: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """One page (or sheet of a workbook): its blocks (lines and grids) from top to bottom.

    ``number`` is None where there are no pages; else it counts through the whole document, the files of an archive
    one after the other. ``method`` is given where the page was read otherwise than the rest of the document (a scan
    among pages of text). ``name`` is that of a sheet; ``part`` is the path of the file within an archive.
    """

    number: int | None
    width: float | None
    height: float | None
    blocks: tuple[TextLine | Grid, ...]
    method: Method | None = None
    name: str | None = None
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What every reader returns. ``notes`` says what a person should know of the reading; ``unread`` names what of the
    document could not be read at all (a scanned page without recognition, a file of an archive), with the reason.
    """

    method: Method
    media_type: str
    pages: tuple[Page, ...]
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


# --- one extraction of one report -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportUnit:
    """A body that the report says it covers, or names as left out, with the reason it gives."""

    name: str
    covered: bool
    reason: str | None = None
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ReportTable:
    """One table of the report. ``table_no`` is its order in the document, from 1; 0 for a table that is missing.

    ``recognised_by`` says why it was taken for a table of that form; None where it is missing.
    """

    table_key: str | None
    table_no: int
    title: str
    state: TableState
    money_unit: MoneyUnit | None = None
    money_unit_source: Literal["printed", "inferred"] | None = None
    notes: tuple[str, ...] = ()
    pages: tuple[int, ...] = ()
    printed_number: str | None = None
    reason: str | None = None
    recognised_by: RecognisedBy | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One data cell: labelled row x form column, blank or not (the cell record).

    ``value`` is in the money unit of its table, exactly as printed; None where the cell is blank. ``precision`` is
    the count of printed decimals. ``row_no`` and ``col_no`` count from 0 within the table as read.
    """

    table_key: str
    table_no: int
    row_key: str
    row_label: str
    line_key: str | None
    column_key: str
    value_text: str
    value: Decimal | None
    precision: int | None
    money_unit: MoneyUnit | None
    money_unit_source: Literal["printed", "inferred"] | None
    page: int | None
    row_no: int
    col_no: int
    line: int | None = None
    span: Span | None = None
    box: Box | None = None
    header_path: tuple[str, ...] = ()
    method: Method = "text"
    confidence: Decimal | None = None
    placed_by: PlacedBy = "position"
    stored_text: str | None = None
    confirmation: Confirmation | None = None

    @property
    def address(self) -> str:
        """``T3/2010301/basic``: how checks and messages name this cell."""
        return f"{self.table_key}/{self.row_key}/{self.column_key}"


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure (or a name, or a relation) of the text outside tables.

    ``value`` is in ``unit`` as printed; falls are negative; 持平 is a change of 0. ``base`` is the topic of a
    share's denominator, or what a change is measured against (``prior_year``, ``initial_budget``,
    ``adjusted_budget``). ``start`` is the offset of the figure in ``quote``.
    """

    topic: str
    measure: str
    value: Decimal | None
    unit: str | None
    quote: str
    page: int | None
    line: int | None
    value_text: str | None = None
    qualifier: str | None = None
    null_reason: NullReason | None = None
    base: str | None = None
    subject: str | None = None
    reason: str | None = None
    section: str | None = None
    start: int | None = None

    @property
    def address(self) -> str:
        """``narrative/three_public.total/amount``: how checks and messages name this statement."""
        return f"narrative/{self.topic}/{self.measure}"


@dataclass(frozen=True, slots=True)
class Indicator:
    """A performance indicator (绩效指标): name, target with its operator, actual, completion, all as printed."""

    name: str
    target: str | None
    actual: str | None
    quote: str
    project: str | None = None
    group: str | None = None
    target_operator: str | None = None
    unit: str | None = None
    completion_pct: str | None = None
    score: str | None = None
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """An entry of the glossary (名词解释) of a report."""

    term: str
    definition: str
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """A chapter or section of text under its heading; ``state`` is ``withheld`` for 涉密内容不允许公开."""

    section: str
    heading: str
    text: str
    state: PassageState = "present"
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CheckTerm:
    """One term of a check: the address of a cell or a statement, its sign, its value and its printed precision."""

    address: str
    side: Literal["left", "right"]
    sign: int
    value: Decimal | None
    precision: int | None
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What one check said at one place. ``difference`` is actual - expected; ``root`` names what explains it."""

    check_id: str
    place: str
    state: CheckState
    severity: Literal["error", "warn", "info"]
    expected: Decimal | None = None
    actual: Decimal | None = None
    difference: Decimal | None = None
    tolerance: Decimal | None = None
    root: str | None = None
    message: str | None = None
    terms: tuple[CheckTerm, ...] = ()


@dataclass(frozen=True, slots=True)
class UnassignedNumber:
    """A number that found no place: in the text outside tables, or in a table (then ``table_key`` is given).

    ``candidates`` are the addresses of the cells it may belong to, where more than one fits.
    """

    text: str
    quote: str
    page: int | None
    line: int | None = None
    table_key: str | None = None
    reason: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnrecognisedTable:
    """A table that no form matches, kept as it was read."""

    title: str
    pages: tuple[int, ...]
    grid: tuple[tuple[str, ...], ...]
    reason: str
    state: UnrecognisedState = "no_title"


@dataclass(frozen=True, slots=True)
class Printing:
    """One place that is printed to say whose report it is, or of which year: cover, heading of a part, table header."""

    what: Literal["unit_name", "fiscal_year"]
    value: str
    where: Literal["cover", "part", "header"]
    text: str
    page: int | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One of several documents that together hold a report.

    Its pages follow on those of the part before it: ``pages`` gives for each its number within the document, None where
    the document has no pages.
    """

    document_id: str
    report_no: int
    pages: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What the document says it is. ``unit_name`` as printed; ``printings`` are the places that name body and year.

    ``parts`` is given where several documents are one report: then pages count through all of them, from 1.
    """

    document_id: str
    unit_name: str | None
    fiscal_year: int | None
    scope: Scope | None
    family: Family | None
    money_unit: MoneyUnit | None
    status: ReportStatus
    reason: str | None
    ordinal: int = 0
    extractor: str = ""
    title: str | None = None
    units: tuple[ReportUnit, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    printings: tuple[Printing, ...] = ()
    parts: tuple[ReportPart, ...] = ()

    def place(self, page: int | None) -> tuple[str, int, int | None]:
        """(document_id, number of the report within it, page within it) of a page of this report.

        What stands on no page is put to the first document.
        """
        before = 0
        for part in self.parts:
            if page is None:
                return part.document_id, part.report_no, None
            if page <= before + len(part.pages):
                return part.document_id, part.report_no, part.pages[page - before - 1]
            before += len(part.pages)
        return self.document_id, self.ordinal, page


@dataclass(frozen=True, slots=True)
class Extraction:
    """Everything read from one report of one document, in the order in which it stands there."""

    report: Report
    cells: tuple[Cell, ...] = ()
    statements: tuple[Statement, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    terms: tuple[Term, ...] = ()
    passages: tuple[Passage, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    unrecognised_tables: tuple[UnrecognisedTable, ...] = ()
    unassigned_numbers: tuple[UnassignedNumber, ...] = ()
    notes: tuple[str, ...] = field(default=())
