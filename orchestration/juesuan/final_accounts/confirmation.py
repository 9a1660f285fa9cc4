"""Which recognised figures an identity proves: ``confirmed`` or ``unconfirmed``, for each cell read by OCR.

Belongs here: what of a check is evidence for the digits of its terms. Does not belong here: the checks themselves,
recognising, repairing (nothing is).

An identity proves the figures in it if it holds to the last digit: any one digit misread would break it. What it does
not prove by itself is print that is misread alike, so that errors cancel: a total beside its only part, the same
figure in two tables. A recogniser that takes a 6 for an 8 does so twice. Hence

- of an identity with two figures and otherwise zeros, both have to be sure by themselves;
- of one with more figures, one may be doubtful and is proved by the others, all of which have to be sure;
- a check that placed a figure proves nothing about it;
- what holds within rounding only, or is no equation, proves nothing.

A zero is proved as others are: any other value would break the sum. A blank is no figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from juesuan.final_accounts.model import Cell, CheckResult, CheckTerm, Confirmation, Extraction

#: A figure as sure as this may be evidence for others.
SURE = Decimal("0.9")
#: The two looks at a figure less sure than this did not agree, or its shape is not that of what was read.
DOUBTFUL = Decimal("0.5")


def confirm(extraction: Extraction) -> Extraction:
    """The same extraction, every cell with a value that was read by OCR confirmed or unconfirmed by its checks."""
    if not any(_recognised(cell) for cell in extraction.cells):
        return extraction
    at: dict[str, list[Cell]] = {}
    for cell in extraction.cells:
        at.setdefault(cell.address, []).append(cell)
    equations = _equations()
    proved: set[str] = set()
    for check in extraction.checks:
        if check.check_id in equations and _holds_exactly(check):
            proved.update(_proved(check.terms, at))

    def state(cell: Cell) -> Confirmation | None:
        if not _recognised(cell):
            return None
        return "confirmed" if cell.address in proved else "unconfirmed"

    return replace(extraction, cells=tuple(replace(cell, confirmation=state(cell)) for cell in extraction.cells))


def _recognised(cell: Cell) -> bool:
    return cell.method == "ocr" and cell.value is not None


def _equations() -> frozenset[str]:
    """The checks that say that two sides are equal."""
    from juesuan.final_accounts.checks import catalogue

    return frozenset(spec["id"] for spec in catalogue().identities if spec.get("relation", "eq") == "eq")


def _holds_exactly(check: CheckResult) -> bool:
    """Whether the terms of a check add up to nothing, digit by digit. Shares and other quotients never do."""
    if check.state != "pass" or check.difference is None or check.difference != 0:
        return False
    if any(term.value is None for term in check.terms) or {term.side for term in check.terms} != {"left", "right"}:
        return False
    return sum((_signed(term) for term in check.terms), Decimal(0)) == 0


def _signed(term: CheckTerm) -> Decimal:
    assert term.value is not None
    return term.value * term.sign * (1 if term.side == "left" else -1)


def _proved(terms: Iterable[CheckTerm], at: Mapping[str, list[Cell]]) -> set[str]:
    """The addresses of the cells that an exact equation proves."""
    terms = list(terms)
    addresses = [term.address for term in terms]
    if len(set(addresses)) != len(addresses):
        return set()  # a figure on both sides would prove whatever it is
    sure: dict[str, Decimal] = {}
    for address in addresses:
        cells = at.get(address, [])
        if len(cells) > 1 or any(cell.placed_by == "identity" for cell in cells):
            return set()
        # What is no cell of a table is told in the text: read elsewhere on the page, in other type.
        sure[address] = cells[0].confidence or Decimal(0) if cells and _recognised(cells[0]) else Decimal(1)
    figures = [term.address for term in terms if term.value]
    doubted = [address for address in addresses if sure[address] < SURE]
    if len(figures) <= 2:
        # Zeros beside them: a zero is a figure of its own that nothing else can be misread alike with.
        return set(addresses) if not doubted else set()
    if len(doubted) > 1:
        return set()
    return set(addresses)
