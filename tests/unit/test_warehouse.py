"""Readers: one connection sees one version, and whoever stays long follows the link."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from juesuan import durable
from juesuan.warehouse import STORAGE, NothingPublished, Reader, connect, published_file


def version(warehouse: Path, name: str) -> None:
    """Publish a version that only knows its own name."""
    folder = warehouse / "versions" / name
    folder.mkdir(parents=True)
    with duckdb.connect(str(folder / "juesuan.duckdb"), config=STORAGE) as connection:
        connection.execute(f"create table version as select '{name}' as name")
    durable.switch_link(warehouse / "juesuan.duckdb", f"versions/{name}/juesuan.duckdb", "test")


def name_in(connection: duckdb.DuckDBPyConnection) -> str:
    return connection.execute("select name from version").fetchall()[0][0]


def test_without_a_published_version_the_reader_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match="juesuan refresh"):
        published_file(tmp_path / "juesuan.duckdb")
    with pytest.raises(NothingPublished):
        connect(tmp_path / "juesuan.duckdb")


def test_a_connection_keeps_its_version_when_the_link_moves(tmp_path: Path) -> None:
    link = tmp_path / "juesuan.duckdb"
    version(tmp_path, "v1")
    with connect(link) as old:
        version(tmp_path, "v2")
        assert name_in(old) == "v1"
        with connect(link) as new:
            assert name_in(new) == "v2"


def test_a_long_lived_reader_follows_the_link_and_opens_only_when_it_moved(tmp_path: Path) -> None:
    version(tmp_path, "v1")
    reader = Reader(tmp_path / "juesuan.duckdb")
    first = reader.connection()
    assert reader.connection() is first
    version(tmp_path, "v2")
    assert name_in(reader.connection()) == "v2"
    reader.close()
    assert name_in(reader.connection()) == "v2"
    reader.close()


def test_readers_cannot_write_and_the_catalog_is_juesuan(tmp_path: Path) -> None:
    version(tmp_path, "v1")
    with connect(tmp_path / "juesuan.duckdb", memory_limit="1GB") as connection:
        assert connection.execute("select current_database()").fetchall() == [("juesuan",)]
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("create table x (y integer)")


def test_the_link_is_relative_so_that_the_folder_can_be_moved(tmp_path: Path) -> None:
    version(tmp_path / "here", "v1")
    (tmp_path / "here").rename(tmp_path / "there")
    with connect(tmp_path / "there" / "juesuan.duckdb") as connection:
        assert name_in(connection) == "v1"
