"""The true figures of one made-up body for one fiscal year, and the names its classes bore in that year.

Belongs here: amounts that agree with each other as the form demands, codes and names by year, sums of them. Does not
belong here: how any of it is printed (drawing.py), and anything of the library that is measured.

Amounts are whole hundredths of the printed money unit (分 of 元, or 0.01万元), so that every sum holds to the digit in
either unit: the leaves are rounded once, and totals are sums of what is printed.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

#: 分 in one hundredth of the printed unit.
FEN = {"元": 1, "万元": 10_000}

#: code -> (last year, name) ..., oldest first; a last year of 9999 is open.
NAMES: dict[str, tuple[tuple[int, str], ...]] = {
    "201": ((9999, "一般公共服务支出"),),
    "20103": ((9999, "政府办公厅（室）及相关机构事务"),),
    "2010301": ((9999, "行政运行"),),
    "2010399": ((9999, "其他政府办公厅（室）及相关机构事务支出"),),
    "20106": ((9999, "财政事务"),),
    "2010602": ((9999, "一般行政管理事务"),),
    "205": ((9999, "教育支出"),),
    "20508": ((9999, "进修及培训"),),
    "2050803": ((9999, "培训支出"),),
    "207": ((2018, "文化体育与传媒支出"), (9999, "文化旅游体育与传媒支出")),
    "20701": ((2018, "文化"), (9999, "文化和旅游")),
    "2070199": ((2018, "其他文化支出"), (9999, "其他文化和旅游支出")),
    "208": ((9999, "社会保障和就业支出"),),
    "20805": ((2019, "行政事业单位离退休"), (9999, "行政事业单位养老支出")),
    "2080501": ((2019, "归口管理的行政单位离退休"), (9999, "行政单位离退休")),
    "2080505": ((9999, "机关事业单位基本养老保险缴费支出"),),
    "2080506": ((9999, "机关事业单位职业年金缴费支出"),),
    "210": ((2018, "医疗卫生与计划生育支出"), (9999, "卫生健康支出")),
    "21011": ((9999, "行政事业单位医疗"),),
    "2101101": ((9999, "行政单位医疗"),),
    "21099": ((2018, "其他医疗卫生与计划生育支出"), (9999, "其他卫生健康支出")),
    "2109901": ((2018, "其他医疗卫生与计划生育支出"), (9999, "其他卫生健康支出")),
    "2109999": ((9999, "其他卫生健康支出"),),
    "212": ((9999, "城乡社区支出"),),
    "21208": ((2018, "国有土地使用权出让收入及对应专项债务收入安排的支出"), (9999, "国有土地使用权出让收入安排的支出")),
    "2120803": ((9999, "城市建设支出"),),
    "2120899": ((9999, "其他国有土地使用权出让收入安排的支出"),),
    "221": ((9999, "住房保障支出"),),
    "22102": ((9999, "住房改革支出"),),
    "2210201": ((9999, "住房公积金"),),
    "2210203": ((9999, "购房补贴"),),
    "223": ((9999, "国有资本经营预算支出"),),
    "22301": ((9999, "解决历史遗留问题及改革成本支出"),),
    "2230105": ((9999, "国有企业退休人员社会化管理补助支出"),),
    "229": ((9999, "其他支出"),),
    "22960": ((9999, "彩票公益金安排的支出"),),
    "2296003": ((9999, "用于体育事业的彩票公益金支出"),),
}

#: The functional classes that T1 and T4 list, in their order: (code, first year, last year, name). A class that was
#: renamed has two rows.
CLASSES: tuple[tuple[str, int, int, str], ...] = (
    ("201", 0, 9999, "一般公共服务支出"),
    ("202", 0, 9999, "外交支出"),
    ("203", 0, 9999, "国防支出"),
    ("204", 0, 9999, "公共安全支出"),
    ("205", 0, 9999, "教育支出"),
    ("206", 0, 9999, "科学技术支出"),
    ("207", 0, 2018, "文化体育与传媒支出"),
    ("207", 2019, 9999, "文化旅游体育与传媒支出"),
    ("208", 0, 9999, "社会保障和就业支出"),
    ("210", 0, 2018, "医疗卫生与计划生育支出"),
    ("210", 2019, 9999, "卫生健康支出"),
    ("211", 0, 9999, "节能环保支出"),
    ("212", 0, 9999, "城乡社区支出"),
    ("213", 0, 9999, "农林水支出"),
    ("214", 0, 9999, "交通运输支出"),
    ("215", 0, 2019, "资源勘探信息等支出"),
    ("215", 2020, 9999, "资源勘探工业信息等支出"),
    ("216", 0, 9999, "商业服务业等支出"),
    ("217", 0, 9999, "金融支出"),
    ("219", 0, 9999, "援助其他地区支出"),
    ("220", 0, 2018, "国土海洋气象等支出"),
    ("220", 2019, 9999, "自然资源海洋气象等支出"),
    ("221", 0, 9999, "住房保障支出"),
    ("222", 0, 9999, "粮油物资储备支出"),
    ("223", 2020, 9999, "国有资本经营预算支出"),
    ("224", 2019, 9999, "灾害防治及应急管理支出"),
    ("229", 0, 9999, "其他支出"),
    ("231", 0, 9999, "债务还本支出"),
    ("232", 0, 9999, "债务付息支出"),
    ("234", 2020, 9999, "抗疫特别国债安排的支出"),
)

#: Economic sections: (code, first year, last year, name, side).
PERSONNEL, PUBLIC = "personnel", "public"
ECONOMIC: tuple[tuple[str, int, int, str, str], ...] = (
    ("301", 0, 9999, "工资福利支出", PERSONNEL),
    ("30101", 0, 9999, "基本工资", PERSONNEL),
    ("30102", 0, 9999, "津贴补贴", PERSONNEL),
    ("30103", 0, 9999, "奖金", PERSONNEL),
    ("30104", 0, 2017, "其他社会保障缴费", PERSONNEL),
    ("30106", 0, 9999, "伙食补助费", PERSONNEL),
    ("30107", 0, 9999, "绩效工资", PERSONNEL),
    ("30108", 2016, 9999, "机关事业单位基本养老保险缴费", PERSONNEL),
    ("30109", 2016, 9999, "职业年金缴费", PERSONNEL),
    ("30110", 2018, 9999, "职工基本医疗保险缴费", PERSONNEL),
    ("30111", 2018, 9999, "公务员医疗补助缴费", PERSONNEL),
    ("30112", 2018, 9999, "其他社会保障缴费", PERSONNEL),
    ("30113", 2018, 9999, "住房公积金", PERSONNEL),
    ("30114", 2018, 9999, "医疗费", PERSONNEL),
    ("30199", 0, 9999, "其他工资福利支出", PERSONNEL),
    ("303", 0, 9999, "对个人和家庭的补助", PERSONNEL),
    ("30301", 0, 9999, "离休费", PERSONNEL),
    ("30302", 0, 9999, "退休费", PERSONNEL),
    ("30303", 0, 9999, "退职（役）费", PERSONNEL),
    ("30304", 0, 9999, "抚恤金", PERSONNEL),
    ("30305", 0, 9999, "生活补助", PERSONNEL),
    ("30306", 0, 9999, "救济费", PERSONNEL),
    ("30307", 0, 2017, "医疗费", PERSONNEL),
    ("30307", 2018, 9999, "医疗费补助", PERSONNEL),
    ("30308", 0, 9999, "助学金", PERSONNEL),
    ("30309", 0, 9999, "奖励金", PERSONNEL),
    ("30310", 0, 2017, "生产补贴", PERSONNEL),
    ("30310", 2018, 9999, "个人农业生产补贴", PERSONNEL),
    ("30311", 0, 2017, "住房公积金", PERSONNEL),
    ("30311", 2020, 9999, "代缴社会保险费", PERSONNEL),
    ("30312", 0, 2017, "提租补贴", PERSONNEL),
    ("30313", 0, 2017, "购房补贴", PERSONNEL),
    ("30399", 0, 9999, "其他对个人和家庭的补助", PERSONNEL),
    ("302", 0, 9999, "商品和服务支出", PUBLIC),
    ("30201", 0, 9999, "办公费", PUBLIC),
    ("30202", 0, 9999, "印刷费", PUBLIC),
    ("30203", 0, 9999, "咨询费", PUBLIC),
    ("30204", 0, 9999, "手续费", PUBLIC),
    ("30205", 0, 9999, "水费", PUBLIC),
    ("30206", 0, 9999, "电费", PUBLIC),
    ("30207", 0, 9999, "邮电费", PUBLIC),
    ("30208", 0, 9999, "取暖费", PUBLIC),
    ("30209", 0, 9999, "物业管理费", PUBLIC),
    ("30211", 0, 9999, "差旅费", PUBLIC),
    ("30212", 0, 9999, "因公出国（境）费用", PUBLIC),
    ("30213", 0, 9999, "维修（护）费", PUBLIC),
    ("30214", 0, 9999, "租赁费", PUBLIC),
    ("30215", 0, 9999, "会议费", PUBLIC),
    ("30216", 0, 9999, "培训费", PUBLIC),
    ("30217", 0, 9999, "公务接待费", PUBLIC),
    ("30218", 0, 9999, "专用材料费", PUBLIC),
    ("30224", 0, 9999, "被装购置费", PUBLIC),
    ("30225", 0, 9999, "专用燃料费", PUBLIC),
    ("30226", 0, 9999, "劳务费", PUBLIC),
    ("30227", 0, 9999, "委托业务费", PUBLIC),
    ("30228", 0, 9999, "工会经费", PUBLIC),
    ("30229", 0, 9999, "福利费", PUBLIC),
    ("30231", 0, 9999, "公务用车运行维护费", PUBLIC),
    ("30239", 0, 9999, "其他交通费用", PUBLIC),
    ("30240", 0, 9999, "税金及附加费用", PUBLIC),
    ("30299", 0, 9999, "其他商品和服务支出", PUBLIC),
    ("307", 2018, 9999, "债务利息及费用支出", PUBLIC),
    ("30701", 2018, 9999, "国内债务付息", PUBLIC),
    ("30702", 2018, 9999, "国外债务付息", PUBLIC),
    ("310", 0, 2017, "其他资本性支出", PUBLIC),
    ("310", 2018, 9999, "资本性支出", PUBLIC),
    ("31001", 0, 9999, "房屋建筑物购建", PUBLIC),
    ("31002", 0, 9999, "办公设备购置", PUBLIC),
    ("31003", 0, 9999, "专用设备购置", PUBLIC),
    ("31005", 0, 9999, "基础设施建设", PUBLIC),
    ("31006", 0, 9999, "大型修缮", PUBLIC),
    ("31007", 0, 9999, "信息网络及软件购置更新", PUBLIC),
    ("31008", 0, 9999, "物资储备", PUBLIC),
    ("31009", 0, 9999, "土地补偿", PUBLIC),
    ("31010", 0, 9999, "安置补助", PUBLIC),
    ("31011", 0, 9999, "地上附着物和青苗补偿", PUBLIC),
    ("31012", 0, 9999, "拆迁补偿", PUBLIC),
    ("31013", 0, 9999, "公务用车购置", PUBLIC),
    ("31019", 0, 9999, "其他交通工具购置", PUBLIC),
    ("31021", 2018, 9999, "文物和陈列品购置", PUBLIC),
    ("31022", 2018, 9999, "无形资产购置", PUBLIC),
    ("31099", 0, 9999, "其他资本性支出", PUBLIC),
    ("399", 0, 9999, "其他支出", PUBLIC),
    ("39906", 0, 2019, "赠与", PUBLIC),
    ("39907", 2018, 9999, "国家赔偿费用支出", PUBLIC),
    ("39908", 2018, 9999, "对民间非营利组织和群众性自治组织补贴", PUBLIC),
    ("39909", 2020, 9999, "经常性赠与", PUBLIC),
    ("39910", 2020, 9999, "资本性赠与", PUBLIC),
    ("39999", 0, 9999, "其他支出", PUBLIC),
)
#: The sections that hold money, with their weights; every other one is zero.
_WEIGHTS = {
    "30101": 31, "30102": 26, "30103": 17, "30107": 5, "30108": 13, "30109": 6, "30199": 7,
    "30301": 2, "30302": 9, "30305": 1, "30399": 3,
    "30201": 19, "30202": 2, "30204": 1, "30206": 5, "30207": 4, "30211": 7, "30213": 6, "30216": 3, "30217": 2,
    "30226": 11, "30228": 8, "30229": 3, "30231": 4, "30239": 12, "30299": 9, "31002": 5, "31007": 2,
}  # fmt: skip

_FUNDS = ("general", "fund", "capital")


@dataclass(frozen=True)
class Item:
    """One item of seven digits: its fund and its amounts (hundredths of the unit), by column."""

    code: str
    fund: str
    amounts: dict[str, int]

    def get(self, key: str) -> int:
        return self.amounts.get(key, 0)


# Leaves in 分: opening basic and project, income basic and project, personnel, public, project (all appropriation);
# then what is paid from other money. Appropriation closes with what is left of its project money.
_LEAVES: dict[str, tuple[str, dict[str, int]]] = {
    "2010301": (
        "general",
        {
            "personnel": 412_307_815,
            "public": 66_210_944,
            "project": 8_177_300,
            "opening_project": 3_146_200,
            "income_project": 9_310_550,
        },
    ),
    "2010399": (
        "general",
        {
            "project": 1_822_861_250,
            "income_project": 1_801_554_400,
            "opening_project": 40_228_900,
            "own_project": 62_490_100,
            "own_affiliate_subsidy": 5_000_000,
        },
    ),
    "2010602": (
        "general",
        {
            "project": 49_999_400,
            "income_project": 49_999_400,
            "own_basic": 18_203_300,
            "own_superior_remittance": 3_030_300,
        },
    ),
    "2050803": ("general", {"project": 2_635_070, "income_project": 2_800_000}),
    "2070199": (
        "general",
        {"project": 17_642_090, "income_project": 20_000_000, "own_operating_expenditure": 7_416_200},
    ),
    "2080501": ("general", {"personnel": 84_650_120}),
    "2080505": ("general", {"personnel": 48_113_296}),
    "2080506": ("general", {"personnel": 24_056_648}),
    "2101101": ("general", {"personnel": 36_604_315, "public": 1_210_000}),
    "2109999": ("general", {"project": 762_153_870, "income_project": 762_153_870}),
    "2120803": ("fund", {"project": 20_004_100, "income_project": 25_000_000, "opening_project": 1_500_000}),
    "2120899": ("fund", {"project": 76_893_330, "income_project": 76_893_330, "personnel": 0}),
    "2210201": ("general", {"personnel": 53_617_200}),
    "2210203": ("general", {"personnel": 25_850_700}),
    "2230105": ("capital", {"project": 9_461_180, "income_project": 9_461_180}),
    "2296003": ("fund", {"project": 6_320_000, "income_project": 0, "opening_project": 6_320_000}),
}
#: Own money in 分: income of the body that is no appropriation, by item.
_OWN_INCOME: dict[str, dict[str, int]] = {
    "2010301": {"other_income": -351_700},
    "2010399": {"superior_subsidy": 31_540_000, "business_income": 24_813_600, "education_fee": 6_100_500},
    "2010602": {"affiliate_remittance": 12_007_700, "other_income": 6_196_300},
    "2070199": {"operating_income": 9_120_400},
}
_OTHER_OPENING, _SURPLUS_USED, _DISTRIBUTION = 27_513_900, 2_118_800, 1_401_700


class Accounts:
    """The accounts of one year in one money unit. ``without`` leaves out codes (and what stands under them)."""

    def __init__(self, year: int, money_unit: str, without: Iterable[str] = ()) -> None:
        self.year = year
        self.money_unit = money_unit
        scale = FEN[money_unit]
        skip = tuple(without)

        def unit(fen: int) -> int:
            return fen // scale if fen >= 0 else -(-fen // scale)

        self.items: list[Item] = []
        for code, (fund, leaves) in _LEAVES.items():
            name = code if code != "2109999" or year >= 2021 else "2109901"
            if skip and name.startswith(skip):
                continue
            a = {key: unit(value) for key, value in leaves.items()}
            a.setdefault("personnel", 0)
            a.setdefault("public", 0)
            a.setdefault("project", 0)
            a["basic"] = a["personnel"] + a["public"]
            a["income_basic"] = a["basic"]
            a.setdefault("income_project", 0)
            a.setdefault("opening_project", 0)
            a["opening_basic"] = a["closing_basic"] = 0
            a["closing_project"] = a["opening_project"] + a["income_project"] - a["project"]
            for stage in ("opening", "income", "closing"):
                a[stage] = a[f"{stage}_basic"] + a[f"{stage}_project"]
            a["total"] = a["basic"] + a["project"]
            a |= {key: unit(value) for key, value in _OWN_INCOME.get(code, {}).items()}
            self.items.append(Item(name, fund, a))
        self.other_opening, self.surplus_used, self.distribution = map(
            unit, (_OTHER_OPENING, _SURPLUS_USED, _DISTRIBUTION)
        )

    # --- names

    def name(self, code: str) -> str:
        """The name of a functional code in this year."""
        return next(name for last, name in NAMES[code] if self.year <= last)

    def classes(self) -> list[tuple[str, str]]:
        """(code, name) of the classes that T1 and T4 list in this year, in order."""
        return [(code, name) for code, first, last, name in CLASSES if first <= self.year <= last]

    def sections(self, side: str | None = None) -> list[tuple[str, str]]:
        """(code, name) of the economic classes and sections of this year, of one side or both."""
        return [
            (code, name)
            for code, first, last, name, own in ECONOMIC
            if first <= self.year <= last and side in (None, own)
        ]

    # --- sums

    def of(self, code: str, funds: Iterable[str] = _FUNDS) -> list[Item]:
        """The items under a code ('' for all) that are paid from one of the funds."""
        return [i for i in self.items if i.code.startswith(code) and i.fund in funds]

    def appropriation(self, code: str, key: str, funds: Iterable[str] = _FUNDS) -> int:
        """A column of the appropriation tables: total, basic, personnel, opening_project ..."""
        return sum(i.get(key) for i in self.of(code, funds))

    def spent(self, code: str, key: str) -> int:
        """A column of T3: appropriation and own money together."""
        own = (
            "own_basic",
            "own_project",
            "own_superior_remittance",
            "own_operating_expenditure",
            "own_affiliate_subsidy",
        )
        items = self.of(code)
        if key == "expenditure_total":
            return sum(i.get("total") + sum(i.get(k) for k in own) for i in items)
        mine = f"own_{key}"
        return sum(i.get(mine) + (i.get(key) if key in ("basic", "project") else 0) for i in items)

    def received(self, code: str, key: str) -> int:
        """A column of T2."""
        own = ("superior_subsidy", "business_income", "operating_income", "affiliate_remittance", "other_income")
        items = self.of(code)
        if key == "income_total":
            return sum(i.get("income") + sum(i.get(k) for k in own) for i in items)
        return sum(i.get("income" if key == "fiscal_appropriation" else key) for i in items)

    def codes(self, funds: Iterable[str] = _FUNDS) -> list[str]:
        """The codes that a table by functional class prints, classes and sections before their items."""
        found: list[str] = []
        for item in sorted(self.of("", funds), key=lambda i: i.code):
            for size in (3, 5, 7):
                if item.code[:size] not in found:
                    found.append(item.code[:size])
        return found

    @cached_property
    def opening(self) -> int:
        return self.other_opening + self.appropriation("", "opening")

    @cached_property
    def closing(self) -> int:
        """What is left: everything received, less spent and distributed."""
        return (
            self.received("", "income_total")
            + self.surplus_used
            + self.opening
            - self.spent("", "expenditure_total")
            - self.distribution
        )

    @cached_property
    def grand_total(self) -> int:
        return self.received("", "income_total") + self.surplus_used + self.opening

    @cached_property
    def economic(self) -> dict[str, int]:
        """Basic expenditure of the general public budget by economic class and section; sums to T5 basic."""
        out: dict[str, int] = {}
        for side in (PERSONNEL, PUBLIC):
            codes = [code for code, _ in self.sections(side)]
            leaves = [c for c in codes if len(c) == 5]
            total = self.appropriation("", side, ("general",))
            weight = sum(_WEIGHTS.get(c, 0) for c in leaves)
            shares = {c: total * _WEIGHTS.get(c, 0) // weight for c in leaves}
            shares[max(leaves, key=lambda c: _WEIGHTS.get(c, 0))] += total - sum(shares.values())
            out |= {
                c: shares[c] if len(c) == 5 else sum(v for k, v in shares.items() if k.startswith(c)) for c in codes
            }
        return out

    @cached_property
    def three_public(self) -> dict[str, int]:
        """item_stage -> amount; the final amounts are those of T6, the budgets a little more."""
        scale = FEN[self.money_unit]
        run, reception = self.economic["30231"], self.economic["30217"]
        final = {"abroad": 0, "vehicle_buy": 0, "vehicle_run": run, "reception": reception}
        budget = {
            "abroad": 0,
            "vehicle_buy": 0,
            "vehicle_run": run + 420_000 // scale,
            "reception": reception + 1_310_000 // scale,
        }
        out: dict[str, int] = {}
        for stage, amounts in (("budget", budget), ("final", final)):
            vehicle = amounts["vehicle_buy"] + amounts["vehicle_run"]
            for item, amount in {
                **amounts,
                "vehicle": vehicle,
                "total": vehicle + amounts["abroad"] + amounts["reception"],
            }.items():
                out[f"{item}_{stage}"] = amount
        conference, training = 830_000 // scale, self.economic["30216"]
        out |= {"conference_budget": conference, "conference_final": conference - 110_000 // scale}
        return out | {"training_budget": training + 260_000 // scale, "training_final": training}

    @cached_property
    def procurement(self) -> dict[str, int]:
        scale = FEN[self.money_unit]
        parts = {"goods": 4_790_300 // scale, "works": 31_250_000 // scale, "services": 246_474_100 // scale}
        return {"total": sum(parts.values()), **parts}

    @cached_property
    def counts(self) -> dict[str, int]:
        """Heads, vehicles and equipment, from a sequence that is the same everywhere."""
        dice = random.Random("counts")
        keys = (
            "abroad_groups", "abroad_people", "vehicles_bought", "vehicles_kept", "receptions", "guests",
            "foreign_receptions", "foreign_guests", "staff", "retired",
            "vehicle_leader", "vehicle_main", "vehicle_secret", "vehicle_emergency", "vehicle_police",
            "vehicle_special", "vehicle_old", "vehicle_other", "equipment_50", "equipment_100",
        )  # fmt: skip
        out = dict(zip(keys, dice.sample(range(2, 99), len(keys)), strict=True))
        out |= dict.fromkeys(
            ("abroad_groups", "abroad_people", "foreign_receptions", "foreign_guests", "vehicle_leader"), 0
        )
        out["vehicles"] = sum(v for k, v in out.items() if k.startswith("vehicle_"))
        return out

    def reconciled(self) -> None:
        """Raises ``AssertionError`` where the accounts do not agree with themselves."""
        assert self.grand_total == self.spent("", "expenditure_total") + self.distribution + self.closing
        for key in ("opening", "income", "total", "closing"):
            assert self.appropriation("", key) == sum(self.appropriation("", key, (f,)) for f in _FUNDS)
        general = ("general",)
        assert sum(self.economic[c] for c in self.economic if len(c) == 3) == self.appropriation("", "basic", general)


def printed(amount: int, *, separators: bool) -> str:
    """Hundredths as print: ``-1,234.05`` or ``-1234.05``."""
    whole, cents = divmod(abs(amount), 100)
    return f"{'-' if amount < 0 else ''}{whole:{',' if separators else ''}}.{cents:02d}"
