"""Opening the warehouse: what readers use, and nothing that builds it.

Here: read-only connections to the published version, and a reader that follows the link as it moves. Belongs
here: what a Python user of the warehouse calls. Does not belong here: building, loading, publishing.

The published file is ``versions/<id>/juesuan.duckdb``; ``warehouse/juesuan.duckdb`` is a relative link to it.
The link is resolved before opening, so one connection sees one version for as long as it lives, whatever is
published meanwhile, and the catalog is always ``juesuan``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.final_accounts.model import JuesuanError

if TYPE_CHECKING:
    import duckdb

#: How every file of ours is written, so that clients of DuckDB 1.4 and 1.5 open it too.
STORAGE = {"storage_compatibility_version": "v1.4.0"}


def build_options(memory: str) -> dict[str, str | bool | int | float | list[str]]:
    """How a file is opened for work over everything: as ours are written, within so much memory."""
    return {**STORAGE, "memory_limit": memory}


class NothingPublished(JuesuanError):  # noqa: N818 - the name says what is wrong
    """There is no published warehouse yet at this place."""


def published_file(link: Path | None = None) -> Path:
    """The file that the link points to now. ``link``: that of the settings when not given.

    Raises ``NothingPublished`` where there is none.
    """
    if link is None:
        from juesuan.settings import Settings

        link = Settings.load().published
    try:
        return Path(link).resolve(strict=True)
    except FileNotFoundError:
        raise NothingPublished(f"{link}: no warehouse is published here; run `juesuan refresh`") from None


def connect(path: Path | str | None = None, **options: Any) -> duckdb.DuckDBPyConnection:
    """Open the published warehouse, read-only. ``path``: another link or file than that of the settings.

    ``options`` are DuckDB settings (``memory_limit="2GB"``). Raises ``NothingPublished``.
    """
    import duckdb

    file = published_file(Path(path) if path else None)
    return duckdb.connect(str(file), read_only=True, config=dict(options))


class Reader:
    """A long-lived reader: :meth:`connection` is the last published version whenever it is asked for.

    A connection handed out before stays valid for its version until the reader moves on; whoever runs several
    queries that belong together takes one connection and a cursor of it.
    """

    def __init__(self, path: Path | str | None = None, **options: Any) -> None:
        self._path = Path(path) if path else None
        self._options = options
        self._file: Path | None = None
        self._connection: duckdb.DuckDBPyConnection | None = None

    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection to the version that is published now; reopened only when the link moved."""
        file = published_file(self._path)
        if self._connection is None or file != self._file:
            fresh = connect(self._path, **self._options)
            self.close()
            self._connection, self._file = fresh, file
        return self._connection

    def close(self) -> None:
        """Close the connection; the next :meth:`connection` opens anew."""
        if self._connection is not None:
            self._connection.close()
        self._connection = self._file = None
