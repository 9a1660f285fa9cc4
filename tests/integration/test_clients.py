"""Other programs open the published file: SQLAlchemy, Node, older DuckDB and its command line, through refreshes too.

Each client is installed once, outside the checkout, in the exact version that is named here. Where a registry cannot
be reached, its tests are left out.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet
import pytest
import sqlalchemy
from filelock import FileLock
from sqlalchemy.pool import NullPool
from tests.conftest import leave_out
from tests.fixtures.house import archive_of, write_document

from juesuan import warehouse
from juesuan.refresh import refresh
from juesuan.settings import Keep, Settings

pytestmark = pytest.mark.integration

CLIENTS = Path(__file__).parents[1] / "fixtures" / "clients"
NODE = CLIENTS / "node"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "juesuan-tests"
OLDER = ("1.4.5", "1.5.6")
COMMAND_LINE = "1.5.6"  # the package index has no newer one


# --- installing clients -------------------------------------------------------------------------------------


def installed(name: str, install: Callable[[Path], None]) -> Path:
    """The folder of a client, made by ``install`` once for all runs; the test is left out where that fails."""
    folder = CACHE / name
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(str(folder) + ".lock"):
        if not (folder / "finished").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            try:
                install(folder)
            except (OSError, subprocess.SubprocessError) as problem:
                said = (getattr(problem, "stderr", None) or b"").decode(errors="replace").strip()
                leave_out(f"{name} cannot be installed: {' '.join(said.split())[-300:] or problem}")
            (folder / "finished").touch()
    return folder


def run(*command: str | Path, cwd: Path | None = None) -> None:
    subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, check=True, timeout=300)


def python_with(*requirements: str) -> Path:
    """The Python of an environment of its own with these packages."""

    def install(folder: Path) -> None:
        run(sys.executable, "-m", "venv", folder)
        pip = (folder / "bin" / "python", "-m", "pip", "install", "--disable-pip-version-check", "--quiet")
        run(*pip, "--only-binary", ":all:", "--retries", "2", "--timeout", "30", *requirements)

    name = "-".join(["python", f"{sys.version_info.major}.{sys.version_info.minor}", *requirements])
    return installed(name.replace("==", "-"), install) / "bin" / "python"


def command_line() -> Path:
    """The command line of DuckDB."""
    return python_with(f"duckdb-cli=={COMMAND_LINE}").with_name("duckdb")


def node_modules() -> Path:
    """The packages of the Node client, as its lock file names them."""

    def install(folder: Path) -> None:
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(NODE / name, folder)
        run("npm", "ci", "--no-audit", "--no-fund", "--fetch-retries=1", cwd=folder)

    wanted = json.loads((NODE / "package.json").read_text("utf-8"))["dependencies"]["@duckdb/node-api"]
    return installed(f"node-{wanted}", install) / "node_modules"


# --- asking -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Client:
    """A program that opens the file: ``command`` runs its scripts, ``scripts`` is where they are."""

    name: str
    command: tuple[str, ...]
    scripts: tuple[Path, str]
    environment: dict[str, str]

    def script(self, name: str, *arguments: str | Path) -> list[str]:
        folder, suffix = self.scripts
        return [*self.command, str(folder / f"{name}{suffix}"), *map(str, arguments)]

    def ask(self, file: Path | None, *statements: str | list[Any]) -> list[list[list[Any]]]:
        """The rows of each statement; raises ``AssertionError`` with what the client said."""
        if self.name == "command line":
            return self._ask_command_line(file, *statements)
        asked = json.dumps({"file": str(file) if file else None, "statements": statements})
        done = self.ran(self.script("ask"), asked)
        return json.loads(done)

    def _ask_command_line(self, file: Path | None, *statements: str | list[Any]) -> list[list[list[Any]]]:
        command = [*self.command, "-json", *(["-readonly", str(file)] if file else [])]
        answers = []
        for sql in statements:  # each is answered by itself; those that open or choose a database are said again
            assert isinstance(sql, str)
            before = [one for one in statements if str(one).startswith(("attach", "use"))]
            said = before if sql in before else [*before, sql]
            rows = self.ran([*command, *(part for one in said for part in ("-c", one))])
            answers.append([list(row.values()) for row in json.loads(rows or "[]")])
        return answers

    def ran(self, command: list[str], given: str = "") -> str:
        done = subprocess.run(command, input=given, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout


def client(name: str) -> Client:
    """A client by its name, installed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    if name == "node":
        environment["NODE_PATH"] = str(node_modules())
        return Client(name, ("node",), (NODE, ".cjs"), environment)
    if name == "command line":
        return Client(name, (str(command_line()),), (CLIENTS, ""), environment)
    python = sys.executable if name == "this" else str(python_with(f"duckdb=={name}"))
    return Client(name, (python, "-I"), (CLIENTS, ".py"), environment)


ALL = [*OLDER, "command line", pytest.param("node", marks=pytest.mark.program("node"))]
SCRIPTED = [*OLDER, pytest.param("node", marks=pytest.mark.program("node"))]


@pytest.fixture
def file(published: Path) -> Path:
    """The link that readers are told."""
    return published / "juesuan.duckdb"


def here(file: Path, query: str, *parameters: Any) -> list[list[Any]]:
    """The answer of the DuckDB of this project."""
    with warehouse.connect(file) as connection:
        return [list(row) for row in connection.execute(query, list(parameters)).fetchall()]


@pytest.mark.parametrize("name", ALL)
def test_a_client_reads_every_row_of_every_mart(file: Path, name: str) -> None:
    marts = here(file, "select table_name from information_schema.tables where table_schema = 'marts' order by 1")
    assert len(marts) > 30
    queries = [
        f"select count(*)::integer as n, md5(string_agg(line, chr(10) order by line)) as all_rows "
        f'from (select cast(mart as varchar) as line from marts."{mart}" as mart)'
        for (mart,) in marts
    ]
    for (mart,), query, answer in zip(marts, queries, client(name).ask(file, *queries), strict=True):
        assert answer == here(file, query), mart


@pytest.mark.parametrize("name", ALL)
def test_a_client_reads_what_tables_and_columns_mean(file: Path, name: str) -> None:
    queries = [
        "select schema_name, table_name, comment from duckdb_tables() order by all",
        "select schema_name, view_name, comment from duckdb_views() where not internal order by all",
        "select schema_name, table_name, column_name, comment from duckdb_columns() "
        "where not internal and schema_name = 'marts' order by all",
    ]
    for query, answer in zip(queries, client(name).ask(file, *queries), strict=True):
        assert answer == here(file, query)
        assert len(answer) > 30 and all(row[-1] for row in answer)


@pytest.mark.parametrize("name", ALL)
def test_a_client_knows_the_file_as_juesuan_and_cannot_write(file: Path, name: str) -> None:
    for path in (file, file.resolve()):
        assert client(name).ask(path, "select current_database() as name") == [[["juesuan"]]]
    with pytest.raises(AssertionError, match="read-only mode"):
        client(name).ask(file, "create table main.mine (number integer)")


@pytest.mark.parametrize("name", SCRIPTED)
def test_a_client_asks_with_parameters_and_gets_exact_amounts(file: Path, name: str) -> None:
    query = (
        "select unit_name, fiscal_year, expenditure_total_yuan from marts.unit_year "
        "where fiscal_year >= $1 and contains(unit_name, $2) order by all"
    )
    (answer,) = client(name).ask(file, [query, [2023, "财政局"]])
    expected = here(file, query, 2023, "财政局")
    assert [[*row[:2], Decimal(row[2])] for row in answer] == expected
    assert len(expected) == 1
    assert {type(row[2]) for row in answer} == {str}, "a decimal, not a floating point number"


MACROS = [
    "select count(*)::integer as n from marts.as_of(date '2030-01-01')",
    "select count(*)::integer as n from marts.unit_profile('局')",
]


@pytest.mark.parametrize("name", ALL)
def test_attached_under_another_name_views_answer_and_macros_once_it_is_used(file: Path, name: str) -> None:
    attach = f"attach '{file}' as other (read_only)"
    asked = client(name)
    views = here(file, "select schema_name, view_name from duckdb_views() where not internal order by all")
    queries = [f"select count(*)::integer as n from {schema}.{view}" for schema, view in views]
    attached = [query.replace(" from ", " from other.") for query in queries]
    assert asked.ask(None, attach, *attached)[1:] == [here(file, query) for query in queries]
    assert asked.ask(None, attach, "use other", *MACROS)[2:] == [here(file, query) for query in MACROS]
    for query in MACROS:  # names inside a macro are looked up where it is called
        with pytest.raises(AssertionError, match="does not exist"):
            asked.ask(None, attach, query.replace("marts.", "other.marts."))


# --- opening the link again ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("1.4.5", {"link": 1}),  # its cache of open files goes by the name of the link: the old version
        ("1.5.6", {"link": 2}),
        ("this", {"link": 2}),
        pytest.param("node", {"link": 2, "cache": 2}, marks=pytest.mark.program("node")),
    ],
)
def test_a_process_that_opens_the_link_again_sees_the_new_version_if_it_resolves_the_link(
    tmp_path: Path, name: str, again: dict[str, int]
) -> None:
    for number in (1, 2):
        folder = tmp_path / "versions" / str(number)
        folder.mkdir(parents=True)
        with duckdb.connect(str(folder / "juesuan.duckdb"), config=warehouse.STORAGE) as connection:
            connection.execute(f"create table version as select {number} as number")
    link = tmp_path / "juesuan.duckdb"
    link.symlink_to("versions/1/juesuan.duckdb")
    asked = client(name)
    seen = json.loads(asked.ran(asked.script("reopen", link, "versions/2/juesuan.duckdb")))
    assert seen == {"first": 1, "old": 1, "resolved": 2, **again}


# --- Parquet ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def parquet(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of Parquet files that ``juesuan export`` writes."""
    folder = tmp_path_factory.mktemp("clients") / "release"
    subprocess.run(
        [sys.executable, "-m", "juesuan", "export", str(folder), "--format", "parquet"],
        env={**os.environ, "JUESUAN_WAREHOUSE": str(published)},
        capture_output=True,
        check=True,
    )
    return folder / "parquet" / "marts"


def test_parquet_is_read_whole_by_pyarrow_and_pandas(file: Path, parquet: Path) -> None:
    files = sorted(parquet.glob("*.parquet"))
    assert len(files) > 30
    for one in files:
        expected = sorted(map(repr, here(file, f'from marts."{one.stem}"')))
        table = pyarrow.parquet.read_table(one)
        assert sorted(repr(list(row.values())) for row in table.to_pylist()) == expected, one.stem
        frame = pd.read_parquet(one, dtype_backend="pyarrow")
        assert list(frame.columns) == table.column_names
        assert len(frame) == len(expected)
    amounts = pd.read_parquet(parquet / "unit_year.parquet")["expenditure_total_yuan"]
    assert {type(amount) for amount in amounts} == {Decimal}


@pytest.mark.parametrize("name", ALL)
def test_parquet_is_read_by_a_client(file: Path, parquet: Path, name: str) -> None:
    queries = [
        f"select count(*)::integer as n, sum(expenditure_total_yuan)::varchar as yuan, "
        f"string_agg(unit_name, ' ' order by unit_name) as names from {source}"
        for source in (f"read_parquet('{parquet}/unit_year.parquet')", "marts.unit_year")
    ]
    assert client(name).ask(None, queries[0]) == [here(file, queries[1])]


# --- SQLAlchemy ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def copied(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The link of a copy of the warehouse, which no other test of this process has open with other settings."""
    folder = tmp_path_factory.mktemp("copied")
    link = published / "juesuan.duckdb"
    inside = link.resolve().relative_to(published.resolve())
    (folder / inside.parent).mkdir(parents=True)
    shutil.copy(link, folder / inside)
    (folder / "juesuan.duckdb").symlink_to(inside)
    return folder / "juesuan.duckdb"


@pytest.fixture
def engine(copied: Path) -> Iterator[sqlalchemy.Engine]:
    made = sqlalchemy.create_engine(f"duckdb:///{copied}?access_mode=read_only&threads=2", poolclass=NullPool)
    yield made
    made.dispose()


def test_sqlalchemy_opens_the_link_read_only_by_its_address_alone(engine: sqlalchemy.Engine) -> None:
    with engine.connect() as connection:
        ask = "select current_database(), current_setting('access_mode'), current_setting('threads')"
        assert connection.execute(sqlalchemy.text(ask)).one() == ("juesuan", "read_only", 2)
        with pytest.raises(sqlalchemy.exc.ProgrammingError, match="read-only mode"):
            connection.execute(sqlalchemy.text("create table marts.mine (number integer)"))


def test_sqlalchemy_asks_with_parameters_and_builds_queries(file: Path, engine: sqlalchemy.Engine) -> None:
    unit_year = sqlalchemy.table(
        "unit_year", sqlalchemy.column("unit_name"), sqlalchemy.column("expenditure_total_yuan"), schema="marts"
    )
    built = sqlalchemy.select(unit_year).where(unit_year.c.unit_name.contains("财政局"))
    text = sqlalchemy.text(
        "select unit_name, expenditure_total_yuan from marts.unit_year where contains(unit_name, :name)"
    )
    expected = here(
        file, "select unit_name, expenditure_total_yuan from marts.unit_year where unit_name like '%财政局%'"
    )
    with engine.connect() as connection:
        assert list(map(list, connection.execute(built))) == expected
        assert list(map(list, connection.execute(text, {"name": "财政局"}))) == expected
    assert isinstance(expected[0][1], Decimal)


def test_pandas_reads_through_sqlalchemy_and_keeps_decimals_when_told_to(engine: sqlalchemy.Engine) -> None:
    query = sqlalchemy.text("select unit_name, expenditure_total_yuan from marts.unit_year where fiscal_year >= :year")
    with engine.connect() as connection:
        frame = pd.read_sql(query, connection, params={"year": 2023})
        exact = pd.read_sql(query, connection, params={"year": 2023}, coerce_float=False)
    assert len(frame) == len(exact) == 2
    assert frame["expenditure_total_yuan"].dtype == "float64"
    assert {type(amount) for amount in exact["expenditure_total_yuan"]} == {Decimal}


def names_in(file: Path, kind: str) -> set[str]:
    query = "select table_name from information_schema.tables where table_schema = 'marts' and table_type = ?"
    return {name for (name,) in here(file, query, kind)}


def test_the_inspector_of_sqlalchemy_names_schemas_tables_views_and_what_tables_mean(
    file: Path, engine: sqlalchemy.Engine
) -> None:
    inspector = sqlalchemy.inspect(engine)
    schemas = {f"juesuan.{name}" for name in ("raw", "staging", "conformed", "marts")}
    assert schemas <= set(inspector.get_schema_names())
    for schema in ("marts", "juesuan.marts"):
        assert set(inspector.get_table_names(schema=schema)) == names_in(file, "BASE TABLE")
        assert set(inspector.get_view_names(schema=schema)) == names_in(file, "VIEW")
        assert inspector.has_table("unit_year", schema=schema)
    meant = dict(here(file, "select table_name, comment from duckdb_tables() where schema_name = 'marts'"))
    for table, comment in meant.items():
        assert inspector.get_table_comment(table, schema="marts") == {"text": comment}


def test_sqlalchemy_2_1_does_not_reflect_columns_and_a_query_does(engine: sqlalchemy.Engine) -> None:
    """duckdb-engine 0.17 was written for 2.0; where this no longer fails, say so in what users are told."""
    with pytest.raises(sqlalchemy.exc.ProgrammingError, match="pg_collation"):
        sqlalchemy.inspect(engine).get_columns("unit_year", schema="marts")
    query = sqlalchemy.text(
        "select column_name, data_type, comment from duckdb_columns() "
        "where schema_name = :schema and table_name = :name order by column_index"
    )
    with engine.connect() as connection:
        columns = connection.execute(query, {"schema": "marts", "name": "unit_year"}).all()
    assert columns[0][:2] == ("report_id", "VARCHAR")
    assert all(comment for _, _, comment in columns)


REFLECT = """
import json, sys, warnings, sqlalchemy
from sqlalchemy.pool import NullPool
warnings.simplefilter("ignore")
engine = sqlalchemy.create_engine(f"duckdb:///{sys.argv[1]}?access_mode=read_only", poolclass=NullPool)
metadata = sqlalchemy.MetaData()
metadata.reflect(engine, schema="marts", views=True)
print(json.dumps([[t.name, t.comment, [[c.name, c.comment] for c in t.columns]] for t in metadata.sorted_tables]))
"""


@pytest.mark.parametrize(
    "packages",
    [
        # what Superset has
        (f"duckdb=={version('duckdb')}", "duckdb-engine==0.17.0", "sqlalchemy==1.4.54"),
        (f"duckdb=={OLDER[-1]}", "duckdb-sqlalchemy==1.5.6.5", f"sqlalchemy=={version('sqlalchemy')}"),
    ],
    ids=["duckdb-engine with SQLAlchemy 1.4", "duckdb-sqlalchemy with SQLAlchemy 2.1"],
)
def test_with_these_versions_sqlalchemy_reflects_marts_with_all_that_columns_mean(
    file: Path, packages: tuple[str, ...]
) -> None:
    done = subprocess.run(
        [python_with(*packages), "-I", "-c", REFLECT, file], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    expected: dict[str, list[Any]] = {
        name: [comment, []]
        for name, comment in here(
            file,
            "select table_name, comment from duckdb_tables() where schema_name = 'marts' union all "
            "select view_name, comment from duckdb_views() where schema_name = 'marts'",
        )
    }
    for name, column, comment in here(
        file,
        "select table_name, column_name, comment from duckdb_columns() where schema_name = 'marts' "
        "order by table_name, column_index",
    ):
        expected[name][1].append([column, comment])
    assert {name: [comment, columns] for name, comment, columns in json.loads(done.stdout)} == expected


def test_a_pool_keeps_its_version_and_an_engine_without_one_follows_the_link(tmp_path: Path) -> None:
    link = tmp_path / "juesuan.duckdb"
    for number in (1, 2):
        with duckdb.connect(str(tmp_path / f"{number}.duckdb"), config=warehouse.STORAGE) as connection:
            connection.execute(f"create table version as select {number} as number")
    link.symlink_to("1.duckdb")
    address = f"duckdb:///{link}?access_mode=read_only"
    pooled, unpooled = sqlalchemy.create_engine(address), sqlalchemy.create_engine(address, poolclass=NullPool)

    def number_by(engine: sqlalchemy.Engine) -> int:
        with engine.connect() as connection:
            return connection.execute(sqlalchemy.text("select number from version")).scalar_one()

    assert (number_by(pooled), number_by(unpooled)) == (1, 1)
    (tmp_path / "new").symlink_to("2.duckdb")
    (tmp_path / "new").replace(link)
    assert (number_by(pooled), number_by(unpooled)) == (1, 2)
    pooled.dispose()
    assert number_by(pooled) == 2
    pooled.dispose()


def test_one_process_opens_a_version_by_sqlalchemy_or_by_duckdb_but_not_by_both_at_once(
    copied: Path, engine: sqlalchemy.Engine
) -> None:
    with (
        warehouse.connect(copied),
        pytest.raises(sqlalchemy.exc.OperationalError, match="different configuration"),
        engine.connect(),
    ):
        pass
    with engine.connect(), pytest.raises(duckdb.ConnectionException, match="different configuration"):
        warehouse.connect(copied)


# --- through refreshes --------------------------------------------------------------------------------------

REFRESHES = 20

# What a version says of itself beside what is in it, in one query.
LOOK = """
    select
        version.id,
        version.documents,
        version.cells,
        (select count(*)::integer from CATALOG.raw.document),
        (select count(*)::integer from CATALOG.conformed.fct_cell),
        (select count(*)::integer from CATALOG.staging.stg_cell),
        (select count(*)::integer from CATALOG.marts.coverage),
        (select count(distinct fiscal_year)::integer from CATALOG.marts.unit_year)
    from CATALOG.marts.warehouse_version as version
"""


def counted(house: Settings) -> Settings:
    """The house, whose versions say how much is in them, and keep only few before them."""
    model = house.dbt_project / "models" / "warehouse_version.sql"
    model.write_text(
        model.read_text("utf-8").rstrip()
        + ",\n    (select count(*)::integer from {{ source('raw', 'document') }}) as documents"
        + ",\n    (select count(*)::integer from {{ ref('fct_cell') }}) as cells\n",
        encoding="utf-8",
    )
    return replace(house, keep=Keep(versions=3, days=0, run_days=30))


def publish(house: Settings, number: int) -> str:
    """One more document of one more year, published; the id of the version."""
    archive_of(house).add(write_document(house.home / "incoming", f"{number}.json", year=2000 + number))
    outcome = refresh(house)
    assert outcome.outcome == "published", outcome.message
    assert outcome.version
    return outcome.version


@dataclass
class Follower:
    """A client that looks and looks again, in a process of its own."""

    name: str
    process: subprocess.Popen[bytes]
    output: Path

    def looks(self) -> list[tuple[str, Any]]:
        lines = self.output.read_bytes().split(b"\n")[:-1]
        return [(way, seen) for way, seen in map(json.loads, lines)]


@pytest.fixture
def followers(house: Settings, tmp_path: Path) -> Iterator[Callable[[], list[Follower]]]:
    """Starts every client that is here; all are ended after the test."""
    python = dict(os.environ)
    commands: dict[str, tuple[list[str], dict[str, str]]] = {}
    for name in ("sqlalchemy", "reader"):
        commands[name] = [sys.executable, str(CLIENTS / "follow.py"), name], python
    for name in OLDER:
        old = client(name)
        commands[name] = old.script("follow", "duckdb"), old.environment
    commands["command line"] = [sys.executable, str(CLIENTS / "follow.py"), str(command_line())], python
    if shutil.which("node"):
        node = client("node")
        commands["node"] = node.script("follow"), node.environment

    with ExitStack() as stack:

        def start() -> list[Follower]:
            started = []
            for name, (command, environment) in commands.items():
                output = tmp_path / f"{name}.jsonl"
                process = subprocess.Popen(
                    [*command, str(house.published), str(tmp_path / "stop"), LOOK],
                    stdout=stack.enter_context(output.open("wb")),
                    stderr=stack.enter_context((tmp_path / f"{name}.err").open("wb")),
                    env=environment,
                )
                stack.callback(process.wait)
                stack.callback(process.kill)
                started.append(Follower(name, process, output))
            return started

        yield start


@pytest.mark.long
def test_no_client_fails_or_sees_two_versions_at_once_while_twenty_are_published(
    house: Settings, tmp_path: Path, followers: Callable[[], list[Follower]]
) -> None:
    house = counted(house)
    ids = [publish(house, 1)]
    clients = followers()
    deadline = time.monotonic() + 120
    while any(len(one.looks()) < 8 for one in clients):  # each is at work, and has opened the first version
        assert time.monotonic() < deadline, [(one.name, one.looks()) for one in clients]
        assert all(one.process.poll() is None for one in clients), [one.name for one in clients if one.process.poll()]
        time.sleep(0.1)
    ids += [publish(house, number) for number in range(2, REFRESHES + 2)]
    (tmp_path / "stop").touch()
    for one in clients:
        assert one.process.wait(timeout=60) == 0, (tmp_path / f"{one.name}.err").read_text("utf-8")

    assert len({folder.name for folder in house.versions.iterdir()}) < REFRESHES, "old versions went meanwhile"
    for one in clients:
        seen: dict[str, list[int]] = {}
        for way, row in one.looks():
            assert isinstance(row, list), f"{one.name}, {way}: {row}"
            number = ids.index(row[0]) + 1
            cells = row[2]
            assert row[1:] == [number, cells, number, cells, cells, number, number], f"{one.name}, {way}"
            seen.setdefault(way, []).append(number)
        assert {"link", "resolved", "attached"} <= set(seen) or one.name == "reader"
        for way, numbers in seen.items():
            if way == "held":
                assert set(numbers) == {1}, f"{one.name}: a connection keeps its version, even one that was removed"
                continue
            assert numbers == sorted(numbers), f"{one.name}, {way}"
            assert len(set(numbers)) >= 5, f"{one.name}, {way}"
            assert numbers[-1] == REFRESHES + 1, f"{one.name}, {way}"
