"""A synthetic region as a folder: archive, registry, truth.

Belongs here: files, in the archive's own formats, written in bulk. Does not belong here: what stands in a document.

::

    README.md                     says that nothing here is real, and how to refresh it
    raw/                          an archive: documents, manifests, registry, index
    truth/planted.csv             every misprint, and the checks that should find it
    truth/figures.csv             true figures of a sample of the reports, in cents
    truth/adjustments.csv         openings that differ from the closing before, as the report declares
    truth/reissues.csv            reports whose first release was corrected
    truth/plan.json               the arguments
"""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import io
import json
import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from juesuan.demo import registering
from juesuan.demo.making import Plan, Region
from juesuan.demo.planting import Issue, Planted
from juesuan.final_accounts.archive import DOCUMENTS
from juesuan.final_accounts.index import INDEX
from juesuan.final_accounts.manifest import SUFFIX, Document, ReportIdentity, to_manifest
from juesuan.final_accounts.model import JuesuanError

#: A folder with this file in it is a demo and may be written over.
MARKER = "SYNTHETIC.md"
#: True figures are written of every so many-th report.
SAMPLE = 20
#: Format -> end of the name, media type.
_MEDIA = {
    "text": (".txt", "text/plain"),
    "pdf": (".pdf", "application/pdf"),
    "xlsx": (".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
FORMATS = tuple(_MEDIA)

Progress = Callable[[str, int, int], None]


class DemoError(JuesuanError):
    """The demo cannot be written or scored; the message says what, where and what to do."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and how fast."""

    folder: str
    documents: int
    units: int
    years: list[int]
    planted: int
    bytes: int
    seconds: float
    documents_per_second: float


def write(plan: Plan, to: Path, form: str = "text", progress: Progress | None = None) -> Written:
    """Write the region into a folder of its own. Raises :class:`DemoError` where other things lie there."""
    begun = time.perf_counter()
    printer = printer_of(form)
    suffix, media = _MEDIA[form]
    ready(to)
    documents = to / "raw" / DOCUMENTS
    region = Region(plan)
    index: dict[str, tuple[int, str, str]] = {}
    planted: list[Planted] = []
    figures: list[Sequence[Any]] = []
    count = size = 0
    estimate = max(1, plan.units * plan.years)
    for issue in region.issues():
        data = printer(issue)
        name = issue.report.stem + suffix
        manifest = manifest_of(issue, data, name, media)
        stamp = stamp_of(issue.report.retrieved)
        for at, content in ((name, data), (name + SUFFIX, manifest)):
            index[f"{DOCUMENTS}/{at}"] = put(documents / at, content, stamp)
        planted += issue.planted
        if count % SAMPLE == 0:
            figures += true_figures(issue)
        count += 1
        size += len(data)
        if progress and count % 50 == 0:
            progress("documents", count, max(estimate, count))
    finish(to, region, planted, figures, index)
    seconds = time.perf_counter() - begun
    units = sum(len(county.bodies) for county in region.counties)
    years = list(plan.span)
    errors = len({one.error for one in planted})
    return Written(str(to), count, units, years, errors, size, round(seconds, 2), round(count / seconds, 1))


def finish(
    to: Path,
    region: Region,
    planted: Iterable[Planted],
    figures: Iterable[Sequence[Any]],
    index: dict[str, tuple[int, str, str]],
) -> None:
    """Registry, index and truth, once all documents are there."""
    stamp = stamp_of(date(region.plan.last_year + 1, 12, 31))
    for path, content in registering.registry(region).items():
        index[path] = put(to / "raw" / path, content, stamp)
    ordered = {path: index[path] for path in sorted(index)}
    put(to / "raw" / INDEX, json.dumps(ordered, ensure_ascii=False, indent=0).encode(), stamp)
    write_truth(to, region, planted, figures, stamp)


def printer_of(form: str) -> Callable[[Issue], bytes]:
    """What prints a report in a format. Raises :class:`DemoError` for one that is not known."""
    if form not in FORMATS:
        raise DemoError(f"--format {form} is not known; say one of {', '.join(FORMATS)}")
    from juesuan.demo import pdf, text, workbook

    needs = {"pdf": "reportlab", "xlsx": "openpyxl"}.get(form)
    if needs and importlib.util.find_spec(needs) is None:
        raise DemoError(f"--format {form} needs {needs}, which is not installed; say pip install 'juesuan[demo]'")
    return {"text": text.document, "pdf": pdf.document, "xlsx": workbook.document}[form]


def ready(to: Path) -> None:
    """A folder that is new, empty, or a demo of before, whose files go."""
    import shutil

    if to.exists() and not to.is_dir():
        raise DemoError(f"{to} is a file; say another folder with --to")
    if to.is_dir() and any(to.iterdir()) and not (to / MARKER).exists():
        raise DemoError(f"{to} holds other things than a demo; nothing was written; say another folder with --to")
    for part in ("raw", "truth", "warehouse"):
        shutil.rmtree(to / part, ignore_errors=True)
    for path in (f"raw/{DOCUMENTS}", "raw/registry", "raw/inbox", "truth"):
        (to / path).mkdir(parents=True, exist_ok=True)
    (to / MARKER).write_text(
        "# Synthetic\n\nNothing here is real: `juesuan demo` made it up.\n"
        "Never add these documents to another archive.\n"
        "\n    JUESUAN_RAW=<this folder>/raw JUESUAN_WAREHOUSE=<this folder>/warehouse juesuan refresh\n"
        "    juesuan demo score --to <this folder>\n",
        encoding="utf-8",
    )


def stamp_of(day: date | None) -> int:
    """Files bear the time of their retrieval, so that a region written twice is the same to the last byte."""
    day = day or date.min
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000_000


def put(path: Path, content: bytes, stamp: int) -> tuple[int, str, str]:
    """Write a file; what the archive's index says of it."""
    with open(path, "wb") as file:  # noqa: PTH123 - a third of the time of Path's, once per file
        file.write(content)
    os.utime(path, ns=(stamp, stamp))
    return len(content), str(stamp), hashlib.sha256(content).hexdigest()


def document_of(issue: Issue, document_id: str, size: int, name: str, media: str) -> Document:
    """The document as the archive knows it: nothing of it needs review."""
    report = issue.report
    identity = ReportIdentity(
        report=0,
        unit_name=report.printed_name,
        body_name=report.name,
        unit_id=report.unit_id,
        division_code=report.division,
        fiscal_year=report.year,
        scope=report.scope,  # type: ignore[arg-type]
        family="final_accounts",
        title=report.title,
        evidence=("synthetic",),
        tables=tuple(table.key for table in report.tables),
    )
    return Document(
        document_id,
        f"{DOCUMENTS}/{name}",
        f"【合成数据】{report.title}",
        media,
        size,
        (registering.SOURCE,),
        report.retrieved,
        report.published,
        reports=(identity,),
    )


def manifest_of(issue: Issue, data: bytes, name: str, media: str) -> bytes:
    """The manifest of a document, as the archive writes it."""
    document = document_of(issue, hashlib.sha256(data).hexdigest(), len(data), name, media)
    return (json.dumps(to_manifest(document), ensure_ascii=False, indent=2) + "\n").encode()


def true_figures(issue: Issue) -> list[Sequence[Any]]:
    """(report, document, table, row, column, printed, true cents) of every figure of its tables."""
    report = issue.report
    return [
        (report.report_id, report.stem, table.key, one.row, one.column, one.text, one.cents)
        for table in report.tables
        for one in table.figures()
    ]


PLANTED = ("error", "report_id", "document", "kind", "table", "row", "column", "printed", "true", "checks", "spread")


def write_truth(
    to: Path, region: Region, planted: Iterable[Planted], figures: Iterable[Sequence[Any]], stamp: int
) -> None:
    """The files below ``truth``."""
    rows = [[" ".join(v) if isinstance(v, tuple) else v for v in asdict(one).values()] for one in planted]
    files = {
        "planted.csv": (PLANTED, rows),
        "figures.csv": (("report_id", "document", "table", "row", "column", "printed", "true_cents"), figures),
        "adjustments.csv": (
            ("report_id", "fund", "cents"),
            [(a.report_id, a.fund, a.cents) for a in region.adjustments],
        ),
        "reissues.csv": (("report_id", "document", "published_on"), region.reissues),
    }
    for name, (columns, some) in files.items():
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(some)
        put(to / "truth" / name, out.getvalue().encode(), stamp)
    put(to / "truth" / "plan.json", (json.dumps(asdict(region.plan), indent=2) + "\n").encode(), stamp)
