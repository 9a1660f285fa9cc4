"""The published tables on a PostgreSQL server: for programs that cannot open a file.

Belongs here: copying one version of marts and conformed into schemas of a server, with comments, keys and indexes, and
putting it in the place of the version before. Does not belong here: what the tables hold, files (``export``).

A version is copied into schemas of its own (``marts__new``), compared with the file, and then renamed into place in one
transaction that also drops the version before. A reader sees the old tables or the new ones, never some of each, and is
never refused; a push that is cut off has changed nothing. A password is in no message.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import time
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from juesuan.export import Table, tables_of
from juesuan.final_accounts.model import JuesuanError
from juesuan.warehouse import connect

if TYPE_CHECKING:
    import duckdb

SCHEMAS = ("marts", "conformed")
READER = "juesuan_reader"
#: Built where a table has all of these columns and its key does not begin with them.
INDEXES = (("unit_id", "fiscal_year"), ("report_id",), ("document_id",))
#: How the comment of a schema of ours begins; no other schema is ever dropped.
MARK = "juesuan"
_VERSION = "warehouse_version"
_BATCH_ROWS = 50_000
#: Seconds for which readers may keep the old tables busy before the push gives up.
_PATIENCE = 600.0
#: Milliseconds for which the swap waits at a time; readers that come meanwhile wait as long.
_SWAP_WAIT = 300
_CONNECT_SECONDS = 10

#: DuckDB type -> how it is read there, type there. Types with arguments and nested ones: ``_types``.
_TYPES = {
    "BOOLEAN": ("{}", "boolean"),
    "TINYINT": ("cast({} as smallint)", "smallint"),
    "UTINYINT": ("cast({} as smallint)", "smallint"),
    "SMALLINT": ("{}", "smallint"),
    "USMALLINT": ("cast({} as integer)", "integer"),
    "INTEGER": ("{}", "integer"),
    "UINTEGER": ("cast({} as bigint)", "bigint"),
    "BIGINT": ("{}", "bigint"),
    "UBIGINT": ("cast({} as decimal(38, 0))", "numeric(38, 0)"),
    "HUGEINT": ("cast({} as decimal(38, 0))", "numeric(38, 0)"),
    "UHUGEINT": ("cast({} as decimal(38, 0))", "numeric(38, 0)"),
    "FLOAT": ("{}", "real"),
    "DOUBLE": ("{}", "double precision"),
    "VARCHAR": ("{}", "text"),
    "BLOB": ("{}", "bytea"),
    "DATE": ("{}", "date"),
    "TIME": ("{}", "time"),
    "TIMESTAMP": ("{}", "timestamp"),
    "TIMESTAMP_S": ("cast({} as timestamp)", "timestamp"),
    "TIMESTAMP_MS": ("cast({} as timestamp)", "timestamp"),
    "TIMESTAMP_NS": ("cast({} as timestamp)", "timestamp"),
    "TIMESTAMP WITH TIME ZONE": ("{}", "timestamptz"),
}
_DECIMAL = re.compile(r"DECIMAL\((\d+),\s*(\d+)\)")
_NESTED = re.compile(r"(STRUCT|MAP|UNION)\(|JSON$|.*\[\d*\]$", re.S)
_EXACT = re.compile(r"smallint|integer|bigint|numeric")

Progress = Callable[[str, int, int], None]
Keys = Mapping[tuple[str, str], tuple[str, ...]]


class PushError(JuesuanError):
    """The tables cannot be put on that server; the message says what to do. What was there is as it was."""


class PushUnderWay(PushError):  # noqa: N818 - the name says what happens
    """Another push to the same database has not ended."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What is on the server now. ``changed``: whether this push put it there; ``tables``: name and rows of each.

    ``server`` is the address without password.
    """

    server: str
    version: str
    changed: bool
    schemas: tuple[str, ...]
    reader: str
    tables: tuple[tuple[str, int], ...] = ()
    keys: int = 0
    indexes: int = 0


def declared_keys(project: Path) -> dict[tuple[str, str], tuple[str, ...]]:
    """The key of each table by (schema, name), as the dbt project declares and tests it; none where it is not here."""
    import yaml

    keys: dict[tuple[str, str], tuple[str, ...]] = {}
    for schema in SCHEMAS:
        for path in sorted((project / "models" / schema).glob("*.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8")).get("models", []):
                for test in model.get("data_tests", []):
                    if isinstance(test, dict) and "key" in test:
                        keys[schema, model["name"]] = tuple(test["key"]["arguments"]["columns"])
    return keys


def holds_password(url: str) -> bool:
    """Whether an address has a password in it, which others see where it stands on a command line."""
    return bool(_parts(url)[1])


def push(
    file: Path,
    url: str,
    *,
    keys: Keys | None = None,
    reader: str = READER,
    prefix: str = "",
    again: bool = False,
    wanted: Sequence[str] = (),
    patience: float = _PATIENCE,
    progress: Progress | None = None,
) -> Pushed:
    """Put marts and conformed of a published file on the server at ``url``, whole or not at all.

    ``keys``: see :func:`declared_keys`. ``prefix`` stands before the names of the schemas there. ``wanted``: only these
    tables (``marts.unit_year``) and ``marts.warehouse_version``; all when empty. ``again``: also when the server has
    this version. ``progress`` is told (table, how many are done, of how many).

    Raises ``PushError``, ``PushUnderWay``, ``NothingPublished``.
    """
    with connect(file) as connection, _connected(url) as server:
        version = str(_one(connection.execute(f"select id from marts.{_VERSION}").fetchall()))
        tables = _chosen(tables_of(connection, SCHEMAS), wanted)
        names = {schema: f"{prefix}{schema}" for schema in SCHEMAS}
        marks = {schema: _mark(version, sum(table.schema == schema for table in tables)) for schema in SCHEMAS}
        result = Pushed(server.address, version, False, tuple(names.values()), reader)
        server.lock()
        found = {schema: server.mark_of(name) for schema, name in names.items()}
        for name in names.values():
            _refuse_what_is_not_ours(server, name, tables)
        _refuse_what_stands_on_ours(server, list(names.values()))
        if found == marks and not again:
            return result
        _drop_unfinished(server, names)
        try:
            _ready_reader(server, reader)
            _begin(server, names, reader)
            rows, built = [], [0, 0]
            for number, table in enumerate(tables):
                if progress is not None:
                    progress(f"{table.schema}.{table.name}", number, len(tables))
                key = (keys or {}).get((table.schema, table.name), ())
                copy = _Copy(connection, server, table, f"{names[table.schema]}__new", reader)
                rows.append((f"{names[table.schema]}.{table.name}", copy.fill()))
                has_key, indexes = copy.finish(key)
                built = [built[0] + has_key, built[1] + indexes]
            _swap(server, names, marks, patience)
        except Exception:
            # What cuts a push off otherwise leaves this to the next one.
            with contextlib.suppress(PushError):
                server.run("rollback")
                _drop_unfinished(server, names)
            raise
    return Pushed(server.address, version, True, result.schemas, reader, tuple(rows), *built)


def _chosen(tables: Sequence[Table], wanted: Sequence[str]) -> list[Table]:
    by_name = {f"{table.schema}.{table.name}": table for table in tables}
    if missing := [name for name in wanted if name not in by_name]:
        raise PushError(f"there is no table {missing[0]} in what is published")
    if not wanted:
        return list(tables)
    return [by_name[name] for name in dict.fromkeys((*wanted, f"marts.{_VERSION}"))]


def _mark(version: str, tables: int) -> str:
    return (
        f"{MARK} {version}: {tables} tables. Written whole by `juesuan publish --postgres`; the next version replaces "
        "all of this schema, so keep nothing of your own in it"
    )


# --- the server ------------------------------------------------------------------------------------------------------


class _Server:
    """One connection; what goes wrong on it is said in one line without a password."""

    def __init__(self, connection: Any, address: str, secrets: Sequence[str]) -> None:
        self._connection = connection
        self._secrets = secrets
        self.address = address

    def run(self, statement: str) -> None:
        """One statement or several parted by semicolons; several of them are one transaction."""
        with self._told(), self._connection.cursor() as cursor:
            cursor.executescript(statement)

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._told(), self._connection.cursor() as cursor:
            found: list[tuple[Any, ...]] = cursor.execute(query, values or None).fetchall()
            return found

    def ingest(self, schema: str, table: str, batches: Any) -> None:
        with self._told(), self._connection.cursor() as cursor:
            cursor.adbc_ingest(table, batches, mode="append", db_schema_name=schema)

    def lock(self) -> None:
        """Of the session, so that it is free when this program ends in any way."""
        if not _one(self.rows("select pg_try_advisory_lock($1)", zlib.crc32(b"juesuan publish"))):
            raise PushUnderWay(f"another push to {self.address} is under way; wait for it")

    def mark_of(self, schema: str) -> str | None:
        """The comment of a schema, empty where it has none; None where there is no such schema."""
        found = self.rows(
            "select coalesce(obj_description(oid, 'pg_namespace'), '') from pg_namespace where nspname = $1", schema
        )
        return str(found[0][0]) if found else None

    @contextmanager
    def _told(self) -> Iterator[None]:
        from adbc_driver_manager.dbapi import Error

        try:
            yield
        except Error as problem:
            raise _Refused(
                f"{self.address}: {_line(str(problem), self._secrets)}", getattr(problem, "sqlstate", None)
            ) from None


class _Refused(PushError):  # noqa: N818 - what the server did
    """The server refused a statement; ``code`` is its SQLSTATE."""

    def __init__(self, message: str, code: str | None) -> None:
        super().__init__(message)
        self.code = code


def _one(rows: Sequence[tuple[Any, ...]]) -> Any:
    return rows[0][0] if rows else None


@contextmanager
def _connected(url: str) -> Iterator[_Server]:
    try:
        from adbc_driver_manager.dbapi import Error
        from adbc_driver_postgresql.dbapi import connect as dial  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        raise PushError("a PostgreSQL server needs adbc-driver-postgresql: pip install 'juesuan[postgres]'") from None

    address, secrets = _parts(url)
    problem: Exception | None = None
    try:
        connection = dial(_with_timeout(url), autocommit=True)
    except Error as refused:
        problem = refused
    if problem is not None:
        raise PushError(
            f"{address} does not answer or does not let us in: {_line(str(problem), secrets)}. Check the address; "
            "a password stands in JUESUAN_POSTGRES or in the file that PGPASSFILE names"
        )
    try:
        # Who is let in is not told the password again: a short one stands in any text by chance.
        server = _Server(connection, address, [one for one in secrets if len(one) > 3])
        # Limits of a login are meant for queries of people.
        server.run(
            "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0;"
            " set client_min_messages = warning; set standard_conforming_strings = on"
        )
        encoding = _one(server.rows("select current_setting('server_encoding')"))
        if encoding != "UTF8":
            raise PushError(
                f"{address} keeps its text as {encoding}, which does not hold every character; create a database with:"
                " create database juesuan encoding 'UTF8' template template0"
            )
        yield server
    finally:
        connection.close()


def _parts(url: str) -> tuple[str, list[str]]:
    """The address as it may be shown, and what may not be. An address that could be misread is refused unread."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme not in ("postgresql", "postgres"):
        raise PushError("an address of a PostgreSQL server looks like postgresql://user@host:5432/database")
    authority = re.split(r"[/?]", rest, maxsplit=1)[0]
    if re.search(r"\s", url) or url.count("@") > 1 or ("@" in url and "@" not in authority):
        raise PushError(
            "a character in the address of the PostgreSQL server must be written as %XX, as @ : / ? # % and spaces are"
            " in a user or password (%40 %3A %2F %3F %23 %25 %20)"
        )
    path, _, query = rest.partition("?")
    user, at, place = path.rpartition("@")
    name, _, password = user.partition(":")
    given = dict(part.partition("=")[::2] for part in query.split("&"))
    hidden = [password, *(value for key, value in given.items() if "password" in key)]
    secrets = {text for one in hidden if one for text in (one, unquote(one))}
    # The longer first, so that no rest of it stays.
    return f"{scheme}://{name}{at}{place}", sorted(secrets, key=len, reverse=True)


def _with_timeout(url: str) -> str:
    if "connect_timeout=" in url or os.environ.get("PGCONNECT_TIMEOUT"):
        return url
    return f"{url}{'&' if '?' in url else '?'}connect_timeout={_CONNECT_SECONDS}"


def _line(message: str, secrets: Sequence[str]) -> str:
    """What a person reads of an error of the driver: one line, without the query, its prefixes and any password."""
    said = re.sub(r"\.?\s*SQLSTATE: \w+\s*$", "", re.split(r"\n*Query was:", message)[0])
    said = said.rpartition("ERROR:")[2]
    # What the server would have one do (DROP ... CASCADE) is not always what one should.
    said = re.sub(r"\nHINT:.*|\s+Is the server running.*|\nLINE \d+:.*\n.*\^", "", said)
    said = re.sub(r"^[A-Z_]+: (\[libpq\] )?(Failed to connect: )?", "", said)
    said = re.sub(r"\b(FATAL|DETAIL):\s*", "", said)
    for secret in secrets:
        said = said.replace(secret, "***")
    return " ".join(said.split()).rstrip(".")


def _quoted(*names: str) -> str:
    return ".".join('"' + name.replace('"', '""') + '"' for name in names)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


# --- what is there already -------------------------------------------------------------------------------------------


def _relations(server: _Server, schema: str) -> dict[str, str]:
    """Kind of each relation of a schema, indexes aside."""
    return dict(
        server.rows(
            "select c.relname::text, c.relkind::text from pg_class as c inner join pg_namespace as n"
            " on c.relnamespace = n.oid where n.nspname = $1 and c.relkind in ('r', 'v', 'm', 'f', 'p', 'S')"
            " order by 1",
            schema,
        )
    )


def _refuse_what_is_not_ours(server: _Server, schema: str, tables: Sequence[Table]) -> None:
    """A schema without our mark, or something in ours that no push put there."""
    for name in (schema, f"{schema}__new"):
        mark = server.mark_of(name)
        if mark is not None and not mark.startswith(MARK):
            raise PushError(
                f"{server.address} has a schema {name} that juesuan did not write, so it stays; choose other names"
                " with --schema-prefix juesuan_, or rename or drop that schema yourself"
            )
    there = _relations(server, schema)
    counted = re.match(rf"{MARK} [^:]*: (\d+) tables", server.mark_of(schema) or "")
    if counted and len(there) > int(counted[1]):
        ours = {table.name for table in tables}
        strange = [name for name in there if name not in ours] or list(there)
        raise PushError(
            f"schema {schema} of {server.address} holds something that juesuan did not write, among"
            f" {', '.join(strange[:5])}; move it to a schema of your own, as the push replaces all of {schema}"
        )


def _refuse_what_stands_on_ours(server: _Server, schemas: Sequence[str]) -> None:
    """Views and foreign keys of others would go with the tables below them."""
    ours = ", ".join(map(_text, schemas))
    found = server.rows(
        "with standing as ("
        " select r.ev_class as what, d.refobjid as below from pg_depend as d"
        " inner join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid"
        " where d.refclassid = 'pg_class'::regclass"
        " union select conrelid, confrelid from pg_constraint where contype = 'f')"
        " select distinct format('%s.%s', nw.nspname, w.relname), format('%s.%s', nb.nspname, b.relname)"
        " from standing inner join pg_class as w on what = w.oid"
        " inner join pg_namespace as nw on w.relnamespace = nw.oid"
        " inner join pg_class as b on below = b.oid inner join pg_namespace as nb on b.relnamespace = nb.oid"
        f" where nb.nspname in ({ours}) and nw.nspname not in ({ours}) order by 1, 2 limit 1"
    )
    if found:
        what, below = found[0]
        raise PushError(
            f"{what} on {server.address} is built on {below} and would be lost with it; keep its definition, drop it,"
            " push, and create it again"
        )


def _drop_unfinished(server: _Server, names: Mapping[str, str]) -> None:
    for name in names.values():
        if (server.mark_of(f"{name}__new") or "").startswith(MARK):
            server.run(f"drop schema {_quoted(f'{name}__new')} cascade")


def _ready_reader(server: _Server, reader: str) -> None:
    if server.rows("select 1 from pg_roles where rolname = $1", reader):
        return
    try:
        server.run(f"create role {_quoted(reader)} nologin")
    except _Refused as refused:
        raise PushError(
            f"role {reader}, which may read the tables, is not there and this login may not create it ({refused}); have"
            f" an administrator say: create role {_quoted(reader)} nologin; or name another with --reader"
        ) from None


def _begin(server: _Server, names: Mapping[str, str], reader: str) -> None:
    """New schemas; their mark in the same transaction, so that what is left of them is always known for ours."""
    server.run(
        ";".join(
            f"create schema {new}; comment on schema {new} is {_text(f'{MARK}: a push that has not ended')};"
            f" grant usage on schema {new} to {_quoted(reader)}"
            for new in (_quoted(f"{name}__new") for name in names.values())
        )
    )


# --- one table -------------------------------------------------------------------------------------------------------


def _types(kind: str) -> tuple[str, str]:
    """How a column of this DuckDB type is read there, and what it is on the server."""
    kind = kind.upper()
    if kind in _TYPES:
        return _TYPES[kind]
    if found := _DECIMAL.fullmatch(kind):
        return "{}", f"numeric({found[1]}, {found[2]})"
    if _NESTED.match(kind):
        return "cast(to_json({}) as varchar)", "jsonb"
    return "cast({} as varchar)", "text"


class _Copy:
    """One table on its way into a new schema."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, server: _Server, table: Table, schema: str, reader: str
    ) -> None:
        self._connection = connection
        self._server = server
        self._table = table
        self._schema = schema
        self._place = _quoted(schema, table.name)
        self._reader = reader
        self._columns = [(column, *_types(column.kind)) for column in table.columns]
        self._from = _quoted(table.schema, table.name)

    def fill(self) -> int:
        """Create the table, stream its rows there and compare both sides; returns how many rows there are."""
        # JSON is copied as text first: its binary form is the server's own. Tables are written once, so that nothing
        # has to tidy them up afterwards, which would hold them when the next version comes.
        columns = ", ".join(
            f"{_quoted(column.name)} {'text' if there == 'jsonb' else there}" for column, _, there in self._columns
        )
        self._server.run(f"create table {self._place} ({columns}) with (autovacuum_enabled = false)")
        read = ", ".join(f"{here.format(_quoted(c.name))} as {_quoted(c.name)}" for c, here, _ in self._columns)
        batches = self._connection.sql(f"select {read} from {self._from}").to_arrow_reader(_BATCH_ROWS)
        self._server.ingest(self._schema, self._table.name, batches)
        if nested := [_quoted(column.name) for column, _, there in self._columns if there == "jsonb"]:
            changes = ", ".join(f"alter column {name} type jsonb using {name}::jsonb" for name in nested)
            self._server.run(f"alter table {self._place} {changes}")
        return self._compare()

    def _compare(self) -> int:
        """Rows, values of each column, sums of numbers, bytes of text: the same on both sides."""
        wanted: list[tuple[str, str, str]] = [("rows", "count(*)", "count(*)")]
        for column, here, there in self._columns:
            name = _quoted(column.name)
            wanted.append((f"values of {column.name}", f"count({name})", f"count({name})"))
            if _EXACT.match(there):
                wanted.append((f"sum of {column.name}", f"sum({here.format(name)})", f"sum({name})"))
            elif there == "text":
                wanted.append(
                    (f"bytes of {column.name}", f"sum(strlen({here.format(name)}))", f"sum(octet_length({name}))")
                )
            elif there == "boolean":
                wanted.append((f"yes in {column.name}", f"count(*) filter ({name})", f"count(*) filter (where {name})"))
        # A row of the server is no wider than this many columns.
        rows = 0
        for at in range(0, len(wanted), 800):
            part = wanted[at : at + 800]
            ours = self._connection.execute(f"select {', '.join(h for _, h, _ in part)} from {self._from}").fetchall()[
                0
            ]
            theirs = self._server.rows(f"select {', '.join(f'({t})::text' for _, _, t in part)} from {self._place}")[0]
            for (what, _, _), one, other in zip(part, ours, theirs, strict=True):
                if (None if one is None else Decimal(one)) != (None if other is None else Decimal(other)):
                    raise PushError(
                        f"{self._table.schema}.{self._table.name} is not the same on {self._server.address}: {what} is"
                        f" {one} here and {other} there; nothing was replaced, push it again"
                    )
            rows = int(theirs[0]) if at == 0 else rows
        return rows

    def finish(self, key: Sequence[str]) -> tuple[bool, int]:
        """Key, indexes, comments, rights; returns whether it has a key, and how many indexes beside it."""
        names = {column.name for column in self._table.columns}
        has_key = bool(key) and names.issuperset(key)
        said = [f"grant select on {self._place} to {_quoted(self._reader)}"]
        if has_key:
            said.append(f"alter table {self._place} add primary key ({', '.join(map(_quoted, key))})")
        indexes = [
            columns
            for columns in INDEXES
            if names.issuperset(columns) and not (has_key and tuple(key[: len(columns)]) == columns)
        ]
        said += [f"create index on {self._place} ({', '.join(map(_quoted, columns))})" for columns in indexes]
        if self._table.said:
            said.append(f"comment on table {self._place} is {_text(self._table.said)}")
        said += [
            f"comment on column {self._place}.{_quoted(column.name)} is {_text(column.said)}"
            for column in self._table.columns
            if column.said
        ]
        self._server.run("; ".join(said))
        self._server.run(f"vacuum (freeze, analyze) {self._place}")
        return has_key, len(indexes)


# --- into place ------------------------------------------------------------------------------------------------------


def _swap(server: _Server, names: Mapping[str, str], marks: Mapping[str, str], patience: float) -> None:
    """Drop the old and rename the new, in one transaction that begins only when no query has an old table.

    Every old table is locked before anything changes: a query that has begun ends on the old ones, one that comes then
    finds the new ones, all of them. The lock waits shorter than the server takes to look for deadlocks, so that where a
    query and the swap wait for each other it is the swap that steps back.
    """
    deadlock = int(_one(server.rows("select setting from pg_settings where name = 'deadlock_timeout'")) or 1000)
    wait = max(10, min(_SWAP_WAIT, deadlock // 3))
    old = {name: _relations(server, name) for name in names.values() if server.mark_of(name) is not None}
    tables = ", ".join(
        _quoted(name, table) for name, there in old.items() for table, kind in there.items() if kind == "r"
    )
    change = [f"drop table {tables}"] if tables else []
    change += [f"drop schema {_quoted(name)}" for name in old]
    for schema, name in names.items():
        change.append(f"alter schema {_quoted(f'{name}__new')} rename to {_quoted(name)}")
        change.append(f"comment on schema {_quoted(name)} is {_text(marks[schema])}")
    give_up = time.monotonic() + patience
    pause = 0.1
    while True:
        server.run("begin")
        try:
            if tables:
                server.run(f"set local statement_timeout = {wait}")
                server.run(f"lock table {tables} in access exclusive mode")
                server.run("set local statement_timeout = 0")
            server.run("; ".join(change))
            server.run("commit")
            return
        except _Refused as refused:
            server.run("rollback")
            if refused.code == "2BP01":
                raise PushError(
                    f"{refused}; what others built on the tables would be lost with them: keep its definition, drop it,"
                    " push, and create it again"
                ) from None
            # 57014: it waited as long as it may. 40P01: the server found a deadlock first.
            if refused.code not in ("57014", "40P01"):
                raise
            if time.monotonic() > give_up:
                raise PushError(_who_holds(server, list(old))) from None
        time.sleep(pause * random.uniform(0.5, 1.0))
        pause = min(pause * 1.5, 2.0)


def _who_holds(server: _Server, schemas: Sequence[str]) -> str:
    found = server.rows(
        "select distinct a.pid, a.usename::text, coalesce(a.application_name, '') from pg_locks as l"
        " inner join pg_class as c on l.relation = c.oid inner join pg_namespace as n on c.relnamespace = n.oid"
        " inner join pg_stat_activity as a on l.pid = a.pid"
        f" where n.nspname in ({', '.join(map(_text, schemas))}) and a.pid <> pg_backend_pid() order by 1 limit 5"
    )
    who = ", ".join(f"session {pid} of {user} {program}".rstrip() for pid, user, program in found) or "queries"
    return (
        f"readers kept the old tables of {server.address} busy all the time ({who}); nothing was replaced, push again"
        " when they have ended"
    )
