"""Flattened text: the report as PDF, put through the tools that people use to take text out of it.

Belongs here: calling those tools. Does not belong here: imitations of them.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

PDFTOTEXT = shutil.which("pdftotext")


def by_pdfium(data: bytes) -> bytes:
    """The order of pdfium, as browsers copy it."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    pages = []
    for page in document:
        text = page.get_textpage()
        pages.append(text.get_text_range().replace("\r\n", "\n"))
        text.close()
        page.close()
    document.close()
    return "\n".join(pages).encode()


def by_pdfplumber(data: bytes) -> bytes:
    """What pdfplumber's extract_text gives."""
    import pdfplumber

    with pdfplumber.open(io.BytesIO(data)) as document:
        return "\n".join(page.extract_text() for page in document.pages).encode()


def by_pdftotext(data: bytes, mode: str) -> bytes:
    """What poppler's pdftotext gives, ``-raw`` or ``-layout``. Raises ``FileNotFoundError`` where it is missing."""
    if PDFTOTEXT is None:
        raise FileNotFoundError("pdftotext (poppler-utils)")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.pdf"
        path.write_bytes(data)
        done = subprocess.run([PDFTOTEXT, mode, "-nopgbrk", str(path), "-"], capture_output=True, check=True)
    return done.stdout


def one_line(data: bytes) -> bytes:
    """All of it in one line, as a form field or a database column holds it."""
    return b" ".join(by_pdfium(data).split())
