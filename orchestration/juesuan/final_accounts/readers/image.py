"""Pictures of pages: PNG, JPEG, TIFF (of many pages), BMP, GIF, WebP.

Belongs here: opening picture files within the limits, their resolution, their orientation as the camera noted it.
Does not belong here: reading what is printed on them (``ocr``).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import LimitExceeded, Page, Reading, UnreadableDocument
from juesuan.final_accounts.readers import Limits, ocr

if TYPE_CHECKING:
    from PIL import Image

    from juesuan.final_accounts.readers.picture import Pixels

#: Dots per inch that a scanner or camera may truthfully state; 72 and 96 are what programs write that know nothing.
_TRUE_DPI = (120.0, 1300.0)
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")


def read(data: bytes, limits: Limits) -> Reading:
    """Each page of a picture file, its print recognised.

    Raises ``UnreadableDocument`` without the ``ocr`` extra, for a truncated or damaged file and for one without print,
    ``LimitExceeded`` for too many pages or pixels, before they are unpacked.
    """
    if not ocr.available():
        raise UnreadableDocument("scanned pages; install the ocr extra (the document is a picture)")
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own warning of large pictures: ours is a limit
            opened = Image.open(io.BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError:  # far beyond any limit of ours
        raise LimitExceeded(f"the picture has more than {limits.max_pixels:,} pixels (max_pixels)") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadableDocument(f"damaged picture: it cannot be opened ({_why(error)}); download it again") from None
    # A JPEG with a preview behind it calls itself MPO.
    media_type = f"image/{opened.format.lower() if opened.format in _FORMATS else 'jpeg'}"
    with opened:
        # The frames of a TIFF are pages; those of others are an animation or a preview.
        try:
            count = int(getattr(opened, "n_frames", 1)) if opened.format == "TIFF" else 1
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise UnreadableDocument(f"damaged picture ({_why(error)}); download it again") from None
        if count > limits.max_pages:
            raise LimitExceeded(f"the picture has {count:,} pages; the limit is {limits.max_pages:,} (max_pages)")
        pages: list[Page] = []
        notes: list[str] = []
        for page, said in ocr.read_pages(_pictures(opened, count, limits), count, limits):
            pages.append(page)
            notes += said
    if not any(page.blocks for page in pages):
        raise UnreadableDocument("no print was found on the picture")
    return Reading("ocr", media_type, tuple(pages), tuple(notes))


def _pictures(opened: Image.Image, count: int, limits: Limits) -> Iterator[ocr.Picture]:
    from PIL import Image

    for k in range(count):
        try:
            if count > 1:
                opened.seek(k)
            width, height = opened.size
            if width * height > limits.max_pixels:
                raise LimitExceeded(
                    f"page {k + 1} has {width:,} x {height:,} pixels; the limit is {limits.max_pixels:,} (max_pixels)"
                )
            stated = opened.info.get("dpi")
            pixels = _pixels(opened)
        except (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError) as error:
            raise UnreadableDocument(f"truncated or damaged picture ({_why(error)}); download it again") from None
        dpi = _dpi(stated, pixels.shape[0], pixels.shape[1])
        yield ocr.Picture(pixels, dpi, k + 1, 72.0 / dpi)


def _dpi(stated: object, height: int, width: int) -> float:
    """Dots per inch as the file says, if that can be; else such that the picture is a page of common size."""
    longest = max(height, width)
    if isinstance(stated, tuple) and len(stated) == 2:
        try:
            across, down = float(stated[0]), float(stated[1])
        except (TypeError, ValueError, ZeroDivisionError):
            across = down = 0.0
        low, high = _TRUE_DPI
        if low <= across <= high and abs(across - down) <= 0.02 * across and longest / across * 72 >= ocr.SMALLEST:
            return across
    return ocr.nominal_dpi(longest, 0.0)


def _pixels(opened: Image.Image) -> Pixels:
    """Red, green and blue, upright as the camera noted, on white paper."""
    import numpy as np
    from PIL import Image, ImageOps

    opened.load()
    if opened.mode in ("I", "F") or opened.mode.startswith("I;16"):
        # Gray of sixteen bits: its upper eight.
        values = np.asarray(opened, np.float64)
        gray = np.clip(values / (257.0 if values.max(initial=0) > 255 else 1.0), 0, 255).astype(np.uint8)
        one: Image.Image = Image.fromarray(gray)
    else:
        one = opened
    one = ImageOps.exif_transpose(one)
    if one.mode in ("RGBA", "LA", "PA") or "transparency" in one.info:
        over = one.convert("RGBA")
        paper = Image.new("RGBA", over.size, "white")
        paper.alpha_composite(over)
        one = paper
    return np.ascontiguousarray(np.asarray(one.convert("RGB"), np.uint8))


def _why(error: Exception) -> str:
    """The decoder's words, short."""
    return (str(error).splitlines() or [type(error).__name__])[0][:120] or type(error).__name__
