"""Killed at any point from landing to switch: readers see the last published version whole, and the next run
ends with the tables of an undisturbed one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.house import CHECKOUT

pytestmark = pytest.mark.integration

#: The points are shared out, so that two processors try them at the same time.
PARTS = 2
#: What the house promises to have been killed at, all parts together.
POINTS = 50
#: CI tries every point; a person who waits for ``make test`` every fourth one, and one of the two of the real models.
EVERY_POINT = bool(os.environ.get("JUESUAN_EVERY_POINT"))


def drive(tmp_path: Path, *arguments: str) -> list[dict[str, Any]]:
    """Run the driver; its lines."""
    command = [sys.executable, "-m", "tests.integration.kill_driver", str(tmp_path / "house"), *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.long
@pytest.mark.parametrize("part", range(PARTS))
def test_a_kill_leaves_the_last_version_whole_and_the_next_run_completes(part: int, tmp_path: Path) -> None:
    step = PARTS if EVERY_POINT else 4 * PARTS
    head, *tried = drive(tmp_path, str(part), str(step))
    assert head["changed"], "the change must show, or nothing is proved"
    assert head["points"] >= POINTS
    assert len(tried) == len(range(part, head["points"], step))
    assert [one for one in tried if not one["killed"]] == []
    assert [one for one in tried if one["read"] not in ("before", "after")] == []
    assert [one for one in tried if one["next"] not in ("published", "nothing_to_do")] == []
    assert [one for one in tried if not one["same"]] == []
    switched = [one for one in tried if one["read"] == "after"]
    for one in switched:  # only from the switch on may readers see the new version
        assert one["point"].startswith(("publish.link.switched", "publish.pending", "publish.retire")), one


@pytest.mark.long
def test_the_real_models_are_completed_after_a_kill_between_them(tmp_path: Path) -> None:
    """Some models have the new report and some do not; the next run gives all of them as undisturbed."""
    points = ["dbt.fct_release.finished", "dbt.unit_year.finished"][: None if EVERY_POINT else 1]
    head, *tried = drive(tmp_path, "real", *points)
    assert head["changed"]
    assert [one["point"] for one in tried] == points
    assert [one["read"] for one in tried] == ["before"] * len(points)
    assert [one["next"] for one in tried] == ["published"] * len(points)
    assert [one for one in tried if not (one["killed"] and one["same"])] == []
