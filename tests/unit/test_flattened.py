"""Flattened text: order places a figure, identities do where order does not, and nothing else does."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from juesuan.final_accounts.checks import run_checks
from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.flattened_headers import unstack
from juesuan.final_accounts.model import Extraction, Page, Reading, Report, TextLine
from juesuan.final_accounts.recognise import Recognition, recognise

T3_HEAD = ["支出决算表", "单位：万元", "项目 本年支出合计 基本支出 项目支出 上缴上级支出 经营支出 对附属单位补助支出",
           "科目编码 科目名称"]  # fmt: skip
T5_HEAD = ["一般公共预算财政拨款支出决算表", "单位：万元", "项目 合计 基本支出 项目支出", "科目编码 科目名称"]


def text(lines: Sequence[str]) -> Reading:
    blocks, at = [], 0
    for n, line in enumerate(lines, 1):
        blocks.append(TextLine(line, None, n, None, (at, at + len(line))))
        at += len(line) + 1
    return Reading("text", "text/plain", (Page(None, None, None, tuple(blocks)),))


def read(*lines: str) -> Recognition:
    return recognise(text(lines), fiscal_year=2023)


def row(got: Recognition, table: str, key: str) -> dict[str, str]:
    return {c.column_key: c.value_text for c in got.cells if (c.table_key, c.row_key) == (table, key) and c.value_text}


def candidates(got: Recognition) -> dict[tuple[str, int | None], tuple[str, ...]]:
    return {(n.text, n.line): n.candidates for n in got.unassigned}


# --- identities place -------------------------------------------------------------------------------------------------


def test_column_sums_decide_between_basic_and_project() -> None:
    got = read(*T5_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 30.00 18.00 12.00", "20502 普通教育 30.00 18.00 12.00",
               "2050204 高中教育 18.00 18.00", "2050299 其他普通教育支出 12.00 12.00")  # fmt: skip
    assert row(got, "T5", "2050204") == {"expenditure_total": "18.00", "basic": "18.00"}
    assert row(got, "T5", "2050299") == {"expenditure_total": "12.00", "project": "12.00"}
    assert {c.placed_by for c in got.cells if c.row_key == "2050204"} == {"identity"}
    assert {c.placed_by for c in got.cells if c.row_key == "20502"} == {"position"}
    assert not got.unassigned


def test_what_two_placements_fit_stays_unplaced_with_both() -> None:
    got = read(*T5_HEAD, "合计 20.00 10.00 10.00", "205 教育支出 20.00 10.00 10.00", "20502 普通教育 20.00 10.00 10.00",
               "2050204 高中教育 10.00 10.00", "2050299 其他普通教育支出 10.00 10.00")  # fmt: skip
    assert row(got, "T5", "2050204") == {"expenditure_total": "10.00"}
    assert candidates(got) == {
        ("10.00", 8): ("T5/2050204/basic", "T5/2050204/project"),
        ("10.00", 9): ("T5/2050299/basic", "T5/2050299/project"),
    }
    assert next(t for t in got.tables if t.table_key == "T5").reason


def test_what_no_placement_fits_stays_unplaced() -> None:
    got = read(*T5_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 30.00 17.00")
    assert not row(got, "T5", "205")
    assert [n.text for n in got.unassigned] == ["30.00", "17.00"]


def test_a_zero_fits_anywhere_and_is_left() -> None:
    got = read(*T5_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 30.00 18.00 12.00", "208 社会保障和就业支出 0.00 0.00")
    assert {n.text for n in got.unassigned} == {"0.00"}
    assert all(len(n.candidates) > 1 for n in got.unassigned)


def test_a_row_beside_another_that_contradicts_itself_is_still_placed() -> None:
    got = read(*T5_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 99.00 18.00 12.00", "20502 普通教育 30.00 18.00 12.00",
               "2050204 高中教育 18.00 18.00", "2050299 其他普通教育支出 12.00 12.00")  # fmt: skip
    # the misprint of class 205 is loaded as printed; sums that it breaks decide nothing
    assert row(got, "T5", "205") == {"expenditure_total": "99.00", "basic": "18.00", "project": "12.00"}
    assert row(got, "T5", "2050204") == {"expenditure_total": "18.00", "basic": "18.00"}


def test_other_tables_decide_what_a_table_alone_does_not() -> None:
    lines = [*T3_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 30.00 18.00 12.00"]
    alone = read(*lines)
    assert row(alone, "T3", "合计") == {"expenditure_total": "30.00"}
    also = [*T5_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 30.00 18.00 12.00"]
    empty = ["政府性基金预算财政拨款收入支出决算表", "项目 年初结转和结余 本年收入 本年支出 年末结转和结余",
             "科目编码 科目名称 小计 基本支出 项目支出", "合计 0.00 0.00 0.00 0.00 0.00 0.00",
             "国有资本经营预算财政拨款支出决算表", "项目 本年支出", "科目编码 科目名称 小计 基本支出 项目支出",
             "合计 0.00 0.00 0.00"]  # fmt: skip
    both = read(*lines, *also, *empty)
    assert row(both, "T3", "合计") == {"expenditure_total": "30.00", "basic": "18.00", "project": "12.00"}
    assert row(both, "T3", "205") == {"expenditure_total": "30.00", "basic": "18.00", "project": "12.00"}


def test_a_paired_table_places_the_funds_by_its_sums() -> None:
    got = read(
        "财政拨款收入支出决算总表", "单位：万元", "收入 支出",
        "项目 决算数 项目 合计 一般公共预算财政拨款 政府性基金预算财政拨款 国有资本经营预算财政拨款",
        "一、一般公共预算财政拨款 50.00 一、一般公共服务支出 50.00 50.00",
        "二、政府性基金预算财政拨款 20.00 十一、城乡社区支出 20.00 20.00",
        "三、国有资本经营预算财政拨款", "本年收入合计 70.00 本年支出合计 70.00 50.00 20.00",
        "年初财政拨款结转和结余 5.00 年末财政拨款结转和结余 5.00 5.00", "一、一般公共预算财政拨款 5.00",
        "二、政府性基金预算财政拨款", "三、国有资本经营预算财政拨款", "总计 75.00 总计 75.00 55.00 20.00",
    )  # fmt: skip
    assert row(got, "T4", "expenditure:城乡社区支出") == {
        "expenditure_total": "20.00", "expenditure_government_fund": "20.00"}  # fmt: skip
    assert row(got, "T4", "expenditure:年末财政拨款结转和结余") == {
        "expenditure_total": "5.00", "expenditure_general_public_budget": "5.00"}  # fmt: skip
    assert not got.unassigned


def test_two_amounts_of_three_public_leave_their_items_open() -> None:
    got = read("财政拨款“三公”经费支出决算表", "单位：万元", "预算数 决算数",
               "合计 因公出国（境）费 公务用车购置及运行维护费 公务接待费",
               "合计 因公出国（境）费 公务用车购置及运行维护费 公务接待费",
               "小计 公务用车购置费 公务用车运行维护费 小计 公务用车购置费 公务用车运行维护费",
               "1 2 3 4 5 6 7 8 9 10 11 12", "3.00 3.00 2.00 2.00 2.00")  # fmt: skip
    assert not any(c.value for c in got.cells if c.column_key.startswith("vehicle_buy"))
    assert all(len(n.candidates) > 1 for n in got.unassigned if n.candidates)
    assert [n.text for n in got.unassigned]


def test_blanks_taken_out_of_a_whole_table_never_misplace() -> None:
    rng = random.Random(5)
    for _ in range(20):
        rows: dict[str, tuple[int, int]] = {}
        for code in ("2050204", "2050299", "2080505", "2080506"):
            rows[code] = rng.choice([(rng.randint(1, 900), 0), (0, rng.randint(1, 900)), (rng.randint(1, 900), 7)])
        for parent in ("20502", "20805", "205", "208", "合计"):
            own = [v for k, v in rows.items() if len(k) == 7 and (parent == "合计" or k.startswith(parent))]
            rows[parent] = (sum(a for a, _ in own), sum(b for _, b in own))
        order = ["合计", "205", "20502", "2050204", "2050299", "208", "20805", "2080505", "2080506"]
        truth = {k: [f"{a + b}.00", f"{a}.00" if a else "", f"{b}.00" if b else ""] for k, (a, b) in rows.items()}
        lines = [" ".join([k, *([] if k == "合计" else ["名称"]), *(v for v in truth[k] if v)]) for k in order]
        got = read(*T5_HEAD, *lines)
        keys = ("expenditure_total", "basic", "project")
        for cell in got.cells:
            assert cell.value_text == truth[cell.row_key][keys.index(cell.column_key)]
        for number in got.unassigned:
            where = [c.split("/") for c in number.candidates]
            assert any(truth[r][keys.index(c)] == number.text for _, r, c in where)


# --- order and lines --------------------------------------------------------------------------------------------------


def test_figures_under_the_labels_of_their_line_belong_to_both() -> None:
    got = read("收入支出决算总表", "单位：万元", "收入 支出", "项目 决算数 项目 决算数",
               "一、一般公共预算财政拨款收入 一、一般公共服务支出", "80.00 60.00", "八、其他收入 五、教育支出", "25.00",
               "本年收入合计 本年支出合计", "80.00 85.00", "年初结转和结余 年末结转和结余", "5.00", "总计 总计",
               "85.00 85.00")  # fmt: skip
    assert row(got, "T1", "expenditure:一般公共服务支出") == {"expenditure_amount": "60.00"}
    assert row(got, "T1", "income:一般公共预算财政拨款收入") == {"income_amount": "80.00"}
    assert row(got, "T1", "expenditure:教育支出") == {"expenditure_amount": "25.00"}
    assert row(got, "T1", "income:年初结转和结余") == {"income_amount": "5.00"}
    assert not row(got, "T1", "income:其他收入")


def test_names_and_figures_above_their_codes_belong_to_them() -> None:
    got = read(*T5_HEAD, "合计", "30.00 18.00 12.00", "教育支出", "205 30.00 18.00 12.00", "普通教育 18.00 12.00",
               "20502 30.00", "高中教育", "2050204 18.00 18.00", "其他普通教育支出", "2050299 12.00 12.00")  # fmt: skip
    assert row(got, "T5", "20502") == {"expenditure_total": "30.00", "basic": "18.00", "project": "12.00"}
    assert {c.row_key: c.row_label for c in got.cells}["2050299"] == "其他普通教育支出"
    assert not got.unassigned


def test_codes_apart_from_their_names_are_not_read() -> None:
    got = read("一般公共预算财政拨款基本支出决算表", "单位：万元", "科目编码 科目名称 决算数 科目编码 科目名称 决算数",
               "301 302", "工资福利支出 20.00 商品和服务支出 7.00", "30101 30201",
               "基本工资 20.00 办公费 7.00")  # fmt: skip
    assert not got.cells
    assert {n.text for n in got.unassigned} >= {"20.00", "7.00"}
    assert next(t for t in got.tables if t.table_key == "T6").state == "unreadable"


def test_one_long_line_is_cut_where_its_tables_begin() -> None:
    head = "某市教育局2023年度部门决算 目录 一、支出决算表 二、一般公共预算财政拨款支出决算表"
    tables = [*T3_HEAD, "合计 30.00 18.00 12.00 0.00 0.00 0.00", "205 教育支出 30.00 18.00 12.00 0.00 0.00 0.00",
              "20502 普通教育 30.00 18.00 12.00 0.00 0.00 0.00", "注：本表反映支出情况，详见支出决算表说明。", "- 4 -",
              *T5_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 30.00 18.00 12.00",
              "20502 普通教育 30.00 18.00 12.00"]  # fmt: skip
    tail = (
        "第三部分 2023年度部门决算情况说明 一、支出决算情况说明 本年支出合计30.00万元。" + "本部门认真履行职责。" * 20
    )
    got = read(" ".join([head, *tables, tail]))
    assert row(got, "T3", "20502") | {"n": str(len(row(got, "T3", "205")))} == {
        "expenditure_total": "30.00", "basic": "18.00", "project": "12.00", "superior_remittance": "0.00",
        "operating_expenditure": "0.00", "affiliate_subsidy": "0.00", "n": "6"}  # fmt: skip
    assert row(got, "T5", "20502") == {"expenditure_total": "30.00", "basic": "18.00", "project": "12.00"}
    assert [t.table_key for t in got.tables if t.table_no] == ["T3", "T5"]
    assert not got.unassigned


# --- headers ----------------------------------------------------------------------------------------------------------


def test_a_header_cut_between_lines_is_put_together() -> None:
    vocabulary = frozenset(["项目", "本年收入合计", "财政拨款收入", "上级补助收入", "上级补助", "收入", "科目名称"])
    words, beside, _ = unstack(
        [["项目"], ["本年收入合", "财政拨款收", "上级补助"], ["科目名称", "计", "入", "收入"]], vocabulary
    ) or ([], set(), [])
    assert words == ["项目", "本年收入合计", "财政拨款收入", "上级补助收入", "科目名称"]
    assert {(1, 2), (2, 3)} <= beside
    assert unstack([["本年收入合"], ["奇怪"]], vocabulary) is None


def test_a_header_that_is_not_understood_places_nothing() -> None:
    got = read("支出决算表", "单位：万元", "项目 本年支出合计 基本支出 调剂 项目支出", "科目编码 科目名称",
               "合计 30.00 18.00 12.00", "205 教育支出 30.00 18.00 12.00")  # fmt: skip
    assert not got.cells
    assert len(got.unassigned) == 7


@pytest.mark.parametrize("dash", ["—", "--", "-"])
def test_a_dash_keeps_the_place_of_a_blank(dash: str) -> None:
    got = read(
        *T5_HEAD,
        "合计 30.00 18.00 12.00",
        f"205 教育支出 12.00 {dash} 12.00",
        "208 社会保障和就业支出 18.00 18.00 0.00",
    )
    cells = {c.column_key: (c.value, c.placed_by) for c in got.cells if c.row_key == "205"}
    assert cells["basic"] == (None, "position")
    assert str(cells["project"][0]) == "12.00"


# --- evidence ---------------------------------------------------------------------------------------------------------


def test_a_check_that_placed_a_figure_is_no_evidence_for_it() -> None:
    got = read(*T5_HEAD, "合计 30.00 18.00 12.00", "205 教育支出 30.00 18.00 12.00", "20502 普通教育 30.00 18.00 12.00",
               "2050204 高中教育 18.00 18.00", "2050299 其他普通教育支出 12.00 12.00")  # fmt: skip
    report = Report("0" * 64, None, 2023, "unit", "final_accounts", "万元", "loaded", None, tables=got.tables)
    checks = {c.place: c for c in run_checks(Extraction(report, got.cells)) if c.check_id in ("W-T5-01", "W-HIER-01")}
    assert checks["T5/205/basic"].state == "pass"
    assert checks["T5/20502/basic"].state == "could_not_run"
    assert "T5/2050204/basic" in (checks["T5/20502/basic"].message or "")


def test_a_partial_report_says_how_many_figures_found_no_column() -> None:
    lines = ["某市教育局2023年度部门决算", *T5_HEAD, "合计 20.00 10.00 10.00", "205 教育支出 20.00 10.00 10.00",
             "2050204 高中教育 10.00 10.00", "2050299 其他普通教育支出 10.00 10.00"]  # fmt: skip
    (report,) = extract("\n".join(lines).encode())
    assert report.report.status == "partial"
    assert "T5: 2 figures found no column" in (report.report.reason or "")


# --- cells parted by tabs or bars -------------------------------------------------------------------------------------

INCOME_HEAD = "科目编码,科目名称,本年收入合计,财政拨款收入,上级补助收入,事业收入,经营收入,附属单位上缴收入,其他收入"
INCOME = [
    line.split(",")
    for line in (
        "合计,,31.50,30.00,,,,,1.50",
        "205,教育支出,31.50,30.00,,,,,1.50",
        "20502,普通教育,30.00,,,,30.00,,",
        "20599,其他教育支出,1.50,1.50,,,,,",
        "208,社会保障和就业支出,,,,,,,",
    )
]


@pytest.mark.parametrize("drawn", ["tabs", "bars", "tabs cut off"])
def test_cells_parted_by_tabs_or_bars_keep_their_blanks(drawn: str) -> None:
    rows = [INCOME_HEAD.split(","), *INCOME]
    lines = ["| " + " | ".join(r) + " |" if drawn == "bars" else "\t".join(r) for r in rows]
    if drawn == "tabs cut off":
        lines = [line.rstrip() for line in lines]
    if drawn == "bars":
        lines.insert(1, "|---" * 9 + "|")
    got = read("收入决算表", "单位：万元", *lines)
    keys = ["income_total", "fiscal_appropriation", "superior_subsidy", "business_income", "operating_income",
            "affiliate_remittance", "other_income"]  # fmt: skip
    truth = {(r[0], k): v for r in INCOME for k, v in zip(keys, r[2:], strict=True)}
    assert {(c.row_key, c.column_key): c.value_text for c in got.cells} == truth
    assert {c.placed_by for c in got.cells} == {"position"}
    assert not got.unassigned


def test_tabs_at_the_end_of_a_line_reach_the_table() -> None:
    lines = [
        "2023年度部门决算",
        "收入决算表",
        "单位：万元",
        INCOME_HEAD.replace(",", "\t"),
        *("\t".join(r) for r in INCOME),
    ]
    (got,) = extract("\n".join(lines).encode())
    assert len([c for c in got.cells if c.table_key == "T2"]) == 35
    assert not [n for n in got.unassigned_numbers if n.table_key]


def test_a_line_number_out_of_turn_does_not_stop_the_reading() -> None:
    got = read("收入支出决算总表", "单位：万元", "收入 支出", "项目 行次 决算数 项目 行次 决算数",
               "一、一般公共预算财政拨款收入 1 10.00 一、一般公共服务支出 32 4.00",
               "二、政府性基金预算财政拨款收入 2 3 二、外交支出 33 6.00",
               "4", "三、国有资本经营预算财政拨款收入 3 4 三、国防支出 34 0.00")  # fmt: skip
    assert row(got, "T1", "income:一般公共预算财政拨款收入") == {"income_amount": "10.00"}
    assert row(got, "T1", "expenditure:国防支出") == {"expenditure_amount": "0.00"}


def test_a_list_of_one_place_is_read_by_the_names_of_its_columns_and_drops_no_figure() -> None:
    lines = [
        "部门决算相关信息统计表",
        "部门：某县某镇人民政府 单位：万元",
        "项目 行次 统计数",
        "栏次 1",
        "一、年末实有人数（人） 1 38",
        "二、机关运行经费 2 67.42",
        "- 7 -",
        "项目 行次 统计数",
        "三、车辆数合计（辆） 3 4",
        "四、政府采购支出合计 4 1.00 2.00",
    ]
    at, blocks = 0, []
    for n, text in enumerate(lines, 1):
        blocks.append(TextLine(text, None, n, None, (at, at + len(text))))
        at += len(text) + 1
    got = recognise(Reading("text", "text/plain", (Page(None, None, None, tuple(blocks)),)), fiscal_year=2016)
    found = {c.row_key: (c.value_text, c.money_unit) for c in got.cells}
    assert found == {
        "年末实有人数(人)": ("38", None),
        "机关运行经费": ("67.42", "万元"),
        "车辆数合计(辆)": ("4", None),
    }
    assert [n.text for n in got.unassigned] == ["1.00", "2.00"]


def test_a_header_of_a_thousand_words_is_no_header() -> None:
    assert unstack([["合计"]] * 3000, frozenset({"合计"})) is None
    got = read(*T5_HEAD[:2], *["项目 合计 基本支出 项目支出"] * 1500, "205 教育支出 30.00 18.00 12.00")
    assert not got.cells or row(got, "T5", "205")["expenditure_total"] == "30.00"
