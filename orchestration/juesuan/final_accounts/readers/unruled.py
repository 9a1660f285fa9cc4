"""Tables without lines down the page: columns told by the alignment of what is printed, rows by baselines and rules.

Belongs here: which lines of text are a table, where its header, its body and it itself begin and end, the raster that
comes of it. Does not belong here: the pieces of lines (unruled_pieces.py), columns (unruled_columns.py), rows
(unruled_rows.py), the words of a header (unruled_header.py), tables whose lines are drawn (raster.py) or partly drawn
(partly.py), and what any word means.

How it works. A line of text is cut into *pieces* where a gap parts them. Lines that print amounts alone in a gap are
*anchors*; anchors that follow each other are a table if their pieces stand in the same strips of the page. What does
not fit ends the table. Header words above are given to the strips they stand over; a word over several is taken for
centred over them. Wherever geometry allows two answers the table is not built: its lines stay lines, and running text
with figures in it never becomes a table.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from juesuan.final_accounts.readers.raster import Area, Line, Raster, raster_of
from juesuan.final_accounts.readers.runs import Run
from juesuan.final_accounts.readers.unruled_again import header_again
from juesuan.final_accounts.readers.unruled_columns import columns_of, count_numbers, fitting, strips_of, zoned
from juesuan.final_accounts.readers.unruled_header import Columns, as_before, header_columns, under_drawn
from juesuan.final_accounts.readers.unruled_pieces import LEADING, NEAR, Piece, Print, Strip, counts_up, lines_of, near
from juesuan.final_accounts.readers.unruled_rows import TOUCHING, rows_of

# How a note under a table begins; it is no row.
_NOTE = re.compile(r"(?:注|说明|备注|注释)\d?\s*[:：、.]")
#: A name that is merged over columns is no longer than this, in parts of the size of the type.
_SHORT = 8.0
# 单位：万元, 编制单位：…: said over a table with a colon, as no header word is (其中：… apart).
_SAID_ABOVE = re.compile(r"(?!其\s*中).*[:：]")


@dataclass(slots=True)
class Hints:
    """What else a page shows: ``rules`` across and ``walls`` down that make no raster (edges of shaded bands are
    rules), ``heads``: rasters without figures, which may be the header of what stands below, and ``last``: the last
    table of the page before, which may go on with its header or without."""

    rules: Sequence[Line] = ()
    walls: Sequence[Line] = ()
    heads: Sequence[Raster] = ()
    last: Raster | None = None


def aligned(runs: list[Run], hints: Hints) -> tuple[list[Raster], list[Run], list[Raster]]:
    """The tables among these runs, filled; the runs that are left; the heads that became part of a table."""
    again = header_again(runs, hints.last)
    if again is not None:
        head, rest = again
        tables = _tables(rest, replace(hints, heads=[*hints.heads, head]), head)
        if any(table.head is head for table in tables):
            return _given(runs, tables)
    return _given(runs, _tables(runs, hints))


def _given(runs: list[Run], tables: Sequence[_Table]) -> tuple[list[Raster], list[Run], list[Raster]]:
    used = {id(run) for table in tables for run in table.runs}
    heads = [table.head for table in tables if table.head is not None]
    return [table.raster for table in tables], [r for r in runs if id(r) not in used], heads


def _tables(runs: list[Run], hints: Hints, again: Raster | None = None) -> list[_Table]:
    """The tables among these runs; ``again`` is the header of the page before, which was printed over some of them."""
    if sum(r.text[-1].isdigit() for r in runs) < (1 if again else 2):
        return []
    lines = lines_of(runs)
    groups = _groups(lines, [i for i, line in enumerate(lines) if line.anchor])
    page = _Page(lines, hints, hints.last.xs if hints.last is not None else (), again)
    if again is not None:
        below = list(itertools.takewhile(lambda i: _keeps_to(lines[i], again.xs), page.below(again)))
        if below and not any(i in below for group in groups for i in group):
            # Names without a figure.
            groups = sorted([*groups, below])
    for group in groups:
        page.tables(group)
    return page.found


def _keeps_to(line: Print, xs: Sequence[float]) -> bool:
    """Whether a line of names stands between the borders of columns, as no sentence and no note below a table does."""
    if _NOTE.match(line.pieces[0].text):
        return False
    crossing = (sum(p.x0 + 0.15 * p.size < x < p.x1 - 0.15 * p.size for x in xs) for p in line.pieces)
    return all(n == 0 or p.x1 - p.x0 <= _SHORT * p.size for n, p in zip(crossing, line.pieces, strict=True))


def _groups(lines: Sequence[Print], anchors: Sequence[int]) -> list[list[int]]:
    """Anchors without a large gap between them."""
    groups: list[list[int]] = []
    for i in anchors:
        if groups and all(
            near(lines[k], lines[k + 1]) or _same_pitch(lines, groups[-1], k, i) for k in range(groups[-1][-1], i)
        ):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _same_pitch(lines: Sequence[Print], group: Sequence[int], k: int, i: int) -> bool:
    """Whether a large step down is that of the rows above it."""
    if len(group) < 2 or k != group[-1] or i != k + 1:
        return False
    pitch = lines[group[-1]].base - lines[group[-2]].base
    return lines[i].base - lines[k].base <= 1.3 * pitch


@dataclass(slots=True)
class _Table:
    raster: Raster
    runs: list[Run]
    last: int
    head: Raster | None = None


@dataclass(slots=True)
class _Page:
    """Walks the groups of a page once, from the top; ``top`` is the first line that is of no table yet."""

    lines: list[Print]
    hints: Hints
    before: Sequence[float]
    again: Raster | None = None  # the header of the page before, printed again
    top: int = 0
    found: list[_Table] = field(default_factory=list)

    def tables(self, group: list[int]) -> None:
        """The tables of a group of anchors: cut where a line does not fit in the columns of those around it."""
        lines = self.lines
        rows = [lines[i].pieces for i in self._with_wrapped(group)]
        for xs, head in self._borders(group):
            zones = zoned(rows, xs)
            table = zones and self._table(group, zones, xs, head)
            if table:
                self._keep(table)
                return
        strips = strips_of(rows)
        if strips is None:
            # Two tables close to each other: cut at the widest step between anchors, if there is one.
            cut = _widest(lines, group)
            if cut is not None:
                self._both(group[:cut], group[cut:])
            return
        for k in range(len(group) - 1):
            for i in range(group[k] + 1, group[k + 1]):
                if fitting(lines[i], strips) is None:
                    self._both(group[: k + 1], group[k + 1 :])
                    return
        table = self._table(group, strips)
        if table is None and (zones := zoned(rows, self.before)):
            # A page that goes on under the same header, where most of the columns are blank.
            table = self._table(group, zones, self.before)
        if table:
            self._keep(table)

    def _with_wrapped(self, group: Sequence[int]) -> list[int]:
        """The anchors with the lines that would print over them: of names in two lines none is level with figures."""
        lines = self.lines
        own = set(group)
        for i in group:
            for step in (-1, 1):
                k = i + step
                while self.top <= k < len(lines) and not lines[k].anchor:
                    if abs(lines[k].base - lines[i].base) >= TOUCHING * max(lines[i].size, lines[k].size):
                        break
                    own.add(k)
                    k += step
        return sorted(own)

    def _keep(self, table: _Table) -> None:
        self.found.append(table)
        self.top, self.before = table.last + 1, table.raster.xs

    def _both(self, first: list[int], second: list[int]) -> None:
        self.tables(first)
        self.top = max(self.top, first[-1] + 1)
        self.tables(second)

    def _borders(self, group: Sequence[int]) -> Iterator[tuple[list[float], Raster | None]]:
        """Borders of columns that are drawn: lines down beside the rows, or the header above them."""
        lines = self.lines
        top, bottom = lines[group[0]], lines[group[-1]]
        left = min(lines[i].pieces[0].x0 for i in group)
        right = max(lines[i].pieces[-1].x1 for i in group)
        xs = sorted(
            x
            for x, y0, y1 in self.hints.walls
            if y0 <= top.base - 0.3 * top.size and y1 >= bottom.base - 0.5 * bottom.size
        )
        inner = [x for x in xs if left < x < right]
        if inner:
            outer = [x for x in xs if x <= left][-1:] or [left - 2.0]
            yield [*outer, *inner, *([x for x in xs if x >= right][:1] or [right + 2.0])], None
        heads = [
            head
            for head in self.hints.heads
            if (
                group[0] in self.below(head)
                if head is self.again
                else 0 <= top.base - head.ys[-1] <= 2 * NEAR * top.size
            )
            and head.xs[0] - 2 * top.size <= left
            and right <= head.xs[-1] + 2 * top.size
            and not any(head is table.head for table in self.found)
        ]
        if heads:
            head = max(heads, key=lambda h: h.ys[-1])
            yield head.xs, head

    def below(self, head: Raster) -> list[int]:
        """The lines below a header that follow each other without a large gap: none larger than the page before has."""
        out: list[int] = []
        base = head.ys[-1]
        last = self.hints.last
        step = max((b - a for a, b in itertools.pairwise(last.ys)), default=0.0) if last is not None else 0.0
        for i, line in enumerate(self.lines):
            if line.base <= head.ys[-1]:
                continue
            if line.base - base > max(NEAR * line.size, 1.1 * step):
                break
            out.append(i)
            base = line.base
        return out

    def _usual_step(self) -> float | None:
        """From row to row on the page before, where nothing wraps."""
        last = self.hints.last
        body = last.ys[max((a.row_end for a in self.again.areas), default=0) :] if last and self.again else ()
        return min((b - a for a, b in itertools.pairwise(body)), default=None)

    def _table(
        self, group: list[int], strips: list[Strip], xs: Sequence[float] = (), head: Raster | None = None
    ) -> _Table | None:
        lines, rules = self.lines, self.hints.rules
        figures = sum(s.figures for s in strips)
        if figures < 1:
            figures = count_numbers(strips)
        again = head is not None and head is self.again
        if (figures < 1 and not again) or len(strips) < 2:
            return None
        x0, x1 = strips[0].x0, strips[-1].x1
        size = median(lines[i].size for i in group)
        wide = [r for r in rules if min(r[2], x1) - max(r[1], x0) >= 0.6 * (x1 - x0)]
        top = self.top
        if head is not None:
            top = max(top, next(i for i, line in enumerate(lines) if line.base > head.ys[-1]))
        first, header = (top, []) if again else _header_lines(lines, group[0], strips, wide, top, size)
        if head is not None:
            first, header = (first, []) if not header else (top, [])
        usual = self._usual_step() if again else None
        last = group[-1] if figures < 1 else _last_line(lines, group, strips, wide, size, usual)
        body = list(range(first, last + 1))
        placed = [fitting(lines[i], strips) for i in body]
        if any(p is None for p in placed):
            return None
        upper = lines[header[0] if header else first].base - 3 * size
        ruled = [r[0] for r in wide if upper < r[0] < lines[last].base + 3 * size]
        numbered = [any(p.number for p, _, _ in row or ()) for row in placed]
        rows = rows_of([lines[i].base for i in body], numbered, size, ruled, usual)
        if rows is None:
            return None
        columns: Columns | None
        if head is not None:
            columns = under_drawn(head)
        elif header:
            columns = header_columns(lines, header, strips, rules, size, xs)
            # Evidence: rules, or several rows of several figures, or a header word over every column.
            strong = (figures >= 2 and len(group) >= 3) or (len(ruled) >= 2 and figures >= 1) or bool(xs)
            if columns is None or (not strong and not (all(columns.named) and (figures >= 3 or len(group) >= 3))):
                return None
        elif first == top or lines[first].base - lines[first - 1].base > 2.2 * size or _says(lines[first - 1]):
            columns = as_before(strips, self.before, size)
        else:
            return None  # what stands above may be a header
        if columns is None:
            return None
        table = _built(lines, body, placed, rows, header, columns, last)
        if table:
            table.head = head
        return table


def _widest(lines: Sequence[Print], group: Sequence[int]) -> int | None:
    """Where to cut a group: before the anchor that is furthest from the one above it, with other lines between."""
    steps = [(lines[b].base - lines[a].base, k) for k, (a, b) in enumerate(itertools.pairwise(group), 1)]
    between = [step for step in steps if group[step[1]] - group[step[1] - 1] > 1]
    return max(between)[1] if between else None


# --- one table -------------------------------------------------------------------------------------------------------


def _header_lines(
    lines: Sequence[Print], anchor: int, strips: Sequence[Strip], rules: Sequence[Line], top: int, size: float
) -> tuple[int, list[int]]:
    """The first line of the body, and the lines of the header above it."""
    # Lines of names between the header and the first figures belong to the body.
    first = anchor
    while first > top and near(lines[first - 1], lines[first]) and _is_row(lines[first - 1], strips):
        first -= 1
    header: list[int] = []
    width = strips[-1].x1 - strips[0].x0
    middle = (strips[-1].x1 + strips[0].x0) / 2
    i = first - 1
    while i >= top:
        line = lines[i]
        below = lines[i + 1]
        gap = below.base - line.base
        if gap > (NEAR + 1) * size or line.anchor:
            break
        if _says(line):
            break
        # Columns without a figure may lie at the right of those that have some.
        reach = max([strips[-1].x1, *(p.x1 for k in header for p in lines[k].pieces)])
        inside = gap <= LEADING * size or all(
            p.x1 > strips[0].x0 - 6 * size and p.x0 < reach + 6 * size for p in line.pieces
        )
        if (not inside and len(line.pieces) < 2) or max(p.size for p in line.pieces) > 1.25 * size:
            break
        # 公开01表, 万元: above the header at the edge of the table. Above numbers of columns alone: a wrapped word.
        if (
            not (header and all(_numbers_columns(lines[k]) for k in header))
            and len(line.pieces) <= 2
            and gap > LEADING * size
            and all(abs(p.x1 - strips[-1].x1) <= size or abs(p.x0 - strips[0].x0) <= size for p in line.pieces)
        ):
            break
        if len(line.pieces) == 1:
            (p,) = line.pieces
            centred = abs(p.middle - middle) <= min(0.12 * width, 2.5 * size)
            crossed = any(line.base < y < below.base - 0.3 * size and b - a >= 0.9 * width for y, a, b in rules)
            # One word alone: a group word or a part of a wrapped one, or else the title of the table.
            if p.x1 - p.x0 > 0.6 * width or (centred and (crossed or gap > 2.4 * size or not header)):
                break
            if crossed and not any(0.5 * size < line.base - r[0] < 8 * size for r in rules):
                break
        header.append(i)
        i -= 1
    header.reverse()
    if not any(_over_figures(lines[i], strips) for i in header):
        return first, []
    return first, header


def _numbers_columns(line: Print) -> bool:
    """Whether a line is 栏次 1 2 3."""
    return counts_up([p.text for p in line.pieces if p.number])


def _says(line: Print) -> bool:
    """Whether a line says something of the table, as no line of its header does."""
    return any(_SAID_ABOVE.match(p.text) for p in line.pieces)


def _over_figures(line: Print, strips: Sequence[Strip]) -> bool:
    """Whether some words of a line stand where the figures stand."""
    first = next(k for k, s in enumerate(strips) if s.figures)
    left = strips[first - 1].x1 if first else strips[0].x0
    return any(not p.amount and p.x1 > left for p in line.pieces) and not _is_row(line, strips)


def _is_row(line: Print, strips: Sequence[Strip]) -> bool:
    """Whether a line without amounts is of the body: names begin where others do, numbers stand under numbers."""
    numbers: list[str] = []
    for p in line.pieces:
        where = columns_of(p, strips)
        if where is None:
            return False
        strip = strips[where[0]]
        if p.number:
            if strip.figures:
                numbers.append(p.text)
            elif not strip.numbers:
                return False
            continue
        # Names begin where others do or are set in by some ideographs; header words stand in the middle.
        begins = min((q.x0 for q in strip.pieces), default=p.x0)
        if strip.figures or (strip.numbers and strip.pieces) or not -0.3 * p.size <= p.x0 - begins <= 4.5 * p.size:
            return False
    return not counts_up(numbers)


def _last_line(
    lines: Sequence[Print],
    group: Sequence[int],
    strips: Sequence[Strip],
    rules: Sequence[Line],
    size: float,
    usual: float | None,
) -> int:
    """The last line of the body: names below the last figures, up to a rule, a note or another distance.

    ``usual``: from row to row on the page before, where this one goes on with it.
    """
    last = group[-1]
    steps = [b.base - a.base for a, b in itertools.pairwise(lines[group[0] : last + 1])]
    pitch = max(1.25 * (usual or 1.28 * size), 1.1 * max(steps, default=0.0))
    while last + 1 < len(lines):
        line = lines[last + 1]
        gap = line.base - lines[last].base
        if line.anchor or gap > max(pitch, 1.3 * size) or fitting(line, strips) is None:
            break
        if _NOTE.match(line.pieces[0].text) or not _is_row(line, strips):
            break
        crossing = [r for r in rules if lines[last].base - 0.1 * size < r[0] < line.base - 0.3 * size]
        lower = [r for r in rules if line.base - 0.1 * size < r[0] < line.base + 2.5 * size]
        if crossing and not lower:
            break
        last += 1
    return last


def _built(
    lines: Sequence[Print],
    body: Sequence[int],
    placed: Sequence[list[tuple[Piece, int, int]] | None],
    rows: Sequence[Sequence[int]],
    header: Sequence[int],
    columns: Columns,
    last: int,
) -> _Table | None:
    """The raster of a table, with its text in it."""
    depth = columns.depth
    size = lines[body[0]].size
    ends = [max(lines[body[i]].base for i in row) for row in rows]
    starts = [min(lines[body[i]].base for i in row) for row in rows]
    ys: list[float] = []
    if columns.ys:
        ys += columns.ys
    elif depth:
        top = min(lines[i].base for i in header) - size
        foot = max(lines[i].base for i in header) + 0.3 * size
        ys += [top + (foot - top) * k / depth for k in range(depth + 1)]
    else:
        ys.append(starts[0] - 0.9 * size)
    ys += [(a + 0.2 * size + b - 0.8 * size) / 2 for a, b in zip(ends, starts[1:], strict=False)]
    ys.append(ends[-1] + 0.3 * size)
    areas: list[Area] = []
    runs: list[Run] = []
    taken: dict[tuple[int, int], Area] = {}
    for row, col, row_end, col_end, pieces in columns.cells:
        area = Area(row, col, row_end, col_end, [r for p in pieces for r in p.runs])
        runs += area.runs
        areas.append(area)
        for r in range(row, row_end):
            for c in range(col, col_end):
                if (r, c) in taken:
                    return None
                taken[r, c] = area
    for r, row_lines in enumerate(rows, depth):
        found: dict[int, Area] = {}
        for i in row_lines:
            for piece, first, end in placed[i] or ():
                col, col_end = columns.of[first], columns.of[end - 1] + 1
                old = next((found[c] for c in range(col, col_end) if c in found), None)
                if old is None:
                    area = Area(r, col, r + 1, col_end, list(piece.runs))
                    for c in range(col, col_end):
                        found[c] = area
                elif piece.amount or (old.col, old.col_end) != (col, col_end):
                    return None  # two figures in one cell, or cells merged in one line of a row and not in the next
                else:
                    old.runs += piece.runs
                runs += piece.runs
        seen: set[int] = set()
        for c in range(columns.n):
            area_or_none = found.get(c)
            if area_or_none is None:
                area_or_none = Area(r, c, r + 1, c + 1)
            if id(area_or_none) not in seen:
                seen.add(id(area_or_none))
                areas.append(area_or_none)
    areas += (Area(r, c, r + 1, c + 1) for c in range(columns.n) for r in range(depth) if (r, c) not in taken)
    raster = raster_of(columns.xs, ys, areas)
    return _Table(raster, runs, last) if raster else None


def parted_rows(
    runs: Sequence[Run], xs: Sequence[float], top: float, bottom: float
) -> tuple[list[float], list[Area]] | None:
    """Rows between two rules whose columns are drawn: the y between the rows, and a cell for each row and column.

    None where what is printed does not keep to the columns, or the distances of the lines do not decide.
    """
    lines = lines_of(list(runs))
    strips = zoned([line.pieces for line in lines], xs)
    if strips is None:
        return None
    placed = [fitting(line, strips) for line in lines]
    if any(row is None for row in placed):
        return None
    size = median(line.size for line in lines)
    numbered = [any(p.number for p in line.pieces) for line in lines]
    rows = rows_of([line.base for line in lines], numbered, size, ())
    if rows is None:
        return None
    columns = Columns(len(strips), list(range(len(strips))), list(xs), [], 0)
    table = _built(lines, range(len(lines)), placed, rows, (), columns, len(lines) - 1)
    if table is None:
        return None
    return table.raster.ys[1:-1], table.raster.areas
