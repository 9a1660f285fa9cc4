"""In which orders the columns of a header may stand whose cells were cut between lines.

Belongs here: the orders that the lines of a header allow. Does not belong here: which columns it names
(header_letters.py, flattened_headers.py), which of several orders the figures prove (identities.py).

Text that was taken line by line from a page keeps what stands beside what within a line, and nothing else. An order of
the columns is allowed where every cell can be cut into pieces, one below the other, so that each line is what stands in
it from left to right. That leaves 基本支出结转 and 项目支出结转 open where no two of their pieces share a line; then
they stand as in the other groups of the header, since no report turns them round from group to group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import NamedTuple

from juesuan.final_accounts.forms import Column
from juesuan.final_accounts.list_headers import SUBTOTALS

#: Orders that are told apart; a header that allows more tells nothing. Steps of the search for them.
_MOST_ORDERS = 64
_MOST_STEPS = 50_000

Path = tuple[str, ...]


class Shown(NamedTuple):
    """An order of columns that the lines allow, and the piece (counted over all lines) with which each begins."""

    order: tuple[int, ...]
    begins: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell of the header: a column of figures by its number, or one over others."""

    word: str
    column: int | None
    inside: tuple[_Cell, ...] = ()
    left: bool = False  # no figures stand under it, and it stands before all that have some


@dataclass(slots=True)
class _Search:
    lines: Sequence[Sequence[str]]
    offsets: Sequence[int]
    found: dict[tuple[int, ...], Shown] = field(default_factory=dict)
    steps: int = 0

    def full(self) -> bool:
        self.steps += 1
        return self.steps > _MOST_STEPS or len(self.found) > _MOST_ORDERS

    def cuts(self, word: str, at: tuple[int, ...], above: int) -> Iterator[tuple[tuple[int, ...], int, int]]:
        """The ways in which a cell takes the next pieces of lines below ``above``: what is taken of each line then,
        the last of its lines, and its first piece."""
        if word in SUBTOTALS:
            words: Sequence[str] = sorted(SUBTOTALS)
        else:
            words = (word,)
        for one in words:
            yield from self._cuts(one, at, above, None)

    def _cuts(
        self, rest: str, at: tuple[int, ...], above: int, first: int | None
    ) -> Iterator[tuple[tuple[int, ...], int, int]]:
        for number in range(above + 1, len(self.lines)):
            line, start = self.lines[number], at[number]
            text = ""
            for end in range(start, len(line)):
                text += line[end]
                if not rest.startswith(text):
                    break
                taken = (*at[:number], end + 1, *at[number + 1 :])
                begin = self.offsets[number] + start if first is None else first
                if text == rest:
                    yield taken, number, begin
                else:
                    yield from self._cuts(rest[len(text) :], taken, number, begin)

    def place(
        self,
        waiting: Sequence[tuple[tuple[_Cell, ...], int]],
        at: tuple[int, ...],
        order: tuple[int, ...],
        begins: dict[int, int],
    ) -> None:
        """Set the next cell: one of the innermost group that is open. ``waiting``: the cells that are left of each open
        group, outermost first, with the last line of the group's own cell."""
        if self.full():
            return
        if not waiting:
            if all(n == len(line) for n, line in zip(at, self.lines, strict=True)):
                self.found.setdefault(order, Shown(order, dict(begins)))
            return
        cells, above = waiting[-1]
        if not cells:
            self.place(waiting[:-1], at, order, begins)
            return
        left = [cell for cell in cells if cell.left]
        for cell in left or cells:
            rest = (*waiting[:-1], (tuple(c for c in cells if c is not cell), above))
            for taken, last, begin in self.cuts(cell.word, at, above):
                if cell.inside:
                    self.place((*rest, (cell.inside, last)), taken, order, begins)
                elif cell.column is None:
                    self.place(rest, taken, order, begins)
                else:
                    self.place(rest, taken, (*order, cell.column), {**begins, cell.column: begin})


def orders_shown(
    columns: Sequence[Column],
    named: Sequence[tuple[str, Path]],
    furniture: Sequence[str],
    lines: Sequence[Sequence[str]],
) -> list[Shown]:
    """Every order of the columns ``named`` (key and words over it) that the lines allow; none where they are too many.

    ``furniture`` are the words of cells without figures below them: 项目, 科目编码.
    """
    tree = (*(_Cell(word, None, (), True) for word in furniture), *_cells(columns, named))
    offsets, count = [], 0
    for line in lines:
        offsets.append(count)
        count += len(line)
    search = _Search(lines, offsets)
    search.place(((tree, -1),), (0,) * len(lines), (), {})
    if search.steps > _MOST_STEPS or len(search.found) > _MOST_ORDERS:
        return []
    found = list(search.found.values())
    alike = [one for one in found if _alike(one.order, [path for _, path in named])]
    return alike or found


def _cells(columns: Sequence[Column], named: Sequence[tuple[str, Path]]) -> tuple[_Cell, ...]:
    """The cells of a header as they stand in each other: 本年支出 over 基本支出 over 人员经费."""
    own = {column.key: column for column in columns}
    groups = {path[0]: None for _, path in named if len(path) > 1}
    over: dict[str, str] = {}
    for key, path in named:
        for names, words in own[key].groups:
            outer = [g for g in groups if g in names and g != path[0]]
            if len(path) > 1 and path[0] in words and path[-1] in SUBTOTALS and outer:
                over[path[0]] = outer[0]

    def inside(group: str | None) -> tuple[_Cell, ...]:
        cells: list[_Cell] = []
        for k, (_, path) in enumerate(named):
            if group == (path[0] if len(path) > 1 else None):
                cells.append(_Cell(path[-1], k))
        cells += [_Cell(g, None, inside(g)) for g in groups if over.get(g) == group]
        return tuple(cells)

    return inside(None)


def _alike(order: Sequence[int], paths: Sequence[Path]) -> bool:
    """Whether columns of the same beginning stand in the same order in all groups: 基本支出 before 项目支出."""
    groups: dict[str, list[str]] = {}
    for k in order:
        if len(paths[k]) > 1:
            last = "" if paths[k][-1] in SUBTOTALS else paths[k][-1][:2]
            groups.setdefault(paths[k][0], []).append(last)
    before = {pair for members in groups.values() for pair in combinations(members, 2)}
    return not any((b, a) in before for a, b in before if a != b)
