"""Which recognised figures an identity proves, and which it does not: errors that cancel are no proof."""

from __future__ import annotations

from decimal import Decimal

from juesuan.final_accounts.checks import catalogue
from juesuan.final_accounts.confirmation import confirm
from juesuan.final_accounts.model import Cell, CheckResult, CheckState, CheckTerm, Extraction, Method, PlacedBy, Report

REPORT = Report("d", "甲", 2023, "unit", "final_accounts", "万元", "loaded", None)
EQUATION = next(spec["id"] for spec in catalogue().identities if spec["kind"] == "sum" and "relation" not in spec)
AT_LEAST = next(spec["id"] for spec in catalogue().identities if spec.get("relation") == "ge")


def cell(
    row: str,
    text: str,
    confidence: str | None = "0.99",
    method: Method = "ocr",
    placed_by: PlacedBy = "position",
) -> Cell:
    return Cell(
        table_key="T3",
        table_no=1,
        row_key=row,
        row_label=row,
        line_key=None,
        column_key="total",
        value_text=text,
        value=Decimal(text) if text else None,
        precision=2,
        money_unit="万元",
        money_unit_source="printed",
        page=1,
        row_no=0,
        col_no=0,
        method=method,
        confidence=Decimal(confidence) if confidence else None,
        placed_by=placed_by,
    )


def summed(cells: list[Cell], state: CheckState = "pass", check_id: str = EQUATION) -> CheckResult:
    """The first cell is the sum of the others."""
    terms = tuple(
        CheckTerm(one.address, "left" if k == 0 else "right", 1, one.value, 2)
        for k, one in enumerate(cells)
        if one.value is not None
    )
    left = sum((t.value or 0 for t in terms if t.side == "left"), Decimal(0))
    right = sum((t.value or 0 for t in terms if t.side == "right"), Decimal(0))
    return CheckResult(check_id, "T3", state, "error", right, left, left - right, Decimal("0.02"), terms=terms)


def confirmed(cells: list[Cell], *checks: CheckResult) -> list[str | None]:
    made = confirm(Extraction(REPORT, tuple(cells), checks=checks or (summed(cells),)))
    return [one.confirmation for one in made.cells]


def test_a_sum_that_holds_to_the_last_digit_proves_its_figures() -> None:
    assert confirmed([cell("a", "612.30"), cell("b", "600.00"), cell("c", "12.30")]) == ["confirmed"] * 3


def test_a_figure_in_no_sum_and_one_in_a_broken_sum_are_unconfirmed() -> None:
    cells = [cell("a", "612.30"), cell("b", "600.00"), cell("c", "12.80")]
    assert confirmed(cells, summed(cells, "fail")) == ["unconfirmed"] * 3
    cells = [cell("a", "612.30"), cell("b", "600.00"), cell("c", "12.30"), cell("d", "5.00")]
    assert confirmed(cells, summed(cells[:3])) == [*["confirmed"] * 3, "unconfirmed"]


def test_what_holds_within_rounding_is_no_proof() -> None:
    cells = [cell("a", "612.31"), cell("b", "600.00"), cell("c", "12.30")]
    assert confirmed(cells, summed(cells, "within_rounding")) == ["unconfirmed"] * 3
    assert confirmed(cells, summed(cells, "pass")) == ["unconfirmed"] * 3  # passed by its tolerance


def test_a_total_beside_its_only_part_may_be_misread_alike() -> None:
    assert confirmed([cell("a", "81.90", "0.97"), cell("b", "81.90", "0.95")]) == ["confirmed"] * 2
    assert confirmed([cell("a", "81.90", "0.97"), cell("b", "81.90", "0.62")]) == ["unconfirmed"] * 2
    with_zero = [cell("a", "81.90", "0.97"), cell("b", "81.90", "0.62"), cell("c", "0.00")]
    assert confirmed(with_zero) == ["unconfirmed"] * 3


def test_one_doubtful_figure_is_proved_by_sure_ones_but_not_two() -> None:
    assert confirmed([cell("a", "612.30", "0.49"), cell("b", "600.00"), cell("c", "12.30")]) == ["confirmed"] * 3
    two = [cell("a", "612.30", "0.49"), cell("b", "600.00", "0.60"), cell("c", "12.30")]
    assert confirmed(two) == ["unconfirmed"] * 3


def test_a_zero_is_proved_as_any_other_figure() -> None:
    cells = [cell("a", "612.30"), cell("b", "600.00"), cell("c", "12.30"), cell("d", "0.00")]
    assert confirmed(cells)[-1] == "confirmed"
    assert confirmed([cell("a", "0.00"), cell("b", "0.00", "0.70")]) == ["unconfirmed"] * 2


def test_a_blank_is_no_figure_and_a_figure_that_was_not_recognised_needs_no_proof() -> None:
    cells = [cell("a", "612.30"), cell("b", "600.00"), cell("c", "12.30"), cell("d", "", None)]
    assert confirmed(cells)[-1] is None
    assert confirmed([cell("a", "5.00", None, "pdf"), cell("b", "5.00", None, "pdf")]) == [None, None]
    mixed = [cell("a", "612.30", None, "pdf"), cell("b", "600.00", None, "pdf"), cell("c", "12.30")]
    assert confirmed(mixed) == [None, None, "confirmed"]


def test_a_check_that_placed_a_figure_is_no_evidence_for_it() -> None:
    cells = [cell("a", "612.30"), cell("b", "600.00"), cell("c", "12.30", placed_by="identity")]
    assert confirmed(cells) == ["unconfirmed"] * 3


def test_a_limit_that_is_just_reached_is_no_proof() -> None:
    cells = [cell("a", "612.30"), cell("b", "600.00"), cell("c", "12.30")]
    assert confirmed(cells, summed(cells, check_id=AT_LEAST)) == ["unconfirmed"] * 3


def test_an_address_that_stands_twice_proves_nothing() -> None:
    cells = [cell("a", "612.30"), cell("b", "600.00"), cell("b", "12.30")]
    assert confirmed(cells) == ["unconfirmed"] * 3
