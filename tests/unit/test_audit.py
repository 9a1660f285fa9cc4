"""Licences: what may be used is read from the list, and joined licences are judged by how they are joined."""

from __future__ import annotations

import csv

import pytest

from tests.audit import LICENCES, not_allowed, output

WORDS = [{"kind": "word", "name": name, "verdict": "may"} for name in ("MIT", "Apache-2.0", "MPL-2.0")]


@pytest.mark.parametrize(
    ("licence", "may"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0", True),
        ("MIT AND GPL-3.0", False),
        ("MIT; GPL-3.0", False),
        ("MPL-2.0 AND (Apache-2.0 OR GPL-3.0)", True),
        ("MPL-2.0 AND (GPL-2.0 OR GPL-3.0)", False),
        ("UNKNOWN", False),
        ("", False),
    ],
)
def test_joined_licences(licence: str, may: bool) -> None:
    found = not_allowed([{"Name": "x", "License": licence}], WORDS)
    assert found == ([] if may else [("x", licence)])


def test_a_package_may_be_named() -> None:
    rules = [*WORDS, {"kind": "package", "name": "x", "verdict": "may"}]
    assert not_allowed([{"Name": "x", "License": "GPL-3.0"}, {"Name": "y", "License": "GPL-3.0"}], rules) == [
        ("y", "GPL-3.0")
    ]


def test_everything_installed_here_may_be_used() -> None:
    with LICENCES.open(encoding="utf-8", newline="") as opened:
        rules = list(csv.DictReader(opened))
    assert all(rule["reason"] for rule in rules)
    packages = output("piplicenses", "--format=json", "--with-system")
    assert len(packages) > 100
    assert not_allowed(packages, rules) == []
