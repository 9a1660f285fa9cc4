"""Units over the years: renames, a merge, a reissue, carry-over, what the text says of the year before, departments.

One made region, checked by hand; then every change that may come (a report new, reissued, withdrawn; a row of the
registry; a succession) is built step by step and held against a rebuild from nothing, table by table.
"""

from __future__ import annotations

import datetime
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from tests.fixtures.made_reports import Warehouse, cells, made, present
from tests.fixtures.records import archived

from juesuan.final_accounts.model import Extraction, ReportUnit, Statement
from juesuan.final_accounts.registry_rows import Succession, series

pytestmark = pytest.mark.integration

OLD, NEW, FARM, HERD, BOTH, BODY, CENTRE = (
    "某县环境保护局",
    "某县生态环境局",
    "某县农业局",
    "某县畜牧局",
    "某县农业农村局",
    "某县财政局",
    "某县国库支付中心",
)
NAMES = dict(zip((OLD, NEW, FARM, HERD, BOTH, BODY, CENTRE), "abcdefg", strict=True))
SUCCESSIONS = (
    Succession("a", "b", "rename", 2019, "2019-03-01", "机构改革方案", "H"),
    Succession("c", "e", "merge", 2019, None, "机构改革方案", "H"),
    Succession("d", "e", "merge", 2019, None, "机构改革方案", "H"),
)


def year_of(
    name: str,
    unit: str,
    year: int,
    opening: str,
    income: str,
    expenditure: str,
    closing: str,
    scope: str = "department",
    change: str | None = None,
    units: tuple[ReportUnit, ...] = (),
    subsidy: str = "",
    items: dict[str, str] | None = None,
) -> Extraction:
    """A report whose T1 and T4 are the carry-over of one fund; ``change``: what its text says against last year."""
    t1 = {
        "income:年初结转和结余=opening_carryover": {"income_amount": opening},
        "income:本年收入合计=income.total_current": {"income_amount": income},
        "income:上级补助收入=income.superior_subsidy": {"income_amount": subsidy},
        "expenditure:本年支出合计=expenditure.total_current": {"expenditure_amount": expenditure},
        "expenditure:年末结转和结余=closing_carryover": {"expenditure_amount": closing},
    }
    t2 = {"合计": {"income_total": income, "superior_subsidy": subsidy}}
    t4 = {
        "income:年初财政拨款结转和结余/一般公共预算财政拨款=opening_carryover.general_public_budget": {
            "income_amount": opening
        },
        "income:一般公共预算财政拨款=income.general_public_budget": {"income_amount": income},
        "expenditure:本年支出合计=expenditure.total_current": {
            "expenditure_general_public_budget": expenditure,
            "expenditure_total": expenditure,
        },
        "expenditure:年末财政拨款结转和结余=closing_carryover.appropriation": {
            "expenditure_general_public_budget": closing
        },
    }
    said: tuple[Statement, ...] = ()
    if change is not None:
        amount = Decimal(expenditure)
        text = f"本年支出{expenditure}万元，比上年增加{change}万元"
        said = (
            Statement("expenditure", "amount", amount, "万元", text, 1, 1, expenditure),
            Statement("expenditure", "change_amount", Decimal(change), "万元", text, 1, 1, change, base="prior_year"),
        )
    t3 = {code: {"expenditure_total": amount, "basic": amount} for code, amount in (items or {}).items()}
    tables = present("T1", "T2", "T4", "T3")
    groups = (cells("T1", 1, t1), cells("T2", 2, t2), cells("T4", 3, t4), cells("T3", 4, t3))
    return made(name, unit, scope, tables, *groups, year=year, statements=said, units=units)


class Region(Warehouse):
    """The region, with its registry."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, NAMES)
        self.succeed(*SUCCESSIONS)

    def succeed(self, *rows: Succession) -> None:
        """Put these successions in place of those before."""
        listed = {one.unit_id: one for one in series(NAMES.values(), rows)}
        self.registry["unit"] = tuple(
            {
                "unit_id": one,
                "division_code": "990101",
                "confirmed": True,
                "series_id": listed[one].series_id,
                "group_id": listed[one].group_id,
            }
            for one in sorted(NAMES.values())
        )
        self.registry["unit_succession"] = tuple(
            {
                "predecessor_unit_id": one.predecessor_unit_id,
                "successor_unit_id": one.successor_unit_id,
                "kind": one.kind,
                "from_year": one.from_year,
            }
            for one in rows
        )

    def report(self, name: str, *figures: object, **more: object) -> None:
        """Add the document ``name`` with the report that these figures make."""
        day = more.pop("published", None)
        document = archived(name)
        if day is not None:
            document = replace(document, published_on=day, retrieved_on=day)  # type: ignore[arg-type]
        self.add(document, year_of(name, *figures, **more))  # type: ignore[arg-type]

    def step(self) -> None:
        """Load, build and publish."""
        self.load()
        self.build()
        self.published()


def fill(region: Region) -> None:
    """Reports of 2018 and 2019 of all units."""
    before = {"2110101": "5.00", "2150601": "3.00", "2011501": "1.00"}
    after = {"2110101": "6.00", "2240101": "4.00", "2013801": "1.00"}
    region.report("old", OLD, 2018, "1.00", "10.00", "9.00", "2.00", items=before)
    region.report("new", NEW, 2019, "2.00", "12.00", "11.00", "3.00", change="2.00", items=after)
    region.report("farm", FARM, 2018, "0.00", "5.00", "4.00", "1.00")
    region.report("herd", HERD, 2018, "", "3.00", "2.50", "0.50")
    region.report("both", BOTH, 2019, "1.40", "8.00", "9.40", "")
    region.report("body-18", BODY, 2018, "0.00", "20.00", "19.00", "1.00")
    covered = (ReportUnit(BODY, True), ReportUnit(CENTRE, True))
    region.report("body", BODY, 2019, "1.00", "30.00", "30.00", "1.00", change="10.00", units=covered)
    region.report("own", BODY, 2019, "1.00", "24.00", "24.00", "1.00", "own_level")
    region.report("centre", CENTRE, 2019, "", "7.00", "6.00", "", "unit", subsidy="1.00")


@pytest.fixture(scope="module")
def region(tmp_path_factory: pytest.TempPathFactory) -> Region:
    made_region = Region(tmp_path_factory.mktemp("region"))
    fill(made_region)
    day = datetime.date(2025, 1, 1)
    items = {"2110101": "4.90", "2150601": "3.00", "2011501": "1.00"}
    made_region.report("old-2", OLD, 2018, "1.00", "10.00", "8.90", "2.10", published=day, items=items)
    made_region.step()
    return made_region


def test_a_series_goes_on_over_a_rename_and_a_merge_makes_a_group(region: Region) -> None:
    assert region.ask("select unit_id, series_id, group_id from conformed.dim_unit order by 1") == [
        ("a", "a", "a"),
        ("b", "a", "a"),
        ("c", "c", "c"),
        ("d", "d", "c"),
        ("e", "e", "c"),
        ("f", "f", "f"),
        ("g", "g", "g"),
    ]
    assert region.ask(
        "select entity_kind, entity_id, side, unit_id from conformed.comparison_member "
        "where scope = 'department' and entity_id in ('a', 'c') order by all"
    ) == [
        ("group", "c", "current", "e"),
        ("group", "c", "prior", "c"),
        ("group", "c", "prior", "d"),
        ("series", "a", "current", "b"),
        ("series", "a", "prior", "a"),
    ]


def test_opening_meets_the_closing_of_the_year_before(region: Region) -> None:
    got = region.ask(
        "select unit_id, entity_kind, fund, amount_yuan, prior_closing_yuan, state from marts.carryover_chain "
        "where step = 'adjustment' and basis = 'all_sources' and scope = 'department' order by all"
    )
    assert got == [
        # The corrected release of the year before closes with 2.10.
        ("b", "series", "all_sources", -1000, 21000, "adjusted"),
        # 1.00 and 0.50 of the two before the merge against 1.40.
        ("e", "group", "all_sources", -1000, 15000, "adjusted"),
        ("f", "series", "all_sources", 0, 10000, "agrees"),
    ]


def test_what_the_text_implies_stands_beside_what_was_reported(region: Region) -> None:
    got = region.ask(
        "select unit_id, implied_prior_yuan, reported_prior_yuan, difference_yuan, state, prior_source, "
        "prior_report_id from marts.prior_year where topic = 'expenditure' order by 1"
    )
    assert got == [
        ("b", 90000, 89000, -1000, "differs", "reported", "a-2018-department-final_accounts"),
        ("f", 200000, 190000, -10000, "differs", "reported", "f-2018-department-final_accounts"),
    ]


def test_a_department_is_its_bodies_less_what_they_give_each_other(region: Region) -> None:
    got = region.ask(
        "select topic, department_yuan, parts_yuan, inner_transfer_yuan, difference_yuan, state, bodies "
        "from marts.consolidation where unit_id = 'f' and fiscal_year = 2019 and topic in ('income', 'expenditure') "
        "order by 1"
    )
    assert got == [
        # 24.00 + 6.00, and 1.00 of superior subsidy that the text of neither explains away as spending
        ("expenditure", 300000, 300000, None, 0, "agrees", 2),
        ("income", 300000, 310000, 10000, 0, "agrees", 2),
    ]
    assert region.ask("select distinct state from marts.consolidation where fiscal_year = 2018") == [
        ("no_list_of_bodies",)
    ]


def test_spending_is_compared_along_lines_and_says_what_breaks_them(region: Region) -> None:
    got = region.ask(
        "select level, line_key, state, final_yuan, prior_yuan, change_ratio, break_code, break_organisation "
        "from marts.spending_change where unit_id = 'b' and kind = 'function' and basis = 'all_sources' order by all"
    )
    ratio = Decimal("0.224490")
    assert got == [
        ("class", "201", "continued", 10000, 10000, 0, True, True),
        ("class", "211", "continued", 60000, 49000, ratio, False, True),
        ("class", "215", "ended", None, 30000, None, True, True),
        ("class", "224", "new", 40000, None, None, True, True),
        ("item", "20115+20117+20138+21010", "continued", 10000, 10000, 0, True, True),
        ("item", "2110101", "continued", 60000, 49000, ratio, False, True),
        # 安全生产监管 of 2018 is 应急管理事务 of 2019.
        ("item", "22401", "continued", 40000, 30000, Decimal("0.333333"), True, True),
        ("section", "20115+20117+20138+21010", "continued", 10000, 10000, 0, True, True),
        ("section", "21101", "continued", 60000, 49000, ratio, False, True),
        ("section", "22401", "continued", 40000, 30000, Decimal("0.333333"), True, True),
    ]


def test_every_figure_that_a_reissue_changed_is_listed(region: Region) -> None:
    got = region.ask(
        "select table_key, column_key, text_before, text_after, difference_yuan, state from marts.restatements "
        "order by all"
    )
    assert ("T1", "expenditure_amount", "9.00", "8.90", -1000, "changed") in got
    assert ("T4", "expenditure_general_public_budget", "2.00", "2.10", 1000, "changed") in got
    assert ("T3", "basic", "5.00", "4.90", -1000, "changed") in got
    assert len(got) == 7


def test_checks_across_reports_are_results_like_the_others(region: Region) -> None:
    got = region.ask(
        "select check_id, state, count(*) from conformed.fct_check_result where reach = 'across_reports' "
        "and unit_id in ('b', 'e', 'f') group by all order by all"
    )
    states = {(check, state): count for check, state, count in got}
    assert states["W-Y-01", "fail"] == 2
    assert states["W-Y-01", "pass"] == 1
    assert states["W-Y-03", "fail"] == 2
    assert states["W-K-01", "pass"] == 4
    assert region.ask("select count(*) from marts.reconciliation where check_ids like '%W-Y-01%'") == [(2,)]
    ((said,),) = region.ask(
        "select message from marts.check_summary where unit_id = 'b' and check_id = 'W-Y-01' and worst_state = 'fail'"
    )
    assert said == "上年末为 21000.00 元，本年初相差 -1000.00 元（a-2018-department-final_accounts）"


def test_an_unrecorded_rename_is_proposed_and_joins_nothing(tmp_path: Path) -> None:
    region = Region(tmp_path)
    region.succeed()
    fill(region)
    region.step()
    assert region.ask("select count(*) from conformed.comparison_member where entity_id = 'a'") == [(0,)]
    proposed = region.ask(
        "select predecessor_unit_id, successor_unit_id, reason, suggested_kind, state from marts.unit_match "
        "order by all"
    )
    assert ("a", "b", "reform_pattern", "rename", "open") in proposed
    assert ("a", "b", "prior_year_amount", "rename", "open") in proposed
    assert ("c", "e", "reform_pattern", "merge", "open") in proposed
    # Without the year before, what the text implies stands in its place and says so.
    assert region.ask(
        "select line_key, final_yuan, prior_yuan, prior_source, prior_report_id from marts.spending_change "
        "where unit_id = 'b'"
    ) == [("expenditure", 110000, 90000, "derived", None)]


@pytest.mark.long
def test_whatever_changes_ends_as_a_rebuild_would(tmp_path: Path) -> None:
    region = Region(tmp_path)
    region.succeed()
    fill(region)
    region.step()

    region.succeed(*SUCCESSIONS)
    region.step()
    region.report("old-2", OLD, 2018, "1.00", "10.00", "8.90", "2.10", published=datetime.date(2025, 1, 1))
    region.step()
    region.add(replace(archived("herd"), withdrawn="作废"))
    region.step()
    region.report("centre-2", CENTRE, 2019, "", "7.50", "6.50", "", "unit", published=datetime.date(2025, 2, 1))
    region.step()
    region.registry["unit_parent"] = ({"unit_id": "g", "parent_unit_id": "f", "from_year": 2019, "to_year": None},)
    region.succeed(SUCCESSIONS[0])
    region.step()
    day = datetime.date(2020, 8, 31)
    region.registry["approval"] = ({"unit_id": "g", "fiscal_year": 2019, "scope": None, "approved_on": day},)
    region.step()
    # A body bears another name than its department says.
    region.names["某县支付中心"] = region.names.pop(CENTRE)
    assert other_than_a_rebuild(region) == []


def other_than_a_rebuild(region: Region) -> list[str]:
    """Tables that a build of what changed leaves otherwise than one of everything."""
    region.load()
    region.build()
    step_by_step = region.content()
    region.published()
    region.build(full_refresh=True)
    return [name for name, rows in region.content().items() if step_by_step[name] != rows]


def test_what_a_change_reaches_beside_its_own_report_ends_as_a_rebuild_would(tmp_path: Path) -> None:
    region = Region(tmp_path)
    fill(region)
    region.names |= {"乙县财政局": "h", "乙县人民政府": "i", "丙县财政局": "j"}
    units = tuple({"unit_id": one, "confirmed": True, "series_id": one, "group_id": one} for one in "hij")
    units = tuple({**one, "division_code": "990101"} for one in (*region.registry["unit"], *units))
    region.registry["unit"] = units

    def report(
        name: str,
        unit: str,
        year: int,
        label: str = "丁名",
        reason: str | None = None,
        units: tuple[ReportUnit, ...] = (),
    ) -> None:
        made = year_of(name, unit, year, "1.00", "10.00", "9.00", "2.00", items={"2999977": "4.90"}, units=units)
        cells = tuple(replace(one, row_label=label) if one.row_key == "2999977" else one for one in made.cells)
        said = Statement(
            "general_public_budget.item.2999977",
            "amount",
            Decimal("4.90"),
            "万元",
            "支出4.90万元",
            1,
            1,
            "4.90",
            reason=reason,
        )
        region.add(archived(name), replace(made, cells=cells, statements=(*made.statements, said)))

    for year in (2017, 2018, 2019):
        report(f"h-{year}", "乙县财政局", year, reason="因人员增加")
    region.step()

    # One more peer, and a body that covers another; the build does not pass, and the first of them is taken back.
    report("j-2019", "丙县财政局", 2019)
    covers = (ReportUnit("乙县人民政府", True), ReportUnit("乙县财政局", True))
    report("i-2018", "乙县人民政府", 2018, units=covers)
    region.load()
    region.build(passed=False)
    region.add(replace(archived("j-2019"), withdrawn="作废"))
    assert other_than_a_rebuild(region) == []
    assert region.ask("select distinct peers from marts.peer_comparison where report_id like 'h-2019%'") == [(2,)]
    flipped = "select is_default from conformed.fct_release where report_id like 'h-2018%'"
    assert region.ask(flipped) == [(False,)], "the body that covers it stands for it"

    region.add(replace(archived("h-2017"), withdrawn="作废"))  # the earliest year of all
    report("j-2018", "丙县财政局", 2018, "丙名")  # most reports print another name of the code now
    report("j-2019-2", "丙县财政局", 2019, "丙名")
    region.step()
    region.registry["unit"] = tuple(
        {**one, "division_code": "990102"} if one["unit_id"] == "g" else one for one in units
    )
    body = region.documents[archived("body").document_id]
    region.documents[body.document_id] = replace(
        body, path="documents/moved.pdf", published_on=datetime.date(2020, 8, 1)
    )
    assert other_than_a_rebuild(region) == []
    assert region.ask("select count(*) from marts.check_summary where document = 'documents/moved.pdf'") > [(0,)]
