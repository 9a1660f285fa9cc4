"""Evaluators of the checks of the text: against the tables, and against itself.

Belongs here: how each kind of narrative identity of ``forms/checks.yml`` is worked out over statements and passages.
Does not belong here: the identities (data), reading the text (``narrative``), checks between cells (``check_tables``).

A percentage is judged by interval: the amounts that print as they do allow a range, the printed percentage (at the
finest precision of its group) stands for another, and they have to meet. A change may have been computed from two
printed amounts, so it counts as two rounded figures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

from juesuan.final_accounts.check_tables import TOTAL, Side, gather
from juesuan.final_accounts.check_terms import (
    HUNDRED,
    ZERO,
    Book,
    Figure,
    Interval,
    Verdict,
    around,
    compare,
    figure_text,
    judge_pct,
    kept,
    quotient,
)
from juesuan.final_accounts.model import YUAN_PER, CheckState, Statement
from juesuan.final_accounts.numbers import half_unit
from juesuan.final_accounts.text import bare, label

Spec = Mapping[str, Any]
STAGES = ("initial_budget", "adjusted_budget", "budget")


def _could_not(spec: Spec, place: str, why: str) -> Verdict:
    return Verdict(spec["id"], place, "could_not_run", spec["severity"], message=why)


def _not_applicable(spec: Spec, place: str, why: str) -> Verdict:
    return Verdict(spec["id"], place, "not_applicable", spec["severity"], message=why)


@lru_cache(maxsize=4096)
def _like(topic: str, patterns: tuple[str, ...]) -> str | None:
    """The first pattern that the topic answers to: itself, or ``income.*``."""
    return next((p for p in patterns if p == topic or (p.endswith("*") and topic.startswith(p[:-1]))), None)


def _left_out(spec: Spec, topic: str) -> bool:
    return _like(topic, tuple(spec.get("but", ()))) is not None


def home_of(book: Book, homes: Mapping[str, Any], topic: str, measure: str) -> Side | None:
    """Where the tables hold the figure of a topic; None where no table does."""
    key = f"{topic}/{measure}"
    entry = homes.get(key)
    if entry is None:
        head, _, code = topic.rpartition(".")
        entry = homes.get(f"{head}.*/{measure}") if code.isdigit() else None
        return gather(book, entry, {"code": code}) if entry else None
    return gather(book, entry, {})


def beside(
    book: Book,
    statement: Statement,
    topic: str,
    measures: Sequence[str],
    *,
    any_base: bool = True,
    same_sentence: bool = False,
) -> Statement | None:
    """The printed figure of ``topic`` that goes with ``statement``: of its subject, in its sentence.

    Failing that, the one of its section. Where sentence or section tells several values it is not known which: None.
    """
    for measure in measures:
        if (topic, measure, statement.section) in book.muddled:
            continue
        near: list[Statement] = []
        wide: list[Statement] = []
        for other in book.said.get((topic, measure), ()):
            if other is statement or other.value is None or other.section != statement.section:
                continue
            if other.subject != statement.subject or not (any_base or other.base == statement.base):
                continue
            (near if other.quote == statement.quote else wide).append(other)
        for found in (near, [] if same_sentence else wide):
            if found:
                if len({(o.value, o.unit) for o in found}) == 1:
                    return found[0]
                break
    return None


def _all(book: Book, measure: str) -> list[Statement]:
    return [s for (_, m), said in book.said.items() if m == measure for s in said]


# --- text against tables ----------------------------------------------------------------------------------------------


def homes(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: homes``: the figure in the text is the figure in the table (W-N-01, and W-N-12 for basic expenditure)."""
    for statement in book.extraction.statements:
        if statement.value is None or statement.unit not in YUAN_PER:
            continue
        side = home_of(book, spec["homes"], statement.topic, statement.measure)
        if side is not None:
            yield _at_home(book, spec, statement, side)
        elif statement.measure in spec["budgets"]["measures"]:
            term = spec["budgets"]["homes"].get(statement.topic)
            if term:
                yield _budget_at_home(book, spec, statement, term)


def _at_home(book: Book, spec: Spec, statement: Statement, side: Side) -> Verdict:
    check = {**spec, "id": spec["ids"].get(statement.topic, spec["id"])}
    place = statement.address
    if side.missing:
        return _could_not(check, place, side.missing)
    if not side.signed:
        if not statement.value:
            return _not_applicable(check, place, "表内无此行，正文为 0")
        return _could_not(check, place, f"{side.place} 表内无此行")
    names = ("正文", f"表内 {side.place}")
    verdict = compare(
        check["id"],
        check["severity"],
        place,
        [(1, book.money(statement))],
        side.signed,
        names=names,
        single=True,
    )
    if verdict.state == "fail" and (hint := _wan(verdict.expected or ZERO, verdict.actual or ZERO)):
        verdict.message = f"{verdict.message}；{hint}"
    return verdict


def _budget_at_home(book: Book, spec: Spec, statement: Statement, term: str) -> Verdict:
    side = gather(book, [term], {})
    verdict = _at_home(book, spec, statement, side)
    if verdict.state != "fail":
        return verdict
    stages = {stage: re.compile(words) for stage, words in spec["budgets"]["stages"].items()}
    entry = book.states.get("TS")
    printed = " ".join(entry.notes) if entry else ""
    printed += " ".join(w for c in book.extraction.cells if c.table_key == "TS" for w in c.header_path)
    table_stage = next((s for s, words in stages.items() if words.search(bare(printed))), None)
    if table_stage is None or statement.measure != table_stage:
        verdict.state = "could_not_run"
        verdict.message = f"{verdict.message}；预算口径（年初、全年）不同或不明，不作比较"
    return verdict


def agency_operating_expenses(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: agency_operating_expenses``: equals the public funds of T6 for an administrative body of its own."""
    for statement in book.said.get((spec["topic"], "amount"), ()):
        if statement.value is None:
            continue
        place = statement.address
        side = gather(book, [spec["term"]], {})
        if side.missing or not side.signed:
            yield _could_not(spec, place, side.missing or "T6 无公用经费合计")
            continue
        names = ("机关运行经费", "T6公用经费合计")
        left = [(1, book.money(statement))]
        verdict = compare(spec["id"], spec["severity"], place, left, side.signed, names=names, single=True)
        if verdict.state != "fail":
            yield verdict
            continue
        report = book.report
        covered = [u for u in report.units if u.covered]
        alone = report.scope == "own_level" or (report.scope == "unit" and len(covered) <= 1)
        administrative = bool(report.unit_name and re.search(spec["administrative"], bare(report.unit_name)))
        if alone and administrative:
            yield verdict
        elif report.scope == "department":
            again = compare(
                spec["id"], spec["severity"], place, left, side.signed, relation="le", names=names, single=True
            )
            if again.state == "pass":
                again.message = "小于T6公用经费合计；所属事业单位的公用经费不计入"
            yield again
        else:
            yield _could_not(spec, place, f"{verdict.message}；单位性质不明，不作判断")


def project_share(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: project_share``: the amount self-evaluated as a share of the projects that its sentence names."""
    for statement in _all(book, "share_pct"):
        term = spec["homes"].get(statement.base or statement.topic)
        if statement.value is None or term is None or not statement.topic.startswith(spec["prefix"]):
            continue
        amount = beside(book, statement, statement.topic, ["amount"], same_sentence=True)
        if amount is None:
            yield _could_not(spec, statement.address, "未述金额")
            continue
        side = gather(book, [term], {})
        printed = [f for _, f in side.signed if f.value is not None]
        if side.missing or not printed:
            yield _could_not(spec, statement.address, side.missing or f"{side.place} 空白或无此行")
        else:
            yield _ratio(book, spec, statement, book.money(amount), printed[0])


# --- percentages --------------------------------------------------------------------------------------------------


def _pct_figure(book: Book, statement: Statement) -> Figure:
    precision = book.pct_precision(statement)
    told = book.order[id(statement)]
    return Figure(statement.address, statement.value, precision, 1, statement.page, statement.line, told)


def _ratio(book: Book, spec: Spec, statement: Statement, numerator: Figure, denominator: Figure) -> Verdict:
    """A printed percentage against numerator / denominator."""
    assert numerator.value is not None and denominator.value is not None and statement.value is not None
    verdict = Verdict(
        spec["id"],
        statement.address,
        "pass",
        spec["severity"],
        [(1, _pct_figure(book, statement))],
        [(1, numerator), (1, denominator)],
    )
    bounds = quotient(around(numerator), around(denominator))
    if bounds is None:
        verdict.state, verdict.message = "not_applicable", "分母为 0"
        return verdict
    point = numerator.value * numerator.factor / (denominator.value * denominator.factor)
    shown = f"{figure_text(numerator.value)} / {figure_text(denominator.value)}"
    verdict = _judged(verdict, statement, point, bounds, shown, book.pct_precision(statement))
    top, bottom = numerator.value * numerator.factor, denominator.value * denominator.factor
    share = statement.value / HUNDRED
    verdict.mends = _mends(verdict, share * bottom - top, (numerator, bottom))
    if share:
        verdict.mends[denominator.key] = _mend(verdict, top / share - bottom, top / (share * share))
    return verdict


def _mend(verdict: Verdict, shift: Decimal, slope: Decimal) -> tuple[Decimal, Decimal]:
    """What mends a percentage by way of one amount, ``slope`` yuan of which move it by 100 points."""
    return shift, abs(slope) * (verdict.tolerance or ZERO) / HUNDRED


def _mends(
    verdict: Verdict, shift: Decimal, amount: tuple[Figure, Decimal]
) -> dict[tuple[str, int], tuple[Decimal, Decimal]]:
    figure, slope = amount
    pct = verdict.left[0][1].key
    return {
        pct: (-(verdict.difference or ZERO), verdict.tolerance or ZERO),
        figure.key: _mend(verdict, shift, slope),
    }


def _judged(
    verdict: Verdict, statement: Statement, point: Decimal, bounds: Interval, shown: str, precision: int
) -> Verdict:
    assert statement.value is not None
    point, low, high = (x * HUNDRED for x in (point, *bounds))
    verdict.state, why = judge_pct(point, (low, high), statement.value, precision)
    verdict.actual = statement.value
    verdict.expected = kept(point)
    verdict.difference = kept(statement.value - point)
    verdict.tolerance = kept(max(high - point, point - low) + half_unit(precision))
    if verdict.state != "pass":
        if verdict.state == "fail":
            why = _wan(point, statement.value)
        verdict.message = f"印作 {figure_text(statement.value)}%，按 {shown} 应为 {point:.{precision + 1}f}%" + (
            f"，{why}" if why else ""
        )
    return verdict


def _wan(one: Decimal, other: Decimal) -> str | None:
    """A hint where two figures differ by a lost or doubled 万."""
    if not one or not other:
        return None
    ratio = abs(one / other)
    near = any(Decimal("9000") <= r <= Decimal("11000") for r in (ratio, 1 / ratio))
    return "相差约一万倍，疑单位“元”“万元”“亿元”误写" if near else None


def shares(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: shares``: a share is numerator over the denominator that its sentence (or the data) names."""
    defaults = tuple(spec["bases"])
    for statement in _all(book, spec["measure"]):
        if statement.value is None or _left_out(spec, statement.topic):
            continue
        place = statement.address
        pattern = _like(statement.topic, defaults)
        base = statement.base or (spec["bases"][pattern] if pattern else None)
        if base is None:
            yield _could_not(spec, place, "分母不明")
            continue
        numerator = _amount(book, spec, statement, statement.topic)
        denominator = _amount(book, spec, statement, base)
        if numerator is None or denominator is None:
            yield _could_not(spec, place, f"未见{'金额' if numerator is None else '分母'}")
        else:
            yield _ratio(book, spec, statement, numerator, denominator)


def _amount(book: Book, spec: Spec, statement: Statement, topic: str) -> Figure | None:
    """The amount of a topic: told beside the statement, else printed in its table, else told alike wherever it is."""
    told = beside(book, statement, topic, spec["amounts"])
    if told is not None and told.unit in YUAN_PER:
        return book.money(told)
    extra = spec.get("extra_homes", {}).get(topic)
    side = gather(book, extra, {}) if extra else home_of(book, spec["homes"], topic, "amount")
    figures = [f for _, f in side.signed if f.value is not None] if side is not None else []
    if len(figures) == 1:
        return figures[0]
    said = [
        s
        for measure in spec["amounts"]
        for s in book.said.get((topic, measure), ())
        if s.value is not None and s.unit in YUAN_PER and s.subject == statement.subject
    ]
    return book.money(said[0]) if said and len({(s.value, s.unit) for s in said}) == 1 else None


def changes(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: changes``: direction, amount and percentage of a change agree; a base of zero has no percentage."""
    for pair in spec["pairs"]:
        for statement in _all(book, pair["pct"]):
            if not _left_out(spec, statement.topic):
                verdict = _change(book, spec, pair, statement)
                if verdict is not None:
                    yield verdict


def _change(book: Book, spec: Spec, pair: Spec, statement: Statement) -> Verdict | None:
    place = statement.address
    change = beside(book, statement, statement.topic, [pair["change"]], any_base=False)
    amount = beside(book, statement, statement.topic, spec["amounts"])
    if change is None or amount is None or change.value is None or amount.value is None:
        if statement.value is None:
            return None
        return _could_not(spec, place, f"未述{'增减额' if change is None else '金额'}，无从核对百分比")
    moved, whole = book.money(change), book.money(amount)
    assert moved.value is not None and whole.value is not None
    verdict = Verdict(
        spec["id"], place, "pass", spec["severity"], [(1, _pct_figure(book, statement))], [(1, moved), (1, whole)]
    )
    low_change, high_change = _change_bounds(moved)
    low, high = around(whole)
    prior = whole.value * whole.factor - moved.value * moved.factor
    bottom = (low - high_change, high - low_change)
    if statement.value is None:
        if statement.null_reason == "base_is_zero" and not bottom[0] <= 0 <= bottom[1]:
            verdict.state = "fail"
            verdict.message = f"称基数为 0，而按金额与增减额推得基数 {figure_text(prior / whole.factor)}"
        return verdict
    if prior == 0:
        # A base that prints as zero may be a few yuan; then the percentage is at least so large.
        least = ZERO if low_change <= 0 <= high_change else min(abs(low_change), abs(high_change))
        if abs(statement.value) >= least * HUNDRED / max(abs(bottom[0]), abs(bottom[1])):
            return _not_applicable(spec, place, "基数印为 0，百分比无从核对")
        verdict.state, verdict.message = "fail", f"基数为 0，不应有百分比 {figure_text(statement.value)}%"
        return verdict
    if statement.value * moved.value < 0:
        verdict.state = "fail"
        verdict.message = f"方向不一：增减额 {figure_text(moved.value)}，百分比 {figure_text(statement.value)}%"
        return verdict
    if bottom[0] <= 0 <= bottom[1]:
        return _not_applicable(spec, place, "基数过小，百分比无从核对")
    # change / (amount - change) rises with change and falls with amount (for a positive base).
    corners = [c / (a - c) for c in (low_change, high_change) for a in (low, high) if a != c]
    point = moved.value * moved.factor / prior
    shown = f"{figure_text(moved.value)} / （{figure_text(whole.value)} - {figure_text(moved.value)}）"
    bounds = min(corners), max(corners)
    verdict = _judged(verdict, statement, point, bounds, shown, book.pct_precision(statement))
    # rate = change / (amount - change), so change = rate * amount / (1 + rate) and amount = change * (1 + rate) / rate.
    rate, part, total = statement.value / HUNDRED, moved.value * moved.factor, whole.value * whole.factor
    if rate not in (ZERO, -1):
        verdict.mends = _mends(verdict, rate * total / (1 + rate) - part, (moved, total / (1 + rate) ** 2))
        verdict.mends[whole.key] = _mend(verdict, part * (1 + rate) / rate - total, part / (rate * rate))
    return verdict


def _change_bounds(change: Figure) -> Interval:
    assert change.value is not None
    half = half_unit(change.precision) * 2
    return (change.value - half) * change.factor, (change.value + half) * change.factor


def completion(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: completion``: final over budget (W-N-04); where two budgets are told, over which of them (W-N-17)."""
    for statement in _all(book, spec["measure"]):
        if statement.value is None or _left_out(spec, statement.topic):
            continue
        place = statement.address
        amount = beside(book, statement, statement.topic, spec["amounts"])
        if amount is None:
            yield _could_not(spec, place, "未述决算数")
            continue
        budgets = _budgets(book, spec, statement)
        if not budgets:
            yield _could_not(spec, place, "未述预算数")
            continue
        tried = [_completed(book, spec, statement, book.money(amount), budget) for budget in budgets.values()]
        if len({(budget.value, budget.factor) for budget in budgets.values()}) == 1:
            yield tried[0]
            continue
        good = next((v for v in tried if v.state in ("pass", "within_rounding")), None)
        verdict = good or tried[0]
        verdict.check_id, verdict.severity = spec["both"], "info"
        if good is not None:
            stage = next(k for k, v in zip(budgets, tried, strict=True) if v is good)
            word = {"initial_budget": "年初预算", "adjusted_budget": "全年预算"}.get(stage, "预算")
            verdict.message = f"完成率按{word}计算" + (f"；{verdict.message}" if verdict.message else "")
        yield verdict


def _budgets(book: Book, spec: Spec, statement: Statement) -> dict[str, Figure]:
    """The budgets that a completion may be of: the one it names, else those of its sentence, section or table."""
    stages: list[str] = list(spec["stages"])
    named: list[str] = [b for b in (statement.base,) if b in stages and b != "budget"]
    for asked in (named, stages):
        for same_sentence in (True, False):
            told = {s: beside(book, statement, statement.topic, [s], same_sentence=same_sentence) for s in asked}
            found = {stage: book.money(t) for stage, t in told.items() if t is not None}
            if found:
                return found
        if named and asked is named:
            break
    term = spec["table_budgets"].get(statement.topic)
    if term:
        side = gather(book, [term], {})
        printed = [f for _, f in side.signed if f.value is not None]
        if printed:
            return {"budget": printed[0]}
    return {}


def _completed(book: Book, spec: Spec, statement: Statement, amount: Figure, budget: Figure) -> Verdict:
    if budget.value == 0:
        verdict = Verdict(
            spec["id"], statement.address, "not_applicable", spec["severity"], message="预算为 0，完成率无意义"
        )
        if statement.value:
            verdict.state = "fail"
            verdict.left = [(1, _pct_figure(book, statement))]
            verdict.right = [(1, budget)]
            verdict.message = f"预算为 0，不得称完成预算的 {figure_text(statement.value)}%"
        return verdict
    return _ratio(book, spec, statement, amount, budget)


# --- text against itself ----------------------------------------------------------------------------------------------


def _first(book: Book, topic: str, measure: str) -> Statement | None:
    return next((s for s in book.said.get((topic, measure), ()) if s.value is not None), None)


def told_sum(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: told_sum``: a whole in the text against its parts in the same section."""
    whole = _first(book, spec["whole"], spec["measure"])
    if whole is None:
        yield _not_applicable(spec, f"narrative/{spec['whole']}/{spec['measure']}", "正文未述总额")
        return
    yield _told(book, spec, whole, spec["parts"])


def _told(book: Book, spec: Spec, whole: Statement, topics: Sequence[str], *, doubled: bool = False) -> Verdict:
    place = whole.address
    told = {t: beside(book, whole, t, [spec["measure"]], any_base=False) for t in topics}
    parts = [s for s in told.values() if s is not None]
    if not parts:
        return _not_applicable(spec, place, "正文未述分项")
    relation = spec.get("relation", "eq")
    left = [(1, book.money(whole))]
    right = [(1, book.money(s)) for s in parts]
    names = spec["names"]
    if doubled:
        # Computed from two printed amounts each, they are rounded twice: half a unit each time is one place coarser.
        verdict = compare(spec["id"], spec["severity"], place, left, right, relation=relation, names=names, slack=2)
    else:
        verdict = compare(spec["id"], spec["severity"], place, left, right, relation=relation, names=names)
    lacking = [t for t, s in told.items() if s is None]
    if verdict.state == "fail" and lacking and relation == "eq":
        short = verdict.difference is not None and verdict.difference > 0
        if short or doubled:
            return _could_not(spec, place, f"{verdict.message}；分项未述全：{'、'.join(lacking)}")
    return verdict


def told_sums(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: told_sums``: changes of the parts add up to the change of the whole, where all are told."""
    for entry in spec["sums"]:
        for whole in book.said.get((entry["whole"], spec["measure"]), ()):
            if whole.value is None:
                continue
            told = [beside(book, whole, t, [spec["measure"]], any_base=False) for t in entry["parts"]]
            if not any(told):
                continue
            verdict = _told(book, spec, whole, entry["parts"], doubled=True)
            if not all(told) and verdict.state in ("pass", "within_rounding"):
                verdict = _could_not(spec, whole.address, "分项增减额未述全")
            yield verdict


def told_uses(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: told_uses``: vehicles by use add up to all vehicles; to no more where not every use is named."""
    whole = _first(book, spec["whole"], spec["measure"])
    if whole is None:
        yield _not_applicable(spec, f"narrative/{spec['whole']}/{spec['measure']}", "正文未述车辆数")
        return
    topics = [t for t, m in book.said if m == spec["measure"] and t.startswith(spec["prefix"])]
    parts = [s for t in topics if (s := beside(book, whole, t, [spec["measure"]])) is not None]
    if not parts:
        yield _not_applicable(spec, whole.address, "正文未述用途")
        return
    relation = "eq" if any(s.topic == spec["all_named_by"] for s in parts) else "ge"
    names = spec["names"]
    right = [(1, book.money(s)) for s in parts]
    yield compare(
        spec["id"],
        spec["severity"],
        whole.address,
        [(1, book.money(whole))],
        right,
        relation=relation,
        names=names,
        slack=0,
    )


def told_pair(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: told_pair``: two counts of the text in a fixed relation."""
    left, right = _first(book, spec["left"], spec["measure"]), _first(book, spec["right"], spec["measure"])
    place = f"narrative/{spec['left']}/{spec['measure']}"
    if left is None or right is None:
        yield _not_applicable(spec, place, "正文未述其中一数")
        return
    yield compare(
        spec["id"],
        spec["severity"],
        place,
        [(1, book.money(left))],
        [(1, book.money(right))],
        relation=spec["relation"],
        names=spec["names"],
        single=True,
        slack=0,
    )


def sme(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: sme``: what each kind of procurement gave to small and medium enterprises adds up to what they got."""
    whole = _first(book, spec["whole"], "amount")
    place = f"narrative/{spec['whole']}/amount"
    if whole is None:
        yield _not_applicable(spec, place, "正文未述授予中小企业金额")
        return
    micro = _first(book, spec["micro"], "amount")
    if micro is not None:
        yield compare(
            spec["id"],
            spec["severity"],
            micro.address,
            [(1, book.money(micro))],
            [(1, book.money(whole))],
            relation="le",
            names=("授予小微企业", "授予中小企业"),
            single=True,
        )
    pairs = []
    for amounts, rates in spec["parts"].items():
        amount = beside(book, whole, amounts, ["amount"])
        rate = beside(book, whole, rates, ["share_pct"])
        if amount is not None and rate is not None:
            pairs.append((amount, rate))
        elif amount is not None and amount.value:
            if any(book.said.get((r, "share_pct")) for r in spec["parts"].values()):
                yield _could_not(spec, place, f"未述 {rates} 的占比")
            return
    if not pairs:
        return
    expected = low = high = ZERO
    terms = []
    for amount, rate in pairs:
        figure, pct = book.money(amount), _pct_figure(book, rate)
        assert figure.value is not None and pct.value is not None
        half = half_unit(pct.precision)
        bottom, top = around(figure)
        expected += figure.value * figure.factor * pct.value / HUNDRED
        low += max(bottom, ZERO) * max(pct.value - half, ZERO) / HUNDRED
        high += top * min(pct.value + half, HUNDRED) / HUNDRED
        terms += [(1, figure), (1, pct)]
    got = book.money(whole)
    assert got.value is not None
    bottom, top = around(got)
    verdict = Verdict(spec["id"], place, "pass", spec["severity"], [(1, got)], terms)
    verdict.actual = got.value
    verdict.expected = kept(expected / got.factor)
    verdict.difference = kept(got.value - expected / got.factor)
    verdict.tolerance = kept((max(high - expected, expected - low) + top - got.value * got.factor) / got.factor)
    gap, slack = verdict.difference * got.factor, verdict.tolerance * got.factor
    verdict.mends = {got.key: (-gap, slack)}
    for (_, figure), (_, pct) in zip(terms[::2], terms[1::2], strict=True):
        if figure.value and pct.value:
            verdict.mends[figure.key] = gap * HUNDRED / pct.value, slack * HUNDRED / pct.value
            per_point = figure.value * figure.factor / HUNDRED
            verdict.mends[pct.key] = gap / per_point, abs(slack / per_point)
    if verdict.difference:
        verdict.state = "within_rounding" if bottom <= high and low <= top else "fail"
        shown = " + ".join(f"{figure_text(a.value or ZERO)}×{figure_text(r.value or ZERO)}%" for a, r in pairs)
        verdict.message = (
            f"授予中小企业 {figure_text(got.value)}，按 {shown} 应为"
            f" {figure_text(verdict.expected.normalize() if verdict.expected else ZERO)}"
        )
    yield verdict


def relation_words(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: relation_words``: words such as 等于预算 against the figures, and against the reason given for them."""
    words = {k: re.compile(spec[k]) for k in ("below", "equal", "above")}
    gainsay = {k: re.compile(v) for k, v in spec["gainsay"].items()}
    for measure, others in spec["measures"].items():
        for statement in _all(book, measure):
            text = bare(statement.value_text or statement.quote)
            said = next((k for k, pattern in words.items() if pattern.search(text)), None)
            if said is None:
                continue
            yield _relation(book, spec, statement, said, others, gainsay, rough="基本" in bare(statement.quote))
    moved = re.compile(spec["moved"])
    for statement in _all(book, "change_amount"):
        flat = statement.value == 0 and spec["flat"] in bare(statement.value_text or statement.quote)
        if flat and statement.reason and moved.search(bare(statement.reason).rstrip("。;,")):
            amount = beside(book, statement, statement.topic, ["amount", "total"])
            left = [(1, book.money(statement))]
            right = [(1, book.money(amount))] if amount is not None else []
            message = f"称持平，而所述原因为变动：“{statement.reason[-30:]}”"
            yield Verdict(spec["id"], statement.address, "fail", spec["severity"], left, right, message=message)


def _relation(
    book: Book,
    spec: Spec,
    statement: Statement,
    said: str,
    others: Sequence[str],
    gainsay: Mapping[str, re.Pattern[str]],
    *,
    rough: bool,
) -> Verdict:
    verdict = Verdict(spec["id"], statement.address, "pass", spec["severity"])
    to_budget = statement.measure == "relation_to_budget"
    reason = bare(f"{statement.quote} {statement.reason or ''}")
    against = gainsay[said].search(reason) if to_budget else None
    if against:
        verdict.state = "fail"
        verdict.message = f"既称“{statement.value_text or said}”，又称“{against[0]}”"
    first = beside(book, statement, statement.topic, ["amount"]) if to_budget else None
    second = beside(book, statement, statement.topic, others)
    if second is None and to_budget and statement.topic in spec["table_budgets"]:
        side = gather(book, [spec["table_budgets"][statement.topic]], {})
        budget = next((f for _, f in side.signed if f.value is not None), None)
    else:
        budget = book.money(second) if second is not None else None
    if budget is None or budget.value is None or (to_budget and first is None):
        if not against:
            verdict.state, verdict.message = "could_not_run", "未述两数，无从核对大小"
        return verdict
    if to_budget:
        assert first is not None
        amount = book.money(first)
        assert amount.value is not None
        gap = amount.value * amount.factor - budget.value * budget.factor
        verdict.left, verdict.right = [(1, amount)], [(1, budget)]
        near = abs(budget.value * budget.factor) / 20 if rough else ZERO
    else:
        gap, near = budget.value * budget.factor, ZERO
        verdict.left = [(1, budget)]
    holds = {"equal": abs(gap) <= near, "above": gap >= 0, "below": gap <= 0}[said]
    if said != "equal" and gap == 0 and not rough:
        # Smaller and larger within the printed places cannot be told apart.
        holds = any(f.value for _, f in (*verdict.left, *verdict.right))
    if not holds:
        verdict.state = "fail"
        verdict.message = f"称“{statement.value_text or said}”，而两数之差为 {figure_text(gap / budget.factor)}"
    return verdict


def told_twice(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: told_twice``: one figure told twice is one figure."""
    groups: dict[tuple[Any, ...], list[Statement]] = defaultdict(list)
    for measure in spec["measures"]:
        for statement in _all(book, measure):
            if statement.value is not None and not _left_out(spec, statement.topic):
                kind = "money" if statement.unit in YUAN_PER else statement.unit
                topic = spec["same"].get(statement.topic, statement.topic)
                groups[topic, measure, statement.base, statement.subject, kind].append(statement)
    for told in groups.values():
        clear = [s for s in told if (s.topic, s.measure, s.section) not in book.muddled]
        if len(clear) < 2:
            continue
        first, *rest = clear
        for other in rest:
            pair = [book.money(first), book.money(other)]
            names = ("后文", "前文")
            yield compare(
                spec["id"],
                spec["severity"],
                other.address,
                [(1, pair[1])],
                [(1, pair[0])],
                names=names,
                single=True,
                slack=0 if kind_of(other) == "count" else 1,
            )


def kind_of(statement: Statement) -> str:
    """money, pct or count."""
    return "money" if statement.unit in YUAN_PER else "pct" if statement.unit == "%" else "count"


def items_budget(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: items_budget``: initial budgets of the items against the overall one; they cannot exceed it."""
    for group in spec["groups"]:
        whole = _first(book, group["whole"], spec["measure"])
        if whole is None:
            continue
        topics = [t for t, m in book.said if m == spec["measure"] and t.startswith(group["prefix"])]
        told = {t: s for t in topics if (s := _first(book, t, spec["measure"])) is not None}
        if not told:
            continue
        names = spec["names"]
        left = [(1, book.money(s)) for s in told.values()]
        verdict = compare(spec["id"], spec["severity"], whole.address, left, [(1, book.money(whole))], names=names)
        if verdict.state == "fail" and (verdict.difference or ZERO) < 0:
            verdict.state = "could_not_run"
            verdict.message = f"{verdict.message}；未列的项可有年初预算"
        yield verdict


def purposes(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: purposes``: an item that is said to be used for what another item is there for."""
    misfits = [(re.compile(m["item"]), re.compile(m["purpose"])) for m in spec["misfits"]]
    for statement in _all(book, "purpose"):
        code = statement.topic.rsplit(".", 1)[-1]
        text = bare(statement.value_text or "")
        names = [r.label for t in ("T5", "TF", "TG") if t in book.tables for r in book.tables[t].by_key.get(code, ())]
        name = bare(statement.subject or "") or (names[0] if names else "")
        if not name or not text or not code.isdigit():
            continue
        wrong = next((m for item, use in misfits if item.search(name) and (m := use.search(text))), None)
        # Named beside its own purpose it is a list of several lines, not a wrong one.
        if wrong and any(item.search(text) for item, _ in misfits if item.search(name)):
            wrong = None
        state: CheckState = "fail" if wrong else "pass"
        message = f"“{name}”用于“{wrong[0]}”" if wrong else None
        yield Verdict(spec["id"], statement.address, state, spec["severity"], message=message)


_LEVEL_NAME = re.compile(r"([^\d,。;:、()]{2,40}(?:\([^()]*\)[^\d,。;:、()]{1,40})?)\((?:类|款|项)\)")


def item_names(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: item_names``: the name that the text gives a code is the name beside the code in the table."""
    seen: set[str] = set()
    for statement in book.extraction.statements:
        prefix = next((p for p in spec["prefixes"] if statement.topic.startswith(p)), None)
        code = statement.topic.rsplit(".", 1)[-1]
        if prefix is None or not code.isdigit() or statement.topic in seen:
            continue
        table = book.tables.get(spec["prefixes"][prefix])
        rows = table.by_key.get(code, ()) if table else ()
        # The last name with its level in front of the figure: 住房保障支出（类）445.69万元.
        names = _LEVEL_NAME.findall(bare(statement.subject or statement.quote[: statement.start or 0]))
        if not rows or not names:
            continue
        seen.add(statement.topic)
        told = label(names[-1])
        same = any(told == label(r.label) for r in rows)
        message = None if same else f"正文作“{told}”，表内 {code} 为“{rows[0].label}”"
        yield Verdict(spec["id"], statement.address, "pass" if same else "fail", spec["severity"], message=message)


def listed_items(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: listed_items``: economic lines that the text lists are in T6, and the large ones of T6 are listed."""
    table = book.tables.get("T6")
    if table is None:
        return
    find = re.compile(spec["find"])
    done: set[str] = set()
    texts = [(p.text, p.page, p.line) for p in book.extraction.passages]
    texts += [(s.quote, s.page, s.line) for s in book.extraction.statements]
    for text, _, _ in texts:
        for match in find.finditer(bare(text)):
            block = match["block"]
            names = [n for n in re.split(r"[、,，]", re.sub(r"等.{0,8}$", "", match["list"])) if n]
            if block in done or len(names) < 2:
                continue
            rows = [r for r in table.coded if _in_block(spec, block, r.code or "") and len(r.code or "") > 3]
            known = {label(r.label): r for r in rows}
            listed = [known[label(n)] for n in names if label(n) in known]
            if len(listed) < 2:
                continue
            done.add(block)
            yield _listed(spec, block, rows, listed, etcetera="等" in match["list"])


def _in_block(spec: Spec, block: str, code: str) -> bool:
    personnel = tuple(spec["classes"]["人员经费"])
    return code.startswith(personnel) == (spec["classes"][block] is not None)


def _listed(spec: Spec, block: str, rows: Sequence[Any], listed: Sequence[Any], *, etcetera: bool) -> Verdict:
    amounts = {r.code: r.figures.get("amount") for r in rows}
    empty = [r for r in listed if (f := amounts[r.code]) is None or not f.value]
    total = sum((f.value for f in amounts.values() if f is not None and f.value is not None), ZERO)
    codes = {r.code for r in listed}
    large = [
        r
        for r in rows
        if r.code not in codes
        and (f := amounts[r.code]) is not None
        and f.value is not None
        and total > 0
        and f.value >= total * Decimal(spec["large"])
    ]
    said = []
    if empty:
        names = "、".join(f"“{r.label}”（{r.code}）" for r in empty)
        said.append(f"正文{block}列有{names}，T6 该行空白或为 0；此类列举多为模板")
        unlisted = [r for r in rows if r.code not in codes and (f := amounts[r.code]) is not None and f.value]
        if unlisted and not etcetera:
            said.append("而有数的" + "、".join(f"“{r.label}”（{r.code}）" for r in unlisted) + "未列")
    elif large and not etcetera:
        names = "、".join(f"“{r.label}”（{r.code}）" for r in large)
        said.append(f"T6 {names}占{block}一成以上而正文未列")
    first = (empty or large or listed)[0]
    place = f"T6/{first.code}/amount"
    return Verdict(spec["id"], place, "fail" if said else "pass", spec["severity"], message="；".join(said) or None)


EVALUATORS: dict[str, Callable[[Book, Spec], Iterator[Verdict]]] = {
    "homes": homes,
    "agency_operating_expenses": agency_operating_expenses,
    "project_share": project_share,
    "shares": shares,
    "changes": changes,
    "completion": completion,
    "told_sum": told_sum,
    "told_sums": told_sums,
    "told_uses": told_uses,
    "told_pair": told_pair,
    "sme": sme,
    "relation_words": relation_words,
    "told_twice": told_twice,
    "items_budget": items_budget,
    "purposes": purposes,
    "item_names": item_names,
    "listed_items": listed_items,
}
__all__ = ["EVALUATORS", "TOTAL"]
