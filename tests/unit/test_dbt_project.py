"""The habits of the dbt project: everything described in two languages, typed by contract, portable, and without years
or places in its SQL.
"""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2] / "dbt_project"
MODELS = PROJECT / "models"
FORMS = PROJECT.parent / "orchestration" / "juesuan" / "final_accounts" / "forms"

STEMS = sorted(path.with_suffix("") for path in MODELS.rglob("*.sql"))
SQL = sorted(path for folder in ("models", "macros", "tests") for path in (PROJECT / folder).rglob("*.sql"))
#: Chinese up to its last full stop, then English.
TWO_LANGUAGES = re.compile(r".*[\u4e00-\u9fff].*。[^。]*[A-Za-z]{2,}[^。]*", re.DOTALL)
#: What each model may say of how far a changed report reaches.
REACHES = {"report", "year", "series", "peers", "everything"}
#: Said by DuckDB alone; what the engines say differently goes through macros/dispatched.sql.
ONLY_DUCKDB = re.compile(
    r"::|\bqualify\b|\bunnest\b|\bgroup by all\b|\border by all\b|\blist_\w+\(|\bstruct_\w+\(|\bexclude\s*\(|\basof\b|"
    r"\bpivot\b|\bhugeint\b|\bilike\b|\bstrptime\b|\berror\(",
    re.IGNORECASE,
)


def without_comments(sql: str) -> str:
    """SQL and jinja as they run: without comments."""
    return re.sub(r"--[^\n]*|\{#.*?#\}", " ", sql, flags=re.DOTALL)


@cache
def docs() -> dict[str, str]:
    """The doc blocks by name."""
    found = {}
    for path in MODELS.rglob("*.md"):
        for name, text in re.findall(r"\{% docs (\w+) %\}(.*?)\{% enddocs %\}", path.read_text("utf-8"), re.DOTALL):
            assert name not in found, f"doc block {name} stands twice"
            found[name] = text.strip()
    return found


def text_of(description: str) -> str:
    """A description as dbt renders it."""
    return re.sub(r"\{\{ doc\('(\w+)'\) \}\}", lambda m: docs()[m[1]], description)


def described(stem: Path) -> dict[str, Any]:
    (model,) = yaml.safe_load(stem.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    return model


@pytest.mark.parametrize("stem", STEMS, ids=lambda stem: stem.name)
def test_model_and_columns_are_described_in_chinese_and_english(stem: Path) -> None:
    model = described(stem)
    assert model["name"] == stem.name
    assert TWO_LANGUAGES.fullmatch(text_of(model["description"])), model["description"]
    assert model["columns"], "a model has columns"
    for column in model["columns"]:
        assert TWO_LANGUAGES.fullmatch(text_of(column["description"])), column["name"]


@pytest.mark.parametrize("stem", STEMS, ids=lambda stem: stem.name)
def test_a_description_begins_with_the_grain(stem: Path) -> None:
    assert re.match(r"一行一|仅一行|唯一一行", text_of(described(stem)["description"])), described(stem)["description"]


@pytest.mark.parametrize("stem", STEMS, ids=lambda stem: stem.name)
def test_every_column_has_its_type_and_money_is_decimal(stem: Path) -> None:
    for column in described(stem)["columns"]:
        assert column.get("data_type"), column["name"]
        assert column["data_type"] not in ("double", "float", "real"), f"{column['name']} is a binary fraction"
        if column["name"].endswith("_yuan"):
            assert re.sub(r"\s", "", column["data_type"]) == "decimal(18,2)", column["name"]


def test_contracts_hold_for_every_model() -> None:
    config = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["models"]["juesuan"]
    assert config["+contract"] == {"enforced": True}
    assert config["+on_schema_change"] == "fail"
    for path in MODELS.rglob("*"):
        if path.suffix in (".sql", ".yml"):
            assert not re.search(r"enforced['\"]?:\s*false", path.read_text(encoding="utf-8"), re.IGNORECASE), path


@pytest.mark.parametrize("stem", STEMS, ids=lambda stem: stem.name)
def test_every_table_states_its_reach_and_deletes_by_the_list_of_affected_reports(stem: Path) -> None:
    sql = stem.with_suffix(".sql").read_text(encoding="utf-8")
    if stem.parent.name == "staging" and stem.name != "stg_cell":
        assert "config(" not in sql, "staging is configured in one place: views that reach as far as their rows"
        return
    reach = re.search(r"'reach': '(\w+)'", sql)
    assert reach, "meta.reach is stated"
    assert reach[1] in REACHES
    if "materialized='incremental'" in sql:
        assert "incremental_strategy='replace_affected'" in sql
        assert "only_affected(" in sql
        assert reach[1] != "everything"
        assert "report_id" in {column["name"] for column in described(stem)["columns"]}
        filtered = re.search(rf"only_affected\('(\w+\.)?report_id', '{reach[1]}'\)", sql)
        assert filtered or reach[1] == "report", "reach and filter agree"


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_sql_names_no_year_and_branches_on_none(path: Path) -> None:
    code = without_comments(path.read_text(encoding="utf-8"))
    assert not re.search(r"\b20[0-4]\d\b", code), "a year is data"
    assert not re.search(r"fiscal_year\s*(?:=|<>|<|>|in)\s*\(?'?\d", code), "no rule hangs on a year"
    assert not re.search(r"\{%-?\s*if[^%]*year\s*[=<>]", code), "no branch hangs on a year"


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_sql_names_no_place(path: Path) -> None:
    with (FORMS / "divisions.csv").open(encoding="utf-8", newline="") as file:
        names = {row["name"] for row in csv.DictReader(file) if row["level"] != "county" and len(row["name"]) > 2}
    assert len(names) > 300
    text = path.read_text(encoding="utf-8")
    assert [name for name in sorted(names) if name in text or name.removesuffix("市").removesuffix("省") in text] == []


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_models_keep_to_sql_that_both_engines_speak(path: Path) -> None:
    if path.name == "dispatched.sql":
        return
    assert ONLY_DUCKDB.findall(without_comments(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", SQL, ids=lambda path: path.stem)
def test_only_two_macros_convert_and_divide_money(path: Path) -> None:
    if path.parent.name == "macros":
        return
    code = without_comments(path.read_text(encoding="utf-8"))
    assert not re.search(r"[*/]\s*10{3,}\b", code), "money units are converted by to_yuan"
    assert not re.search(r"_yuan\s*/|/\s*\w*_yuan", code), "ratios of money go through ratio"


def test_every_doc_block_is_used_and_every_one_used_exists() -> None:
    used = set()
    for stem in STEMS:
        used |= set(re.findall(r"doc\('(\w+)'\)", stem.with_suffix(".yml").read_text(encoding="utf-8")))
    assert used == set(docs())


def test_every_seed_says_what_its_columns_are() -> None:
    files = {path.stem: path for folder in (PROJECT / "seeds", FORMS) for path in folder.glob("*.csv")}
    notes = {path.stem: path for path in (PROJECT / "seeds").glob("*.yml")}
    assert set(files) == set(notes)
    for name, path in files.items():
        (seed,) = yaml.safe_load(notes[name].read_text(encoding="utf-8"))["seeds"]
        assert TWO_LANGUAGES.fullmatch(seed["description"]), name
        with path.open(encoding="utf-8", newline="") as file:
            header = next(csv.reader(file))
        assert [column["name"] for column in seed["columns"]] == header, name
        types = seed["config"]["column_types"]
        assert set(types) == set(header), name
        for column in seed["columns"]:
            assert TWO_LANGUAGES.fullmatch(column["description"]), f"{name}.{column['name']}"
            if column["name"].endswith("code"):
                assert types[column["name"]] == "varchar", "a code is text, its zeros count"


def test_form_lists_name_the_columns_and_lines_of_the_form_definitions() -> None:
    forms = yaml.safe_load((FORMS / "tables.yml").read_text(encoding="utf-8"))["tables"]
    with (PROJECT / "seeds" / "form_column.csv").open(encoding="utf-8", newline="") as file:
        columns = {(row["table_key"], row["column_key"]) for row in csv.DictReader(file)}
    with (PROJECT / "seeds" / "form_line.csv").open(encoding="utf-8", newline="") as file:
        lines = {(row["table_key"], row["line_key"]) for row in csv.DictReader(file)}

    def line_keys(entries: list[dict[str, Any]]) -> set[str]:
        found = set()
        for entry in entries:
            found.add(entry["key"])
            found |= line_keys(entry.get("children", []))
        return found

    for key, form in forms.items():
        if key not in {table for table, _ in columns}:
            continue
        sides = form.get("sides", {}).values() or [form]
        for side in sides:
            wanted = {(key, column["key"]) for column in side.get("columns", [])}
            assert wanted <= columns, wanted - columns
            wanted = {(key, line) for line in line_keys(side.get("lines", []))}
            assert wanted <= lines, wanted - lines
        for item in form.get("facets", {}).get("item", {}):
            for stage in [*form["facets"]["stage"], *form["budget_stage"]]:
                named = form.get("renamed", {}).get(f"{item}_{stage}", f"{item}_{stage}")
                assert (key, named) in columns


def test_the_wide_table_has_every_indicator_of_the_catalogue() -> None:
    """Members (shares by class) are rows only; four amounts are columns of the table under names of their own."""

    def seed(name: str) -> list[dict[str, str]]:
        with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    own = {"three_public", "agency_operating_expenses", "procurement_total", "vehicles"}
    recorded = {
        row["indicator_key"]
        for row in seed("indicator_catalogue")
        if row["is_recorded"] == "true" and row["is_by_member"] == "false"
    }
    wanted = {
        (row["indicator_key"], row["budget_stage"])
        for row in seed("indicator_term")
        if row["indicator_key"] in recorded - own
    }
    text = (PROJECT / "macros" / "indicators.sql").read_text(encoding="utf-8")
    columns = re.findall(r"\('(\w+)', '(\w+)', '(\w+)'\)", text)
    assert {(key, stage) for _, key, stage in columns} == wanted
    assert len(wanted) == len(columns) > 50


def test_seeds_of_indicators_speak_only_of_what_exists() -> None:
    def column(name: str, key: str) -> set[str]:
        with (PROJECT / "seeds" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return {row[key] for row in csv.DictReader(file)}

    inputs, indicators = column("indicator_input_list", "input_key"), column("indicator_catalogue", "indicator_key")
    assert column("indicator_term", "input_key") <= inputs
    assert column("indicator_source", "input_key") == inputs
    assert column("indicator_term", "indicator_key") <= indicators
