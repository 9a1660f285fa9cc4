"""The arithmetic of checks: figures with their places, sides, tolerance, intervals, verdicts.

Belongs here: an index of one extraction by table, row, line and column; comparing two sides by promise 4; comparing a
printed percentage with the interval that its amounts allow. Does not belong here: which figures ought to agree (that
is data, ``forms/checks.yml``), or how findings are grouped by root (``checks``).

Money is compared in the finest money unit of the printed terms; terms in another unit are converted, their precision
with them (1.23 万元 is 12300 元 to -2 places). The precision of a term is the printed one, or the usual one of its
table (or of the text) where that is finer: a dropped trailing zero (6.2 beside 6.20) loosens nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import lru_cache

from juesuan.final_accounts.model import (
    YUAN_PER,
    Cell,
    CheckResult,
    CheckState,
    CheckTerm,
    Extraction,
    ReportTable,
    Statement,
)
from juesuan.final_accounts.numbers import half_unit

ZERO = Decimal(0)
HUNDRED = Decimal(100)
#: What a check result holds is DECIMAL(24,6).
PLACES = Decimal("0.000001")
#: Words in front of a figure that say it is rounded: it counts with its printed places alone.
ROUNDED = re.compile(r"约|近|左右|余|多|大约|将近")


@lru_cache(maxsize=64)
def _half(precision: int) -> Decimal:
    """Half a unit of the last printed place; a result holds six decimals, so never less than the sixth."""
    return half_unit(precision) if precision < 6 else PLACES


_CODE = re.compile(r"\d{3}(?:\d\d){0,3}")
_TENTHS = {1: 0, 10: 1, 100: 2, 1_000: 3, 10_000: 4, 100_000_000: 8}


@dataclass(slots=True)
class Figure:
    """One printed figure (or a blank: ``value`` None) as checks count it. ``factor``: yuan per printed unit.

    ``told`` tells statements of one address apart: a figure that is told twice may be wrong once. It is -1 for cells.
    """

    address: str
    value: Decimal | None
    precision: int
    factor: int
    page: int | None
    line: int | None
    told: int = -1

    @property
    def key(self) -> tuple[str, int]:
        """Which printing this is."""
        return self.address, self.told


@dataclass(slots=True)
class Row:
    """A row of a table with the figures of its columns. ``code`` where the row key is a classification code."""

    key: str
    label: str
    line_key: str | None
    code: str | None
    figures: dict[str, Figure] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """One table of the report, by row and by line."""

    key: str
    rows: list[Row]
    by_key: dict[str, list[Row]]
    by_line: dict[str, list[Row]]
    columns: dict[str, None]
    precision: int
    factor: int

    @property
    def coded(self) -> list[Row]:
        """Rows that carry a code."""
        return [row for row in self.rows if row.code]

    def under(self, code: str) -> list[Row]:
        """The topmost printed rows below ``code``: its children, or theirs where a level is not printed."""
        return topmost([row for row in self.rows if row.code and row.code != code and row.code.startswith(code)])


def topmost(rows: Sequence[Row]) -> list[Row]:
    """The rows among ``rows`` that have no printed parent among them."""
    codes = {row.code for row in rows if row.code}
    return [row for row in rows if row.code and not any(row.code[:n] in codes for n in range(3, len(row.code)))]


def _usual(precisions: Iterable[tuple[int, Decimal]]) -> int:
    """The precision that most figures print; zeros count only where there is nothing else. Ties: the finer."""
    counted: Counter[int] = Counter()
    zeros: Counter[int] = Counter()
    for precision, value in precisions:
        (counted if value else zeros)[precision] += 1
    best = counted or zeros
    return max(best, key=lambda p: (best[p], p)) if best else 0


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


class Book:
    """One extraction, indexed for checking. Of several tables of one key the first is checked."""

    def __init__(self, extraction: Extraction) -> None:
        self.extraction = extraction
        self.report = extraction.report
        self.states: dict[str, ReportTable] = {}
        for entry in extraction.report.tables:
            if entry.table_key is not None:
                self.states.setdefault(entry.table_key, entry)
        self.tables: dict[str, Table] = {}
        grouped: dict[str, list[Cell]] = {}
        numbers: dict[str, int] = {}
        for cell in extraction.cells:
            if numbers.setdefault(cell.table_key, cell.table_no) == cell.table_no:
                grouped.setdefault(cell.table_key, []).append(cell)
        for key, cells in grouped.items():
            self.tables[key] = self._table(key, cells)
        self.order: dict[int, int] = {}
        self.said: dict[tuple[str, str], list[Statement]] = defaultdict(list)
        amounts: list[tuple[int, Decimal]] = []
        for number, statement in enumerate(extraction.statements):
            self.order[id(statement)] = number
            self.said[statement.topic, statement.measure].append(statement)
            if statement.unit in YUAN_PER and statement.value is not None:
                amounts.append((_places(statement.value), statement.value))
        self.text_precision = _usual(amounts)
        finest: dict[tuple[str | None, str, str], int] = {}
        for statement in extraction.statements:
            value = statement.value
            if statement.unit == "%" and value is not None and value % HUNDRED:
                group = self._group(statement)
                finest[group] = max(finest.get(group, 0), _places(value))
        self._finest = finest
        #: Told with several values in one sentence: a list that was not understood, good for no check.
        self.muddled: set[tuple[str, str, str | None]] = set()
        for (topic, measure), said in self.said.items():
            if len(said) > 1:
                values: dict[tuple[str, str | None, str | None], Decimal] = {}
                for one in said:
                    where = (one.quote, one.subject, one.base)
                    if one.value is not None and values.setdefault(where, one.value) != one.value:
                        self.muddled.add((topic, measure, one.section))

    def _table(self, key: str, cells: list[Cell]) -> Table:
        usual = _usual((c.precision or 0, c.value) for c in cells if c.value is not None)
        unit = next((c.money_unit for c in cells if c.money_unit), None) or self.report.money_unit
        factor = YUAN_PER.get(unit or "元", 1)
        table = Table(key, [], defaultdict(list), defaultdict(list), {}, usual, factor)
        for cell in cells:
            column = cell.column_key
            found = table.by_key[cell.row_key]
            # A code may stand twice, under two names: a second figure in the same column opens a second row.
            row = next((r for r in found if column not in r.figures), None)
            if row is None:
                code = cell.row_key if _CODE.fullmatch(cell.row_key) else None
                row = Row(cell.row_key, cell.row_label, cell.line_key, code)
                found.append(row)
                table.rows.append(row)
                if cell.line_key:
                    table.by_line[cell.line_key].append(row)
            table.columns[column] = None
            row.figures[column] = Figure(
                f"{key}/{cell.row_key}/{column}",
                cell.value,
                max(cell.precision or 0, usual) if cell.value is not None else usual,
                YUAN_PER[cell.money_unit] if cell.money_unit else factor,
                cell.page,
                cell.line,
            )
        return table

    # --- statements -------------------------------------------------------------------------------------------

    @staticmethod
    def _group(statement: Statement) -> tuple[str | None, str, str]:
        return statement.section, statement.topic.split(".", 1)[0], statement.measure

    def pct_precision(self, statement: Statement) -> int:
        """Promise 4: the finest precision seen in the same group of the same report."""
        printed = _places(statement.value) if statement.value is not None else 0
        if statement.qualifier and ROUNDED.search(statement.qualifier):
            return printed
        return max(printed, self._finest.get(self._group(statement), 0))

    def money(self, statement: Statement) -> Figure:
        """A statement as a figure; ``factor`` is 1 for what is not money. 持平 is a zero in the unit of the text."""
        value = statement.value
        money = statement.unit in YUAN_PER
        precision = _places(value) if value is not None else 0
        rounded = statement.qualifier and ROUNDED.search(statement.qualifier)
        if money and not rounded:
            precision = max(precision, self.text_precision if statement.unit == self._text_unit() else 0)
        return Figure(
            statement.address,
            value,
            precision,
            YUAN_PER.get(statement.unit or (self._text_unit() if value == 0 else None) or "", 1),
            statement.page,
            statement.line,
            self.order[id(statement)],
        )

    def _text_unit(self) -> str | None:
        if not hasattr(self, "_unit"):
            units = Counter(s.unit for s in self.extraction.statements if s.unit in YUAN_PER)
            self._unit = units.most_common(1)[0][0] if units else None
        return self._unit

    def missing(self, table_key: str) -> str:
        """Why there is no such table to look at, in plain words."""
        entry = self.states.get(table_key)
        words = {
            "missing": "本件没有",
            "unreadable": "无法读出",
            "withheld": "不公开",
            "no_activity": "无发生额",
            "not_required": "该年不要求",
            "present": "没有读到数字",
        }
        return f"{table_key} {words[entry.state] if entry else '本件没有'}"

    def empty(self, table_key: str) -> bool:
        """The table is said to have nothing in it (or not to be owed), so that its terms are blanks, not unknown."""
        entry = self.states.get(table_key)
        return table_key not in self.tables and entry is not None and entry.state in ("no_activity", "not_required")


# --- sides and verdicts -------------------------------------------------------------------------------------------

Signed = tuple[int, Figure]


@dataclass(slots=True)
class Verdict:
    """A result on its way: with what the grouping by root needs. ``linear`` where terms simply add up.

    ``mends`` holds, for terms of a check that is not linear, what added to the figure (in yuan, or percent) would make
    the check hold, and how far from it still does.
    """

    check_id: str
    place: str
    state: CheckState
    severity: str
    left: Sequence[Signed] = ()
    right: Sequence[Signed] = ()
    expected: Decimal | None = None
    actual: Decimal | None = None
    difference: Decimal | None = None
    tolerance: Decimal | None = None
    message: str | None = None
    root: str | None = None
    factor: int = 1
    linear: bool = False
    equality: bool = True
    mends: dict[tuple[str, int], tuple[Decimal, Decimal]] | None = None

    def repairs(self) -> dict[tuple[str, int], tuple[Decimal, Decimal]]:
        """``mends``, worked out for a sum: each printed term could carry the whole difference."""
        if self.mends is not None or not self.linear or not self.equality or self.difference is None:
            return self.mends or {}
        gap = self.difference * self.factor
        tolerance = (self.tolerance or ZERO) * self.factor
        return {
            figure.key: (-gap * sign * toward, tolerance)
            for toward, side in ((1, self.left), (-1, self.right))
            for sign, figure in side
            if figure.value is not None
        }

    def figures(self) -> list[tuple[str, int]]:
        """The printed figures that took part."""
        return [f.key for side in (self.left, self.right) for _, f in side if f.value is not None]

    def result(self) -> CheckResult:
        """The record as it leaves: only printed terms, money in one unit."""
        terms = []
        for side, signed in (("left", self.left), ("right", self.right)):
            for sign, figure in signed:
                value, precision = figure.value, figure.precision
                if value is None:
                    continue
                if self.linear and figure.factor != self.factor:
                    value, precision = converted(figure, self.factor)
                terms.append(
                    CheckTerm(figure.address, side, sign, value, precision, figure.page, figure.line)  # type: ignore[arg-type]
                )
        return CheckResult(
            self.check_id,
            self.place,
            self.state,
            self.severity,  # type: ignore[arg-type]
            self.expected,
            self.actual,
            self.difference,
            self.tolerance,
            self.root,
            self.message,
            tuple(terms),
        )


def converted(figure: Figure, factor: int) -> tuple[Decimal, int]:
    """Value and precision of ``figure`` in units of ``factor`` yuan: 1.23 万元 is 12300 元 to -2 places."""
    assert figure.value is not None
    shift = _TENTHS[factor] - _TENTHS[figure.factor]
    return figure.value.scaleb(-shift), figure.precision + shift


def figure_text(value: Decimal) -> str:
    """A figure in a message: thousands separated, as printed."""
    return f"{value:,f}" if value else "0"


def _sum(signed: Sequence[Signed], factor: int) -> tuple[Decimal, Decimal]:
    total = tolerance = ZERO
    for sign, figure in signed:
        value, precision = figure.value, figure.precision
        if value is None:
            continue
        if figure.factor != factor:
            value, precision = converted(figure, factor)
        total = total + value if sign > 0 else total - value
        tolerance += _half(precision)
    return total, tolerance


_WORDS = {"eq": "", "ge": "（应不小于）", "le": "（应不大于）"}


def compare(
    check_id: str,
    severity: str,
    place: str,
    left: Sequence[Signed],
    right: Sequence[Signed],
    *,
    relation: str = "eq",
    names: Sequence[str] = ("所印", "应有"),
    single: bool = False,
    slack: int = 1,
) -> Verdict:
    """Compare the sums of two sides by promise 4. ``single``: one figure beside one figure, no sum.

    ``slack`` multiplies the tolerance: 0 for counts, which are exact; 2 for changes, which were rounded twice.
    A blank is no term. Nothing printed on either side: not_applicable. One side wholly blank: could_not_run, but a
    sum over nothing does agree with a printed zero.
    """
    left_factors = [f.factor for _, f in left if f.value is not None]
    right_factors = [f.factor for _, f in right if f.value is not None]
    if not left_factors and not right_factors:
        return Verdict(check_id, place, "not_applicable", severity, message="两边都是空白")
    factor = min(left_factors + right_factors)
    actual, half_left = _sum(left, factor)
    expected, half_right = _sum(right, factor)
    tolerance = (half_left + half_right) * slack
    verdict = Verdict(check_id, place, "pass", severity, left, right, factor=factor, linear=True)
    verdict.equality = relation == "eq"
    verdict.tolerance = tolerance
    if not (left_factors and right_factors):
        side, other = (names[0], expected) if right_factors else (names[1], actual)
        if single or other:
            verdict.state = "could_not_run"
            verdict.actual = actual if left_factors else None
            verdict.expected = expected if right_factors else None
            verdict.message = f"{side}空白，另一边印 {figure_text(other)}；空白不作 0"
            return verdict
    difference = actual - expected
    verdict.actual, verdict.expected, verdict.difference = actual, expected, difference
    if not difference or (relation == "ge" and difference > 0) or (relation == "le" and difference < 0):
        return verdict
    verdict.state = "within_rounding" if abs(difference) <= tolerance else "fail"
    verdict.message = (
        f"{names[0]} {figure_text(actual)} 比{names[1]} {figure_text(expected)}{_WORDS[relation]}"
        f" {'多' if difference > 0 else '少'} {figure_text(abs(difference))}"
        + (f"，在容差 {figure_text(tolerance)} 之内" if verdict.state == "within_rounding" else "")
    )
    return verdict


# --- percentages --------------------------------------------------------------------------------------------------

Interval = tuple[Decimal, Decimal]


def around(figure: Figure, precision: int | None = None) -> Interval:
    """The amounts that print as ``figure``, in yuan."""
    assert figure.value is not None
    half = _half(figure.precision if precision is None else precision)
    return (figure.value - half) * figure.factor, (figure.value + half) * figure.factor


def quotient(numerator: Interval, denominator: Interval) -> Interval | None:
    """The interval of numerator / denominator; None where the denominator may be zero."""
    low, high = denominator
    if low <= 0 <= high:
        return None
    corners = [n / d for n in numerator for d in denominator]
    return min(corners), max(corners)


def judge_pct(point: Decimal, bounds: Interval, value: Decimal, precision: int) -> tuple[CheckState, str | None]:
    """Whether a printed percentage may stand for ``point``, whose amounts allow ``bounds`` (all in percent)."""
    unit = Decimal(1).scaleb(-precision)
    if point.quantize(unit, ROUND_HALF_UP) == value:
        return "pass", None
    half = _half(precision)
    if bounds[0] <= value + half and value - half <= bounds[1]:
        return "within_rounding", "在金额所允许的区间之内"
    cut = [b.quantize(unit, ROUND_DOWN) for b in bounds]
    if min(cut) <= value <= max(cut):
        return "within_rounding", "为截尾，非四舍五入"
    return "fail", None


def kept(value: Decimal) -> Decimal:
    """A computed ratio, to the six decimals that a result holds."""
    return value.quantize(PLACES, ROUND_HALF_UP)
