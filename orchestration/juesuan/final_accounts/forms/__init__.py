"""Tables as data: titles, columns, lines, and the years they hold for.

Belongs here: loading and checking ``forms/*.yml`` and giving them typed shape. Does not belong here: any table's
layout in code, or the recognition that uses them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from juesuan.final_accounts.model import FormDefinitionError
from juesuan.final_accounts.text import bare, label

FOLDER = Path(__file__).parent

Kind = Literal["coded", "paired", "economic", "single", "open"]


def load_yaml(name: str) -> Any:
    """Read one file of form data. Raises :class:`FormDefinitionError` naming file and place."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load((FOLDER / name).read_text(encoding="utf-8"), Loader=loader)
    except yaml.YAMLError as error:
        raise FormDefinitionError(f"forms/{name} is not YAML: {error}") from error


@dataclass(frozen=True, slots=True)
class Words:
    """Header words compared whole; entries within slashes are patterns."""

    plain: frozenset[str]
    patterns: tuple[re.Pattern[str], ...] = ()

    def __contains__(self, word: str) -> bool:
        return word in self.plain or any(p.fullmatch(word) for p in self.patterns)

    @classmethod
    def of(cls, entries: list[str]) -> Words:
        return cls(
            frozenset(bare(e) for e in entries if not e.startswith("/")),
            tuple(re.compile(e.strip("/")) for e in entries if e.startswith("/")),
        )


NO_WORDS = Words(frozenset())


@dataclass(frozen=True, slots=True)
class Column:
    """One figure column. It is known by its own words, or by a word under a group (``or_under``, one or several)."""

    key: str
    words: Words
    group: Words = NO_WORDS
    group_words: Words = NO_WORDS
    under_not: Words = NO_WORDS
    more_groups: tuple[tuple[Words, Words], ...] = ()
    beside: str | None = None  # the column without which it is not printed

    @property
    def groups(self) -> tuple[tuple[Words, Words], ...]:
        """Each group with the words under it that name the column."""
        return ((self.group, self.group_words), *self.more_groups)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a paired table, the same across years: its key, labels and the lines under it."""

    key: str
    labels: frozenset[str]
    children: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a paired table: income or expenditure."""

    name: str
    columns: tuple[Column, ...]
    lines: Mapping[str, Line]
    labels: frozenset[str]  # of its lines and of the lines under them
    again: tuple[Column, ...] = ()  # the columns of a second block of this side, which divides the same total otherwise

    def child(self, parent: str, name: str) -> str | None:
        """The key of the line ``name`` under the line ``parent``; None if the form has none there."""
        line = self.lines.get(parent)
        return next((c.key for c in line.children if name in c.labels), None) if line else None


@dataclass(frozen=True, slots=True)
class Form:
    """One table of the form."""

    key: str
    name: str
    chinese: str
    kind: Kind
    titles: tuple[str, ...]
    first_year: int | None
    last_year: int | None
    columns: tuple[Column, ...] = ()
    sides: tuple[Side, ...] = ()
    lines: Mapping[str, Line] | None = None
    facets: Mapping[str, Mapping[str, Words]] | None = None
    row: str | None = None
    decimals: int | None = 2
    patterns: tuple[re.Pattern[str], ...] = ()
    local: bool = False  # printed in some places only: no report owes it
    header_words: frozenset[str] = frozenset()  # of an open table: words of its columns, which may be wrapped
    header_groups: frozenset[str] = frozenset()  # those among them that stand over others
    heading_item: str | None = None  # the item whose word also heads a list of items
    budget_stages: Mapping[str, Words] | None = None  # the words that tell one budget from another
    renamed: Mapping[str, str] | None = None  # columns of two facets that have a key of their own

    def column_of(self, item: str, stage: str) -> str:
        """The key of the column of two facets: what was spent on, and at which stage."""
        key = f"{item}_{stage}"
        return (self.renamed or {}).get(key, key)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The figure columns, of either side."""
        return (*self.columns, *(c for s in self.sides for c in (*s.columns, *s.again)))

    def owed_in(self, year: int | None) -> bool:
        """Whether a report of that fiscal year owes this table; an unknown year owes what every year does."""
        if self.local:
            return False
        if year is None:
            return self.first_year is None and self.last_year is None
        return (self.first_year or year) <= year <= (self.last_year or year)


@dataclass(frozen=True, slots=True)
class Furniture:
    """Words and patterns around the figures of any table."""

    group: Words
    code: Words
    name: Words
    line: Words
    column_number: Words
    totals: frozenset[str]
    title: re.Pattern[str]
    title_prefix: re.Pattern[str]
    title_suffix: re.Pattern[str]
    printed_number: re.Pattern[str]
    money_unit: re.Pattern[str]
    note: re.Pattern[str]
    no_activity: re.Pattern[str]
    withheld: re.Pattern[str]
    page: re.Pattern[str]
    counted: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Forms:
    """All tables, and what is common to them."""

    tables: Mapping[str, Form]
    furniture: Furniture
    titles: Mapping[str, str]
    classes: Mapping[str, str]


def _column(entry: Mapping[str, Any]) -> Column:
    given = entry.get("or_under") or {}
    under, *more = given if isinstance(given, list) else [given]
    return Column(
        key=entry["key"],
        words=Words.of(entry.get("words") or []),
        group=Words.of(under.get("group") or []),
        group_words=Words.of(under.get("words") or []),
        under_not=Words.of(entry.get("under_not") or []),
        more_groups=tuple((Words.of(one["group"]), Words.of(one["words"])) for one in more),
        beside=entry.get("beside"),
    )


def _line(entry: Mapping[str, Any]) -> Line:
    return Line(
        entry["key"],
        frozenset(label(x) for x in entry["labels"]),
        tuple(_line(child) for child in entry.get("children") or ()),
    )


def _lines(entries: list[Mapping[str, Any]], where: str) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for entry in entries:
        line = _line(entry)
        for text in line.labels:
            if text in found:
                raise FormDefinitionError(f"forms/tables.yml: {where}: the label {text} stands in two lines")
            found[text] = line
    return found


def _form(key: str, entry: Mapping[str, Any], classes: Mapping[str, str]) -> Form:
    sides = []
    for side, given in (entry.get("sides") or {}).items():
        lines = _lines(given["lines"], f"{key}.{side}")
        if given.get("classes"):
            for name, code in classes.items():
                lines.setdefault(name, Line(f"expenditure.class.{code}", frozenset({name})))
        below = {text for line in lines.values() for child in line.children for text in child.labels}
        columns = tuple(_column(c) for c in given["columns"])
        again = tuple(_column(c) for c in given.get("again") or ())
        sides.append(Side(side, columns, lines, frozenset(lines) | below, again))
    first, last = entry["years"]
    return Form(
        key=key,
        name=entry["name"],
        chinese=entry["chinese"],
        kind=entry["kind"],
        titles=tuple(bare(t) for t in entry["titles"]),
        first_year=first,
        last_year=last,
        columns=tuple(_column(c) for c in entry.get("columns") or ()),
        sides=tuple(sides),
        lines=_lines(entry["lines"], key) if "lines" in entry else None,
        facets={
            facet: {name: Words.of(words) for name, words in values.items()}
            for facet, values in (entry.get("facets") or {}).items()
        }
        or None,
        row=entry.get("row"),
        decimals=entry.get("decimals", 2),
        patterns=tuple(re.compile(p) for p in entry.get("title_patterns") or ()),
        local=bool(entry.get("local")),
        header_words=frozenset(
            bare(w) for w in (*(entry.get("header_words") or ()), *(entry.get("header_groups") or ()))
        ),
        header_groups=frozenset(bare(word) for word in entry.get("header_groups") or ()),
        heading_item=entry.get("heading_item"),
        budget_stages={stage: Words.of(words) for stage, words in (entry.get("budget_stage") or {}).items()} or None,
        renamed=entry.get("renamed"),
    )


@cache
def load_forms() -> Forms:
    """All form definitions, read once a process. Raises :class:`FormDefinitionError`."""
    data = load_yaml("tables.yml")
    given = data["furniture"]
    classes = {label(n): code for code, names in data["functional_classes"].items() for n in names}
    tables = {key: _form(key, entry, classes) for key, entry in data["tables"].items()}
    titles: dict[str, str] = {}
    for form in tables.values():
        for title in form.titles:
            if titles.setdefault(title, form.key) != form.key:
                raise FormDefinitionError(f"forms/tables.yml: the title {title} stands under two tables")
    furniture = Furniture(
        group=Words.of(given["group_words"]),
        code=Words.of(given["code_words"]),
        name=Words.of(given["name_words"]),
        line=Words.of(given["line_words"]),
        column_number=Words.of(given["column_number_words"]),
        totals=frozenset(given["total_labels"]),
        title=re.compile("|".join(re.escape(t) for t in sorted(titles, key=len, reverse=True))),
        title_prefix=re.compile(given["title_prefix"]),
        title_suffix=re.compile(given["title_suffix"]),
        printed_number=re.compile(given["printed_number"]),
        money_unit=re.compile(given["money_unit"]),
        note=re.compile(rf"(?:{'|'.join(given['note_heads'])})[:：\d一1(]"),
        no_activity=re.compile(given["no_activity"]),
        withheld=re.compile(given["withheld"]),
        page=re.compile(given["page_furniture"]),
        counted=re.compile(given["counted"]),
    )
    return Forms(tables, furniture, titles, classes)


def title_of(text: str, unit_name: str | None = None) -> str | None:
    """The table key whose title this line is; None if it is none.

    The line may carry a table number, the year, 部门 or 单位, the unit's own name and （汇总） around the title;
    with anything else before it, it is the title of another table (政府采购支出决算表 is not 支出决算表).
    """
    found = titled(text, unit_name)
    return found[0] if found else None


@lru_cache(maxsize=4096)
def titled(text: str, unit_name: str | None = None) -> tuple[str, Literal["title", "title_pattern"]] | None:
    """The same with how the title is known: it stands in the form data, or follows the pattern of a form there.

    One that only follows a pattern gives way to every title that stands in the form data.
    """
    forms = load_forms()
    whole = bare(text)
    if len(whole) > 80 or ("表" not in whole and "明细" not in whole):
        return None
    cut = re.sub(rf"(?:{forms.furniture.title_suffix.pattern})+$", "", whole)
    for got in dict.fromkeys((whole, cut)):
        for start in range(len(got)):
            key = forms.titles.get(got[start:])
            if key is not None:
                if not _around(got[:start], unit_name):
                    return key, "title"
                break
    for form in forms.tables.values():
        for pattern in form.patterns:
            found = pattern.search(cut)
            if found and found.end() == len(cut) and not _around(cut[: found.start()], unit_name):
                return form.key, "title_pattern"
    return None


def _around(rest: str, unit_name: str | None) -> str:
    """What stands in front of a title and is none of what may stand there."""
    forms = load_forms()
    if unit_name:
        rest = rest.replace(bare(unit_name), "")
    rest = re.sub(r"20\d\d年?度?", "", rest)
    rest = re.sub(rf"^(?:{forms.furniture.title_prefix.pattern})+", "", rest)
    return re.sub(r"部门|单位|本级|汇总|\(\)|[:：]", "", rest)
