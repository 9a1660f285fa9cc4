"""Web pages: clean HTML, HTML as Word and as Excel export it, tables within tables, GBK, and MHTML.

Belongs here: markup. Does not belong here: what stands in it.
"""

from __future__ import annotations

from email.message import EmailMessage
from html import escape
from typing import Literal

from tests.generator.drawing import Break, Line, Report, Table
from tests.generator.render.workbook import table_groups

Flavour = Literal["clean", "word", "excel", "nested"]

_WORD_HEAD = (
    "<!--[if gte mso 9]><xml><w:WordDocument><w:View>Print</w:View><w:Compatibility><w:UseFELayout/></w:Compatibility>"
    "</w:WordDocument></xml><![endif]--><!--[if gte mso 9]><xml><w:LatentStyles DefLockedState='false'>"
    + "<w:LsdException Locked='false' Priority='9' Name='heading 1'/>" * 400
    + "</w:LatentStyles></xml><![endif]--><style><!-- /* Font Definitions */ @font-face{font-family:宋体;} "
    + " p.MsoNormal, li.MsoNormal {mso-style-parent:''; margin:0cm; font-size:10.5pt;} " * 60
    + " --></style>"
)


def html(report: Report, flavour: Flavour = "clean", encoding: str = "utf-8") -> bytes:
    """One page of the whole report."""
    name = {"utf-8": "utf-8", "gbk": "gb2312", "gb18030": "gb18030"}[encoding]
    spaces = (
        " xmlns:v='urn:schemas-microsoft-com:vml' xmlns:o='urn:schemas-microsoft-com:office:office'"
        " xmlns:x='urn:schemas-microsoft-com:office:excel' xmlns:w='urn:schemas-microsoft-com:office:word'"
    )
    head = _WORD_HEAD if flavour == "word" else ""
    parts = [
        f"<!DOCTYPE html>\n<html{spaces if flavour in ('word', 'excel') else ''}><head>"
        f'<meta http-equiv="Content-Type" content="text/html; charset={name}">'
        f"<title>{escape(''.join(b.text for b in report.blocks if isinstance(b, Line) and b.role == 'cover'))}</title>"
        f"{head}</head><body>"
        "<div class='nav'><ul><li><a href='/'>首页</a></li><li><a href='/zwgk'>政务公开</a></li></ul></div>"
        "<script>var hits = 1234.56;</script>"
    ]
    inside = {id(b) for group in table_groups(report.blocks) for b in group} if flavour == "excel" else set()
    groups = {id(group[0]): group for group in table_groups(report.blocks)}
    for block in report.blocks:
        if isinstance(block, Break):
            if flavour == "word":
                parts.append("<span lang=EN-US><br clear=all style='page-break-before:always'></span>")
        elif id(block) in inside:
            if group := groups.get(id(block)):
                parts.append(_excel(group))
        elif isinstance(block, Table):
            table = _table(block, flavour)
            if flavour == "nested":
                table = f"<table width='100%'><tr><td align='center'>{table}</td></tr></table>"
            parts.append(table)
        else:
            parts.append(_line(block, flavour))
    parts.append("<div class='footer'>主办：某某人民政府　备案号：12345678</div></body></html>")
    return "\n".join(parts).encode(encoding, "xmlcharrefreplace")


def _line(line: Line, flavour: Flavour) -> str:
    text = "　　".join(escape(t) for _, t in line.parts)
    if flavour == "word":
        align = " align=center" if line.parts[0][0] == "center" else ""
        return (
            f"<p class=MsoNormal{align} style='text-autospace:none'><span style='font-size:10.5pt;font-family:宋体;"
            f"mso-hansi-font-family:Calibri'>{text}</span><span lang=EN-US><o:p></o:p></span></p>"
        )
    tag = "h2" if line.role in ("heading", "title") else "h1" if line.role == "cover" else "p"
    return f"<{tag}>{text}</{tag}>"


def _table(table: Table, flavour: Flavour) -> str:
    rows: list[str] = []
    for r in range(table.n_rows):
        cells = []
        for box in table.boxes:
            if box.row != r:
                continue
            spans = (f' colspan="{box.cols}"' if box.cols > 1 else "") + (
                f' rowspan="{box.rows}"' if box.rows > 1 else ""
            )
            text = escape(box.text)
            if flavour == "word":
                half = len(text) // 2 if "&" not in text else 0
                inner = "".join(f"<span style='font-family:宋体'>{t}</span>" for t in (text[:half], text[half:]) if t)
                text = f"<p class=MsoNormal align=center>{inner}<span lang=EN-US><o:p>&nbsp;</o:p></span></p>"
            elif not text:
                text = "&nbsp;"
            tag = "th" if box.kind == "head" and flavour == "clean" else "td"
            cells.append(f"<{tag}{spans}>{text}</{tag}>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    border = "class=MsoTableGrid border=1 cellspacing=0" if flavour == "word" else "border='1'"
    return f"<table {border}>\n" + "\n".join(rows) + "\n</table>"


def _excel(group: list[Line | Table]) -> str:
    """A sheet saved as a page: title, unit and notes are rows of the one table, figures carry what they store."""
    wide = max((b.n_cols for b in group if isinstance(b, Table)), default=6)
    rows: list[str] = []
    for block in group:
        if isinstance(block, Line):
            cuts = [round(wide * k / len(block.parts)) for k in range(len(block.parts) + 1)]
            rows.append(
                "<tr height=19>"
                + "".join(
                    f"<td colspan={b - a} class=xl65>{escape(t)}</td>"
                    for (_, t), a, b in zip(block.parts, cuts, cuts[1:], strict=False)
                )
                + "</tr>"
            )
            continue
        for r in range(block.n_rows):
            cells = []
            for box in block.boxes:
                if box.row != r:
                    continue
                spans = (f" colspan={box.cols}" if box.cols > 1 else "") + (
                    f" rowspan={box.rows}" if box.rows > 1 else ""
                )
                stored, form = "", "General" if "." not in box.text else "#,##0.00" if "," in box.text else "0.00"
                if box.kind in ("figure", "count") and box.text:
                    stored = f' x:num="{(box.amount or 0) / (1 if box.kind == "count" else 100):g}"'
                cells.append(
                    f"<td{spans}{stored} class=xl66 style='vnd.ms-excel.numberformat:{form}'>{escape(box.text)}</td>"
                )
            rows.append(f"<tr height=19>{''.join(cells)}</tr>")
    columns = "<col width=72>" * wide
    return f"<table x:str border=0 cellpadding=0 cellspacing=0 width=900>{columns}\n" + "\n".join(rows) + "</table>"


def mhtml(report: Report) -> bytes:
    """The page as a browser saves it in one file, quoted-printable, beside a picture."""
    message = EmailMessage()
    message["From"] = "<Saved by a browser>"
    message["Subject"] = "部门决算"
    message["MIME-Version"] = "1.0"
    message.make_related()
    page = EmailMessage()
    page.set_content(html(report).decode("utf-8"), subtype="html", charset="utf-8", cte="quoted-printable")
    page["Content-Location"] = "http://www.example.gov.cn/art/2024/9/20/art_1_2.html"
    message.attach(page)
    picture = EmailMessage()
    picture.set_content(b"\x89PNG\r\n\x1a\n" + bytes(40), maintype="image", subtype="png")
    picture["Content-Location"] = "http://www.example.gov.cn/logo.png"
    message.attach(picture)
    return message.as_bytes()
