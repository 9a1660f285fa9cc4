"""Lines of codes across years: from the changes, and as the project keeps them.

Belongs here: code_lines.py and its lists. Does not belong here: what the models make of them (test_history.py).
"""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from juesuan.code_lines import Change, ChangesContradict, CodeLine, code_lines, read_changes

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
HEAD = "effective_year,old_code,new_code,basis,confidence,note\n"


def lines(*changes: tuple[int, str, str | None, str]) -> dict[tuple[str, int], tuple[str, str, str]]:
    found = code_lines([Change(year, old, new, confidence, "") for year, old, new, confidence in changes])
    return {(one.code, one.from_year): (one.line_code, one.mapping, one.confidence) for one in found}


@pytest.mark.parametrize("name", ["functional", "economic"])
def test_the_lines_kept_are_those_of_the_changes(name: str) -> None:
    made = code_lines(read_changes(SEEDS / f"{name}_change.csv"))
    with (SEEDS / f"{name}_line.csv").open(encoding="utf-8", newline="") as file:
        kept = [tuple(row) for row in csv.reader(file)][1:]
    assert kept == [tuple(str(getattr(one, field)) for field in CodeLine.__slots__) for one in made]


def test_a_chain_of_changes_one_into_one_has_its_latest_code() -> None:
    got = lines((2016, "20101", "20102", "H"), (2019, "20102", "20199", "L"))
    assert got == {
        ("20101", 1900): ("20199", "one_to_one", "L"),
        ("20102", 2016): ("20199", "one_to_one", "L"),
        ("20199", 2019): ("20199", "one_to_one", "L"),
    }


def test_a_code_that_is_used_again_is_another_line() -> None:
    got = lines((2018, "30311", "30113", "M"))
    assert got == {("30311", 1900): ("30113", "one_to_one", "M"), ("30113", 2018): ("30113", "one_to_one", "M")}


def test_a_split_has_the_common_parent_and_codes_of_two_classes_are_a_group() -> None:
    got = lines(
        (2018, "30104", "30110", "M"),
        (2018, "30104", "30111", "H"),
        (2019, "21010", "20138", "M"),
        (2019, "20115", "20138", "M"),
    )
    assert got["30104", 1900] == got["30110", 2018] == ("301", "common_parent", "M")
    assert got["21010", 1900] == got["20138", 2019] == ("20115+20138+21010", "group", "M")


def test_a_code_that_was_given_up_ends() -> None:
    assert lines((2018, "304", None, "M")) == {("304", 1900): ("304", "ended", "M")}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("20199,30104,30110,recall,M,", "row 2: effective_year '20199' is no plausible year"),
        ("2018,3010,30110,recall,M,", "row 2: '3010' is no code of 3, 5 or 7 digits"),
        ("2018,30104,3011x,recall,M,", "row 2: '3011x' is no code"),
        ("2018,30104,30110,recall,sure,", "row 2: confidence must be H, M or L"),
        ("2018,30104,30110,recall,M,\n2018,30104,30110,recall,M,", "row 3: the same change as row 2"),
    ],
)
def test_a_list_of_changes_that_cannot_be_so_is_named_by_file_and_row(tmp_path: Path, row: str, said: str) -> None:
    (tmp_path / "changes.csv").write_text(HEAD + row + "\n", encoding="utf-8")
    with pytest.raises(ChangesContradict) as refused:
        read_changes(tmp_path / "changes.csv")
    assert str(refused.value).startswith("changes.csv: ") and said in str(refused.value)
