"""The formats: which renderer makes each, what a reader can be held to, on which layouts it is tried.

Belongs here: one row for each format. Does not belong here: rendering itself, floors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from tests.generator.drawing import Report, draw, layout_names
from tests.generator.render import archive, flat, office, pdf, scan, web, word, workbook

#: geometry: position decides. text: order does, every cell is printed. gaps: blanks are gone. clean, worn: pictures.
Group = Literal["geometry", "text", "gaps", "clean", "worn"]

#: Few pages each, since print is slow to recognise: layouts with and without lines numbered, blanks and zeros.
SCANNED: dict[str, tuple[str, ...]] = {
    "guangdong-2023": ("T1", "TS"),
    "shanghai-2024": ("T5",),
}
#: Where trying every layout would tell no more than trying these.
_FEW = ("guangdong-2023", "shanghai-2024", "sichuan-2024", "yunnan-2021", "fujian-2016")


@dataclass(frozen=True)
class Format:
    """``make`` gives one document for each report. ``stored``: figures are stored as numbers."""

    name: str
    label: str
    group: Group
    make: Callable[[Sequence[Report]], list[bytes]]
    suffix: str
    stored: bool = False
    statements: bool = True
    layouts: tuple[str, ...] | None = None
    needs: Literal["", "soffice", "pdftotext"] = ""

    def reports(self, names: Sequence[str] | None = None) -> list[Report]:
        """What it is tried on: whole reports, or for pictures a few tables of some."""
        if self.group in ("clean", "worn"):
            own = self.layouts or tuple(SCANNED)
            return [draw(n, only=SCANNED[n]) for n in own if not names or n in names]
        every = self.layouts or tuple(layout_names())
        return [draw(n, print_all=self.group == "text") for n in every if not names or n in names]

    @property
    def present(self) -> bool:
        """Whether this machine has the program that it needs."""
        return {"": True, "soffice": office.SOFFICE is not None, "pdftotext": flat.PDFTOTEXT is not None}[self.needs]


def _each(make: Callable[[Report], bytes]) -> Callable[[Sequence[Report]], list[bytes]]:
    return lambda reports: [make(r) for r in reports]


def _flattened(tool: Callable[[bytes], bytes]) -> Callable[[Sequence[Report]], list[bytes]]:
    return lambda reports: [tool(pdf.render(r)) for r in reports]


def _doc(reports: Sequence[Report]) -> list[bytes]:
    return office.convert([word.docx(r) for r in reports], "docx", "doc")


def _calculated(reports: Sequence[Report]) -> list[bytes]:
    return office.convert([workbook.xlsx(r, formulas=True) for r in reports], "xlsx", "xlsx")


def _scanned(report: Report, *, dpi: int = 200, worn: bool = False) -> bytes:
    pages = scan.pictures(pdf.render(report, "ruled"), dpi)
    if worn:
        return scan.as_pdf([scan.worn(p, n) for n, p in enumerate(pages)], dpi, jpeg=50)
    return scan.as_pdf(pages, dpi)


def _mixed(report: Report) -> bytes:
    """Every other page of the PDF a picture."""
    import io

    import pypdfium2

    data = pdf.render(report)
    pages = scan.pictures(data, 200)
    pictured = pypdfium2.PdfDocument(scan.as_pdf(pages, 200))
    text = pypdfium2.PdfDocument(data)
    out = pypdfium2.PdfDocument.new()
    for n in range(len(text)):
        out.import_pages(pictured if n % 2 else text, [n])
    held = io.BytesIO()
    out.save(held)
    return held.getvalue()


_STYLES = {
    "ruled": "every cell ruled",
    "boxes": "each cell a rectangle",
    "rects": "rules as thin filled rectangles",
    "no-vertical": "horizontal rules only",
    "three-line": "rules above, under the header and below",
    "open-sides": "no rules at left and right",
    "dashed": "dashed rules",
    "images": "rules as thin pictures",
    "shaded": "shaded rows, no rules",
    "none": "no rules at all",
    "rotated": "pages across, turned by /Rotate",
}
_TOOLS: dict[str, tuple[str, Callable[[bytes], bytes], Literal["", "pdftotext"]]] = {
    "pdfium": ("text as pdfium gives it", flat.by_pdfium, ""),
    "pdfplumber": ("text as pdfplumber gives it", flat.by_pdfplumber, ""),
    "raw": ("text of pdftotext -raw", partial(flat.by_pdftotext, mode="-raw"), "pdftotext"),
    "layout": ("text of pdftotext -layout", partial(flat.by_pdftotext, mode="-layout"), "pdftotext"),
    "line": ("text in one long line", flat.one_line, ""),
}


FORMATS: dict[str, Format] = {
    f.name: f
    for f in [
        *(
            Format(f"pdf-{style}", f"PDF, {what}", "geometry", _each(partial(pdf.render, style=style)), "pdf")
            for style, what in _STYLES.items()
        ),
        *(
            Format(
                f"pdf-{style}-upright",
                f"PDF on upright pages, {_STYLES[style]}",
                "geometry",
                _each(partial(pdf.render, style=style, upright=True)),
                "pdf",
            )
            for style in ("ruled", "no-vertical", "none")
        ),
        Format(
            "pdf-stsong",
            "PDF, font not embedded",
            "geometry",
            _each(partial(pdf.render, style="ruled", embedded=False)),
            "pdf",
            layouts=_FEW,
        ),
        Format(
            "xlsx",
            "XLSX, a sheet a table, a hidden sheet",
            "geometry",
            _each(partial(workbook.xlsx, hidden=True)),
            "xlsx",
            stored=True,
            statements=False,
        ),
        Format(
            "xlsx-one",
            "XLSX, all on one sheet, codes as numbers",
            "geometry",
            _each(partial(workbook.xlsx, one=True, numeric_codes=True)),
            "xlsx",
            stored=True,
            statements=False,
        ),
        Format(
            "xlsx-text",
            "XLSX, figures as text",
            "geometry",
            _each(partial(workbook.xlsx, as_text=True)),
            "xlsx",
            statements=False,
            layouts=_FEW,
        ),
        Format(
            "xlsx-formulas",
            "XLSX, totals as formulas, saved by LibreOffice",
            "geometry",
            _calculated,
            "xlsx",
            stored=True,
            statements=False,
            layouts=_FEW,
            needs="soffice",
        ),
        Format("xls", "XLS, a sheet a table", "geometry", _each(workbook.xls), "xls", stored=True, statements=False),
        Format(
            "xls-one",
            "XLS, all on one sheet, codes as numbers",
            "geometry",
            _each(partial(workbook.xls, one=True, numeric_codes=True)),
            "xls",
            stored=True,
            statements=False,
        ),
        Format("docx", "DOCX", "geometry", _each(word.docx), "docx"),
        Format(
            "docx-nested",
            "DOCX, tables in tables, titles in text boxes",
            "geometry",
            _each(partial(word.docx, nested=True, boxes=True)),
            "docx",
        ),
        Format("doc", "DOC, saved by LibreOffice", "geometry", _doc, "doc", layouts=_FEW, needs="soffice"),
        Format("html", "HTML", "geometry", _each(web.html), "html"),
        Format("html-word", "HTML as Word saves it", "geometry", _each(partial(web.html, flavour="word")), "htm"),
        Format("html-excel", "HTML as Excel saves it", "geometry", _each(partial(web.html, flavour="excel")), "xls"),
        Format(
            "html-nested",
            "HTML, tables in tables",
            "geometry",
            _each(partial(web.html, flavour="nested")),
            "html",
            layouts=_FEW,
        ),
        Format("html-gbk", "HTML in GBK", "geometry", _each(partial(web.html, encoding="gbk")), "html", layouts=_FEW),
        Format("mhtml", "MHTML", "geometry", _each(web.mhtml), "mht", layouts=_FEW),
        Format("zip", "ZIP of ten workbooks and the text", "geometry", _each(archive.zipped), "zip", stored=True),
        *(
            Format(
                f"text-{name}",
                f"{what}, every cell printed",
                "text",
                _flattened(tool),
                "txt",
                needs=needs,
            )
            for name, (what, tool, needs) in _TOOLS.items()
        ),
        *(
            Format(
                f"gaps-{name}",
                f"{what}, blanks gone",
                "gaps",
                _flattened(tool),
                "txt",
                needs=needs,
            )
            for name, (what, tool, needs) in _TOOLS.items()
        ),
        Format("scan", "PDF, scanned at 200 dpi", "clean", _each(_scanned), "pdf", statements=False),
        Format(
            "scan-mixed",
            "PDF, every other page a scan",
            "clean",
            _each(_mixed),
            "pdf",
            statements=False,
            layouts=("guangdong-2023",),
        ),
        Format(
            "scan-worn",
            "PDF, scanned at 150 dpi, turned, stamped, JPEG 50",
            "worn",
            _each(partial(_scanned, dpi=150, worn=True)),
            "pdf",
            statements=False,
            layouts=("guangdong-2023",),
        ),
        Format(
            "png",
            "PNG, the pages in one long picture",
            "clean",
            _each(lambda r: scan.as_png(_tall(r))),
            "png",
            statements=False,
            layouts=("shanghai-2024",),
        ),
    ]
}


def _tall(report: Report) -> object:
    """The pages of a report under each other in one picture, as a long screenshot is."""
    from PIL import Image

    pages = scan.pictures(pdf.render(report), 200)
    whole = Image.new("L", (max(p.width for p in pages), sum(p.height for p in pages)), 255)
    y = 0
    for page in pages:
        whole.paste(page, (0, y))
        y += page.height
    return whole
