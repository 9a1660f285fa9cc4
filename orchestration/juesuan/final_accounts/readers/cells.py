"""Which run belongs to which cell.

Belongs here: runs put into the areas of rasters, runs that stand over a border cut or kept whole, the grid that comes
of it. Does not belong here: where the borders are, and tables without borders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from juesuan.final_accounts.model import Box, Grid, GridCell
from juesuan.final_accounts.readers.raster import Raster
from juesuan.final_accounts.readers.runs import MIDDLE, SAME_LINE, Run, cell_text

# Glyphs of which figures consist, and figures with two decimals that follow each other without a gap.
_FIGURES = re.compile(r"[-−]?[\d,.\-−]*\d")
_JOINED = re.compile(r"(?:[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d\d){2,}")
_FIGURE = re.compile(r"[-−]?(?:\d{1,3}(?:,\d{3})+|\d+)\.\d\d")


def figures_in(text: str, first: int, end: int) -> list[tuple[int, int]]:
    """From where to where each figure stands of several that are joined; else the one span of all."""
    if not _JOINED.fullmatch(text, first, end):
        return [(first, end)]
    return [found.span() for found in _FIGURE.finditer(text, first, end)]


def assign(runs: list[Run], rasters: list[Raster]) -> list[Run]:
    """Put each run into its cell; give back the runs outside of every cell."""
    if not rasters:
        return runs
    # A table inside a cell of another takes its own text.
    rasters = sorted(rasters, key=lambda r: (r.xs[-1] - r.xs[0]) * (r.ys[-1] - r.ys[0]))
    rest: list[Run] = []
    across: list[tuple[Raster, Run, float]] = []
    for run in runs:
        y = run.base - MIDDLE * run.size
        for raster in rasters:
            if raster.ys[0] <= y < raster.ys[-1] and run.x1 > raster.xs[0] and run.x0 < raster.xs[-1]:
                starts, ends = run.starts, run.ends
                k = raster.at((starts[0] + ends[0]) / 2, y)
                if k >= 0 and (len(starts) == 1 or raster.at((starts[-1] + ends[-1]) / 2, y) == k):
                    raster.areas[k].runs.append(run)
                else:
                    across.append((raster, run, y))
                break
        else:
            rest.append(run)
    for raster, run, y in across:
        for k, part in _divided(run, raster, y):
            if k >= 0:
                raster.areas[k].runs.append(part)
            else:
                rest.append(part)
    return rest


def _divided(run: Run, raster: Raster, y: float) -> list[tuple[int, Run]]:
    """A run over several cells: cut where a gap stands on the border. What goes over a border without a gap belongs
    to one cell if it hardly leaves it, or if the cells it runs into have nothing of their own (then to the cell at
    whose side it begins or ends). Else it is cut where the border falls between two glyphs, and never in a glyph.

    Figures are cut after their decimals and nowhere else: the border says only which cell has which. Where it does
    not, they stay joined, so that nobody takes a part for the whole."""
    where = [raster.at((a + b) / 2, y) for a, b in zip(run.starts, run.ends, strict=True)]
    gap = 0.12 * run.size
    out: list[tuple[int, Run]] = []
    for first, end in _pieces(where, 0, len(where), lambda i: run.starts[i] - run.ends[i - 1] > gap):
        best, beyond = _most(run, where, first, end)
        if _FIGURES.fullmatch(run.text, first, end) and len(set(where[first:end])) > 1:
            out += _figures(run, raster, where, first, end)
            continue
        owner = _owner(run, where, first, end, raster)
        touched = set(where[first:end]) - {-1, owner}
        if beyond <= 1.6 * run.size:
            out.append((best, run.part(first, end)))
        elif owner >= 0 and not any(raster.areas[k].runs for k in touched):
            out.append((owner, run.part(first, end)))
        else:

            def between(i: int) -> bool:
                """Whether the border before glyph ``i`` leaves it and the one before it whole."""
                border = min(raster.xs, key=lambda x: abs(x - (run.ends[i - 1] + run.starts[i]) / 2))
                return run.ends[i - 1] - gap <= border <= run.starts[i] + gap

            for a, b in _pieces(where, first, end, between):
                out.append((_most(run, where, a, b)[0], run.part(a, b)))
    return out


def _figures(run: Run, raster: Raster, where: list[int], first: int, end: int) -> list[tuple[int, Run]]:
    """The figures that these glyphs are, each with its cell; all in one where they do not stand in a cell each."""
    out: list[tuple[int, Run]] = []
    for a, b in figures_in(run.text, first, end):
        best, beyond = _most(run, where, a, b)
        if beyond > 0.4 * (run.ends[b - 1] - run.starts[a]):
            # Half of it stands in either cell: its right end is where figures are set.
            best = where[b - 1]
        out.append((best, run.part(a, b)))
    cells = [k for k, _ in out]
    if len(cells) > 1 and len(set(cells)) == len(cells) and -1 not in cells:
        return out
    best, beyond = _most(run, where, first, end)
    owner = _owner(run, where, first, end, raster)
    return [(owner if owner >= 0 and beyond > 1.6 * run.size else best, run.part(first, end))]


def _pieces(where: list[int], first: int, end: int, cut: Callable[[int], bool]) -> Iterator[tuple[int, int]]:
    """The glyphs ``first`` to ``end`` in pieces, cut where the cell changes and ``cut`` agrees."""
    start = first
    for i in range(first + 1, end):
        if where[i] != where[i - 1] and cut(i):
            yield start, i
            start = i
    yield start, end


def _most(run: Run, where: list[int], first: int, end: int) -> tuple[int, float]:
    """The cell that holds most of these glyphs, and the width of those that stand elsewhere."""
    inside: dict[int, float] = {}
    for i in range(first, end):
        inside[where[i]] = inside.get(where[i], 0.0) + run.ends[i] - run.starts[i]
    best = max(inside, key=lambda k: inside[k])
    return best, sum(inside.values()) - inside[best]


def _owner(run: Run, where: list[int], first: int, end: int, raster: Raster) -> int:
    """The cell whose side these glyphs keep to: the left side of the first or the right side of the last; -1: none."""
    head, tail = where[first], where[end - 1]
    if head < 0 or tail < 0:
        return -1
    # The words before it in its line are its line's beginning.
    same = [r.x0 for r in raster.areas[head].runs if abs(r.base - run.base) <= SAME_LINE * run.size]
    before = min([run.starts[first], *same]) - raster.xs[raster.areas[head].col]
    after = raster.xs[raster.areas[tail].col_end] - run.ends[end - 1]
    return head if before <= after else tail


def grid(raster: Raster, number: int, place: Callable[[float, float, float, float], Box]) -> Grid:
    xs, ys = raster.xs, raster.ys
    cells = tuple(
        GridCell(
            a.row,
            a.col,
            a.row_end - a.row,
            a.col_end - a.col,
            cell_text(a.runs),
            place(xs[a.col], ys[a.row], xs[a.col_end], ys[a.row_end]),
        )
        for a in raster.areas
    )
    return Grid(number, len(ys) - 1, len(xs) - 1, cells, place(xs[0], ys[0], xs[-1], ys[-1]))
