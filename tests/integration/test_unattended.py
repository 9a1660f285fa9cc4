"""Work without anyone: the daemon, alerts, and what a bad machine leaves standing."""

from __future__ import annotations

import datetime
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import dagster as dg
import duckdb
import pytest
from tests.fixtures.alerting import free_port, servers
from tests.fixtures.house import CHECKOUT, archive_of, held, settings, write_document

from juesuan import alerts, doctor, metrics, unattended
from juesuan.defs import automation, running
from juesuan.publish import published_version
from juesuan.refresh import House, refresh
from juesuan.settings import Settings

pytestmark = pytest.mark.integration
REPORT = CHECKOUT / "raw" / "documents" / "qingyuan-dsb-own-level-2023.txt"


def until(what: Callable[[], Any], seconds: float = 120) -> Any:
    """Wait for something to be so; what it was."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.5)
    return found


@contextmanager
def daemon(home: Path, *command: str, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    """``juesuan daemon`` (or another command) on this house."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUESUAN_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "juesuan", *(command or ("daemon",))],
        env=environment | {"JUESUAN_HOME": str(home)} | more,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(40) == 0
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def runs(house: Settings) -> list[tuple[str, str]]:
    with running.history(house) as instance:
        return [(run.job_name, run.status.value) for run in instance.get_runs()]


@pytest.mark.long
def test_the_daemon_publishes_what_arrives_in_one_run_and_tells_what_fails(tmp_path: Path) -> None:
    """Files in the inbox are published without anyone; a broken model is told, and its mending as well."""
    with servers() as arrived:
        house = settings(tmp_path / "house")
        listed = ", ".join(f'"{one}"' for one in arrived.addresses)
        (house.home / "juesuan.toml").write_text(f"[alerts]\nto = [{listed}]\n", encoding="utf-8")
        house.inbox.mkdir(parents=True)
        for number in range(30):
            (house.inbox / f"note-{number:02}.txt").write_text(f"通知第{number}号", encoding="utf-8")
        shutil.copy(REPORT, house.inbox)
        port = free_port()
        # the pages as well, whose metrics a watcher reads
        with daemon(house.home, "dagster", "--port", str(port)):
            until(lambda: house.published.exists())
            assert not list(house.inbox.iterdir())
            with duckdb.connect(str(house.published.resolve()), read_only=True) as connection:
                assert connection.execute("select count(*) from raw.document").fetchall() == [(31,)]
                assert connection.execute("select count(*) > 100 from raw.cell").fetchall() == [(True,)]
            until(lambda: runs(house) == [("refresh", "SUCCESS")], 20)
            said = urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20).read().decode()
            assert "juesuan_published 1.0" in said
            assert "juesuan_inbox_files 0.0" in said

            model = house.dbt_project / "models" / "unit_year.sql"
            whole = model.read_text(encoding="utf-8")
            model.write_text("select nonsense from nowhere", encoding="utf-8")
            until(lambda: arrived.posts and arrived.mails)
            assert arrived.posts[0]["title"] == "juesuan: a refresh was refused"
            assert "nowhere does not exist" in arrived.posts[0]["message"]
            to, subject, text = arrived.mails[0]
            assert (to, subject) == (["ops@example.org"], "juesuan: a refresh was refused")
            assert "juesuan doctor" in text
            model.write_text(whole, encoding="utf-8")
            until(lambda: len(arrived.posts) > 1)
            assert arrived.posts[1]["title"] == "juesuan: the refresh works again"
            assert arrived.posts[1]["type"] == "success"
        statuses = [status for job, status in runs(house) if job == "refresh"]
        assert statuses.count("FAILURE") == 1
        assert unattended.state(house) == unattended.State()


def test_a_run_whose_process_was_killed_does_not_hold_the_queue(house: Settings) -> None:
    archive_of(house).add(write_document(house.home / "incoming", "a.json"))
    with dg.DagsterInstance.ephemeral() as instance:
        job = defs_of(house).resolve_job_def("refresh")
        run = instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
        assert automation.bury(instance, house) == []  # it may only just have begun
        automation._BEGINS_WITHIN, kept = -1, automation._BEGINS_WITHIN
        try:
            with held(house):
                assert automation.bury(instance, house) == []  # it lives: the lock is held
            assert automation.bury(instance, house) == [run.run_id]
        finally:
            automation._BEGINS_WITHIN = kept
        ended = instance.get_run_by_id(run.run_id)
        assert ended is not None
        assert ended.status == dg.DagsterRunStatus.FAILURE


def defs_of(house: Settings) -> dg.Definitions:
    from juesuan import defs

    return defs.build(house)


def test_failures_are_counted_from_what_dagster_saw(house: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed run's cause is read from its events: a refusal is told from a failure that may pass."""
    archive_of(house).add(write_document(house.home / "incoming", "a.json"))
    told: list[str] = []
    monkeypatch.setattr(alerts, "send", lambda _settings, title, _body, **_more: told.append(title))
    sensors = {one.name: one for one in automation.sensors(house)}

    def react(problem: BaseException) -> unattended.State:
        def broken(_: House) -> Any:
            raise problem

        monkeypatch.setattr(House, "load", broken)
        with dg.DagsterInstance.ephemeral() as instance:
            job = defs_of(house).resolve_job_def("refresh")
            result = job.execute_in_process(instance=instance, raise_on_error=False, run_config=running.QUIET)
            assert not result.success
            failure = result.get_run_failure_event()
            context = dg.build_run_status_sensor_context("failures", failure, instance, result.dagster_run)
            sensors["failures"](context.for_run_failure())
        return unattended.state(house)

    state = react(OSError(28, "No space left on device", "/somewhere"))
    assert (state.failures, state.refused, told) == (1, False, [])
    assert "No space left on device" in (state.message or "")
    from juesuan.publish import Refused

    state = react(Refused("reports fell from 9 to 2"))
    assert (state.failures, state.refused, state.message) == (2, True, "reports fell from 9 to 2")
    assert told == ["juesuan: a refresh was refused"]


def test_freshness_is_an_asset_check(house: Settings) -> None:
    def fresh() -> bool:
        result = (
            defs_of(house)
            .resolve_job_def("freshness")
            .execute_in_process(instance=dg.DagsterInstance.ephemeral(), run_config=running.QUIET)
        )
        (one,) = result.get_asset_check_evaluations()
        assert one.check_name == "fresh"
        return bool(one.passed)

    refresh(house)
    assert fresh()
    late = write_document(house.inbox, "late.json")
    os.utime(late, (1, 1))
    assert not fresh()


def test_runs_are_let_go_with_their_files(tmp_path: Path, still_library: None) -> None:
    house = settings(tmp_path / "house")
    refresh(house)
    with running.history(house) as instance:
        (run,) = instance.get_runs()
        assert list(house.dagster_home.rglob(f"*{run.run_id}*"))
        assert running.prune(instance, house) == 0
        later = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=31)
        assert running.prune(instance, house, later) == 1
        assert instance.get_runs() == []
    assert not list(house.dagster_home.rglob(f"*{run.run_id}*"))


def test_settings_of_dagster_are_renewed_unless_somebody_keeps_them(house: Settings) -> None:
    file = running.home(house) / "dagster.yaml"
    file.write_text(running._BEFORE, encoding="utf-8")
    running.home(house)
    assert "run_monitoring" in file.read_text(encoding="utf-8")
    file.write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    running.home(house)
    assert file.read_text(encoding="utf-8") == "telemetry: {enabled: false}\n"


# --- alerts


def test_an_alert_that_cannot_be_sent_says_where_and_no_secret(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with servers() as arrived:
        monkeypatch.setenv("JUESUAN_ALERTS", f"json://user:geheim@127.0.0.1:1/x {arrived.addresses[0]}")
        with pytest.raises(alerts.AlertFailed) as caught:
            alerts.send(Settings.load(), "标题", "正文")
        assert "json://127.0.0.1 did not take it" in str(caught.value)
        assert "geheim" not in str(caught.value)
        assert arrived.posts[0]["title"] == "标题"  # the other one got it
    monkeypatch.setenv("JUESUAN_ALERTS", "nonsense")
    with pytest.raises(alerts.AlertFailed, match="no address"):
        alerts.send(Settings.load(), "a", "b")
    monkeypatch.delenv("JUESUAN_ALERTS")
    with pytest.raises(alerts.AlertFailed, match="JUESUAN_ALERTS"):
        alerts.send(Settings.load(), "a", "b")


def test_what_is_shown_of_an_address_is_its_kind_and_host() -> None:
    assert alerts.masked("mailtos://me:geheim@mail.example.org?to=x") == "mailtos://mail.example.org"
    assert alerts.masked("dingtalk://geheimestoken") == "dingtalk://"
    assert alerts.masked("json://[broken") == "an address that cannot be read"


# --- a bad machine


def published(house: Settings, *documents: str) -> str:
    for name in documents or ("a.json",):
        archive_of(house).add(write_document(house.home / "incoming", name))
    assert refresh(house).outcome == "published"
    return house.published.readlink().as_posix()


def readable(house: Settings) -> int:
    with duckdb.connect(str(house.published.resolve()), read_only=True) as connection:
        (count,) = connection.execute("select count(*) from raw.report").fetchone() or (0,)
    return int(count)


def refresh_apart(house: Settings, before: Callable[[], None] | None = None) -> Mapping[str, Any]:
    """A refresh in a process of its own, as a scheduled job is one; ``before`` runs in it first."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("JUESUAN_")}
    done = subprocess.run(
        [sys.executable, "-m", "juesuan", "refresh", "--json"],
        env=environment | {"JUESUAN_HOME": str(house.home)},
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=before,
    )
    assert done.stdout, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    assert done.returncode == {"published": 0, "nothing_to_do": 0, "refused": 1, "busy": 75}[answer["outcome"]]
    return answer


def can_mount() -> bool:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("mount"):
        return False
    probe = Path(tempfile.mkdtemp())
    try:
        made = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(probe)], capture_output=True, check=False)
        if made.returncode == 0:
            subprocess.run(["umount", str(probe)], check=False)
        return made.returncode == 0
    finally:
        probe.rmdir()


MOUNTS = can_mount()


@pytest.fixture
def real_house(tmp_path: Path) -> Settings:
    """A house that a process of its own can refresh: real documents, few models."""
    house = settings(tmp_path / "house")
    house.inbox.mkdir(parents=True)
    shutil.copy(REPORT, house.inbox)
    os.utime(house.inbox / REPORT.name, (1, 1))
    assert refresh_apart(house)["outcome"] == "published"
    (house.inbox / "note.txt").write_text("通知", encoding="utf-8")
    os.utime(house.inbox / "note.txt", (1, 1))
    return house


def test_files_that_cannot_grow_leave_the_published_version(real_house: Settings) -> None:
    """What a full disk does, without one: no file of the process may grow beyond a size."""
    before = real_house.published.readlink()
    size = real_house.published.resolve().stat().st_size

    def small() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 2, resource.RLIM_INFINITY))

    answer = refresh_apart(real_house, small)
    assert answer["outcome"] == "refused"
    assert "no room left" in answer["message"]
    assert real_house.published.readlink() == before
    assert readable(real_house) == 1
    left = [one.name for one in real_house.versions.iterdir() if one.name != before.parent.name]
    assert left == []
    assert refresh_apart(real_house)["outcome"] == "published"
    assert readable(real_house) == 1


def test_a_disk_without_room_is_refused_before_anything_is_built(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published(house)
    archive_of(house).add(write_document(house.home / "incoming", "b.json", unit="某市民政局"))
    usage = shutil.disk_usage(house.home)
    with monkeypatch.context() as full:
        full.setattr(doctor.shutil, "disk_usage", lambda _: usage._replace(free=1_000_000))
        outcome = refresh(house)
        looks = {look.check: look for look in doctor.examine(house)}
    assert (outcome.outcome, house.published.readlink().as_posix()) == ("refused", before)
    assert "1 MB free" in (outcome.message or "")
    assert "JUESUAN_WAREHOUSE" in (outcome.message or "")
    assert not looks["room"].ok
    assert refresh(house).outcome == "published"  # not remembered as a refusal: the disk may be emptied


if MOUNTS:  # a size limit stands for it elsewhere, above

    @pytest.mark.parametrize("megabytes", [12, 30])
    def test_a_full_disk_leaves_the_published_version(tmp_path: Path, megabytes: int) -> None:
        """A real one, where this user may mount a small one."""
        house = settings(tmp_path / "house")
        house.warehouse.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=500m", "tmpfs", str(house.warehouse)], check=True)
        try:
            house.inbox.mkdir(parents=True)
            shutil.copy(REPORT, house.inbox)
            os.utime(house.inbox / REPORT.name, (1, 1))
            assert refresh_apart(house)["outcome"] == "published"
            before = house.published.readlink()
            shutil.copy(REPORT, house.inbox / "another.txt")
            with (house.inbox / "another.txt").open("a", encoding="utf-8") as more:
                more.write("\n另一份\n")
            os.utime(house.inbox / "another.txt", (1, 1))
            used = shutil.disk_usage(house.warehouse).used // 1_000_000
            subprocess.run(["mount", "-o", f"remount,size={used + megabytes}m", str(house.warehouse)], check=True)
            answer = refresh_apart(house)
            assert answer["outcome"] == "refused"
            assert "free" in answer["message"]
            assert "make room" in answer["message"]
            assert house.published.readlink() == before
            assert readable(house) == 1
            subprocess.run(["mount", "-o", "remount,size=500m", str(house.warehouse)], check=True)
            assert refresh_apart(house)["outcome"] == "published"
        finally:
            subprocess.run(["umount", "-l", str(house.warehouse)], check=True)


def test_a_folder_that_cannot_be_written_to_is_named(house: Settings) -> None:
    before = published(house)
    archive_of(house).add(write_document(house.home / "incoming", "b.json", unit="某市民政局"))
    with read_only(house.versions):
        outcome = refresh(house)
        assert (outcome.outcome, house.published.readlink().as_posix()) == ("refused", before)
        assert "the right to write there" in (outcome.message or "")
        assert str(house.versions) in (outcome.message or "")
    assert readable(house) == 1
    assert refresh(house).outcome == "published"
    assert readable(house) == 2


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Nobody may write into ``folder``; root neither, where it may mount."""
    if os.geteuid() != 0:
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
    elif MOUNTS:
        subprocess.run(["mount", "--bind", str(folder), str(folder)], check=True)
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", "-l", str(folder)], check=True)
    else:  # root whom nothing keeps out: no folder at all, then
        aside = folder.rename(folder.with_name("aside"))
        folder.write_bytes(b"")
        try:
            yield
        finally:
            folder.unlink()
            aside.rename(folder)


def test_two_refreshes_at_once_are_one_and_a_message(house: Settings) -> None:
    before = published(house)
    archive_of(house).add(write_document(house.home / "incoming", "b.json"))
    with held(house):
        outcome = refresh(house)
    assert (outcome.outcome, outcome.exit_code) == ("busy", 75)
    assert "another refresh" in (outcome.message or "")
    assert house.published.readlink().as_posix() == before


def test_a_clock_that_jumps_loses_no_version_and_stops_nothing(
    house: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Years ahead and back again: each refresh publishes, older versions stay, the doctor says what is wrong."""
    from juesuan import publish

    class Clock(datetime.datetime):
        jumped = datetime.timedelta()

        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:
            return datetime.datetime.now(tz) + cls.jumped

    fake = type("fake", (), {**vars(datetime), "datetime": Clock})
    monkeypatch.setattr(publish, "datetime", fake)
    links = [published(house)]
    for days, name in ((4000, "b.json"), (0, "c.json"), (-4000, "d.json")):
        Clock.jumped = datetime.timedelta(days=days)
        archive_of(house).add(write_document(house.home / "incoming", name, unit=f"某市第{name[0]}局"))
        assert refresh(house).outcome == "published"
        links.append(house.published.readlink().as_posix())
        if days == 4000:
            looks = {look.check: look for look in doctor.examine(house)}
            assert not looks["clock"].ok
            assert "set this machine's clock" in looks["clock"].says
    assert len(set(links)) == 4
    assert readable(house) == 4
    assert all((house.warehouse / link).exists() for link in links)
    arrived = write_document(house.inbox, "e.json", unit="某市第e局")
    ahead = time.time() + 90_000_000
    os.utime(arrived, (ahead, ahead))
    assert House(house).due() is not None  # a file of the future is not waited for


# --- what watches


def test_metrics_and_doctor_tell_what_a_watcher_needs(house: Settings) -> None:
    first = metrics.text(house)
    assert "juesuan_published 0.0" in first
    published(house)
    unattended.failed(house, "net gone", refused=False, alert=lambda *_, **__: None)
    said = metrics.text(house)
    version = published_version(house)
    assert version is not None
    assert f'juesuan_published_info{{version="{version["id"]}"}} 1.0' in said
    assert 'juesuan_documents{status="loaded"} 1.0' in said
    assert "juesuan_refresh_failures 1.0" in said
    from prometheus_client.parser import text_string_to_metric_families

    names = {family.name for family in text_string_to_metric_families(said)}
    assert {"juesuan_fresh", "juesuan_figures", "juesuan_disk_free_bytes", "juesuan_due_seconds"} <= names
    looks = {look.check: look for look in doctor.examine(house)}
    assert (looks["refresh"].ok, "net gone" in looks["refresh"].says) == (False, True)
