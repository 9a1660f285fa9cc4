"""The archive of documents as published: write-once files, their manifests, every human decision.

Belongs here: add, list, verify, withdraw, refile, review; which document is which, by the sha256 of its
bytes. Does not belong here: what a document says beyond its identity, or any database. Where the archive
lies is the caller's knowledge (an address for :mod:`~juesuan.final_accounts.store`).

::

    documents/<file>                      as published; the path carries no meaning and never moves
    documents/<file>.datapackage.json     its manifest, a Frictionless data package
    registry/*.csv                        units, names, identifiers, successions (registry_rows.py has them all)
    registry/decisions.jsonl              every decision of a person, one line each, before it takes effect
    inbox/                                files dropped here are taken by ``add_inbox``
    index.json                            size and stamp -> sha256, and what a manifest says; disposable

A document's file is written before its manifest, and a manifest before the file leaves the inbox: whoever is
killed in between says the same again, and nothing is lost or doubled.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal, get_args

from juesuan.final_accounts.describe import Describe, Described, bounded
from juesuan.final_accounts.extract import extractor_fingerprint
from juesuan.final_accounts.inbox import read_list, safe_name, waiting
from juesuan.final_accounts.index import Index
from juesuan.final_accounts.manifest import (
    SUFFIX,
    Asserted,
    Assertion,
    Card,
    Document,
    ReportIdentity,
    frictionless_notes,
    from_manifest,
    place_of,
    to_manifest,
)
from juesuan.final_accounts.model import ArchiveError, Family, LimitExceeded, Report, Scope
from juesuan.final_accounts.readers import DEFAULT, Limits, sniff
from juesuan.final_accounts.registry import Registry, Resolution, is_unit_id
from juesuan.final_accounts.registry_rows import KINDS, Succession, check_division
from juesuan.final_accounts.store import Entry, Store, open_store, sha256_of

if TYPE_CHECKING:
    from juesuan.final_accounts.identify import Said

DOCUMENTS, REGISTRY = "documents", "registry"
#: Stands for the tables of a report that was read before manifests named them: it may have any.
EVERY = ("*",)
DECISIONS = "registry/decisions.jsonl"

Outcome = Literal["added", "set_aside", "needs_review", "failed"]


#: Told which file is next, how many are done, and of how many.
Progress = Callable[[str, int, int], None]


class DocumentDiffers(ArchiveError):  # noqa: N818 - the name says what is wrong
    """A file is not the one that its manifest describes."""


class DocumentGone(ArchiveError):  # noqa: N818 - likewise
    """A manifest describes a file that is not there."""


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of one file; ``reason`` says why wherever the outcome is not ``added``."""

    file: str
    outcome: Outcome
    document_id: str | None
    path: str | None
    reason: str | None = None
    reports: tuple[ReportIdentity, ...] = ()
    new: bool = False
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the archive that is not as it should be: which file, and what to do."""

    kind: Literal[
        "sha256_differs", "missing", "no_manifest", "invalid_manifest", "invalid_registry", "invalid_decision"
    ]
    path: str
    message: str
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """Something that waits for a person: a document whose identity is not settled, or a unit nobody
    confirmed.
    """

    kind: Literal["document", "unit"]
    id: str
    name: str
    reason: str
    say: str


class Documents(Mapping[str, Document]):
    """Documents by document_id, in the order of their paths. ``cards`` tell of all of them; a manifest is opened when
    its document is asked for, which raises :class:`ArchiveError` where it cannot be understood any more.
    """

    def __init__(
        self, manifests: Mapping[str, Entry], cards: Mapping[str, Card], load: Callable[[Entry], Document]
    ) -> None:
        self.manifests = manifests
        self.cards = cards
        self._load = load

    def __getitem__(self, document_id: str) -> Document:
        return self._load(self.manifests[document_id])

    def __iter__(self) -> Iterator[str]:
        return iter(self.manifests)

    def __len__(self) -> int:
        return len(self.manifests)

    def of_status(self, *statuses: str) -> Iterator[Document]:
        """Those that have one of these."""
        return (self[document_id] for document_id, card in self.cards.items() if card.status in statuses)


@dataclass(frozen=True, slots=True)
class Look:
    """The archive at one moment: its fingerprint, what is not as it should be, and its documents."""

    fingerprint: str
    findings: tuple[Finding, ...]
    documents: Documents
    #: document_id -> sha256 of its manifest.
    manifests: Mapping[str, str]
    #: Hash of the lists of the registry.
    registry: str


class Archive:
    """The archive at one address.

    ``describe`` reads a document for its identity (otherwise :func:`~juesuan.final_accounts.describe.bounded`, in a
    process that keeps to the limits); a document beyond ``limits.max_bytes`` is kept but not read.
    """

    def __init__(
        self,
        raw: str | Path,
        *,
        describe: Describe | None = None,
        limits: Limits = DEFAULT,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._store: Store = open_store(raw)
        self._describe = describe or bounded(limits)
        self._limits = limits
        self._today = today
        self._index = Index(self._store)
        self._registry: Registry | None = None
        self._loaded: dict[str, tuple[Entry, Document]] = {}
        #: Document by manifest, once it was asked for; the documents as listed then, and what was written since.
        self._ids: dict[str, str] = {}
        self._first: Sequence[Entry] | None = None
        self._written: set[str] = set()

    @property
    def address(self) -> str:
        """Where the archive lies."""
        return self._store.address

    @property
    def registry(self) -> Registry:
        """The registry of units, read once."""
        if self._registry is None:
            self._registry = Registry(self._store)
        return self._registry

    def afresh(self) -> Archive:
        """The same archive as it is now, for whom nothing was proposed; manifests that stay are not parsed again."""
        other = Archive(self._store.address, describe=self._describe, limits=self._limits, today=self._today)
        other._loaded, other._index = self._loaded, self._index
        if self._registry is not None and self._registry.is_current():
            other._registry = self._registry
        return other

    # --- reading ------------------------------------------------------------------------------------------

    def look(self, listing: Sequence[Entry] | None = None) -> Look:
        """:meth:`fingerprint`, :meth:`changed` and :meth:`documents` from one listing.

        The fingerprint is of the listing and contents are looked at after, so what changes meanwhile is never missed.
        """
        entries = self.listing() if listing is None else listing
        whole = self._index.whole(entries)
        hashes = self._index.hashes(entries)
        lists = "\n".join(f"{path} {hashes[path]}" for path in KINDS if path in hashes)
        findings: list[Finding] = []
        documents = self.catalogue(findings, entries)
        findings += self._differing(documents, entries, hashes)
        self._index.save(entries)
        return Look(
            whole,
            tuple(findings),
            documents,
            {document_id: hashes[manifest.path] for document_id, manifest in documents.manifests.items()},
            hashlib.sha256(lists.encode()).hexdigest(),
        )

    def listing(self) -> Sequence[Entry]:
        """Every file of documents and registry as it is now: what :meth:`fingerprint` and :meth:`look` are of."""
        return [*self._store.find(DOCUMENTS), *self._store.find(REGISTRY)]

    def listing_after_adding(self) -> Sequence[Entry]:
        """The same without listing all of them again: the documents as they were before the first was added here, with
        what was written here since. What others changed meanwhile, the next listing shows.
        """
        if self._first is None:
            return self.listing()
        entries = {entry.path: entry for entry in self._first}
        for path in self._written:
            entry = self._store.stat(path)
            entries |= {path: entry} if entry else {}
        return [*(entries[path] for path in sorted(entries)), *self._store.find(REGISTRY)]

    def documents(self) -> tuple[Document, ...]:
        """Every document of the archive by its manifest, withdrawn ones too, sorted by path.

        A manifest that cannot be understood stops nobody: :meth:`changed` and :meth:`verify` name it.
        """
        return tuple(self.catalogue().values())

    def find(self, key: str) -> Document:
        """The one document of a document_id (six first digits do), a path or a file name."""
        return self._pick(key)

    def read(self, document: Document) -> bytes:
        """Its bytes, checked against the manifest.

        Raises :class:`DocumentDiffers` or :class:`DocumentGone`, with file and what to do.
        """
        try:
            data = self._store.read(document.path)
        except FileNotFoundError:
            raise DocumentGone(_gone(document)) from None
        if hashlib.sha256(data).hexdigest() != document.document_id:
            raise DocumentDiffers(_differs(document))
        return data

    def changed(self) -> tuple[Finding, ...]:
        """Documents that are gone or not what their manifest says; hashes only what is not in the index."""
        return self.look().findings

    def fingerprint(self, listing: Sequence[Entry] | None = None) -> str:
        """One hash over manifests, registry, decisions and documents: equal as long as nothing changed.

        Costs one listing: content is hashed only where size or stamp differ from the index.
        """
        return self._index.whole(self.listing() if listing is None else listing)

    def resolve(self, document: Document, report: Report) -> Resolution:
        """The unit of one extracted report: as asserted, as settled when it was added, else by its printed name.

        ``unit_id`` is None where the report waits for a person; ``doubt`` says why.
        """
        from juesuan.final_accounts.identify import body_of, find_division

        asserted = document.asserted(report.ordinal).get("unit")
        settled = {one.report: one for one in document.reports if one.unit_name == report.unit_name}
        known = str(asserted.value) if asserted else None
        if known is None and report.ordinal in settled:
            known = settled[report.ordinal].unit_id
        if known is not None:
            try:
                return Resolution(known, self.registry.unit(known).confirmed)
            except ArchiveError as problem:  # its row was taken out by hand; one report waits, no other stops
                return Resolution(None, False, doubt=str(problem))
        if report.unit_name is None:
            return Resolution(None, False, doubt="the document does not say whose report it is")
        body = body_of(report.unit_name)
        place = find_division(body).division
        found = self.registry.resolve(body, place.code if place else None, report.fiscal_year)
        return replace(found, unit_id=None) if found.doubt and not found.proposed else found

    def said(self, document: Document) -> dict[int | None, Said]:
        """What a person asserted of each report of a document, for extraction to heed; under None what holds for
        those of which nothing else is asserted.
        """
        from juesuan.final_accounts.identify import Said

        out: dict[int | None, Said] = {}
        for number in {one.report for one in document.assertions}:
            values: dict[str, Any] = {
                name: one.value for name, one in document.asserted(-1 if number is None else number).items()
            }
            unit = values.pop("unit", None)
            out[number] = Said(unit_name=self.registry.name_of(unit) if unit else None, **values)
        return out

    def said_fingerprint(self, document: Document) -> str:
        """The fingerprint of :meth:`said`; '' where nothing is asserted."""
        if not document.assertions:
            return ""
        said = sorted((-1 if number is None else number, repr(one)) for number, one in self.said(document).items())
        return hashlib.sha256(repr(said).encode()).hexdigest()[:16]

    def scopes_beside(self, documents: Documents | None = None) -> dict[str, Scope]:
        """For documents that leave open only their scope: that of the one report which they complete.

        A workbook of one table says whose it is and of which year, seldom whether of a department or a unit. It takes
        the scope of the report of that unit and year, where the archive has exactly one and that lacks its tables.
        ``documents``: all of the archive, for who has them.
        """
        documents = self.catalogue() if documents is None else documents
        waiting = [documents[document_id] for document_id, card in documents.cards.items() if card.only_scope]
        wanted = {place_of(one.identity(one.reports[0])) for one in waiting}
        known: dict[str, dict[Scope, set[str]]] = {}
        for document_id, card in documents.cards.items() if waiting else ():
            if card.status is None and not wanted.isdisjoint(card.places.splitlines()):
                document = documents[document_id]
                for one in map(document.identity, document.reports):
                    if one.family == "final_accounts" and one.scope is not None:
                        has = known.setdefault(place_of(one), {}).setdefault(one.scope, set())
                        has.update(EVERY if one.tables is None else one.tables)
        out: dict[str, Scope] = {}
        for document in waiting:
            one = document.identity(document.reports[0])
            scopes = known.get(place_of(one), {})
            for scope, tables in scopes.items():
                if len(scopes) == 1 and not tables & {*(one.tables or ()), *EVERY}:
                    out[document.document_id] = scope
        return out

    def unit_name(self, report: ReportIdentity) -> str | None:
        """What the unit of a report is called: as printed, or as registered where a person named the unit."""
        if report.unit_name is not None or report.unit_id is None:
            return report.unit_name
        return self.registry.name_of(report.unit_id)

    def decisions(self) -> tuple[dict[str, Any], ...]:
        """The log of human decisions, oldest first. Raises :class:`ArchiveError` with the bad line."""
        return tuple(_decisions(self._store))

    # --- adding -------------------------------------------------------------------------------------------

    def add(
        self,
        file: Path,
        *,
        sources: Sequence[str] = (),
        published_on: date | None = None,
        retrieved_on: date | None = None,
        title: str | None = None,
        asserted: Mapping[Asserted, str | int] | None = None,
        basis: str | None = None,
        division: str | None = None,
        within: str = "",
    ) -> AddResult:
        """Take a local file into the archive, with its manifest; the file itself stays where it is.

        A copy of a known document adds its sources to that document's manifest and is no second document. A
        document that cannot be read is archived as ``failed``; one whose unit, year, scope or family stays
        open as ``needs_review``; a budget or template as ``set_aside``. ``division`` (a GB/T 2260 code)
        places a unit whose name does not; ``within`` is the path of the folder that it came in, weak evidence.
        Raises :class:`ArchiveError` for an assertion without basis, ``OSError`` for a missing file.
        """
        if (asserted or division) and not basis:
            raise ArchiveError(f"{file.name}: what a person asserts needs a basis (why it is so)")
        if division is not None:
            check_division(division)
        size = file.stat().st_size
        document_id = sha256_of(file)
        known = self._known(document_id)
        described = self._described(file, size, within) if known is None else None
        with self._writing():
            known = self._known(document_id)
            if known is not None:
                return self._add_copy(known, file, tuple(sources))
            described = described or self._described(file, size, within)
            document = Document(
                document_id=document_id,
                path=self._place(file, document_id),
                title=title or _title(described.reports) or PurePosixPath(safe_name(file.name)).stem,
                media_type=described.media_type,
                bytes=size,
                sources=tuple(dict.fromkeys(sources)),
                retrieved_on=retrieved_on or self._today(),
                published_on=published_on,
                assertions=self._assertions(dict(asserted or {}), basis or "", None, division),
            )
            document = self._read_as(document, described, division)
            said: dict[Any, str | int] = dict(asserted or {})
            if division:
                said["division"] = division
                document = self._placed(document, basis or "")
            if said:
                self._log("assert", document, basis or "", said)
            self.registry.save()
            self._write(document)
            return _result(file, document, new=True)

    def add_folder(self, folder: Path, progress: Progress | None = None, **known: Any) -> tuple[AddResult, ...]:
        """Take every file of a folder and of those in it; ``known`` is what :meth:`add` may be told of all of them.

        What came in one folder belongs together: a file that leaves open whose report it is, or of which year, takes
        that from the one report that the others of its folder are.
        """
        results: dict[Path, AddResult] = {}
        for file in _counted(waiting(folder, 0), progress):
            within = PurePosixPath(folder.absolute().name, *file.relative_to(folder).parent.parts)
            try:
                results[file] = self.add(file, within=str(within), **known)
            except (ArchiveError, OSError) as problem:
                results[file] = AddResult(file.name, "failed", None, None, str(problem))
        for file in list(results):
            results[file] = self._as_beside(file, results)
        return tuple(results.values())

    def _as_beside(self, file: Path, results: Mapping[Path, AddResult]) -> AddResult:
        """What became of a file of a folder, with what the others of it settle."""
        result = results[file]
        if result.outcome != "needs_review" or result.document_id is None:
            return result
        beside: dict[tuple[object, ...], str] = {}
        for other, one in results.items():
            if other.parent == file.parent and one.outcome == "added" and one.path is not None:
                for report in one.reports:
                    if report.family == "final_accounts":
                        beside.setdefault((report.unit_id, report.fiscal_year, report.scope), one.file)
        if len(beside) != 1 or len(result.reports) != 1:
            return result
        ((settled, name),) = beside.items()
        (own,) = result.reports
        read = (own.unit_id, own.fiscal_year, own.scope)
        fields: tuple[Asserted, ...] = ("unit", "fiscal_year", "scope")
        if own.family != "final_accounts" or any(a not in (None, b) for a, b in zip(read, settled, strict=True)):
            return result
        said: dict[Asserted, Any] = {
            field: value for field, mine, value in zip(fields, read, settled, strict=True) if mine is None
        }
        if not said:
            return result
        basis = f"it came in the folder {file.parent.name} beside {name}"
        document = self.review_set(result.document_id, basis=basis, asserted=said)
        return _result(file, document, new=result.new)

    def add_inbox(self, inbox: Path, settle: float = 5.0, progress: Progress | None = None) -> tuple[AddResult, ...]:
        """Take every finished file out of ``inbox``; it leaves the inbox when its manifest is written.

        Left alone: hidden and unfinished names (``*.part``, ``~$*``) and files that changed within the last
        ``settle`` seconds, which may still be arriving.
        """
        results = []
        for file in _counted(waiting(inbox, settle), progress):
            try:
                results.append(self.add(file))
                file.unlink()
            except (ArchiveError, OSError) as problem:
                reason = f"{problem}; it stays in the inbox"
                results.append(AddResult(file.name, "failed", None, None, reason))
        return tuple(results)

    def look_again(self) -> tuple[Document, ...]:
        """Read again what another version of the library could not read, settle or take for final accounts.

        Costs nothing while the library stays the same. Returns the documents whose status changed.
        """
        changed = []
        for document in self.catalogue().of_status("failed", "needs_review", "set_aside"):
            if document.read_by == extractor_fingerprint() or self._compare(document, self._store.stat(document.path)):
                continue
            described = self._describe(self.read(document), document.name)
            with self._writing():
                again = self._read_as(self._pick(document.document_id), described)
                self.registry.save()
                self._write(again)
            if again.status != document.status:
                changed.append(again)
        return tuple(changed)

    def add_list(self, file: Path) -> Iterator[AddResult]:
        """Add what a CSV list names, row by row; a row that cannot be added is a result, the others go on.

        Columns: ``path`` (relative to the list), and any of ``source`` (several with blanks between), ``published``,
        ``retrieved``, ``title``, ``unit``, ``division``, ``year``, ``scope``, ``family``, ``basis`` (else the list
        and its row). Raises :class:`ArchiveError` for other columns.
        """
        for row in read_list(file):
            asserted: dict[Asserted, str | int] = {}
            for name in get_args(Asserted):
                if value := row.values.get(_option(name)):
                    asserted[name] = value
            try:
                yield self.add(
                    row.path,
                    sources=row.values.get("source", "").split(),
                    published_on=_day(row.values.get("published")),
                    retrieved_on=_day(row.values.get("retrieved")),
                    title=row.values.get("title"),
                    asserted=asserted,
                    basis=row.values.get("basis") or f"{file.name}, row {row.number}",
                    division=row.values.get("division"),
                )
            except (ArchiveError, OSError) as problem:
                reason = f"{file.name}, row {row.number}: {problem}"
                yield AddResult(row.path.name, "failed", None, None, reason)

    def _add_copy(self, known: Document, file: Path, sources: tuple[str, ...]) -> AddResult:
        """The same bytes again: one document, with one more source and name."""
        more = tuple(source for source in sources if source not in known.sources)
        own = file.name != known.name and file.name not in known.copies
        if more or own:
            names = (*known.copies, file.name) if own else known.copies
            self._write(replace(known, sources=(*known.sources, *more), copies=names))
        reason = f"copy of {known.path}"
        if known.status == "withdrawn":
            reason += ", which is withdrawn; juesuan withdraw --undo brings it back"
        return AddResult(file.name, "set_aside", known.document_id, known.path, reason, known.reports)

    def _described(self, file: Path, size: int, within: str = "") -> Described:
        if size > self._limits.max_bytes:
            with file.open("rb") as stream:
                head = stream.read(4096)
            limit = LimitExceeded(f"{file.name}: {size} bytes are more than the limit of {self._limits.max_bytes}")
            return Described(sniff(head), failure=str(limit))
        return self._describe(file.read_bytes(), f"{within}/{file.name}" if within else file.name)

    def _place(self, file: Path, document_id: str) -> str:
        """Copy the file to a free name under ``documents`` (its own, where it can be) and return its path."""
        inside = _inside(file, self._store.address)
        if inside is not None:
            return inside
        name = safe_name(file.name)
        stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
        for candidate in (name, f"{stem}-{document_id[:8]}{suffix}", f"{stem}-{document_id}{suffix}"):
            path = f"{DOCUMENTS}/{candidate}"
            if self._store.stat(path) is None:
                self._store.put(file, path)
                return path
            if self._store.sha256(path) == document_id:  # left by an add that was killed
                return path
        raise ArchiveError(f"{file.name}: {DOCUMENTS} already holds other files of all its names; rename it")

    # --- decisions of a person ----------------------------------------------------------------------------

    def review_list(self) -> tuple[ReviewItem, ...]:
        """What waits for a person: documents first, then units that nobody confirmed."""
        documents = self.catalogue()
        beside = self.scopes_beside(documents)
        items = [
            ReviewItem(
                "document",
                one.document_id,
                one.name,
                one.reason or "",
                f"juesuan review set {one.document_id[:12]} --basis WHY "
                + " ".join(f"--{_option(name)} ..." for name in self.open_fields(one)),
            )
            for one in documents.of_status("needs_review")
            if one.document_id not in beside
        ]
        for unit in self.registry.units:
            if not unit.confirmed:
                name = self.registry.name_of(unit.unit_id) or ""
                reason = f"proposed from a document, division {unit.division_code}; not confirmed"
                items.append(ReviewItem("unit", unit.unit_id, name, reason, f"juesuan review confirm {unit.unit_id}"))
        return tuple(items)

    def open_fields(self, document: Document) -> tuple[Asserted, ...]:
        """Which of unit, fiscal_year, scope and family are not settled for some report of the document."""
        known = [document.identity(one) for one in document.reports or (ReportIdentity(0),)]
        still = {name for one in known for name in _open(one)}
        return tuple(name for name in get_args(Asserted) if name in still)

    def review_set(
        self,
        key: str,
        *,
        basis: str,
        asserted: Mapping[Asserted, str | int],
        division: str | None = None,
        report: int | None = None,
    ) -> Document:
        """Say what a waiting document is; it is settled when nothing stays open. Returns it as it now
        stands.
        """
        return self._assert("review", key, basis, asserted, division, report)

    def refile(
        self,
        key: str,
        *,
        reason: str,
        asserted: Mapping[Asserted, str | int],
        division: str | None = None,
        report: int | None = None,
    ) -> Document:
        """Say that a document is another report than it was taken for: unit, year, scope or family, with
        the reason.
        """
        return self._assert("refile", key, reason, asserted, division, report)

    def withdraw(self, key: str, reason: str) -> Document:
        """Take a document out of the warehouse; file and manifest stay. Its figures go with the next
        refresh.
        """
        return self._decide("withdraw", key, reason, lambda one: replace(one, status="withdrawn", reason=reason))

    def restore(self, key: str, reason: str) -> Document:
        """Undo :meth:`withdraw`."""

        def back(document: Document) -> Document:
            if document.status != "withdrawn":
                raise ArchiveError(f"{document.path} is not withdrawn; there is nothing to undo")
            return self._read_as(document, self._describe(self.read(document), document.name))

        return self._decide("restore", key, reason, back)

    def confirm(self, unit_id: str, basis: str, division: str | None = None) -> None:
        """Confirm a proposed unit, with its division where that was unknown; documents that waited for it
        go on.
        """
        with self._writing():
            self.registry.confirm(unit_id, division)
            self._log_unit("confirm", unit_id, basis, {"division_code": division} if division else {})
            self.registry.save()
            for document in self.catalogue().of_status("needs_review"):
                settled = self._settled(document)
                if settled != document:
                    self._write(settled)

    def rename(self, unit_id: str, name: str, from_year: int, basis: str) -> None:
        """Record that a unit bears another name from a fiscal year on; its id stays."""
        with self._writing():
            self.registry.rename(unit_id, name, from_year, basis)
            self._log_unit("rename", unit_id, basis, {"name": name, "from_year": from_year})
            self.registry.save()

    def succeed(self, rows: Sequence[Succession], basis: str) -> None:
        """Record that units follow others; raises :class:`ArchiveError` and records none where one cannot stand."""
        with self._writing():
            self.registry.succeed(*rows)
            for row in rows:
                about = {"kind": row.kind, "successor_unit_id": row.successor_unit_id, "from_year": row.from_year}
                self._log_unit("succeed", row.predecessor_unit_id, basis, about)
            self.registry.save()

    def _assert(
        self,
        action: str,
        key: str,
        basis: str,
        asserted: Mapping[Asserted, str | int],
        division: str | None,
        report: int | None,
    ) -> Document:
        if not asserted:
            raise ArchiveError("nothing is asserted; say at least one of unit, year, scope and family")

        def change(document: Document) -> Document:
            if document.status == "withdrawn":
                raise ArchiveError(f"{document.path} is withdrawn; juesuan withdraw --undo brings it back first")
            more = self._assertions(asserted, basis, report, division)
            return self._settled(self._now_final(replace(document, assertions=(*document.assertions, *more))))

        return self._decide(action, key, basis, change, dict(asserted), report)

    def _decide(
        self,
        action: str,
        key: str,
        reason: str,
        change: Callable[[Document], Document],
        asserted: Mapping[Asserted, str | int] | None = None,
        report: int | None = None,
    ) -> Document:
        """One decision: judged, logged, then carried out, so that the log never lacks what took effect."""
        if not reason.strip():
            raise ArchiveError(f"{key}: a decision needs its reason")
        with self._writing():
            document = self._pick(key)
            decided = change(document)
            self._log(action, document, reason, asserted or {}, report)
            self.registry.save()
            self._write(decided)
            return decided

    def _assertions(
        self,
        asserted: Mapping[Asserted, str | int],
        basis: str,
        report: int | None,
        division: str | None,
    ) -> tuple[Assertion, ...]:
        made = []
        for name in get_args(Asserted):
            if name not in asserted:
                continue
            value = asserted[name]
            if name == "unit":
                value = self._asserted_unit(str(value), division)
            elif name == "fiscal_year":
                value = _year(value)
            elif name == "scope" and value not in get_args(Scope):
                raise ArchiveError(f"scope {value!r} must be one of {', '.join(get_args(Scope))}")
            elif name == "family" and value not in get_args(Family):
                raise ArchiveError(f"family {value!r} must be one of {', '.join(get_args(Family))}")
            made.append(Assertion(name, value, basis, self._today(), report))
        return tuple(made)

    def _asserted_unit(self, value: str, division: str | None) -> str:
        """A unit id, or a name with or without its division; a new name is proposed like a printed one."""
        if division is not None:
            check_division(division)
        if is_unit_id(value):
            return self.registry.unit(value).unit_id
        if division is None:
            from juesuan.final_accounts.identify import division_of

            found = division_of(value)
            division = found.code if found else None
        resolution = self.registry.resolve(value, division)
        if resolution.unit_id is None:
            raise ArchiveError(f"{resolution.doubt}; give its unit_id or --division")
        return resolution.unit_id

    def _resolved(self, one: ReportIdentity, division: str | None) -> ReportIdentity:
        """The identity with the unit that the registry knows, or proposes, for the body it names."""
        code = division or one.division_code
        if one.body_name is None:
            return replace(one, division_code=code)
        if one.family not in (None, "final_accounts"):
            return replace(one, division_code=code)  # a budget or template introduces no unit
        resolution = self.registry.resolve(one.body_name, code, one.fiscal_year)
        unit_id = resolution.unit_id
        if resolution.doubt and not resolution.proposed:
            unit_id = None  # a namesake of an unplaced unit is not joined to it unasked
        why = one.unit_doubt if division is None else None  # what a person placed needs no remark
        doubt = f"{resolution.doubt} ({why})" if resolution.doubt and why else resolution.doubt or why
        return replace(one, unit_id=unit_id, division_code=code, unit_doubt=doubt)

    def _now_final(self, document: Document) -> Document:
        """The document with the units of those reports that only a person's word makes final accounts."""

        def named(read: ReportIdentity) -> ReportIdentity:
            one = document.identity(read)
            if one.family != "final_accounts" or read.family == one.family or one.unit_id is not None:
                return read
            found = self._resolved(one, None)
            return replace(read, unit_id=found.unit_id, division_code=found.division_code, unit_doubt=found.unit_doubt)

        return replace(document, reports=tuple(map(named, document.reports)))

    def _placed(self, document: Document, basis: str) -> Document:
        """The unit that a person placed by its division, as an assertion: the name alone does not say it."""
        units = {one.unit_id for one in document.reports}
        if len(units) != 1 or "unit" in document.asserted(0):
            return document
        (unit_id,) = units
        if unit_id is None:
            return document
        said = Assertion("unit", unit_id, basis, self._today())
        return replace(document, assertions=(*document.assertions, said))

    def _read_as(self, document: Document, described: Described, division: str | None = None) -> Document:
        """The document with what reading it gave, and the status that follows."""
        document = replace(
            document,
            media_type=described.media_type,
            reports=tuple(self._resolved(one, division) for one in described.reports),
            read_by=extractor_fingerprint(),
        )
        if described.failure is not None:
            return replace(document, status="failed", reason=described.failure)
        return self._settled(document)

    def _settled(self, document: Document) -> Document:
        """The document with the status that follows from what is known about it: None where it can be
        loaded.
        """
        known = [document.identity(one) for one in document.reports or (ReportIdentity(0),)]
        other = [one for one in known if one.family not in (None, "final_accounts")]
        if other and len(other) == len(known):
            why = dict.fromkeys(one.reason or str(one.family) for one in other)
            return replace(document, status="set_aside", reason=f"not final accounts: {'; '.join(why)}")
        still = self.open_fields(document)
        reasons = [f"not settled: {', '.join(still)}"] if still else []
        reasons += _unanswered(document, still)
        if reasons:
            return replace(document, status="needs_review", reason="; ".join(reasons))
        return replace(document, status=None, reason=None)

    # --- verifying ----------------------------------------------------------------------------------------

    def verify(self, progress: Progress | None = None) -> tuple[Finding, ...]:
        """Hash every document, validate every manifest and the registry, and rebuild the index.

        What is published stays as it is, whatever is found.
        """
        with self._writing():
            for folder in ("", DOCUMENTS, REGISTRY):
                self._store.sweep(folder)
        self._index.clear()
        findings: list[Finding] = []
        self._loaded.clear()
        described: set[str] = set()
        for number, document in enumerate(documents := tuple(self.catalogue(findings).values()), 1):
            if progress is not None:
                progress(document.path, number, len(documents))
            described.add(document.path)
            path = document.path + SUFFIX
            findings += [
                Finding("invalid_manifest", path, f"{path}: {note}; mend the manifest", document.document_id)
                for note in frictionless_notes(json.loads(self._store.read(path)))
            ]
            finding = self._compare(document, self._store.stat(document.path))
            if finding is not None:
                findings.append(finding)
        described |= {finding.path.removesuffix(SUFFIX) for finding in findings}
        for entry in self._store.find(DOCUMENTS):
            if not entry.path.endswith(SUFFIX) and entry.path not in described:
                message = f"{entry.path} has no manifest; juesuan add writes it"
                findings.append(Finding("no_manifest", entry.path, message))
        findings += self._verify_registry()
        self.fingerprint()  # which puts every other file into the index
        return tuple(findings)

    def _verify_registry(self) -> Iterator[Finding]:
        try:
            Registry(self._store)
        except ArchiveError as problem:
            yield Finding("invalid_registry", REGISTRY, str(problem))
        try:
            self.decisions()
        except ArchiveError as problem:
            yield Finding("invalid_decision", DECISIONS, str(problem))

    def _compare(self, document: Document, entry: Entry | None) -> Finding | None:
        if entry is None:
            return Finding("missing", document.path, _gone(document), document.document_id)
        if self._index.of(entry) != document.document_id:
            return Finding("sha256_differs", document.path, _differs(document), document.document_id)
        if entry.size != document.bytes:
            path = document.path + SUFFIX
            message = f"{path}: bytes is {document.bytes}, the file has {entry.size}; mend the manifest"
            return Finding("invalid_manifest", path, message, document.document_id)
        return None

    # --- manifests and logs -------------------------------------------------------------------------------

    def catalogue(self, findings: list[Finding] | None = None, entries: Sequence[Entry] | None = None) -> Documents:
        """Every document once, in the order of paths; what cannot be understood goes to ``findings``."""
        manifests: dict[str, Entry] = {}
        cards: dict[str, Card] = {}
        for entry in self._store.find(DOCUMENTS) if entries is None else entries:
            if not entry.path.endswith(SUFFIX):
                continue
            try:
                card = self._index.card(entry) or self._read_card(entry)
                first = manifests.setdefault(card.document_id, entry)
                if first is not entry:
                    same = first.path.removesuffix(SUFFIX)
                    raise ArchiveError(f"{entry.path}: the same document as {same}; remove one of the two")
                cards[card.document_id] = card
            except ArchiveError as problem:
                if findings is not None:
                    findings.append(Finding("invalid_manifest", entry.path, str(problem)))
        return Documents(manifests, cards, self._load)

    def _read_card(self, manifest: Entry) -> Card:
        document = self._load(manifest)
        card = Card(
            document.document_id,
            document.bytes,
            document.status,
            bool(document.assertions),
            "\n".join(sorted({place_of(document.identity(one)) for one in document.reports})),
            self._lacks_only_scope(document),
        )
        self._index.keep(manifest, card)
        return card

    def _lacks_only_scope(self, document: Document) -> bool:
        from juesuan.final_accounts.identify import NO_SCOPE

        if document.status != "needs_review" or len(document.reports) != 1:
            return False
        (read,) = document.reports
        return self.open_fields(document) == ("scope",) and set(read.doubts) <= {NO_SCOPE} and bool(read.tables)

    def _differing(
        self, documents: Documents, entries: Sequence[Entry], hashes: Mapping[str, str]
    ) -> Iterator[Finding]:
        """Documents that are gone or not what their manifest says; only of these is the manifest opened."""
        listed = {entry.path: entry for entry in entries}
        for document_id, manifest in documents.manifests.items():
            path = manifest.path.removesuffix(SUFFIX)
            file = listed.get(path)
            if file is None or hashes[path] != document_id or file.size != documents.cards[document_id].bytes:
                finding = self._compare(documents[document_id], file)
                if finding is not None:
                    yield finding

    def _load(self, entry: Entry) -> Document:
        """A manifest, parsed once as long as its size and stamp stay."""
        path = entry.path
        if path in self._loaded and self._loaded[path][0] == entry:
            return self._loaded[path][1]
        try:
            descriptor = json.loads(self._store.read(path))
            document = from_manifest(descriptor, PurePosixPath(path).parent)
            if path != document.path + SUFFIX:
                raise ValueError("it does not bear the name of its document")
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise ArchiveError(
                f"{path} is no manifest ({type(problem).__name__}: {problem}); mend it, "
                "or remove it and add the document again"
            ) from problem
        self._loaded[path] = (entry, document)
        return document

    def _known(self, document_id: str) -> Document | None:
        """The document of these bytes. A manifest is always that of one document, so after the first time names are
        enough to look up.
        """
        if self._first is None:
            self._first = self._store.find(DOCUMENTS)
            listed = self.catalogue(entries=self._first).manifests.items()
            self._ids = {manifest.path: document_id for document_id, manifest in listed}
            names = {entry.path for entry in self._first if entry.path.endswith(SUFFIX)}
        else:
            names = {name for name in self._store.names(DOCUMENTS) if name.endswith(SUFFIX)}
        for name in self._ids.keys() - names:
            del self._ids[name]
        for name in names - self._ids.keys():
            try:
                self._ids[name] = self._at(name).document_id
            except ArchiveError:
                self._ids[name] = ""  # a finding of verify; no document can be told from it
        found = sorted(name for name, known in self._ids.items() if known == document_id)
        return self._at(found[0]) if found else None

    def _at(self, path: str) -> Document:
        entry = self._store.stat(path)
        if entry is None:
            raise ArchiveError(f"{path} is gone; say that again")
        return self._load(entry)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Alone on this machine, and with the registry as it now is: another process may have added to it."""
        with self._store.locked():
            if self._registry is not None and not self._registry.is_current():
                self._registry = None
            yield

    def _pick(self, key: str) -> Document:
        documents = self.catalogue()
        found = [
            document_id
            for document_id, manifest in documents.manifests.items()
            if key in (path := manifest.path.removesuffix(SUFFIX), path.rpartition("/")[2])
            or (len(key) >= 6 and document_id.startswith(key))
        ]
        if len(found) == 1:
            return documents[found[0]]
        if found:
            raise ArchiveError(f"{key} fits {len(found)} documents; give more of the document_id")
        raise ArchiveError(f"the archive has no document {key}; juesuan list shows what it has")

    def _write(self, document: Document) -> None:
        path = document.path + SUFFIX
        kept = json.loads(self._store.read(path)) if self._store.stat(path) and path in self._loaded else {}
        text = json.dumps(kept | to_manifest(document), ensure_ascii=False, indent=2) + "\n"
        self._store.write(path, text.encode())
        self._written |= {document.path, path}
        self._loaded.pop(path, None)

    def _log(
        self,
        action: str,
        document: Document,
        reason: str,
        asserted: Mapping[Any, str | int],
        report: int | None = None,
    ) -> None:
        line: dict[str, Any] = {"at": _now(), "action": action, "document_id": document.document_id}
        if asserted:
            line["asserted"] = dict(asserted)
        if report is not None:
            line["report"] = report
        line["reason"] = reason
        self._store.append(DECISIONS, json.dumps(line, ensure_ascii=False))

    def _log_unit(self, action: str, unit_id: str, reason: str, more: Mapping[str, Any]) -> None:
        if not reason.strip():
            raise ArchiveError(f"{unit_id}: a decision needs its reason")
        line = {"at": _now(), "action": action, "unit_id": unit_id, **more, "reason": reason}
        self._store.append(DECISIONS, json.dumps(line, ensure_ascii=False))


def _counted(files: Sequence[Path], progress: Progress | None) -> Iterator[Path]:
    """The files one by one, told of as each is begun."""
    for number, file in enumerate(files):
        if progress is not None:
            progress(file.name, number, len(files))
        yield file


def _decisions(store: Store) -> Iterator[dict[str, Any]]:
    if store.stat(DECISIONS) is None:
        return
    for number, line in enumerate(store.read(DECISIONS).decode().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            decision = json.loads(line)
            missing = {"at", "action", "reason"} - set(decision)
        except (ValueError, TypeError):
            raise ArchiveError(f"{DECISIONS}: line {number} is no JSON object; mend or remove it") from None
        if missing:
            raise ArchiveError(f"{DECISIONS}: line {number} lacks {', '.join(sorted(missing))}; mend it")
        yield decision


def _differs(document: Document) -> str:
    return (
        f"{document.path}: sha256 differs from its manifest ({document.document_id[:12]}...); put the original "
        "back, or move the changed file out and add it as another document; what is published stays"
    )


def _gone(document: Document) -> str:
    return f"{document.path} is missing; put it back, or withdraw the document; what is published stays"


def _open(known: ReportIdentity) -> tuple[Asserted, ...]:
    """Which of the four things that make a report are not known."""
    values: dict[Asserted, object] = {
        "unit": known.unit_id,
        "fiscal_year": known.fiscal_year,
        "scope": known.scope,
        "family": known.family,
    }
    return tuple(name for name, value in values.items() if value is None)


def _unanswered(document: Document, still: Sequence[Asserted]) -> list[str]:
    """Doubts of reading that nobody answered by an assertion, and why a unit is still open."""
    doubts: dict[str, None] = {}
    for one in document.reports:
        if not document.asserted(one.report):
            doubts |= dict.fromkeys(one.doubts)
        if "unit" in still and one.unit_doubt:
            doubts[one.unit_doubt] = None
    return list(doubts)


def _result(file: Path, document: Document, new: bool) -> AddResult:
    outcomes: dict[str | None, Outcome] = {
        "set_aside": "set_aside",
        "needs_review": "needs_review",
        "failed": "failed",
    }
    known = tuple(document.identity(one) for one in document.reports)
    remarks = tuple(dict.fromkeys(one.unit_doubt for one in known if one.unit_doubt))
    outcome = outcomes.get(document.status, "added")
    return AddResult(file.name, outcome, document.document_id, document.path, document.reason, known, new, remarks)


def _title(reports: Sequence[ReportIdentity]) -> str | None:
    return next((one.title for one in reports if one.title), None)


def _inside(file: Path, address: str) -> str | None:
    """The path of a file that already lies among the documents of a local archive."""
    root = Path(address).absolute()
    documents = root / DOCUMENTS
    absolute = file.absolute()
    return absolute.relative_to(root).as_posix() if absolute.is_relative_to(documents) else None


def _option(name: Asserted) -> str:
    return "year" if name == "fiscal_year" else name


def _year(value: str | int) -> int:
    if re.fullmatch(r"(?:19|20)\d\d", str(value)):
        return int(value)
    raise ArchiveError(f"fiscal year {value!r} must have four digits")


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArchiveError(f"{text!r} is no date; write it as 2024-09-30") from None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
