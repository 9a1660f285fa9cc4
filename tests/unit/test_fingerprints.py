"""Fingerprints: whatever changes a published table changes one of its parts, and nothing else does."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from juesuan import fingerprints
from juesuan.settings import Settings
from tests.fixtures.house import settings


@pytest.fixture
def house(tmp_path: Path) -> Settings:
    return settings(tmp_path)


def changed(house: Settings, before: dict[str, str]) -> set[str]:
    after = fingerprints.parts(house, before["archive"])
    return {name for name in before if before[name] != after[name]}


def test_equal_input_is_an_equal_fingerprint(house: Settings, tmp_path: Path) -> None:
    one = fingerprints.parts(house, "archive")
    shutil.copytree(house.dbt_project, tmp_path / "elsewhere" / "dbt_project")
    other = fingerprints.parts(Settings.load({"JUESUAN_HOME": str(tmp_path / "elsewhere")}), "archive")
    assert one == other
    assert fingerprints.fingerprint(one) == fingerprints.fingerprint(other)


@pytest.mark.parametrize("file", ["models/unit_year.sql", "seeds/tables.csv", "dbt_project.yml", "models/new.sql"])
def test_a_model_a_seed_or_the_project_changes_its_part_alone(house: Settings, file: str) -> None:
    before = fingerprints.parts(house, "archive")
    with (house.dbt_project / file).open("a") as text:
        text.write("\n")
    assert changed(house, before) == {"dbt_project"}


def test_what_dbt_writes_changes_nothing(house: Settings) -> None:
    before = fingerprints.parts(house, "archive")
    for written in ("target/manifest.json", "logs/dbt.log", ".user.yml"):
        (house.dbt_project / written).parent.mkdir(exist_ok=True)
        (house.dbt_project / written).write_text("x")
    assert changed(house, before) == set()


def test_another_archive_dirties_no_model_but_another_library_does(house: Settings) -> None:
    before = fingerprints.parts(house, "archive")
    assert fingerprints.models_fingerprint(before) == fingerprints.models_fingerprint(before | {"archive": "b"})
    assert fingerprints.models_fingerprint(before) != fingerprints.models_fingerprint(before | {"library": "b"})
    assert fingerprints.fingerprint(before) != fingerprints.fingerprint(before | {"archive": "b"})


def test_asking_needs_neither_dagster_nor_dbt_nor_duckdb() -> None:
    code = (
        "import sys, juesuan.refresh, juesuan.sources, juesuan.publish; "
        "print([m for m in ('dagster', 'dbt', 'duckdb', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
