"""Reading a document only for its identity, as the archive needs it when a document is added.

Belongs here: from bytes to unit, year, scope and family with their doubts. Does not belong here: how they are
recognised, or what the registry makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from juesuan.final_accounts.manifest import ReportIdentity
from juesuan.final_accounts.model import JuesuanError


@dataclass(frozen=True, slots=True)
class Described:
    """What reading a document for its identity gave; ``failure`` says why it could not be read."""

    media_type: str
    reports: tuple[ReportIdentity, ...] = ()
    failure: str | None = None


#: Reads a document for its identity: (bytes, file name) -> Described. Never raises for a bad document.
Describe = Callable[[bytes, str], Described]


def describe(data: bytes, name: str) -> Described:
    """Read unit, year, scope and family from a document, in this process and without limits."""
    from juesuan.final_accounts.identify import division_of, identify
    from juesuan.final_accounts.readers import read

    try:
        reading = read(data, name)
        found = identify(reading, name)
    except JuesuanError as problem:
        return Described(media_type_of(data), failure=str(problem))
    except Exception as problem:  # one document never stops the others; the reason is recorded with it
        fault = f"{name}: juesuan failed on it ({type(problem).__name__}: {problem}); this is our fault"
        return Described(media_type_of(data), failure=fault)
    reports = []
    for number, one in enumerate(found):
        division = division_of(one.body_name) if one.body_name else None
        reports.append(
            ReportIdentity(
                report=number,
                unit_name=one.unit_name,
                body_name=one.body_name,
                division_code=division.code if division else None,
                fiscal_year=one.fiscal_year,
                scope=one.scope,
                family=one.family,
                title=one.title,
                doubts=tuple(one.doubts),
                evidence=tuple(str(piece) for piece in one.evidence),
            )
        )
    return Described(reading.media_type, tuple(reports))


def media_type_of(data: bytes) -> str:
    """A media type by the first bytes, for documents that no reader opened."""
    heads = (
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
    )
    for head, media_type in heads:
        if data.startswith(head):
            return media_type
    return "application/octet-stream"
