"""Running the job in this process, and Dagster's own web pages.

Belongs here: instances of Dagster and what they write. Does not belong here: what is run.
"""

import os
import subprocess
import sys
from pathlib import Path

import dagster as dg

from juesuan import fingerprints, transform
from juesuan.defs.automation import REBUILD, REFRESH
from juesuan.refresh import House
from juesuan.settings import Settings

#: Dagster's settings: no telemetry, everything below the warehouse.
INSTANCE = "telemetry:\n  enabled: false\n"
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


def prepare(settings: Settings) -> None:
    """Bring dbt's manifest up to date, from which the assets are made; does nothing when the project is the same."""
    stamp = transform.folder(settings) / "target" / "manifest.of"
    current = fingerprints.hash_files(settings.dbt_project, fingerprints.files_below(settings.dbt_project))
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != current:
        transform.parse(settings)
        stamp.write_text(current, encoding="utf-8")


def run(house: House) -> None:
    """Run ``refresh`` or ``rebuild`` of this house in this process; raises what a step raised.

    The run is recorded in the warehouse's Dagster history, so that it shows in the web pages like any other.
    """
    from juesuan.defs import build

    prepare(house.settings)
    job = build(house.settings, house).resolve_job_def(REBUILD if house.rebuild else REFRESH)
    with dg.DagsterInstance.from_config(str(home(house.settings))) as instance:
        job.execute_in_process(instance=instance, raise_on_error=True, run_config=QUIET)


def serve(settings: Settings, port: int = 3000, host: str = "127.0.0.1") -> int:
    """Open Dagster's web pages and its daemon for this warehouse; returns when they are stopped."""
    prepare(settings)
    environment = {**os.environ, "DAGSTER_HOME": str(home(settings)), "JUESUAN_HOME": str(settings.home)}
    environment.setdefault("JUESUAN_RAW", settings.raw)
    environment.setdefault("JUESUAN_WAREHOUSE", str(settings.warehouse))
    command = [sys.executable, "-m", "dagster", "dev", "-m", "juesuan.definitions", "-h", host, "-p", str(port)]
    return subprocess.run(command, env=environment, cwd=settings.dagster_home, check=False).returncode
