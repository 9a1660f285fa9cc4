"""Dagster's pages of this warehouse, as a person sees them in a browser."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.conftest import CHROMIUM

pytestmark = [pytest.mark.integration, pytest.mark.browser]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]


@pytest.fixture
def pages(published: Path, tmp_path: Path) -> Iterator[str]:
    """The address of Dagster's pages for a copy of the published warehouse."""
    warehouse = tmp_path / "copy"
    shutil.copytree(published, warehouse, symlinks=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "juesuan", "dagster", "--port", str(port)],
        env={**os.environ, "JUESUAN_WAREHOUSE": str(warehouse)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(120):
        time.sleep(0.5)
        try:
            urlopen(address, timeout=2).close()
            break
        except OSError:
            assert server.poll() is None, "the server ended before it answered"
    yield address
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)


def test_the_lineage_leads_from_archive_to_published_and_an_asset_says_what_it_is(pages: str) -> None:
    from playwright.sync_api import expect, sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.goto(f"{pages}/asset-groups", wait_until="domcontentloaded")
        for group in ("archive", "landing", "raw", "staging", "conformed", "marts", "published"):
            expect(page.get_by_text(group, exact=True).first).to_be_visible(timeout=60_000)
        page.goto(f"{pages}/assets/marts/unit_year", wait_until="domcontentloaded")
        expect(page.get_by_text("One row per current report", exact=False).first).to_be_visible(timeout=60_000)
        expect(page.get_by_text("财政年度", exact=False).first).to_be_visible(timeout=60_000)
        page.goto(f"{pages}/automation", wait_until="domcontentloaded")
        expect(page.get_by_text("nightly", exact=True).first).to_be_visible(timeout=60_000)
        expect(page.get_by_text("arrivals", exact=True).first).to_be_visible(timeout=60_000)
        page.goto(f"{pages}/runs", wait_until="domcontentloaded")
        expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=60_000)
        browser.close()
