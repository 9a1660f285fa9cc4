"""The gate: who passes, who does not, and what they are told."""

from __future__ import annotations

import base64

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from juesuan.access import COOKIE, Gate, Unguarded, is_loopback, require_guard
from juesuan.settings import Access

TOKEN = Access(token="geheim-决算")
PASSWORD = Access(user="leser", password="wort:mit:zeichen")


def behind(access: Access, address: str = "127.0.0.1", host: str = "localhost:8501") -> TestClient:
    async def page(_: Request) -> PlainTextResponse:
        return PlainTextResponse("inside")

    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.send_text("inside")
        await socket.close()

    app = Starlette(routes=[Route("/", page), WebSocketRoute("/stream", stream)])
    return TestClient(Gate(app, access, address), base_url=f"http://{host}")


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def test_without_a_password_this_machine_passes() -> None:
    assert behind(Access()).get("/").text == "inside"


@pytest.mark.parametrize(
    ("access", "headers", "status"),
    [
        (TOKEN, {}, 401),
        (TOKEN, {"Authorization": b"Bearer " + TOKEN.token.encode()}, 200),  # type: ignore[union-attr]
        (TOKEN, basic("anyone", "geheim-决算"), 200),
        (TOKEN, basic("anyone", "geheim"), 401),
        (TOKEN, basic("anyone", ""), 401),
        (TOKEN, {"Authorization": "Bearer "}, 401),
        (TOKEN, {"Authorization": "Basic !!!"}, 401),
        (TOKEN, {"Cookie": f"{COOKIE}=invented"}, 401),
        (PASSWORD, basic("leser", "wort:mit:zeichen"), 200),
        (PASSWORD, basic("anderer", "wort:mit:zeichen"), 401),
        (PASSWORD, basic("leser", "falsch"), 401),
        (PASSWORD, {"Authorization": "Bearer None"}, 401),
        (PASSWORD, basic("x", "None"), 401),
    ],
)
def test_who_passes(access: Access, headers: dict[str, str], status: int) -> None:
    answer = behind(access).get("/", headers=headers)
    assert answer.status_code == status
    assert ("inside" in answer.text) == (status == 200)
    assert ("www-authenticate" in answer.headers) == (status == 401)


def test_after_the_password_a_cookie_opens_the_websocket() -> None:
    client = behind(TOKEN)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("ws://localhost:8501/stream"):
        pass
    cookie = client.get("/", headers=basic("x", "geheim-决算")).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie.replace("Strict", "strict")
    assert "geheim" not in cookie
    held = {"Cookie": cookie.partition(";")[0]}
    with behind(TOKEN).websocket_connect("ws://localhost:8501/stream", headers=held) as socket:
        assert socket.receive_text() == "inside"
    assert behind(TOKEN).get("/", headers=held).text == "inside"


def test_a_cookie_of_another_password_opens_nothing() -> None:
    cookie = behind(TOKEN).get("/", headers=basic("x", "geheim-决算")).cookies[COOKIE]
    assert behind(Access(token="other")).get("/", headers={"Cookie": f"{COOKIE}={cookie}"}).status_code == 401


@pytest.mark.parametrize(
    ("address", "hosts", "host", "status"),
    [
        ("127.0.0.1", (), "localhost:8501", 200),
        ("127.0.0.1", (), "[::1]:8501", 200),
        ("127.0.0.1", (), "attacker.example", 403),
        ("127.0.0.1", ("data.example",), "data.example", 200),
        ("127.0.0.1", ("data.example:8443",), "data.example:8443", 200),
        ("0.0.0.0", (), "anything.example", 200),
        ("0.0.0.0", ("data.example",), "anything.example", 403),
        ("0.0.0.0", ("data.example",), "DATA.example:443", 200),
    ],
)
def test_it_answers_under_its_names_alone(address: str, hosts: tuple[str, ...], host: str, status: int) -> None:
    answer = behind(Access(hosts=hosts), address).get("/", headers={"Host": host})
    assert answer.status_code == status


def test_programs_that_watch_learn_that_it_lives_and_nothing_else() -> None:
    answer = behind(TOKEN).get("/healthz")
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_server_for_other_machines_asks_or_says_that_it_does_not() -> None:
    assert is_loopback("::1")
    assert is_loopback("localhost")
    assert not is_loopback("0.0.0.0")
    assert not is_loopback("localhost.example")
    require_guard("127.0.0.1", Access(), open_to_all=False)
    require_guard("0.0.0.0", TOKEN, open_to_all=False)
    require_guard("0.0.0.0", Access(), open_to_all=True)
    with pytest.raises(Unguarded, match="JUESUAN_TOKEN"):
        require_guard("0.0.0.0", Access(), open_to_all=False)


def test_the_pages_know_the_name_of_the_reverse_proxy_without_asking_the_network() -> None:
    """Streamlit asks services outside for its own address when a page comes under a name that it was not told."""
    from juesuan.dashboard.serve import command
    from juesuan.settings import Settings

    settings = Settings.load({"JUESUAN_HOSTS": "data.example:8443 other.example"})
    said = command(settings, 8501, "127.0.0.1", open_browser=False)
    assert "--server.corsAllowedOrigins=https://data.example:8443" in said
    assert "--server.corsAllowedOrigins=https://other.example" in said
    assert "--browser.serverAddress=data.example" in said
