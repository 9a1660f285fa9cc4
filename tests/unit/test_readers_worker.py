"""One document costs no more than its limits, and the others never notice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from juesuan.final_accounts.model import LimitExceeded, Reading, UnreadableDocument
from juesuan.final_accounts.readers import Limits
from juesuan.final_accounts.readers.worker import Worker, WorkerFailed, run_bounded, run_many
from tests.fixtures.pdf_writer import PdfPage, pdf

READ = "juesuan.final_accounts.readers:read"
DOCUMENT = pdf([PdfPage().text(60, 700, "one line")])


def test_a_document_is_read_in_another_process() -> None:
    reading = run_bounded(READ, DOCUMENT, "one.pdf")
    assert isinstance(reading, Reading)
    assert [block.text for block in reading.pages[0].blocks] == ["one line"]
    assert run_bounded("os:getpid") != os.getpid()


def test_what_the_reader_says_of_a_document_is_said_here() -> None:
    with pytest.raises(UnreadableDocument, match=r"^empty\.pdf: the file is empty"):
        run_bounded(READ, b"", "empty.pdf")


def test_an_error_of_ours_stays_what_it_is() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        run_bounded("builtins:int", "x")


def test_too_many_bytes_never_reach_the_worker() -> None:
    with pytest.raises(LimitExceeded, match="max_bytes"):
        run_bounded(READ, DOCUMENT, limits=Limits(max_bytes=10))


def test_too_much_memory_names_the_limit() -> None:
    with pytest.raises(LimitExceeded, match="memory_mb"):
        run_bounded("builtins:bytearray", 10**9, limits=Limits(memory_mb=400))


def test_too_much_cpu_time_names_the_limit() -> None:
    with pytest.raises(LimitExceeded, match=r"1 seconds of CPU time needed \(seconds\)|1 of work \(seconds\)"):
        run_bounded("builtins:eval", "sum(range(10**11))", limits=Limits(seconds=1))


def test_too_much_time_on_the_clock_names_the_limit() -> None:
    begun = time.monotonic()
    with pytest.raises(LimitExceeded, match=r"on the clock.*\(seconds\)"):
        run_bounded("time:sleep", 60, limits=Limits(seconds=0.1))
    assert time.monotonic() - begun < 20


def test_a_crash_is_a_damaged_document() -> None:
    with pytest.raises(UnreadableDocument, match="SIGABRT"):
        run_bounded("os:abort")
    with pytest.raises(UnreadableDocument, match="exit 7"):
        run_bounded("os:_exit", 7)


def test_a_result_that_cannot_be_sent_is_our_fault() -> None:
    with pytest.raises((WorkerFailed, TypeError), match=r"pickle"):
        run_bounded("threading:Lock")


def test_a_worker_goes_on_after_an_error_and_starts_again_after_a_crash() -> None:
    with Worker() as worker:
        first = worker.run("os:getpid")
        with pytest.raises(UnreadableDocument):
            worker.run(READ, b"")
        assert worker.run("os:getpid") == first
        with pytest.raises(UnreadableDocument, match="SIGABRT"):
            worker.run("os:abort")
        assert worker.run("os:getpid") != first


def test_printing_does_not_disturb_the_answers() -> None:
    assert run_bounded("builtins:print", "noise") is None
    assert run_bounded("builtins:eval", "__import__('os').write(1, b'noise')") == 5


def test_many_documents_each_have_an_outcome() -> None:
    tasks = [(k, (DOCUMENT if k % 3 else b"", f"{k}.pdf")) for k in range(9)]
    outcomes = {key: (result, error) for key, result, error in run_many(READ, tasks, 2)}
    assert sorted(outcomes) == list(range(9))
    for key, (result, error) in outcomes.items():
        assert (result is None) == (key % 3 == 0)
        assert isinstance(error, UnreadableDocument) == (key % 3 == 0)


def test_one_document_that_kills_its_worker_leaves_the_others_alone() -> None:
    tasks = [(k, ("__import__('os').abort()" if k == 1 else str(k),)) for k in range(5)]
    outcomes = {key: (result, error) for key, result, error in run_many("builtins:eval", tasks, 2)}
    assert {key: result for key, (result, _) in outcomes.items()} == {0: 0, 1: None, 2: 2, 3: 3, 4: 4}
    assert isinstance(outcomes[1][1], UnreadableDocument)


def test_documents_are_opened_only_as_workers_become_free() -> None:
    opened = []

    def tasks():
        for k in range(50):
            opened.append(k)
            yield k, (k,)

    results = run_many("operator:neg", tasks(), 1)
    assert next(results) == (0, 0, None)
    time.sleep(0.2)
    assert len(opened) < 20
    results.close()


def test_leaving_early_stops_every_worker_and_thread() -> None:
    before = threading.active_count()
    results = run_many("time:sleep", [(k, (0 if k == 0 else 60,)) for k in range(5)], 2)
    assert next(results)[0] == 0
    begun = time.monotonic()
    results.close()
    assert time.monotonic() - begun < 10
    assert threading.active_count() == before


def test_an_error_in_the_list_of_documents_is_raised() -> None:
    def tasks():
        yield 0, (1,)
        raise FileNotFoundError("gone.pdf")

    with pytest.raises(FileNotFoundError, match=r"gone\.pdf"):
        list(run_many("operator:neg", tasks(), 2))


# --- progress, and pages that cost more


REPORT = "juesuan.final_accounts.readers.progress:report"
CLAIM = "juesuan.final_accounts.readers.progress:claim"


def test_what_a_reader_reports_is_heard_while_it_reads() -> None:
    heard: list[tuple[str, int, int]] = []
    run_bounded(REPORT, "page", 3, 7, progress=lambda what, done, of: heard.append((what, done, of)))
    assert heard == [("page", 3, 7)]
    assert run_bounded(REPORT, "page", 3, 7) is None  # and nobody has to listen


def test_of_many_documents_each_is_heard_under_its_own_name() -> None:
    heard: list[tuple[str, str, int, int]] = []
    tasks = [(name, ("page", k, 9)) for k, name in enumerate("abc")]
    done = list(run_many(REPORT, tasks, 1, progress=lambda *said: heard.append(said)))
    assert len(done) == 3
    assert heard and set(heard) <= {("a", "page", 0, 9), ("b", "page", 1, 9), ("c", "page", 2, 9)}


def test_a_page_that_is_a_picture_gets_more_time() -> None:
    limits = Limits(seconds=1, seconds_per_scan=60)
    long_sum = "sum(range(250_000_000)) * 0"
    with pytest.raises(LimitExceeded, match=r"1 seconds of CPU time|1 of work"):
        run_bounded("builtins:eval", long_sum, limits=limits)
    claimed = f"__import__('{CLAIM.partition(':')[0]}', fromlist=['claim']).claim(60) or {long_sum}"
    assert run_bounded("builtins:eval", claimed, limits=limits) == 0


def test_no_document_claims_more_than_the_limits_allow_for_its_pages() -> None:
    limits = Limits(seconds=0.5, seconds_per_scan=0.5, max_pages=1)
    endless = f"__import__('{CLAIM.partition(':')[0]}', fromlist=['claim']).claim(10**9) or sum(range(10**11))"
    with pytest.raises(LimitExceeded, match=r"1 seconds of CPU time|1 of work"):
        run_bounded("builtins:eval", endless, limits=limits)


def test_workers_share_the_cores_for_the_pages_of_their_documents() -> None:
    threads = "juesuan.final_accounts.readers.progress:threads"
    cores = os.cpu_count() or 1
    assert run_bounded(threads) == cores
    assert [result for _, result, _ in run_many(threads, [(k, ()) for k in range(2)], 2)] == [max(1, cores // 2)] * 2


def test_a_script_needs_no_main_guard() -> None:
    code = (
        "from juesuan.final_accounts.readers.worker import run_many\n"
        "print(sorted(r for _, r, _ in run_many('operator:neg', [(k, (k,)) for k in range(3)], 2)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[-2, -1, 0]"


def test_a_worker_that_was_stopped_is_not_blamed_on_the_next_document() -> None:
    with Worker(Limits(seconds=0.1)) as worker:
        for _ in range(5):
            with pytest.raises(LimitExceeded):
                worker.run("time:sleep", 60)
            assert worker.run("builtins:len", "abc") == 3


@pytest.mark.parametrize("end", ["time:sleep", "os:_exit", "os:abort"])
def test_what_a_worker_wrote_and_started_goes_with_it(
    end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    arguments = {"time:sleep": (60,), "os:_exit": (3,), "os:abort": ()}[end]
    with Worker(Limits(seconds=0.5)) as worker:
        left = Path(worker.run("tempfile:mkdtemp"))
        assert left.is_relative_to(tmp_path)
        running = worker.run(
            "builtins:exec",
            f"import subprocess; subprocess.Popen(['sh', '-c', 'while :; do date > {left}/more; done'])",
        )
        assert running is None
        with pytest.raises(UnreadableDocument):
            worker.run(end, *arguments)
        assert not list(tmp_path.iterdir())
        assert worker.run("builtins:len", "abc") == 3
    assert not list(tmp_path.iterdir())
