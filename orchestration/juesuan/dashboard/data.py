"""What pages read: the published version, one and the same for a whole run of a script.

Belongs here: opening the version, queries with parameters, their cache, and what is wrong with a warehouse that cannot
be shown. Does not belong here: the queries themselves (each stands in its page), anything that writes.

Every answer is kept by (version, query, parameters): a new version has none of the old answers, and a page that is
half drawn when a version is published ends with the version that it began with.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import streamlit as st

from juesuan.final_accounts.model import JuesuanError
from juesuan.settings import Settings
from juesuan.warehouse import connect, published_file

if TYPE_CHECKING:
    import pandas as pd

#: Answers kept, over all versions: a click back is at once there.
_ANSWERS = 2000
#: Versions kept open: one is being left while the next is shown.
_VERSIONS = 3
_MEMORY = "1GB"


class OtherSchema(JuesuanError):  # noqa: N818 - the name says what is wrong
    """The published warehouse lacks a table or a column that a page asks for: another version of juesuan built it."""


@dataclass(frozen=True, slots=True)
class Version:
    """The version that is shown: its file, its id, when it was built (UTC) and what it holds."""

    file: Path
    id: str
    built_at: datetime
    documents: int
    reports: int
    units: int
    figures: int
    first_fiscal_year: int | None
    last_fiscal_year: int | None


_shown: ContextVar[Version | None] = ContextVar("version", default=None)


def settings() -> Settings:
    """Where things are, read anew: a test or a service may move them."""
    return Settings.load()


def begin() -> Version:
    """Fix the version for this run of the script: what is published now.

    Raises ``NothingPublished``; ``OtherSchema`` where the file is not a warehouse of ours or is an old one.
    """
    version = _opened(str(published_file(settings().published)))
    _shown.set(version)
    return version


def version() -> Version:
    """The version of this run."""
    return _shown.get() or begin()


def newest_id() -> str:
    """The id of what is published at this moment: the name of its folder."""
    return published_file(settings().published).parent.name


def ask(query: str, parameters: Sequence[Any] = ()) -> pd.DataFrame:
    """The answer to a query of this version, one row a row; money stays ``Decimal``. Not to be changed in place.

    Raises ``OtherSchema`` where the version has not got what is asked for.
    """
    return _answer(str(version().file), query, tuple(_held(one) for one in parameters))


def one(query: str, parameters: Sequence[Any] = ()) -> dict[str, Any] | None:
    """The first row of an answer by column name; None where there is none. What is not stated is None."""
    found = ask(query, parameters)
    if found.empty:
        return None
    values = {name: found[name].iloc[0] for name in found.columns}
    return {name: value if stated(value) else None for name, value in values.items()}


def _held(value: Any) -> Any:
    """Lists as tuples: what is kept by its parameters must not change."""
    return tuple(value) if isinstance(value, list) else value


def fiscal_years() -> list[int]:
    """The years that have reports, the newest first."""
    return [int(y) for y in ask("select distinct fiscal_year from marts.unit_year order by 1 desc")["fiscal_year"]]


def stated(value: Any) -> bool:
    """Whether there is a value: not None, nor what pandas puts for None."""
    import pandas as pd

    return isinstance(value, (list, tuple, dict)) or bool(pd.notna(value))


def connection() -> duckdb.DuckDBPyConnection:
    """A connection to this version, for what is more than a query; read-only."""
    return _connection(str(version().file)).cursor()


@st.cache_resource(max_entries=_VERSIONS, show_spinner=False)
def _connection(file: str) -> duckdb.DuckDBPyConnection:
    return connect(
        file, memory_limit=_MEMORY, enable_external_access="false", autoload_known_extensions="false", threads="2"
    )


@st.cache_resource(max_entries=_VERSIONS, show_spinner=False)
def _opened(file: str) -> Version:
    row = _run(
        file,
        "select id, built_at, documents, reports, units, figures, first_fiscal_year, last_fiscal_year"
        " from marts.warehouse_version",
        (),
    ).fetchone()
    if row is None:
        raise OtherSchema(f"{file}: marts.warehouse_version is empty; run `juesuan refresh`")
    return Version(Path(file), *row)


@st.cache_data(max_entries=_ANSWERS, show_spinner=False)
def _answer(file: str, query: str, parameters: tuple[Any, ...]) -> pd.DataFrame:
    import pandas as pd

    found = _run(file, query, parameters)
    names = [column[0] for column in found.description or ()]
    # Rows, not ``df()``: that would make floats of money.
    frame = pd.DataFrame(found.fetchall(), columns=names, dtype=object)
    for name, kind in zip(names, (str(column[1]) for column in found.description or ()), strict=True):
        if kind.upper().endswith(("INT", "INTEGER", "NUMBER")) and not kind.upper().startswith("DECIMAL"):
            frame[name] = frame[name].astype("Int64")
        elif kind.upper().startswith("BOOL"):
            frame[name] = frame[name].astype("boolean")
    return frame


def _run(file: str, query: str, parameters: tuple[Any, ...]) -> duckdb.DuckDBPyConnection:
    given = [list(value) if isinstance(value, tuple) else value for value in parameters]
    try:
        return _connection(file).cursor().execute(query, given)
    except (duckdb.CatalogException, duckdb.BinderException) as problem:
        said = str(problem).partition("\n")[0]
        raise OtherSchema(f"{Path(file).parent.name}: {said}") from problem
    except (duckdb.IOException, duckdb.SerializationException) as problem:
        raise OtherSchema(f"{file}: {str(problem).partition(chr(10))[0]}") from problem
