"""Printed lines as an identity is read from them: titles, labels in front of names, years, names of bodies.

Belongs here: the words of ``forms/identify.yml``, the lines of a reading that can tell whose report it is, what one
line says, when two names are one body. Does not belong here: weighing what lines say (``identify``), where one report
ends and the next begins (``reports``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from juesuan.final_accounts import prose
from juesuan.final_accounts.forms import title_of
from juesuan.final_accounts.model import FormDefinitionError, Grid, Reading, Scope, TextLine
from juesuan.final_accounts.prose import pattern
from juesuan.final_accounts.text import squeeze

FILE = "forms/identify.yml"


# --- the words --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Words:
    """The words of ``forms/identify.yml``, compiled."""

    before_title: re.Pattern[str]
    not_years: re.Pattern[str]
    titles: tuple[re.Pattern[str], ...]
    overviews: tuple[re.Pattern[str], ...]
    year_titles: tuple[re.Pattern[str], ...]
    year_lines: tuple[re.Pattern[str], ...]
    year_ends: tuple[re.Pattern[str], ...]
    year_beside: re.Pattern[str]
    no_year: re.Pattern[str]
    unit_labels: tuple[re.Pattern[str], ...]
    parent_labels: tuple[re.Pattern[str], ...]
    open_label: re.Pattern[str]
    unit_sentences: tuple[re.Pattern[str], ...]
    money_units: tuple[re.Pattern[str], ...]
    not_a_unit: re.Pattern[str]
    own_level: re.Pattern[str]
    whole: re.Pattern[str]
    supervising: re.Pattern[str]
    own_level_says: re.Pattern[str]
    scope_words: Mapping[Scope, re.Pattern[str]]
    unit_suffix: re.Pattern[str]
    endings: re.Pattern[str]
    short_names: re.Pattern[str]
    short_endings: tuple[tuple[str, str], ...]
    placeholders: re.Pattern[str]
    contents: re.Pattern[str]
    contents_entry: re.Pattern[str]
    links: re.Pattern[str]
    not_budget: re.Pattern[str]
    table: re.Pattern[str]
    approval: re.Pattern[str]
    not_departmental: re.Pattern[str]
    chapters: tuple[re.Pattern[str], ...]
    budget_chapters: tuple[re.Pattern[str], ...]
    any_chapter: re.Pattern[str]  # any of either: most lines are none


@lru_cache(maxsize=1)
def words() -> Words:
    """The words, compiled once. Raises :class:`FormDefinitionError` naming the entry."""
    data = prose.words("identify")
    chapters = prose.words("chapters")

    def each(name: str, parts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
        return tuple(pattern(part, f"{FILE}: {name}") for part in parts)

    def one(name: str, parts: Iterable[str]) -> re.Pattern[str]:
        return pattern(parts, f"{FILE}: {name}")

    try:
        families = data["families"]
        endings = sorted({*chapters["units"]["endings"], *data["endings"]}, key=len, reverse=True)
        return Words(
            before_title=one("before_title", data["before_title"]),
            not_years=one("not_years", data["not_years"]),
            titles=each("titles", data["titles"]),
            overviews=each("overviews", data["overviews"]),
            year_titles=each("year_titles", data["year_titles"]),
            year_lines=each("year_lines", data["year_lines"]),
            year_ends=each("year_ends", data["year_ends"]),
            year_beside=one("year_beside", data["year_beside"]),
            no_year=one("no_year", data["no_year"]),
            unit_labels=each("unit_labels", data["unit_labels"]),
            parent_labels=each("parent_labels", data["parent_labels"]),
            open_label=one("open_label", data["open_label"]),
            unit_sentences=each("unit_sentences", data["unit_sentences"]),
            money_units=each("money_units", data["money_units"]),
            not_a_unit=one("not_a_unit", data["not_a_unit"]),
            own_level=one("own_level", data["own_level"]),
            whole=one("whole", data["whole"]),
            supervising=one("supervising", data["supervising"]),
            own_level_says=one("own_level_says", data["own_level_says"]),
            scope_words={scope: one("scope_words", said) for scope, said in data["scope_words"].items()},
            unit_suffix=one("unit_suffix", data["unit_suffix"]),
            endings=pattern(f"(?:{'|'.join(endings)})$", f"{FILE}: endings"),
            short_names=one("short_names", data["short_names"]),
            short_endings=tuple((short, long) for short, longer in data["short_endings"].items() for long in longer),
            placeholders=one("placeholders", data["placeholders"]),
            contents=one("contents", data["contents"]),
            contents_entry=pattern(chapters["prose"]["contents_entry"], "forms/chapters.yml: prose.contents_entry"),
            links=one("links", data["links"]),
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
    except (KeyError, TypeError, AttributeError) as error:
        raise FormDefinitionError(f"{FILE}: {type(error).__name__} {error}") from error


# --- lines ------------------------------------------------------------------------------------------------

_DIGITS = str.maketrans("０１２３４５６７８９", "0123456789")
_CHINESE_YEAR = re.compile(r"[二2貳贰][〇○零0OoＯОO〇◯][〇○零0OoＯО◯一二三四五六七八九1-9]{2}(?=(?:财政)?年)")
_CHINESE_DIGIT = {char: str(n) for n, char in enumerate("〇一二三四五六七八九")} | dict.fromkeys("○零OoＯО◯", "0")
_LOOSE = re.compile(r"[\s“”\"'‘’\u200b\ufeff]+")
#: Characters that some fonts print in place of the usual ones.
_RADICALS = re.compile(r"[\u2e80-\u2fdf\uf900-\ufaff]")
STOPS = re.compile(r"[。；;！？]")
_FIGURE = re.compile(r"(?<![\d.])(?:\d[\d,]*\.\d{1,4}|\d{1,3}(?:,\d{3})+)(?![\d.])")
_NO_WORDS = re.compile(r"[\d\s.,%％+()（）/—–-]*")
#: What running text has and the row of a table has not.
_PROSE = re.compile(r"[，。；：:]")
#: What every heading has that only final accounts have: most lines have nothing of it.
_HEADING = re.compile(r"情况|说明|解释|构成|组成|范围|收支|决算|预算")
#: What a cell holds that can tell something; rows of figures and names of items hold nothing of it.
_TELLING = re.compile(r"决算|预算|[:：表]|20\d\d\s*年|年\s*度|〇|公\s*开|第.{1,3}部分|概况")
_PLACEHOLDER = re.compile(r"[XxＸｘ×✕╳*＊○〇_某]")
#: A table of contents has at most so many lines.
_CONTENTS = 100
#: A line with more characters holds what were many lines.
_ONE_LINE = 2000
#: Rows at the head of a grid in which a name or a year may stand alone.
_HEAD_ROWS = 3


def tight(text: str) -> str:
    """The printed characters without white space and quotation marks; digits half-width, years in digits."""
    got = _LOOSE.sub("", text).translate(_DIGITS)
    if _RADICALS.search(got):
        got = _RADICALS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), got)
    if "年" in got:
        got = _CHINESE_YEAR.sub(_digits, got)
    return got


def _digits(found: re.Match[str]) -> str:
    return "2" + "".join(_CHINESE_DIGIT.get(char, char) for char in found[0][1:])


@dataclass(frozen=True, slots=True)
class Line:
    """One printed line or cell. ``at`` is (index of the page, index of the block); ``figures`` and ``placeholders``
    are counted; those of a grid, and of a row of a flattened table, stand on a line without text.

    ``is_short``: no sentence and no row of figures, so that it may be a title, a heading or a label.
    """

    text: str
    tight: str
    page: int | None
    line: int | None
    at: tuple[int, int]
    cell: bool = False
    figures: int = 0
    placeholders: int = 0
    is_short: bool = False

    @classmethod
    def of(
        cls, text: str, page: int | None, line: int | None, at: tuple[int, int], cell: bool = False, figures: int = 0
    ) -> Line:
        """The line of a printed text."""
        said = tight(text)
        short = not figures and 0 < len(said) <= 70 and not STOPS.search(said.rstrip("。；"))
        return cls(text.strip(), said, page, line, at, cell, figures, _blanks(said), short)


def lines(reading: Reading) -> list[Line]:
    """The lines of a reading that can tell something, in order; of a grid only its telling cells."""
    out: list[Line] = []
    for number, page in enumerate(reading.pages):
        for index, block in enumerate(page.blocks):
            at = number, index
            if isinstance(block, Grid):
                out.extend(_of_grid(block, at))
                continue
            figures = len(_FIGURE.findall(block.text))
            if len(block.text) > _ONE_LINE:
                out.extend(_of_one_line(block, at, figures))
                continue
            if (figures and not _PROSE.search(block.text)) or _NO_WORDS.fullmatch(block.text):
                if figures:  # a row of a flattened table: it says nothing but its figures
                    out.append(Line("", "", block.page, block.line, at, figures=figures))
                continue
            one = Line.of(block.text, block.page, block.line, at, False, figures)
            if one.tight:
                out.append(one)
    return out


def _of_one_line(block: TextLine, at: tuple[int, int], figures: int) -> Iterator[Line]:
    """The pieces of a text that lost its lines, where white space is all that parts them."""
    for piece in block.text.split():
        if not _NO_WORDS.fullmatch(piece):
            yield Line.of(piece, block.page, block.line, at)
    if figures:
        yield Line("", "", block.page, block.line, at, figures=figures)


def _of_grid(grid: Grid, at: tuple[int, int]) -> Iterator[Line]:
    texts = [cell.text for cell in grid.cells]
    figures = len(_FIGURE.findall("\n".join(text for text in texts if "." in text or "," in text)))
    blanks = sum(_blanks(tight(text)) for text in texts if _PLACEHOLDER.search(text))
    if figures or blanks:
        yield Line("", "", grid.page, None, at, True, figures, blanks)
    for number, cell in enumerate(grid.cells):
        text = cell.text
        if not text or not (_TELLING.search(text) or (cell.row < _HEAD_ROWS and not _NO_WORDS.fullmatch(text))):
            continue
        if text.rstrip().endswith((":", "：")) and words().open_label.search(tight(text)):
            for other in grid.cells[number + 1 : number + 4]:  # 编制单位： in one cell, the name in the next
                if other.row == cell.row and other.text.strip():
                    text += other.text
                    break
        one = Line.of(text, grid.page, None, at, True)
        if 0 < len(one.tight) <= 200:
            yield one


def _blanks(said: str) -> int:
    return len(words().placeholders.findall(said)) if _PLACEHOLDER.search(said) else 0


def cover_of(some: Sequence[Line]) -> list[Line]:
    """The lines of the cover: what stands before the first sentence or part, at most ten lines of the first page.

    In a workbook: the cells before the first table, or all of a first sheet that holds none, where they print a title.
    """
    head = [one for one in some[:12] if one.tight or not one.cell][:10]
    known = words()
    out: list[Line] = []
    for one in head:
        if one.at[0] != head[0].at[0] or one.cell != head[0].cell or not one.tight:
            break
        if len(one.tight) > 70 or STOPS.search(one.tight) or (out and prose.mark_of(one.text)[0] == 1):
            break
        if one.cell and (known.table.search(one.tight) or "：" in one.tight or ":" in one.tight):
            break
        out.append(one)
    if head and head[0].cell and not any("决算" in one.tight or "预算" in one.tight for one in out):
        return []
    return out


def joined(some: Sequence[Line]) -> Line:
    """Lines over which one title is wrapped, as one."""
    first = some[0]
    text = "".join(one.text for one in some)
    said = "".join(one.tight for one in some)
    return Line(text, said, first.page, first.line, first.at, first.cell, is_short=True)


def in_contents(some: Sequence[Line]) -> list[bool]:
    """For each line whether it stands in a table of contents: entries with leaders, or what follows 目录 up to the
    line that its first entry announced.
    """
    said = words()
    out = [False] * len(some)
    first: str | None = None
    inside = 0
    for number, one in enumerate(some):
        if one.cell or one.figures:
            inside = 0
            continue
        if said.contents.fullmatch(one.tight):
            inside, first, out[number] = _CONTENTS, None, True
            continue
        if said.contents_entry.search(one.text):
            out[number] = True
        if not inside:
            continue
        entry = re.sub(r"[.．…·•\-—_(（]*\d{0,3}[)）]?$", "", one.tight)
        if (first is not None and entry == first) or not one.is_short:
            inside = 0
            continue
        first = first or entry
        inside -= 1
        out[number] = True
    return out


# --- names ------------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def body_of(name: str) -> str:
    """The body in a printed name: NFKC, without white space, 本级, （本级）, 本部, （汇总） and the like.

    ``清远市政务服务数据管理局本级`` -> ``清远市政务服务数据管理局``; ``某局（汇总）`` -> ``某局``.
    """
    said = words()
    got = squeeze(name)
    while True:
        cut = said.unit_suffix.sub("", said.whole.sub("", without_level(got)))
        if cut == got or len(cut) < 2:
            return got
        got = cut


def without_level(name: str) -> str:
    """清远市…局本级 -> 清远市…局; 市财政局局本级 -> 市财政局: a body keeps its own last character."""
    found = words().own_level.search(name)
    if found is None:
        return name
    cut = name[: found.start()]
    if not words().endings.search(cut):
        # 财政局本级: what the suffix took along (局) belongs to the body
        for take in range(1, found.end() - found.start()):
            longer = name[: found.start() + take]
            if words().endings.search(longer):
                return longer
        return name
    return cut


@lru_cache(maxsize=4096)
def is_unit(name: str) -> bool:
    """Whether a printed name can be that of a body: it ends like one, and holds nothing that no name does."""
    said = words()
    if (
        not (4 <= len(name) <= 45 or said.short_names.fullmatch(name))
        or said.not_a_unit.search(name)
        or said.placeholders.search(name + "局")
    ):
        return False
    if name.count("（") + name.count("(") != name.count("）") + name.count(")"):
        return False
    core = re.sub(r"[（(][^（()）]*[)）]$", "", name)
    return bool(said.endings.search(core) or said.endings.search(name))


_ORDINALS = re.compile(r"[一二三四五六七八九十\d]")


@lru_cache(maxsize=4096)
def akin(one: str, other: str) -> bool:
    """Whether two names can be one body, the shorter an abbreviation: its characters stand in the longer in order,
    and both end alike (教育局 is not 教育局教研室), or as a short form does (国资委 of 国有资产监督管理委员会).

    The division in front of the shorter may be another level of the same place (迪庆州维西县… of 维西…自治县…).
    """
    short, long = sorted((body_of(one), body_of(other)), key=len)
    if short == long:
        return True
    if short[-1] != long[-1] and not any(
        short.endswith(cut) and long.endswith(whole) for cut, whole in words().short_endings
    ):
        return False
    for start in range(min(4, max(len(short) - 4, 1))):
        at = 0
        left = []
        for char in long:
            if at < len(short) - start and char == short[start + at]:
                at += 1
            else:
                left.append(char)
        if at == len(short) - start and not _ORDINALS.search("".join(left)):
            return True
    return False


# --- what a line says -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Title:
    """What a title line says. ``word`` is 决算, 预算 or ''; ``kind`` tells the scope (部门, 单位, 本级 ...)."""

    unit: str | None
    year: str | None
    kind: str | None
    word: str

    @property
    def level(self) -> Scope | None:
        """The scope that the title names: by its kind, or by the level behind the name."""
        return level_of(self.unit, self.kind)


def level_of(unit: str | None, kind: str | None) -> Scope | None:
    """department, own_level or unit, as printed behind the name or in the kind of report; None where neither says."""
    if unit is not None:
        name = squeeze(unit)
        if words().whole.search(name):
            return "department"
        if without_level(name) != name:
            return "own_level"
    if kind is None:
        return None
    if "汇总" in kind or kind == "部门":
        return "department"
    if "本级" in kind:
        return "own_level"
    return "unit" if kind == "单位" else None  # 部门（单位）决算 says both


@lru_cache(maxsize=8192)
def title_says(said: str) -> Title:
    """Read name, year and kind of report from a line (in the form of :func:`tight`)."""
    known = words()
    text = said
    while (cut := known.before_title.sub("", text, count=1)) != text:
        text = cut
    text = known.not_years.sub("", text)
    word = "决算" if "决算" in text else "预算" if "预算" in known.not_budget.sub("", text) else ""
    unit = year = kind = None
    for title in known.titles:
        got = title.match(text)
        if got is None or not is_unit(got["unit"]):
            continue
        unit = got["unit"]
        kind = got.groupdict().get("kind")
        year = got.groupdict().get("year")
        break
    if not known.no_year.search(text):
        for title in known.year_titles:
            if got := title.search(text):
                year = got["year"]
                kind = kind or got.groupdict().get("kind")
                break
    return Title(unit, year, kind, word)


def labelled(said: str) -> Iterator[str]:
    """The names that stand behind 编制单位：, 部门： and the like in a line."""
    if ":" in said or "：" in said:  # every label ends in a colon, most lines have none
        for label in words().unit_labels:
            for got in label.finditer(said):
                if is_unit(got["unit"]):
                    yield got["unit"]


def overview_of(one: Line) -> str | None:
    """The body whose chapter on itself a heading opens (第一部分 某某局概况)."""
    if not one.tight.startswith("第") or prose.mark_of(one.text)[0] != 1:
        return None
    bare = words().before_title.sub("", one.tight)
    for overview in words().overviews:
        if (got := overview.match(bare)) and is_unit(got["unit"]):
            return got["unit"]
    return None


def table_key(one: Line) -> str | None:
    """The key of the table of the form whose title a line is."""
    return title_of(one.text) if one.is_short and "表" in one.tight else None


def chapters_in(one: Line) -> set[int]:
    """The headings (by number) that only final accounts have, in a line; glued ones too, where a web page lost its
    lines.
    """
    said = words()
    if one.is_short:
        if not _HEADING.search(one.tight) or (len(one.tight) > 40 and not prose.mark_of(one.tight)[0]):
            return set()
        return which(said.chapters, one.tight) if said.any_chapter.search(one.tight) else set()
    out: set[int] = set()
    if one.cell or len(one.tight) < 300:
        return out
    for number, search in enumerate(said.chapters):
        for found in search.finditer(one.tight):
            if re.search(r"[一二三四五六七八九十]、[^。；]{0,30}$", one.tight[: found.start()]):
                out.add(number)
                break
    return out


def which(patterns: Sequence[re.Pattern[str]], text: str) -> set[int]:
    """The numbers of the patterns that a text has."""
    return {number for number, one in enumerate(patterns) if one.search(text)}
