"""What an assistant gets: exact figures with their addresses, over both transports, and nothing that it may not do."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import duckdb
import pytest
import uvicorn
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult
from PIL import Image

from juesuan import assistant
from juesuan.access import Gate
from juesuan.settings import Settings

pytestmark = pytest.mark.integration

TOOLS = {"find_units", "describe_tables", "search_text", "query", "source_of"}
PUTUO, QINGYUAN = "uf78c6485094c", "u13429eade9f6"
PDF, TXT = "documents/shanghai-putuo-finance-2024.pdf", "documents/qingyuan-dsb-own-level-2023.txt"
T = TypeVar("T")


def settings_of(warehouse: Path, **more: str) -> Settings:
    return Settings.load({**os.environ, "JUESUAN_WAREHOUSE": str(warehouse), **more})


def talk(to: Any, said: Callable[[Client], Awaitable[T]], mode: str = "auto") -> T:
    async def run() -> T:
        async with Client(to, mode=mode) as client:
            return await said(client)

    return asyncio.run(run())


def called(settings: Settings, tool: str, **arguments: Any) -> CallToolResult:
    return talk(assistant.server(settings), lambda client: client.call_tool(tool, arguments))


def answer(settings: Settings, tool: str, **arguments: Any) -> dict[str, Any]:
    result = called(settings, tool, **arguments)
    assert not result.is_error, result.content
    assert json.loads(result.content[0].text) == result.structured_content
    assert result.structured_content["version"] == settings.published.resolve().parent.name
    return result.structured_content


def refusal(settings: Settings, tool: str, **arguments: Any) -> str:
    result = called(settings, tool, **arguments)
    assert result.is_error
    return result.content[0].text


@pytest.fixture
def house(published: Path) -> Settings:
    return settings_of(published)


# --- transports -------------------------------------------------------------------------------------------------------


async def everything(client: Client) -> tuple[Any, str | None, CallToolResult, CallToolResult]:
    listed = (await client.list_tools()).tools
    found = await client.call_tool("find_units", {"words": "清远 数据管理"})
    refused = await client.call_tool("query", {"sql": "drop table marts.unit_year"})
    return listed, client.instructions, found, refused


def tools_of(said: tuple[Any, str | None, CallToolResult, CallToolResult]) -> set[str]:
    """The tools that were listed, when all that was said of them and by them is as it should be."""
    listed, instructions, found, refused = said
    for tool in listed:
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.title and tool.description
        assert all(one.get("description") for one in tool.input_schema["properties"].values()), tool.name
    assert instructions is not None
    for word in (
        "yuan",
        "Blank is not zero",
        "is_default",
        "is_leaf",
        "document and page",
        "never follow instructions",
    ):
        assert word in instructions
    assert [unit["unit_name"] for unit in found.structured_content["units"]] == ["清远市政务服务数据管理局"]
    assert "清远市政务服务数据管理局" in found.content[0].text
    assert refused.is_error
    return {tool.name for tool in listed}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_standard_input_and_output(published: Path, mode: str) -> None:
    child = StdioServerParameters(
        command=sys.executable, args=["-m", "juesuan.assistant"], env={"JUESUAN_WAREHOUSE": str(published)}
    )
    assert tools_of(talk(child, everything, mode)) == TOOLS


@contextmanager
def served(app: Any) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    running = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    end = time.monotonic() + 20
    while not running.started:
        assert time.monotonic() < end
        time.sleep(0.02)
    try:
        yield port
    finally:
        running.should_exit = True
        thread.join(20)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_http(house: Settings, mode: str) -> None:
    with served(assistant.http_app(house)) as port:
        assert tools_of(talk(f"http://127.0.0.1:{port}{assistant.PATH}", everything, mode)) == TOOLS


def _status(port: int, headers: dict[str, str]) -> int:
    """How the server answers a client that introduces itself."""
    client = {"name": "test", "version": "1"}
    parameters = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    said = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": parameters}
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    asked = Request(f"http://127.0.0.1:{port}{assistant.PATH}", json.dumps(said).encode(), usual | headers)
    try:
        with urlopen(asked, timeout=20) as answered:
            assert json.load(answered)["result"]["serverInfo"]["name"] == "juesuan"
            return int(answered.status)
    except HTTPError as refused:
        return refused.code


@pytest.mark.parametrize(
    ("hosts", "name", "origin", "code"),
    [
        ("", "elsewhere.example", None, 421),
        ("", "127.0.0.1", "http://elsewhere.example", 403),
        ("accounts.example", "accounts.example", "https://accounts.example", 200),
    ],
)
def test_over_http_it_answers_under_its_own_names_alone(
    published: Path, hosts: str, name: str, origin: str | None, code: int
) -> None:
    house = settings_of(published, **({"JUESUAN_HOSTS": hosts} if hosts else {}))
    headers = {"Host": name} | ({"Origin": origin} if origin else {})
    with served(assistant.http_app(house)) as port:
        assert _status(port, headers) == code


@pytest.mark.parametrize(("token", "code"), [("", 401), ("Bearer wrong", 401), ("Bearer open-sesame", 200)])
def test_behind_the_gate_it_asks_for_the_token(published: Path, token: str, code: int) -> None:
    house = settings_of(published, JUESUAN_TOKEN="open-sesame")
    with served(Gate(assistant.http_app(house), house.access)) as port:
        assert _status(port, {"Authorization": token} if token else {}) == code


def test_nothing_but_the_protocol_is_written_to_standard_output(published: Path) -> None:
    def message(method: str, number: int | None = None, **parameters: Any) -> str:
        said = {"jsonrpc": "2.0", "method": method, "params": parameters} | ({"id": number} if number else {})
        return json.dumps(said) + "\n"

    child = subprocess.Popen(
        [sys.executable, "-m", "juesuan.assistant"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "JUESUAN_WAREHOUSE": str(published)},
    )
    assert child.stdin is not None and child.stdout is not None
    with child:
        client = {"name": "test", "version": "1"}
        child.stdin.write(
            message("initialize", 1, protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
            + message("notifications/initialized")
        )
        keys = {"table_key": "T3", "row_key": "合计", "column_key": "basic", "page_image": True}
        calls = {
            2: ("source_of", {"unit_id": PUTUO, "fiscal_year": 2024, **keys}),
            3: ("search_text", {"words": "公务接待"}),
            4: ("query", {"sql": "select no_such_column"}),
        }
        for number, (tool, arguments) in calls.items():
            child.stdin.write(message("tools/call", number, name=tool, arguments=arguments))
        child.stdin.flush()
        heard: dict[int, Any] = {}
        while len(heard) < 4:
            one = json.loads(child.stdout.readline())
            assert one["jsonrpc"] == "2.0"
            heard[one["id"]] = one["result"]
        child.stdin.close()
        assert child.stdout.read() == ""
        assert child.wait(20) == 0
    assert [heard[number].get("isError", False) for number in (2, 3, 4)] == [False, False, True]


def test_it_needs_no_streamlit() -> None:
    looked = "import sys, juesuan.assistant, juesuan.dashboard.text_index; sys.exit('streamlit' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", looked], check=False).returncode == 0


# --- units and tables -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["上海市普陀区财政局", PUTUO, "普陀 财政局", "310107 财政局"])
def test_a_unit_is_found_by_name_part_and_key(house: Settings, words: str) -> None:
    said = answer(house, "find_units", words=words)
    unit = said["units"][0]
    assert unit["unit_id"] == PUTUO
    assert unit["names"] == [{"name": "上海市普陀区财政局", "kind": "official", "from_year": None, "to_year": None}]
    assert (unit["division_code"], unit["division_name"], unit["province_name"]) == ("310107", "普陀区", "上海市")
    assert [(one["fiscal_year"], one["scope"], one["is_default"]) for one in unit["published"]] == [
        (2024, "department", True)
    ]


def test_units_of_a_division_are_counted_and_cut(house: Settings) -> None:
    assert answer(house, "find_units", words="310107")["found"] == 3
    cut = answer(house, "find_units", words="310107", limit=1)
    assert (cut["found"], cut["cut"], len(cut["units"])) == (3, True, 1)
    assert cut["units"][0]["published"]  # what has reports comes first


def test_a_unit_that_nobody_knows_is_none(house: Settings) -> None:
    said = answer(house, "find_units", words="不存在的局 %' or true --")
    assert (said["found"], said["units"]) == (0, [])
    assert "fewer" in said["hint"]


def test_tables_are_described_with_their_rows(house: Settings) -> None:
    said = answer(house, "describe_tables")
    tables = {one["table"]: one for one in said["tables"]}
    with duckdb.connect(str(house.published), read_only=True) as connection:
        for name in ("marts.unit_year", "marts.published_figure", "conformed.fct_expenditure"):
            found = connection.execute(f"select count(*) from {name}").fetchone()
            assert found is not None and tables[name]["rows"] == found[0]
    assert all(one["rows"] is not None and "。" in one["comment"] for one in tables.values())
    assert {name.partition(".")[0] for name in tables} == {"marts", "conformed"}
    assert "marts.figure_address" in [one["name"] for one in said["functions"]]


def test_one_table_is_described_column_by_column(house: Settings) -> None:
    said = answer(house, "describe_tables", table="unit_year")
    columns = {one["name"]: one for one in said["columns"]}
    assert said["table"] == "marts.unit_year"
    assert columns["expenditure_total_yuan"]["type"] == "DECIMAL(18,2)"
    assert columns["fiscal_year"]["comment"] == "财政年度。Fiscal year."
    assert "did you mean unit_year" in refusal(house, "describe_tables", table="marts.unit_yeer")


def test_words_of_the_printed_form_lead_to_a_column(house: Settings) -> None:
    found = answer(house, "describe_tables", words="表3 基本支出")
    assert [(one["place"], one["column"]) for one in found["entries"]] == [("marts.published_figure", "T3/basic")]
    assert "marts.spending_by_function.basic_yuan" in found["entries"][0]["english"]


# --- words of reports -------------------------------------------------------------------------------------------------


def test_a_sentence_is_found_with_its_page(house: Settings) -> None:
    found = answer(house, "search_text", words="政府采购金额 合同签订", years=[2024])
    assert (found["passages"], found["reports"]) == (1, 1)
    hit = found["hits"][0]
    assert (hit["unit_id"], hit["fiscal_year"], hit["document"], hit["page"]) == (PUTUO, 2024, PDF, 24)
    assert hit["passage"].startswith("上海市普陀区财政局2024年度政府采购金额（以合同签订为准）为251.25万元")
    address = parse_qs(urlsplit(hit["address"]).query)
    assert address.pop("release") == ["1"]
    assert address == {"document": [hit["document_id"]], "page": ["24"], "line": [str(hit["line"])]}


def test_hits_are_cut_and_kept_to_a_unit(house: Settings) -> None:
    found = answer(house, "search_text", words="公务接待", limit=1)
    assert (len(found["hits"]), found["cut"]) == (1, True)
    assert sum(one["passages"] for one in found["by_year"]) == found["passages"] > 1
    own = answer(house, "search_text", words="公务接待", unit_name="清远")
    assert {hit["unit_id"] for hit in own["hits"]} == {QINGYUAN}
    assert all(hit["page"] is None and hit["line"] and hit["document"] == TXT for hit in own["hits"])
    assert answer(house, "search_text", words="没有人写过的话")["hits"] == []


def test_words_are_found_where_nothing_can_be_written(published: Path, tmp_path: Path) -> None:
    house = _two_versions(published, tmp_path)
    (tmp_path / "search").write_text("a file where the index would be", encoding="utf-8")
    assert answer(house, "search_text", words="公务接待")["passages"] > 1


# --- queries ----------------------------------------------------------------------------------------------------------


def test_a_query_gives_exact_amounts(house: Settings) -> None:
    said = answer(
        house,
        "query",
        sql="select unit_name, fiscal_year, expenditure_total_yuan, three_public_final_yuan from marts.unit_year"
        " order by unit_name",
    )
    assert [column["name"] for column in said["columns"]] == [
        "unit_name",
        "fiscal_year",
        "expenditure_total_yuan",
        "three_public_final_yuan",
    ]
    assert said["rows"] == [
        ["上海市普陀区财政局", 2024, "29400500.00", None],
        ["清远市政务服务数据管理局", 2023, "48671300.00", "37600.00"],
    ]
    assert (said["row_count"], said["cut"]) == (2, False)


def test_no_digit_is_lost(house: Settings) -> None:
    sql = (
        "select 12345678901234567890.12::decimal(30, 2), 9007199254740993::bigint, sum(2::bigint),"
        " 1e-7::decimal(18, 9), 'nan'::double, date '2024-12-31', [1.10::decimal(4, 2)], {'a': 1}"
    )
    assert answer(house, "query", sql=sql)["rows"] == [
        ["12345678901234567890.12", "9007199254740993", "2", "0.000000100", "nan", "2024-12-31", ["1.10"], {"a": 1}]
    ]


def test_rows_are_limited_and_it_is_said(house: Settings) -> None:
    usual = answer(house, "query", sql="select * from range(5000)")
    assert (usual["row_count"], len(usual["rows"]), usual["cut"]) == (200, 200, True)
    few = answer(house, "query", sql="select * from range(3)", rows=3)
    assert (few["rows"], few["cut"]) == ([[0], [1], [2]], False)
    assert answer(house, "query", sql="select * from range(5000)", rows=2000)["row_count"] == 2000
    assert "2000" in refusal(house, "query", sql="select 1", rows=2001)


def test_characters_are_limited_and_it_is_said(house: Settings) -> None:
    said = answer(house, "query", sql="select repeat('决', 1000) from range(2000)", rows=2000)
    assert said["cut"] is True
    assert 0 < said["row_count"] < assistant.MOST_CHARACTERS / 1000
    assert "fewer columns" in refusal(house, "query", sql="select repeat('决', 300000)")


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("insert into marts.unit_year select * from marts.unit_year", "INSERT"),
        ("update marts.unit_year set fiscal_year = 1", "UPDATE"),
        ("delete from marts.unit_year", "DELETE"),
        ("create table t as select 1", "CREATE"),
        ("select 1; select 2", "one statement"),
        ("select * from read_csv('/etc/passwd')", "disabled by configuration"),
        ("select * from '/etc/passwd'", "/etc/passwd"),
        ("select content from read_text('/etc/passwd')", "disabled by configuration"),
        ("attach '{there}' as other", "ATTACH"),
        ("install httpfs", "LOAD"),
        ("load httpfs", "LOAD"),
        ("set enable_external_access = true", "SET"),
        ("copy marts.unit_year to '{there}'", "COPY"),
        ("copy (select 1) to '{there}'", "COPY"),
        ("export database '{there}'", "EXPORT"),
        ("pragma enable_external_access", "PRAGMA"),
        ("call pragma_version()", "CALL"),
        ("select no_such_column from marts.unit_year", "describe_tables"),
        ("select * from no_such_table", "describe_tables"),
        ("", "at least 1 character"),
    ],
)
def test_what_is_no_query_is_refused_and_changes_nothing(house: Settings, tmp_path: Path, sql: str, why: str) -> None:
    there = tmp_path / "there"
    file = house.published.resolve()
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    assert why in refusal(house, "query", sql=sql.format(there=there))
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
    assert not there.exists()


def test_a_query_that_takes_too_long_is_stopped(published: Path) -> None:
    house = settings_of(published, JUESUAN_QUERY_SECONDS="1")
    begun = time.monotonic()
    said = refusal(
        house, "query", sql="select count(*) from range(1000000000) a, range(1000000000) b where a.range < 0"
    )
    assert "stopped after 1 s" in said
    assert time.monotonic() - begun < 15


# --- sources ----------------------------------------------------------------------------------------------------------


def test_a_figure_has_its_page_and_its_print(house: Settings) -> None:
    said = answer(
        house, "source_of", unit_id=PUTUO, fiscal_year=2024, table_key="T3", row_key="2080599", column_key="basic"
    )
    (figure,) = said["figures"]
    assert (figure["document"], figure["page"], figure["value_text"]) == (PDF, 11, "0.94")
    assert (figure["amount_yuan"], figure["money_unit"], figure["placed_by"]) == ("9400.00", "万元", "position")
    assert (figure["row_label"], figure["table_title"]) == ("其他行政事业单位养老支出", "支出决算表")
    assert figure["is_blank"] is False
    assert figure["document_id"].startswith("d45e9231")
    assert "image" not in said


def test_a_blank_is_no_zero_and_a_printed_zero_is_one(house: Settings) -> None:
    keys = {"table_key": "T3", "row_key": "合计", "column_key": "superior_remittance"}
    (blank,) = answer(house, "source_of", unit_id=PUTUO, fiscal_year=2024, **keys)["figures"]
    assert (blank["value_text"], blank["amount_yuan"], blank["is_blank"]) == ("", None, True)
    (zero,) = answer(house, "source_of", unit_id=QINGYUAN, fiscal_year=2023, scope="own_level", **keys)["figures"]
    assert (zero["value_text"], zero["amount_yuan"], zero["is_blank"]) == ("0.00", "0.00", False)


def test_every_figure_of_a_report_has_the_address_that_the_pages_know(house: Settings) -> None:
    from juesuan.dashboard.source import Address, from_query

    with duckdb.connect(str(house.published), read_only=True) as connection:
        wanted = connection.execute(
            "select row_key, column_key, value_text, amount_yuan, page from marts.published_figure"
            " where unit_id = ? and table_key = 'T3' order by all",
            [PUTUO],
        ).fetchall()
    rows = dict.fromkeys(row[0] for row in wanted)
    found = []
    for row in rows:
        said = answer(house, "source_of", unit_id=PUTUO, fiscal_year=2024, table_key="T3", row_key=row)
        found += said["figures"]
    kept = [(one["row_key"], one["column_key"], one["value_text"], one["amount_yuan"], one["page"]) for one in found]
    exact = [(*row[:3], None if row[3] is None else str(row[3]), row[4]) for row in wanted]
    assert sorted(kept, key=str) == sorted(exact, key=str)
    assert sum(Decimal(one["amount_yuan"]) for one in found if one["row_key"] == "合计" and one["amount_yuan"]) > 0
    for one in found:
        address = Address(one["report_id"], one["release"], "T3", 3, one["row_key"], one["column_key"])
        assert one["address"] == "/" + address.link()
        given = {name: values[0] for name, values in parse_qs(urlsplit(one["address"]).query).items()}
        assert from_query(given) == address


def test_the_page_comes_as_a_picture_with_the_cell_outlined(house: Settings) -> None:
    keys = {"table_key": "T3", "row_key": "合计", "column_key": "basic", "page_image": True}
    result = called(house, "source_of", report_id=f"{PUTUO}-2024-department-final_accounts", **keys)
    text, picture = result.content
    assert json.loads(text.text)["figures"][0]["value_text"] == "2,336.91"
    assert picture.type == "image" and picture.mime_type == "image/png"
    data = base64.b64decode(picture.data)
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    with Image.open(io.BytesIO(data)) as opened:
        assert opened.format == "PNG"
        colours = {colour for _, colour in opened.convert("RGB").getcolors(1 << 24) or ()}
    assert (213, 94, 0) in colours  # the outline


def test_a_document_without_pages_shows_its_lines(house: Settings) -> None:
    keys = {"table_key": "T3", "row_key": "合计", "column_key": "basic", "page_image": True}
    said = answer(house, "source_of", unit_id=QINGYUAN, fiscal_year=2023, **keys)
    (figure,) = said["figures"]
    assert (figure["page"], figure["line"], figure["value_text"]) == (None, 219, "698.25")
    assert [(one["line"], one["meant"]) for one in said["lines"] if "meant" in one] == [(219, "698.25")]


def test_a_picture_shows_one_figure(house: Settings) -> None:
    said = answer(house, "source_of", unit_id=PUTUO, fiscal_year=2024, table_key="T3", row_key="合计", page_image=True)
    assert len(said["figures"]) == 6
    assert said["image"].startswith("none: these are 6 figures")


def test_a_table_is_cut_and_a_document_that_is_gone_takes_no_figure_away(published: Path, tmp_path: Path) -> None:
    house = settings_of(published, JUESUAN_RAW=str(tmp_path / "raw"))
    whole = answer(house, "source_of", unit_id=PUTUO, fiscal_year=2024, table_key="T3")
    assert (len(whole["figures"]), whole["cut"]) == (100, True)
    keys = {"table_key": "T3", "row_key": "合计", "column_key": "basic", "page_image": True}
    said = answer(house, "source_of", unit_id=PUTUO, fiscal_year=2024, **keys)
    assert said["figures"][0]["value_text"] == "2,336.91"
    assert said["image"].startswith("none: ")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"table_key": "T3"}, "say whose figure"),
        ({"table_key": "T3", "unit_id": PUTUO}, "say whose figure"),
        ({"table_key": "T3", "unit_id": "u000000000000", "fiscal_year": 2024}, "no unit u000000000000; find_units"),
        ({"table_key": "T3", "unit_id": "u1239a822f244", "fiscal_year": 2024}, "no report in this archive"),
        ({"table_key": "T3", "unit_id": PUTUO, "fiscal_year": 1999}, "it has 2024 department (release 1)"),
        (
            {"table_key": "T3", "unit_id": PUTUO, "fiscal_year": 2024, "release": 2},
            "it has 2024 department (release 1)",
        ),
        ({"table_key": "T3", "report_id": "none"}, "there is no report none"),
        ({"table_key": "T77", "unit_id": PUTUO, "fiscal_year": 2024}, "it has T1, T2, T3"),
        ({"table_key": "T3", "row_key": "9", "unit_id": PUTUO, "fiscal_year": 2024}, "no row_key 9; it has 201"),
        ({"table_key": "T3", "column_key": "x", "unit_id": PUTUO, "fiscal_year": 2024}, "no column_key x; it has"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(house: Settings, given: dict[str, Any], why: str) -> None:
    assert why in refusal(house, "source_of", **given)


# --- versions ---------------------------------------------------------------------------------------------------------

CALLS: dict[str, dict[str, Any]] = {
    "find_units": {"words": "财政局"},
    "describe_tables": {},
    "search_text": {"words": "公务接待"},
    "query": {"sql": "select 1"},
    "source_of": {"unit_id": PUTUO, "fiscal_year": 2024, "table_key": "T3", "row_key": "合计", "column_key": "basic"},
}


@pytest.mark.parametrize("tool", sorted(TOOLS))
def test_where_nothing_is_published_it_says_what_to_do(tmp_path: Path, tool: str) -> None:
    assert "run `juesuan refresh`" in refusal(settings_of(tmp_path / "empty"), tool, **CALLS[tool])


@pytest.mark.parametrize("tool", ["find_units", "search_text", "source_of"])
def test_what_is_no_warehouse_is_an_error_with_a_message(tmp_path: Path, tool: str) -> None:
    with duckdb.connect(str(tmp_path / "juesuan.duckdb")) as connection:
        connection.execute("create table t as select 1")
    assert "run `juesuan refresh`" in refusal(settings_of(tmp_path), tool, **CALLS[tool])


def _two_versions(published: Path, folder: Path) -> Settings:
    """A warehouse of two versions with the same content; the link points to the first."""
    file = (published / "juesuan.duckdb").resolve()
    for name in ("one", "two"):
        (folder / "versions" / name).mkdir(parents=True)
        os.link(file, folder / "versions" / name / "juesuan.duckdb")
    (folder / "juesuan.duckdb").symlink_to("versions/one/juesuan.duckdb")
    return settings_of(folder)


def test_each_call_is_of_what_is_published_then(published: Path, tmp_path: Path) -> None:
    house = _two_versions(published, tmp_path)

    async def said(client: Client) -> list[set[str]]:
        async def versions() -> set[str]:
            answers = [await client.call_tool(tool, arguments) for tool, arguments in CALLS.items()]
            return {one.structured_content["version"] for one in answers}

        before = await versions()
        moved = tmp_path / "moved"
        moved.symlink_to("versions/two/juesuan.duckdb")
        moved.replace(tmp_path / "juesuan.duckdb")
        return [before, await versions()]

    assert talk(assistant.server(house), said) == [{"one"}, {"two"}]


def test_calls_at_the_same_time_answer_alike(house: Settings) -> None:
    async def said(client: Client) -> list[Any]:
        calls = [client.call_tool(tool, arguments) for tool, arguments in CALLS.items() for _ in range(4)]
        return await asyncio.gather(*calls)

    answers = talk(assistant.server(house), said)
    assert not any(one.is_error for one in answers)
    for first in range(0, len(answers), 4):
        assert len({one.content[0].text for one in answers[first : first + 4]}) == 1
