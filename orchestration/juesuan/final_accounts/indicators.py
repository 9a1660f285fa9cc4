"""Performance indicators: name, target, actual, completion and score, from prose and from self-evaluation tables.

Belongs here: what counts as an indicator and which figures of a sentence are its target and its actual. Does not
belong here: the money that projects received and spent (``statements``), chapters (``chapters``). The words are
data: ``forms/indicators.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from juesuan.final_accounts import prose
from juesuan.final_accounts.chapters import Section
from juesuan.final_accounts.model import FormDefinitionError, Grid, Indicator
from juesuan.final_accounts.numbers import FIGURE
from juesuan.final_accounts.prose import Paragraph, Sentence, pattern
from juesuan.final_accounts.text import bare

_FILE = "forms/indicators.yml"


class Claim(NamedTuple):
    """A number of the text that is part of an indicator: ``paragraph`` is its ``number``, offsets in its text."""

    paragraph: int
    start: int
    end: int


# --- the words ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Words:
    sections: tuple[str, ...]
    group: re.Pattern[str]
    projects: tuple[re.Pattern[str], ...]
    name_suffix: re.Pattern[str]
    longest_name: int
    operators: dict[str, str]
    behind: tuple[tuple[str, re.Pattern[str]], ...]
    target: tuple[re.Pattern[str], ...]
    actual: tuple[re.Pattern[str], ...]
    completion: tuple[re.Pattern[str], ...]
    rate: tuple[re.Pattern[str], ...]
    name_before: re.Pattern[str]
    kind: re.Pattern[str]
    group_suffix: re.Pattern[str]
    target_words: tuple[re.Pattern[str], ...]
    actual_words: tuple[re.Pattern[str], ...]
    value: re.Pattern[str]
    table: dict[str, re.Pattern[str]]


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = prose.words("indicators")
    try:
        operators = {word: sign for sign, listed in data["operators"].items() for word in listed}
        signs = "|".join(re.escape(word) for word in sorted(operators, key=len, reverse=True))
        units = "|".join(sorted(data["units"], key=len, reverse=True))
        behind = data["operators_behind"]
        parts = {
            "{op}": f"(?P<op>{signs})",
            "{num}": f"(?P<num>{FIGURE})(?![.\\d])",
            "{unit}": f"(?P<unit>(?:{units})(?:{data['per']})?)",
            "{gap}": r"[^，。；,;！？\d]{0,16}?",
            "{behind}": f"(?P<behind>{'|'.join(one for listed in behind.values() for one in listed)})",
        }

        def each(name: str) -> tuple[re.Pattern[str], ...]:
            out = []
            for text in data[name]:
                for mark, part in parts.items():
                    text = text.replace(mark, part)
                out.append(pattern(text, f"{_FILE}: {name}"))
            return tuple(out)

        return _Words(
            sections=tuple(data["sections"]),
            group=pattern(data["groups"], f"{_FILE}: groups"),
            projects=tuple(pattern(one, f"{_FILE}: projects") for one in data["projects"]),
            name_suffix=pattern(data["name_suffix"], f"{_FILE}: name_suffix"),
            longest_name=int(data["longest_name"]),
            operators=operators,
            behind=tuple((sign, pattern(listed, f"{_FILE}: operators_behind")) for sign, listed in behind.items()),
            target=each("target"),
            actual=each("actual"),
            completion=each("completion"),
            rate=each("rate"),
            name_before=pattern(data["name_before"], f"{_FILE}: name_before"),
            kind=pattern(data["kinds"], f"{_FILE}: kinds"),
            group_suffix=pattern(data["group_suffix"], f"{_FILE}: group_suffix"),
            target_words=each("target_words"),
            actual_words=each("actual_words"),
            value=pattern(
                f"^{parts['{op}']}?\\s*{parts['{num}']}\\s*(?P<unit>[^\\d\\s，。；,;以及]{{0,6}}?)\\s*{parts['{behind}']}?$",
                f"{_FILE}: operators",
            ),
            table={name: pattern(listed, f"{_FILE}: table.{name}") for name, listed in data["table"].items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise FormDefinitionError(f"{_FILE}: {type(error).__name__} {error}") from error


# --- prose ----------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Item:
    """One numbered item of a group while it is read: its name and the paragraphs that tell of it."""

    name: str
    kind: str | None = None
    paragraphs: list[Paragraph] = field(default_factory=list)


@dataclass(slots=True)
class _State:
    """What is in force: the project, and the group with the rank of its heading.

    Ranks of numbering nest in any order (（1） above 1.), so a mark below a group is one whose rank was not in use
    above it (``above`` holds those that were), or one that counts on from the items of the group (``count``).
    """

    project: str | None = None
    group: str | None = None
    level: int = 0
    above: set[int] = field(default_factory=set)
    count: int = 0

    def open(self, group: str, level: int) -> None:
        self.close(level)
        self.group, self.level, self.count = _words().group_suffix.sub("", group), level, 0

    def close(self, level: int) -> None:
        """End the group; a mark of this rank stands above what comes."""
        if level <= 3:
            self.above.clear()
        self.above.add(level)
        self.group = None

    def holds(self, level: int, mark: str) -> bool:
        """Whether a mark of this rank stands below the group in force; an item below it is counted."""
        digits = re.sub(r"\D", "", mark)
        counts_on = digits.isascii() and digits == str(self.count + 1)
        if self.group is None or level <= 3 or (level in self.above and not counts_on):
            return False
        self.count += 1
        return True


def read_indicators(sections: Sequence[Section]) -> tuple[tuple[Indicator, ...], frozenset[Claim]]:
    """The indicators of a report in the order in which they stand, and the numbers of the text that they use.

    ``target`` and ``actual`` are the figures as printed, without operator and without ``unit`` where both have the
    same unit; words where no figure is printed. ``target_operator`` is one of ``≥`` ``≤`` ``>`` ``<`` ``=`` or
    None; ``completion_pct`` and ``score`` are figures as printed.
    """
    said = _words()
    out: list[Indicator] = []
    claims: set[Claim] = set()
    state = _State()
    header: _Header | None = None
    for section in sections:
        wanted = section.key.startswith(said.sections)
        if wanted:
            for indicator, used in _from_prose(section, state):
                out.append(indicator)
                claims.update(used)
        else:
            state = _State()
        for grid in section.grids:
            header, found = _from_grid(grid, header, wanted)
            out.extend(found)
    return tuple(out), frozenset(claims)


def _from_prose(section: Section, state: _State) -> Iterator[tuple[Indicator, set[Claim]]]:
    said = _words()
    mark = prose.mark_of(section.heading)[1]
    title = section.heading[len(mark) :].strip().rstrip("。：:")
    under = state.holds(section.level, mark)
    item: _Item | None = None
    if said.group.search(bare(title)):
        state.open(title, section.level)
    elif under and title:
        item = _Item(title)  # an item whose name stands on a line of its own
    elif section.heading:
        state.close(section.level)
        state.project = _project(title) or state.project
    for paragraph in section.paragraphs:
        body = paragraph.body
        if paragraph.mark and (project := _project(body)):
            yield from _finish(item, state)
            item, state.project = None, project
            state.close(paragraph.level)
        elif not (paragraph.mark and state.group):
            for sentence in prose.sentences(paragraph):
                state.project = _project(sentence.text) or state.project
        if said.group.search(bare(body).rstrip("。：:")) and len(body) <= 20:
            yield from _finish(item, state)
            item = None
            state.open(body.rstrip("。：:"), paragraph.level or section.level)
            continue
        if paragraph.mark and state.group is not None and not state.holds(paragraph.level, paragraph.mark):
            yield from _finish(item, state)
            item = None
            state.close(paragraph.level)
        if state.group is None:
            yield from _from_sentences(paragraph, state)
            continue
        if paragraph.mark:
            yield from _finish(item, state)
            kind = said.kind.match(body)
            rest = body[kind.end() :] if kind else body
            item = _Item(_item_name(rest), kind["kind"] if kind else None, [paragraph])
        elif item is not None:
            item.paragraphs.append(paragraph)
        else:
            yield from _from_sentences(paragraph, state)
    yield from _finish(item, state)


def _project(text: str) -> str | None:
    """The project that a heading or sentence names: 某某项目绩效自评综述."""
    for search in _words().projects:
        if found := search.search(text):
            project: str = found["project"].strip()
            whole = re.fullmatch(r"[“\"《]([^“”\"《》]+)[”\"》]", project)
            return whole[1] if whole else project
    return None


def _item_name(body: str) -> str:
    """The name in front of an item: up to the first full stop or colon; '' where a whole sentence stands there."""
    head = re.split(r"[。：:，,；;]", body, maxsplit=1)[0].strip()
    return head if len(head) <= _words().longest_name else ""


def _name(text: str) -> str:
    """A name as printed, without (的)完成情况 behind it."""
    got = text.strip().strip('“”"')
    cut = _words().name_suffix.sub("", got)
    return cut if len(cut) >= 2 else got


class _Hit(NamedTuple):
    """A figure that a pattern found in a paragraph."""

    paragraph: Paragraph
    found: re.Match[str]


def _finish(item: _Item | None, state: _State) -> Iterator[tuple[Indicator, set[Claim]]]:
    """The indicator of a numbered item."""
    if item is None or not item.paragraphs:
        return
    said = _words()
    target = _search(item.paragraphs, said.target, ())
    completion = _search(item.paragraphs, said.completion, (target,))
    actual = _search(item.paragraphs, said.actual, (target, completion))
    if actual is None and completion is None:
        actual = _search(item.paragraphs, said.rate, (target,))
    name = item.name
    first = item.paragraphs[0]
    start = len(first.mark)
    if target is not None and (before := said.name_before.search(target.paragraph.text)) and not _plain(name, target):
        name = before["name"]
    if not name:
        if target is None and actual is None and completion is None:
            return
        name = first.text[start : start + said.longest_name]
    yield _indicator(_name(name), _grouped(state, item.kind), first, target, actual, completion)


def _grouped(state: _State, kind: str | None) -> _State:
    """The state with the kind of indicator that stands in front of a name below the group in force."""
    if kind is None:
        return state
    group = kind if state.group in (None, kind) else f"{state.group}/{kind}"
    return _State(state.project, group)


def _plain(name: str, target: _Hit) -> bool:
    """The item is named apart from its text, not by the clause that holds the target."""
    return bool(name) and not re.search(r"目标值|指标值|计划值|预期值", name)


def _from_sentences(paragraph: Paragraph, state: _State) -> Iterator[tuple[Indicator, set[Claim]]]:
    """Indicators in running text: a sentence with both a target and an actual, named in front of the target."""
    said = _words()
    if not any(word in paragraph.text for word in ("目标值", "指标值", "计划值", "预期值")):
        return
    for sentence in prose.sentences(paragraph):
        piece = _part(paragraph, sentence)
        target = _search([piece], said.target[:1], ())
        if target is None:
            continue
        completion = _search([piece], said.completion, (target,))
        actual = _search([piece], said.actual, (target, completion))
        name = said.name_before.search(sentence.text)
        if name is None or (actual is None and completion is None):
            continue
        kind = next((found for part in re.split("[。；]", sentence.text) if (found := said.kind.search(part))), None)
        under = _grouped(state, kind["kind"] if kind else None)
        indicator, used = _indicator(_name(name["name"]), under, piece, target, actual, completion)
        shifted = {Claim(one.paragraph, one.start + sentence.start, one.end + sentence.start) for one in used}
        yield indicator, shifted


def _part(paragraph: Paragraph, sentence: Sentence) -> Paragraph:
    page, line = sentence.place()
    return Paragraph(sentence.text, ((0, page, line),), paragraph.section, paragraph.heading, paragraph.number)


def _search(
    paragraphs: Sequence[Paragraph], patterns: Sequence[re.Pattern[str]], taken: Iterable[_Hit | None]
) -> _Hit | None:
    """The first match of the first pattern that matches anywhere, outside the figures taken already."""
    used = [(hit.paragraph.number, *hit.found.span("num")) for hit in taken if hit is not None]
    for one in patterns:
        for paragraph in paragraphs:
            for found in one.finditer(paragraph.text, len(paragraph.mark)):
                start, end = found.span("num")
                if not any(number == paragraph.number and start < b and a < end for number, a, b in used):
                    return _Hit(paragraph, found)
    return None


def _indicator(
    name: str,
    state: _State,
    first: Paragraph,
    target: _Hit | None,
    actual: _Hit | None,
    completion: _Hit | None,
) -> tuple[Indicator, set[Claim]]:
    hits = [hit for hit in (target, actual, completion) if hit is not None]
    claims = {Claim(hit.paragraph.number, *hit.found.span("num")) for hit in hits}
    target_unit, actual_unit = _unit(target), _unit(actual)
    unit = actual_unit or target_unit
    quote, page, line = _quote(first, hits)
    return (
        Indicator(
            name=name,
            target=_figure(target, unit) or _said(first, _words().target_words),
            actual=_figure(actual, unit) or _said(first, _words().actual_words),
            quote=quote,
            project=state.project,
            group=state.group,
            target_operator=_operator(target.found) if target else None,
            unit=unit,
            completion_pct=completion.found["num"] if completion else None,
            page=page,
            line=line,
        ),
        claims,
    )


def _said(paragraph: Paragraph, patterns: Sequence[re.Pattern[str]]) -> str | None:
    """Words in place of a figure: 有所改善."""
    found = next((found for one in patterns if (found := one.search(paragraph.text))), None)
    return found["words"].strip() if found else None


def _group(found: re.Match[str], name: str) -> str | None:
    return found.groupdict().get(name)


def _unit(hit: _Hit | None) -> str | None:
    if hit is None:
        return None
    if "unit" not in hit.found.re.groupindex:
        return "%"  # a rate: its pattern ends in the sign
    got = _group(hit.found, "unit")
    return got.replace("％", "%") if got else None


def _figure(hit: _Hit | None, unit: str | None) -> str | None:
    """The figure as printed; with its own unit behind it where the indicator's is another."""
    if hit is None:
        return None
    own = _unit(hit)
    figure: str = hit.found["num"]
    return f"{figure}{own}" if own and own != unit else figure


def _operator(found: re.Match[str]) -> str | None:
    said = _words()
    sign = _group(found, "op")
    if sign:
        return said.operators[sign]
    behind = _group(found, "behind")
    if behind:
        return next((one for one, search in said.behind if search.fullmatch(behind)), None)
    return None


def _quote(first: Paragraph, hits: Sequence[_Hit]) -> tuple[str, int | None, int | None]:
    """The sentences from the first figure to the last, and the place of the first figure."""
    if not hits:
        page, line = first.place(0)
        return prose.sentences(first)[0].text, page, line
    home = hits[0].paragraph
    spots = sorted(hit.found.start("num") for hit in hits if hit.paragraph.number == home.number)
    cover = [
        sentence
        for sentence in prose.sentences(home)
        if sentence.start + len(sentence.text) > spots[0] and sentence.start <= spots[-1]
    ]
    start, end = cover[0].start, cover[-1].start + len(cover[-1].text)
    return home.text[start:end], *home.place(spots[0])


# --- self-evaluation tables -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Header:
    """Which column of a table holds what; it holds for the pages that the table goes on to."""

    columns: int
    name: int
    target: int
    actual: int | None
    score: int | None
    completion: int | None
    groups: tuple[int, ...]
    project: str | None


def _dense(grid: Grid) -> list[list[str]]:
    """The texts of a grid, merged cells repeated, without white space inside."""
    rows = [[""] * grid.n_cols for _ in range(grid.n_rows)]
    for cell in grid.cells:
        text = re.sub(r"\s+", "", cell.text)
        for row in range(cell.row, min(cell.row + cell.row_span, grid.n_rows)):
            for col in range(cell.col, min(cell.col + cell.col_span, grid.n_cols)):
                rows[row][col] = text
    return rows


def _from_grid(grid: Grid, before: _Header | None, wanted: bool) -> tuple[_Header | None, list[Indicator]]:
    """The indicators of a self-evaluation table, and its header for the next page; another table ends it."""
    said = _words().table
    rows = _dense(grid)
    header = before if before is not None and before.columns == grid.n_cols and wanted else None
    project = header.project if header else None
    out: list[Indicator] = []
    for row in rows:
        found = _header(row, project)
        if found is not None:
            header = found
            continue
        for col, text in enumerate(row):
            if said["project"].search(bare(text)):
                project = next((other for other in row[col + 1 :] if other and other != text), project)
                if header is not None and before is header:
                    header = None  # the next project's table
                break
        if header is None:
            continue
        indicator = _from_row(row, header, project, grid.page)
        if indicator is not None:
            out.append(indicator)
    return header, out


def _header(row: Sequence[str], project: str | None) -> _Header | None:
    said = _words().table

    def column(what: str, last: bool = False) -> int | None:
        found = [col for col, text in enumerate(row) if text and said[what].search(bare(text))]
        return (found[-1] if last else found[0]) if found else None

    name, target = column("name"), column("target")
    actual = column("actual")
    if name is None or target is None or name == target:
        return None
    groups = tuple(col for col, text in enumerate(row) if text and said["group"].search(bare(text)))
    return _Header(len(row), name, target, actual, column("score"), column("completion"), groups, project)


def _from_row(row: Sequence[str], header: _Header, project: str | None, page: int | None) -> Indicator | None:
    said = _words()

    def at(col: int | None) -> str | None:
        return (row[col] or None) if col is not None else None

    name, target, actual = at(header.name), at(header.target), at(header.actual)
    if name is None or said.table["not_names"].search(name) or name in (target, actual):
        return None
    if target is None and actual is None:
        return None
    operator, target, unit = _value(target)
    _, actual, own = _value(actual)
    if own and unit and own != unit:
        target = f"{target}{unit}"
        unit = own
    group = "/".join(dict.fromkeys(text for col in header.groups if (text := row[col]) and text != name))
    completion = at(header.completion)
    return Indicator(
        name=name,
        target=target,
        actual=actual,
        quote=" ".join(dict.fromkeys(text for text in row if text)),
        project=project,
        group=group or None,
        target_operator=operator,
        unit=unit or own,
        completion_pct=completion.rstrip("%％") if completion else None,
        score=at(header.score),
        page=page,
    )


def _value(text: str | None) -> tuple[str | None, str | None, str | None]:
    """(operator, figure, unit) of a cell ``≥80%``; words stay whole: (None, words, None)."""
    if text is None:
        return None, None, None
    found = _words().value.match(text)
    if found is None:
        return None, text, None
    unit: Any = found["unit"] or None
    return _operator(found), found["num"], unit.replace("％", "%") if unit else None
