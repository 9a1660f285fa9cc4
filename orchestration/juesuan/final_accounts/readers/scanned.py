"""Pages of a PDF that are read as pictures: which they are, how they are drawn, and what is taken from where.

Belongs here: whether a page's text layer or its picture is the better witness, and rendering. Does not belong here:
reading the text layer (``pdf``), reading the picture (``ocr``).

The text layer is exact, so it stands unless there is evidence against it: there is none (a scan, letters drawn as
shapes), too many of its glyphs have no known character, or it is an invisible layer that some OCR has left over an
image. Such a layer knows no cells; it stays only where our own reading is unsure or finds much less.
"""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import pypdfium2.raw as pdfium

from juesuan.final_accounts.model import Grid, Page
from juesuan.final_accounts.readers import Limits, ocr

if TYPE_CHECKING:
    from juesuan.final_accounts.readers.picture import Pixels

#: A text layer is no witness if this part of its glyphs, or a glyph of a figure in a table, has no known character.
UNKNOWN_PART = 0.05
#: An invisible layer is set aside for our own reading if that is so sure on the average, and finds this much of it.
SURE, AS_MUCH = 0.85, 0.6


class Found(Protocol):
    """What the reader of the text layer has found on a page; ``recognised`` is set where the picture was read."""

    page: Page
    glyphs: int
    scan: bool
    hidden: bool
    damaged: bool
    drawn: bool
    recognised: bool
    notes: list[str]


def recognise(document: Any, found: Sequence[Found], limits: Limits) -> list[str]:
    """Read as pictures those pages whose text layer is no good witness; give notes on what was taken from where.

    Nothing happens without the ``ocr`` extra. The caller holds pdfium's lock.
    """
    wanted = [one for one in found if _wanted(one)]
    if not wanted or not ocr.available():
        return []
    notes: list[str] = []
    pictures = (_picture(document, one.page, limits) for one in wanted)
    for one, (page, said) in zip(wanted, ocr.read_pages(pictures, len(wanted), limits), strict=True):
        if not _better(one, page):
            continue
        one.page = Page(one.page.number, one.page.width, one.page.height, page.blocks, method="ocr")
        one.recognised = True
        if one.hidden:
            notes.append(f"page {page.number}: read as a picture; the invisible text layer over it was set aside")
        elif not one.scan and one.glyphs:
            notes.append(f"page {page.number}: read as a picture; {'; '.join(one.notes)}")
        if one.scan and not page.blocks:
            notes.append(f"page {page.number}: a picture without print")
        one.scan = one.hidden = False
        one.notes = list(said)
    return notes


def _wanted(one: Found) -> bool:
    if one.damaged:
        return False
    return one.scan or one.hidden or one.drawn or _unknown(one)


def _unknown(one: Found) -> bool:
    """Whether too much of the text layer is unknown."""
    texts = list(_texts(one.page))
    count = sum(text.count(ocr.UNKNOWN) for text in texts)
    if not count:
        return False
    cells = (cell.text for block in one.page.blocks if isinstance(block, Grid) for cell in block.cells)
    of_figures = any(ocr.UNKNOWN in text and any(c.isdigit() for c in text) for text in cells)
    return of_figures or count > UNKNOWN_PART * sum(map(len, texts))


def _texts(page: Page) -> Iterator[str]:
    for block in page.blocks:
        if isinstance(block, Grid):
            yield from (cell.text for cell in block.cells if cell.text)
        else:
            yield block.text


def _better(one: Found, page: Page) -> bool:
    """Whether the reading of the picture is the better witness."""
    length = sum(len("".join(text.split())) for text in _texts(page))
    if one.scan:
        return True
    if not length:
        return False
    if not one.glyphs or _unknown(one):
        return True
    return length >= AS_MUCH * one.glyphs and _sure(page) >= SURE


def _sure(page: Page) -> float:
    """How sure the reading of a picture is on the average."""
    all_ = [c.confidence for b in page.blocks if isinstance(b, Grid) for c in b.cells]
    all_ += [b.confidence for b in page.blocks if not isinstance(b, Grid)]
    known = [float(one) for one in all_ if one is not None]
    return sum(known) / len(known) if known else 0.0


def _picture(document: Any, page: Page, limits: Limits) -> ocr.Picture:
    """The page drawn as it is seen, without annotations (signatures and stamps laid over it)."""
    assert page.number is not None and page.width is not None and page.height is not None
    # A page made from a picture is as many points large as that has pixels: it is taken for one of common size.
    nominal = ocr.nominal_dpi(max(page.width, page.height), 72.0)
    scale = ocr.DPI / nominal
    most = math.sqrt(limits.max_pixels / max(1.0, page.width * page.height))
    scale = min(scale, most)
    width, height = max(1, math.floor(page.width * scale)), max(1, math.floor(page.height * scale))
    return ocr.Picture(_rendered(document, page.number, width, height), nominal * scale, page.number, 1 / scale)


def _rendered(document: Any, number: int, width: int, height: int) -> Pixels:
    import numpy as np

    handle = pdfium.FPDF_LoadPage(document, number - 1)
    bitmap = pdfium.FPDFBitmap_CreateEx(width, height, pdfium.FPDFBitmap_BGR, None, 0)
    if not bitmap:
        pdfium.FPDF_ClosePage(handle)
        raise MemoryError
    try:
        pdfium.FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xFFFFFFFF)
        if handle:
            pdfium.FPDF_RenderPageBitmap(bitmap, handle, 0, 0, width, height, 0, pdfium.FPDF_REVERSE_BYTE_ORDER)
        stride = pdfium.FPDFBitmap_GetStride(bitmap)
        buffer = ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), stride * height)
        rows = np.frombuffer(buffer, np.uint8).reshape(height, stride)
        return np.ascontiguousarray(rows[:, : 3 * width].reshape(height, width, 3))
    finally:
        pdfium.FPDFBitmap_Destroy(bitmap)
        if handle:
            pdfium.FPDF_ClosePage(handle)
