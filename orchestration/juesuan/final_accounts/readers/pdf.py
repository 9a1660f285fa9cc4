"""PDF files with a text layer: characters and drawn lines of each page, made into lines of text and grids of cells.

Belongs here: how pdfium is asked, which shapes are lines, which glyphs make a run. Does not belong here: how lines
become cells (raster.py), which run belongs to which cell (cells.py), tables whose lines are missing in part or whole
(partly.py, unruled.py), what a grid or a line means, header rows, OCR.

How it works. Every coordinate is turned at once into the *reading frame*: the page turned so that most of its text
runs from left to right, y growing downwards. Glyphs make runs (no gap, one baseline); drawn lines make walls; areas
with no wall between them make cells. A run goes to the cell it stands in; runs outside of every cell make the lines
of the page. Glyphs are ordered by baseline and x, never by the middle of their ink: a comma hangs lower than a digit.

Calls into pdfium are made in bulk (``map`` over prepared pointers), because a Python statement for each of a page's
thousand glyphs costs more than pdfium's own work.
"""

from __future__ import annotations

import ctypes
import math
import re
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise, repeat
from typing import Any

import pypdfium2.raw as pdfium

# Importing the package starts the library once for the process.
import pypdfium2  # noqa: F401  isort: skip

from juesuan.final_accounts.model import (
    Box,
    Grid,
    LimitExceeded,
    Method,
    Page,
    Reading,
    TextLine,
    UnreadableDocument,
)
from juesuan.final_accounts.readers import Limits
from juesuan.final_accounts.readers.cells import assign, grid
from juesuan.final_accounts.readers.partly import completed
from juesuan.final_accounts.readers.raster import SNAP, Line, Raster, ruled, snapped
from juesuan.final_accounts.readers.runs import WIDE_GAP, WORD_GAP, Run, join, visual_lines
from juesuan.final_accounts.readers.scanned import recognise
from juesuan.final_accounts.readers.typed_lines import are_typed, typed_lines

# --- distances, in points --------------------------------------------------------------------------------------------
#: A filled or stroked shape no thicker than this is a line.
THIN = 3.0
#: A shape shorter than this is a dot.
DOT = 3.0

#: Lines that would cross in more places than this are a drawing (hatching, a map), not the tables of a page.
MOST_CROSSINGS = 250_000


# --- pdfium, called in bulk ------------------------------------------------------------------------------------------


def _quick(name: str, result: Any = ctypes.c_int) -> Callable[..., Any]:
    """A pdfium function without per-argument conversion and without giving up the interpreter lock.

    Pointers have to be passed as ``c_void_p`` objects.
    """
    address = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value
    assert address is not None
    made: Callable[..., Any] = ctypes.PYFUNCTYPE(result)(address)
    return made


class _Pointer(ctypes.c_void_p):
    """Stays a pointer object when returned; a plain c_void_p would come back as an int."""


_char_box = _quick("FPDFText_GetLooseCharBox")
_tight_box = _quick("FPDFText_GetCharBox")
_char_origin = _quick("FPDFText_GetCharOrigin")
_char_matrix = _quick("FPDFText_GetMatrix")
_char_unmapped = _quick("FPDFText_HasUnicodeMapError")
_char_size = _quick("FPDFText_GetFontSize", ctypes.c_double)
_char_generated = _quick("FPDFText_IsGenerated")
_char_unicode = _quick("FPDFText_GetUnicode", ctypes.c_uint)
_char_object = _quick("FPDFText_GetTextObject", _Pointer)
_page_object = _quick("FPDFPage_GetObject", _Pointer)
_form_object = _quick("FPDFFormObj_GetObject", _Pointer)
_object_type = _quick("FPDFPageObj_GetType")
_object_bounds = _quick("FPDFPageObj_GetBounds")
_object_matrix = _quick("FPDFPageObj_GetMatrix")
_text_mode = _quick("FPDFTextObj_GetTextRenderMode")
_fill_color = _quick("FPDFPageObj_GetFillColor")
_clip_path = _quick("FPDFPageObj_GetClipPath", _Pointer)
_clip_count = _quick("FPDFClipPath_CountPaths")
_clip_segments = _quick("FPDFClipPath_CountPathSegments")
_clip_segment = _quick("FPDFClipPath_GetPathSegment", _Pointer)
_path_segments = _quick("FPDFPath_CountSegments")
_path_mode = _quick("FPDFPath_GetDrawMode")
_path_segment = _quick("FPDFPath_GetPathSegment", _Pointer)
_segment_kind = _quick("FPDFPathSegment_GetType")
_segment_point = _quick("FPDFPathSegment_GetPoint")
_segment_closes = _quick("FPDFPathSegment_GetClose")
_count_chars = _quick("FPDFText_CountChars")
_count_objects = _quick("FPDFPage_CountObjects")
_count_form_objects = _quick("FPDFFormObj_CountObjects")
_chars_text = _quick("FPDFText_GetText")

_BULK = 2048
# Room for the results of a bulk call, 32 bytes for each, and pointers to the places where a result may start.
_room = (ctypes.c_char * (32 * _BULK))()
_address = ctypes.addressof(_room)
_at = {k: [ctypes.c_void_p(_address + 32 * i + k) for i in range(_BULK)] for k in (0, 4, 8, 12, 16, 24)}
_views = {kind: memoryview(_room).cast("B").cast(kind) for kind in ("f", "d", "i")}  # type: ignore[call-overload]


def _bulk(
    call: Callable[..., Any], at: tuple[int, ...], kind: str, fields: tuple[int, ...], n: int, *args: Iterable[Any]
) -> list[list[Any]]:
    """Call ``call(*one of each args, pointers...)`` n times; give each named field of what it wrote as a list of n."""
    view = _views[kind]
    step = 32 // view.itemsize
    columns: list[list[Any]] = [[] for _ in fields]
    sources = [iter(a) for a in args]
    done = 0
    while done < n:
        now = min(_BULK, n - done)
        ctypes.memset(_room, 0, 32 * now)  # a call that fails writes nothing
        deque(map(call, *(islice(source, now) for source in sources), *(_at[k] for k in at)), maxlen=0)
        for column, k in zip(columns, fields, strict=True):
            column += view[k : now * step : step].tolist()
        done += now
    return columns


# --- the document ----------------------------------------------------------------------------------------------------

# pdfium is one library for the process and not safe for threads.
_lock = threading.Lock()

_END_MARK = 65536  # how far from the end of the file %%EOF may stand (some servers append a little)


def read(data: bytes, limits: Limits) -> Reading:
    """Lines and grids of every page, with boxes on the page as it is seen (turned, cropped).

    Pages whose text layer is no good witness (scans above all) are read as pictures where the ``ocr`` extra is there.
    Raises ``UnreadableDocument`` for a file that is encrypted, truncated, damaged or scanned without text, and
    ``LimitExceeded`` for too many pages. ``notes`` names pages that are scans, damaged, or hold glyphs whose
    character is not known (these stand as U+FFFD in the text, as do the digits of figures that print over each
    other), and text left out because it is turned or nobody sees it.
    """
    with _lock:
        document = pdfium.FPDF_LoadMemDocument64(data, len(data), b"")
        if not document:
            raise _why_not(data, pdfium.FPDF_GetLastError())
        try:
            return _read(document, data, limits)
        finally:
            pdfium.FPDF_CloseDocument(document)


def _why_not(data: bytes, error: int) -> UnreadableDocument:
    if error in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
        return UnreadableDocument("encrypted: the PDF opens with a password only; add a copy without one")
    if b"%%EOF" not in data[-_END_MARK:]:
        return UnreadableDocument("truncated PDF: the end of the file is missing; download it again")
    return UnreadableDocument("damaged PDF: it cannot be opened; download it again")


def _read(document: Any, data: bytes, limits: Limits) -> Reading:
    notes = []
    if not pdfium.FPDF_DocumentHasValidCrossReferenceTable(document):
        if b"%%EOF" not in data[-_END_MARK:]:
            raise UnreadableDocument("truncated PDF: the end of the file is missing; download it again")
        notes.append("the PDF's table of contents was damaged and had to be rebuilt; objects may be missing")
    count = pdfium.FPDF_GetPageCount(document)
    if count > limits.max_pages:
        raise LimitExceeded(f"the PDF has {count:,} pages; the limit is {limits.max_pages:,} (max_pages)")
    if count <= 0:
        raise UnreadableDocument("damaged PDF: it has no pages; download it again")
    found: list[_Found] = []
    for number in range(1, count + 1):
        found.append(_page(document, number, found[-1].last if found else None))
    notes += recognise(document, found, limits)
    scans = [one.page.number for one in found if one.scan]
    if not any(one.page.blocks if one.recognised else one.glyphs for one in found if not one.scan):
        if scans:
            raise UnreadableDocument(f"scanned pages; install the ocr extra ({_pages(scans)} of {count})")
        if all(one.damaged for one in found):
            raise UnreadableDocument("damaged PDF: no page of it can be opened; download it again")
        raise UnreadableDocument(f"no text on any of its {count} pages (blank, or letters drawn as shapes)")
    unread = [
        f"{_pages(pages)}: {reason}"
        for reason, pages in (
            ("scanned without text; install the ocr extra", scans),
            ("damaged, cannot be opened", [one.page.number for one in found if one.damaged]),
        )
        if pages
    ]
    if hidden := [one.page.number for one in found if one.hidden]:
        notes.append(f"{_pages(hidden)}: text is an invisible layer over an image, made by some OCR")
    for one in found:
        notes += (f"page {one.page.number}: {note}" for note in one.notes)
    by_text = any(one.glyphs for one in found if not one.recognised)
    method: Method = "pdf" if by_text else "ocr"
    return Reading(method, "application/pdf", tuple(one.page for one in found), tuple(notes), tuple(unread))


def _pages(numbers: Sequence[int | None]) -> str:
    """``page 3``, ``pages 1-4, 7``."""
    spans: list[list[int]] = []
    for number in numbers:
        if number is None:
            continue
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    said = ", ".join(f"{a}-{b}" if b > a else f"{a}" for a, b in spans)
    return f"page{'s' if len(numbers) > 1 else ''} {said}"


@dataclass(slots=True)
class _Found:
    page: Page
    glyphs: int = 0
    scan: bool = False
    hidden: bool = False
    damaged: bool = False
    drawn: bool = False  # no text, but a picture or shapes that may be letters
    recognised: bool = False  # the page is that of its picture, not of its text layer
    #: The last table, which may go on on the next page.
    last: Raster | None = None
    notes: list[str] = field(default_factory=list)


# --- one page --------------------------------------------------------------------------------------------------------

#: A page is a scan where images cover this part of it and there are no more glyphs than a stamp or page number has.
_SCAN_PART = 0.5
_SCAN_GLYPHS = 20
# Nobody fills in more fields by hand; links of a table of contents come before none of them.
_MOST_ANNOTATIONS = 500
#: A border has no more segments; most letters have.
_FEW_SEGMENTS = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """How user space (x to the right, y up) turns into a frame (y down): ``turn`` quarter turns of the view."""

    left: float
    bottom: float
    right: float
    top: float
    turn: int

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """The box in the frame of a box in user space."""
        if self.turn == 0:
            return x0 - self.left, self.top - y1, x1 - self.left, self.top - y0
        if self.turn == 1:
            return y0 - self.bottom, x0 - self.left, y1 - self.bottom, x1 - self.left
        if self.turn == 2:
            return self.right - x1, y0 - self.bottom, self.right - x0, y1 - self.bottom
        return self.top - y1, self.right - x1, self.top - y0, self.right - x0

    def user(self, box: Box) -> Box:
        """The box in user space of a box in the frame."""
        x0, y0, x1, y1 = box
        if self.turn == 0:
            return x0 + self.left, self.top - y1, x1 + self.left, self.top - y0
        if self.turn == 1:
            return y0 + self.left, x0 + self.bottom, y1 + self.left, x1 + self.bottom
        if self.turn == 2:
            return self.right - x1, y0 + self.bottom, self.right - x0, y1 + self.bottom
        return self.right - y1, self.top - x1, self.right - y0, self.top - x0


def _page(document: Any, number: int, last: Raster | None) -> _Found:
    page = pdfium.FPDF_LoadPage(document, number - 1)
    if not page:
        return _Found(Page(number, None, None, ()), damaged=True)
    if _has_print_in_annotations(page) and pdfium.FPDFPage_Flatten(page, pdfium.FLAT_NORMALDISPLAY) == 1:
        # Filled fields and typed comments are then part of the page (of this copy in memory).
        pdfium.FPDF_ClosePage(page)
        page = pdfium.FPDF_LoadPage(document, number - 1)
    try:
        text = pdfium.FPDFText_LoadPage(page)
        try:
            return _load(page, text, number, last)
        finally:
            if text:
                pdfium.FPDFText_ClosePage(text)
    finally:
        pdfium.FPDF_ClosePage(page)


def _has_print_in_annotations(page: Any) -> bool:
    for k in range(min(pdfium.FPDFPage_GetAnnotCount(page), _MOST_ANNOTATIONS)):
        annotation = pdfium.FPDFPage_GetAnnot(page, k)
        if annotation:
            kind = pdfium.FPDFAnnot_GetSubtype(annotation)
            pdfium.FPDFPage_CloseAnnot(annotation)
            if kind in (pdfium.FPDF_ANNOT_WIDGET, pdfium.FPDF_ANNOT_FREETEXT):
                return True
    return False


def _load(page: Any, text: Any, number: int, last: Raster | None) -> _Found:
    bounds = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page, bounds)
    turn = pdfium.FPDFPage_GetRotation(page) % 4
    seen = Frame(bounds.left, bounds.bottom, bounds.right, bounds.top, turn)
    width, height = bounds.right - bounds.left, bounds.top - bounds.bottom
    drawn = _drawn(ctypes.cast(page, _Pointer))
    glyphs = _glyphs(ctypes.cast(text, _Pointer), seen, drawn) if text else Glyphs(seen)
    frame = glyphs.frame

    across, down = _lines(drawn, glyphs)
    rasters = ruled(across, down) if len(across) >= 2 and down else []
    rest = assign(_visible(glyphs, width, height), rasters)
    free = [line for line in across if not _within(line, rasters)]
    walls = [line for line in down if not _beside(line, rasters)]
    rasters, rest = completed(rasters, rest, free, walls, last)

    def place(x0: float, y0: float, x1: float, y1: float) -> Box:
        if frame.turn != turn:
            x0, y0, x1, y1 = seen.box(*frame.user((x0, y0, x1, y1)))
        return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)

    blocks: list[tuple[float, float, Grid | list[Run]]] = [
        (raster.ys[0], raster.xs[0], grid(raster, number, place)) for raster in rasters
    ]
    blocks += ((min(r.base - r.size * 0.8 for r in line), line[0].x0, line) for line in visual_lines(rest))
    blocks.sort(key=lambda block: block[:2])

    out: list[TextLine | Grid] = []
    lines = 0
    for _, _, block in blocks:
        if isinstance(block, Grid):
            out.append(block)
            continue
        said = join(block).strip()
        if said:
            lines += 1
            box = place(
                min(r.x0 for r in block),
                min(r.base - 0.88 * r.size for r in block),
                max(r.x1 for r in block),
                max(r.base + 0.12 * r.size for r in block),
            )
            out.append(TextLine(said, number, lines, box))
    if turn % 2:
        width, height = height, width
    found = _Found(Page(number, round(width, 2), round(height, 2), tuple(out)), glyphs=glyphs.count)
    found.notes += drawn.notes + glyphs.notes
    # An empty page within a table does not end it.
    found.last = max(rasters, key=lambda r: r.ys[-1]) if rasters else None if out else last
    found.scan = drawn.image_area >= _SCAN_PART * width * height and glyphs.count <= _SCAN_GLYPHS
    found.hidden = bool(drawn.invisible) and not found.scan
    found.drawn = not glyphs.count and (drawn.image_area > 0 or drawn.shapes >= _SCAN_GLYPHS)
    return found


def _visible(glyphs: Glyphs, width: float, height: float) -> list[Run]:
    """The runs on the page as it is seen; what stands outside of it nobody can read, and is noted."""
    if glyphs.frame.turn % 2:
        width, height = height, width
    inside: list[Run] = []
    outside: list[Run] = []
    for run in glyphs.runs:
        on = run.x1 > 0 and run.x0 < width and run.base + 0.2 * run.size > 0 and run.base - 0.9 * run.size < height
        (inside if on else outside).append(run)
    if outside:
        glyphs.notes.append(f"text outside of the visible page left out: {_excerpt(' '.join(r.text for r in outside))}")
    return inside


def _excerpt(said: str) -> str:
    return f"{said[:60]}…" if len(said) > 60 else said


# --- what is drawn ---------------------------------------------------------------------------------------------------

# (x0, y0, x1, y1) in user space.
_Rect = tuple[float, float, float, float]
_Matrix = tuple[float, float, float, float, float, float]
_AS_IS: _Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


@dataclass(slots=True)
class Drawn:
    """What a page draws apart from text: thin shapes (its lines), and what there is to know of its text objects."""

    strokes: list[_Rect] = field(default_factory=list)
    image_area: float = 0.0
    shapes: int = 0  # paths of many segments: letters, where they are drawn as shapes
    turned: bool = False  # some text does not run along +x of user space
    scaled: bool = False  # the size of some text is not its font size alone
    invisible: set[int] = field(default_factory=set)  # addresses of text objects drawn in the invisible mode
    unseen: set[int] = field(default_factory=set)  # of those in white on white, or cut away
    pale: list[tuple[int, _Rect]] = field(default_factory=list)  # of those in white, with their bounds
    fills: list[tuple[Any, _Rect]] = field(default_factory=list)  # filled areas that are no lines
    images: list[_Rect] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _drawn(page: Any) -> Drawn:
    drawn = Drawn()
    count = _count_objects(page)
    _collect(list(map(_page_object, repeat(page, count), range(count))), _AS_IS, drawn, 0)
    if drawn.pale:
        dark = [rect for path, rect in drawn.fills if not _is_pale(path)] + drawn.images
        for address, (x0, y0, x1, y1) in drawn.pale:
            x, y = (x0 + x1) / 2, (y0 + y1) / 2
            if not any(a <= x <= c and b <= y <= d for a, b, c, d in dark):
                drawn.unseen.add(address)
    return drawn


def _is_pale(thing: Any) -> bool:
    (red,), (green,), (blue,), (alpha,) = _bulk(_fill_color, (0, 4, 8, 12), "i", (0, 1, 2, 3), 1, [thing])
    return bool(min(red, green, blue) >= _WHITE or not alpha)


def _unseen(texts: list[Any], matrix: _Matrix, drawn: Drawn) -> None:
    """Note which of these text objects nobody sees, or perhaps nobody."""
    modes = list(map(_text_mode, texts))
    for text, mode in zip(texts, modes, strict=True):
        if mode in _INVISIBLE_MODES:
            drawn.invisible.add(text.value)
    n = len(texts)
    reds, greens, blues, alphas = _bulk(_fill_color, (0, 4, 8, 12), "i", (0, 1, 2, 3), n, texts)
    if max(map(min, reds, greens, blues)) >= _WHITE or not all(alphas):
        for text, red, green, blue, alpha, mode in zip(texts, reds, greens, blues, alphas, modes, strict=True):
            if mode == pdfium.FPDF_TEXTRENDERMODE_FILL and (min(red, green, blue) >= _WHITE or not alpha):
                (x0,), (y0,), (x1,), (y1,) = _bulk(_object_bounds, (0, 4, 8, 12), "f", (0, 1, 2, 3), 1, [text])
                drawn.pale.append((text.value, _turned(matrix, x0, y0, x1, y1)))


def _collect(objects: list[Any], matrix: _Matrix, drawn: Drawn, depth: int) -> None:
    kinds = list(map(_object_type, objects))
    texts = [o for o, kind in zip(objects, kinds, strict=True) if kind == pdfium.FPDF_PAGEOBJ_TEXT]
    paths = [o for o, kind in zip(objects, kinds, strict=True) if kind == pdfium.FPDF_PAGEOBJ_PATH]
    if texts and not drawn.turned:
        if matrix[1] or matrix[2] or matrix[0] <= 0:
            drawn.turned = True
        else:
            a, b, d = _bulk(_object_matrix, (0,), "f", (0, 1, 3), len(texts), texts)
            # A slant (c) is a way of printing italics; the text still runs straight.
            drawn.turned = any(b) or min(a) <= 0 or min(d) <= 0
            scale = matrix[3]
            drawn.scaled = drawn.scaled or any(one * scale != 1.0 for one in d)
    if texts:
        _unseen(texts, matrix, drawn)
    if paths:
        _paths(paths, matrix, drawn)
    for thing, kind in zip(objects, kinds, strict=True):
        if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
            (x0,), (y0,), (x1,), (y1,) = _bulk(_object_bounds, (0, 4, 8, 12), "f", (0, 1, 2, 3), 1, [thing])
            x0, y0, x1, y1 = _turned(matrix, x0, y0, x1, y1)
            drawn.image_area += (x1 - x0) * (y1 - y0)
            drawn.images.append((x0, y0, x1, y1))
            if min(x1 - x0, y1 - y0) <= THIN:
                drawn.strokes.append((x0, y0, x1, y1))
        elif kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 8:
            inner = [column[0] for column in _bulk(_object_matrix, (0,), "f", (0, 1, 2, 3, 4, 5), 1, [thing])]
            n = _count_form_objects(thing)
            children = list(map(_form_object, repeat(thing, n), range(n)))
            _collect(children, _times(tuple(inner), matrix), drawn, depth + 1)


def _times(m: _Matrix, n: _Matrix) -> _Matrix:
    """First ``m``, then ``n``."""
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _turned(m: _Matrix, x0: float, y0: float, x1: float, y1: float) -> _Rect:
    """The bounding box, in order, of a transformed box."""
    if m is _AS_IS:
        return x0, y0, x1, y1
    a, b, c, d, e, f = m
    xs = (a * x0 + c * y0, a * x1 + c * y0, a * x0 + c * y1, a * x1 + c * y1)
    ys = (b * x0 + d * y0, b * x1 + d * y0, b * x0 + d * y1, b * x1 + d * y1)
    return min(xs) + e, min(ys) + f, max(xs) + e, max(ys) + f


def _paths(paths: list[Any], matrix: _Matrix, drawn: Drawn) -> None:
    n = len(paths)
    lefts, bottoms, rights, tops = _bulk(_object_bounds, (0, 4, 8, 12), "f", (0, 1, 2, 3), n, paths)
    counts = list(map(_path_segments, paths))
    fills, strokes = _bulk(_path_mode, (0, 4), "i", (0, 1), n, paths)
    add = drawn.strokes.append
    for path, x0, y0, x1, y1, count, fill, stroke in zip(
        paths, lefts, bottoms, rights, tops, counts, fills, strokes, strict=True
    ):
        if not (fill or stroke):
            continue
        w, h = x1 - x0, y1 - y0
        if w <= THIN or h <= THIN:
            if count <= 2 or (count <= 6 and _moves(path, count) == 1):
                # The bounds of one thin shape are its line, whatever it was drawn as.
                add(_turned(matrix, x0, y0, x1, y1))
                continue
        elif count == 2 or (count <= 5 and not stroke):
            if count > 2:
                drawn.fills.append((path, _turned(matrix, x0, y0, x1, y1)))
            continue  # a slanting line, or a filled area: shading, not a border
        drawn.shapes += count > _FEW_SEGMENTS
        _outline(path, matrix, bool(stroke), drawn)


def _moves(path: Any, count: int) -> int:
    """Of how many parts a path of ``count`` segments consists."""
    segments = map(_path_segment, repeat(path, count), range(count))
    return list(map(_segment_kind, segments)).count(pdfium.FPDF_SEGMENT_MOVETO)


def _outline(path: Any, matrix: _Matrix, stroke: bool, drawn: Drawn) -> None:
    """The lines of a path of many segments: its straight sides where it is stroked, its thin parts where filled."""
    own = tuple(column[0] for column in _bulk(_object_matrix, (0,), "f", (0, 1, 2, 3, 4, 5), 1, [path]))
    whole = _times(own, matrix)
    a, b, c, d, e, f = whole
    n = _path_segments(path)
    segments = list(map(_path_segment, repeat(path, n), range(n)))
    kinds = list(map(_segment_kind, segments))
    closes = list(map(_segment_closes, segments))
    xs, ys = _bulk(_segment_point, (0, 4), "f", (0, 1), n, segments)
    parts: list[list[tuple[float, float]]] = []
    for kind, closed, x, y in zip(kinds, closes, xs, ys, strict=True):
        point = (a * x + c * y + e, b * x + d * y + f)
        if kind == pdfium.FPDF_SEGMENT_MOVETO or not parts:
            parts.append([point])
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            parts[-1].append(point)
        else:
            # A curve: go on from where it ends without a line.
            if stroke:
                parts.append([point])
            else:
                parts[-1].append(point)
        if closed:
            parts[-1].append(parts[-1][0])
    for part in parts:
        px, py = [p[0] for p in part], [p[1] for p in part]
        x0, y0, x1, y1 = min(px), min(py), max(px), max(py)
        if x1 - x0 <= THIN or y1 - y0 <= THIN:
            drawn.strokes.append((x0, y0, x1, y1))
        elif stroke:
            for (ax, ay), (bx, by) in pairwise(part):
                if abs(ax - bx) <= 1.0 or abs(ay - by) <= 1.0:
                    drawn.strokes.append((min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)))


# --- glyphs ----------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Glyphs:
    """The runs of a page in its reading frame, the lines that are typed, the count of glyphs, and notes."""

    frame: Frame
    runs: list[Run] = field(default_factory=list)
    across: list[Line] = field(default_factory=list)
    down: list[Line] = field(default_factory=list)
    count: int = 0
    notes: list[str] = field(default_factory=list)


_UNKNOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf8ff\ufdd0-\ufdef\U000f0000-\U0010ffff]")
# What no Chinese report is printed in: scripts that a wrong map makes of ideographs and figures.
_FOREIGN = re.compile("[\u0100-\u02af\u0530-\u1dff\u2800-\u2bff\u2c00-\u2dff\ua000-\uabff\uac00-\ud7ff\ufb00-\ufdcf]")
#: A page whose text is foreign to this part has a wrong map of characters.
_FOREIGN_PART = 0.2
_INVISIBLE_MODES = frozenset({pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP})
#: Red, green and blue of at least this are white.
_WHITE = 250
# What is no ink: it parts runs, and all but _NOTHING parts words.
_NOTHING = frozenset("\r\n\u200b\u200c\u200d\u2060\ufeff\u00ad")
_SPACES = _NOTHING.union(map(chr, range(0x21)), "\u3000\xa0\u2028\u2029", map(chr, range(0x2000, 0x200B)))
# pdfium's marks for a hyphen at the end of a line.
_HYPHENS = {0x02: "-", 0xFFFE: "-"}


def _text(page: Any, n: int) -> str:
    """The characters of the page, one for each glyph."""
    buffer = ctypes.create_string_buffer(2 * n + 2)
    got = _chars_text(page, 0, n, buffer)
    text = buffer.raw[: 2 * max(got - 1, 0)].decode("utf-16-le", "replace")
    if len(text) != n or got != n + 1:
        # pdfium left some out of its string (or some take two units): ask for each.
        codes = map(_char_unicode, repeat(page, n), range(n))
        text = "".join(chr(c) if c <= 0x10FFFF and not 0xD800 <= c < 0xE000 else "\ufffd" for c in codes)
    return text.translate(_HYPHENS) if "\x02" in text or "\ufffe" in text else text


def _glyphs(page: Any, seen: Frame, drawn: Drawn) -> Glyphs:
    n = _count_chars(page)
    if n <= 0:
        return Glyphs(seen)
    text = _text(page, n)
    if any(map(_char_unmapped, repeat(page, n), range(n))):
        # Without a map pdfium gives the code in the font, which only looks like a character.
        bad = list(map(_char_unmapped, repeat(page, n), range(n)))
        text = "".join("\ufffd" if wrong == 1 else c for c, wrong in zip(text, bad, strict=True))
    if len(_FOREIGN.findall(text)) > _FOREIGN_PART * n:
        text = _FOREIGN.sub("\ufffd", text)
    unknown = len(_UNKNOWN.findall(text))
    if unknown:
        text = _UNKNOWN.sub("\ufffd", text)
    left_out = _left_out(page, text, drawn, seen)
    if left_out:
        text = "".join("\u200b" if i in left_out else c for i, c in enumerate(text))
    xs, ys = _bulk(_char_origin, (0, 8), "d", (0, 1), n, repeat(page), range(n))

    # A space that pdfium put in because it saw a gap is no glyph; we judge gaps ourselves.
    made = set()
    if " " in text:
        made = {i for i, c in enumerate(text) if c == " " and _char_generated(page, i) == 1}

    if drawn.turned or seen.turn:
        return _turned_glyphs(page, seen, text, made, unknown, xs, ys)

    left, top = seen.left, seen.top
    lefts, rights = _bulk(_char_box, (0,), "f", (0, 2), n, repeat(page), range(n))
    got = Glyphs(seen)
    # The box of a glyph is as high as its font likes (half or twice the size of the type); sizes come from the font.
    sizes = list(map(_char_size, repeat(page, n), range(n)))
    if drawn.scaled:
        (heights,) = _bulk(_char_matrix, (0,), "f", (3,), n, repeat(page), range(n))
        sizes = [size * abs(d) for size, d in zip(sizes, heights, strict=True)]
    if left:
        lefts = [x - left for x in lefts]
        rights = [x - left for x in rights]
    bases = [top - y for y in ys]
    _say(got, text, made, unknown)
    _make(got, text, made, lefts, rights, bases, sizes)
    return got


def _make(
    got: Glyphs,
    text: str,
    made: set[int],
    lefts: Sequence[float],
    rights: Sequence[float],
    bases: Sequence[float],
    sizes: Sequence[float],
) -> None:
    """The runs of these glyphs; those that are typed lines become lines."""
    if are_typed(text):
        got.across, got.down, used = typed_lines(text, lefts, rights, bases, sizes)
        text = "".join("\u200b" if i in used else c for i, c in enumerate(text))
    got.runs, overprinted = _runs(text, made, lefts, rights, bases, sizes)
    if overprinted:
        _mark_overprinted(got.runs)


_DIGIT = re.compile("[0-9\ufffd]")


def _unreadable(figure: str) -> str:
    return _DIGIT.sub("\ufffd", figure)


def _mark_overprinted(runs: list[Run]) -> None:
    """Make figures that print over each other unknown: pdfium drops a glyph that stands on one of its kind."""
    for line in visual_lines(runs):
        reach: Run | None = None
        spoilt = False
        for run in line:
            if reach is not None and _DIGIT.search(run.text) and _DIGIT.search(reach.text):
                twice = run.text == reach.text and run.x0 - reach.x0 < 0.3 * run.size
                if run.x0 < reach.x1 - 0.2 * run.size and not twice:
                    reach.text, run.text, spoilt = _unreadable(reach.text), _unreadable(run.text), True
                elif spoilt and run.x0 - reach.x1 < run.size:
                    run.text = _unreadable(run.text)
                else:
                    spoilt = False
            if reach is None or run.x1 > reach.x1:
                reach = run


def _left_out(page: Any, text: str, drawn: Drawn, seen: Frame) -> set[int]:
    """The glyphs that nobody sees. An invisible layer over a scan stays: it is the only text there is."""
    if not drawn.invisible and not drawn.unseen:
        return set()
    n = len(text)
    owners = [one.value for one in map(_char_object, repeat(page, n), range(n))]
    out = {i for i, owner in enumerate(owners) if owner in drawn.unseen}
    if drawn.invisible:
        under = {i for i, owner in enumerate(owners) if owner in drawn.invisible}
        shown = sum(c > " " for i, c in enumerate(text) if i not in under and i not in out)
        area = (seen.right - seen.left) * (seen.top - seen.bottom)
        if shown > _SCAN_GLYPHS and drawn.image_area < _SCAN_PART * area:
            out |= under
            drawn.invisible.clear()
    said = "".join(text[i] for i in sorted(out)).split()
    if said:
        drawn.notes.append(f"text that is not seen (white, invisible) left out: {_excerpt(' '.join(said))}")
    return out


def _say(got: Glyphs, text: str, made: set[int], unknown: int) -> None:
    got.count = len(text) - text.count(" ") - text.count("\r") - text.count("\n")
    if unknown:
        what = "glyphs have" if unknown > 1 else "glyph has"
        got.notes.append(f"{unknown} {what} no known character and stand{'s' if unknown == 1 else ''} as U+FFFD")


def _runs(
    text: str,
    made: set[int],
    lefts: Sequence[float],
    rights: Sequence[float],
    bases: Sequence[float],
    sizes: Sequence[float],
) -> tuple[list[Run], bool]:
    """Glyphs in the order of the file, cut wherever there is a gap, a space or another baseline; and whether some
    figures may print over others."""
    runs: list[Run] = []
    overprinted = False
    first = -1  # of the run being made
    spaced = begun_spaced = False
    right = base = size = left = 0.0
    wide = False  # the last glyph is an ideograph or the like
    last = ""
    twice: list[int] = []

    def close(end: int) -> None:
        starts, ends, said = lefts[first:end], rights[first:end], text[first:end]
        if twice:
            keep = [i for i in range(first, end) if i not in twice]
            starts, ends = [lefts[i] for i in keep], [rights[i] for i in keep]
            said = "".join(text[i] for i in keep)
            twice.clear()
        runs.append(Run(said, starts[0], ends[-1], base, size, begun_spaced, starts, ends))

    for i, (c, x0, x1, y, h) in enumerate(zip(text, lefts, rights, bases, sizes, strict=True)):
        if c in _SPACES:
            if first >= 0:
                close(i)
                first = -1
            if c == "\n":
                spaced = False
            elif c not in _NOTHING and i not in made:
                spaced = True
            continue
        now_wide = c > "\u2e7f"
        if first >= 0:
            gap = x0 - right
            if (
                -0.5 * size < gap <= size * (WIDE_GAP if wide or now_wide else WORD_GAP)
                and -0.1 * size < y - base < 0.1 * size
            ):
                if c == last and x0 - left < 0.3 * (x1 - x0):
                    twice.append(i)  # bold made by printing twice
                    continue
                right, left, wide, last = x1, x0, now_wide, c
                continue
            if c == last and abs(x0 - left) < 0.3 * (x1 - x0) and abs(y - base) < 0.1 * size:
                twice.append(i)
                continue
            close(i)
        if runs and c.isdigit():
            before = runs[-1]
            if before.x0 < x1 and x0 < before.x1 - 0.2 * h and abs(y - before.base) < 0.1 * h:
                overprinted = True
        first, begun_spaced, spaced = i, spaced, False
        right, left, base, size, wide, last = x1, x0, y, h or x1 - x0, now_wide, c
    if first >= 0:
        close(len(text))
    return runs, overprinted


def _turned_glyphs(
    page: Any,
    seen: Frame,
    text: str,
    made: set[int],
    unknown: int,
    xs: list[float],
    ys: list[float],
) -> Glyphs:
    """The same where text is turned: each glyph by its own matrix. Text of the direction that most of the page has
    is read; other text (a watermark, say) is left out and noted."""
    n = len(text)
    a, b, c, d = _bulk(_char_matrix, (0,), "f", (0, 1, 2, 3), n, repeat(page), range(n))
    ways: list[int] = []  # quarter turn of each glyph, -1 where it is none
    for i in range(n):
        size = abs(a[i]) + abs(b[i])
        if size == 0:
            ways.append(-2)
        elif abs(b[i]) < 0.12 * size:
            ways.append(0 if a[i] > 0 else 2)
        elif abs(a[i]) < 0.12 * size:
            ways.append(1 if b[i] > 0 else 3)
        else:
            ways.append(-1)
    shown = [w for w, ch in zip(ways, text, strict=True) if w >= 0 and ch > " "]
    turn = max(range(4), key=lambda w: (shown.count(w), w == seen.turn)) if shown else seen.turn
    frame = Frame(seen.left, seen.bottom, seen.right, seen.top, turn)
    got = Glyphs(frame)
    _say(got, text, made, unknown)

    loose_l, loose_t, loose_r, loose_b = _bulk(_char_box, (0,), "f", (0, 1, 2, 3), n, repeat(page), range(n))
    fonts = list(map(_char_size, repeat(page, n), range(n)))
    tight_l, tight_r, tight_b, tight_t = _bulk(_tight_box, (0, 8, 16, 24), "d", (0, 1, 2, 3), n, repeat(page), range(n))
    kept: list[str] = []
    place: dict[int, int] = {}
    lefts: list[float] = []
    rights: list[float] = []
    bases: list[float] = []
    sizes: list[float] = []
    outside: list[str] = []
    for i, ch in enumerate(text):
        if ways[i] not in (turn, -2):
            if ch > " ":
                outside.append(ch)
            elif kept and kept[-1] != "\n":
                kept.append("\n")
                for column in (lefts, rights, bases, sizes):
                    column.append(0.0)
            continue
        place[i] = len(kept)
        box = (loose_l[i], loose_b[i], loose_r[i], loose_t[i])
        if box[2] <= box[0] or box[3] <= box[1]:
            box = (tight_l[i], tight_b[i], tight_r[i], tight_t[i])
        x0, _, x1, _ = frame.box(*box)
        ox, oy, _, _ = frame.box(xs[i], ys[i], xs[i], ys[i])
        kept.append(ch)
        lefts.append(min(x0, ox) if turn else x0)
        rights.append(x1)
        bases.append(oy)
        sizes.append(fonts[i] * math.hypot(c[i], d[i]))
    if outside:
        said = "".join(outside)
        got.notes.append(f"turned text left out: {_excerpt(said)}")
    _make(got, "".join(kept), {place[i] for i in made if i in place}, lefts, rights, bases, sizes)
    return got


# --- from drawn shapes to lines --------------------------------------------------------------------------------------


def _lines(drawn: Drawn, glyphs: Glyphs) -> tuple[list[Line], list[Line]]:
    """The lines across and down of the page in its frame, each in one piece."""
    across, down, frame = glyphs.across, glyphs.down, glyphs.frame
    plain = frame.turn == 0
    for rect in drawn.strokes:
        if plain:
            x0, x1 = rect[0] - frame.left, rect[2] - frame.left
            y0, y1 = frame.top - rect[3], frame.top - rect[1]
        else:
            x0, y0, x1, y1 = frame.box(*rect)
        w, h = x1 - x0, y1 - y0
        if w >= h:
            if w >= DOT:
                across.append(((y0 + y1) / 2, x0, x1))
        elif h >= DOT:
            down.append(((x0 + x1) / 2, y0, y1))
    across, down = snapped(across), snapped(down)
    if len(across) * len(down) > MOST_CROSSINGS:
        glyphs.notes.append(f"{len(across) + len(down):,} drawn lines are taken for a drawing, not for tables")
        return [], []
    return across, down


def _beside(line: Line, rasters: Sequence[Raster]) -> bool:
    """Whether a line down is one of a raster, or inside of one."""
    x, y0, y1 = line
    return any(r.xs[0] - SNAP <= x <= r.xs[-1] + SNAP and y0 < r.ys[-1] + SNAP and y1 > r.ys[0] - SNAP for r in rasters)


def _within(line: Line, rasters: Sequence[Raster]) -> bool:
    """Whether a line across is one of a raster, or inside of one."""
    y, x0, x1 = line
    return any(r.ys[0] - SNAP <= y <= r.ys[-1] + SNAP and x0 < r.xs[-1] + SNAP and x1 > r.xs[0] - SNAP for r in rasters)
