"""The registry of units: which body is which, by division and name, through every rename.

Belongs here: units, their names with validity, bodies expected to publish; resolving a printed name to a
``unit_id``. Does not belong here: reading names out of documents, or joining units that no person joined.

A ``unit_id`` is minted once, from the division and the first name that the registry learnt (never from
order), and stays through renames and corrections. Two units of one name in two divisions are two units.
Files: ``registry/units.csv``, ``unit_names.csv``, ``expected.csv``; their columns are those of ``raw.unit``,
``raw.unit_name`` and ``raw.expected_body``.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

from juesuan.final_accounts.model import ArchiveError
from juesuan.final_accounts.store import Entry, Store
from juesuan.final_accounts.text import bare

UNITS = "registry/units.csv"
UNIT_NAMES = "registry/unit_names.csv"
EXPECTED = "registry/expected.csv"

#: In place of a division code that nobody knows.
NO_DIVISION = "000000"

_UNIT_ID = re.compile(r"u[0-9a-f]{12}")
_DIVISION = re.compile(r"\d{6}")


@dataclass(frozen=True, slots=True)
class Unit:
    """One budget unit. ``confirmed`` is False for a row that ``add`` proposed and no person has looked at."""

    unit_id: str
    division_code: str
    uscc: str | None = None
    kind: str | None = None
    kind_source: str | None = None
    kind_confidence: str | None = None
    parent_unit_id: str | None = None
    parent_from_year: int | None = None
    parent_to_year: int | None = None
    confirmed: bool = False
    note: str | None = None


@dataclass(frozen=True, slots=True)
class UnitName:
    """One name of a unit and the years in which it held; None where unknown, or still in use."""

    unit_id: str
    name: str
    from_year: int | None = None
    to_year: int | None = None
    source: str | None = None

    def holds_in(self, year: int | None) -> bool:
        """Whether the name was in use in ``year``; an unknown year excludes nothing."""
        if year is None:
            return True
        return (self.from_year or year) <= year <= (self.to_year or year)


@dataclass(frozen=True, slots=True)
class ExpectedBody:
    """A body and year of which final accounts are expected, not collected, or which is exempt."""

    unit_id: str
    fiscal_year: int
    scope: str | None
    state: str
    reason: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name resolves to. ``unit_id`` is None where several units answer to it; ``doubt`` says why."""

    unit_id: str | None
    confirmed: bool
    proposed: bool = False
    doubt: str | None = None


_Row = TypeVar("_Row", Unit, UnitName, ExpectedBody)


def unit_id_of(division_code: str | None, name: str) -> str:
    """The id that a unit of this division and first name has: ``u`` and twelve hexadecimal digits."""
    key = f"{division_code or NO_DIVISION}|{bare(name)}"
    return "u" + hashlib.sha256(key.encode()).hexdigest()[:12]


class Registry:
    """The registry in memory; :meth:`save` writes what changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stamps = self._seen()
        self._units = {row.unit_id: row for row in _load(store, UNITS, Unit)}
        self._names = _load(store, UNIT_NAMES, UnitName)
        self._expected = _load(store, EXPECTED, ExpectedBody)
        self._by_name: dict[str, list[UnitName]] = {}
        for row in self._names:
            if row.unit_id not in self._units:
                raise ArchiveError(
                    f"{UNIT_NAMES}: {row.name} is of unit {row.unit_id}, which {UNITS} lacks; add the unit"
                )
            self._by_name.setdefault(bare(row.name), []).append(row)
        self._dirty = False

    def is_current(self) -> bool:
        """Whether the files are those that were read, and nothing is proposed that was not saved."""
        return not self._dirty and self._stamps == self._seen()

    def _seen(self) -> tuple[Entry | None, ...]:
        return tuple(self._store.stat(path) for path in (UNITS, UNIT_NAMES, EXPECTED))

    @property
    def units(self) -> tuple[Unit, ...]:
        """Every unit, sorted by id."""
        return tuple(sorted(self._units.values(), key=lambda row: row.unit_id))

    @property
    def names(self) -> tuple[UnitName, ...]:
        """Every name, sorted by unit and first year."""
        return tuple(sorted(self._names, key=_name_order))

    @property
    def expected(self) -> tuple[ExpectedBody, ...]:
        """Every body-year of the register of bodies expected to publish."""
        return tuple(self._expected)

    def unit(self, unit_id: str) -> Unit:
        """The unit of this id. Raises :class:`ArchiveError` where there is none."""
        try:
            return self._units[unit_id]
        except KeyError:
            raise ArchiveError(
                f"the registry has no unit {unit_id}; juesuan review list shows the units it has"
            ) from None

    def name_of(self, unit_id: str) -> str | None:
        """The latest name of a unit."""
        own = [row for row in self.names if row.unit_id == unit_id]
        return own[-1].name if own else None

    def resolve(self, name: str, division_code: str | None, year: int | None = None) -> Resolution:
        """The unit that ``name`` means in a division and fiscal year; an unknown one is proposed,
        unconfirmed.

        A name without a known division finds the one unit that bears it; where several do, none is chosen
        and the resolution says which they are. The proposal is kept in memory until :meth:`save`.
        """
        rows = self._by_name.get(bare(name), [])
        rows = [row for row in rows if row.holds_in(year)] or rows
        found = {row.unit_id: self._units[row.unit_id] for row in rows}
        if division_code is not None:
            found = {key: unit for key, unit in found.items() if unit.division_code == division_code}
        if len(found) > 1:
            where = ", ".join(f"{key} in {unit.division_code}" for key, unit in sorted(found.items()))
            return Resolution(None, False, doubt=f"{name} may be any of {where}")
        for unit in found.values():
            unknown = unit.division_code == NO_DIVISION and not unit.confirmed
            doubt = f"the division of {name} is not known" if unknown else None
            return Resolution(unit.unit_id, unit.confirmed, doubt=doubt)
        return self._propose(name, division_code)

    def _propose(self, name: str, division_code: str | None) -> Resolution:
        unit_id = unit_id_of(division_code, name)
        if unit_id in self._units:
            # Its first name, no longer in use in that year: the unit is known all the same.
            return Resolution(unit_id, self._units[unit_id].confirmed)
        unit = Unit(unit_id, division_code or NO_DIVISION, note="proposed from a document")
        self._put(unit, UnitName(unit_id, name, source="printed in a document"))
        doubt = None if division_code else f"the division of {name} is not known"
        return Resolution(unit_id, confirmed=False, proposed=True, doubt=doubt)

    def confirm(self, unit_id: str, division_code: str | None = None) -> Unit:
        """Mark a unit as looked at by a person, with its division where that was unknown; the id stays."""
        if division_code is not None:
            check_division(division_code)
        unit = self.unit(unit_id)
        unit = replace(unit, confirmed=True, division_code=division_code or unit.division_code)
        self._units[unit_id] = unit
        self._dirty = True
        return unit

    def rename(self, unit_id: str, name: str, from_year: int, source: str) -> UnitName:
        """Give a unit a new name from a fiscal year on; the id stays and the former name ends the year
        before.
        """
        self.unit(unit_id)
        for index, row in enumerate(self._names):
            if row.unit_id == unit_id and row.to_year is None and (row.from_year or 0) < from_year:
                ended = replace(row, to_year=from_year - 1)
                self._names[index] = ended
                same = self._by_name[bare(row.name)]
                same[same.index(row)] = ended
        added = UnitName(unit_id, name, from_year=from_year, source=source)
        self._put(self._units[unit_id], added)
        return added

    def _put(self, unit: Unit, name: UnitName) -> None:
        self._units[unit.unit_id] = unit
        self._names.append(name)
        self._by_name.setdefault(bare(name.name), []).append(name)
        self._dirty = True

    def save(self) -> None:
        """Write units and names where something changed, names first reaching only units that are written."""
        if not self._dirty:
            return
        self._store.write(UNITS, _dump(Unit, self.units))
        self._store.write(UNIT_NAMES, _dump(UnitName, self.names))
        self._dirty = False
        self._stamps = self._seen()


def check_division(code: str) -> None:
    """Raises :class:`ArchiveError` where ``code`` does not have the form of a division code."""
    if not _DIVISION.fullmatch(code):
        raise ArchiveError(f"division {code!r} must be the six digits of GB/T 2260")


def is_unit_id(text: str) -> bool:
    """Whether ``text`` has the form of a unit id."""
    return bool(_UNIT_ID.fullmatch(text))


def _name_order(row: UnitName) -> tuple[str, int, str]:
    return row.unit_id, row.from_year or 0, row.name


def _load(store: Store, path: str, kind: type[_Row]) -> list[_Row]:
    """The rows of one file; none where it does not exist. Raises :class:`ArchiveError` with file, row and
    column.
    """
    if store.stat(path) is None:
        return []
    columns = {field.name: str(field.type) for field in fields(kind)}
    rows = csv.DictReader(io.StringIO(store.read(path).decode("utf-8-sig")))
    if set(rows.fieldnames or ()) != set(columns):
        raise ArchiveError(f"{path}: its columns must be {', '.join(columns)}")
    return [kind(**_typed(path, number, columns, row)) for number, row in enumerate(rows, start=2)]


def _typed(path: str, number: int, columns: dict[str, str], row: dict[str, str]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for column, kind in columns.items():
        text = (row[column] or "").strip()
        if kind == "bool":
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
        else:
            typed[column] = text
    return typed


def _dump(kind: type[_Row], rows: tuple[_Row, ...]) -> bytes:
    out = io.StringIO()
    columns = [field.name for field in fields(kind)]
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        values = [getattr(row, column) for column in columns]
        writer.writerow(["true" if v is True else "false" if v is False else v for v in values])
    return out.getvalue().encode()
