"""Landing: what is landed is there whole or not at all, exactly as printed, and the ledger alone says
what holds.
"""

from __future__ import annotations

import itertools
import pickle
import random
import shutil
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts.model import FigureDoesNotFit
from juesuan.landing import (
    Entry,
    Extracted,
    Held,
    Holding,
    Landing,
    LandingError,
    derived,
    document_status,
    failed,
    figures_sha256,
    holding,
    merged,
    printed,
)
from juesuan.raw_schema import raw_tables
from tests.fixtures.records import cell, report, sha

PROJECT = Path(__file__).parents[2] / "dbt_project"


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(tmp_path / "landing", raw_tables(PROJECT))


def extracted(name: str, **facts: str) -> Extracted:
    return Extracted(sha(name), (report(name, **facts),))  # type: ignore[arg-type]


def test_every_kind_of_record_lands(landing: Landing) -> None:
    landing.land([extracted("a")], "fp")
    counts = {name: landing.read(name).num_rows for name in landing.tables}
    assert counts == {
        "document": 1,
        "report": 1,
        "report_unit": 2,
        "report_table": 3,
        "cell": 6,
        "statement": 2,
        "indicator": 1,
        "term": 1,
        "passage": 1,
        "check_result": 1,
        "unrecognised_table": 1,
        "unassigned_number": 1,
    }


def test_a_blank_lands_as_null_and_a_figure_as_printed(landing: Landing) -> None:
    landing.land([extracted("a")], "fp")
    by_key = {(c["table_key"], c["row_key"], c["column_key"]): c for c in landing.read("cell").to_pylist()}
    blank = by_key["T1", "expenditure:结余分配", "final"]
    assert (blank["value"], blank["value_text"]) == (None, "")
    total = by_key["T1", "expenditure:本年支出合计", "final"]
    assert (total["value"], total["value_text"], total["precision"]) == (Decimal("100.00"), "100.00", 2)
    assert total["box"] == [1.0, 2.0, 3.5, 4.0]


def test_a_figure_that_does_not_fit_fails_its_document_and_no_other(landing: Landing) -> None:
    wide = report("wide")
    wide = replace(wide, cells=(*wide.cells, cell("T3", "2010699", "project", "1234567890123456789.00")))
    landed = landing.land([Extracted(sha("wide"), (wide,)), extracted("good")], "fp")
    assert landed.by_status == {"failed": 1, "loaded": 1}
    (row,) = [one for one in landing.read("document").to_pylist() if one["document_id"] == sha("wide")]
    assert "T3/2010699/project" in row["reason"]
    assert "page 1" in row["reason"]
    assert landing.read("cell").num_rows == 6


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8))
def test_a_printed_figure_is_never_rounded(value: Decimal) -> None:
    try:
        assert printed(value, "T3/合计/basic") == value
    except FigureDoesNotFit as error:
        assert "T3/合计/basic" in str(error)


def test_a_computed_share_ends_at_six_decimals() -> None:
    assert derived(Decimal(2) / Decimal(3), "x") == Decimal("0.666667")


def test_figures_are_the_same_whatever_their_layout() -> None:
    one = report("a")
    moved = replace(one, cells=tuple(replace(c, page=9, value_text=c.value_text + " ") for c in one.cells[::-1]))
    assert figures_sha256(one) == figures_sha256(moved)
    assert figures_sha256(one) != figures_sha256(report("a", basic="60.01"))


def test_one_bad_report_of_a_file_leaves_it_partial() -> None:
    reports = [report("a").report, report("a", status="failed", reason="表损坏").report]
    assert document_status(reports) == ("partial", "表损坏")
    assert document_status([failed("x", "empty file").extractions[0].report]) == ("failed", "empty file")


def test_the_highest_sequence_holds_whatever_the_order_of_files() -> None:
    def entry(sequence: int, batch: str | None, *names: str) -> Entry:
        return Entry(sequence, str(sequence), "batch", batch, tuple(Held(n, "fp", sequence, "loaded") for n in names))

    ledger = [
        entry(1, "one", "a", "b"),
        entry(2, "two", "a"),
        entry(3, None, "b"),
        entry(4, "four", "c"),
        entry(5, None, "c"),
        entry(6, "six", "c"),
    ]
    for seed in range(5):
        random.Random(seed).shuffle(ledger)
        assert {d: h.batch for d, h in holding(ledger).items()} == {"a": "two", "c": "six"}


def test_a_withdrawn_document_is_gone_until_it_is_landed_again(landing: Landing) -> None:
    landing.land([extracted("a"), extracted("b")], "fp")
    landing.withdraw({sha("a"): "单位要求撤回", sha("unknown"): "never landed"})
    assert set(landing.holding()) == {sha("b")}
    landing.land([extracted("a")], "fp")
    assert set(landing.holding()) == {sha("a"), sha("b")}


def test_what_a_killed_run_left_holds_nothing_and_is_removed(landing: Landing) -> None:
    landing.land([extracted("a")], "fp")
    orphan = landing.batches / "0000000009-deadbeef"
    orphan.mkdir()
    (landing.batches / ".0000000010-x.tmp").mkdir()
    (landing.ledger_folder / ".0000000010-x.json.abc.tmp").write_text("{")
    assert landing.read("document").num_rows == 1
    assert landing.clean() == [orphan.name]
    assert len(list(landing.batches.iterdir())) == 1
    assert len(list(landing.ledger_folder.iterdir())) == 1


def test_a_batch_that_was_lost_is_landed_again(landing: Landing) -> None:
    landed = landing.land([extracted("a")], "fp")
    (landing.batches / landed.batches[0]).rename(landing.root / "gone")
    assert landing.holding() == {}
    landing.land([extracted("a")], "fp")
    assert landing.holding()[sha("a")].sequence == 2


def test_half_an_entry_is_said_by_name(landing: Landing) -> None:
    landing.land([extracted("a")], "fp")
    broken = landing.ledger_folder / "0000000002-x.json"
    broken.write_text('{"sequence": 2')
    with pytest.raises(LandingError, match=broken.name):
        landing.ledger()


@pytest.fixture
def summed(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> Landing:
    """A landing of four entries that were summed up."""
    monkeypatch.setattr("juesuan.landing.LOOSE_ENTRIES", 2)
    for name in ("a", "b", "c"):
        landing.land([extracted(name)], "fp")
    landing.withdraw({sha("c"): "撤回"})
    (landing.root / "held.json").unlink()  # it lacked the tombstone
    again = Landing(landing.root, landing.tables)
    assert set(again.holding()) == {sha("a"), sha("b")}
    assert (landing.root / "held.json").exists()
    return again


def read_entries(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], dict[str, Holding]]:
    """The entries that a new look at a landing reads, and what holds."""
    read: list[str] = []
    entry = Landing._entry
    monkeypatch.setattr(Landing, "_entry", lambda self, name: (read.append(name), entry(self, name))[1])
    held = Landing(landing.root, landing.tables).holding()
    monkeypatch.setattr(Landing, "_entry", entry)
    assert held == holding(landing.ledger())
    return read, held


def test_only_entries_after_the_summary_are_read(summed: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_entries(summed, monkeypatch)[0] == []
    (batch,) = summed.land([extracted("c"), extracted("d")], "fp2").batches
    read, held = read_entries(summed, monkeypatch)
    assert read == [batch]
    assert {one.batch for one in (held[sha("c")], held[sha("d")])} == {batch}


def test_a_summary_of_other_entries_counts_for_nothing(summed: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *_, tombstone = sorted(path.stem for path in summed.ledger_folder.iterdir())
    (summed.ledger_folder / f"{tombstone}.json").unlink()
    read, held = read_entries(summed, monkeypatch)
    assert len(read) == 3
    assert set(held) == {sha("a"), sha("b"), sha("c")}
    (summed.batches / first).rename(summed.root / "gone")
    assert set(read_entries(summed, monkeypatch)[1]) == {sha("b"), sha("c")}
    (summed.root / "gone").rename(summed.batches / first)
    assert set(read_entries(summed, monkeypatch)[1]) == {sha("a"), sha("b"), sha("c")}


def test_an_entry_that_was_mended_in_place_is_read_again(summed: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    path = min(summed.ledger_folder.iterdir())
    path.write_text(path.read_text("utf-8").replace('"fp"', '"other"'), "utf-8")
    held = Landing(summed.root, summed.tables).holding()
    assert held[sha("a")].extractor == "other"
    assert held[sha("b")].extractor == "fp"


@pytest.mark.parametrize("text", ["", "[]", '{"entries": [], "holdings": []}', '{"entries": [[1]], "holdings": 1}'])
def test_a_spoilt_summary_is_made_anew(summed: Landing, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    summary = summed.root / "held.json"
    whole = summary.read_text("utf-8")
    summary.write_text(text, "utf-8")
    read, held = read_entries(summed, monkeypatch)
    assert len(read) == 4
    assert set(held) == {sha("a"), sha("b")}
    assert summary.read_text("utf-8") == whole


def test_a_batch_says_its_columns_and_is_opened_for_them_only_where_they_are_others(
    landing: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    landing.land([extracted("a")], "fp")
    looked: list[str] = []
    monkeypatch.setattr(Landing, "_is_outdated", lambda self, batch: bool(looked.append(batch)))
    assert not landing.compact()
    assert looked == []
    (entry,) = landing.ledger_folder.iterdir()
    entry.write_text(entry.read_text("utf-8").replace('"columns": "', '"columns": "x'), "utf-8")
    assert not Landing(landing.root, landing.tables).compact()
    assert looked == [entry.stem]


def test_compaction_changes_no_row_and_keeps_sequences(landing: Landing) -> None:
    for number in range(4):
        landing.land([extracted(f"doc{number}", basic=f"{number}.00")], "fp")
    landing.land([extracted("doc0", basic="7.50")], "fp2")
    landing.withdraw({sha("doc1"): "撤回"})
    before = {name: landing.read(name) for name in landing.tables}
    sequences = {d: (h.sequence, h.extractor) for d, h in landing.holding().items()}
    assert landing.compact(batches_allowed=3)
    assert len(list(landing.batches.iterdir())) == 1
    assert {name: landing.read(name) for name in landing.tables} == before
    assert {d: (h.sequence, h.extractor) for d, h in landing.holding().items()} == sequences
    assert not landing.compact(batches_allowed=3)


def test_compaction_leaves_full_batches_alone(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("juesuan.landing.FULL_BATCH", 6)
    (full,) = landing.land([extracted(f"old{n}") for n in range(5)], "fp").batches
    for number in range(5):
        landing.land([extracted(f"doc{number}", basic=f"{number}.00")], "fp")
    landing.land([extracted("old0", basic="7.50")], "fp2")
    landing.withdraw({sha("old1"): "撤回", sha("doc1"): "撤回"})
    before = {name: landing.read(name) for name in landing.tables}
    held = {d: (h.sequence, h.extractor) for d, h in landing.holding().items()}
    assert landing.compact(batches_allowed=3)
    left = [path.name for path in landing.batches.iterdir()]
    assert full in left and len(left) == 3
    assert {name: landing.read(name) for name in landing.tables} == before
    assert {d: (h.sequence, h.extractor) for d, h in landing.holding().items()} == held
    assert sha("old1") not in landing.holding(), "the full batch still names it, so its tombstone stays"
    again = Landing(landing.root, landing.tables)
    assert again.holding() == landing.holding()
    assert not landing.compact(batches_allowed=3)


def test_a_refresh_brings_together_no_more_than_it_may(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("juesuan.landing.COMPACTED_AT_ONCE", 3)
    batches = [landing.land([extracted(f"doc{number}")], "fp").batches[0] for number in range(8)]
    before = {name: landing.read(name) for name in landing.tables}
    assert landing.compact(batches_allowed=2)
    left = sorted(path.name for path in landing.batches.iterdir())
    assert left[:5] == batches[3:], "the oldest went"
    assert len(left) == 6
    while landing.compact(batches_allowed=2):
        assert {name: landing.read(name) for name in landing.tables} == before
    assert len(list(landing.batches.iterdir())) == 2


def test_batches_of_which_nothing_holds_go_all_at_once(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("juesuan.landing.COMPACTED_AT_ONCE", 2)
    for extractor in ("fp", "fp2"):
        for number in range(4):
            landing.land([extracted(f"doc{number}")], extractor)
    before = {name: landing.read(name) for name in landing.tables}
    assert [len(one.held) for one in landing.merges(2, 1000, 2)] == [0, 2]
    assert landing.compact(batches_allowed=2)
    assert len(landing.ledger()) == len(list(landing.batches.iterdir())) == 3
    assert {name: landing.read(name) for name in landing.tables} == before


def test_a_batch_that_lacks_a_document_is_not_let_go(landing: Landing) -> None:
    batches = [landing.land([extracted(f"doc{number}")], "fp").batches[0] for number in range(3)]
    landing.file(batches[1], "document").unlink()
    with pytest.raises(LandingError, match=rf"{batches[1]}/document\.parquet has 0 of 1 documents; remove the folder"):
        landing.compact(batches_allowed=1)
    landing.clean()
    assert sorted(path.name for path in landing.batches.iterdir()) == batches


def test_not_too_many_batches_are_open_at_once(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("juesuan.landing.MERGED_AT_ONCE", 2)
    for number in range(5):
        landing.land([extracted(f"doc{number}")], "fp")
    assert [len(one.batches) for one in landing.merges(1, 1000)] == [2, 2, 1]


def test_a_compacted_batch_is_sorted_by_document(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("juesuan.landing.ROWS_AT_ONCE", 2)  # so that the rows of a record are in several pieces
    monkeypatch.setattr("juesuan.landing.PIECE_BYTES", 500)
    for number in range(4):
        landing.land([extracted(f"doc{number}-{n}") for n in range(3)], "fp")
    before = {name: landing.read(name) for name in landing.tables}
    assert landing.compact(batches_allowed=1)
    (batch,) = [path.name for path in landing.batches.iterdir()]
    found = {name: pq.read_table(landing.file(batch, name)) for name in landing.tables}
    assert found == before, "as landing.read sorts them"
    assert pq.ParquetFile(landing.file(batch, "cell")).num_row_groups > 1


@given(st.lists(st.lists(st.lists(st.integers(0, 5), max_size=4), max_size=4), max_size=4), st.booleans())
def test_streams_become_one_and_no_row_is_lost(streams: list[list[list[int]]], in_order: bool) -> None:
    rows = [[f"{record}-{stream}" for piece in pieces for record in piece] for stream, pieces in enumerate(streams)]
    if in_order:
        rows = [sorted(some) for some in rows]
    tables, numbered = [], []
    for pieces, some in zip(streams, rows, strict=True):
        table = pa.table({"record_id": pa.array(some, pa.string()), "n": pa.array(range(len(some)), pa.int64())})
        numbered += zip(some, range(len(some)), strict=True)
        ends = list(itertools.accumulate(map(len, pieces)))
        tables.append([table.slice(start, end - start) for start, end in zip([0, *ends], ends, strict=False)])
    found = [tuple(row.values()) for piece in merged(map(iter, tables)) for row in piece.to_pylist()]
    assert sorted(found) == sorted(numbered)
    assert sorted(found, key=lambda row: row[0]) == sorted(numbered), "the rows of a record are in their order"
    if in_order:
        assert found == sorted(numbered)


def test_what_was_read_of_the_ledger_does_not_travel(landing: Landing) -> None:
    landing.land([extracted("a")], "fp")
    assert landing.holding()
    assert len(pickle.dumps(landing)) == len(pickle.dumps(Landing(landing.root, landing.tables)))
    assert pickle.loads(pickle.dumps(landing)).holding() == landing.holding()


def test_a_damaged_batch_is_named_with_what_to_do_and_is_landed_again(landing: Landing) -> None:
    landing.land([extracted("a")], "fp")
    (batch,) = landing.land([extracted("b")], "fp").batches
    landing.file(batch, "cell").write_bytes(b"PAR1 no more")
    with pytest.raises(LandingError, match=rf"{batch}/cell\.parquet is damaged .*remove the folder of this batch"):
        landing.read("cell")
    assert landing.read("cell", {sha("a")}).num_rows == 6, "the rest stays usable"
    shutil.rmtree(landing.batches / batch)
    assert set(landing.holding()) == {sha("a")}
    landing.land([extracted("b")], "fp")
    assert landing.read("cell").num_rows == 12


def test_batches_are_closed_in_between(landing: Landing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("juesuan.landing.DOCUMENTS_PER_BATCH", 2)
    seen: list[str] = []
    landed = landing.land(
        (extracted(f"doc{n}") for n in range(5)), "fp", progress=lambda document, status: seen.append(status)
    )
    assert len(landed.batches) == 3
    assert landed.documents == 5
    assert seen == ["loaded"] * 5
