"""Documents made by hand to do harm: bombs, loops, sizes that cannot be, paths and addresses that lead elsewhere.

Belongs here: one function a document, named for what is wrong with it. Does not belong here: what has to come of them
(``tests/integration/test_fuzz.py``), changes by chance (``mutations``).
"""
# ruff: noqa: E501 - an object of a PDF is easier to read in one line

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from tests.fixtures.compound_writer import compound
from tests.fixtures.pdf_writer import PdfPage
from tests.fixtures.pdf_writer import pdf as written_pdf
from tests.fuzz.mutations import zip_of
from tests.fuzz.seeds import seed

Make = Callable[[], bytes]
HOSTILE: dict[str, Make] = {}

_LAUGHS = (
    '<!DOCTYPE a [<!ENTITY b0 "ha">' + "".join(f'<!ENTITY b{k} "{f"&b{k - 1};" * 10}">' for k in range(1, 12)) + "]>"
)
_TITLE = "<p>某市某局2024年度部门决算</p><p>收入支出决算总表</p>"


def _hostile(make: Make) -> Make:
    HOSTILE[make.__name__.strip("_").replace("_", "-")] = make
    return make


def changed(name: str, member: str, change: Callable[[str], str]) -> bytes:
    """A seed that is a ZIP archive with one member, XML, changed."""
    with zipfile.ZipFile(io.BytesIO(seed(name))) as archive:
        members = [(i.filename, archive.read(i)) for i in archive.infolist()]
    assert any(found == member for found, _ in members), member
    return zip_of([(found, change(body.decode()).encode() if found == member else body) for found, body in members])


def _within(tag: str, more: str) -> Callable[[str], str]:
    """Put more behind the first start of an element."""

    def change(text: str) -> str:
        before, found, rest = text.partition(tag)
        inner, close, rest = rest.partition(">")
        assert found, tag
        return before + tag + inner + close + more + rest

    return change


# --- web pages -------------------------------------------------------------------------------------------------------


@_hostile
def html_deep() -> bytes:
    return ("<html><body>" + "<div>" * 300_000 + "1.00").encode()


@_hostile
def html_tables_in_tables() -> bytes:
    return ("<html><body>" + _TITLE + "<table><tr><td>" * 3000 + "1.00").encode()


@_hostile
def html_spans() -> bytes:
    row = '<tr><td colspan="1000000000" rowspan="1000000000">合计</td><td rowspan=99999999999999999999>1.00</td></tr>'
    return ("<html><body>" + _TITLE + "<table>" + row * 50 + "</table>").encode()


@_hostile
def html_spans_that_multiply() -> bytes:
    row = '<tr><td colspan="1000" rowspan="65534">合计</td></tr>'
    return ("<html><body>" + _TITLE + "<table>" + row * 3000 + "</table>").encode()


@_hostile
def html_entities() -> bytes:
    return (_LAUGHS.replace("DOCTYPE a", "DOCTYPE html") + f"<html><body>{_TITLE}<p>&b11;</p></body></html>").encode()


@_hostile
def html_many_tables() -> bytes:
    table = (
        "<p>收入支出决算总表</p><table><tr><td>项目</td><td>金额</td></tr><tr><td>合计</td><td>1.00</td></tr></table>"
    )
    return ("<html><body>" + _TITLE + table * 300).encode()


@_hostile
def html_one_attribute() -> bytes:
    return ("<html><body><p title='" + "一" * 3_000_000 + "'>1</p>").encode()


@_hostile
def html_unclosed() -> bytes:
    return ("<html><body>" + _TITLE + "<b><i><a><font>" * 20_000 + "<table><tr><td>1").encode()


@_hostile
def mhtml_in_mhtml() -> bytes:
    head, tail = [], []
    for k in range(3000):
        head.append(f'Content-Type: multipart/related; boundary="b{k}"\r\n\r\n--b{k}\r\n')
        tail.append(f"\r\n--b{k}--\r\n")
    return (
        "MIME-Version: 1.0\r\n" + "".join(head) + "Content-Type: text/html\r\n\r\n<p>1" + "".join(tail[::-1])
    ).encode()


@_hostile
def mhtml_many_parts() -> bytes:
    part = "--b\r\nContent-Type: text/html\r\n\r\n<p>1</p>\r\n"
    return (
        'MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary="b"\r\n\r\n' + part * 10_000 + "--b--"
    ).encode()


@_hostile
def xml_entities() -> bytes:
    return ('<?xml version="1.0"?>' + _LAUGHS + "<a>&b11;</a>").encode()


# --- Office ----------------------------------------------------------------------------------------------------------


@_hostile
def docx_entities() -> bytes:
    return changed(
        "docx", "word/document.xml", lambda x: x.replace("?>", "?>" + _LAUGHS, 1).replace("<w:t>", "<w:t>&b11;", 1)
    )


@_hostile
def docx_span() -> bytes:
    cell = '<w:tc><w:tcPr><w:gridSpan w:val="1000000000"/></w:tcPr><w:p><w:r><w:t>1.00</w:t></w:r></w:p></w:tc>'
    more = "<w:tbl>" + f'<w:tr><w:trPr><w:gridBefore w:val="1000000000"/></w:trPr>{cell * 3}</w:tr>' * 20 + "</w:tbl>"
    return changed("docx", "word/document.xml", _within("<w:body", more))


@_hostile
def docx_deep() -> bytes:
    more = "<w:tbl><w:tr><w:tc>" * 80 + "<w:p><w:r><w:t>1.00</w:t></w:r></w:p>" + "</w:tc></w:tr></w:tbl>" * 80
    return changed("docx", "word/document.xml", _within("<w:body", more))


@_hostile
def docx_deeper() -> bytes:
    more = "<w:tbl><w:tr><w:tc>" * 100_000 + "<w:p/>" + "</w:tc></w:tr></w:tbl>" * 100_000
    return changed("docx", "word/document.xml", _within("<w:body", more))


@_hostile
def docx_bomb() -> bytes:
    return zip_of([("[Content_Types].xml", b"<Types/>"), ("word/document.xml", b" " * 80_000_000)])


@_hostile
def docx_many_paragraphs() -> bytes:
    return changed(
        "docx", "word/document.xml", _within("<w:body", "<w:p><w:r><w:t>一、收入1.00万元</w:t></w:r></w:p>" * 4_000)
    )


@_hostile
def xlsx_entities() -> bytes:
    return changed("xlsx", "xl/worksheets/sheet1.xml", lambda x: _LAUGHS + x.replace("<v>", "<v>&b11;", 1))


@_hostile
def xlsx_declared() -> bytes:
    def change(text: str) -> str:
        return text.replace('<dimension ref="', '<dimension ref="A1:NTP1000000" x="', 1)

    return changed("xlsx", "xl/worksheets/sheet1.xml", change)


@_hostile
def xlsx_corner() -> bytes:
    more = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    return changed("xlsx", "xl/worksheets/sheet1.xml", lambda x: x.replace("</sheetData>", more + "</sheetData>"))


@_hostile
def xlsx_beyond() -> bytes:
    more = '<row r="4294967295"><c r="ZZZZ4294967295"><v>1</v></c></row>'
    return changed("xlsx", "xl/worksheets/sheet1.xml", lambda x: x.replace("</sheetData>", more + "</sheetData>"))


@_hostile
def xlsx_merged() -> bytes:
    more = "<mergeCells>" + '<mergeCell ref="A1:XFD1048576"/>' * 20_000 + "</mergeCells>"
    return changed("xlsx", "xl/worksheets/sheet1.xml", lambda x: x.replace("</sheetData>", "</sheetData>" + more))


@_hostile
def xlsx_hidden() -> bytes:
    more = "<cols>" + '<col min="1" max="999999999" hidden="1"/>' * 1000 + "</cols><sheetData"
    return changed("xlsx", "xl/worksheets/sheet1.xml", lambda x: x.replace("<sheetData", more, 1))


@_hostile
def xlsx_bomb() -> bytes:
    return changed(
        "xlsx", "xl/worksheets/sheet1.xml", lambda x: x.replace("<sheetData>", "<sheetData>" + " " * 50_000_000)
    )


@_hostile
def xlsx_format() -> bytes:
    return changed(
        "xlsx",
        "xl/styles.xml",
        lambda x: x.replace('formatCode="', 'formatCode="' + "[<1]#,##0.00;" * 30_000 + "0" * 100_000, 1),
    )


@_hostile
def xls_loop() -> bytes:
    """The table of sectors leads in a circle."""
    data = bytearray(compound({"Workbook": struct.pack("<HHHH", 0x809, 4, 0x600, 5) + bytes(4000)}))
    for at in range(512, 1024, 4):
        data[at : at + 4] = struct.pack("<I", 1)
    return bytes(data)


@_hostile
def xls_dimensions() -> bytes:
    seen = seed("xls")
    at = seen.find(struct.pack("<HH", 0x200, 14))
    return seen[: at + 4] + struct.pack("<IIHH", 0, 0xFFFFFFFF, 0, 0xFFFF) + seen[at + 16 :]


@_hostile
def xls_far_cell() -> bytes:
    """A number in the last row and column that the record can name."""
    seen = seed("xls")
    for head in (struct.pack("<HH", 0x203, 14), struct.pack("<HH", 0x27E, 10), struct.pack("<HH", 0xFD, 10)):
        at = seen.find(head)
        if at >= 0:
            seen = seen[: at + 4] + struct.pack("<HH", 0xFFFF, 0xFF) + seen[at + 8 :]
    return seen


# --- PDF -------------------------------------------------------------------------------------------------------------


def objects(*bodies: bytes) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue. Its table of them is left to be found."""
    out = b"%PDF-1.7\n"
    for number, body in enumerate(bodies, 1):
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return out + b"trailer << /Root 1 0 R /Size %d >>\n%%%%EOF\n" % (len(bodies) + 1)


def stream(body: bytes, more: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(body), more, body)


def one_page(content: bytes, page: bytes = b"/MediaBox [0 0 595 842]", *others: bytes) -> bytes:
    fonts = b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    return objects(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R " + (b"" if b"/Resources" in page else fonts) + page + b" >>",
        stream(content),
        *others,
    )


_SAID = b"BT /F1 10 Tf 60 700 Td (1,234.00) Tj ET "


@_hostile
def pdf_tree_in_a_circle() -> bytes:
    return objects(
        b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Count 5 /Kids [2 0 R 2 0 R] /Parent 2 0 R >>"
    )


@_hostile
def pdf_many_pages_claimed() -> bytes:
    return objects(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 2000000000 /Kids [3 0 R] >>",
        b"<< /Type /Page >>",
    )


@_hostile
def pdf_same_page_often() -> bytes:
    return objects(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 100000 /Kids [" + b"3 0 R " * 100_000 + b"] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        stream(_SAID),
    )


@_hostile
def pdf_giant_page() -> bytes:
    return one_page(_SAID, b"/MediaBox [0 0 1000000000 1000000000]")


@_hostile
def pdf_giant_page_with_picture() -> bytes:
    """A page of kilometres without text: a picture of it, at 200 dots per inch, would fill any memory."""
    image = stream(
        b"\0", b"/Type /XObject /Subtype /Image /Width 1 /Height 1 /BitsPerComponent 8 /ColorSpace /DeviceGray"
    )
    page = b"/MediaBox [0 0 3000000 3000000] /Resources << /XObject << /Im 5 0 R >> >>"
    return one_page(b"q 3000000 0 0 3000000 0 0 cm /Im Do Q", page, image)


@_hostile
def pdf_giant_picture() -> bytes:
    data = zlib.compress(bytes(1_000_000))
    image = stream(
        data,
        b"/Type /XObject /Subtype /Image /Width 200000 /Height 200000 /BitsPerComponent 8 /ColorSpace /DeviceRGB /Filter /FlateDecode",
    )
    return one_page(
        b"q 595 0 0 842 0 0 cm /Im Do Q", b"/MediaBox [0 0 595 842] /Resources << /XObject << /Im 5 0 R >> >>", image
    )


@_hostile
def pdf_no_page_size() -> bytes:
    return one_page(_SAID, b"/MediaBox [0 0 0 0] /CropBox [9 9 -9 -9] /Rotate 45")


@_hostile
def pdf_size_no_number() -> bytes:
    return one_page(_SAID, b"/MediaBox [nan inf 1e39 -1e39]")


@_hostile
def pdf_bomb() -> bytes:
    packed = zlib.compress(zlib.compress(b" " * 200_000_000))
    head = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >>\nstream\n" % len(packed)
    return objects(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R >>",
        head + packed + b"\nendstream",
    )


@_hostile
def pdf_form_in_itself() -> bytes:
    form = stream(
        b"/Fm Do /Fm Do " + _SAID,
        b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /Fm 5 0 R >> >>",
    )
    return one_page(b"/Fm Do", b"/MediaBox [0 0 595 842] /Resources << /XObject << /Fm 5 0 R >> >>", form)


@_hostile
def pdf_forms_that_multiply() -> bytes:
    """Each form shows the next one ten times: 10 to the 12th lines in a page."""
    forms = []
    for k in range(12):
        inner = b"/Fm Do " * 10 if k < 11 else b"0 0 m 100 100 l S "
        to = b"/Resources << /XObject << /Fm %d 0 R >> >>" % (6 + k) if k < 11 else b""
        forms.append(stream(inner, b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] " + to))
    return one_page(b"/Fm Do", b"/MediaBox [0 0 595 842] /Resources << /XObject << /Fm 5 0 R >> >>", *forms)


@_hostile
def pdf_many_lines() -> bytes:
    ops = b"".join(b"%d %d m %d %d l S " % (k % 595, k % 842, (k * 7) % 595, k % 842) for k in range(60_000))
    return one_page(_SAID + ops)


@_hostile
def pdf_fine_grid() -> bytes:
    """A thousand by a thousand lines, each ruled through: a million cells on one page."""
    ops = b"".join(
        b"%.2f 0 m %.2f 842 l S 0 %.2f m 595 %.2f l S " % (k * 0.59, k * 0.59, k * 0.84, k * 0.84) for k in range(1000)
    )
    return one_page(_SAID + ops)


@_hostile
def pdf_many_characters() -> bytes:
    ops = b"".join(b"BT /F1 4 Tf %d %d Td (%d.00) Tj ET " % (k * 13 % 580, 840 - k % 830, k) for k in range(20_000))
    return one_page(ops)


@_hostile
def pdf_open_states() -> bytes:
    return one_page(b"q 1.5 0 0 1.5 0 0 cm " * 100_000 + _SAID)


@_hostile
def pdf_font_size() -> bytes:
    return one_page(
        b"BT /F1 1e30 Tf 60 700 Td (1,234.00) Tj /F1 1e-30 Tf (5) Tj /F1 -8 Tf 1e38 0 0 1e38 1e38 1e38 Tm (6) Tj ET"
    )


@_hostile
def pdf_font_of_noise() -> bytes:
    noise = bytes(k * k % 251 for k in range(20_000))
    descriptor = b"<< /Type /FontDescriptor /FontName /A /Flags 4 /FontFile2 6 0 R /FontBBox [-1e9 1e9 1e9 -1e9] /Ascent 1e9 /StemV -1 >>"
    page = (
        b"/MediaBox [0 0 595 842] /Resources << /Font << /F1 << /Type /Font /Subtype /TrueType /BaseFont /A /FirstChar 0 /LastChar 255 /Widths ["
        + b"1e9 -1e9 " * 128
        + b"] /FontDescriptor 5 0 R /ToUnicode 7 0 R >> >> >>"
    )
    unicode_map = stream(
        b"begincmap 1 begincodespacerange <00> <ffffffff> endcodespacerange 1 beginbfrange <00> <ffffffff> <ffff> endbfrange endcmap"
    )
    return one_page(_SAID, page, descriptor, stream(noise), unicode_map)


@_hostile
def pdf_deep_array() -> bytes:
    return objects(
        b"<< /Type /Catalog /Pages 2 0 R /A " + b"[" * 200_000 + b"]" * 200_000 + b" >>",
        b"<< /Type /Pages /Count 0 /Kids [] >>",
    )


@_hostile
def pdf_tables_of_objects_in_a_circle() -> bytes:
    body = written_pdf([PdfPage().text(60, 700, "1.00")])
    at = body.rfind(b"xref", 0, body.rfind(b"startxref"))
    return body.replace(b"trailer\n<<", b"trailer\n<< /Prev %d " % at).replace(
        b"trailer <<", b"trailer << /Prev %d " % at
    )


@_hostile
def pdf_unknown_lock() -> bytes:
    return one_page(_SAID).replace(
        b"trailer << ", b"trailer << /Encrypt << /Filter /Nobody /V 99 /R 99 /O () /U () /P 0 /Length 1e9 >> "
    )


# --- pictures --------------------------------------------------------------------------------------------------------


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _png(width: int, height: int, body: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


@_hostile
def png_declared() -> bytes:
    return _png(2_000_000_000, 2_000_000_000, zlib.compress(b"\0\0"))


@_hostile
def png_bomb() -> bytes:
    return _png(3000, 4000, zlib.compress(bytes(3001 * 4000)))


@_hostile
def png_of_words() -> bytes:
    """Text in a PNG that unpacks to gigabytes."""
    return seed("png")[:33] + _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(30_000_000))) + seed("png")[33:]


@_hostile
def gif_declared() -> bytes:
    return (
        b"GIF89a"
        + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0)
        + bytes(6)
        + b"\x2c"
        + struct.pack("<HHHHB", 0, 0, 65535, 65535, 0)
        + b"\x02\x02\x4c\x01\x00;"
    )


@_hostile
def bmp_declared() -> bytes:
    head = struct.pack("<IiiHHIIiiII", 40, 2_000_000_000, -2_000_000_000, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 14 + len(head) + 4, 0, 0, 54) + head + bytes(4)


@_hostile
def tiff_in_a_circle() -> bytes:
    """Its only page says that it is followed by itself."""
    entries = [
        (256, 4, 1, 10),
        (257, 4, 1, 10),
        (258, 3, 1, 1),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 4, 1, 10),
        (279, 4, 1, 20),
    ]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + struct.pack("<I", 8)
    return b"II*\0" + struct.pack("<I", 8) + body


@_hostile
def tiff_declared() -> bytes:
    entries = [
        (256, 4, 1, 4_000_000_000),
        (257, 4, 1, 4_000_000_000),
        (258, 3, 1, 8),
        (259, 3, 1, 1),
        (262, 3, 1, 1),
        (273, 4, 1, 8),
        (278, 4, 1, 1),
        (279, 4, 1, 20),
    ]
    body = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8) + body


@_hostile
def jpeg_declared() -> bytes:
    frame = struct.pack(">BHHB", 8, 65535, 65535, 3) + bytes.fromhex("012200021101031101")
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"
        + b"\xff\xc0"
        + struct.pack(">H", len(frame) + 2)
        + frame
        + b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11\x00\x3f\x00"
        + bytes(50)
    )


# --- archives --------------------------------------------------------------------------------------------------------


@_hostile
def zip_in_zip() -> bytes:
    data = seed("html")
    for _ in range(60):
        data = zip_of([("a.zip", data)])
    return data


@_hostile
def zip_that_multiplies() -> bytes:
    data = zip_of([(f"{k}.txt", b"0" * 2_000_000) for k in range(5)])
    for _ in range(2):
        data = zip_of([(f"{k}.zip", data) for k in range(10)])
    return data


@_hostile
def zip_of_many() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for k in range(3_000):
            archive.writestr(f"{k}.txt", "")
    return out.getvalue()


@_hostile
def zip_that_lies() -> bytes:
    """The directory says that the member is small; it unpacks to more."""
    data = zip_of([("a.txt", b"0" * 30_000_000)])
    return data.replace(struct.pack("<I", 30_000_000), struct.pack("<I", 100))


@_hostile
def zip_overlapping() -> bytes:
    """A thousand entries of the directory, all at the same member."""
    data = zip_of([("a.txt", b"0" * 900_000)])
    at = data.rfind(b"PK\x01\x02")
    end = data.rfind(b"PK\x05\x06")
    entry = data[at:end]
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1500, 1500, 1500 * len(entry), at, 0)
    return data[:at] + entry * 1500 + tail


@_hostile
def gzip_bomb() -> bytes:
    return gzip.compress(bytes(80_000_000), compresslevel=1, mtime=0)


@_hostile
def gzip_in_gzip() -> bytes:
    data = seed("html")
    for _ in range(200):
        data = gzip.compress(data, mtime=0)
    return data


@_hostile
def tar_declared() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        info = tarfile.TarInfo("a.txt")
        tar.addfile(info)
        info.size = 1 << 40
        out.write(info.tobuf(tarfile.GNU_FORMAT))
    return out.getvalue()


# --- text ------------------------------------------------------------------------------------------------------------

_HEAD = "某市某局2024年度部门决算\n收入支出决算总表\n单位：万元\n"


@_hostile
def text_of_digits() -> bytes:
    return (_HEAD + "1,234" + ",567" * 100_000).encode()


@_hostile
def text_of_figures() -> bytes:
    return (_HEAD + "合计 " + "1.00 " * 20_000).encode()


@_hostile
def text_of_short_lines() -> bytes:
    return (_HEAD + "1.00\n" * 6_000).encode()


@_hostile
def text_of_titles() -> bytes:
    return ("收入支出决算总表\n单位：万元\n项目 金额\n合计 1.00\n" * 2_000).encode()


@_hostile
def text_of_one_character() -> bytes:
    return (_HEAD + "一" * 200_000).encode()


@_hostile
def text_of_brackets() -> bytes:
    return (_HEAD + "（" * 50_000 + "一" + "）" * 50_000).encode()


@_hostile
def text_of_space() -> bytes:
    return (_HEAD + "支出" + " " * 200_000 + "合计" + "\u3000" * 300_000 + "1.00").encode()


@_hostile
def text_of_sentences() -> bytes:
    return (
        _HEAD + "2024年度收入总计100.00万元，支出总计100.00万元，比上年增加1.00万元，增长1.0%，主要原因是增加。" * 1_000
    ).encode()


@_hostile
def text_without_sentence_ends() -> bytes:
    return (_HEAD + "收入100.00万元支出比上年增加的主要原因是项目经费" * 800).encode()


@_hostile
def text_of_codes() -> bytes:
    return (
        _HEAD.replace("收入支出决算总表", "支出决算表")
        + "".join(f"{k} 教育支出 1.00 2.00\n" for k in range(2_000_000, 2_004_000))
    ).encode()


@_hostile
def text_of_marks() -> bytes:
    return (_HEAD + "a" + "\u0301" * 200_000).encode()


@_hostile
def text_of_wide_words() -> bytes:
    """One character that normalisation makes eighteen."""
    return (_HEAD + "\ufdfa" * 6_000).encode()
