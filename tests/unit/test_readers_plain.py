"""Text files: every line with its number and its place, in whatever encoding an office saved it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts.model import LimitExceeded, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import Limits, read
from juesuan.final_accounts.readers.plain import decode

REPORT = Path(__file__).parents[2] / "raw" / "documents" / "qingyuan-dsb-own-level-2023.txt"


def lines(data: bytes) -> list[TextLine]:
    return [block for page in read(data).pages for block in page.blocks if isinstance(block, TextLine)]


SAID = "收入支出决算总表\n\n  单位：万元  \n本年收入合计 2,946.25\n"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_numbered_as_a_person_counts_them(end: str) -> None:
    found = lines(SAID.replace("\n", end).encode())
    assert [(one.line, one.text, one.page) for one in found] == [
        (1, "收入支出决算总表", None),
        (3, "  单位：万元", None),
        (4, "本年收入合计 2,946.25", None),
    ]


@given(st.lists(st.text(st.sampled_from("决算 \u30001,.\t"), max_size=8)), st.sampled_from(["\n", "\r\n"]))
def test_a_span_is_the_place_of_its_line_in_the_text(parts: list[str], end: str) -> None:
    text = "表" + end + end.join(parts)
    for one in lines(text.encode()):
        assert one.span is not None
        assert text[one.span[0] : one.span[1]] == one.text
        assert text[: one.span[0]].count("\n") == one.line - 1


def test_a_byte_order_mark_is_no_character() -> None:
    (one,) = lines(b"\xef\xbb\xbf" + "决算".encode())
    assert (one.text, one.span) == ("决算", (0, 2))


def test_text_in_gb18030_is_read_and_said() -> None:
    reading = read(SAID.encode("gb18030"))
    assert reading.notes == ("the text is encoded in GB18030",)
    assert reading.pages[0].blocks[0].text == "收入支出决算总表"  # type: ignore[union-attr]


def test_text_in_utf_16_is_read_and_said() -> None:
    reading = read(SAID.encode("utf-16"))
    assert reading.notes == ("the text is encoded in UTF-16",)
    assert reading.pages[0].blocks[0].span == (0, 8)  # type: ignore[union-attr]


def test_utf_8_needs_no_note() -> None:
    assert read(SAID.encode()).notes == ()


def test_western_text_in_another_encoding_is_not_guessed_at() -> None:
    with pytest.raises(UnreadableDocument, match="GB18030"):
        decode("Département: exécution budgétaire à côté".encode("latin-1"))


def test_a_text_cut_inside_a_character_is_truncated() -> None:
    with pytest.raises(UnreadableDocument, match="truncated"):
        decode("决算总表".encode()[:-1])


def test_one_bad_byte_in_utf_8_is_damage_and_not_another_encoding() -> None:
    data = bytearray(SAID.encode())
    data[4] = 0xFF
    with pytest.raises(UnreadableDocument, match="damaged text: byte 3 is not valid UTF-8"):
        decode(bytes(data))


def test_gb18030_that_breaks_off_is_truncated() -> None:
    with pytest.raises(UnreadableDocument, match=r"truncated.*GB18030"):
        decode("收入支出决算总表".encode("gb18030")[:-1])


def test_form_feeds_part_pages_and_lines_count_anew() -> None:
    reading = read("封面\n\f表一\n1.00\n\f".encode())
    assert [page.number for page in reading.pages] == [1, 2]
    found = [(b.page, b.line, b.text) for p in reading.pages for b in p.blocks if isinstance(b, TextLine)]
    assert found == [(1, 1, "封面"), (2, 1, "表一"), (2, 2, "1.00")]


def test_white_space_alone_is_no_document() -> None:
    with pytest.raises(UnreadableDocument, match="no text"):
        read(b" \n\t\n")


def test_more_pages_than_allowed_are_refused() -> None:
    with pytest.raises(LimitExceeded, match="max_pages"):
        read(b"a\fb\fc", limits=Limits(max_pages=2))


def test_the_flattened_report_comes_line_by_line() -> None:
    data = REPORT.read_bytes()
    found = lines(data)
    text = data.decode()
    assert [one.text for one in found] == [line.rstrip() for line in text.split("\n") if line.strip()]
    assert all(one.span and text[slice(*one.span)] == one.text for one in found)
