"""The columns of a table without lines: strips of the page in which the pieces of its lines stand.

Belongs here: strips found by alignment, strips between borders that are known, the strips that a piece stands in. Does
not belong here: what the header says of columns (unruled_header.py), rows (unruled_rows.py).
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from juesuan.final_accounts.readers.unruled_pieces import ALIGNED, Piece, Print, Strip, together

_DASH = re.compile(r"[-−－–—]{1,3}")


def strips_of(rows: Sequence[Sequence[Piece]]) -> list[Strip] | None:
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


def zoned(rows: Sequence[Sequence[Piece]], xs: Sequence[float]) -> list[Strip] | None:
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


def count_numbers(strips: Sequence[Strip]) -> int:
    """Take the numbers right of the first column of text for figures, where there are many and none has decimals."""
    text = next((k for k, s in enumerate(strips) if s.pieces and not s.numbers), -1)
    own = [s for s in strips[text + 1 :] if s.pieces and s.numbers]
    if len(own) < 4:
        return 0
    for strip in own:
        strip.counted = True
    return len(own)


def fitting(line: Print, strips: Sequence[Strip]) -> list[tuple[Piece, int, int]] | None:
    """The columns (from, up to) of each piece of a line of the body; None where a piece fits into none.

    Text stands in columns of text, numbers in columns of numbers; text may be merged over columns of text.
    """
    out: list[tuple[Piece, int, int]] = []
    for p in line.pieces:
        where = columns_of(p, strips)
        if where is None:
            return None
        first, end = where
        if out and first < out[-1][2]:
            if first == out[-1][1] and end == out[-1][2] and not p.number and not out[-1][0].number:
                out[-1] = (together(out[-1][0], p), first, end)
                continue
            return None
        out.append((p, first, end))
    return out


def columns_of(p: Piece, strips: Sequence[Strip]) -> tuple[int, int] | None:
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
