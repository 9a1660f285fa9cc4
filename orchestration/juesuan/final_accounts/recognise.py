"""Grids and lines -> which form, which rows, which columns -> cells.

Belongs here: finding the tables of the form by title, header words, row labels and codes, and giving every figure its
row and column. Does not belong here: the words of any form (``forms/tables.yml``), the
reading of a grid (grids.py) or of flattened text (flattened.py), the narrative.

Two shapes of table arrive: a grid, where the box decides the column, and flattened text, where the order of the
figures does. Both end in the same rows of the same columns. A figure that finds no column is reported as unassigned;
it is never dropped or squeezed in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from juesuan.final_accounts.carving import carve
from juesuan.final_accounts.flattened import read_flattened
from juesuan.final_accounts.flattened_lists import read_list, read_rows
from juesuan.final_accounts.forms import load_forms, title_of, titled
from juesuan.final_accounts.grids import form_by_header, like_columns, names_all_columns, read_grid
from juesuan.final_accounts.identities import settle
from juesuan.final_accounts.longlines import cut
from juesuan.final_accounts.model import (
    Cell,
    Grid,
    Method,
    MoneyUnit,
    Page,
    Reading,
    RecognisedBy,
    ReportTable,
    TextLine,
    UnassignedNumber,
    UnrecognisedState,
    UnrecognisedTable,
)
from juesuan.final_accounts.placing import HAS_AMOUNT, OpenTable, clean, is_header_line
from juesuan.final_accounts.text import bare
from juesuan.final_accounts.tokens import without_furniture

Block = TextLine | Grid

# Headings end a flattened table; lines of the form begin with the same ordinals but do not say 情况 or 说明.
_CHAPTER = re.compile(r"第[一二三四五六七八九十]{1,3}(?:部分|章)|附件\d?[:：]?$|名词解释$")
_HEADING = re.compile(r"(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十]{1,3}\)).*(?:说明|情况|解释)[。:]?$")
_LABELLED = re.compile(r"(?:编制|公开|填报|预算)?(?:部门|单位)(?:名称)?[:：]")
_OTHER_TITLE = re.compile(r".{2,60}表(?:\(.{1,12}\))?(?:续表|续)?")
_INDICATORS = re.compile(r"指标|绩效|自评")
#: How far above a grid its title may stand, in lines.
_UNKNOWN_TITLE = re.compile(r"[\u4e00-\u9fff“”\"()、]{4,40}表(?:\([^()]{1,12}\))?")
_TITLE_REACH = 8
#: How long a note under a table may be, in lines.
_NOTE_REACH = 12


@dataclass(frozen=True, slots=True)
class Recognition:
    """What the tables of one report gave. ``rest`` is every block outside tables, in order, for the narrative."""

    tables: tuple[ReportTable, ...]
    cells: tuple[Cell, ...]
    unrecognised: tuple[UnrecognisedTable, ...]
    unassigned: tuple[UnassignedNumber, ...]
    rest: tuple[Block, ...]
    money_unit: MoneyUnit | None


def recognise(reading: Reading, *, unit_name: str | None = None, fiscal_year: int | None = None) -> Recognition:
    """Find the tables of the form in a reading and place every figure.

    ``unit_name`` (as printed) lets titles carry the unit's name; ``fiscal_year`` decides which tables are owed.
    """
    return _Walk(reading, unit_name, fiscal_year).run()


class _Walk:
    """Walks the blocks of one report once."""

    def __init__(self, reading: Reading, unit_name: str | None, fiscal_year: int | None) -> None:
        self.forms = load_forms()
        self.words = self.forms.furniture
        self.method = reading.method
        self.methods = {page.number: page.method for page in reading.pages if page.method is not None}
        self.sheets = {page.number: page for page in reading.pages if page.name or page.part}
        self.unit_name = unit_name
        self.fiscal_year = fiscal_year
        self.blocks: list[Block] = []
        for page in reading.pages:
            for block in page.blocks:
                if isinstance(block, Grid):
                    self.blocks += carve(block, self._is_title, self._says_furniture, self._is_note)
                else:
                    self.blocks += cut(block, self._is_title, self._says_furniture)
        self.tables: list[OpenTable] = []
        self.rest: list[Block] = []
        self._bare_pages = {
            page.number
            for page in reading.pages
            if page.number is not None
            and not any(isinstance(b, Grid) or not self._is_furniture(b) for b in page.blocks)
        }
        self.unassigned: list[UnassignedNumber] = []
        self.unrecognised: list[UnrecognisedTable] = []
        self.open: OpenTable | None = None

    def run(self) -> Recognition:
        pending: list[TextLine] = []
        i = 0
        while i < len(self.blocks):
            block = self.blocks[i]
            if isinstance(block, Grid):
                self._grid(block, pending)
                pending = []
            elif (key := self._title(block.text)) is not None and (end := self._flattened_extent(i, key)):
                i = self._flattened(i, end, key, pending)
                pending = []
                continue
            elif key is None and (end := self._unknown_extent(i)):
                self._unknown(i, end, pending)
                pending = []
                i = end
                continue
            elif key is not None and (end := self._empty_extent(i)):
                self._empty(i, end, key, pending)
                pending = []
                i = end
                continue
            elif not (self._goes_on_as_line(block) or self._note(block, pending)):
                pending.append(block)
            i += 1
        self.rest.extend(pending)
        return self._result()

    def _title(self, text: str) -> str | None:
        return title_of(text, self.unit_name)

    def _is_title(self, text: str) -> bool:
        return self._title(text) is not None

    def _is_note(self, text: str) -> bool:
        return self.words.note.match(text) is not None

    # --- what stands around a table -----------------------------------------------------------------------------------

    def _note(self, line: TextLine, pending: Sequence[TextLine]) -> bool:
        """Take a line under a table as its note. A note goes on until a title, a heading or the next page."""
        table = self.open
        if table is None or any(not self.words.page.fullmatch(p.text.strip()) for p in pending):
            return False
        text = bare(line.text)
        begins = self.words.note.match(text) is not None
        says_empty = not table.notes and len(text) < 120 and self.words.no_activity.search(text) is not None
        goes_on = bool(table.notes) and not (
            _CHAPTER.match(text)
            or _HEADING.fullmatch(text)
            or self._is_furniture(line)
            or self._title(line.text)
            or (line.page is not None and line.page not in table.pages)
        )
        if not (begins or goes_on or says_empty) or len(table.notes) >= _NOTE_REACH:
            return False
        if begins or says_empty:
            table.notes.append(line.text.strip())
        else:
            table.notes[-1] += line.text.strip()
        return True

    def _is_furniture(self, line: TextLine) -> bool:
        """表1, 单位：万元, the name of the unit over a table, a page number: said around a table, not in it."""
        return self._says_furniture(bare(line.text)) or self.words.page.fullmatch(line.text.strip()) is not None

    def _says_furniture(self, text: str) -> bool:
        """Whether a text in the form of ``bare`` stands around tables, page numbers apart."""
        return bool(
            (len(text) < 60 and self.words.money_unit.search(text))
            or self.words.printed_number.fullmatch(text)
            or _LABELLED.match(text)
        )

    def _furniture_above(self, pending: Sequence[TextLine]) -> list[int]:
        """Which of the lines above a title belong to it: 表2, 单位：万元; a chapter heading may stand between."""
        found: list[int] = []
        for k in range(len(pending) - 1, -1, -1):
            if self._is_furniture(pending[k]):
                found.insert(0, k)
            elif not _CHAPTER.match(bare(pending[k].text)):
                break
        return found

    def _begin(
        self, key: str, title: str, around: Sequence[str], page: int | None, by: RecognisedBy | None = None
    ) -> OpenTable:
        """A table of the form begins; ``by`` is what said so where it was not its title."""
        known = titled(title, self.unit_name)
        texts = [bare(t) for t in (*around, title)]
        units = [m.group(1) for t in texts if (m := self.words.money_unit.search(t))]
        numbers = [m.group(0) for t in texts if (m := self.words.printed_number.match(t))]
        table = OpenTable(
            form=self.forms.tables[key],
            number=len(self.tables) + 1,
            title=clean(title),
            method=self._method(page),
            unassigned=self.unassigned,
            printed_number=numbers[0] if numbers else None,
            unit=units[0] if units else None,  # type: ignore[arg-type]
            pages=[page] if page is not None else [],
            recognised_by=by or (known[1] if known else None),
        )
        self.tables.append(table)
        self.open = table
        return table

    def _method(self, page: int | None) -> Method:
        """How the page was read."""
        return self.methods.get(page) or self.method

    def _goes_on_in(self, title: str) -> bool:
        """Whether a title says that its table began before (续表)."""
        return "续" in bare(title)[-5:]

    # --- grids --------------------------------------------------------------------------------------------------------

    def _grid(self, grid: Grid, pending: Sequence[TextLine]) -> None:
        """Read one grid with the lines that stand above it."""
        key, title, at = self._title_above(pending)
        if title is None and self.open is not None and self._continues(self.open, grid, pending):
            self.open.method = self._method(grid.page)
            read_grid(self.open, grid)
            return
        close = None
        by: RecognisedBy | None = None
        if title is None and (named := self._named(grid)):
            (key, title, by), at = named, len(pending)
        if title is None and (key := form_by_header(grid)):
            title, at, by = self.forms.tables[key].chinese, len(pending), "header"
        elif key is None and title is not None and (close := self._close_to(title, grid)):
            key, by = self.forms.titles[close], "close_title"
        if key is None or title is None:
            self._leave(grid, pending, title)
            return
        above = self._furniture_above(pending[:at])
        own = [*(pending[k] for k in above), *(p for p in pending[at:] if not _CHAPTER.match(bare(p.text)))]
        taken = {id(p) for p in own}
        self.rest.extend(p for p in pending if id(p) not in taken)
        table = self.open
        if table is None or table.form.key != key or not (self._goes_on_in(title) or self._repeated(table, grid)):
            heads = [c.text for c in grid.cells if c.row <= 1]
            table = self._begin(key, title, [p.text for p in own] + heads, grid.page, by)
        read_grid(table, grid)
        if close is not None:
            table.reason = f"its title {title} is close to {close}, and its header is that of this form"
        if table.unread and table.layout is None:
            self._keep(grid, title, "other_header", table.reason or "")

    def _repeated(self, table: OpenTable, grid: Grid) -> bool:
        """Whether a title stands again over the rest of its table: on the next page, with like columns and no row of
        what was read before.
        """
        if table.layout is None or not self._follows(table, grid) or not like_columns(table.layout, grid):
            return False
        trial = replace(table, unassigned=[], pages=[], layout=None, **_fresh())
        read_grid(trial, grid)
        return bool(trial.rows) and not trial.rows & table.rows

    def _close_to(self, title: str, grid: Grid) -> str | None:
        """The one known title that differs from this one by a single character, if the header agrees and no table of
        the report bears a title of that form exactly.
        """
        said = bare(title)
        found = {known for known in self.forms.titles if said.endswith(known[-3:]) and _one_apart(said, known)}
        keys = {self.forms.titles[known] for known in found}
        if len(keys) != 1 or keys & self._exact:
            return None
        (key,) = keys
        form = self.forms.tables[key]
        return min(found) if names_all_columns(form, grid) else None

    @cached_property
    def _exact(self) -> set[str]:
        """The forms of which a table stands under its exact title somewhere in the report."""
        found: set[str] = set()
        above: list[TextLine] = []
        for block in self.blocks:
            if isinstance(block, TextLine):
                above.append(block)
                continue
            key, _, _ = self._title_above(above)
            found |= {key} if key else set()
            above = []
        return found

    def _title_above(self, pending: Sequence[TextLine]) -> tuple[str | None, str | None, int]:
        """The nearest title above a grid and where it begins; the key is None for the title of no form."""
        for at in range(len(pending) - 1, max(-1, len(pending) - 1 - _TITLE_REACH), -1):
            text = pending[at].text.strip()
            if key := self._title(text):
                return key, text, at
            if at + 1 < len(pending):
                both = text + pending[at + 1].text.strip()
                if key := self._title(both):
                    return key, both, at
            if not self._is_furniture(pending[at]) and _OTHER_TITLE.fullmatch(bare(text)):
                return None, text, at
        return None, None, -1

    def _named(self, grid: Grid) -> tuple[str, str, RecognisedBy] | None:
        """The form whose title a sheet or the file it came from bears as its name, where nothing above says it."""
        page = self.sheets.get(grid.page)
        for name, by in _names(page) if page else ():
            if key := self._title(name):
                return key, name, by
        return None

    def _continues(self, table: OpenTable, grid: Grid, pending: Sequence[TextLine]) -> bool:
        """Whether a grid without a title goes on with the open table: nothing but furniture between, like columns."""
        between = all(self._is_furniture(p) or is_header_line(table.form, p.text) for p in pending)
        if table.layout is None or not between:
            return False
        return self._follows(table, grid) and like_columns(table.layout, grid)

    def _follows(self, table: OpenTable, grid: Grid) -> bool:
        """Whether a grid stands on the page of a table or on the next one of the same file."""
        sheet = self.sheets.get(grid.page)
        if sheet is not None and grid.page != table.page:
            # another sheet, or another file of an archive, is another table; pages of one file go on
            before = self.sheets.get(table.page)
            if sheet.name or before is None or before.part != sheet.part:
                return False
        if grid.page is None or table.page is None:
            return True
        return 0 <= grid.page - table.page <= 1 + self._empty_after(table.page)

    def _empty_after(self, page: int) -> int:
        """How many pages without anything but furniture follow a page."""
        count = 0
        while page + count + 1 in self._bare_pages:
            count += 1
        return count

    def _leave(self, grid: Grid, pending: Sequence[TextLine], title: str | None) -> None:
        """A grid that is no table of the form: kept whole as unrecognised if it prints figures, else for the text."""
        self.open = None
        self.rest.extend(pending)
        texts = [c.text for c in grid.cells]
        if not any(HAS_AMOUNT.search(t) for t in texts) or any(_INDICATORS.search(t) for t in [*texts, title or ""]):
            self.rest.append(grid)
            return
        reason = "no form has this title" if title else "no title above it, and its header is of no one form"
        self._keep(grid, title or "", "unknown_title" if title else "no_title", reason, alone=bool(pending))

    def _keep(self, grid: Grid, title: str, state: UnrecognisedState, reason: str, *, alone: bool = True) -> None:
        """Keep a grid as it was read; ``alone``: it is not the rest of the one before."""
        rows = [[""] * grid.n_cols for _ in range(grid.n_rows)]
        for cell in grid.cells:
            rows[cell.row][cell.col] = cell.text
        if alone or not self._goes_on_unrecognised(grid, rows):
            pages = (grid.page,) if grid.page is not None else ()
            self.unrecognised.append(UnrecognisedTable(title, pages, tuple(map(tuple, rows)), reason, state))

    def _goes_on_unrecognised(self, grid: Grid, rows: Sequence[Sequence[str]]) -> bool:
        """Join the rest of an unknown table, on the next page, to what was kept of it."""
        last = self.unrecognised[-1] if self.unrecognised else None
        if last is None or not last.pages or grid.page != last.pages[-1] + 1 or len(rows[0]) != len(last.grid[0]):
            return False
        joined = (*last.grid, *(tuple(row) for row in rows))
        self.unrecognised[-1] = replace(last, pages=(*last.pages, last.pages[-1] + 1), grid=joined)
        return True

    # --- flattened text -----------------------------------------------------------------------------------------------

    def _flattened_extent(self, i: int, key: str) -> int:
        """Where the flattened table that begins with the title at block ``i`` ends (exclusive); 0 if it is none."""
        form = self.forms.tables[key]
        end, text = i + 1, []
        while end < len(self.blocks):
            block = self.blocks[end]
            if isinstance(block, Grid):
                # a title shortly above a grid is the title of that grid
                if end - i <= _TITLE_REACH:
                    return 0
                break
            plain = bare(block.text)
            other = self._title(block.text)
            if (
                _CHAPTER.match(plain)
                or _HEADING.fullmatch(plain)
                or self.words.note.match(plain)
                or (len(plain) > 60 and plain.endswith("。"))
                or (other is not None and (other != key or not self._goes_on_in(block.text)))
                or self._is_unknown_title(end)
            ):
                break
            text.append(plain)
            end += 1
        head = "".join(text[:40])
        if form.facets:
            words = {w for facet in form.facets.values() for names in facet.values() for w in names.plain}
            return end if sum(w in head for w in words) >= 4 else 0
        found = sum(any(w in head for w in c.words.plain | c.group_words.plain) for c in form.all_columns)
        if form.kind == "economic":
            # one amount a line, under whichever of its names
            found *= 2
        furnished = any(w in head for w in ("项目", "科目", "编码", "栏次", "行次"))
        return end if found >= min(2, len(form.all_columns)) and furnished else 0

    def _flattened(self, i: int, end: int, key: str, pending: Sequence[TextLine]) -> int:
        """Read the flattened table in blocks [i, end); gives the index of the block after it."""
        own = self._furniture_above(pending)
        self.rest.extend(p for k, p in enumerate(pending) if k not in own)
        first, *lines = [b for b in self.blocks[i:end] if isinstance(b, TextLine)]
        # 单位：万元 and 表2 at the tail stand over the next table, not under this one
        tail = len(lines)
        while tail and self._is_furniture(lines[tail - 1]):
            tail -= 1
        near = [line.text for line in lines[: min(3, tail)] if self._is_furniture(line)]
        table = self._begin(key, first.text, [*(pending[k].text for k in own), *near], first.page)
        for line in lines[:tail]:
            if line.page is not None and line.page not in table.pages:
                table.pages.append(line.page)
        # its own title again, on the next page: ...（续表）
        own_lines = [line for line in lines[:tail] if self._title(line.text) != key]
        rest = without_furniture(own_lines, self._is_furniture)
        if not any(HAS_AMOUNT.search(line.text) for line in rest):
            # a header, and in place of rows that there are none
            said = [line for line in rest if self.words.no_activity.search(bare(line.text))]
            table.notes += [line.text.strip() for line in said]
            rest = [line for line in rest if line not in said]
        (read_list if table.form.kind == "open" else read_flattened)(table, rest)
        return end - (len(lines) - tail)

    # --- flattened text under a title of no form ----------------------------------------------------------------------

    def _is_unknown_title(self, i: int) -> bool:
        """Whether the line at block ``i`` is a title that no form has: ...表, and behind it the number of a table or
        the unit of money.
        """
        block = self.blocks[i]
        if isinstance(block, Grid) or not _UNKNOWN_TITLE.fullmatch(bare(block.text)) or self._is_title(block.text):
            return False
        behind = self.blocks[i + 1 : i + 3]
        return any(
            not isinstance(b, Grid)
            and (self.words.printed_number.fullmatch(bare(b.text)) or self.words.money_unit.search(bare(b.text)))
            for b in behind
        )

    def _unknown_extent(self, i: int) -> int:
        """Where such a table ends (exclusive); 0 where there is none, or where it has no figures or is a grid."""
        if not self._is_unknown_title(i):
            return 0
        end, figures = i + 1, False
        while end < len(self.blocks):
            block = self.blocks[end]
            if isinstance(block, Grid):
                return 0
            plain = bare(block.text)
            if (
                _CHAPTER.match(plain)
                or _HEADING.fullmatch(plain)
                or self.words.note.match(plain)
                or plain.endswith("。")
                or self._is_title(block.text)
                or self._is_unknown_title(end)
            ):
                break
            figures = figures or HAS_AMOUNT.search(block.text) is not None
            end += 1
        return end if figures else 0

    def _unknown(self, i: int, end: int, pending: Sequence[TextLine]) -> None:
        """Keep the lines of such a table as rows: what white space parts are its cells."""
        self.open = None
        self.rest.extend(pending)
        first, *lines = [b for b in self.blocks[i:end] if isinstance(b, TextLine)]
        rows = [line.text.split() for line in lines if not self._is_furniture(line)]
        width = max(map(len, rows))
        pages = tuple(sorted({line.page for line in lines if line.page is not None and not self._is_furniture(line)}))
        grid = tuple((*row, *[""] * (width - len(row))) for row in rows)
        reason = "no form has this title; its cells are what white space parts"
        self.unrecognised.append(UnrecognisedTable(first.text.strip(), pages, grid, reason, "unknown_title"))

    def _goes_on_as_line(self, line: TextLine) -> bool:
        """Take a line behind a table of blocks that says one row or more of it: 人员经费合计 6.85 公用经费合计 0.67.

        A page without lines may end in rows that print too little to be a grid.
        """
        table = self.open
        if table is None or table.form.kind != "economic" or table.layout is None or line.page is None:
            return False
        if not table.page or not 0 <= line.page - table.page <= 1:
            return False
        return read_rows(table, line)

    # --- a title with nothing but a note ------------------------------------------------------------------------------

    def _empty_extent(self, i: int) -> int:
        """Where a table ends (exclusive) of which a report prints its title and that it is empty; 0 if it is none."""
        for end in range(i + 1, min(i + 1 + _TITLE_REACH, len(self.blocks))):
            block = self.blocks[end]
            if isinstance(block, Grid) or self._title(block.text):
                return 0
            text = bare(block.text)
            if self.words.no_activity.search(text) or (self._is_note(text) and self.words.withheld.search(text)):
                return end + 1 if len(text) < 120 else 0
            if not self._is_furniture(block):
                return 0
        return 0

    def _empty(self, i: int, end: int, key: str, pending: Sequence[TextLine]) -> None:
        """A table without a grid: its title in block ``i``, its note in the last of the blocks up to ``end``."""
        own = self._furniture_above(pending)
        self.rest.extend(p for k, p in enumerate(pending) if k not in own)
        first, *lines = [b for b in self.blocks[i:end] if isinstance(b, TextLine)]
        around = [*(pending[k].text for k in own), *(line.text for line in lines[:-1])]
        self._begin(key, first.text, around, first.page).notes.append(lines[-1].text.strip())

    # --- the result ---------------------------------------------------------------------------------------------------

    def _result(self) -> Recognition:
        units = Counter(t.unit for t in self.tables if t.unit)
        common: MoneyUnit | None = units.most_common(1)[0][0] if units else None
        settle(self.tables, self.fiscal_year, common)
        tables: list[ReportTable] = []
        cells: list[Cell] = []
        for table in self.tables:
            record, own = table.finish(common)
            tables.append(record)
            cells.extend(own)
        tables.extend(self._absent({t.form.key for t in self.tables}))
        return Recognition(
            tuple(tables),
            tuple(cells),
            tuple(self.unrecognised),
            tuple(self.unassigned),
            tuple(self.rest),
            common,
        )

    def _absent(self, have: set[str]) -> Iterable[ReportTable]:
        """A record for every table of the form that the report does not have."""
        for form in self.forms.tables.values():
            if form.key in have or form.local:
                continue
            if form.owed_in(self.fiscal_year):
                yield ReportTable(form.key, 0, form.chinese, "missing", reason="the report has no such table")
            else:
                yield ReportTable(form.key, 0, form.chinese, "not_required", reason="not required in that fiscal year")


def _fresh() -> dict[str, Any]:
    """What a table has before any row of it is read."""
    return {"_cells": [], "_seen": set(), "_parent": {}, "_last": {}}


def _one_apart(said: str, known: str) -> bool:
    """Whether two titles differ by one character that is another, missing or too many."""
    if abs(len(said) - len(known)) > 1:
        return False
    head = next((i for i, (a, b) in enumerate(zip(said, known, strict=False)) if a != b), min(len(said), len(known)))
    a, b = said[head:], known[head:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:]


def _names(page: Page) -> list[tuple[str, RecognisedBy]]:
    """What a sheet is called, and the file of an archive that it stands in, without its extension."""
    names: list[tuple[str, RecognisedBy]] = [(page.name, "sheet_name")] if page.name else []
    if page.part:
        names.append((PurePosixPath(page.part).stem, "file_name"))
    return names
