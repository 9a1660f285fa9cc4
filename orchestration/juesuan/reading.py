"""Documents of the archive to extractions, over bounded worker processes.

Here: handing documents to workers and turning what they give, or how they end, into landed records. Belongs here: the
passage between the archive, the library and the landing. Does not belong here: reading itself, and what is landed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import JuesuanError
from juesuan.landing import Extracted, failed

if TYPE_CHECKING:
    from juesuan.final_accounts.archive import Archive, Document
    from juesuan.settings import Settings


def read_documents(
    archive: Archive, documents: Sequence[Document], settings: Settings, extractor: str
) -> Iterator[Extracted]:
    """Extract each document; one that cannot be read is one failed document, and the others go on."""
    from juesuan.final_accounts.extract import extract

    for document in documents:
        try:
            data = archive.read(document)
        except JuesuanError as problem:
            yield failed(document.document_id, str(problem), extractor)
            continue
        try:
            yield Extracted(document.document_id, extract(data, document.name))
        except Exception as problem:  # a fault of ours in one document must not stop the others
            reason = f"{document.name}: juesuan failed on it ({type(problem).__name__}: {problem}); our fault"
            yield failed(document.document_id, reason, extractor)
