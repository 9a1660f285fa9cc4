"""Printed numbers: exact, with their precision, and a tolerance that is arithmetic."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts.model import FigureDoesNotFit
from juesuan.final_accounts.numbers import half_unit, holds, is_figure, parse_figure, plain, tolerance

money = st.decimals(min_value=Decimal("-99999999999"), max_value=Decimal("99999999999"), places=2)


@given(money)
def test_what_is_printed_with_separators_comes_back_exactly(value: Decimal) -> None:
    got = parse_figure(f"{value:,.2f}")
    assert got is not None
    assert (got.value, got.precision) == (value, 2)


@given(money)
def test_full_width_digits_are_digits(value: Decimal) -> None:
    wide = f"{value:.2f}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．"))
    got = parse_figure(wide)
    assert got is not None
    assert got.value == value


@pytest.mark.parametrize(
    "text",
    ["", "-", "--", "—", "12,34.5", "1,2345", "12.30,45.60", "1.2.3", "3万", "合计", "１２３a", "1 234 x", "(-5)"],
)
def test_what_is_not_exactly_one_figure_is_none(text: str) -> None:
    assert parse_figure(text) is None


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [("3,507.84", "3507.84", 2), ("0", "0", 0), ("0.00", "0.00", 2), ("-6.20", "-6.20", 2), ("－12", "-12", 0),
     ("(1,234.50)", "-1234.50", 2), ("（3.1）", "-3.1", 1), (" 1,234,567 ", "1234567", 0)],
)  # fmt: skip
def test_figures_as_reports_print_them(text: str, value: str, precision: int) -> None:
    got = parse_figure(text)
    assert got is not None
    assert (str(got.value), got.precision) == (value, precision)


@pytest.mark.parametrize("text", ["1.1234567", "1234567890123456789"])
def test_what_does_not_fit_is_a_typed_error_and_never_rounded(text: str) -> None:
    with pytest.raises(FigureDoesNotFit, match="DECIMAL"):
        parse_figure(text)


@given(st.lists(st.tuples(money, st.integers(0, 4)), min_size=1, max_size=30))
def test_rounded_terms_never_miss_their_rounded_sum_by_more_than_the_tolerance(
    terms: list[tuple[Decimal, int]],
) -> None:
    exact = sum((v for v, _ in terms), Decimal(0))
    printed = [v.quantize(Decimal(1).scaleb(-p)) for v, p in terms]
    total = exact.quantize(Decimal("0.01"))
    assert abs(sum(printed, Decimal(0)) - total) <= tolerance([p for _, p in terms] + [2])


def test_half_a_unit_of_the_last_printed_place() -> None:
    assert half_unit(2) == Decimal("0.005")
    assert half_unit(0) == Decimal("0.5")
    assert tolerance([2, 2, 2]) == Decimal("0.015")


@given(money)
def test_plain_strings_have_no_exponent_and_no_negative_zero(value: Decimal) -> None:
    text = plain(value)
    assert text is not None
    assert "E" not in text.upper()
    assert Decimal(text) == value
    assert not text.startswith("-0.00") or value != 0
    assert plain(Decimal("-0.00")) == "0.00"
    assert plain(None) is None


@pytest.mark.parametrize(
    ("value", "unit", "fits"),
    [("0.000001", "万元", True), ("0.0000001", "万元", False), ("12.345", "元", False), ("12.340", "元", True),
     ("9999999999999999.99", "元", True), ("99999999999999999", "元", False), ("1e-9", None, False),
     ("999999999999", "万元", True), ("9999999999999", "万元", False), ("12.3456789", "%", False)],
)  # fmt: skip
def test_what_the_warehouse_holds_exactly(value: str, unit: str | None, fits: bool) -> None:
    assert holds(Decimal(value), unit) is fits


def test_a_figure_of_too_many_digits_is_a_figure_all_the_same() -> None:
    assert is_figure("5.2147483647") and is_figure("1,234.50") and is_figure("(0.5)")
    assert not is_figure("12,34.5") and not is_figure("合计")
