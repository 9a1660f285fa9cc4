"""What a report says it is: family, body, fiscal year, scope, and how sure that is.

Belongs here: weighing what cover, headings, table headers, sentences, file name and a person say of one report, with
the place of each piece of evidence; the division of a body from its printed name. Does not belong here: what a single
line says (``titles``), where in a document one report ends and the next begins (``reports``), the registry of units
(``archive``), tables (``recognise``), chapters (``chapters``). The words are data: ``forms/identify.yml``,
``forms/divisions.csv``.

Nothing is guessed quietly: what the document does not settle is None, and ``doubts`` says why a person must look. A
name or a year that a template left behind does not rename a report: the printings are weighed, and those that disagree
are kept (``printings``) for a check to show.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Literal

from juesuan.final_accounts import prose
from juesuan.final_accounts.model import Family, FormDefinitionError, MoneyUnit, Printing, Reading, Scope
from juesuan.final_accounts.prose import pattern
from juesuan.final_accounts.text import squeeze
from juesuan.final_accounts.titles import (
    FILE,
    Line,
    Title,
    akin,
    body_of,
    chapters_in,
    is_unit,
    joined,
    labelled,
    level_of,
    overview_of,
    table_key,
    title_says,
    which,
    words,
)

__all__ = ["Division", "Evidence", "Identity", "Said", "body_of", "division_of", "find_division", "identify"]

#: What a report lacks while its titles do not say whether it is of a department or of a unit.
NO_SCOPE = "the document does not say whether it is of a department or of a single unit"
#: A rival with more than this share of the weight of the first leaves the matter open.
BALANCE = 0.8


@dataclass(frozen=True, slots=True)
class Said:
    """What a person asserts of a report, where the document does not speak for itself; None is not asserted."""

    unit_name: str | None = None
    fiscal_year: int | None = None
    scope: Scope | None = None
    family: Family | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """One place where something was read: ``what`` (unit_name, fiscal_year, scope, family, money_unit)."""

    what: str
    value: str
    text: str
    page: int | None
    line: int | None

    def __str__(self) -> str:
        where = ", ".join(f"{name} {at}" for name, at in (("page", self.page), ("line", self.line)) if at is not None)
        return f"{self.what} {self.value}: {self.text}" + (f" ({where})" if where else "")


@dataclass(frozen=True, slots=True)
class Identity:
    """What one report in a document says it is; None is what the document does not settle.

    ``unit_name`` is as printed, 本级 and the like included; ``body_name`` is its normal form without them.
    ``title`` is the printed title. ``reason`` says why a document is no final accounts. ``doubts`` are sentences
    for a person; with any, the report needs review. ``printings`` are the names and years on cover, headings and
    table headers, each value once per kind of place and page. ``tables`` are the keys of the tables of the form whose
    titles were seen.
    """

    family: Family
    unit_name: str | None
    body_name: str | None
    fiscal_year: int | None
    scope: Scope | None
    title: str | None = None
    money_unit: MoneyUnit | None = None
    reason: str | None = None
    evidence: tuple[Evidence, ...] = ()
    doubts: tuple[str, ...] = ()
    printings: tuple[Printing, ...] = ()
    tables: tuple[str, ...] = ()


def identify(reading: Reading, name: str = "", said: Mapping[int | None, Said] | None = None) -> tuple[Identity, ...]:
    """The identity of each report in a document. ``name`` is the file name, weak evidence; ``said`` what a person
    asserted, by the number of the report, under None for all.

    Never raises for what a document may hold.
    """
    from juesuan.final_accounts.reports import reports_in

    return tuple(part.identity for part in reports_in(reading, name, said))


# --- weighing ---------------------------------------------------------------------------------------------

#: Places that are printed to say whose report it is, each counted for itself.
_STRONG = ("cover", "part", "header")
#: The kind of report is what the cover prints, however often headings call it otherwise.
_KIND = {"cover": 20, "part": 6, "heading": 4}


@dataclass(slots=True)
class _Tally:
    """Weighed candidates for one thing, with the best printed place of each."""

    what: Literal["unit_name", "fiscal_year", "scope", "money_unit"]
    weights: Counter[str] = field(default_factory=Counter)
    strong: Counter[str] = field(default_factory=Counter)
    seen: dict[str, tuple[float, Evidence]] = field(default_factory=dict)
    capped: Counter[tuple[str, str]] = field(default_factory=Counter)
    printed: dict[tuple[str, str, int | None], Line] = field(default_factory=dict)

    def add(self, value: str, line: Line, weight: float, kind: str, cap: float) -> None:
        """Count one piece of evidence; all of one kind count at most ``cap``."""
        room = cap - self.capped[value, kind] / 100
        got = min(weight, room)
        if got > 0:
            self.capped[value, kind] += int(got * 100)
            self.weights[value] += int(got * 100)
            if kind in _STRONG:
                self.strong[value] += int(got * 100)
        if kind in _STRONG:
            self.printed.setdefault((kind, value, line.page), line)
        if value not in self.seen or self.seen[value][0] < weight:
            self.seen[value] = weight, Evidence(self.what, value, line.text, line.page, line.line)

    def best(self) -> str | None:
        ranked = sorted(self.weights, key=lambda value: (-self.weights[value], value))
        return ranked[0] if ranked else None

    def printings(self) -> list[Printing]:
        """Where the values stand, each once per kind of place and page."""
        assert self.what in ("unit_name", "fiscal_year")
        return [
            Printing(self.what, value, kind, line.text, line.page, line.line)  # type: ignore[arg-type]
            for (kind, value, _), line in self.printed.items()
        ]


@dataclass(slots=True)
class _Found:
    units: _Tally = field(default_factory=lambda: _Tally("unit_name"))
    years: _Tally = field(default_factory=lambda: _Tally("fiscal_year"))
    kinds: _Tally = field(default_factory=lambda: _Tally("scope"))
    money: _Tally = field(default_factory=lambda: _Tally("money_unit"))
    title: str | None = None
    own_level: Line | None = None
    calls_itself: Counter[Scope] = field(default_factory=Counter)
    called: dict[Scope, Line] = field(default_factory=dict)
    final: int = 0
    budget: int = 0
    tables: set[str] = field(default_factory=set)
    budget_tables: set[str] = field(default_factory=set)
    keys: set[str] = field(default_factory=set)
    chapters: set[int] = field(default_factory=set)
    budget_chapters: set[int] = field(default_factory=set)
    figures: int = 0
    placeholders: int = 0
    links: int = 0


def identity_of(
    some: Sequence[Line], covers: Sequence[Sequence[Line]], names: Sequence[str] = (), said: Said | None = None
) -> Identity:
    """The identity of one report from its lines; ``covers`` are the lines at the head of its file, or of each of its
    files, ``names`` their names.
    """
    said = said or Said()
    if not some:
        return _asserted(Identity("other", None, None, None, None, reason="no text to read"), said)
    known = words()
    found = _Found()
    for cover in covers:
        _read_cover(cover, found)
    on_cover = {id(one) for cover in covers for one in cover}
    for one in some:
        found.figures += one.figures
        found.placeholders += one.placeholders
        if not one.tight:
            continue
        said_here = one.tight
        if "本" in said_here or "我" in said_here or "单位" in said_here or "部门" in said_here:
            _read_own_words(one, found)
        if one.is_short:
            _read_title(one, found, id(one) in on_cover)
            if "算" in said_here:
                _read_tables(one, found)
            if known.links.search(said_here):
                found.links += 1
        elif not one.cell:
            _read_sentence(one, found)
            found.chapters |= chapters_in(one)
    for name in names:
        _read_name(name, found)
    found.final += 2 * len(found.tables) + len(found.chapters)
    found.budget += 2 * len(found.budget_tables) + 2 * len(found.budget_chapters)
    return _asserted(_conclude(found, covers, said), said)


def _read_own_words(one: Line, found: _Found) -> None:
    """What a line calls the body of the report, and whether it says that the report is of its own level alone."""
    known = words()
    may = found.own_level is None and ("本级" in one.tight or "不" in one.tight)
    if may and known.own_level_says.search(one.tight):
        found.own_level = one
    for scope, call in known.scope_words.items():
        if call.search(one.tight):
            found.calls_itself[scope] += 1
            found.called.setdefault(scope, one)


def _read_tables(one: Line, found: _Found) -> None:
    known = words()
    bare = known.not_budget.sub("", one.tight)
    if "决算" in one.tight and known.table.search(one.tight):
        found.tables.add(one.tight)
        if key := table_key(one):
            found.keys.add(key)
    elif "预算" in bare and known.table.search(one.tight):
        found.budget_tables.add(one.tight)


def _read_cover(cover: Sequence[Line], found: _Found) -> None:
    """The title on the cover, on one line or wrapped over several: name, then year and kind of report."""
    for many in (1, 2, 3, 4):
        for at in range(len(cover) - many + 1):
            whole = joined(cover[at : at + many])
            # a cover may break anywhere, within 决算 too
            titled = ("决算" in whole.tight or "预算" in whole.tight) and len(whole.tight) <= 80
            if titled and _title(whole, found, 5, "cover").unit:
                found.title = found.title or whole.text
                return


def _read_title(one: Line, found: _Found, on_cover: bool) -> None:
    known = words()
    said = one.tight
    if ":" in said or "：" in said:
        _read_labels(one, found)
    level = prose.mark_of(one.text)[0]
    if unit := overview_of(one):
        found.units.add(unit, one, 3, "part", 6)
    found.chapters |= chapters_in(one)
    if "预算" in said and (level or len(said) <= 40):
        found.budget_chapters |= which(known.budget_chapters, known.not_budget.sub("", said))
    if "决算" not in said and "预算" not in said:
        for year_line in known.year_lines:
            if (got := year_line.match(said)) and not known.no_year.search(said):
                # on the cover it is the year of the report; above a table or in its head, most likely so
                found.years.add(got["year"], one, *((3, "cover", 5) if on_cover else (1, "header", 3)))
        if not on_cover:
            return
        if level == 1 and is_unit(part := known.before_title.sub("", said)):
            found.units.add(part, one, 2, "part", 6)
        elif not level and is_unit(said):
            found.units.add(said, one, 2, "cover", 7)
        return
    kind = "cover" if on_cover else "part" if level == 1 else "heading"
    weight = 5 if on_cover else 3 if level == 1 else 1
    if _title(one, found, weight, kind).unit and found.title is None and (on_cover or level == 1):
        found.title = one.text


def _read_labels(one: Line, found: _Found) -> None:
    """编制单位：某局 2023年度 金额单位：万元: what stands over a table."""
    known = words()
    head = False
    for label in known.money_units:
        if got := label.search(one.tight):
            found.money.add(got["unit"], one, 1, "header", 3)
            head = True
    for unit in labelled(one.tight):
        found.units.add(unit, one, 2, "header", 6)
        head = True
    for label in known.parent_labels:
        if (got := label.search(one.tight)) and is_unit(got["unit"]):
            found.units.add(got["unit"], one, 0.5, "parent", 0.5)
    if head and (got := known.year_beside.search(one.tight)):
        found.years.add(got["year"], one, 1, "header", 3)


def _title(one: Line, found: _Found, weight: float, kind: str) -> Title:
    """Weigh name, year and kind of report of a title line."""
    title = title_says(one.tight)
    if title.word == "决算":
        found.final += int(weight) * 2
    elif title.word:
        found.budget += int(weight) * 2
    if title.unit:
        found.units.add(title.unit, one, weight, kind, 7 if kind == "cover" else 6)
    if title.kind:
        most = _KIND[kind]
        found.kinds.add(title.kind, one, most if kind == "cover" else weight, kind, most)
    if title.year:
        found.years.add(title.year, one, weight, kind, 5 if kind == "cover" else 8)
    if "汇总" in one.tight and kind in ("cover", "part"):
        found.kinds.add("汇总", one, weight, kind, 9)
    return title


def _read_sentence(one: Line, found: _Found) -> None:
    known = words()
    for sentence in known.unit_sentences:
        if got := sentence.match(one.tight):
            if is_unit(got["unit"]):
                found.units.add(got["unit"], one, 1, "text", 2)
            found.years.add(got["year"], one, 1, "text", 3)
    for end in known.year_ends:
        if got := end.search(one.tight):
            found.years.add(got["year"], one, 1, "text", 3)


def _read_name(name: str, found: _Found) -> None:
    """What the name of a file says, and of the folders and archives that it lies in: little, and better than none."""
    path = PurePosixPath(name)
    for part in (*path.parent.parts, path.stem if path.suffix else path.name):
        one = Line.of(part, None, None, (0, 0))
        title = title_says(one.tight)
        if title.unit:
            found.units.add(title.unit, one, 0.5, "name", 0.5)
        if title.year:
            found.years.add(title.year, one, 0.5, "name", 0.5)
        if title.kind:
            found.kinds.add(title.kind, one, 0.5, "name", 0.5)


# --- concluding -------------------------------------------------------------------------------------------


def _conclude(found: _Found, covers: Sequence[Sequence[Line]], said: Said) -> Identity:
    doubts: list[str] = []
    evidence: list[Evidence] = []
    first = [one.tight for cover in covers for one in cover[:6]]
    family, reason = _family(found, first)
    unit = _unit(found, said.unit_name, doubts)
    if unit in found.units.seen:
        evidence.append(found.units.seen[unit][1])
    year = _year(found, said.fiscal_year, doubts)
    if year in found.years.seen:
        evidence.append(found.years.seen[year][1])
    money = found.money.best()
    scope, why = _scope(found, unit)
    if why is not None:
        evidence.append(why)
    if family == "template":
        unit, doubts = None, []
    elif family == "final_accounts" or said.family == "final_accounts":
        if unit is None:
            doubts.append("the document does not say whose report it is")
        if year is None:
            doubts.append("the document does not say of which fiscal year it is")
        if scope is None and said.scope is None:
            doubts.append(NO_SCOPE)
        if len(found.chapters) < 2 and len(found.tables) < 2 and not (found.keys and found.figures):
            doubts.append("only the title of final accounts is here: no tables, no chapters")
        elif not found.figures:
            doubts.append("final accounts without a single figure")
    else:
        doubts = []
    if family == "other":
        scope = None
    titled = (one.text for cover in covers for one in cover if re.search("决算|预算", one.tight))
    return Identity(
        family=family,
        unit_name=unit,
        body_name=body_of(unit) if unit else None,
        fiscal_year=int(year) if year else None,
        scope=scope,
        title=found.title or next(titled, None),
        money_unit=money if money in ("元", "千元", "万元", "亿元") else None,  # type: ignore[arg-type]
        reason=reason,
        evidence=tuple(evidence),
        doubts=tuple(doubts),
        printings=(*found.units.printings(), *found.years.printings()),
        tables=tuple(sorted(found.keys)),
    )


def _asserted(read: Identity, said: Said) -> Identity:
    """The identity with what a person asserted on top; an assertion answers the doubts of reading."""
    if said == Said():
        return read
    family = said.family or read.family
    reason = read.reason
    if family != read.family:
        reason = None if family == "final_accounts" else f"a person says that it is of family {family}"
    return replace(
        read,
        family=family,
        fiscal_year=said.fiscal_year or read.fiscal_year,
        scope=said.scope or read.scope,
        reason=reason,
        doubts=(),
    )


def _family(found: _Found, first: Sequence[str]) -> tuple[Family, str | None]:
    """The family by the weight of words in titles, and why where it is not final accounts."""
    known = words()
    chapters, figures, placeholders = len(found.chapters), found.figures, found.placeholders
    for tight_ in (*first, "".join(first[:3])):
        if known.approval.search(tight_):
            return "approval", f"an approval of accounts or budget: {tight_}"
    if found.final + found.budget < 4:
        return "other", "neither final accounts nor a budget: no title, table or chapter of one"
    if found.budget > found.final:
        return "budget", f"a budget: {found.title or 'its titles say 预算'}"
    if placeholders and figures <= max(3, placeholders // 4):
        return "template", f"a blank form: {placeholders} placeholders, {figures} figures"
    departmental = found.kinds.weights or chapters >= 3
    sections = chapters >= 2 or len(found.tables) >= 2 or bool(found.keys and figures)
    if any(known.not_departmental.search(tight_) for tight_ in first) and not departmental:
        return "other", "accounts of a whole government, a fund or a building project, not of a department"
    if not figures and found.links:
        return "other", "a page that points to final accounts: titles and links, not a single figure"
    if not sections and found.title is None:
        return "other", "speaks of final accounts, but has neither their title, tables nor chapters"
    if not figures and len(found.keys) >= 5 and not found.units.strong:
        return "template", f"a blank form: {len(found.keys)} tables, no body named and no figure"
    return "final_accounts", None


def _grouped(weights: Counter[str]) -> list[tuple[int, list[str]]]:
    """Names that can be one body together, heaviest first, with the weight of all; each by falling weight."""
    groups: list[tuple[int, list[str]]] = []
    for value in sorted(weights, key=lambda one: (-weights[one], one)):
        for number, (weight, names) in enumerate(groups):
            if akin(names[0], value):
                groups[number] = weight + weights[value], [*names, value]
                break
        else:
            groups.append((weights[value], [value]))
    return sorted(groups, key=lambda group: (-group[0], group[1][0]))


def _unit(found: _Found, asserted: str | None, doubts: list[str]) -> str | None:
    """The printed name that weighs most, of a person's choice where one chose; another body of nearly the same weight
    is a doubt.
    """
    groups = _grouped(found.units.weights)
    if asserted is not None:
        return next((names[0] for _, names in groups for name in names if akin(name, asserted)), asserted)
    if not groups:
        return None
    (most, best), *others = groups
    for weight, names in others:
        rival = next((name for name in names if found.units.strong[name]), None)
        if rival is not None and weight > BALANCE * most:
            doubts.append(f"two bodies are named: {best[0]}, and {found.units.seen[rival][1]}")
            break
    return best[0]


def _year(found: _Found, asserted: int | None, doubts: list[str]) -> str | None:
    if asserted is not None:
        return str(asserted)
    year = found.years.best()
    if year is None:
        return None
    for value in sorted(found.years.strong):
        if value != year and found.years.weights[value] > BALANCE * found.years.weights[year]:
            other = found.years.seen[value][1]
            doubts.append(f"the titles contradict each other on the fiscal year: {year}, but {other}")
            break
    return year


def _scope(found: _Found, unit: str | None) -> tuple[Scope | None, Evidence | None]:
    """department, own_level or unit: by the level behind the name, by the kind that titles print, else by what the
    text calls its own body.
    """
    known = words()

    def shown(scope: Scope, where: Evidence | Line) -> tuple[Scope, Evidence]:
        return scope, Evidence("scope", scope, where.text, where.page, where.line)

    named = level_of(unit, None)
    if unit is not None and named is not None and unit in found.units.seen:
        return shown(named, found.units.seen[unit][1])
    kind = found.kinds.best()
    scope = level_of(None, kind) if kind else None
    if kind and scope == "unit" and unit and found.own_level and known.supervising.search(body_of(unit)):
        return shown("own_level", found.own_level)
    if kind and scope:
        return shown(scope, found.kinds.seen[kind][1])
    ranked = found.calls_itself.most_common(2)
    if ranked and ranked[0][1] >= max(2, 3 * (ranked[1][1] if len(ranked) > 1 else 0)):
        own = ranked[0][0]
        if own == "unit" and unit and found.own_level and known.supervising.search(body_of(unit)):
            return shown("own_level", found.own_level)
        return shown(own, found.called[own])
    return None, None


# --- divisions --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Division:
    """A division of GB/T 2260: six digits, the printed name, its level, and how sure the match is.

    ``confidence`` H: named with its parent, or a province or prefecture; M: a county whose name occurs once in the
    country, or a zone (开发区, 实验区) that the standard does not list, put to the division of its name.
    """

    code: str
    name: str
    level: Literal["province", "prefecture", "county"]
    confidence: Literal["H", "M"]


@dataclass(frozen=True, slots=True)
class DivisionFinding:
    """A division, or the reason why none was found."""

    division: Division | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    code: str
    name: str
    level: Literal["province", "prefecture", "county"]
    in_force: bool


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[_Place, ...]]:
    """Divisions by name. Read when first needed: only adding to the archive asks."""
    import csv

    path = Path(__file__).parent / "forms" / "divisions.csv"
    out: dict[str, list[_Place]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            level = row["level"]
            if level not in ("province", "prefecture", "county"):
                raise FormDefinitionError(f"forms/divisions.csv: {row['code']}: level {level!r}")
            place = _Place(row["code"], row["name"], level, not row["valid_to_year_exclusive"])  # type: ignore[arg-type]
            out.setdefault(place.name, []).append(place)
    return {name: tuple(places) for name, places in out.items()}


@lru_cache(maxsize=1)
def _longest() -> int:
    return max(map(len, _places()))


@lru_cache(maxsize=1)
def _place_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """(what may stand before the name of a place, a zone with its ``stem``)."""
    try:
        data = prose.words("identify")["divisions"]
        before, zones = "|".join(data["before"]), "|".join(data["zones"])
    except (KeyError, TypeError) as error:
        raise FormDefinitionError(f"{FILE}: divisions: {type(error).__name__} {error}") from error
    return (
        pattern(f"^(?:{before})", f"{FILE}: divisions.before"),
        pattern(f"^(?P<stem>.{{2,6}}?)(?:市|区|县)?(?:{zones})+", f"{FILE}: divisions.zones"),
    )


def division_of(name: str) -> Division | None:
    """The division that a printed name of a body begins with; None where the name does not settle it.

    ``上海市普陀区财政局`` -> 310107; ``普陀区财政局`` -> None: two provinces have one.
    """
    return find_division(name).division


def find_division(name: str) -> DivisionFinding:
    """:func:`division_of` with the reason where there is none."""
    text = _place_words()[0].sub("", squeeze(name))
    chain: list[_Place] = []
    while True:
        options = _options(text, chain)
        if not options:
            break
        if len(options) > 1:
            codes = ", ".join(place.code for place in options)
            return DivisionFinding(None, f"{options[0].name} is the name of {len(options)} divisions ({codes})")
        chain.append(options[0])
        text = text[len(options[0].name) :]
    if not chain:
        zone = _zone(text)
        if zone is not None:
            return DivisionFinding(zone, f"a zone that GB/T 2260 does not list, put to {zone.name}")
        return DivisionFinding(None, "the name does not begin with a division of GB/T 2260")
    last = chain[-1]
    sure: Literal["H", "M"] = "H" if len(chain) > 1 or last.level != "county" else "M"
    return DivisionFinding(Division(last.code, last.name, last.level, sure))


def _options(text: str, chain: Sequence[_Place]) -> list[_Place]:
    """Divisions whose whole name ``text`` begins with, below the last of ``chain``; the longest name holds."""
    places = _places()
    for length in range(min(_longest(), len(text)), 1, -1):
        got = [place for place in places.get(text[:length], ()) if _below(place, chain)]
        if not got:
            continue
        held = [place for place in got if place.in_force] or got
        if not chain:
            top = [place for place in held if place.level != "county"]
            held = top if len(top) == 1 else held
        return held
    return []


def _below(place: _Place, chain: Sequence[_Place]) -> bool:
    if not chain:
        return True
    last = chain[-1]
    if last.level == "province":
        return place.level != "province" and place.code[:2] == last.code[:2]
    if last.level == "prefecture":
        return place.level == "county" and place.code[:4] == last.code[:4]
    return False


def _zone(text: str) -> Division | None:
    """A zone outside the standard: the one division of the same name with another ending (平潭… -> 平潭县)."""
    found = _place_words()[1].match(text)
    if found is None:
        return None
    names = (found["stem"] + ending for ending in ("市", "县", "区"))
    got = {place.code: place for name in names for place in _places().get(name, ()) if place.in_force}
    if len(got) != 1:
        return None
    (place,) = got.values()
    return Division(place.code, place.name, place.level, "M")
