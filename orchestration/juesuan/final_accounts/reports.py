"""One document into the reports that it holds: where one ends and the next begins, which files are one.

Belongs here: parting a reading at a new cover, or where the tables begin again under another name; joining the files of
an archive (ten workbooks, one a table; narrative beside tables) into reports. Does not belong here: what a report says
it is (``identify``), documents that are joined only in the archive (``juesuan.joining``).

A new report begins only where two things meet: a title or a table header that names another body, year or level, and
contents that were there before. So a second 三公 table, a table that goes on or is printed twice, a table of contents,
a name left by a template and the mention of another body part nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from pathlib import PurePosixPath

from juesuan.final_accounts import prose
from juesuan.final_accounts.identify import Identity, Said, identity_of
from juesuan.final_accounts.model import Page, Reading
from juesuan.final_accounts.titles import (
    Line,
    Title,
    akin,
    chapters_in,
    cover_of,
    in_contents,
    joined,
    labelled,
    level_of,
    lines,
    table_key,
    title_says,
    which,
    words,
)

#: So many tables, or headings, that were there before begin a report again.
SAME_TABLES, SAME_CHAPTERS = 2, 4
#: How far above the name the title of its table may stand, in lines.
_TITLE_REACH = 8
#: Over so many lines a title on a cover may be wrapped.
_WRAPPED = 4
#: What may stand before the title of a table and tells no two apart.
_BEFORE = re.compile(r"^.*20\d\d年?度?(?:部门|单位)?")
#: A file with at most so many tables, under another name, is a piece of the report that lacks just those.
_PIECE = 2


@dataclass(frozen=True, slots=True)
class Part:
    """One report of a document: what it says it is, and the pages (or parts of pages) that are its own."""

    identity: Identity
    reading: Reading


def reports_in(reading: Reading, name: str = "", said: Mapping[int | None, Said] | None = None) -> tuple[Part, ...]:
    """The reports that a document holds, at least one, in the order in which they begin.

    ``name`` is the file name, weak evidence. ``said`` is what a person asserted, by the number of the report; what
    stands under None holds for all that have nothing of their own.
    """
    found = _reports(reading, name)
    out = []
    for number, report in enumerate(found):
        told = (said or {}).get(number, (said or {}).get(None))
        if told is not None and told != Said():
            report = replace(report, said=told)
        out.append(Part(report.identity(name), report.cut(reading) if len(found) > 1 else reading))
    return tuple(out)


def one_report(reading: Reading, name: str = "", said: Said | None = None) -> Part:
    """The same where it is settled that all of a reading, its files included, is one report."""
    sections = [_Section(*file) for file in _files(reading)]
    return Part(_Report(sections, said).identity(name), reading)


# --- sections: what belongs together within one file ------------------------------------------------------


@dataclass(slots=True)
class _Section:
    """Lines [of one file] from ``start`` up to ``end``, both (page, block), with what they hold."""

    path: str
    lines: list[Line]
    start: tuple[int, int]
    end: tuple[int, int]
    tables: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    chapters: set[int] = field(default_factory=set)
    budget: int = 0

    def look(self) -> _Section:
        """With its tables and chapters told."""
        known = words()
        for one in self.lines:
            if one.is_short and "表" in one.tight:
                if key := table_key(one):
                    self.tables.add(key)
                    self.titles.add(_BEFORE.sub("", one.tight))
                elif known.table.search(one.tight) and "预算" in known.not_budget.sub("", one.tight):
                    self.budget += "决算" not in one.tight
            elif one.tight:
                self.chapters |= chapters_in(one)
                if one.is_short and "预算" in one.tight:
                    self.budget += bool(which(known.budget_chapters, known.not_budget.sub("", one.tight)))
        return self

    @property
    def holds(self) -> bool:
        """Whether it has tables or text of its own, and is no mere cover."""
        return bool(self.tables or self.budget or len(self.chapters) > 1)

    def repeats(self, other: _Section | _Report) -> bool:
        """Whether it begins again what was there."""
        one, two = self.budget >= SAME_TABLES, other.budget >= SAME_TABLES
        if one != two and (self.tables or one) and (other.tables or two):
            return True  # a budget beside final accounts: other words for the same
        return len(self.tables & other.tables) >= SAME_TABLES or len(self.chapters & other.chapters) >= SAME_CHAPTERS

    def take(self, other: _Section) -> None:
        """Go on with what follows."""
        self.lines += other.lines
        self.end = other.end
        self.tables |= other.tables
        self.titles |= other.titles
        self.chapters |= other.chapters
        self.budget += other.budget


@dataclass(slots=True)
class _Key:
    """Whose report the lines are of, as far as titles and labels said until now."""

    unit: str | None = None
    year: str | None = None
    word: str = ""
    level: str | None = None
    label: str | None = None
    tables: set[str] = field(default_factory=set)

    def contradicts(self, title: Title) -> bool:
        return bool(
            (self.unit and title.unit and not akin(self.unit, title.unit))
            or (self.year and title.year and self.year != title.year)
            or (self.level and title.level and self.level != title.level)
            or (self.word and title.word and self.word != title.word)
        )

    def learn(self, title: Title) -> None:
        self.unit = self.unit or title.unit
        self.year = self.year or title.year
        self.level = self.level or title.level
        self.word = self.word or title.word


def _bounds(some: Sequence[Line]) -> list[tuple[int, str | None]]:
    """Where, by its line, something under another name, year or level begins, and the name: the first line and
    candidates.
    """
    key = _Key()
    keys, bounds = [key], [0]
    title_at, title_key = -_TITLE_REACH, None
    for number, one in enumerate(some):
        if not one.is_short:
            continue
        found = table_key(one)
        if found:
            title_at, title_key = number, found
        title = begins = None
        if not found and ("决算" in one.tight or "预算" in one.tight):
            title, begins = _cover_title(some, number, bounds[-1])
        name = next(labelled(one.tight), None)
        if name is not None:
            title = Title(name, None, None, "")
            begins = title_at if number - title_at <= _TITLE_REACH else number
            again = title_key in key.tables and name != key.label
            if key.label is not None and again and level_of(name, None) != level_of(key.label, None):
                key.level = key.level or level_of(key.label, None) or "department"
        if title is not None and title.unit and begins is not None:
            if key.contradicts(title) and some[begins].at > some[bounds[-1]].at:
                bounds.append(begins)
                keys.append(key := _Key())
            key.learn(title)
        if name is not None:
            key.label = name
            if title_key:
                key.tables.add(title_key)
    return [(line, own.unit) for line, own in zip(bounds, keys, strict=True)]


def _cover_title(some: Sequence[Line], number: int, after: int) -> tuple[Title | None, int]:
    """The title that ends with a line, and the line that it begins with: alone, or wrapped over those before."""
    one = some[number]
    for many in range(1, _WRAPPED + 1):
        first = number - many + 1
        if first < after or some[first].at[0] != one.at[0] or some[first].cell != one.cell or not some[first].is_short:
            break
        whole = one if many == 1 else joined(some[first : number + 1])
        if len(whole.tight) > 80:
            break
        title = title_says(whole.tight)
        if not title.unit or not title.word:
            continue
        if prose.mark_of(some[first].text)[0]:
            title = replace(title, kind=None)  # headings call a unit's report that of a department too
        if title.year is None and first > after:
            before = some[first - 1]
            year = next((got["year"] for one in words().year_lines if (got := one.match(before.tight))), None)
            if year and before.at[0] == one.at[0] and before.cell == one.cell:
                return replace(title, year=year), first - 1
        return title, first
    return None, number


def _sections(path: str, some: list[Line], first: tuple[int, int], after: tuple[int, int]) -> list[_Section]:
    """The lines of one file, parted where a report begins again under another name."""
    bounds = _bounds(some)
    if len(bounds) == 1:
        return [_Section(path, some, first, after)]
    starts = [first, *(_begin(some, number) for number, _ in bounds[1:]), after]
    ends = [*(number for number, _ in bounds[1:]), len(some)]
    found: list[_Section] = []
    waiting: list[tuple[_Section, str | None]] = []  # covers and the like, which belong to what comes before or after
    for (start, end), (line, unit), last in zip(pairwise(starts), bounds, ends, strict=True):
        section = _Section(path, some[line:last], start, end).look()
        if not found:
            found.append(section)
        elif not section.holds:
            waiting.append((section, unit))
        elif section.repeats(found[-1]):
            own = len(waiting)
            while own and (unit is None or (named := waiting[own - 1][1]) is None or akin(named, unit)):
                own -= 1
            for before, _ in waiting[:own]:
                found[-1].take(before)
            begun = [before for before, _ in waiting[own:]] + [section]
            for more in begun[1:]:
                begun[0].take(more)
            found.append(begun[0])
            waiting = []
        else:
            for before, _ in waiting:
                found[-1].take(before)
            found[-1].take(section)
            waiting = []
    for before, _ in waiting:
        found[-1].take(before)
    # what names the same report in the end is one
    out = [found[0]]
    for section in found[1:]:
        one, other = (_Report([each]).identity("") for each in (out[-1], section))
        if _differ(one, other):
            out.append(section)
        else:
            out[-1].take(section)
    return out


def _begin(some: Sequence[Line], number: int) -> tuple[int, int]:
    """Where the report begins whose title is a line: with its page, where nothing but short lines stand above it."""
    page, block = some[number].at
    above = [one for one in some[max(0, number - 10) : number] if one.at[0] == page]
    if some[number].page is not None and all(one.is_short and not one.cell for one in above) and block <= 10:
        return page, 0
    return page, block


def _differ(one: Identity, other: Identity) -> bool:
    """Whether two identities are of two reports, by what both say."""
    if one.body_name and other.body_name and not akin(one.body_name, other.body_name):
        return True
    pairs = ((one.fiscal_year, other.fiscal_year), (one.scope, other.scope))
    return one.family != other.family or any(a is not None and b is not None and a != b for a, b in pairs)


# --- reports: sections of one file or of several -----------------------------------------------------------


@dataclass(slots=True)
class _Report:
    sections: list[_Section]
    said: Said | None = None

    @property
    def tables(self) -> set[str]:
        return {key for one in self.sections for key in one.tables}

    @property
    def chapters(self) -> set[int]:
        return {number for one in self.sections for number in one.chapters}

    @property
    def budget(self) -> int:
        return sum(one.budget for one in self.sections)

    @property
    def folder(self) -> PurePosixPath:
        return PurePosixPath(self.sections[0].path).parent

    def identity(self, name: str) -> Identity:
        """What the report says it is; the name of an archive speaks only where its files are silent."""
        some = [line for one in self.sections for line in one.lines]
        covers = [cover_of(one.lines) for one in self.sections if one.lines]
        paths = [one.path for one in self.sections if one.path]
        if not paths:
            return identity_of(some, covers, (name,) if name else (), self.said)
        found = identity_of(some, covers, paths, self.said)
        if name and (found.unit_name is None or found.fiscal_year is None or found.scope is None):
            found = identity_of(some, covers, (*paths, name), self.said)
        return found

    def cut(self, reading: Reading) -> Reading:
        """Its own pages and parts of pages."""
        pages: list[Page] = []
        for section in self.sections:
            for number in range(section.start[0], min(section.end[0] + 1, len(reading.pages))):
                page = reading.pages[number]
                first = section.start[1] if number == section.start[0] else 0
                last = section.end[1] if number == section.end[0] else len(page.blocks)
                blocks = page.blocks[first:last]
                if blocks or (not page.blocks and number < section.end[0]):
                    pages.append(page if len(blocks) == len(page.blocks) else replace(page, blocks=blocks))
        return replace(reading, pages=tuple(pages))


def _files(reading: Reading) -> Iterator[tuple[str, list[Line], tuple[int, int], tuple[int, int]]]:
    """(path within the archive, telling lines, first, after) of each file of a document; '' where it is one file.

    Tables of contents are left out: what they announce stands elsewhere.
    """
    every = lines(reading)
    some = [one for one, skip in zip(every, in_contents(every), strict=True) if not skip]
    if not any(page.part for page in reading.pages):
        yield "", some, (0, 0), (len(reading.pages), 0)
        return
    number = 0
    for path, pages in groupby(reading.pages, key=lambda page: page.part):
        after = number + len(list(pages))
        yield path or "", [one for one in some if number <= one.at[0] < after], (number, 0), (after, 0)
        number = after


def _reports(reading: Reading, name: str) -> list[_Report]:
    files = list(_files(reading))
    sections = [one for file in files for one in _sections(*file)]
    if len(files) == 1:
        return [_Report([one]) for one in sections]
    return _join([one if one.tables or one.chapters else one.look() for one in sections], name)


# --- files of an archive -----------------------------------------------------------------------------------


def _join(sections: Sequence[_Section], name: str) -> list[_Report]:
    """Which files of an archive are one report: those that name the same one, and hold what the others do not."""
    reports: list[_Report] = []
    known: list[Identity] = []
    silent: list[tuple[_Section, Identity]] = []
    alone: list[_Report] = []
    for section in sections:
        identity = _Report([section]).identity("")
        holds = section.tables or section.chapters
        says = holds or any(one.figures or not one.is_short for one in section.lines)
        if identity.family in ("budget", "template", "approval") or (identity.family == "other" and not says):
            alone.append(_Report([section]))
        elif identity.body_name is None or identity.family == "other":
            silent.append((section, identity))
        else:
            for report, other in zip(reports, known, strict=True):
                if not _differ(identity, other) and not _overlap(section, report):
                    report.sections.append(section)
                    break
            else:
                reports.append(_Report([section]))
                known.append(identity)
    _take_pieces(reports, known)
    for section, identity in silent:
        fits = [
            report
            for report, other in zip(reports, known, strict=True)
            if not _differ(replace(identity, family=other.family), other) and not _overlap(section, report)
        ]
        near = [report for report in fits if report.folder == PurePosixPath(section.path).parent]
        chosen = near if len(near) == 1 else fits
        if len(chosen) == 1:
            chosen[0].sections.append(section)
        else:
            reports.append(_Report([section]))
            known.append(replace(identity, family="final_accounts", body_name=None))
    for report in (*reports, *alone):
        report.sections.sort(key=lambda one: one.start)
    return sorted((*reports, *alone), key=lambda report: report.sections[0].start)


def _overlap(section: _Section, report: _Report) -> bool:
    """Whether a file holds what the report has already: a table of the same title, or the same text.

    Tables of one kind under two titles (三公 of each fund, 国有资本 with income and without) are two.
    """
    return (
        any(section.titles & one.titles for one in report.sections)
        or len(section.chapters & report.chapters) >= SAME_CHAPTERS
    )


def _take_pieces(reports: list[_Report], known: list[Identity]) -> None:
    """A table or two under a name that a template left: they are of the one report of their folder that lacks them."""
    for report in list(reports):
        if not 0 < len(report.tables) <= _PIECE or report.chapters:
            continue
        whole = [
            other
            for other in reports
            if other is not report
            and other.folder == report.folder
            and len(other.tables) > 2 * _PIECE
            and not other.tables & report.tables
        ]
        if len(whole) == 1:
            whole[0].sections += report.sections
            at = next(number for number, one in enumerate(reports) if one is report)
            del reports[at], known[at]
