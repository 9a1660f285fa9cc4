"""Where things are, and the limits within which documents are read: the only place that knows.

Belongs here: paths, addresses and limits, each with its environment variable. Does not belong here: reading
or writing any of them. The library (``final_accounts``) never imports this module; whoever calls it passes
what it needs.

| variable | meaning | when it is not set |
| --- | --- | --- |
| ``JUESUAN_HOME`` | the project's folder | the checkout that this package lies in, else the current folder |
| ``JUESUAN_RAW`` | the archive, a path or any fsspec address | ``<home>/raw`` |
| ``JUESUAN_INBOX`` | where new files are dropped | ``<raw>/inbox``; for an address ``<home>/raw/inbox`` |
| ``JUESUAN_WAREHOUSE`` | everything built | ``<home>/warehouse`` |
| ``JUESUAN_MAX_BYTES``, ``_MAX_PAGES``, ``_SECONDS``, ``_MEMORY_MB`` | limits of a document | `Limits` |
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from juesuan.final_accounts.model import JuesuanError
from juesuan.final_accounts.readers import DEFAULT, Limits


class SettingsError(JuesuanError):
    """An environment variable holds what it cannot hold; the message names it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One reading of the environment. ``raw`` is an address (a plain path or with a protocol), the rest
    are paths.
    """

    home: Path
    raw: str
    inbox: Path
    warehouse: Path
    limits: Limits

    @classmethod
    def load(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (``os.environ`` unless another mapping is given).

        Relative paths are taken from the current folder. Raises :class:`SettingsError`.
        """
        if env is None:
            env = os.environ
        home = _path(env.get("JUESUAN_HOME")) or _checkout() or Path.cwd()
        raw = env.get("JUESUAN_RAW") or str(home / "raw")
        if is_address(raw):
            inbox = home / "raw" / "inbox"
        else:
            raw = str(_path(raw))
            inbox = Path(raw) / "inbox"
        return cls(
            home=home,
            raw=raw,
            inbox=_path(env.get("JUESUAN_INBOX")) or inbox,
            warehouse=_path(env.get("JUESUAN_WAREHOUSE")) or home / "warehouse",
            limits=Limits(
                max_bytes=_count(env, "JUESUAN_MAX_BYTES", DEFAULT.max_bytes),
                max_pages=_count(env, "JUESUAN_MAX_PAGES", DEFAULT.max_pages),
                memory_mb=_count(env, "JUESUAN_MEMORY_MB", DEFAULT.memory_mb),
                seconds=_count(env, "JUESUAN_SECONDS", int(DEFAULT.seconds)),
            ),
        )

    @property
    def dbt_project(self) -> Path:
        """The dbt project."""
        return self.home / "dbt_project"

    @property
    def published(self) -> Path:
        """The link that readers open: it always points to the last published version."""
        return self.warehouse / "juesuan.duckdb"

    @property
    def versions(self) -> Path:
        """One folder per published version."""
        return self.warehouse / "versions"

    @property
    def work(self) -> Path:
        """Where builds happen, out of the readers' sight."""
        return self.warehouse / "work"

    @property
    def landing(self) -> Path:
        """Parquet batches and their ledger."""
        return self.warehouse / "landing"

    @property
    def readings(self) -> Path:
        """Cache of grids and lines by (sha256, fingerprint of the reader)."""
        return self.warehouse / "readings"

    @property
    def lock(self) -> Path:
        """The one lock that sensor, schedule and command line share."""
        return self.warehouse / "refresh.lock"

    @property
    def dagster_home(self) -> Path:
        """Dagster's run history."""
        return self.warehouse / "dagster"


def is_address(raw: str) -> bool:
    """Whether ``raw`` names a protocol (``s3://...``), as opposed to a plain path. ``C:\\raw`` is a path."""
    protocol, mark, _ = raw.partition("://")
    return bool(mark) and protocol.isascii() and len(protocol) > 1


def _path(text: str | None) -> Path | None:
    return Path(text).expanduser().absolute() if text else None


def _checkout() -> Path | None:
    """The folder that holds both this package and the dbt project; None where only the package is
    installed.
    """
    home = Path(__file__).resolve().parents[2]
    return home if (home / "dbt_project").is_dir() and (home / "pyproject.toml").is_file() else None


def _count(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name)
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise SettingsError(f"{name}={text!r} must be a whole number above 0; unset it to use {default}")
    return int(text)
