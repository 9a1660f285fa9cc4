"""Web pages: the lines and tables that a browser would show, in order.

Belongs here: encodings of web pages, which markup breaks a line, opens a cell or hides what it holds, the table model
of HTML (spans, header and footer groups), telling tables of data from tables that only lay out a page. Does not belong
here: what a line or a table means, and several pages in one file (``mhtml``, ``packed``).

The markup is taken as a stream of events: no tree is built, so that neither its size nor the depth of a page that
never closes what it opens costs a recursion. Nothing that a page refers to is fetched, and entities are those of HTML.
"""

from __future__ import annotations

import codecs
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Literal

from juesuan.final_accounts.model import Grid, GridCell, LimitExceeded, Page, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import Limits, plain

MEDIA_TYPE = "text/html"


class OnlyFrames(UnreadableDocument):
    """The page shows nothing itself, only other pages in frames."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# --- encoding ---------------------------------------------------------------------------------------------------------

_HEAD = 16384
_DECLARED = (
    re.compile(rb"<\?xml[^>]{0,200}encoding\s*=\s*[\"']([\w.:-]+)", re.I),
    re.compile(rb"<meta[^>]{0,300}charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I),
)
#: What pages call the Chinese encodings: each is a part of GB18030, and pages that name a part use more of it.
_CHINESE = _names("gb2312 gb_2312-80 gbk gb18030 gb18030-2022 x-gbk cp936 ms936 936 euc-cn chinese")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, declared: str | None = None) -> tuple[str, str, int]:
    """The text of a page, the name of its encoding, and how many bytes were no character in it (U+FFFD stands there).

    A byte order mark decides; else the bytes are UTF-8 where they are valid UTF-8, whatever is declared (pages often
    declare what they were converted from); else what ``declared`` (by a mail header, say), the XML declaration or
    ``<meta>`` says, GB2312 and GBK read as GB18030; else UTF-8 or GB18030, whichever nearly fits. Raises
    ``UnreadableDocument`` where nothing does.
    """
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _lenient(data[3:] if encoding == "utf-8" else data, encoding)
    if data[:256].count(0) > 32:
        # UTF-16 without its mark: every second byte of markup is zero
        return _lenient(data, "utf-16-be" if data[0] == 0 else "utf-16-le")
    try:
        return data.decode("utf-8"), "utf-8", 0
    except UnicodeDecodeError:
        pass
    said = _known(declared) or next(
        (
            name
            for pattern in _DECLARED
            if (m := pattern.search(data[:_HEAD])) and (name := _known(m.group(1).decode()))
        ),
        None,
    )
    if said is not None and said not in ("gb18030", "utf-8") and not _is_western(said):
        return _lenient(data, said)
    without = data.translate(None, bytes(range(0x09)) + b"\x0b" + bytes(range(0x0E, 0x20)) + b"\x7f")
    try:
        return (*plain.decode(without), 0)
    except UnreadableDocument:
        pass
    # damaged in places: what is no character stands in the text as such, the rest is as good as ever
    for encoding in ("utf-8", "gb18030"):
        text, _, bad = _lenient(data, encoding)
        if bad <= 0.05 * sum(c > "\x7f" for c in text) and (encoding == said or plain.is_chinese(text)):
            return text, encoding, bad
    if said is not None and _is_western(said):
        return _lenient(data, said)
    raise UnreadableDocument("its text is in no known encoding: neither UTF-8 nor GB18030; download it again")


def _known(name: str | None) -> str | None:
    """What Python calls an encoding; None for a name that no encoding of text has."""
    low = (name or "").strip().strip("\"'").lower()
    if low in _CHINESE:
        return "gb18030"
    try:
        found = codecs.lookup(low).name
        "".encode(found)
    except (LookupError, ValueError):
        return None
    return None if found.startswith(("utf-16", "utf-32", "utf-7")) else found


def _is_western(encoding: str) -> bool:
    return encoding.startswith(("iso8859", "cp125", "ascii", "latin"))


def _lenient(data: bytes, encoding: str) -> tuple[str, str, int]:
    text = data.decode(encoding, "replace").removeprefix("\ufeff")
    return text, encoding.removesuffix("-le").removesuffix("-be"), text.count("\ufffd")


# --- what a browser shows ---------------------------------------------------------------------------------------------

_VOID = _names("area base basefont bgsound br col embed frame hr img input link meta param source track wbr")
#: Elements whose text no browser shows, or shows only in place of what it could not load.
_UNSHOWN = _names(
    "script style title noscript template iframe noframes noembed applet audio video canvas svg math map select option"
    " datalist comment xml"
)
_BLOCK = _names(
    "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer"
    " form frameset h1 h2 h3 h4 h5 h6 head header hgroup html legend li listing main menu nav ol p plaintext pre search"
    " section summary ul xmp table thead tbody tfoot tr td th caption"
)
_PRE = frozenset({"pre", "listing", "xmp", "plaintext", "textarea"})
_GROUPS = frozenset({"thead", "tbody", "tfoot"})
_IN_TABLE = _GROUPS | {"tr", "td", "th", "caption"}
_STYLE = re.compile(r"(?:^|[;\s])(display|visibility|white-space|mso-hide)\s*:\s*([\w-]+)", re.I)
_WHITE = re.compile(r"[ \t\n\r\f]+")
_LINE_END = re.compile(r"\r\n|\r|\n|\f")
# Shown as nothing: marks of direction, joiners, soft hyphens, byte order marks. A no-break space is shown as a space.
_SHOWN = str.maketrans({**dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad"), "\xa0": " "})
_WIDE_MARKS = "“”‘’…—·"

_SHOWS, _INVISIBLE, _GONE = 0, 1, 2

Scope = Literal["page", "table", "cell", "caption"]


class _Flow:
    """What stands in a page, a cell or a caption from top to bottom: lines as strings, tables as drafts."""

    __slots__ = ("_edge", "_parts", "_white", "items")

    def __init__(self) -> None:
        self.items: list[str | _Draft] = []
        self._parts: list[str] = []
        self._white = ""  # white space waiting for a word behind it: " ", or "\n" where only the source was wrapped
        self._edge = True  # whether a tag was the last that came

    def tag(self) -> None:
        """A tag stands here: white space on either side of it parts words."""
        self._edge = True
        if self._white:
            self._white = " "

    def say(self, text: str) -> None:
        """Text whose white space collapses, as CSS has it: a line end of the source between wide characters is none."""
        at = 0
        for match in _WHITE.finditer(text):
            if match.start() > at:
                self._word(text[at : match.start()])
            self._white = "\n" if not (self._edge or self._white) and _wraps(match.group()) else " "
            at = match.end()
        if at < len(text):
            self._word(text[at:])

    def say_pre(self, text: str) -> None:
        """Text whose white space stays."""
        lines = _LINE_END.split(text)
        for k, line in enumerate(lines):
            if k:
                self.end_line()
            if line:
                self._flush_white(line[0])
                self._parts.append(line)

    def _word(self, word: str) -> None:
        self._flush_white(word[0])
        self._parts.append(word)
        self._edge = False

    def _flush_white(self, behind: str) -> None:
        if self._white and self._parts and not (self._white == "\n" and _wide(self._parts[-1][-1]) and _wide(behind)):
            self._parts.append(" ")
        self._white = ""

    def end_line(self) -> None:
        """What comes begins a new line."""
        self._white = ""
        self._edge = True
        if self._parts:
            text = "".join(self._parts).translate(_SHOWN).rstrip()
            self._parts.clear()
            if text.strip():
                self.items.append(text)

    def lines(self) -> Iterator[str]:
        """Every line, those of its tables cell by cell."""
        for item in self.items:
            if isinstance(item, str):
                yield item
            else:
                for cell in item.cells:
                    yield from filter(None, cell.text.split("\n"))


def _wraps(white: str) -> bool:
    return "\n" in white or "\r" in white


def _wide(character: str) -> bool:
    return character > "\u2e7f" or character in _WIDE_MARKS


# --- tables -----------------------------------------------------------------------------------------------------------

_MOST_COLUMNS, _MOST_ROWS = 1000, 65534  # the table model of HTML cuts spans here
#: A cell of this many characters, of which one line has so many, is a part of a page and no cell of a table.
_LONG_CELL, _LONG_LINE = 200, 40
_FEW_CELLS = 12
#: One that outweighs any number of cells around it.
_PAGE_CELL = 1000
_FIGURE = re.compile(r"[-−–(（]?[\d０-９][\d０-９,，]*(?:[.．][\d０-９]+)?[)）%％]?")
_NUMBER = re.compile(r"-?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


@dataclass(slots=True)
class _Cell:
    col_span: int
    row_span: int  # 0: to the end of its group
    number: str | None  # as stored by the workbook that the page was made from; '' where it is what is shown
    flow: _Flow = field(default_factory=_Flow)


@dataclass(slots=True)
class _Table:
    """A table while its markup comes: rows by group."""

    groups: list[tuple[str, list[list[_Cell]]]] = field(default_factory=list)
    captions: _Flow = field(default_factory=_Flow)  # and what stands in the table but in no cell
    row_is_open: bool = False

    def open_group(self, tag: str) -> None:
        self.groups.append((tag, []))
        self.row_is_open = False

    def open_row(self) -> list[_Cell]:
        if not self.groups:
            self.open_group("tbody")
        self.groups[-1][1].append([])
        self.row_is_open = True
        return self.groups[-1][1][-1]

    def in_order(self) -> list[list[list[_Cell]]]:
        """The groups as shown: the first header group on top, the first footer group at the bottom."""
        firsts = {kind: next((g for g in self.groups if g[0] == kind), None) for kind in ("thead", "tfoot")}
        head, foot = firsts["thead"], firsts["tfoot"]
        body = [g for g in self.groups if g is not head and g is not foot]
        return [rows for _, rows in [g for g in (head,) if g] + body + [g for g in (foot,) if g]]


@dataclass(slots=True)
class _Draft:
    """A table of data: a grid that does not know its page yet."""

    n_rows: int
    n_cols: int
    cells: list[GridCell]


def _place(table: _Table, limits: Limits) -> tuple[int, int, list[tuple[int, int, int, int, _Cell]]]:
    """Row, column, height and width of each cell, as HTML's table model has them; and how many rows and columns.

    Where cells would overlap, the later one is narrower. Columns in which no cell begins are none.
    """
    groups = table.in_order()
    n_rows = sum(map(len, groups))
    placed: list[tuple[int, int, int, int, _Cell]] = []
    busy: list[int] = []  # for each column, the first row that is free
    r = 0
    for rows in groups:
        end = r + len(rows)
        for row in rows:
            c = 0
            for cell in row:
                while c < len(busy) and busy[c] > r:
                    c += 1
                width = 1
                while width < cell.col_span and not (c + width < len(busy) and busy[c + width] > r):
                    width += 1
                if c + width > len(busy):
                    busy.extend([0] * (c + width - len(busy)))
                    if len(busy) * n_rows > limits.max_cells:
                        raise LimitExceeded(
                            f"a table has {n_rows:,} rows and {len(busy):,} columns or more;"
                            f" the limit is {limits.max_cells:,} cells (max_cells)"
                        )
                bottom = min(r + cell.row_span, end) if cell.row_span else end
                busy[c : c + width] = [bottom] * width
                placed.append((r, c, bottom - r, width, cell))
                c += width
            r += 1
    starts = sorted({c for _, c, _, _, _ in placed})
    within = [
        (r, left, height, bisect_left(starts, c + width) - left, cell)
        for r, c, height, width, cell in placed
        for left in (bisect_left(starts, c),)
    ]
    return n_rows, len(starts), within


def _settle(table: _Table, limits: Limits, count: Callable[[int], None]) -> list[str | _Draft]:
    """What a table shows: one grid, or the contents of its cells in order where it only lays out a page.

    ``count`` is told of cells that are added for places that have none.
    """
    n_rows, n_cols, placed = _place(table, limits)
    above = table.captions.items
    said = [p for p in placed if p[4].flow.items]
    if not said:
        return above
    if _lays_out(said, n_rows):
        return above + [item for _, _, _, _, cell in said for item in cell.flow.items]
    count(n_rows * n_cols - sum(height * width for _, _, height, width, _ in placed))
    cells = [_grid_cell(*p) for p in placed] + _blanks(n_rows, n_cols, placed)
    cells.sort(key=lambda c: (c.row, c.col))
    return [*above, _Draft(n_rows, n_cols, cells)]


def _lays_out(said: list[tuple[int, int, int, int, _Cell]], n_rows: int) -> bool:
    """Whether a table stands for the layout of a page, by what its cells that say something hold.

    One column; a single row without a figure; tables that hold more than the cells beside them; or whole paragraphs
    in one of few cells, or in one that outweighs all others.
    """
    if len({c for _, c, _, _, _ in said}) == 1:
        return True
    flows = [p[4].flow for p in said]
    inner = sum(len(item.cells) for flow in flows for item in flow.items if isinstance(item, _Draft))
    if inner:
        own = sum(all(isinstance(item, str) for item in flow.items) for flow in flows)
        return 2 * inner > own
    if n_rows == 1:
        return not any(_FIGURE.fullmatch(line.strip()) for flow in flows for line in flow.lines())
    sizes = [[len(line) for line in flow.lines()] for flow in flows]
    lengths = [sum(one) for one in sizes]
    long = sum(sum(one) >= _LONG_CELL and max(one) >= _LONG_LINE for one in sizes)
    if len(said) <= _FEW_CELLS:
        return long > 0 and len(said) <= 2 * long + 4
    return long > 0 and max(lengths) >= max(_PAGE_CELL, 0.6 * sum(lengths))


def _grid_cell(row: int, col: int, row_span: int, col_span: int, cell: _Cell) -> GridCell:
    text = "\n".join(line.strip() for line in cell.flow.lines())
    number = _stored(text if cell.number == "" else cell.number) if cell.number is not None and text else None
    return GridCell(row, col, row_span, col_span, text, number=number)


def _stored(text: str) -> Decimal | None:
    """The number that a workbook says it stores; None where that is none."""
    got = text.strip()
    if _NUMBER.fullmatch(got):
        got = got.replace(",", "")
    try:
        number = Decimal(got)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number.adjusted()) < 30 and len(number.as_tuple().digits) < 60 else None


def _blanks(n_rows: int, n_cols: int, placed: list[tuple[int, int, int, int, _Cell]]) -> list[GridCell]:
    """Cells for the places that no cell covers, in rows that have fewer cells than others."""
    covered = [bytearray(n_cols) for _ in range(n_rows)]
    for row, col, height, width, _ in placed:
        for r in range(row, row + height):
            covered[r][col : col + width] = b"\x01" * width
    return [GridCell(r, c, 1, 1, "") for r in range(n_rows) for c in range(n_cols) if not covered[r][c]]


# --- the events of the markup -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Open:
    """What opened a scope, and the elements that are open in it: name, what is shown, white space kept, block."""

    kind: Scope
    base: int
    pre: bool
    flow: _Flow
    table: _Table | None = None
    elements: list[tuple[str, int, bool, bool]] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def shows(self) -> int:
        return self.elements[-1][1] if self.elements else self.base

    @property
    def keeps_white(self) -> bool:
        return self.elements[-1][2] if self.elements else self.pre


class _Builder:
    """Takes the events of a parser; ``flow`` is what the page shows. A scope bounds what an end tag can close."""

    def __init__(self, limits: Limits, *, with_hidden: bool = False) -> None:
        self.limits = limits
        self.flow = _Flow()
        self.frames: list[str] = []
        self.pictures = 0
        self.hidden = 0  # characters of text that is in the page and not shown
        self._with_hidden = with_hidden
        self._scopes = [_Open("page", _SHOWS, False, self.flow)]
        self._depth = 0
        self._count = 0

    # The names of the next four are those that lxml calls.

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        if self._depth > self.limits.max_depth:
            raise LimitExceeded(
                f"its elements are nested more than {self.limits.max_depth:,} deep, the limit (max_depth)"
            )
        scope = self._scopes[-1]
        scope.flow.tag()
        style = dict(_STYLE.findall(attributes.get("style", "").lower())) if attributes else {}
        shows = self._shown(scope, tag, attributes, style)
        if shows != _GONE and tag in _IN_TABLE and self._in_table(tag, attributes, shows, style):
            return
        if shows != _GONE and tag == "table":
            self._open_table(shows)
            return
        if tag in _VOID:
            self._void(scope, tag, attributes, shows)
            return
        display = style.get("display", "")
        block = (
            tag in _BLOCK
            if not display
            else display in ("block", "flex", "grid", "list-item")
            or (display.startswith("table") or (tag in _BLOCK and not display.startswith("inline")))
        )
        if block and shows != _GONE:
            self._end_line(scope)
        pre = scope.keeps_white or tag in _PRE
        if "white-space" in style:
            pre = style["white-space"].startswith("pre") or style["white-space"] == "break-spaces"
        scope.elements.append((tag, shows, pre, block))
        scope.counts[tag] += 1

    def end(self, tag: str) -> None:
        self._depth -= 1
        scope = self._scopes[-1]
        scope.flow.tag()
        if tag in _VOID:
            return
        if scope.counts[tag]:
            self._pop(scope, tag)
            return
        if tag in ("td", "th", "caption"):
            if scope.kind == ("caption" if tag == "caption" else "cell"):
                self._close_scope()
            return
        if tag == "table" or tag in _IN_TABLE:
            depth = next((k for k in range(len(self._scopes) - 1, 0, -1) if self._scopes[k].kind == "table"), 0)
            if depth and (tag == "table" or self._scopes[depth].counts[tag]):
                while len(self._scopes) > depth + 1:
                    self._close_scope()
                if tag == "table":
                    self._close_scope()
                else:
                    self._pop(self._scopes[-1], tag)

    def data(self, text: str) -> None:
        scope = self._scopes[-1]
        if scope.shows != _SHOWS:
            if not scope.elements or scope.elements[-1][0] not in _UNSHOWN:
                self.hidden += len(text.strip())
            return
        if _CONTROLS.search(text):
            text = _CONTROLS.sub("", text)
        if scope.keeps_white and scope.kind != "table":
            scope.flow.say_pre(text)
        else:
            scope.flow.say(text)

    def close(self) -> _Builder:
        while len(self._scopes) > 1:
            self._close_scope()
        self.flow.end_line()
        return self

    # --- elements

    def _shown(self, scope: _Open, tag: str, attributes: Mapping[str, str], style: Mapping[str, str]) -> int:
        inherited = scope.shows
        if inherited == _GONE or tag in _UNSHOWN:
            return _GONE
        if not self._with_hidden:
            if style.get("display") == "none" or style.get("mso-hide") == "all" or "hidden" in attributes:
                return _GONE
            visibility = style.get("visibility")
            if visibility == "collapse" and tag in ("tr", *_GROUPS):
                return _GONE
            if visibility in ("hidden", "collapse"):
                return _INVISIBLE
            if visibility == "visible":
                return _SHOWS
        return inherited

    def _void(self, scope: _Open, tag: str, attributes: Mapping[str, str], shows: int) -> None:
        if shows == _GONE:
            return
        if tag in ("br", "hr"):
            self._end_line(scope)
        elif tag == "frame" and attributes.get("src"):
            self.frames.append(attributes["src"])
        elif tag == "img":
            self.pictures += 1

    def _end_line(self, scope: _Open) -> None:
        before = len(scope.flow.items)
        scope.flow.end_line()
        self._counted(len(scope.flow.items) - before)

    def _counted(self, more: int) -> None:
        self._count += more
        if self._count > self.limits.max_cells:
            raise LimitExceeded(f"it has more than {self.limits.max_cells:,} lines and cells, the limit (max_cells)")

    def _pop(self, scope: _Open, tag: str) -> None:
        """Close the elements of a scope down to the last of this name."""
        while True:
            name, shows, _, block = scope.elements.pop()
            scope.counts[name] -= 1
            if block and shows != _GONE:
                self._end_line(scope)
            if name == tag:
                if name == "tr" and scope.table is not None:
                    scope.table.row_is_open = False
                return

    # --- tables

    def _open_table(self, shows: int) -> None:
        scope = self._scopes[-1]
        if scope.kind == "table":
            # a table in a table but in no cell of it ends it
            self._close_scope()
            scope = self._scopes[-1]
        self._end_line(scope)
        table = _Table()
        self._scopes.append(_Open("table", shows, scope.keeps_white, table.captions, table))

    def _in_table(self, tag: str, attributes: Mapping[str, str], shows: int, style: Mapping[str, str]) -> bool:
        """Take a part of a table; False where it stands in none."""
        if self._scopes[-1].kind != "table":
            if len(self._scopes) == 1:
                return False
            self._close_scope()
            shows = self._shown(self._scopes[-1], tag, attributes, style)
        scope = self._scopes[-1]
        table = scope.table
        assert table is not None
        self._end_line(scope)
        if tag in _GROUPS or tag == "tr":
            for name in ("tr", *(_GROUPS if tag in _GROUPS else ())):
                if scope.counts[name]:
                    self._pop(scope, name)
            shows = self._shown(scope, tag, attributes, style)
            scope.elements.append((tag, shows, scope.keeps_white, False))
            scope.counts[tag] += 1
            if shows != _GONE:
                if tag == "tr":
                    table.open_row()
                else:
                    table.open_group(tag)
            return True
        if shows == _GONE:
            # hidden as a whole, with the row that opened before it
            scope.elements.append((tag, shows, False, False))
            scope.counts[tag] += 1
            return True
        if tag == "caption":
            self._scopes.append(_Open("caption", shows, scope.keeps_white, table.captions))
            return True
        row = table.groups[-1][1][-1] if table.row_is_open else table.open_row()
        number = attributes.get("x:num", attributes.get("sdval")) if "x:str" not in attributes else None
        cell = _Cell(
            _span(attributes.get("colspan"), 1, _MOST_COLUMNS) or 1,
            _span(attributes.get("rowspan"), 1, _MOST_ROWS),
            number,
        )
        self._counted(1)
        row.append(cell)
        keeps = style["white-space"].startswith("pre") if "white-space" in style else scope.keeps_white
        self._scopes.append(_Open("cell", shows, keeps, cell.flow))
        return True

    def _close_scope(self) -> None:
        scope = self._scopes.pop()
        self._end_line(scope)
        if scope.table is not None:
            items = _settle(scope.table, self.limits, self._counted)
            above = self._scopes[-1].flow
            if above.items:
                above.items.extend(items)
            else:
                above.items = items


def _span(text: str | None, default: int, most: int) -> int:
    """A span as HTML reads it: the digits it begins with, no more than HTML allows."""
    found = re.match(r"\s*\+?0*(\d+)", text or "")
    if not found:
        return default
    return int(found.group(1)) if len(found.group(1)) < 6 and int(found.group(1)) <= most else most


# --- the page ---------------------------------------------------------------------------------------------------------

_CELL_TAG = re.compile(r"<(/?)(td|th|tr|table|html|body)\b", re.I)
#: A page may leave its cells open for ever; it then ends with one of these.
_ENDS = re.compile(r"</(?:div|script|form|center|style|noscript)\s*>\s*$", re.I)


def read(data: bytes, limits: Limits) -> Reading:
    """One page without number; lines count through it, ``span`` is the place of a line in all of them.

    Raises ``UnreadableDocument`` where it shows no text (pictures, frames, a script) or breaks off within its markup,
    and ``LimitExceeded``.
    """
    page, notes = read_page(data, limits)
    return Reading("html", MEDIA_TYPE, (page,), notes)


def read_page(
    data: bytes, limits: Limits, declared: str | None = None, number: int | None = None
) -> tuple[Page, tuple[str, ...]]:
    """One page of HTML and what is to be said of it; ``declared`` is the encoding that came with it, if any did."""
    text, encoding, bad = decode(data, declared)
    if _breaks_off(text):
        raise UnreadableDocument("truncated: the page breaks off within its markup; download it again")
    notes = []
    if encoding != "utf-8":
        notes.append(f"the text is encoded in {encoding.upper()}")
    if bad:
        notes.append(f"{bad} bytes are no characters of {encoding.upper()}; they stand as U+FFFD")
    built = _parse(text, limits)
    if not built.flow.items and built.hidden and not built.frames:
        built = _parse(text, limits, with_hidden=True)
        notes.append("the page hides all of its text until a script shows it; it was read as if shown")
    if not built.flow.items:
        if built.frames:
            names = ", ".join(dict.fromkeys(built.frames))
            raise OnlyFrames(f"the page only frames others ({names}); add them all as one folder or archive")
        raise UnreadableDocument(_why_empty(built, text))
    if not re.search(r"</(?:html|body)\b", text[-4096:], re.I) and re.search(r"<html\b", text[:4096], re.I):
        notes.append("the page has no end (</html>): it may be truncated")
    return Page(number, None, None, _blocks(built.flow, number), name=_sheet_name(text)), tuple(notes)


def _parse(text: str, limits: Limits, *, with_hidden: bool = False) -> _Builder:
    from lxml import etree

    builder = _Builder(limits, with_hidden=with_hidden)
    # declared encodings have had their say; huge_tree lifts limits of the parser that this module sets itself
    parser = etree.HTMLParser(target=builder, encoding="utf-8", huge_tree=True, no_network=True)
    try:
        etree.fromstring(text.encode("utf-8", "replace"), parser)
    except etree.LxmlError as error:
        raise UnreadableDocument(f"not a web page that can be read: {error}") from error
    return builder.close()


def _blocks(flow: _Flow, page: int | None) -> tuple[TextLine | Grid, ...]:
    blocks: list[TextLine | Grid] = []
    line = start = 0
    for item in flow.items:
        if isinstance(item, str):
            line += 1
            blocks.append(TextLine(item, page, line, None, (start, start + len(item))))
            start += len(item) + 1
        else:
            blocks.append(Grid(page, item.n_rows, item.n_cols, tuple(item.cells)))
    return tuple(blocks)


def _breaks_off(text: str) -> bool:
    """Whether the last thing that the markup opened is a cell, or a tag."""
    tail = text[-65536:]
    if "<" not in tail:
        return False
    last = tail[tail.rindex("<") :]
    if re.match(r"</?[a-z!]", last, re.I) and ">" not in last:
        return True
    tags = list(_CELL_TAG.finditer(tail))
    return bool(tags) and not tags[-1].group(1) and tags[-1].group(2).lower() in ("td", "th") and not _ENDS.search(tail)


def _why_empty(built: _Builder, text: str) -> str:
    if built.pictures:
        return f"the page shows {built.pictures} pictures and no text; add the pictures"
    if re.search(r"<script\b", text, re.I):
        return "the page holds no text, a script fetches it; print it to PDF and add that"
    return "the page holds no text"


# --- pages made by Excel ----------------------------------------------------------------------------------------------

_SHEET = re.compile(r"<x:ExcelWorksheet>(.{0,20000}?)</x:ExcelWorksheet>", re.S)
_SHEET_NAME = re.compile(r"<x:Name>([^<]*)</x:Name>")
_SHEET_SOURCE = re.compile(r"<x:WorksheetSource\s+HRef=\"([^\"]*)\"")


def sheets(text: str) -> list[tuple[str, str | None]]:
    """The sheets of the workbook that a page was made from: name and the address of its page, None where it is this."""
    from html import unescape

    found = []
    for match in _SHEET.finditer(text):
        name = _SHEET_NAME.search(match.group(1))
        source = _SHEET_SOURCE.search(match.group(1))
        if name:
            found.append((unescape(name.group(1)).strip(), unescape(source.group(1)) if source else None))
    return found


def _sheet_name(text: str) -> str | None:
    found = sheets(text)
    return found[0][0] if len(found) == 1 and found[0][1] is None else None
