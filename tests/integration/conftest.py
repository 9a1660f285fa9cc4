"""Houses of made-up documents, whose library stands still while a test runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from tests.fixtures.house import read_here, settings

import juesuan.final_accounts.extract as library
from juesuan import extracting, fingerprints
from juesuan.settings import Settings


@pytest.fixture
def still_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up documents are read in this process, and the library has one fingerprint throughout."""
    monkeypatch.setattr(extracting, "read_documents", read_here)
    monkeypatch.setattr(library, "extractor_fingerprint", lambda: "fixed")
    monkeypatch.setattr(fingerprints, "library_fingerprint", lambda: "fixed")


@pytest.fixture
def house(tmp_path: Path, still_library: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    """A new house with the tiny dbt project and an empty archive."""
    from juesuan.defs import running

    monkeypatch.setattr(running, "history", lambda _: dg.DagsterInstance.ephemeral())
    yield settings(tmp_path / "house")
