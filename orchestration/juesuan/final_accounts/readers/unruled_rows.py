"""The rows of a table without lines: which lines of text are one row, by their distances and by the rules there are.

Belongs here: rows from baselines. Does not belong here: columns (unruled_columns.py), where the body of a table begins
and ends (unruled.py).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

#: Baselines nearer than this belong to one row: the lines would print over each other.
TOUCHING = 0.95


def rows_of(
    bases: Sequence[float], anchor: Sequence[bool], size: float, rules: Sequence[float], usual: float | None = None
) -> list[list[int]] | None:
    """Which lines (by number) are one row: names wrap before, around and after their figures.

    ``rules`` are the y between rows where they are drawn; ``usual`` is from row to row on the page before. None where
    the distances of the lines do not decide.
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
    pitch = min(sure) if sure else usual
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
