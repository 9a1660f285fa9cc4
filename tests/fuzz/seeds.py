"""The documents that mutants come of: small, whole, one for each way that a reader may go.

Belongs here: which document of which format, and how mutants of it are made. Does not belong here: rendering
(``tests/generator``), mutations.
"""

from __future__ import annotations

import gzip
import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from tests.fixtures.pdf_writer import PdfPage
from tests.fixtures.pdf_writer import pdf as written_pdf
from tests.fixtures.rar_writer import rar, rar4
from tests.generator.drawing import Report, draw
from tests.generator.render import archive, flat, office, pdf, scan, web, word, workbook


@cache
def small() -> Report:
    """Two tables with class rows and one with a header of two lines, no more."""
    return draw("guangdong-2023", only=("T1", "TS"))


@cache
def coded() -> Report:
    """Tables with codes."""
    return draw("shanghai-2024", only=("T2", "T6"))


@dataclass(frozen=True)
class Seed:
    """``kind`` is a key of ``mutations.OPERATIONS``; ``weight`` how many mutants are tried, against other seeds."""

    kind: str
    make: Callable[[], bytes]
    weight: float = 1.0
    needs: tuple[str, ...] = ()


def _crooked() -> bytes:
    """What the little PDF writer knows and the renderer does not: forms, images, turned pages, another crop box."""
    page = PdfPage(rotate=90, crop=(10, 10, 500, 700)).image(50, 50, 200, 200).text(60, 700, "12,345.67")
    for k in range(6):
        page.line(50, 600 - 20 * k, 400, 600 - 20 * k).line(50 + 70 * k, 600, 50 + 70 * k, 500)
        page.text(55 + 70 * min(k, 4), 585, f"{k}.00").text(55, 585 - 20 * min(k, 4), "收入支出决算总表")
    return written_pdf([page, PdfPage().text(60, 700, "2024")])


def _picture() -> bytes:
    """A few rows of a ruled table as a picture: print is slow to recognise."""
    return scan.as_png(_strip())


def _strip() -> object:
    page = scan.pictures(pdf.render(small(), "ruled"), 120)[-1]
    return page.crop((0, 0, page.width, page.height // 3))


def _scanned() -> bytes:
    return scan.as_pdf([_strip()], 120, jpeg=70)


def _tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, body in (("甲/表一.xlsx", workbook.xlsx(small())), ("甲/说明.html", web.html(small()))):
            info = tarfile.TarInfo(name)
            info.size = len(body)
            tar.addfile(info, io.BytesIO(body))
    return gzip.compress(out.getvalue(), mtime=0)


def _rar() -> bytes:
    return rar([("表.xls", workbook.xls(small())), ("说明.html", web.html(small()))])


def _seven() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "report.html").write_bytes(web.html(small()))
        program = next(p for p in map(shutil.which, ("7zz", "7z", "7za")) if p)
        subprocess.run([program, "a", "-bd", "report.7z", "report.html"], cwd=folder, capture_output=True, check=True)
        return (Path(folder) / "report.7z").read_bytes()


def _rtf() -> bytes:
    """The head and one table of a report, written by hand: LibreOffice takes seconds to write one."""

    def said(text: str) -> str:
        return "".join(f"\\u{ord(c)}?" if ord(c) > 127 else c for c in text)

    rows = [("项目", "决算数"), ("一、一般公共预算财政拨款收入", "1,234.00"), ("本年收入合计", "1,234.00")]
    lines = ["某市某局2024年度部门决算", "收入支出决算总表", "单位：万元"]
    body = "".join(f"\\pard {said(line)}\\par\n" for line in lines)
    for row in rows:
        cells = "".join(f"\\pard\\intbl {said(cell)}\\cell" for cell in row)
        body += f"\\trowd\\cellx4000\\cellx8000 {cells}\\row\n"
    return ("{\\rtf1\\ansi\\uc1 " + body + "}").encode("ascii")


def _shown(make: Callable[[bytes], bytes], report: Callable[[], Report]) -> bytes:
    return make(pdf.render(report()))


SEEDS: dict[str, Seed] = {
    "pdf-ruled": Seed("pdf", lambda: pdf.render(small(), "ruled", embedded=False), 2),
    "pdf-unruled": Seed("pdf", lambda: pdf.render(small(), "none"), 2),
    "pdf-three-line": Seed("pdf", lambda: pdf.render(coded(), "three-line", embedded=False)),
    "pdf-crooked": Seed("pdf", _crooked, 2),
    "xlsx": Seed("zip", lambda: workbook.xlsx(small()), 2),
    "xlsx-one": Seed("zip", lambda: workbook.xlsx(coded(), one=True, numeric_codes=True, formulas=True)),
    "xls": Seed("binary", lambda: workbook.xls(small()), 2),
    "docx": Seed("zip", lambda: word.docx(small()), 2),
    "docx-nested": Seed("zip", lambda: word.docx(coded(), nested=True, boxes=True)),
    "html": Seed("text", lambda: web.html(small()), 2),
    "html-excel": Seed("text", lambda: web.html(coded(), "excel", "gb18030")),
    "mhtml": Seed("text", lambda: web.mhtml(small()), 2),
    "zip": Seed("zip", lambda: archive.zipped(small()), 2),
    "tar-gz": Seed("gzip", _tarred),
    "text": Seed("text", partial(_shown, flat.by_pdfium, small), 2),
    "text-coded": Seed("text", partial(_shown, flat.by_pdfium, coded), 2),
    "text-line": Seed("text", partial(_shown, flat.one_line, small)),
    "rar": Seed("binary", _rar, 0.3, ("bsdtar", "unar", "unrar")),
    "rar4": Seed("binary", lambda: rar4([("report.html", web.html(small()))]), 0.3, ("bsdtar", "unar", "unrar")),
    "7z": Seed("binary", _seven, 0.3, ("7zz", "7z", "7za")),
    "png": Seed("png", _picture, 0.25),
    "scan": Seed("pdf", _scanned, 0.1),
    "doc": Seed("binary", lambda: office.convert([word.docx(small())], "docx", "doc")[0], 0.05, ("soffice",)),
    "rtf": Seed("text", _rtf, 0.05, ("soffice", "libreoffice")),
}  # fmt: skip


@cache
def seed(name: str) -> bytes:
    """The bytes of a seed, rendered once."""
    return SEEDS[name].make()
