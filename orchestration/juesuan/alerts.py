"""Telling people that something needs them: ``juesuan alert``, and what the daemon sends.

Belongs here: sending one message to every address of the settings. Does not belong here: deciding when.

Addresses are Apprise's (``jsons://host/path`` posts JSON, ``mailtos://user:password@host?to=...`` sends a mail,
``dingtalk://``, ``feishu://``, ``wecombot://`` write into groups). They may hold secrets, so only their kind and host
are ever printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from juesuan.final_accounts.model import JuesuanError
from juesuan.settings import Settings


class AlertFailed(JuesuanError):  # noqa: N818 - the name says what happened
    """An alert reached none or not all of its addresses; the message names them without their secrets."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Where an alert went: kind and host of each address."""

    to: tuple[str, ...]


def masked(address: str) -> str:
    """Kind and host of an address: what may be shown of it."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return "an address that cannot be read"
    # Of services whose "host" is a key, nothing but the kind.
    return f"{parts.scheme}://{host}" if "." in host or host == "localhost" else f"{parts.scheme}://"


def send(settings: Settings, title: str, body: str, *, good: bool = False) -> Sent:
    """Send to every address, each in its own try: one that is down keeps nothing from the others.
    ``good``: it is no failure that is told.

    Raises ``AlertFailed`` where there is no address, or one did not take it.
    """
    if not settings.alerts:
        raise AlertFailed("no alert can be sent: set JUESUAN_ALERTS, or alerts.to in juesuan.toml, to an address")
    try:
        import apprise
    except ImportError:
        raise AlertFailed("alerts need Apprise: pip install 'juesuan[service]' (make setup installs it)") from None

    kind = apprise.NotifyType.SUCCESS if good else apprise.NotifyType.FAILURE
    failed = []
    for address in settings.alerts:
        one = apprise.Apprise()
        if not one.add(address):
            failed.append(f"{masked(address)} is no address that Apprise knows")
        elif not one.notify(title=title, body=body, notify_type=kind, body_format="text"):
            failed.append(f"{masked(address)} did not take it")
    if failed:
        raise AlertFailed("; ".join(failed))
    return Sent(tuple(masked(address) for address in settings.alerts))
