"""Several documents that are one report: read as one, whatever the order in which they come and go."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from tests.fixtures.house import CHECKOUT, content, settings

from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.describe import describe
from juesuan.refresh import House
from juesuan.settings import Settings
from juesuan.transform import work_file

pytestmark = pytest.mark.integration

TEXT = CHECKOUT / "raw/documents/qingyuan-dsb-own-level-2023.txt"
UNIT = "清远市政务服务数据管理局本级"


def pieces(folder: Path) -> list[Path]:
    """A real report as it might have been published: its text in one file, each table in one of its own."""
    folder.mkdir()
    lines = TEXT.read_text(encoding="utf-8").split("\n")
    heads = [at for at, line in enumerate(lines) if line.strip().startswith("单位：万元单位：")]
    notes = next(at for at, line in enumerate(lines) if line.strip().startswith("第三部分"))
    parts = {"00 情况说明": [f"{UNIT}2023年度部门决算", *lines[: heads[0]], *lines[notes:]]}
    for number, (first, last) in enumerate(zip(heads, [*heads[1:], notes], strict=True), 1):
        parts[f"{number:02d} 2023年度决算表"] = [one for one in lines[first:last] if "第二部分" not in one]
    out = []
    for name, some in parts.items():
        path = folder / f"{name}.txt"
        path.write_text("\n".join(some), encoding="utf-8")
        out.append(path)
    return out


@pytest.fixture
def place(tmp_path: Path) -> Settings:
    return settings(tmp_path / "house")


def archive_of(place: Settings) -> Archive:
    return Archive(place.raw, describe=describe)


def step(place: Settings) -> list[str]:
    """Land and load; what landing told."""
    told: list[str] = []
    house = House(place, progress=lambda kind, what, *_: told.append(what) if kind == "landing" else None)
    house.land()
    house.load()
    return told


def ask(place: Settings, query: str) -> list[tuple]:
    with duckdb.connect(str(work_file(place))) as connection:
        return connection.execute(query).fetchall()


FIGURES = """
    select table_key, row_key, column_key, value_text, value, money_unit from raw.cell order by all
"""


def test_a_report_in_ten_files_is_read_as_the_report_in_one(place: Settings, tmp_path: Path) -> None:
    files = pieces(tmp_path / "pieces")
    archive = archive_of(place)
    for file in reversed(files):
        archive.add(file)
    told = step(place)
    assert sum("10 documents as one" in one for one in told) == 1
    ((status, reason, release, tables),) = ask(
        place,
        """
        select status, reason, release,
            (select count(distinct table_key) from raw.report_table where state in ('present', 'no_activity'))
        from raw.report
        """,
    )
    assert (status, reason, release, tables) == ("loaded", None, 1, 9)
    assert ask(place, "select distinct status from raw.document") == [("loaded",)]
    assert ask(place, "select count(distinct document_id), role from raw.report_document group by role") == [
        (10, "holds")
    ]
    # each figure has the address of the file that prints it, and checks reach from one file into the next
    assert ask(place, "select count(distinct document_id) from raw.cell where value is not null") == [(9,)]
    assert ask(place, "select count(*) from raw.cell where page is not null") == [(0,)]
    across = "select count(*) from raw.check_result where check_id like 'W-X-%' and state = 'pass'"
    ((passed,),) = ask(place, across)
    figures = ask(place, FIGURES)

    whole = settings(tmp_path / "whole")
    archive_of(whole).add(TEXT)
    step(whole)
    assert figures == ask(whole, FIGURES)
    assert ask(whole, across) == [(passed,)]
    assert passed > 5

    assert step(place) == [], "nothing is read again"


def test_files_that_come_and_go_give_what_a_build_from_nothing_gives(place: Settings, tmp_path: Path) -> None:
    files = pieces(tmp_path / "pieces")
    archive = archive_of(place)
    for file in files[:4]:
        archive.add(file)
    step(place)
    assert ask(place, "select status, release from raw.report") == [("partial", 1)]
    for file in files[4:]:
        archive.add(file)
    assert sum("as one" in one for one in step(place)) == 1
    assert ask(place, "select status, release from raw.report") == [("loaded", 1)]

    gone = archive.withdraw(files[3].name, "to see it go")
    told = step(place)
    assert [one for one in told if "as one" in one] == told, "the others are joined anew, none is opened again"
    assert ask(place, "select status, reason from raw.report") == [("partial", "T3 支出决算表 missing")]
    assert ask(place, f"select count(*) from raw.cell where document_id = '{gone.document_id}'") == [(0,)]
    archive.restore(files[3].name, "to see it come back")
    step(place)

    other = settings(tmp_path / "other")
    again = archive_of(other)
    for file in files:
        again.add(file)
    step(other)
    drop = {"raw.pending"}  # which tells what happened, and not what stands
    one, two = (
        {name: rows for name, rows in content(work_file(each)).items() if name.startswith("raw.") and name not in drop}
        for each in (place, other)
    )
    assert one == two


def test_the_whole_report_beside_its_pieces_makes_them_copies(place: Settings, tmp_path: Path) -> None:
    files = pieces(tmp_path / "pieces")
    archive = archive_of(place)
    for file in files[1:]:
        archive.add(file)
    archive.add(TEXT)
    step(place)
    assert ask(place, "select release, is_current from raw.report") == [(1, True)]
    assert ask(place, "select status, count(*) from raw.document group by status order by all") == [
        ("loaded", 1),
        ("set_aside", 9),
    ]
    assert ask(place, "select distinct reason from raw.document where status = 'set_aside'") == [
        (f"copy of documents/{TEXT.name}",)
    ]


def test_one_corrected_table_is_a_release_of_its_own(place: Settings, tmp_path: Path) -> None:
    files = pieces(tmp_path / "pieces")
    archive = archive_of(place)
    for file in files:
        archive.add(file)
    corrected = tmp_path / "03 更正 2023年度决算表.txt"
    corrected.write_text(files[3].read_text(encoding="utf-8").replace("2,448.95", "2,449.95"), encoding="utf-8")
    archive.add(corrected)
    step(place)
    assert ask(place, "select release, status from raw.report order by release") == [(1, "loaded"), (2, "partial")]


def test_a_table_that_does_not_tell_its_scope_takes_that_of_the_report_it_completes(
    place: Settings, tmp_path: Path
) -> None:
    files = pieces(tmp_path / "pieces")
    silent = tmp_path / "03 2023年度决算表.txt"
    silent.write_text(files[3].read_text(encoding="utf-8").replace(UNIT, UNIT[:-2]), encoding="utf-8")
    archive = archive_of(place)
    archive.add(silent)
    step(place)
    assert ask(place, "select status from raw.document") == [("needs_review",)]
    assert [item.kind for item in archive.review_list() if item.kind == "document"] == ["document"]
    for number, file in enumerate(files):
        if number != 3:
            archive.add(file)
    step(place)
    assert ask(place, "select status from raw.report") == [("loaded",)]
    assert ask(place, "select distinct status from raw.document") == [("loaded",)]
    assert [item.kind for item in archive.review_list() if item.kind == "document"] == []


def test_a_person_forces_a_document_that_was_set_aside(place: Settings, tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    letter = f"清远市财政局关于批复{UNIT}2023年度部门决算的通知\n"
    file.write_text(letter + TEXT.read_text(encoding="utf-8"), encoding="utf-8")
    archive = archive_of(place)
    assert archive.add(file).outcome == "set_aside"
    step(place)
    assert ask(place, "select status from raw.document") == [("set_aside",)]
    archive.refile("letter.txt", reason="the accounts stand behind the letter", asserted={"family": "final_accounts"})
    told = step(place)
    assert len(told) == 1, "it is read again, since what is asserted changed"
    ((status, cells),) = ask(place, "select status, (select count(value) from raw.cell) from raw.report")
    assert status in ("loaded", "partial")
    assert cells > 100
    assert step(place) == []
