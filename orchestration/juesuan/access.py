"""Who may use a server of ours: one gate before the pages, Dagster and the assistant's server.

Belongs here: what is asked of who comes, and where a server may listen. Does not belong here: the servers.

A program sends ``Authorization: Bearer TOKEN``. A browser asks its user for a name and a password: the password of the
settings with its name, or the token with any name; after that a cookie, which no page can read, says the same, since
not every browser repeats the password when it opens a WebSocket. A request must also name the server as it is known:
this guards a server without a password, too, against pages elsewhere that give our address a name of theirs.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any

from juesuan.final_accounts.model import JuesuanError
from juesuan.settings import Access

LOOPBACK = "127.0.0.1"
COOKIE = "juesuan-access"
#: Asked by programs that watch a server, without a name: they learn that it lives, and nothing else.
HEALTH = "/healthz"

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Unguarded(JuesuanError):  # noqa: N818 - the name says what is wrong
    """A server would be open to everyone who reaches this machine."""


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches a server at ``address``."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"


def require_guard(address: str, access: Access, *, open_to_all: bool) -> None:
    """Raise ``Unguarded`` where a server would listen beyond this machine and ask nothing of who comes."""
    if not (is_loopback(address) or access.guarded or open_to_all):
        raise Unguarded(
            f"{address} is reached from other machines and nothing is asked of who comes: set JUESUAN_TOKEN, or "
            "JUESUAN_USER and JUESUAN_PASSWORD, or say --open-to-all if that is meant"
        )


class Gate:
    """The gate as ASGI middleware, for HTTP and WebSockets alike."""

    def __init__(self, app: App, access: Access, address: str = LOOPBACK) -> None:
        self.app = app
        self._access = access
        own = {"localhost", "127.0.0.1", "::1", address.casefold()}
        self._names = own | {_host(name) for name in access.hosts}
        # Behind an address for everyone we cannot know the names; with a password asked, a stranger's name is no harm.
        self._any_name = not access.hosts and not is_loopback(address)
        secret = (access.token or "") + "\0" + (access.password or "")
        self._cookie = hmac.new(secret.encode(), b"juesuan access", hashlib.sha256).hexdigest()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request pass, or answer it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if not self._any_name and _host(headers.get("host", "")) not in self._names:
            await _answer(scope, receive, send, 403, "this server is not known by that name; see JUESUAN_HOSTS")
        elif scope["type"] == "http" and scope["path"] == HEALTH:
            await _answer(scope, receive, send, 200, "ok")
        elif not self._access.guarded or self._has_cookie(headers.get("cookie", "")):
            await self.app(scope, receive, send)
        elif self._knows(headers.get("authorization", "")):
            await self.app(scope, receive, self._with_cookie(scope, send))
        else:
            challenge = [(b"www-authenticate", b'Basic realm="juesuan", charset="UTF-8"')]
            await _answer(scope, receive, send, 401, "a name and a password, or a token, are needed here", challenge)

    def _knows(self, authorization: str) -> bool:
        kind, _, given = authorization.partition(" ")
        if kind.casefold() == "bearer":
            return _same(given.strip().encode("latin-1"), self._access.token)  # headers are bytes; ours are UTF-8
        if kind.casefold() != "basic":
            return False
        try:
            user, _, password = base64.b64decode(given, validate=True).decode("utf-8").partition(":")
        except ValueError:
            return False
        named = _same(user.encode(), self._access.user) & _same(password.encode(), self._access.password)
        return named or _same(password.encode(), self._access.token)

    def _has_cookie(self, header: str) -> bool:
        try:
            held = SimpleCookie(header).get(COOKIE)
        except CookieError:
            return False
        return held is not None and _same(held.value.encode(), self._cookie)

    def _with_cookie(self, scope: Scope, send: Send) -> Send:
        secure = "; Secure" if scope.get("scheme") in ("https", "wss") else ""
        cookie = f"{COOKIE}={self._cookie}; Path=/; HttpOnly; SameSite=Strict{secure}".encode()

        async def sending(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), (b"set-cookie", cookie)]
            await send(message)

        return sending


def _same(given: bytes, wanted: str | None) -> bool:
    """Compared in a time that says nothing of where they differ; nothing equals what is not set."""
    return bool(wanted) and hmac.compare_digest(given, (wanted or "").encode())


def _host(header: str) -> str:
    """The name in a Host header, without its port."""
    header = header.strip().casefold()
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0]


async def _answer(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    text: str,
    headers: list[tuple[bytes, bytes]] | None = None,
) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008})  # before it is accepted: the handshake is answered 403
        return
    kinds = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": kinds})
    await send({"type": "http.response.body", "body": f"{text}\n".encode()})
