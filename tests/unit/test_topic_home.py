"""The warehouse looks for a topic's amount where check W-N-01 of the library does.

Belongs here: that the two lists say the same. Does not belong here: what either does with them.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]


def _check(content: Any, check_id: str) -> Any:
    found = content if isinstance(content, list) else list(content.values()) if isinstance(content, dict) else []
    if isinstance(content, dict) and content.get("id") == check_id:
        return content
    return next((got for one in found if (got := _check(one, check_id)) is not None), None)


def test_topics_have_the_homes_that_the_check_gives_them() -> None:
    text = (ROOT / "orchestration/juesuan/final_accounts/forms/checks.yml").read_text(encoding="utf-8")
    expected = []
    for key, terms in _check(yaml.safe_load(text), "W-N-01")["homes"].items():
        topic, _, measure = key.rpartition("/")
        cells = [choice[0] for one in terms for choice in (one["any"] if isinstance(one, dict) else [[one]])]
        for place, cell in enumerate(cells if measure == "amount" else (), 1):
            table, row, column = cell.split("/")
            line = row[1:] if row.startswith("@") else ""
            own = "" if line or row == "{code}" else row
            expected.append([topic, str(place), table, line, own, column])
    with (ROOT / "dbt_project/seeds/topic_home.csv").open(encoding="utf-8") as file:
        assert list(csv.reader(file))[1:] == expected
