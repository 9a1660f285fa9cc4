"""Whatever arrives, every document gets a status, and nothing else happens.

Documents of every format are changed by chance and read in a bounded worker; so are documents made to do harm. What
may come of one: reports with a status of the closed list and, where it failed, a reason; or the error that names the
limit. Nothing is fetched, nothing is written outside of the folder for what is temporary, nothing is left there, and
no process grows.

``JUESUAN_FUZZ_SECONDS`` (``make fuzz``) tries mutants for so long and others each time; without it they are few and
always the same.
"""

from __future__ import annotations

import io
import os
import re
import socket
import tarfile
import tempfile
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies
from hypothesis import seed as begin_with
from tests.fixtures.rar_writer import rar
from tests.fuzz.driver import Told
from tests.fuzz.hostile import HOSTILE
from tests.fuzz.mutations import OPERATIONS, mutant, zip_of
from tests.fuzz.pointing import pointing, pointing_old
from tests.fuzz.seeds import SEEDS, seed

from juesuan.final_accounts.model import LimitExceeded, ReportStatus, UnreadableDocument
from juesuan.final_accounts.readers import Limits, sniff
from juesuan.final_accounts.readers.worker import CLOCK_FACTOR, Worker

pytestmark = pytest.mark.integration

#: Mutants of a seed of weight 1 where no time is given.
MUTANTS = 14
SECONDS = float(os.environ.get("JUESUAN_FUZZ_SECONDS", "0"))
SECRET = "SECRET-OF-ANOTHER-FILE"
STATUSES = set(get_args(ReportStatus))
TIGHT = Limits(
    max_bytes=20_000_000,
    max_unpacked_bytes=40_000_000,
    max_members=1000,
    max_pages=200,
    max_cells=200_000,
    max_pixels=10_000_000,
    memory_mb=1024,
    seconds=15,
)
PICTURED = ("png", "gif", "bmp", "tiff", "jpeg")
#: Recognition of print needs more.
PICTURES = replace(TIGHT, memory_mb=2048, seconds_per_scan=20)


@dataclass
class House:
    """A worker on its ground."""

    folder: Path
    limits: Limits
    worker: Worker
    recognise: bool
    worker_handles: int = 0

    def check(self, data: bytes, name: str) -> Told | None:
        """Read a document and see that it kept to the rules; None where it reached a limit or ended its worker."""
        self.worker.run("builtins:len", b"")  # where the last one ended it, it starts again
        before, handles, begun = self.listed(), _handles(), time.monotonic()
        call = "tests.fuzz.driver:told" if self.recognise else "tests.fuzz.driver:bare"
        told: Told | None = None
        try:
            told = self.worker.run(call, data, name, self.limits, SECRET)
        except (LimitExceeded, UnreadableDocument) as error:
            assert str(error)
        most = self.limits.seconds + self.limits.max_pages * self.limits.seconds_per_scan * self.recognise
        assert time.monotonic() - begun < most * CLOCK_FACTOR + 10
        assert self.listed() == before, "it left or changed something"
        assert _handles() <= handles, "the parent holds more than before"
        if told is not None:
            self._see(told)
        return told

    def _see(self, told: Told) -> None:
        assert told.reports, "no report and no reason"
        for status, reason, _ in told.reports:
            assert status in STATUSES
            assert status == "loaded" or reason, status
            assert "our fault" not in (reason or ""), reason
        assert told.megabytes <= self.limits.memory_mb
        assert not told.outside, "written outside of the folder"
        assert not told.asked, "the network was asked"
        assert not told.secret, "what stands in another file was read"
        # what a reader opens once stays open: models, its libraries
        self.worker_handles = self.worker_handles or told.handles + 8
        assert told.handles <= self.worker_handles, "the worker holds more than before"

    def listed(self) -> set[tuple[str, int]]:
        """Everything on the ground but the folders of workers, which have to be empty between documents."""
        found = {(path.relative_to(self.folder).as_posix(), path) for path in self.folder.rglob("*")}
        return {
            (name, 0 if path.is_dir() else path.lstat().st_size)
            for name, path in found
            if not re.fullmatch(r"deep/tmp/juesuan-worker-[^/]*", name)
        }


def _handles() -> int:
    here = Path("/proc/self/fd")
    return len(list(here.iterdir())) if here.exists() else 0


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the one for what is temporary deep within it, and a file that is nobody's business."""
    folder = tmp_path_factory.mktemp("ground")
    temporary = folder / "deep" / "tmp"
    temporary.mkdir(parents=True)
    (folder / "secret.txt").write_text(SECRET, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(tempfile, "tempdir", str(temporary))
        yield folder
    assert not list(temporary.iterdir()), "a worker left something when it ended"


@pytest.fixture(scope="module")
def house(ground: Path) -> Iterator[House]:
    """One worker for all documents, as a run has it; print on pictures is not recognised, that takes seconds."""
    with Worker(TIGHT) as worker:
        yield House(ground, TIGHT, worker, recognise=False)


@pytest.fixture(scope="module")
def gallery(ground: Path) -> Iterator[House]:
    """The same for documents whose print has to be recognised."""
    with Worker(PICTURES) as worker:
        yield House(ground, PICTURES, worker, recognise=True)


# --- by chance -------------------------------------------------------------------------------------------------------


def check_mutants(house: House, name: str) -> None:
    seed_of = SEEDS[name]
    whole = seed(name)
    told = house.check(whole, name)
    assert told is not None and told.reports[0][0] != "failed", "the seed itself cannot be read"
    step = strategies.tuples(strategies.integers(0, len(OPERATIONS[seed_of.kind]) - 1), strategies.integers(0, 1 << 30))
    some_steps = strategies.lists(step, min_size=1, max_size=4)
    end = time.monotonic() + SECONDS * seed_of.weight / sum(s.weight for s in SEEDS.values())

    def round_of(number: int, examples: int) -> None:
        @begin_with(number)
        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=(Phase.generate, Phase.shrink) if SECONDS else (Phase.generate,),
            print_blob=False,
        )
        @given(some_steps)
        def tried(steps: list[tuple[int, int]]) -> None:
            house.check(mutant(whole, seed_of.kind, steps), name)

        tried()

    if not SECONDS:
        round_of(0, max(1, round(MUTANTS * seed_of.weight)))
        return
    number = int(time.time())
    while time.monotonic() < end:
        round_of(number, max(1, round(10 * seed_of.weight)))
        number += 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.program(*one.needs)) if one.needs else name
        for name, one in SEEDS.items()
        if name not in ("png", "scan")
    ],
)
def test_a_changed_document_has_a_status(name: str, house: House) -> None:
    check_mutants(house, name)


@pytest.mark.parametrize("name", ["png", "scan"])
def test_a_changed_picture_has_a_status(name: str, gallery: House) -> None:
    check_mutants(gallery, name)


# --- by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in HOSTILE if name.partition("-")[0] not in PICTURED])
def test_a_document_made_to_do_harm_has_a_status(name: str, house: House) -> None:
    house.check(HOSTILE[name](), name)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name.partition("-")[0] in PICTURED])
def test_a_picture_made_to_do_harm_has_a_status(name: str, gallery: House) -> None:
    gallery.check(HOSTILE[name](), name)


@pytest.mark.parametrize("depth", [1, 12])
def test_archives_write_nothing_outside_their_folder(depth: int, house: House, tmp_path: Path) -> None:
    up = "../" * depth
    paths = [
        f"{up}escaped.html",
        f"{tmp_path}/escaped.html",
        f"a/{up}escaped.html",
        f"{up}secret.txt",
        "C:\\escaped.html",
        "..\\escaped.html",
    ]
    members = [(path, seed("html")) for path in paths]
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as out:
        for path, body in members:
            info = tarfile.TarInfo(path)
            info.size = len(body)
            out.addfile(info, io.BytesIO(body))
        for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE):
            info = tarfile.TarInfo("link.txt")
            info.type, info.linkname = kind, f"{up}secret.txt"
            out.addfile(info)
            info.linkname = str(house.folder / "secret.txt")
            out.addfile(info)
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as zipped:
        info = zipfile.ZipInfo("link.txt")
        info.create_system, info.external_attr = 3, 0o120777 << 16
        zipped.writestr(info, str(house.folder / "secret.txt"))
        zipped.writestr("link.txt/escaped.html", seed("html"))
    archives = {
        "zip": zip_of(members),
        "zip-link": linked.getvalue(),
        "tar": tar.getvalue(),
        "rar": rar(members, link=("link.txt", str(house.folder / "secret.txt"))),
        "rar-link": rar([], link=("link.txt", f"{up}secret.txt")),
    }
    for name, data in archives.items():
        assert house.check(data, name) is not None
        assert not (tmp_path / "escaped.html").exists()


# --- nothing is fetched ----------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """An address on this machine, and who came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                came.append(f"{address} {connection.recv(200)!r}")
                connection.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}", came
        ended.set()
        thread.join()


def test_nothing_that_a_document_names_is_fetched(house: House, listener: tuple[str, list[str]]) -> None:
    place, came = listener
    for name, data in pointing(place, (house.folder / "secret.txt").as_uri()).items():
        told = house.check(data, name)
        assert told is not None, name
        assert sniff(data).rpartition("/")[2] != "octet-stream", name
    assert not came


@pytest.mark.program("soffice", "libreoffice")
def test_nothing_that_a_document_names_is_fetched_by_libreoffice(house: House, listener: tuple[str, list[str]]) -> None:
    place, came = listener
    for name, data in pointing_old(place, (house.folder / "secret.txt").as_uri()).items():
        told = house.check(data, name)
        assert told is not None, name
    assert not came


def test_the_listener_would_be_heard(listener: tuple[str, list[str]]) -> None:
    """Else its silence would say nothing."""
    place, came = listener
    with socket.create_connection(("127.0.0.1", int(place.rpartition(":")[2]))) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
    end = time.monotonic() + 10
    while not came and time.monotonic() < end:
        time.sleep(0.05)
    assert came
