"""The text of a synthetic report: paragraphs around its tables, worded as real reports word them.

Belongs here: sentences, and which figure stands in each. Does not belong here: tables, pages, files. Figures of the
text are in 万元 whatever the tables are in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from juesuan.demo import data
from juesuan.demo.report import FUND_NAMES, Report, Totals, wan


@dataclass(slots=True)
class Said:
    """A figure of the text: topic and measure as extraction calls them, as printed, and what is true in cents."""

    topic: str
    measure: str
    text: str
    cents: int | None = None


#: A paragraph: words and figures.
Paragraph = list["str | Said"]


@dataclass
class Section:
    """A heading (level 1 is 第X部分) and its paragraphs."""

    level: int
    heading: str
    paragraphs: list[Paragraph]


def percent(part: int, whole: int) -> str:
    """A share or rate in per cent with two decimals, rounded half up."""
    hundredths = (abs(part) * 20_000 + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _get(sums: str, key: str) -> Callable[[Totals], int]:
    """What one of the sums of a report is, under one key."""

    def get(totals: Totals) -> int:
        found: int = getattr(totals, sums)[key]
        return found

    return get


class Text:
    """The sections of one report."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.now = Totals(report.ledger)
        self.before = Totals(report.prior) if report.prior is not None else None
        self.who = report.printed_name
        self.we = "本部门" if report.scope == "department" else "本单位"
        self.year = f"{report.year}年度"

    def change(self, topic: str, now: int, get: Callable[[Totals], int]) -> Paragraph:
        """比上年决算数增加…, with its rate, and why."""
        if self.before is None:
            return ["（本年新组建，无上年数）"]
        before = get(self.before)
        difference = now - before
        if not difference:
            return ["，与上年决算数", Said(topic, "change_amount", "持平", 0)]
        up = difference > 0
        out: Paragraph = [
            f"，比上年决算数{'增加' if up else '减少'}",
            Said(topic, "change_amount", wan(abs(difference)), difference),
            "万元",
        ]
        if before > 0:
            out += [f"，{'增长' if up else '下降'}", Said(topic, "change_pct", percent(difference, before)), "%"]
        else:
            out += ["（上年基数为0，不可比）"]
        return out

    def reason(self, now: int, get: Callable[[Totals], int]) -> str:
        """Why it changed."""
        if self.before is None or now == get(self.before):
            return "。"
        words = data.region()["reasons"]["up" if now > get(self.before) else "down"]
        return f"，主要原因是{words[now % len(words)]}。"

    def amount(self, topic: str, cents: int, measure: str = "amount") -> Paragraph:
        """A figure in 万元."""
        return [Said(topic, measure, wan(cents), cents), "万元"]

    def line(self, words: str, topic: str, cents: int, get: Callable[[Totals], int]) -> Paragraph:
        """One numbered line: words, amount, change, reason."""
        return [words, *self.amount(topic, cents), *self.change(topic, cents, get), self.reason(cents, get)]

    def sections(self) -> list[Section]:
        """All of them after the tables."""
        out = [Section(1, f"第三部分 {self.who}{self.year}部门决算情况说明", [])]
        out += self._totals()
        out += self._appropriation()
        out += self._items()
        out += self._three_public()
        out += self._others()
        return out

    def front(self) -> list[Section]:
        """What stands before the tables."""
        report = self.report
        many = len(report.covered)
        kind = "部门" if report.scope != "unit" else "单位"
        units: list[Paragraph] = []
        if report.scope == "department":
            head = f"按照部门决算编报要求，纳入{report.name}{self.year}部门决算汇编范围的单位共"
            units.append([head, Said("outcome", "count", str(many)), "个，包括："])
            for number, name in enumerate(report.covered, 1):
                units.append([f"{number}.", name, "。" if number == many else "；"])
        else:
            head = f"纳入{self.who}{self.year}{kind}决算编报范围的单位共"
            units.append([head, Said("scope.units", "count", "1"), f"个，包括：{self.who}。"])
        if report.scope == "own_level":
            units[-1].append("下属单位独立编制决算，独立公开，本报告为本级公开。")
        return [
            Section(1, f"第一部分 {self.who}概况", []),
            Section(
                2, "一、主要职责", [["贯彻执行有关法律法规和政策，承担本行业管理和服务工作，完成上级交办的其他任务。"]]
            ),
            Section(2, "二、机构设置", [["内设办公室、财务科、业务科等机构。"]]),
            Section(2, "三、部门决算单位构成", units),
        ]

    def _totals(self) -> list[Section]:
        now, out = self.now, []
        who, year = self.who, self.year
        out.append(Section(2, f"一、{year}收入支出决算总体情况说明", []))
        head: Paragraph = [
            f"{who}{year}总收入",
            *self.amount("income", now.grand, "total"),
            "，其中本年收入",
            *self.amount("income", now.received),
            "。具体情况如下：",
        ]
        lines: list[Paragraph] = [head]
        if data.since("funds_in_T1", self.report.year):
            entries = [
                ("一般公共预算财政拨款收入", "income.general_public_budget", "g"),
                ("政府性基金预算财政拨款收入", "income.government_fund", "f"),
            ]
            if data.since("state_capital", self.report.year):
                entries.append(("国有资本经营预算财政拨款收入", "income.state_capital", "s"))
            numbered = [(words, topic, _get("income", fund)) for words, topic, fund in entries]
        else:
            numbered = [("财政拨款收入", "income.fiscal_appropriation", lambda totals: totals.appropriated)]
        for words, topic, source in (
            ("上级补助收入", "superior_subsidy", "superior_subsidy"),
            ("事业收入", "business", "business_income"),
            ("经营收入", "operating", "operating_income"),
            ("附属单位上缴收入", "affiliate_remittance", "affiliate_remittance"),
            ("其他收入", "other", "other_income"),
        ):
            numbered.append((words, f"income.{topic}", _get("other", source)))
        for number, (words, topic, get) in enumerate(numbered, 1):
            lines.append(self.line(f"{number}.{words}", topic, get(now), get))
        out.append(Section(3, "（一）年度收入总体情况", lines))
        head = [
            f"{who}{year}总支出",
            *self.amount("expenditure", now.grand, "total"),
            "，其中本年支出",
            *self.amount("expenditure", now.expenditure),
            "。具体情况如下：",
        ]
        lines = [head]
        for number, (words, topic, nature) in enumerate(
            (
                ("基本支出", "basic", "basic"),
                ("项目支出", "project", "project"),
                ("上缴上级支出", "superior_remittance", "superior_remittance"),
                ("经营支出", "operating", "operating_expenditure"),
                ("对附属单位补助支出", "affiliate_subsidy", "affiliate_subsidy"),
            ),
            1,
        ):
            get = _get("natures", nature)
            lines.append(self.line(f"{number}.{words}", f"expenditure.{topic}", get(now), get))
        out.append(Section(3, "（二）年度支出总体情况", lines))
        return out

    def _appropriation(self) -> list[Section]:
        now, who, year = self.now, self.who, self.year
        funds = [fund for fund in FUND_NAMES if fund != "s" or data.since("state_capital", self.report.year)]
        keys = {"g": "general_public_budget", "f": "government_fund", "s": "state_capital"}
        income: Paragraph = [
            f"{who}{year}财政拨款收入合计",
            *self.amount("appropriation_income", now.appropriated),
            "。其中：",
        ]
        spent: Paragraph = [
            f"{who}{year}财政拨款支出合计",
            *self.amount("appropriation_expenditure", now.appropriation_spent),
            "。其中：",
        ]
        for fund in funds:
            end = "。" if fund == funds[-1] else "；"
            topic = f"appropriation_income.{keys[fund]}"
            income += [f"{FUND_NAMES[fund]}收入", *self.amount(topic, now.income[fund])]
            income += [*self.change(topic, now.income[fund], _get("income", fund)), end]
            topic = f"appropriation_expenditure.{keys[fund]}"
            spent += [f"{FUND_NAMES[fund]}支出", *self.amount(topic, now.spent[fund])]
            spent += [*self.change(topic, now.spent[fund], _get("spent", fund)), end]
        opening = now.appropriation_opening
        carry: Paragraph = ["年初财政拨款结转和结余", *self.amount("carryover.appropriation_opening", opening)]
        carry += [
            "，年末财政拨款结转和结余",
            *self.amount("carryover.appropriation_closing", now.appropriation_closing),
            "。",
        ]
        if any(self.report.declared.values()):
            carry += ["年初数与上年年末数的差额为年初结转调整，系收回存量资金。"]
        return [
            Section(2, f"二、{year}财政拨款收入支出决算情况说明", []),
            Section(3, f"（一）{year}财政拨款收入说明", [income]),
            Section(3, f"（二）{year}财政拨款支出说明", [spent]),
            Section(3, "（三）财政拨款结转和结余情况", [carry]),
        ]

    def _items(self) -> list[Section]:
        report, now = self.report, self.now
        year = report.year
        total = now.spent["g"]
        head: Paragraph = [
            f"{self.who}{self.year}一般公共预算财政拨款支出年初预算为",
            *self.amount("appropriation_expenditure.general_public_budget", now.budget["g"], "initial_budget"),
        ]
        head += [
            "，支出决算为",
            *self.amount("appropriation_expenditure.general_public_budget", total),
            "。其中：基本支出",
            *self.amount("general_public_budget.basic", now.by_nature.get(("g", "basic"), 0)),
        ]
        head += [
            "，包括人员经费",
            *self.amount("general_public_budget.basic.personnel", now.personnel),
            "、公用经费",
            *self.amount("general_public_budget.basic.public", now.public),
            "。",
        ]
        lines: list[Paragraph] = []
        items: dict[str, int] = {}
        for (fund, item, _), cents in report.ledger.spent.items():
            if fund == "g":
                items[item] = items.get(item, 0) + cents
        for number, item in enumerate(sorted(items), 1):
            cents = items[item]
            if not cents:
                continue
            planned = report.ledger.budget.get(("g", item), 0)
            names = [data.name_of(item[:n], year) for n in (3, 5, 7)]
            topic = f"general_public_budget.item.{item}"
            line: Paragraph = [
                f"{number}.{names[0]}（类）{names[1]}（款）{names[2]}（项）。年初预算为",
                *self.amount(topic, planned, "initial_budget"),
            ]
            line += ["，支出决算为", *self.amount(topic, cents)]
            line += [*self._completed(topic, cents, planned), "。"]
            lines.append(line)
        return [
            Section(2, f"三、{self.year}一般公共预算财政拨款支出决算情况说明", []),
            Section(3, "（一）一般公共预算财政拨款支出决算总体情况", [head]),
            Section(3, "（二）一般公共预算财政拨款支出决算具体情况", lines),
        ]

    def _completed(self, topic: str, cents: int, planned: int, word: str = "年初预算") -> Paragraph:
        if planned <= 0:
            return []
        return [f"，完成{word}的", Said(topic, "completion_pct", percent(cents, planned)), "%"]

    def _three_public(self) -> list[Section]:
        now, ledger = self.now, self.report.ledger
        stage = "全年预算" if data.since("adjusted_budget", self.report.year) else "年初预算"
        measure = "adjusted_budget" if stage == "全年预算" else "initial_budget"
        money = "财政拨款" if data.since("three_public_all_funds", self.report.year) else "一般公共预算财政拨款"

        def stated(words: str, topic: str, item: str) -> Paragraph:
            final, planned = now.final[item], now.planned[item]
            out: Paragraph = [words, *self.amount(topic, final), f"，{stage}为", *self.amount(topic, planned, measure)]
            return [
                *out,
                *self._completed(topic, final, planned, stage),
                *self.change(topic, final, _get("final", item)),
            ]

        whole = f"{self.who}{self.year}“三公”经费{money}支出决算为"
        overall = [[*stated(whole, "three_public.total", "total"), "。"]]
        for words, item in (
            ("1.因公出国（境）费支出决算为", "abroad"),
            ("2.公务用车购置及运行维护费支出决算为", "vehicle"),
            ("其中：公务用车购置费支出决算为", "vehicle_buy"),
            ("公务用车运行维护费支出决算为", "vehicle_run"),
            ("3.公务接待费支出决算为", "reception"),
        ):
            overall.append([*stated(words, f"three_public.{item}", item), "。"])
        total = now.final["total"]

        def share(item: str) -> Paragraph:
            return (
                ["，占", Said(f"three_public.{item}", "share_pct", percent(now.final[item], total)), "%"]
                if total
                else []
            )

        counts = ledger.counts

        def count(topic: str, key: str) -> Said:
            return Said(topic, "count", str(counts[key]), counts[key] * 100)

        details: list[Paragraph] = [
            [
                f"{self.year}“三公”经费{money}支出决算中，因公出国（境）费",
                *self.amount("three_public.abroad", now.final["abroad"]),
                *share("abroad"),
                "；公务用车购置及运行维护费支出",
                *self.amount("three_public.vehicle", now.final["vehicle"]),
                *share("vehicle"),
                "；公务接待费支出",
                *self.amount("three_public.reception", now.final["reception"]),
                *share("reception"),
                "。具体情况如下：",
            ],
            [
                "1.因公出国（境）费支出",
                *self.amount("three_public.abroad", now.final["abroad"]),
                "。全年安排因公出国（境）团组",
                count("abroad.groups", "groups"),
                "个，累计",
                count("abroad.person_times", "travellers"),
                "人次。",
            ],
            [
                "2.公务用车购置及运行维护费支出",
                *self.amount("three_public.vehicle", now.final["vehicle"]),
                "。其中：公务用车购置支出",
                *self.amount("three_public.vehicle_buy", now.final["vehicle_buy"]),
                "，公务用车购置数",
                count("vehicle.bought", "bought"),
                "辆。公务用车运行维护费支出",
                *self.amount("three_public.vehicle_run", now.final["vehicle_run"]),
                "，公务用车保有量",
                count("vehicle.owned", "owned"),
                "辆。",
            ],
            [
                "3.公务接待费支出",
                *self.amount("three_public.reception", now.final["reception"]),
                "。国内公务接待",
                count("reception.domestic_visits", "visits"),
                "批次，国内公务接待",
                count("reception.domestic_people", "guests"),
                "人次。",
            ],
        ]
        return [
            Section(2, f"四、{self.year}{money}“三公”经费支出决算情况说明", []),
            Section(3, f"（一）“三公”经费{money}支出决算总体情况说明", overall),
            Section(3, f"（二）“三公”经费{money}支出决算具体情况说明", details),
        ]

    def _others(self) -> list[Section]:
        report, ledger = self.report, self.report.ledger
        year = report.year
        if report.scope == "unit" and not ledger.agency:
            agency: Paragraph = ["本单位为事业单位，不涉及机关运行经费。"]
        else:
            agency = [f"{self.year}{self.we}机关运行经费支出", *self.amount("agency_operating_expenses", ledger.agency)]
            if self.before is not None and report.prior is not None:
                was = report.prior.agency
                agency += self.change("agency_operating_expenses", ledger.agency, lambda _: was)
            agency += ["。"]
        bought = ledger.goods + ledger.works + ledger.services
        procurement: Paragraph = [f"{self.year}{self.we}政府采购支出总额", *self.amount("procurement.total", bought)]
        procurement += [
            "，其中：政府采购货物支出",
            *self.amount("procurement.goods", ledger.goods),
            "、政府采购工程支出",
            *self.amount("procurement.works", ledger.works),
            "、政府采购服务支出",
            *self.amount("procurement.services", ledger.services),
            "。",
        ]
        if data.since("sme", year) and bought:
            procurement += [
                "授予中小企业合同金额",
                *self.amount("procurement.sme_awarded", ledger.sme),
                "，占政府采购支出总额的",
                Said("procurement.sme_awarded", "share_pct", percent(ledger.sme, bought)),
                "%",
            ]
            if ledger.sme:
                procurement += [
                    "，其中：授予小微企业合同金额",
                    *self.amount("procurement.micro_awarded", ledger.micro),
                    "，占授予中小企业合同金额的",
                    Said("procurement.micro_awarded", "share_pct", percent(ledger.micro, ledger.sme)),
                    "%",
                ]
            procurement += ["。"]
        counts = ledger.counts
        assets: Paragraph = [
            "截至",
            Said("assets.as_of", "date", f"{year}年12月31日"),
            f"，{self.we}共有车辆",
            Said("assets.vehicles", "count", str(counts["vehicles"])),
            "辆，其中，应急保障用车",
            Said("assets.vehicles.emergency", "count", str(counts["emergency"])),
            "辆，其他用车",
            Said("assets.vehicles.other", "count", str(counts["general"])),
            "辆；单位价值100万元以上设备（不含车辆）",
            Said("assets.equipment_over_1m", "count", str(counts["equipment"])),
            "台（套）。",
        ]
        score = counts["score"] // max(1, len(report.covered))
        performance: Paragraph = [
            f"根据预算绩效管理要求，{self.we}组织对{self.year}项目支出开展绩效自评，共",
            Said("performance.self_evaluation", "count", str(counts["projects"])),
            "个项目，平均得分为",
            Said("performance.self_evaluation", "score", f"{score // 10}.{score % 10}"),
            "分。",
        ]
        staff: Paragraph = [
            f"截至{year}年12月31日，{self.we}在职人员",
            Said("staff.actual", "count", str(counts["people"])),
            "人。",
        ]
        terms = [
            ["财政拨款收入：指财政当年拨付的资金。"],
            ["基本支出：指为保障机构正常运转、完成日常工作任务而发生的人员支出和公用支出。"],
            ["项目支出：指在基本支出之外为完成特定行政任务和事业发展目标所发生的支出。"],
            ["机关运行经费：指为保障行政单位（含参照公务员法管理的事业单位）运行用于购买货物和服务的各项资金。"],
        ]
        return [
            Section(2, "五、其他重要事项的情况说明", []),
            Section(3, "（一）机关运行经费支出情况", [agency]),
            Section(3, "（二）政府采购支出情况说明", [procurement]),
            Section(3, "（三）国有资产占用情况说明", [assets]),
            Section(3, f"（四）{self.year}绩效评价情况的说明", [performance]),
            Section(3, "（五）人员情况", [staff]),
            Section(1, "第四部分 名词解释", [list(one) for one in terms]),
        ]


def number(text: str) -> Decimal:
    """A printed figure as a number."""
    return Decimal(text.replace(",", ""))
