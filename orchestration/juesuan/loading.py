"""From the landing into schema raw of the work file, and the list of what must be built again.

Here: which report a landed record is, its releases and copies (pure functions), and the one transaction that
replaces whole reports and writes ``raw.pending``. Belongs here: whatever decides what stands in schema raw.
Does not belong here: reading documents, dbt, publishing.

The desired state of schema raw follows from the archive, the registry, the decisions and the landing alone.
Loading compares it with what stands there and replaces the reports that differ; so loading again does
nothing, and a rebuild from an empty file gives the same rows (run columns apart).
"""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan import faults
from juesuan.joining import JOINED, Edition, editions, record_id
from juesuan.landing import Holding, Landing
from juesuan.raw_schema import REGISTRY, RawTable, arrow_type
from juesuan.warehouse import STORAGE, build_options

if TYPE_CHECKING:
    import duckdb

#: The share of cells out of order beyond which the table is written anew, sorted.
OUT_OF_ORDER = 0.2
LOADED = ("loaded", "partial")
#: Which tables schema build of the work file has; another number, and it is built anew.
BUILD_FORM = 3
#: What ``build.standing`` keeps of the releases, in words that both engines have.
STANDING = (
    "select releases.report_id, releases.release, releases.is_default, groups.peer_group "
    "from conformed.fct_release as releases left join conformed.peer_group as groups "
    "on releases.report_id = groups.report_id and releases.release = groups.release"
)


# --- what the archive knows ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArchivedDocument:
    """One document as the archive has it. ``problem``: why its file cannot be trusted now (sha256 differs,
    missing); ``withdrawn``: the reason given when it was withdrawn; ``review``: what a person must settle
    before it is loaded; ``said``: the fingerprint of what a person asserted of it and extraction heeds.
    """

    document_id: str
    path: str
    title: str | None = None
    media_type: str | None = None
    bytes: int | None = None
    sources: tuple[str, ...] = ()
    retrieved_on: datetime.date | None = None
    published_on: datetime.date | None = None
    problem: str | None = None
    withdrawn: str | None = None
    review: str | None = None
    said: str = ""

    @property
    def released_on(self) -> datetime.date:
        """The day that orders releases: published, else retrieved, else last of all."""
        return self.published_on or self.retrieved_on or datetime.date.max


@dataclass(frozen=True, slots=True)
class LandedReport:
    """One row of the landing's table ``report``: what the document says about itself.

    ``lacking``: tables that are missing, unreadable or unknown, and figures without a place, where the status
    tells only that the document leaves open whose report it is. ``contents`` and ``record_id`` are those of schema raw.
    """

    document_id: str
    report_no: int
    fiscal_year: int | None
    scope: str | None
    family: str | None
    unit_name: str | None
    title: str | None
    money_unit: str | None
    status: str
    reason: str | None
    figures_sha256: str
    extractor: str
    lacking: str | None = None
    contents: tuple[str, ...] = ()
    record_id: str = ""

    @property
    def is_joined(self) -> bool:
        """Whether it was read over several documents."""
        return self.record_id.startswith(JOINED)

    @property
    def settled(self) -> tuple[str, str | None]:
        """Its state once a person has settled what the document leaves open: what it lacks makes it
        partial.
        """
        if self.status == "needs_review":
            return ("partial", self.lacking) if self.lacking else ("loaded", None)
        return self.status, self.reason


@dataclass(frozen=True, slots=True)
class Identity:
    """Which report it is: settled by what the document says, what a person asserted, and the registry."""

    unit_id: str
    fiscal_year: int
    scope: str
    family: str

    @property
    def report_id(self) -> str:
        """``<unit_id>-<fiscal_year>-<scope>-<family>``: the key that all tables carry."""
        return f"{self.unit_id}-{self.fiscal_year}-{self.scope}-{self.family}"


#: Says which report a landed record is, or what a person must settle first.
Identify = Callable[[LandedReport], Identity | str]


@dataclass(frozen=True, slots=True)
class Sources:
    """All that loading takes from the archive. ``documents``: by document_id. ``registry``: the rows of its lists by
    table of schema raw, as mappings by column name.

    ``inputs``: for each document a fingerprint of what the archive says of it; ``rules``: one of all else that decides
    which report a record is. Without them everything is compared; with them what differs from the last load.
    """

    documents: Mapping[str, ArchivedDocument]
    identify: Identify
    registry: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    rules: str = ""

    def chosen(self, some: Set[str] | None) -> list[ArchivedDocument]:
        """Those documents of ``some`` that the archive has; None: all of them."""
        if some is None:
            return list(self.documents.values())
        return [self.documents[one] for one in sorted(some) if one in self.documents]


# --- the desired state: pure --------------------------------------------------------------------------------


@dataclass
class Desired:
    """What shall stand in schema raw, run columns apart: rows by column name. ``filed``: the reports that the records
    of each document are of, whatever became of them.
    """

    documents: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    bridges: list[dict[str, Any]] = field(default_factory=list)
    filed: dict[str, set[str]] = field(default_factory=dict)


def _combined(states: Sequence[tuple[str, str | None]]) -> tuple[str, str | None]:
    """The state of a document from those of its reports: alike, or partial beside others, or the worst."""
    reason = "; ".join(dict.fromkeys(text for _, text in states if text)) or None
    names = {state for state, _ in states}
    if len(names) == 1:
        return names.pop(), reason
    if names & set(LOADED):
        return "partial", reason
    return next(state for state in ("failed", "needs_review", "set_aside") if state in names), reason


@dataclass(frozen=True, slots=True)
class Joined:
    """Several documents that are one report, and the key under which it is landed as read over all of them."""

    record_id: str
    identity: Identity
    members: tuple[LandedReport, ...]


#: (document_id, report_no): one record of one document.
_Key = tuple[str, int]


@dataclass
class _SortedOut:
    """What each record of a document is: its state, and the releases of every report."""

    states: dict[_Key, tuple[str, str | None]] = field(default_factory=dict)
    releases: dict[str, tuple[Identity, list[Edition[LandedReport]]]] = field(default_factory=dict)


def _sorted_out(
    by_id: Mapping[str, ArchivedDocument],
    held: Mapping[str, Holding],
    landed: Iterable[LandedReport],
    identify: Identify,
) -> _SortedOut:
    """Whose each record is, and which records of one report are one release, a copy or a reissue."""
    out = _SortedOut()
    of_report: dict[str, list[tuple[Identity, LandedReport]]] = {}
    for report in sorted(landed, key=lambda one: (one.document_id, one.report_no)):
        document = by_id.get(report.document_id)
        if report.is_joined or document is None or document.withdrawn is not None or report.document_id not in held:
            continue
        key = report.document_id, report.report_no
        status, reason = report.settled
        if status not in LOADED:
            out.states[key] = status, reason
            continue
        identity = document.review or identify(report)
        if isinstance(identity, str):
            out.states[key] = "needs_review", identity
        elif identity.family != "final_accounts":
            out.states[key] = "set_aside", f"{identity.family}, not final accounts"
        else:
            out.states[key] = status, reason
            of_report.setdefault(identity.report_id, []).append((identity, report))

    def published(report: LandedReport) -> tuple[datetime.date, str, int]:
        return by_id[report.document_id].released_on, report.document_id, report.report_no

    def bound(report: LandedReport) -> tuple[bool, str, int]:
        # the text in front of the tables, those in the order of their file names: as a report is bound
        return not any(one.startswith("text/") for one in report.contents), *_path(report)

    def _path(report: LandedReport) -> tuple[str, int]:
        return by_id[report.document_id].path, report.report_no

    for report_id in sorted(of_report):
        records = sorted((report for _, report in of_report[report_id]), key=published)
        found = editions(records)
        for edition in found:
            edition.members.sort(key=bound)
        out.releases[report_id] = of_report[report_id][0][0], found
    return out


def _joined(identity: Identity, edition: Edition[LandedReport], by_id: Mapping[str, ArchivedDocument]) -> Joined:
    """The several documents of an edition as one report to be read over all of them."""
    said = (by_id[one.document_id].said for one in edition.members)
    settled = (identity.fiscal_year, identity.scope, identity.family, *said)
    return Joined(record_id(edition.members, settled), identity, tuple(edition.members))


def joined_reports(
    documents: Iterable[ArchivedDocument],
    held: Mapping[str, Holding],
    landed: Iterable[LandedReport],
    identify: Identify,
) -> list[Joined]:
    """Which documents are to be read together as one report, in the order of reports and releases."""
    by_id = {document.document_id: document for document in documents}
    sorted_out = _sorted_out(by_id, held, landed, identify)
    return [
        _joined(identity, edition, by_id)
        for identity, found in sorted_out.releases.values()
        for edition in found
        if len(edition.members) > 1
    ]


def desired(
    documents: Iterable[ArchivedDocument],
    held: Mapping[str, Holding],
    landed: Iterable[LandedReport],
    identify: Identify,
) -> Desired:
    """What shall stand in schema raw, in an order that depends on nothing but the keys.

    - A withdrawn document keeps its row and has no report.
    - A document whose file cannot be trusted is ``failed``; what was loaded from it before stays.
    - Only final accounts that were read (loaded or partial) and whose report is settled become report rows.
    - Documents that hold what the others do not are one release together; the first of them leads.
    - Releases of one report are numbered by the day they were published, else retrieved, then by document. A
      document whose figures are those of another release, or among them, is a copy: bridged, set aside, no release.
    """
    out = Desired()
    records = list(landed)
    by_id = {document.document_id: document for document in documents}
    over_several = {report.record_id: report for report in records if report.is_joined and report.record_id in held}
    sorted_out = _sorted_out(by_id, held, records, identify)
    states = sorted_out.states

    def bridge(report_id: str, release: int, report: LandedReport, role: str) -> None:
        out.bridges.append(
            {
                "report_id": report_id,
                "release": release,
                "document_id": report.document_id,
                "report_no": report.report_no,
                "role": role,
            }
        )

    for report_id, (identity, found) in sorted_out.releases.items():
        ready: list[tuple[Edition[LandedReport], LandedReport]] = []
        for edition in found:
            for one in (*edition.members, *edition.copies):
                out.filed.setdefault(one.document_id, set()).add(report_id)
            whole: LandedReport | None = edition.members[0]
            if len(edition.members) > 1:
                whole = over_several.get(_joined(identity, edition, by_id).record_id)
            waiting = ("needs_review", "not read yet")
            state = whole.settled if whole else waiting
            for member in edition.members:
                states[member.document_id, member.report_no] = state
            if whole is not None and state[0] in LOADED:
                ready.append((edition, whole))
            else:
                states |= dict.fromkeys(((one.document_id, one.report_no) for one in edition.copies), state)
        for release, (edition, whole) in enumerate(ready, 1):
            lead = edition.members[0]
            status, reason = whole.settled
            out.reports.append(
                {
                    "report_id": report_id,
                    "unit_id": identity.unit_id,
                    "fiscal_year": identity.fiscal_year,
                    "document_id": lead.document_id,
                    "report_no": lead.report_no,
                    "scope": identity.scope,
                    "family": identity.family,
                    "unit_name": whole.unit_name,
                    "title": whole.title,
                    "money_unit": whole.money_unit,
                    "status": status,
                    "reason": reason,
                    "release": release,
                    "is_current": release == len(ready),
                    "figures_sha256": whole.figures_sha256,
                    "contents": list(whole.contents),
                    "record_id": whole.record_id or lead.document_id,
                    "extractor": whole.extractor,
                }
            )
            for member in edition.members:
                bridge(report_id, release, member, "holds")
            for copy in sorted(edition.copies, key=lambda one: (one.document_id, one.report_no)):
                bridge(report_id, release, copy, "copy")
                original = next((one for one in edition.members if one.figures_sha256 == copy.figures_sha256), lead)
                reason = f"copy of {by_id[original.document_id].path}"
                states[copy.document_id, copy.report_no] = "set_aside", reason

    of_document: dict[str, list[tuple[str, str | None]]] = {}
    for document_id, number in sorted(states):
        of_document.setdefault(document_id, []).append(states[document_id, number])
    for document_id in sorted(by_id):
        document = by_id[document_id]
        holds = held.get(document_id)
        if document.withdrawn is not None:
            status, reason = "withdrawn", document.withdrawn or None
        elif document.problem is not None:
            status, reason = "failed", document.problem
        elif holds is None:
            status, reason = "needs_review", "not read yet"
        elif document_id in of_document:
            status, reason = _combined(of_document[document_id])
        else:
            status, reason = "failed", "nothing was read"
        out.documents.append(
            {
                "document_id": document_id,
                "path": document.path,
                "title": document.title,
                "media_type": document.media_type,
                "bytes": document.bytes,
                "sources": list(document.sources),
                "retrieved_on": document.retrieved_on,
                "published_on": document.published_on,
                "status": status,
                "reason": reason,
                "extractor": holds.extractor if holds else None,
                "batch_seq": holds.sequence if holds else None,
            }
        )
    return out


@dataclass(frozen=True, slots=True)
class Pending:
    """One report that must be built again, with the keys that reach out of it."""

    report_id: str
    unit_id: str
    fiscal_year: int
    cause: str


def pending(
    before: Mapping[str, Sequence[Mapping[str, Any]]],
    after: Mapping[str, Sequence[Mapping[str, Any]]],
    withdrawn: frozenset[str],
    units_changed: frozenset[str] = frozenset(),
) -> list[Pending]:
    """Which reports differ between two states of ``raw.report`` (rows by report_id), and why.

    ``withdrawn``: documents that were withdrawn. A report whose document now stands under another key is
    ``refiled``, and so is that other report. One that vanished for no decision of a person (it is read
    otherwise now) is ``changed``, as are reports of units whose registry row changed.
    """
    gone_documents = {
        row["document_id"] for report_id, report_rows in before.items() if report_id not in after for row in report_rows
    }
    filed_documents = {row["document_id"] for report_rows in after.values() for row in report_rows}
    found = []
    for report_id in sorted(before.keys() | after.keys()):
        old, new = before.get(report_id, ()), after.get(report_id, ())
        either = (old or new)[0]
        documents = {row["document_id"] for row in (*old, *new)}
        if not new:
            cause = "withdrawn" if documents & withdrawn else "changed"
            if documents & filed_documents:
                cause = "refiled"
        elif not old:
            cause = "refiled" if documents & gone_documents else "new"
        elif list(map(dict, old)) != list(map(dict, new)) or either["unit_id"] in units_changed:
            cause = "changed"
        else:
            continue
        found.append(Pending(report_id, either["unit_id"], either["fiscal_year"], cause))
    return found


@dataclass
class Differing:
    """What differs between schema raw as it stands and as it shall be: rows of ``report`` by report_id on both sides,
    reports to be built again, and lists of the registry that changed.
    """

    before: Mapping[str, Sequence[Mapping[str, Any]]]
    after: Mapping[str, Sequence[Mapping[str, Any]]]
    pending: list[Pending]
    registry: list[str]


def differing(
    want: Desired,
    sources: Sources,
    documents: Iterable[ArchivedDocument],
    tables: Mapping[str, RawTable],
    lists: Iterable[str],
    select: Callable[[str, Sequence[str]], list[dict[str, Any]]],
    naming: Callable[[Sequence[str]], list[str]],
) -> Differing:
    """Compare schema raw with ``want``, which is of ``documents``, and these ``lists`` of the registry.

    ``select`` reads columns of one of its tables, whichever engine holds it; ``naming`` finds the reports that list one
    of these names among the bodies they cover.
    """
    report_columns = [c.name for c in tables["report"].columns if not c.is_run_column]
    before = _by_report(select("report", report_columns))
    after = _by_report(want.reports)
    stale: list[str] = []
    units_changed: set[str] = set()
    names_changed: set[str] = set()
    moved: set[str] = set()
    for name in lists:
        columns = tables[name].column_names
        old = {tuple(_comparable(row[c]) for c in columns) for row in select(name, columns)}
        new = {tuple(_comparable(row.get(c)) for c in columns) for row in sources.registry.get(name, ())}
        if old != new:
            stale.append(name)
            if name != "expected_body":
                keys = [columns.index(key) for key in columns if key.endswith("unit_id")]
                units_changed |= {row[key] for row in old ^ new for key in keys if row[key] is not None}
        if name == "unit":
            at = [columns.index(key) for key in ("unit_id", "division_code")]
            known, told = ({tuple(row[index] for index in at) for row in rows} for rows in (old, new))
            moved = {row[0] for row in known ^ told}
        if name == "unit_name":
            at = [columns.index(key) for key in ("unit_id", "name", "from_year", "to_year")]
            known, told = ({tuple(row[index] for index in at) for row in rows} for rows in (old, new))
            names_changed = {row[1] for row in known ^ told} | {row[1] for row in known | told if row[0] in moved}

    withdrawn = frozenset(one.document_id for one in documents if one.withdrawn is not None)
    found = pending(before, after, withdrawn, frozenset(units_changed))
    # Reports that name a body among those they cover whose name the registry learnt, changed or forgot, or whose
    # division it changed: a name is looked for in the division of the one who says it.
    listed = {one.report_id for one in found}
    found += [
        Pending(one, after[one][0]["unit_id"], after[one][0]["fiscal_year"], "changed")
        for one in (naming(sorted(names_changed)) if names_changed else ())
        if one in before and one in after and one not in listed
    ]
    return Differing(before, after, found, stale)


#: What marts say of the document of a report.
OF_DOCUMENT = ("path", "published_on", "retrieved_on")


def retold(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]], want: Desired, differ: Differing
) -> list[Pending]:
    """Reports that are as they were, of a document of which the archive says something else now.

    ``old`` and ``new``: rows of ``document`` by document_id.
    """
    told = {one for one in old.keys() & new.keys() if any(old[one][name] != new[one][name] for name in OF_DOCUMENT)}
    reports = {row["report_id"] for row in want.bridges if row["document_id"] in told and row["role"] == "holds"}
    known = (reports & differ.before.keys() & differ.after.keys()) - {one.report_id for one in differ.pending}
    first = {one: differ.after[one][0] for one in sorted(known)}
    return [Pending(one, row["unit_id"], row["fiscal_year"], "changed") for one, row in first.items()]


def pending_rows(
    affected: Sequence[Pending],
    listed: Mapping[str, str],
    held: Mapping[str, Holding],
    after: Mapping[str, Sequence[Mapping[str, Any]]],
    moment: datetime.datetime,
) -> list[dict[str, Any]]:
    """Rows of ``raw.pending`` for ``affected``; ``listed``: causes of what stands there by report. A report that is
    new and changed before it was ever published stays ``new``.
    """
    rows = []
    for one in affected:
        documents = [row["record_id"] for row in after.get(one.report_id, ())]
        cause = "new" if one.cause == "changed" and listed.get(one.report_id) == "new" else one.cause
        rows.append(
            {
                "report_id": one.report_id,
                "unit_id": one.unit_id,
                "fiscal_year": one.fiscal_year,
                "cause": cause,
                "batch_seq": max((held[d].sequence for d in documents if d in held), default=None),
                "pending_since": moment,
            }
        )
    return rows


# --- the work file ------------------------------------------------------------------------------------------


def schema_fingerprint(tables: Mapping[str, RawTable]) -> str:
    """Names and types of schema raw, and the form of schema build: a work file with another one is built anew."""
    content: list[Any] = [(t.name, [(c.name, c.data_type) for c in t.columns]) for t in tables.values()]
    content.append(BUILD_FORM)
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def discard_work(file: Path) -> None:
    """Remove the work file and what DuckDB keeps beside it."""
    for path in (file, Path(f"{file}.wal")):
        path.unlink(missing_ok=True)
    shutil.rmtree(f"{file}.tmp", ignore_errors=True)


def open_work(
    file: Path, tables: Mapping[str, RawTable], published: str | None, memory: str | None = None
) -> tuple[duckdb.DuckDBPyConnection, bool]:
    """Open the work file for writing; returns the connection and whether the file is a new one.

    ``published`` is the id of the published version, ``memory`` what DuckDB may use. A file that cannot be opened,
    that has another schema raw, or that descends from another version than the published one is discarded: everything
    is loaded from the landing anew. When the last run was killed between switching the link and clearing the pending
    list, that is finished here.
    """
    import duckdb

    file.parent.mkdir(parents=True, exist_ok=True)
    wanted = schema_fingerprint(tables)
    config = build_options(memory) if memory else STORAGE
    if file.exists():
        connection = None
        try:
            connection = duckdb.connect(str(file), config=config)
            state = read_state(connection)
        except (duckdb.Error, OSError):
            state = {}
        if state.get("schema") == wanted and (
            published is None or published in (state.get("published"), state.get("candidate"))
        ):
            assert connection is not None
            if published is not None and published != state.get("published"):
                finish(connection, published)
            return connection, False
        if connection is not None:
            connection.close()
        faults.point("loading.discard")
    discard_work(file)
    connection = duckdb.connect(str(file), config=config)
    faults.point("loading.create")
    connection.begin()
    connection.execute("create schema raw")
    connection.execute("create schema build")
    connection.execute("create table build.state (key varchar not null, value varchar)")
    # Reports whose rows the last run wrote into a model, for the tests of the model.
    connection.execute("create table build.affected (model varchar not null, report_id varchar not null)")
    # Which releases counted by default, and whom they were compared with, when all models were last built and since.
    connection.execute(
        "create table build.standing (report_id varchar, release smallint, is_default boolean, peer_group varchar)"
    )
    # What each document was loaded from, and the reports that its records are of.
    connection.execute("create table build.seen (document_id varchar not null, input varchar, report_ids varchar[])")
    for table in tables.values():
        connection.execute(f"create table raw.{table.name} ({table.ddl()})")
    write_state(connection, schema=wanted, published=published)
    faults.point("loading.created")
    connection.commit()
    return connection, True


def read_state(connection: duckdb.DuckDBPyConnection) -> dict[str, str | None]:
    """What the work file knows about itself.

    ``schema`` (fingerprint of schema raw), ``published`` and ``candidate`` (ids of versions),
    ``out_of_order`` (reports inserted since the cells were last sorted), ``parts`` (fingerprints of what was
    loaded), ``models`` (fingerprint of what the models were built with), ``built`` (the version that all
    models were built for; null as soon as something was loaded after).
    """
    return dict(connection.execute("select key, value from build.state").fetchall())


def write_state(connection: duckdb.DuckDBPyConnection, **values: str | None) -> None:
    """Set entries of :func:`read_state`; in the transaction of the caller, if one is open."""
    for key, value in values.items():
        connection.execute("delete from build.state where key = ?", [key])
        connection.execute("insert into build.state values (?, ?)", [key, value])


def note_standing(connection: duckdb.DuckDBPyConnection) -> None:
    """Add to ``build.standing`` how releases stand before a build: until one of everything has passed, models may be of
    any of these.
    """
    found = connection.execute(
        "select count(*) from duckdb_tables() "
        "where schema_name = 'conformed' and table_name in ('fct_release', 'peer_group')"
    ).fetchone()
    if found == (2,):
        connection.execute(f"insert into build.standing ({STANDING}) except select * from build.standing")


def note_built(connection: duckdb.DuckDBPyConnection, models: str, version: str) -> None:
    """All models, of fingerprint ``models``, are built for ``version`` (as :func:`transform.dump` says it)."""
    connection.begin()
    connection.execute("delete from build.standing")
    connection.execute(f"insert into build.standing {STANDING} order by all")
    write_state(connection, models=models, built=version)
    connection.commit()


def finish(connection: duckdb.DuckDBPyConnection, version: str) -> None:
    """The version ``version`` is published: nothing is pending any more."""
    connection.begin()
    connection.execute("delete from raw.pending")
    faults.point("publish.pending.deleted")
    write_state(connection, published=version, candidate=None)
    faults.point("publish.pending.stated")
    connection.commit()
    faults.point("publish.pending.cleared")


# --- what may differ ----------------------------------------------------------------------------------------


#: Beyond this share of changed documents, comparing everything is cheaper than finding out what need not be.
MANY = 0.1


@dataclass(frozen=True, slots=True)
class Seen:
    """What the work file was loaded from: a fingerprint of each document, and the reports that its records are of.

    It is asked for what differs, as all of it is as much as there are documents.
    """

    connection: duckdb.DuckDBPyConnection

    @property
    def rules(self) -> str | None:
        """By which rules it was loaded."""
        return read_state(self.connection).get("rules")

    def differing(self, now: Mapping[str, str]) -> set[str]:
        """Documents that were loaded from something else than ``now`` tells, or are on one side only."""
        import pyarrow as pa

        told = {"document_id": pa.array(now.keys(), pa.string()), "input": pa.array(now.values(), pa.string())}
        self.connection.register("incoming", pa.table(told))
        found = self.connection.execute(
            "select document_id from incoming full join build.seen using (document_id) "
            "where incoming.input is distinct from seen.input"
        ).fetchall()
        self.connection.unregister("incoming")
        return {document_id for (document_id,) in found}

    def reports(self, documents: Iterable[str]) -> set[str]:
        """The reports that records of these documents are of."""
        found = self.connection.execute(
            "select distinct unnest(report_ids) from build.seen where document_id in (select unnest(?::varchar[]))",
            [sorted(documents)],
        ).fetchall()
        return {report_id for (report_id,) in found}

    def documents(self, reports: Iterable[str]) -> set[str]:
        """The documents with records of any of these reports."""
        found = self.connection.execute(
            "select document_id from build.seen where list_has_any(report_ids, ?::varchar[])", [sorted(reports)]
        ).fetchall()
        return {document_id for (document_id,) in found}


def _inputs(sources: Sources, held: Mapping[str, Holding]) -> dict[str, str]:
    """What each document is loaded from now: what the archive says of it, and which record of it holds."""

    def landed(record: str) -> str:
        one = held.get(record)
        return f"{one.sequence} {one.extractor} {one.status} {one.said}" if one else ""

    now = {document_id: f"{said} {landed(document_id)}" for document_id, said in sources.inputs.items()}
    return now | {record: landed(record) for record in joined_records(held)}


def touched_in(file: Path, sources: Sources, landing: Landing) -> set[str] | None:
    """:func:`touched` by a work file that may not be there, or may be none of ours; then it may be any."""
    import duckdb

    if not file.exists():
        return None
    try:
        connection = duckdb.connect(str(file), config=STORAGE)
    except (duckdb.Error, OSError):
        return None
    with connection:
        try:
            return touched(sources, _inputs(sources, landing.holding()), landing, Seen(connection))
        except duckdb.Error:
            return None


def touched(sources: Sources, now: Mapping[str, str], landing: Landing, seen: Seen) -> set[str] | None:
    """The documents whose rows may differ from those of the last load: the changed ones, and all that share a report
    with one of them. None: it may be any. ``now``: what each document is loaded from.
    """
    if not sources.inputs or seen.rules != sources.rules:
        return None
    changed = seen.differing(now)
    if len(changed) > MANY * len(now) or any(one.startswith(JOINED) for one in changed):
        return None
    found, reports = set(changed), seen.reports(changed)
    for record in landed_reports(landing, changed) if changed else ():
        if record.settled[0] in LOADED and isinstance(identity := sources.identify(record), Identity):
            reports.add(identity.report_id)
    while others := seen.documents(reports) - found:
        found |= others
        reports |= seen.reports(others)
    return found


def joined_records(held: Iterable[str]) -> set[str]:
    """The records over several documents."""
    return {record for record in held if record.startswith(JOINED)}


# --- loading ------------------------------------------------------------------------------------------------


@dataclass
class Loaded:
    """What one load did. ``documents``: by status; ``waiting``: reasons of documents that wait for something;
    ``rows``: what now stands in each table of schema raw.
    """

    documents: dict[str, int] = field(default_factory=dict)
    waiting: list[str | None] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    changed: bool = False


def _comparable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _select(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    columns: Sequence[str],
    only: tuple[str, Sequence[str]] | None = None,
) -> list[dict[str, Any]]:
    """Rows of a table; ``only``: a column, and the values that it may have."""
    names = ", ".join(f'"{name}"' for name in columns)
    where = "" if only is None else f" where {only[0]} in (select unnest(?::varchar[]))"
    found = connection.execute(f"select {names} from raw.{table}{where}", [] if only is None else [only[1]])
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _insert(connection: duckdb.DuckDBPyConnection, table: RawTable, records: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows given by column name; a column that a record does not have is null."""
    if not records:
        return
    import pyarrow as pa

    columns = {
        column.name: pa.array([record.get(column.name) for record in records], type=arrow_type(column.data_type))
        for column in table.columns
    }
    connection.register("incoming", pa.table(columns))
    connection.execute(f"insert into raw.{table.name} by name select * from incoming")
    connection.unregister("incoming")


def _by_report(records: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    grouped: dict[str, list[Mapping[str, Any]]] = {}
    for record in sorted(records, key=lambda one: (one["report_id"], one["release"])):
        grouped.setdefault(record["report_id"], []).append(record)
    return grouped


def landed_reports(landing: Landing, only: Set[str] | None = None) -> list[LandedReport]:
    """The report rows that hold, from the landing; ``only``: of these records."""
    names = [name for name in LandedReport.__dataclass_fields__ if name != "lacking"]
    found = [
        LandedReport(**{name: row[name] for name in names} | {"contents": tuple(row["contents"] or ())})
        for row in landing.read("report", only).to_pylist()
    ]
    if not any(report.status == "needs_review" for report in found):
        return found
    lacking: dict[tuple[str, int], dict[str, None]] = {}
    for row in landing.read("report_table", only).to_pylist():
        if row["state"] in ("missing", "unreadable"):
            text = f"{row['table_key']} {row['title']} {row['state']}"
            lacking.setdefault((row["record_id"], row["report_no"]), {})[text] = None
    for row in landing.read("unassigned_number", only).to_pylist():
        if row["table_key"]:
            text = f"{row['table_key']}: figures found no place"
            lacking.setdefault((row["record_id"], row["report_no"]), {})[text] = None
    for row in landing.read("unrecognised_table", only).to_pylist():
        text = f"unknown table {row['title'] or '(no title)'}"
        lacking.setdefault((row["record_id"], row["report_no"]), {})[text] = None
    return [
        replace(report, lacking="; ".join(lacking.get((report.record_id, report.report_no), ())) or None)
        for report in found
    ]


def load(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    sources: Sources,
    tables: Mapping[str, RawTable],
    now: datetime.datetime | None = None,
) -> Loaded:
    """Bring schema raw to its desired state in one transaction; whole reports are replaced.

    What changed is added to ``raw.pending`` in the same transaction: a kill leaves both or neither. When
    nothing differs, nothing is written. ``now`` (UTC, without zone) fills the run columns.
    """
    moment = now or datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    held = landing.holding()
    seen, now_from = Seen(connection), _inputs(sources, held)
    some = touched(sources, now_from, landing, seen)
    landed = landed_reports(landing, None if some is None else some | joined_records(held))
    documents = sources.chosen(some)
    want = desired(documents, held, landed, sources.identify)
    result = Loaded()

    def standing(table: str, columns: Sequence[str], key: str, of: Iterable[str]) -> list[dict[str, Any]]:
        return _select(connection, table, columns, None if some is None else (key, sorted(of)))

    reports = {row["report_id"] for row in want.reports} | seen.reports(some or ())

    def select(name: str, columns: Sequence[str]) -> list[dict[str, Any]]:
        return standing(name, columns, "report_id", reports) if name == "report" else _select(connection, name, columns)

    def naming(names: Sequence[str]) -> list[str]:
        found = connection.execute(
            "select distinct report_id from raw.report_unit where name in (select unnest(?::varchar[])) order by 1",
            [names],
        ).fetchall()
        return [report_id for (report_id,) in found]

    # Where only some documents can differ, the registry is what it was: it is among the rules.
    lists = REGISTRY if some is None else ()
    differ = differing(want, sources, documents, tables, lists, select, naming)
    result.pending, stale = differ.pending, differ.registry
    before, after = differ.before, differ.after
    registry = {name: sources.registry.get(name, ()) for name in lists}

    document_columns = [c.name for c in tables["document"].columns if not c.is_run_column]
    old_documents = {
        row["document_id"]: row for row in standing("document", document_columns, "document_id", some or ())
    }
    new_documents = {row["document_id"]: row for row in want.documents}
    other_documents = sorted(
        document_id
        for document_id in old_documents.keys() | new_documents.keys()
        if document_id not in old_documents
        or document_id not in new_documents
        or any(
            _comparable(old_documents[document_id][c]) != _comparable(new_documents[document_id][c])
            for c in document_columns
        )
    )
    bridge_columns = tables["report_document"].column_names
    old_bridges = {
        tuple(row[c] for c in bridge_columns)
        for row in standing("report_document", bridge_columns, "document_id", some or ())
    }
    new_bridges = {tuple(row[c] for c in bridge_columns) for row in want.bridges}

    result.pending += retold(old_documents, new_documents, want, differ)

    result.changed = bool(result.pending or stale or other_documents or old_bridges != new_bridges)
    if result.changed:
        connection.begin()
        try:
            faults.point("loading.begun")
            for name in stale:
                connection.execute(f"delete from raw.{name}")
                columns = tables[name].column_names
                _insert(
                    connection,
                    tables[name],
                    sorted(registry[name], key=lambda row: [str(row.get(one)) for one in columns]),
                )
                faults.point(f"loading.{name}")
            connection.execute(
                "delete from raw.document where document_id in (select unnest(?::varchar[]))",
                [other_documents],
            )
            _insert(
                connection,
                tables["document"],
                [new_documents[one] | {"loaded_at": moment} for one in other_documents if one in new_documents],
            )
            faults.point("loading.document")
            if old_bridges != new_bridges:
                where = "" if some is None else " where document_id in (select unnest(?::varchar[]))"
                connection.execute(f"delete from raw.report_document{where}", [] if some is None else [sorted(some)])
                _insert(connection, tables["report_document"], want.bridges)
                faults.point("loading.report_document")
            _replace_reports(connection, landing, held, tables, before, after, result.pending, moment)
            _write_pending(connection, tables["pending"], result.pending, held, after, moment)
            faults.point("loading.pending")
            write_state(connection, built=None)  # no model has seen these rows
            _write_seen(connection, sources.rules, now_from, want, some)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        faults.point("loading.committed")
    elif some is None or some:
        connection.begin()
        _write_seen(connection, sources.rules, now_from, want, some)
        connection.commit()
    result.documents = dict(
        connection.execute("select status, count(*) from raw.document group by status order by status").fetchall()
    )
    result.waiting = [
        reason
        for (reason,) in connection.execute(
            "select reason from raw.document where status = 'needs_review' order by document_id"
        ).fetchall()
    ]
    for name in tables:
        (result.rows[name],) = connection.execute(f"select count(*) from raw.{name}").fetchone() or (0,)
    return result


def _write_seen(
    connection: duckdb.DuckDBPyConnection,
    rules: str,
    now: Mapping[str, str],
    want: Desired,
    some: Set[str] | None,
) -> None:
    """Write down what the documents were loaded from: all of them, or some."""
    import pyarrow as pa

    if some is None:
        connection.execute("delete from build.seen")
    else:
        connection.execute("delete from build.seen where document_id in (select unnest(?::varchar[]))", [sorted(some)])
    names = sorted(one for one in now if some is None or one in some)
    if names:
        filed = [sorted(want.filed.get(one, ())) for one in names]
        columns = {
            "document_id": pa.array(names, pa.string()),
            "input": pa.array([now[one] for one in names], pa.string()),
            "report_ids": pa.array(filed, pa.list_(pa.string())),
        }
        connection.register("incoming", pa.table(columns))
        connection.execute("insert into build.seen by name select * from incoming")
        connection.unregister("incoming")
    write_state(connection, rules=rules)


def _replace_reports(
    connection: duckdb.DuckDBPyConnection,
    landing: Landing,
    held: Mapping[str, Holding],
    tables: Mapping[str, RawTable],
    before: Mapping[str, Sequence[Mapping[str, Any]]],
    after: Mapping[str, Sequence[Mapping[str, Any]]],
    affected: Sequence[Pending],
    moment: datetime.datetime,
) -> None:
    """Delete all rows of the reports that differ and insert them from the landing."""
    import duckdb
    import pyarrow as pa

    replaced = [one.report_id for one in affected if before.get(one.report_id) != after.get(one.report_id)]
    if not replaced:
        return
    wanted = [row for report_id in replaced for row in after.get(report_id, ())]
    known = [report_id for report_id in replaced if report_id in before]
    for table in tables.values():
        if table.name == "report" or table.holds_content:
            if known:
                connection.execute(
                    f"delete from raw.{table.name} where report_id in (select unnest(?::varchar[]))", [known]
                )
            faults.point(f"loading.delete.{table.name}")
    _insert(connection, tables["report"], [{**row, "loaded_at": moment} for row in wanted])
    faults.point("loading.insert.report")
    if not wanted:
        return

    keys = pa.table(
        {
            "report_id": pa.array([row["report_id"] for row in wanted], pa.string()),
            "unit_id": pa.array([row["unit_id"] for row in wanted], pa.string()),
            "fiscal_year": pa.array([row["fiscal_year"] for row in wanted], pa.int16()),
            # all rows of a record over several documents are of the one report; a document may hold more than one
            "report_no": pa.array(
                [None if row["record_id"].startswith(JOINED) else row["report_no"] for row in wanted], pa.int16()
            ),
            "record_id": pa.array([row["record_id"] for row in wanted], pa.string()),
            "batch": pa.array([held[row["record_id"]].batch for row in wanted], pa.string()),
        }
    )
    connection.register("wanted_report", keys)
    batches = sorted(set(keys["batch"].to_pylist()))
    for table in tables.values():
        if not table.holds_content:
            continue
        files = [str(path) for batch in batches if (path := landing.file(batch, table.name)).exists()]
        if files:
            landed = ", ".join(f'landed."{c.name}"' for c in table.landed)
            order = ["fiscal_year", "unit_id", "report_id"]
            order += ["table_key"] if table.name == "cell" else []
            order += ["document_id", "report_no", table.ordinal]
            query = f"""
                insert into raw.{table.name} by name
                select wanted.report_id, wanted.unit_id, wanted.fiscal_year, {landed}
                from read_parquet(?, filename = true) as landed
                inner join wanted_report as wanted
                    on landed.record_id = wanted.record_id
                    and (wanted.report_no is null or landed.report_no = wanted.report_no)
                    and parse_path(landed.filename)[-2] = wanted.batch
                order by {", ".join(order)}
                """
            try:
                connection.execute(query, [files])
            except duckdb.Error:
                landing.refuse_damaged(batches, table.name)
                raise
        faults.point(f"loading.insert.{table.name}")
    connection.unregister("wanted_report")
    _keep_sorted(connection, len(wanted))


def _keep_sorted(connection: duckdb.DuckDBPyConnection, reports: int) -> None:
    """Write ``raw.cell`` anew in its order when too many reports came out of order since it last was."""
    total = (connection.execute("select count(*) from raw.report").fetchone() or (0,))[0]
    loose = int(read_state(connection).get("out_of_order") or 0) + reports
    if loose == total:
        loose = 0  # the first load: inserted in order
    elif loose > OUT_OF_ORDER * total:
        connection.execute(
            "create or replace table raw.cell as select * from raw.cell "
            "order by fiscal_year, unit_id, report_id, table_key, document_id, report_no, cell_no"
        )
        faults.point("loading.sorted")
        loose = 0
    write_state(connection, out_of_order=str(loose))


def _write_pending(
    connection: duckdb.DuckDBPyConnection,
    table: RawTable,
    affected: Sequence[Pending],
    held: Mapping[str, Holding],
    after: Mapping[str, Sequence[Mapping[str, Any]]],
    moment: datetime.datetime,
) -> None:
    """Add ``affected`` to what is pending already."""
    listed = dict(connection.execute("select report_id, cause from raw.pending").fetchall())
    records = pending_rows(affected, listed, held, after, moment)
    connection.execute(
        "delete from raw.pending where report_id in (select unnest(?::varchar[]))",
        [[one.report_id for one in affected]],
    )
    _insert(connection, table, records)


def mark(connection: duckdb.DuckDBPyConnection, years: Sequence[int]) -> list[Pending]:
    """List the reports of these fiscal years as changed, so that the models build them again."""
    found = connection.execute(
        """
        select distinct report_id, unit_id, fiscal_year from raw.report
        where fiscal_year in (select unnest(?::smallint[])) and report_id not in (select report_id from
        raw.pending) order by all
        """,
        [list(years)],
    ).fetchall()
    connection.begin()
    if found:
        connection.executemany(
            "insert into raw.pending (report_id, unit_id, fiscal_year, cause, pending_since) "
            "values (?, ?, ?, 'changed', now()::timestamp)",
            found,
        )
    write_state(connection, built=None)
    connection.commit()
    return [Pending(*row, "changed") for row in found]
