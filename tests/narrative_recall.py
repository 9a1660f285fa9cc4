"""How many figures of reworded sentences are read as they should be: recall, wrong ones, numbers without a place.

Run as ``python tests/narrative_recall.py [--show ID...]``; ``tests/unit/test_narrative_variants.py`` holds its floors.
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from juesuan.final_accounts.classes import ClassNames
from juesuan.final_accounts.numbers import plain
from juesuan.final_accounts.statements import Reader

FILE = Path(__file__).parent / "fixtures" / "narrative_variants.yml"
#: Statements in words: compared only where a variant lists them.
IN_WORDS = ("relation_to_budget", "relation_to_prior", "purpose", "name")


@dataclass
class Score:
    """Counts over a set of variants. ``misses`` and ``wrong`` name variant and statement."""

    expected: int = 0
    found: int = 0
    misses: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unplaced: int = 0

    @property
    def recall(self) -> float:
        return self.found / self.expected if self.expected else 1.0

    def __str__(self) -> str:
        return (
            f"{self.found} of {self.expected} statements ({self.recall:.1%}), {len(self.wrong)} wrong, "
            f"{self.unplaced} numbers without a place"
        )


def read(variant: dict[str, Any]) -> tuple[list[str], list[str]]:
    """The statements of a variant as ``topic/measure=value``, and its numbers without a place."""
    reader = Reader(ClassNames({}, variant.get("year")), variant.get("year"))
    found, unplaced = reader.read(variant["text"], variant["section"])
    lines = []
    for one in found:
        value = plain(one.value) if one.value is not None else f"null:{one.null_reason}" if one.null_reason else "null"
        lines.append(f"{one.topic}/{one.measure}={value}")
    return lines, [one.text for one in unplaced]


def score(variants: list[dict[str, Any]]) -> Score:
    """Compare each variant's statements with what it expects, as multisets."""
    total = Score()
    for variant in variants:
        lines, unplaced = read(variant)
        expected = Counter(variant["expect"])
        got = Counter(one for one in lines if one in expected or not one.split("/")[1].startswith(IN_WORDS))
        total.expected += sum(expected.values())
        total.found += sum((expected & got).values())
        total.misses += [f"{variant['id']}: {one}" for one in (expected - got).elements()]
        total.wrong += [f"{variant['id']}: {one}" for one in (got - expected).elements()]
        total.unplaced += len(unplaced)
    return total


def variants(held_out: bool) -> list[dict[str, Any]]:
    """The variants of one part."""
    found: list[dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [one for one in found if bool(one.get("held_out")) == held_out]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="also print what the tuned part misses or has wrong")
    parser.add_argument("--show-held-out", action="store_true", help="the same for the held-out ones")
    wanted = parser.parse_args()
    for name, held_out, show in (("tuned", False, wanted.show), ("held out", True, wanted.show_held_out)):
        part = variants(held_out)
        got = score(part)
        print(f"{name}: {len(part)} variants, {got}")
        if show:
            print(*(f"  missed {one}" for one in got.misses), *(f"  wrong {one}" for one in got.wrong), sep="\n")


if __name__ == "__main__":
    main()
