"""One document costs no more than its limits, and the others never notice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time

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
    with pytest.raises(LimitExceeded, match=r"1 seconds of CPU time needed \(seconds\)"):
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


def test_a_script_needs_no_main_guard() -> None:
    code = (
        "from juesuan.final_accounts.readers.worker import run_many\n"
        "print(sorted(r for _, r, _ in run_many('operator:neg', [(k, (k,)) for k in range(3)], 2)))"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "[-2, -1, 0]"
