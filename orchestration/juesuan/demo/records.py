"""Landing records of a synthetic region straight from its figures, for sizes at which reading takes hours.

Belongs here: writing what the library would read from a document, without reading it. Does not belong here: figures,
words, the layout of a document, checks (the library's own run on the records, as on what it reads).

How the library words and places things is not written here a second time: it is learned. The first document of each
shape (a year's form; a sentence with its words, figures left open) is read by the library, and what it gave of the
words is used for every later one of that shape, with figures, names and lines put in. A document with a misprint is
always read. Tests hold a sample of both ways equal, field by field.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from juesuan.demo import folder, text
from juesuan.demo.folder import Progress, Written
from juesuan.demo.making import Plan, Region
from juesuan.demo.narrative import Paragraph, Said, Section, number
from juesuan.demo.planting import Issue, mark
from juesuan.demo.report import Figure, Report
from juesuan.final_accounts.archive import DOCUMENTS
from juesuan.final_accounts.manifest import SUFFIX
from juesuan.final_accounts.model import (
    Cell,
    Extraction,
    MoneyUnit,
    Passage,
    ReportTable,
    ReportUnit,
    Statement,
    Term,
)
from juesuan.final_accounts.model import Report as Record

#: Stand for the name of the body and its year in what was learned.
_NAME, _YEAR = "\0", "\1"


class _Unknown(Exception):  # noqa: N818 - it is no error
    """A shape that was not seen yet."""


@dataclass(frozen=True, slots=True)
class _Learned:
    """A statement of a sentence of some shape: ``quote`` and ``start`` are places (token, characters into it)."""

    statement: Statement
    token: int | None
    quote: tuple[tuple[int, int], tuple[int, int]]
    start: tuple[int, int] | None
    sign: int


@dataclass
class _Form:
    """What is learned of the form of a year."""

    tables: dict[str, ReportTable] = field(default_factory=dict)
    columns: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    row_nos: dict[tuple[str, str, str], int] = field(default_factory=dict)
    rows: dict[tuple[str, str], tuple[str, str | None]] = field(default_factory=dict)
    #: Tables that the form of the year does not have, as the library says so: (place in the list, table).
    others: tuple[tuple[int, ReportTable], ...] = ()


@dataclass
class _Laid:
    """Where everything stands in the text of a document: lines from 1, characters from 0."""

    data: bytes
    cells: list[tuple[str, int, int, Figure, str, int, tuple[int, int]]]
    paragraphs: list[tuple[Section, Paragraph, int]]
    headings: list[tuple[Section, int]]


class Scribe:
    """Makes extractions of issues, learning from those that it has the library read."""

    def __init__(self) -> None:
        self._forms: dict[tuple[int, bool], _Form] = {}
        self._sentences: dict[tuple[Any, ...], tuple[_Learned, ...]] = {}
        self._sections: dict[tuple[Any, ...], tuple[str, str] | None] = {}
        self._heads: dict[tuple[Any, ...], Record] = {}
        self._terms: dict[tuple[str, ...], tuple[Term, ...]] = {}
        self.read = 0

    def extraction(self, issue: Issue) -> tuple[bytes, Extraction]:
        """The document and what the library reads from it."""
        laid = _lay(issue)
        if not issue.planted:
            try:
                return laid.data, self._written(issue, laid)
            except _Unknown:
                pass
        from juesuan.final_accounts.extract import extract

        self.read += 1
        (found,) = extract(laid.data, issue.report.stem + ".txt")
        if not issue.planted:
            self._learn(issue, laid, found)
        return laid.data, found

    # --- writing

    def _written(self, issue: Issue, laid: _Laid) -> Extraction:
        from juesuan.final_accounts.checks import run_checks
        from juesuan.final_accounts.confirmation import confirm

        report = issue.report
        form = self._forms.get((report.year, report.in_yuan))
        head = self._heads.get(_head_shape(report))
        if form is None or head is None:
            raise _Unknown
        tables = []
        for number_, table in enumerate(report.tables, 1):
            learned = form.tables.get(table.note)
            if learned is None:
                raise _Unknown
            tables.append(replace(learned, table_no=number_))
        for at, other in form.others:
            tables.insert(at, other)
        statements: list[Statement] = []
        for section, paragraph, line in laid.paragraphs:
            statements += self._statements(report, section, paragraph, line)
        units = tuple(self._units(report, laid))
        record = replace(
            head,
            document_id=hashlib.sha256(laid.data).hexdigest(),
            unit_name=_filled(head.unit_name, report),
            title=_filled(head.title, report),
            units=units,
            tables=tuple(tables),
            printings=tuple(
                replace(
                    one,
                    value=_filled(one.value, report) or "",
                    text=_filled(one.text, report) or "",
                    line=_part_line(laid, one.text, one.line),
                )
                for one in head.printings
            ),
        )
        made = Extraction(
            report=record,
            cells=tuple(self._cells(report, form, laid)),
            statements=tuple(statements),
            terms=self._terms_at(laid),
            passages=tuple(self._passages(report, laid)),
        )
        return confirm(replace(made, checks=run_checks(made)))

    def _cells(self, report: Report, form: _Form, laid: _Laid) -> Iterator[Cell]:
        unit: MoneyUnit = "元" if report.in_yuan else "万元"
        for key, table_no, row_no, figure, label, line, span in laid.cells:
            column = form.columns.get((key, _column(key, figure)))
            known = form.rows.get((key, figure.row))
            if column is None:
                raise _Unknown
            if figure.row.isdigit():
                row_label, line_key = label, None
                row_no = form.row_nos.get((key, figure.row, figure.column), row_no) if key == "T6" else row_no
            elif known is None:
                raise _Unknown
            else:
                row_label, line_key = known
                row_no = form.row_nos[key, figure.row, figure.column]
            yield Cell(
                key, table_no, figure.row, row_label, line_key, figure.column, figure.text, number(figure.text), 2,
                unit, "printed", None, row_no, column[0], line, span, header_path=column[1],
            )  # fmt: skip

    def _statements(self, report: Report, section: Section, paragraph: Paragraph, line: int) -> Iterator[Statement]:
        if _names_a_body(section, paragraph):
            return
        tokens = _tokens(paragraph, report)
        learned = self._sentences.get(_shape(section, tokens, report))
        if learned is None:
            raise _Unknown
        if not learned:
            return
        at, place = [], 0
        for token in tokens:
            at.append(place)
            place += len(_printed(token))
        at.append(place)
        whole = "".join(_printed(token) for token in tokens)
        for one in learned:
            begin, end = (at[token] + more for token, more in one.quote)
            said = tokens[one.token] if one.token is not None else None
            value, value_text, start = one.statement.value, one.statement.value_text, one.statement.start
            if isinstance(said, Said):
                value_text = said.text
                if value is not None:
                    value = Decimal(0) if said.text == "持平" else one.sign * number(said.text)
            if one.start is not None:
                start = at[one.start[0]] + one.start[1] - begin
            yield replace(
                one.statement,
                value=value,
                value_text=value_text,
                quote=whole[begin:end],
                start=start,
                line=line,
                subject=_filled(one.statement.subject, report),
            )

    @staticmethod
    def _units(report: Report, laid: _Laid) -> Iterator[ReportUnit]:
        for section, paragraph, line in laid.paragraphs:
            if "决算单位构成" in section.heading:
                if report.scope != "department":
                    yield ReportUnit(report.printed_name, True, line=line)
                elif _names_a_body(section, paragraph):
                    yield ReportUnit(str(paragraph[1]), True, line=line)

    def _passages(self, report: Report, laid: _Laid) -> Iterator[Passage]:
        cover = mark() + report.title
        yield Passage("cover", "", cover)
        for section, line in laid.headings:
            shape = _section_shape(section, report)
            if shape not in self._sections:
                raise _Unknown
            known = self._sections[shape]
            if known is not None:
                body = "\n".join(text.said(one) for one in section.paragraphs)
                yield Passage(known[0], section.heading, body, known[1], line=line)  # type: ignore[arg-type]

    def _terms_at(self, laid: _Laid) -> tuple[Term, ...]:
        section, line = laid.headings[-1]
        known = self._terms.get(tuple(text.said(one) for one in section.paragraphs))
        if known is None:
            raise _Unknown
        return tuple(replace(one, line=(one.line or 0) + line) for one in known)

    # --- learning

    def _learn(self, issue: Issue, laid: _Laid, found: Extraction) -> None:
        report = issue.report
        form = self._forms.setdefault((report.year, report.in_yuan), _Form())
        printed = [one for one in found.report.tables if one.table_no]
        for table, seen in zip(report.tables, printed, strict=True):
            form.tables[table.note] = seen
        form.others = tuple((n, one) for n, one in enumerate(found.report.tables) if not one.table_no)
        for cell in found.cells:
            form.columns[cell.table_key, _column(cell.table_key, cell)] = cell.col_no, cell.header_path
            form.row_nos[cell.table_key, cell.row_key, cell.column_key] = cell.row_no
            if not cell.row_key.isdigit():
                form.rows[cell.table_key, cell.row_key] = cell.row_label, cell.line_key
        self._heads[_head_shape(report)] = replace(
            found.report,
            unit_name=_blanked(found.report.unit_name, report),
            title=_blanked(found.report.title, report),
            printings=tuple(
                replace(one, value=_blanked(one.value, report) or "", text=_blanked(one.text, report) or "")
                for one in found.report.printings
            ),
        )
        by_line: dict[int, list[Statement]] = {}
        for statement in found.statements:
            by_line.setdefault(statement.line or 0, []).append(statement)
        for section, paragraph, line in laid.paragraphs:
            if _names_a_body(section, paragraph):
                continue
            tokens = _tokens(paragraph, report)
            self._sentences[_shape(section, tokens, report)] = tuple(
                _learn_statement(one, tokens, report) for one in by_line.get(line, ())
            )
        passages = {one.line: one for one in found.passages if one.line is not None}
        for section, line in laid.headings:
            seen_passage = passages.get(line)
            shape = _section_shape(section, report)
            self._sections[shape] = None if seen_passage is None else (seen_passage.section, seen_passage.state)
        section, line = laid.headings[-1]
        self._terms[tuple(text.said(one) for one in section.paragraphs)] = tuple(
            replace(one, line=(one.line or 0) - line) for one in found.terms
        )


def _learn_statement(statement: Statement, tokens: list[_Token], report: Report) -> _Learned:
    whole, spans, place = "", [], 0
    for token in tokens:
        printed = _printed(token)
        spans.append((place, place + len(printed)))
        whole += printed
        place += len(printed)
    begin = whole.find(statement.quote)
    start = statement.start
    if start is not None:  # the same words may stand twice in a paragraph
        wanted = statement.value_text or ""
        while begin >= 0:
            starts = [a for (a, _), token in zip(spans, tokens, strict=True) if isinstance(token, Said)]
            if begin + start in starts and whole.startswith(wanted, begin + start):
                break
            later = whole.find(statement.quote, begin + 1)
            if later < 0:
                break
            begin = later
    said_at: int | None = None
    if start is not None:
        said_at = next(
            (n for n, (a, _) in enumerate(spans) if a == begin + start and isinstance(tokens[n], Said)), None
        )
    sign = -1 if statement.value is not None and statement.value < 0 else 1

    def place_of(at: int) -> tuple[int, int]:
        for n, (a, b) in enumerate(spans):
            if a <= at < b:
                return n, at - a
        return len(spans) - 1, spans[-1][1] - spans[-1][0] if at >= spans[-1][1] else 0

    end = begin + len(statement.quote)
    last = place_of(end - 1)
    blanked = replace(statement, subject=_blanked(statement.subject, report))
    return _Learned(
        blanked,
        said_at,
        (place_of(begin), (last[0], last[1] + 1)),
        place_of(begin + start) if start is not None else None,
        sign,
    )


def _column(key: str, cell: Figure | Cell) -> str:
    """Under which word the place of a column is learned: T6 has its columns twice, by side."""
    row = cell.row if isinstance(cell, Figure) else cell.row_key
    column = cell.column if isinstance(cell, Figure) else cell.column_key
    if key == "T6":
        return f"{row}/{column}"
    return column


@dataclass(frozen=True, slots=True)
class _Open:
    """A piece of a paragraph that differs from report to report and says nothing: name, year, number of a line."""

    kind: str
    text: str


_Token = str | Said | _Open


def _printed(token: _Token) -> str:
    return token if isinstance(token, str) else token.text


def _tokens(paragraph: Paragraph, report: Report) -> list[_Token]:
    """A paragraph in pieces: words, figures, and what differs from report to report."""
    out: list[_Token] = []
    opened = re.compile(rf"({re.escape(report.printed_name)}|{report.year}(?=年度)|^\d+(?=\.))")
    for part in paragraph:
        if isinstance(part, Said):
            out.append(part)
            continue
        for n, words in enumerate(opened.split(part)):
            if n % 2:
                out.append(_Open("name" if words == report.printed_name else "number", words))
            elif words:
                out.append(words)
    return out


def _shape(section: Section, tokens: list[_Token], report: Report) -> tuple[Any, ...]:
    heading = section.heading.replace(report.printed_name, _NAME).replace(str(report.year), _YEAR)
    pieces: list[Any] = []
    for one in tokens:
        if isinstance(one, Said):
            pieces.append((one.topic, one.measure, one.text in ("0.00", "0", "持平")))
        else:
            pieces.append(one if isinstance(one, str) else (one.kind,))
    return (heading, *pieces)


def _section_shape(section: Section, report: Report) -> tuple[Any, ...]:
    """The heading, and of a short section what is said: that decides whether it says that there was nothing."""
    short: tuple[Any, ...] = ()
    if len(section.paragraphs) == 1 and section.level == 3:
        tokens = _tokens(section.paragraphs[0], report)
        short = _shape(section, tokens, report)
    heading = section.heading.replace(report.printed_name, _NAME).replace(str(report.year), _YEAR)
    return heading, len(section.paragraphs) > 0, short


def _head_shape(report: Report) -> tuple[Any, ...]:
    return report.year, report.scope, report.in_yuan


def _blanked(words: str | None, report: Report) -> str | None:
    return words and words.replace(report.printed_name, _NAME).replace(f"{report.year}年度", f"{_YEAR}年度")


def _filled(words: str | None, report: Report) -> str | None:
    return words and words.replace(_NAME, report.printed_name).replace(_YEAR, str(report.year))


def _names_a_body(section: Section, paragraph: Paragraph) -> bool:
    """A line of the list of bodies that a department covers: it has no figure."""
    return "决算单位构成" in section.heading and len(paragraph) == 3 and isinstance(paragraph[1], str)


def _part_line(laid: _Laid, words: str, line: int | None) -> int | None:
    """The line of a printing: the heading over the tables moves with the list of bodies before it."""
    return laid.cells[0][5] - _TABLES_BELOW if words.startswith("第二部分") and laid.cells else line


#: Lines from 第二部分 to the first figure: a blank one, unit of money, number, title, three lines of header.
_TABLES_BELOW = 8


def _lay(issue: Issue) -> _Laid:
    """The text of an issue as ``text.document`` writes it, and where everything stands in it."""
    report = issue.report
    data = text.document(issue)
    lines = data.decode().split("\n")
    offsets, place = [], 0
    for line in lines:
        offsets.append(place)
        place += len(line) + 1
    paragraphs: list[tuple[Section, Paragraph, int]] = []
    headings: list[tuple[Section, int]] = []
    at = 3

    def sections(some: list[Section], at: int) -> int:
        for section in some:
            if section.level < 3:
                at += 1
            at += 1
            headings.append((section, at))
            if section.level < 3:
                at += 1
            for paragraph in section.paragraphs:
                at += 1
                paragraphs.append((section, paragraph, at))
        return at

    at = sections(issue.front, at) + 3
    cells = []
    for table_no, table in enumerate(report.tables, 1):
        at += 3 + len(table.header)
        row_no = 0
        for row in table.rows:
            at += 1
            column, seen, label = offsets[at - 1], False, ""
            for item in row:
                if item == "":
                    continue
                words = item.text if isinstance(item, Figure) else item
                if isinstance(item, Figure):
                    cells.append((table.key, table_no, row_no, item, label, at, (column, column + len(words))))
                    seen = True
                elif isinstance(item, str):
                    label = item
                column += len(words) + 1
            row_no += seen
        at += 2
    sections(issue.notes, at)
    return _Laid(data, cells, paragraphs, headings)


# --- the folder


def write(plan: Plan, to: Path, progress: Progress | None = None) -> Written:
    """Write the region with its records landed: a refresh finds every document read, and reads none."""
    from juesuan.final_accounts.extract import extractor_fingerprint
    from juesuan.landing import Extracted, Landing
    from juesuan.raw_schema import raw_tables
    from juesuan.settings import Settings

    begun = time.perf_counter()
    folder.ready(to)
    region = Region(plan)
    index: dict[str, tuple[int, str, str]] = {}
    scribe = Scribe()
    planted: list[Any] = []
    figures: list[Any] = []
    size = 0

    def extracted() -> Iterator[Extracted]:
        nonlocal size
        for count, issue in enumerate(region.issues()):
            data, found = scribe.extraction(issue)
            name = issue.report.stem + ".txt"
            stamp = folder.stamp_of(issue.report.retrieved)
            documents = to / "raw" / DOCUMENTS
            manifest = folder.manifest_of(issue, data, name, "text/plain")
            for at, content in ((name, data), (name + SUFFIX, manifest)):
                index[f"{DOCUMENTS}/{at}"] = folder.put(documents / at, content, stamp)
            planted.extend(issue.planted)
            if count % folder.SAMPLE == 0:
                figures.extend(folder.true_figures(issue))
            size += len(data)
            if progress and count % 20 == 0:
                progress("records", count, max(count, plan.units * plan.years))
            yield Extracted(found.report.document_id, (found,))

    project = Settings.load().dbt_project
    landing = Landing(to / "warehouse" / "landing", raw_tables(project))
    landed = landing.land(extracted(), extractor_fingerprint())
    folder.finish(to, region, planted, figures, index)
    seconds = time.perf_counter() - begun
    units = sum(len(county.bodies) for county in region.counties)
    errors = len({one.error for one in planted})
    rate = round(landed.documents / seconds, 1)
    return Written(str(to), landed.documents, units, list(plan.span), errors, size, round(seconds, 2), rate)
