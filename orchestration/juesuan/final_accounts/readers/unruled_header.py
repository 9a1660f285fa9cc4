"""The header of a table without lines: which words stand over which columns.

Belongs here: header words of one or more lines, words that are over others, the borders that words in the middle of
their columns imply, the cells of the header. Does not belong here: which lines are the header (unruled.py), the columns
of the body (unruled_columns.py), and what any word means.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from juesuan.final_accounts.readers.raster import Line, Raster
from juesuan.final_accounts.readers.unruled_pieces import (
    ALIGNED,
    LEADING,
    Piece,
    Print,
    Strip,
    counts_up,
    piece_of,
    together,
)

#: Ideographs of one header word may be spaced out this far (项    目).
SPACED_OUT = 5.0
# So many ways to share columns among header words are no header.
_MOST_WAYS = 500


@dataclass(slots=True)
class Block:
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
class Columns:
    """The columns of a table: what each strip's number is, their borders, and the cells of the header."""

    n: int
    of: list[int]  # strip -> column
    xs: list[float]
    named: list[bool]
    depth: int = 0
    ys: list[float] = field(default_factory=list)  # of the header, where it is drawn
    cells: list[tuple[int, int, int, int, list[Piece]]] = field(default_factory=list)


def header_columns(
    lines: Sequence[Print],
    header: list[int],
    strips: list[Strip],
    rules: Sequence[Line],
    size: float,
    xs: Sequence[float],
) -> Columns | None:
    """The columns by their header. A line alone that stands over everything is the title, and leaves ``header``."""
    while True:
        pieces = [p for i in header for p in lines[i].pieces]
        columns = Header(pieces, strips, rules, size, xs).solve()
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


class Header:
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

    def solve(self) -> Columns | None:
        if not self.blocks:
            return None
        # A word above the words at both sides of it is over them; where that leaves a column without a word, a strip
        # of its own makes it the word of that column.
        return self._solve(own_strip=False) or self._solve(own_strip=True)

    def _solve(self, *, own_strip: bool) -> Columns | None:
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
            if (len(digits) >= 2 and counts_up(digits) and len(digits) >= len(row) - 2) or (only and len(row) <= 2):
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
                out[-1] = together(last, p)
            else:
                out.append(p)
        return out

    def _blocks(self, pieces: list[Piece]) -> list[Block]:
        """Lines of one wrapped word, joined."""
        blocks: list[Block] = []
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
                blocks.append(Block([p], p.x0, p.x1, p.base - 0.76 * p.size, p.base))
        return blocks

    def _stands_over(self, b: Block) -> bool:
        return any(
            o is not b
            and o.level > b.level + 0.5 * self.size
            and o.x0 < b.x1 - 0.1 * self.size
            and o.x1 > b.x0 + 0.1 * self.size
            for o in self.blocks
        )

    def _floats(self, b: Block, leaves: Sequence[Block], *, own_strip: bool) -> bool:
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

    def _matched(self, leaves: list[Block]) -> tuple[Columns, list[Block | None]] | None:
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
        columns = Columns(len(order), of, xs, [j is not None for _, _, j in order])
        return columns, [leaves[j] if j is not None else None for _, _, j in order]

    def _by_zones(self, leaves: Sequence[Block]) -> list[int] | None:
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

    def _usual(self, half: float, names: Sequence[int | None], leaves: Sequence[Block]) -> bool:
        """Whether figures end as far right of the middle of their word in other columns."""
        others = [
            s.x1 - leaves[j].middle
            for s, j in zip(self.strips, names, strict=True)
            if j is not None and s.figures and s.x1 > leaves[j].middle
        ]
        return not others or min(others) * 0.5 <= half <= max(others) * 1.6

    def _one_of(
        self, b: Block, ks: list[int], leaves: Sequence[Block], over: Sequence[list[int]], own: int
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

    def _borders(self, spans: Sequence[tuple[float, float]], names: Sequence[Block | None]) -> list[float]:
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

    def _spans(self, groups: list[Block], names: Sequence[Block | None]) -> bool:
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
        done: list[list[Block]] = []
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

    def _left(self, names: Sequence[Block | None], c: int) -> float:
        block = names[c]
        return block.x0 if block else 0.0

    def _right(self, names: Sequence[Block | None], c: int) -> float:
        block = names[c]
        return block.x1 if block else 0.0

    def _drawn(self, group: Block, names: Sequence[Block | None]) -> tuple[int, int] | None:
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

    def _share(self, groups: list[Block], a: int, b: int, names: Sequence[Block | None]) -> bool:
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

    def _off(self, middle: float, first: int, end: int, names: Sequence[Block | None]) -> float | None:
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

    def _edges(self, columns: Columns, names: Sequence[Block | None]) -> dict[int, tuple[float, float]]:
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

    def _laid(self, columns: Columns, names: Sequence[Block | None], groups: Sequence[Block]) -> Columns:
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


def as_before(strips: Sequence[Strip], before: Sequence[float], size: float) -> Columns | None:
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
    return Columns(n, of, list(before), [False] * n)


def under_drawn(head: Raster) -> Columns:
    """The columns of a header that is drawn."""
    n = len(head.xs) - 1
    columns = Columns(n, list(range(n)), list(head.xs), [True] * n, len(head.ys) - 1, list(head.ys))
    for area in head.areas:
        said = [piece_of(area.runs)] if area.runs else []
        columns.cells.append((area.row, area.col, area.row_end, area.col_end, said))
    return columns
