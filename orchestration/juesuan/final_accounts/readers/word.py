"""Word documents (.docx): their paragraphs as lines and their tables as grids, in the order of the document.

Belongs here: what of a document's markup is printed and what is not, numbers of lists, merged and nested tables, text
boxes, pictures that are pages. Does not belong here: list formats (``list_numbers``), headings, what a table means.

A Word document has no pages: lines count through the document, and ``span`` is the place of a line in the running text,
which is the lines one below the other without the tables. ECMA-376 Part 1, 17.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import Grid, GridCell, LimitExceeded, Page, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import DOCX, Limits, sniff
from juesuan.final_accounts.readers.list_numbers import Level, List, Numbering
from juesuan.final_accounts.readers.zipped import open_zip, parse_xml, read_member

if TYPE_CHECKING:
    from lxml import etree

_MAIN = "word/document.xml"
#: What is in the markup and not printed: removed text, codes of fields, properties, what only refers to elsewhere.
_NOT_PRINTED = {
    *("del", "moveFrom", "delText", "delInstrText", "instrText", "fldChar", "fldData", "proofErr"),
    *("rPr", "pPr", "tblPr", "tblGrid", "trPr", "tcPr", "sectPr", "sdtPr", "sdtEndPr", "customXmlPr", "smartTagPr"),
    *("footnoteReference", "endnoteReference", "commentReference", "annotationRef", "footnoteRef", "endnoteRef"),
    *("bookmarkStart", "bookmarkEnd", "rt", "rubyPr"),
}
#: Check boxes and ticks of the symbol fonts; their other characters are ornament.
_SYMBOLS = {
    0x52: "☑",
    0xFE: "☑",
    0xA8: "☐",
    0x6F: "☐",
    0x71: "☐",
    0xA3: "☐",
    0xFC: "✓",
    0xFB: "✗",
    0x53: "☒",
    0xFD: "☒",
}
_TRUE = (None, "1", "true", "on")
#: A picture that covers this share of the page stands for a page.
_PAGE_SHARE = 0.4
_A4 = 595.3 * 841.9
_EMU, _TWIP = 12700, 20  # to a point
#: A table is there for the layout where it has at most so many cells of its own for each cell that holds tables.
_OWN_CELLS = 8
_QUOTED = 60


def read(data: bytes, limits: Limits) -> Reading:
    """The document as one page without a number: lines and grids.

    Removed text, codes of fields, hidden text, headers and footers are left out; numbers of lists are put in. A table
    within a table is a grid of its own behind it; a table that only arranges others gives lines and their grids.
    Pictures as large as a page are scans: with the ``ocr`` extra each is a page of method ``ocr``, numbered from 1,
    between those parts of the text between which it stands. Raises ``UnreadableDocument`` (damaged, without text) and
    ``LimitExceeded``.
    """
    document = _Document(open_zip(data, limits), limits)
    document.read()
    pages = _with_scans(document, limits)
    if not any(page.blocks for page in pages):
        if not document.pictures:
            raise UnreadableDocument("the document holds no text")
        why = document.missed[0] if document.missed else "add the document that they were taken from"
        raise UnreadableDocument(f"the document holds pictures ({len(document.pictures):,}) and no text: {why}")
    return Reading("office", DOCX, tuple(pages), tuple(document.notes))


def _with_scans(document: _Document, limits: Limits) -> list[Page]:
    """The blocks of the document in one page, or parted by the pictures that are pages."""
    scans = [picture for picture in document.pictures if picture.share >= _PAGE_SHARE]
    pages: list[Page] = []
    start = 0
    number = 0
    for scan in scans:
        try:
            found = _scanned(document, scan, limits)
        except LimitExceeded:
            raise
        except UnreadableDocument as error:
            document.missed.append(f"{posixpath.basename(scan.name)} ({error})")
            continue
        if scan.before > start:
            pages.append(Page(None, None, None, tuple(document.blocks[start : scan.before])))
            start = scan.before
        for page in found:
            number += 1
            pages.append(_renumbered(page, number))
    if len(document.blocks) > start or not pages:
        pages.append(Page(None, None, None, tuple(document.blocks[start:])))
    if document.missed:
        document.notes.append(f"pictures as large as a page that were not read: {'; '.join(document.missed)}")
    return pages


def _scanned(document: _Document, scan: _Picture, limits: Limits) -> tuple[Page, ...]:
    """What is printed on a picture. Raises ``UnreadableDocument`` where it is none of pixels, or shows no print."""
    data = document.part(scan.name)
    if not sniff(data).startswith("image/"):
        raise UnreadableDocument("a drawing, not a picture")
    from juesuan.final_accounts.readers import image

    reading = image.read(data, limits)
    document.notes.extend(f"{posixpath.basename(scan.name)}: {note}" for note in reading.notes)
    return reading.pages


def _renumbered(page: Page, number: int) -> Page:
    blocks = tuple(replace(block, page=number) for block in page.blocks)
    return replace(page, number=number, blocks=blocks, method="ocr")


# --- the parts of the file -------------------------------------------------------------------------------------------


def _tag(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """The first child of a child ... by local name."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if _tag(child) == name), None)
    return element


def _value(element: etree._Element | None, name: str = "val") -> str | None:
    """An attribute by local name; None where the element or the attribute is missing."""
    if element is None:
        return None
    return next((value for key, value in element.items() if key.rpartition("}")[2] == name), None)


def _number(text: str | None, default: int = 0) -> int:
    try:
        return int(text) if text is not None and len(text) < 12 else default
    except ValueError:
        return default


def _on(element: etree._Element | None) -> bool:
    """Whether a switch is there and not switched off."""
    return element is not None and _value(element) in _TRUE


@dataclass(frozen=True, slots=True)
class _Style:
    based_on: str | None
    numbering: str | None
    level: int | None
    hidden: bool


class _Styles:
    """Which list a paragraph is in, and its number."""

    def __init__(self, styles: etree._Element | None, numbering: etree._Element | None) -> None:
        self._styles: dict[str, _Style] = {}
        self.normal: str | None = None
        for style in styles if styles is not None else ():
            if _tag(style) != "style":
                continue
            name = _value(style, "styleId") or ""
            listed = _child(style, "pPr", "numPr")
            level = _value(_child(listed, "ilvl"))
            self._styles[name] = _Style(
                _value(_child(style, "basedOn")),
                _value(_child(listed, "numId")),
                None if level is None else _number(level),
                _on(_child(style, "rPr", "vanish")),
            )
            if _value(style, "type") == "paragraph" and _value(style, "default") in ("1", "true", "on"):
                self.normal = name
        self._numberings: dict[str, Numbering] = {}
        self._of_style: dict[tuple[str, str], int] = {}
        if numbering is not None:
            self._read_numbering(numbering)

    def _read_numbering(self, numbering: etree._Element) -> None:
        abstract: dict[str, etree._Element] = {}
        uses: list[etree._Element] = []
        for item in numbering:
            if _tag(item) == "abstractNum":
                abstract[_value(item, "abstractNumId") or ""] = item
            elif _tag(item) == "num":
                uses.append(item)
        by_use = {_value(use, "numId") or "": _value(_child(use, "abstractNumId")) or "" for use in uses}
        lists: dict[str, List] = {}
        for use in uses:
            number = _value(use, "numId") or ""
            name = by_use[number]
            # a list that only names a style is the one that the style names
            link = _value(_child(abstract.get(name), "numStyleLink"))
            if link is not None and link in self._styles:
                name = by_use.get(self._styles[link].numbering or "", name)
            if name not in abstract:
                continue
            if name not in lists:
                lists[name] = List(dict(_levels(abstract[name])))
            made = Numbering(lists[name])
            for override in use:
                if _tag(override) != "lvlOverride":
                    continue
                at = _number(_value(override, "ilvl"))
                made.levels.update(_levels(override))
                start = _value(_child(override, "startOverride"))
                if start is not None:
                    made.starts[at] = _number(start)
            self._numberings[number] = made
            for level in abstract[name]:
                if _tag(level) == "lvl" and (style := _value(_child(level, "pStyle"))):
                    self._of_style[number, style] = _number(_value(level, "ilvl"))

    def number(self, properties: etree._Element | None) -> str:
        """What Word prints before a paragraph with these properties; counts it."""
        listed = _child(properties, "numPr")
        number, level = _value(_child(listed, "numId")), _value(_child(listed, "ilvl"))
        at = None if level is None else _number(level)
        style = _value(_child(properties, "pStyle")) or self.normal
        for _ in range(len(self._styles)):
            if style is None or style not in self._styles or number is not None:
                break
            known = self._styles[style]
            if known.numbering is not None:
                number = known.numbering
                at = at if at is not None else self._of_style.get((number, style), known.level)
            style = known.based_on
        if number is None or number not in self._numberings:
            return ""
        return self._numberings[number].next(at or 0)

    def hidden(self, properties: etree._Element | None) -> bool:
        """Whether a run with these properties is hidden text."""
        vanish = _child(properties, "vanish")
        if vanish is not None:
            return _on(vanish)
        style = _value(_child(properties, "rStyle"))
        return style is not None and style in self._styles and self._styles[style].hidden


def _levels(parent: etree._Element) -> Iterator[tuple[int, Level]]:
    for item in parent:
        if _tag(item) == "lvl":
            restart = _value(_child(item, "lvlRestart"))
            yield (
                _number(_value(item, "ilvl")),
                Level(
                    start=_number(_value(_child(item, "start"))),
                    style=_style(item),
                    text=_value(_child(item, "lvlText")) or "",
                    suffix=_value(_child(item, "suff")) or "tab",
                    restart=None if restart is None else _number(restart),
                    all_decimal=_on(_child(item, "isLgl")),
                ),
            )


def _style(level: etree._Element) -> str:
    """The number format; where Word writes a newer one beside it (``mc:AlternateContent``), the one that all know."""
    for element in level.iter("{*}numFmt"):
        style = _value(element)
        if style and style != "custom":
            return style
    return "decimal"


# --- the document ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture: its part, the share of a page that it covers, how many blocks stand before it."""

    name: str
    share: float
    before: int


@dataclass(slots=True)
class _Box:
    """What a paragraph says: its printed text, and the text boxes that are anchored in it, block by block."""

    text: str = ""
    boxes: list[etree._Element] = field(default_factory=list)


class _Document:
    """Walks the markup once and collects the blocks."""

    def __init__(self, archive: zipfile.ZipFile, limits: Limits) -> None:
        self._archive = archive
        self._limits = limits
        self._names = {name.replace("\\", "/").lstrip("/"): name for name in archive.namelist()}
        self._main = self._target("_rels/.rels", "officeDocument", "") or _MAIN
        if self._main not in self._names:
            raise UnreadableDocument("there is no document in it: truncated or damaged; download it again")
        folder, name = posixpath.split(self._main)
        self._folder = folder
        self._relations = f"{folder}/_rels/{name}.rels"
        self._parts = {name: path for name, _, path in self._relationships(self._relations, folder)}
        self._styles = _Styles(self._related("styles"), self._related("numbering"))
        self._cells = 0
        self._line = 0
        self._offset = 0
        self._objects = 0
        self._page_area = _A4
        self.blocks: list[TextLine | Grid] = []
        self.pictures: list[_Picture] = []
        self.missed: list[str] = []  # pictures as large as a page that were not read, and why
        self.notes: list[str] = []

    def _relationships(self, name: str, folder: str) -> Iterator[tuple[str, str, str]]:
        """(id, kind, path in the archive) of each relationship that does not lead outside."""
        if name not in self._names:
            return
        for item in parse_xml(self._archive, self._names[name]).iter("{*}Relationship"):
            if item.get("TargetMode") != "External":
                path = posixpath.normpath(posixpath.join("/" + folder, item.get("Target", ""))).lstrip("/")
                yield item.get("Id", ""), item.get("Type", "").rpartition("/")[2], path

    def _target(self, name: str, kind: str, folder: str) -> str | None:
        return next(
            (path for _, k, path in self._relationships(name, folder) if k == kind and path in self._names), None
        )

    def _related(self, kind: str) -> etree._Element | None:
        path = self._target(self._relations, kind, self._folder)
        return None if path is None else parse_xml(self._archive, self._names[path])

    def part(self, path: str) -> bytes:
        """The bytes of a part. Raises ``UnreadableDocument`` where it is missing."""
        if path not in self._names:
            raise UnreadableDocument("missing in the document")
        return read_member(self._archive, self._names[path])

    def read(self) -> None:
        """Fill ``blocks``, ``pictures`` and ``notes``."""
        root = parse_xml(self._archive, self._names[self._main])
        body = _child(root, "body")
        if body is None:
            raise UnreadableDocument("the document has no body: truncated or damaged; download it again")
        size = next((item for item in root.iter("{*}pgSz")), None)
        width, height = (_number(_value(size, side)) / _TWIP for side in ("w", "h"))
        if width > 0 and height > 0:
            self._page_area = width * height
        self._blocks(body, self.blocks)
        for kind in ("footnotes", "endnotes"):
            notes = self._related(kind)
            for note in notes if notes is not None else ():
                if _value(note, "type") is None:
                    self._blocks(note, self.blocks)
        self._say_what_is_left_out()

    def _say_what_is_left_out(self) -> None:
        said: list[str] = []
        for _, kind, path in self._relationships(self._relations, self._folder):
            if kind in ("header", "footer") and path in self._names:
                text = " ".join(self._plain(parse_xml(self._archive, self._names[path])).split())
                if any(c.isalpha() for c in text) and text not in said:
                    said.append(text)
        if said:
            shown = "; ".join(text[:_QUOTED] for text in said)
            self.notes.append(f"headers and footers left out: {shown}")
        if self._objects:
            self.notes.append(f"embedded workbooks that were not read: {self._objects:,}")

    def _plain(self, root: etree._Element) -> str:
        """The text of a header, without counting its lists or its pictures. Page numbers have no letters."""
        return " ".join(text.text for text in root.iter("{*}t") if text.text)

    # --- blocks

    def _blocks(self, parent: etree._Element, out: list[TextLine | Grid]) -> None:
        """Paragraphs and tables below ``parent``, whatever wraps them, in order."""
        for child in parent:
            tag = _tag(child)
            if tag == "p":
                self._paragraph(child, out)
            elif tag == "tbl":
                self._table(child, out)
            elif tag == "AlternateContent":
                chosen = _alternative(child)
                if chosen is not None:
                    self._blocks(chosen, out)
            elif tag and tag not in _NOT_PRINTED:
                self._blocks(child, out)

    def _paragraph(self, paragraph: etree._Element, out: list[TextLine | Grid]) -> None:
        said = self._said(paragraph)
        for line in said.text.split("\n"):
            self._add_line(line, out)
        for box in said.boxes:
            self._blocks(box, out)

    def _add_line(self, text: str, out: list[TextLine | Grid]) -> None:
        """A line that has print on it, at its place in the running text."""
        self._line += 1
        text = text.rstrip()
        if text.strip():
            self._count(1)
            out.append(TextLine(text, None, self._line, None, (self._offset, self._offset + len(text))))
        self._offset += len(text) + 1

    def _count(self, cells: int) -> None:
        self._cells += cells
        if self._cells > self._limits.max_cells:
            raise LimitExceeded(
                f"the document has more than {self._limits.max_cells:,} lines and cells of tables (max_cells)"
            )

    # --- paragraphs

    def _said(self, paragraph: etree._Element) -> _Box:
        said = _Box()
        properties = _child(paragraph, "pPr")
        parts: list[str] = []
        self._runs(paragraph, parts, said)
        number = self._styles.number(properties)
        if _child(properties, "rPr", "vanish") is not None and not any(part.strip() for part in parts):
            number = ""
        said.text = number + "".join(parts)
        return said

    def _runs(self, parent: etree._Element, parts: list[str], said: _Box) -> None:
        for child in parent:
            tag = _tag(child)
            if not tag or tag in _NOT_PRINTED:
                continue
            if tag == "t":
                parts.append(child.text or "")
            elif tag == "r":
                if not self._styles.hidden(_child(child, "rPr")):
                    self._runs(child, parts, said)
            elif tag in ("tab", "ptab"):
                parts.append("\t")
            elif tag in ("br", "cr"):
                parts.append("\n")
            elif tag == "noBreakHyphen":
                parts.append("-")
            elif tag == "sym":
                parts.append(_symbol(child))
            elif tag == "AlternateContent":
                chosen = _alternative(child)
                if chosen is not None:
                    self._runs(chosen, parts, said)
            elif tag == "txbxContent":
                said.boxes.append(child)
            elif tag in ("drawing", "pict", "object"):
                self._drawn(child)
                self._runs(child, parts, said)
            else:
                self._runs(child, parts, said)

    def _drawn(self, drawing: etree._Element) -> None:
        """Keep in mind the pictures and the embedded workbooks in a drawing."""
        extent = next(_own(drawing, "extent"), None)
        for image in _own(drawing, "blip", "imagedata"):
            name = _value(image, "embed") or _value(image, "id") or ""
            if extent is not None:
                area = _number(extent.get("cx")) / _EMU * _number(extent.get("cy")) / _EMU
            else:
                shape = next(_own(drawing, "shape"), None)
                area = _shape_area(shape.get("style") or "") if shape is not None else 0.0
            if name in self._parts:
                self.pictures.append(_Picture(self._parts[name], area / self._page_area, len(self.blocks)))
        self._objects += sum((item.get("ProgID") or "").startswith("Excel.") for item in _own(drawing, "OLEObject"))

    # --- tables

    def _table(self, table: etree._Element, out: list[TextLine | Grid]) -> None:
        rows = [row for row in _rows(table) if not _left_out(row)]
        placed = [_placed(row) for row in rows]
        cells = [cell for row in placed for cell in row]
        holding = sum(_holds_table(cell.element) for cell in cells)
        if len(cells) == 1 or (holding and len(cells) - holding <= _OWN_CELLS * holding):
            for cell in cells:
                self._blocks(cell.element, out)
            return
        behind: list[TextLine | Grid] = []
        grid = self._grid(_aligned(placed, _widths(table)), behind)
        if grid is not None:
            out.append(grid)
        out.extend(behind)

    def _grid(self, rows: list[list[_Placed]], behind: list[TextLine | Grid]) -> Grid | None:
        n_cols = max((cell.col + cell.span for row in rows for cell in row), default=0)
        if not n_cols:
            return None
        self._count(len(rows) * n_cols)
        heads: dict[int, list[int]] = {}  # column -> the cell that a merged one below continues: its place in made
        made: list[tuple[int, int, int, int, str]] = []
        taken: set[tuple[int, int]] = set()
        for r, row in enumerate(rows):
            below: dict[int, list[int]] = {}
            for cell in row:
                text = self._cell_text(cell.element, behind)
                head = heads.get(cell.col)
                if cell.merged == "continue" and head is not None and made[head[0]][3] == cell.span:
                    top, left, height, width, said = made[head[0]]
                    made[head[0]] = (top, left, height + 1, width, said)
                    below[cell.col] = head
                else:
                    made.append((r, cell.col, 1, cell.span, text))
                    if cell.merged is not None:
                        below[cell.col] = [len(made) - 1]
                taken.update((r, c) for c in range(cell.col, cell.col + cell.span))
            heads = below
        if not any(text for *_, text in made):
            return None
        made += [(r, c, 1, 1, "") for r in range(len(rows)) for c in range(n_cols) if (r, c) not in taken]
        made.sort(key=lambda item: item[:2])
        return Grid(None, len(rows), n_cols, tuple(GridCell(*item) for item in made))

    def _cell_text(self, cell: etree._Element, behind: list[TextLine | Grid]) -> str:
        """The lines of a cell; the tables in it go behind its own."""
        lines: list[str] = []
        for child in cell:
            tag = _tag(child)
            if tag == "p":
                said = self._said(child)
                lines.append(said.text)
                lines.extend(self._cell_text(box, behind) for box in said.boxes)
            elif tag == "tbl":
                self._table(child, behind)
            elif tag == "AlternateContent":
                chosen = _alternative(child)
                if chosen is not None:
                    lines.append(self._cell_text(chosen, behind))
            elif tag and tag not in _NOT_PRINTED:
                lines.append(self._cell_text(child, behind))
        return "\n".join(line.replace("\t", " ").strip() for line in "\n".join(lines).split("\n") if line.strip())


@dataclass(frozen=True, slots=True)
class _Placed:
    element: etree._Element
    col: int
    span: int
    merged: str | None


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    """The rows of a table, whatever wraps them; not those of tables in its cells."""
    for child in table:
        tag = _tag(child)
        if tag == "tr":
            yield child
        elif tag == "AlternateContent":
            chosen = _alternative(child)
            if chosen is not None:
                yield from _rows(chosen)
        elif tag and tag not in _NOT_PRINTED and tag not in ("tc", "p", "tbl"):
            yield from _rows(child)


def _left_out(row: etree._Element) -> bool:
    """A row that was removed, or that is hidden."""
    properties = _child(row, "trPr")
    return _child(properties, "del") is not None or _on(_child(properties, "hidden"))


def _cells(row: etree._Element) -> Iterator[etree._Element]:
    for child in row:
        tag = _tag(child)
        if tag == "tc":
            yield child
        elif tag and tag not in _NOT_PRINTED and tag not in ("p", "tbl"):
            yield from _cells(child)


#: Borders not farther apart than this, in twips, are one; the widest first.
_NEAR = (180, 90, 30, 10)
_MOST_COLUMNS = 1000  # Word itself allows 63


def _placed(row: etree._Element) -> list[_Placed]:
    """The cells of a row with their columns. A cell that continues the one before it widens it."""
    properties = _child(row, "trPr")
    col = min(max(_number(_value(_child(properties, "gridBefore"))), 0), _MOST_COLUMNS)
    placed: list[_Placed] = []
    for cell in _cells(row):
        about = _child(cell, "tcPr")
        span = min(max(_number(_value(_child(about, "gridSpan")), 1), 1), _MOST_COLUMNS)
        across = _child(about, "hMerge")
        if across is not None and _value(across) != "restart" and placed:
            last = placed[-1]
            placed[-1] = _Placed(last.element, last.col, last.span + span, last.merged)
        else:
            down = _child(about, "vMerge")
            merged = None if down is None else _value(down) or "continue"
            placed.append(_Placed(cell, col, span, merged))
        col += span
        if col > _MOST_COLUMNS:
            raise LimitExceeded(f"a table of the document has more than {_MOST_COLUMNS:,} columns")
    return placed


def _widths(table: etree._Element) -> list[int]:
    """The widths of the columns in twips, as the table declares them."""
    declared = _child(table, "tblGrid")
    return [] if declared is None else [_number(_value(col, "w")) for col in declared if _tag(col) == "gridCol"]


def _aligned(rows: list[list[_Placed]], widths: list[int]) -> list[list[_Placed]]:
    """The cells on those columns that the eye sees.

    Where the borders of two rows do not meet exactly (drawn by hand, or rounded by a converter), the table has a column
    as narrow as the gap, and every cell across it spans one column more. Borders that are so near one another count as
    one, unless a cell lies between them. Columns at which no cell begins or ends go as well.
    """
    edges = sorted({edge for row in rows for cell in row for edge in (cell.col, cell.col + cell.span)})
    at = {edge: sum(widths[:edge]) for edge in edges}
    known = bool(edges) and edges[-1] <= len(widths) and all(width > 0 for width in widths)
    for near in (*(_NEAR if known else ()), 0):
        columns: dict[int, int] = {}
        first = None
        for edge in edges:
            if first is None or not near or at[edge] - first > near:
                first = at[edge]
                columns[edge] = max(columns.values(), default=-1) + 1
            else:
                columns[edge] = max(columns.values())
        if near and any(columns[cell.col] == columns[cell.col + cell.span] for row in rows for cell in row):
            continue
        return [
            [replace(c, col=columns[c.col], span=columns[c.col + c.span] - columns[c.col]) for c in row] for row in rows
        ]
    return rows


def _holds_table(cell: etree._Element) -> bool:
    return next((True for _ in cell.iter("{*}tbl")), False)


def _own(drawing: etree._Element, *tags: str) -> Iterator[etree._Element]:
    """The elements of a drawing with these names; not those in its text boxes, which are read by themselves."""
    for child in drawing:
        tag = _tag(child)
        if tag in tags:
            yield child
        if tag and tag != "txbxContent":
            yield from _own(child, *tags)


def _alternative(element: etree._Element) -> etree._Element | None:
    """One of the renderings of the same content: the first that has text boxes or pictures, else the first."""
    options = [child for child in element if _tag(child) in ("Choice", "Fallback")]
    for option in options:
        if next((True for _ in option.iter("{*}txbxContent", "{*}t", "{*}blip", "{*}imagedata")), False):
            return option
    return options[0] if options else None


def _symbol(element: etree._Element) -> str:
    """A character of a symbol font, which lies in the private range: ticks and boxes as Unicode has them, else none."""
    try:
        code = int(_value(element, "char") or "", 16)
    except ValueError:
        return ""
    if 0xF000 <= code <= 0xF0FF:
        return _SYMBOLS.get(code - 0xF000, "")
    return chr(code) if 0x20 <= code < 0xD800 else ""


_UNITS = {"pt": 1.0, "in": 72.0, "cm": 28.35, "mm": 2.835, "px": 0.75, "pc": 12.0}


def _shape_area(style: str) -> float:
    """Width times height, in square points, of a shape of the old kind (``width:400pt;height:600pt``)."""
    sides = {}
    for item in style.split(";"):
        name, _, value = item.partition(":")
        try:
            sides[name.strip()] = float(value.strip()[:-2]) * _UNITS.get(value.strip()[-2:], 0.0)
        except ValueError:
            continue
    return sides.get("width", 0.0) * sides.get("height", 0.0)
