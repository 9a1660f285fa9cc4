"""Names of functional classes in the text, and the codes that they stand for.

Belongs here: finding a class, section or item by its printed name: first among the codes of the report's own
tables, then in the reference list of the state's classification. Does not belong here: what is said of it. A name
that has no code, or several, is said so and never guessed.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from juesuan.final_accounts.forms import FOLDER
from juesuan.final_accounts.text import label

#: Names of a level, by the length of their codes.
LEVELS = {"类": 3, "款": 5, "项": 7}
LEVEL_NAMES = {3: "class", 5: "section", 7: "item"}

#: label of a printed row -> (table key, code), from the report's own tables
Names = Mapping[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class _Reference:
    code: str
    valid_from: int
    valid_to: int


@cache
def _reference() -> dict[str, tuple[_Reference, ...]]:
    """name -> its codes with the years they hold for, from ``forms/func_class.csv``."""
    found: dict[str, list[_Reference]] = {}
    with (FOLDER / "func_class.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            entry = _Reference(row["code"], int(row["valid_from_year"] or 0), int(row["valid_to_year"] or 9999))
            found.setdefault(label(row["name"]), []).append(entry)
    return {name: tuple(entries) for name, entries in found.items()}


@cache
def _codes() -> frozenset[tuple[str, str]]:
    return frozenset((entry.code, name) for name, entries in _reference().items() for entry in entries)


def is_named(code: str, name: str) -> bool:
    """Whether the reference list gives that code that name in any year, with or without 支出 at its end."""
    return any((code, spelling) in _codes() for spelling in _spellings(name))


def _spellings(name: str) -> tuple[str, ...]:
    """A name as printed, then with and without 支出 at its end."""
    name = label(name)
    other = name.removesuffix("支出") if name.endswith("支出") else name + "支出"
    return (name, other) if len(other) > 1 else (name,)


class ClassNames:
    """Looks up codes for one report. ``year`` decides which names of the reference list hold."""

    def __init__(self, names: Names, year: int | None) -> None:
        self.names = names
        self.year = year
        self._lengths: dict[str, tuple[int, ...]] | None = None

    def code(self, name: str, length: int, parent: str = "", tables: tuple[str, ...] = ()) -> str | None:
        """The code of ``length`` digits under ``parent`` with this name; None if there is none or no single one.

        Codes of ``tables`` (the report's own, in this order) go before those of its other tables, and these before
        the reference list; the name as printed before the name with 支出 added to or taken from its end.
        """
        for spelling in _spellings(name):
            if (code := self._printed(spelling, length, parent, tables)) is not None:
                return code
        for spelling in _spellings(name):
            if (code := self._listed(spelling, length, parent)) is not None:
                return code
        return None

    def _printed(self, name: str, length: int, parent: str, tables: tuple[str, ...]) -> str | None:
        """The same from the report's own tables alone."""
        entries = self.names.get(name, ())
        fitting = [(t, c) for t, c in entries if len(c) == length and c.startswith(parent) and c.isdigit()]
        for table in tables:
            codes = {c for t, c in fitting if t == table}
            if len(codes) == 1:
                return codes.pop()
            if codes:
                break
        codes = {c for t, c in fitting if t != "T6"}
        return codes.pop() if len(codes) == 1 else None

    def _listed(self, name: str, length: int, parent: str) -> str | None:
        """The same from the reference list, as it holds in the year of the report."""
        codes = {
            entry.code
            for entry in _reference().get(name, ())
            if len(entry.code) == length
            and entry.code.startswith(parent)
            and (self.year is None or entry.valid_from <= self.year <= entry.valid_to)
        }
        return codes.pop() if len(codes) == 1 else None

    def path(self, parts: list[tuple[str, str]], tables: tuple[str, ...] = ()) -> str | None:
        """The code of the last of ``[(类|款|项, name), ...]``, each under the one before where that is known."""
        parent = ""
        code: str | None = None
        for level, name in parts:
            code = self.code(name, LEVELS[level], parent, tables)
            if code is not None:
                parent = code
        return code

    def named(self, text: str, at: int) -> str | None:
        """The longest known name of a class, section or item that stands at ``at`` in normal text."""
        if self._lengths is None:
            lengths: dict[str, set[int]] = {}
            known = [n for n, entries in self.names.items() if any(t != "T6" for t, _ in entries)]
            for name in [*known, *_reference()]:
                lengths.setdefault(name[:2], set()).add(len(name))
            self._lengths = {two: tuple(sorted(sizes, reverse=True)) for two, sizes in lengths.items()}
        for size in self._lengths.get(text[at : at + 2], ()):
            name = text[at : at + size]
            if len(name) == size and size > 2 and (name in self.names or name in _reference()):
                return name
        return None

    def level_of(self, name: str, prefer: int | None, tables: tuple[str, ...] = ()) -> tuple[int, str | None]:
        """(digits, code) of a name without its level; no code where the name has one at several levels.

        21099 and 2109999 bear one name: without 款 or 项 beside it, only ``prefer`` can tell.
        """
        if prefer is not None and (code := self.code(name, prefer, "", tables)) is not None:
            return prefer, code
        for spelling in _spellings(name):
            codes = [(length, self._printed(spelling, length, "", tables)) for length in (7, 5, 3)]
            if found := [(length, code) for length, code in codes if code is not None]:
                return found[0] if len(found) == 1 else (prefer or 7, None)
        for spelling in _spellings(name):
            codes = [(length, self._listed(spelling, length, "")) for length in (7, 5, 3)]
            if found := [(length, code) for length, code in codes if code is not None]:
                return found[0] if len(found) == 1 else (prefer or 7, None)
        return prefer or 7, None
