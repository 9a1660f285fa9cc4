"""Word documents: what is printed, in the order of the document, tables as grids, numbers of lists put in."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx as python_docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from juesuan.final_accounts.model import Grid, GridCell, LimitExceeded, Page, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import DOCX, Limits, read
from juesuan.final_accounts.readers.list_numbers import spelled

NAMES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in (
        ("w", "http://schemas.openxmlformats.org/wordprocessingml/2006/main"),
        ("r", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"),
        ("mc", "http://schemas.openxmlformats.org/markup-compatibility/2006"),
        ("wps", "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"),
        ("wp", "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"),
        ("a", "http://schemas.openxmlformats.org/drawingml/2006/main"),
        ("v", "urn:schemas-microsoft-com:vml"),
        ("o", "urn:schemas-microsoft-com:office:office"),
        ("m", "http://schemas.openxmlformats.org/officeDocument/2006/math"),
    )
)
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(body: str, **parts: str) -> bytes:
    """A document with this body; ``numbering``, ``styles``, ``header`` ... are parts that it refers to."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument"'
            ' Target="word/document.xml"/></Relationships>',
        )
        archive.writestr("word/document.xml", f"<w:document {NAMES}><w:body>{body}</w:body></w:document>")
        related = "".join(f'<Relationship Id="p{name}" Type="{OFFICE}/{name}" Target="{name}.xml"/>' for name in parts)
        archive.writestr("word/_rels/document.xml.rels", f'<Relationships xmlns="{PACKAGE}">{related}</Relationships>')
        for name, content in parts.items():
            archive.writestr(f"word/{name}.xml", f"<w:{name} {NAMES}>{content}</w:{name}>")
    return out.getvalue()


def p(text: str, properties: str = "") -> str:
    about = f"<w:pPr>{properties}</w:pPr>" if properties else ""
    return f"<w:p>{about}<w:r><w:t>{text}</w:t></w:r></w:p>"


def tc(content: str, properties: str = "") -> str:
    content = content if content.startswith("<") else p(content)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content}</w:tc>"


def tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def tbl(*rows: str) -> str:
    return f"<w:tbl>{''.join(rows)}</w:tbl>"


def blocks(data: bytes) -> tuple[TextLine | Grid, ...]:
    (page,) = read(data).pages
    return page.blocks


def lines(data: bytes) -> list[str]:
    return [block.text for block in blocks(data) if isinstance(block, TextLine)]


def texts(grid: TextLine | Grid) -> list[tuple[int, int, int, int, str]]:
    assert isinstance(grid, Grid)
    return [(c.row, c.col, c.row_span, c.col_span, c.text) for c in grid.cells]


def order(reading: Reading) -> list[str]:
    return ["table" if isinstance(block, Grid) else block.text for page in reading.pages for block in page.blocks]


def test_paragraphs_and_tables_come_in_their_order() -> None:
    book = python_docx.Document()
    book.add_paragraph("第二部分 2023年度部门决算表")
    table = book.add_table(rows=3, cols=3)
    table.cell(0, 0).merge(table.cell(0, 2)).text = "收入支出决算总表"
    table.cell(1, 0).merge(table.cell(2, 0)).text = "一、一般公共预算财政拨款收入"
    table.cell(1, 1).text = "1"
    table.cell(1, 2).text = "3,469.08"
    table.cell(2, 2).text = "0.00"
    book.add_paragraph("第三部分 情况说明")
    out = io.BytesIO()
    book.save(out)
    reading = read(out.getvalue())
    assert (reading.method, reading.media_type) == ("office", DOCX)
    assert [page.number for page in reading.pages] == [None]
    assert order(reading) == ["第二部分 2023年度部门决算表", "table", "第三部分 情况说明"]
    assert texts(reading.pages[0].blocks[1]) == [
        (0, 0, 1, 3, "收入支出决算总表"),
        (1, 0, 2, 1, "一、一般公共预算财政拨款收入"),
        (1, 1, 1, 1, "1"),
        (1, 2, 1, 1, "3,469.08"),
        (2, 1, 1, 1, ""),
        (2, 2, 1, 1, "0.00"),
    ]


def test_lines_can_be_looked_up_in_the_running_text() -> None:
    data = docx(
        p("甲")
        + "<w:p/>"
        + tbl(tr(tc("x"), tc("y")))
        + p("乙乙")
        + "<w:p><w:r><w:t>丙</w:t><w:br/><w:t>丁 </w:t></w:r></w:p>"
    )
    running = "甲\n\n乙乙\n丙\n丁"
    found = [block for block in blocks(data) if isinstance(block, TextLine)]
    assert [(line.line, line.text) for line in found] == [(1, "甲"), (3, "乙乙"), (4, "丙"), (5, "丁")]
    assert all(line.span is not None and running[slice(*line.span)] == line.text for line in found)


def test_merged_cells_and_columns_left_out_at_the_sides_of_a_row() -> None:
    data = docx(
        tbl(
            tr(tc("项目", '<w:gridSpan w:val="2"/><w:vMerge w:val="restart"/>'), tc("合计", '<w:gridSpan w:val="2"/>')),
            tr(tc("", '<w:gridSpan w:val="2"/><w:vMerge/>'), tc("预算"), tc("决算")),
            tr(tc("x"), tc("1"), properties='<w:gridBefore w:val="1"/><w:gridAfter w:val="1"/>'),
            tr(tc("左", '<w:hMerge w:val="restart"/>'), tc("", '<w:hMerge w:val="continue"/>'), tc("2"), tc("3")),
        )
    )
    assert texts(blocks(data)[0]) == [
        (0, 0, 2, 2, "项目"),
        (0, 2, 1, 2, "合计"),
        (1, 2, 1, 1, "预算"),
        (1, 3, 1, 1, "决算"),
        (2, 0, 1, 1, ""),
        (2, 1, 1, 1, "x"),
        (2, 2, 1, 1, "1"),
        (2, 3, 1, 1, ""),
        (3, 0, 1, 2, "左"),
        (3, 2, 1, 1, "2"),
        (3, 3, 1, 1, "3"),
    ]


def test_borders_that_do_not_quite_meet_make_no_columns() -> None:
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in (1200, 1199, 1, 1200, 30, 1170))
    data = docx(
        f"<w:tbl><w:tblGrid>{columns}</w:tblGrid>"
        + tr(tc("合计", '<w:gridSpan w:val="2"/>'), tc("工资福利支出", '<w:gridSpan w:val="4"/>'))
        + tr(tc("类"), tc("款", '<w:gridSpan w:val="2"/>'), tc("小计"), tc("基本工资", '<w:gridSpan w:val="2"/>'))
        + tr(tc("1"), tc("2", '<w:gridSpan w:val="2"/>'), tc("3", '<w:gridSpan w:val="2"/>'), tc("4"))
        + "</w:tbl>"
    )
    assert texts(blocks(data)[0]) == [
        (0, 0, 1, 2, "合计"),
        (0, 2, 1, 2, "工资福利支出"),
        (1, 0, 1, 1, "类"),
        (1, 1, 1, 1, "款"),
        (1, 2, 1, 1, "小计"),
        (1, 3, 1, 1, "基本工资"),
        (2, 0, 1, 1, "1"),
        (2, 1, 1, 1, "2"),
        (2, 2, 1, 1, "3"),
        (2, 3, 1, 1, "4"),
    ]


def test_narrow_columns_that_hold_cells_stay() -> None:
    columns = '<w:gridCol w:w="1200"/><w:gridCol w:w="60"/><w:gridCol w:w="60"/>'
    data = docx(f"<w:tbl><w:tblGrid>{columns}</w:tblGrid>{tr(tc('1'), tc('2'), tc('3')) * 2}</w:tbl>")
    assert [cell[:2] for cell in texts(blocks(data)[0])] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]


def test_two_merged_ranges_one_below_the_other_stay_two() -> None:
    start, on = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    data = docx(
        tbl(
            *(
                tr(tc(text, merged), tc(str(i)))
                for i, (text, merged) in enumerate((("甲", start), ("", on), ("乙", start), ("", on)))
            )
        )
    )
    assert [cell for cell in texts(blocks(data)[0]) if cell[1] == 0] == [(0, 0, 2, 1, "甲"), (2, 0, 2, 1, "乙")]


def test_wrapped_cells_keep_their_lines() -> None:
    data = docx(
        tbl(
            tr(
                tc(p("机关事业单位") + p("养老") + "<w:p/>"),
                tc("<w:p><w:r><w:t>a</w:t><w:br/><w:t>b</w:t><w:tab/><w:t>c</w:t></w:r></w:p>"),
            )
        )
    )
    assert [cell[4] for cell in texts(blocks(data)[0])] == ["机关事业单位\n养老", "a\nb c"]


def test_a_table_in_a_table_is_a_grid_of_its_own_behind_it() -> None:
    inner = tbl(tr(tc("内"), tc("1.00")))
    rows = [tr(*(tc(f"{r}.{c}") for c in range(4))) for r in range(5)]
    data = docx(tbl(*rows, tr(tc(p("外") + inner + p("末")), tc("x"), tc("y"), tc("z"))) + p("后"))
    outer, behind, line = blocks(data)
    assert texts(outer)[-4] == (5, 0, 1, 1, "外\n末")
    assert texts(behind) == [(0, 0, 1, 1, "内"), (0, 1, 1, 1, "1.00")]
    assert isinstance(line, TextLine)


def test_a_table_for_the_layout_gives_lines_and_the_tables_in_it() -> None:
    inner = tbl(tr(tc("内"), tc("1.00")))
    data = docx(
        tbl(tr(tc(p("收入决算表")), tc(p("单位：万元"))), tr(tc(inner + "<w:p/>"), tc("注"))) + tbl(tr(tc("框中一句")))
    )
    assert order(read(data)) == ["收入决算表", "单位：万元", "table", "注", "框中一句"]


def test_content_controls_and_insertions_are_printed_and_removed_text_is_not() -> None:
    data = docx(
        "<w:sdt><w:sdtPr><w:alias w:val='名'/></w:sdtPr><w:sdtContent>" + p("控件段落") + "</w:sdtContent></w:sdt>"
        "<w:p><w:ins><w:r><w:t>新增</w:t></w:r></w:ins><w:del><w:r><w:delText>删去</w:delText></w:r></w:del>"
        "<w:moveFrom><w:r><w:t>移走</w:t></w:r></w:moveFrom><w:moveTo><w:r><w:t>移来</w:t></w:r></w:moveTo>"
        "<w:hyperlink><w:r><w:t>链接</w:t></w:r></w:hyperlink>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>隐藏</w:t></w:r>"
        '<w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>可见</w:t></w:r></w:p>'
        + tbl(
            "<w:sdt><w:sdtContent>"
            + tr("<w:sdt><w:sdtContent>" + tc("甲") + "</w:sdtContent></w:sdt>", tc("乙"))
            + "</w:sdtContent></w:sdt>",
            tr(tc("删"), tc("行"), properties="<w:del/>"),
        )
    )
    assert lines(data) == ["控件段落", "新增移来链接可见"]
    assert [cell[4] for cell in texts(blocks(data)[2])] == ["甲", "乙"]


def test_fields_give_their_result_and_not_their_code() -> None:
    data = docx(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> REF x \\h </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>3,469.08</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r><w:fldSimple w:instr=" NUMPAGES "><w:r><w:t>万元</w:t></w:r>'
        '</w:fldSimple><w:r><w:noBreakHyphen/><w:sym w:font="Wingdings" w:char="F0FE"/>'
        '<w:sym w:font="Wingdings" w:char="F0B7"/></w:r></w:p>'
    )
    assert lines(data) == ["3,469.08万元-☑"]


def test_a_text_box_is_read_once_whatever_renderings_it_has() -> None:
    box = "<w:txbxContent>" + p("单位：万元") + "</w:txbxContent>"
    both = (
        "<w:p><w:r><w:t>表一</w:t><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>"
        f"{box}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape>"
        "</w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    old = f"<w:p><w:r><w:pict><v:shape><v:textbox>{box}</v:textbox></v:shape></w:pict></w:r></w:p>"
    assert lines(docx(both + old)) == ["表一", "单位：万元", "单位：万元"]


def lvl(at: int, style: str, text: str, more: str = "", start: int = 1) -> str:
    about = f'<w:start w:val="{start}"/><w:numFmt w:val="{style}"/>{more}<w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{at}">{about}</w:lvl>'


def num_pr(number: int, level: int | None = 0) -> str:
    at = "" if level is None else f'<w:ilvl w:val="{level}"/>'
    return f'<w:numPr>{at}<w:numId w:val="{number}"/></w:numPr>'


NUMBERING = (
    '<w:abstractNum w:abstractNumId="0">'
    + lvl(0, "chineseCounting", "%1、", '<w:pStyle w:val="H1"/><w:suff w:val="nothing"/>')
    + lvl(1, "chineseCountingThousand", "（%2）", '<w:pStyle w:val="H2"/>')
    + lvl(2, "decimal", "%3.", '<w:suff w:val="space"/>')
    + lvl(3, "decimal", "%1.%3.%4", "<w:isLgl/>")
    + "</w:abstractNum>"
    '<w:abstractNum w:abstractNumId="1">' + lvl(0, "bullet", "\uf0b7") + "</w:abstractNum>"
    '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="0"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
)
STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="N"/>'
    f'<w:style w:type="paragraph" w:styleId="H1"><w:basedOn w:val="N"/><w:pPr>{num_pr(1, None)}</w:pPr></w:style>'
    f'<w:style w:type="paragraph" w:styleId="H2"><w:pPr>{num_pr(1, None)}</w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="H1b"><w:basedOn w:val="H1"/></w:style>'
)


def test_numbers_of_lists_are_put_in() -> None:
    data = docx(
        p("收入支出决算总体情况说明", num_pr(1))
        + p("收入", num_pr(1, 1))
        + p("支出", num_pr(1, 1))
        + p("基本", num_pr(1, 2))
        + p("2023年度", num_pr(1, 2))
        + p("深", num_pr(1, 3))
        + p("圆点", num_pr(2))
        + p("没有号", num_pr(0))
        + p("收入决算情况说明", num_pr(1))
        + p("再从头", num_pr(1, 1))
        + p("重新开始", num_pr(3))
        + p("接着", num_pr(3)),
        numbering=NUMBERING,
    )
    assert lines(data) == [
        "一、收入支出决算总体情况说明",
        "（一）收入",
        "（二）支出",
        "1. 基本",
        "2. 2023年度",
        "1.2.1 深",
        "圆点",
        "没有号",
        "二、收入决算情况说明",
        "（一）再从头",
        "一、重新开始",
        "二、接着",
    ]


def test_a_style_puts_its_paragraphs_in_a_list() -> None:
    def styled(text: str, style: str, more: str = "") -> str:
        return p(text, f'<w:pStyle w:val="{style}"/>{more}')

    data = docx(
        styled("甲", "H1") + styled("乙", "H2") + styled("丙", "H1b") + styled("丁", "H1", num_pr(0)) + p("戊"),
        numbering=NUMBERING,
        styles=STYLES,
    )
    assert lines(data) == ["一、甲", "（一）乙", "二、丙", "丁", "戊"]


def test_a_list_also_numbers_rows_of_a_table() -> None:
    data = docx(tbl(*(tr(tc(p(name, num_pr(1))), tc("1")) for name in ("财政拨款", "事业收入"))), numbering=NUMBERING)
    assert [cell[4] for cell in texts(blocks(data)[0])] == ["一、财政拨款", "1", "二、事业收入", "1"]


@pytest.mark.parametrize(
    ("number", "style", "said"),
    [
        (10, "chineseCounting", "十"),
        (11, "chineseCountingThousand", "十一"),
        (20, "chineseCounting", "二十"),
        (35, "japaneseCounting", "三十五"),
        (101, "chineseCountingThousand", "一百零一"),
        (110, "chineseCountingThousand", "一百一十"),
        (12, "ideographDigital", "一二"),
        (10, "ideographDigital", "一〇"),
        (15, "chineseLegalSimplified", "壹拾伍"),
        (3, "ideographTraditional", "丙"),
        (4, "decimalEnclosedCircleChinese", "④"),
        (21, "decimalEnclosedCircle", "㉑"),
        (2, "decimalEnclosedParen", "⑵"),
        (12, "decimalFullWidth", "１２"),
        (4, "lowerRoman", "iv"),
        (28, "upperLetter", "BB"),
        (7, "decimalZero", "07"),
        (7, "something new", "7"),
        (7, "none", ""),
    ],
)
def test_numbers_are_spelled_as_word_does(number: int, style: str, said: str) -> None:
    assert spelled(number, style) == said


@given(st.integers(0, 40000))
def test_any_number_is_spelled_in_any_style(number: int) -> None:
    for style in (
        "chineseCounting",
        "chineseLegalSimplified",
        "ideographDigital",
        "lowerRoman",
        "decimalEnclosedCircle",
    ):
        assert spelled(number, style)


def test_headers_and_footers_are_left_out_and_said() -> None:
    data = docx(p("正文"), header=p("某市教育局2023年度部门决算"), footer="<w:p><w:r><w:t>— 3 —</w:t></w:r></w:p>")
    reading = read(data)
    assert order(reading) == ["正文"]
    assert reading.notes == ("headers and footers left out: 某市教育局2023年度部门决算",)


def test_footnotes_follow_the_text() -> None:
    data = docx(
        p("正文"),
        footnotes=f'<w:footnote w:type="separator" w:id="-1">{p("—")}</w:footnote>'
        f'<w:footnote w:id="1">{p("含上年结转。")}</w:footnote>',
    )
    assert lines(data) == ["正文", "含上年结转。"]


# --- what cannot be read ---------------------------------------------------------------------------------------------


def picture(width: int, height: int) -> str:
    return (
        f'<w:p><w:r><w:drawing><wp:inline><wp:extent cx="{width * 12700}" cy="{height * 12700}"/>'
        '<a:blip r:embed="rId9"/></wp:inline></w:drawing></w:r></w:p>'
    )


def illustrated(body: str, image: bytes) -> bytes:
    """The document with ``image`` as the picture that rId9 names."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(docx(body))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "word/_rels/document.xml.rels":
                related = f'<Relationship Id="rId9" Type="{OFFICE}/image" Target="media/image1.png"/></Relationships>'
                part = part.replace(b"</Relationships>", related.encode())
            new.writestr(name, part)
        new.writestr("word/media/image1.png", image)
    return out.getvalue()


def blank() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (124, 175), "white").save(out, "PNG")
    return out.getvalue()


def test_pictures_as_large_as_a_page_are_read_as_scans_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = Page(1, 595.0, 842.0, (TextLine("收入决算表", 1, 1), Grid(1, 1, 1, (GridCell(0, 0, 1, 1, "合计"),))))
    given: list[bytes] = []

    def recognised(data: bytes, limits: Limits) -> Reading:
        given.append(data)
        return Reading("ocr", "image/png", (seen,), ("page 1: a stamp",))

    monkeypatch.setattr("juesuan.final_accounts.readers.image.read", recognised)
    reading = read(illustrated(p("甲") + picture(500, 700) * 2 + p("乙") + picture(30, 30), blank()))
    assert given == [blank()] * 2
    assert [(page.number, page.method) for page in reading.pages] == [
        (None, None),
        (1, "ocr"),
        (2, "ocr"),
        (None, None),
    ]
    assert [[block.page for block in page.blocks] for page in reading.pages] == [[None], [1, 1], [2, 2], [None]]
    assert order(reading) == ["甲", "收入决算表", "table", "收入决算表", "table", "乙"]


def test_scans_without_print_or_without_recognition_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    data = illustrated(picture(500, 700), blank())
    with pytest.raises(UnreadableDocument, match=r"holds pictures \(1\) and no text: image1.png \(no print was found"):
        read(data)
    monkeypatch.setattr("juesuan.final_accounts.readers.ocr.available", lambda: False)
    with pytest.raises(UnreadableDocument, match=r"holds pictures \(1\) and no text: .*install the ocr extra"):
        read(data)


def test_pictures_that_cannot_be_read_are_said() -> None:
    reading = read(illustrated(p("见下图") + picture(500, 700), b"\x01\x00\x00\x00 a metafile"))
    assert reading.notes == ("pictures as large as a page that were not read: image1.png (a drawing, not a picture)",)


def test_embedded_workbooks_are_said() -> None:
    embedded = '<w:p><w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12" r:id="rId1"/></w:object></w:r></w:p>'
    assert read(docx(p("表") + embedded)).notes == ("embedded workbooks that were not read: 1",)


def test_a_document_without_text_says_so() -> None:
    with pytest.raises(UnreadableDocument, match="the document holds no text"):
        read(docx("<w:p/>"))


def test_a_truncated_document_says_so() -> None:
    data = docx(p("决算" * 400))
    for share in (0.3, 0.6, 0.95):
        with pytest.raises(UnreadableDocument, match="truncated or damaged"):
            read(data[: int(len(data) * share)])


def test_entities_and_outside_references_are_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("机密", encoding="utf-8")
    data = docx(p("x"))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "word/document.xml":
                part = f'<!DOCTYPE d [<!ENTITY e SYSTEM "{secret.as_uri()}">]>'.encode() + part.replace(
                    b">x<", b">&e;<"
                )
            new.writestr(name, part)
    with pytest.raises(UnreadableDocument, match="declares a document type"):
        read(out.getvalue())


def test_more_than_allowed_is_refused() -> None:
    data = docx(tbl(*(tr(*(tc("x") for _ in range(10))) for _ in range(10))))
    with pytest.raises(LimitExceeded, match="max_cells"):
        read(data, limits=Limits(max_cells=50))
    with pytest.raises(LimitExceeded, match="columns"):
        read(docx(tbl(tr(*(tc("x", '<w:gridSpan w:val="999999"/>') for _ in range(9))))))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_documents_are_read_or_refused(data: st.DataObject) -> None:
    mutated = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at] = data.draw(st.integers(0, 255))
    try:
        reading = read(bytes(mutated))
    except UnreadableDocument as error:
        assert str(error)
    else:
        assert reading.pages


WHOLE = docx(p("甲", num_pr(1)) + tbl(tr(tc("x"), tc("y"))), numbering=NUMBERING, styles=STYLES)
