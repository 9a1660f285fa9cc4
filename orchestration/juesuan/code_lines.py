"""Lines of classification codes that are the same across years, from the lists of changes.

Belongs here: which codes of which years are one line, by the changes that are recorded. Does not belong here: the
changes (``dbt_project/seeds/functional_change.csv``, ``economic_change.csv``), names, amounts.

``python -m juesuan.code_lines`` writes ``functional_line.csv`` and ``economic_line.csv`` beside them: one row for each
code and span of years that a change touches. A code that no row names is its own line. A row holds for the codes below
it too, unless they have rows of their own.

| mapping | line |
| --- | --- |
| ``one_to_one`` | the latest code of a chain of changes of one code into one |
| ``common_parent`` | the deepest code above all that a split or a merge ties together |
| ``group`` | all codes tied together, where none stands above them; their sums are comparable |
| ``ended`` | the code itself, which was given up and spread over others |
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from juesuan.final_accounts.model import JuesuanError
from juesuan.final_accounts.registry_rows import PLAUSIBLE_YEARS

#: Ends of spans that no change limits.
FIRST_YEAR, LAST_YEAR = 1900, 9999
_CONFIDENCE = "HML"


class ChangesContradict(JuesuanError):  # noqa: N818 - the name says what is wrong
    """A list of changes cannot be so; the message names file and row."""


@dataclass(frozen=True, slots=True)
class Change:
    """From ``effective_year`` on, what stood under ``old_code`` stands under ``new_code`` (None: under several)."""

    effective_year: int
    old_code: str
    new_code: str | None
    confidence: str
    note: str


@dataclass(frozen=True, slots=True)
class CodeLine:
    """The line of a code in a span of years, with the lowest confidence of the changes that it follows from."""

    code: str
    from_year: int
    to_year: int
    line_code: str
    mapping: str
    confidence: str
    changes: str


def read_changes(path: Path) -> list[Change]:
    """The changes of one file. Raises :class:`ChangesContradict` with file and row."""
    found: list[Change] = []
    seen: dict[tuple[str, str, str], int] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            where = f"{path.name}: row {number}"
            year, old, new = row["effective_year"], row["old_code"], row["new_code"]
            if not (year.isdigit() and int(year) in PLAUSIBLE_YEARS):
                raise ChangesContradict(f"{where}: effective_year {year!r} is no plausible year")
            for code in (old, *([new] if new else [])):
                if not (code.isdigit() and len(code) in (3, 5, 7)):
                    raise ChangesContradict(f"{where}: {code!r} is no code of 3, 5 or 7 digits")
            if row["confidence"] not in tuple(_CONFIDENCE):
                raise ChangesContradict(f"{where}: confidence must be H, M or L, not {row['confidence']!r}")
            before = seen.setdefault((year, old, new), number)
            if before != number:
                raise ChangesContradict(f"{where}: the same change as row {before}")
            found.append(Change(int(year), old, new or None, row["confidence"], row["note"]))
    return found


@dataclass(frozen=True, slots=True)
class _Span:
    code: str
    from_year: int
    to_year: int


def code_lines(changes: Sequence[Change]) -> list[CodeLine]:
    """The line of each code and span of years that a change touches, sorted.

    A change of a code into itself says that it goes on while others are merged into it or split from it.
    """
    spans = {code: _spans(code, changes) for one in changes for code in (one.old_code, one.new_code) if code}
    tied: dict[_Span, set[_Span]] = {span: {span} for own in spans.values() for span in own}
    edges: list[tuple[_Span, _Span, Change]] = []
    for one in changes:
        old = next(s for s in spans[one.old_code] if s.to_year == one.effective_year - 1)
        if one.new_code is None:
            continue
        new = next(s for s in spans[one.new_code] if s.from_year == one.effective_year)
        edges.append((old, new, one))
        if tied[old] is not tied[new]:
            tied[old] |= tied[new]
            for span in tied[new]:
                tied[span] = tied[old]
    out = []
    for span, members in tied.items():
        own = [(old, new, one) for old, new, one in edges if old in members]
        ended = [one for one in changes if one.new_code is None and one.old_code == span.code]
        if not own and not (ended and span.to_year == ended[0].effective_year - 1):
            continue  # the code goes on, or begins, without anything before or after
        said = [one for _, _, one in own] or ended
        line, mapping = _line(span, members, own)
        confidence = max((one.confidence for one in said), key=_CONFIDENCE.index)
        told = "；".join(_told(one) for one in sorted(said, key=_order))
        out.append(CodeLine(span.code, span.from_year, span.to_year, line, mapping, confidence, told))
    return sorted(out, key=lambda one: (one.code, one.from_year))


def _told(one: Change) -> str:
    return f"{one.effective_year} {one.old_code}→{one.new_code or '（取消）'}"


def _order(one: Change) -> tuple[int, str, str]:
    return one.effective_year, one.old_code, one.new_code or ""


def _spans(code: str, changes: Iterable[Change]) -> list[_Span]:
    """The spans of years into which the changes part the use of a code."""
    borders = {one.effective_year for one in changes if code in (one.old_code, one.new_code)}
    years = [FIRST_YEAR, *sorted(borders), LAST_YEAR + 1]
    return [_Span(code, begin, end - 1) for begin, end in pairwise(years)]


def _line(span: _Span, members: set[_Span], edges: Sequence[tuple[_Span, _Span, Change]]) -> tuple[str, str]:
    if not edges:
        return span.code, "ended"
    olds, news = [old for old, _, _ in edges], [new for _, new, _ in edges]
    if len(set(olds)) == len(olds) and len(set(news)) == len(news):
        return max(members, key=lambda one: one.from_year).code, "one_to_one"
    codes = sorted({one.code for one in members})
    above = (5, 3)
    depth = next((n for n in above if len({code[:n] for code in codes}) == 1 and min(map(len, codes)) > n), 0)
    return (codes[0][:depth], "common_parent") if depth else ("+".join(codes), "group")


def write(folder: Path) -> list[Path]:
    """Write the lines of both classifications beside their changes; returns the files."""
    written = []
    for name in ("functional", "economic"):
        path = folder / f"{name}_line.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            out = csv.writer(file, lineterminator="\n")
            out.writerow(CodeLine.__slots__)
            for one in code_lines(read_changes(folder / f"{name}_change.csv")):
                out.writerow([getattr(one, field) for field in CodeLine.__slots__])
        written.append(path)
    return written


if __name__ == "__main__":
    from juesuan.settings import Settings

    for made in write(Settings.load().dbt_project / "seeds"):
        print(made)
