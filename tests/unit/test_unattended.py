"""When to try again, when to tell people, when a warehouse is stale."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from juesuan import unattended
from juesuan.final_accounts.archive import Archive
from juesuan.refresh import House
from juesuan.settings import Settings
from tests.fixtures.house import describe_fake, held, settings, write_document

NOW = 1_800_000_000.0


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    made = settings(tmp_path / "house")
    monkeypatch.setattr(House, "due", lambda _: due[0])
    due[0] = "something"
    return made


due: list[str | None] = ["something"]


class Told:
    """Where alerts arrive in place of addresses."""

    def __init__(self) -> None:
        self.titles: list[str] = []

    def __call__(self, title: str, body: str, *, good: bool = False) -> None:
        assert body
        self.titles.append(("good: " if good else "") + title)


def test_what_is_due_is_started_once_per_try(house: Settings) -> None:
    first = unattended.decide(house, NOW, alert=Told())
    assert first.run_key == "something #1"
    assert unattended.decide(house, NOW + 30, alert=Told()).run_key == first.run_key
    due[0] = None
    assert unattended.decide(house, NOW + 60, alert=Told()).run_key is None


def test_tries_wait_twice_as_long_each_and_people_are_told_once(house: Settings) -> None:
    told, now = Told(), NOW
    waits = []
    for number in range(1, 9):
        assert unattended.decide(house, now, alert=Told()).run_key == f"something #{number}"
        unattended.failed(house, "disk full", refused=False, alert=told, now=now)
        step = now
        while unattended.decide(house, step, alert=Told()).run_key is None:
            step += 10
        waits.append(step - now)
        now = step
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert told.titles == ["juesuan: the refresh failed 4 times"]
    unattended.succeeded(house, alert=told)
    assert told.titles[1:] == ["good: juesuan: the refresh works again"]
    unattended.succeeded(house, alert=told)
    assert len(told.titles) == 2


def test_a_clock_that_is_put_back_does_not_stop_the_tries(house: Settings) -> None:
    unattended.failed(house, "disk full", refused=False, alert=Told(), now=NOW + 10_000_000)
    assert unattended.decide(house, NOW, alert=Told()).run_key == "something #2"
    assert unattended.freshness(house, NOW).fresh


def test_a_refusal_is_told_at_once_and_waits_for_a_change(house: Settings) -> None:
    told = Told()
    unattended.decide(house, NOW, alert=Told())
    unattended.failed(house, "figures fell", refused=True, alert=told, now=NOW)
    assert told.titles == ["juesuan: a refresh was refused"]
    decision = unattended.decide(house, NOW + 1_000_000, alert=Told())
    assert (decision.run_key, "figures fell" in decision.reason) == (None, True)
    due[0] = "something else"
    assert unattended.decide(house, NOW + 1_000_030, alert=Told()).run_key == "something else #2"
    unattended.failed(house, "figures fell", refused=True, alert=told, now=NOW)
    assert len(told.titles) == 1
    unattended.failed(house, "figures jumped", refused=True, alert=told, now=NOW)
    assert len(told.titles) == 2


def test_nothing_starts_while_a_refresh_runs_or_files_arrive(house: Settings) -> None:
    with held(house):
        assert unattended.decide(house, NOW, alert=Told()).reason == "a refresh is running"
    house.inbox.mkdir(parents=True)
    (house.inbox / "half.pdf").write_bytes(b"%PDF")
    assert "still arriving" in unattended.decide(house, NOW, alert=Told()).reason
    assert unattended.decide(house, NOW + 700, alert=Told()).run_key is not None
    os.utime(house.inbox / "half.pdf", (1, 1))
    assert unattended.decide(house, NOW, alert=Told()).run_key is not None


def test_who_was_told_hears_when_nothing_stands_in_the_way(house: Settings) -> None:
    told = Told()
    unattended.failed(house, "figures fell", refused=True, alert=told, now=NOW)
    due[0] = None
    assert unattended.decide(house, NOW, alert=told).run_key is None
    assert unattended.decide(house, NOW, alert=told).run_key is None
    assert told.titles == ["juesuan: a refresh was refused", "good: juesuan: the refresh works again"]


def test_stale_is_what_has_been_due_for_too_long(house: Settings) -> None:
    due[0] = None
    assert unattended.freshness(house, NOW).fresh
    due[0] = "something"
    unattended.decide(house, NOW, alert=Told())
    assert unattended.freshness(house, NOW + 25 * 3600).fresh
    stale = unattended.freshness(house, NOW + 27 * 3600)
    assert (stale.fresh, stale.waiting_hours) == (False, 27.0)
    assert "26 hours are allowed" in stale.says


def test_a_file_that_waits_is_seen_without_a_daemon(house: Settings) -> None:
    house.inbox.mkdir(parents=True)
    (house.inbox / "old.pdf").write_bytes(b"%PDF")
    os.utime(house.inbox / "old.pdf", (NOW - 48 * 3600, NOW - 48 * 3600))
    assert not unattended.freshness(house, NOW).fresh


def test_what_was_kept_and_cannot_be_read_is_begun_anew(house: Settings) -> None:
    house.warehouse.mkdir(parents=True, exist_ok=True)
    for broken in ("", "[]", '{"unknown": 1}', "\x00"):
        (house.warehouse / "unattended.json").write_text(broken, encoding="utf-8")
        assert unattended.state(house) == unattended.State()


def test_every_change_of_the_archive_is_due_anew(tmp_path: Path) -> None:
    made = settings(tmp_path / "house")
    archive = Archive(made.raw, describe=describe_fake)
    documents = Path(archive.address) / "documents"

    def key() -> str | None:
        return unattended.decide(made, NOW, alert=Told()).run_key

    def dated() -> None:
        path = documents / "a.json.datapackage.json"
        path.write_text(
            path.read_text("utf-8").replace('"published_on": null', '"published_on": "2024-09-30"'), "utf-8"
        )

    changes = {
        "added": lambda: archive.add(write_document(tmp_path, "a.json")),
        "another added": lambda: archive.add(write_document(tmp_path, "b.json", unit="某市水利局")),
        "changed in place": dated,
        "withdrawn": lambda: archive.withdraw("a.json", "published by mistake"),
        "removed": lambda: (documents / "b.json.datapackage.json").unlink(),
        "a document changed": lambda: (documents / "a.json").write_text("something else", "utf-8"),
        "the registry changed": lambda: archive.rename(
            archive.registry.units[0].unit_id, "某市财政厅", 2024, "renamed"
        ),
    }
    seen = [key()]
    for what, change in changes.items():
        change()
        seen.append(key())
        for path in Path(archive.address).rglob("*"):
            os.utime(path, (NOW - 10**8, NOW - 10**8))  # old enough to be remembered
        assert key() == seen[-1], f"{what}: the same again where only stamps differ"
        (Path(archive.address) / "index.json").write_text("{", "utf-8")
        assert key() == seen[-1], f"{what}: the same with a spoilt index"
    assert len(set(seen)) == len(changes) + 1
