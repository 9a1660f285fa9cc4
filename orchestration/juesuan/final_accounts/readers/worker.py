"""Documents are read in processes that can be stopped: one document can cost no more than its limits say.

Belongs here: starting, bounding, killing and restarting a process that runs one function on one document after the
other. Does not belong here: what the function does, and any choice of how many processes a job may use.

A worker is a fresh interpreter that takes pickled calls on its standard input. It is neither forked (the parent may
hold threads and locks, as Dagster does) nor started by multiprocessing (which would import the parent's main script
again), so it behaves alike under the command line, a test and Dagster. It ends when its parent does.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from juesuan.final_accounts.model import JuesuanError, LimitExceeded, UnreadableDocument
from juesuan.final_accounts.readers import DEFAULT, Limits

Key = TypeVar("Key", bound=Hashable)

#: The clock of a worker runs this much longer than its CPU time may: it shares the machine with others.
CLOCK_FACTOR = 4.0
#: Seconds in which a fresh interpreter has to come up.
_START_SECONDS = 60.0
_HEAD = 8  # bytes before each message: its length

_BOOT = f"import sys,json; sys.path[:]=json.loads(sys.argv[1]); from {__name__} import serve; serve()"


class WorkerFailed(JuesuanError):  # noqa: N818 - said of a worker, as UnreadableDocument of a document
    """The worker could not be started, or the function failed in a way that is no property of the document."""


def run_bounded(function: str, *args: Any, limits: Limits = DEFAULT) -> Any:
    """Run ``module:function`` with ``args`` in a process of its own and give back what it returns.

    Arguments and result have to be picklable. What the function raises is raised here. ``LimitExceeded`` names the
    limit that was reached (bytes, memory, seconds); ``UnreadableDocument`` says that the process died of the document.
    """
    with Worker(limits) as worker:
        return worker.run(function, *args)


def run_many(
    function: str, tasks: Iterable[tuple[Key, tuple[Any, ...]]], processes: int, limits: Limits = DEFAULT
) -> Iterator[tuple[Key, Any | None, Exception | None]]:
    """Run ``module:function`` once for each ``(key, args)``; yield ``(key, result, error)`` as they are done.

    Exactly one of result and error speaks: error is None where the function returned. An error stays with its
    document: the others go on, on a fresh worker where the old one had to be killed. ``tasks`` is read only as
    workers become free, so a generator may open files as it goes. Closing the iterator, or an interrupt, kills the
    workers. What reading ``tasks`` itself raises is raised here.
    """
    if processes < 1:
        raise ValueError(f"processes is {processes}; at least one is needed")
    source = iter(tasks)
    taking = threading.Lock()
    done: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=2 * processes)
    stop = threading.Event()
    workers = [Worker(limits) for _ in range(processes)]

    def put(kind: str, what: Any) -> None:
        while not stop.is_set():
            try:
                done.put((kind, what), timeout=0.1)
                return
            except queue.Full:
                continue

    def loop(worker: Worker) -> None:
        try:
            while not stop.is_set():
                with taking:
                    task = next(source, None)
                if task is None:
                    break
                key, args = task
                try:
                    put("outcome", (key, worker.run(function, *args), None))
                except Exception as error:
                    put("outcome", (key, None, error))
        except BaseException as error:  # reading the tasks failed; the reader of the results has to know
            put("broken", error)
        finally:
            put("ended", None)

    threads = [threading.Thread(target=loop, args=(worker,), daemon=True) for worker in workers]
    try:
        for thread in threads:
            thread.start()
        running = processes
        while running:
            kind, what = done.get()
            if kind == "outcome":
                yield what
            elif kind == "broken":
                raise what
            else:
                running -= 1
    finally:
        stop.set()
        deadline = time.monotonic() + _START_SECONDS
        for worker, thread in zip(workers, threads, strict=True):
            while thread.is_alive() and time.monotonic() < deadline:
                worker.kill()
                thread.join(timeout=0.1)
            worker.close()


class Worker:
    """One process that runs one call at a time. Started at the first call, started again after it was killed."""

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, function: str, *args: Any) -> Any:
        """``module:function`` on ``args``, bounded. Raises as ``run_bounded`` says."""
        limits = self.limits
        for arg in args:
            if isinstance(arg, bytes | bytearray | memoryview) and len(arg) > limits.max_bytes:
                raise LimitExceeded(f"the file has {len(arg):,} bytes; the limit is {limits.max_bytes:,} (max_bytes)")
        process = self._process if self._process is not None and self._process.poll() is None else self._start()
        assert process.stdin is not None and process.stdout is not None
        clock = limits.seconds * CLOCK_FACTOR
        try:
            _send(process.stdin, pickle.dumps((function, args, limits), pickle.HIGHEST_PROTOCOL))
            answer = _receive(process.stdout, time.monotonic() + clock)
        except TimeoutError:
            self.kill()
            raise LimitExceeded(
                f"not done after {clock:g} seconds on the clock; the limit is {limits.seconds:g} of work (seconds)"
            ) from None
        except (EOFError, OSError):
            raise self._died(process) from None
        except BaseException:
            self.kill()  # an interrupt: what the worker would answer belongs to nobody
            raise
        kind, value = pickle.loads(answer)
        if kind == "result":
            return value
        if kind == "memory":
            self.kill()  # what is left of it after running out of memory is not to be trusted
            raise LimitExceeded(f"more than {limits.memory_mb:,} MB of memory needed (memory_mb)")
        if kind == "raised":
            raise value
        raise WorkerFailed(value)

    def kill(self) -> None:
        """Stop the process at once, whatever it does."""
        process = self._process
        if process is not None:
            with suppress(OSError):
                process.kill()

    def close(self) -> None:
        """Stop the process and give back what it holds."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self.close()
        command = [sys.executable, "-c", _BOOT, json.dumps([entry or str(Path.cwd()) for entry in sys.path])]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        self._process = process
        assert process.stdout is not None
        try:
            _receive(process.stdout, time.monotonic() + _START_SECONDS)
        except (EOFError, OSError, TimeoutError) as error:
            self.close()
            raise WorkerFailed(f"no worker process could be started ({error or 'it ended at once'})") from None
        return process

    def _died(self, process: subprocess.Popen[bytes]) -> UnreadableDocument:
        try:
            code = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        self.close()
        if code < 0 and -code == getattr(signal, "SIGXCPU", None):
            return LimitExceeded(f"more than {self.limits.seconds:g} seconds of CPU time needed (seconds)")
        if code < 0:
            with suppress(ValueError):
                return UnreadableDocument(
                    f"reading it ended the reader ({signal.Signals(-code).name}): a damaged document"
                )
        return UnreadableDocument(f"reading it ended the reader (exit {code}): a damaged document")


# --- messages: eight bytes of length, then a pickle ------------------------------------------------------------------


def _send(pipe: Any, message: bytes) -> None:
    data = memoryview(len(message).to_bytes(_HEAD, "little") + message)
    while data:
        data = data[pipe.write(data) :]


def _receive(pipe: Any, deadline: float) -> bytes:
    """One message; ``TimeoutError`` when the deadline (monotonic) passes, ``EOFError`` when the other end is gone."""
    size = int.from_bytes(_exactly(pipe, _HEAD, deadline), "little")
    return _exactly(pipe, size, deadline)


def _exactly(pipe: Any, size: int, deadline: float) -> bytes:
    parts = bytearray()
    handle = pipe.fileno()
    while len(parts) < size:
        ready, _, _ = select.select([handle], [], [], max(deadline - time.monotonic(), 0))
        if not ready:
            raise TimeoutError
        part = os.read(handle, min(size - len(parts), 1 << 20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


# --- in the worker ---------------------------------------------------------------------------------------------------


def serve() -> None:
    """The life of a worker: take a call, run it, answer; end when the input ends."""
    # An interrupt at the terminal reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not get among the answers
    calls = sys.stdin.buffer
    _send(answers, b"")
    while True:
        message = _next_call(calls)
        if message is None:
            return
        _send(answers, _answer(message))


def _next_call(calls: BinaryIO) -> bytes | None:
    head = calls.read(_HEAD)
    if len(head) < _HEAD:
        return None
    size = int.from_bytes(head, "little")
    message = calls.read(size)
    return message if len(message) == size else None


def _answer(message: bytes) -> bytes:
    try:
        function, args, limits = pickle.loads(message)
        module, _, name = function.partition(":")
        call: Callable[..., Any] = getattr(import_module(module), name)
        _bound(limits)
        return pickle.dumps(("result", call(*args)), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(("memory", None))
    except Exception as error:
        try:
            raised = pickle.dumps(("raised", error))
            pickle.loads(raised)
            return raised
        except Exception:
            return pickle.dumps(("failed", f"{type(error).__name__}: {error}"))


def _bound(limits: Limits) -> None:
    """Memory for the process, CPU time for this call; only the soft limits, so that the next call can raise them."""
    try:
        import resource
    except ImportError:  # Windows has no such limits; the clock still holds
        return
    used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    for what, value in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, limits.memory_mb * 1024 * 1024),
        (resource.RLIMIT_CPU, max(1, int(used + limits.seconds + 0.999))),
    ):
        hard = resource.getrlimit(what)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        with suppress(ValueError, OSError):  # some systems do not let RLIMIT_AS be set
            resource.setrlimit(what, (value, hard))
