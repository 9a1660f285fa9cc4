"""One document in, its reports out: the whole library in one call.

Belongs here: the order of the steps (read, identify, recognise, narrate, check) and the status of the result. Does
not belong here: any step itself, and anything that knows of files, processes or the warehouse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import (
    Extraction,
    Method,
    Page,
    Reading,
    Report,
    ReportPart,
    ReportStatus,
    ReportTable,
    UnassignedNumber,
    UnreadableDocument,
    UnrecognisedTable,
)
from juesuan.final_accounts.text import label

if TYPE_CHECKING:
    from juesuan.final_accounts.identify import Said
    from juesuan.final_accounts.reports import Part


@cache
def extractor_fingerprint() -> str:
    """A hash of the library's code and form data, and of what reading stands on here (print recognition, LibreOffice
    and the like may be installed or not): what decides how a document is read. 16 hex digits.
    """
    from juesuan.final_accounts.readers import environment

    folder = Path(__file__).parent
    digest = hashlib.sha256(environment().encode())
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".yml", ".csv"}:
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def extract(data: bytes, name: str = "") -> tuple[Extraction, ...]:
    """Read every report of one document.

    Never raises for what a document may hold: one that cannot be read comes back as one extraction with status
    ``failed`` and the reason. ``name`` is the file name, for messages only.
    """
    from juesuan.final_accounts.readers import read

    document_id = hashlib.sha256(data).hexdigest()
    try:
        reading = read(data, name)
    except UnreadableDocument as error:
        return (failed(document_id, str(error)),)
    return extract_reading(reading, document_id, name)


def extract_folder(folder: Path) -> tuple[Extraction, ...]:
    """Read every report of a folder of documents, as ``extract`` reads an archive of them."""
    from juesuan.final_accounts.readers.packed import folder_id, read_folder

    document_id = folder_id(folder)
    try:
        reading = read_folder(folder)
    except UnreadableDocument as error:
        return (failed(document_id, f"{folder.name}: {error}"),)
    return extract_reading(reading, document_id, folder.name)


def failed(document_id: str, reason: str) -> Extraction:
    """The extraction of a document that gave no report."""
    report = Report(document_id, None, None, None, None, None, "failed", reason, extractor=extractor_fingerprint())
    return Extraction(report)


def extract_reading(
    reading: Reading, document_id: str, name: str = "", said: Mapping[int | None, Said] | None = None
) -> tuple[Extraction, ...]:
    """The same from a reading that a reader (or a cache of readings) gave.

    ``said`` is what a person asserted of its reports, by their number (None for all): a document that was set aside is
    read as final accounts where a person says that it is, and the other way round.
    """
    from juesuan.final_accounts.reports import reports_in

    return tuple(
        _extract_part(part, document_id, ordinal) for ordinal, part in enumerate(reports_in(reading, name, said))
    )


def extract_joined(
    members: Sequence[tuple[Reading, str, str, int]],
    said: Said,
    asserted: Mapping[str, Mapping[int | None, Said]] | None = None,
) -> Extraction:
    """Several documents that are one report, read as one: tables of one workbook are checked against those of another.

    ``members`` are (reading, file name, document_id, number of the report within it), ``said`` is what is settled of
    the report, ``asserted`` what a person said of a member (by its document_id). Pages count through the members, and
    ``report.parts`` says which are whose.
    """
    from juesuan.final_accounts.reports import one_report, reports_in

    pages: list[Page] = []
    parts: list[ReportPart] = []
    notes: list[str] = []
    unread: list[str] = []
    for reading, name, document_id, number in members:
        own = reports_in(reading, name, (asserted or {}).get(document_id))
        given = own[number].reading if number < len(own) else reading
        parts.append(ReportPart(document_id, number, tuple(page.number for page in given.pages)))
        for page in given.pages:
            path = f"{name}/{page.part}" if page.part else name
            pages.append(_numbered(page, len(pages) + 1, path, page.method or given.method))
        notes += given.notes
        unread += given.unread
    first = members[0][0]
    joined = Reading(
        first.method, first.media_type, tuple(pages), tuple(dict.fromkeys(notes)), tuple(dict.fromkeys(unread))
    )
    whole = one_report(joined, "", said)
    return _extract_part(whole, parts[0].document_id, parts[0].report_no, tuple(parts))


def _numbered(page: Page, number: int, path: str, method: Method) -> Page:
    """A page with its number among those of several documents; so has everything on it."""
    blocks = tuple(replace(block, page=number) for block in page.blocks)
    return replace(page, number=number, blocks=blocks, part=path, method=method)


def _extract_part(part: Part, document_id: str, ordinal: int, several: tuple[ReportPart, ...] = ()) -> Extraction:
    identity = part.identity
    report = Report(
        document_id=document_id,
        unit_name=identity.unit_name,
        fiscal_year=identity.fiscal_year,
        scope=identity.scope,
        family=identity.family,
        money_unit=None,
        status="set_aside",
        reason=None,
        ordinal=ordinal,
        extractor=extractor_fingerprint(),
        title=identity.title,
        printings=identity.printings,
        parts=several,
    )
    if identity.family != "final_accounts":
        why = identity.reason or f"not final accounts but of family {identity.family}"
        return Extraction(replace(report, reason=why), notes=(*part.reading.notes, *part.reading.unread))
    return _final_accounts(part.reading, report, identity.doubts)


def _final_accounts(reading: Reading, report: Report, doubts: Iterable[str]) -> Extraction:
    from juesuan.final_accounts.checks import run_checks
    from juesuan.final_accounts.confirmation import confirm
    from juesuan.final_accounts.narrative import NarrativeContext, read_narrative
    from juesuan.final_accounts.recognise import recognise

    tables = recognise(reading, unit_name=report.unit_name, fiscal_year=report.fiscal_year)
    names: dict[str, list[tuple[str, str]]] = {}
    for cell in tables.cells:
        if cell.row_key.isdigit():
            entry = (cell.table_key, cell.row_key)
            known = names.setdefault(label(cell.row_label), [])
            if entry not in known:
                known.append(entry)
    narrative = read_narrative(
        tables.rest,
        NarrativeContext(
            unit_name=report.unit_name,
            fiscal_year=report.fiscal_year,
            names={name: tuple(entries) for name, entries in names.items()},
        ),
    )
    unassigned = (*tables.unassigned, *narrative.unassigned)
    status, reason = _status(tables.tables, unassigned, tables.unrecognised, tuple(doubts), reading.unread)
    extraction = Extraction(
        report=replace(
            report,
            money_unit=tables.money_unit,
            status=status,
            reason=reason,
            units=narrative.units,
            tables=tables.tables,
        ),
        cells=tables.cells,
        statements=narrative.statements,
        indicators=narrative.indicators,
        terms=narrative.terms,
        passages=narrative.passages,
        unrecognised_tables=tables.unrecognised,
        unassigned_numbers=unassigned,
        notes=(*reading.notes, *reading.unread),
    )
    return confirm(replace(extraction, checks=run_checks(extraction)))


def _status(
    tables: Iterable[ReportTable],
    unassigned: Iterable[UnassignedNumber],
    unrecognised: Iterable[UnrecognisedTable],
    doubts: tuple[str, ...],
    unread: tuple[str, ...] = (),
) -> tuple[ReportStatus, str | None]:
    """loaded, or partial with every table that is missing, unreadable, unknown or has figures without a place, and
    with what of the document could not be read.
    """
    if doubts:
        return "needs_review", "; ".join(doubts)
    reasons = [
        f"{t.table_key} {t.title} {t.state}" + (f": {t.reason}" if t.state == "unreadable" and t.reason else "")
        for t in tables
        if t.state in ("missing", "unreadable")
    ]
    unplaced: dict[str, int] = {}
    for number in unassigned:
        if number.table_key:
            unplaced[number.table_key] = unplaced.get(number.table_key, 0) + 1
    reasons += [f"{key}: {count} figures found no column" for key, count in unplaced.items()]
    reasons += [f"unknown table {t.title or '(no title)'}" for t in unrecognised]
    reasons += unread
    return ("partial", "; ".join(reasons)) if reasons else ("loaded", None)
