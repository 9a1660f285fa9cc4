"""Documents of the archive to extractions, over bounded worker processes.

Here: handing documents to workers and turning what they give, or how they end, into what is landed. Belongs
here: the passage between the archive, the library and the landing. Does not belong here: reading itself, and
what is landed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from juesuan.final_accounts.model import Extraction, JuesuanError
from juesuan.landing import Extracted, failed

if TYPE_CHECKING:
    from juesuan.final_accounts.archive import Archive, Document
    from juesuan.loading import Joined
    from juesuan.settings import Settings

#: What a worker runs on (bytes, file name, document id, folder of kept readings, limits, assertions).
EXTRACT = "juesuan.readings:extract"
#: What it runs on (members, folder of kept readings, what is settled, limits).
JOIN = "juesuan.readings:extract_joined"


def read_documents(
    archive: Archive,
    documents: Sequence[Document],
    settings: Settings,
    extractor: str,
    progress: Callable[[Document, str, int, int], None] | None = None,
) -> Iterator[Extracted]:
    """Extract each document, as many at a time as there are processors, in the order in which they are done.

    One that cannot be read, costs more than its limits or ends its worker is one failed document with the
    reason; the others go on. Bytes are read as workers become free. ``progress`` is told of a document whose
    pages take long (scans) what is counted, how many are done, of how many.
    """
    from juesuan import readings
    from juesuan.final_accounts.readers import reader_fingerprint
    from juesuan.final_accounts.readers.worker import run_many

    readings.clean(settings.readings, reader_fingerprint())
    folder = str(settings.readings / reader_fingerprint())
    gone: list[Extracted] = []

    def tasks() -> Iterator[tuple[Document, tuple[Any, ...]]]:
        for document in documents:
            try:
                data = archive.read(document)
            except JuesuanError as problem:  # changed or gone since the run began
                heeded = archive.said_fingerprint(document)
                gone.append(failed(document.document_id, str(problem), extractor, heeded))
                continue
            said = archive.said(document)
            yield document, (data, document.name, document.document_id, folder, settings.limits, said)

    processes = max(1, min(len(documents), os.cpu_count() or 1))
    for document, extractions, error in run_many(EXTRACT, tasks(), processes, settings.limits, progress):
        key, heeded = document.document_id, archive.said_fingerprint(document)
        yield outcome(key, document.name, extractions, error, extractor, heeded)
    yield from gone


def read_joined(archive: Archive, joined: Sequence[Joined], settings: Settings, extractor: str) -> Iterator[Extracted]:
    """Extract each group of documents that are one report, as :func:`read_documents` does single ones.

    A document that was read in this run or before is not opened again: its reading was kept.
    """
    from juesuan import readings
    from juesuan.final_accounts.identify import Said
    from juesuan.final_accounts.readers import reader_fingerprint
    from juesuan.final_accounts.readers.worker import run_many

    folder = settings.readings / reader_fingerprint()
    by_id = archive.catalogue()
    gone: list[Extracted] = []

    def tasks() -> Iterator[tuple[Joined, tuple[Any, ...]]]:
        for one in joined:
            members: list[readings.Member] = []
            try:
                for member in one.members:
                    document = by_id[member.document_id]
                    kept = readings.file_of(folder, member.document_id).exists()
                    data = b"" if kept else archive.read(document)
                    said = archive.said(document)
                    members.append((data, document.name, member.document_id, member.report_no, said))
            except JuesuanError as problem:
                gone.append(failed(one.record_id, str(problem), extractor))
                continue
            told = (said.get(number, said.get(None)) for *_, number, said in members)
            named = next((one.unit_name for one in told if one and one.unit_name), None)
            settled = Said(named, one.identity.fiscal_year, one.identity.scope, one.identity.family)  # type: ignore[arg-type]
            yield one, (members, str(folder), settled, settings.limits)

    processes = max(1, min(len(joined), os.cpu_count() or 1))
    for one, extraction, error in run_many(JOIN, tasks(), processes, settings.limits):
        name = f"{len(one.members)} documents of {one.identity.report_id}"
        yield outcome(one.record_id, name, (extraction,) if extraction else None, error, extractor, "")
    yield from gone


def outcome(
    key: str,
    name: str,
    extractions: tuple[Extraction, ...] | None,
    error: Exception | None,
    extractor: str,
    said: str,
) -> Extracted:
    """What is landed of one document (or group): its extractions, or one failed one with file and reason."""
    if error is None and extractions:
        return Extracted(key, extractions, said)
    if error is None:
        return failed(key, f"{name}: no report in it", extractor, said)
    reason = str(error)
    if not isinstance(error, JuesuanError):
        reason = f"juesuan failed on it ({type(error).__name__}: {error}); this is our fault"
    if name not in reason:
        reason = f"{name}: {reason}"
    return failed(key, reason, extractor, said)
