"""The manifest of a document: a Frictionless data package that says which document it is.

Belongs here: the records of a document's identity, their form on disk, and what a person asserted on top of what was
read. Does not belong here: where manifests lie, and deciding anything about a document.

A manifest lies beside its document, under the document's name with ``.datapackage.json`` behind it. Standard fields
(title, sources, hash, bytes, mediatype) are those of a data package; ours stand under ``juesuan``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePosixPath
from typing import Any, Literal, NamedTuple, cast, get_args

from juesuan.final_accounts.model import Family, Scope

SUFFIX = ".datapackage.json"

#: What a document is called from the archive to the marts. None in an archive: waiting to be loaded.
DocumentStatus = Literal["loaded", "partial", "set_aside", "needs_review", "failed", "withdrawn"]
Asserted = Literal["unit", "fiscal_year", "scope", "family"]


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a person says about a document where it does not speak for itself, on which basis, and when.

    ``report`` is the number of the report within the document; None holds for all of them.
    """

    field: Asserted
    value: str | int
    basis: str
    on: date
    report: int | None = None


@dataclass(frozen=True, slots=True)
class ReportIdentity:
    """Which report a document holds, as read from it when it was added, with what the registry made of it.

    ``tables`` are the keys of the tables whose titles it has; None where it was read before manifests said so.
    """

    report: int
    unit_name: str | None = None
    body_name: str | None = None
    unit_id: str | None = None
    division_code: str | None = None
    fiscal_year: int | None = None
    scope: Scope | None = None
    family: Family | None = None
    title: str | None = None
    reason: str | None = None
    doubts: tuple[str, ...] = ()
    unit_doubt: str | None = None
    evidence: tuple[str, ...] = ()
    tables: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One document by its manifest. ``path`` is relative to the archive; ``status`` None waits to be
    loaded.
    """

    document_id: str
    path: str
    title: str
    media_type: str
    bytes: int
    sources: tuple[str, ...] = ()
    retrieved_on: date | None = None
    published_on: date | None = None
    status: DocumentStatus | None = None
    reason: str | None = None
    reports: tuple[ReportIdentity, ...] = ()
    assertions: tuple[Assertion, ...] = ()
    copies: tuple[str, ...] = ()
    read_by: str | None = None

    @property
    def name(self) -> str:
        """Name of the file."""
        return PurePosixPath(self.path).name

    def asserted(self, report: int) -> dict[Asserted, Assertion]:
        """What holds for one report: the last assertion of each field, one for that report before one for
        all.
        """
        general = {one.field: one for one in self.assertions if one.report is None}
        return general | {one.field: one for one in self.assertions if one.report == report}

    def identity(self, read: ReportIdentity) -> ReportIdentity:
        """What a report is: as read, with what a person asserted on top."""
        values = {name: one.value for name, one in self.asserted(read.report).items()}
        unit = cast("str | None", values.get("unit"))
        return replace(
            read,
            unit_id=unit or read.unit_id,
            fiscal_year=cast("int | None", values.get("fiscal_year", read.fiscal_year)),
            scope=cast("Scope | None", values.get("scope", read.scope)),
            family=cast("Family | None", values.get("family", read.family)),
        )


class Card(NamedTuple):
    """What is told of a document without opening its manifest.

    ``places``: unit and fiscal year of each of its reports (:func:`place_of`), as asserted, else as read, one a line.
    ``only_scope``: nothing but its scope is open, and another document may tell it.
    """

    document_id: str
    bytes: int
    status: DocumentStatus | None
    is_asserted: bool
    places: str
    only_scope: bool


def place_of(report: ReportIdentity) -> str:
    """Unit and fiscal year of a report, as one text."""
    return f"{report.unit_id or ''} {report.fiscal_year or ''}"


def to_manifest(document: Document) -> dict[str, Any]:
    """The manifest of a document. Standard fields are those of a data package; ours stand under
    ``juesuan``.
    """
    own: dict[str, Any] = {
        "retrieved_on": _iso(document.retrieved_on),
        "published_on": _iso(document.published_on),
        "status": document.status,
        "reason": document.reason,
        "asserted": [
            {
                "field": one.field,
                "value": one.value,
                "report": one.report,
                "basis": one.basis,
                "on": one.on.isoformat(),
            }
            for one in document.assertions
        ],
        "read": [
            {
                "report": one.report,
                "unit_name": one.unit_name,
                "body_name": one.body_name,
                "unit_id": one.unit_id,
                "division_code": one.division_code,
                "fiscal_year": one.fiscal_year,
                "scope": one.scope,
                "family": one.family,
                "title": one.title,
                "reason": one.reason,
                "doubts": list(one.doubts),
                "unit_doubt": one.unit_doubt,
                "evidence": list(one.evidence),
                "tables": None if one.tables is None else list(one.tables),
            }
            for one in document.reports
        ],
        "read_by": document.read_by,
        "copies": list(document.copies),
    }
    return {
        "name": f"document-{document.document_id[:12]}",
        "id": document.document_id,
        "title": document.title,
        "sources": [_source(one) for one in document.sources],
        "resources": [
            {
                "name": "document",
                "type": "file",
                "path": document.name,
                "mediatype": document.media_type,
                "bytes": document.bytes,
                "hash": f"sha256:{document.document_id}",
            }
        ],
        "juesuan": own,
    }


def from_manifest(descriptor: Mapping[str, Any], folder: PurePosixPath) -> Document:
    """The document of a manifest that lies in ``folder``. Raises KeyError, TypeError or ValueError on
    another.
    """
    (resource,) = descriptor["resources"]
    algorithm, _, digest = resource["hash"].partition(":")
    if algorithm != "sha256" or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError("resources[0].hash must be sha256: and 64 hexadecimal digits")
    name = resource["path"]
    if PurePosixPath(name).name != name:
        raise ValueError("resources[0].path must be the name of a file beside the manifest")
    own = descriptor.get("juesuan", {})
    if own.get("status") not in (None, *get_args(DocumentStatus)):
        raise ValueError(f"juesuan.status must be empty or one of {', '.join(get_args(DocumentStatus))}")
    return Document(
        document_id=digest,
        path=str(folder / name),
        title=descriptor["title"],
        media_type=resource["mediatype"],
        bytes=int(resource["bytes"]),
        sources=tuple(one.get("path") or one["title"] for one in descriptor.get("sources", ())),
        retrieved_on=_date(own.get("retrieved_on")),
        published_on=_date(own.get("published_on")),
        status=own.get("status"),
        reason=own.get("reason"),
        reports=tuple(
            ReportIdentity(
                **(
                    one
                    | {
                        "doubts": tuple(one["doubts"]),
                        "evidence": tuple(one["evidence"]),
                        "tables": None if one.get("tables") is None else tuple(one["tables"]),
                    }
                )
            )
            for one in own.get("read", ())
        ),
        assertions=tuple(
            Assertion(one["field"], one["value"], one["basis"], date.fromisoformat(one["on"]), one.get("report"))
            for one in own.get("asserted", ())
        ),
        copies=tuple(own.get("copies", ())),
        read_by=own.get("read_by"),
    )


def frictionless_notes(descriptor: Mapping[str, Any]) -> list[str]:
    """What the Frictionless validator has to say about a manifest; nothing, if it is valid."""
    from frictionless import FrictionlessException, Package

    try:
        Package.from_descriptor(dict(descriptor))
    except FrictionlessException as problem:
        return [reason.note for reason in problem.reasons] or [problem.error.note]
    return []


def _source(text: str) -> dict[str, str]:
    """An address is a path in a data package, anything else a title."""
    return {"title": text, "path": text} if re.match(r"[a-z][a-z0-9+.-]*://", text) else {"title": text}


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None
