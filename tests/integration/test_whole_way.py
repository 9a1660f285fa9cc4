"""The two real reports through the real models: built step by step they give the tables of a build from nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.fixtures.house import CHECKOUT, content, settings

from juesuan import warehouse
from juesuan.final_accounts.archive import Archive
from juesuan.refresh import refresh
from juesuan.settings import Settings

pytestmark = pytest.mark.integration

DOCUMENTS = CHECKOUT / "raw" / "documents"
TEXT = "qingyuan-dsb-own-level-2023.txt"
PDF = "shanghai-putuo-finance-2024.pdf"


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, dict[str, dict[str, list[tuple]]]]:
    """A house to which one report came after the other, one was withdrawn and put back; its tables at each step."""
    house = settings(tmp_path_factory.mktemp("whole") / "house", "real")
    found: dict[str, dict[str, list[tuple]]] = {}

    def step(name: str, change: Callable[[Archive], object]) -> None:
        change(Archive(house.raw))
        outcome = refresh(house)
        assert outcome.outcome == "published", outcome.message
        found[name] = content(house.published)

    step("text", lambda archive: archive.add(DOCUMENTS / TEXT))
    step("both", lambda archive: archive.add(DOCUMENTS / PDF))
    step("withdrawn", lambda archive: archive.withdraw(TEXT, "to see it go"))
    step("restored", lambda archive: archive.restore(TEXT, "to see it come back"))
    return house, found


def differing(one: dict[str, list[tuple]], other: dict[str, list[tuple]]) -> list[str]:
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def test_all_figures_of_both_reports_are_published(steps: tuple[Settings, dict]) -> None:
    house, _ = steps
    with warehouse.connect(house.published) as connection:
        counts = connection.execute(
            "select document_id, count(value) from raw.cell group by all order by count(value)"
        ).fetchall()
    assert [count for _, count in counts] == [195, 753]


def test_a_rebuild_gives_the_same_tables_row_for_row(steps: tuple[Settings, dict]) -> None:
    house, found = steps
    assert refresh(house, rebuild=True).outcome == "published"
    assert set(differing(found["restored"], content(house.published))) <= {"marts.version_change"}


def test_what_was_withdrawn_and_restored_is_as_before(steps: tuple[Settings, dict]) -> None:
    _, found = steps
    assert set(differing(found["both"], found["restored"])) <= {"marts.version_change"}


def test_nothing_of_a_withdrawn_report_stays(steps: tuple[Settings, dict]) -> None:
    house, found = steps
    with warehouse.connect(house.published) as connection:
        ((gone,),) = connection.execute(
            "select report_id from raw.report where fiscal_year = 2023 and scope = 'own_level'"
        ).fetchall()
    still = [
        name
        for name, rows in found["withdrawn"].items()
        if name != "marts.version_change" and any(gone in row for row in rows)
    ]
    assert still == []
