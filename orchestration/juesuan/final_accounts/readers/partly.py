"""Tables whose lines are drawn in part: rows without rules between them, a header with lines over a body without.

Belongs here: which rasters hold several figures in one cell, and how such cells are parted. Does not belong here:
rasters as their lines say (raster.py), tables without any lines (unruled.py).

Two figures in one cell are two cells whose border is not drawn. Rows are then parted by baselines between the lines
that are drawn; where that does not do, the raster is taken for text with rules and read as such. Where neither is
certain the raster stays as it is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from juesuan.final_accounts.readers.raster import Area, Line, Raster, raster_of
from juesuan.final_accounts.readers.runs import Run
from juesuan.final_accounts.readers.unruled import Hints, aligned, parted_rows
from juesuan.final_accounts.readers.unruled_pieces import is_amount


def completed(
    rasters: list[Raster], rest: list[Run], across: Sequence[Line], down: Sequence[Line], last: Raster | None
) -> tuple[list[Raster], list[Run]]:
    """The rasters of a page with those cells parted that hold several figures, and the tables among the ``rest`` of
    its runs; and the runs that are left. ``across`` and ``down`` are the lines that make no raster, ``last`` the last
    table of the page before."""
    out: list[Raster] = []
    for raster in rasters:
        several = [area for area in raster.areas if len(area.runs) > 1 and _several(area.runs)]
        parted = _by_baselines(raster, several) if several else None
        if parted is not None:
            out.append(parted)
        elif several or _holds_header(raster):
            tables, left = _as_text(raster)
            out += tables
            rest = rest + left
        else:
            out.append(raster)
    if not rest:
        return out, rest
    heads = [raster for raster in out if not any(is_amount(run.text) for area in raster.areas for run in area.runs)]
    more, rest, used = aligned(rest, Hints(across, down, heads, last))
    return [*(raster for raster in out if not any(raster is head for head in used)), *more], rest


def _several(runs: Sequence[Run]) -> bool:
    """Whether a cell holds two figures."""
    found = 0
    for run in runs:
        found += is_amount(run.text)
        if found > 1:
            return True
    return False


def _holds_header(raster: Raster) -> bool:
    """Whether figures stand in one cell with their header words: the only row of a table without a rule over it."""
    if len(raster.ys) > 2:
        return False
    both = 0
    for area in raster.areas:
        amounts = [run for run in area.runs if is_amount(run.text)]
        both += bool(amounts) and any(run.base < amounts[0].base - 0.6 * run.size for run in area.runs)
    return both > 1


def _begins_with_figures(areas: Sequence[Area]) -> bool:
    """Whether the uppermost line of these cells has a figure."""
    runs = [run for area in areas for run in area.runs]
    top = min(run.base for run in runs)
    return any(is_amount(run.text) for run in runs if run.base - top <= 0.6 * run.size)


def _by_baselines(raster: Raster, several: Sequence[Area]) -> Raster | None:
    """The raster with the rows of these cells parted by baselines; None where its columns are not drawn."""
    rows = sorted({row for area in several for row in range(area.row, area.row_end)})
    if len(raster.xs) < 3:
        return None
    # From the bottom, so that the numbers of the rows above stay.
    bands: list[tuple[int, int]] = []
    for row in rows:
        if bands and bands[-1][1] == row:
            bands[-1] = (bands[-1][0], row + 1)
        else:
            bands.append((row, row + 1))
    ys, areas = list(raster.ys), [replace(area) for area in raster.areas]
    for first, end in reversed(bands):
        inside = [area for area in areas if area.row < end and area.row_end > first]
        if any(area.row < first or area.row_end > end for area in inside):
            return None
        if first == 0 and not _begins_with_figures(inside):
            return None  # a header stands in the same cells
        made = parted_rows([run for area in inside for run in area.runs], raster.xs, ys[first], ys[end])
        if made is None:
            return None
        inner, parts = made
        gone = set(map(id, inside))
        more = len(inner) + 1 - (end - first)
        areas = [area for area in areas if id(area) not in gone]
        for area in areas:
            if area.row >= end:
                area.row += more
                area.row_end += more
        for part in parts:
            part.row += first
            part.row_end += first
        areas += parts
        ys[first + 1 : end] = inner
    return raster_of(list(raster.xs), ys, areas)


def _as_text(raster: Raster) -> tuple[list[Raster], list[Run]]:
    """The tables that the text of a raster makes with its lines for rules, and what is left; else the raster."""
    runs = [run for area in raster.areas for run in area.runs]
    tables, left, _ = aligned(runs, Hints(raster.across, raster.down))
    if not tables or any(is_amount(run.text) for run in left):
        return [raster], []
    return tables, left
