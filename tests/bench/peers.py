"""Who takes tables out of a PDF, one document in one process: the figures that each finds, its CPU seconds and memory.

Belongs here: calling each contender, what it finds as texts of cells, in a process of its own (``python -m
tests.bench.peers NAME FILE RUNS``). Does not belong here: what is aimed at and the table (``tests.bench``).

docling is not among them: it does not run before it has downloaded its models.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import re
import resource
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: A printed figure of money; whole numbers are as often a count, a year or a line number.
FIGURE = re.compile(r"-?\d[\d,]*\.\d+")


@dataclass(frozen=True)
class Found:
    """``texts`` counts the texts of all cells. ``cells`` are (table, row, column, text), where these are known."""

    texts: Counter[str]
    cells: tuple[tuple[str, str, str, str], ...]
    cpu: float
    megabytes: float


def _juesuan(path: Path) -> tuple[Iterable[str], list[tuple[str, str, str, str]]]:
    from juesuan.final_accounts.extract import extract

    cells = [cell for one in extract(path.read_bytes(), path.name) for cell in one.cells]
    known = [(c.table_key, c.row_key, c.column_key, c.value_text) for c in cells if c.value is not None]
    return [text for *_, text in known], known


def _pdfplumber(path: Path) -> tuple[Iterable[str], list[Any]]:
    import pdfplumber

    found = []
    with pdfplumber.open(path) as document:
        for page in document.pages:
            for table in page.extract_tables():
                found += [cell for row in table for cell in row if cell]
    return found, []


def _camelot(path: Path, flavor: str) -> tuple[Iterable[str], list[Any]]:
    import camelot

    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")  # of pages without a table
        tables = camelot.read_pdf(str(path), pages="all", flavor=flavor, suppress_stdout=True)
        return [str(cell) for table in tables for row in table.df.values.tolist() for cell in row if cell], []


CONTENDERS: dict[str, Callable[[Path], tuple[Iterable[str], list[Any]]]] = {
    "juesuan": _juesuan,
    "pdfplumber": _pdfplumber,
    "camelot, lattice": lambda path: _camelot(path, "lattice"),
    "camelot, stream": lambda path: _camelot(path, "stream"),
}


def in_a_child(name: str, path: Path, runs: int = 1) -> Found:
    """What a contender finds; the least CPU seconds of several runs. Raises ``CalledProcessError``."""
    command = [sys.executable, "-m", "tests.bench.peers", name, str(path), str(runs)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2])
    told = json.loads(said.stdout)
    return Found(Counter(told["texts"]), tuple(map(tuple, told["cells"])), told["cpu"], told["megabytes"])


def peak_megabytes() -> float:
    """The most memory that this process held so far."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage says begins with what the parent held when it started this process
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)  # bytes on macOS, else kilobytes


def main() -> None:
    name, path, runs = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    logging.disable(logging.CRITICAL)
    work = CONTENDERS[name]
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        texts, cells = work(path)
        taken.append(time.process_time() - begun)
    stripped = Counter(text.strip() for text in texts)
    print(
        json.dumps(
            {"texts": stripped, "cells": cells, "cpu": min(taken), "megabytes": peak_megabytes()}, ensure_ascii=False
        )
    )


if __name__ == "__main__":
    main()
