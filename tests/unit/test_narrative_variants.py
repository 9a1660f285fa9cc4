"""How the reading of the text fares on sentences reworded as other places and years word them."""

from __future__ import annotations

import pytest

from tests.narrative_recall import score, variants


def test_reworded_sentences_are_read_whole(capsys: pytest.CaptureFixture[str]) -> None:
    got = score(variants(held_out=False))
    with capsys.disabled():
        print(f"\nreworded sentences, tuned: {got}")
    assert got.expected >= 650
    assert got.misses == []
    assert got.wrong == []


def test_wordings_that_nobody_looked_at_keep_their_recall(capsys: pytest.CaptureFixture[str]) -> None:
    """The floor is what was reached on the first count; the wordings are never tuned on."""
    got = score(variants(held_out=True))
    with capsys.disabled():
        print(f"\nreworded sentences, held out: {got}")
    assert got.expected >= 80
    assert got.recall >= 0.94
    assert len(got.wrong) <= 0.06 * got.expected
