"""``python -m tests.bench``: the speed and the size of reading and of a refresh, each beside what it is measured by.

Belongs here: one function for each line of the table, and the table. Does not belong here: assertions (a machine under
load is no failing test), profiling, and what other tools find (``peers``).

CPU seconds are the least of several runs; seconds on the clock too. A line whose subject does not exist says so.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from juesuan.final_accounts.model import UnreadableDocument
from juesuan.final_accounts.numbers import parse_figure
from tests.bench import peers

ROOT = Path(__file__).parents[2]
PDF = ROOT / "raw" / "documents" / "shanghai-putuo-finance-2024.pdf"
TEXT = ROOT / "raw" / "documents" / "qingyuan-dsb-own-level-2023.txt"
TRUTH = ROOT / "tests" / "fixtures" / "truth" / "shanghai-putuo-finance-2024.json"
JUESUAN = Path(sys.executable).with_name("juesuan")


@dataclass(frozen=True)
class Line:
    """One measured thing: what, how much, against what, what is aimed at, and whether that holds (None: no telling)."""

    what: str
    measured: str
    against: str
    aim: str
    holds: bool | None
    numbers: dict[str, float]


class NotThereYet(Exception):  # noqa: N818 - it is no error
    """What a line measures has not been built; the message says what."""


# --- measuring -------------------------------------------------------------------------------------------------------


def cpu(work: Callable[[], Any], runs: int) -> float:
    """The least CPU seconds of several runs in this process."""
    taken = []
    for _ in range(runs):
        begun = time.process_time()
        work()
        taken.append(time.process_time() - begun)
    return min(taken)


def cpu_side_by_side(
    ours: Callable[[], Any], theirs: Callable[[], Any], runs: int, each: int = 1
) -> tuple[float, float]:
    """The same for two, turn about, so that what else the machine does falls on both.

    ``each``: how often ours runs in a turn.
    """
    pairs = [(cpu(ours, each), cpu(theirs, 1)) for _ in range(runs)]
    return min(a for a, _ in pairs), min(b for _, b in pairs)


def clock(command: list[str], runs: int, env: dict[str, str] | None = None) -> float:
    """The least seconds on the clock of a command; raises ``NotThereYet`` where it cannot run."""
    taken = []
    for _ in range(runs):
        begun = time.perf_counter()
        said = subprocess.run(command, capture_output=True, text=True, env=env, cwd=ROOT, check=False)
        taken.append(time.perf_counter() - begun)
        if said.returncode:
            why = (said.stderr.strip().splitlines() or [""])[-1]
            raise NotThereYet(f"`{Path(command[0]).name} {command[1]}` ended with {said.returncode}: {why}")
    return min(taken)


# --- the lines -------------------------------------------------------------------------------------------------------


def plain_text(data: bytes) -> int:
    """pdfium's own text of every page: the least that any reader has to pay."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    count = 0
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        count += len(text.get_text_range())
        text.close()
        page.close()
    document.close()
    return count


def reader(runs: int) -> Line:
    from juesuan.final_accounts.readers import read

    data = PDF.read_bytes()
    ours, theirs = cpu_side_by_side(lambda: read(data), lambda: plain_text(data), runs)
    ratio = theirs / ours
    return Line(
        "PDF reader stage",
        f"{ours * 1000:.0f} ms CPU",
        f"pdfium's plain text: {theirs * 1000:.0f} ms; speed {ratio:.2f} of it",
        ">= 0.25",
        ratio >= 0.25,
        {"cpu_ms": ours * 1000, "plain_text_cpu_ms": theirs * 1000, "ratio": ratio},
    )


def printed_figures() -> Counter[str]:
    cells = json.loads(TRUTH.read_text("utf-8"))["cells"]
    return Counter(f"{Decimal(c['value']):,.2f}" for c in cells if c["value"] is not None)


def truth_cells() -> dict[tuple[str, str, str], Decimal | None]:
    cells = json.loads(TRUTH.read_text("utf-8"))["cells"]
    return {
        (c["table_key"], c["row_key"], c["column_key"]): None if c["value"] is None else Decimal(c["value"])
        for c in cells
    }


def with_pdfplumber(data: bytes) -> Counter[str]:
    import io

    import pdfplumber

    found: Counter[str] = Counter()
    with pdfplumber.open(io.BytesIO(data)) as document:
        for page in document.pages:
            page.extract_text()
            for table in page.extract_tables():
                found.update(cell for row in table for cell in row if cell)
    return found


def pdf_route(runs: int) -> Line:
    data = PDF.read_bytes()
    printed = printed_figures()
    pages = len(_reading(data).pages)
    try:
        from juesuan.final_accounts.extract import extract

        extract(data, PDF.name)
    except Exception as problem:  # the rest of the route may be in the making; the reader is measured then
        stage = f"reader alone ({type(problem).__name__} in extract)"

        def work() -> Any:
            return _reading(data)

        found = _grid_texts(data)
        placed = ""
    else:
        stage = "reader, recognition, narrative, checks"

        def work() -> Any:
            return extract(data, PDF.name)

        cells = [cell for one in extract(data, PDF.name) for cell in one.cells]
        found = Counter(cell.value_text for cell in cells)
        truth = truth_cells()
        right = sum(
            truth.get((c.table_key, c.row_key, c.column_key), "unknown") == c.value
            for c in cells
            if c.value is not None
        )
        placed = f", {right} in their place"
    ours, theirs = cpu_side_by_side(work, lambda: with_pdfplumber(data), max(runs // 3, 2), each=3)
    total = printed.total()
    our_cells = (found & printed).total()
    their_cells = (with_pdfplumber(data) & printed).total()
    ratio = theirs / ours
    return Line(
        f"PDF route ({stage})",
        f"{pages / ours:.0f} pages per CPU s ({ours * 1000:.0f} ms); {our_cells} of {total} figures exact{placed}",
        f"pdfplumber: {pages / theirs:.0f} pages per CPU s; {their_cells} exact; ours is {ratio:.1f} times as fast",
        ">= 8 times, figures >= its",
        ratio >= 8 and our_cells >= their_cells,
        {
            "cpu_ms": ours * 1000,
            "pdfplumber_cpu_ms": theirs * 1000,
            "ratio": ratio,
            "exact": our_cells,
            "pdfplumber_exact": their_cells,
            "figures": total,
        },
    )


def _reading(data: bytes) -> Any:
    from juesuan.final_accounts.readers import read

    return read(data)


def _grid_texts(data: bytes) -> Counter[str]:
    from juesuan.final_accounts.model import Grid

    return Counter(
        cell.text for page in _reading(data).pages for b in page.blocks if isinstance(b, Grid) for cell in b.cells
    )


def text_report(runs: int) -> Line:
    from juesuan.final_accounts.extract import extract

    data = TEXT.read_bytes()
    extract(data, TEXT.name)  # form data is read once in a process
    taken, yardstick = cpu_side_by_side(lambda: extract(data, TEXT.name), lambda: sum(range(1_000_000)), runs)
    return Line(
        "flattened text report",
        f"{taken * 1000:.0f} ms CPU",
        # tells a slow machine from slow code: some 12 ms where nothing else runs
        f"a million additions in Python: {yardstick * 1000:.0f} ms",
        "< 50 ms",
        taken < 0.05,
        {"cpu_ms": taken * 1000, "million_additions_ms": yardstick * 1000},
    )


def peak_memory(_runs: int) -> Line:
    try:
        peak = peers.in_a_child("juesuan", PDF).megabytes
    except subprocess.CalledProcessError as problem:
        raise NotThereYet(problem.stderr.strip()[-120:]) from None
    return Line("extract of the PDF report, peak memory", f"{peak:.0f} MB", "", "<= 300 MB", peak <= 300, {"mb": peak})


def help_page(runs: int) -> Line:
    taken = clock([str(JUESUAN), "extract", "--help"], runs)
    return Line("juesuan extract --help", f"{taken:.2f} s", _python(runs), "< 0.5 s", taken < 0.5, {"seconds": taken})


def text_command(runs: int) -> Line:
    taken = clock([str(JUESUAN), "extract", str(TEXT)], runs)
    return Line(
        "juesuan extract (text report)", f"{taken:.2f} s", _python(runs), "< 1 s", taken < 1, {"seconds": taken}
    )


def _python(runs: int) -> str:
    return f"python -c pass: {clock([sys.executable, '-c', 'pass'], runs):.2f} s"


# Runs in every Python process of the measured command, whoever starts it, and writes down that dbt was started.
_WITNESS = """
import os, sys
def _saw(event, args):
    if event == "import" and args[0] in ("dbt.cli.main", "dbt.task.build", "dbt.adapters.duckdb"):
        what = args[0]
    elif event == "subprocess.Popen" and "dbt" in os.path.basename(str(args[0])):
        what = str(args[0])
    else:
        return
    with open(os.environ["BENCH_WITNESS"], "a") as out:
        out.write(what + chr(10))
sys.addaudithook(_saw)
"""


def idle_refresh(runs: int) -> Line:
    with tempfile.TemporaryDirectory(prefix="juesuan-bench-") as name:
        folder = Path(name)
        shutil.copytree(ROOT / "raw", folder / "raw")
        (folder / "witness").mkdir()
        (folder / "witness" / "sitecustomize.py").write_text(_WITNESS, "utf-8")
        env = dict(os.environ)
        env |= {
            "JUESUAN_RAW": str(folder / "raw"),
            "JUESUAN_WAREHOUSE": str(folder / "warehouse"),
            "PYTHONPATH": os.pathsep.join(filter(None, (str(folder / "witness"), env.get("PYTHONPATH")))),
            "BENCH_WITNESS": str(folder / "seen"),
        }
        first = clock([str(JUESUAN), "refresh"], 1, env)
        seen = folder / "seen"
        built_with_dbt = seen.exists()  # else the witness sees nothing and its silence would say nothing
        seen.unlink(missing_ok=True)
        idle, woke = [], False
        for _ in range(max(runs // 3, 3)):
            seen.unlink(missing_ok=True)
            begun = time.perf_counter()
            said = subprocess.run(
                [str(JUESUAN), "refresh", "--json"], capture_output=True, text=True, env=env, cwd=ROOT, check=False
            )
            taken = time.perf_counter() - begun
            # Whoever edits the project meanwhile gives a refresh something to do; that run measures nothing here.
            if said.returncode == 0 and json.loads(said.stdout)["outcome"] == "nothing_to_do":
                idle.append(taken)
                woke = woke or seen.exists()
        if not idle:
            raise NotThereYet("each refresh found something to do; does the project change while it is measured?")
        again = min(idle)
        quiet = built_with_dbt and not woke
    word = "never started" if quiet else ("started" if built_with_dbt else "not seen even in the first")
    return Line(
        "juesuan refresh with nothing to do",
        f"{again:.2f} s; dbt {word}",
        f"the first refresh: {first:.1f} s",
        "dbt never starts",
        quiet,
        {"seconds": again, "first_seconds": first, "dbt_started": float(not quiet)},
    )


# --- what others find in the same documents --------------------------------------------------------------------------


def _against_peers(
    what: str, path: Path, printed: Counter[str], right: Callable[[peers.Found], str], runs: int
) -> Line:
    """The contenders on one PDF: figures that are the text of a cell, figures that the document does not print at all,
    pages per CPU second, memory. ``right`` says what can be told of ours besides."""
    import pypdfium2

    document = pypdfium2.PdfDocument(path)
    pages = len(document)
    on_paper = set(peers.FIGURE.findall("\n".join(document[n].get_textpage().get_text_range() for n in range(pages))))
    document.close()
    total = printed.total()
    numbers: dict[str, float] = {"figures": total, "pages": pages}
    said: dict[str, str] = {}
    for name in peers.CONTENDERS:
        try:
            found = peers.in_a_child(name, path, max(runs // 3, 2) if name == "juesuan" else 1)
        except subprocess.CalledProcessError as problem:
            why = (problem.stderr.strip().splitlines() or [""])[-1][:80]
            said[name] = f"ended with {problem.returncode}: {why}"
            continue
        exact = (found.texts & printed).total()
        invented = sum(n for t, n in found.texts.items() if peers.FIGURE.fullmatch(t) and t not in on_paper)
        rate = pages / found.cpu
        numbers |= {
            f"{name}: exact": exact,
            f"{name}: invented": invented,
            f"{name}: pages per CPU second": rate,
            f"{name}: MB": found.megabytes,
        }
        said[name] = (
            f"{exact} of {total} exact, {invented} invented, {rate:.1f} pages per CPU s, {found.megabytes:.0f} MB"
        )
        if name == "juesuan":
            said[name] += right(found)
    ours = said.pop("juesuan")
    said["docling"] = "not run: needs model downloads"
    others = [n for n in peers.CONTENDERS if n != "juesuan" and f"{n}: exact" in numbers]
    holds = all(
        numbers["juesuan: exact"] >= numbers[f"{n}: exact"]
        and numbers["juesuan: pages per CPU second"] > numbers[f"{n}: pages per CPU second"]
        for n in others
    )
    return Line(
        f"tables of a PDF: {what}",
        ours,
        "\n".join(f"{name}: {one}" for name, one in said.items()),
        "figures >= theirs, faster, none invented or misplaced",
        holds and not numbers["juesuan: invented"] and "; 0 misplaced" in ours,
        numbers,
    )


def peers_published(runs: int) -> Line:
    truth = {key: value for key, value in truth_cells().items() if value is not None}

    def right(found: peers.Found) -> str:
        figures = [(truth.get((table, row, column)), parse_figure(text)) for table, row, column, text in found.cells]
        wrong = sum(figure is None or figure.value != value for value, figure in figures)
        return f"; {wrong} misplaced"

    return _against_peers("the published one", PDF, printed_figures(), right, runs)


def _peers_drawn(style: str, what: str, runs: int) -> Line:
    """A report that the generator draws in this style, with the truth that it was drawn from."""
    from juesuan.final_accounts.extract import extract
    from tests.generator.drawing import draw
    from tests.generator.render import pdf
    from tests.generator.score import score

    report = draw("guangdong-2023")
    printed = Counter(c.text.strip() for c in report.truth.cells if c.text)
    with tempfile.TemporaryDirectory(prefix="juesuan-bench-") as name:
        path = Path(name) / "report.pdf"
        path.write_bytes(pdf.render(report, style))
        got = score(extract(path.read_bytes(), path.name), report.truth)
        return _against_peers(
            what, path, printed, lambda _: f"; {got.misplaced} misplaced, {got.exact} in their place", runs
        )


def peers_ruled(runs: int) -> Line:
    return _peers_drawn("ruled", "every cell ruled", runs)


def peers_without_vertical_lines(runs: int) -> Line:
    return _peers_drawn("no-vertical", "no vertical lines", runs)


def peers_without_lines(runs: int) -> Line:
    return _peers_drawn("none", "no lines", runs)


# --- other formats ---------------------------------------------------------------------------------------------------


def _drawn() -> dict[str, bytes]:
    """The same report in each format."""
    from tests.generator.drawing import draw
    from tests.generator.render import flat, pdf, web, word, workbook

    report = draw("guangdong-2023")
    printed = pdf.render(report)
    return {
        "pdf": printed,
        "xlsx": workbook.xlsx(report),
        "docx": word.docx(report),
        "html": web.html(report),
        "text": flat.by_pdfium(printed),
    }


def _format(name: str, runs: int) -> Line:
    """Pages per CPU second, a page being one of the same report printed."""
    from juesuan.final_accounts.extract import extract

    documents = _drawn()
    pages = len(_reading(documents["pdf"]).pages)
    data = documents[name]
    extract(data, name)  # form data is read once in a process
    ours, paper = cpu_side_by_side(
        lambda: extract(data, name), lambda: extract(documents["pdf"], "pdf"), max(runs // 3, 2)
    )
    return Line(
        f"the same report as {name}",
        f"{pages / ours:.0f} pages per CPU s ({ours * 1000:.0f} ms)",
        f"as PDF: {pages / paper:.0f} pages per CPU s ({paper * 1000:.0f} ms)",
        "no slower than as PDF",
        ours <= paper,
        {"cpu_ms": ours * 1000, "pdf_cpu_ms": paper * 1000, "pages_per_cpu_second": pages / ours},
    )


def as_xlsx(runs: int) -> Line:
    return _format("xlsx", runs)


def as_docx(runs: int) -> Line:
    return _format("docx", runs)


def as_html(runs: int) -> Line:
    return _format("html", runs)


def as_text(runs: int) -> Line:
    return _format("text", runs)


# --- many documents --------------------------------------------------------------------------------------------------


def _cpu_of_children(work: Callable[[], Any]) -> tuple[float, float]:
    """CPU seconds of the processes that it starts and ends, and seconds on the clock."""
    import resource

    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    work()
    after, taken = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - begun
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime, taken


def two_workers(_runs: int) -> Line:
    from juesuan.final_accounts.readers.worker import run_many

    # enough that starting a second process is not most of what is measured
    documents = [*_drawn().values(), *[PDF.read_bytes()] * 7] * 4

    def work(processes: int) -> Any:
        tasks = [(n, (data, f"{n}")) for n, data in enumerate(documents)]
        for _, _, error in run_many("juesuan.final_accounts.extract:extract", tasks, processes):
            if error is not None:
                raise error

    pairs = [(_cpu_of_children(lambda: work(1)), _cpu_of_children(lambda: work(2))) for _ in range(2)]
    one, two = min(a for a, _ in pairs), min(b for _, b in pairs)
    ratio = two[0] / one[0]
    return Line(
        f"{len(documents)} documents, two workers",
        f"{two[0]:.1f} CPU s, {two[1]:.1f} s on the clock",
        f"one worker: {one[0]:.1f} CPU s, {one[1]:.1f} s; {ratio:.2f} times its CPU",
        "<= 1.15 times",
        ratio <= 1.15,
        {"cpu_s": two[0], "one_cpu_s": one[0], "ratio": ratio, "seconds": two[1], "one_seconds": one[1]},
    )


def recognised_print(_runs: int) -> Line:
    from juesuan.final_accounts.readers import ocr
    from juesuan.final_accounts.readers.worker import Worker
    from tests.generator.drawing import draw
    from tests.generator.render import pdf, scan

    if not ocr.available():
        raise NotThereYet("the ocr extra is not installed")
    report = draw("guangdong-2023", only=("T1", "T3", "TS"))
    pictures = scan.pictures(pdf.render(report), 200)[-4:]
    data, blank = scan.as_pdf(pictures, 200), scan.as_pdf([pictures[0].point(lambda _: 255)], 200)

    def work(threads: int) -> tuple[float, float]:
        with Worker(threads=threads) as worker:
            # the models are loaded once in a process; a page without print is read as far as it goes
            with suppress(UnreadableDocument):
                worker.run("juesuan.final_accounts.readers:read", blank)
            before = worker.run("time:process_time")
            begun = time.perf_counter()
            worker.run("juesuan.final_accounts.readers:read", data)
            return worker.run("time:process_time") - before, time.perf_counter() - begun

    one, two = work(1), work(2)
    rate, one_rate = 60 * len(pictures) / two[1], 60 * len(pictures) / one[1]
    ratio = two[0] / one[0]
    return Line(
        f"print recognised on {len(pictures)} pages of 200 dpi, two threads",
        f"{rate:.0f} pages per minute, {two[0] / len(pictures):.1f} CPU s a page",
        f"one thread: {one_rate:.0f} pages per minute, {one[0] / len(pictures):.1f} CPU s a page; "
        f"{ratio:.2f} times its CPU",
        "side by side: <= 1.15 times the CPU",
        ratio <= 1.15,
        {
            "pages_per_minute": rate,
            "one_pages_per_minute": one_rate,
            "cpu_s": two[0],
            "one_cpu_s": one[0],
            "ratio": ratio,
        },
    )


def changed_form(_runs: int) -> Line:
    import juesuan.final_accounts.readers as readers
    from juesuan import readings

    documents = {f"{n}{name}": data for n in range(2) for name, data in _drawn().items()}
    documents |= {"published": PDF.read_bytes(), "published.txt": TEXT.read_bytes()}
    opened = 0
    read = readers.read

    def counted(*args: Any) -> Any:
        nonlocal opened
        opened += 1
        return read(*args)

    with tempfile.TemporaryDirectory(prefix="juesuan-bench-") as folder:

        def work() -> tuple[int, float]:
            before, begun = opened, time.process_time()
            for name, data in documents.items():
                readings.extract(data, name, f"{'0' * 60}{list(documents).index(name):04}", folder)
            return opened - before, time.process_time() - begun

        readers.read = counted
        try:
            first, again = work(), work()
        finally:
            readers.read = read
    return Line(
        "read again after a change of a form",
        f"{again[0]} of {len(documents)} documents opened, {again[1]:.1f} CPU s",
        f"the first time: {first[0]} opened, {first[1]:.1f} CPU s",
        "none opened",
        again[0] == 0 and first[0] == len(documents),
        {"opened": again[0], "first_opened": first[0], "cpu_s": again[1], "first_cpu_s": first[1]},
    )


def synthetic_region(_runs: int) -> Line:
    from juesuan.demo import folder
    from juesuan.demo.making import Plan

    with tempfile.TemporaryDirectory() as place:
        done = folder.write(Plan(units=100, years=8), Path(place) / "demo")
    rate = done.documents_per_second
    return Line(
        "synthetic region as text",
        f"{rate:.0f} documents/s",
        f"{done.documents} documents, {done.bytes / 1e6:.0f} MB, with manifests, registry and truth",
        ">= 100",
        rate >= 100,
        {"documents_per_second": rate, "documents": done.documents},
    )


def synthetic_records(_runs: int) -> Line:
    from juesuan.demo import records
    from juesuan.demo.making import Plan

    with tempfile.TemporaryDirectory() as place:
        done = records.write(Plan(units=100, years=4, misprints=0), Path(place) / "demo")
    rate = done.documents_per_second
    return Line(
        "synthetic region as records",
        f"{rate:.0f} reports/s",
        f"{done.documents} reports, checks run, landed; the first of each shape read",
        "",
        None,
        {"reports_per_second": rate, "reports": done.documents},
    )


# --- the table -------------------------------------------------------------------------------------------------------

LINES: dict[str, Callable[[int], Line]] = {
    "reader": reader,
    "pdf": pdf_route,
    "text": text_report,
    "memory": peak_memory,
    "help": help_page,
    "command": text_command,
    "refresh": idle_refresh,
    "peers": peers_published,
    "peers-ruled": peers_ruled,
    "peers-no-vertical": peers_without_vertical_lines,
    "peers-none": peers_without_lines,
    "xlsx": as_xlsx,
    "docx": as_docx,
    "html": as_html,
    "as-text": as_text,
    "workers": two_workers,
    "ocr": recognised_print,
    "again": changed_form,
    "demo": synthetic_region,
    "demo-records": synthetic_records,
}


def measured(name: str, runs: int) -> Line:
    try:
        return LINES[name](runs)
    except (NotThereYet, ImportError) as missing:
        return Line(name, "not there yet", str(missing), "", None, {})


def show(lines: list[Line]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Speed and size")
    for head in ("what", "measured", "beside", "aim", "holds"):
        table.add_column(head, overflow="fold")
    for line in lines:
        holds = {True: "yes", False: "[red]no[/red]", None: "?"}[line.holds]
        table.add_row(line.what, line.measured, line.against, line.aim, holds)
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", choices=[*LINES, []], help=f"which lines ({', '.join(LINES)}); all")
    parser.add_argument("--runs", type=int, default=9, help="runs of which the least counts (default 9)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    # What is installed is compiled once; else each child would compile the library again and that would be measured.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    lines = [measured(name, options.runs) for name in options.names or LINES]
    if options.json:
        print(json.dumps([asdict(line) for line in lines], ensure_ascii=False, indent=2))
    else:
        show(lines)


if __name__ == "__main__":
    main()
