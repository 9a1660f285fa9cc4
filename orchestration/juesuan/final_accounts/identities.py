"""Figures whose column the order of a text does not tell: which placements the identities of the report leave.

Belongs here: the figures and the cells of a row that lost its blanks, every way in which its figures may stand in its
cells in their order, and what the identities of ``forms/checks.yml`` leave of these over all tables of the report.
Does not belong here: the identities themselves (data), how a kind of identity is worked out (``check_tables``), and
how rows are found in a text (``flattened``).

A placement is taken only when it is the one that is left. What two fit stays without a place and names both; what
none fits stays without a place. A blank is nothing in a sum. An identity that no placement satisfies decides nothing:
the report contradicts itself there. Nothing here is found by trying the likeliest first: options are only ever struck
out, so what is left over after bounded work is at worst too much.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from math import comb
from typing import Any, Literal, NamedTuple

from juesuan.final_accounts import numbers
from juesuan.final_accounts.model import (
    YUAN_PER,
    Cell,
    Extraction,
    FigureDoesNotFit,
    MoneyUnit,
    Report,
    ReportTable,
    TableState,
)
from juesuan.final_accounts.placing import Figure, OpenTable, Slot

#: Ways to place the figures of one row beyond which they are left alone.
MOST_OPTIONS = 4000
#: Sums of one identity that are told apart, and additions that finding them may cost; beyond, it decides nothing.
MOST_SUMS, MOST_ADDITIONS = 1500, 40_000
#: Additions that one report may cost: while identities strike out placements, and while single ones are tried.
MOST_WORK, MOST_TRIED = 6_000_000, 2_000_000
#: Money is counted here in whole units of so many decimals of a yuan.
PLACES = 7

#: Kinds of identities that place figures, and how they compare; None where each says so itself.
KINDS = {"sum": None, "hierarchy": "eq", "rest": "eq", "parts": "ge"}


def places(spec: Mapping[str, Any]) -> bool:
    """Whether an identity of the catalogue places figures; other checks of a figure so placed are evidence for it."""
    return spec["kind"] in KINDS and spec.get("places", True)


class Place(NamedTuple):
    """One cell that a figure may stand in; ``blank`` is what it is when none does. ``counted``: it is no money."""

    row_key: str
    name: str
    line_key: str | None
    slot: Slot
    row_no: int
    blank: Figure
    counted: bool = False


def put(table: OpenTable, place: Place, figure: Figure) -> None:
    """Put a figure (or the blank) into the cell."""
    table.place(place.row_key, place.name, place.line_key, place.slot, figure, place.row_no, counted=place.counted)


@dataclass(slots=True)
class Run:
    """Figures that keep their order among themselves; ``lo`` to ``hi`` (exclusive) are the cells they may stand in."""

    figures: list[Figure]
    lo: int
    hi: int


@dataclass(slots=True)
class Row:
    """The cells of one row in their order, and its figures, which are fewer or whose order is not that of the cells.

    ``orders`` are the orders in which the cells may be printed, where a header does not tell; else theirs.
    """

    places: list[Place]
    runs: list[Run]
    quote: str
    why: str = "rows have lost their blanks: fewer figures than columns"
    orders: Sequence[tuple[int, ...]] = ()

    @property
    def figures(self) -> list[Figure]:
        return [figure for run in self.runs for figure in run.figures]

    def options(self) -> list[tuple[int, ...]] | None:
        """Every way to place the figures: for each cell the number of its figure, or -1. None where they are too many.

        Ways that print the same texts in the same cells are one.
        """
        ways: dict[tuple[str, ...], tuple[int, ...]] = {}
        for order in self.orders or [tuple(range(len(self.places)))]:
            found = self._along(order)
            if found is None or len(ways) + len(found) > MOST_OPTIONS:
                return None
            for way in found:
                ways.setdefault(self._texts(way), way)
        return list(ways.values())

    def _along(self, order: Sequence[int]) -> list[tuple[int, ...]] | None:
        """The ways that keep one order of the cells."""
        found = [tuple([-1] * len(order))]
        first = 0
        for run in self.runs:
            size, reach = len(run.figures), min(run.hi, len(order)) - run.lo
            if comb(reach, min(size, reach)) > MOST_OPTIONS:
                return None
            grown: dict[tuple[str, ...], tuple[int, ...]] = {}
            for option in found:
                free = [j for j in order[run.lo : run.hi] if option[j] < 0]
                for chosen in combinations(free, size):
                    way = list(option)
                    for k, j in enumerate(chosen):
                        way[j] = first + k
                    grown.setdefault(self._texts(way), tuple(way))
                if len(grown) > MOST_OPTIONS:
                    return None
            found, first = list(grown.values()), first + size
        return found

    def _texts(self, way: Sequence[int]) -> tuple[str, ...]:
        figures = self.figures
        return tuple(figures[f].text if f >= 0 else "" for f in way)


#: One way to read the rows of a table that are in doubt. A table with two has figures in lines of their own, which
#: may belong to the row above or to the row below.
RowsRead = list[Row]


class Anything(Decimal):
    """A figure that is not known yet: it agrees with every sum, and it is not blank. ``index`` says which."""

    index: int

    def __bool__(self) -> bool:
        return True


class _Contradiction(Exception):  # noqa: N818 - it ends a line of thought, it is no error of anything
    """No placement that is left satisfies an identity."""

    def __init__(self, groups: Iterable[int]) -> None:
        self.groups = tuple(groups)


@dataclass(slots=True)
class _Identity:
    """Terms as (sign, cell); ``relation`` compares their sum with nothing."""

    terms: list[tuple[int, int]]
    relation: Literal["eq", "ge"]
    strangers: list[int]


@dataclass(slots=True)
class _Sum:
    """An identity over the rows in doubt: what is known of it, and what each option of each row adds."""

    known: int
    slack: int
    relation: str
    parts: dict[int, list[tuple[int, int]]]
    home: int | None


@dataclass(slots=True)
class _Group:
    """A row in doubt while it is being settled; ``amounts`` are (value, half a unit) of its figures."""

    table: OpenTable
    row: Row
    cells: list[int]
    amounts: list[tuple[int, int]]
    options: list[tuple[int, ...]]
    dead: str | None = None


def settle(tables: Sequence[OpenTable], year: int | None, common: MoneyUnit | None) -> None:
    """Place what the identities decide of the rows in doubt, and report the rest with the cells they may stand in."""
    if any(table.pending for table in tables):
        _Settling(tables, year, common).run()


def _usual(texts: Iterable[str]) -> int:
    """The decimals that most figures of a table print."""
    counted = Counter(len(text.partition(".")[2]) for text in texts if "." in text)
    return max(counted, key=lambda p: (counted[p], p)) if counted else 0


class _Settling:
    """The rows in doubt of one report, and the identities that bind them."""

    def __init__(self, tables: Sequence[OpenTable], year: int | None, common: MoneyUnit | None) -> None:
        self.tables = tables
        self.year = year
        self.common = common
        self.factor = {id(t): YUAN_PER[t.unit or common or "元"] for t in tables}
        self.usual = {id(t): self._precision(t) for t in tables}
        self.values: list[tuple[int, int] | None] = []
        self.owner: list[OpenTable] = []
        self.index: dict[tuple[int, str, str], int] = {}
        self.cells: list[tuple[int, int, int, Cell]] = []
        self.placed = 0
        self.work = 0

    def _precision(self, table: OpenTable) -> int:
        texts = [c["value_text"] for c in table.cells if c["value"] is not None]
        texts += [f.text for row in (table.pending or [[]])[0] for f in row.figures]
        return _usual(texts)

    # --- cells and identities -----------------------------------------------------------------------------------------

    def run(self) -> None:
        for table in self.tables:
            for cell in table.cells:
                names = (cell["row_key"], cell["row_label"], cell["line_key"], cell["column_key"])
                self._cell(table, *names, cell["row_no"])
                if cell["value"] is not None:
                    self.values[-1] = self._amount(table, cell["value"], cell["precision"] or 0)
        self.placed = len(self.values)
        readings: dict[int, list[list[_Group]]] = {}
        for table in self.tables:
            if table.pending:
                readings[id(table)] = [self._groups(table, rows) for rows in table.pending]
        identities = list(self._identities())
        groups: list[_Group] = []
        for table in self.tables:
            if table.pending:
                groups += self._reading(table, readings[id(table)], identities)
        self._solve(groups, identities)
        for table in self.tables:
            if table.pending:
                self._write(table, [g for g in groups if g.table is table])
                table.pending = []

    def _cell(self, table: OpenTable, row: str, name: str, line: str | None, column: str, row_no: int) -> int:
        """The number of a cell, which is new where none has this row and column."""
        at = self.index.get((id(table), row, column))
        if at is not None:
            return at
        at = self.index[id(table), row, column] = len(self.values)
        self.values.append(None)
        self.owner.append(table)
        value = Anything(0)
        value.index = at
        unit = table.unit or self.common
        cell = Cell(table.form.key, table.number, row, name, line, column, "", value, 2, unit, None, None, row_no, 0)
        self.cells.append((table.number, row_no, at, cell))
        return at

    def _amount(self, table: OpenTable, value: Decimal, precision: int) -> tuple[int, int]:
        factor = self.factor[id(table)]
        places = min(max(precision, self.usual[id(table)]), PLACES - 1)
        return int(value.scaleb(PLACES)) * factor, 5 * 10 ** (PLACES - 1 - places) * factor

    def _groups(self, table: OpenTable, rows: RowsRead) -> list[_Group]:
        groups = []
        taken: set[int] = set()
        for row in rows:
            cells = [self._cell(table, p.row_key, p.name, p.line_key, p.slot.column, p.row_no) for p in row.places]
            group = _Group(table, row, cells, [], [])
            groups.append(group)
            if any(c < self.placed or c in taken for c in cells):
                group.dead = "a second row of the same name"
                continue
            taken.update(cells)
            try:
                read = [
                    numbers.Figure(Decimal(0), PLACES)
                    if not f.text or f.text in numbers.NO_FIGURE
                    else numbers.parse_figure(f.text)
                    for f in row.figures
                ]
            except FigureDoesNotFit as problem:
                group.dead = str(problem)
                continue
            options = row.options()
            if any(r is None for r in read):
                group.dead = "not one figure"
            elif options is None:
                group.dead = "its figures may stand in too many ways"
            else:
                group.amounts = [self._amount(table, r.value, r.precision) for r in read if r is not None]
                group.options = options
        return groups

    def _identities(self) -> Iterator[_Identity]:
        """The identities of the catalogue that have cells of this report as their terms.

        They are asked of one table of each key; of the second 一般公共预算财政拨款 table of a report in its turn.
        """
        yield from self._identities_of(self.tables)
        for table in self.tables:
            same = [t for t in self.tables if t.form.key == table.form.key]
            if table.pending and same[0] is not table:
                yield from self._identities_of([t for t in self.tables if t is table or t not in same])

    def _identities_of(self, tables: Sequence[OpenTable]) -> Iterator[_Identity]:
        from juesuan.final_accounts.check_tables import EVALUATORS, unknown_lines
        from juesuan.final_accounts.check_terms import Book
        from juesuan.final_accounts.checks import catalogue

        states = tuple(
            ReportTable(t.form.key, t.number, t.title, self._state(t), t.unit or self.common) for t in tables
        )
        report = Report("", None, self.year, None, None, self.common, "loaded", None, tables=states)
        these = {t.number for t in tables}
        mine = (entry for entry in self.cells if entry[0] in these)
        cells = tuple(cell for _, _, _, cell in sorted(mine, key=lambda entry: entry[:3]))
        book = Book(Extraction(report, cells))
        for spec in catalogue().identities:
            first, last = spec.get("years", (None, None))
            if self.year is not None and ((first and self.year < first) or (last and self.year > last)):
                continue
            if not places(spec) or self._may_add(book, spec):
                continue
            relation = KINDS[spec["kind"]] or spec.get("relation", "eq")
            for verdict in EVALUATORS[spec["kind"]](book, spec):
                if not verdict.left and not verdict.right:
                    continue
                turn = -1 if relation == "le" else 1
                terms = [(s * turn, f.value.index) for s, f in verdict.left if isinstance(f.value, Anything)]
                terms += [(-s * turn, f.value.index) for s, f in verdict.right if isinstance(f.value, Anything)]
                asked = spec.get("strangers")
                strangers = unknown_lines(book, asked, verdict.left) if asked and verdict.left else []
                others = [f.value.index for _, f in strangers if isinstance(f.value, Anything)]
                yield _Identity(terms, "eq" if relation == "eq" else "ge", others)

    @staticmethod
    def _state(table: OpenTable) -> TableState:
        return "present" if table.cells or table.pending else table.state()[0]

    @staticmethod
    def _may_add(book: Any, spec: Mapping[str, Any]) -> bool:
        """Whether the table has columns that its form may or may not count into the sum."""
        for text in spec.get("or_with", ()):
            key, column = text.partition("/")[0], text.rpartition("/")[2]
            table = book.tables.get(key)
            if table is not None and any(c.startswith(column.partition("{")[0]) for c in table.columns):
                return True
        return False

    # --- sums over rows in doubt --------------------------------------------------------------------------------------

    def _sums(self, groups: Sequence[_Group], identities: Iterable[_Identity]) -> list[_Sum]:
        """The identities in which rows in doubt take part, without those that have a cell nobody knows."""
        where = {cell: (g, j) for g, group in enumerate(groups) if not group.dead for j, cell in enumerate(group.cells)}
        sums = []
        for identity in identities:
            known = slack = 0
            wanted: dict[int, list[tuple[int, int]]] = defaultdict(list)
            lost = any(s >= self.placed or self.values[s] is not None for s in identity.strangers)
            for sign, cell in identity.terms:
                if cell in where:
                    g, j = where[cell]
                    wanted[g].append((sign, j))
                elif cell >= self.placed:
                    lost = True
                elif (value := self.values[cell]) is not None:
                    known, slack = known + sign * value[0], slack + value[1]
            if lost or not wanted:
                continue
            parts = {}
            for g, terms in wanted.items():
                group = groups[g]
                parts[g] = [self._adds(group, option, terms) for option in group.options]
            homes = {id(self.owner[cell]) for _, cell in identity.terms}
            sums.append(_Sum(known, slack, identity.relation, parts, homes.pop() if len(homes) == 1 else None))
        return sums

    @staticmethod
    def _adds(group: _Group, option: Sequence[int], terms: Iterable[tuple[int, int]]) -> tuple[int, int]:
        total = slack = 0
        for sign, j in terms:
            if option[j] >= 0:
                value, half = group.amounts[option[j]]
                total, slack = total + sign * value, slack + half
        return total, slack

    def _reading(self, table: OpenTable, readings: list[list[_Group]], identities: list[_Identity]) -> list[_Group]:
        """The one way to read a table that its own identities do not contradict; where two are left, none is taken."""
        if len(readings) == 1:
            return readings[0]
        held = []
        for groups in readings:
            alive = [g for g in groups if not g.dead]
            sums = [s for s in self._sums(groups, identities) if s.home == id(table)]
            domains = [list(range(len(g.options))) for g in groups]
            if (
                len(alive) == len(groups)
                and sums
                and all(self._filter(s, domains, keep=False) is not None for s in sums)
            ):
                held.append(groups)
        if len(held) == 1:
            return held[0]
        same = {id(group.row) for group in readings[1]}
        for group in readings[0]:
            if id(group.row) not in same:
                group.dead = group.dead or "its figures stand in lines of their own, between two rows"
        return readings[0]

    def _filter(self, identity: _Sum, domains: list[list[int]], *, keep: bool = True) -> list[int] | None:
        """Strike out options that cannot satisfy one identity: the rows that lost some; None where it cannot hold."""
        rows = list(identity.parts)
        self.work += 20 + sum(len(domains[g]) for g in rows)
        adds: list[dict[tuple[int, int], list[int]]] = []
        for g in rows:
            by: dict[tuple[int, int], list[int]] = {}
            for option in domains[g]:
                by.setdefault(identity.parts[g][option], []).append(option)
            adds.append(by)
        before = self._partial({identity.known: identity.slack}, adds[:-1])
        behind = self._partial({0: 0}, adds[:0:-1])
        if before is None or behind is None:
            return []
        behind.reverse()
        lost = []
        for k, (g, by) in enumerate(zip(rows, adds, strict=True)):
            if len(by) * min(len(before[k]), len(behind[k])) > MOST_ADDITIONS:
                continue
            self.work += len(by) * min(len(before[k]), len(behind[k]))
            good = {add for add in by if _holds(identity.relation, before[k], add, behind[k])}
            if not good:
                return None
            if len(good) < len(by) and keep:
                domains[g] = sorted(option for add in good for option in by[add])
                lost.append(g)
        return lost

    def _partial(
        self, first: dict[int, int], adds: Sequence[Mapping[tuple[int, int], Any]]
    ) -> list[dict[int, int]] | None:
        """The sums before any addend, of the first, the first two ...; None where they are too many."""
        found = [first]
        for by in adds:
            cost = len(found[-1]) * len(by)
            self.work += cost
            if cost > MOST_ADDITIONS:
                return None
            found.append(_grown(found[-1], by))
            if len(found[-1]) > MOST_SUMS:
                return None
        return found

    def _spread(
        self, sums: Sequence[_Sum], at: Mapping[int, list[int]], domains: list[list[int]], queue: Sequence[int]
    ) -> None:
        """Strike out until nothing more goes. Raises ``_Contradiction``."""
        waiting = dict.fromkeys(queue)
        while waiting and self.work < MOST_WORK:
            number = next(iter(waiting))
            del waiting[number]
            lost = self._filter(sums[number], domains)
            if lost is None:
                raise _Contradiction(sums[number].parts)
            for g in lost:
                waiting.update(dict.fromkeys(n for n in at[g] if n != number))

    def _solve(self, groups: list[_Group], identities: list[_Identity]) -> None:
        """Leave each row the options that the identities leave it."""
        domains: list[list[int]] = []
        while True:
            sums = self._sums(groups, identities)
            domains = [list(range(len(group.options))) for group in groups]
            if self._dead_rows(groups, sums, domains):
                continue
            # what no placement can satisfy, the report itself contradicts
            sums = [s for s in sums if self._filter(s, domains, keep=False) is not None]
            at: dict[int, list[int]] = defaultdict(list)
            for number, one in enumerate(sums):
                for g in one.parts:
                    at[g].append(number)
            try:
                self._spread(sums, at, domains, list(range(len(sums))))
            except _Contradiction as problem:
                for g in problem.groups:
                    groups[g].dead = "no placement of its figures satisfies all identities"
                continue
            break
        self._try_each(groups, sums, at, domains)
        for group, domain in zip(groups, domains, strict=True):
            if not group.dead:
                group.options = [group.options[o] for o in domain]

    def _dead_rows(self, groups: list[_Group], sums: Sequence[_Sum], domains: list[list[int]]) -> bool:
        """Whether an identity within one row leaves it no placement; what it leaves, ``domains`` keeps."""
        found = False
        for one in sums:
            if len(one.parts) == 1 and one.home is not None:
                (g,) = one.parts
                if not groups[g].dead and self._filter(one, domains) is None:
                    groups[g].dead = "no placement of its figures satisfies the identities of its row"
                    found = True
        return found

    def _try_each(
        self, groups: Sequence[_Group], sums: Sequence[_Sum], at: Mapping[int, list[int]], domains: list[list[int]]
    ) -> None:
        """Strike out the options that contradict the others only by what follows from them."""
        again = True
        limit = min(self.work + MOST_TRIED, MOST_WORK)
        while again and self.work < limit:
            again = False
            for g, group in enumerate(groups):
                if group.dead or len(domains[g]) < 2:
                    continue
                for option in list(domains[g]):
                    if self.work >= limit:
                        return
                    trial = list(domains)
                    trial[g] = [option]
                    try:
                        self._spread(sums, at, trial, list(at[g]))
                    except _Contradiction:
                        rest = [o for o in domains[g] if o != option]
                        kept = list(domains)
                        kept[g] = rest
                        try:
                            self._spread(sums, at, kept, list(at[g]))
                        except _Contradiction:
                            # each alone contradicts: nothing can be said of this row
                            break
                        domains[:] = kept
                        again = True

    # --- the result ---------------------------------------------------------------------------------------------------

    def _write(self, table: OpenTable, groups: Sequence[_Group]) -> None:
        for group in groups:
            row, figures = group.row, group.row.figures
            if group.dead:
                table.reason = table.reason or row.why
                for figure in figures:
                    if figure.text:
                        table.report(figure.text, row.quote, group.dead, figure)
                continue
            left: dict[int, list[str]] = {}
            used: list[int] = []
            for j, place in enumerate(row.places):
                texts = dict.fromkeys(figures[o[j]].text if o[j] >= 0 else "" for o in group.options)
                if len(texts) > 1:
                    left[j] = list(texts)
                    continue
                f = group.options[0][j]
                figure = figures[f]._replace(col=place.blank.col) if f >= 0 else place.blank
                used += [f] if f >= 0 else []
                put(table, place, figure._replace(placed_by="identity"))
            for f, figure in enumerate(figures):
                if f in used or not figure.text:
                    continue
                may = [row.places[j] for j, texts in left.items() if figure.text in texts]
                addresses = tuple(f"{table.form.key}/{p.row_key}/{p.slot.column}" for p in may)
                table.reason = table.reason or row.why
                why = f"{len(figures)} figures for {len(row.places)} columns: the identities leave it several"
                table.report(figure.text, row.quote, why, figure, addresses)
        table.in_order()


def _grown(sums: Mapping[int, int], adds: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Every sum with every addend; of equal sums the widest tolerance."""
    found: dict[int, int] = {}
    for total, slack in sums.items():
        for value, half in adds:
            at = total + value
            if found.get(at, -1) < slack + half:
                found[at] = slack + half
    return found


def _holds(relation: str, before: Mapping[int, int], add: tuple[int, int], behind: Mapping[int, int]) -> bool:
    """Whether any sum before, one addend and any sum behind agree with nothing within their tolerance (promise 4)."""
    if relation == "ge":
        return any(p + add[0] + q + s + add[1] + t >= 0 for p, s in before.items() for q, t in behind.items())
    one, other = (before, behind) if len(before) <= len(behind) else (behind, before)
    if len(one) * len(other) <= 64:
        return any(abs(p + add[0] + q) <= s + add[1] + t for p, s in one.items() for q, t in other.items())
    ordered = sorted(other)
    widest = max(one.values()) + add[1] + max(other.values())
    for p, s in one.items():
        middle = -(p + add[0])
        for q in ordered[bisect_left(ordered, middle - widest) : bisect_right(ordered, middle + widest)]:
            if abs(p + add[0] + q) <= s + add[1] + other[q]:
                return True
    return False


__all__ = ["Anything", "Place", "Row", "RowsRead", "Run", "places", "put", "settle"]
