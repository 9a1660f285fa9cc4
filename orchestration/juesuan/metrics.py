"""How the warehouse is, in the text form that Prometheus reads: ``juesuan metrics``, and ``/metrics`` beside Dagster.

Belongs here: which numbers are told, under which names. Does not belong here: finding them out.
"""

from __future__ import annotations

import datetime
from typing import Any

from juesuan.final_accounts.model import JuesuanError
from juesuan.settings import Settings

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class NoMetrics(JuesuanError):  # noqa: N818 - the name says what is wrong
    """Metrics need the ``service`` extra."""


def text(settings: Settings) -> str:
    """All metrics as text. Raises ``NoMetrics`` where prometheus-client is not installed."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError:
        raise NoMetrics("metrics need prometheus-client: pip install 'juesuan[service]'") from None
    registry = CollectorRegistry()

    def tell(name: str, says: str, value: float, **labels: str) -> None:
        gauge = gauges.get(name) or Gauge(f"juesuan_{name}", says, list(labels), registry=registry)
        gauges[name] = gauge
        (gauge.labels(**labels) if labels else gauge).set(value)

    gauges: dict[str, Any] = {}
    _published(settings, tell)
    _waiting(settings, tell)
    return generate_latest(registry).decode("utf-8")


def _published(settings: Settings, tell: Any) -> None:
    from juesuan.publish import published_version

    version = published_version(settings)
    tell("published", "1 where a version is published", float(version is not None))
    if version is None:
        return
    built = datetime.datetime.fromisoformat(version["built_at"]).replace(tzinfo=datetime.UTC)
    tell("published_timestamp_seconds", "When the published version was built", built.timestamp())
    tell("published_info", "The published version", 1, version=str(version["id"]))
    tell("published_bytes", "Size of the published file", settings.published.resolve().stat().st_size)
    counts = version.get("counts", {})
    for name in ("reports", "figures", "statements"):
        tell(name, f"{name.capitalize()} in the published version", counts.get(name, 0))
    for state, count in counts.get("documents", {}).items():
        tell("documents", "Documents by state", count, status=state)
    for state, count in counts.get("checks", {}).items():
        tell("checks", "Results of checks within reports by state", count, state=state)


def _waiting(settings: Settings, tell: Any) -> None:
    from juesuan import unattended
    from juesuan.doctor import room
    from juesuan.final_accounts.inbox import waiting

    known, freshness = unattended.state(settings), unattended.freshness(settings)
    tell("inbox_files", "Files waiting in the inbox", len(waiting(settings.inbox, settle=0)))
    tell("fresh", "0 where something has been due for longer than allowed", float(freshness.fresh))
    tell("due_seconds", "How long something has been due", freshness.waiting_hours * 3600)
    tell("refresh_failures", "Refreshes that failed since the last that worked", known.failures)
    tell("refused", "1 where the last build was refused", float(known.refused))
    free, _ = room(settings)
    tell("disk_free_bytes", "Free bytes where the warehouse is", free)
