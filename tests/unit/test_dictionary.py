"""The data dictionary: what is found by which words, and that the page is what the models say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from juesuan.cli import app
from juesuan.dictionary import Entry, entries, page, search
from juesuan.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def known() -> list[Entry]:
    return entries(Settings.load({"JUESUAN_HOME": str(ROOT)}))


def test_the_page_is_what_the_models_say(known: list[Entry]) -> None:
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == page(known), "run python -m juesuan.dictionary docs/data-dictionary.md"


def test_every_table_and_column_is_told_in_both_languages(known: list[Entry]) -> None:
    said = [e for e in known if e.kind != "form"]
    assert len(said) > 1000
    assert [f"{e.place}.{e.column}" for e in said if not e.chinese or not e.english] == []


def test_who_knows_the_printed_table_finds_the_column() -> None:
    settings = Settings.load({"JUESUAN_HOME": str(ROOT)})
    for words in (["表3", "基本支出"], ["表三", "基本支出"], ["支出决算表", "basic", "T3"]):
        found = search(settings, words)
        assert any("marts.spending_by_function.basic_yuan where basis = 'all_sources'" in e.english for e in found), (
            words
        )
    assert all(e.column.startswith("T1/") for e in search(settings, ["表1"]) if e.kind == "form"), "表1 is not 表10"
    assert {e.place for e in search(settings, ["deviation_ratio"])} == {"marts.budget_execution"}


def test_homes_in_the_warehouse_are_columns_that_exist(known: list[Entry]) -> None:
    places = {e.place for e in known} | {f"{e.place}.{e.column}" for e in known if e.kind == "marts"}
    homes = [e.english.partition("; also ")[2].partition(" where ")[0] for e in known if e.kind == "form"]
    assert sum(bool(home) for home in homes) > 100
    assert {home for home in homes if home} <= places


def test_the_command_answers_people_and_programs() -> None:
    runner = CliRunner()
    answer = runner.invoke(app, ["dictionary", "表3", "基本支出", "--json"])
    assert answer.exit_code == 0
    assert {"T3/basic"} == {entry["column"] for entry in json.loads(answer.stdout)}
    shown = runner.invoke(app, ["dictionary", "peer_rank"])
    assert "marts.peer_comparison" in shown.stdout
    nothing = runner.invoke(app, ["dictionary", "没有这个词"])
    assert nothing.exit_code != 0
