"""Documents that name an address and a file, in every way that their format has, so that someone might go there.

Belongs here: one document of each way. Does not belong here: who listens at the address (``tests/integration/test_fuzz``).
"""
# ruff: noqa: E501 - markup is easier to read in one line

from __future__ import annotations

from tests.fuzz.hostile import changed, objects, one_page
from tests.fuzz.mutations import zip_of


def pointing(place: str, file: str) -> dict[str, bytes]:
    """Documents that name an address and a file, in every way that their format has."""
    dtd = f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{place}/p.dtd"> %p; <!ENTITY x SYSTEM "{place}/x"><!ENTITY f SYSTEM "{file}">]>'
    outer = f'<!DOCTYPE a SYSTEM "{place}/a.dtd">'
    namespaces = 'xmlns:xi="http://www.w3.org/2001/XInclude"'
    include = f'<xi:include {namespaces} href="{file}" parse="text"/><xi:include {namespaces} href="{place}/x"/>'
    sheet = f'<?xml-stylesheet type="text/xsl" href="{place}/a.xsl"?>'
    picture = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText> INCLUDETEXT "'
        + place
        + '/x" INCLUDEPICTURE "'
        + place
        + '/y" </w:instrText>'
        '<w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    relation = (
        f'<Relationship Id="rIdX" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="{place}/t.dotm" TargetMode="External"/>'
        f'<Relationship Id="rIdY" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="{place}/i.png" TargetMode="External"/>'
    )
    page = (
        f'<html><head><base href="{place}/"><link rel=stylesheet href="{place}/a.css"><meta http-equiv=refresh content="0;url={place}/r">'
        f'<script src="{place}/a.js"></script><style>@import url({place}/b.css);</style></head><body background="{place}/b.png">'
        f'<img src="{place}/i.png"><img src="{file}"><iframe src="{file}"></iframe><iframe src="{place}/f"></iframe><object data="{file}"></object><embed src="{place}/e">'
        f"<p>某市某局2024年度部门决算</p><p>收入支出决算总表</p>{include}<p>&x;&f;</p></body></html>"
    )
    mail = (
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n'
        f"Content-Location: {place}/page.html\r\n\r\n{page}\r\n--b\r\n"
        f'Content-Type: message/external-body; access-type=local-file; name="{file.removeprefix("file://")}"\r\n\r\n\r\n--b--\r\n'
    )
    body = "word/document.xml"
    action = f"/AA << /O << /S /URI /URI ({place}/u) >> >> /Annots [<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /GoToR /F << /FS /URL /F ({place}/g.pdf) >> >> >>] "
    outside = f"<< /Length 0 /F << /FS /URL /F ({place}/s) >> /FFilter /FlateDecode >>\nstream\n\nendstream".encode()
    inside = f"<< /Length 0 /F ({file.removeprefix('file://')}) >>\nstream\n\nendstream".encode()
    said = b"BT /F1 10 Tf 60 700 Td (1,234.00) Tj ET "
    return {
        "xml": f'<?xml version="1.0"?>{sheet}{dtd}<a>&x;&f;{include}</a>'.encode(),
        "xml-outer": f'<?xml version="1.0"?>{outer}<a/>'.encode(),
        "html": page.encode(),
        "html-entities": ('<?xml version="1.0"?>' + sheet + dtd.replace("DOCTYPE a", "DOCTYPE html") + page).encode(),
        "mhtml": mail.encode(),
        "docx-entities": changed("docx", body, lambda x: x.replace("?>", "?>" + dtd, 1).replace("<w:t>", "<w:t>&x;&f;", 1)),
        "docx-outer": changed("docx", body, lambda x: x.replace("?>", "?>" + outer, 1)),
        "docx-fields": changed("docx", body, lambda x: x.replace("<w:body>", "<w:body>" + picture + include, 1)),
        "docx-relations": changed("docx", "word/_rels/document.xml.rels", lambda x: x.replace("</Relationships>", relation + "</Relationships>")),
        "xlsx-entities": changed("xlsx", "xl/worksheets/sheet1.xml", lambda x: dtd + x.replace("<v>", "<v>&x;&f;", 1)),
        "xlsx-outer": changed("xlsx", "xl/workbook.xml", lambda x: outer + x),
        "xlsx-relations": changed("xlsx", "xl/_rels/workbook.xml.rels", lambda x: x.replace("</Relationships>", relation + "</Relationships>")),
        "pdf": one_page(said, b"/MediaBox [0 0 595 842] " + action.encode()),
        "pdf-stream": objects(b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>", b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents [4 0 R 5 0 R] >>", outside, inside),
    }  # fmt: skip


def pointing_old(place: str, file: str) -> dict[str, bytes]:
    """The same for what LibreOffice opens."""
    fields = "".join(
        f'{{\\field{{\\*\\fldinst {what} "{where}"}}{{\\fldrslt x}}}}'
        for what in ("INCLUDEPICTURE", "INCLUDETEXT")
        for where in (place + "/x.png", file)
    )
    namespaces = " ".join(
        f'xmlns:{short}="{full}"'
        for short, full in (
            ("office", "urn:oasis:names:tc:opendocument:xmlns:office:1.0"),
            ("text", "urn:oasis:names:tc:opendocument:xmlns:text:1.0"),
            ("draw", "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"),
            ("xlink", "http://www.w3.org/1999/xlink"),
        )
    )
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {namespaces} office:version="1.3"><office:body><office:text>'
        f'<text:section text:name="s"><text:section-source xlink:href="{file}"/></text:section><text:section text:name="t"><text:section-source xlink:href="{place}/t.odt"/></text:section>'
        f'<text:p>收入支出决算总表<draw:frame draw:name="a"><draw:image xlink:href="{place}/i.png" xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p>'
        "</office:text></office:body></office:document-content>"
    )
    manifest = (
        '<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
        '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/></manifest:manifest>'
    )
    return {
        "rtf": ("{\\rtf1\\ansi " + fields + " 2024 1.00}").encode(),
        "odt": zip_of([("mimetype", b"application/vnd.oasis.opendocument.text"), ("content.xml", text.encode()), ("META-INF/manifest.xml", manifest.encode())]),
    }  # fmt: skip
