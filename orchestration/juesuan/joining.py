"""Which documents of the archive together are one report, which one is a copy, which one a reissue.

Here: sorting the records of one report (same unit, year, scope, family) into releases, by what each of them holds.
Belongs here: pure decisions over records. Does not belong here: which report a record is (``sources``), reading several
documents as one (``extract_joined`` of the library), files of one archive (``reports`` of the library).

Ten workbooks with a table each complete each other: one release. The same figures again are a copy, be they in another
format or without the text. A table whose figures differ from what was there before is a reissue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

#: The landing records of several documents that are one report are told from those of documents by this.
JOINED = "joined-"
#: So many sections of text that say other figures are another edition; fewer are a slip, or a note below a table.
OTHER_TEXT = 2


class Record(Protocol):
    """What one document says of one report, as far as joining looks at it."""

    @property
    def document_id(self) -> str: ...
    @property
    def report_no(self) -> int: ...
    @property
    def figures_sha256(self) -> str: ...
    @property
    def contents(self) -> Sequence[str]: ...


R = TypeVar("R", bound=Record)


@dataclass
class Edition(Generic[R]):
    """One release: the records that hold it, the first of them leading, and the records that hold it again."""

    members: list[R]
    held: dict[str, str]
    figures: set[str]
    copies: list[R] = field(default_factory=list)


def holds(record: Record) -> dict[str, str]:
    """Table or section -> fingerprint of its figures."""
    return dict(one.rsplit("=", 1) for one in record.contents)  # type: ignore[misc]


def editions(records: Sequence[R]) -> list[Edition[R]]:
    """The releases of one report, from its records in the order in which they were published."""
    found: list[Edition[R]] = []
    for record in records:
        held = holds(record)
        again = next((one for one in found if record.figures_sha256 in one.figures or _within(held, one.held)), None)
        if again is not None:
            again.copies.append(record)
            continue
        whole = [one for one in found if _within(one.held, held)]
        if whole:
            # all of it, and more: what was there before is in it
            first = whole[0]
            first.copies += first.members
            first.members, first.held = [record], held
            first.figures.add(record.figures_sha256)
            for other in whole[1:]:
                first.copies += [*other.members, *other.copies]
                first.figures |= other.figures
                found.remove(other)
            continue
        beside = next((one for one in reversed(found) if _completes(held, one.held)), None)
        if beside is not None:
            beside.members.append(record)
            beside.held |= {key: figures for key, figures in held.items() if key not in beside.held}
            beside.figures.add(record.figures_sha256)
            continue
        found.append(Edition([record], dict(held), {record.figures_sha256}))
    return found


def _within(held: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether all that one holds is in the other, with the same figures."""
    return bool(held) and all(other.get(key) == figures for key, figures in held.items())


def _completes(held: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether each holds what the other does not, and they meet in little and agree there."""
    both = held.keys() & other.keys()
    if len(both) > min(len(held), len(other)) - len(both) or not held or not other:
        return False
    differ = [key for key in both if held[key] != other[key]]
    return sum(key.startswith("text/") for key in differ) == len(differ) < OTHER_TEXT


def record_id(members: Sequence[Record], settled: Sequence[object]) -> str:
    """The key of the landing record of several documents that are one report; ``settled`` is what else decides it."""
    named = [[one.document_id, one.report_no] for one in members]
    text = json.dumps([named, [None if one is None else str(one) for one in settled]], ensure_ascii=False)
    return JOINED + hashlib.sha256(text.encode()).hexdigest()[:56]
