"""The published tables on a real PostgreSQL server: exact, whole or not at all, for readers only."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from tests.fixtures.postgres import ESCAPED, PASSWORD, Server, running

from juesuan import postgres
from juesuan.export import tables_of
from juesuan.postgres import SCHEMAS, Pushed, PushError, PushUnderWay, declared_keys, holds_password, push

pytestmark = [pytest.mark.integration, pytest.mark.program("pg_ctlcluster", "initdb", "pg_ctl")]

ROOT = Path(__file__).parents[2]
#: Enough for what is not about the tables themselves.
FEW = ("conformed.code_line", "conformed.dim_unit", "marts.prior_year", "marts.unit_year")
Rows = list[tuple[Any, ...]]
Ask = Callable[..., Rows]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture(scope="module")
def numbers() -> Iterator[int]:
    return itertools.count()


@pytest.fixture
def url(server: Server, numbers: Iterator[int]) -> str:
    """A database of its own for each test."""
    name = f"test{next(numbers)}"
    asking(server.url())(f"create database {name}")
    return server.url(name)


@pytest.fixture
def file(published: Path) -> Path:
    return published / "juesuan.duckdb"


@pytest.fixture
def later(file: Path, tmp_path: Path) -> Path:
    """Another version, with fewer rows."""
    to = tmp_path / "later.duckdb"
    shutil.copyfile(file, to)
    with duckdb.connect(str(to)) as connection:
        connection.execute("update marts.warehouse_version set id = 'later'")
        connection.execute("delete from conformed.code_line where fiscal_year % 2 = 0 or code like '2%'")
        connection.execute("delete from marts.prior_year")
    return to


def asking(url: str) -> Ask:
    """What asks the server as a program of others would: a connection for each question."""
    from adbc_driver_postgresql.dbapi import connect

    def ask(query: str) -> Rows:
        with connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            return cursor.execute(query).fetchall() if query.startswith("select") else cursor.executescript(query) or []

    return ask


def version_of(file: Path) -> str:
    with duckdb.connect(str(file), read_only=True) as connection:
        return str(connection.execute("select id from marts.warehouse_version").fetchall()[0][0])


def schemas(url: str) -> set[str]:
    found = asking(url)(
        "select nspname::text from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"
    )
    return {name for (name,) in found} - {"public"}


# --- what is there ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(server: Server, published: Path) -> tuple[str, Pushed]:
    """A database with everything in it; tests only read it."""
    asking(server.url())("create database whole")
    keys = declared_keys(ROOT / "dbt_project")
    return server.url("whole"), push(published / "juesuan.duckdb", server.url("whole"), keys=keys)


def test_every_row_of_every_table_is_there_to_the_last_digit(whole: tuple[str, Pushed], file: Path) -> None:
    url, done = whole
    ask = asking(url)
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = tables_of(connection, SCHEMAS)
        assert {name for name, _ in done.tables} == {f"{table.schema}.{table.name}" for table in tables}
        assert "marts.published_figure" in dict(done.tables), "a view is a table there"
        for table in tables:
            place = f'"{table.schema}"."{table.name}"'
            ours = ", ".join(f'cast("{column.name}" as varchar)' for column in table.columns)
            theirs = ", ".join(f'"{column.name}"::text' for column in table.columns)
            rows = sorted(map(repr, connection.execute(f"select {ours} from {place}").fetchall()))
            assert sorted(map(repr, ask(f"select {theirs} from {place}"))) == rows, place
            assert dict(done.tables)[f"{table.schema}.{table.name}"] == len(rows)
    assert ask("select id from marts.warehouse_version") == [(done.version,)] == [(version_of(file),)]
    kinds = ask(
        "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'marts.unit_year'::regclass"
        " and attname = 'expenditure_total_yuan'"
    )
    assert kinds == [("numeric(18,2)",)]


def test_comments_say_there_what_they_say_here(whole: tuple[str, Pushed], file: Path) -> None:
    said = asking(whole[0])(
        "select n.nspname::text, c.relname::text, coalesce(a.attname::text, ''), d.description from pg_description as d"
        " inner join pg_class as c on d.objoid = c.oid and d.classoid = 'pg_class'::regclass"
        " inner join pg_namespace as n on c.relnamespace = n.oid"
        " left join pg_attribute as a on a.attrelid = c.oid and a.attnum = d.objsubid and d.objsubid > 0"
        " where n.nspname in ('marts', 'conformed')"
    )
    with duckdb.connect(str(file), read_only=True) as connection:
        expected = set()
        for table in tables_of(connection, SCHEMAS):
            expected.add((table.schema, table.name, "", table.said))
            expected |= {(table.schema, table.name, c.name, c.said) for c in table.columns if c.said}
    assert set(said) == expected
    assert len(expected) > 1000


def test_keys_and_indexes_are_there(whole: tuple[str, Pushed]) -> None:
    url, done = whole
    ask = asking(url)
    found = ask(
        "select connamespace::regnamespace::text, c.relname::text, string_agg(a.attname, ',' order by k.place)"
        " from pg_constraint inner join pg_class as c on conrelid = c.oid"
        " cross join lateral unnest(conkey) with ordinality as k(attnum, place)"
        " inner join pg_attribute as a on a.attrelid = conrelid and a.attnum = k.attnum"
        " where contype = 'p' and connamespace::regnamespace::text in ('marts', 'conformed') group by 1, 2"
    )
    there = {(schema, name): tuple(columns.split(",")) for schema, name, columns in found}
    declared = declared_keys(ROOT / "dbt_project")
    assert there == declared and len(declared) == done.keys > 50
    indexes = {text for (text,) in ask("select indexdef from pg_indexes where schemaname in ('marts', 'conformed')")}
    assert len(indexes) == done.keys + done.indexes
    assert any("marts.published_figure" in text and "(unit_id, fiscal_year)" in text for text in indexes)
    assert any("marts.published_figure" in text and "(document_id)" in text for text in indexes)
    counted = "select reltuples::int from pg_class where oid = 'marts.published_figure'::regclass"
    assert ask(counted) == [(dict(done.tables)["marts.published_figure"],)], "the planner knows the tables"


def test_a_reader_reads_and_changes_nothing(whole: tuple[str, Pushed], server: Server) -> None:
    ask = asking(whole[0])
    ask("create role analyst login password 'a' in role juesuan_reader")
    analyst = asking(server.url("whole", "analyst", "a"))
    for name, rows in whole[1].tables:
        assert analyst(f"select count(*) from {name}") == [(rows,)]
    for statement in (
        "insert into marts.warehouse_version (id) values ('mine')",
        "update marts.unit_year set unit_name = ''",
        "delete from marts.unit_year",
        "drop table marts.unit_year",
        "create table marts.mine (a int)",
        "create schema mine",
    ):
        with pytest.raises(Exception, match=r"permission denied|must be owner"):
            analyst(statement)


def test_types_that_the_tables_have_not_yet(url: str, tmp_path: Path) -> None:
    """Whatever a later mart holds is taken, exactly or as text."""
    made = tmp_path / "odd.duckdb"
    with duckdb.connect(str(made)) as connection:
        connection.execute("create schema marts; create schema conformed")
        connection.execute("create table marts.warehouse_version as select 'odd' as id")
        connection.execute("create type marts.colour as enum ('红', 'blue')")
        connection.execute(
            """create table marts.odd as
            select
                '红'::marts.colour as an_enum,
                -170141183460469231731687303715884105.0::decimal(38, 1)::hugeint as huge,
                18446744073709551615::ubigint as unsigned,
                -9999999999999999999999999999.9999999999::decimal(38, 10) as exact,
                -0.01::decimal(18, 2) as small,
                'nan'::double as number,
                [1, null, 3] as list,
                ['甲', 'it''s'] as words,
                {'a': 12345678901234567.10::decimal(24, 2), 'b': [1]} as struct,
                map {'k': 1} as map,
                '{"x": null}'::json as said,
                timestamptz '2020-01-01 00:00:00+08' as instant,
                timestamp_ns '2020-01-01 01:02:03.123456' as moment,
                time '01:02:03' as hour,
                '00000000-0000-0000-0000-000000000001'::uuid as uuid,
                '\\x01\\xff'::blob as bytes,
                true as "Odd ""name"" here"
            union all select null, null, null, null, 1e15, null, null, null, null, null, null, null, null, null, null,
                null, false"""
        )
        connection.execute('comment on column marts.odd."Odd ""name"" here" is \'它\'\'s \\ ; --\'')
    assert dict(push(made, url).tables) == {"marts.odd": 2, "marts.warehouse_version": 1}
    ask = asking(url)
    assert ask(
        "select an_enum, huge::text, unsigned::text, exact::text, small::text, number::text, list::text, words::text,"
        " struct::text, map::text, said::text, (instant at time zone 'UTC')::text, moment::text, hour::text, uuid,"
        ' bytes::text, "Odd ""name"" here" from marts.odd where an_enum is not null'
    ) == [
        (
            "红",
            "-170141183460469231731687303715884105",
            "18446744073709551615",
            "-9999999999999999999999999999.9999999999",
            "-0.01",
            "NaN",
            "[1, null, 3]",
            '["甲", "it\'s"]',
            '{"a": 12345678901234567.10, "b": [1]}',
            '{"k": 1}',
            '{"x": null}',
            "2019-12-31 16:00:00",
            "2020-01-01 01:02:03.123456",
            "01:02:03",
            "00000000-0000-0000-0000-000000000001",
            "\\x01ff",
            True,
        )
    ]
    assert ask("select col_description('marts.odd'::regclass, 17)") == [("它's \\ ; --",)]


# --- one version after another ---------------------------------------------------------------------------------------


def test_the_same_version_is_pushed_once(url: str, file: Path) -> None:
    ask = asking(url)
    where = "select 'marts.unit_year'::regclass::oid::int"
    assert push(file, url, wanted=FEW).changed
    before = ask(where)
    second = push(file, url, wanted=FEW)
    assert not second.changed and second.tables == () and second.version == version_of(file)
    assert ask(where) == before
    assert push(file, url, wanted=FEW, again=True).changed
    assert ask(where) != before
    assert schemas(url) == {"marts", "conformed"}


def test_readers_see_one_version_or_the_other_and_never_fail(url: str, server: Server, file: Path, later: Path) -> None:
    from adbc_driver_postgresql.dbapi import connect

    def counts(of: Path) -> tuple[Any, ...]:
        with duckdb.connect(str(of), read_only=True) as connection:
            return connection.execute(
                "select id, (select count(*) from conformed.code_line), (select count(*) from marts.prior_year)"
                " from marts.warehouse_version"
            ).fetchall()[0]

    expected = {counts(file), counts(later)}
    # The same tables in either order: a swap that waited for locks one by one would be in a deadlock with one of them.
    queries = (
        "select id, lines.n, years.n from marts.warehouse_version,"
        " (select count(*) as n from conformed.code_line) as lines,"
        " (select count(*) as n from marts.prior_year) as years",
        "select id, lines.n, years.n from (select count(*) as n from marts.prior_year) as years,"
        " (select count(*) as n from conformed.code_line) as lines, marts.warehouse_version",
    )
    push(file, url, wanted=FEW)
    seen: list[tuple[Any, ...]] = []
    wrong: list[str] = []
    stop = threading.Event()

    def read(query: str) -> None:
        with connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            while not stop.is_set():
                try:
                    seen.extend(cursor.execute(query).fetchall())
                except Exception as problem:
                    wrong.append(str(problem))
                    return

    readers = [threading.Thread(target=read, args=(query,)) for query in queries * 2]
    for reader in readers:
        reader.start()
    try:
        for number in range(8):
            push((later, file)[number % 2], url, wanted=FEW)
    finally:
        stop.set()
        for reader in readers:
            reader.join()
    assert not wrong, wrong[0]
    assert set(seen) == expected
    assert sum(one[0] != other[0] for one, other in itertools.pairwise(seen)) >= 8


def test_a_push_waits_for_open_queries_and_gives_up_politely(url: str, file: Path, later: Path) -> None:
    from adbc_driver_postgresql.dbapi import connect

    push(file, url, wanted=FEW)
    with connect(url) as connection, connection.cursor() as cursor:  # a transaction that stays open
        assert cursor.execute("select count(*) from marts.unit_year").fetchall()
        with pytest.raises(PushError, match=r"readers kept the old tables .* busy .*session \d+ of owner.*push again"):
            push(later, url, wanted=FEW, patience=1.0)
        assert cursor.execute("select id from marts.warehouse_version").fetchall() == [(version_of(file),)]
        assert schemas(url) == {"marts", "conformed"}
        ended = threading.Timer(1.0, connection.rollback)
        ended.start()
        assert push(later, url, wanted=FEW).changed
        ended.join()
    assert asking(url)("select id from marts.warehouse_version") == [("later",)]


CUT_OFF = """
import os, signal, sys
from pathlib import Path
from juesuan.postgres import push

def cut(table, done, of):
    if done == of // 2:
        os.kill(os.getpid(), signal.SIGKILL)

push(Path(sys.argv[1]), os.environ["JUESUAN_POSTGRES"], wanted=sys.argv[2:], progress=cut)
"""


def test_a_push_that_is_cut_off_has_changed_nothing(url: str, file: Path, later: Path) -> None:
    push(file, url, wanted=FEW)
    ask = asking(url)
    count = "select count(*) from conformed.code_line"
    before = ask(count)
    ended = subprocess.run(
        [sys.executable, "-c", CUT_OFF, str(later), *FEW],
        env={**os.environ, "JUESUAN_POSTGRES": url},
        check=False,
    )
    assert ended.returncode < 0
    assert schemas(url) == {"marts", "conformed", "marts__new", "conformed__new"}
    assert ask("select id from marts.warehouse_version") == [(version_of(file),)]
    assert ask(count) == before
    until = time.monotonic() + 10
    while True:  # the server takes a moment to see that the other end is gone
        try:
            assert push(later, url, wanted=FEW).changed
            break
        except PushUnderWay:
            assert time.monotonic() < until
            time.sleep(0.1)
    assert schemas(url) == {"marts", "conformed"}
    assert ask("select id from marts.warehouse_version") == [("later",)]
    assert ask(count) != before


def test_a_push_that_fails_tidies_up(url: str, file: Path, later: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    push(file, url, wanted=FEW)
    ingest = postgres._Server.ingest

    def lossy(self: postgres._Server, schema: str, table: str, batches: Any) -> None:
        ingest(self, schema, table, batches)
        if table == "unit_year":
            self.run(f"update {schema}.{table} set expenditure_total_yuan = expenditure_total_yuan + 0.01")

    monkeypatch.setattr(postgres._Server, "ingest", lossy)
    with pytest.raises(PushError, match=r"marts\.unit_year is not the same .*: sum of expenditure_total_yuan is \d"):
        push(later, url, wanted=FEW)
    assert schemas(url) == {"marts", "conformed"}
    assert asking(url)("select id from marts.warehouse_version") == [(version_of(file),)]


def test_two_pushes_at_once_are_one(url: str, file: Path) -> None:
    refused: list[str] = []

    def also(table: str, done: int, of: int) -> None:
        if done == 1:
            with pytest.raises(PushUnderWay) as said:
                push(file, url, wanted=FEW)
            refused.append(str(said.value))

    assert push(file, url, wanted=FEW, progress=also).changed
    assert len(refused) == 1 and "another push" in refused[0] and "wait for it" in refused[0]


# --- what is not ours ------------------------------------------------------------------------------------------------


def test_a_schema_of_others_is_never_dropped(url: str, file: Path) -> None:
    ask = asking(url)
    ask("create schema marts; create table marts.mine as select 1 as a")
    with pytest.raises(PushError, match=r"schema marts that juesuan did not write.*--schema-prefix"):
        push(file, url, wanted=FEW, again=True)
    assert ask("select a from marts.mine") == [(1,)]
    done = push(file, url, wanted=FEW, prefix="juesuan_")
    assert done.schemas == ("juesuan_marts", "juesuan_conformed")
    assert ask("select id from juesuan_marts.warehouse_version") == [(done.version,)]
    assert not push(file, url, wanted=FEW, prefix="juesuan_").changed
    assert schemas(url) == {"marts", "juesuan_marts", "juesuan_conformed"}


def test_what_others_built_on_the_tables_is_kept(url: str, file: Path, later: Path) -> None:
    ask = asking(url)
    push(file, url, wanted=FEW)
    ask("create view public.mine as select unit_id from marts.unit_year")
    with pytest.raises(PushError, match=r"public\.mine on .* is built on marts\.unit_year and would be lost"):
        push(later, url, wanted=FEW)
    ask("drop view public.mine; create table marts.notes (a int)")
    with pytest.raises(PushError, match=r"marts of .* holds something that juesuan did not write, among notes"):
        push(later, url, wanted=FEW)
    ask("drop table marts.notes")

    def meanwhile(table: str, done: int, of: int) -> None:
        if done == of - 1:
            ask("create view public.mine as select unit_id from marts.unit_year")

    with pytest.raises(PushError, match=r"test\d+: cannot drop .* view mine depends on table marts\.unit_year"):
        push(later, url, wanted=FEW, progress=meanwhile)
    assert ask("select count(*) > 0 from public.mine") == [(True,)]
    assert schemas(url) == {"marts", "conformed"}


def test_a_login_without_rights_is_told_what_is_missing(url: str, server: Server, file: Path) -> None:
    name = url.rpartition("/")[2]
    ask = asking(url)
    ask(f"create role loader_{name} login password 'a'")
    loader = server.url(name, f"loader_{name}", "a")
    with pytest.raises(PushError, match=r"may not create it .*create role .readers_.* nologin"):
        push(file, loader, wanted=FEW, reader=f"readers_{name}")
    ask(f"create role readers_{name} nologin")
    with pytest.raises(PushError, match=r"test\d+: permission denied for database test\d+$"):
        push(file, loader, wanted=FEW, reader=f"readers_{name}")
    ask(f"grant create on database {name} to loader_{name}")
    assert push(file, loader, wanted=FEW, reader=f"readers_{name}").changed
    assert ask(f"select has_table_privilege('readers_{name}', 'marts.unit_year', 'select')") == [(True,)]


# --- addresses and passwords -----------------------------------------------------------------------------------------


def said_of(file: Path, url: str) -> str:
    with pytest.raises(PushError) as refused:
        push(file, url)
    said = str(refused.value)
    assert "\n" not in said
    assert refused.value.__cause__ is None and refused.value.__suppress_context__ | (
        refused.value.__context__ is None
    ), "a traceback does not show what libpq said"
    return said


def test_no_message_has_the_password(server: Server, file: Path) -> None:
    place = f"127.0.0.1:{server.port}/postgres"
    wrong = said_of(file, f"postgresql://owner:gehe%69m-no@{place}")
    assert "password authentication failed" in wrong and f"postgresql://owner@{place}" in wrong
    nobody = said_of(file, "postgresql://owner:geheim@127.0.0.1:1/postgres")
    assert "Connection refused" in nobody and "JUESUAN_POSTGRES" in nobody
    for address in (
        f"postgresql://owner:geheim%zz@{place}",
        f"postgresql://owner:ge@heim@{place}",
        f"postgresql://owner:ge/heim@{place}",
        f"postgresql://owner:ge heim@{place}",
        f"postgresql://owner@{place}?password=geheim",
        f"postgresql://owner:geheim@{place}?ssl=x",
        "host=127.0.0.1 password=geheim",
        "geheim",
    ):
        said = said_of(file, address)
        assert not re.search("geheim|heim|ge@", said), said
    assert not re.search("geheim|gehe%69m", wrong + nobody)
    assert holds_password(server.url()) and not holds_password(server.url(password=None))
    assert ESCAPED not in repr(push(file, server.url(), wanted=("marts.unit_year",), prefix="p_"))


def test_a_password_may_stand_in_a_file(
    server: Server, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "pgpass"
    secret.write_text(f"127.0.0.1:{server.port}:*:owner:{PASSWORD}\n", encoding="utf-8")
    secret.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(secret))
    assert push(file, server.url(password=None), wanted=("marts.unit_year",), prefix="f_").changed


def test_a_database_that_cannot_hold_every_character_is_refused(server: Server, file: Path) -> None:
    asking(server.url())("create database latin encoding 'LATIN1' template template0")
    assert "encoding 'UTF8'" in said_of(file, server.url("latin"))
    with pytest.raises(PushError, match=r"no table marts\.nothing"):
        push(file, server.url(), wanted=("marts.nothing",))


def test_the_command_pushes_and_says_what_it_did(url: str, published: Path) -> None:
    environment = {**os.environ, "JUESUAN_WAREHOUSE": str(published), "JUESUAN_POSTGRES": url}

    def publish(*options: str, **more: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "juesuan", "publish", *options]
        return subprocess.run(command, env=environment | more, capture_output=True, text=True, check=False)

    first, second = publish(), publish("--json")
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert "rows of version" in first.stdout
    assert json.loads(second.stdout)["changed"] is False
    shown = publish("--postgres", url)
    assert shown.returncode == 1
    assert "a password on a command line" in shown.stderr
    nowhere = publish(JUESUAN_POSTGRES="")
    assert (nowhere.returncode, "where to?" in nowhere.stderr) == (1, True)
    assert not [one for one in (first, second, shown, nowhere) if ESCAPED in one.stdout + one.stderr]
