"""The chapters of a report: which heading opens what, its passages, its glossary, the bodies that it covers.

Belongs here: headings to section keys, the state of a passage, terms, report units. Does not belong here:
how lines become paragraphs (``prose``), figures and what they state (``narrative``), tables (``recognise``).
All words are data: ``forms/chapters.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from juesuan.final_accounts import prose
from juesuan.final_accounts.model import (
    FormDefinitionError,
    Grid,
    Passage,
    PassageState,
    ReportUnit,
    Term,
    TextLine,
)
from juesuan.final_accounts.prose import Paragraph, pattern
from juesuan.final_accounts.text import bare, squeeze

_FILE = "forms/chapters.yml"


@dataclass(frozen=True, slots=True)
class Section:
    """What stands under one heading, up to the next. ``key`` is ``other`` for an unknown heading.

    ``heading`` is as printed, number included; '' for what stands before the first heading (key ``cover``).
    ``level`` is the rank of the heading (1 第一部分 ... 6 1）). An unknown heading below a known one has its key.
    ``page`` and ``line`` say where the heading stands.
    """

    key: str
    heading: str
    level: int
    paragraphs: tuple[Paragraph, ...] = ()
    grids: tuple[Grid, ...] = ()
    page: int | None = None
    line: int | None = None

    @property
    def text(self) -> str:
        """The paragraphs as printed, one to a line."""
        return "\n".join(paragraph.text for paragraph in self.paragraphs)


# --- the words --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str
    search: re.Pattern[str]
    within: str
    not_within: str
    level_from: int
    level_to: int
    part: bool


@dataclass(frozen=True, slots=True)
class _Words:
    entries: tuple[_Entry, ...]
    keeps: frozenset[str]
    expected: tuple[tuple[str, ...], ...]
    withheld: re.Pattern[str]
    no_activity: re.Pattern[str]
    short: int
    heading_end: re.Pattern[str]
    colon: re.Pattern[str]
    verb: re.Pattern[str]
    longest: int
    not_term: re.Pattern[str]
    unit: dict[str, re.Pattern[str]]


@lru_cache(maxsize=1)
def _words() -> _Words:
    data = prose.words("chapters")
    try:
        entries = tuple(_entry(item) for item in data["chapters"])
        states, terms, units = data["states"], data["terms"], data["units"]
        return _Words(
            entries=entries,
            keeps=frozenset(data["keeps"]),
            expected=tuple(tuple(keys) for keys in data["expected"]),
            withheld=pattern(states["withheld"], f"{_FILE}: states.withheld"),
            no_activity=pattern(states["no_activity"], f"{_FILE}: states.no_activity"),
            short=int(states["short"]),
            heading_end=pattern(f"(?:{'|'.join(data['prose']['heading_ends'])})$", f"{_FILE}: prose.heading_ends"),
            colon=pattern(terms["colon"], f"{_FILE}: terms.colon"),
            verb=pattern(terms["verb"], f"{_FILE}: terms.verb"),
            longest=int(terms["longest"]),
            not_term=pattern(terms["not_terms"], f"{_FILE}: terms.not_terms"),
            unit={
                name: pattern(
                    f"(?:{'|'.join(sorted(parts, key=len, reverse=True))})$" if name == "endings" else parts,
                    f"{_FILE}: units.{name}",
                )
                for name, parts in units.items()
            },
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormDefinitionError(f"{_FILE}: {type(error).__name__} {error}") from error


def _entry(item: dict[str, Any]) -> _Entry:
    return _Entry(
        key=item["key"],
        search=pattern(item["patterns"], f"{_FILE}: chapters: {item['key']}"),
        within=item.get("within", ""),
        not_within=item.get("not_within", ""),
        level_from=item.get("level_from", 0),
        level_to=item.get("level_to", 9),
        part=item.get("part", False),
    )


# --- sections ---------------------------------------------------------------------------------------------

_YEAR = re.compile(r"^.*20\d\d年(?:度)?")


def split(blocks: Sequence[TextLine | Grid]) -> tuple[Section, ...]:
    """The sections of a report in the order in which they stand; each paragraph and grid is in exactly one."""
    return split_prose(prose.read(blocks))


def split_prose(text: prose.Prose) -> tuple[Section, ...]:
    """:func:`split` for paragraphs that are there already."""
    out: list[Section] = []
    above: list[tuple[int, str]] = []  # (level, key) of the headings in force
    key, heading, level = "cover", "", 0
    place: tuple[int | None, int | None] = (None, None)
    paragraphs: list[Paragraph] = []
    grids: list[Grid] = []

    def close() -> None:
        if heading or paragraphs or grids:
            out.append(Section(key, heading, level, tuple(paragraphs), tuple(grids), *place))

    for item in text.flow:
        if isinstance(item, Grid):
            grids.append(item)
            continue
        got = _opens(item, key, above)
        if got is None:
            paragraphs.append(replace(item, section=key, heading=heading))
            continue
        close()
        paragraphs, grids = [], []
        key, level = got
        heading, place = item.text, item.place(0)
        while above and above[-1][0] >= level:
            above.pop()
        above.append((level, key))
    close()
    return tuple(out)


def _opens(item: Paragraph, inside: str, above: Sequence[tuple[int, str]]) -> tuple[str, int] | None:
    """(key, level) of the section that a paragraph opens; None when it is no heading of one."""
    said = _words()
    if item.kind == "text":
        return None
    title = bare(item.body).rstrip("。：:")
    if item.kind == "line":
        # A title without a number. Only its words can tell, and they must be all of it.
        if item.mark or len(title) > 45 or not (said.heading_end.search(title) or title.endswith("表")):
            return None
        found = _key(title, 1, inside) or _key(title, 2, inside)
        if found is None:
            return None
        if found == "tables":
            return ("tables", 5) if inside not in said.keeps else None
        return found, 1 if "." not in found else 2
    level = item.level or 5
    if level > 3 and inside.startswith("overview."):
        return None  # an item of a list of duties, offices or bodies
    parent = next((key for rank, key in reversed(above) if rank < level), "")
    if parent in said.keeps:
        return parent, level
    found = _key(title, level, parent)
    if (
        inside == "tables"
        and level > 1
        and (found is None or (found != "tables" and not said.heading_end.search(title)))
    ):
        return None  # a row label of a table (二、政府性基金预算财政拨款收入)
    top = parent.partition(".")[0]
    other = (found or "").partition(".")[0]
    if {top, other} == {"overview", "notes"} and (top, level) != ("notes", 2):
        found = None  # a chapter on the body and one on the accounts do not hold each other's sections
    if found is None:
        found = parent if parent and (level > 2 or parent == "tables") and parent not in _OPEN else "other"
    return found, level


#: Below these a heading that says nothing known is a section of its own.
_OPEN = frozenset({"cover", "other", "notes", "overview"})


def _key(title: str, level: int, parent: str) -> str | None:
    """The section key of a heading (normal form, without its number)."""
    said = _words()
    rest = _YEAR.sub("", title) or title
    if level == 1:
        for entry in said.entries:
            if entry.part and entry.search.search(rest):
                return entry.key
    for entry in said.entries:
        if not entry.level_from <= level <= entry.level_to:
            continue
        if entry.within and not parent.startswith(entry.within):
            continue
        if entry.not_within and parent.startswith(entry.not_within):
            continue
        if entry.search.search(rest):
            return entry.key
    return None


# --- passages ---------------------------------------------------------------------------------------------

#: Headings that may stand without text: what they announce stands elsewhere.
_MAY_BE_EMPTY = frozenset({"attachments", "other", "cover", "notes", "overview"})
_AMOUNT = re.compile(r"(?<![\d.])(?!0+(?:\.0+)?(?!\d))\d[\d,]*(?:\.\d+)?(?=万元|亿元|元|%|辆|个|人次|批次|台)")


def read_passages(sections: Iterable[Section]) -> tuple[Passage, ...]:
    """Every section outside tables with its text; then, as ``missing``, what should stand and does not.

    A heading that only holds deeper headings is no passage of its own.
    """
    said = _words()
    every = list(sections)
    out: list[Passage] = []
    stated: set[str] = set()
    for at, section in enumerate(every):
        if section.key == "tables":
            continue
        text = section.text
        after = every[at + 1] if at + 1 < len(every) else None
        if not text and not section.grids and after and after.level > section.level > 0:
            stated.add(section.key)
            continue
        state = _state(text, section)
        if state != "missing":
            stated.add(section.key)
        elif section.key in _MAY_BE_EMPTY or section.level > 3:
            continue
        out.append(Passage(section.key, section.heading, text, state, section.page, section.line))
    for keys in said.expected:
        if not any(key == one or key.startswith(f"{one}.") for key in stated for one in keys) and not any(
            passage.section in keys for passage in out
        ):
            out.append(Passage(keys[0], "", "", "missing"))
    return tuple(out)


def _state(text: str, section: Section) -> PassageState:
    said = _words()
    got = squeeze(text)
    if not got:
        return "present" if section.grids else "missing"
    if len(got) <= said.short:
        if said.withheld.search(got):
            return "withheld"
        if section.key.startswith("notes") and said.no_activity.search(got) and not _AMOUNT.search(got):
            return "no_activity"
    return "present"


# --- terms ------------------------------------------------------------------------------------------------


def read_terms(sections: Iterable[Section]) -> tuple[Term, ...]:
    """The glossary (名词解释): term and definition as printed, without numbers and the colon between them.

    A paragraph that opens no term belongs to the definition before it; a heading that stands alone is the term
    of the paragraphs below it, or the title of a group when terms follow.
    """
    said = _words()
    out: list[Term] = []
    open_term: tuple[str, int | None, int | None] | None = None
    for section in sections:
        if section.key != "terms":
            continue
        title = prose.mark_of(section.heading)[1]
        name = section.heading[len(title) :].strip().rstrip("：:。")
        open_term = None
        if section.level > 1 and _key(bare(name), 1, "") != "terms":
            open_term = (name, section.page, section.line)
        for paragraph in section.paragraphs:
            for start, end in _term_pieces(paragraph):
                body = paragraph.text[start:end].strip()
                page, line = paragraph.place(start)
                got = _term(body, said)
                if got is not None and got[1]:
                    out.append(Term(got[0], got[1], page, line))
                    open_term = None
                elif got is not None:
                    open_term = (got[0], page, line)
                elif open_term is not None:
                    out.append(Term(open_term[0], body, open_term[1], open_term[2]))
                    open_term = None
                elif out and out[-1].definition and section is not None and _continues(paragraph):
                    out[-1] = replace(out[-1], definition=f"{out[-1].definition}\n{body}")
    return tuple(out)


def _continues(paragraph: Paragraph) -> bool:
    return paragraph.kind == "text"


def _term_pieces(paragraph: Paragraph) -> Iterator[tuple[int, int]]:
    """Where terms begin inside a paragraph: at its start, and at later sentences of the form 事业收入：指…"""
    start = len(paragraph.mark)
    found = list(_LATER_TERM.finditer(paragraph.text, start + 1))
    for one in found:
        yield start, one.start(1)
        start = one.start(1)
    yield start, len(paragraph.text)


_LATER_TERM = re.compile(r"(?<=。)[ 　]*([^。；;：:，,]{2,40}[：:][ 　]*(?:是)?指)")


def _term(body: str, said: _Words) -> tuple[str, str] | None:
    """(term, definition); the definition is '' where only a name and a colon stand; None for running text."""
    head = body[: said.longest + 1]
    found = said.colon.search(head)
    verb = said.verb.search(head)
    if found is None or (verb is not None and verb.start() < found.start()):
        if verb is None or verb.start() < 2:
            return None
        term = body[: verb.start()].strip()
        if len(term) > said.longest or re.search(r"[。；;，,]", term):
            return None
        tail = body[verb.start() :].lstrip("，,—- ")
        return term, tail
    term = body[: found.start()].strip()
    if not term or said.not_term.fullmatch(bare(term)) or re.search(r"[。；;]", term):
        return None
    return term, body[found.end() :].strip()


# --- report units -----------------------------------------------------------------------------------------

_BETWEEN = re.compile(r"[、，,；;]|以及|(?<=[局心院所队站处校馆会级）)])(?:和|及|与)")
_ROW_OF_LIST = re.compile(r"^\s*\d{1,3}[ 　\t]+(\S+)(?:[ 　\t]+(\S.*?))?\s*$")
_COUNTED = re.compile(r"^[^（(]{0,12}(?:单位|机构)[（(]([^）)]+)$")
_PERIODS = re.compile(r"[。.…]+")


def read_units(sections: Iterable[Section]) -> tuple[ReportUnit, ...]:
    """The bodies that the report says it covers, and those that it leaves out, with the reason as printed.

    From a ruled list, from the rows of a flattened list, from numbered items and from prose; where a list names
    bodies, the prose around it only adds those that are left out.
    """
    every = list(sections)
    own = [section for section in every if section.key == "overview.units"]
    others = [section for section in every if section.key in ("overview.structure", "overview")]
    for some, is_own in ((own, True), (others, False)):
        listed = [unit for section in some for unit in _listed(section, is_own)]
        named = [unit for section in some for unit in _named(section, is_own) if not (listed and unit.covered)]
        if listed or named:
            return tuple({_same(unit.name): unit for unit in reversed((*listed, *named))}.values())[::-1]
    return ()


def _same(name: str) -> str:
    """What two printings of one body share."""
    return re.sub(r"[()]", "", bare(name))


def _is_body(name: str) -> bool:
    said = _words().unit
    got = bare(name)
    core = re.sub(r"\([^()]*\)$", "", got) or got
    if not 2 <= len(core) <= 40 or re.search(r"[。：:，,；;]", core) or said["not_bodies"].search(core):
        return False
    return bool(said["endings"].search(core) or got.endswith(("(本级)", "(本部)", "(机关)")))


def _trim(name: str) -> str:
    """A name without the count or the word 决算 that stands behind it."""
    got = name.strip().strip('“”"。；;，,、 　')
    while True:
        cut = _words().unit["trailing"].sub("", got).strip()
        if cut == got or not cut:
            return got
        got = cut


def _listed(section: Section, own: bool) -> Iterator[ReportUnit]:
    said = _words().unit
    for grid in section.grids:
        yield from _from_grid(grid)
    mark = prose.mark_of(section.heading)[1]
    if own and section.level > 2 and _is_body(name := _trim(section.heading[len(mark) :])):
        # "1. 某市教育局机关" on a line of its own looks like a heading
        yield ReportUnit(name, True, None, section.page, section.line)
    has_remarks = True
    for paragraph in section.paragraphs:
        words = paragraph.text.split()
        if len(words) > 1 and any(said["name_column"].search(bare(word)) for word in words):
            has_remarks = bool(said["remark_column"].search(bare(words[-1])))
            continue
        row = _ROW_OF_LIST.match(paragraph.text)
        if row and paragraph.kind != "heading" and not _PERIODS.fullmatch(row[1]) and _is_body(row[1]):
            page, line = paragraph.place(0)
            remark = row[2] if has_remarks else None
            yield ReportUnit(row[1], not _is_left_out(remark or ""), remark or None, page, line)
            continue
        if paragraph.level >= 3 and own:
            body = paragraph.body.rstrip("。；;，,、 　")
            name, _, rest = body.partition(" ")
            name = _trim(name)
            if _is_body(name):
                page, line = paragraph.place(0)
                rest = rest.strip()
                yield ReportUnit(name, not _is_left_out(rest), rest or None, page, line)


def _is_left_out(remark: str) -> bool:
    return bool(remark and _words().unit["left_out"].search(remark))


def _from_grid(grid: Grid) -> Iterator[ReportUnit]:
    said = _words().unit
    rows: dict[int, dict[int, str]] = {}
    for cell in grid.cells:
        rows.setdefault(cell.row, {})[cell.col] = cell.text.replace("\n", "").strip()
    name_col = remark_col = -1
    for row in sorted(rows):
        cells = rows[row]
        if name_col < 0:
            for col, text in cells.items():
                if said["name_column"].search(bare(text)):
                    name_col = col
                elif said["remark_column"].search(bare(text)):
                    remark_col = col
            continue
        name = cells.get(name_col, "")
        if name and not _PERIODS.fullmatch(name) and bare(name) not in ("合计", "总计"):
            remark = cells.get(remark_col, "") if remark_col >= 0 else ""
            yield ReportUnit(name, not _is_left_out(remark), remark or None, grid.page, None)


def _named(section: Section, own: bool) -> Iterator[ReportUnit]:
    """Bodies named in sentences; in chapters of another purpose only sentences on the accounts count."""
    said = _words().unit
    for paragraph in section.paragraphs:
        if paragraph.kind != "text":
            continue
        for sentence in prose.sentences(paragraph):
            text = sentence.text
            apart = said["left_out"].search(text)
            if not apart and not said["covered"].search(text):
                continue
            if not own and not re.search("决算", text):
                continue
            outside = apart is not None
            if apart and _is_body(name := _trim(re.split("[，,]", text[: apart.start()])[-1])):
                # 某某中心单独编制决算，未纳入本次公开范围。
                page, line = sentence.place(text.index(name))
                yield ReportUnit(name, False, text[apart.start() :].strip("，,。；; "), page, line)
                continue
            best: list[tuple[str, int]] = []
            behind = 0
            for found in said["introduces"].finditer(text):
                names, end = _names(text, found.end())
                if len(names) > len(best):
                    best, behind = names, end
            for name, at in best:
                page, line = sentence.place(at)
                reason = text[behind:].strip("，,。；; ") if outside else None
                yield ReportUnit(name, not outside, reason or None, page, line)


def _names(text: str, start: int) -> tuple[list[tuple[str, int]], int]:
    """Names of bodies one behind another from ``start``, each with its offset; where the last one ends."""
    out: list[tuple[str, int]] = []
    at = end = start
    while at < len(text):
        found = _BETWEEN.search(text, at)
        stop = found.start() if found else len(text)
        name = _trim(text[at:stop])
        if inner := _COUNTED.match(name):
            name = inner[1]  # 2个下属单位（甲站、乙中心）
        if name.endswith(("）", ")")) and not re.search("[（(]", name):
            name = name[:-1]
        if not _is_body(name):
            break
        out.append((name, at + text[at:stop].index(name)))
        end = stop
        if not found:
            break
        at = found.end()
    return out, end
