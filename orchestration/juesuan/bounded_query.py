"""A query of a stranger, in a process of its own that can be killed.

Belongs here: what such a query may do (read this one file, and nothing else) and how long, how much, how many rows.
Does not belong here: queries of ours, showing the answer.

The process opens the published file read-only, without access to other files or to the network, without extensions,
its settings locked; it gets the query on its standard input and answers in Arrow's stream format on its output. It is
killed at its time limit, and with whoever asked.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.final_accounts.model import JuesuanError

if TYPE_CHECKING:
    import pyarrow as pa

#: Bytes that an answer may have on its way.
_MOST_BYTES = 200_000_000
#: Kinds of statement that only read.
_READS = frozenset({"SELECT", "EXPLAIN", "RELATION"})


class QueryRefused(JuesuanError):  # noqa: N818 - said of a query, as UnreadableDocument of a document
    """The query did not run, or was stopped: the message says why, as DuckDB says it where it was DuckDB."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a query may take: seconds on the clock, memory as DuckDB writes it, rows of the answer, threads."""

    seconds: float = 30.0
    memory: str = "1GB"
    rows: int = 10_000
    threads: int = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``cut``: there was more than the bounds allow."""

    table: pa.Table
    cut: bool
    seconds: float


@dataclass(slots=True)
class Running:
    """A query that runs: :meth:`done` asks whether it ended, :meth:`answer` takes what came, :meth:`kill` ends it."""

    process: subprocess.Popen[bytes]
    bounds: Bounds
    begun: float
    _out: list[bytes]
    _err: list[bytes]
    _readers: list[threading.Thread]

    @property
    def seconds(self) -> float:
        """How long it has been running."""
        return time.monotonic() - self.begun

    def done(self) -> bool:
        """Whether it ended; past its time it is killed, and has."""
        if self.seconds > self.bounds.seconds:
            self.kill()
        return self.process.poll() is not None

    def kill(self) -> None:
        """End it now."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def answer(self) -> Answer:
        """Wait for the answer. Raises ``QueryRefused``."""
        import pyarrow as pa

        while not self.done():
            time.sleep(0.01)
        for reader in self._readers:
            reader.join(5)
        took = self.seconds
        out, said = b"".join(self._out), b"".join(self._err).decode("utf-8", "replace").strip()
        if self.process.returncode == 0 and out:
            try:
                with pa.ipc.open_stream(io.BytesIO(out)) as stream:
                    table = stream.read_all()
            except pa.ArrowInvalid as problem:
                raise QueryRefused(f"the answer was cut off: {problem}") from problem
            return Answer(table.slice(0, self.bounds.rows), table.num_rows > self.bounds.rows, took)
        if took > self.bounds.seconds:
            raise QueryRefused(f"stopped after {self.bounds.seconds:g} s; ask for fewer years or bodies")
        raise QueryRefused(said.splitlines()[-1] if said and self.process.returncode != 1 else said or "it was stopped")


@contextmanager
def running(file: Path, query: str, bounds: Bounds | None = None) -> Iterator[Running]:
    """Start a query on one published file; whatever happens, its process is gone at the end."""
    bounds = bounds or Bounds()
    with tempfile.TemporaryDirectory(prefix="juesuan-query-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-I", "-m", "juesuan.bounded_query"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            # nothing of what the service was started with: a query has no use for secrets
            env={name: os.environ[name] for name in ("PATH", "LANG", "SYSTEMROOT") if name in os.environ},
        )
        asked = {
            "file": str(file),
            "query": query,
            "memory": bounds.memory,
            "rows": bounds.rows,
            "threads": bounds.threads,
        }
        out: list[bytes] = []
        err: list[bytes] = []
        readers = [
            threading.Thread(target=_drain, args=(pipe, held), daemon=True)
            for pipe, held in ((process.stdout, out), (process.stderr, err))
        ]
        one = Running(process, bounds, time.monotonic(), out, err, readers)
        try:
            assert process.stdin is not None
            for reader in readers:
                reader.start()
            try:
                process.stdin.write(json.dumps(asked).encode())
                process.stdin.close()
            except BrokenPipeError:
                pass  # it ended before it was asked, and says why
            yield one
        finally:
            one.kill()
            for reader in readers:
                reader.join(5)
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()


def _drain(pipe: Any, held: list[bytes]) -> None:
    """Take what comes, up to the limit; more is left unread, and its writer waits until it is killed."""
    size = 0
    while size <= _MOST_BYTES:
        part = pipe.read1(1 << 16)
        if not part:
            return
        held.append(part)
        size += len(part)


def ask(file: Path, query: str, bounds: Bounds | None = None) -> Answer:
    """The answer to one query. Raises ``QueryRefused``."""
    with running(file, query, bounds) as one:
        return one.answer()


# --- in the process -------------------------------------------------------------------------------------------


def _serve() -> int:
    import duckdb

    asked = json.loads(sys.stdin.buffer.read())
    try:
        connection = duckdb.connect(
            asked["file"],
            read_only=True,
            config={
                "enable_external_access": "false",
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "allow_community_extensions": "false",
                "memory_limit": asked["memory"],
                "threads": str(asked["threads"]),
                "max_temp_directory_size": "0B",
                "lock_configuration": "true",
            },
        )
        statements = connection.extract_statements(asked["query"])
        if len(statements) != 1:
            raise QueryRefused(f"one statement at a time, please; these are {len(statements)}")
        kind = str(statements[0].type).rpartition(".")[2]
        if kind not in _READS:
            raise QueryRefused(f"only queries run here; this is {kind}")
        found = connection.execute(statements[0])
        reader = found.to_arrow_reader(4096)
        _write(reader, asked["rows"])
    except (duckdb.Error, QueryRefused) as problem:
        sys.stderr.write(str(problem))
        return 1
    return 0


def _write(reader: Any, rows: int) -> None:
    """The first rows and one more, which says that there are more."""
    import pyarrow as pa

    left = rows + 1
    with pa.ipc.new_stream(sys.stdout.buffer, reader.schema) as stream:
        for batch in reader:
            stream.write_batch(batch.slice(0, left))
            left -= batch.num_rows
            if left <= 0:
                break
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    # no clean-up: a query that is still producing rows would be waited for
    code = _serve()
    sys.stderr.flush()
    os._exit(code)
