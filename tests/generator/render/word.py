"""Word documents: .docx by python-docx, its tables written as WordprocessingML with gridSpan and vMerge.

Belongs here: paragraphs, tables, nested tables and text boxes of Word. Does not belong here: .doc (office.py).
"""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape

from docx import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tests.generator.drawing import Break, Line, Report, Table

_W = nsdecls("w")


def table_xml(table: Table, *, declare: bool = True) -> str:
    """One table; a cell over several rows is a cell that begins (restart) and its continuations."""
    parts = [f"<w:tbl {_W if declare else ''}><w:tblPr><w:tblW w:w='0' w:type='auto'/></w:tblPr><w:tblGrid>"]
    parts += ["<w:gridCol w:w='1200'/>"] * table.n_cols
    parts.append("</w:tblGrid>")
    for r, row in enumerate(table.grid()):
        head = "<w:trPr><w:tblHeader/></w:trPr>" if r < table.header_rows else ""
        parts.append(f"<w:tr>{head}")
        c = 0
        while c < table.n_cols:
            box = row[c]
            span = box.cols if box else 1
            properties = f"<w:gridSpan w:val='{span}'/>" if span > 1 else ""
            text = ""
            if box and box.rows > 1:
                properties += "<w:vMerge w:val='restart'/>" if box.row == r else "<w:vMerge/>"
            if box and box.row == r:
                text = box.text
            parts.append(f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph_xml(text)}</w:tc>")
            c += span
        parts.append("</w:tr>")
    parts.append("</w:tbl>")
    return "".join(parts)


def paragraph_xml(text: str, *, declare: bool = False) -> str:
    """A paragraph of two runs: Word cuts text into runs where nobody sees it."""
    half = len(text) // 2
    runs = "".join(
        f"<w:r><w:t xml:space='preserve'>{escape(part)}</w:t></w:r>" for part in (text[:half], text[half:]) if part
    )
    return f"<w:p {_W if declare else ''}>{runs}</w:p>"


_BOX = (
    "<w:p {ns}><w:r><mc:AlternateContent xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'>"
    "<mc:Choice Requires='wps' xmlns:wps='http://schemas.microsoft.com/office/word/2010/wordprocessingShape'>"
    "<w:drawing><wp:anchor xmlns:wp='http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing'>"
    "<a:graphic xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'>"
    "<a:graphicData uri='http://schemas.microsoft.com/office/word/2010/wordprocessingShape'><wps:wsp>"
    "<wps:txbx><w:txbxContent>{inner}</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:anchor>"
    "</w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape xmlns:v='urn:schemas-microsoft-com:vml'><v:textbox>"
    "<w:txbxContent>{inner}</w:txbxContent></v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
)


def docx(report: Report, *, nested: bool = False, boxes: bool = False) -> bytes:
    """One .docx. ``nested``: every table stands in the one cell of another; ``boxes``: titles stand in text boxes."""
    document = Document()
    body: Any = document.element.body
    end = body[-1]

    def put(xml: str) -> None:
        end.addprevious(parse_xml(xml))

    for block in report.blocks:
        if isinstance(block, Break):
            put(f"<w:p {_W}><w:r><w:br w:type='page'/></w:r></w:p>")
        elif isinstance(block, Table):
            if nested:
                inner = table_xml(block, declare=False)
                put(
                    f"<w:tbl {_W}><w:tblPr/><w:tblGrid><w:gridCol w:w='9000'/></w:tblGrid><w:tr><w:tc><w:tcPr/>"
                    f"{inner}<w:p/></w:tc></w:tr></w:tbl>"
                )
            else:
                put(table_xml(block))
            # two tables without a paragraph between would be one
            put(paragraph_xml("", declare=True))
        elif isinstance(block, Line) and boxes and block.role == "title":
            put(_BOX.format(ns=_W, inner="".join(paragraph_xml(t) for _, t in block.parts)))
        elif isinstance(block, Line):
            put(paragraph_xml("        ".join(t for _, t in block.parts), declare=True))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
