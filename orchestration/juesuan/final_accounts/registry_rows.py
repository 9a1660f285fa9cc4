"""The rows of the registry and its files: what each holds, and what a row may not say.

Belongs here: the kinds of rows, their columns, reading and writing them as CSV, and every rule that one file or
several of them must keep. Does not belong here: resolving names, proposing or changing rows (``registry.py``).

| file below ``registry/`` | a row is | table of schema raw |
| --- | --- | --- |
| ``units.csv`` | a budget unit | ``unit`` |
| ``unit_names.csv`` | a name of a unit and the years in which it held | ``unit_name`` |
| ``unit_identifiers.csv`` | an identifier of a unit and its years | ``unit_identifier`` |
| ``unit_parents.csv`` | the supervising department of a unit and its years | ``unit_parent`` |
| ``expected.csv`` | years in which a body is expected to publish, or is not | ``expected_body`` |
| ``approvals.csv`` | the day on which the final accounts of a body and year were approved | ``approval`` |
| ``known_discrepancies.csv`` | a person's verdict on what a check found | ``known_discrepancy`` |
| ``succession.csv`` | one unit that another one follows, or that was abolished | ``unit_succession`` |

A file that breaks a rule is refused as a whole, with its name, the row (the header is row 1) and what to mend; nothing
of the registry is used then.
"""

from __future__ import annotations

import csv
import datetime
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import zip_longest
from typing import Any, Literal, TypeVar, get_args

from juesuan.final_accounts.model import ArchiveError
from juesuan.final_accounts.store import Store

UNITS = "registry/units.csv"
UNIT_NAMES = "registry/unit_names.csv"
IDENTIFIERS = "registry/unit_identifiers.csv"
PARENTS = "registry/unit_parents.csv"
EXPECTED = "registry/expected.csv"
APPROVALS = "registry/approvals.csv"
DISCREPANCIES = "registry/known_discrepancies.csv"
SUCCESSIONS = "registry/succession.csv"

#: Years that anything here may speak of; what lies outside is a slip of the pen.
PLAUSIBLE_YEARS = range(1949, 2100)

NameKind = Literal["official", "short", "printed"]
IdentifierKind = Literal["uscc", "budget_unit_code", "disclosure_index_no"]
ExpectedState = Literal["expected", "not_collected", "exempt"]
Verdict = Literal["publisher_misprint", "honest_rounding", "explained", "our_misreading"]
SuccessionKind = Literal["rename", "merge", "split", "abolish", "change_of_level"]

#: Successions in which one body goes on as one: its figures are one series by themselves.
ONE_TO_ONE = ("rename", "change_of_level")

#: Closed lists by column name.
CLOSED: dict[str, tuple[str, ...]] = {
    "name_kind": get_args(NameKind),
    "identifier_kind": get_args(IdentifierKind),
    "state": get_args(ExpectedState),
    "verdict": get_args(Verdict),
    "scope": ("department", "own_level", "unit"),
    "confidence": ("H", "M", "L"),
    "kind_confidence": ("H", "M", "L"),
}


class _Dated:
    """Rows that hold for some years; an open end holds for ever."""

    __slots__ = ()

    from_year: int | None
    to_year: int | None

    def holds_in(self, year: int | None) -> bool:
        """Whether the row holds in ``year``; an unknown year excludes nothing."""
        if year is None:
            return True
        return (self.from_year or year) <= year <= (self.to_year or year)

    def overlaps(self, other: _Dated) -> bool:
        """Whether both hold in some year."""
        begin = max(self.from_year or PLAUSIBLE_YEARS.start, other.from_year or PLAUSIBLE_YEARS.start)
        return begin <= min(self.to_year or PLAUSIBLE_YEARS.stop, other.to_year or PLAUSIBLE_YEARS.stop)


@dataclass(frozen=True, slots=True)
class Unit:
    """One budget unit. ``confirmed`` is False for a row that ``add`` proposed and no person has looked at."""

    unit_id: str
    division_code: str
    kind: str | None = None
    kind_source: str | None = None
    kind_confidence: str | None = None
    confirmed: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class UnitName(_Dated):
    """One name of a unit and the years in which it held; None where unknown, or still in use.

    ``name_kind``: the ``official`` name, a ``short`` one, or one as ``printed`` in a document.
    """

    unit_id: str
    name: str
    name_kind: str = "printed"
    from_year: int | None = None
    to_year: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class UnitIdentifier(_Dated):
    """One identifier of a unit: 统一社会信用代码 (``uscc``), 预算单位编码 (``budget_unit_code``) or the index
    number of a disclosure (``disclosure_index_no``).
    """

    unit_id: str
    identifier_kind: str
    value: str
    from_year: int | None = None
    to_year: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class UnitParent(_Dated):
    """The supervising department of a unit and the fiscal years in which it was that."""

    unit_id: str
    parent_unit_id: str
    from_year: int | None = None
    to_year: int | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedBody(_Dated):
    """Fiscal years in which final accounts of a body are expected, are not collected, or in which it is exempt."""

    unit_id: str
    from_year: int
    to_year: int | None
    scope: str | None
    state: str
    reason: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """The day (YYYY-MM-DD) on which the treasury approved the final accounts (批复) of a body for one fiscal year."""

    unit_id: str
    fiscal_year: int
    scope: str | None
    approved_on: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class KnownDiscrepancy:
    """A person's verdict on a finding: whose mistake it is, or that it is none, with the reason and where that is said.

    ``place`` is that of the check result; None speaks of every result of the check in that report.
    """

    unit_id: str
    fiscal_year: int
    scope: str
    check_id: str
    place: str | None
    verdict: str
    reason: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Succession:
    """One unit that follows another. ``from_year``: the first fiscal year of the successor; ``effective_on``: the day.

    ``rename``: the same body under another id; ``merge``: several predecessors of one successor; ``split``: one of
    several; ``change_of_level``: the body goes on at another level or in another division; ``abolish``: no successor.
    """

    predecessor_unit_id: str
    successor_unit_id: str | None
    kind: str
    from_year: int
    effective_on: str | None = None
    evidence: str | None = None
    confidence: str | None = None
    note: str | None = None


Row = Unit | UnitName | UnitIdentifier | UnitParent | ExpectedBody | Approval | KnownDiscrepancy | Succession
_Row = TypeVar("_Row", bound=Row)
KINDS: dict[str, type[Row]] = {
    UNITS: Unit,
    UNIT_NAMES: UnitName,
    IDENTIFIERS: UnitIdentifier,
    PARENTS: UnitParent,
    EXPECTED: ExpectedBody,
    APPROVALS: Approval,
    DISCREPANCIES: KnownDiscrepancy,
    SUCCESSIONS: Succession,
}

#: Files as earlier versions wrote them: for each column of theirs the file and the column where it stands now. What a
#: row of another file needs besides are the columns that :data:`_SHARED` names.
FORMER: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {
    UNITS: {
        **{
            name: ((UNITS, name),)
            for name in ("unit_id", "division_code", "kind", "kind_source", "kind_confidence", "confirmed", "note")
        },
        "uscc": ((IDENTIFIERS, "value"),),
        "parent_unit_id": ((PARENTS, "parent_unit_id"),),
        "parent_from_year": ((PARENTS, "from_year"),),
        "parent_to_year": ((PARENTS, "to_year"),),
    },
    UNIT_NAMES: {name: ((UNIT_NAMES, name),) for name in ("unit_id", "name", "from_year", "to_year", "source")},
    EXPECTED: {
        **{name: ((EXPECTED, name),) for name in ("unit_id", "scope", "state", "reason", "source")},
        "fiscal_year": ((EXPECTED, "from_year"), (EXPECTED, "to_year")),
    },
}
#: A row for another file is made where the column named last holds something; its other columns, and from where.
_SHARED: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    IDENTIFIERS: ({"unit_id": "unit_id"}, {"identifier_kind": "uscc"}, "value"),
    PARENTS: ({"unit_id": "unit_id", "source": "note"}, {}, "parent_unit_id"),
}

_DIVISION = re.compile(r"\d{6}")


def check_division(code: str) -> None:
    """Raises :class:`ArchiveError` where ``code`` does not have the form of a division code."""
    if not _DIVISION.fullmatch(code):
        raise ArchiveError(f"division {code!r} must be the six digits of GB/T 2260")


# --- files --------------------------------------------------------------------------------------------------


def load(store: Store, path: str) -> dict[str, list[Any]]:
    """The rows of one file, by the file where they belong: a file as an earlier version wrote it holds rows of several.

    None where it does not exist. Raises :class:`ArchiveError` with file, row and column.
    """
    if store.stat(path) is None:
        return {}
    lines = csv.reader(io.StringIO(store.read(path).decode("utf-8-sig")))
    head = next(lines, [])
    # as csv.DictReader does, which takes thrice as long: the registry is read whole by every refresh
    rows = (dict(zip_longest(head, cells[: len(head)], fillvalue="")) for cells in lines if cells)
    given, columns = set(head), _columns(path)
    if given == set(columns):
        return {path: [KINDS[path](**_typed(path, n, columns, row)) for n, row in enumerate(rows, start=2)]}
    if given != set(FORMER.get(path, ())):
        raise ArchiveError(f"{path}: its columns must be {', '.join(_columns(path))}")
    found: dict[str, list[Any]] = {path: []}
    for number, row in enumerate(rows, start=2):
        for target, values in _as_now(path, row).items():
            found.setdefault(target, []).append(KINDS[target](**_typed(path, number, _columns(target), values)))
    return found


def _columns(path: str) -> dict[str, str]:
    return {field.name: str(field.type) for field in fields(KINDS[path])}


def _as_now(path: str, row: dict[str, str]) -> dict[str, dict[str, str]]:
    """A row of a former file as the rows that it is now, by file."""
    now: dict[str, dict[str, str]] = {}
    for column, places in FORMER[path].items():
        for target, name in places:
            usual = {one.name: one.default if isinstance(one.default, str) else "" for one in fields(KINDS[target])}
            now.setdefault(target, usual)[name] = row[column] or ""
    for target in [one for one in now if one != path]:
        copied, fixed, needed = _SHARED[target]
        if not now[target][needed].strip():
            del now[target]
            continue
        now[target] |= {name: row[column] or "" for name, column in copied.items()} | fixed
    return now


def _typed(path: str, number: int, columns: dict[str, str], row: dict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for column, kind in columns.items():
        text = (row[column] or "").strip()
        if text and kind[:3] == "str":  # first, as nearly all are
            typed[column] = text
        elif kind == "bool":
            if text not in ("true", "false"):
                raise ArchiveError(f"{path}: row {number}: {column} must be true or false, not {text!r}")
            typed[column] = text == "true"
        elif not text:
            if "None" not in kind:
                raise ArchiveError(f"{path}: row {number}: {column} must not be empty")
            typed[column] = None
        elif kind.startswith("int"):
            if not text.isdigit():
                raise ArchiveError(f"{path}: row {number}: {column} must be a whole number, not {text!r}")
            typed[column] = int(text)
    return typed


def dump(kind: type[Row], rows: Iterable[Row]) -> bytes:
    """The rows as CSV with a header."""
    out = io.StringIO()
    columns = [field.name for field in fields(kind)]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        values = [getattr(row, column) for column in columns]
        writer.writerow(["true" if v is True else "false" if v is False else v for v in values])
    return out.getvalue().encode()


# --- rules --------------------------------------------------------------------------------------------------


class Rows:
    """All rows of the registry, by file. Lists may be changed; :func:`check` says whether they may stand."""

    def __init__(self, store: Store | None = None) -> None:
        read: dict[str, list[Any]] = {path: [] for path in KINDS}
        #: Files to be written again with what stood in one that an earlier version wrote.
        self.moved: set[str] = set()
        for path in KINDS:
            for target, found in (load(store, path) if store else {}).items():
                if target != path:
                    self.moved.add(target)
                read[target] += found
        for path in self.moved:
            read[path] = list(dict.fromkeys(read[path]))  # a move that was cut off left them in both
        self.units: list[Unit] = read[UNITS]
        self.names: list[UnitName] = read[UNIT_NAMES]
        self.identifiers: list[UnitIdentifier] = read[IDENTIFIERS]
        self.parents: list[UnitParent] = read[PARENTS]
        self.expected: list[ExpectedBody] = read[EXPECTED]
        self.approvals: list[Approval] = read[APPROVALS]
        self.discrepancies: list[KnownDiscrepancy] = read[DISCREPANCIES]
        self.successions: list[Succession] = read[SUCCESSIONS]

    def by_file(self) -> dict[str, Sequence[Row]]:
        """The rows of each file."""
        return {
            UNITS: self.units,
            UNIT_NAMES: self.names,
            IDENTIFIERS: self.identifiers,
            PARENTS: self.parents,
            EXPECTED: self.expected,
            APPROVALS: self.approvals,
            DISCREPANCIES: self.discrepancies,
            SUCCESSIONS: self.successions,
        }


def check(rows: Rows) -> None:
    """Raises :class:`ArchiveError` naming file and row of the first thing that cannot be so."""
    _each_row_by_itself(rows)
    _one_division_each(rows.units)
    _known(rows)
    _apart(UNIT_NAMES, rows.names, lambda one: (one.unit_id,) if one.name_kind == "official" else None, "official name")
    _apart(
        IDENTIFIERS, rows.identifiers, lambda one: (one.identifier_kind, one.value), "identifier", same_is_twice=False
    )
    _apart(PARENTS, rows.parents, lambda one: (one.unit_id,), "supervising department")
    _apart(EXPECTED, rows.expected, lambda one: (one.unit_id, one.scope or ""), "expectation")
    _approvals(rows.approvals)
    _discrepancies(rows.discrepancies)
    _parents_without_circle(rows.parents)
    _successions(rows.successions)


def _wrong(path: str, index: int, what: str) -> ArchiveError:
    return ArchiveError(f"{path}: row {index + 2}: {what}")


def _each_row_by_itself(rows: Rows) -> None:
    for path, listed in rows.by_file().items():
        columns = _columns(path)
        closed = [(column, allowed) for column, allowed in CLOSED.items() if column in columns]
        years = [column for column in ("from_year", "to_year", "fiscal_year") if column in columns]
        for index, row in enumerate(listed):
            for column, allowed in closed:
                value = getattr(row, column)
                if value is not None and value not in allowed:
                    raise _wrong(path, index, f"{column} must be one of {', '.join(allowed)}, not {value!r}")
            for column in years:
                year = getattr(row, column)
                if year is not None and year not in PLAUSIBLE_YEARS:
                    first, last = PLAUSIBLE_YEARS.start, PLAUSIBLE_YEARS.stop - 1
                    raise _wrong(path, index, f"{column} {year} is no plausible year ({first} to {last})")
            if isinstance(row, _Dated) and row.from_year and row.to_year and row.from_year > row.to_year:
                raise _wrong(path, index, f"it ends in {row.to_year}, before it begins in {row.from_year}")
            if isinstance(row, Unit) and not _DIVISION.fullmatch(row.division_code):
                raise _wrong(path, index, f"division_code {row.division_code!r} must be the six digits of GB/T 2260")


def _one_division_each(units: Sequence[Unit]) -> None:
    seen: dict[str, Unit] = {}
    for index, unit in enumerate(units):
        if (other := seen.get(unit.unit_id)) is not None:
            where = f"in two divisions, {other.division_code} and {unit.division_code}"
            twice = "listed twice" if other.division_code == unit.division_code else where
            raise _wrong(UNITS, index, f"unit {unit.unit_id} is {twice}; a unit has one row")
        seen[unit.unit_id] = unit


def _known(rows: Rows) -> None:
    """Every unit that a row speaks of is a unit."""
    units = {unit.unit_id for unit in rows.units}
    naming = ("unit_id", "parent_unit_id", "predecessor_unit_id", "successor_unit_id")
    for path, listed in rows.by_file().items():
        columns = [column for column in naming if column in _columns(path)]
        for index, row in enumerate(listed):
            for column in columns:
                unit_id = getattr(row, column)
                if unit_id is not None and unit_id not in units:
                    name = f"{row.name} is of unit" if isinstance(row, UnitName) else f"{column}"
                    raise _wrong(path, index, f"{name} {unit_id}, which {UNITS} lacks; add the unit")


def _apart(
    path: str,
    rows: Sequence[_Row],
    key: Callable[[_Row], tuple[str, ...] | None],
    what: str,
    *,
    same_is_twice: bool = True,
) -> None:
    """Rows of one key hold in no year together. ``same_is_twice`` False: rows of one unit may."""
    seen: dict[tuple[str, ...], list[tuple[int, _Row]]] = {}
    for index, row in enumerate(rows):
        if (own := key(row)) is None:
            continue
        for before, other in seen.setdefault(own, []):
            if not same_is_twice and getattr(row, "unit_id", None) == getattr(other, "unit_id", None):
                continue
            if row.overlaps(other):  # type: ignore[union-attr, arg-type]
                raise _wrong(
                    path,
                    index,
                    f"{what} of {' '.join(own).strip()} holds in years of row {before + 2}; "
                    "end one where the other begins",
                )
        seen[own].append((index, row))


def _parents_without_circle(parents: Sequence[UnitParent]) -> None:
    of: dict[str, list[UnitParent]] = {}
    for row in parents:
        of.setdefault(row.unit_id, []).append(row)
    for index, row in enumerate(parents):
        # From above down to the unit itself within the years in which every step holds.
        path, at = [row], row.parent_unit_id
        begin = row.from_year or PLAUSIBLE_YEARS.start
        while True:
            if at == row.unit_id:
                chain = " -> ".join([row.unit_id, *(one.parent_unit_id for one in path)])
                raise _wrong(PARENTS, index, f"the supervising departments make a circle: {chain}")
            above = next((one for one in of.get(at, ()) if one.holds_in(begin) and one.overlaps(row)), None)
            if above is None or above in path:
                break
            path.append(above)
            at = above.parent_unit_id


def _approvals(rows: Sequence[Approval]) -> None:
    seen: dict[tuple[str, int, str | None], int] = {}
    for index, row in enumerate(rows):
        approved = _date(APPROVALS, index, "approved_on", row.approved_on)
        if approved.year <= row.fiscal_year:
            raise _wrong(APPROVALS, index, f"approved on {approved}, before the year {row.fiscal_year} was over")
        before = seen.setdefault((row.unit_id, row.fiscal_year, row.scope), index)
        if before != index:
            raise _wrong(APPROVALS, index, f"{row.unit_id} has its approval of {row.fiscal_year} in row {before + 2}")


def _discrepancies(rows: Sequence[KnownDiscrepancy]) -> None:
    from juesuan.final_accounts.checks import catalogue

    known = {one["id"] for one in catalogue().identities} | set(catalogue().left_out) if rows else set()
    seen: dict[tuple[str, int, str, str, str | None], int] = {}
    for index, row in enumerate(rows):
        if row.check_id not in known:
            raise _wrong(DISCREPANCIES, index, f"check_id {row.check_id!r} is no check of the catalogue")
        before = seen.setdefault((row.unit_id, row.fiscal_year, row.scope, row.check_id, row.place), index)
        if before != index:
            raise _wrong(DISCREPANCIES, index, f"row {before + 2} has a verdict on the same finding")


def _date(path: str, index: int, column: str, text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise _wrong(path, index, f"{column} {text!r} is no date; write it as 2019-03-01") from None


def _successions(rows: Sequence[Succession]) -> None:
    successors: dict[str, list[tuple[int, Succession]]] = {}
    for index, row in enumerate(rows):
        if row.kind not in get_args(SuccessionKind):
            raise _wrong(SUCCESSIONS, index, f"kind must be one of {', '.join(get_args(SuccessionKind))}")
        if (row.successor_unit_id is None) != (row.kind == "abolish"):
            needs = "has no successor" if row.kind == "abolish" else "needs a successor"
            raise _wrong(SUCCESSIONS, index, f"kind {row.kind} {needs}")
        if row.predecessor_unit_id == row.successor_unit_id:
            raise _wrong(SUCCESSIONS, index, f"{row.predecessor_unit_id} cannot follow itself; add a name instead")
        if row.effective_on is not None:
            _date(SUCCESSIONS, index, "effective_on", row.effective_on)
        for before, other in successors.setdefault(row.predecessor_unit_id, []):
            if other.successor_unit_id == row.successor_unit_id:
                raise _wrong(SUCCESSIONS, index, f"the same succession as row {before + 2}")
            if row.kind != "split" or other.kind != "split":
                raise _wrong(
                    SUCCESSIONS,
                    index,
                    f"{row.predecessor_unit_id} has another successor in row {before + 2}; only a split has several",
                )
        successors[row.predecessor_unit_id].append((index, row))
    follows: dict[str, int] = {}
    for index, row in enumerate(rows):
        if row.kind in ONE_TO_ONE:
            before = follows.setdefault(str(row.successor_unit_id), index)
            if before != index:
                text = f"{row.successor_unit_id} goes on from another unit in row {before + 2}; several make a merge"
                raise _wrong(SUCCESSIONS, index, text)
    for index, row in enumerate(rows):
        chain, front = [row.predecessor_unit_id], [row.successor_unit_id]
        seen = set(front)
        while front:
            at = front.pop()
            if at is None:
                continue
            if at == row.predecessor_unit_id:
                raise _wrong(SUCCESSIONS, index, f"the successions make a circle through {chain[0]}")
            after = {one.successor_unit_id for _, one in successors.get(at, ())} - seen
            seen |= after
            front += sorted(one for one in after if one is not None)


# --- series -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Series:
    """Where a unit stands among those before and after it.

    ``series_id``: the first unit of the line that renames and changes of level make; figures of one series are
    compared as they are. ``group_id``: the first unit of all that any succession joins; across a merge or a split only
    the sums of a group are comparable.
    """

    unit_id: str
    series_id: str
    group_id: str


def series(units: Iterable[str], successions: Iterable[Succession]) -> list[Series]:
    """Series and group of every unit, sorted by unit. A unit without succession is both by itself."""
    listed = sorted(units)
    rows = [row for row in successions if row.successor_unit_id is not None]
    by_series = _components(listed, [row for row in rows if row.kind in ONE_TO_ONE])
    by_group = _components(listed, rows)
    return [Series(unit, by_series[unit], by_group[unit]) for unit in listed]


def _components(units: Sequence[str], rows: Sequence[Succession]) -> dict[str, str]:
    """Each unit's component, named after its first member that follows none (of several the least by id)."""
    joined: dict[str, set[str]] = {unit: {unit} for unit in units}
    followers = {row.successor_unit_id for row in rows}
    for row in rows:
        one, other = joined[row.predecessor_unit_id], joined[str(row.successor_unit_id)]
        if one is not other:
            one |= other
            for unit in other:
                joined[unit] = one
    names = {id(members): min(members - followers or members) for members in joined.values()}
    return {unit: names[id(members)] for unit, members in joined.items()}
