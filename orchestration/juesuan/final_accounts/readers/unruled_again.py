"""The header of the table of the page before, printed again over what goes on of it.

Belongs here: finding the same words in the same places, and the borders that both pages leave. Does not belong here:
headers that say their columns themselves (unruled_header.py), which lines below are the table (unruled.py).

A page on which a table ends may hold a few rows, and few rows say little about their columns. Where its header is that
of the page before, word for word and place for place, its columns are those of the page before too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from juesuan.final_accounts.readers.raster import Area, Raster, raster_of
from juesuan.final_accounts.readers.runs import Run
from juesuan.final_accounts.readers.unruled_pieces import is_amount

#: The same words stand within this part of the size of the type of where they stood.
_SAME_PLACE = 0.15
#: Fewer words may be alike by chance.
_FEWEST_WORDS = 3


def header_again(runs: Sequence[Run], last: Raster | None) -> tuple[Raster, list[Run]] | None:
    """The header of the last table where these runs print it again, and the runs that are left."""
    if last is None:
        return None
    first = min((run for area in last.areas if not area.row for run in area.runs), key=_order, default=None)
    if first is None:
        return None
    glyphs: _Glyphs = {}
    for i, run in enumerate(runs):
        for char, x in zip(run.text, run.starts, strict=False):
            glyphs.setdefault(char, []).append((x, run.base, i))
    for x, base, _ in glyphs.get(first.text[0], ()):
        if abs(x - first.x0) <= _SAME_PLACE * first.size:
            found = _from(runs, glyphs, last, base - first.base)
            if found is not None:
                return found
    return None


#: The x, the baseline and the run of each glyph of the page, by its character: the same words make other runs where
#: the font of a document changes within them.
_Glyphs = dict[str, list[tuple[float, float, int]]]


def _order(run: Run) -> tuple[float, float]:
    return run.base, run.x0


def _same(run: Run, glyphs: _Glyphs, down: float) -> list[int] | None:
    """The run of each glyph that stands where one of this run stood; None where there is none."""
    slack = _SAME_PLACE * run.size
    out: list[int] = []
    for char, x in zip(run.text, run.starts, strict=False):
        own = [
            i for x1, base, i in glyphs.get(char, ()) if abs(x1 - x) <= slack and abs(base - run.base - down) <= slack
        ]
        if not own:
            return None
        out.append(own[0])
    return out


def _from(runs: Sequence[Run], glyphs: _Glyphs, last: Raster, down: float) -> tuple[Raster, list[Run]] | None:
    """The rows of the last table that stand ``down`` lower among these runs, from its first row."""
    areas: list[tuple[Area, list[int]]] = []
    depth = len(last.ys) - 1
    for area in sorted(last.areas, key=lambda a: a.row):
        if area.row >= depth:
            break
        said: list[int] = []
        for run in area.runs:
            own = _same(run, glyphs, down)
            if own is None or is_amount(run.text):
                depth = area.row
                break
            said += own
        areas.append((area, said))
    # A row of which a cell reaches into what is not there any more is no row of the header.
    while cut := [area.row for area, _ in areas if area.row < depth < area.row_end]:
        depth = min(cut)
    areas = [(area, said) for area, said in areas if area.row < depth]
    if depth < 1 or sum(bool(said) for _, said in areas) < _FEWEST_WORDS:
        return None
    counts = Counter(i for _, said in areas for i in said)
    if any(n != len(runs[i].text) for i, n in counts.items()):
        return None  # words that stand here alone and stood there beside others
    cells: list[Area] = []
    owner: dict[int, int] = {}
    for k, (area, said) in enumerate(areas):
        own = sorted(set(said))
        if any(owner.setdefault(i, k) != k for i in own):
            return None
        cells.append(Area(area.row, area.col, area.row_end, area.col_end, [runs[i] for i in own]))
    rest = [run for i, run in enumerate(runs) if i not in counts]
    foot = last.ys[depth] + down
    xs = _borders(last, [run for run in rest if run.base > foot])
    head = raster_of(xs, [y + down for y in last.ys[: depth + 1]], cells)
    return (head, rest) if head is not None else None


def _borders(last: Raster, below: Sequence[Run]) -> list[float]:
    """The borders of the last table; where longer words stand below now, in the middle of the gap that is left."""
    n = len(last.xs) - 1
    ends = [(last.xs[c], last.xs[c + 1]) for c in range(n)]
    for c in range(n):
        own = [run for area in last.areas if (area.col, area.col_end) == (c, c + 1) for run in area.runs]
        if own:
            ends[c] = min(run.x0 for run in own), max(run.x1 for run in own)
    xs = list(last.xs)
    for c, ((_, left), (right, _)) in enumerate(pairwise(ends), 1):
        reach = max((run.x1 for run in below if run.x0 < left and xs[c] < run.x1 < right), default=None)
        begin = min((run.x0 for run in below if run.x1 > right and left < run.x0 < xs[c]), default=None)
        if reach is not None and begin is None:
            xs[c] = (reach + right) / 2
        elif begin is not None and reach is None:
            xs[c] = (left + begin) / 2
    return xs
