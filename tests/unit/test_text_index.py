"""The search in words: exact on any text, and following the warehouse version by version."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("streamlit")

from juesuan.dashboard import text_index
from juesuan.dashboard.text_index import query_of, renew, search, sentence_of, terms_of


def test_words_are_pairs_of_letters_within_a_sentence() -> None:
    assert terms_of("会议费，减少。无").split() == ["会议", "议费", "费减", "减少", "少", "zzz", "无", "zzz"]
    assert query_of("会议费 无") == '"会议 议费" AND "无" *'
    assert query_of("  ，。 ") is None


def test_the_sentence_with_most_of_the_words_is_shown() -> None:
    text = "一、总体情况。会议费1.20万元，比上年减少。\n培训费持平。"
    sentence, marks, down = sentence_of(text, ["会议费", "减少"])
    assert sentence == "会议费1.20万元，比上年减少。"
    assert [sentence[a:b] for a, b in marks] == ["会议费", "减少"]
    assert down == 0
    assert sentence_of(text, ["培训"])[2] == 1


def warehouse(passages: list[tuple[str, str, int]]) -> duckdb.DuckDBPyConnection:
    """(document, text, fiscal year): each the one passage of a current report."""
    connection = duckdb.connect()
    connection.execute("create schema raw")
    connection.execute("create schema conformed")
    connection.execute(
        "create table raw.passage (document_id text, report_no int, passage_no int, report_id text, unit_id text,"
        " fiscal_year int, section text, heading text, text text, page int, line int)"
    )
    connection.execute(
        "create table raw.report_document (report_id text, release int, document_id text, report_no int)"
    )
    connection.execute(
        "create table conformed.fct_release (report_id text, release int, unit_name text, scope text, is_current bool)"
    )
    for document, text, year in passages:
        connection.execute(
            "insert into raw.passage values (?, 0, 1, ?, 'u', ?, 'notes', '说明', ?, 3, 7)",
            [document, document, year, text],
        )
        connection.execute("insert into raw.report_document values (?, 1, ?, 0)", [document, document])
        connection.execute(
            "insert into conformed.fct_release values (?, 1, ?, 'unit', true)", [document, f"单位{document}"]
        )
    return connection


def documents(index: Path, words: str, **filters: object) -> set[str]:
    return {hit.document_id for hit in search(index, words, **filters).hits}  # type: ignore[arg-type]


def test_the_index_follows_the_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index = text_index.file_of(tmp_path)
    renew(index, warehouse([("a", "压减会议费。", 2022), ("b", "会议费增加。", 2023), ("c", "无。", 2023)]), "v1")
    assert documents(index, "会议费") == {"a", "b"}
    assert documents(index, "会议费", years=[2023]) == {"b"}
    assert documents(index, "会议费", unit="位a") == {"a"}
    assert documents(index, "费增 会议") == {"b"}
    written: list[str] = []
    plain = text_index.terms_of
    monkeypatch.setattr(text_index, "terms_of", lambda text: written.append(text) or plain(text))
    renew(index, warehouse([("a", "压减会议费。", 2022), ("b", "培训费增加。", 2023), ("d", "会议费。", 2024)]), "v2")
    assert documents(index, "会议费") == {"a", "d"}
    assert documents(index, "培训费") == {"b"}
    assert documents(index, "无") == set()
    assert "压减会议费。" not in written, "what stayed is not written again"
    written.clear()
    renew(index, warehouse([]), "v2")
    assert written == [], "an index of this version is left as it is"


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    index = text_index.file_of(tmp_path)
    index.parent.mkdir()
    index.write_bytes(b"no database at all" * 100)
    renew(index, warehouse([("a", "压减会议费。", 2022)]), "v1")
    assert documents(index, "压减") == {"a"}


LETTERS = st.text(alphabet="会议费减少无1２a，。 ", min_size=0, max_size=25)


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(LETTERS, min_size=1, max_size=6), word=st.text(alphabet="会议费减少无12a", min_size=1, max_size=4)
)
def test_what_is_found_is_what_contains_the_word(texts: list[str], word: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        index = text_index.file_of(Path(folder))
        passages = [(str(n), text, 2024) for n, text in enumerate(texts)]
        renew(index, warehouse(passages), "v1")
        sentences = {name: text_index._letters(text)[0].split("\n") for name, text, _ in passages if text}
        expected = {name for name, runs in sentences.items() if any(word in run for run in runs)}
        assert documents(index, word) == expected
