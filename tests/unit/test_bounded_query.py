"""A query of a stranger: it reads one file, within its time, memory and rows, and does nothing else."""

from __future__ import annotations

import time
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from juesuan.bounded_query import Bounds, QueryRefused, ask, running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("query") / "juesuan.duckdb"
    with duckdb.connect(str(made)) as connection:
        connection.execute("create schema marts")
        connection.execute("create table marts.figure as select 12.50::decimal(18, 2) as amount_yuan, '表' as name")
    return made


def test_an_answer_comes_with_its_types(file: Path) -> None:
    answer = ask(file, "select amount_yuan, name from marts.figure")
    assert answer.table.to_pylist() == [{"amount_yuan": Decimal("12.50"), "name": "表"}]
    assert not answer.cut


@pytest.mark.parametrize("query", ["from marts.figure", "describe marts.figure", "explain select 1", "values (1)"])
def test_whatever_reads_runs(file: Path, query: str) -> None:
    assert ask(file, query).table.num_rows >= 1


@pytest.mark.parametrize(
    "query",
    [
        "create table marts.mine (a int)",
        "create temp table mine (a int)",
        "insert into marts.figure values (1, 'x')",
        "update marts.figure set name = 'x'",
        "drop table marts.figure",
        "copy marts.figure to 'out.csv'",
        "export database 'out'",
        "attach 'other.duckdb'",
        "install httpfs",
        "load httpfs",
        "set memory_limit = '100GB'",
        "set enable_external_access = true",
        "pragma database_list",
        "call pragma_version()",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/hostname')",
        "select * from read_blob('/etc/hostname')",
        "select * from read_parquet('https://example.org/x.parquet')",
        "select * from glob('/*')",
        "select * from duckdb_secrets()",
        "select getenv('HOME')",
        "select 1; drop table marts.figure",
        "",
        "selec 1",
        "select * from marts.nothing",
    ],
)
def test_whatever_else_is_refused_with_a_reason(file: Path, query: str) -> None:
    before = file.read_bytes()
    with pytest.raises(QueryRefused) as refused:
        ask(file, query)
    assert str(refused.value)
    assert file.read_bytes() == before
    assert not list(file.parent.glob("*.csv"))


def test_more_rows_than_allowed_are_cut_and_said(file: Path) -> None:
    answer = ask(file, "select * from range(100000)", Bounds(rows=10))
    assert (answer.table.num_rows, answer.cut) == (10, True)


def test_a_query_that_never_ends_is_ended(file: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(QueryRefused, match="stopped after 1 s"):
        ask(file, "select count(*) from range(10000000000) a, range(1000000) b", Bounds(seconds=1))
    assert time.monotonic() - begun < 20


def test_a_query_that_wants_more_memory_than_allowed_says_so(file: Path) -> None:
    with pytest.raises(QueryRefused, match=r"[Mm]emory"):
        ask(file, "select list(range) from range(100000000)", Bounds(memory="50MB"))


def test_whoever_stops_asking_ends_it(file: Path) -> None:
    class GoneAway(Exception):  # noqa: N818
        pass

    with (
        pytest.raises(GoneAway),
        running(file, "select count(*) from range(10000000000) a, range(1000000) b", Bounds(seconds=60)) as one,
    ):
        assert not one.done()
        raise GoneAway
    assert one.process.poll() is not None
