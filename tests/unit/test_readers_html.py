"""Web pages: what a browser shows arrives, in order; what it hides does not; every figure stands in its own cell."""

from __future__ import annotations

import base64
import quopri
import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.model import Grid, LimitExceeded, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import MHTML, Limits, read, sniff
from juesuan.final_accounts.readers.html import decode


def page(body: str, head: str = "") -> bytes:
    return f"<!DOCTYPE html>\n<html><head>{head}</head><body>{body}</body></html>".encode()


def shown(data: bytes | str, limits: Limits | None = None) -> list[str | list[list[str]]]:
    """Lines as strings; grids as rows of texts, each cell at its upper left corner, None where another one covers."""
    reading = read(page(data) if isinstance(data, str) else data, limits=limits or Limits())
    out: list[str | list[list[str]]] = []
    for sheet in reading.pages:
        for block in sheet.blocks:
            if isinstance(block, TextLine):
                out.append(block.text)
                continue
            rows = [["."] * block.n_cols for _ in range(block.n_rows)]
            for cell in block.cells:
                rows[cell.row][cell.col] = cell.text
            out.append(rows)
    return out


def grids(reading: Reading) -> list[Grid]:
    return [block for one in reading.pages for block in one.blocks if isinstance(block, Grid)]


# --- encodings --------------------------------------------------------------------------------------------------------

SAID = "<html><head><meta charset={}></head><body>收入支出决算总表，单位：万元</body></html>"


@pytest.mark.parametrize(
    ("declared", "encoded", "found"),
    [
        ("gb2312", "gbk", "gb18030"),
        ("GBK", "gb18030", "gb18030"),
        ("utf-8", "utf-8", "utf-8"),
        ("gb2312", "utf-8", "utf-8"),  # converted, and the declaration left
        ("utf-8", "gbk", "gb18030"),
        ("iso-8859-1", "gbk", "gb18030"),
        ("no-such-thing", "gbk", "gb18030"),
        ("big5", "big5", "big5"),
    ],
)
def test_a_page_is_read_in_the_encoding_that_it_has_whatever_it_declares(
    declared: str, encoded: str, found: str
) -> None:
    said = SAID.replace("收入支出决算总表，单位：万元", "收入支出") if encoded == "big5" else SAID
    text, encoding, bad = decode(said.format(declared).encode(encoded))
    assert (text, encoding, bad) == (said.format(declared), found, 0)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_pages_in_unicode_of_any_kind_are_pages(encoding: str) -> None:
    data = SAID.format("unicode").encode(encoding)
    assert decode(data)[0] == SAID.format("unicode")
    if encoding != "utf-16-le":
        assert shown(data) == ["收入支出决算总表，单位：万元"]


def test_a_declaration_in_http_equiv_or_xml_counts() -> None:
    for head in (
        '<meta http-equiv="Content-Type" content="text/html; charset=big5">',
        '<?xml version="1.0" encoding="big5"?>',
    ):
        assert decode(f"{head}<p>收入支出</p>".encode("big5"))[1] == "big5"


def test_a_few_broken_bytes_leave_the_rest_readable_and_are_said() -> None:
    text = "<html><body><p>" + "本年收入合计" * 20 + "</p><p>1,234.50</p></body></html>"
    data = text.encode().replace("本".encode(), b"\xe6\x9c", 1)
    reading = read(data)
    assert "1 bytes are no characters of UTF-8" in reading.notes[-1]
    assert reading.pages[0].blocks[1].text == "1,234.50"  # type: ignore[union-attr]


def test_text_in_no_known_encoding_is_refused() -> None:
    with pytest.raises(UnreadableDocument, match="no known encoding"):
        read(b"<html><body>" + bytes(range(0x80, 0x100)) * 5 + b"</body></html>")


# --- lines ------------------------------------------------------------------------------------------------------------


def test_blocks_and_breaks_part_lines_and_inline_markup_does_not() -> None:
    body = "<h1>某局<b>2022</b>年度</h1>正文<span>一</span><div>二<br>三<br/></div><ul><li>四<li>五</ul>六"
    assert shown(body) == ["某局2022年度", "正文一", "二", "三", "四", "五", "六"]


def test_a_piece_of_a_page_is_a_page() -> None:
    assert shown("表2 <table><tr><td>a</td><td>1.0</td></tr><tr><td>b</td><td>2.0</td></tr></table>".encode()) == [
        "表2",
        [["a", "1.0"], ["b", "2.0"]],
    ]


def test_white_space_collapses_as_a_browser_shows_it() -> None:
    body = "<p>  本年   收入\n决算 <b> 12.5</b>\n万元，&nbsp;&nbsp;比\u200b上\ufeff年 </p><pre>a  b\n  c</pre>"
    assert shown(body) == ["本年 收入决算 12.5 万元，  比上年", "a  b", "  c"]


def test_a_line_of_the_source_that_ends_within_a_number_parts_it() -> None:
    assert shown("<p>12\n34</p>") == ["12 34"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<script>var a = '<td>1.00</td>'</script>",
        "<style>p { color: red }</style>",
        "<noscript>请打开脚本</noscript>",
        "<template><p>1.00</p></template>",
        "<div style='display: none'><p>1.00</p><table><tr><td>1<td>2</table></div>",
        "<div style='color:red;DISPLAY:NONE'>1.00</div>",
        "<p style='visibility:hidden'>1.00</p>",
        "<p hidden>1.00</p>",
        "<span style='mso-hide:all'>1.00</span>",
        "<!-- 1.00 -->",
        "<!--[if gte mso 9]><xml><o:DocumentProperties><o:Author>x</o:Author></o:DocumentProperties></xml><![endif]-->",
        "<xml><w:WordDocument>1.00</w:WordDocument></xml>",
        "<select><option>1.00</option></select>",
        "<iframe src='http://localhost:1/x'>1.00</iframe>",
    ],
)
def test_what_a_browser_does_not_show_is_not_read(hidden: str) -> None:
    assert shown(f"<p>前</p>{hidden}<p>后</p>") == ["前", "后"]


def test_conditional_markup_of_word_shows_what_browsers_show() -> None:
    body = "<p><![if !supportLists]>一、<![endif]>收入<o:p></o:p><st1:chsdate year='2022'>2022年</st1:chsdate></p>"
    assert shown(body) == ["一、收入2022年"]


def test_a_page_whose_text_waits_for_a_script_is_read_and_said() -> None:
    reading = read(page("<div style='display:none'><p>收入</p></div><script>show()</script>"))
    assert reading.pages[0].blocks[0].text == "收入"  # type: ignore[union-attr]
    assert "hides all of its text" in reading.notes[0]


def test_lines_count_through_the_page_and_know_their_place() -> None:
    reading = read(page("<p>甲</p><table><tr><td>a<td>1.0<tr><td>b<td>2.0</table><p>乙乙</p>"))
    assert [(b.line, b.text, b.span, b.page) for b in reading.pages[0].blocks if isinstance(b, TextLine)] == [
        (1, "甲", (0, 1), None),
        (2, "乙乙", (2, 4), None),
    ]


# --- tables -----------------------------------------------------------------------------------------------------------


def test_spans_hold_their_columns() -> None:
    body = (
        "<table><tr><td rowspan=2>项目<td colspan=2>收入<tr><td>合计<td>其中<tr><td>甲<td>1.00<td></td></tr>"
        "<tr><td colspan=2 rowspan=0>乙<td>2.00<tr><td>3.00</table>"
    )
    (grid,) = grids(read(page(body)))
    assert [(c.row, c.col, c.row_span, c.col_span, c.text) for c in grid.cells] == [
        (0, 0, 2, 1, "项目"),
        (0, 1, 1, 2, "收入"),
        (1, 1, 1, 1, "合计"),
        (1, 2, 1, 1, "其中"),
        (2, 0, 1, 1, "甲"),
        (2, 1, 1, 1, "1.00"),
        (2, 2, 1, 1, ""),
        (3, 0, 2, 2, "乙"),
        (3, 2, 1, 1, "2.00"),
        (4, 2, 1, 1, "3.00"),
    ]


def test_head_and_foot_stand_where_they_are_shown_and_captions_above() -> None:
    body = (
        "<table><caption>表2 收入决算表</caption><tfoot><tr><td>合计<td>3.00</tfoot>"
        "<tbody><tr><td>甲<td>3.00</tbody><thead><tr><th>项目<th>金额</thead></table>"
    )
    assert shown(body) == ["表2 收入决算表", [["项目", "金额"], ["甲", "3.00"], ["合计", "3.00"]]]


def test_a_name_wrapped_in_its_cell_stays_one_label() -> None:
    body = "<table><tr><td><p>一般公共</p><p>服务支出<o:p></o:p></p><td>1.00<tr><td>乙<br>丙<td>2.00</table>"
    assert shown(body) == [[["一般公共\n服务支出", "1.00"], ["乙\n丙", "2.00"]]]


def test_spans_without_end_are_bounded() -> None:
    body = "<table><tr><td colspan=1000000000 rowspan=99999999999>甲<td>乙<tr><td>1<td>2</table>"
    (grid,) = grids(read(page(body)))
    assert [(c.row, c.col, c.row_span, c.col_span, c.text) for c in grid.cells if c.text] == [
        (0, 0, 2, 1, "甲"),  # a thousand columns wide, in none of which another cell begins
        (0, 1, 1, 1, "乙"),
        (1, 1, 1, 1, "1"),
        (1, 2, 1, 1, "2"),
    ]
    assert (grid.n_rows, grid.n_cols) == (2, 3)


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=5),
        min_size=1,
        max_size=6,
    )
)
def test_every_place_of_a_grid_belongs_to_one_cell(rows: list[list[tuple[int, int]]]) -> None:
    body = "".join(
        "<tr>" + "".join(f"<td colspan={c} rowspan={r}>{i}.{k}</td>" for k, (c, r) in enumerate(row)) + "</tr>"
        for i, row in enumerate(rows)
    )
    try:
        found = grids(read(page(f"<p>x</p><table>{body}</table>")))
    except UnreadableDocument:
        return
    for grid in found:
        owners = [
            (r, c)
            for cell in grid.cells
            for r in range(cell.row, cell.row + cell.row_span)
            for c in range(cell.col, cell.col + cell.col_span)
        ]
        assert sorted(owners) == [(r, c) for r in range(grid.n_rows) for c in range(grid.n_cols)]


def test_tables_that_lay_out_a_page_give_their_contents_in_order() -> None:
    inner = "<table><tr><td>项目<td>金额<tr><td>甲<td>1.00</table>"
    body = (
        "<table><tr><td colspan=2><table><tr><td>首页<td>公开</table></td></tr>"
        f"<tr><td>栏目</td><td><h1>决算</h1><p>说明</p>{inner}<p>完</p></td></tr></table>"
    )
    assert shown(body) == ["首页", "公开", "栏目", "决算", "说明", [["项目", "金额"], ["甲", "1.00"]], "完"]


def test_a_cell_with_paragraphs_among_few_is_a_part_of_the_page() -> None:
    text = "本部门主要职责是贯彻执行国家有关方针政策，拟订发展规划并组织实施。" * 8
    assert shown(f"<table><tr><td>栏目<td><p>一</p><p>{text}</p><tr><td>版权<td>主办</table>") == [
        "栏目",
        "一",
        text,
        "版权",
        "主办",
    ]


def test_a_single_cell_or_column_or_row_of_words_is_lines() -> None:
    assert shown("<table><tr><td>收入决算表</table>") == ["收入决算表"]
    assert shown("<table><tr><td>甲<td>&nbsp;<tr><td>乙<td></table>") == ["甲", "乙"]
    assert shown("<table><tr><td>部门：某局<td>金额单位：万元</table>") == ["部门：某局", "金额单位：万元"]
    assert shown("<table><tr><td>合计<td>1.00</table>") == [[["合计", "1.00"]]]


def test_a_table_with_a_header_and_blanks_stays_a_table() -> None:
    assert shown("<table><tr><td>项目<td>金额<tr><td>&nbsp;<td></table>") == [[["项目", "金额"], ["", ""]]]


def test_markup_that_nobody_closed_still_fills_the_right_cells() -> None:
    body = "<table><form><tr><td><font>甲<td><b>1.00<tr><td>乙<td><p>2.00</form></table>后"
    assert shown(body) == [[["甲", "1.00"], ["乙", "2.00"]], "后"]


def test_text_astray_in_a_table_is_kept_above_it() -> None:
    assert shown("<table>单位：万元<tr>甲<td>a<td>1<tr><td>b<td>2</table>") == [
        "单位：万元",
        "甲",
        [["a", "1"], ["b", "2"]],
    ]


def test_hidden_rows_and_cells_take_no_place() -> None:
    body = (
        "<table><tr><td>a<td style='display:none'>x<td>1</tr><tr style='display:none'><td>b<td>2</tr>"
        "<tr><td>c<td style='visibility:hidden'>9</tr></table>"
    )
    assert shown(body) == [[["a", "1"], ["c", ""]]]


def test_a_cell_of_excel_shows_its_text_and_stores_its_number() -> None:
    body = (
        "<table><tr><td x:str>项目<td x:str>金额<tr><td x:num>2010301<td x:num='0.29999999999999999'>0.30"
        "<tr><td x:num='0'>&nbsp;<td x:num='1e999999999'>大<tr><td sdval='1234.5'>1,234.50<td x:num>1,234.50</table>"
    )
    (grid,) = grids(read(page(body)))
    assert [(c.text, c.number) for c in grid.cells[2:]] == [
        ("2010301", Decimal(2010301)),
        ("0.30", Decimal("0.29999999999999999")),
        ("", None),  # shown blank is blank
        ("大", None),
        ("1,234.50", Decimal("1234.5")),
        ("1,234.50", Decimal("1234.50")),
    ]


# --- a report ---------------------------------------------------------------------------------------------------------

WORD_ROW = """ <tr style='mso-yfti-irow:{n};height:14.25pt'>
  <td width=180 nowrap style='width:135.0pt;border:solid windowtext 1.0pt;mso-border-alt:solid windowtext .5pt'>
  <p class=MsoNormal align=left style='mso-pagination:widow-orphan'><span
  style='font-size:9.0pt;font-family:宋体;mso-bidi-font-family:宋体'>{name}<span lang=EN-US><o:p></o:p></span>
  </span></p>
  </td>{cells}
 </tr>"""
WORD_CELL = """
  <td width=80 style='border:solid windowtext 1.0pt'>
  <p class=MsoNormal align=right><span lang=EN-US style='font-size:9.0pt'>{text}<o:p></o:p></span></p></td>"""

T1_ROWS = [
    ("一、一般公共预算财政拨款收入", "1", "1,085.50", "一、一般公共服务支出", "31", "1,000.30"),
    ("二、政府性基金预算财政拨款收入", "2", "54.00", "二、社会保障和就业支出", "32", "93.20"),
    ("三、国有资本经营预算财政拨款收入", "3", "", "三、城乡社区支出", "33", "54.00"),
    ("本年收入合计", "27", "1,139.50", "本年支出合计", "57", "1,147.50"),
    ("使用非财政拨款结余", "28", "", "结余分配", "58", ""),
    ("年初结转和结余", "29", "18.76", "年末结转和结余", "59", "10.76"),
    ("总计", "30", "1,158.26", "总计", "60", "1,158.26"),
]
T3_ROWS = [
    ("", "", "合计", "1147.5", "827.75", "319.75", "0", "0", "0"),
    ("201", "", "一般公共服务支出", "1000.3", "734.55", "265.75", "0", "0", "0"),
    ("20103", "", "政府办公厅（室）及相关机构事务", "1000.3", "734.55", "265.75", "0", "0", "0"),
    ("2010301", "", "行政运行", "734.55", "734.55", "0", "0", "0", "0"),
    ("2010302", "", "一般行政管理事务", "265.75", "0", "265.75", "0", "0", "0"),
    ("208", "", "社会保障和就业支出", "93.2", "93.2", "0", "0", "0", "0"),
    ("20805", "", "行政事业单位养老支出", "93.2", "93.2", "0", "0", "0", "0"),
    ("2080505", "", "机关事业单位基本养老保险缴费支出", "93.2", "93.2", "0", "0", "0", "0"),
    ("212", "", "城乡社区支出", "54", "0", "54", "0", "0", "0"),
    ("21208", "", "国有土地使用权出让收入安排的支出", "54", "0", "54", "0", "0", "0"),
    ("2120899", "", "其他国有土地使用权出让收入安排的支出", "54", "0", "54", "0", "0", "0"),
]


def word_table() -> str:
    head = "".join(WORD_CELL.format(text=t) for t in ("行次", "金额", "项目", "行次", "金额"))
    rows = [
        WORD_ROW.format(n=0, name="收入", cells="<td colspan=2></td><td colspan=3><p>支出</p></td>"),
        WORD_ROW.format(n=1, name="项目", cells=head),
    ]
    for n, row in enumerate(T1_ROWS, 2):
        wrapped = row[0].replace("预算", "预算\n  ")  # Word ends the lines of its source where it likes
        rows.append(WORD_ROW.format(n=n, name=wrapped, cells="".join(WORD_CELL.format(text=t) for t in row[1:])))
    return f"<div align=center><table class=MsoTableGrid border=1>{''.join(rows)}</table></div>"


def excel_table() -> str:
    columns = "<col width=72 style='mso-width-source:userset;width:54pt'>" * 9
    head = (
        "<tr height=33><td colspan=9 class=xl65 style='mso-ignore:colspan'>支出决算表</td></tr>"
        "<tr height=20><td class=xl66>部门：临江县清水镇人民政府</td><td colspan=7></td><td>金额单位：万元</td></tr>"
        "<tr height=20><td colspan=3 class=xl67>项目</td><td rowspan=2>本年支出合计</td><td rowspan=2>基本支出</td>"
        "<td rowspan=2>项目支出</td><td rowspan=2>上缴上级支出</td><td rowspan=2>经营支出</td>"
        "<td rowspan=2>对附属单位补助支出</td></tr>"
        "<tr height=20><td colspan=2>科目编码</td><td>科目名称</td></tr>"
    )
    body = ""
    for code, _, name, *figures in T3_ROWS:
        label = f"<td colspan=2 class=xl70 x:num>{code}</td>" if code else "<td colspan=2></td>"
        body += f"<tr height=20>{label}<td class=xl71 x:str>{name}</td>"
        body += "".join(
            f'<td class=xl72 align=right x:num="{f}">{Decimal(f):,.2f}</td>'
            if Decimal(f)
            else '<td x:num="0">0.00</td>'
            for f in figures
        )
        body += "</tr>"
    empty = "<![if supportMisalignedColumns]><tr height=0 style='display:none'>" + "<td width=72></td>" * 9
    return f"<table x:str border=0 cellpadding=0>{columns}{head}{body}{empty}</tr><![endif]></table>"


def government_page() -> str:
    return f"""<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN">
<html xmlns:v="urn:schemas-microsoft-com:vml" xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv="Content-Type" content="text/html; charset=gb2312" />
<title>临江县清水镇人民政府2022年度部门决算_临江县人民政府</title>
<style>td {{ mso-number-format: General }}</style><script src="/js/jquery.js"></script></head>
<body><div id="top"><ul><li><a href="/">首页</a></li><li><a href="/xxgk">政务公开</a></li></ul></div>
<table width="1000"><tr><td width="200" valign="top"><div>信息公开指南</div><div>法定主动公开内容</div></td>
<td><h1>临江县清水镇人民政府2022年度部门决算</h1>
<p>发布日期：2023-09-20&nbsp;&nbsp;来源：清水镇</p><script>share();</script>
<div class="TRS_Editor"><p>第二部分 2022年度部门决算表</p><p>表1</p><p align=center>收入支出决算总表</p>
<p>部门：临江县清水镇人民政府&nbsp;&nbsp;&nbsp;金额单位：万元</p>{word_table()}
<p>注：本表反映部门本年度的总收支和年末结转结余情况。</p><p>表3</p>{excel_table()}
<p>第三部分 2022年度部门决算情况说明</p></div></td></tr>
<tr><td colspan="2" align="center">主办：临江县人民政府&nbsp;网站标识码：3500000000</td></tr></table></body></html>"""


def test_the_figures_of_a_government_page_stand_in_their_cells() -> None:
    (found,) = extract(government_page().encode("gbk"), "页面.html")
    report = found.report
    assert (report.unit_name, report.fiscal_year, report.family) == ("临江县清水镇人民政府", 2022, "final_accounts")
    cells = {(c.table_key, c.row_label, c.column_key): c for c in found.cells}
    for label, _, amount, other, _, spent in T1_ROWS:
        income = cells["T1", label, "income_amount"]
        expenditure = cells["T1", other, "expenditure_amount"]
        assert (income.value_text, expenditure.value_text) == (amount, spent)
    columns = [
        "expenditure_total",
        "basic",
        "project",
        "superior_remittance",
        "operating_expenditure",
        "affiliate_subsidy",
    ]
    printed = {(c.row_key, c.column_key): c.value_text for c in found.cells if c.table_key == "T3"}
    assert printed == {
        (code or "合计", column): f"{Decimal(figure):,.2f}"
        for code, _, _, *figures in T3_ROWS
        for column, figure in zip(columns, figures, strict=True)
    }
    assert not [number for number in found.unassigned_numbers if number.table_key]
    assert not found.unrecognised_tables


# --- hostile and broken -----------------------------------------------------------------------------------------------


def test_any_depth_is_read_or_refused_and_never_ends_the_process() -> None:
    assert shown("<div>" * 5000 + "深") == ["深"]
    for tag in ("<div>", "<table><tr><td>", "<b><i>", "<ul><li>"):
        with pytest.raises(LimitExceeded, match="max_depth"):
            read(page(tag * 100_000 + "x"))


def test_tables_in_tables_in_tables_give_their_text_once() -> None:
    assert shown("<table><tr><td>外" * 500 + "内" + "</td></tr></table>" * 500) == ["外"] * 499 + ["外内"]


def test_entities_are_those_of_html_and_nothing_else() -> None:
    bomb = "".join(f'<!ENTITY x{n} "{f"&x{n - 1};" * 10}">' for n in range(1, 10))
    data = f'<!DOCTYPE html [<!ENTITY x0 "ha">{bomb}<!ENTITY f SYSTEM "file:///etc/passwd">]><html><body><p>&x9;&f;&lt;</p></body></html>'
    assert shown(data.encode())[-1] == "&x9;&f;<"


def test_tables_beyond_the_limits_are_refused() -> None:
    few = Limits(max_cells=1000)
    for body in (
        "<table>" + "<tr><td>1<td>2" * 600,
        "<table>" + "<tr><td colspan=1000>1" * 2,
        ("<table>" + "<tr>" * 30 + "<td>1" * 30 + "</table>") * 4,
        "<p>一</p>" * 1001,
    ):
        with pytest.raises(LimitExceeded, match="max_cells"):
            shown(page(body), few)


def test_megabytes_of_word_take_seconds() -> None:
    data = page(word_table() * 800)
    assert len(data) > 8_000_000
    began = time.process_time()
    assert len(grids(read(data))) == 800
    assert time.process_time() - began < 20


def test_a_page_that_breaks_off_in_a_table_says_so() -> None:
    whole = page("<p>甲</p>" + word_table()).decode()
    for cut in (whole.index("1,085.50") + 4, whole.index("<o:p></o:p></span></p></td>") + 3):
        with pytest.raises(UnreadableDocument, match="truncated"):
            read(whole[:cut].encode())


def test_a_page_that_ends_early_in_its_text_is_read_with_a_note() -> None:
    reading = read("<html><body><p>收入</p><p>支".encode())
    assert reading.notes == ("the page has no end (</html>): it may be truncated",)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "no text"),
        ("<img src=a.png><img src=b.png>", "2 pictures"),
        ("<script src=app.js></script><div id=app></div>", "a script fetches it"),
        ("<frameset><frame src='sheet001.htm'></frameset>", r"frames others \(sheet001.htm\)"),
    ],
)
def test_a_page_without_text_says_why(body: str, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        read(page(body))


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from(
    ["<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<td rowspan=3>", "<th colspan=4>", "<thead>", "</thead>",
     "<tfoot>", "<caption>", "<p>", "</p>", "<div style='display:none'>", "</div>", "<font>", "</font>", "<select>",
     "<option>", "<pre>", "<tr style='display:none'>", "<td style='visibility:hidden'>", "<br>", "1.00", "甲", "\n ",
     "<!--", "-->", "<script>", "</script>", "&nbsp;", "<form>", "<li>", "</body>", "<textarea>", "</textarea>"]
), max_size=40))  # fmt: skip
def test_any_markup_is_read_or_refused(parts: list[str]) -> None:
    try:
        reading = read(page("<p>始</p>" + "".join(parts)))
    except UnreadableDocument as problem:
        assert "truncated" in str(problem)
        return
    for grid in grids(reading):
        assert all(c.row + c.row_span <= grid.n_rows and c.col + c.col_span <= grid.n_cols for c in grid.cells)


# --- MHTML ------------------------------------------------------------------------------------------------------------


def mail(*parts: tuple[str, str, bytes], head: str = "", end: bool = True) -> bytes:
    """(content type, address, bytes) as parts of a mail, base64 and quoted-printable by turns."""
    out = [
        f'MIME-Version: 1.0\r\nContent-Type: multipart/related; {head}boundary="--=_Next"\r\n\r\nA mail.\r\n'.encode()
    ]
    for n, (kind, address, data) in enumerate(parts):
        how, body = ("base64", base64.encodebytes(data)) if n % 2 else ("quoted-printable", quopri.encodestring(data))
        out.append(
            f"----=_Next\r\nContent-Location: {address}\r\nContent-Transfer-Encoding: {how}\r\n"
            f"Content-Type: {kind}\r\n\r\n".encode()
            + body.replace(b"\n", b"\r\n")
            + b"\r\n"
        )
    return b"".join(out) + (b"----=_Next--\r\n" if end else b"")


ROOT = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<!--[if gte mso 9]><xml><x:ExcelWorkbook><x:ExcelWorksheets>
<x:ExcelWorksheet><x:Name>收入支出决算总表</x:Name>
<x:WorksheetSource HRef="book.files/sheet002.htm"/></x:ExcelWorksheet>
<x:ExcelWorksheet><x:Name>收入&amp;支出</x:Name><x:WorksheetSource HRef="book.files/sheet001.htm"/></x:ExcelWorksheet>
</x:ExcelWorksheets></x:ExcelWorkbook></xml><![endif]--></head>
<frameset rows="*,39"><frame src="book.files/sheet001.htm" name="frSheet"><noframes><body>frames</body></noframes>
</frameset></html>"""


def test_a_page_in_one_file_is_read_as_the_page() -> None:
    data = mail(
        ('text/html; charset="gb2312"', "file:///C:/7B/%E5%86%B3%E7%AE%97.htm", government_page().encode("gbk")),
        ("image/png", "file:///C:/7B/a.png", b"\x89PNG"),
        head='type="text/html"; ',
    )
    assert sniff(data) == MHTML
    reading = read(data)
    assert (reading.method, reading.media_type) == ("html", MHTML)
    assert [(p.number, p.part) for p in reading.pages] == [(1, "决算.htm")]
    plain = read(government_page().encode("gbk"))
    assert [getattr(b, "text", None) or len(getattr(b, "cells", ())) for b in reading.pages[0].blocks] == [
        getattr(b, "text", None) or len(getattr(b, "cells", ())) for b in plain.pages[0].blocks
    ]
    assert all(block.page == 1 for block in reading.pages[0].blocks)


def test_a_workbook_saved_as_a_page_is_its_sheets_in_the_order_of_the_workbook() -> None:
    reading = read(
        mail(
            ("text/html", "file:///C:/book.htm", ROOT.encode("gbk")),
            (
                "text/html; charset=gb2312",
                "file:///C:/book.files/sheet001.htm",
                "<html><body>甲甲甲</body></html>".encode("gbk"),
            ),
            ("text/html", "file:///C:/book.files/tabstrip.htm", page("<table><tr><td>收入<td>支出</table>")),
            ("text/html", "file:///C:/book.files/sheet002.htm", page("乙")),
            ("text/css", "file:///C:/book.files/stylesheet.css", b"p {}"),
        )
    )
    assert [(p.number, p.part, p.name, p.blocks[0].text) for p in reading.pages] == [  # type: ignore[union-attr]
        (1, "sheet002.htm", "收入支出决算总表", "乙"),
        (2, "sheet001.htm", "收入&支出", "甲甲甲"),
    ]


def test_the_header_of_a_browser_and_the_start_of_the_mail_are_known() -> None:
    data = b"From: <Saved by Blink>\r\nSubject: =?utf-8?B?5Yaz566X?=\r\n" + mail(
        ("text/html", "http://x.gov.cn/ad.html", page("广告")),
        ("text/html", "http://x.gov.cn/t1.html?id=3", page("决算")),
    )
    assert [p.part for p in read(data).pages] == ["ad.html", "t1.html"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (mail(("text/html", "a.htm", page("甲")), end=False), "truncated"),
        (mail(("image/png", "a.png", b"\x89PNG")), "without a web page"),
        (mail(("text/html", "a.htm", page(""))), "no text"),
    ],
)
def test_a_mail_without_a_whole_page_says_why(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableDocument, match=reason):
        read(data)


def test_mails_in_mails_without_end_are_refused_and_not_followed() -> None:
    data = b"MIME-Version: 1.0\nContent-Type: message/rfc822\n\n" * 3000
    data = b"MIME-Version: 1.0\nContent-Type: multipart/related; boundary=x\n\n--x\n" + data
    with pytest.raises(UnreadableDocument):
        read(data)


def test_a_mail_of_countless_parts_is_refused() -> None:
    data = mail(*[("text/html", f"{n}.htm", page("甲")) for n in range(30)])
    with pytest.raises(LimitExceeded, match="max_members"):
        read(data, limits=Limits(max_members=20))
    with pytest.raises(LimitExceeded, match="max_pages"):
        read(data, limits=Limits(max_pages=20))
