"""The steps of a refresh as plain functions, the lock, and the refresh itself.

Here: what the Dagster assets and the command line both call, one method per step. Belongs here: the order of
things, what a step leaves for the next, and the answer that a person gets. Does not belong here: how a step
is done, anything of Dagster's but starting the job.

Nothing heavy is imported before it is known that there is something to do: a refresh with nothing to do
starts neither Dagster nor dbt nor DuckDB.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from juesuan import durable, fingerprints
from juesuan.final_accounts.model import JuesuanError

if TYPE_CHECKING:
    from juesuan.final_accounts.archive import AddResult, Archive, Document
    from juesuan.final_accounts.store import Entry
    from juesuan.landing import Landed, Landing
    from juesuan.loading import Loaded, Sources
    from juesuan.publish import Finding
    from juesuan.settings import Settings
    from juesuan.sources import ArchiveState
    from juesuan.transform import NodeResult, Version


class Progress(Protocol):
    """Told what happens in which step, for a person who watches; where the step is counted, how many of how many."""

    def __call__(self, step: str, what: str, done: int = 0, of: int = 0, /) -> None: ...


Outcome = Literal["published", "nothing_to_do", "refused", "busy"]
#: The exit code of each outcome.
EXIT_CODES: dict[Outcome, int] = {"published": 0, "nothing_to_do": 0, "refused": 1, "busy": 75}


class Busy(JuesuanError):  # noqa: N818 - the name says what happens
    """Another refresh holds the lock of this warehouse."""


class NotBuilt(JuesuanError):  # noqa: N818
    """The models have not all been built since something was loaded, so there is nothing whole to publish."""


@dataclass(frozen=True)
class RefreshOutcome:
    """What a refresh did, for a person and for ``--json``.

    ``documents``, ``reports``, ``figures``, ``statements``, ``checks`` describe the published version (after
    a refusal still the last one). ``contradictions``: what reports contradict themselves in, one mapping per root
    (report_id, unit_name, fiscal_year, scope, check_id, place, severity, message, findings).
    """

    outcome: Outcome
    message: str | None = None
    version: str | None = None
    path: Path | None = None
    documents: Mapping[str, int] = field(default_factory=dict)
    reports: int = 0
    figures: int = 0
    statements: int = 0
    checks: Mapping[str, int] = field(default_factory=dict)
    contradictions: Sequence[Mapping[str, Any]] = ()
    taken_in: int = 0
    read: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        return EXIT_CODES[self.outcome]

    def as_dict(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "outcome": self.outcome,
            "message": self.message,
            "version": self.version,
            "path": str(self.path) if self.path else None,
            "documents": dict(self.documents),
            "reports": self.reports,
            "figures": self.figures,
            "statements": self.statements,
            "checks": dict(self.checks),
            "contradictions": [dict(one) for one in self.contradictions],
            "taken_in": self.taken_in,
            "read": dict(self.read),
            "seconds": round(self.seconds, 2),
        }


class House:
    """One run on one warehouse: the steps, in order, and what they leave for each other.

    A step finds what it needs on disk, so each also works by itself; within a run all of them see the archive
    as it was when the run began.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        progress: Progress | None = None,
        accept: str | None = None,
        rebuild: bool = False,
        years: Sequence[int] = (),
    ) -> None:
        self.settings = settings
        self.accept = accept
        self.rebuild = rebuild
        self.years = tuple(years)
        self._progress = progress
        self.taken_in: tuple[AddResult, ...] = ()
        self._added_to: Archive | None = None
        self.landed: Landed | None = None
        self.loaded: Loaded | None = None
        self.nodes: list[NodeResult] = []
        self.findings: list[Finding] = []

    def tell(self, step: str, what: str, done: int = 0, of: int = 0) -> None:
        """Tell the person who watches, if there is one."""
        if self._progress:
            self._progress(step, what, done, of)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the one lock of this warehouse; the holder may take it again. Raises :class:`Busy`."""
        from filelock import FileLock, Timeout

        self.settings.lock.parent.mkdir(parents=True, exist_ok=True)
        # Not at once: who only looks whether it is free holds it for a moment (:meth:`is_locked`).
        lock = FileLock(str(self.settings.lock), timeout=0.3, is_singleton=True, thread_local=False)
        try:
            lock.acquire()
        except Timeout:
            raise Busy(f"another refresh of {self.settings.warehouse} is running; wait for it") from None
        try:
            yield
        finally:
            lock.release()

    def is_locked(self) -> bool:
        """Whether a refresh of this warehouse is running, in this process or another."""
        if not self.settings.lock.exists():
            return False
        try:
            with self.locked():
                return False
        except Busy:
            return True

    # --- the archive ----------------------------------------------------------------------------------------

    def still_arriving(self) -> bool:
        """Whether the inbox holds files that are not whole yet."""
        from juesuan.final_accounts.inbox import waiting

        return len(waiting(self.settings.inbox, settle=0)) > len(waiting(self.settings.inbox))

    def oldest_waiting(self) -> float | None:
        """When the oldest file of the inbox was last written, in seconds since the epoch; None for an empty one."""
        from juesuan.final_accounts.inbox import waiting

        return min((file.stat().st_mtime for file in waiting(self.settings.inbox, settle=0)), default=None)

    def take_in(self) -> tuple[AddResult, ...]:
        """Take the finished files of the inbox into the archive, each with its manifest."""
        from functools import partial

        from juesuan.final_accounts import describe
        from juesuan.final_accounts.archive import Archive
        from juesuan.final_accounts.inbox import waiting

        if waiting(self.settings.inbox):
            bounded = partial(describe.describe, limits=self.settings.limits)
            archive = Archive(self.settings.raw, describe=bounded, limits=self.settings.limits)
            self.taken_in = archive.add_inbox(
                self.settings.inbox, progress=lambda name, done, of: self.tell("inbox", name, done, of)
            )
            self._added_to = archive
            for one in self.taken_in:
                self.tell("archive", f"{one.file}: {one.outcome}" + (f" ({one.reason})" if one.reason else ""))
        return self.taken_in

    @cached_property
    def _listed(self) -> tuple[Archive, Sequence[Entry]]:
        """The archive, and its files as they were when this run first looked, which it does once."""
        from juesuan.final_accounts.archive import Archive

        if self._added_to is not None:
            listing = self._added_to.listing_after_adding()  # first: what is kept in memory must not be older
            return self._added_to.afresh(), listing
        archive = Archive(self.settings.raw, limits=self.settings.limits)
        return archive, archive.listing()

    @cached_property
    def archive(self) -> ArchiveState:
        """The archive as it was when this run first looked."""
        from juesuan.sources import state_of

        return state_of(*self._listed)

    @cached_property
    def sources(self) -> Sources:
        """What loading takes from the archive."""
        from juesuan.sources import sources_of

        return sources_of(self.archive, f"{self.parts['library']} {self.parts['warehouse']}")

    @cached_property
    def parts(self) -> dict[str, str]:
        """Fingerprints of all that the warehouse follows from, as they were when this run first looked."""
        archive, listing = self._listed
        return fingerprints.parts(self.settings, archive.fingerprint(listing))

    @cached_property
    def tables(self) -> Mapping[str, Any]:
        """Schema raw."""
        from juesuan.raw_schema import raw_tables

        return raw_tables(self.settings.dbt_project)

    def due(self) -> str | None:
        """What a refresh would do, as one text that is the same as long as it would do the same; None for
        nothing.

        Files waiting in the inbox, or a fingerprint that is not the published one.
        """
        from juesuan.final_accounts.inbox import waiting
        from juesuan.publish import published_version

        arrived = [f"{file.name} {file.stat().st_mtime_ns}" for file in waiting(self.settings.inbox)]
        if arrived:
            return "inbox: " + "; ".join(arrived)
        fingerprint = fingerprints.fingerprint(self.parts)
        published = published_version(self.settings)
        if published and published["fingerprint"] == fingerprint:
            return None
        return f"{fingerprint[:16]} after {published['id'] if published else 'nothing'}"

    # --- landing and loading --------------------------------------------------------------------------------

    @cached_property
    def landing(self) -> Landing:
        """The landing of this warehouse."""
        from juesuan.landing import Landing

        return Landing(self.settings.landing, self.tables)

    def to_be_read(self, landing: Landing, extractor: str) -> list[Document]:
        """Clean the landing, enter the withdrawn documents as gone, and say which were not yet read by this library."""
        from juesuan.doctor import require_room

        require_room(self.settings)
        landing.clean()
        held = landing.holding()
        documents, said = self.archive.documents, self.archive.said
        landing.withdraw({one.document_id: one.reason or "" for one in documents.of_status("withdrawn")})
        return [
            documents[one]
            for one in self.archive.to_read
            if one not in held or held[one].extractor != extractor or held[one].said != said.get(one, "")
        ]

    def land(self) -> Landed:
        """Read every document that was not yet read by this library, and enter the withdrawn ones as gone."""
        from juesuan.final_accounts.extract import extractor_fingerprint

        landing, extractor, archive = self.landing, extractor_fingerprint(), self.archive.archive
        due = self.to_be_read(landing, extractor)
        names = {document.document_id: document.name for document in due}

        read_so_far = count(1)

        def progress(document_id: str, status: str) -> None:
            self.tell("landing", f"{names[document_id]}: {status}", next(read_so_far), len(names))

        from juesuan.extracting import read_documents

        def pages(document: Document, what: str, done: int, of: int) -> None:
            self.tell("pages", f"{document.name}: {what} {done} of {of}")

        read = read_documents(archive, due, self.settings, extractor, pages)
        self.landed = landing.land(read, extractor, progress)
        self.landed.batches += self._join(landing, extractor)
        landing.compact()
        return self.landed

    def _join(self, landing: Landing, extractor: str) -> list[str]:
        """Read the documents that are one report as one, and let go of groups that are none any more."""
        from juesuan.extracting import read_joined
        from juesuan.loading import joined_records, joined_reports, landed_reports, touched_in
        from juesuan.transform import work_file

        held = landing.holding()
        sources = self.sources
        some = touched_in(work_file(self.settings), sources, landing)
        wanted = joined_reports(sources.chosen(some), held, landed_reports(landing, some), sources.identify)
        ids = {one.record_id for one in wanted}
        # a group whose first document is as it was is as it was
        stale = [
            record
            for record, lead in (
                (one.record_id, one.document_id) for one in landed_reports(landing, joined_records(held))
            )
            if record not in ids and (some is None or lead in some)
        ]
        landing.withdraw(dict.fromkeys(stale, "its documents are not one report any more, or others"))
        due = [one for one in wanted if one.record_id not in held or held[one.record_id].extractor != extractor]
        names = {one.record_id: f"{one.identity.report_id}, {len(one.members)} documents as one" for one in due}

        def progress(record: str, status: str) -> None:
            self.tell("landing", f"{names[record]}: {status}")

        return landing.land(
            read_joined(self.archive.archive, due, self.settings, extractor) if due else (), extractor, progress
        ).batches

    def load(self) -> Loaded:
        """Bring schema raw of the work file up to date; a rebuild begins with an empty file."""
        from juesuan.loading import discard_work, load, mark, open_work, write_state
        from juesuan.publish import published_version
        from juesuan.transform import work_file

        published = published_version(self.settings)
        file = work_file(self.settings)
        if self.rebuild and not self.years:
            discard_work(file)
        connection, fresh = open_work(
            file, self.tables, published["id"] if published else None, self.settings.build_memory
        )
        try:
            self.loaded = load(connection, self.landing, self.sources, self.tables)
            if self.years:
                self.loaded.pending += mark(connection, self.years)
            parts = dict(self.parts)
            if any(reason == "not read yet" for reason in self.loaded.waiting):
                parts["archive"] = "not all of it has been read"
            write_state(connection, parts=json.dumps(parts, sort_keys=True))
        finally:
            connection.close()
        causes: dict[str, int] = {}
        for one in self.loaded.pending:
            causes[one.cause] = causes.get(one.cause, 0) + 1
        told = ", ".join(f"{count} {cause}" for cause, count in sorted(causes.items())) or "no report differs"
        self.tell("raw", told + (" (from an empty file)" if fresh else ""))
        return self.loaded

    # --- models ---------------------------------------------------------------------------------------------

    def build(self, select: Sequence[str] = (), each: Callable[[NodeResult], None] | None = None) -> list[NodeResult]:
        """Build the models with dbt and run their tests; ``select`` (in dbt's syntax) builds some of them.

        A changed dbt project (a model, a macro, a seed) or another version of dbt or DuckDB dirties
        everything: then all of dbt's schemas are dropped and built anew. Raises ``ModelsRefused``.
        """
        import duckdb

        from juesuan import transform
        from juesuan.loading import note_built, note_standing, read_state, write_state
        from juesuan.publish import new_version
        from juesuan.warehouse import STORAGE

        file = transform.work_file(self.settings)
        if not file.exists():
            raise NotBuilt(f"{file}: nothing has been loaded yet; materialise the tables of schema raw first")
        models = fingerprints.models_fingerprint(self.parts)
        with duckdb.connect(str(file), config=STORAGE) as connection:
            state = read_state(connection)
            whole = state.get("models") != models and not select
            if whole:
                write_state(connection, models=None, built=None)  # of a build that ends half way, some are of before
                transform.drop_models(connection)
            else:
                note_standing(connection)
            loaded = json.loads(state.get("parts") or "{}")
        parts = dict(self.parts) | {key: loaded[key] for key in ("archive", "library") if key in loaded}
        version = new_version(fingerprints.fingerprint(parts), parts)
        self.nodes = []
        built_so_far, in_all = count(1), transform.count_models(self.settings)

        def told(node: NodeResult) -> None:
            self.nodes.append(node)
            if each:
                each(node)

        def ended(name: str, status: str) -> None:
            self.tell("models", f"{name}: {status}", next(built_so_far), 0 if select else in_all)

        transform.build(self.settings, version, full_refresh=whole, select=select, each=told, ended=ended)
        if not select:
            with duckdb.connect(str(file), config=STORAGE) as connection:
                note_built(connection, models, transform.dump(version))
        return self.nodes

    # --- publishing -----------------------------------------------------------------------------------------

    @property
    def built(self) -> Version:
        """The version that all models were built for. Raises :class:`NotBuilt`."""
        import duckdb

        from juesuan import transform
        from juesuan.loading import read_state
        from juesuan.warehouse import STORAGE

        file = transform.work_file(self.settings)
        state: Mapping[str, str | None] = {}
        if file.exists():
            with duckdb.connect(str(file), config=STORAGE) as connection:
                state = read_state(connection)
        built = state.get("built")
        if not built:
            raise NotBuilt(
                "the models have not all been built since something was loaded; run the job refresh, "
                "or materialise all models first"
            )
        return transform.restore(built)

    def check(self) -> list[Finding]:
        """Judge the build: by itself and against the last version."""
        from juesuan import publish

        self.findings = publish.check(self.settings)
        return self.findings

    def publish(self) -> Path:
        """Publish what was built, if it passes. Raises ``Refused``; a refusal stays until something is
        mended.
        """
        from juesuan import publish, transform

        version = self.built
        if not self.findings:
            self.check()
        try:
            path = publish.publish(
                self.settings,
                version,
                transform.manifest(self.settings),
                findings=self.findings,
                accept=self.accept,
            )
        except publish.Refused as refused:
            self.remember_refusal(version.fingerprint, str(refused))
            raise
        self._refusal_file.unlink(missing_ok=True)
        self.tell("publish", version.id)
        return path

    @property
    def _refusal_file(self) -> Path:
        return self.settings.warehouse / "refused.json"

    def remember_refusal(self, fingerprint: str, message: str) -> None:
        """Keep why a build was refused, so that the same input is refused again without building it."""
        content = {
            "fingerprint": fingerprint,
            "message": message,
            "at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        durable.write_json(self._refusal_file, content, "publish.refusal")

    def refusal(self, fingerprint: str) -> str | None:
        """Why the build of this fingerprint was refused, if it was."""
        try:
            content = json.loads(self._refusal_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return content.get("message") if content.get("fingerprint") == fingerprint else None


# --- the refresh --------------------------------------------------------------------------------------------


def refresh(
    settings: Settings,
    accept: str | None = None,
    rebuild: bool = False,
    progress: Progress | None = None,
    years: Sequence[int] = (),
) -> RefreshOutcome:
    """Bring the published warehouse up to date with archive, library and models, or leave it as it is.

    Runs the Dagster job ``refresh`` (or ``rebuild``) in this process when there is something to do.
    ``accept``: a person's reason for differences from the last version. ``rebuild``: load everything from the
    landing anew; ``years``: build only the reports of these fiscal years again. Never raises for what a
    document may hold.
    """
    import time

    begun = time.monotonic()
    house = House(settings, progress=progress, accept=accept, rebuild=rebuild or bool(years), years=years)

    def answer(outcome: Outcome, message: str | None = None) -> RefreshOutcome:
        return _outcome(house, outcome, message, time.monotonic() - begun)

    try:
        with house.locked():
            house.take_in()
            fingerprint = fingerprints.fingerprint(house.parts)
            if not house.rebuild:
                from juesuan.publish import published_version

                published = published_version(settings)
                if published and published["fingerprint"] == fingerprint and settings.published.exists():
                    return answer("nothing_to_do")
                refused = house.refusal(fingerprint)
                if refused and not accept:
                    return answer("refused", refused)
            _run_job(house)
            return answer("published")
    except Busy as busy:
        return answer("busy", str(busy))
    except Exception as problem:
        from juesuan.doctor import trouble

        # the archive, a model or a check stands against it, or the machine behind them; what is published stays
        said = trouble(settings, problem)
        if said is None and not isinstance(problem, JuesuanError):
            raise
        return answer("refused", said or str(problem))


def _run_job(house: House) -> None:
    """Run the same assets that Dagster shows, in this process; raises what a step raised."""
    from juesuan.definitions import run_refresh

    run_refresh(house)


def _outcome(house: House, outcome: Outcome, message: str | None, seconds: float) -> RefreshOutcome:
    from juesuan.publish import published_version

    published = published_version(house.settings) or {}
    counts = published.get("counts", {})
    return RefreshOutcome(
        outcome=outcome,
        message=message,
        version=published.get("id"),
        path=house.settings.published if published else None,
        documents=counts.get("documents", {}),
        reports=counts.get("reports", 0),
        figures=counts.get("figures", 0),
        statements=counts.get("statements", 0),
        checks=counts.get("checks", {}),
        contradictions=counts.get("contradictions", ()),
        taken_in=len(house.taken_in),
        read=dict(house.landed.by_status) if house.landed else {},
        seconds=seconds,
    )
