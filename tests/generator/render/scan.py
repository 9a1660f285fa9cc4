"""Scans: pages of a PDF as pictures, clean or as an old copier leaves them.

Belongs here: pixels. Does not belong here: what is printed.
"""

from __future__ import annotations

import io
import random
from typing import Any

from PIL import Image, ImageDraw, ImageFilter
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas


def pictures(data: bytes, dpi: int) -> list[Any]:
    """Every page of a PDF as a grey picture."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    found = [page.render(scale=dpi / 72, grayscale=True).to_pil().convert("L") for page in document]
    document.close()
    return found


def worn(picture: Any, seed: int) -> Any:
    """Turned by two degrees, a red stamp over the middle, noise, JPEG 50: the copy of a copy."""
    dice = random.Random(seed)
    page = picture.convert("RGB").rotate(2.0, expand=True, fillcolor=(255, 255, 255), resample=Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(page, "RGBA")
    w, h = page.size
    x, y, r = w * 0.62, h * 0.45, h * 0.11
    draw.ellipse((x - r, y - r, x + r, y + r), outline=(220, 40, 40, 150), width=max(3, h // 200))
    for _ in range(w * h // 4000):
        px, py = dice.randrange(w), dice.randrange(h)
        grey = dice.choice((90, 140, 235))
        draw.point((px, py), fill=(grey, grey, grey, 255))
    page = page.filter(ImageFilter.GaussianBlur(0.4))
    out = io.BytesIO()
    page.save(out, "JPEG", quality=50)
    return Image.open(out)


def as_png(picture: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def as_pdf(pages: list[Any], dpi: int, *, jpeg: int | None = None) -> bytes:
    """Pictures as the pages of a PDF without any text."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    for picture in pages:
        w, h = picture.size[0] * 72 / dpi, picture.size[1] * 72 / dpi
        canvas.setPageSize((w, h))
        held: Any = picture
        if jpeg:
            data = io.BytesIO()
            picture.convert("RGB").save(data, "JPEG", quality=jpeg)
            held = Image.open(data)
        canvas.drawImage(ImageReader(held), 0, 0, w, h)
        canvas.showPage()
    canvas.save()
    return out.getvalue()
