"""What happens when nobody watches: whether a refresh is to be started now, and whether people must be told.

Belongs here: waiting between tries, counting failures, deciding on alerts, and what of that is kept between two looks
(``warehouse/unattended.json``). Does not belong here: Dagster (``defs.automation`` asks here), sending
(``alerts``), the refresh itself.

A refresh that failed is tried again after a wait that doubles each time, for ever, as a disk may be emptied and a
network come back; after the tries of the settings people are told, once, and once more when it works again. A build
that was refused is not tried again before something has changed: people are told at once.
"""

from __future__ import annotations

import datetime
import json
import time
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from juesuan import durable
from juesuan.refresh import House
from juesuan.settings import Settings

#: No wait between two tries is longer.
LONGEST_WAIT = 3600
#: Files may go on arriving for so long before what is there is taken in.
PATIENCE = 600


class Alert(Protocol):
    """Tells people; ``good``: it is no failure that is told."""

    def __call__(self, title: str, body: str, *, good: bool = False) -> None: ...


@dataclass(slots=True)
class State:
    """What is known of the tries since the last refresh that worked. Times are seconds since the epoch.

    ``due_since``: when it was first seen that there is something to do; None when there is nothing.
    """

    failures: int = 0
    failed_at: float | None = None
    message: str | None = None
    refused: bool = False
    told: bool = False
    due_since: float | None = None
    due: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """Start a run under this key, or do not and say why."""

    run_key: str | None
    reason: str


def state(settings: Settings) -> State:
    """What was kept; a fresh state where there is nothing, or nothing readable."""
    try:
        content: dict[str, Any] = json.loads(_file(settings).read_text(encoding="utf-8"))
        return State(**content)
    except (OSError, ValueError, TypeError):
        return State()


def _file(settings: Settings) -> Any:
    return settings.warehouse / "unattended.json"


def _keep(settings: Settings, before: State, after: State) -> None:
    if before != after:
        durable.write_json(_file(settings), asdict(after), "unattended")


def decide(settings: Settings, now: float | None = None, *, alert: Alert) -> Decision:
    """Whether to start a refresh now. Keeps since when something is due."""
    now = time.time() if now is None else now
    house, before = House(settings), state(settings)
    after = State(**asdict(before))
    due = house.due()
    if due is None:
        succeeded(settings, alert=alert)  # a person did it, or took away what stood against it
        before = after = State()
    elif after.due_since is None or after.due_since > now:  # the clock may have been put back
        after.due_since = now
    decision = _decide(settings, house, due, after, now)
    if decision.run_key is not None:
        after.due = due
    _keep(settings, before, after)
    return decision


def _decide(settings: Settings, house: House, due: str | None, known: State, now: float) -> Decision:
    if due is None:
        return Decision(None, "what is published follows from what is there")
    if house.is_locked():
        return Decision(None, "a refresh is running")
    if house.still_arriving() and now - (known.due_since or now) < PATIENCE:
        return Decision(None, "files are still arriving in the inbox")
    if known.refused and known.due == due:
        return Decision(None, f"refused before, and nothing has changed since: {known.message}")
    waited = now - known.failed_at if known.failed_at is not None else None
    wait = min(settings.unattended.wait_seconds * 2 ** max(0, known.failures - 1), LONGEST_WAIT)
    if not known.refused and waited is not None and 0 <= waited < wait:
        return Decision(None, f"failed {known.failures} times; tried again in {wait - waited:.0f} s: {known.message}")
    # What is to be built, and which try it is: Dagster starts one run for one key.
    return Decision(f"{due} #{known.failures + 1}", "something has changed")


def failed(settings: Settings, message: str, *, refused: bool, alert: Alert, now: float | None = None) -> State:
    """Enter that a refresh failed, or was refused; tell people when it is time. ``alert`` may raise."""
    before = state(settings)
    after = State(**asdict(before))
    after.failures, after.failed_at = before.failures + 1, time.time() if now is None else now
    after.message, after.refused = message, refused
    # What a run found changes as it takes files in: what is refused is what is due after it, not before.
    after.due = House(settings).due() if refused else before.due
    if refused and message != before.message:
        after.told = False
    tell = not after.told and (refused or after.failures > settings.unattended.retries)
    after.told = after.told or tell
    _keep(settings, before, after)
    if tell:
        what = "a refresh was refused" if refused else f"the refresh failed {after.failures} times"
        alert(f"juesuan: {what}", said(settings, message))
    return after


def succeeded(settings: Settings, *, alert: Alert) -> None:
    """Enter that a refresh worked; people who were told that it did not are told that it does."""
    before = state(settings)
    _keep(settings, before, State())
    if before.told:
        text = f"It works again after {before.failures} tries, the last of which ended so: {before.message}"
        alert("juesuan: the refresh works again", text, good=True)


def said(settings: Settings, message: str) -> str:
    """The text of an alert: what, where, and what to do."""
    return (
        f"{message}\n\nWarehouse: {settings.warehouse}\nReaders keep the version that is published.\n"
        "What to do: juesuan doctor, then juesuan refresh, which says more."
    )


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether what is there has been published in time; ``waiting_hours`` since something is due, if it is."""

    fresh: bool
    waiting_hours: float
    says: str


def freshness(settings: Settings, now: float | None = None) -> Freshness:
    """Stale is a warehouse in which something has been due for longer than the settings allow."""
    now = time.time() if now is None else now
    house = House(settings)
    if house.due() is None:
        return Freshness(True, 0.0, "what is published follows from what is there")
    since = [one for one in (state(settings).due_since, house.oldest_waiting()) if one is not None and one <= now]
    hours = (now - min(since)) / 3600 if since else 0.0
    allowed = settings.unattended.fresh_hours
    began = f"{datetime.datetime.fromtimestamp(min(since), datetime.UTC):%Y-%m-%d %H:%M} UTC" if since else "now"
    return Freshness(hours <= allowed, hours, f"something is due since {began}; {allowed} hours are allowed")
