"""Kills a refresh at one point after another and looks at what is left. A program of its own, for test_kill.

Forking needs a process without threads, so this one imports everything once and never opens a database
itself: every refresh and every look at the warehouse happens in a child that is forked from it, warm. Prints
one JSON line per point::

    {"point": "publish.link.linked", "occurrence": 1, "killed": true, "read": "before", "next": "published",
     "same": true, "differs": []}

``read``: which version readers see after the kill, "before" or "after" the change, or "torn". ``same``:
whether the next run ends with the tables of an undisturbed one.

Usage: ``python -m tests.integration.kill_driver HOME PART PARTS`` tries every point on made-up documents and a few
models; ``python -m tests.integration.kill_driver HOME real POINT...`` the points named on the real reports and models.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import re
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import dagster as dg
from tests.fixtures.house import CHECKOUT, archive_of, content, read_here, settings, write_document

import juesuan.final_accounts.extract as library
from juesuan import extracting, faults, fingerprints, transform
from juesuan.defs import running
from juesuan.final_accounts.archive import Archive, Document
from juesuan.landing import Extracted
from juesuan.refresh import refresh
from juesuan.settings import Settings

REPORTS = CHECKOUT / "raw" / "documents"


def in_child(work: Callable[[], Any]) -> Any:
    """Run ``work`` in a forked child; its result, or None when the child was killed."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(pickle.dumps(work()))
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return None
    if os.WEXITSTATUS(status) != 0:
        raise SystemExit("a child failed; its traceback is on stderr")
    return pickle.loads(answer)


def read_in_process(
    archive: Archive, documents: Sequence[Document], settings: Settings, extractor: str, progress: object = None
) -> Iterator[Extracted]:
    """The real library in this process: what is killed here is the way from landing to switch, not a worker."""
    for document in documents:
        yield Extracted(document.document_id, library.extract(archive.read(document), document.name))


class Trial:
    """One house at one path (dbt parses anew when paths change), put back to its first version for each point."""

    def __init__(self, home: Path, project: str) -> None:
        self.settings = settings(home, project)
        self.project = project
        self.saved = home.parent / f"{home.name}-saved"
        # What is tried is the way from landing to switch, so the library and its fingerprint stand still.
        extracting.read_documents = read_here if project == "tiny" else read_in_process
        library.extractor_fingerprint = lambda: "fixed"
        fingerprints.library_fingerprint = lambda: "fixed"
        running.history = lambda _: dg.DagsterInstance.ephemeral()

    def first(self) -> None:
        """What the first version follows from."""
        if self.project == "real":
            Archive(self.settings.raw).add(REPORTS / "qingyuan-dsb-own-level-2023.txt")
            return
        archive = archive_of(self.settings)
        archive.add(write_document(self.settings.home / "incoming", "stays.json"))
        archive.add(write_document(self.settings.home / "incoming", "goes.json", unit="某市民政局"))

    def change(self) -> None:
        """What the second version follows from: a new report, a reissue, a withdrawal."""
        if self.project == "real":
            Archive(self.settings.raw).add(REPORTS / "shanghai-putuo-finance-2024.pdf")
            return
        archive = archive_of(self.settings)
        archive.add(write_document(self.settings.home / "incoming", "corrected.json", basic="61.00"))
        archive.add(write_document(self.settings.home / "incoming", "other.json", unit="某市水务局", year=2022))
        archive.withdraw("goes.json", "published by mistake")

    def prepare(self) -> None:
        """Publish the first version, then change what it follows from."""

        def publish_first() -> list[str]:
            self.first()
            assert refresh(self.settings).outcome == "published"
            self.change()
            return list(sys.modules)

        for name in in_child(publish_first):  # what a refresh imports, so that every later child is warm
            with suppress(Exception):
                importlib.import_module(name)
        # Parsing opens no database, and what dbt makes ready on first use is ready in every child.
        (transform.folder(self.settings) / "target" / "manifest.of").unlink()
        transform.prepare(self.settings)
        shutil.copytree(self.settings.warehouse, self.saved, symlinks=True)

    def restore(self) -> None:
        """Back to the first version, with the change waiting."""
        shutil.rmtree(self.settings.warehouse)
        shutil.copytree(self.saved, self.settings.warehouse, symlinks=True)

    def look(self) -> dict[str, list[tuple]]:
        """What readers see."""
        return content(self.settings.published)

    def undisturbed(self) -> tuple[list[tuple[str, int]], dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Points passed, tables before and after the change, and tables of the work file after."""
        self.restore()
        before = in_child(self.look)

        def whole() -> list[tuple[str, int]]:
            passed = faults.trace()
            assert refresh(self.settings).outcome == "published"
            return list(passed)

        points = in_child(whole)
        return points, before, in_child(self.look), in_child(self.look_at_work)

    def look_at_work(self) -> dict[str, list[tuple]]:
        """The tables of the work file, which the next build starts from."""
        return content(self.settings.work / "juesuan.duckdb")

    def kill_at(
        self, point: tuple[str, int], before: dict[str, Any], after: dict[str, Any], work: dict[str, Any]
    ) -> dict[str, Any]:
        """Kill a refresh at ``point``, look as a reader, run the next refresh, look again."""
        self.restore()

        def killed() -> str:
            faults.arm(*point)
            return refresh(self.settings).outcome

        outcome = in_child(killed)

        def next_run() -> tuple[dict[str, Any], str, dict[str, Any], dict[str, Any]]:
            seen = self.look()
            following = refresh(self.settings).outcome
            return seen, following, self.look(), self.look_at_work()

        seen, following, then, then_work = in_child(next_run)
        differs = sorted(name for name in after.keys() | then.keys() if after.get(name) != then.get(name))
        if following == "published":  # else the next build brings the work file up to date
            differs += sorted(
                f"work: {name}" for name in work.keys() | then_work.keys() if work.get(name) != then_work.get(name)
            )
        return {
            "point": point[0],
            "occurrence": point[1],
            "killed": outcome is None,
            "read": "before" if seen == before else "after" if seen == after else "torn",
            "next": following,
            "same": not differs,
            "differs": differs,
        }


def thinned(points: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Every fourth of the points that differ only by the table or list which a batch or transaction writes."""
    seen: Counter[str] = Counter()
    kept = []
    for name, occurrence in points:
        family = re.sub(r"^(landing\.batch|loading\.delete|loading\.insert)\.[a-z_]+$", r"\1", name)
        family = re.sub(r"^loading\.(unit\w*|approval|known_discrepancy|expected_body)$", "loading.list", family)
        seen[family] += 1
        if family == name or seen[family] % 4 == 1:
            kept.append((name, occurrence))
    return kept


def main(arguments: Sequence[str]) -> None:
    """See the module."""
    home, *rest = arguments
    trial = Trial(Path(home), "real" if rest[0] == "real" else "tiny")
    trial.prepare()
    points, before, after, work = trial.undisturbed()
    if rest[0] == "real":
        chosen = [(name, 1) for name in rest[1:]]
        mine = chosen
    else:
        first_times = list(dict.fromkeys(name for name, _ in points))
        # Where a point is passed more than once, its last time too: the last batch, the last entry.
        last_times = [(name, max(n for other, n in points if other == name)) for name in first_times]
        chosen = thinned(list(dict.fromkeys([*((name, 1) for name in first_times), *last_times])))
        mine = chosen[int(rest[0]) :: int(rest[1])]
    print(json.dumps({"points": len(chosen), "changed": before != after}), flush=True)
    assert threading.active_count() == 1
    for point in mine:
        begun = time.monotonic()
        found = trial.kill_at(point, before, after, work)
        print(json.dumps(found | {"seconds": round(time.monotonic() - begun, 2)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
