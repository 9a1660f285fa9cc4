"""What was seen, in words for a person, and the same as one JSON document.

Belongs here: wording, order and what of it is shown at first. Does not belong here: finding or counting it (``seen``),
tables on the terminal (``show``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from typing import Any

from juesuan import show
from juesuan.explaining import Drawn
from juesuan.explaining.marks import unrecognised_key
from juesuan.explaining.seen import PageSeen, ReportSeen, Seen, TableSeen
from juesuan.final_accounts import jsonlines
from juesuan.final_accounts.forms import load_forms
from juesuan.final_accounts.identify import Identity
from juesuan.final_accounts.model import (
    Cell,
    CheckResult,
    CheckState,
    Extraction,
    JuesuanError,
    Method,
    Printing,
    ReportTable,
    Statement,
    UnassignedNumber,
    UnrecognisedTable,
)
from juesuan.final_accounts.numbers import plain
from juesuan.final_accounts.text import squeeze
from juesuan.final_accounts.titles import akin

#: What of a long list is shown; --json has all of it.
_FIRST = 20
_ROWS = 3
#: So many characters of a quotation or a row of a grid say enough.
_QUOTE = 60
_ROW = 100

_METHODS: dict[Method, str] = {
    "text": "plain text",
    "pdf": "text layer",
    "office": "cells and paragraphs of the file",
    "html": "markup",
    "ocr": "picture, print recognised",
}

_WHY: dict[str, str] = {
    "title": "its title stands in the form data",
    "title_pattern": "its title follows a pattern in the form data",
    "close_title": "its title is one character from a known one, and its header is of this form",
    "sheet_name": "its sheet bears the title as its name",
    "file_name": "its file bears the title as its name",
    "header": "its header is of this form and of no other; it has no title",
}

_STATES: tuple[CheckState, ...] = ("pass", "within_rounding", "fail", "could_not_run", "not_applicable")


class NoSuchTable(JuesuanError):  # noqa: N818 - the name says what is wrong
    """The document has no table of that key."""


# --- for a person -----------------------------------------------------------------------------------------------


def tell(seen: Seen, checks: str) -> None:
    """Everything, in the order in which a person asks: what is it, whose is it, what is in it, does it agree."""
    _document(seen)
    for number, report in enumerate(seen.reports):
        _say("")
        _report(report, number)
        if report.extraction.report.tables:
            _tables(report)
        _unrecognised(report.extraction.unrecognised_tables)
        _unassigned(report.extraction.unassigned_numbers)
        _text(report)
        _checks(report.extraction, checks)


def tell_drawn(drawn: Drawn) -> None:
    """Where the pages were written."""
    _say("")
    if drawn.files:
        count = len(drawn.files)
        _say(f"{count} page{'s' if count > 1 else ''} drawn with what was seen outlined: {drawn.folder}")


def _document(seen: Seen) -> None:
    size = "" if seen.bytes is None else f", {seen.bytes:,} bytes"
    _say(f"{seen.name}: {seen.kind}{size}")
    _say(f"  document_id {seen.document_id}")
    for words in _how_read(seen.pages):
        _say(f"  {words}")
    for note in seen.notes:
        _say(f"  note: {note}")


def _how_read(pages: Sequence[PageSeen]) -> Iterator[str]:
    """Pages that were read alike, in one line: their numbers, their file or sheets, the method, what they hold."""
    for (part, method), same in groupby(pages, key=lambda page: (page.part, page.method)):
        some = list(same)
        names = [page.name for page in some if page.name]
        what = f"{_of_pages(page.number for page in some)}: {_METHODS[method]}"
        if part:
            what = f"{part}, {what}"
        if names:
            what += f"; sheets {_some(names)}"
        lines, grids = sum(page.lines for page in some), sum(page.grids for page in some)
        yield f"{what}; {_count(lines, 'line')}, {_count(grids, 'grid')}"


def _report(seen: ReportSeen, number: int) -> None:
    report, identity = seen.extraction.report, seen.identity
    _say(f"Report {number}: {report.status}" + (f" ({report.reason})" if report.reason else ""))
    if identity is None:
        return
    said = {
        "unit_name": report.unit_name,
        "fiscal_year": report.fiscal_year,
        "scope": report.scope,
        "family": report.family,
    }
    for what, value in said.items():
        evidence = [one for one in identity.evidence if one.what == what]
        where = "; ".join(f"{_place(one.page, one.line)}: {_short(one.text)}" for one in evidence[:_ROWS])
        _say(f"  {what:<12} {value if value is not None else '?'}" + (f"   ({where})" if where else ""))
    for doubt in identity.doubts:
        _say(f"  doubt: {doubt}")
    for other in _elsewhere(identity):
        _say(f"  printed otherwise: {other.what} {other.value} ({_place(other.page, other.line)})")


def _elsewhere(identity: Identity) -> list[Printing]:
    """The places that print another body or year than the one that was chosen, each value once."""
    found: dict[tuple[str, str], Printing] = {}
    for one in identity.printings:
        if one.what == "unit_name":
            differs = identity.unit_name is not None and not akin(one.value, identity.unit_name)
        else:
            differs = identity.fiscal_year is not None and one.value != str(identity.fiscal_year)
        if differs:
            found.setdefault((one.what, one.value), one)
    return list(found.values())


def _tables(seen: ReportSeen) -> None:
    _say("")
    _say("Tables")
    for one in seen.tables:
        for words in _of_table(one):
            _say(f"  {words}")


def _of_table(one: TableSeen) -> Iterator[str]:
    table = one.table
    head = f"{table.table_key}  {_form_name(table)}: {table.state}"
    if not table.table_no:
        yield head + (f", {table.reason}" if table.reason else "")
        return
    yield head + (f", {_of_pages(table.pages)}" if table.pages else "")
    printed = f"{table.printed_number} " if table.printed_number else ""
    yield f"    {printed}{table.title}: {_why(table)}"
    if table.reason and table.reason not in table.notes:
        yield f"    {table.reason}"
    if one.cells:
        unit = f"in {table.money_unit}, {table.money_unit_source}" if table.money_unit else "no unit of money printed"
        yield f"    {_count(one.rows, 'row')} x {_count(one.columns, 'column')} {unit}: {'; '.join(_counts(one))}"
    for note in table.notes:
        yield f"    {_short(note, _ROW)}"


def _counts(one: TableSeen) -> Iterator[str]:
    where = "in flattened text" if one.flattened else "in a grid"
    yield f"{_count(one.figures, 'figure')}, {one.blanks} blank, {where}"
    by_position = one.figures - one.by_identity
    if one.by_identity:
        yield f"{by_position} placed by position, {one.by_identity} by identity"
    elif one.figures:
        yield "all placed by position"
    if one.confirmations:
        told = one.confirmations
        yield f"recognised print: {told['confirmed']} confirmed, {told['unconfirmed']} unconfirmed"
    if one.unassigned:
        yield f"{len(one.unassigned)} WITHOUT A PLACE"


def _why(table: ReportTable) -> str:
    return _WHY.get(table.recognised_by or "", "")


def _form_name(table: ReportTable) -> str:
    form = load_forms().tables.get(table.table_key or "")
    return form.chinese if form else table.title


def _unrecognised(tables: Sequence[UnrecognisedTable]) -> None:
    if not tables:
        return
    _say("")
    _say("Tables that no form matches")
    for number, table in enumerate(tables, 1):
        pages = f", {_of_pages(table.pages)}" if table.pages else ""
        _say(f"  {unrecognised_key(number)}  {table.title or '(no title)'}: {table.state}{pages}")
        _say(f"    {table.reason}; {len(table.grid)} rows x {len(table.grid[0]) if table.grid else 0} columns")
        for row in table.grid[:_ROWS]:
            _say("    | " + _short(" | ".join(squeeze(text) for text in row), _ROW))


def _unassigned(numbers: Sequence[UnassignedNumber]) -> None:
    for heading, own in (
        ("Figures of tables without a place", [n for n in numbers if n.table_key]),
        ("Figures of the text that no statement holds", [n for n in numbers if not n.table_key]),
    ):
        if not own:
            continue
        _say("")
        _say(f"{heading}: {len(own)}")
        alike: dict[tuple[str | None, int | None, str | None, tuple[str, ...]], list[UnassignedNumber]] = {}
        for one in own:
            alike.setdefault((one.table_key, one.page, one.reason, one.candidates), []).append(one)
        for (table_key, page, reason, candidates), some in islice(alike.items(), _FIRST):
            line = some[0].line if len({one.line for one in some}) == 1 else None
            where = " ".join(said for said in (table_key, _place(page, line)) if said)
            texts = ", ".join(one.text for one in some)
            _say(f"  {where}: " + (f"{reason}: " if reason else "") + _short(texts))
            if candidates:
                _say(f"    may be {' or '.join(candidates)}")
            quotes = dict.fromkeys(one.quote for one in some if one.quote != one.text)
            for quote in islice(quotes, _ROWS):
                _say(f"    in: {_short(quote)}")
        if len(alike) > _FIRST:
            _say("  and more; --json has them all")


def _text(seen: ReportSeen) -> None:
    found = seen.extraction
    if found.statements or found.indicators or found.terms:
        _say("")
    if found.statements:
        _say(f"Statements of the text: {len(found.statements)}; of each chapter how many, and the first")
        chapters: dict[str, list[Statement]] = {}
        for one in found.statements:
            chapters.setdefault(one.section or "(no chapter)", []).append(one)
        for chapter, own in chapters.items():
            first = own[0]
            _say(f"  {chapter} {len(own)}: {_said(first)}")
            _say(f"    {_place(first.page, first.line)}: {_short(first.quote)}")
    if found.indicators:
        projects = Counter(one.project or "(no project)" for one in found.indicators)
        named = [f"{project} {count}" for project, count in projects.items()]
        _say(f"Performance indicators: {len(found.indicators)} ({_some(named)})")
    if found.terms:
        _say(f"Terms explained: {len(found.terms)} ({_some([one.term for one in found.terms])})")


def _said(one: Statement) -> str:
    if one.value is None:
        return f"{one.topic}/{one.measure}: {one.null_reason or one.value_text or 'not stated'}"
    return f"{one.topic}/{one.measure} = {plain(one.value)}{one.unit or ''}"


def _checks(found: Extraction, which: str) -> None:
    if not found.checks:
        return
    _say("")
    counts = Counter(check.state for check in found.checks)
    _say("Checks: " + ", ".join(f"{counts[state]} {state}" for state in _STATES if counts[state]))
    for check in chosen(found.checks, which):
        at = _at(check, found)
        _say(f"  {check.check_id} {check.state}  {check.place}" + (f" ({at})" if at else ""))
        numbers = {"printed": check.actual, "expected": check.expected, "difference": check.difference}
        said = [f"{name} {plain(value)}" for name, value in numbers.items() if value is not None]
        if check.root:
            said.append("root: " + ("this figure itself" if check.root == check.place else check.root))
        if said:
            _say(f"    {', '.join(said)}")
        if check.message:
            _say(f"    {check.message}")


def chosen(checks: Iterable[CheckResult], which: str) -> list[CheckResult]:
    """The checks to show: all, those that failed, or those of one state."""
    wanted = {"failed": "fail"}.get(which, which)
    return [check for check in checks if which == "all" or check.state == wanted]


def _at(check: CheckResult, found: Extraction) -> str:
    """Where the place of a check is printed: as its term, or as the cell or statement of that address."""
    terms = (term for term in check.terms if term.address == check.place)
    records = (one for kind in (found.cells, found.statements) for one in kind if one.address == check.place)
    one = next(terms, None) or next(iter(records), None)
    return _place(one.page, one.line) if one is not None else ""


# --- one table --------------------------------------------------------------------------------------------------


def tell_table(seen: Seen, key: str) -> None:
    """The cells of the tables of that key: rows and columns as read, then how each figure came to its place.

    Raises :class:`NoSuchTable` where no report of the document has one.
    """
    tables, grids = named(seen, key)
    for one in tables:
        for words in _of_table(one):
            _say(words)
        for block in _blocks(one.cells):
            _matrix(block)
        _placing(one)
        if one.unassigned:
            _unassigned(one.unassigned)
    for number, grid in grids:
        pages = f", {_of_pages(grid.pages)}" if grid.pages else ""
        _say(f"{unrecognised_key(number)}  {grid.title or '(no title)'}: {grid.state}, {grid.reason}{pages}")
        width = max(map(len, grid.grid), default=0)
        show.table([str(n + 1) for n in range(width)], [[squeeze(text) for text in row] for row in grid.grid])


def named(seen: Seen, key: str) -> tuple[list[TableSeen], list[tuple[int, UnrecognisedTable]]]:
    """The tables of a key (T3), and the tables without form of a number (U1), in every report of the document."""
    wanted = key.upper()
    known: dict[str, None] = {}
    tables: list[TableSeen] = []
    grids: list[tuple[int, UnrecognisedTable]] = []
    for report in seen.reports:
        for one in report.tables:
            if one.table.table_no and one.table.table_key:
                known[one.table.table_key] = None
                tables += [one] if one.table.table_key.upper() == wanted else []
        for number, grid in enumerate(report.extraction.unrecognised_tables, 1):
            known[unrecognised_key(number)] = None
            grids += [(number, grid)] if unrecognised_key(number) == wanted else []
    if not tables and not grids:
        raise NoSuchTable(f"{seen.name} has no table {key}; it has {', '.join(known) or 'none'}")
    return tables, grids


def _blocks(cells: Sequence[Cell]) -> list[list[Cell]]:
    """Cells by the columns that their rows share: the sides of a paired table come one after the other."""
    rows: dict[tuple[int, str], list[Cell]] = {}
    for cell in cells:
        rows.setdefault((cell.row_no, cell.row_key), []).append(cell)
    blocks: list[tuple[set[int], list[Cell]]] = []
    for row in rows.values():
        own = {cell.col_no for cell in row}
        joined = [block for block in blocks if block[0] & own]
        held: list[Cell] = []
        for block in joined:
            own |= block[0]
            held += block[1]
            blocks.remove(block)
        blocks.append((own, held + row))
    return [block for _, block in sorted(blocks, key=lambda block: min(block[0]))]


def _matrix(cells: Sequence[Cell]) -> None:
    """Rows and columns as read. Over each column its key, and under it the words of its header."""
    columns: dict[tuple[int, str], tuple[str, ...]] = {}
    rows: dict[tuple[int, str], dict[tuple[int, str], Cell]] = {}
    for cell in sorted(cells, key=lambda cell: (cell.row_no, cell.col_no)):
        at = cell.col_no, cell.column_key
        columns[at] = columns.get(at) or cell.header_path
        rows.setdefault((cell.row_no, cell.row_key), {})[at] = cell
    order = sorted(columns)
    heads = [f"{column}\n{'/'.join(columns[at])}" if columns[at] else column for at in order for column in [at[1]]]
    answer = []
    for (_, row_key), row in rows.items():
        first = next(iter(row.values()))
        values = [row[at].value_text if at in row else "" for at in order]
        answer.append((row_key, first.row_label, *values, _place(first.page, first.line)))
    show.table(("row_key", "row_label", *heads, "place"), answer, right=heads)


def _placing(one: TableSeen) -> None:
    """How figures came to their places: those placed, read or stored in a way of their own each; the rest counted."""
    figures = [cell for cell in one.cells if cell.value_text]
    odd = [
        cell
        for cell in figures
        if cell.placed_by != "position" or cell.confirmation or cell.confidence is not None or cell.stored_text
    ]
    rest = Counter(_METHODS[cell.method] for cell in figures if cell not in odd)
    for method, count in rest.items():
        _say(f"{_count(count, 'figure')} placed by position ({method})")
    if odd:
        show.table(
            (
                "row_key",
                "column_key",
                "value_text",
                "place",
                "placed_by",
                "method",
                "confidence",
                "confirmation",
                "stored_text",
            ),
            [
                (
                    cell.row_key,
                    cell.column_key,
                    cell.value_text,
                    _place(cell.page, cell.line),
                    cell.placed_by,
                    cell.method,
                    cell.confidence,
                    cell.confirmation,
                    cell.stored_text,
                )
                for cell in odd
            ],
            right=("value_text", "confidence", "stored_text"),
        )


# --- for a program ------------------------------------------------------------------------------------------------


def document(seen: Seen, checks: str, table: str | None, drawn: Drawn | None) -> dict[str, Any]:
    """The same as one JSON document; records are those of ``juesuan extract``, cells under their tables.

    ``table`` leaves only the tables of that key; raises :class:`NoSuchTable` where there is none.
    """
    if table is not None:
        named(seen, table)
    return {
        "document": seen.name,
        "document_id": seen.document_id,
        "kind": seen.kind,
        "media_type": seen.media_type,
        "bytes": seen.bytes,
        "pages": [
            {"page": p.number, "part": p.part, "sheet": p.name, "method": p.method, "lines": p.lines, "grids": p.grids}
            for p in seen.pages
        ],
        "notes": list(seen.notes),
        "reports": [_one(report, number, checks, table) for number, report in enumerate(seen.reports)],
        "drawn": None
        if drawn is None
        else {"folder": str(drawn.folder), "files": list(drawn.files), "problem": drawn.problem},
    }


def _one(seen: ReportSeen, number: int, checks: str, table: str | None) -> dict[str, Any]:
    lines: dict[str, list[jsonlines.Line]] = {}
    for line in jsonlines.lines(seen.extraction, number):
        lines.setdefault(line.pop("kind"), []).append(line)
        line.pop("report")
    (head,) = lines["report"]
    cells: dict[int, list[jsonlines.Line]] = {}
    for cell in lines.get("cell", ()):
        cells.setdefault(cell["table_no"], []).append(cell)
    wanted = None if table is None else table.upper()
    tables = []
    for said, one in zip(head.pop("tables"), seen.tables, strict=True):
        if wanted is None or (one.table.table_key or "").upper() == wanted:
            own = cells.get(one.table.table_no, []) if one.table.table_no else []
            tables.append({**said, **_of_form(one), "cells": own})
    keys = [unrecognised_key(at) for at in range(1, len(lines.get("unrecognised_table", ())) + 1)]
    unknown = [
        {"key": key, **line}
        for key, line in zip(keys, lines.get("unrecognised_table", ()), strict=True)
        if wanted in (None, key)
    ]
    for name in ("document", "document_id", "notes"):
        head.pop(name)
    identity = seen.identity
    shown = {id(check) for check in chosen(seen.extraction.checks, checks)}
    counts = Counter(check.state for check in seen.extraction.checks)
    return {
        "report": number,
        **head,
        "evidence": list(identity.evidence) if identity else [],
        "doubts": list(identity.doubts) if identity else [],
        "printed_otherwise": _elsewhere(identity) if identity else [],
        "tables": tables,
        "unrecognised_tables": unknown,
        "unassigned_numbers": lines.get("unassigned_number", []),
        "statements": lines.get("statement", []),
        "indicators": lines.get("indicator", []),
        "terms": lines.get("term", []),
        "check_states": {state: counts[state] for state in _STATES},
        "checks": [
            line
            for line, check in zip(lines.get("check", ()), seen.extraction.checks, strict=True)
            if id(check) in shown
        ],
    }


def _of_form(one: TableSeen) -> dict[str, Any]:
    return {
        "form": _form_name(one.table),
        "why": _why(one.table) or None,
        "rows": one.rows,
        "columns": one.columns,
        "figures": one.figures,
        "blanks": one.blanks,
        "placed_by_position": one.figures - one.by_identity,
        "placed_by_identity": one.by_identity,
        "confirmed": one.confirmations["confirmed"],
        "unconfirmed": one.confirmations["unconfirmed"],
        "without_place": len(one.unassigned),
        "flattened": one.flattened,
    }


# --- words ----------------------------------------------------------------------------------------------------------


def _place(page: int | None, line: int | None) -> str:
    """p. 10, line 3; nothing where neither is known."""
    return ", ".join(f"{name} {at}" for name, at in (("p.", page), ("line", line)) if at is not None)


def _of_pages(numbers: Iterable[int | None]) -> str:
    """page 3; pages 1-4, 7; whole document where there are no pages."""
    spans: list[list[int]] = []
    for number in numbers:
        if number is not None and spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        elif number is not None:
            spans.append([number, number])
    if not spans:
        return "without pages"
    said = ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in spans)
    return f"page{'s' if len(spans) > 1 or spans[0][0] < spans[0][1] else ''} {said}"


def _count(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _some(names: Sequence[str], shown: int = 5) -> str:
    more = f", and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def _short(text: str, length: int = _QUOTE) -> str:
    said = " ".join(text.split())
    return said if len(said) <= length else said[: length - 1] + "…"


def _say(words: str) -> None:
    """One line; what a document holds besides print (escape codes, say) is left out."""
    show.line("".join(c for c in words if c.isprintable()))
