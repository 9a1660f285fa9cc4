"""An archive on an object store that speaks S3: filled, read here and read on executors, as a folder is."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fixtures.spark import ROOT, spark_here

from juesuan.extracting import read_documents
from juesuan.final_accounts.archive import Archive
from juesuan.final_accounts.extract import extractor_fingerprint
from juesuan.landing import Landing
from juesuan.on_spark import read_on_spark
from juesuan.raw_schema import raw_tables
from juesuan.settings import Settings

pytestmark = [pytest.mark.integration, pytest.mark.package("moto", "s3fs")]

DOCUMENTS = ("qingyuan-dsb-own-level-2023.txt", "shanghai-putuo-finance-2024.pdf")


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A bucket on a server of this machine. fsspec takes the place and the keys of a store from the environment."""
    import s3fs

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with socket.socket() as asking:
                if asking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        options = {"ENDPOINT_URL": f"http://127.0.0.1:{port}", "KEY": "made", "SECRET": "up"}
        for name, value in options.items():
            monkeypatch.setenv(f"FSSPEC_S3_{name}", value)
        from fsspec.config import conf, set_conf_env

        set_conf_env(conf)
        s3fs.S3FileSystem(skip_instance_cache=True).mkdir("archive")
        yield "s3://archive/raw"
        conf.pop("s3", None)
    finally:
        server.kill()
        server.wait()


def filled(address: str | Path) -> Archive:
    """The project's documents added to an archive."""
    archive = Archive(address)
    for name in DOCUMENTS:
        said = archive.add(ROOT / "raw" / "documents" / name)
        assert said.new, said
    return archive


def landing(root: Path) -> Landing:
    return Landing(root, raw_tables(ROOT / "dbt_project"))


def settings(warehouse: Path) -> Settings:
    return Settings.load({"JUESUAN_HOME": str(ROOT), "JUESUAN_WAREHOUSE": str(warehouse)})


def differing(one: Landing, other: Landing) -> list[str]:
    return [name for name in one.tables if not one.read(name).equals(other.read(name))]


def test_an_archive_on_a_store_is_as_one_in_a_folder(address: str, tmp_path: Path) -> None:
    here, there = filled(tmp_path / "raw"), filled(address)
    assert [one.document_id for one in there.documents()] == [one.document_id for one in here.documents()]
    assert there.verify() == here.verify() == ()
    assert there.fingerprint() == Archive(address).fingerprint()
    extractor = extractor_fingerprint()
    folder, store = landing(tmp_path / "folder"), landing(tmp_path / "store")
    for archive, at in ((here, folder), (there, store)):
        own = settings(tmp_path / f"warehouse-{at.root.name}")
        at.land(read_documents(archive, archive.documents(), own, extractor), extractor)
    assert differing(folder, store) == []
    assert store.read("cell").num_rows > 100
    there.withdraw(there.documents()[0].document_id, "a test")
    assert [one.status for one in Archive(address).documents()].count("withdrawn") == 1


@pytest.mark.program("java")
@pytest.mark.package("pyspark")
def test_executors_read_from_the_store(address: str, tmp_path: Path) -> None:
    archive = filled(address)
    here, there = landing(tmp_path / "here"), landing(tmp_path / "there")
    own, extractor = settings(tmp_path / "warehouse"), extractor_fingerprint()
    here.land(read_documents(archive, archive.documents(), own, extractor), extractor)
    keys = {name: value for name, value in os.environ.items() if name.startswith("FSSPEC_")}
    with spark_here(tmp_path, **keys) as spark:
        read_on_spark(
            spark,
            archive,
            archive.documents(),
            there,
            readings=tmp_path / "kept",
            limits=own.limits,
            extractor=extractor,
        )
    assert differing(here, there) == []
