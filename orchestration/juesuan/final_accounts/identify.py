"""What a document says it is: family, body, fiscal year, scope, and how sure that is.

Belongs here: reading an identity from cover, headings, table headers and sentences, with the place of each
piece of evidence; the division of a body from its printed name. Does not belong here: the registry of units
(``archive``), tables (``recognise``), chapters (``chapters``). The words are data: ``forms/identify.yml``,
``forms/divisions.csv``.

Nothing is guessed quietly: what the document does not settle is None, and ``doubts`` says why a person must look.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

from juesuan.final_accounts import prose
from juesuan.final_accounts.model import (
    Family,
    FormDefinitionError,
    Grid,
    MoneyUnit,
    Reading,
    Scope,
    TextLine,
)
from juesuan.final_accounts.prose import pattern
from juesuan.final_accounts.text import squeeze

_FILE = "forms/identify.yml"


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
    for a person; with any, the report needs review.
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


# --- the words --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    before_title: re.Pattern[str]
    titles: tuple[re.Pattern[str], ...]
    overviews: tuple[re.Pattern[str], ...]
    year_titles: tuple[re.Pattern[str], ...]
    year_lines: tuple[re.Pattern[str], ...]
    year_ends: tuple[re.Pattern[str], ...]
    no_year: re.Pattern[str]
    unit_labels: tuple[re.Pattern[str], ...]
    unit_sentences: tuple[re.Pattern[str], ...]
    money_units: tuple[re.Pattern[str], ...]
    not_a_unit: re.Pattern[str]
    own_level: re.Pattern[str]
    whole: re.Pattern[str]
    supervising: re.Pattern[str]
    own_level_says: re.Pattern[str]
    unit_suffix: re.Pattern[str]
    endings: re.Pattern[str]
    placeholders: re.Pattern[str]
    not_budget: re.Pattern[str]
    table: re.Pattern[str]
    approval: re.Pattern[str]
    not_departmental: re.Pattern[str]
    chapters: tuple[re.Pattern[str], ...]
    budget_chapters: tuple[re.Pattern[str], ...]
    any_chapter: re.Pattern[str]  # any of either: most lines are none


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = prose.words("identify")

    def each(name: str, parts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(pattern(part, f"{_FILE}: {name}") for part in parts)

    def one(name: str, parts: Iterable[str]) -> re.Pattern[str]:
        return pattern(parts, f"{_FILE}: {name}")

    try:
        families = data["families"]
        endings = sorted(prose.words("chapters")["units"]["endings"], key=len, reverse=True)
        return _Words(
            before_title=one("before_title", data["before_title"]),
            titles=each("titles", data["titles"]),
            overviews=each("overviews", data["overviews"]),
            year_titles=each("year_titles", data["year_titles"]),
            year_lines=each("year_lines", data["year_lines"]),
            year_ends=each("year_ends", data["year_ends"]),
            no_year=one("no_year", data["no_year"]),
            unit_labels=each("unit_labels", data["unit_labels"]),
            unit_sentences=each("unit_sentences", data["unit_sentences"]),
            money_units=each("money_units", data["money_units"]),
            not_a_unit=one("not_a_unit", data["not_a_unit"]),
            own_level=one("own_level", data["own_level"]),
            whole=one("whole", data["whole"]),
            supervising=one("supervising", data["supervising"]),
            own_level_says=one("own_level_says", data["own_level_says"]),
            unit_suffix=one("unit_suffix", data["unit_suffix"]),
            endings=pattern(f"(?:{'|'.join(endings)})$", "forms/chapters.yml: units.endings"),
            placeholders=one("placeholders", data["placeholders"]),
            not_budget=one("families.not_budget", families["not_budget"]),
            table=one("families.table", families["table"]),
            approval=one("families.approval", families["approval"]),
            not_departmental=one("families.not_departmental", families["not_departmental"]),
            chapters=each("families.chapters", families["chapters"]),
            budget_chapters=each("families.budget_chapters", families["budget_chapters"]),
            any_chapter=re.compile(
                "|".join(
                    one.pattern
                    for key in ("chapters", "budget_chapters")
                    for one in each(f"families.{key}", families[key])
                )
            ),
        )
    except (KeyError, TypeError) as error:
        raise FormDefinitionError(f"{_FILE}: {type(error).__name__} {error}") from error


# --- lines ------------------------------------------------------------------------------------------------

_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_CHINESE_YEAR = re.compile(r"[二2][〇○零0ＯO〇][〇○零一二三四五六七八九]{2}(?=年)")
_CHINESE_DIGIT = {char: str(n) for n, char in enumerate("〇一二三四五六七八九")} | {"○": "0", "零": "0"}
_LOOSE = re.compile(r"[\s“”\"'‘’]+")
_STOPS = re.compile(r"[。；;！？]")
_MONEY = re.compile(r"(?<![\d.])\d[\d,]*\.\d{1,4}(?![\d.])")


def _tight(text: str) -> str:
    """The printed characters without white space and quotation marks; digits half-width, years in digits."""
    got = _LOOSE.sub("", text).translate(_DIGITS)
    if "年" in got:
        got = _CHINESE_YEAR.sub(lambda m: "".join(_CHINESE_DIGIT.get(char, char) for char in m[0]), got)
    return got


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    tight: str
    page: int | None
    line: int | None
    cell: bool = False


def _lines(reading: Reading) -> list[_Line]:
    out: list[_Line] = []
    for page in reading.pages:
        for block in page.blocks:
            if isinstance(block, TextLine):
                tight = _tight(block.text)
                if tight:
                    out.append(_Line(block.text.strip(), tight, block.page, block.line))
            else:
                out.extend(_cells(block))
    return out


def _cells(grid: Grid) -> Iterable[_Line]:
    for cell in grid.cells:
        tight = _tight(cell.text)
        if tight:
            yield _Line(cell.text.strip(), tight, grid.page, None, True)


def _cover(lines: Sequence[_Line]) -> list[_Line]:
    """The lines of the cover: what stands before the first sentence, at most ten lines of the first page."""
    out: list[_Line] = []
    for one in lines[:10]:
        if one.page != lines[0].page or one.cell:
            break
        if len(one.tight) > 70 or (_STOPS.search(one.tight) and not out):
            break
        if _STOPS.search(one.tight):
            break
        out.append(one)
    return out


# --- names ------------------------------------------------------------------------------------------------


def body_of(name: str) -> str:
    """The body in a printed name: NFKC, without white space, 本级, （本级）, 本部, （汇总） and the like.

    ``清远市政务服务数据管理局本级`` -> ``清远市政务服务数据管理局``; ``某局（汇总）`` -> ``某局``.
    """
    said = _words()
    got = squeeze(name)
    while True:
        cut = said.unit_suffix.sub("", said.whole.sub("", _without_level(got)))
        if cut == got or len(cut) < 2:
            return got
        got = cut


def _without_level(name: str) -> str:
    """清远市…局本级 -> 清远市…局; 市财政局局本级 -> 市财政局: a body keeps its own last character."""
    found = _words().own_level.search(name)
    if found is None:
        return name
    cut = name[: found.start()]
    if not _words().endings.search(cut):
        # 财政局本级: what the suffix took along (局) belongs to the body
        for take in range(1, found.end() - found.start()):
            longer = name[: found.start() + take]
            if _words().endings.search(longer):
                return longer
        return name
    return cut


def _is_unit(name: str) -> bool:
    said = _words()
    if not 4 <= len(name) <= 45 or said.not_a_unit.search(name) or said.placeholders.search(name + "局"):
        return False
    if name.count("（") + name.count("(") != name.count("）") + name.count(")"):
        return False
    core = re.sub(r"[（(][^（()）]*[)）]$", "", name)
    return bool(said.endings.search(core) or said.endings.search(name))


# --- identify ---------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Tally:
    """Weighed candidates for one thing, with the best printed place of each."""

    what: str
    weights: Counter[str] = field(default_factory=Counter)
    strong: Counter[str] = field(default_factory=Counter)
    seen: dict[str, tuple[float, Evidence]] = field(default_factory=dict)
    capped: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, value: str, line: _Line, weight: float, kind: str, cap: float) -> None:
        """Count one piece of evidence; all of one kind count at most ``cap``."""
        room = cap - self.capped[value, kind] / 100
        got = min(weight, room)
        if got > 0:
            self.capped[value, kind] += int(got * 100)
            self.weights[value] += int(got * 100)
            if kind in ("cover", "part", "header"):
                self.strong[value] += int(got * 100)
        if value not in self.seen or self.seen[value][0] < weight:
            self.seen[value] = weight, Evidence(self.what, value, line.text, line.page, line.line)

    def best(self) -> str | None:
        ranked = sorted(self.weights, key=lambda value: (-self.weights[value], value))
        return ranked[0] if ranked else None


@dataclass(slots=True)
class _Found:
    units: _Tally
    years: _Tally
    kinds: _Tally
    money: _Tally
    title: str | None = None
    own_level: _Line | None = None
    final: int = 0
    budget: int = 0
    final_tables: int = 0
    budget_tables: int = 0


def identify(reading: Reading, name: str = "") -> tuple[Identity, ...]:
    """The identity of each report in a document (today always one). ``name`` is the file name, weak evidence.

    Never raises for what a document may hold.
    """
    said = _words()
    lines = _lines(reading)
    if not lines:
        return (Identity("other", None, None, None, None, reason="no text to read"),)
    cover = _cover(lines)
    found = _Found(
        units=_Tally("unit_name"),
        years=_Tally("fiscal_year"),
        kinds=_Tally("scope"),
        money=_Tally("money_unit"),
    )
    chapters: set[int] = set()
    budget_chapters: set[int] = set()
    tables: set[str] = set()
    budget_tables: set[str] = set()
    figures = placeholders = 0
    covers = {id(one) for one in cover}
    _read_cover(cover, found)
    for one in lines:
        tight = one.tight
        money = len(_MONEY.findall(one.text)) if "." in one.text else 0
        figures += money
        if found.own_level is None and "本级" in tight and said.own_level_says.search(tight):
            found.own_level = one
        if said.placeholders.search(tight):
            placeholders += len(said.placeholders.findall(tight))
        if not money and len(tight) <= 70 and not _STOPS.search(tight.rstrip("。；")):
            _read_title(one, found, id(one) in covers)
            bare_title = said.not_budget.sub("", tight)
            if "决算" in tight and said.table.search(tight):
                tables.add(tight)
            elif "预算" in bare_title and said.table.search(tight):
                budget_tables.add(tight)
            if prose.mark_of(tight)[0] or len(tight) <= 40:
                if said.any_chapter.search(tight):
                    chapters.update(_which(said.chapters, tight))
                if said.any_chapter.search(bare_title):
                    budget_chapters.update(_which(said.budget_chapters, bare_title))
        elif not one.cell:
            _read_sentence(one, found)
            chapters.update(_glued_chapters(one))
    _read_name(name, found)
    found.final_tables, found.budget_tables = len(tables), len(budget_tables)
    found.final += 2 * len(tables) + len(chapters)
    found.budget += 2 * len(budget_tables) + 2 * len(budget_chapters)
    return (_conclude(found, cover, len(chapters), figures, placeholders),)


def _which(patterns: Sequence[re.Pattern[str]], text: str) -> set[int]:
    """The numbers of the patterns that a text has."""
    return {n for n, one in enumerate(patterns) if one.search(text)}


def _glued_chapters(one: _Line) -> set[int]:
    """Headings inside one long line: a web page that lost its lines."""
    out: set[int] = set()
    if len(one.tight) < 300:
        return out
    for n, search in enumerate(_words().chapters):
        for found in search.finditer(one.tight):
            if re.search(r"[一二三四五六七八九十]、[^。；]{0,30}$", one.tight[: found.start()]):
                out.add(n)
                break
    return out


def _read_cover(cover: Sequence[_Line], found: _Found) -> None:
    """The title on the cover, on one line or wrapped over several: name, then year and kind of report."""
    for many in (1, 2, 3):
        for at in range(len(cover)):
            some = cover[at : at + many]
            if len(some) == many and any("决算" in one.tight or "预算" in one.tight for one in some):
                joined = "".join(one.tight for one in some)
                whole = _Line("".join(one.text for one in some), joined, some[0].page, some[0].line)
                if len(joined) <= 80 and _title(whole, found, 5, "cover"):
                    found.title = found.title or whole.text
                    return


def _read_title(one: _Line, found: _Found, on_cover: bool) -> None:
    said = _words()
    tight = one.tight
    if ":" in tight or "：" in tight:  # every label ends in a colon, most lines have none
        for label in said.money_units:
            if got := label.search(tight):
                found.money.add(got["unit"], one, 1, "header", 3)
        for label in said.unit_labels:
            for got in label.finditer(tight):
                if _is_unit(got["unit"]):
                    found.units.add(got["unit"], one, 2, "header", 6)
    level = prose.mark_of(one.text)[0]
    for overview in said.overviews:
        if level == 1 and (got := overview.match(said.before_title.sub("", tight))) and _is_unit(got["unit"]):
            found.units.add(got["unit"], one, 3, "part", 6)
    if "决算" not in tight and "预算" not in tight:
        for year_line in said.year_lines:
            if (got := year_line.match(tight)) and not said.no_year.search(tight):
                # on the cover it is the year of the report; above a table or in its head, most likely so
                found.years.add(got["year"], one, *((3, "cover", 5) if on_cover else (0.5, "table", 1)))
        if level == 1 and on_cover and _is_unit(part := said.before_title.sub("", tight)):
            found.units.add(part, one, 2, "part", 6)
        elif on_cover and not level and _is_unit(tight):
            found.units.add(tight, one, 2, "cover", 7)
        return
    kind = "cover" if on_cover else "part" if level == 1 else "heading"
    weight = 5 if on_cover else 3 if level == 1 else 1
    if _title(one, found, weight, kind) and found.title is None and (on_cover or level == 1):
        found.title = one.text


def _title(one: _Line, found: _Found, weight: float, kind: str) -> bool:
    """Read name, year and kind of report from a title line. True when it named a body."""
    said = _words()
    tight = one.tight
    while (cut := said.before_title.sub("", tight, count=1)) != tight:
        tight = cut
    word = "决算" if "决算" in tight else "预算" if "预算" in said.not_budget.sub("", tight) else ""
    if word == "决算":
        found.final += int(weight) * 2
    elif word:
        found.budget += int(weight) * 2
    named = False
    for title in said.titles:
        got = title.match(tight)
        if got is None or not _is_unit(got["unit"]):
            continue
        found.units.add(got["unit"], one, weight, kind, 7 if kind == "cover" else 6)
        groups = got.groupdict()
        if groups.get("kind"):
            found.kinds.add(groups["kind"], one, weight, kind, 9)
        named = True
        break
    if not said.no_year.search(tight):
        for title in said.year_titles:
            if got := title.search(tight):
                found.years.add(got["year"], one, weight, kind, 8)
                if got["kind"]:
                    found.kinds.add(got["kind"], one, weight, kind, 9)
                break
    if "汇总" in tight and kind in ("cover", "part"):
        found.kinds.add("汇总", one, weight, kind, 9)
    return named


def _read_sentence(one: _Line, found: _Found) -> None:
    said = _words()
    for sentence in said.unit_sentences:
        if got := sentence.match(one.tight):
            if _is_unit(got["unit"]):
                found.units.add(got["unit"], one, 1, "text", 2)
            found.years.add(got["year"], one, 1, "text", 3)
    for end in said.year_ends:
        if got := end.search(one.tight):
            found.years.add(got["year"], one, 1, "text", 3)


def _read_name(name: str, found: _Found) -> None:
    stem = Path(name).stem
    if stem:
        one = _Line(name, _tight(stem), None, None)
        for title in _words().titles:
            if (got := title.match(one.tight)) and _is_unit(got["unit"]):
                found.units.add(got["unit"], one, 0.5, "name", 0.5)
                break
        for title in _words().year_titles:
            if got := title.search(one.tight):
                found.years.add(got["year"], one, 0.5, "name", 0.5)
                break


def _conclude(found: _Found, cover: Sequence[_Line], chapters: int, figures: int, placeholders: int) -> Identity:
    doubts: list[str] = []
    evidence: list[Evidence] = []
    first = [one.tight for one in cover[:6]]
    family, reason = _family(found, first, chapters, figures, placeholders)
    unit = _unit(found, doubts)
    if unit is not None:
        evidence.append(found.units.seen[unit][1])
    year = found.years.best()
    if year is not None:
        evidence.append(found.years.seen[year][1])
        rivals = [
            value
            for value, weight in found.years.strong.items()
            if value != year and weight * 2 > found.years.strong[year]
        ]
        if rivals:
            other = found.years.seen[rivals[0]][1]
            doubts.append(f"the titles contradict each other on the fiscal year: {year}, but {other}")
    money = found.money.best()
    scope, why = _scope(found, unit)
    if why is not None:
        evidence.append(why)
    if family == "template":
        unit, doubts = None, []
    elif family == "final_accounts":
        if unit is None:
            doubts.append("the document does not say whose report it is")
        if year is None:
            doubts.append("the document does not say of which fiscal year it is")
        if scope is None:
            doubts.append("the document does not say whether it is of a department or of a single unit")
        if chapters < 2 and found.final_tables < 2:
            doubts.append("only the title of final accounts is here: no tables, no chapters")
        elif not figures:
            doubts.append("final accounts without a single figure")
    else:
        doubts = []
    if family == "other":
        scope = None
    return Identity(
        family=family,
        unit_name=unit,
        body_name=body_of(unit) if unit else None,
        fiscal_year=int(year) if year else None,
        scope=scope,
        title=found.title or next((one.text for one in cover if re.search("决算|预算", one.tight)), None),
        money_unit=money if money in ("元", "千元", "万元", "亿元") else None,  # type: ignore[arg-type]
        reason=reason,
        evidence=tuple(evidence),
        doubts=tuple(doubts),
    )


def _family(
    found: _Found, first: Sequence[str], chapters: int, figures: int, placeholders: int
) -> tuple[Family, str | None]:
    """The family by the weight of words in titles, and why where it is not final accounts."""
    said = _words()
    for tight in (*first, "".join(first[:3])):
        if said.approval.search(tight):
            return "approval", f"an approval of accounts or budget: {tight}"
    if found.final + found.budget < 4:
        return "other", "neither final accounts nor a budget: no title, table or chapter of one"
    if found.budget > found.final:
        return "budget", f"a budget: {found.title or 'its titles say 预算'}"
    if placeholders and figures <= max(3, placeholders // 4):
        return "template", f"a blank form: {placeholders} placeholders, {figures} figures"
    departmental = found.kinds.weights or chapters >= 3
    sections = chapters >= 2 or found.final_tables >= 2
    if any(said.not_departmental.search(tight) for tight in first) and not departmental:
        return "other", "accounts of a whole government, a fund or a building project, not of a department"
    if not sections and found.title is None:
        return "other", "speaks of final accounts, but has neither their title, tables nor chapters"
    return "final_accounts", None


def _unit(found: _Found, doubts: list[str]) -> str | None:
    """The printed name that weighs most; a second body with strong evidence is a doubt."""
    best = found.units.best()
    if best is None:
        return None
    body = body_of(best)
    strong = found.units.strong
    for value, weight in strong.most_common():
        other = body_of(value)
        if not _akin(body, other) and weight * 2 > strong[best]:
            place = found.units.seen[value][1]
            doubts.append(f"two bodies are named: {best}, and {place}")
            break
    return best


def _akin(one: str, other: str) -> bool:
    """Whether two names can be one body, the shorter an abbreviation: its characters stand in the longer in order.

    The division in front of the shorter may be another level of the same place (迪庆州维西县… of 维西…自治县…).
    """
    short, long = sorted((one, other), key=len)
    for start in range(min(4, max(len(short) - 4, 1))):
        rest = iter(long)
        if all(char in rest for char in short[start:]):
            return True
    return False


def _scope(found: _Found, unit: str | None) -> tuple[Scope | None, Evidence | None]:
    """department, own_level or unit, by the name and by the kind that the titles print."""
    said = _words()
    if unit is not None:
        seen = found.units.seen[unit][1]
        name = squeeze(unit)
        if said.whole.search(name):
            return "department", seen
        if _without_level(name) != name:
            return "own_level", Evidence("scope", "own_level", seen.text, seen.page, seen.line)
    kind = found.kinds.best()
    if kind is None:
        return None, None
    where = found.kinds.seen[kind][1]
    scope: Scope
    if "汇总" in kind or kind == "部门":
        scope = "department"
    elif "本级" in kind:
        scope = "own_level"
    elif kind == "单位" and unit and found.own_level and said.supervising.search(body_of(unit)):
        scope, where = (
            "own_level",
            Evidence("scope", "own_level", found.own_level.text, found.own_level.page, found.own_level.line),
        )
    elif kind == "单位":
        scope = "unit"
    else:
        return None, None  # 部门（单位）决算 says both
    return scope, Evidence("scope", scope, where.text, where.page, where.line)


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
        raise FormDefinitionError(f"{_FILE}: divisions: {type(error).__name__} {error}") from error
    return (
        pattern(f"^(?:{before})", f"{_FILE}: divisions.before"),
        pattern(f"^(?P<stem>.{{2,6}}?)(?:市|区|县)?(?:{zones})+", f"{_FILE}: divisions.zones"),
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
