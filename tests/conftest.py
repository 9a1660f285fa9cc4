"""What every test shares: no test touches the checkout's own warehouse, and CI leaves no test out."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest
from filelock import FileLock
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

ROOT = Path(__file__).parents[1]

# Machines are shared and noisy: how long an example takes says nothing of our code.
hypothesis_settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("shared")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that forgets to say where its warehouse is builds it in its own folder."""
    monkeypatch.setenv("JUESUAN_WAREHOUSE", str(tmp_path / "warehouse"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where everything is installed (CI), a test left out is a failure."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("JUESUAN_NO_TEST_LEFT_OUT") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        reporter.write_line("tests were left out where none may be", red=True)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse published from the project's own raw/, built once a test session; its folder. Not to be changed."""
    shared = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        shared = shared.parent
    warehouse = shared / "published"
    with FileLock(str(shared / "published.lock")):
        if not (warehouse / "juesuan.duckdb").exists():
            done = subprocess.run(
                [sys.executable, "-m", "juesuan", "refresh"],
                env={**os.environ, "JUESUAN_WAREHOUSE": str(warehouse)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    return warehouse


CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def leave_out(reason: str) -> NoReturn:
    """Leave this test out: what it needs cannot be had here."""
    pytest.skip(reason)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "program(*names): needs one of these programs; left out where all are missing")
    config.addinivalue_line("markers", "package(*names): needs these Python packages; left out where one is missing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that needs a browser or another program says so, and is left out where there is none."""
    for item in items:
        if item.get_closest_marker("browser") and CHROMIUM is None:
            item.add_marker(pytest.mark.skip(reason="needs Chromium"))
        for marker in item.iter_markers("program"):
            if not any(map(shutil.which, marker.args)):
                item.add_marker(pytest.mark.skip(reason=f"needs {' or '.join(marker.args)}"))
        for marker in item.iter_markers("package"):
            missing = [name for name in marker.args if importlib.util.find_spec(name) is None]
            if missing:
                item.add_marker(pytest.mark.skip(reason=f"needs {' and '.join(missing)}"))
    # Two processes take half of the list each: the tests that take a minute begin both halves, so that none is last.
    long = [item for item in items if item.get_closest_marker("long")]
    rest = [item for item in items if not item.get_closest_marker("long")]
    half = len(items) // 2 - len(long[::2])
    items[:] = [*long[::2], *rest[:half], *long[1::2], *rest[half:]]
