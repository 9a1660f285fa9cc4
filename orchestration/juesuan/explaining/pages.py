"""The pages of a document as PNG, with what was seen outlined.

Belongs here: rendering pages, colours, captions, the files written. Does not belong here: what lies where (``marks``).
``draw`` runs in a bounded worker. The print added to a page is ASCII, so that no font has to be installed.

A picture that this module wrote says so in a text field; nothing else is ever overwritten without being told to.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps, PngImagePlugin

from juesuan.explaining.marks import Piece, Sheet, State, Tag
from juesuan.final_accounts.model import Box, JuesuanError, UnreadableDocument
from juesuan.final_accounts.readers import Limits, progress, sniff

#: Dots per inch of a page of common size. Of a long screenshot or a poster the shorter side has so many pixels.
DPI = 110
SHORTER_SIDE = (900, 1300)
#: No picture has more pixels: it is held four times over while it is tinted.
MOST_PIXELS = 20_000_000
#: Seconds of CPU time that a page may ask for more.
_SECONDS = 2.0

_MADE_BY = b"juesuan explain"
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")
_PAGE = re.compile(r"page-\d{3,}\.png")


@dataclass(frozen=True, slots=True)
class Style:
    """How a state is drawn: red, green, blue of the outline, its width, how much of it tints the box (0 to 255)."""

    colour: tuple[int, int, int]
    width: int
    tint: int
    says: str


STYLES: dict[State, Style] = {
    "text": Style((0, 150, 150), 1, 0, "grid read as text"),
    "label": Style((150, 150, 150), 1, 26, "header, label"),
    "unrecognised": Style((150, 75, 0), 2, 22, "table of no known form"),
    "blank": Style((120, 170, 235), 1, 0, "blank data cell"),
    "position": Style((20, 95, 215), 1, 20, "figure, placed by position"),
    "identity": Style((150, 30, 190), 2, 45, "figure, placed by an identity"),
    "unconfirmed": Style((235, 135, 0), 2, 45, "recognised print, unconfirmed"),
    "unassigned": Style((220, 0, 0), 2, 50, "figure without a place"),
    "statement": Style((0, 140, 60), 2, 0, "line with statements"),
}


class NotOurs(JuesuanError):  # noqa: N818 - said of a file, as UnreadableDocument of a document
    """A file in the way that ``explain`` has not written."""


# --- the files ------------------------------------------------------------------------------------------------------


def clear(folder: Path, names: Sequence[str], force: bool) -> None:
    """Make the folder, and take out of it the pages of an earlier run.

    Raises ``NotOurs`` where a file that somebody else made stands where a page is to be written; with ``force`` that
    file will be overwritten.
    """
    if folder.exists() and not folder.is_dir():
        raise NotOurs(f"{folder} is a file; say where the pages shall go with --pages FOLDER")
    ours = [file for file in folder.glob("page-*.png") if _PAGE.fullmatch(file.name) and _is_ours(file)]
    known = {file.name for file in ours}
    foreign = [name for name in names if name not in known and (folder / name).exists()]
    if foreign and not force:
        raise NotOurs(
            f"{folder / foreign[0]} is there and was not written by juesuan explain; "
            "say --pages FOLDER for another place, or --force to overwrite it"
        )
    folder.mkdir(parents=True, exist_ok=True)
    for file in (*ours, *folder.glob("page-*.unfinished")):
        file.unlink()


def _is_ours(file: Path) -> bool:
    with file.open("rb") as opened:
        return _MADE_BY in opened.read(512)


def draw(source: bytes | Path, sheets: Sequence[Sheet], folder: Path, limits: Limits) -> str | None:
    """Write the picture of each sheet to ``folder``; says which pages could not be drawn, if any."""
    done = 0
    missing: list[str] = []
    for part, own in _by_part(sheets):
        data = _bytes_of(source, part, limits)
        with _renderer(data, limits) as render:
            for sheet in own:
                progress.claim(_SECONDS)
                picture = render(sheet) if render is not None else None
                if picture is None:
                    missing.append(str(sheet.number))
                else:
                    _save(drawn(picture, sheet), folder / sheet.file)
                done += 1
                progress.report("page drawn", done, len(sheets))
    return f"could not be drawn: page {', '.join(missing)}" if missing else None


def rendered(source: bytes | Path, sheet: Sheet, limits: Limits) -> Image.Image | None:
    """One page as it is, nothing drawn over it; None where it cannot be rendered."""
    with _renderer(_bytes_of(source, sheet.part, limits), limits) as render:
        return render(sheet) if render is not None else None


def _by_part(sheets: Sequence[Sheet]) -> Iterator[tuple[str | None, list[Sheet]]]:
    parts: dict[str | None, list[Sheet]] = {}
    for sheet in sheets:
        parts.setdefault(sheet.part, []).append(sheet)
    yield from parts.items()


def _bytes_of(source: bytes | Path, part: str | None, limits: Limits) -> bytes:
    """The bytes of the document, or of the file of an archive or folder that a page stands in."""
    from juesuan.final_accounts.readers import packed

    if part is None:
        assert isinstance(source, bytes)
        return source
    found = packed.folder_members(source, limits) if isinstance(source, Path) else packed.members(source, limits)
    return next((data for path, data in found if path == part), b"")


def _save(picture: Image.Image, file: Path) -> None:
    said = PngImagePlugin.PngInfo()
    said.add_text("Software", _MADE_BY.decode())
    unfinished = file.with_suffix(".unfinished")
    picture.save(unfinished, "PNG", pnginfo=said)
    unfinished.replace(file)


# --- the page as it is --------------------------------------------------------------------------------------------

Render = Callable[[Sheet], Image.Image | None]


@contextmanager
def _renderer(data: bytes, limits: Limits) -> Iterator[Render | None]:
    """What draws the pages of one file; None where there are none to draw."""
    kind = sniff(data) if data else ""
    if kind == "application/pdf":
        import pypdfium2

        document = pypdfium2.PdfDocument(data)
        try:
            yield lambda sheet: _page_of_pdf(document, sheet, limits)
        finally:
            document.close()
    elif kind.startswith("image/"):
        with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
            yield lambda sheet: _frame(opened, sheet, limits)
    else:
        yield None


def scale_of(sheet: Sheet, limits: Limits) -> float:
    """Pixels for a point."""
    least, most = (pixels / min(sheet.width, sheet.height) for pixels in SHORTER_SIDE)
    scale = min(max(DPI / 72, least), most)
    return min(scale, math.sqrt(min(limits.max_pixels, MOST_PIXELS) / (sheet.width * sheet.height)))


def _size(sheet: Sheet, limits: Limits) -> tuple[int, int]:
    scale = scale_of(sheet, limits)
    return max(1, round(sheet.width * scale)), max(1, round(sheet.height * scale))


def _page_of_pdf(document: Any, sheet: Sheet, limits: Limits) -> Image.Image | None:
    import pypdfium2

    try:
        page = document[sheet.index]
        made = page.render(scale=scale_of(sheet, limits), may_draw_forms=False)
    except pypdfium2.PdfiumError:
        return None
    picture: Image.Image = made.to_pil().convert("RGB")
    return picture if picture.size == _size(sheet, limits) else picture.resize(_size(sheet, limits))


def _frame(opened: Image.Image, sheet: Sheet, limits: Limits) -> Image.Image | None:
    """A page of a picture file, upright as it was read."""
    try:
        if sheet.index:
            opened.seek(sheet.index)
        if opened.width * opened.height > limits.max_pixels:
            return None
        one: Image.Image = ImageOps.exif_transpose(opened)
        if one.mode.startswith(("I", "F")):
            # Gray of sixteen bits: its upper eight.
            one = one.convert("F").point(lambda value: value / 257).convert("L")
        if one.mode in ("RGBA", "LA", "PA") or "transparency" in one.info:
            over = one.convert("RGBA")
            one = Image.new("RGBA", over.size, "white")
            one.alpha_composite(over)
        return one.convert("RGB").resize(_size(sheet, limits), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError, EOFError, UnreadableDocument):
        return None


# --- what is drawn over it ------------------------------------------------------------------------------------------

_GUTTER = (246, 246, 246)
_INK = (60, 60, 60)
_PAD = 6


def drawn(picture: Image.Image, sheet: Sheet) -> Image.Image:
    """The page with its marks, the keys of rows beside it, and what the colours mean below it."""
    return _Canvas(picture, sheet).run()


class _Canvas:
    def __init__(self, picture: Image.Image, sheet: Sheet) -> None:
        self.sheet = sheet
        self.page = picture
        self.sx, self.sy = picture.width / sheet.width, picture.height / sheet.height
        self.font = _font(11)
        self.small = _font(9)
        rows = [tag.text for piece in sheet.pieces for tag in piece.left]
        captions = [piece.caption for piece in sheet.pieces]
        self.left = self._gutter(rows, captions)
        self.right = self._gutter([tag.text for piece in sheet.pieces for tag in piece.right], ())
        self.legend = self._legend()
        height = picture.height + len(self.legend) * 18 + (2 * _PAD if self.legend else 0)
        self.canvas = Image.new("RGB", (self.left + picture.width + self.right, height), _GUTTER)

    def _gutter(self, small: Iterable[str], large: Iterable[str]) -> int:
        widest = max(
            [self.small.getlength(text) for text in small] + [self.font.getlength(text) for text in large], default=0.0
        )
        return round(widest) + 3 * _PAD if widest else 0

    def run(self) -> Image.Image:
        tinted = self._tinted()
        self.canvas.paste(tinted, (self.left, 0))
        self.pen = ImageDraw.Draw(self.canvas)
        for state, style in STYLES.items():  # what needs care is drawn last, over the rest
            for mark in self.sheet.marks:
                if mark.state == state:
                    self._outline(mark.box, style, under=state == "statement")
        for piece in self.sheet.pieces:
            self._piece(piece)
        self._print_legend()
        return self.canvas

    # --- places -------------------------------------------------------------------------------------------------

    def _at(self, box: Box) -> tuple[int, int, int, int]:
        """A box of the page in pixels of the canvas."""
        x0, y0, x1, y1 = box
        return (
            self.left + round(x0 * self.sx),
            round(y0 * self.sy),
            self.left + round(x1 * self.sx),
            round(y1 * self.sy),
        )

    def _tinted(self) -> Image.Image:
        over = Image.new("RGBA", self.page.size, (0, 0, 0, 0))
        pen = ImageDraw.Draw(over)
        for mark in self.sheet.marks:
            style = STYLES[mark.state]
            if style.tint:
                x0, y0, x1, y1 = self._at(mark.box)
                pen.rectangle((x0 - self.left, y0, x1 - self.left, y1), fill=(*style.colour, style.tint))
        return Image.alpha_composite(self.page.convert("RGBA"), over).convert("RGB")

    def _outline(self, box: Box, style: Style, *, under: bool) -> None:
        x0, y0, x1, y1 = self._at(box)
        if under:
            self.pen.line((x0, y1 + 1, x1, y1 + 1), fill=style.colour, width=style.width)
        elif x1 > x0 and y1 > y0:
            self.pen.rectangle((x0, y0, x1, y1), outline=style.colour, width=style.width)

    # --- words --------------------------------------------------------------------------------------------------

    def _piece(self, piece: Piece) -> None:
        colour = STYLES[piece.state if piece.state != "label" else "position"].colour
        x0, y0, x1, y1 = self._at(piece.box)
        self.pen.rectangle((x0 - 2, y0 - 2, x1 + 2, y1 + 2), outline=colour, width=1)
        self._plate(self.left - _PAD, max(0, y0 - 9), piece.caption, self.font, colour, right=True)
        for tag in piece.left:
            self._beside(tag, self.left - _PAD, right=True)
        for tag in piece.right:
            self._beside(tag, self.left + self.page.width + _PAD, right=False)
        for tag in piece.inside:
            a, b, c, _ = self._at(tag.box)
            self._plate(a + 1, b + 1, self._fit(tag.text, c - a - 4), self.small, (90, 90, 90), solid=False)
        for tag in piece.columns:
            a, _, c, _ = self._at(tag.box)
            text = self._fit(tag.text, c - a - 4)
            if text:
                y = y1 + 2 if piece.below else max(0, y0 - 14)
                self._plate(a + 2, y, text, self.small, STYLES["position"].colour)

    def _beside(self, tag: Tag, x: int, *, right: bool) -> None:
        _, y0, _, y1 = self._at(tag.box)
        self.pen.text((x, (y0 + y1) // 2), tag.text, fill=_INK, font=self.small, anchor="rm" if right else "lm")

    def _plate(
        self,
        x: int,
        y: int,
        text: str,
        font: Any,
        colour: tuple[int, int, int],
        *,
        right: bool = False,
        solid: bool = True,
    ) -> None:
        """Words on a ground of their colour."""
        if not text:
            return
        width = round(font.getlength(text))
        height = round(font.size) + 3
        x = x - width if right else x
        if solid:
            self.pen.rectangle((x - 2, y, x + width + 1, y + height), fill=colour)
        self.pen.text((x, y + height // 2), text, fill=(255, 255, 255) if solid else colour, font=font, anchor="lm")

    def _fit(self, text: str, width: int) -> str:
        """As much of a key as the width holds; nothing where that says nothing."""
        if self.small.getlength(text) <= width:
            return text
        while len(text) > 2 and self.small.getlength(text + "..") > width:
            text = text[:-1]
        return text + ".." if len(text) > 2 else ""

    # --- what it means ------------------------------------------------------------------------------------------

    def _legend(self) -> list[list[tuple[State | None, str]]]:
        """Lines of (state, words): the states on this page, then each table."""
        present = {mark.state for mark in self.sheet.marks}
        width = self.page.width + self.left + self.right - 2 * _PAD
        lines: list[list[tuple[State | None, str]]] = []
        room = 0.0
        for state, style in STYLES.items():
            if state not in present:
                continue
            need = self.font.getlength(style.says) + 40
            if not lines or need > room:
                lines.append([])
                room = float(width)
            lines[-1].append((state, style.says))
            room -= need
        lines += [[(None, f"{piece.caption}  {piece.says}")] for piece in self.sheet.pieces if piece.says]
        return lines

    def _print_legend(self) -> None:
        y = self.page.height + _PAD
        for line in self.legend:
            x = float(_PAD)
            for state, words in line:
                if state is not None:
                    style = STYLES[state]
                    if state == "statement":
                        self.pen.line((x, y + 13, x + 18, y + 13), fill=style.colour, width=2)
                    else:
                        self.pen.rectangle((x, y + 3, x + 18, y + 14), outline=style.colour, width=style.width)
                    x += 24
                self.pen.text((x, y + 9), words, fill=_INK, font=self.font, anchor="lm")
                x += self.font.getlength(words) + 16
            y += 18


def _font(size: int) -> Any:
    return ImageFont.load_default(size)
