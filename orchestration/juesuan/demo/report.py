"""One synthetic report: its tables as the form of its year has them, every cell rounded by itself.

Belongs here: which lines, columns and titles a year's form has, and the figures in them. Does not belong here: how a
page, sheet or line of text looks; drawing figures; misprints.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from juesuan.demo import data
from juesuan.demo.ledger import FUNDS, NATURES, OTHER, SOURCES, THREE_PUBLIC, Ledger

ZERO = "0.00"
_ORDINALS = "一二三四五六七八九十"
FUND_NAMES = {"g": "一般公共预算财政拨款", "f": "政府性基金预算财政拨款", "s": "国有资本经营预算财政拨款"}
FUND_KEYS = {"g": "general_public_budget", "f": "government_fund", "s": "state_capital"}


@dataclass(slots=True)
class Figure:
    """One printed figure: where it stands, how it is printed, and what is true, in cents."""

    row: str
    column: str
    text: str
    cents: int | None


#: A cell of a row: a label, or a figure. Empty labels are blank cells of a drawn table and nothing in text.
Item = str | Figure


@dataclass
class Table:
    """One table. ``header`` are its lines in flattened text; ``grid`` (row, column, rows, columns, words) as drawn."""

    key: str
    number: str
    title: str
    note: str
    header: list[str]
    grid: list[tuple[int, int, int, int, str]]
    rows: list[list[Item]] = field(default_factory=list)

    def figures(self) -> list[Figure]:
        """Its figures in the order in which they are printed."""
        return [item for row in self.rows for item in row if isinstance(item, Figure)]

    def find(self, row: str, column: str) -> Figure | None:
        """The figure of a row and column."""
        return next((one for one in self.figures() if one.row == row and one.column == column), None)


@dataclass
class Report:
    """One report before it is printed."""

    unit_id: str
    name: str
    division: str
    scope: str
    year: int
    in_yuan: bool
    ledger: Ledger
    prior: Ledger | None
    covered: list[str]
    administrative: bool
    release: int = 1
    published: date | None = None
    retrieved: date | None = None
    tables: list[Table] = field(default_factory=list)
    declared: dict[str, int] = field(default_factory=dict)

    @property
    def report_id(self) -> str:
        """As the warehouse calls it."""
        return f"{self.unit_id}-{self.year}-{self.scope}-final_accounts"

    @property
    def stem(self) -> str:
        """Name of its document, without the end that tells the format."""
        return f"{self.unit_id}-{self.year}-{self.scope}" + (f"-r{self.release}" if self.release > 1 else "")

    @property
    def printed_name(self) -> str:
        """How it calls itself."""
        return self.name + ("本级" if self.scope == "own_level" else "")

    @property
    def title(self) -> str:
        """Its title."""
        kind = "单位" if self.scope == "unit" else "部门"
        return f"{self.printed_name}{self.year}年度{kind}决算"

    @property
    def money_unit(self) -> str:
        """元 or 万元."""
        return "元" if self.in_yuan else "万元"

    def table(self, key: str) -> Table | None:
        """Its table of a key."""
        return next((one for one in self.tables if one.key == key), None)


def wan(cents: int) -> str:
    """An amount in 万元 with two decimals, rounded half up by itself."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    whole, part = divmod((cents + 5_000) // 10_000, 100)
    return f"{sign}{whole:,}.{part:02d}"


def yuan(cents: int) -> str:
    """An amount in 元 to the cent."""
    sign, cents = ("-", -cents) if cents < 0 else ("", cents)
    whole, part = divmod(cents, 100)
    return f"{sign}{whole:,}.{part:02d}"


def tables_of(report: Report) -> list[Table]:
    """All tables of the form of the report's year."""
    year, ledger = report.year, report.ledger
    money = yuan if report.in_yuan else wan
    totals = Totals(ledger)
    capital = data.since("state_capital", year)
    made = [
        _summary(year, ledger, totals, money),
        _income(year, ledger, money),
        _expenditure(year, ledger, money),
        _appropriation(year, totals, money),
        _general(year, ledger, money),
        _economic(year, ledger, money),
    ]
    fund, three = _fund(year, ledger, money), _three_public(year, ledger, money)
    made += [fund, _capital(year, ledger, money), three] if capital else [three, fund]
    for number, table in enumerate(made, 1):
        table.number = f"表{number}"
    return made


class Totals:
    """Sums of a ledger that several tables and the text print."""

    def __init__(self, ledger: Ledger) -> None:
        self.income = dict.fromkeys(FUNDS, 0)
        for (fund, _), cents in ledger.income.items():
            self.income[fund] += cents
        self.other = dict.fromkeys(SOURCES, 0)
        for (source, _), cents in ledger.other.items():
            self.other[source] += cents
        self.natures = dict.fromkeys(NATURES, 0)
        self.spent = dict.fromkeys((*FUNDS, OTHER), 0)
        self.by_nature: dict[tuple[str, str], int] = {}
        self.classes: dict[tuple[str, str], int] = {}
        for (fund, item, nature), cents in ledger.spent.items():
            self.natures[nature] += cents
            self.spent[fund] += cents
            self.by_nature[fund, nature] = self.by_nature.get((fund, nature), 0) + cents
            self.classes[fund, item[:3]] = self.classes.get((fund, item[:3]), 0) + cents
        self.opening = dict.fromkeys((*FUNDS, OTHER), 0)
        for (fund, _), cents in ledger.opening.items():
            self.opening[fund] += cents
        self.closing = dict.fromkeys((*FUNDS, OTHER), 0)
        for (fund, _), cents in ledger.closing.items():
            self.closing[fund] += cents
        self.budget = dict.fromkeys(FUNDS, 0)
        for (fund, _), cents in ledger.budget.items():
            self.budget[fund] += cents
        self.appropriated = sum(self.income.values())
        self.received = self.appropriated + sum(self.other.values())
        self.expenditure = sum(self.spent.values())
        self.appropriation_spent = sum(self.spent[fund] for fund in FUNDS)
        self.appropriation_opening = sum(self.opening[fund] for fund in FUNDS)
        self.appropriation_closing = sum(self.closing[fund] for fund in FUNDS)
        self.grand = self.received + ledger.used + sum(self.opening.values())
        economic = ledger.economic
        self.personnel = economic.get("301", 0) + economic.get("303", 0)
        self.public = sum(cents for code, cents in economic.items() if len(code) == 3) - self.personnel
        vehicle = ("vehicle_buy", "vehicle_run")
        self.final = dict(ledger.final) | {"vehicle": sum(ledger.final[one] for one in vehicle)}
        self.planned = dict(ledger.planned) | {"vehicle": sum(ledger.planned[one] for one in vehicle)}
        self.final["total"] = sum(ledger.final[one] for one in THREE_PUBLIC)
        self.planned["total"] = sum(ledger.planned[one] for one in THREE_PUBLIC)


Money = Callable[[int], str]


def _ordinal(number: int) -> str:
    if number <= 10:
        return _ORDINALS[number - 1]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else _ORDINALS[tens - 1]) + "十" + (_ORDINALS[ones - 1] if ones else "")


def _class_lines(year: int) -> list[tuple[str, str, str]]:
    """(code, name, label as printed) of the classes of a year's form."""
    named = [(code, data.name_of(code, year)) for code in data.classes(year)]
    return [(code, name, f"{_ordinal(n)}、{name}") for n, (code, name) in enumerate(named, 1)]


def _summary(year: int, ledger: Ledger, totals: Totals, money: Money) -> Table:
    def left(label: str, cents: int, key: str = "") -> list[Item]:
        return [label, Figure("income:" + (key or label), "income_amount", money(cents), cents)]

    sources = [
        ("上级补助收入", "superior_subsidy"),
        ("事业收入", "business_income"),
        ("经营收入", "operating_income"),
        ("附属单位上缴收入", "affiliate_remittance"),
        ("其他收入", "other_income"),
    ]
    top: list[list[Item]] = []
    if data.since("funds_in_T1", year):
        funds = [fund for fund in FUNDS if fund != "s" or data.since("state_capital", year)]
        lines = [(f"{FUND_NAMES[fund]}收入", totals.income[fund]) for fund in funds]
    else:
        lines = [("财政拨款收入", totals.appropriated)]
    lines += [(name, totals.other[source]) for name, source in sources]
    for number, (name, cents) in enumerate(lines, 1):
        top.append(left(f"{_ordinal(number)}、{name}", cents, name))
        if name == "财政拨款收入":
            word = "政府性基金预算财政拨款"
            top.append(left(f"其中：{word}", totals.income["f"], f"财政拨款收入/{word}"))
    spent: dict[str, int] = {}
    for (_, code), cents in totals.classes.items():
        spent[code] = spent.get(code, 0) + cents
    right: list[list[Item]] = [
        [label, Figure(f"expenditure:{name}", "expenditure_amount", money(spent.get(code, 0)), spent.get(code, 0))]
        for code, name, label in _class_lines(year)
    ]
    used = data.surplus_used_label(year)
    bottom = [
        (left("本年收入合计", totals.received), ("本年支出合计", totals.expenditure)),
        (left(used, ledger.used, used.replace("（", "(").replace("）", ")")), ("结余分配", ledger.distributed)),
        (left("年初结转和结余", sum(totals.opening.values())), ("年末结转和结余", sum(totals.closing.values()))),
        (left("总计", totals.grand), ("总计", totals.grand)),
    ]
    pairs = [(top[n] if n < len(top) else ["", ""], one) for n, one in enumerate(right)]
    pairs += [
        (one, [label, Figure(f"expenditure:{label}", "expenditure_amount", money(cents), cents)])
        for one, (label, cents) in bottom
    ]
    rows = _paired(pairs, 1)
    header = ["收入 支出", "项目 行次 决算数 项目 行次 决算数", "栏次 1 栏次 2"]
    grid = [(0, 0, 1, 3, "收入"), (0, 3, 1, 3, "支出")]
    grid += [(1, n, 1, 1, word) for n, word in enumerate(("项目", "行次", "决算数") * 2)]
    return Table("T1", "", "收入支出决算总表", "本表反映单位本年度的总收支和年末结转结余情况。", header, grid, rows)


def _paired(pairs: list[tuple[list[Item], list[Item]]], first: int) -> list[list[Item]]:
    many = len(pairs)
    rows: list[list[Item]] = []
    for number, (one, two) in enumerate(pairs, first):
        there = two[0] != "" or len(two) == 1
        rows.append([one[0], str(number), *one[1:], two[0], str(number + many) if there else "", *two[1:]])
    return rows


def _tree(year: int, items: dict[str, list[int]], width: int) -> list[tuple[str, str, list[int]]]:
    """Classes, sections and items with their sums, in the order of codes: (code, name, cents by column)."""
    rows: dict[str, list[int]] = {}
    for item, cents in items.items():
        if not any(cents):
            continue
        for code in (item[:3], item[:5], item):
            row = rows.setdefault(code, [0] * width)
            for n, one in enumerate(cents):
                row[n] += one
    return [(code, data.name_of(code, year), rows[code]) for code in sorted(rows)]


def _coded(
    table: Table, year: int, columns: list[str], items: dict[str, list[int]], money: Money, total: bool = True
) -> Table:
    width = len(columns)
    tree = _tree(year, items, width)
    sums = [sum(cents[n] for code, _, cents in tree if len(code) == 3) for n in range(width)]
    texts: dict[int, str] = {0: ZERO}
    for code, name, row in [("合计", "", sums), *tree]:
        figures: list[Item] = [code, name]
        for column, cents in zip(columns, row, strict=True):
            text = texts.get(cents)
            if text is None:
                text = texts[cents] = money(cents)
            figures.append(Figure(code, column, text, cents))
        table.rows.append(figures)
    return table


_CODE_HEAD = "功能分类科目编码 科目名称"


def _grid_of(words: list[str]) -> list[tuple[int, int, int, int, str]]:
    return [(0, 0, 1, 2, "项目"), (1, 0, 1, 1, "功能分类科目编码"), (1, 1, 1, 1, "科目名称")] + [
        (0, n, 2, 1, word) for n, word in enumerate(words, 2)
    ]


def _heading(words: list[str]) -> list[str]:
    return ["项目", " ".join(words), _CODE_HEAD, "栏次 " + " ".join(str(n + 1) for n in range(len(words)))]


def _income(year: int, ledger: Ledger, money: Money) -> Table:
    words = ["本年收入合计", "财政拨款收入", "上级补助收入", "事业收入", "经营收入", "附属单位上缴收入", "其他收入"]
    items: dict[str, list[int]] = {}
    for (_, item), cents in ledger.income.items():
        row = items.setdefault(item, [0] * 7)
        row[0] += cents
        row[1] += cents
    for (source, item), cents in ledger.other.items():
        row = items.setdefault(item, [0] * 7)
        row[0] += cents
        row[2 + SOURCES.index(source)] += cents
    table = Table("T2", "", "收入决算表", "本表反映单位本年度取得的各项收入情况。", _heading(words), _grid_of(words))
    columns = ["income_total", "fiscal_appropriation", *SOURCES]
    return _coded(table, year, columns, items, money)


def _expenditure(year: int, ledger: Ledger, money: Money) -> Table:
    words = ["本年支出合计", "基本支出", "项目支出", "上缴上级支出", "经营支出", "对附属单位补助支出"]
    items: dict[str, list[int]] = {}
    for (_, item, nature), cents in ledger.spent.items():
        row = items.setdefault(item, [0] * 6)
        row[0] += cents
        row[1 + NATURES.index(nature)] += cents
    table = Table("T3", "", "支出决算表", "本表反映单位本年度各项支出情况。", _heading(words), _grid_of(words))
    return _coded(table, year, ["expenditure_total", *NATURES], items, money)


def _appropriation(year: int, totals: Totals, money: Money) -> Table:
    funds = [fund for fund in FUNDS if fund != "s" or data.since("state_capital", year)]
    keys = ["expenditure_total", *(f"expenditure_{FUND_KEYS[fund]}" for fund in funds)]

    def left(label: str, cents: int, key: str) -> list[Item]:
        return [label, Figure(f"income:{key}", "income_amount", money(cents), cents)]

    def right(label: str, name: str, by_fund: dict[str, int]) -> list[Item]:
        amounts = [sum(by_fund.get(fund, 0) for fund in funds), *(by_fund.get(fund, 0) for fund in funds)]
        row = f"expenditure:{name}"
        return [label, *(Figure(row, key, money(cents), cents) for key, cents in zip(keys, amounts, strict=True))]

    top = [
        left(f"{_ordinal(n)}、{FUND_NAMES[fund]}", totals.income[fund], FUND_NAMES[fund])
        for n, fund in enumerate(funds, 1)
    ]
    blank: list[Item] = ["", ""]
    nothing: list[Item] = ["", *[""] * len(keys)]
    classes = [
        right(label, name, {fund: totals.classes.get((fund, code), 0) for fund in funds})
        for code, name, label in _class_lines(year)
    ]
    pairs = [(top[n] if n < len(top) else blank, one) for n, one in enumerate(classes)]
    pairs.append(
        (left("本年收入合计", totals.appropriated, "本年收入合计"), right("本年支出合计", "本年支出合计", totals.spent))
    )
    opening, closing = "年初财政拨款结转和结余", "年末财政拨款结转和结余"
    pairs.append((left(opening, totals.appropriation_opening, opening), right(closing, closing, totals.closing)))
    pairs += [
        (left(f"　{FUND_NAMES[fund]}", totals.opening[fund], f"{opening}/{FUND_NAMES[fund]}"), nothing)
        for fund in funds
    ]
    grand = {fund: totals.spent[fund] + totals.closing[fund] for fund in funds}
    pairs.append(
        (left("总计", totals.appropriated + totals.appropriation_opening, "总计"), right("总计", "总计", grand))
    )
    names = ["合计", *(FUND_NAMES[fund] for fund in funds)]
    header = ["收入 支出", "项目 行次 金额 项目 行次 " + " ".join(names)]
    header.append("栏次 1 栏次 " + " ".join(str(n) for n in range(2, 2 + len(names))))
    grid = [(0, 0, 1, 3, "收入"), (0, 3, 1, 2 + len(names), "支出")]
    grid += [(1, n, 1, 1, word) for n, word in enumerate(["项目", "行次", "金额", "项目", "行次", *names])]
    note = "本表反映单位本年度财政拨款的总收支和年末结转结余情况。"
    return Table("T4", "", "财政拨款收入支出决算总表", note, header, grid, _paired(pairs, 1))


def _general(year: int, ledger: Ledger, money: Money) -> Table:
    words = ["本年支出合计", "基本支出", "项目支出"]
    items: dict[str, list[int]] = {}
    for (fund, item, nature), cents in ledger.spent.items():
        if fund == "g":
            row = items.setdefault(item, [0, 0, 0])
            row[0] += cents
            row[1 if nature == "basic" else 2] += cents
    note = "本表反映单位本年度一般公共预算财政拨款实际支出情况。"
    table = Table("T5", "", "一般公共预算财政拨款支出决算表", note, _heading(words), _grid_of(words))
    return _coded(table, year, ["expenditure_total", "basic", "project"], items, money)


def _economic(year: int, ledger: Ledger, money: Money) -> Table:
    def lines(side: str) -> list[list[Item]]:
        out: list[list[Item]] = []
        for code, name, *_ in data.economic(year, side):
            cents = ledger.economic.get(code, 0)
            out.append([code, name, Figure(code, "amount", money(cents) if cents else ZERO, cents)])
        return out

    one, two = lines("personnel"), lines("public")
    blank: list[Item] = ["", "", ""]
    many = max(len(one), len(two))
    rows = [(one[n] if n < len(one) else blank) + (two[n] if n < len(two) else blank) for n in range(many)]
    totals = Totals(ledger)
    last: list[Item] = []
    for label, cents in (("人员经费合计", totals.personnel), ("公用经费合计", totals.public)):
        last += [label, "", Figure(label, "amount", money(cents), cents)]
    rows.append(last)
    words = ["经济分类科目编码", "科目名称", "金额"] * 2
    header = ["人员经费 公用经费", " ".join(words)]
    grid = [(0, 0, 1, 3, "人员经费"), (0, 3, 1, 3, "公用经费")] + [(1, n, 1, 1, word) for n, word in enumerate(words)]
    note = "本表反映单位本年度一般公共预算财政拨款基本支出明细情况。"
    return Table("T6", "", "一般公共预算财政拨款基本支出决算表", note, header, grid, rows)


def _fund(year: int, ledger: Ledger, money: Money) -> Table:
    items: dict[str, list[int]] = {}

    def put(fund: str, item: str, cents: int, *columns: int) -> None:
        if fund == "f":
            row = items.setdefault(item, [0] * 6)
            for column in columns:
                row[column] += cents

    for (fund, item), cents in ledger.opening.items():
        put(fund, item, cents, 0)
    for (fund, item), cents in ledger.income.items():
        put(fund, item, cents, 1)
    for (fund, item, nature), cents in ledger.spent.items():
        put(fund, item, cents, 2, 3 if nature == "basic" else 4)
    for (fund, item), cents in ledger.closing.items():
        put(fund, item, cents, 5)
    header = [
        "项目",
        "年初结转和结余 本年收入",
        "本年支出",
        "年末结转和结余",
        "功能分类科目编码",
        "科目名称 小计 基本支出 项目支出",
        "栏次 1 2 3 4 5 6",
    ]
    grid = [
        (0, 0, 1, 2, "项目"),
        (1, 0, 1, 1, "功能分类科目编码"),
        (1, 1, 1, 1, "科目名称"),
        (0, 2, 2, 1, "年初结转和结余"),
        (0, 3, 2, 1, "本年收入"),
        (0, 4, 1, 3, "本年支出"),
        (1, 4, 1, 1, "小计"),
        (1, 5, 1, 1, "基本支出"),
        (1, 6, 1, 1, "项目支出"),
        (0, 7, 2, 1, "年末结转和结余"),
    ]
    note = "本表反映单位本年度政府性基金预算财政拨款收入、支出及结转和结余情况。"
    if not any(any(row) for row in items.values()):
        note += "本表本年度无发生额。"
    table = Table("TF", "", "政府性基金预算财政拨款收入支出决算表", note, header, grid)
    columns = ["opening", "income", "expenditure_total", "basic", "project", "closing"]
    return _coded(table, year, columns, items, money)


def _capital(year: int, ledger: Ledger, money: Money) -> Table:
    items: dict[str, list[int]] = {}
    for (fund, item, nature), cents in ledger.spent.items():
        if fund == "s":
            row = items.setdefault(item, [0, 0, 0])
            row[0] += cents
            row[1 if nature == "basic" else 2] += cents
    words = ["小计", "基本支出", "项目支出"]
    note = "本表反映单位本年度国有资本经营预算财政拨款支出情况。" + ("" if items else "本表本年度无发生额。")
    header = ["项目 本年支出", "功能分类科目编码 科目名称 小计 基本支出 项目支出", "栏次 1 2 3"]
    grid = [(0, 0, 1, 2, "项目"), (1, 0, 1, 1, "功能分类科目编码"), (1, 1, 1, 1, "科目名称"), (0, 2, 1, 3, "本年支出")]
    grid += [(1, n, 1, 1, word) for n, word in enumerate(words, 2)]
    table = Table("TG", "", "国有资本经营预算财政拨款支出决算表", note, header, grid)
    return _coded(table, year, ["expenditure_total", "basic", "project"], items, money)


def _three_public(year: int, ledger: Ledger, money: Money) -> Table:
    totals = Totals(ledger)
    order = ("total", "abroad", "vehicle", "vehicle_buy", "vehicle_run", "reception")
    row: list[Item] = []
    for stage, amounts in (("budget", totals.planned), ("final", totals.final)):
        row += [Figure("合计", f"{item}_{stage}", money(amounts[item]), amounts[item]) for item in order]
    whole = "合计 因公出国（境）费 公务用车购置及运行维护费 公务接待费"
    header = [
        "预算数 决算数",
        f"{whole} {whole}",
        "小计 公务用车购置费 公务用车运行维护费 小计 公务用车购置费 公务用车运行维护费",
    ]
    header.append(" ".join(str(n) for n in range(1, 13)))
    grid = []
    for left, stage in ((0, "预算数"), (6, "决算数")):
        grid += [
            (0, left, 1, 6, stage),
            (1, left, 2, 1, "合计"),
            (1, left + 1, 2, 1, "因公出国（境）费"),
            (1, left + 2, 1, 3, "公务用车购置及运行维护费"),
            (2, left + 2, 1, 1, "小计"),
            (2, left + 3, 1, 1, "公务用车购置费"),
            (2, left + 4, 1, 1, "公务用车运行维护费"),
            (1, left + 5, 2, 1, "公务接待费"),
        ]
    all_funds = data.since("three_public_all_funds", year)
    stage = "全年预算数" if data.since("adjusted_budget", year) else "年初预算数"
    title = ("财政拨款" if all_funds else "一般公共预算财政拨款") + "“三公”经费支出决算表"
    note = f"本表反映单位本年度“三公”经费支出预决算情况。其中，预算数为“三公”经费{stage}。"
    return Table("TS", "", title, note, header, grid, [row])
