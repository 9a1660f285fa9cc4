"""Pictures of every page for the README: ``make screenshots``.

Belongs here: which pages, of which warehouse, how large. Does not belong here: whether they are right (tests/browser).
A synthetic region of forty bodies is made and built for it, in a folder that is thrown away; the page of a figure is
that of a real report.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb

from tests.conftest import CHROMIUM, ROOT
from tests.fixtures.serving import FLAGS, served

_TO = ROOT / "docs" / "screenshots"
_WIDTH, _HEIGHT, _TALL = 1280, 1000, 1350


def main() -> int:
    """Make them all; needs Chromium."""
    if CHROMIUM is None:
        print("Chromium is needed: apt-get install chromium fonts-noto-cjk", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    _TO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        region = Path(folder) / "region"
        _run("demo", "--units", "40", "--years", "6", "--to", str(region))
        made = {"JUESUAN_RAW": str(region / "raw"), "JUESUAN_WAREHOUSE": str(region / "warehouse")}
        _run("refresh", **made)
        real = {"JUESUAN_WAREHOUSE": str(Path(folder) / "real")}
        _run("refresh", **real)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with served("dashboard", "--no-browser", environment=made) as address:
            for name, path in _pages(region / "warehouse" / "juesuan.duckdb").items():
                tall = {"viewport": {"width": _WIDTH, "height": _TALL}} if name.startswith("unit") else {}
                _picture(browser, address, name, path, **tall)
            unit = _pages(region / "warehouse" / "juesuan.duckdb")["unit"]
            _picture(browser, address, "unit-dark", unit, color_scheme="dark")
            _picture(browser, address, "unit-phone", f"{unit}&lang=en", viewport={"width": 390, "height": 844})
        with served("dashboard", "--no-browser", environment=real) as address:
            _picture(browser, address, "source", _source(Path(folder) / "real" / "juesuan.duckdb"))
        browser.close()
    return 0


def _run(*command: str, **environment: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "juesuan", *command],
        env={**os.environ, **environment},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _pages(file: Path) -> dict[str, str]:
    with duckdb.connect(str(file), read_only=True) as connection:
        rows = connection.execute(
            "select unit_id, max(fiscal_year) from marts.unit_year where is_default and scope = 'department'"
            " group by unit_id order by max(expenditure_total_yuan) desc, unit_id limit 2"
        ).fetchall()
    (first, year), (second, _) = rows
    return {
        "overview": "",
        "unit": f"unit?unit={first}&year={year}",
        "unit-function": f"unit?unit={first}&year={year}&part=function",
        "unit-three-public": f"unit?unit={first}&year={year}&part=three_tab",
        "compare": f"compare?units={first}&units={second}",
        "codes": "codes?code=208",
        "text": "text?q=压减",
        "quality": "quality",
        "documents": "documents",
        "sql": "sql?example=3. What did a unit take in and spend%3F",
    }


def _source(file: Path) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        row = connection.execute(
            "select report_id from raw.cell where table_key = 'T3' and box is not null limit 1"
        ).fetchone()
    assert row
    return f"source?report={row[0]}&release=1&table=T3&row=合计&column=basic"


def _picture(browser: Any, address: str, name: str, path: str, **options: Any) -> None:
    page = browser.new_page(**{"viewport": {"width": _WIDTH, "height": _HEIGHT}} | options)
    page.goto(f"{address}/{path}")
    page.wait_for_selector("h1", timeout=60_000)
    still = "[data-testid=stApp][data-test-script-state=notRunning]"
    page.wait_for_timeout(500)
    page.wait_for_selector(still, timeout=60_000)
    if name == "sql":
        page.get_by_role("button", name="运行").click()
        page.wait_for_timeout(1500)
        page.wait_for_selector(still, timeout=60_000)
    page.wait_for_timeout(2500)
    page.screenshot(path=str(_TO / f"{name}.png"))
    page.close()
    print(f"docs/screenshots/{name}.png")


if __name__ == "__main__":
    sys.exit(main())
