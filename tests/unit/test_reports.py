"""One document into its reports: parted where another one begins, joined where several files are one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from juesuan.final_accounts.extract import extract_reading
from juesuan.final_accounts.identify import Said
from juesuan.final_accounts.model import Grid, GridCell, Page, Reading, TextLine
from juesuan.final_accounts.reports import Part, reports_in

TITLES = {
    "T1": "收入支出决算总表",
    "T2": "收入决算表",
    "T3": "支出决算表",
    "T4": "财政拨款收入支出决算总表",
    "T5": "一般公共预算财政拨款支出决算表",
    "T6": "一般公共预算财政拨款基本支出决算表",
    "TS": "财政拨款“三公”经费支出决算表",
}
HEADS = {
    "T2": ["本年收入合计", "财政拨款收入", "其他收入"],
    "T3": ["本年支出合计", "基本支出", "项目支出"],
    "T5": ["本年支出合计", "基本支出", "项目支出"],
}
NOTES = """第三部分 {year}年度{kind}决算情况说明
一、收入支出决算总体情况说明
{year}年度收入总计12.34万元。
二、收入决算情况说明
本年收入合计12.34万元。
三、支出决算情况说明
本年支出合计12.34万元。
四、财政拨款“三公”经费支出决算情况说明
支出决算为0.50万元。
五、机关运行经费支出情况
支出1.20万元。
六、政府采购支出情况
政府采购支出总额0.10万元。"""


def table(key: str, page: int | None, amount: str = "12.34") -> Grid:
    """A small table of the form, in 万元."""
    if key in HEADS:
        rows = [["功能分类科目编码", "科目名称", *HEADS[key]], ["", "合计", amount, amount, "0.00"]]
        rows += [["201", "一般公共服务支出", amount, amount, "0.00"]]
    elif key == "TS":
        rows = [["项目", "预算数", "决算数"], ["合计", "1.00", "0.50"], ["公务接待费", "1.00", "0.50"]]
    else:
        rows = [["项目", "决算数", "项目", "决算数"]]
        rows += [["一、一般公共预算财政拨款收入", amount, "一、一般公共服务支出", amount]]
        rows += [["本年收入合计", amount, "本年支出合计", amount], ["总计", amount, "总计", amount]]
    cells = [GridCell(r, c, 1, 1, text) for r, row in enumerate(rows) for c, text in enumerate(row)]
    return Grid(page, len(rows), len(rows[0]), tuple(cells))


def text_lines(text: str, page: int | None, after: int = 0) -> list[TextLine | Grid]:
    return [TextLine(line, page, after + at) for at, line in enumerate(text.split("\n"), 1) if line.strip()]


def pages(
    cover: str,
    unit: str,
    year: int = 2023,
    kind: str = "部门",
    keys: Sequence[str] = tuple(TITLES),
    label: str | None = None,
    notes: bool = True,
    overview: bool = True,
    contents: bool = False,
) -> list[list[TextLine | Grid]]:
    """The pages of one report: cover, contents, overview, a page for each table, notes."""
    out: list[list[TextLine | Grid]] = []
    if cover:
        out.append([*text_lines(cover, None)])
    if contents:
        heads = ["第一部分 概况", *(f"{title}......{n}" for n, title in enumerate(TITLES.values(), 3)), "名词解释"]
        out.append([*text_lines("目录\n" + "\n".join(heads), None)])
    if overview:
        out.append([*text_lines(f"第一部分 {unit}概况\n一、主要职责\n负责全县有关工作。", None)])
    for number, key in enumerate(keys, 1):
        head = f"{TITLES[key]}\n公开{number:02d}表\n{kind}：{label or unit}\n单位：万元"
        out.append([*text_lines(head, None), table(key, None)])
    if notes:
        out.append([*text_lines(NOTES.format(year=year, kind=kind), None)])
    return out


def document(*reports: list[list[TextLine | Grid]]) -> Reading:
    """Pages of several reports bound into one PDF."""
    made: list[Page] = []
    for number, blocks in enumerate([page for report in reports for page in report], 1):
        own = tuple(
            TextLine(b.text, number, at) if isinstance(b, TextLine) else Grid(number, b.n_rows, b.n_cols, b.cells)
            for at, b in enumerate(blocks, 1)
        )
        made.append(Page(number, 595.0, 842.0, own))
    return Reading("pdf", "application/pdf", tuple(made))


def archive(**files: list[list[TextLine | Grid]]) -> Reading:
    """Files of a ZIP, by their path (``__`` for ``/``)."""
    made: list[Page] = []
    for path, some in files.items():
        for blocks in some:
            number = len(made) + 1
            own = tuple(
                TextLine(b.text, number, at) if isinstance(b, TextLine) else Grid(number, b.n_rows, b.n_cols, b.cells)
                for at, b in enumerate(blocks, 1)
            )
            made.append(Page(number, None, None, own, part=path.replace("__", "/")))
    return Reading("office", "application/zip", tuple(made))


def told(parts: tuple[Part, ...]) -> list[tuple[str | None, int | None, str | None, str]]:
    return [(p.identity.unit_name, p.identity.fiscal_year, p.identity.scope, p.identity.family) for p in parts]


def page_numbers(part: Part) -> list[int | None]:
    return [page.number for page in part.reading.pages]


OFFICE, CENTRE = "某县水利局", "某县水利工程管理站"


# --- one document, several reports ------------------------------------------------------------------------


def test_the_departments_and_the_own_level_report_bound_together_are_two() -> None:
    first = pages(f"{OFFICE}\n2023年度部门决算", OFFICE)
    second = pages(f"{OFFICE}（本级）\n2023年度部门决算", OFFICE, label=f"{OFFICE}本级")
    got = reports_in(document(first, second))
    assert told(got) == [
        (OFFICE, 2023, "department", "final_accounts"),
        (f"{OFFICE}（本级）", 2023, "own_level", "final_accounts"),
    ]
    assert page_numbers(got[0]) == list(range(1, len(first) + 1))
    assert page_numbers(got[1]) == list(range(len(first) + 1, len(first) + len(second) + 1))


def test_three_units_one_after_the_other_are_three() -> None:
    units = ["某县第一中学", "某县第二中学", "某县实验幼儿园"]
    got = reports_in(document(*(pages(f"{unit}2023年度单位决算", unit, kind="单位") for unit in units)))
    assert told(got) == [(unit, 2023, "unit", "final_accounts") for unit in units]


def test_tables_alone_that_begin_again_under_another_name_are_two() -> None:
    made = [pages("", unit, kind="单位", notes=False, overview=False) for unit in (OFFICE, CENTRE)]
    got = reports_in(document(*made), "2023年度单位决算.pdf")
    assert [part.identity.unit_name for part in got] == [OFFICE, CENTRE]
    assert [len(part.reading.pages) for part in got] == [7, 7]


def test_two_years_of_one_body_are_two() -> None:
    made = [pages(f"{OFFICE}{year}年度部门决算", OFFICE, year) for year in (2022, 2023)]
    assert [part.identity.fiscal_year for part in reports_in(document(*made))] == [2022, 2023]


def test_a_report_begins_within_a_page_where_there_are_no_pages() -> None:
    made: list[TextLine | Grid] = []
    for unit in (OFFICE, CENTRE):
        blocks = [block for page in pages(f"{unit}2023年度部门决算", unit) for block in page]
        made += blocks
    got = reports_in(Reading("html", "text/html", (Page(None, None, None, tuple(made)),)))
    assert [part.identity.unit_name for part in got] == [OFFICE, CENTRE]
    kept = [block for part in got for page in part.reading.pages for block in page.blocks]
    assert kept == made


def test_every_report_of_a_document_is_extracted_from_its_own_pages() -> None:
    first = pages(f"{OFFICE}\n2023年度部门决算", OFFICE)
    second = pages(f"{CENTRE}\n2023年度部门决算", CENTRE)
    one, other = extract_reading(document(first, second), "d" * 64)
    assert [(one.report.ordinal, one.report.unit_name), (other.report.ordinal, other.report.unit_name)] == [
        (0, OFFICE),
        (1, CENTRE),
    ]
    assert {cell.page for cell in one.cells}.isdisjoint({cell.page for cell in other.cells})
    assert len(one.cells) == len(other.cells) > 0


@pytest.mark.parametrize(
    "more",
    [
        pages("", OFFICE, keys=["TS"], notes=False, overview=False),
        pages("", OFFICE, keys=["T1", "T1", "T2"], notes=False, overview=False),
        [[*text_lines("附件\n下属单位名单\n某县水利工程管理站\n某县水库管理所", None)]],
        [[*text_lines("某县水利工程管理站2023年度单位决算\n已在其网站单独公开。", None)]],
        [[*text_lines("某县水利局2023年度项目支出绩效自评报告\n第一部分 项目概况\n项目投入1.00万元。", None)]],
    ],
    ids=["another 三公 table", "tables printed twice", "a list of bodies", "a body named", "an appended report"],
)
def test_what_is_no_new_report_parts_nothing(more: list[list[TextLine | Grid]]) -> None:
    whole = document(pages(f"{OFFICE}2023年度部门决算", OFFICE, contents=True), more)
    (part,) = reports_in(whole)
    assert (part.identity.unit_name, part.identity.doubts) == (OFFICE, ())
    assert part.reading is whole


def test_headings_that_call_a_units_report_a_departments_do_not_part_it() -> None:
    made = []
    for unit in ("某县第一小学", "某县第二小学"):
        one = pages(f"2023年度\n{unit}\n单位决算", unit, kind="单位")
        one[2:2] = [[*text_lines(f"第二部分 {unit}2023年度部门决算表", None)]]
        made.append(one)
    got = reports_in(document(*made))
    assert told(got) == [(unit, 2023, "unit", "final_accounts") for unit in ("某县第一小学", "某县第二小学")]
    assert [len(part.reading.pages) for part in got] == [len(made[0]), len(made[1])]


def test_a_list_of_reports_in_front_is_no_report() -> None:
    units = [OFFICE, CENTRE]
    contents = [
        [*text_lines("目录\n" + "\n".join(f"{unit}2023年度部门决算……{n}" for n, unit in enumerate(units)), None)]
    ]
    got = reports_in(document(contents, *(pages(f"{unit}2023年度部门决算", unit) for unit in units)))
    assert [part.identity.unit_name for part in got] == units


def test_names_that_a_template_left_part_nothing_and_rename_nothing() -> None:
    (part,) = reports_in(document(pages(f"{OFFICE}\n2023年度部门决算", OFFICE, label="邻县卫生健康局")))
    assert told((part,)) == [(OFFICE, 2023, "department", "final_accounts")]
    assert part.identity.doubts == ()
    assert {(p.where, p.value) for p in part.identity.printings if p.what == "unit_name"} == {
        ("cover", OFFICE),
        ("part", OFFICE),
        ("header", "邻县卫生健康局"),
    }


def test_a_name_and_a_year_that_a_template_left_are_findings_with_their_places() -> None:
    made = pages(f"{OFFICE}\n2023年度部门决算", OFFICE)
    made[4] = [*text_lines(f"{TITLES['T3']}\n部门：邻县卫生健康局 2022年度\n单位：万元", None), made[4][-1]]
    (found,) = extract_reading(document(made), "d" * 64)
    assert (found.report.unit_name, found.report.fiscal_year) == (OFFICE, 2023)
    wrong = {c.check_id: c for c in found.checks if c.check_id in ("W-D-04", "W-D-07") and c.state == "fail"}
    assert {key: (c.place, c.severity) for key, c in wrong.items()} == {
        "W-D-04": ("header/邻县卫生健康局", "warn"),
        "W-D-07": ("header/2022", "warn"),
    }
    assert all("第5页" in (c.message or "") for c in wrong.values())


def test_cover_against_headers_with_nothing_else_needs_a_person() -> None:
    made = pages(f"{OFFICE}\n2023年度部门决算", OFFICE, label="邻县卫生健康局", overview=False, notes=False)
    (part,) = reports_in(document(made))
    assert any("two bodies" in doubt for doubt in part.identity.doubts)
    (settled,) = reports_in(document(made), said={None: Said(unit_name=OFFICE)})
    assert (settled.identity.unit_name, settled.identity.doubts) == (OFFICE, ())


def test_a_budget_bound_behind_final_accounts_is_set_aside_by_itself() -> None:
    budget = [
        [*text_lines(f"{OFFICE}2024年部门预算", None)],
        [*text_lines("部门收支预算总表\n部门：某县水利局\n收入总计 12.00", None)],
        [*text_lines("部门收入预算总表\n部门：某县水利局\n收入总计 12.00", None)],
        [*text_lines("部门支出预算总表\n部门：某县水利局\n支出总计 12.00", None)],
        [*text_lines("一、收入预算情况说明\n收入预算12.00万元。\n二、支出预算情况说明\n支出预算12.00万元。", None)],
    ]
    got = reports_in(document(pages(f"{OFFICE}2023年度部门决算", OFFICE), budget))
    assert [(part.identity.family, part.identity.fiscal_year) for part in got] == [
        ("final_accounts", 2023),
        ("budget", 2024),
    ]


# --- several files, one report ----------------------------------------------------------------------------


def sheets(
    unit: str, keys: Sequence[str] = tuple(TITLES), label: str | None = None
) -> dict[str, list[list[TextLine | Grid]]]:
    """One workbook a table, as they lie in a folder."""
    return {
        f"{number:02d} {TITLES[key]}.xls": [
            [*text_lines(f"{TITLES[key]}\n部门：{label or unit} 2023年度 单位：万元", None), table(key, None)]
        ]
        for number, key in enumerate(keys, 1)
    }


def notes(unit: str) -> list[list[TextLine | Grid]]:
    return pages(f"{unit}\n2023年度部门决算情况说明", unit, keys=())


def test_workbooks_of_one_table_each_and_their_narrative_are_one_report() -> None:
    whole = archive(**{"说明.doc": notes(OFFICE), **sheets(OFFICE)})
    (part,) = reports_in(whole)
    assert told((part,)) == [(OFFICE, 2023, "department", "final_accounts")]
    (found,) = extract_reading(whole, "d" * 64)
    assert {t.table_key for t in found.report.tables if t.state == "present"} >= set(TITLES)
    across = [c for c in found.checks if c.check_id == "W-X-03" and c.state == "pass"]
    assert across  # T1 of one workbook against T3 of another


def test_workbooks_that_do_not_say_whose_they_are_join_the_one_report_beside_them() -> None:
    bare = {
        name: [[*text_lines(name.removesuffix(".xls")[3:], None), page[0][-1]]] for name, page in sheets("").items()
    }
    (part,) = reports_in(archive(**{"说明.doc": notes(OFFICE), **bare}))
    assert (part.identity.unit_name, part.identity.fiscal_year) == (OFFICE, 2023)
    (alone,) = reports_in(archive(**bare), "某县水利局2023年度部门决算.zip")
    assert told((alone,)) == [(OFFICE, 2023, "department", "final_accounts")]


def test_reports_of_two_bodies_in_one_archive_stay_two() -> None:
    files = {f"a/{n}": p for n, p in sheets(OFFICE).items()} | {f"b/{n}": p for n, p in sheets(CENTRE).items()}
    got = reports_in(archive(**files))
    assert [part.identity.unit_name for part in got] == [OFFICE, CENTRE]
    assert [len(part.reading.pages) for part in got] == [7, 7]


def test_one_workbook_with_a_name_left_by_its_template_stays_with_the_others() -> None:
    keys = list(TITLES)
    files = sheets(OFFICE, keys[:-1]) | {"07 三公.xls": sheets("邻县卫生健康局", ["TS"]).popitem()[1]}
    (part,) = reports_in(archive(**files), "某县水利局2023年度部门决算.zip")
    assert part.identity.unit_name == OFFICE
    assert ("header", "邻县卫生健康局") in {(p.where, p.value) for p in part.identity.printings}


def test_a_budget_and_a_note_beside_final_accounts_are_set_aside_each_by_itself() -> None:
    files = {
        "决算.pdf": pages(f"{OFFICE}2023年度部门决算", OFFICE),
        "预算.pdf": [
            [*text_lines(f"{OFFICE}2024年部门预算\n部门收支预算总表\n一、收入预算情况说明\n收入预算12.00万元。", None)]
        ],
        "读我.txt": [[*text_lines("请用新版软件打开", None)]],
    }
    got = reports_in(archive(**files))
    assert [part.identity.family for part in got] == ["final_accounts", "budget", "other"]
    assert all(part.identity.reason for part in got[1:])


def test_the_same_report_in_two_formats_in_one_archive_is_there_twice() -> None:
    """The same figures are a copy, which loading tells; joining them would count them twice."""
    both = {
        "决算.pdf": pages(f"{OFFICE}2023年度部门决算", OFFICE),
        "决算.doc": pages(f"{OFFICE}2023年度部门决算", OFFICE),
    }
    assert [part.identity.unit_name for part in reports_in(archive(**both))] == [OFFICE, OFFICE]


def test_folders_say_whose_a_silent_table_is() -> None:
    bare = {
        f"附件：{unit}2023年度部门决算/{n}": [[*text_lines(n.removesuffix(".xls")[3:], None), page[0][-1]]]
        for unit in (OFFICE, CENTRE)
        for n, page in sheets("").items()
    }
    got = reports_in(archive(**bare))
    assert [(part.identity.unit_name, part.identity.fiscal_year) for part in got] == [(OFFICE, 2023), (CENTRE, 2023)]


# --- what a person says -----------------------------------------------------------------------------------


def test_a_person_can_force_what_was_set_aside() -> None:
    made = pages(f"{OFFICE}2023年部门预算执行情况", OFFICE)
    budget = [
        *made,
        [*text_lines("部门收支预算总表\n部门收入预算总表\n部门支出预算总表\n财政预算收支总表\n支出预算总表", None)],
    ]
    whole = document([[*text_lines(f"{OFFICE}2023年部门预算\n" * 4, None)], *budget])
    (before,) = extract_reading(whole, "d" * 64)
    (after,) = extract_reading(whole, "d" * 64, said={None: Said(family="final_accounts", scope="department")})
    if before.report.family == "final_accounts":  # the words of this made-up report weigh otherwise now
        pytest.fail("the report is not set aside any more; make another")
    assert before.report.status == "set_aside"
    assert (after.report.family, after.report.status) == ("final_accounts", "partial")
    assert after.cells
    (aside,) = extract_reading(
        document(pages(f"{OFFICE}2023年度部门决算", OFFICE)), "d" * 64, said={0: Said(family="budget")}
    )
    assert (aside.report.status, aside.cells) == ("set_aside", ())
