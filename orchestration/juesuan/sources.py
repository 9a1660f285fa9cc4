"""What loading takes from the archive: documents, the registry, and which report a landed record is.

Here: the passage from the archive's words to those of loading. Belongs here: whatever both sides must agree
on. Does not belong here: reading files, deciding what a document says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

from juesuan.final_accounts.manifest import SUFFIX
from juesuan.final_accounts.model import Report, Scope
from juesuan.final_accounts.store import open_store
from juesuan.loading import ArchivedDocument, Identity, LandedReport, Sources

if TYPE_CHECKING:
    from juesuan.final_accounts.archive import Archive, Document, Documents
    from juesuan.final_accounts.registry import Registry
    from juesuan.final_accounts.store import Entry


@dataclass(frozen=True)
class ArchiveState:
    """The archive at one moment. ``fingerprint`` was taken first, so that what changes later is never
    missed.
    """

    archive: Archive
    fingerprint: str
    documents: Documents
    problems: Mapping[str, str]
    damaged: tuple[ArchivedDocument, ...] = ()
    #: document_id -> sha256 of its manifest.
    manifests: Mapping[str, str] = field(default_factory=dict)
    #: Hash of the lists of the registry.
    registry: str = ""

    @property
    def to_read(self) -> list[str]:
        """Documents that are neither withdrawn nor changed under their manifest."""
        cards = self.documents.cards.items()
        return [one for one, card in cards if card.status != "withdrawn" and one not in self.problems]

    @cached_property
    def said(self) -> dict[str, str]:
        """Fingerprints of what a person asserted, for those documents of which anything is."""
        asserted = [one for one, card in self.documents.cards.items() if card.is_asserted]
        return {one: self.archive.said_fingerprint(self.documents[one]) for one in asserted}


def state_of(archive: Archive, listing: Sequence[Entry] | None = None) -> ArchiveState:
    """Look at the archive: one listing, which may have been made; a file is opened only where it differs from the
    index.
    """
    look = archive.look(listing)
    documents, findings = look.documents, look.findings
    store = open_store(archive.address)
    damaged = []
    for finding in findings:
        path = finding.path.removesuffix(SUFFIX)
        if finding.document_id is None and store.stat(path) is not None:
            damaged.append(ArchivedDocument(store.sha256(path), path, problem=finding.message))
    problems = {finding.document_id: finding.message for finding in findings if finding.document_id is not None}
    return ArchiveState(
        archive,
        look.fingerprint,
        documents,
        problems,
        tuple(one for one in damaged if one.document_id not in documents.manifests),
        look.manifests,
        look.registry,
    )


def archived(
    document: Document, problem: str | None = None, said: str = "", beside: Scope | None = None
) -> ArchivedDocument:
    """A document as loading wants it. ``beside``: the scope of the report that it completes, where it tells none."""
    return ArchivedDocument(
        document_id=document.document_id,
        path=document.path,
        title=document.title,
        media_type=document.media_type,
        bytes=document.bytes,
        sources=tuple(document.sources),
        retrieved_on=document.retrieved_on,
        published_on=document.published_on,
        problem=problem,
        withdrawn=(document.reason or "") if document.status == "withdrawn" else None,
        review=(document.reason or "not settled") if document.status == "needs_review" and not beside else None,
        said=said,
    )


def sources_of(state: ArchiveState, code: str = "") -> Sources:
    """Documents, registry and the function that says which report a landed record is.

    ``code``: a fingerprint of the code that decides it; without one, every load compares everything.
    """
    beside = state.archive.scopes_beside(state.documents)

    def identify(landed: LandedReport) -> Identity | str:
        document = state.documents.get(landed.document_id)
        if document is None:
            return "its manifest cannot be understood"
        return identity(state.archive, document, landed, beside.get(document.document_id))

    damaged = {one.document_id: one for one in state.damaged}
    inputs = dict(state.manifests)
    for one in {*state.problems, *state.said, *beside}:  # the manifest alone does not tell all of it
        told = state.problems.get(one), state.said.get(one), beside.get(one)
        inputs[one] = " ".join(map(str, (state.manifests.get(one), *told)))
    inputs |= {one.document_id: str(one.problem) for one in state.damaged}
    return Sources(
        documents=_Archived(state, beside, damaged),
        identify=identify,
        # Taken now, before any resolution proposes a unit in memory that no person has seen.
        registry=_RegistryRows(state.archive.registry),
        inputs=inputs if code else {},
        rules=f"{code} {state.registry}",
    )


class _Archived(Mapping[str, ArchivedDocument]):
    """The documents as loading wants them, made when they are asked for: a refresh asks for few of many."""

    def __init__(
        self, state: ArchiveState, beside: Mapping[str, Scope], damaged: Mapping[str, ArchivedDocument]
    ) -> None:
        self._state, self._beside, self._damaged = state, beside, damaged

    def __getitem__(self, document_id: str) -> ArchivedDocument:
        if document_id in self._damaged:
            return self._damaged[document_id]
        state, document = self._state, self._state.documents[document_id]
        problem, said = state.problems.get(document_id), state.said.get(document_id, "")
        return archived(document, problem, said, self._beside.get(document_id))

    def __iter__(self) -> Iterator[str]:
        yield from self._state.documents
        yield from self._damaged

    def __len__(self) -> int:
        return len(self._state.documents) + len(self._damaged)


class _RegistryRows(Mapping[str, tuple[Mapping[str, Any], ...]]):
    """The lists of a registry as they were at one moment, made into rows when they are asked for."""

    def __init__(self, registry: Registry) -> None:
        self._lists = {
            "unit": registry.units,
            "unit_name": registry.names,
            "unit_identifier": registry.identifiers,
            "unit_parent": registry.parents,
            "unit_succession": registry.successions,
            "approval": registry.approvals,
            "known_discrepancy": registry.discrepancies,
            "expected_body": registry.expected,
        }
        self._registry = registry

    def __getitem__(self, name: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(self._made(name))

    def __iter__(self) -> Iterator[str]:
        return iter(self._lists)

    def __len__(self) -> int:
        return len(self._lists)

    def _made(self, name: str) -> Iterator[dict[str, Any]]:
        # A unit carries the series and group that it is of.
        series = {one.unit_id: asdict(one) for one in self._registry.series()} if name == "unit" else {}
        for one in self._lists[name]:
            row = {column: getattr(one, column) for column in one.__slots__}
            for column in ("effective_on", "approved_on"):
                if row.get(column):
                    row[column] = date.fromisoformat(row[column])
            yield row | series.get(row.get("unit_id", ""), {})


def identity(archive: Archive, document: Document, landed: LandedReport, beside: Scope | None = None) -> Identity | str:
    """Which report it is: what a person asserted, else what the manifest says, else what the document says.

    ``beside`` is the scope of the one report that the document completes, for one that tells none.

    Where manifest and document disagree and no person has decided, that is for a person to settle, and so is
    a unit that the registry does not know: then the answer is the reason.
    """
    asserted = document.asserted(landed.report_no)
    noted = next((one for one in document.reports if one.report == landed.report_no), None)
    read = {"fiscal_year": landed.fiscal_year, "scope": landed.scope, "family": landed.family}
    settled: dict[str, Any] = {}
    open_fields = []
    for name, value in read.items():
        recorded = getattr(noted, name, None) if noted else None
        if name in asserted:
            settled[name] = asserted[name].value
        elif recorded is not None and value is not None and recorded != value:
            return f"its manifest says {name} {recorded}, the document reads {value}; juesuan review settles it"
        else:
            settled[name] = recorded if recorded is not None else value
        if name == "scope" and settled[name] is None:
            settled[name] = beside
        if settled[name] is None:
            open_fields.append(name)
    unit_id = noted.unit_id if noted and "unit" not in asserted else None
    if unit_id is None:
        resolution = archive.resolve(
            document,
            Report(
                document_id=landed.document_id,
                unit_name=landed.unit_name,
                fiscal_year=settled["fiscal_year"],
                scope=settled["scope"],
                family=settled["family"],
                money_unit=None,
                status="loaded",
                reason=None,
                ordinal=landed.report_no,
            ),
        )
        if resolution.unit_id is None or resolution.proposed:
            doubt = resolution.doubt or f"the registry does not know the unit {landed.unit_name}"
            return f"{doubt}; juesuan review settles it"
        unit_id = resolution.unit_id
    if open_fields:
        return f"not settled: {', '.join(open_fields)}; juesuan review settles it"
    return Identity(unit_id, int(settled["fiscal_year"]), settled["scope"], settled["family"])
