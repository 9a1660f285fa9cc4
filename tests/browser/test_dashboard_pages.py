"""The pages as a person sees them: clicks, filters, addresses, downloads, Chinese, a phone, the dark."""

from __future__ import annotations

import io
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import duckdb
import pytest

from tests.conftest import CHROMIUM, ROOT
from tests.fixtures.serving import FLAGS, served

pytest.importorskip("streamlit")

pytestmark = [pytest.mark.integration, pytest.mark.browser]

NAMES = ("", "unit", "compare", "codes", "text?q=公务接待", "quality", "documents", "source", "sql")
#: Streamlit asks for its own address below that of a page first, and is told that there is none.
_PROBES = re.compile(r"/_stcore/(health|host-config)$")


@pytest.fixture(scope="module")
def warehouse(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    copy = tmp_path_factory.mktemp("pages") / "warehouse"
    shutil.copytree(published, copy, symlinks=True)
    return copy


@pytest.fixture(scope="module")
def address(warehouse: Path) -> Iterator[str]:
    with served("dashboard", "--no-browser", environment={"JUESUAN_WAREHOUSE": str(warehouse)}) as at:
        yield at


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


class Seen:
    """A page of the browser that remembers what went wrong in it."""

    def __init__(self, browser: Any, address: str, **options: Any) -> None:
        self.address = address
        self.page = browser.new_page(**{"viewport": {"width": 1300, "height": 1000}} | options)
        self.wrong: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on(
            "console",
            lambda message: (
                self.wrong.append(message.text)
                if message.type == "error" and not _PROBES.search(message.location.get("url", ""))
                else None
            ),
        )
        self.page.on(
            "request",
            lambda request: (
                None if request.url.startswith((address, "data:", "blob:")) else self.elsewhere.append(request.url)
            ),
        )

    def open(self, path: str) -> Any:
        self.page.goto(f"{self.address}/{path}")
        self.page.wait_for_selector("h1", timeout=60_000)
        self.still()
        return self.page

    def still(self) -> None:
        """Wait until the script has run to its end; a click has its time to begin a run, on a busy machine too."""
        self.page.wait_for_timeout(900)
        self.page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)

    def text(self) -> str:
        return str(self.page.inner_text("[data-testid=stMain]"))

    def close(self) -> None:
        self.page.close()
        assert self.wrong == []
        assert self.elsewhere == [], "nothing is fetched from elsewhere"


@pytest.fixture
def seen(browser: Any, address: str) -> Iterator[Seen]:
    one = Seen(browser, address)
    yield one
    one.close()


def unit_of(warehouse: Path, part: str) -> str:
    with duckdb.connect(str(warehouse / "juesuan.duckdb"), read_only=True) as connection:
        row = connection.execute("select unit_id from marts.unit_year where contains(unit_name, ?)", [part]).fetchone()
    assert row
    return str(row[0])


def test_every_page_opens_in_both_languages(seen: Seen) -> None:
    for name in NAMES:
        for language in ("zh", "en"):
            seen.open(f"{name}{'&' if '?' in name else '?'}lang={language}")
            assert seen.page.locator("[data-testid=stException]").count() == 0, name
            assert "948" in seen.text(), "the foot says how much is here"


def test_from_the_first_page_to_a_unit_in_one_click(seen: Seen, warehouse: Path) -> None:
    seen.open("")
    link = unit_of(warehouse, "普陀区财政局")
    with seen.page.context.expect_page(timeout=15_000) as opened:
        seen.page.get_by_role("link", name="上海市普陀区财政局").first.click()
    page = opened.value
    page.wait_for_selector("h3:has-text('财政局')", timeout=60_000)
    assert f"unit={link}" in page.url
    page.close()


def test_a_number_opens_the_page_it_is_printed_on(seen: Seen, warehouse: Path) -> None:
    page = seen.open(f"unit?unit={unit_of(warehouse, '普陀区财政局')}&part=function")
    table = page.locator("[data-testid=stDataFrame]").first
    table.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)
    box = table.bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 52)
    dialog = page.get_by_role("dialog")
    dialog.wait_for(timeout=20_000)
    picture = dialog.locator("img")
    picture.wait_for(timeout=60_000)
    assert picture.evaluate("image => image.naturalWidth") > 600
    link = dialog.get_by_role("link").last.get_attribute("href")
    page.keyboard.press("Escape")
    page.wait_for_timeout(500)
    assert page.get_by_role("dialog").count() == 0, "what was closed stays closed"
    seen.open(str(link))
    assert "shanghai-putuo-finance-2024.pdf" in seen.text()
    page.locator("[data-testid=stMain] img").wait_for(timeout=60_000)


def test_filters_stand_in_the_address_and_come_back(seen: Seen, warehouse: Path) -> None:
    page = seen.open(f"unit?unit={unit_of(warehouse, '政务服务')}")
    page.get_by_text("三公与运行", exact=True).click()
    seen.still()
    page.get_by_text("English", exact=True).click()
    seen.still()
    assert "part=three_tab" in page.url and "lang=en" in page.url
    page.reload()
    page.wait_for_selector("h1:has-text('Unit')")
    seen.still()
    assert "Agency operating expenses" in seen.text()
    page.get_by_role("link", name="Quality").click()
    page.wait_for_selector("h1:has-text('Quality')")
    seen.still()
    page.get_by_role("link", name="Unit", exact=True).click()
    page.wait_for_selector("h1:has-text('Unit')")
    seen.still()
    assert "part=three_tab" in page.url, "the reader's choice is there again"


def test_amounts_change_their_unit(seen: Seen, warehouse: Path) -> None:
    page = seen.open(f"unit?unit={unit_of(warehouse, '普陀区财政局')}")
    # the figures are drawn a moment after the script has ended
    page.get_by_text("2,946.25").first.wait_for(timeout=20_000)
    assert "2,946.25" in seen.text()
    page.get_by_text("元", exact=True).click()
    page.get_by_text("29,462,500.00").first.wait_for(timeout=20_000)
    assert "29,462,500.00" in seen.text()
    seen.still()
    page.get_by_text("亿元", exact=True).click()
    page.get_by_text("0.2946").first.wait_for(timeout=20_000)
    assert "0.2946" in seen.text()


def test_a_query_runs_is_refused_and_is_stopped(seen: Seen) -> None:
    page = seen.open("sql")
    editor = page.locator("textarea").first

    def run(query: str) -> str:
        editor.fill(query)
        page.keyboard.press("Control+Enter")
        seen.still()
        page.get_by_role("button", name="运行").click()
        page.wait_for_timeout(600)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
        return seen.text()

    assert "2 行" in run("select unit_name, expenditure_total_yuan from marts.unit_year")
    assert "only queries run here" in run("drop table marts.unit_year")
    assert "file system operations are disabled" in run("select * from read_csv('/etc/passwd')")


def test_downloads_are_whole(seen: Seen, warehouse: Path) -> None:
    from openpyxl import load_workbook

    page = seen.open(f"unit?unit={unit_of(warehouse, '普陀区财政局')}&part=function")
    with page.expect_download() as taken:
        page.get_by_role("button", name="CSV", exact=True).first.click()
    text = Path(taken.value.path()).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf") and "15118900.00" in text.decode("utf-8-sig")
    with page.expect_download() as taken:
        page.get_by_role("button", name="XLSX", exact=True).first.click()
    sheet = load_workbook(io.BytesIO(Path(taken.value.path()).read_bytes())).active
    assert sheet.max_row > 5


def test_chinese_is_drawn_and_not_boxes(seen: Seen) -> None:
    """Two different ideographs are two different pictures; boxes for missing glyphs would be one."""
    page = seen.open("")
    drawn = page.evaluate(
        """() => {
            const family = getComputedStyle(document.querySelector('h1')).fontFamily;
            return ['决', '算'].map(char => {
                const canvas = document.createElement('canvas');
                canvas.width = canvas.height = 60;
                const pen = canvas.getContext('2d');
                pen.font = `48px ${family}`;
                pen.fillText(char, 4, 50);
                return canvas.toDataURL();
            });
        }"""
    )
    assert drawn[0] != drawn[1]


def test_a_phone_sees_all_of_it(browser: Any, address: str, warehouse: Path) -> None:
    one = Seen(browser, address, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True)
    for name in ("", f"unit?unit={unit_of(warehouse, '普陀区财政局')}", "quality"):
        page = one.open(name)
        assert page.evaluate("document.documentElement.scrollWidth") <= 392, name
    one.close()


def test_the_dark_is_dark(browser: Any, address: str) -> None:
    one = Seen(browser, address, color_scheme="dark")
    page = one.open("")
    colour = page.evaluate("getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor")
    assert sum(int(part) for part in re.findall(r"\d+", colour)[:3]) < 150
    one.close()


def test_an_upload_shows_what_was_read_and_files_nothing(seen: Seen) -> None:
    before = sorted((ROOT / "raw").rglob("*"))
    page = seen.open("documents?part=upload")
    report = next((ROOT / "raw" / "documents").glob("*.txt"))
    page.locator("input[type=file]").set_input_files(str(report))
    page.wait_for_selector("h3", timeout=60_000)
    seen.still()
    assert "清远市政务服务数据管理局" in seen.text()
    page.locator("input[type=file]").set_input_files(
        [{"name": "<img src=x>.zip", "mimeType": "application/zip", "buffer": b"PK\x03\x04" + bytes(3000)}]
    )
    seen.still()
    page.wait_for_timeout(2000)
    assert page.locator("[data-testid=stException]").count() == 0
    assert sorted((ROOT / "raw").rglob("*")) == before


def test_a_new_version_announces_itself(seen: Seen, warehouse: Path) -> None:
    seen.open("")
    old = (warehouse / "juesuan.duckdb").readlink()
    version = warehouse / "versions" / "newer"
    version.mkdir()
    shutil.copy(warehouse / old, version / "juesuan.duckdb")
    with duckdb.connect(str(version / "juesuan.duckdb")) as connection:
        connection.execute("update marts.warehouse_version set id = 'newer'")
    step = warehouse / "step"
    step.symlink_to("versions/newer/juesuan.duckdb")
    step.replace(warehouse / "juesuan.duckdb")
    button = seen.page.get_by_role("button", name="看新版本")
    button.wait_for(timeout=40_000)
    assert "版本 newer（" not in seen.text(), "the page stays as it was until it is asked"
    button.click()
    seen.still()
    assert "版本 newer（" in seen.text()


def test_with_a_password_nothing_is_seen_before_it_and_everything_after(warehouse: Path, browser: Any) -> None:
    environment = {"JUESUAN_WAREHOUSE": str(warehouse), "JUESUAN_TOKEN": "geheim"}
    with served("dashboard", "--no-browser", environment=environment) as at:
        with pytest.raises(HTTPError) as refused:
            urlopen(at)
        assert refused.value.code == 401
        assert "决算" not in refused.value.read().decode()
        # The password is sent with the first page alone: the WebSocket of the page has its cookie to say so.
        page = Seen(browser, at, http_credentials={"username": "anyone", "password": "geheim"})
        page.open("")
        assert page.page.get_by_text("决算").first.is_visible()
        page.close()
