"""``python -m tests.bench.scale``: what grows with the size of a warehouse, and how fast, on one machine.

Belongs here: making regions of some sizes without reading documents, measuring each stage of their warehouses beside
what it is measured by, exponents of growth between sizes, and the page that says so. Does not belong here: the speed of
reading (``python -m tests.bench``), assertions (a machine under load is no failing test).

Each stage runs in a process of its own, so that memory is its own; the sum over its children counts too. What is
compared is measured in the same run, one after the other.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
#: The region that is repeated: units, years and the share of planted misprints; about a thousand reports.
BASE = {"units": 112, "years": 8, "misprints": 0.02}
#: Seconds between two looks at the memory of a stage.
LOOK = 0.1
#: How often a query is asked.
ASKED = 40
MB = 1e6


@dataclass(frozen=True, slots=True)
class Aim:
    """What is measured, its unit, what is aimed at (in words, and as a limit), whether its growth is of interest."""

    says: str
    unit: str
    aim: str = ""
    limit: float | None = None
    grows: bool = False


AIMS: dict[str, Aim] = {
    "reports": Aim("reports", ""),
    "cells": Aim("figures", ""),
    "parquet_mb": Aim("landed Parquet", "MB"),
    "bare_s": Aim("bare CREATE TABLE AS of the Parquet", "s", grows=True),
    "build_s": Aim("build from landing to published", "s", grows=True),
    "build_cpu_s": Aim("build, CPU of all processes", "s", grows=True),
    "build_ratio": Aim("build : bare CREATE TABLE AS", "times", "<= 8", 8),
    "build_cpu_ratio": Aim("the same in CPU seconds", "times"),
    "build_peak_mb": Aim("build, peak memory of all processes", "MB", "< 8000", 8000, grows=True),
    "file_mb": Aim("published file", "MB", grows=True),
    "bare_file_mb": Aim("file of the bare CREATE TABLE AS", "MB"),
    "file_ratio": Aim("published file : Parquet", "times", "<= 3.5", 3.5),
    "start_s": Aim("start of the command (juesuan --help)", "s"),
    "idle_s": Aim("juesuan refresh with nothing to do", "s", "= start"),
    "idle_over_s": Aim("the same, over the start", "s", "< 0.5", 0.5, grows=True),
    "look_s": Aim("look of the sensor", "s", "", grows=True),
    "one_s": Aim("refresh after one new report, copy apart", "s", "<= 1.5 times the smallest size", grows=True),
    "one_cpu_s": Aim("the same, CPU of all processes", "s", grows=True),
    "one_peak_mb": Aim("the same, peak memory", "MB", "< 8000", 8000, grows=True),
    "copy_mb_s": Aim("copy of the file to its new version", "MB/s"),
    "plain_copy_mb_s": Aim("plain copy of the file on the same disk", "MB/s"),
    "figures_cold_ms": Aim("one report's figures, first query of a connection", "ms"),
    "figures_ms": Aim("one report's figures, p95", "ms", "< 20", 20, grows=True),
    "figures_cpu_ms": Aim("the same, CPU of a query on average", "ms", grows=True),
    "dashboard_ms": Aim("queries of the pages, p95", "ms", "< 200", 200, grows=True),
    "dashboard_cpu_ms": Aim("the same, CPU of a query on average", "ms", grows=True),
    "dashboard_slowest_ms": Aim("queries of the pages, the slowest", "ms"),
}


# --- regions ---------------------------------------------------------------------------------------------------------


def region(size: int, to: Path) -> Path:
    """A region of about so many reports with its landing and one report held back; made once in a folder."""
    from juesuan.demo import folder, records, repeating
    from juesuan.demo.making import Plan
    from juesuan.final_accounts.extract import extractor_fingerprint

    base = to / "base"
    facts = base / f"written-{extractor_fingerprint()[:12]}.json"  # another library would read everything again
    if not facts.exists():
        for other in to.glob("region-*"):
            shutil.rmtree(other)
        written = records.write(Plan(**BASE), base)  # type: ignore[arg-type]
        facts.write_text(json.dumps({name: getattr(written, name) for name in folder.Written.__slots__}), "utf-8")
    known = folder.Written(**json.loads(facts.read_text("utf-8")))
    place = to / f"region-{size}"
    if (place / "held").exists():
        return place
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(base, place)
    times = max(1, round(size / known.documents))
    if times > 1:
        repeating.repeat(replace(known, folder=str(place)), times)
    _hold_back(place)
    return place


def _hold_back(place: Path) -> None:
    """Take one document out of the archive and the landing; it arrives when the rest is published."""
    from juesuan.final_accounts.manifest import SUFFIX
    from juesuan.landing import Landing
    from juesuan.raw_schema import raw_tables
    from juesuan.settings import Settings

    documents = place / "raw" / "documents"
    last = sorted(documents.glob("*-2024-unit.txt"))[-1]
    manifest = last.with_name(last.name + SUFFIX)
    document_id = json.loads(manifest.read_text("utf-8"))["id"]
    landing = Landing(place / "warehouse" / "landing", raw_tables(Settings.load().dbt_project))
    landing.withdraw({document_id: "held back"})
    manifest.unlink()
    (place / "held").mkdir()
    last.rename(place / "held" / last.name)


def _parquet(place: Path) -> int:
    return sum(file.stat().st_size for file in (place / "warehouse" / "landing" / "batches").rglob("*.parquet"))


# --- a stage in a process of its own ---------------------------------------------------------------------------------


def stage(name: str, place: Path) -> dict[str, float]:
    """Run a stage on a region; what it found, with the most memory that it and its children had at one time."""
    import psutil

    env = os.environ | {"JUESUAN_RAW": str(place / "raw"), "JUESUAN_WAREHOUSE": str(place / "warehouse")}
    command = [sys.executable, "-m", "tests.bench.scale", "--stage", name, "--to", str(place)]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        child = psutil.Popen(command, stdout=out, stderr=err, env=env, cwd=ROOT)
        peak = 0
        while child.poll() is None:
            peak = max(peak, _memory(child))
            time.sleep(LOOK)
        out.seek(0)
        err.seek(0)
        if child.returncode:
            raise SystemExit(f"{name}: {err.read()[-3000:]}")
        found: dict[str, float] = json.loads(out.read().strip().splitlines()[-1])
    return found | {"peak_mb": peak / MB}


def _memory(process: Any) -> int:
    import psutil

    total = 0
    try:
        family = [process, *process.children(recursive=True)]
    except psutil.Error:
        return 0
    for one in family:
        try:
            total += one.memory_info().rss
        except psutil.Error:
            continue
    return total


def _cpu() -> float:
    """CPU seconds of this process and of those that it started and that have ended."""
    import resource

    return sum(
        used.ru_utime + used.ru_stime
        for used in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


@contextmanager
def _clocked(found: dict[str, float], what: str) -> Iterator[None]:
    begun, cpu = time.perf_counter(), _cpu()
    yield
    found[f"{what}_s"] = time.perf_counter() - begun
    found[f"{what}_cpu_s"] = _cpu() - cpu


def bare(place: Path) -> dict[str, float]:
    """DuckDB's own CREATE TABLE AS over every file of the landing, into a file written as ours are."""
    import duckdb

    from juesuan.landing import Landing
    from juesuan.raw_schema import raw_tables
    from juesuan.settings import Settings
    from juesuan.warehouse import STORAGE

    landing = Landing(place / "warehouse" / "landing", raw_tables(Settings.load().dbt_project))
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory(dir=place) as folder:
        connection = duckdb.connect(str(Path(folder) / "bare.duckdb"), config=STORAGE)
        with _clocked(found, "bare"):
            for table in landing.tables:
                files = sorted(map(str, landing.batches.glob(f"*/{table}.parquet")))
                if files:
                    connection.execute(
                        f"create table {table} as select * from read_parquet(?, union_by_name = true)", [files]
                    )
            connection.execute("force checkpoint")
            connection.close()
        found["bare_file_mb"] = (Path(folder) / "bare.duckdb").stat().st_size / MB
    return found


@contextmanager
def _watched() -> Iterator[dict[str, Any]]:
    """Seconds of each step of a refresh, of dbt's nodes, and of copying the file to its new version."""
    from juesuan import publish
    from juesuan.refresh import House

    seen: dict[str, Any] = {"steps": {}, "nodes": [], "copy": (0.0, 0)}

    def timed(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: House, *args: Any, **options: Any) -> Any:
            begun, cpu = time.perf_counter(), _cpu()
            try:
                return step(self, *args, **options)
            finally:
                before = seen["steps"].get(name, (0.0, 0.0))
                seen["steps"][name] = (before[0] + time.perf_counter() - begun, before[1] + _cpu() - cpu)
                if name == "build":
                    seen["nodes"] = [(one.seconds, one.resource_type, one.name) for one in self.nodes]

        return run

    def copied(source: Path, target: Path) -> Any:
        begun = time.perf_counter()
        done = copy(source, target)
        seen["copy"] = (time.perf_counter() - begun, Path(target).stat().st_size)
        return done

    steps = {name: getattr(House, name) for name in ("take_in", "land", "load", "build", "check", "publish")}
    copy = publish.shutil.copyfile  # type: ignore[attr-defined]
    try:
        for name, step in steps.items():
            setattr(House, name, timed(name, step))
        publish.shutil.copyfile = copied  # type: ignore[attr-defined]
        yield seen
    finally:
        for name, step in steps.items():
            setattr(House, name, step)
        publish.shutil.copyfile = copy  # type: ignore[attr-defined]


def _refreshed(what: str) -> dict[str, float]:
    from juesuan.refresh import refresh
    from juesuan.settings import Settings

    found: dict[str, float] = {}
    with _watched() as seen, _clocked(found, what):
        outcome = refresh(Settings.load())
    if outcome.outcome != "published":
        raise SystemExit(f"the refresh ended as {outcome.outcome}: {outcome.message}")
    seconds, size = seen["copy"]
    found |= {"copy_s": seconds, "copy_mb_s": size / MB / seconds, "file_mb": size / MB}
    found |= {"reports": outcome.reports, "cells": outcome.figures, "documents_read": sum(outcome.read.values())}
    for name, (clock, cpu) in seen["steps"].items():
        found |= {f"step {name}": clock, f"step {name} cpu": cpu}
    kinds: dict[str, float] = {}
    for taken, kind, _ in seen["nodes"]:
        kinds[kind] = kinds.get(kind, 0.0) + taken
    found |= {f"dbt {kind}s": taken for kind, taken in kinds.items()}
    found |= {f"node {name}": taken for taken, _, name in sorted(seen["nodes"], reverse=True)[:12]}
    return found


def build(_: Path) -> dict[str, float]:
    """A refresh of everything: each document is found read, and is loaded, modelled, checked and published."""
    return _refreshed("build")


def one(place: Path) -> dict[str, float]:
    """A refresh after one new report has come to the inbox: it is taken in, read, and all that follows."""
    from juesuan.settings import Settings

    (held,) = (place / "held").iterdir()
    inbox = Settings.load().inbox
    inbox.mkdir(exist_ok=True)
    shutil.copyfile(held, inbox / held.name)
    os.utime(inbox / held.name, (1, 1))  # else it might still be arriving
    found = _refreshed("one")
    if not found["documents_read"]:
        raise SystemExit("the new report was not read")
    found["one_s"] -= found["copy_s"]
    published = Settings.load().published.resolve()
    plain = published.with_name("plain-copy")
    begun = time.perf_counter()
    shutil.copyfile(published, plain)
    found["plain_copy_mb_s"] = plain.stat().st_size / MB / (time.perf_counter() - begun)
    plain.unlink()
    return found


def look(_: Path) -> dict[str, float]:
    """The look of the sensor where there is nothing to do, after the first in its process."""
    from juesuan import unattended
    from juesuan.settings import Settings

    def alert(title: str, body: str, *, good: bool = False) -> None:
        raise SystemExit(f"{title}: {body}")

    settings, taken = Settings.load(), []
    for _ in range(4):
        begun = time.perf_counter()
        decision = unattended.decide(settings, alert=alert)
        taken.append(time.perf_counter() - begun)
        if decision.run_key is not None:
            raise SystemExit(f"there is something to do: {decision.reason}")
    return {"look_s": min(taken[1:]), "first_look_s": taken[0]}


def figures(_: Path) -> dict[str, float]:
    """The figures of one report by unit and year, as a reader asks for them."""
    from juesuan.warehouse import connect

    query = "select * from marts.published_figure where unit_id = ? and fiscal_year = ?"
    connection = connect()
    keys = connection.execute(
        "select distinct unit_id, fiscal_year from raw.report order by hash(unit_id), fiscal_year"
    ).fetchall()
    connection.close()
    connection = connect()
    taken = []
    cpu = 0.0
    for key in keys[: ASKED + 1]:
        if len(taken) == 1:
            cpu = time.process_time()
        begun = time.perf_counter()
        rows = connection.execute(query, list(key)).fetchall()
        taken.append((time.perf_counter() - begun) * 1000)
        if not rows:
            raise SystemExit(f"no figures of {key}")
    cold, warm = taken[0], sorted(taken[1:])
    return {
        "figures_cpu_ms": (time.process_time() - cpu) * 1000 / len(warm),
        "figures_cold_ms": cold,
        "figures_ms": warm[math.ceil(0.95 * len(warm)) - 1],
        "figures_median_ms": statistics.median(warm),
    }


def dashboard(_: Path) -> dict[str, float]:
    """Every query that the pages ask, as they ask it, with some units; answers that a page kept are not asked again."""
    from streamlit.testing.v1 import AppTest

    from juesuan.dashboard import data
    from juesuan.warehouse import connect

    taken: list[tuple[float, str]] = []
    run, lock, cpu = data._run, threading.Lock(), [0.0]

    def timed(file: str, query: str, parameters: tuple[Any, ...]) -> Any:
        begun, used = time.perf_counter(), time.process_time()
        answer = run(file, query, parameters)
        with lock:
            cpu[0] += time.process_time() - used
            taken.append(((time.perf_counter() - begun) * 1000, " ".join(query.split())[:100]))
        return answer

    def script(name: str) -> None:
        import importlib

        import streamlit as st

        from juesuan.dashboard import data, frame

        st.session_state["_page"] = name
        frame.switches()
        data.begin()
        importlib.import_module(f"juesuan.dashboard.views.{name}").show()

    connection = connect()
    units = [
        row[0]
        for row in connection.execute(
            "select distinct unit_id from marts.unit_year order by hash(unit_id) limit 4"
        ).fetchall()
    ]
    connection.close()
    visits: list[tuple[str, dict[str, Any]]] = [(name, {}) for name in ("overview", "codes", "quality", "documents")]
    visits += [("unit", {"unit": unit, "part": part}) for unit in units for part in ("money", "topics", "history")]
    visits += [("compare", {"units": units[:2]}), ("compare", {"units": units[2:]}), ("text", {"q": "公务接待"})]
    data._run = timed  # type: ignore[assignment]
    for name, query in visits:
        page = AppTest.from_function(script, args=(name,), default_timeout=300)
        for key, value in query.items():
            page.query_params[key] = value
        page.run()
        if page.exception:
            raise SystemExit(f"page {name}: {page.exception[0].value}")
    slowest = sorted(taken)
    found: dict[str, float] = {
        "dashboard_ms": slowest[math.ceil(0.95 * len(slowest)) - 1][0],
        "dashboard_cpu_ms": cpu[0] * 1000 / len(slowest),
        "dashboard_median_ms": statistics.median(one for one, _ in slowest),
        "dashboard_slowest_ms": slowest[-1][0],
        "dashboard_queries": len(slowest),
    }
    return found | {f"query {query}": one for one, query in slowest[-8:]}


STAGES: dict[str, Callable[[Path], dict[str, float]]] = {
    "bare": bare,
    "build": build,
    "look": look,
    "figures": figures,
    "one": one,
    "dashboard": dashboard,
}


def _command(place: Path, *arguments: str) -> float:
    env = os.environ | {"JUESUAN_RAW": str(place / "raw"), "JUESUAN_WAREHOUSE": str(place / "warehouse")}
    taken = []
    for _ in range(3):
        begun = time.perf_counter()
        said = subprocess.run(
            [sys.executable, "-m", "juesuan", *arguments],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        taken.append(time.perf_counter() - begun)
        if said.returncode:
            raise SystemExit(f"juesuan {arguments[0]}: {said.stderr[-500:]}")
        if arguments[0] == "refresh" and json.loads(said.stdout)["outcome"] != "nothing_to_do":
            raise SystemExit("the refresh found something to do; does the project change while it is measured?")
    return min(taken)


def measured(size: int, to: Path, keep: Callable[[dict[str, float]], None]) -> dict[str, float]:
    """All of one size; ``keep`` is told what there is after each stage."""
    place = region(size, to)
    if (place / "warehouse" / "versions").exists():
        raise SystemExit(f"{place} was measured before; remove it, or say another folder with --to")
    found: dict[str, float] = {"parquet_mb": _parquet(place) / MB}
    for name in STAGES:
        made = stage(name, place)
        if name == "one":
            kept = {one: made[one] for one in ("one_s", "one_cpu_s", "copy_mb_s", "plain_copy_mb_s")}
            parts = {f"one: {part}": value for part, value in made.items() if part.startswith(("step", "dbt", "node"))}
            found |= kept | parts
        else:
            found |= made
        found[f"{name}_peak_mb"] = made["peak_mb"]
        if name == "build":
            found["build_ratio"] = found["build_s"] / found["bare_s"]
            found["build_cpu_ratio"] = found["build_cpu_s"] / found["bare_cpu_s"]
            found["file_ratio"] = found["file_mb"] / found["parquet_mb"]
            found |= {"start_s": _command(place, "--help"), "idle_s": _command(place, "refresh", "--json")}
            found["idle_over_s"] = found["idle_s"] - found["start_s"]
        keep(found)
    return found


# --- what is said ----------------------------------------------------------------------------------------------------


def exponent(smaller: tuple[int, float], larger: tuple[int, float]) -> float | None:
    """How fast it grows: 0 not at all, 1 in step with the reports; None where it cannot be told."""
    if min(smaller[1], larger[1]) <= 0 or smaller[0] == larger[0]:
        return None
    return math.log(larger[1] / smaller[1]) / math.log(larger[0] / smaller[0])


def rows(results: dict[int, dict[str, float]]) -> Iterator[tuple[str, list[str], str, str, str]]:
    """(what, one value a size, exponent between the last two, aim, whether it holds) of each line of the table."""
    sizes = sorted(results)
    for name, aim in AIMS.items():
        values = [results[size].get(name) for size in sizes]
        if all(value is None for value in values):
            continue
        told = ["" if value is None else f"{_short(value)} {aim.unit}".strip() for value in values]
        grown = None
        if aim.grows and len(sizes) > 1 and values[-1] is not None and values[-2] is not None:
            grown = exponent(
                (int(results[sizes[-2]]["reports"]), values[-2]), (int(results[sizes[-1]]["reports"]), values[-1])
            )
        last, limit = values[-1], aim.limit
        if name == "one_s" and values[0] is not None and len(sizes) > 1:
            limit = 1.5 * values[0]
        holds = (
            ""
            if limit is None or last is None
            else "yes"
            if last <= limit
            else f"no: {_short(last / limit)} times the aim"
        )
        yield aim.says, told, "" if grown is None else f"{grown:.2f}", aim.aim, holds


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def machine() -> str:
    """What the figures were measured on: cores, memory, versions."""
    import duckdb
    import psutil

    memory = psutil.virtual_memory().total / 2**30
    return (
        f"{os.cpu_count()} cores (shared with other work), {memory:.0f} GiB of memory, "
        f"Python {platform.python_version()}, DuckDB {duckdb.__version__}"
    )


def show(results: dict[int, dict[str, float]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Scale")
    for head in ("what", *(f"{size:,}" for size in sorted(results)), "exponent", "aim", "holds"):
        table.add_column(head, overflow="fold")
    for what, told, grown, aim, holds in rows(results):
        table.add_row(what, *told, grown, aim, holds)
    console = Console()
    if not console.is_terminal:
        console.width = 160
    console.print(table)
    console.print(machine())


BEGIN, END = "<!-- measured: make bench-scale -->", "<!-- end -->"


def write_docs(page: Path, results: dict[int, dict[str, float]], workers: str) -> None:
    """Put the table into its place in the page; what a person wrote around it stays."""
    sizes = sorted(results)
    command = f"python -m tests.bench.scale --sizes {','.join(map(str, sizes))} --docs docs/performance.md"
    lines = [BEGIN, f"Measured by `{command}` on {machine()}.", ""]
    lines.append("| what | " + " | ".join(f"{size:,}" for size in sizes) + " | exponent | aim | holds |")
    lines.append("| --- |" + " ---: |" * (len(sizes) + 1) + " --- | --- |")
    lines += [
        f"| {what} | {' | '.join(told)} | {grown} | {aim} | {holds} |"
        for what, told, grown, aim, holds in rows(results)
    ]
    lines += ["", workers, "", "Where the time of the largest size goes (seconds on the clock):", ""]
    last = results[sizes[-1]]
    for title, prefix in (("build", ""), ("one new report", "one: ")):
        steps = [
            f"{name.removeprefix(prefix)} {_short(value)}"
            for name, value in last.items()
            if name.startswith((f"{prefix}step ", f"{prefix}dbt ")) and not name.endswith("cpu")
        ]
        nodes = [
            f"{name.removeprefix(f'{prefix}node ')} {_short(value)}"
            for name, value in last.items()
            if name.startswith(f"{prefix}node ")
        ]
        lines.append(f"- {title}: {', '.join(steps)}; dbt's slowest: {', '.join(nodes[:8])}")
    lines.append(END)
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    page.write_text(before + "\n".join(lines) + rest.partition(END)[2], "utf-8")


def two_workers() -> str:
    """The line of ``python -m tests.bench workers``."""
    from tests.bench.__main__ import two_workers as measure

    line = measure(1)
    return (
        f"Extraction by two workers (`python -m tests.bench workers`): {line.measured}; {line.against}; aim {line.aim}."
    )


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale", description=__doc__.partition("\n")[0])
    parser.add_argument("--sizes", default="1000,10000", help="numbers of reports (default 1000,10000)")
    parser.add_argument("--to", type=Path, help="folder for the regions; kept, and used again; else a temporary one")
    parser.add_argument("--docs", type=Path, help="page to write the table into")
    parser.add_argument(
        "--json", type=Path, help="file to keep all that was measured in; sizes in it are not measured again"
    )
    parser.add_argument("--stage", choices=list(STAGES), help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.stage:
        print(json.dumps(STAGES[options.stage](options.to)))
        return
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    results: dict[int, dict[str, float]] = {}
    if options.json and options.json.exists():
        results = {int(size): found for size, found in json.loads(options.json.read_text("utf-8")).items()}
    with tempfile.TemporaryDirectory(prefix="juesuan-scale-") as place:
        for size in map(int, options.sizes.split(",")):

            def keep(found: dict[str, float], size: int = size) -> None:
                results[size] = found
                if options.json:
                    options.json.write_text(json.dumps(results, ensure_ascii=False, indent=1), "utf-8")

            if size not in results:
                measured(size, (options.to or Path(place)).absolute(), keep)
    show(results)
    if options.docs:
        write_docs(options.docs, results, two_workers())


if __name__ == "__main__":
    main()
