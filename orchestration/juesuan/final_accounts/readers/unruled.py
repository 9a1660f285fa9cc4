"""Tables without lines down the page: columns told by the alignment of what is printed, rows by baselines and rules.

Belongs here: which lines of text stand in columns, where the columns are, which baselines are one row, which header
word stands over which columns. Does not belong here: tables whose lines are drawn (raster.py) or partly drawn
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
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from juesuan.final_accounts.readers.cells import figures_in
from juesuan.final_accounts.readers.raster import Area, Line, Raster, raster_of
from juesuan.final_accounts.readers.runs import Run, join, visual_lines

# --- distances, in parts of the size of the type ---------------------------------------------------------------------
#: A gap this wide parts pieces of text.
PIECE_GAP = 0.6
#: An amount alone in its cell has this much room at both sides.
ALONE = 0.5
#: Edges that differ by no more are aligned.
ALIGNED = 0.35
#: Lines further from each other than this are not of one table, unless rules or rows of that height say so.
NEAR = 3.6
#: Baselines nearer than this belong to one row: the lines would print over each other.
TOUCHING = 0.95
#: Lines of one wrapped name are no further apart.
LEADING = 1.45
#: Ideographs of one header word may be spaced out this far (项    目).
SPACED_OUT = 5.0
# So many ways to share columns among header words are no header.
_MOST_WAYS = 500

_AMOUNT = re.compile(r"[-−－–(（]?(?:\d[\d,，]*[.．]\d+|\d{1,3}(?:[,，]\d{3})+)[)）]?%?")
_DASH = re.compile(r"[-−－–—]{1,3}")
_CODE = re.compile(r"\d{3,7}")
_CODE_AND_NAME = re.compile(r"(\d{3,7})\s*[^\d\s.,].*")
_NAME_AND_AMOUNT = re.compile(r".*[\u2e80-\uffef]([-−]?\d[\d,]*\.\d+)")
_NUMBER = re.compile(r"[-−－–—]?\d[\d,，.．]*%?|[-−－–—/]{1,3}")
# How a note under a table begins; it is no row.
_NOTE = re.compile(r"(?:注|说明|备注|注释)\d?\s*[:：、.]")
# 单位：万元, 编制单位：…: said over a table with a colon, as no header word is (其中：… apart).
_SAID_ABOVE = re.compile(r"(?!其\s*中).*[:：]")


def is_amount(text: str) -> bool:
    """Whether this is nothing but a figure with decimals or with thousands parted."""
    return _AMOUNT.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether this is nothing but a number, or the dash that stands for none."""
    return _NUMBER.fullmatch(text) is not None or is_amount(text)


@dataclass(slots=True)
class Piece:
    """What stands between two gaps of one line."""

    runs: list[Run]
    x0: float
    x1: float
    base: float
    size: float
    text: str
    number: bool
    amount: bool
    alone: bool = False
    line: int = -1

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(slots=True)
class Strip:
    """One column: from where to where its pieces reach."""

    x0: float
    x1: float
    pieces: list[Piece] = field(default_factory=list)
    counted: bool = False  # numbers without decimals are its figures

    @property
    def figures(self) -> bool:
        return self.counted or any(p.amount for p in self.pieces)

    @property
    def numbers(self) -> bool:
        return all(p.number for p in self.pieces)


def pieces_of(line: Sequence[Run]) -> list[Piece]:
    """A line of runs (left to right) cut where a gap parts its words; numbers part at any gap."""
    out: list[Piece] = []
    held: list[Run] = []
    last_number = False
    for run in _parts(line):
        number = is_number(run.text)
        if held:
            gap = run.x0 - held[-1].x1
            size = max(run.size, held[-1].size)
            # A code and a name may stand in one cell, parted by a space.
            if gap > PIECE_GAP * size or number or (last_number and not _CODE.fullmatch(held[-1].text)):
                if run.text == held[-1].text and abs(run.x0 - held[-1].x0) < 0.3 * size:
                    continue  # printed twice
                out.append(_piece(held))
                held = []
        held.append(run)
        last_number = number
    if held:
        out.append(_piece(held))
    for k, piece in enumerate(out):
        room = ALONE * piece.size
        piece.alone = (k == 0 or piece.x0 - out[k - 1].x1 >= room) and (
            k == len(out) - 1 or out[k + 1].x0 - piece.x1 >= room
        )
    return out


def _parts(line: Sequence[Run]) -> Iterator[Run]:
    """The runs of a line; a name that all but touches the amount after it is parted from it."""
    for run in line:
        if run.text[-1].isdigit() and (both := _NAME_AND_AMOUNT.fullmatch(run.text)):
            k = both.start(1)
            if run.starts[k] - run.ends[k - 1] > 0.12 * run.size:
                yield run.part(0, k)
                run = run.part(k, len(run.text))
        if run.text.count(".") > 1 and len(joined := figures_in(run.text, 0, len(run.text))) > 1:
            yield from (run.part(a, b) for a, b in joined)
            continue
        yield run


def _piece(runs: list[Run]) -> Piece:
    text = runs[0].text if len(runs) == 1 else join(runs)
    first = runs[0]
    return Piece(
        runs,
        first.x0,
        max(r.x1 for r in runs),
        first.base,
        max(r.size for r in runs),
        text,
        is_number(text),
        is_amount(text),
    )


# --- the page --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Text:
    """One line of the page in its pieces."""

    pieces: list[Piece]
    base: float
    size: float
    anchor: bool


@dataclass(slots=True)
class Hints:
    """What else a page shows: ``rules`` across and ``walls`` down that make no raster (edges of shaded bands are
    rules), ``heads``: rasters without figures, which may be the header of what stands below, and ``before``: the
    column borders of the last table, in which one without header may go on."""

    rules: Sequence[Line] = ()
    walls: Sequence[Line] = ()
    heads: Sequence[Raster] = ()
    before: Sequence[float] = ()


def aligned(runs: list[Run], hints: Hints) -> tuple[list[Raster], list[Run], list[Raster]]:
    """The tables among these runs, filled; the runs that are left; the heads that became part of a table."""
    if sum(r.text[-1].isdigit() for r in runs) < 2:
        return [], runs, []
    lines = _lines(runs)
    anchors = [i for i, line in enumerate(lines) if line.anchor]
    if not anchors:
        return [], runs, []
    page = _Page(lines, hints, hints.before)
    for group in _groups(lines, anchors):
        page.tables(group)
    used = {id(run) for table in page.found for run in table.runs}
    heads = [table.head for table in page.found if table.head is not None]
    return [table.raster for table in page.found], [r for r in runs if id(r) not in used], heads


def _lines(runs: list[Run]) -> list[_Text]:
    out = []
    for line in visual_lines(runs):
        pieces = pieces_of(line)
        alone = [p for p in pieces if p.alone]
        amounts = sum(p.amount for p in alone)
        numbers = [p.text for p in alone if p.number]
        anchor = (amounts >= 1 and len(pieces) >= 2) or (len(numbers) >= 3 and not _counts_up(numbers))
        size = max(p.size for p in pieces)
        out.append(_Text(pieces, pieces[0].base, size, anchor))
    return out


def _counts_up(texts: Sequence[str]) -> bool:
    """1 2 3 4: the numbers of columns (two blocks may count each for itself)."""
    if not all(t.isdigit() for t in texts):
        return False
    values = [int(t) for t in texts]
    steps = [b - a for a, b in itertools.pairwise(values)]
    return bool(steps) and values[0] <= 9 and all(s == 1 or b == 1 for s, b in zip(steps, values[1:], strict=True))


def _groups(lines: Sequence[_Text], anchors: Sequence[int]) -> list[list[int]]:
    """Anchors without a large gap between them."""
    groups: list[list[int]] = []
    for i in anchors:
        if groups and all(
            _near(lines[k], lines[k + 1]) or _same_pitch(lines, groups[-1], k, i) for k in range(groups[-1][-1], i)
        ):
            groups[-1].append(i)
        else:
            groups.append([i])
    return groups


def _near(a: _Text, b: _Text) -> bool:
    return b.base - a.base <= NEAR * max(a.size, b.size)


def _same_pitch(lines: Sequence[_Text], group: Sequence[int], k: int, i: int) -> bool:
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

    lines: list[_Text]
    hints: Hints
    before: Sequence[float]
    top: int = 0
    found: list[_Table] = field(default_factory=list)

    def tables(self, group: list[int]) -> None:
        """The tables of a group of anchors: cut where a line does not fit in the columns of those around it."""
        lines = self.lines
        rows = [lines[i].pieces for i in group]
        for xs, head in self._borders(group):
            zones = _zoned(rows, xs)
            table = zones and self._table(group, zones, xs, head)
            if table:
                self._keep(table)
                return
        strips = _strips(rows)
        if strips is None:
            # Two tables close to each other: cut at the widest step between anchors, if there is one.
            cut = _widest(lines, group)
            if cut is not None:
                self._both(group[:cut], group[cut:])
            return
        for k in range(len(group) - 1):
            for i in range(group[k] + 1, group[k + 1]):
                if _fitting(lines[i], strips) is None:
                    self._both(group[: k + 1], group[k + 1 :])
                    return
        table = self._table(group, strips)
        if table is None and (zones := _zoned(rows, self.before)):
            # A page that goes on under the same header, where most of the columns are blank.
            table = self._table(group, zones, self.before)
        if table:
            self._keep(table)

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
            if 0 <= top.base - head.ys[-1] <= 2 * NEAR * top.size
            and head.xs[0] - 2 * top.size <= left
            and right <= head.xs[-1] + 2 * top.size
            and not any(head is table.head for table in self.found)
        ]
        if heads:
            head = max(heads, key=lambda h: h.ys[-1])
            yield head.xs, head

    def _table(
        self, group: list[int], strips: list[Strip], xs: Sequence[float] = (), head: Raster | None = None
    ) -> _Table | None:
        lines, rules = self.lines, self.hints.rules
        figures = sum(s.figures for s in strips)
        if figures < 1:
            figures = _count(strips)
        if figures < 1 or len(strips) < 2:
            return None
        x0, x1 = strips[0].x0, strips[-1].x1
        size = median(lines[i].size for i in group)
        wide = [r for r in rules if min(r[2], x1) - max(r[1], x0) >= 0.6 * (x1 - x0)]
        top = self.top
        if head is not None:
            top = max(top, next(i for i, line in enumerate(lines) if line.base > head.ys[-1]))
        first, header = _header_lines(lines, group[0], strips, wide, top, size)
        if head is not None:
            first, header = (first, []) if not header else (top, [])
        last = _last_line(lines, group, strips, wide, size)
        body = list(range(first, last + 1))
        placed = [_fitting(lines[i], strips) for i in body]
        if any(p is None for p in placed):
            return None
        upper = lines[header[0] if header else first].base - 3 * size
        ruled = [r[0] for r in wide if upper < r[0] < lines[last].base + 3 * size]
        numbered = [any(p.number for p, _, _ in row or ()) for row in placed]
        rows = rows_of([lines[i].base for i in body], numbered, size, ruled)
        if rows is None:
            return None
        columns: _Columns | None
        if head is not None:
            columns = _under(head)
        elif header:
            columns = _header(lines, header, strips, rules, size, xs)
            # Evidence: rules, or several rows of several figures, or a header word over every column.
            strong = (figures >= 2 and len(group) >= 3) or (len(ruled) >= 2 and figures >= 1) or bool(xs)
            if columns is None or (not strong and not (all(columns.named) and (figures >= 3 or len(group) >= 3))):
                return None
        elif first == top or lines[first].base - lines[first - 1].base > 2.2 * size or _says(lines[first - 1]):
            columns = _as_before(strips, self.before, size)
        else:
            return None  # what stands above may be a header
        if columns is None:
            return None
        table = _built(lines, body, placed, rows, header, columns, last)
        if table:
            table.head = head
        return table


def _widest(lines: Sequence[_Text], group: Sequence[int]) -> int | None:
    """Where to cut a group: before the anchor that is furthest from the one above it, with other lines between."""
    steps = [(lines[b].base - lines[a].base, k) for k, (a, b) in enumerate(itertools.pairwise(group), 1)]
    between = [step for step in steps if group[step[1]] - group[step[1] - 1] > 1]
    return max(between)[1] if between else None


# --- columns ---------------------------------------------------------------------------------------------------------


def _strips(rows: Sequence[Sequence[Piece]]) -> list[Strip] | None:
    """The columns in which the pieces of these lines stand; None where they stand in none."""
    # What stands over two pieces of another line is merged over their columns (合计 over code and name).
    bridging = set()
    edges = [([p.x0 for p in row], [p.x1 for p in row]) for row in rows]
    for row in rows:
        for p in row:
            if not p.number and any(_overlapped(p, *e) > 1 for e in edges):
                bridging.add(id(p))
    strips: list[Strip] = []
    for p in sorted((p for row in rows for p in row if id(p) not in bridging), key=lambda p: p.x0):
        if strips and p.x0 < strips[-1].x1:
            strips[-1].pieces.append(p)
            strips[-1].x1 = max(strips[-1].x1, p.x1)
        else:
            strips.append(Strip(p.x0, p.x1, [p]))
    out: list[Strip] = []
    for strip in strips:
        parted = _parted(strip)
        if parted is None:
            return None
        out += parted
    out = _without_merged(out)
    return out if all(_steady(s) for s in out) else None


def _right_aligned(strip: Strip) -> bool:
    ends = [p.x1 for p in strip.pieces if p.amount]
    return len(ends) > 1 and max(ends) - min(ends) <= 0.15 * strip.pieces[0].size


def _without_merged(strips: list[Strip]) -> list[Strip]:
    """What stands alone between or beside columns of labels, in lines that have nothing in those, is merged over them
    (合计 in the middle of code and name): it goes to the column of text, without widening it."""
    kept: list[Strip] = []
    for k, strip in enumerate(strips):
        if all(_DASH.fullmatch(p.text) for p in strip.pieces):
            # Dashes at the left of a column whose figures are at its right.
            after = strips[k + 1] if k + 1 < len(strips) else None
            lines = {p.base for p in strip.pieces}
            if (
                after is not None
                and after.figures
                and _right_aligned(after)
                and not any(p.base in lines for p in after.pieces)
            ):
                after.pieces += strip.pieces
                continue
        text = [
            s
            for s in (strips[k - 1 : k] + strips[k + 1 : k + 2])
            if not s.figures and len(s.pieces) > len(strip.pieces)
        ]
        beside = {p.base for s in strips[max(k - 1, 0) : k + 2] if s is not strip and not s.figures for p in s.pieces}
        if (
            text
            and len(strip.pieces) <= 2
            and not any(p.number for p in strip.pieces)
            and not any(p.base in beside for p in strip.pieces)
        ):
            own = max(text, key=lambda s: (not s.numbers, len(s.pieces)))
            own.pieces += strip.pieces
        else:
            kept.append(strip)
    return kept


def _zoned(rows: Sequence[Sequence[Piece]], xs: Sequence[float]) -> list[Strip] | None:
    """The columns between borders that are known; None where what is printed does not keep to them."""
    strips = [Strip(a, b) for a, b in itertools.pairwise(xs)]
    if not strips:
        return None
    for row in rows:
        for p in row:
            slack = 0.15 * p.size
            first = bisect_right(xs, p.x0 + slack) - 1
            last = bisect_left(xs, p.x1 - slack) - 1
            if first < 0 or last >= len(strips) or (first != last and p.number):
                return None
            if first == last:
                strips[first].pieces.append(p)
    return strips


def _overlapped(piece: Piece, lefts: list[float], rights: list[float]) -> int:
    """How many pieces of a line stand over or under this piece."""
    return bisect_left(lefts, piece.x1) - bisect_left(rights, piece.x0)


def _parted(strip: Strip) -> list[Strip] | None:
    """A strip in which some line has two pieces, by the right edges of its numbers and the left ones of its text."""
    lines = [p.base for p in strip.pieces]
    if len(set(lines)) == len(lines):
        return [strip]
    parts: list[Strip] = []
    for number in (False, True):
        of = sorted((p for p in strip.pieces if p.number == number), key=lambda p: p.x1 if number else p.x0)
        start = len(parts)
        for p in of:
            at = p.x1 if number else p.x0
            if len(parts) > start:
                last = parts[-1].pieces[-1]
                if at - (last.x1 if number else last.x0) <= ALIGNED * p.size:
                    parts[-1].pieces.append(p)
                    parts[-1].x0, parts[-1].x1 = min(parts[-1].x0, p.x0), max(parts[-1].x1, p.x1)
                    continue
            parts.append(Strip(p.x0, p.x1, [p]))
    for part in parts:
        bases = [p.base for p in part.pieces]
        if len(set(bases)) != len(bases):
            return None
    parts.sort(key=lambda s: (s.x1, s.x0))
    # In every line the pieces stand in the order of their strips.
    order = {id(p): k for k, part in enumerate(parts) for p in part.pieces}
    by_line: dict[float, list[Piece]] = {}
    for p in strip.pieces:
        by_line.setdefault(p.base, []).append(p)
    for row in by_line.values():
        places = [order[id(p)] for p in sorted(row, key=lambda p: p.x0)]
        if places != sorted(places):
            return None
    return parts


def _steady(strip: Strip) -> bool:
    """Whether the amounts of a strip are aligned in one way: else it may be two columns."""
    own = [p for p in strip.pieces if p.amount]
    if len(own) < 2:
        return True
    slack = ALIGNED * max(p.size for p in own)
    points = [p for p in own if "." in p.text]
    ways = [[p.x1 for p in own], [p.middle for p in own], [p.x0 for p in own]]
    if len(points) == len(own) and all(len(p.runs) == 1 for p in points):
        ways.append([p.runs[0].starts[p.runs[0].text.rindex(".")] for p in points])
    return any(max(way) - min(way) <= slack for way in ways)


def _fitting(line: _Text, strips: Sequence[Strip]) -> list[tuple[Piece, int, int]] | None:
    """The columns (from, up to) of each piece of a line of the body; None where a piece fits into none.

    Text stands in columns of text, numbers in columns of numbers; text may be merged over columns of text.
    """
    out: list[tuple[Piece, int, int]] = []
    for p in line.pieces:
        where = _columns_of(p, strips)
        if where is None:
            return None
        first, end = where
        if out and first < out[-1][2]:
            if first == out[-1][1] and end == out[-1][2] and not p.number and not out[-1][0].number:
                out[-1] = (_together(out[-1][0], p), first, end)
                continue
            return None
        out.append((p, first, end))
    return out


def _together(a: Piece, b: Piece) -> Piece:
    return _piece([*a.runs, *b.runs])


def _columns_of(p: Piece, strips: Sequence[Strip]) -> tuple[int, int] | None:
    for k, strip in enumerate(strips):
        if any(one is p for one in strip.pieces):
            return k, k + 1
    over = [k for k, s in enumerate(strips) if p.x0 < s.x1 and p.x1 > s.x0]
    if not over:
        # Beside every strip: in a gap, or at the outer side of the first or last column.
        after = next((k for k, s in enumerate(strips) if s.x0 >= p.x1), len(strips))
        sides = [k for k in (after - 1, after) if 0 <= k < len(strips)]
        if p.number:
            return None
        sides = [k for k in sides if not strips[k].figures and not strips[k].numbers]
        if len(sides) == 1:
            return sides[0], sides[0] + 1
        # A few words between two columns of text are merged over both.
        return (sides[0], sides[-1] + 1) if sides else None
    if p.number:
        if len(over) == 1 and (strips[over[0]].figures or strips[over[0]].numbers or not p.amount):
            return over[0], over[0] + 1
        return None
    if any(strips[k].figures for k in over):
        return None
    return over[0], over[-1] + 1


# --- rows ------------------------------------------------------------------------------------------------------------


def rows_of(
    bases: Sequence[float], anchor: Sequence[bool], size: float, rules: Sequence[float]
) -> list[list[int]] | None:
    """Which lines (by number) are one row: names wrap before, around and after their figures.

    ``rules`` are the y between rows where they are drawn. None where the distances of the lines do not decide.
    """
    n = len(bases)
    if not n:
        return []
    # Joined or cut between line i and i + 1; None: not known yet.
    cuts: list[bool | None] = [None] * (n - 1)
    for i in range(n - 1):
        step = bases[i + 1] - bases[i]
        if any(bases[i] - 0.1 * size <= y <= bases[i + 1] - 0.3 * size for y in rules):
            cuts[i] = True
        elif step < TOUCHING * size and not (anchor[i] and anchor[i + 1] and step > 0.6 * size):
            cuts[i] = False
    rows = _joined(cuts, n)
    if rules and not any(cut is None for cut in cuts):
        return rows
    ruled = bool(rules) and all(sum(anchor[i] for i in row) <= 1 for row in _joined([c is True for c in cuts], n))
    if ruled and sum(c is True for c in cuts) >= max(1, sum(anchor) - 1):
        # Rules part all the figures: what stands between two of them is a row.
        return _joined([c is True for c in cuts], n)
    has = [any(anchor[i] for i in row) for row in rows]
    steps = [bases[b[0]] - bases[a[-1]] for a, b in itertools.pairwise(rows)]
    sure = [d for d, a, b in zip(steps, has, has[1:], strict=False) if a and b]
    pitch = min(sure) if sure else None
    if pitch is None:
        _tight, wide = _two_kinds(steps)
    for k, step in enumerate(steps):
        i = rows[k][-1]
        if cuts[i] is not None:
            continue
        if has[k] and has[k + 1]:
            cuts[i] = True
        elif pitch is not None:
            if step >= 0.9 * pitch:
                cuts[i] = True
            elif step <= 0.8 * pitch and step <= 1.6 * size:
                cuts[i] = False
            else:
                return None
        elif wide is None:
            return None
        else:
            cuts[i] = step >= wide
    out = _joined(cuts, n)
    for row in out:
        if sum(anchor[i] for i in row) > 1 and bases[row[-1]] - bases[row[0]] > 0.6 * size:
            both = [i for i in row if anchor[i]]
            if bases[both[-1]] - bases[both[0]] > 0.6 * size:
                return None
    return out


def _joined(cuts: Sequence[bool | None], n: int) -> list[list[int]]:
    """Rows of lines; what is not known is cut."""
    rows = [[0]]
    for i in range(n - 1):
        if cuts[i] is False:
            rows[-1].append(i + 1)
        else:
            rows.append([i + 1])
    return rows


def _two_kinds(steps: Sequence[float]) -> tuple[float | None, float | None]:
    """The largest of the small steps and the smallest of the large ones, where there are two kinds."""
    some = sorted(steps)
    best, at = 1.0, 0
    for k in range(1, len(some)):
        if some[k] / max(some[k - 1], 0.1) > best:
            best, at = some[k] / max(some[k - 1], 0.1), k
    return (some[at - 1], some[at]) if best >= 1.25 else (None, None)


# --- one table -------------------------------------------------------------------------------------------------------


def _header(
    lines: Sequence[_Text],
    header: list[int],
    strips: list[Strip],
    rules: Sequence[Line],
    size: float,
    xs: Sequence[float],
) -> _Columns | None:
    """The columns by their header. A line alone that stands over everything is the title, and leaves ``header``."""
    while True:
        pieces = [p for i in header for p in lines[i].pieces]
        columns = _Header(pieces, strips, rules, size, xs).solve()
        if len(header) > 1 and len(lines[header[0]].pieces) == 1:
            (title,) = lines[header[0]].pieces
            if any(
                title.base - 2.5 * size < y < title.base - 0.5 * size and a < title.x0 and b > title.x1
                for y, a, b in rules
            ):
                return columns
            over = columns is None or any(
                end - first == columns.n and any(r is title.runs[0] for p in said for r in p.runs)
                for _, first, _, end, said in columns.cells
            )
            if over:
                header.pop(0)
                continue
        return columns


def _header_lines(
    lines: Sequence[_Text], anchor: int, strips: Sequence[Strip], rules: Sequence[Line], top: int, size: float
) -> tuple[int, list[int]]:
    """The first line of the body, and the lines of the header above it."""
    # Lines of names between the header and the first figures belong to the body.
    first = anchor
    while first > top and _near(lines[first - 1], lines[first]) and _is_row(lines[first - 1], strips):
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
        # 公开01表, 万元: above the header at the edge of the table.
        if (
            len(line.pieces) <= 2
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


def _says(line: _Text) -> bool:
    """Whether a line says something of the table, as no line of its header does."""
    return any(_SAID_ABOVE.match(p.text) for p in line.pieces)


def _over_figures(line: _Text, strips: Sequence[Strip]) -> bool:
    """Whether some words of a line stand where the figures stand."""
    first = next(k for k, s in enumerate(strips) if s.figures)
    left = strips[first - 1].x1 if first else strips[0].x0
    return any(not p.amount and p.x1 > left for p in line.pieces) and not _is_row(line, strips)


def _is_row(line: _Text, strips: Sequence[Strip]) -> bool:
    """Whether a line without amounts is of the body: names begin where others do, numbers stand under numbers."""
    numbers: list[str] = []
    for p in line.pieces:
        where = _columns_of(p, strips)
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
    return not _counts_up(numbers)


def _last_line(
    lines: Sequence[_Text], group: Sequence[int], strips: Sequence[Strip], rules: Sequence[Line], size: float
) -> int:
    """The last line of the body: names below the last figures, up to a rule, a note or another distance."""
    last = group[-1]
    steps = [lines[b].base - lines[a].base for a, b in itertools.pairwise(group) if b == a + 1]
    pitch = 1.25 * median(steps) if steps else 1.6 * size
    while last + 1 < len(lines):
        line = lines[last + 1]
        gap = line.base - lines[last].base
        if line.anchor or gap > max(pitch, 1.3 * size) or _fitting(line, strips) is None:
            break
        if _NOTE.match(line.pieces[0].text) or not _is_row(line, strips):
            break
        crossing = [r for r in rules if lines[last].base - 0.1 * size < r[0] < line.base - 0.3 * size]
        lower = [r for r in rules if line.base - 0.1 * size < r[0] < line.base + 2.5 * size]
        if crossing and not lower:
            break
        last += 1
    return last


# --- header ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Block:
    """One header word, of one or more lines."""

    pieces: list[Piece]
    x0: float
    x1: float
    top: float
    bottom: float
    first: int = -1
    end: int = -1
    leaf: bool = False

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2

    @property
    def level(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(slots=True)
class _Columns:
    """The columns of a table: what each strip's number is, their borders, and the cells of the header."""

    n: int
    of: list[int]  # strip -> column
    xs: list[float]
    named: list[bool]
    depth: int = 0
    ys: list[float] = field(default_factory=list)  # of the header, where it is drawn
    cells: list[tuple[int, int, int, int, list[Piece]]] = field(default_factory=list)


class _Header:
    """Which header word stands over which columns."""

    def __init__(
        self, pieces: list[Piece], strips: list[Strip], rules: Sequence[Line], size: float, xs: Sequence[float]
    ) -> None:
        self.strips = strips
        self.size = size
        self.edges: dict[int, tuple[float, float]] = {}
        self.step = 0.0  # how much lower words stand than those that are surely over them
        top = min(p.base for p in pieces) - 2 * size
        self.rules = [r for r in rules if top < r[0] < max(p.base for p in pieces) + 2 * size]
        self.drawn = bool(xs)
        self.numbers, rest = self._column_numbers(pieces)
        # A number in a header is a row that was taken for one.
        self.blocks = [] if any(p.text.isdigit() for p in rest) else self._blocks(self._words(rest))
        over = [b for b in self.blocks if self._stands_over(b)]
        if over:
            lowest = max(b.level for b in self.blocks)
            self.step = min(lowest - b.level for b in over) if len({round(b.level) for b in over}) == 1 else self.step

    def solve(self) -> _Columns | None:
        if not self.blocks:
            return None
        # A word above the words at both sides of it is over them; where that leaves a column without a word, a strip
        # of its own makes it the word of that column.
        return self._solve(own_strip=False) or self._solve(own_strip=True)

    def _solve(self, *, own_strip: bool) -> _Columns | None:
        for block in self.blocks:
            block.first = block.end = -1
        leaves = [b for b in self.blocks if not self._stands_over(b)]
        leaves = [b for b in leaves if not self._floats(b, leaves, own_strip=own_strip)]
        leaves.sort(key=lambda b: b.middle)
        matched = self._matched(leaves)
        if matched is None:
            return None
        columns, names = matched
        groups = [b for b in self.blocks if not any(b is leaf for leaf in leaves)]
        if self.drawn:
            # The strips are what stands between lines that are drawn.
            ends = [*(s.x0 for s in self.strips), self.strips[-1].x1]
            self.edges = {c: (x, x) for c, x in enumerate(ends)} if columns.n == len(self.strips) else {}
            columns.xs = ends if self.edges else columns.xs
        else:
            self.edges = self._edges(columns, names)
        for c, (low, high) in self.edges.items():
            if columns.xs[max(c - 1, 0)] < low and high < columns.xs[min(c + 1, columns.n)]:
                columns.xs[c] = (low + high) / 2
        if not self._spans(groups, names):
            return None
        return self._laid(columns, names, groups)

    def _column_numbers(self, pieces: list[Piece]) -> tuple[list[Piece], list[Piece]]:
        """The line of the header that numbers the columns (栏次 1 2 3), and the rest."""
        by_line: dict[float, list[Piece]] = {}
        for p in pieces:
            by_line.setdefault(p.base, []).append(p)
        for row in by_line.values():
            digits = [p.text for p in sorted(row, key=lambda p: p.x0) if p.text.isdigit()]
            only = digits == ["1"] and row[0].base == max(by_line)
            if (len(digits) >= 2 and _counts_up(digits) and len(digits) >= len(row) - 2) or (only and len(row) <= 2):
                own = set(map(id, row))
                return row, [p for p in pieces if id(p) not in own]
        return [], pieces

    def _words(self, pieces: list[Piece]) -> list[Piece]:
        """Pieces of one line that are one word spaced out (项    目), joined."""
        out: list[Piece] = []
        for p in sorted(pieces, key=lambda p: (p.base, p.x0)):
            last = out[-1] if out else None
            if (
                last is not None
                and last.base == p.base
                and len(p.text) == 1
                and len(last.text.replace(" ", "")) == 1
                and p.x0 - last.x1 <= SPACED_OUT * self.size
                and not any(s.x0 < last.x1 and s.x1 > last.x0 for s in self.strips if not (s.x0 < p.x1 and s.x1 > p.x0))
            ):
                out[-1] = _together(last, p)
            else:
                out.append(p)
        return out

    def _blocks(self, pieces: list[Piece]) -> list[_Block]:
        """Lines of one wrapped word, joined."""
        blocks: list[_Block] = []
        pieces.sort(key=lambda p: (p.base, p.x0))
        for p in pieces:
            for block in blocks:
                last = block.pieces[-1]
                step = p.base - last.base
                if not 0.6 * self.size < step <= LEADING * max(p.size, last.size):
                    continue
                if not (p.x0 < block.x1 and p.x1 > block.x0):
                    continue
                alike = abs(p.middle - block.middle) <= 0.6 * self.size or abs(p.x0 - block.x0) <= 0.3 * self.size
                ruled = any(
                    last.base - 0.1 * self.size <= y <= p.base - 0.3 * self.size and a < p.middle < b
                    for y, a, b in self.rules
                )
                beside = sum(q.base == p.base and q.x0 < block.x1 and q.x1 > block.x0 for q in pieces)
                if alike and not ruled and beside == 1:
                    block.pieces.append(p)
                    block.x0, block.x1 = min(block.x0, p.x0), max(block.x1, p.x1)
                    block.bottom = p.base
                    break
            else:
                blocks.append(_Block([p], p.x0, p.x1, p.base - 0.76 * p.size, p.base))
        return blocks

    def _stands_over(self, b: _Block) -> bool:
        return any(
            o is not b
            and o.level > b.level + 0.5 * self.size
            and o.x0 < b.x1 - 0.1 * self.size
            and o.x1 > b.x0 + 0.1 * self.size
            for o in self.blocks
        )

    def _floats(self, b: _Block, leaves: Sequence[_Block], *, own_strip: bool) -> bool:
        """Whether a word with nothing right below it is over the words at both sides of it, which stand lower."""
        sides = sorted((o for o in leaves if o is not b), key=lambda o: o.middle)
        left = [o for o in sides if o.x1 <= b.middle]
        right = [o for o in sides if o.x0 >= b.middle]
        if not left or not right:
            return False
        lower = all(
            o.top >= b.bottom - 0.1 * self.size and o.level - b.level >= 0.75 * self.step for o in (left[-1], right[0])
        )
        if not lower or not own_strip:
            return lower
        own = [s for s in self.strips if s.x0 < b.x1 and s.x1 > b.x0]
        return all(any(o.x0 < s.x1 and o.x1 > s.x0 for o in (left[-1], right[0])) for s in own)

    def _matched(self, leaves: list[_Block]) -> tuple[_Columns, list[_Block | None]] | None:
        """Strips and the lowest header words, put one to one; words without a strip are blank columns."""
        strips = self.strips
        # Of each word: the strips that it stands over.
        over = [[k for k, s in enumerate(strips) if s.x0 < b.x1 and s.x1 > b.x0] for b in leaves]
        names: list[int | None] = [None] * len(strips)
        for j, ks in enumerate(over):
            if len(ks) > 1:
                best = self._one_of(leaves[j], ks, leaves, over, j)
                if best is None:
                    return None
                ks = best
                over[j] = ks
            for k in ks:
                if names[k] is not None:
                    # Two words over one column: the one that stands over no other.
                    return None
                names[k] = j
        free = [j for j, ks in enumerate(over) if not ks]
        bare = [k for k, name in enumerate(names) if name is None]
        if bare and free and (zones := self._by_zones(leaves)):
            for k in bare:
                j = zones[k]
                if j in free:
                    names[k] = j
                    over[j] = [k]
                    free.remove(j)
            if any(name is not None and name != zones[k] for k, name in enumerate(names)):
                return None
            bare = [k for k, name in enumerate(names) if name is None]
        for k in list(bare):
            if not free:
                break
            # Between its neighbours in order; right aligned figures stand at the right of their word.
            low = max((names[i] for i in range(k) if names[i] is not None), default=-1)  # type: ignore[type-var]
            high = min((names[i] for i in range(k + 1, len(strips)) if names[i] is not None), default=len(leaves))  # type: ignore[type-var]
            between = [j for j in free if low < j < high]  # type: ignore[operator]
            rivals = [i for i in bare if all(names[m] is None for m in range(min(i, k), max(i, k) + 1))]
            if len(between) == len(rivals):
                for i, j in zip(rivals, between, strict=True):
                    if names[i] is None:
                        names[i] = j
                        over[j] = [i]
                        free.remove(j)
                continue
            beside = [j for j in between if leaves[j].middle < strips[k].x1]
            if strips[k].figures and beside and len(rivals) == 1:
                j = beside[-1]
                after = [i for i in between if i > j]
                half = strips[k].x1 - leaves[j].middle
                if (not after or leaves[after[0]].middle - strips[k].x1 > 0.3 * half) and self._usual(
                    half, names, leaves
                ):
                    names[k] = j
                    over[j] = [k]
                    free.remove(j)
                    continue
            return None
        if any(names[k] is None and strips[k].figures for k in range(len(strips))):
            return None
        # The columns in order: strips, and blank columns where a word has no strip.
        order: list[tuple[float, int | None, int | None]] = [
            ((s.x0 + s.x1) / 2, k, names[k]) for k, s in enumerate(strips)
        ]
        order += [(leaves[j].middle, None, j) for j in free]
        order.sort(key=lambda o: o[0])
        said = [o[2] for o in order if o[2] is not None]
        if said != sorted(said):
            return None
        of = [0] * len(strips)
        spans: list[tuple[float, float]] = []
        for c, (_, strip, name) in enumerate(order):
            if strip is not None:
                of[strip] = c
                spans.append((strips[strip].x0, strips[strip].x1))
            else:
                assert name is not None
                spans.append((leaves[name].x0, leaves[name].x1))
        for c, (_, _, name) in enumerate(order):
            if name is not None:
                block = leaves[name]
                block.leaf = True
                block.first = c if block.first < 0 else block.first
                block.end = c + 1
        xs = self._borders(spans, [leaves[j] if j is not None else None for _, _, j in order])
        columns = _Columns(len(order), of, xs, [j is not None for _, _, j in order])
        return columns, [leaves[j] if j is not None else None for _, _, j in order]

    def _by_zones(self, leaves: Sequence[_Block]) -> list[int] | None:
        """The word of each strip, if every word is in the middle of its column: one border then says all others.

        None where the strips do not keep to the columns, or keep to others when the first border is moved by a pad.
        """
        strips, size = self.strips, self.size
        first = strips[0]
        begins = [p.x0 for p in first.pieces]
        drawn = [x0 for _, x0, x1 in self.rules if first.x0 - 1.5 * size <= x0 <= first.x0 and x1 >= strips[-1].x0]
        last = strips[-1].x1
        if drawn:
            ends = (min(drawn) - 1.0, min(drawn) + 1.0)
        elif begins and not first.figures and max(begins[:12]) - min(begins[:12]) <= ALIGNED * size:
            ends = (first.x0 - 1.2 * size, first.x0)
        elif strips[-1].figures and last > leaves[-1].middle:
            # The last figures stand at the right border of the last column.
            ends = (last, last + 1.2 * size)
            for block in reversed(leaves):
                ends = (2 * block.middle - ends[1], 2 * block.middle - ends[0])
        else:
            return None
        found: list[list[int]] = []
        for k in range(5):
            xs = [ends[0] + (ends[1] - ends[0]) * k / 4]
            for block in leaves:
                xs.append(2 * block.middle - xs[-1])
            if any(x1 - x0 < size for x0, x1 in itertools.pairwise(xs)):
                continue
            if any(
                b.x0 < x0 - 0.1 * size or b.x1 > x1 + 0.1 * size
                for b, (x0, x1) in zip(leaves, itertools.pairwise(xs), strict=True)
            ):
                continue
            slack = 0.2 * size
            own = []
            for s in strips:
                inside = [j for j in range(len(leaves)) if xs[j] - slack <= s.x0 and s.x1 <= xs[j + 1] + slack]
                own += inside if len(inside) == 1 else [-1]
            if -1 not in own:
                found.append(own)
        if not found or any(own != found[0] for own in found):
            return None
        return found[0]

    def _usual(self, half: float, names: Sequence[int | None], leaves: Sequence[_Block]) -> bool:
        """Whether figures end as far right of the middle of their word in other columns."""
        others = [
            s.x1 - leaves[j].middle
            for s, j in zip(self.strips, names, strict=True)
            if j is not None and s.figures and s.x1 > leaves[j].middle
        ]
        return not others or min(others) * 0.5 <= half <= max(others) * 1.6

    def _one_of(
        self, b: _Block, ks: list[int], leaves: Sequence[_Block], over: Sequence[list[int]], own: int
    ) -> list[int] | None:
        """The strips a word over several belongs to: those no other word is over, if they are one or all text."""
        strips = self.strips
        free = [k for k in ks if not any(k in other for j, other in enumerate(over) if j != own)]
        if not any(strips[k].figures for k in free) and free and free == list(range(free[0], free[-1] + 1)):
            return free
        if len(free) == 1:
            return free
        share = {k: min(strips[k].x1, b.x1) - max(strips[k].x0, b.x0) for k in ks}
        best = max(ks, key=lambda k: share[k])
        if all(share[best] > 3 * share[k] for k in ks if k != best):
            return [best]
        return None

    def _borders(self, spans: Sequence[tuple[float, float]], names: Sequence[_Block | None]) -> list[float]:
        """Borders between columns: in the middle of the gap that body and header leave, or else the body alone."""
        full = []
        for (x0, x1), block in zip(spans, names, strict=True):
            if block is not None and block.end - block.first == 1:
                full.append((min(x0, block.x0), max(x1, block.x1)))
            else:
                full.append((x0, x1))
        xs = [full[0][0] - 2.0]
        for c in range(len(full) - 1):
            a, b = (full[c][1], full[c + 1][0]) if full[c][1] <= full[c + 1][0] else (spans[c][1], spans[c + 1][0])
            xs.append(max((a + b) / 2, xs[-1] + 0.5))
        xs.append(max(full[-1][1] + 2.0, xs[-1] + 0.5))
        return xs

    def _spans(self, groups: list[_Block], names: Sequence[_Block | None]) -> bool:
        """Give each word that is over others the columns it is over; False where that is not certain."""
        if not groups:
            return True
        size = self.size
        lowest = max(b.level for b in self.blocks)
        levels = sorted({round(b.level, 1) for b in [*groups, max(self.blocks, key=lambda b: b.level)]})
        pitch = min((b - a for a, b in itertools.pairwise(levels) if b - a > size), default=1.8 * size)
        # A word stands in the middle of the height of its cell, and the lowest cells end where the body begins: not
        # above the last line of the longest word.
        foot = max(lowest + min(pitch / 2, 1.2 * size), max(b.bottom for b in self.blocks))
        for group in sorted(groups, key=lambda g: -g.level):
            drawn = self._drawn(group, names)
            if drawn is not None:
                group.first, group.end = drawn
        waiting = [g for g in groups if g.first < 0]
        done: list[list[_Block]] = []
        for group in sorted(waiting, key=lambda g: g.level):
            if done and abs(done[-1][0].level - group.level) <= 0.4 * size:
                done[-1].append(group)
            else:
                done.append([group])
        for row in done:
            row.sort(key=lambda g: g.middle)
            level = row[0].level
            under = [b is not None and 2 * b.level - foot > level for b in names]
            for group in groups:
                if group.first >= 0 and abs(group.level - level) <= 0.4 * size:
                    for c in range(group.first, group.end):
                        under[c] = False
            stretches: list[tuple[int, int]] = []
            for c, yes in enumerate(under):
                if yes and stretches and stretches[-1][1] == c:
                    stretches[-1] = (stretches[-1][0], c + 1)
                elif yes:
                    stretches.append((c, c + 1))
            left = list(row)
            for a, b in stretches:
                own = [g for g in left if self._left(names, a) <= g.middle <= self._right(names, b - 1)]
                if not own:
                    continue
                left = [g for g in left if not any(g is o for o in own)]
                if not self._share(own, a, b, names):
                    return False
            if left:
                return False
        # Words over others lie one in the other.
        for g in groups:
            for o in groups:
                if g is not o and g.first < o.first < g.end < o.end:
                    return False
        return True

    def _left(self, names: Sequence[_Block | None], c: int) -> float:
        block = names[c]
        return block.x0 if block else 0.0

    def _right(self, names: Sequence[_Block | None], c: int) -> float:
        block = names[c]
        return block.x1 if block else 0.0

    def _drawn(self, group: _Block, names: Sequence[_Block | None]) -> tuple[int, int] | None:
        """The columns over which a short rule under the word says it stands."""
        for y, x0, x1 in self.rules:
            if (
                group.bottom - 0.2 * self.size <= y <= group.bottom + 1.6 * self.size
                and x0 <= group.x0
                and x1 >= group.x1
            ):
                beside = any(
                    o is not group and abs(o.level - group.level) <= 0.5 * self.size and x0 < o.middle < x1
                    for o in self.blocks
                )
                if beside:
                    continue  # the rules under several words, in one piece
                own = [c for c, b in enumerate(names) if b is not None and x0 - 1 <= b.middle <= x1 + 1]
                centred = abs((x0 + x1) / 2 - group.middle) <= self.size
                if own and len(own) < len(names) and centred:
                    return own[0], own[-1] + 1
        return None

    def _share(self, groups: list[_Block], a: int, b: int, names: Sequence[_Block | None]) -> bool:
        """Divide the columns [a, b) among words that are centred over their parts."""
        best: list[tuple[float, list[tuple[int, int]]]] = []

        def walk(k: int, start: int, off: float, cuts: list[tuple[int, int]]) -> None:
            if k == len(groups) or len(best) > _MOST_WAYS:
                best.append((off, cuts))
                return
            for first in range(start, b):
                for end in range(first + 1, b + 1):
                    one = self._off(groups[k].middle, first, end, names)
                    if one is not None:
                        walk(k + 1, end, max(off, one), [*cuts, (first, end)])

        walk(0, a, 0.0, [])
        if len(best) > _MOST_WAYS:
            return False
        # Every column under these words has one of them above it, where that can be.
        full = [one for one in best if sum(e - f for f, e in one[1]) == b - a]
        chosen = sorted(full or best, key=lambda one: one[0])
        if not chosen:
            return False
        if len(chosen) > 1 and chosen[1][0] - chosen[0][0] < 0.6 * self.size:
            return False
        for group, (first, end) in zip(groups, chosen[0][1], strict=True):
            group.first, group.end = first, end
        return True

    def _off(self, middle: float, first: int, end: int, names: Sequence[_Block | None]) -> float | None:
        """How far a word is from the middle of the columns [first, end); None where it is too far."""
        if self.edges:
            if first not in self.edges or end not in self.edges:
                return None
            ends = [(self.edges[first][k] + self.edges[end][k]) / 2 for k in (0, 1)]
            off = max(min(ends) - middle, middle - max(ends), 0.0)
            return off if off <= self.size else None
        if names[first] is None or names[end - 1] is None:
            return None
        low, high = names[first].middle, names[end - 1].middle  # type: ignore[union-attr]
        off = abs((low + high) / 2 - middle)
        return off if off <= 1.6 * self.size + 0.06 * (high - low) else None

    def _edges(self, columns: _Columns, names: Sequence[_Block | None]) -> dict[int, tuple[float, float]]:
        """The least and the greatest x at which each border between header words may stand, if words are centred.

        A word in the middle of its column says where one border is if the other is known: a single unknown is left,
        and that no border cuts what is printed bounds it. Empty where the words are not in the middle.
        """
        units: list[tuple[int, int, float, float, float]] = []  # column, end, middle, from, to
        spans: dict[int, tuple[float, float]] = {columns.of[k]: (s.x0, s.x1) for k, s in enumerate(self.strips)}
        for c, block in enumerate(names):
            if block is None:
                return {}
            x0, x1 = spans.get(c, (block.x0, block.x1))
            if units and c < units[-1][1]:
                first, end, middle, low, high = units[-1]
                units[-1] = (first, end, middle, min(low, x0), max(high, x1))
            else:
                units.append((c, block.end, block.middle, min(x0, block.x0), max(x1, block.x1)))
        base, sign = units[0][3], 1.0
        at: list[tuple[int, float, float]] = [(0, base, sign)]
        for _, end, middle, _, _ in units:
            base, sign = 2 * middle - base, -sign
            at.append((end, base, sign))
        least, most = -1e9, 1e9
        slack = 0.1 * self.size
        for k, (_, base, sign) in enumerate(at):
            low = units[k - 1][4] - slack if k else -1e9
            high = units[k][3] + slack if k < len(units) else 1e9
            one, two = (low - base) * sign, (high - base) * sign
            least, most = max(least, min(one, two)), min(most, max(one, two))
        if least > most or most - least > 6 * self.size:
            return {}
        return {
            c: (min(base + sign * least, base + sign * most), max(base + sign * least, base + sign * most))
            for c, base, sign in at
        }

    def _laid(self, columns: _Columns, names: Sequence[_Block | None], groups: Sequence[_Block]) -> _Columns:
        """The cells of the header: words over others in rows from the top, the lowest words down to the body."""
        above = [0] * columns.n
        for group in sorted(groups, key=lambda g: (g.level, g.first)):
            row = max(above[c] for c in range(group.first, group.end))
            columns.cells.append((row, group.first, row + 1, group.end, group.pieces))
            for c in range(group.first, group.end):
                above[c] = row + 1
        depth = max(above) + 1
        done: set[int] = set()
        for c, block in enumerate(names):
            if block is None:
                columns.cells.append((above[c], c, depth, c + 1, []))
            elif id(block) not in done:
                done.add(id(block))
                row = max(above[k] for k in range(block.first, block.end))
                columns.cells.append((row, block.first, depth, block.end, block.pieces))
        if self.numbers:
            for c in range(columns.n):
                own = [p for p in self.numbers if columns.xs[c] <= p.middle < columns.xs[c + 1]]
                columns.cells.append((depth, c, depth + 1, c + 1, own))
            depth += 1
        columns.depth = depth
        return columns


def _as_before(strips: Sequence[Strip], before: Sequence[float], size: float) -> _Columns | None:
    """The columns of the table before this one, where every strip stands within one of them."""
    if len(before) < 3:
        return None
    of: list[int] = []
    for strip in strips:
        own = [
            c
            for c in range(len(before) - 1)
            if before[c] - ALIGNED * size <= strip.x0 and strip.x1 <= before[c + 1] + ALIGNED * size
        ]
        if len(own) != 1 or (of and own[0] <= of[-1]):
            return None
        of.append(own[0])
    n = len(before) - 1
    return _Columns(n, of, list(before), [False] * n)


def _count(strips: Sequence[Strip]) -> int:
    """Take the numbers right of the first column of text for figures, where there are many and none has decimals."""
    text = next((k for k, s in enumerate(strips) if s.pieces and not s.numbers), -1)
    own = [s for s in strips[text + 1 :] if s.pieces and s.numbers]
    if len(own) < 4:
        return 0
    for strip in own:
        strip.counted = True
    return len(own)


def _under(head: Raster) -> _Columns:
    """The columns of a header that is drawn."""
    n = len(head.xs) - 1
    columns = _Columns(n, list(range(n)), list(head.xs), [True] * n, len(head.ys) - 1, list(head.ys))
    for area in head.areas:
        said = [_piece(area.runs)] if area.runs else []
        columns.cells.append((area.row, area.col, area.row_end, area.col_end, said))
    return columns


def _built(
    lines: Sequence[_Text],
    body: Sequence[int],
    placed: Sequence[list[tuple[Piece, int, int]] | None],
    rows: Sequence[Sequence[int]],
    header: Sequence[int],
    columns: _Columns,
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
    lines = _lines(list(runs))
    strips = _zoned([line.pieces for line in lines], xs)
    if strips is None:
        return None
    placed = [_fitting(line, strips) for line in lines]
    if any(row is None for row in placed):
        return None
    size = median(line.size for line in lines)
    numbered = [any(p.number for p in line.pieces) for line in lines]
    rows = rows_of([line.base for line in lines], numbered, size, ())
    if rows is None:
        return None
    columns = _Columns(len(strips), list(range(len(strips))), list(xs), [], 0)
    table = _built(lines, range(len(lines)), placed, rows, (), columns, len(lines) - 1)
    if table is None:
        return None
    return table.raster.ys[1:-1], table.raster.areas
