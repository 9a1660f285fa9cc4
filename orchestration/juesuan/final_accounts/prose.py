"""Wrapped lines of a page joined into paragraphs and sentences, every character with its page and line.

Belongs here: what holds for any printed Chinese text: numbering marks, headings, wrapped lines, page
numbers and running headers, tables of contents, sentence ends. Does not belong here: what a heading means
(``chapters``) or what a sentence states (``narrative``). The words that decide are data: the part ``prose``
of ``forms/chapters.yml``.

Nothing is lost: a line stands in exactly one paragraph, or in ``Prose.left_out`` with the reason.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal

from juesuan.final_accounts.model import FormDefinitionError, Grid, TextLine
from juesuan.final_accounts.text import CHINESE_NUMERAL, bare, nfkc

Place = tuple[int, int | None, int | None]
#: text: sentences. heading: a numbered (or 第…部分) heading. line: a single short line that is no sentence
#: (a title, a unit of money, a row of a flattened list).
Kind = Literal["text", "heading", "line"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Joined lines. ``places`` holds (offset in ``text``, page, line) of each printed line, ascending.

    ``section`` is the key that :mod:`chapters` gave (``''`` before), ``heading`` the nearest heading above as
    printed. ``number`` counts the paragraphs of one document from 0 and is what a claim names. ``level`` and
    ``mark`` are the rank (1 第一部分, 2 一、, 3 （一）, 4 1., 5 （1）, 6 1）, 0 none) and the text of the
    numbering in front.
    """

    text: str
    places: tuple[Place, ...]
    section: str = ""
    heading: str = ""
    number: int = 0
    kind: Kind = "text"
    level: int = 0
    mark: str = ""

    def place(self, offset: int) -> tuple[int | None, int | None]:
        """(page, line) of the printed line in which the character at ``offset`` stands."""
        at = max(bisect_right(self.places, offset, key=_first) - 1, 0)
        _, page, line = self.places[at]
        return page, line

    @property
    def body(self) -> str:
        """The text without its numbering mark."""
        return self.text[len(self.mark) :].lstrip()


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: ``paragraph.text[start : start + len(text)] == text``."""

    text: str
    start: int
    paragraph: Paragraph = field(repr=False)

    def place(self, offset: int = 0) -> tuple[int | None, int | None]:
        """(page, line) of the character at ``offset`` of this sentence."""
        return self.paragraph.place(self.start + offset)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A printed line of no paragraph: a page number, a running header, a line of the contents."""

    text: str
    page: int | None
    line: int | None
    reason: Literal["page_number", "running", "contents"]


@dataclass(frozen=True, slots=True)
class Prose:
    """Paragraphs and grids in the order in which they stand, and the lines left out, with the reason."""

    flow: tuple[Paragraph | Grid, ...]
    left_out: tuple[LeftOut, ...]

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        return tuple(item for item in self.flow if isinstance(item, Paragraph))


def _first(place: Place) -> int:
    return place[0]


# --- the words that decide --------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def words(name: str) -> dict[str, Any]:
    """The data file ``forms/<name>.yml``. Raises :class:`FormDefinitionError` when it cannot be read."""
    from juesuan.final_accounts.forms import load_yaml

    try:
        data = load_yaml(f"{name}.yml")
    except OSError as error:
        raise FormDefinitionError(f"forms/{name}.yml: {error}") from error
    if not isinstance(data, dict):
        raise FormDefinitionError(f"forms/{name}.yml: not a mapping")
    return data


def pattern(parts: Iterable[str] | str, where: str) -> re.Pattern[str]:
    """One compiled alternative of the given expressions; an entry that is no expression is a typed error."""
    text = parts if isinstance(parts, str) else "|".join(f"(?:{part})" for part in parts)
    try:
        return re.compile(text or r"(?!)")
    except re.error as error:
        raise FormDefinitionError(f"{where}: {text!r}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Words:
    page_number: re.Pattern[str]
    contents_title: re.Pattern[str]
    contents_entry: re.Pattern[str]
    heading_end: re.Pattern[str]
    glued_heading: re.Pattern[str]
    no_mark: re.Pattern[str]
    own_line: re.Pattern[str]
    begins: re.Pattern[str]
    never_heading: re.Pattern[str]


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = words("chapters").get("prose")
    if not isinstance(data, dict):
        raise FormDefinitionError("forms/chapters.yml: prose is missing")
    try:
        ends = "|".join(data["heading_ends"])
        return _Words(
            page_number=pattern(data["page_number"], "forms/chapters.yml: prose.page_number"),
            contents_title=pattern(data["contents_title"], "forms/chapters.yml: prose.contents_title"),
            contents_entry=pattern(data["contents_entry"], "forms/chapters.yml: prose.contents_entry"),
            heading_end=pattern(f"(?:{ends})$", "forms/chapters.yml: prose.heading_ends"),
            # a heading and its text on one line: "八、机关运行经费支出情况 2016年…", "…工作开展情况。 根据…"
            glued_heading=pattern(
                rf"([^。；;！？!?，,：:]{{2,45}}?(?:{ends}))(?:[。：:][ 　\t]*|[ 　\t]+)(?=\S)",
                "forms/chapters.yml: prose.heading_ends",
            ),
            no_mark=pattern(data["no_mark"], "forms/chapters.yml: prose.no_mark"),
            own_line=pattern(data["own_line"], "forms/chapters.yml: prose.own_line"),
            begins=pattern(data["begins"], "forms/chapters.yml: prose.begins"),
            never_heading=pattern(data["never_headings"], "forms/chapters.yml: prose.never_headings"),
        )
    except KeyError as error:
        raise FormDefinitionError(f"forms/chapters.yml: prose.{error.args[0]} is missing") from error


_N = f"[{CHINESE_NUMERAL}]"
# The numbering in front of a line, one group for each rank.
_MARK = re.compile(
    rf"(?P<m1>第\s*(?:{_N}{{1,3}}|\d{{1,2}})\s*(?:部分|部份|章|篇)\s*[、：:.．]?\s*)"
    rf"|(?P<m2>{_N}{{1,3}}\s*[、．.]\s*|第(?:{_N}{{1,3}}|\d{{1,2}})节\s*[、：:]?\s*)"
    rf"|(?P<m3>[（(﹙]\s*{_N}{{1,3}}\s*[)）﹚]\s*[、.．]?\s*)"
    # 2.24小时…: the figure 2.24 or item 2; only the item before can tell, so both stay possible here.
    rf"|(?P<m4>(?P<n4>\d{{1,2}})\s*(?:[、．]\s*|[.](?!\d)\s*|[.](?=\d{{4}}\s*年)|(?P<unsure>[.])(?=\d)))"
    rf"|(?P<m5>[（(﹙]\s*\d{{1,2}}\s*[)）﹚]\s*[、.．]?\s*)"
    rf"|(?P<m6>\d{{1,2}}[)）]\s*|[①-⑳]\s*)"
)
# Where a numbered item begins inside a line: behind the end of a sentence, or behind a colon.
_INNER = re.compile(
    rf"(?<=[。；;：:！？\]])[ 　\t]*(?=第{_N}{{1,2}}部分|{_N}{{1,3}}、|[（(]{_N}{{1,3}}[)）]"
    rf"|\d{{1,2}}(?:、|[.．](?!\d))|[（(]\d{{1,2}}[)）]|[①-⑳])"
)
_LINE_END = re.compile(r"[。！？!?…；;]['\"”’」』）)]*$")
_OPEN_END = re.compile(r"[，,、：:（(“‘「《/+×-]$")
#: What no paragraph begins with.
_GOES_ON = "，。、；：！？）)”’」』》%％,;"
_STOP = re.compile(r"[。；;！？!?]")
_COMMA = re.compile(r"[，,。；;！？!?：:]")
_FIGURES = re.compile(r"\d[\d,]*\.\d+|\d+(?:\.\d+)?\s*(?:万元|亿元|元|%|％)")
# A figure between spaces, as in the row of a table; never a year or a figure with its unit.
_ROW = re.compile(
    r"(?:^|(?<=\s))[-–]?\d[\d,]*(?:\.\d+)?(?=\s|$)"
    r"(?!\s*(?:年|月|日|万|亿|元|%|％|个|人|辆|次|台|批|号|时|家|名|条))"
)
_SECOND = re.compile(rf"\s{_N}{{1,3}}、")  # two labels side by side: a row of a table
_LIST_ROW = re.compile(r"\d{1,3}[ 　\t]+(?=[^\d\W])")
_PAIRS = ("（）", "()", "“”", "‘’", "「」", "『』", "《》", "【】", "[]")
_BRACKET = {pair[0]: pair[1] for pair in _PAIRS}
_CLOSE = {pair[1] for pair in _PAIRS}
_BRACKETS = re.compile(r"[（(“‘「『《【\[）)”’」』》】\]]")


def mark_of(text: str) -> tuple[int, str]:
    """(level, mark) of the numbering in front of ``text``; (0, '') without one, or where a figure begins."""
    level, mark, unsure, _ = _mark(text)
    return (0, "") if unsure else (level, mark)


def _mark(text: str) -> tuple[int, str, bool, int | None]:
    found = _MARK.match(text)
    if found is None or _words().no_mark.match(text):
        return 0, "", False, None
    group = found.lastgroup or ""
    if found["m4"] is not None:
        return 4, found[0], found["unsure"] is not None, int(found["n4"])
    return int(group[1:]), found[0], False, None


# --- lines ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Line:
    """One printed line while paragraphs are built. ``full`` means that it reaches the right margin."""

    text: str
    page: int | None
    line: int | None
    indent: bool
    width: float
    box: tuple[float, float, float, float] | None
    full: float = 0.0
    level: int = 0
    mark: str = ""
    ends: bool = False
    joins: bool = False  # the rest of a heading that wrapped


def _width(text: str) -> int:
    """Printed width in half characters."""
    return len(text) + sum(map(_wide, text))


def _wide(char: str) -> bool:
    return char > "\u2e7f" or char in "“”‘’…—"


def _lines(blocks: Sequence[TextLine | Grid]) -> list[_Line | Grid]:
    out: list[_Line | Grid] = []
    for block in blocks:
        if isinstance(block, Grid):
            out.append(block)
            continue
        raw = block.text.rstrip()
        text = raw.strip()
        if not text:
            continue
        lead = raw[: len(raw) - len(raw.lstrip())]
        indent = "\u3000" in lead or len(lead.replace("\t", "    ")) >= 4
        out.append(_Line(text, block.page, block.line, indent, _width(text), block.box))
    return out


#: A column of running text is hardly narrower, in half characters; a few short lines set no measure.
_NARROWEST = 48


def _measure(items: list[_Line | Grid]) -> None:
    """How much of the line's measure each line fills (``full``, 1.0 = to the margin), and box indents.

    With boxes the margins are those of the page. Without, the longest line nearby stands for the measure:
    tables and notes of another measure stand elsewhere in the text.
    """
    pages: dict[int | None, list[_Line]] = {}
    lines = [item for item in items if isinstance(item, _Line)]
    for one in lines:
        pages.setdefault(one.page, []).append(one)
    for page, group in pages.items():
        if page is not None and all(one.box for one in group) and len(group) > 1:
            _margins(group)
            continue
        widths = [one.width for one in group]
        for at, one in enumerate(group):
            near = sorted(widths[max(0, at - 8) : at + 9])
            # the second longest: one line of another measure (a note under a table) does not set it
            measure = near[-2] if len(near) > 4 and near[-1] > 1.35 * near[-2] else near[-1]
            if measure < _NARROWEST and sum(width > 0.9 * measure for width in near) < 5:
                measure = _NARROWEST
            one.full = one.width / measure


def _margins(group: list[_Line]) -> None:
    """The margins of a page from its boxes: how full each line is, and which begin farther in or farther down."""
    boxes = [one.box for one in group if one.box]
    long = [box for one, box in zip(group, boxes, strict=True) if one.width >= 20] or boxes
    left, right = min(box[0] for box in long), max(box[2] for box in long)
    gaps = [after[1] - before[3] for before, after in pairwise(boxes)]
    usual = sorted(gaps)[len(gaps) // 2]
    for at, (one, (x0, top, x1, bottom)) in enumerate(zip(group, boxes, strict=True)):
        height = max(bottom - top, 1.0)
        one.full = (x1 - left) / max(right - left, 1.0)
        farther_down = at > 0 and gaps[at - 1] > usual + 0.7 * height
        one.indent = one.indent or x0 - left > 0.8 * height or farther_down


def _leave_out(items: list[_Line | Grid]) -> tuple[list[_Line | Grid], list[LeftOut]]:
    """Take out page numbers, running headers and footers, and tables of contents."""
    said = _words()
    out: list[LeftOut] = []
    gone: set[int] = set()

    def drop(item: _Line, reason: Literal["page_number", "running", "contents"]) -> None:
        gone.add(id(item))
        out.append(LeftOut(item.text, item.page, item.line, reason))

    pages: dict[int, list[_Line]] = {}
    for item in items:
        if isinstance(item, _Line):
            if item.page is not None:
                pages.setdefault(item.page, []).append(item)
            elif said.page_number.fullmatch(item.text) and not item.text.isdigit():
                drop(item, "page_number")  # "- 7 -"; a bare digit may be a cell of a flattened table
    edges: Counter[str] = Counter()
    for group in pages.values():
        edges.update({bare(one.text) for one in (*group[:2], *group[-2:]) if one.width <= 60})
    often = {text for text, count in edges.items() if count >= 3 and count > 0.5 * len(pages)}
    for group in pages.values():
        for one in {id(one): one for one in (*group[:2], *group[-2:])}.values():
            if said.page_number.fullmatch(one.text):
                drop(one, "page_number")
            elif bare(one.text) in often and one.width <= 60:
                drop(one, "running")
    kept = [item for item in items if id(item) not in gone]

    for entry in _contents(kept):
        drop(entry, "contents")
    if gone:
        kept = [item for item in kept if id(item) not in gone]
    return kept, out


def _contents(items: list[_Line | Grid]) -> Iterator[_Line]:
    """The lines of tables of contents: with leaders, below a title 目录, or a run of headings that comes again."""
    said = _words()
    parts = Counter(_entry_name(item.text) for item in items if isinstance(item, _Line) and mark_of(item.text)[0] == 1)
    at = 0
    while at < len(items):
        item = items[at]
        end = at
        if isinstance(item, _Line):
            if said.contents_entry.search(item.text):
                end = at + 1
            if said.contents_title.fullmatch(bare(item.text)):
                end = _contents_end(items, at + 1)
            elif parts.get(_entry_name(item.text), 0) > 1:
                end = max(end, _contents_end(items, at))
                if end < at + 3 or not _comes_again(items, at, end):
                    end = at
        for entry in items[at:end]:
            if isinstance(entry, _Line):
                yield entry
        at = max(end, at + 1)


def _comes_again(items: list[_Line | Grid], start: int, end: int) -> bool:
    """Whether the first line of a run of headings stands again right behind it."""
    first, after = items[start], items[end] if end < len(items) else None
    if not isinstance(first, _Line) or not isinstance(after, _Line):
        return False
    return _entry_name(first.text) == _entry_name(after.text)


def _entry_name(text: str) -> str:
    """A heading as the contents and the text share it: without leaders, page number and numbering."""
    got = bare(_words().contents_entry.sub("", text)).rstrip("0123456789.…·-—")
    return got[len(mark_of(got)[1]) :] or got


def _contents_end(items: list[_Line | Grid], start: int) -> int:
    """Where a list of headings that begins at ``start`` ends: where its first part stands again, or the text.

    Headings right before the text that the list names too belong to the text.
    """
    seen: dict[str, int] = {}
    parts: set[str] = set()
    page_start = start
    at = start
    while at < len(items):
        item = items[at]
        if isinstance(item, Grid):
            break
        name = _entry_name(item.text)
        level, mark = mark_of(item.text)
        if level == 1:
            if name in parts or bare(mark) in parts:
                return at
            parts |= {name, bare(mark)}
        before = items[at - 1] if at > start else None
        if isinstance(before, _Line) and before.page != item.page:
            page_start = at
        if _STOP.search(item.text) or len(_ROW.findall(item.text)) >= 2 or item.width > 110:
            if item.page is not None and page_start > start:
                # a page that holds a sentence is no page of contents: the list ended with the page before
                return page_start
            break
        seen.setdefault(name, at)
        at += 1
    while at > start:
        item = items[at - 1]
        if not isinstance(item, _Line) or seen.get(_entry_name(item.text), at) >= at - 1:
            break
        at -= 1
    return at


# --- paragraphs -------------------------------------------------------------------------------------------


def read(blocks: Sequence[TextLine | Grid]) -> Prose:
    """Join the lines of ``blocks`` into paragraphs; grids stay in their places between them."""
    items, left_out = _leave_out(_lines(blocks))
    _measure(items)
    flow: list[Paragraph | Grid] = []
    heading = ""
    number = 0
    for group in _groups(items):
        if isinstance(group, Grid):
            flow.append(group)
            continue
        for paragraph in _split(group):
            if paragraph.kind == "heading":
                heading = paragraph.text
            flow.append(
                Paragraph(
                    paragraph.text,
                    paragraph.places,
                    "",
                    heading,
                    number,
                    paragraph.kind,
                    paragraph.level,
                    paragraph.mark,
                )
            )
            number += 1
    return Prose(tuple(flow), tuple(left_out))


def paragraphs(blocks: Sequence[TextLine | Grid]) -> tuple[Paragraph, ...]:
    """The paragraphs of :func:`read` alone."""
    return read(blocks).paragraphs


def _groups(items: list[_Line | Grid]) -> Iterator[list[_Line] | Grid]:
    """Lines that belong to one paragraph, in order; grids between them."""
    group: list[_Line] = []
    last_item = 0
    for item in items:
        if isinstance(item, Grid):
            if group:
                yield group
                group = []
            yield item
            continue
        level, mark, unsure, count = _mark(item.text)
        if unsure and not (count == last_item + 1 and (item.indent or (group and _ended(group[-1])))):
            level, mark = 0, ""
        if mark and group and _inside_bracket(group):
            level, mark = 0, ""
        item.level, item.mark = level, mark
        if level == 4 and count is not None:
            last_item = count
        elif level in (1, 2, 3):
            last_item = 0
        if group and _begins(group, item):
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def _ended(line: _Line) -> bool:
    return bool(_LINE_END.search(line.text))


def _inside_bracket(group: list[_Line]) -> bool:
    """A bracket of the last line is still open: what looks like a mark stands inside a sentence."""
    text = group[-1].text
    return text.count("（") + text.count("(") > text.count("）") + text.count(")") and group[-1].full > 0.85


def _is_row(line: _Line) -> bool:
    return len(_ROW.findall(line.text)) >= 2 and not _STOP.search(line.text)


def _begins(group: list[_Line], item: _Line) -> bool:
    """Whether ``item`` begins a new paragraph behind the lines of ``group``."""
    last = group[-1]
    if item.mark:
        return True
    if item.text[0] in _GOES_ON:
        return False
    head = group[0]
    said = _words()
    if head.level == 1 and len(group) == 1 and head.text == head.mark.rstrip():
        return False  # 第二部分 / 部门决算表
    if _is_row(item) or _is_row(last) or said.own_line.fullmatch(item.text) or said.own_line.fullmatch(last.text):
        return True
    if said.begins.match(item.text) and (_ended(last) or last.full < 0.85):
        return True
    if _LIST_ROW.match(item.text) and not said.no_mark.match(item.text) and (len(group) == 1 or last.full < 0.85):
        return True
    short = item.width <= 60 and not _COMMA.search(item.text)
    if head.mark and not _COMMA.search("".join(line.text for line in group)[len(head.mark) :]):
        # a heading so far; it wraps into a short line when it filled its own, or when a bracket is open
        opened = _inside(group)
        if head.level == 1:
            if not short or len(group) > 2 or _FIGURES.search(item.text):
                return True
            # 第三部分…决算情况 / 说明: a heading that could end here goes on with a word that ends one
            return bool(said.heading_end.search(last.text)) and not (
                item.width <= 12 and (last.full >= 0.85 or said.heading_end.search(item.text))
            )
        if opened:
            return False
        so_far = "".join(line.text for line in group)
        if said.never_heading.search(so_far):
            return False
        if said.heading_end.search(so_far):
            # …决算情况 / 说明: a heading that could end here goes on only with a word that ends one
            return not (item.width <= 12 and last.full >= 0.85 and said.heading_end.fullmatch(item.text))
        if last.full >= 0.85:
            return False
        if item.width <= 24 and said.heading_end.search(rest := item.text.rstrip("。")):
            return bool(_STOP.search(rest))
        return not _OPEN_END.search(last.text)
    if item.indent and not (len(group) == 1 and head.indent and last.full < 0.6):
        # an indented line begins a paragraph, unless the whole paragraph is set in (a centred title)
        return not _OPEN_END.search(last.text) or last.full < 0.7
    if said.heading_end.search(item.text.rstrip("：:")):
        # 产出指标完成情况： behind a sentence, 数量指标 behind a colon
        if item.width <= 40 and _ended(last):
            return True
        if item.width <= 16 and last.full < 0.85 and last.text[-1] in "：:":
            return True
    if _ended(last):
        return last.full < 0.86
    if _OPEN_END.search(last.text):
        return False
    return last.full < 0.6


def _inside(group: list[_Line]) -> bool:
    text = "".join(line.text for line in group)
    return sum(text.count(c) for c in "（(“《") > sum(text.count(c) for c in "）)”》")


def _join(group: list[_Line]) -> tuple[str, tuple[Place, ...]]:
    parts: list[str] = []
    places: list[Place] = []
    at = 0
    for line in group:
        if parts:
            before, after = parts[-1][-1], line.text[0]
            if before.isascii() and after.isascii() and before.isalpha() and after.isalpha():
                parts.append(" ")
                at += 1
        places.append((at, line.page, line.line))
        parts.append(line.text)
        at += len(line.text)
    return "".join(parts), tuple(places)


def _split(group: list[_Line]) -> Iterator[Paragraph]:
    """The paragraphs of a group of lines: items and headings that were glued together stand apart."""
    text, places = _join(group)
    head = group[0]
    cuts = [0]
    if _INNER.search(text):
        closed = _enclosed(text)
        ends = (found.end() for found in _INNER.finditer(text))
        cuts += [end for end in ends if not any(a < end <= b for a, b in closed)]
    cuts.append(len(text))
    for at, (start, end) in enumerate(pairwise(cuts)):
        piece = text[start:end].rstrip()
        if not piece:
            continue
        level, mark = (head.level, head.mark) if at == 0 else mark_of(piece)
        yield from _headed(piece, start, places, level, mark, group if len(cuts) == 2 else None)


def _headed(
    text: str, start: int, places: tuple[Place, ...], level: int, mark: str, group: list[_Line] | None
) -> Iterator[Paragraph]:
    """A heading with text behind it becomes two paragraphs; ``group`` where the text is the whole group."""
    said = _words()
    rest = text[len(mark) :]
    if level or group is None or (group and len(text) < 400):
        found = said.glued_heading.match(rest)
        if found and _may_head(found, rest, level):
            cut = len(mark) + found.end()
            yield Paragraph(
                text[:cut].rstrip(), _cut(places, start, start + cut), kind="heading", level=level, mark=mark
            )
            behind = text[cut:]
            yield from _headed(behind, start + cut, places, *mark_of(behind), None)
            return
    kind: Kind = "text"
    title = rest.rstrip("。：: ")
    if level and len(title) <= 60 and not _COMMA.search(title) and not _FIGURES.search(title) and title:
        short = level <= 3 or len(title) <= 12 or (len(title) <= 30 and title.endswith("情况说明"))
        if len(rest) == len(title) or (short and said.heading_end.search(title)):
            kind = "heading"
    elif not level and not _COMMA.search(rest) and (group is None or len(group) == 1) and len(rest) <= 60:
        kind = "line"
    if kind == "heading" and (_ROW.search(rest) or _SECOND.search(rest) or said.never_heading.search(rest)):
        kind = "line"
    yield Paragraph(text, _cut(places, start, start + len(text)), kind=kind, level=level, mark=mark)


def _may_head(found: re.Match[str], rest: str, level: int) -> bool:
    """A glued heading is one when text follows it, and no figure stands in it."""
    title = found[1]
    if _FIGURES.search(title) or title.count("（") != title.count("）"):
        return False
    gap = rest[found.end(1) : found.end()]
    if not level:
        # without a number only a full stop and a space set a heading apart: "…工作开展情况。 根据…"
        return len(gap) > 1 and gap[0] == "。"
    return level <= 3


def _cut(places: tuple[Place, ...], start: int, end: int) -> tuple[Place, ...]:
    """The places of ``text[start:end]``, offsets counted from its beginning."""
    if start == 0 and places[-1][0] < end:
        return places
    first = max(bisect_right(places, start, key=_first) - 1, 0)
    return tuple((max(at - start, 0), page, line) for at, page, line in places[first:] if at < end)


# --- sentences --------------------------------------------------------------------------------------------

# A full stop, a semicolon; or a dot that stands for a full stop (万元. 98%.把), never one inside a figure.
_END = re.compile(r"[。；！？!?]|(?<![A-Za-z])[;]|(?<=[^\sA-Za-z.])\.(?![\d.A-Za-z])")
_AFTER = re.compile(r"[。；！？!?;]*[”’」』》）)\"]*")
_ITEM_DOT = re.compile(r"(?:^|[：:；;。，,、（(])\s*\d{1,2}$")


def _enclosed(text: str) -> list[tuple[int, int]]:
    """(start, end) of what stands in closed brackets or quotes; one that is never closed encloses nothing."""
    stack: list[tuple[str, int]] = []
    spans: list[tuple[int, int]] = []
    for found in _BRACKETS.finditer(text):
        char = found[0]
        if char in _BRACKET:
            stack.append((_BRACKET[char], found.start()))
            continue
        for at in range(len(stack) - 1, -1, -1):
            # full-width and half-width brackets close each other: reports mix them
            if nfkc(stack[at][0]) == nfkc(char):
                spans.append((stack[at][1], found.start()))
                del stack[at:]
                break
    return spans


def sentences(paragraph: Paragraph) -> tuple[Sentence, ...]:
    """The sentences of a paragraph, without the white space between; none ends inside quotes or brackets."""
    text = paragraph.text
    closed = _enclosed(text) if _BRACKETS.search(text) else []
    out: list[Sentence] = []
    start = 0
    at = 0
    while found := _END.search(text, at):
        stop = found.start()
        at = found.end()
        if closed and any(a < stop < b for a, b in closed):
            continue
        if found[0] == "." and _ITEM_DOT.search(text[start:stop]):
            continue
        at = max(at, _AFTER.match(text, at).end())  # type: ignore[union-attr]
        _add(out, paragraph, start, at)
        start = at
    _add(out, paragraph, start, len(text))
    return tuple(out)


def _add(out: list[Sentence], paragraph: Paragraph, start: int, end: int) -> None:
    piece = paragraph.text[start:end]
    body = piece.lstrip()
    if body.rstrip():
        out.append(Sentence(body.rstrip(), start + len(piece) - len(body), paragraph))
