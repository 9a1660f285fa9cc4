"""Misprints, planted one to a report, each with the checks that should find it.

Belongs here: the kinds of misprint, where each can stand, and what it may raise elsewhere. Does not belong here:
judging what was found (``scoring``).

``checks`` must find it; ``spread`` may say something of it as well, in the same report or in one that is compared
with it. A kind whose ``checks`` are empty is one that no check of ours covers.
"""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from juesuan.demo import data
from juesuan.demo.ledger import Ledger
from juesuan.demo.narrative import Said, Section, Text, percent
from juesuan.demo.report import Figure, Report, Table, tables_of, wan, yuan


@dataclass(frozen=True, slots=True)
class Planted:
    """One misprinted figure or word. ``error`` numbers the misprint: one that shifts a row prints several wrong."""

    error: str
    report_id: str
    document: str
    kind: str
    table: str
    row: str
    column: str
    printed: str
    true: str
    checks: tuple[str, ...]
    spread: tuple[str, ...] = ()


@dataclass
class Issue:
    """A report as it goes out: its front matter and text, its misprinted title, what was planted in it."""

    report: Report
    front: list[Section] = field(default_factory=list)
    notes: list[Section] = field(default_factory=list)
    part_year: int | None = None
    money_of: dict[str, str] = field(default_factory=dict)
    planted: list[Planted] = field(default_factory=list)
    neighbours: tuple[str, ...] = ()
    has_prior: bool = False
    is_summed: bool = False

    def build(self) -> None:
        """Make its tables and its text from its ledger."""
        self.report.tables = tables_of(self.report)
        text = Text(self.report)
        self.front, self.notes = text.front(), text.sections()


Plant = Callable[[Issue, random.Random], bool]


def plant(issue: Issue, rng: random.Random) -> None:
    """Plant one misprint of a kind that can stand in this report."""
    kinds = list(KINDS)
    rng.shuffle(kinds)
    for kind in kinds:
        if KINDS[kind](issue, rng):
            return


def _entry(
    issue: Issue,
    kind: str,
    where: tuple[str, str, str],
    printed: str,
    true: str,
    checks: tuple[str, ...],
    spread: tuple[str, ...] = (),
) -> None:
    report = issue.report
    issue.planted.append(
        Planted(
            f"{report.report_id}/{kind}", report.report_id, report.stem, kind, *where, printed, true, checks, spread
        )
    )


#: What a wrong figure of a table may raise besides the check that must find it.
_TABLE_SPREAD = (
    "W-X-03",
    "W-X-10",
    "W-X-13",
    "W-N-01",
    "W-N-02",
    "W-N-09",
    "W-N-16",
    "W-N-20",
    "W-HIER-01",
    "W-K-01",
    "W-K-02",
)


def _items(table: Table) -> list[list[Figure]]:
    rows = [[one for one in row if isinstance(one, Figure)] for row in table.rows]
    return [row for row in rows if row and len(row[0].row) == 7]


def _long(figure: Figure) -> bool:
    """Whether it has at least three digits before the point, so that a lost one is no rounding."""
    return len(figure.text.replace(",", "").partition(".")[0]) >= 3


def _change(
    issue: Issue, kind: str, table: str, figure: Figure, printed: str, checks: tuple[str, ...], spread: tuple[str, ...]
) -> bool:
    if printed == figure.text:
        return False
    true, figure.text = figure.text, printed
    _entry(issue, kind, (table, figure.row, figure.column), printed, true, checks, spread)
    return True


def _grouped(digits: str, part: str) -> str:
    return f"{int(digits):,}.{part}"


def _lost_digit(issue: Issue, rng: random.Random) -> bool:
    table = issue.report.table("T3")
    assert table is not None
    fitting = [one for row in _items(table) for one in row if one.column == "project" and _long(one)]
    if not fitting:
        return False
    figure = rng.choice(fitting)
    whole, _, part = figure.text.replace(",", "").partition(".")
    at = rng.randrange(1, len(whole))
    return _change(
        issue,
        "lost_digit",
        "T3",
        figure,
        _grouped(whole[:at] + whole[at + 1 :], part),
        ("W-T3-01", "W-HIER-01"),
        _TABLE_SPREAD,
    )


def _transposed(issue: Issue, rng: random.Random) -> bool:
    table = issue.report.table("T2")
    assert table is not None
    for row in rng.sample(_items(table), len(_items(table))):
        figure = row[1]
        whole, _, part = figure.text.replace(",", "").partition(".")
        if _long(figure) and whole[0] != whole[1] and whole[1] != "0":
            swapped = whole[1] + whole[0] + whole[2:]
            return _change(
                issue,
                "transposed_digits",
                "T2",
                figure,
                _grouped(swapped, part),
                ("W-T2-01", "W-HIER-01"),
                _TABLE_SPREAD,
            )
    return False


def _shifted(issue: Issue, rng: random.Random) -> bool:
    table = issue.report.table("T5")
    assert table is not None
    rows = _items(table)
    pairs = [(a, b) for a, b in itertools.pairwise(rows) if a[0].row[:5] != b[0].row[:5] and _long(a[0]) != _long(b[0])]
    if not pairs:
        return False
    one, two = rng.choice(pairs)
    for a, b in zip(one, two, strict=True):
        texts = a.text, b.text
        for figure, printed in ((a, texts[1]), (b, texts[0])):
            _change(issue, "shifted_row", "T5", figure, printed, ("W-HIER-01",), (*_TABLE_SPREAD, "W-X-06"))
    return True


def _wrong_total(issue: Issue, rng: random.Random) -> bool:
    table = issue.report.table("T1")
    assert table is not None
    figure = table.find("expenditure:本年支出合计", "expenditure_amount")
    if figure is None or not _long(figure):
        return False
    first = str(int(figure.text[0]) % 9 + 1)
    checks = ("W-T1-02", "W-T1-04", "W-X-03")
    spread = (*_TABLE_SPREAD, "W-X-11", "W-N-01", "W-Y-03")
    return _change(issue, "wrong_total", "T1", figure, first + figure.text[1:], checks, spread)


def _table_unit(issue: Issue, rng: random.Random) -> bool:
    if issue.report.in_yuan:
        return False
    issue.money_of["T1"] = "元"
    spread: tuple[str, ...] = (
        "W-X-01",
        "W-X-02",
        "W-X-02b",
        "W-X-03",
        "W-X-04",
        "W-X-04b",
        "W-X-11",
        "W-X-15",
        "W-N-01",
        "W-N-02",
        "W-D-03",
    )
    spread += ("W-Y-01", "W-Y-02", "W-Y-03", "W-K-01", "W-K-02", "W-X-13")
    _entry(issue, "unit_of_money", ("T1", "", ""), "元", "万元", ("W-N-16",), spread)
    return True


def _said(issue: Issue, wanted: Callable[[Said], bool]) -> list[tuple[list[str | Said], int]]:
    found = []
    for section in issue.notes:
        for paragraph in section.paragraphs:
            found += [(paragraph, n) for n, one in enumerate(paragraph) if isinstance(one, Said) and wanted(one)]
    return found


def _in_text(
    issue: Issue, kind: str, said: Said, printed: str, checks: tuple[str, ...], spread: tuple[str, ...] = ()
) -> bool:
    if printed == said.text:
        return False
    true, said.text = said.text, printed
    _entry(issue, kind, ("narrative", said.topic, said.measure), printed, true, checks, spread)
    return True


def _text_unit(issue: Issue, rng: random.Random) -> bool:
    found = _said(issue, lambda one: one.topic == "expenditure.basic" and one.measure == "amount" and bool(one.cents))
    if not found:
        return False
    paragraph, at = found[0]
    paragraph[at + 1] = "亿元"
    said = paragraph[at]
    assert isinstance(said, Said)
    _entry(
        issue,
        "unit_in_text",
        ("narrative", said.topic, "amount"),
        said.text + "亿元",
        said.text + "万元",
        ("W-N-01",),
        ("W-N-02", "W-N-03", "W-N-11", "W-N-14", "W-N-16", "W-Y-03"),
    )
    return True


def _other_name(issue: Issue, rng: random.Random) -> bool:
    others = [one for one in issue.neighbours if one not in issue.report.name and issue.report.name not in one]
    if not others:
        return False
    other = rng.choice(others)
    own = issue.report.printed_name
    for section in issue.notes:
        for paragraph in section.paragraphs:
            if isinstance(paragraph[0], str) and paragraph[0].startswith(f"{own}{issue.report.year}年度总支出"):
                paragraph[0] = paragraph[0].replace(own, other, 1)
                _entry(issue, "other_units_name", ("narrative", "unit_name", ""), other, own, ("W-D-04",))
                return True
    return False


def _wrong_year(issue: Issue, rng: random.Random) -> bool:
    year = issue.report.year
    issue.part_year = year - 1
    _entry(issue, "wrong_year", ("title", "fiscal_year", ""), str(year - 1), str(year), ("W-D-07",))
    return True


def _text_differs(issue: Issue, rng: random.Random) -> bool:
    found = _said(
        issue,
        lambda one: (
            one.topic.startswith("general_public_budget.item.") and one.measure == "amount" and len(one.text) >= 6
        ),
    )
    if not found:
        return False
    paragraph, at = rng.choice(found)
    said = paragraph[at]
    assert isinstance(said, Said)
    printed = str(int(said.text[0]) % 9 + 1) + said.text[1:]
    return _in_text(
        issue, "text_differs", said, printed, ("W-N-01",), ("W-N-02", "W-N-04", "W-N-10", "W-N-13", "W-N-17")
    )


def _prior_in_text(issue: Issue, rng: random.Random) -> bool:
    report = issue.report
    found = _said(
        issue, lambda one: one.topic == "expenditure.project" and one.measure in ("change_amount", "change_pct")
    )
    if len(found) != 2 or report.prior is None or not issue.has_prior:
        return False
    (paragraph, at), (_, rate) = found
    one, two = paragraph[at], paragraph[rate]
    assert isinstance(one, Said) and isinstance(two, Said) and one.cents is not None
    now = sum(cents for (_, _, nature), cents in report.ledger.spent.items() if nature == "project")
    before = now - one.cents
    more = abs(one.cents) + before // 5
    false = now - more if one.cents > 0 else now + more
    if false <= 0 or before < 10_000_000:
        return False
    _in_text(issue, "prior_in_text", one, wan(more), ("W-Y-03",), ("W-N-14",))
    return _in_text(issue, "prior_in_text", two, percent(more, false), ("W-Y-03",), ("W-N-14",))


def _share(issue: Issue, rng: random.Random) -> bool:
    found = _said(
        issue,
        lambda one: (
            one.topic in ("three_public.reception", "three_public.vehicle")
            and one.measure == "share_pct"
            and len(one.text) == 5
        ),
    )
    if not found:
        return False
    paragraph, at = found[0]
    said = paragraph[at]
    assert isinstance(said, Said)
    return _in_text(
        issue, "wrong_share", said, str(int(said.text[0]) % 9 + 1) + said.text[1:], ("W-N-02",), ("W-N-11",)
    )


def _ledger(issue: Issue) -> Ledger:
    return copy.deepcopy(issue.report.ledger)


def _opening(issue: Issue, rng: random.Random) -> bool:
    """Opening and closing of a fund are wrong by the same amount, everywhere in the report."""
    report = issue.report
    items = [item for (fund, item), cents in report.ledger.closing.items() if fund == "g" and cents]
    if not items or not issue.has_prior or report.scope == "department" or issue.is_summed:
        return False
    item, more = rng.choice(sorted(items)), 1_000_000 * rng.randint(20, 90)
    report.ledger = _ledger(issue)
    report.ledger.opening["g", item] = report.ledger.opening.get(("g", item), 0) + more
    report.ledger.closing["g", item] += more
    true = report.table("T1")
    assert true is not None
    before = true.find("income:年初结转和结余", "income_amount")
    issue.build()
    after = issue.report.tables[0].find("income:年初结转和结余", "income_amount")
    assert before is not None and after is not None
    _entry(
        issue,
        "opening_not_closing",
        ("T1", after.row, after.column),
        after.text,
        before.text,
        ("W-Y-01", "W-Y-02"),
        ("W-K-01", "W-K-02"),
    )
    return True


def _not_sum(issue: Issue, rng: random.Random) -> bool:
    """A department's own figures agree with each other, and not with those of its bodies."""
    report = issue.report
    if report.scope != "department" or not issue.is_summed:
        return False
    items = sorted(item for fund, item, nature in report.ledger.spent if fund == "g" and nature == "project")
    item, more = rng.choice(items), 1_000_000 * rng.randint(30, 200)
    report.ledger = _ledger(issue)
    report.ledger.income["g", item] = report.ledger.income.get(("g", item), 0) + more
    report.ledger.spent["g", item, "project"] += more
    money = yuan if report.in_yuan else wan
    before = report.tables[0].find("expenditure:本年支出合计", "expenditure_amount")
    issue.build()
    after = report.tables[0].find("expenditure:本年支出合计", "expenditure_amount")
    assert before is not None and after is not None and before.cents is not None
    checks = ("W-K-01", "W-K-02")
    _entry(
        issue,
        "department_not_sum",
        ("T1", after.row, after.column),
        after.text,
        money(before.cents),
        checks,
        ("W-Y-03",),
    )
    return True


def _people(issue: Issue, rng: random.Random) -> bool:
    ((paragraph, at),) = _said(issue, lambda one: one.topic == "staff.actual")
    said = paragraph[at]
    assert isinstance(said, Said)
    return _in_text(issue, "people", said, said.text + str(rng.randint(0, 9)), ())


def _score(issue: Issue, rng: random.Random) -> bool:
    found = _said(issue, lambda one: one.measure == "score")
    paragraph, at = found[0]
    said = paragraph[at]
    assert isinstance(said, Said)
    return _in_text(issue, "score", said, said.text[1] + said.text[0] + said.text[2:], ())


def _consistently(issue: Issue, rng: random.Random) -> bool:
    """The goods bought are wrong, and every sum and share made of them with them: nothing in a report tells."""
    report = issue.report
    if not report.ledger.goods:
        return False
    true = report.ledger.goods
    report.ledger = _ledger(issue)
    report.ledger.goods = true * 11
    issue.build()
    _entry(issue, "consistently_wrong", ("narrative", "procurement.goods", "amount"), wan(true * 11), wan(true), ())
    return True


KINDS: dict[str, Plant] = {
    "lost_digit": _lost_digit,
    "transposed_digits": _transposed,
    "shifted_row": _shifted,
    "wrong_total": _wrong_total,
    "unit_of_money": _table_unit,
    "unit_in_text": _text_unit,
    "other_units_name": _other_name,
    "wrong_year": _wrong_year,
    "text_differs": _text_differs,
    "prior_in_text": _prior_in_text,
    "wrong_share": _share,
    "opening_not_closing": _opening,
    "department_not_sum": _not_sum,
    "people": _people,
    "score": _score,
    "consistently_wrong": _consistently,
}


def mark() -> str:
    """The line that says in every document that it is synthetic."""
    return str(data.region()["mark"])
