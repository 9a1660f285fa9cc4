"""The registry of units: which body is which, by division and name, through every rename, merge and split.

Belongs here: resolving a printed name to a ``unit_id``, and every change that a person or ``add`` makes to it. Does
not belong here: what a row may say (``registry_rows.py``), reading names out of documents, or joining units that
no person joined.

A ``unit_id`` is minted once, from the division and the first name that the registry learnt (never from
order), and stays through renames and corrections. Two units of one name in two divisions are two units.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from juesuan.final_accounts import registry_rows
from juesuan.final_accounts.model import ArchiveError
from juesuan.final_accounts.registry_rows import (
    IDENTIFIERS,
    KINDS,
    PARENTS,
    SUCCESSIONS,
    UNIT_NAMES,
    UNITS,
    Approval,
    ExpectedBody,
    KnownDiscrepancy,
    Row,
    Series,
    Succession,
    Unit,
    UnitIdentifier,
    UnitName,
    UnitParent,
    check_division,
)
from juesuan.final_accounts.store import Entry, Store
from juesuan.final_accounts.text import bare

#: In place of a division code that nobody knows.
NO_DIVISION = "000000"

_UNIT_ID = re.compile(r"u[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a name resolves to. ``unit_id`` is None where several units answer to it; ``doubt`` says why."""

    unit_id: str | None
    confirmed: bool
    proposed: bool = False
    doubt: str | None = None


def unit_id_of(division_code: str | None, name: str) -> str:
    """The id that a unit of this division and first name has: ``u`` and twelve hexadecimal digits."""
    key = f"{division_code or NO_DIVISION}|{bare(name)}"
    return "u" + hashlib.sha256(key.encode()).hexdigest()[:12]


class Registry:
    """The registry in memory; :meth:`save` writes what changed. Raises :class:`ArchiveError` with file and row
    where what the files say cannot be so.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stamps = self._seen()
        self._rows = registry_rows.Rows(store)
        registry_rows.check(self._rows)
        self._units = {row.unit_id: row for row in self._rows.units}
        self._index_names()
        self._dirty: set[str] = set()

    def is_current(self) -> bool:
        """Whether the files are those that were read, and nothing is proposed that was not saved."""
        return not self._dirty and self._stamps == self._seen()

    def _seen(self) -> tuple[Entry | None, ...]:
        return tuple(self._store.stat(path) for path in KINDS)

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
        """Every row of the register of bodies expected to publish."""
        return tuple(self._rows.expected)

    @property
    def identifiers(self) -> tuple[UnitIdentifier, ...]:
        """Every identifier of a unit."""
        return tuple(self._rows.identifiers)

    @property
    def parents(self) -> tuple[UnitParent, ...]:
        """Every supervising department with its years."""
        return tuple(self._rows.parents)

    @property
    def approvals(self) -> tuple[Approval, ...]:
        """Every day on which final accounts were approved."""
        return tuple(self._rows.approvals)

    @property
    def discrepancies(self) -> tuple[KnownDiscrepancy, ...]:
        """Every verdict of a person on what a check found."""
        return tuple(self._rows.discrepancies)

    @property
    def successions(self) -> tuple[Succession, ...]:
        """Every recorded succession, in the order in which they were recorded."""
        return tuple(self._rows.successions)

    def series(self) -> list[Series]:
        """Series and group of every unit, sorted by unit."""
        return registry_rows.series(self._units, self._rows.successions)

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
        own = [row for row in self._names if row.unit_id == unit_id]
        return max(own, key=_name_order).name if own else None

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
        self._dirty.add(UNITS)
        return unit

    def rename(self, unit_id: str, name: str, from_year: int, source: str) -> UnitName:
        """Give a unit a new name from a fiscal year on; the id stays and the former name ends the year
        before.
        """
        self.unit(unit_id)
        added = UnitName(unit_id, name, "official", from_year=from_year, source=source)
        names = [
            replace(row, to_year=from_year - 1)
            if row.unit_id == unit_id and row.to_year is None and (row.from_year or 0) < from_year
            else row
            for row in self._names
        ]
        self._change(names=[*names, added])
        self._dirty.add(UNIT_NAMES)
        return added

    def succeed(self, *added: Succession) -> None:
        """Record successions. Raises :class:`ArchiveError` where one cannot stand beside the others; then none is
        recorded.
        """
        self._change(successions=[*self._rows.successions, *added])
        self._dirty.add(SUCCESSIONS)

    def _change(self, **lists: list[Any]) -> None:
        """Put other rows in place of those of some lists, unless they cannot stand."""
        before = {name: getattr(self._rows, name) for name in lists}
        self._rows.units = list(self._units.values())
        for name, rows in lists.items():
            setattr(self._rows, name, rows)
        try:
            registry_rows.check(self._rows)
        except ArchiveError:
            for name, rows in before.items():
                setattr(self._rows, name, rows)
            raise
        self._index_names()

    def _index_names(self) -> None:
        self._by_name: dict[str, list[UnitName]] = {}
        for row in self._names:
            self._by_name.setdefault(bare(row.name), []).append(row)

    @property
    def _names(self) -> list[UnitName]:
        return self._rows.names

    def _put(self, unit: Unit, name: UnitName) -> None:
        self._units[unit.unit_id] = unit
        self._names.append(name)
        self._by_name.setdefault(bare(name.name), []).append(name)
        self._dirty |= {UNITS, UNIT_NAMES}

    def save(self) -> None:
        """Write the files in which something changed, units first, so that no name speaks of one that is not there."""
        rows: dict[str, Sequence[Row]] = {
            # first: what an earlier version wrote into the file of the units must not be gone in between
            IDENTIFIERS: self._rows.identifiers,
            PARENTS: self._rows.parents,
            UNITS: self.units,
            UNIT_NAMES: self.names,
            SUCCESSIONS: self.successions,
        }
        if UNITS in self._dirty:
            self._dirty |= self._rows.moved
        for path, listed in rows.items():
            if path in self._dirty:
                self._store.write(path, registry_rows.dump(KINDS[path], listed))
        if self._dirty:
            self._stamps = self._seen()
        self._dirty = set()


def is_unit_id(text: str) -> bool:
    """Whether ``text`` has the form of a unit id."""
    return bool(_UNIT_ID.fullmatch(text))


def _name_order(row: UnitName) -> tuple[str, int, str]:
    return row.unit_id, row.from_year or 0, row.name
