"""Rows of flattened text on their way to cells: figures that order places, and those that wait for the identities.

Belongs here: what all kinds of flattened tables do with the figures of a row. Does not belong here: finding rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from juesuan.final_accounts.identities import Place, Row, Run, put
from juesuan.final_accounts.placing import Figure, OpenTable
from juesuan.final_accounts.tokens import Token, figure_of


def blank(table: OpenTable, token: Token | None, col: int) -> Figure:
    line = token.line if token else None
    return Figure("", col, line.page if line else table.page, line.line if line else None)


def report(table: OpenTable, tokens: Sequence[Token], quote: str, reason: str) -> None:
    for token in tokens:
        if token.text:
            table.report(token.text, quote, reason, figure_of(token, -1))


@dataclass(slots=True)
class Part:
    """One row as a text names it (in a paired table one side of it): its cells, and the figures behind its name."""

    places: list[Place]
    runs: list[list[Token]]
    quote: str
    orders: list[tuple[int, ...]] = field(default_factory=list)  # in which its cells may stand, where it is not sure

    @property
    def count(self) -> int:
        return sum(map(len, self.runs))


@dataclass(slots=True)
class Entry:
    """What one line of text names, one row or both sides of one; ``floats`` are figures in lines of their own."""

    parts: list[Part]
    floats: list[list[Token]] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many cells are without a figure yet."""
        taken = sum(part.count for part in self.parts) + sum(map(len, self.floats))
        return sum(len(part.places) for part in self.parts) - taken


#: Rows in the order of the text, and between them the figures that stand in lines of their own.
Entries = list["Entry | list[Token]"]


def has_lines(tokens: Sequence[Token]) -> bool:
    """Whether lines of the text are rows: most figures share theirs with a name, a code or another figure."""
    on_line = Counter(id(t.line) for t in tokens)
    if len(on_line) < 4:
        return False
    figures = [t for t in tokens if t.kind == "number" and "." in t.text]
    return 2 * sum(on_line[id(t.line)] > 1 for t in figures) > len(figures)


def _give(sequence: Entries, *, up: bool) -> tuple[list[Entry], list[list[Token]]]:
    """Give figures in lines of their own to the row above them (``up``) or below, where it has room; else to the other.

    Gives copies of the rows, and the figures that neither can take.
    """
    entries = [Entry(e.parts, list(e.floats)) for e in sequence if isinstance(e, Entry)]
    left: list[list[Token]] = []
    at = 0
    for item in sequence:
        if isinstance(item, Entry):
            at += 1
            continue
        above, below = at - 1, at
        for k in (above, below) if up else (below, above):
            if 0 <= k < len(entries) and entries[k].room >= len(item):
                entries[k].floats.append(item)
                break
        else:
            left.append(item)
    return entries, left


def finish(table: OpenTable, sequence: Entries) -> None:
    """Place the rows whose figures are as many as their cells; leave the others to the identities."""
    floating = [item for item in sequence if not isinstance(item, Entry)]
    entries, left = _give(sequence, up=True)
    for run in left:
        report(table, run, " ".join(t.text for t in run), "no row beside it has room for it")
    if not floating or all(not e.room for e in entries):
        table.pending = [rows] if (rows := _rows(table, entries)) else []
        return
    # Figures between two rows may belong to either: only what neither reading changes is placed now.
    other, _ = _give(sequence, up=False)
    same = [a.floats == b.floats for a, b in zip(entries, other, strict=True)]
    sure = _rows(table, [e for e, s in zip(entries, same, strict=True) if s])
    readings = []
    for reading in (entries, other):
        doubtful = [e for e, s in zip(reading, same, strict=True) if not s]
        readings.append([*sure, *(row for e in doubtful for row in _doubts(table, e, every=True))])
    table.pending = readings


def _rows(table: OpenTable, entries: Sequence[Entry]) -> list[Row]:
    """Place what order decides; the rows that it does not come back."""
    return [row for entry in entries for row in _doubts(table, entry)]


def _doubts(table: OpenTable, entry: Entry, *, every: bool = False) -> list[Row]:
    """Place what order decides of an entry (nothing where ``every`` is set); the rows that it does not come back."""
    if entry.floats and len(entry.parts) > 1:
        runs: list[Run] = []
        orders: list[tuple[int, ...]] = [()]
        at = 0
        for part in entry.parts:
            size = len(part.places)
            runs += [_run(run, at, at + size) for run in part.runs]
            own = part.orders or [tuple(range(size))]
            orders = [(*before, *(at + k for k in order)) for before in orders for order in own]
            at += size
        quote = " ".join(part.quote for part in entry.parts)
        sure = not any(part.orders for part in entry.parts)
        whole = Part([p for part in entry.parts for p in part.places], [], quote, [] if sure else orders)
        taken = [(whole, [*runs, *(_run(run, 0, at) for run in entry.floats)])]
    else:
        taken = []
        for part in entry.parts:
            if not every and not entry.floats and not part.orders and _placed_in_order(table, part):
                continue
            taken.append((part, [_run(run, 0, len(part.places)) for run in (*part.runs, *entry.floats)]))
    rows = []
    for part, runs in taken:
        figures = [figure for run in runs for figure in run.figures]
        quote = " ".join([part.quote, *(figure.text for figure in figures)])
        if len(figures) > len(part.places):
            table.reason = table.reason or "rows have more figures than the header has columns"
            for figure in (f for f in figures if f.text):
                table.report(figure.text, quote, f"{len(figures)} figures for {len(part.places)} columns", figure)
        elif not every and (not figures or (len(figures) == len(part.places) and len(runs) == 1 and not part.orders)):
            for k, place in enumerate(part.places):
                figure = figures[k]._replace(col=place.blank.col) if figures else place.blank
                put(table, place, figure)
        else:
            rows.append(Row(part.places, runs, quote, orders=part.orders))
    return rows


def _placed_in_order(table: OpenTable, part: Part) -> bool:
    """Place a row whose figures are as many as its cells, or none; False for any other."""
    if not part.runs:
        for place in part.places:
            put(table, place, place.blank)
        return True
    if len(part.runs) > 1 or len(part.runs[0]) != len(part.places):
        return False
    for token, place in zip(part.runs[0], part.places, strict=True):
        put(table, place, figure_of(token, place.blank.col))
    return True


def _run(tokens: Sequence[Token], lo: int, hi: int) -> Run:
    return Run([figure_of(t, -1) for t in tokens], lo, hi)
