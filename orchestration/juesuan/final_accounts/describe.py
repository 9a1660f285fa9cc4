"""Reading a document only for its identity, as the archive needs it when a document is added.

Belongs here: from bytes to unit, year, scope and family with their doubts. Does not belong here: how they are
recognised, or what the registry makes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from juesuan.final_accounts.manifest import ReportIdentity
from juesuan.final_accounts.model import JuesuanError, UnreadableDocument
from juesuan.final_accounts.readers import DEFAULT, Limits, read, sniff

if TYPE_CHECKING:
    from juesuan.final_accounts.identify import Identity
    from juesuan.final_accounts.readers.worker import Worker


@dataclass(frozen=True, slots=True)
class Described:
    """What reading a document for its identity gave; ``failure`` says why it could not be read."""

    media_type: str
    reports: tuple[ReportIdentity, ...] = ()
    failure: str | None = None


#: Reads a document for its identity: (bytes, file name) -> Described. Never raises for a bad document.
Describe = Callable[[bytes, str], Described]


def describe(data: bytes, name: str, limits: Limits = DEFAULT) -> Described:
    """Read unit, year, scope and family from a document, in this process."""
    from juesuan.final_accounts.identify import identify

    try:
        reading = read(data, name, limits)
        found = identify(reading, name)
        reports = tuple(_report(number, one) for number, one in enumerate(found))
    except JuesuanError as problem:
        return Described(sniff(data), failure=str(problem))
    except MemoryError:
        raise  # the worker's limit, which names itself
    except Exception as problem:  # one document never stops the others; the reason is recorded with it
        fault = f"{name}: juesuan failed on it ({type(problem).__name__}: {problem}); this is our fault"
        return Described(sniff(data), failure=fault)
    return Described(reading.media_type, reports)


def bounded(limits: Limits = DEFAULT) -> Describe:
    """:func:`describe` in a process that is stopped at its limits; started when first used, then kept."""
    worker: Worker | None = None

    def described(data: bytes, name: str) -> Described:
        nonlocal worker
        from juesuan.final_accounts.readers.worker import Worker, WorkerFailed

        worker = worker or Worker(limits)
        try:
            found = worker.run(f"{__name__}:describe", data, name, limits)
        except UnreadableDocument as problem:
            return Described(sniff(data), failure=f"{name}: {problem}")
        except WorkerFailed as problem:
            return Described(sniff(data), failure=f"{name}: {problem}; this is our fault")
        assert isinstance(found, Described)
        return found

    return described


def _report(number: int, one: Identity) -> ReportIdentity:
    from juesuan.final_accounts.identify import find_division

    place = find_division(one.body_name) if one.body_name else None
    return ReportIdentity(
        report=number,
        unit_name=one.unit_name,
        body_name=one.body_name,
        division_code=place.division.code if place and place.division else None,
        fiscal_year=one.fiscal_year,
        scope=one.scope,
        family=one.family,
        title=one.title,
        reason=one.reason,
        doubts=one.doubts,
        unit_doubt=place.reason if place else None,
        evidence=tuple(map(str, one.evidence)),
        tables=one.tables,
    )
