"""From lines to cells: straight lines, drawn or found in a picture, made into the rasters of tables.

Belongs here: lines that are nearly one made one, walls, borders that are not drawn, cells and spans; all in one frame
with x to the right and y growing downwards. Does not belong here: where lines come from, and text.

``rasters(across, down)`` is all that others need: lines in, rasters out. Distances are in points; a picture is
scaled to points first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from juesuan.final_accounts.readers.runs import Run

# --- distances, in points --------------------------------------------------------------------------------------------
#: Lines this near to each other are one line drawn twice or drawn unevenly; no row or column is as narrow.
SNAP = 2.5
#: Pieces of one line may be this far apart, and lines may miss each other by as much at a corner.
TOUCH = 3.5
#: Lines that go on for more than this beyond the last line across them have an undrawn border there.
OPEN = 6.0

#: A line: its own coordinate (y of a line across, x of a line down), and from where to where it runs.
Line = tuple[float, float, float]


@dataclass(slots=True)
class Area:
    """The rectangle of one cell: rows and columns of the elementary raster, and what is printed in it."""

    row: int
    col: int
    row_end: int
    col_end: int
    runs: list[Run] = field(default_factory=list)


@dataclass(slots=True)
class Raster:
    """One grid before its text: the coordinates of its walls and which area owns each elementary cell (-1: none)."""

    xs: list[float]
    ys: list[float]
    areas: list[Area]
    owner: list[list[int]]
    #: The lines it was made of, where it was.
    across: list[Line] = field(default_factory=list)
    down: list[Line] = field(default_factory=list)

    def at(self, x: float, y: float) -> int:
        """The area at this point, -1 where there is none."""
        xs, ys = self.xs, self.ys
        if not (xs[0] <= x < xs[-1] and ys[0] <= y < ys[-1]):
            return -1
        return self.owner[bisect_right(ys, y) - 1][bisect_right(xs, x) - 1]


def rasters(across: list[Line], down: list[Line]) -> list[Raster]:
    """The tables that these lines draw, from the top: lines that meet make one raster, in whatever pieces they come."""
    return ruled(snapped(across), snapped(down))


def ruled(across: list[Line], down: list[Line]) -> list[Raster]:
    """The same of lines that are snapped already."""
    made = (_raster(hs, vs) for hs, vs in _connected(across, down))
    return [raster for raster in made if raster is not None]


def snapped(lines: list[Line]) -> list[Line]:
    """Lines on nearly one coordinate brought onto one, and their pieces joined."""
    lines.sort()
    out: list[Line] = []
    start = 0
    n = len(lines)
    while start < n:
        limit = lines[start][0] + SNAP
        end = start + 1
        while end < n and lines[end][0] <= limit:
            end += 1
        group = lines[start:end]
        at = sum(line[0] for line in group) / (end - start)
        pieces = sorted((line[1], line[2]) for line in group)
        low, high = pieces[0]
        for a, b in pieces:
            if a <= high + TOUCH:
                if b > high:
                    high = b
            else:
                out.append((at, low, high))
                low, high = a, b
        out.append((at, low, high))
        start = end
    return out


def _connected(across: list[Line], down: list[Line]) -> Iterator[tuple[list[Line], list[Line]]]:
    """Sets of lines that meet each other, from the top."""
    heights = [line[0] for line in across]
    parent = list(range(len(across) + len(down)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    shift = len(across)
    for j, (x, y0, y1) in enumerate(down):
        for i in range(bisect_left(heights, y0 - TOUCH), bisect_right(heights, y1 + TOUCH)):
            _, x0, x1 = across[i]
            if x0 - TOUCH <= x <= x1 + TOUCH:
                a, b = root(i), root(shift + j)
                if a != b:
                    parent[b] = a
    sets: dict[int, tuple[list[Line], list[Line]]] = {}
    for i, line in enumerate(across):
        sets.setdefault(root(i), ([], []))[0].append(line)
    for j, line in enumerate(down):
        sets.setdefault(root(shift + j), ([], []))[1].append(line)
    for hs, vs in sets.values():
        if len(hs) >= 2 and vs:
            yield hs, vs


def _ends(own: list[float], lines: list[Line]) -> list[float]:
    """The coordinates of the walls, with those borders that are not drawn but where lines across them end."""
    xs = sorted(set(own))
    for side in (1, -1):
        edge = xs[0] if side == 1 else xs[-1]
        beyond = sorted(
            (end for line in lines if (edge - (end := line[1] if side == 1 else line[2])) * side > OPEN),
            key=lambda end: end * side,
        )
        # One line alone that goes on is a rule of its own, not the missing side of a table.
        for first, second in pairwise(beyond):
            if abs(second - first) <= TOUCH:
                xs.append(first)
                xs.sort()
                break
    return xs


def _walls(lines: list[Line], own: list[float], across: list[float]) -> list[int]:
    """For each coordinate in ``own``, bits of the elementary intervals of ``across`` that its lines cover."""
    index = {at: i for i, at in enumerate(own)}
    masks = [0] * len(own)
    n = len(across) - 1
    for at, low, high in lines:
        k = max(bisect_right(across, low) - 1, 0)
        mask = 0
        while k < n and across[k] < high:
            a, b = across[k], across[k + 1]
            if min(b, high) - max(a, low) >= 0.5 * (b - a):
                mask |= 1 << k
            k += 1
        masks[index[at]] |= mask
    return masks


def _raster(hs: list[Line], vs: list[Line]) -> Raster | None:
    """Cells from walls; None where the lines enclose no table (a single box, a rule with a stub)."""
    drawn_x, drawn_y = [line[0] for line in vs], [line[0] for line in hs]
    xs, ys = _ends(drawn_x, hs), _ends(drawn_y, vs)
    n_cols, n_rows = len(xs) - 1, len(ys) - 1
    if n_cols < 1 or n_rows < 1 or n_cols * n_rows < 2:
        return None
    # Lines that end on one axis are a chart or a bracket: an undrawn border closes a table only around inner walls.
    if (n_cols == 1 and len(set(drawn_x)) < 2) or (n_rows == 1 and len(set(drawn_y)) < 2):
        return None
    below = _walls(hs, ys, xs)  # [y]: columns with a wall on this y
    beside = _walls(vs, xs, ys)  # [x]: rows with a wall on this x

    parent = list(range(n_rows * n_cols))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    full = (1 << n_cols) - 1
    for r in range(1, n_rows):
        open_columns = ~below[r] & full
        while open_columns:
            bit = open_columns & -open_columns
            open_columns ^= bit
            i = r * n_cols + bit.bit_length() - 1
            a, b = root(i - n_cols), root(i)
            if a != b:
                parent[max(a, b)] = min(a, b)
    full = (1 << n_rows) - 1
    for c in range(1, n_cols):
        open_rows = ~beside[c] & full
        while open_rows:
            bit = open_rows & -open_rows
            open_rows ^= bit
            i = (bit.bit_length() - 1) * n_cols + c
            a, b = root(i - 1), root(i)
            if a != b:
                parent[max(a, b)] = min(a, b)
    members: dict[int, list[int]] = {}
    for i in range(n_rows * n_cols):
        members.setdefault(root(i), []).append(i)

    areas: list[Area] = []
    for cells in members.values():
        for area in _rectangles(cells, n_cols):
            sides = _drawn_sides(area, below, beside, n_rows, n_cols)
            if sides >= 3:
                areas.append(area)
    if len(areas) < 2:
        return None
    raster = raster_of(xs, ys, areas)
    raster.across, raster.down = hs, vs
    return raster


def _rectangles(cells: list[int], n_cols: int) -> list[Area]:
    """The rectangle that these elementary cells fill, or, where they fill none, rectangles that together do."""
    first, last = cells[0] // n_cols, cells[-1] // n_cols
    if len(cells) == 1:
        col = cells[0] % n_cols
        return [Area(first, col, first + 1, col + 1)]
    columns = [i % n_cols for i in cells]
    low, high = min(columns), max(columns)
    if (last - first + 1) * (high - low + 1) == len(cells):
        return [Area(first, low, last + 1, high + 1)]
    out: list[Area] = []
    open_: dict[tuple[int, int], Area] = {}
    rows: dict[int, list[int]] = {}
    for i in cells:
        rows.setdefault(i // n_cols, []).append(i % n_cols)
    for row in range(first, last + 1):
        now: dict[tuple[int, int], Area] = {}
        got = sorted(rows.get(row, []))
        start = 0
        for k in range(1, len(got) + 1):
            if k == len(got) or got[k] != got[k - 1] + 1:
                key = (got[start], got[k - 1] + 1)
                area = open_.get(key)
                if area is None:
                    area = Area(row, key[0], row + 1, key[1])
                    out.append(area)
                else:
                    area.row_end = row + 1
                now[key] = area
                start = k
        open_ = now
    return out


def _drawn_sides(area: Area, below: list[int], beside: list[int], n_rows: int, n_cols: int) -> int:
    """How many of the four sides of an area are drawn over most of their length."""
    wide = ((1 << (area.col_end - area.col)) - 1) << area.col
    tall = ((1 << (area.row_end - area.row)) - 1) << area.row
    sides = 0
    for mask, walls in (
        (wide, below[area.row]),
        (wide, below[area.row_end]),
        (tall, beside[area.col]),
        (tall, beside[area.col_end]),
    ):
        sides += 2 * (mask & walls).bit_count() >= mask.bit_count()
    return sides


def raster_of(xs: list[float], ys: list[float], areas: list[Area]) -> Raster:
    """The raster of areas that are known, without the rows and columns that no area begins or ends at."""
    used_x = sorted({a.col for a in areas} | {a.col_end for a in areas})
    used_y = sorted({a.row for a in areas} | {a.row_end for a in areas})
    if len(used_x) != len(xs) or len(used_y) != len(ys):
        at_x = {old: new for new, old in enumerate(used_x)}
        at_y = {old: new for new, old in enumerate(used_y)}
        xs, ys = [xs[i] for i in used_x], [ys[i] for i in used_y]
        for a in areas:
            a.row, a.row_end, a.col, a.col_end = at_y[a.row], at_y[a.row_end], at_x[a.col], at_x[a.col_end]
    areas.sort(key=lambda a: (a.row, a.col))
    owner = [[-1] * (len(xs) - 1) for _ in range(len(ys) - 1)]
    for k, a in enumerate(areas):
        for row in range(a.row, a.row_end):
            for col in range(a.col, a.col_end):
                owner[row][col] = k
    return Raster(xs, ys, areas, owner)
