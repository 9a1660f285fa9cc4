"""Which records of one report are one release, a copy or a reissue: by what each of them holds."""

from __future__ import annotations

from dataclasses import dataclass

from juesuan.joining import JOINED, editions, record_id


@dataclass(frozen=True)
class Held:
    """A record of a document, named by it; ``contents`` as landing writes them."""

    document_id: str
    contents: tuple[str, ...]
    report_no: int = 0

    @property
    def figures_sha256(self) -> str:
        return "|".join(self.contents)


def names(records: list[Held]) -> list[tuple[list[str], list[str]]]:
    """(members, copies) of each release."""
    return [
        ([one.document_id for one in edition.members], [one.document_id for one in edition.copies])
        for edition in editions(records)
    ]


T1, T2, T3 = (Held(key, (f"{key}=1",)) for key in ("T1", "T2", "T3"))
TEXT = Held("text", ("text/notes.income=1", "text/notes.expenditure=1", "text/terms=0"))
WHOLE = Held("whole", (*T1.contents, *T2.contents, *T3.contents, *TEXT.contents))


def test_tables_and_text_that_complete_each_other_are_one_release() -> None:
    assert names([T2, TEXT, T1, T3]) == [(["T2", "text", "T1", "T3"], [])]


def test_the_same_figures_again_are_a_copy_whatever_else_is_there() -> None:
    assert names([T1, T2, Held("T1.xlsx", T1.contents)]) == [(["T1", "T2"], ["T1.xlsx"])]
    assert names([WHOLE, T2]) == [(["whole"], ["T2"])]
    assert names([T1, T2, WHOLE]) == [(["whole"], ["T1", "T2"])]


def test_a_table_with_other_figures_is_a_reissue_and_its_companions_join_it() -> None:
    corrected = Held("T1 again", ("T1=2",))
    assert names([T1, T2, corrected]) == [(["T1", "T2"], []), (["T1 again"], [])]
    assert names([T1, T2, corrected, Held("T2 again", ("T2=2",))])[1] == (["T1 again", "T2 again"], [])


def test_a_whole_report_with_one_sentence_corrected_is_a_reissue() -> None:
    corrected = Held("again", (*WHOLE.contents[:3], "text/notes.income=2", *WHOLE.contents[4:]))
    assert names([WHOLE, corrected]) == [(["whole"], []), (["again"], [])]


def test_a_text_that_repeats_one_table_still_completes_the_tables() -> None:
    text = Held("text", (*TEXT.contents, "T3=1"))
    assert names([Held("tables", (*T1.contents, *T2.contents, *T3.contents)), text]) == [(["tables", "text"], [])]
    other = Held("text", (*TEXT.contents, "T3=2"))
    assert len(names([Held("tables", (*T1.contents, *T2.contents, *T3.contents)), other])) == 2


def test_what_holds_nothing_joins_nothing() -> None:
    assert names([Held("empty", ()), T1]) == [(["empty"], []), (["T1"], [])]


def test_the_key_of_a_group_follows_from_members_and_what_is_settled() -> None:
    key = record_id([T1, T2], (2023, "department"))
    assert key.startswith(JOINED)
    assert key == record_id([T1, T2], (2023, "department"))
    assert len({key, record_id([T1, T3], (2023, "department")), record_id([T1, T2], (2022, "department"))}) == 3
