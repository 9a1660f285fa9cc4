"""Documents are read in processes that can be stopped: one document can cost no more than its limits say.

Belongs here: starting, bounding, killing and restarting a process that runs one function on one document after the
other. Does not belong here: what the function does, and any choice of how many processes a job may use.

A worker is a fresh interpreter that takes pickled calls on its standard input and answers with messages: how far it is,
that it needs more time than a document has as such (pages that are pictures), and at last the result. It is neither
forked (the parent may hold threads and locks, as Dagster does) nor started by multiprocessing (which would import the
parent's main script again), so it behaves alike under the command line, a test and Dagster. It ends when its parent
does. What it writes for a while (an archive unpacked by a program) lies in a folder of its own, which goes with it; so
do the programs that it started.
"""

from __future__ import annotations

import json
import os
import pickle
import queue
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from juesuan.final_accounts.model import JuesuanError, LimitExceeded, UnreadableDocument
from juesuan.final_accounts.readers import DEFAULT, Limits
from juesuan.final_accounts.readers.progress import THREADS, Report, heard

Key = TypeVar("Key", bound=Hashable)

#: The clock of a worker runs this much longer than its CPU time may: it shares the machine with others.
CLOCK_FACTOR = 4.0
#: Seconds in which a fresh interpreter has to come up.
_START_SECONDS = 60.0
#: Seconds in which what a worker started has to let go of its folder.
_REMOVE_SECONDS = 5.0
_HEAD = 8  # bytes before each message: its length

_BOOT = f"import sys,json; sys.path[:]=json.loads(sys.argv[1]); from {__name__} import serve; serve(sys.argv[2])"


class WorkerFailed(JuesuanError):  # noqa: N818 - said of a worker, as UnreadableDocument of a document
    """The worker could not be started, or the function failed in a way that is no property of the document."""


def run_bounded(function: str, *args: Any, limits: Limits = DEFAULT, progress: Report | None = None) -> Any:
    """Run ``module:function`` with ``args`` in a process of its own and give back what it returns.

    Arguments and result have to be picklable. What the function raises is raised here. ``LimitExceeded`` names the
    limit that was reached (bytes, memory, seconds); ``UnreadableDocument`` says that the process died of the document.
    """
    with Worker(limits) as worker:
        return worker.run(function, *args, progress=progress)


def run_many(
    function: str,
    tasks: Iterable[tuple[Key, tuple[Any, ...]]],
    processes: int,
    limits: Limits = DEFAULT,
    progress: Callable[[Key, str, int, int], None] | None = None,
) -> Iterator[tuple[Key, Any | None, Exception | None]]:
    """Run ``module:function`` once for each ``(key, args)``; yield ``(key, result, error)`` as they are done.

    Exactly one of result and error speaks: error is None where the function returned. An error stays with its
    document: the others go on, on a fresh worker where the old one had to be killed. ``tasks`` is read only as
    workers become free, so a generator may open files as it goes. Closing the iterator, or an interrupt, kills the
    workers. What reading ``tasks`` itself raises is raised here. ``progress`` is told ``(key, what, done, of)`` while
    a result is waited for; it may miss some. The workers share the cores: each reads so many pages side by side as
    there are cores for it.
    """
    if processes < 1:
        raise ValueError(f"processes is {processes}; at least one is needed")
    source = iter(tasks)
    taking = threading.Lock()
    done: queue.Queue[tuple[str, Any]] = queue.Queue(maxsize=2 * processes)
    stop = threading.Event()
    threads = max(1, (os.cpu_count() or 1) // processes)
    workers = [Worker(limits, threads) for _ in range(processes)]

    def put(kind: str, what: Any) -> None:
        while not stop.is_set():
            try:
                done.put((kind, what), timeout=0.1)
                return
            except queue.Full:
                continue

    def tell(key: Key) -> Report | None:
        if progress is None:
            return None

        def told(what: str, count: int, of: int) -> None:
            # Nobody may be waiting for results just now; the worker must not wait for that.
            with suppress(queue.Full):
                done.put_nowait(("progress", (key, what, count, of)))

        return told

    def loop(worker: Worker) -> None:
        try:
            while not stop.is_set():
                with taking:
                    task = next(source, None)
                if task is None:
                    break
                key, args = task
                try:
                    put("outcome", (key, worker.run(function, *args, progress=tell(key)), None))
                except Exception as error:
                    put("outcome", (key, None, error))
        except BaseException as error:  # reading the tasks failed; the reader of the results has to know
            put("broken", error)
        finally:
            put("ended", None)

    loops = [threading.Thread(target=loop, args=(worker,), daemon=True) for worker in workers]
    try:
        for thread in loops:
            thread.start()
        running = processes
        while running:
            kind, what = done.get()
            if kind == "outcome":
                yield what
            elif kind == "progress":
                assert progress is not None
                progress(*what)
            elif kind == "broken":
                raise what
            else:
                running -= 1
    finally:
        stop.set()
        deadline = time.monotonic() + _START_SECONDS
        for worker, thread in zip(workers, loops, strict=True):
            while thread.is_alive() and time.monotonic() < deadline:
                worker.kill()
                thread.join(timeout=0.1)
            worker.close()


class Worker:
    """One process that runs one call at a time. Started at the first call, started again after it was killed."""

    def __init__(self, limits: Limits = DEFAULT, threads: int | None = None) -> None:
        """``threads``: how many a reader may use for the pages of one document; as many as there are cores if None."""
        self.limits = limits
        self.threads = threads
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = ""

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, function: str, *args: Any, progress: Report | None = None) -> Any:
        """``module:function`` on ``args``, bounded. Raises as ``run_bounded`` says.

        ``progress`` is told what the readers report meanwhile. Each page that is a picture may ask for
        ``seconds_per_scan`` more, up to ``max_pages`` of them.
        """
        limits = self.limits
        for arg in args:
            if isinstance(arg, bytes | bytearray | memoryview) and len(arg) > limits.max_bytes:
                raise LimitExceeded(f"the file has {len(arg):,} bytes; the limit is {limits.max_bytes:,} (max_bytes)")
        process = self._process if self._process is not None and self._process.poll() is None else self._start()
        assert process.stdin is not None and process.stdout is not None
        granted = 0.0
        begun = time.monotonic()
        call: bytes | None = pickle.dumps((function, args, limits), pickle.HIGHEST_PROTOCOL)
        try:
            while True:
                work = limits.seconds + granted
                try:
                    if call is not None:
                        _send(process.stdin, call)
                        call = None
                    message = _receive(process.stdout, begun + work * CLOCK_FACTOR)
                except TimeoutError:
                    raise LimitExceeded(
                        f"not done after {work * CLOCK_FACTOR:g} seconds on the clock; "
                        f"the limit is {work:g} of work (seconds)"
                    ) from None
                except (EOFError, OSError):
                    raise self._died(process, work) from None
                kind, value = pickle.loads(message)
                if kind == "claim":
                    granted += value
                elif kind != "progress":
                    break
                elif progress is not None:
                    progress(*value)
        except BaseException:
            # Also on an interrupt: what the worker would answer belongs to nobody. It has to be gone before the next
            # call, which would be taken for what ended it.
            self.close()
            raise
        if kind == "result":
            return value
        if kind == "memory":
            self.close()  # what is left of it after running out of memory is not to be trusted
            raise LimitExceeded(f"more than {limits.memory_mb:,} MB of memory needed (memory_mb)")
        if kind == "raised":
            raise value
        raise WorkerFailed(value)

    def kill(self) -> None:
        """Stop the process at once, whatever it does, and what it started."""
        process = self._process
        if process is not None:
            _end(process)

    def close(self) -> None:
        """Stop the process and give back what it holds."""
        process, self._process = self._process, None
        if process is None:
            return
        _end(process)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        _remove(self._folder)

    def _start(self) -> subprocess.Popen[bytes]:
        self.close()
        self._folder = tempfile.mkdtemp(prefix="juesuan-worker-")
        paths = json.dumps([entry or str(Path.cwd()) for entry in sys.path])
        environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), self._folder)}
        if self.threads is not None:
            environment[THREADS] = str(self.threads)
        process = subprocess.Popen(
            [sys.executable, "-c", _BOOT, paths, self._folder],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env=environment,
            start_new_session=True,  # a group of its own, which ends as one
        )
        self._process = process
        assert process.stdout is not None
        try:
            _receive(process.stdout, time.monotonic() + _START_SECONDS)
        except (EOFError, OSError, TimeoutError) as error:
            self.close()
            raise WorkerFailed(f"no worker process could be started ({error or 'it ended at once'})") from None
        return process

    def _died(self, process: subprocess.Popen[bytes], work: float) -> UnreadableDocument:
        try:
            code = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        _end_group(process)
        self.close()
        if code < 0 and -code == getattr(signal, "SIGXCPU", None):
            return LimitExceeded(f"more than {work:g} seconds of CPU time needed (seconds)")
        if code < 0:
            with suppress(ValueError):
                return UnreadableDocument(
                    f"reading it ended the reader ({signal.Signals(-code).name}): a damaged document"
                )
        return UnreadableDocument(f"reading it ended the reader (exit {code}): a damaged document")


def _end(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and everything that it started; nothing where it was gone before, its number may be another's."""
    if process.returncode is None:
        _end_group(process)
        with suppress(OSError):
            process.kill()


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is in the group of a process that lives or ended just now."""
    with suppress(OSError, AttributeError):  # Windows has no groups
        os.killpg(process.pid, signal.SIGKILL)


def _remove(folder: str) -> None:
    """Remove a folder to which a program that is just being ended may still write."""
    end = time.monotonic() + _REMOVE_SECONDS
    while Path(folder).exists():
        shutil.rmtree(folder, ignore_errors=True)
        if time.monotonic() > end:
            return
        time.sleep(0.01)


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


def serve(folder: str) -> None:
    """The life of a worker: take a call, run it, answer; end when the input ends. ``folder`` goes with it."""
    # An interrupt at the terminal reaches the whole group; the parent decides what it means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what a library prints must not get among the answers
    calls = sys.stdin.buffer
    _send(answers, b"")
    while True:
        message = _next_call(calls)
        if message is None:
            shutil.rmtree(folder, ignore_errors=True)
            return
        _send(answers, _answer(message, answers))


def _next_call(calls: BinaryIO) -> bytes | None:
    head = calls.read(_HEAD)
    if len(head) < _HEAD:
        return None
    size = int.from_bytes(head, "little")
    message = calls.read(size)
    return message if len(message) == size else None


def _answer(message: bytes, answers: Any) -> bytes:
    writing = threading.Lock()  # pages are read by several threads

    def say(kind: str, value: Any) -> None:
        with writing:
            _send(answers, pickle.dumps((kind, value)))

    try:
        function, args, limits = pickle.loads(message)
        module, _, name = function.partition(":")
        call: Callable[..., Any] = getattr(import_module(module), name)
        budget = _Budget(limits)

        def claim(seconds: float) -> None:
            say("claim", budget.more(seconds))

        with heard(lambda what, done, of: say("progress", (what, done, of)), claim):
            result = call(*args)
        return pickle.dumps(("result", result), pickle.HIGHEST_PROTOCOL)
    except MemoryError:
        return pickle.dumps(("memory", None))
    except Exception as error:
        try:
            raised = pickle.dumps(("raised", error))
            pickle.loads(raised)
            return raised
        except Exception:
            return pickle.dumps(("failed", f"{type(error).__name__}: {error}"))


class _Budget:
    """Memory for the process, CPU time for this call; only the soft limits, so that the next call can raise them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._granted = 0.0
        self._used = _cpu_seconds()
        _bound("RLIMIT_CORE", 0)
        _bound("RLIMIT_AS", limits.memory_mb * 1024 * 1024)
        self._bound_time()

    def more(self, seconds: float) -> float:
        """Grant so many seconds more, as far as the limits go; gives what was granted."""
        most = self._limits.max_pages * self._limits.seconds_per_scan
        seconds = max(0.0, min(seconds, most - self._granted))
        self._granted += seconds
        self._bound_time()
        return seconds

    def _bound_time(self) -> None:
        _bound("RLIMIT_CPU", max(1, int(self._used + self._limits.seconds + self._granted + 0.999)))


def _cpu_seconds() -> float:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the clock still holds
        return 0.0
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def _bound(name: str, value: int) -> None:
    try:
        import resource
    except ImportError:
        return
    what = getattr(resource, name)
    hard = resource.getrlimit(what)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    with suppress(ValueError, OSError):  # some systems do not let RLIMIT_AS be set
        resource.setrlimit(what, (value, hard))
