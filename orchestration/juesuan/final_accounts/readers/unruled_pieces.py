"""What is printed on a page without lines: lines of text cut into pieces where a gap parts them.

Belongs here: pieces, what is a figure by its shape alone, which lines print figures in a gap, distances in parts of the
size of the type. Does not belong here: columns (unruled_columns.py), rows (unruled_rows.py), headers
(unruled_header.py), which lines are a table (unruled.py).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from juesuan.final_accounts.readers.cells import figures_in
from juesuan.final_accounts.readers.runs import Run, join, visual_lines

#: A gap this wide parts pieces of text.
PIECE_GAP = 0.6
#: An amount alone in its cell has this much room at both sides.
ALONE = 0.5
#: Edges that differ by no more are aligned.
ALIGNED = 0.35
#: Lines further from each other than this are not of one table, unless rules or rows of that height say so.
NEAR = 3.6
#: Lines of one wrapped name are no further apart.
LEADING = 1.45

_AMOUNT = re.compile(r"[-−－–(（]?(?:\d[\d,，]*[.．]\d+|\d{1,3}(?:[,，]\d{3})+)[)）]?%?")
_CODE = re.compile(r"\d{3,7}")
_NAME_AND_AMOUNT = re.compile(r".*[\u2e80-\uffef]([-−]?\d[\d,]*\.\d+)")
_NUMBER = re.compile(r"[-−－–—]?\d[\d,，.．]*%?|[-−－–—/]{1,3}")


def is_amount(text: str) -> bool:
    """Whether this is nothing but a figure with decimals or with thousands parted."""
    return _AMOUNT.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether this is nothing but a number, or the dash that stands for none."""
    return _NUMBER.fullmatch(text) is not None or is_amount(text)


@dataclass(slots=True)
class Piece:
    """What stands between two gaps of one line."""

    runs: list[Run]
    x0: float
    x1: float
    base: float
    size: float
    text: str
    number: bool
    amount: bool
    alone: bool = False
    line: int = -1

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


@dataclass(slots=True)
class Strip:
    """One column: from where to where its pieces reach."""

    x0: float
    x1: float
    pieces: list[Piece] = field(default_factory=list)
    counted: bool = False  # numbers without decimals are its figures

    @property
    def figures(self) -> bool:
        return self.counted or any(p.amount for p in self.pieces)

    @property
    def numbers(self) -> bool:
        return all(p.number for p in self.pieces)


def pieces_of(line: Sequence[Run]) -> list[Piece]:
    """A line of runs (left to right) cut where a gap parts its words; numbers part at any gap."""
    out: list[Piece] = []
    held: list[Run] = []
    last_number = False
    for run in _parts(line):
        number = is_number(run.text)
        if held:
            gap = run.x0 - held[-1].x1
            size = max(run.size, held[-1].size)
            # A code and a name may stand in one cell, parted by a space.
            if gap > PIECE_GAP * size or number or (last_number and not _CODE.fullmatch(held[-1].text)):
                if run.text == held[-1].text and abs(run.x0 - held[-1].x0) < 0.3 * size:
                    continue  # printed twice
                out.append(piece_of(held))
                held = []
        held.append(run)
        last_number = number
    if held:
        out.append(piece_of(held))
    for k, piece in enumerate(out):
        room = ALONE * piece.size
        piece.alone = (k == 0 or piece.x0 - out[k - 1].x1 >= room) and (
            k == len(out) - 1 or out[k + 1].x0 - piece.x1 >= room
        )
    return out


def _parts(line: Sequence[Run]) -> Iterator[Run]:
    """The runs of a line; a name that all but touches the amount after it is parted from it."""
    for run in line:
        if run.text[-1].isdigit() and (both := _NAME_AND_AMOUNT.fullmatch(run.text)):
            k = both.start(1)
            if run.starts[k] - run.ends[k - 1] > 0.12 * run.size:
                yield run.part(0, k)
                run = run.part(k, len(run.text))
        if run.text.count(".") > 1 and len(joined := figures_in(run.text, 0, len(run.text))) > 1:
            yield from (run.part(a, b) for a, b in joined)
            continue
        yield run


def piece_of(runs: list[Run]) -> Piece:
    text = runs[0].text if len(runs) == 1 else join(runs)
    first = runs[0]
    return Piece(
        runs,
        first.x0,
        max(r.x1 for r in runs),
        first.base,
        max(r.size for r in runs),
        text,
        is_number(text),
        is_amount(text),
    )


def together(a: Piece, b: Piece) -> Piece:
    return piece_of([*a.runs, *b.runs])


@dataclass(slots=True)
class Print:
    """One line of the page in its pieces."""

    pieces: list[Piece]
    base: float
    size: float
    anchor: bool


def lines_of(runs: list[Run]) -> list[Print]:
    out = []
    for line in visual_lines(runs):
        pieces = pieces_of(line)
        alone = [p for p in pieces if p.alone]
        amounts = sum(p.amount for p in alone)
        numbers = [p.text for p in alone if p.number]
        anchor = (amounts >= 1 and len(pieces) >= 2) or (len(numbers) >= 3 and not counts_up(numbers))
        size = max(p.size for p in pieces)
        out.append(Print(pieces, pieces[0].base, size, anchor))
    return out


def counts_up(texts: Sequence[str]) -> bool:
    """1 2 3 4: the numbers of columns (two blocks may count each for itself)."""
    if not all(t.isdigit() for t in texts):
        return False
    values = [int(t) for t in texts]
    steps = [b - a for a, b in itertools.pairwise(values)]
    return bool(steps) and values[0] <= 9 and all(s == 1 or b == 1 for s, b in zip(steps, values[1:], strict=True))


def near(a: Print, b: Print) -> bool:
    return b.base - a.base <= NEAR * max(a.size, b.size)
