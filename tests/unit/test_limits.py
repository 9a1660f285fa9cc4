"""What the page of limits says is what holds."""

from __future__ import annotations

import re
from dataclasses import fields

from juesuan.final_accounts.readers import DEFAULT, Limits
from juesuan.settings import Settings
from tests.conftest import ROOT

ROWS = re.findall(
    r"^\| `(\w+)` \| ([\d,]+) \| .* \| (?:`(\w+)` )?\|$", (ROOT / "docs/limits.md").read_text("utf-8"), re.M
)


def test_the_page_of_limits_has_each_with_its_default() -> None:
    said = {name: float(number.replace(",", "")) for name, number, _ in ROWS}
    assert said == {one.name: float(getattr(DEFAULT, one.name)) for one in fields(Limits)}


def test_the_variables_that_it_names_raise_them_and_no_others_do() -> None:
    named = {variable: name for name, _, variable in ROWS if variable}
    limits = Settings.load(dict.fromkeys(named, "7")).limits
    assert {one.name for one in fields(Limits) if getattr(limits, one.name) == 7} == set(named.values())


def test_each_limit_is_explained_where_it_stands() -> None:
    for one in fields(Limits):
        assert f"``{one.name}``" in (Limits.__doc__ or "")
