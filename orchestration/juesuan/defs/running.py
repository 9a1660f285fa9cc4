"""Running the job in this process, and Dagster's own web pages.

Belongs here: instances of Dagster and what they write. Does not belong here: what is run.
"""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from juesuan import transform
from juesuan.defs.automation import REBUILD, REFRESH
from juesuan.refresh import House
from juesuan.settings import Settings

#: Dagster's settings: no telemetry, no asking for an address; runs wait for each other, as each needs the one lock.
INSTANCE = """\
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  runs:
    max_concurrent_runs: 1
"""
#: A run from the command line tells its progress itself; Dagster's own lines are in its history.
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


def home(settings: Settings) -> Path:
    """The folder of Dagster's history, with its settings in it."""
    folder = settings.dagster_home
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "dagster.yaml"
    if not file.exists():
        file.write_text(INSTANCE, encoding="utf-8")
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
        job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)


def serve(settings: Settings, port: int = 3000, host: str = "127.0.0.1") -> int:
    """Open Dagster's web pages and its daemon for this warehouse; returns when they are stopped."""
    transform.prepare(settings)  # once, and not by each of Dagster's processes at the same time
    environment = {**os.environ, "DAGSTER_HOME": str(home(settings)), "JUESUAN_HOME": str(settings.home)}
    environment.setdefault("JUESUAN_RAW", settings.raw)
    environment.setdefault("JUESUAN_WAREHOUSE", str(settings.warehouse))
    command = [sys.executable, "-m", "dagster", "dev", "-m", "juesuan.definitions", "-h", host, "-p", str(port)]
    return subprocess.run(command, env=environment, cwd=settings.dagster_home, check=False).returncode
