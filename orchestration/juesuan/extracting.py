"""Documents of the archive to extractions, over bounded worker processes.

Here: handing documents to workers and turning what they give, or how they end, into what is landed. Belongs
here: the passage between the archive, the library and the landing. Does not belong here: reading itself, and
what is landed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from juesuan.final_accounts.model import Extraction, JuesuanError
from juesuan.landing import Extracted, failed

if TYPE_CHECKING:
    from juesuan.final_accounts.archive import Archive, Document
    from juesuan.settings import Settings

#: What a worker runs on (bytes, file name, document id, folder of kept readings, limits).
EXTRACT = "juesuan.readings:extract"


def read_documents(
    archive: Archive, documents: Sequence[Document], settings: Settings, extractor: str
) -> Iterator[Extracted]:
    """Extract each document, as many at a time as there are processors, in the order in which they are done.

    One that cannot be read, costs more than its limits or ends its worker is one failed document with the
    reason; the others go on. Bytes are read as workers become free.
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
                gone.append(failed(document.document_id, str(problem), extractor))
                continue
            yield document, (data, document.name, document.document_id, folder, settings.limits)

    processes = max(1, min(len(documents), os.cpu_count() or 1))
    for document, extractions, error in run_many(EXTRACT, tasks(), processes, settings.limits):
        yield outcome(document, extractions, error, extractor)
    yield from gone


def outcome(
    document: Document, extractions: tuple[Extraction, ...] | None, error: Exception | None, extractor: str
) -> Extracted:
    """What is landed of one document: its extractions, or one failed one with file and reason."""
    if error is None and extractions:
        return Extracted(document.document_id, extractions)
    if error is None:
        return failed(document.document_id, f"{document.name}: no report in it", extractor)
    reason = str(error)
    if not isinstance(error, JuesuanError):
        reason = f"juesuan failed on it ({type(error).__name__}: {error}); this is our fault"
    if document.name not in reason:
        reason = f"{document.name}: {reason}"
    return failed(document.document_id, reason, extractor)
