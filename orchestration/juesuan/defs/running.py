"""Running the job in this process, Dagster's daemon and its own web pages.

Belongs here: instances of Dagster, what they write and for how long it stays. Does not belong here: what is run.
"""

import datetime
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import dagster as dg

from juesuan import transform
from juesuan.access import LOOPBACK, require_guard
from juesuan.defs.automation import BY_PERSON, REBUILD, REFRESH
from juesuan.refresh import House
from juesuan.settings import Settings

_MARK = "# Written by juesuan at each start. To keep settings of your own, take this line away.\n"
#: What earlier versions wrote, and what stays of it: no telemetry, no asking for an address; runs wait for each other,
#: as each needs the one lock.
_BEFORE = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""
#: Besides: a run that does not begin is given up; looks of sensors and schedules are forgotten, as there are many.
INSTANCE = (
    _BEFORE
    + """\
run_monitoring:
  enabled: true
  start_timeout_seconds: 300
retention:
  sensor:
    purge_after_days: {skipped: 1, failure: 30, success: 30, started: 30}
  schedule:
    purge_after_days: 30
"""
)
#: A run from the command line tells its progress itself; Dagster's own lines are in its history.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def home(settings: Settings) -> Path:
    """The folder of Dagster's history, with its settings in it."""
    folder = settings.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dagster.yaml"
    held = file.read_text(encoding="utf-8") if file.exists() else _MARK
    if held != _MARK + INSTANCE and (held == _BEFORE or held.startswith(_MARK)):
        file.write_text(_MARK + INSTANCE, encoding="utf-8")
    return folder


def history(settings: Settings) -> dg.DagsterInstance:
    """The warehouse's Dagster history, in which runs from the command line and from the web pages are
    recorded.
    """
    return dg.DagsterInstance.from_config(str(home(settings)))


def run(house: House) -> None:
    """Run ``refresh`` or ``rebuild`` of this house in this process; raises what a step raised.

    The run is recorded in the warehouse's Dagster history, so that it shows in the web pages like any other.
    """
    from juesuan.defs import build

    job = build(house.settings, house).resolve_job_def(REBUILD if house.rebuild else REFRESH)
    with history(house.settings) as instance:
        job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET, tags=BY_PERSON)
        prune(instance, house.settings)


def prune(instance: dg.DagsterInstance, settings: Settings, now: datetime.datetime | None = None) -> int:
    """Let go of runs that ended longer ago than the settings keep them, with their logs; returns how many."""
    before = (now or datetime.datetime.now(datetime.UTC)) - datetime.timedelta(days=settings.keep.run_days)
    ended = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
    old = instance.get_runs(dg.RunsFilter(statuses=ended, created_before=before))
    for one in old:
        instance.delete_run(one.run_id)
        # Dagster empties these and leaves them.
        with suppress(OSError):
            (settings.dagster_home / "history" / "runs" / f"{one.run_id}.db").unlink()
        shutil.rmtree(settings.dagster_home / "storage" / one.run_id, ignore_errors=True)
    return len(old)


def serve(
    settings: Settings,
    port: int = 3000,
    address: str = LOOPBACK,
    *,
    pages: bool = True,
    daemon: bool = True,
    open_to_all: bool = False,
) -> int:
    """Run Dagster's web pages, its daemon, or both for this warehouse; returns when one of them has ended.

    Raises ``Unguarded``.
    """
    if pages:
        require_guard(address, settings.access, open_to_all=open_to_all)
    transform.prepare(settings)  # once, and not by each of Dagster's processes at the same time
    environment = os.environ | settings.environment | {"DAGSTER_HOME": str(home(settings))}
    form = ["--log-format", "json" if settings.log == "json" else "colored"]
    module = ["-m", "juesuan.definitions"]
    commands = []
    if daemon:
        commands.append([sys.executable, "-m", "dagster._daemon", "run", *module, *form])
    if pages:
        commands.append(
            [sys.executable, "-m", "juesuan.defs.webserver", "-h", address, "-p", str(port), *module, *form]
        )
    running = [subprocess.Popen(one, env=environment, cwd=settings.dagster_home) for one in commands]
    _stop_on_terminate()
    try:
        while True:
            for one in running:
                with suppress(subprocess.TimeoutExpired):
                    return one.wait(0.5)
    except KeyboardInterrupt:
        return 0
    finally:
        for one in running:
            one.send_signal(signal.SIGINT)  # Dagster ends its own children on this
        for one in running:
            try:
                one.wait(30)
            except subprocess.TimeoutExpired:
                one.kill()


def _stop_on_terminate() -> None:
    """A service manager says SIGTERM where a person says Ctrl-C."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupted)
