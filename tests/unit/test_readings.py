"""Kept readings: they come back exactly, a changed form opens no document, and a spoiled one is read again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan import readings
from juesuan.final_accounts import readers
from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.model import Grid, GridCell, Page, Reading, TextLine
from tests.fixtures.records import sha

finite = st.floats(allow_nan=False, allow_infinity=False)
boxes = st.none() | st.tuples(finite, finite, finite, finite)
spans = st.none() | st.tuples(st.integers(), st.integers())
numbers = st.none() | st.integers(1, 3000)
decimals = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
names = st.none() | st.text()
lines = st.builds(TextLine, st.text(), numbers, st.integers(1), boxes, spans, decimals)
cells = st.builds(
    GridCell, st.integers(0), st.integers(0), st.integers(1), st.integers(1), st.text(), boxes, decimals, decimals
)
grids = st.builds(Grid, numbers, st.integers(0), st.integers(0), st.lists(cells, max_size=4).map(tuple), boxes)
blocks = st.lists(lines | grids, max_size=4).map(tuple)
methods = st.none() | st.sampled_from(["pdf", "ocr"])
pages = st.builds(Page, numbers, st.none() | finite, st.none() | finite, blocks, methods, names, names)
some_readings = st.builds(
    Reading,
    st.sampled_from(["text", "pdf", "ocr"]),
    st.text(),
    st.lists(pages, max_size=3).map(tuple),
    st.lists(st.text()).map(tuple),
    st.lists(st.text()).map(tuple),
)


@given(some_readings)
def test_a_reading_comes_back_exactly(reading: Reading) -> None:
    assert readings.load(readings.dump(reading)) == reading


TEXT = "某市财政局2023年度部门决算\n第一部分 部门概况\n一、主要职责\n管理财政收支。\n".encode()


def test_what_was_read_once_is_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = readings.extract(TEXT, "a.txt", sha("a"), str(tmp_path))
    monkeypatch.setattr(readers, "read", lambda *_: pytest.fail("the document was opened again"))
    assert readings.extract(b"", "a.txt", sha("a"), str(tmp_path)) == first


def test_it_says_what_the_library_says(tmp_path: Path) -> None:
    import hashlib

    document_id = hashlib.sha256(TEXT).hexdigest()
    assert readings.extract(TEXT, "a.txt", document_id, str(tmp_path)) == extract(TEXT, "a.txt")


def test_a_spoiled_reading_is_read_again(tmp_path: Path) -> None:
    first = readings.extract(TEXT, "a.txt", sha("a"), str(tmp_path))
    kept = readings.file_of(tmp_path, sha("a"))
    for spoiled in (b"", b"not gzip", kept.read_bytes()[:-9]):
        kept.write_bytes(spoiled)
        assert readings.extract(TEXT, "a.txt", sha("a"), str(tmp_path)) == first
    assert readings.load(kept.read_bytes()).method == "text"


def test_what_cannot_be_read_is_failed_and_not_kept(tmp_path: Path) -> None:
    (failed,) = readings.extract(b"", "empty.pdf", sha("empty"), str(tmp_path))
    assert failed.report.status == "failed"
    assert "empty.pdf" in (failed.report.reason or "")
    assert not readings.file_of(tmp_path, sha("empty")).exists()


def test_readings_of_other_readers_are_removed(tmp_path: Path) -> None:
    for fingerprint in ("old", "now"):
        (tmp_path / fingerprint).mkdir()
    assert readings.clean(tmp_path, "now") == ["old"]
    assert [path.name for path in tmp_path.iterdir()] == ["now"]
    assert readings.clean(tmp_path / "nowhere", "now") == []
