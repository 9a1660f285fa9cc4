"""The registry: what its files may not say, and which units are one series.

Belongs here: rows, rules and successions. Does not belong here: resolving the names of documents (test_archive.py).
"""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts.model import ArchiveError
from juesuan.final_accounts.registry import Registry
from juesuan.final_accounts.registry_rows import Series, Succession, series
from juesuan.final_accounts.store import LocalStore

UNITS = "unit_id,division_code,kind,kind_source,kind_confidence,confirmed,note\n" + "".join(
    f"{one},990101,,,,true,\n" for one in "abcdef"
)
NAMES = "unit_id,name,name_kind,from_year,to_year,source\n"
IDENTIFIERS = "unit_id,identifier_kind,value,from_year,to_year,source\n"
PARENTS = "unit_id,parent_unit_id,from_year,to_year,source\n"
EXPECTED = "unit_id,from_year,to_year,scope,state,reason,source\n"
DISCREPANCIES = "unit_id,fiscal_year,scope,check_id,place,verdict,reason,source\n"
APPROVALS = "unit_id,fiscal_year,scope,approved_on,source\n"
SUCCESSION = "predecessor_unit_id,successor_unit_id,kind,from_year,effective_on,evidence,confidence,note\n"


def registry(folder: Path, **files: str) -> Registry:
    """The registry of some files, their text without the header's line."""
    heads = {
        "unit_names": NAMES,
        "unit_identifiers": IDENTIFIERS,
        "unit_parents": PARENTS,
        "expected": EXPECTED,
        "approvals": APPROVALS,
        "known_discrepancies": DISCREPANCIES,
        "succession": SUCCESSION,
    }
    (folder / "registry").mkdir(exist_ok=True)
    (folder / "registry" / "units.csv").write_text(files.pop("units", UNITS), encoding="utf-8")
    for name, text in files.items():
        (folder / "registry" / f"{name}.csv").write_text(heads[name] + text, encoding="utf-8")
    return Registry(LocalStore(folder))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"units": "unit_id\nu1\n"}, "units.csv: its columns must be unit_id, division_code"),
        ({"units": UNITS + "a,990102,,,,true,\n"}, "row 8: unit a is in two divisions, 990101 and 990102"),
        ({"units": UNITS + "a,990101,,,,true,\n"}, "row 8: unit a is listed twice"),
        ({"units": UNITS + "g,9901,,,,true,\n"}, "row 8: division_code '9901' must be the six digits"),
        (
            {"known_discrepancies": "a,2023,unit,W-Q-99,,explained,x,\n"},
            "known_discrepancies.csv: row 2: check_id 'W-Q-99' is no check of the catalogue",
        ),
        ({"known_discrepancies": "a,2023,unit,W-Y-01,,wrong,x,\n"}, "row 2: verdict must be one of publisher_misprint"),
        (
            {"known_discrepancies": "a,2023,unit,W-T1-02,p,explained,x,\n" * 2},
            "row 3: row 2 has a verdict on the same finding",
        ),
        ({"approvals": "a,2023,,2024-8-1,\n"}, "approvals.csv: row 2: approved_on '2024-8-1' is no date"),
        ({"approvals": "a,2023,,2023-12-31,\n"}, "row 2: approved on 2023-12-31, before the year 2023 was over"),
        ({"approvals": "a,2023,,2024-08-01,\na,2023,,2024-08-02,\n"}, "row 3: a has its approval of 2023 in row 2"),
        ({"approvals": "a,2203,,2204-08-01,\n"}, "row 2: fiscal_year 2203 is no plausible year"),
        ({"approvals": "a,2023,whole,2024-08-01,\n"}, "row 2: scope must be one of department, own_level, unit"),
        ({"approvals": "z,2023,,2024-08-01,\n"}, "approvals.csv: row 2: unit_id z, which registry/units.csv lacks"),
        (
            {"unit_names": "u9,甲,official,,,\n"},
            "unit_names.csv: row 2: 甲 is of unit u9, which registry/units.csv lacks",
        ),
        ({"unit_names": "a,甲,official,soon,,\n"}, "row 2: from_year must be a whole number"),
        ({"unit_names": "a,甲,nickname,,,\n"}, "row 2: name_kind must be one of official, short, printed"),
        ({"unit_names": "a,甲,official,2019,2018,\n"}, "row 2: it ends in 2018, before it begins in 2019"),
        (
            {"unit_names": "a,甲,official,,2019,\na,乙,official,2019,,\n"},
            "unit_names.csv: row 3: official name of a holds in years of row 2",
        ),
        (
            {"unit_identifiers": "a,uscc,1144,,,\nb,uscc,1144,2019,,\n"},
            "unit_identifiers.csv: row 3: identifier of uscc 1144 holds in years of row 2",
        ),
        (
            {"unit_parents": "a,b,2018,2020,\na,c,2020,,\n"},
            "unit_parents.csv: row 3: supervising department of a holds in years of row 2",
        ),
        ({"unit_parents": "a,b,2018,,\nb,c,,2019,\nc,a,2019,,\n"}, "the supervising departments make a circle"),
        ({"unit_parents": "a,a,2018,,\n"}, "circle: a -> a"),
        ({"expected": "a,2019,,unit,expected,,\na,2021,2021,unit,exempt,,\n"}, "row 3: expectation of a unit holds"),
        ({"expected": "a,1023,,unit,expected,,\n"}, "row 2: from_year 1023 is no plausible year"),
        ({"expected": "a,,,unit,expected,,\n"}, "row 2: from_year must not be empty"),
        ({"expected": "a,2019,,unit,published,,\n"}, "row 2: state must be one of expected, not_collected, exempt"),
        ({"succession": "a,b,rename,20199,,,H,\n"}, "succession.csv: row 2: from_year 20199 is no plausible year"),
        ({"succession": "a,b,marriage,2019,,,H,\n"}, "row 2: kind must be one of rename, merge"),
        ({"succession": "a,,rename,2019,,,H,\n"}, "row 2: kind rename needs a successor"),
        ({"succession": "a,b,abolish,2019,,,H,\n"}, "row 2: kind abolish has no successor"),
        ({"succession": "a,a,rename,2019,,,H,\n"}, "row 2: a cannot follow itself"),
        ({"succession": "a,b,rename,2019,1 March,,H,\n"}, "row 2: effective_on '1 March' is no date"),
        ({"succession": "a,b,rename,2019,,,H,\na,c,rename,2019,,,H,\n"}, "row 3: a has another successor in row 2"),
        ({"succession": "a,c,rename,2019,,,H,\nb,c,rename,2019,,,H,\n"}, "row 3: c goes on from another unit in row 2"),
        ({"succession": "a,b,split,2019,,,H,\na,b,split,2019,,,H,\n"}, "row 3: the same succession as row 2"),
        (
            {"succession": "a,b,rename,2019,,,H,\nb,c,merge,2020,,,H,\nc,a,rename,2021,,,H,\n"},
            "succession.csv: row 2: the successions make a circle through a",
        ),
        ({"succession": "a,z,rename,2019,,,H,\n"}, "row 2: successor_unit_id z, which registry/units.csv lacks"),
    ],
)
def test_a_registry_that_contradicts_itself_is_named_by_file_and_row(
    tmp_path: Path, files: dict[str, str], said: str
) -> None:
    with pytest.raises(ArchiveError) as refused:
        registry(tmp_path, **files)
    assert said in str(refused.value)


def test_what_ends_where_the_other_begins_may_stand(tmp_path: Path) -> None:
    got = registry(
        tmp_path,
        unit_names="a,甲,official,,2018,\na,乙,official,2019,,\na,乙局,short,,,\n",
        unit_parents="a,b,2018,2019,\na,c,2020,,\nb,a,2020,,\n",
        expected="a,2018,2019,unit,expected,,\na,2020,,unit,exempt,,\na,2018,,department,expected,,\n",
        unit_identifiers="a,uscc,1144,,2018,\nb,uscc,1144,2019,,\n",
    )
    assert len(got.names) == 3
    assert [one.parent_unit_id for one in got.parents] == ["b", "c", "a"]
    assert len(got.expected) == 3 and len(got.identifiers) == 2


def test_a_succession_that_cannot_stand_is_not_recorded_and_the_others_stay(tmp_path: Path) -> None:
    got = registry(tmp_path, succession="a,b,rename,2019,,,H,\n")
    with pytest.raises(ArchiveError, match="circle"):
        got.succeed(Succession("c", "d", "rename", 2019), Succession("b", "a", "rename", 2020))
    assert [one.predecessor_unit_id for one in got.successions] == ["a"]
    got.succeed(Succession("c", "d", "rename", 2019, None, "通知", "H"))
    got.save()
    assert Registry(LocalStore(tmp_path)).successions == got.successions


def test_a_rename_that_begins_before_the_name_it_ends_is_refused(tmp_path: Path) -> None:
    got = registry(tmp_path, unit_names="a,甲,official,2019,,\n")
    with pytest.raises(ArchiveError, match="official name of a"):
        got.rename("a", "乙", 2015, "a notice")
    assert [one.name for one in got.names] == ["甲"]
    got.rename("a", "乙", 2021, "a notice")
    assert [(one.name, one.to_year) for one in got.names] == [("甲", 2020), ("乙", None)]


def test_renames_make_a_series_and_merges_and_splits_only_a_group() -> None:
    rows = [
        Succession("a", "b", "rename", 2016),
        Succession("b", "c", "merge", 2019),
        Succession("d", "c", "merge", 2019),
        Succession("c", "e", "change_of_level", 2021),
        Succession("f", None, "abolish", 2020),
    ]
    assert series("abcdef", rows) == [
        Series("a", "a", "a"),
        Series("b", "a", "a"),
        Series("c", "c", "a"),
        Series("d", "d", "a"),
        Series("e", "c", "a"),
        Series("f", "f", "f"),
    ]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("abcdef")), max_size=6), st.randoms())
def test_the_order_of_successions_decides_nothing(links: list[tuple[str, str]], chance: object) -> None:
    rows = [Succession(one, other, "merge", 2019) for one, other in links if one < other]
    shuffled = list(rows)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert series("abcdef", rows) == series("abcdef", shuffled)
    groups = {one.unit_id: one.group_id for one in series("abcdef", rows)}
    for one, other in itertools.combinations("abcdef", 2):
        if any({row.predecessor_unit_id, row.successor_unit_id} == {one, other} for row in rows):
            assert groups[one] == groups[other]


# --- files as an earlier version wrote them

FORMER_UNITS = (
    "unit_id,division_code,uscc,kind,kind_source,kind_confidence,parent_unit_id,parent_from_year,parent_to_year,"
    "confirmed,note\n"
    "u000000000001,310107,91310000X,,,,,,,true,\n"
    "u000000000002,310107,,,,,u000000000001,2024,,true,seen in 2024\n"
)


def former(folder: Path) -> Registry:
    (folder / "registry").mkdir()
    for name, text in (
        ("units", FORMER_UNITS),
        ("unit_names", "unit_id,name,from_year,to_year,source\nu000000000001,某区财政局,,2019,x\n"),
        ("expected", "unit_id,fiscal_year,scope,state,reason,source\nu000000000001,2023,unit,expected,,x\n"),
    ):
        (folder / "registry" / f"{name}.csv").write_text(text, encoding="utf-8")
    return Registry(LocalStore(folder))


def test_a_registry_in_former_columns_says_what_it_said(tmp_path: Path) -> None:
    rows = former(tmp_path)._rows
    assert [(one.unit_id, one.value, one.identifier_kind) for one in rows.identifiers] == [
        ("u000000000001", "91310000X", "uscc")
    ]
    assert [(one.unit_id, one.parent_unit_id, one.from_year, one.source) for one in rows.parents] == [
        ("u000000000002", "u000000000001", 2024, "seen in 2024")
    ]
    assert [(one.from_year, one.to_year, one.state) for one in rows.expected] == [(2023, 2023, "expected")]
    assert [(one.name, one.name_kind, one.to_year) for one in rows.names] == [("某区财政局", "printed", 2019)]


def test_its_next_change_writes_it_as_it_is_now_and_loses_nothing(tmp_path: Path) -> None:
    before = former(tmp_path)
    # a move that was cut off: what was moved is there already, the former file still, too
    (tmp_path / "registry" / "unit_identifiers.csv").write_text(
        IDENTIFIERS + "u000000000001,uscc,91310000X,,,\n", encoding="utf-8"
    )
    again = Registry(LocalStore(tmp_path))
    assert again._rows.identifiers == before._rows.identifiers
    again._dirty.add("registry/units.csv")
    again.save()
    now = Registry(LocalStore(tmp_path))
    assert (tmp_path / "registry" / "units.csv").read_text(encoding="utf-8").startswith(UNITS.partition("\n")[0])
    assert now._rows.identifiers == before._rows.identifiers
    assert now._rows.parents == before._rows.parents
    assert now.units == before.units
    assert not now._rows.moved
