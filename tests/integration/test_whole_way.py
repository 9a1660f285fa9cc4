"""The two real reports through the real models: built step by step they give the tables of a build from nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fixtures.house import CHECKOUT, content, settings

from juesuan import transform, warehouse
from juesuan.final_accounts.archive import Archive
from juesuan.refresh import refresh

pytestmark = pytest.mark.integration

DOCUMENTS = CHECKOUT / "raw" / "documents"
TEXT = "qingyuan-dsb-own-level-2023.txt"
PDF = "shanghai-putuo-finance-2024.pdf"


def differing(one: dict[str, list[tuple]], other: dict[str, list[tuple]]) -> set[str]:
    """Tables and views that differ, but for the one that tells what differs from the version before."""
    names = {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}
    return names - {"marts.version_change"}


@pytest.mark.long
def test_step_by_step_and_at_once_give_the_same_tables(tmp_path: Path) -> None:
    """One report came after the other, one was withdrawn and put back: one test, as each step stands on the last."""
    house = settings(tmp_path / "house", "real")

    def step(change: Callable[[Archive], object]) -> dict[str, list[tuple]]:
        change(Archive(house.raw))
        outcome = refresh(house)
        assert outcome.outcome == "published", outcome.message
        return content(house.published)

    step(lambda archive: archive.add(DOCUMENTS / TEXT))
    both = step(lambda archive: archive.add(DOCUMENTS / PDF))
    with warehouse.connect(house.published) as connection:
        counts = connection.execute("select count(value) from raw.cell group by document_id order by all").fetchall()
        ((gone,),) = connection.execute("select report_id from raw.report where fiscal_year = 2023").fetchall()
    assert counts == [(195,), (753,)], "every printed figure of both reports"

    withdrawn = step(lambda archive: archive.withdraw(TEXT, "to see it go"))
    withdrawn.pop("marts.version_change")  # says that it went
    assert [name for name, rows in withdrawn.items() if any(gone in row for row in rows)] == []

    restored = step(lambda archive: archive.restore(TEXT, "to see it come back"))
    assert differing(both, restored) == set()

    assert refresh(house, rebuild=True).outcome == "published"
    assert differing(restored, content(house.published)) == set()

    page = transform.write_site(house, tmp_path / "site").read_text(encoding="utf-8")
    assert "model.juesuan.published_figure" in page and json.dumps("一行一个数据格")[1:-1] in page
