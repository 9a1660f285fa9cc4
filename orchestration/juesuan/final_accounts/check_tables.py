"""Evaluators of the checks between cells: sums, hierarchies, tables against tables, codes, disclosure.

Belongs here: how each kind of identity of ``forms/checks.yml`` is worked out over the tables of one report. Does not
belong here: the identities themselves (data), the text (``check_narrative``), grouping by root (``checks``).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from juesuan.final_accounts.check_terms import (
    Book,
    Figure,
    Row,
    Signed,
    Table,
    Verdict,
    around,
    compare,
    figure_text,
    topmost,
)
from juesuan.final_accounts.forms import load_forms
from juesuan.final_accounts.model import CheckState
from juesuan.final_accounts.text import bare, label

Spec = Mapping[str, Any]
Evaluator = Callable[[Book, Spec], Iterator[Verdict]]
TOTAL = "合计"


# --- terms ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Term:
    """A parsed term: ``line`` for a line key, ``lines`` for a prefix of line keys, ``row`` for a row key or code."""

    sign: int
    table: str
    how: str
    key: str
    column: str

    @property
    def address(self) -> str:
        return f"{self.table}/{self.key}/{self.column}"


@lru_cache(maxsize=8192)
def parse_term(text: str) -> Term:
    """``-T4/@income.total_current/income_amount`` and the like; see the head of ``forms/checks.yml``."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text)
    table, _, rest = rest.partition("/")
    key, _, column = rest.rpartition("/")
    if key.startswith("@"):
        if key.endswith("*"):
            return Term(sign, table, "lines", key[1:-1], column)
        return Term(sign, table, "line", key[1:], column)
    return Term(sign, table, "row", key, column)


def rows_of(table: Table, term: Term) -> Sequence[Row]:
    """The rows that a term means; a code whose row is not printed means the topmost printed rows below it."""
    if term.how == "line":
        return table.by_line.get(term.key, ())
    if term.how == "lines":
        return [
            row
            for line, rows in table.by_line.items()
            if line.startswith(term.key)
            for row in rows
            if "/" not in row.key
        ]
    found = table.by_key.get(term.key)
    if found or not term.key.isdigit():
        return found or ()
    return table.under(term.key)


@dataclass(slots=True)
class Side:
    """The figures of one side; ``absent`` are the terms that the table does not have, ``missing`` says which table."""

    signed: list[Signed]
    terms: int = 0
    absent: list[str] = field(default_factory=list)
    missing: str | None = None
    place: str = ""
    declared_empty: bool = False


def _bind(text: str, binding: Mapping[str, str]) -> str:
    if "{" in text:
        for name, value in binding.items():
            text = text.replace("{" + name + "}", value)
    return text


def gather(book: Book, entries: Sequence[Any], binding: Mapping[str, str]) -> Side:
    """Resolve the terms of one side."""
    side = Side([])
    for entry in entries:
        if isinstance(entry, str):
            _take(book, side, parse_term(_bind(entry, binding)))
            continue
        # The first list that prints anything; else the first that the form has; else the first.
        options = [gather(book, option, binding) for option in entry["any"]]
        best = next((o for o in options if any(f.value is not None for _, f in o.signed)), None)
        best = best or next((o for o in options if o.signed), None)
        best = best or next((o for o in options if o.missing is None), options[0])
        side.signed += best.signed
        side.terms += best.terms
        side.absent += best.absent
        side.missing = side.missing or best.missing
        side.place = side.place or best.place
        side.declared_empty = side.declared_empty or best.declared_empty
    return side


def _take(book: Book, side: Side, term: Term) -> None:
    side.terms += 1
    table = book.tables.get(term.table)
    side.place = side.place or term.address
    entry = book.states.get(term.table)
    if entry is not None and entry.state == "no_activity":
        side.declared_empty = True
    if table is None:
        if book.empty(term.table):
            side.declared_empty = True
        else:
            side.missing = side.missing or book.missing(term.table)
        return
    if term.column not in table.columns:
        side.absent.append(term.address)
        return
    rows = rows_of(table, term)
    if not rows:
        side.absent.append(term.address)
        return
    for row in rows:
        figure = row.figures.get(term.column)
        if figure is not None:
            if not side.signed:
                side.place = figure.address
            side.signed.append((term.sign, figure))


# --- sums -----------------------------------------------------------------------------------------------------------


def _bindings(book: Book, spec: Spec) -> Iterator[dict[str, str]]:
    loop = spec.get("for")
    if loop is None:
        yield {}
    elif "each" in loop:
        yield from loop["each"]
    else:
        digits = int(loop["digits"])
        codes: dict[str, None] = {}
        for key in loop["codes"]:
            table = book.tables.get(key)
            if table is None:
                continue
            for row in table.rows:
                if row.code:
                    codes.setdefault(row.code[:digits])
                elif (row.line_key or "").startswith("expenditure.class."):
                    # A form that lists every class prints most of them as zero: only those that say something.
                    said = any(f.value for f in row.figures.values())
                    codes.update({(row.line_key or "").rsplit(".", 1)[1]: None} if said else {})
        yield from ({"code": code} for code in codes)


def sums(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: sum``, the default: the terms of two sides, once, for every row, code or listed value."""
    loop = spec.get("for") or {}
    if "rows" in loop:
        yield from merged(spec, loop["rows"], _row_sums(book, spec, loop))
    elif "codes" in loop:
        first = parse_term(spec["right"][0]).table
        missing = [k for k in (parse_term(spec["left"][0]).table, first) if k not in book.tables and not book.empty(k)]
        if missing:
            yield _could_not(spec, first, book.missing(missing[0]))
            return
        yield from merged(spec, first, (_one_sum(book, spec, b) for b in _bindings(book, spec)))
    else:
        for binding in _bindings(book, spec):
            yield _one_sum(book, spec, binding)


def merged(spec: Spec, place: str, verdicts: Iterator[Verdict]) -> Iterator[Verdict]:
    """Places of a loop where there is nothing to check are one result, with their number."""
    idle = 0
    for verdict in verdicts:
        if verdict.state == "not_applicable":
            idle += 1
        else:
            yield verdict
    if idle:
        yield Verdict(spec["id"], place, "not_applicable", spec["severity"], message=f"{idle} 处空白，无可核对")


def _could_not(spec: Spec, place: str, why: str) -> Verdict:
    return Verdict(spec["id"], place, "could_not_run", spec["severity"], message=why)


def _row_sums(book: Book, spec: Spec, loop: Spec) -> Iterator[Verdict]:
    key = loop["rows"]
    table = book.tables.get(key)
    names = spec["names"]
    check_id, severity = spec["id"], spec["severity"]
    if table is None:
        if book.empty(key):
            yield Verdict(check_id, key, "not_applicable", severity, message=book.missing(key))
        else:
            yield _could_not(spec, key, book.missing(key))
        return
    left = [parse_term(t) for t in spec["left"]]
    right = [parse_term(t) for t in spec["right"]]
    needs = [parse_term(t).column for t in spec.get("needs", ())]
    if (
        left[0].column not in table.columns
        or not any(t.column in table.columns for t in right)
        or not all(c in table.columns for c in needs)
    ):
        # A form of another shape has no such identity: nothing that could have agreed.
        yield Verdict(check_id, key, "not_applicable", severity, message=f"{key} 此表式无此栏")
        return
    prefix = loop.get("with", "")
    lacking = _lacking(spec, [f"{key}/{t.column}" for t in (*left, *right) if t.column not in table.columns])
    unsure = 0
    for row in table.rows:
        if not row.key.startswith(prefix):
            continue
        figures = row.figures
        sides = [[(t.sign, f) for t in terms if (f := figures.get(t.column)) is not None] for terms in (left, right)]
        place = f"{key}/{row.key}/{left[0].column}"
        verdict = compare(check_id, severity, place, sides[0], sides[1], names=names)
        if verdict.state == "fail" and lacking:
            unsure += 1
        else:
            yield verdict
    if unsure:
        yield _could_not(spec, key, f"{unsure} 行不相等，而表中未见栏 {'、'.join(lacking)}")


def _one_sum(book: Book, spec: Spec, binding: Mapping[str, str]) -> Verdict:
    left = gather(book, spec["left"], binding)
    right = gather(book, spec["right"], binding)
    check_id, severity = spec["id"], spec["severity"]
    names = spec["names"]
    relation = spec.get("relation", "eq")
    place = left.place
    missing = left.missing or right.missing
    if missing:
        return _could_not(spec, place, missing)
    absent = "表式无此项"
    gone = left.terms == len(left.absent) or right.terms == len(right.absent)
    for need in spec.get("needs", ()):
        gone = gone or bool(gather(book, [need], binding).absent)
    if gone and not (left.declared_empty or right.declared_empty):
        state = spec.get("absent", "could_not_run")
        printed = [f.value for _, f in (*left.signed, *right.signed) if f.value]
        if "code" in binding and printed:
            return _could_not(spec, place, f"另一边印 {figure_text(printed[0])}，此处无此行")
        if "code" in binding:
            state = "not_applicable"
        return Verdict(check_id, place, state, severity, message=absent)
    single = left.terms == 1 == right.terms
    verdict = compare(
        check_id, severity, place, left.signed, right.signed, relation=relation, names=names, single=single
    )
    if verdict.state == "fail":
        verdict = _second_look(book, spec, binding, left, right, verdict)
    if verdict.state == "fail" and (lacking := _lacking(spec, [*left.absent, *right.absent])):
        return _could_not(spec, place, f"{verdict.message}；而表中未见 {'、'.join(lacking)}")
    if verdict.state == "could_not_run" and (left.declared_empty or right.declared_empty):
        value = verdict.actual if verdict.actual is not None else verdict.expected
        if not value:
            verdict.state, verdict.message = "not_applicable", "一边注明无发生额，另一边印 0"
    return verdict


def _lacking(spec: Spec, absent: Sequence[str]) -> list[str]:
    """Terms that the table does not have, but for those that some forms do without."""
    optional = spec.get("optional", ())
    return [address for address in absent if not any(part in address for part in optional)]


def _second_look(
    book: Book, spec: Spec, binding: Mapping[str, str], left: Side, right: Side, verdict: Verdict
) -> Verdict:
    """A sum that fails, once more with what the form may add into it; lines that no form knows decide nothing."""
    names = spec["names"]
    extra = gather(book, spec["or_with"], binding).signed if spec.get("or_with") else []
    if any(f.value for _, f in extra):
        again = compare(spec["id"], spec["severity"], verdict.place, left.signed, [*right.signed, *extra], names=names)
        if again.state != "fail":
            return again
    asked = spec.get("strangers")
    if not asked:
        return verdict
    strangers = unknown_lines(book, asked, left.signed)
    if not strangers:
        return verdict
    labels = "、".join(dict.fromkeys(f.address.split("/", 1)[1].rsplit("/", 1)[0] for _, f in strangers))
    again = compare(spec["id"], spec["severity"], verdict.place, left.signed, [*right.signed, *strangers], names=names)
    if again.state != "fail":
        again.message = f"{again.message + '；' if again.message else ''}计入表式未载的行：{labels}"
        return again
    return _could_not(spec, verdict.place, f"有表式未载的行，归属不明：{labels}")


def unknown_lines(book: Book, asked: Spec, left: Sequence[Signed]) -> list[Signed]:
    """Figures of lines that no form knows, on the side of the sum and before or after its total."""
    table = book.tables[asked["table"]]
    column = left[0][1].address.rsplit("/", 1)[1]
    head = asked["side"] + ":"
    anchor, before = asked.get("before") or asked["after"], "before" in asked
    seen = False
    found: list[Signed] = []
    for row in table.rows:
        if not row.key.startswith(head):
            continue
        if row.line_key == anchor:
            seen = True
        elif row.line_key is None and "/" not in row.key and seen != before:
            figure = row.figures.get(column)
            if figure is not None and figure.value:
                found.append((1, figure))
    return found


# --- hierarchies ----------------------------------------------------------------------------------------------------


def _children(rows: Sequence[Row]) -> dict[str | None, list[Row]]:
    """Rows by their nearest printed parent; None for those without."""
    codes = {row.code for row in rows}
    found: dict[str | None, list[Row]] = defaultdict(list)
    for row in rows:
        code = row.code or ""
        parent = next((code[:n] for n in range(len(code) - 2, 2, -2) if code[:n] in codes), None)
        found[parent].append(row)
    return found


def _figures(rows: Sequence[Row], column: str) -> list[Signed]:
    return [(1, f) for row in rows if (f := row.figures.get(column)) is not None]


def hierarchy(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: hierarchy``: every parent is the sum of its printed children, 合计 that of the rows without a parent."""
    for key in spec["tables"]:
        yield from merged(spec, key, _hierarchy(book, spec, key))


def _hierarchy(book: Book, spec: Spec, key: str) -> Iterator[Verdict]:
    check_id, severity = spec["id"], spec["severity"]
    table = book.tables.get(key)
    if table is None:
        if not book.empty(key):
            yield _could_not(spec, key, book.missing(key))
        return
    coded = table.coded
    children = _children(coded)
    for column in table.columns:
        if not any((f := row.figures.get(column)) is not None and f.value is not None for row in table.rows):
            yield Verdict(check_id, f"{key}/{column}", "not_applicable", severity)
            continue
        if spec.get("totals", True):
            yield from _total(book, spec, table, children.get(None, []), column)
        for parent, rows in children.items():
            if parent is None:
                continue
            names = (f"{parent} {table.by_key[parent][0].label}", "所属各行之和")
            left = _figures(table.by_key[parent], column)
            place = f"{key}/{parent}/{column}"
            yield compare(check_id, severity, place, left, _figures(rows, column), names=names)


def _total(book: Book, spec: Spec, table: Table, roots: Sequence[Row], column: str) -> Iterator[Verdict]:
    total = table.by_key.get(TOTAL)
    place = f"{table.key}/{TOTAL}/{column}"
    if not roots:
        yield Verdict(spec["id"], place, "not_applicable", spec["severity"])
    elif total is None:
        yield _could_not(spec, place, f"{table.key} 无合计行")
    else:
        names = (TOTAL, "各类之和")
        right = _figures(roots, column)
        verdict = compare(spec["id"], spec["severity"], place, _figures(total, column), right, names=names)
        if verdict.state == "fail":
            strangers = [r for r in table.rows if not r.code and r.key != TOTAL and "/" not in r.key]
            if any((f := r.figures.get(column)) is not None and f.value for r in strangers):
                labels = "、".join(dict.fromkeys(r.label for r in strangers))
                verdict = _could_not(spec, place, f"有无编码的行，归属不明：{labels}")
        yield verdict


def rest(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: rest``: a total against the topmost coded rows of a table, but for some classes."""
    table = book.tables.get(spec["table"])
    left = gather(book, spec["left"], {})
    if table is None or left.missing:
        yield _could_not(spec, left.place, left.missing or book.missing(spec["table"]))
        return
    if left.absent:
        yield Verdict(spec["id"], left.place, spec["absent"], spec["severity"], message="表式无此项")
        return
    rows = [r for r in topmost(table.coded) if (r.code or "")[:3] not in spec["but"]]
    names = spec["names"]
    right = _figures(rows, spec["column"])
    yield compare(spec["id"], spec["severity"], left.place, left.signed, right, names=names)


# --- tables against tables --------------------------------------------------------------------------------------------


def _leaves(table: Table) -> list[Row]:
    parents = {(row.code or "")[:n] for row in table.coded for n in range(3, len(row.code or ""), 2)}
    return [row for row in table.coded if row.code not in parents]


def parts(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: parts``: every leaf of the whole's table is at least the sum of the same code in the parts' tables."""
    whole = book.tables.get(spec["whole"])
    year = book.report.fiscal_year
    keys = [k for k, first in spec["parts"].items() if first is None or year is None or year >= first]
    missing = [k for k in (spec["whole"], *keys) if k not in book.tables and not book.empty(k)]
    if whole is None or missing:
        yield _could_not(spec, spec["whole"], book.missing(missing[0] if missing else spec["whole"]))
        return
    yield from merged(spec, spec["whole"], _parts(book, spec, whole, keys))


def _parts(book: Book, spec: Spec, whole: Table, keys: Sequence[str]) -> Iterator[Verdict]:
    names = spec["names"]
    for row in [*whole.by_key.get(TOTAL, ()), *_leaves(whole)]:
        for column in spec["columns"]:
            left = [(1, f) for r in whole.by_key[row.key] if (f := r.figures.get(column)) is not None]
            right: list[Signed] = []
            for key in keys:
                table = book.tables.get(key)
                if table is not None:
                    term = Term(1, key, "row", row.key, column)
                    right += _figures(rows_of(table, term), column)
            if not any(f.value for _, f in right):
                # Nothing of it is appropriation: nothing to compare.
                yield Verdict(spec["id"], whole.key, "not_applicable", spec["severity"])
                continue
            place = f"{whole.key}/{row.key}/{column}"
            yield compare(spec["id"], spec["severity"], place, left, right, relation="ge", names=names, single=True)


def within_three_public(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: within_three_public``: basic expenditure on a line of T6 stands within the same item of TS."""
    for pair in spec["pairs"]:
        place = f"T6/{pair['code']}/amount"
        sides = [gather(book, [t], {}) for t in (place, f"TS/{TOTAL}/{pair['column']}")]
        missing = sides[0].missing or sides[1].missing
        figures = [f for _, f in sides[0].signed]
        if missing:
            yield _could_not(spec, place, missing)
        elif not any(f.value is not None for f in figures):
            yield Verdict(spec["id"], place, "not_applicable", spec["severity"], message="T6 该行空白或无此行")
        elif not any(pair["name"] in label(r.label) for r in book.tables["T6"].by_key.get(pair["code"], ())):
            yield Verdict(spec["id"], place, "not_applicable", spec["severity"], message="该编码为自编，名称不符")
        else:
            names = spec["names"]
            yield compare(
                spec["id"],
                spec["severity"],
                place,
                sides[0].signed,
                sides[1].signed,
                relation="le",
                names=names,
                single=True,
            )


def mirror(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: mirror``: a code with income and no expenditure (or the reverse) needs a carry-over to explain it."""
    income, spent = (book.tables.get(spec[s]["table"]) for s in ("income", "expenditure"))
    if income is None or spent is None:
        key = spec["income" if income is None else "expenditure"]["table"]
        yield _could_not(spec, key, book.missing(key))
        return
    for table, asked in ((income, spec["income"]), (spent, spec["expenditure"])):
        if asked["column"] not in table.columns:
            yield _could_not(spec, table.key, f"表中未见栏 {table.key}/{asked['column']}")
            return
    clean = True
    for here, there, ours, theirs, carry, word in (
        (spent, income, "expenditure", "income", "sources", "有支出而无收入"),
        (income, spent, "income", "expenditure", "sinks", "有收入而无支出"),
    ):
        column, other = spec[ours]["column"], spec[theirs]["column"]
        for row in _leaves(here):
            figure = row.figures.get(column)
            if figure is None or not figure.value or _has(there, row.code or "", other):
                continue
            clean = False
            side = gather(book, spec[carry], {})
            printed = [f for _, f in side.signed if f.value is not None]
            verdict = Verdict(spec["id"], figure.address, "pass", spec["severity"], [(1, figure)], side.signed)
            if not printed:
                verdict.state = "could_not_run"
                verdict.message = f"{row.code} {row.label}{word}，而结转各行空白"
            elif any(f.value for f in printed):
                verdict.message = f"{row.code} {row.label}{word}，可由结转解释"
            else:
                # The figure not there and the carry-over may be just below what prints.
                slack = sum((around(f)[1] - around(f)[0] for f in printed), around(figure)[1] - around(figure)[0])
                within = abs(figure.value) * figure.factor <= slack
                verdict.state = "within_rounding" if within else "fail"
                verdict.message = f"{row.code} {row.label}{word}，而结转为 0"
            yield verdict
    if clean:
        yield Verdict(spec["id"], income.key, "pass", spec["severity"])


def _has(table: Table, code: str, column: str) -> bool:
    """Whether the table prints a figure for the code, its parents' leaf or its children."""
    leaves = _leaves(table)
    return any(
        (row.code or "").startswith(code) or code.startswith(row.code or "-")
        for row in leaves
        if (f := row.figures.get(column)) is not None and f.value
    )


# --- codes and plausibility -----------------------------------------------------------------------------------------


def codes(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: codes``: lengths of codes, and that a code's parent is printed where the table prints parents."""
    for key in spec["tables"]:
        table = book.tables.get(key)
        if table is None or not table.coded:
            idle = table is not None or book.empty(key)
            state: CheckState = "not_applicable" if idle else "could_not_run"
            yield Verdict(spec["id"], key, state, spec["severity"], message=book.missing(key))
            continue
        printed = {row.code or "" for row in table.coded}
        lengths = {len(code) for code in printed}
        odd = [c for c in printed if len(c) not in spec["digits"]]
        odd += [row.key for row in table.rows if row.key.isdigit() and not row.code]
        orphans = [c for c in printed for n in (3, 5) if n < len(c) and n in lengths and c[:n] not in printed]
        said = []
        if odd:
            said.append(f"编码位数不合：{'、'.join(sorted(odd))}")
        if orphans:
            said.append(f"上级编码未印：{'、'.join(sorted(set(orphans)))}")
        yield Verdict(spec["id"], key, "fail" if said else "pass", spec["severity"], message="；".join(said) or None)


def fund_codes(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: fund_codes``: sections that belong to another fund than the table's; unknown sections decide nothing."""
    funds = set(spec["government_fund"])
    capital = tuple(spec["state_capital"])
    for key in ("T5", "TF", "TG"):
        table = book.tables.get(key)
        if table is None or not any(f.value for row in table.coded for f in row.figures.values()):
            continue
        known, wrong = False, []
        for row in table.coded:
            code = row.code or ""
            if len(code) < 5:
                continue
            fund = "TF" if code[:5] in funds else "TG" if code.startswith(capital) else None
            known = known or fund == key
            if fund is not None and fund != key:
                wrong.append(f"{code} {row.label}")
        if wrong:
            yield Verdict(
                spec["id"], key, "fail", spec["severity"], message=f"应属另一类资金的科目：{'、'.join(wrong)}"
            )
        elif known or key == "T5":
            yield Verdict(spec["id"], key, "pass", spec["severity"])
        else:
            yield _could_not(spec, key, "所印科目不在该类资金的科目表中")


def old_codes(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: old_codes``: codes abolished by a reform, with their old names."""
    table = book.tables.get(spec["table"])
    if table is None:
        yield _could_not(spec, spec["table"], book.missing(spec["table"]))
        return
    old = {**spec["old"], **spec["old_classes"]}
    found = [
        f"{row.code} {row.label}"
        for row in table.coded
        if (name := old.get(row.code or "")) and bare(name) == label(row.label)
    ]
    message = f"已停用的经济分类科目：{'、'.join(found)}" if found else None
    yield Verdict(spec["id"], table.key, "fail" if found else "pass", spec["severity"], message=message)


def negatives(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: negatives``: figures below zero outside the columns and lines where adjustments are booked."""
    columns = set(spec["columns"])
    lines = tuple(line.rstrip("*") for line in spec["lines"])
    clean = True
    for table in book.tables.values():
        for row in table.rows:
            if row.line_key and row.line_key.startswith(lines):
                continue
            for column, figure in row.figures.items():
                if figure.value is not None and figure.value < 0 and column not in columns:
                    clean = False
                    yield Verdict(
                        spec["id"],
                        figure.address,
                        "fail",
                        spec["severity"],
                        [(1, figure)],
                        actual=figure.value,
                        message=f"负数 {figure_text(figure.value)}",
                    )
    if clean and book.tables:
        yield Verdict(spec["id"], "report", "pass", spec["severity"])


def zero_total(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: zero_total``: grand totals printed as zero."""
    side = gather(book, spec["left"], {})
    if side.missing:
        yield _could_not(spec, side.place, side.missing)
        return
    for _, figure in side.signed:
        state: CheckState = "not_applicable" if figure.value is None else "pass" if figure.value else "fail"
        message = {"fail": "总计印为 0（新设、撤并单位可为 0）", "not_applicable": "空白"}.get(state)
        yield Verdict(
            spec["id"],
            figure.address,
            state,
            spec["severity"],
            [(1, figure)],
            actual=figure.value,
            message=message,
        )


# --- disclosure -------------------------------------------------------------------------------------------------------

SEEN = frozenset({"present", "no_activity", "withheld", "not_required"})


def tables_present(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: tables_present``: the tables that a report of its year owes."""
    states = {key: entry.state for key, entry in book.states.items()}
    if not book.tables and not any(s in ("present", "no_activity") for s in states.values()):
        yield _could_not(spec, "report", "本件不含任何一张表；表或另附")
        return
    unread = bool(book.extraction.unrecognised_tables) or "unreadable" in states.values()
    for key, form in load_forms().tables.items():
        if not form.owed_in(book.report.fiscal_year):
            continue
        state = states.get(key, "present" if key in book.tables else "missing")
        if state in SEEN:
            yield Verdict(spec["id"], key, "pass", spec["severity"])
        elif unread or state == "unreadable":
            yield _could_not(spec, key, f"未见{form.chinese}，而本件有未识别或不可读的表")
        else:
            yield Verdict(spec["id"], key, "fail", spec["severity"], message=f"应有而未见：{form.chinese}")


def empty_tables(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: empty_tables``: a table without any figure says that there is none, beside it or in the text."""
    said = re.compile(spec["said"])
    for key, topic in spec["tables"].items():
        entry = book.states.get(key)
        if entry is None or entry.state not in ("present", "no_activity"):
            continue
        table = book.tables.get(key)
        if table is None and entry.state == "present":
            yield _could_not(spec, key, book.missing(key))
            continue
        figures = [f for row in table.rows for f in row.figures.values()] if table else []
        if any(f.value is not None for f in figures):
            yield Verdict(spec["id"], key, "not_applicable", spec["severity"], message="表内印有数字")
        elif entry.state == "no_activity" or any(said.search(n) for n in (*entry.notes, entry.reason or "")):
            yield Verdict(spec["id"], key, "pass", spec["severity"])
        elif _text_says(book, topic, said):
            yield Verdict(spec["id"], key, "pass", spec["severity"], message="表下无注，正文有说明")
        else:
            yield Verdict(spec["id"], key, "fail", spec["severity"], message="空表而未注明无发生额")


def _text_says(book: Book, topic: str, said: re.Pattern[str]) -> bool:
    pattern = re.compile(rf"(?:{said.pattern})[^。;]{{0,20}}{topic}|{topic}[^。;]{{0,40}}(?:{said.pattern})")
    texts = [p.text for p in book.extraction.passages] + [s.quote for s in book.extraction.statements]
    return any(pattern.search(bare(t)) for t in texts)


def money_units(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: money_units``: every table with figures says its money unit, and only one."""
    for key, table in book.tables.items():
        entry = book.states.get(key)
        units = {f.factor for row in table.rows for f in row.figures.values()}
        if entry is None or entry.state not in ("present", "no_activity"):
            continue
        verdict = Verdict(spec["id"], key, "pass", spec["severity"])
        if len(units) > 1:
            verdict.state, verdict.message = "fail", "同一张表内金额单位不一"
        elif entry.money_unit is None:
            verdict.state, verdict.message = "fail", "未见金额单位"
        elif entry.money_unit_source == "inferred":
            verdict.state, verdict.message = "could_not_run", f"表上未见金额单位，按{entry.money_unit}推得"
        yield verdict


def unit_names(book: Book, spec: Spec) -> Iterator[Verdict]:
    """Text of ``kind: printed_names``: bodies at the head of sentences are the report's own, or short for it."""
    own = book.report.unit_name
    if not own:
        yield _could_not(spec, "report", "报告单位名称不明")
        return
    head, body, tail = (re.compile(spec[k]) for k in ("head", "body", "tail"))
    generic = re.compile(spec["generic"])
    ours = [_core(tail, own), *(_core(tail, u.name) for u in book.report.units)]
    others: dict[str, tuple[int | None, int | None]] = {}
    seen = False
    sentences = [(s.quote, s.page, s.line) for s in book.extraction.statements]
    sentences += [(part, p.page, p.line) for p in book.extraction.passages for part in re.split(r"[。\n]", p.text)]
    for text, page, line in sentences:
        match = head.match(bare(text))
        if match is None:
            continue
        name = match["name"]
        if generic.search(name) or not body.search(name):
            continue
        core = _core(tail, name)
        if any(_short_of(core, full) or _short_of(full, core) for full in ours):
            seen = True
        else:
            others.setdefault(name, (page, line))
    for name in others:
        yield Verdict(
            spec["id"], f"narrative/{name}", "fail", spec["severity"], message=f"正文写作“{name}”，报告单位为“{own}”"
        )
    if not others:
        state: CheckState = "pass" if seen else "could_not_run"
        message = None if seen else "正文没有以单位名称起头的句子"
        yield Verdict(spec["id"], "report", state, spec["severity"], message=message)


def _core(tail: re.Pattern[str], name: str) -> str:
    return tail.sub("", bare(name))


def _short_of(short: str, full: str) -> bool:
    """Whether the characters of ``short`` stand in ``full`` in order: 区财政局 for 上海市普陀区财政局."""
    rest = iter(full)
    return all(ch in rest for ch in short)


def residue(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: residue``: what a template left behind, brackets that do not close."""
    patterns = [(entry["what"], re.compile(entry["find"])) for entry in spec["patterns"]]
    found = False
    # A bracket may close in a later paragraph of its passage.
    texts = {p.text: (p.section, p.page, p.line) for p in book.extraction.passages}
    for statement in book.extraction.statements:
        if not any(statement.quote in text for text in texts):
            texts[statement.quote] = (statement.section or "", statement.page, statement.line)
    for text, (section, page, line) in texts.items():
        said = [f"{what}：“{m[0]}”" for what, pattern in patterns if (m := pattern.search(text))]
        said += [f"括号未闭合：“{piece}”" for pair in spec["brackets"] if (piece := _unclosed(text, pair))]
        for message in said:
            found = True
            place = f"passage/{section}"
            where = f"（第 {page} 页）" if page else f"（第 {line} 行）" if line else ""
            yield Verdict(spec["id"], place, "fail", spec["severity"], message=message + where)
    if texts and not found:
        yield Verdict(spec["id"], "report", "pass", spec["severity"])


_LIST_MARK = re.compile(r"(?:^|(?<=[\s。；;，,：:、]))(?:\d{1,2}|[一二三四五六七八九十]{1,3}|[①-⑳])[)）]")


def _unclosed(text: str, pair: str) -> str | None:
    """The words after the first opening bracket of a paragraph that nothing closes."""
    opens, closes = pair[: len(pair) // 2], pair[len(pair) // 2 :]
    if not any(ch in text for ch in pair):
        return None
    depth: list[int] = []
    marks = {m.end() - 1 for m in _LIST_MARK.finditer(text)}
    for at, ch in enumerate(text):
        if ch in opens:
            depth.append(at)
        elif ch in closes and at not in marks:
            if not depth:
                return text[max(at - 15, 0) : at + 1]
            depth.pop()
    return text[depth[0] : depth[0] + 16] if depth else None


EVALUATORS: dict[str, Evaluator] = {
    "sum": sums,
    "hierarchy": hierarchy,
    "rest": rest,
    "parts": parts,
    "within_three_public": within_three_public,
    "mirror": mirror,
    "codes": codes,
    "fund_codes": fund_codes,
    "old_codes": old_codes,
    "negatives": negatives,
    "zero_total": zero_total,
    "tables_present": tables_present,
    "empty_tables": empty_tables,
    "money_units": money_units,
    "residue": residue,
}
__all__ = ["EVALUATORS", "Figure", "gather", "merged", "unknown_lines"]
