"""``python -m tests.generator``: render every format in every layout, read it back, print the table of scores.

Belongs here: running, timing, the table in ``docs/extraction.md``. Does not belong here: rendering, scoring, floors.

``python -m tests.generator show FORMAT LAYOUT`` says of one document what was read wrongly; ``save`` writes it to a
file; ``docs`` writes the table between the marks of ``docs/extraction.md``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.generator.drawing import layout_names
from tests.generator.formats import FORMATS, Format
from tests.generator.score import Score, merged, score

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "extraction.md"
BEGIN, END = "<!-- generated: python -m tests.generator docs -->", "<!-- end of generated -->"


@dataclass(frozen=True)
class Result:
    """The score of one document."""

    format: str
    layout: str
    score: Score


def run(name: str, layouts: Sequence[str] | None = None) -> list[Result]:
    """Render one format in its layouts, read each back, score it."""
    from juesuan.final_accounts.extract import extract

    kind = FORMATS[name]
    reports = kind.reports(layouts)
    if not reports:
        return []
    results = []
    for report, data in zip(reports, kind.make(reports), strict=True):
        begun = time.process_time()
        try:
            extractions = extract(data, f"{report.layout}.{kind.suffix}")
        except Exception as error:
            # a reader that raises has failed at its promise; the table has to say so and go on
            got = score((), report.truth)
            got.reasons = [f"raised {type(error).__name__}: {error}"]
        else:
            got = score(extractions, report.truth, stored=kind.stored, statements=kind.statements)
        got.seconds = time.process_time() - begun
        results.append(Result(name, report.layout, got))
    return results


def run_all(names: Iterable[str], layouts: Sequence[str] | None, workers: int) -> Iterator[Result]:
    """Several formats, side by side; results come format by format, as they are there."""
    chosen = [n for n in names if FORMATS[n].present]
    if workers < 2 or len(chosen) < 2:
        for name in chosen:
            yield from run(name, layouts)
        return
    with ProcessPoolExecutor(workers) as pool:
        for results in pool.map(run, chosen, [layouts] * len(chosen)):
            yield from results


# --- the table ------------------------------------------------------------------------------------------------------


def _percent(part: int, whole: int) -> str:
    if part == whole:
        return "100"
    return f"{int(part * 1000 / whole) / 10:.1f}"


def by_format(results: Sequence[Result]) -> str:
    """A row for each format: what share of its figures is exact, and what is wrong."""
    columns = (
        "format", "documents", "figures", "exact %", "misplaced", "invented", "respelled", "listed", "lost",
        "blanks %", "labels %", "tables %", "identity %", "statements %", "CPU s a document",
    )  # fmt: skip
    rows = [f"| {' | '.join(columns)} |", "| --- |" + " ---: |" * (len(columns) - 1)]
    for name, kind in FORMATS.items():
        own = [r.score for r in results if r.format == name]
        if not own:
            if not kind.present:
                rows.append(f"| {kind.label} | not run: {kind.needs} is not installed |" + " |" * (len(columns) - 2))
            continue
        s = merged(own)
        said = _percent(s.statements_right, s.statements) if s.statements else ""
        rows.append(
            f"| {kind.label} | {s.documents} | {s.figures} | {_percent(s.exact, s.figures)} | {s.misplaced}"
            f" | {s.invented} | {s.respelled} | {s.listed} | {s.lost} | {_percent(s.blanks_right, s.blanks)}"
            f" | {_percent(s.labels_right, s.labels)}"
            f" | {_percent(s.tables_right, s.tables)} | {_percent(s.identity_right, s.identity)} | {said}"
            f" | {s.seconds / s.documents:.2f} |"
        )
    return "\n".join(rows)


def by_layout(results: Sequence[Result]) -> str:
    """Format by layout: the share of exact figures, with what was misplaced (m) and invented (i)."""
    layouts = layout_names()
    rows = ["| format | " + " | ".join(layouts) + " |", "| --- |" + " ---: |" * len(layouts)]
    table = {(r.format, r.layout): r.score for r in results}
    for name in FORMATS:
        if not any(f == name for f, _ in table):
            continue
        cells = []
        for layout in layouts:
            s = table.get((name, layout))
            if s is None:
                cells.append("")
            elif s.unread:
                cells.append("unread")
            else:
                text = _percent(s.exact, s.figures)
                text += f" m{s.misplaced}" if s.misplaced else ""
                text += f" i{s.invented}" if s.invented else ""
                cells.append(text)
        rows.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def failures(results: Sequence[Result], kinds: Sequence[Format]) -> str:
    """What fails and why, the first reason of each document that is not read whole."""
    lines = []
    for kind in kinds:
        bad = [r for r in results if r.format == kind.name and not r.score.perfect]
        if kind.group in ("gaps", "worn"):
            bad = [r for r in bad if r.score.misplaced or r.score.invented or r.score.unread]
        seen: dict[str, list[str]] = {}
        for r in bad:
            reason = r.score.reasons[0] if r.score.reasons else "figures not found"
            seen.setdefault(reason.replace("|", "¦"), []).append(r.layout)
        lines += [f"- {kind.name}: {', '.join(where)}: {reason}" for reason, where in seen.items()]
    return "\n".join(lines) if lines else "Nothing."


def real_documents() -> str:
    """The real documents of the tests, scored against figures read by eye."""
    import json

    from juesuan.final_accounts.extract import extract
    from juesuan.final_accounts.numbers import plain

    rows = ["| document | figures | exact | blanks right | other cells |", "| --- | ---: | ---: | ---: | ---: |"]
    for path in sorted((ROOT / "tests" / "fixtures" / "truth").glob("*.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        source = ROOT / "raw" / "documents" / f"{path.stem}.pdf"
        cells = {
            (c.table_key, c.row_key, c.column_key): plain(c.value)
            for e in extract(source.read_bytes())
            for c in e.cells
        }
        wanted = {(c["table_key"], c["row_key"], c["column_key"]): c["value"] for c in truth["cells"]}
        figures = {k: v for k, v in wanted.items() if v is not None}
        exact = sum(cells.get(k) == v for k, v in figures.items())
        blanks = sum(k in cells and cells[k] is None for k, v in wanted.items() if v is None)
        other = sum(k not in wanted and v is not None for k, v in cells.items())
        rows.append(
            f"| {source.name} | {len(figures)} | {exact} | {blanks} of {len(wanted) - len(figures)} | {other} |"
        )
    return "\n".join(rows)


def report_text(results: Sequence[Result]) -> str:
    """Everything that the command writes."""
    return "\n\n".join(
        [
            "### By format",
            by_format(results),
            "### Format by layout",
            "Share of the figures that are exact, in %; m: misplaced, i: invented. Empty: not tried.",
            by_layout(results),
            "### What fails, and why",
            failures(results, list(FORMATS.values())),
            "### Real documents",
            real_documents(),
        ]
    )


def write_docs(text: str) -> None:
    """Put the tables between their marks in ``docs/extraction.md``."""
    page = DOCS.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCS.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.generator", description=__doc__)
    parser.add_argument("what", nargs="?", default="table", choices=["table", "docs", "show", "save", "list"])
    parser.add_argument("names", nargs="*", help="formats (or their beginnings) and layouts; for save a file last")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    layouts = [n for n in given.names if n in layout_names()]
    formats = [f for f in FORMATS for n in given.names if f == n or (n.endswith("*") and f.startswith(n[:-1]))] or list(
        FORMATS
    )
    if given.what == "list":
        print("\n".join([*(f"{f.name}  {f.label}" for f in FORMATS.values()), "", *layout_names()]))
        return 0
    if given.what == "save":
        kind = FORMATS[formats[0]]
        Path(given.names[-1]).write_bytes(kind.make(kind.reports(layouts[:1]))[0])
        return 0
    found = run_all(formats, layouts or None, given.workers)
    if given.what == "show":
        for r in found:
            print(f"{r.format} {r.layout}: {r.score.short()} listed {r.score.listed} ({r.score.seconds:.1f} s)")
            print("".join(f"    {reason}\n" for reason in r.score.reasons[:40]), end="", flush=True)
        return 0
    text = report_text(list(found))
    if given.what == "docs":
        write_docs(text)
    else:
        print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
