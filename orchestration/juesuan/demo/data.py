"""What the demo knows of places, bodies, codes and forms: ``region.yml``, and names of codes by year.

Belongs here: reading that data. Does not belong here: drawing anything from it.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from juesuan.final_accounts.forms import FOLDER

_ALWAYS = 9999


@cache
def region() -> dict[str, Any]:
    """The content of ``region.yml``."""
    loaded: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "region.yml").read_text(encoding="utf-8"))
    return loaded


@cache
def _names() -> dict[str, tuple[tuple[int, int, str], ...]]:
    found: dict[str, list[tuple[int, int, str]]] = {}
    with (FOLDER / "func_class.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            span = int(row["valid_from_year"] or 0), int(row["valid_to_year"] or _ALWAYS)
            found.setdefault(row["code"], []).append((*span, row["name"]))
    for code, name in region()["names"].items():
        found.setdefault(code, []).append((0, _ALWAYS, name))
    return {code: tuple(sorted(some)) for code, some in found.items()}


@cache
def name_of(code: str, year: int) -> str:
    """The name of a functional class, section or item in a year; the nearest one where the list has none for it."""
    known = _names()[code]
    for first, last, name in known:
        if first <= year <= last:
            return name
    return known[-1][2] if year > known[-1][1] else known[0][2]


@cache
def since(what: str, year: int) -> bool:
    """Whether the form of a year has ``what`` (a word under ``since`` in the data)."""
    first: int = region()["since"][what]
    return year >= first


@cache
def classes(year: int) -> tuple[str, ...]:
    """Codes of the functional classes that the form of a year lists, in its order."""
    return tuple(str(code) for code, *first in region()["classes"] if not first or year >= first[0])


@cache
def surplus_used_label(year: int) -> str:
    """How the form of a year calls the use of surplus that is no appropriation."""
    for label, first, last in region()["surplus_used"]:
        if (first or 0) <= year <= (last or _ALWAYS):
            return str(label)
    raise LookupError(year)


@cache
def economic(year: int, side: str) -> tuple[tuple[Any, ...], ...]:
    """The economic lines of T6 in a year: ``side`` is personnel or public."""
    form = "economic_new" if since("new_economic", year) else "economic_old"
    return tuple(tuple(line) for line in region()[form][side])


def in_force(code: Any, year: int) -> str:
    """A code of the data in a year: either the one, or ``[old, new, first year of new]``."""
    if isinstance(code, str):
        return code
    old, new, first = code
    return str(new if year >= first else old)
