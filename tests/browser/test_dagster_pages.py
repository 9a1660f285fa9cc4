"""Dagster's pages of this warehouse, as a person sees them in a browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHROMIUM
from tests.fixtures.serving import FLAGS, served

pytestmark = [pytest.mark.integration, pytest.mark.browser]


@pytest.fixture
def pages(published: Path, tmp_path: Path) -> Iterator[str]:
    """The address of Dagster's pages for a copy of the published warehouse."""
    warehouse = tmp_path / "copy"
    shutil.copytree(published, warehouse, symlinks=True)
    with served("dagster", environment={"JUESUAN_WAREHOUSE": str(warehouse)}) as address:
        yield address


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
