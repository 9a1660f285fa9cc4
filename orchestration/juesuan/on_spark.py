"""Reading documents on the executors of Apache Spark into the same landing, and making its small batches large.

Here: dividing documents, or batches, over executors, what an executor does with its share, entering what they wrote in
the ledger.
Belongs here: the passage between Spark and the landing. Does not belong here: reading itself (the library), rows and
batches (``landing``), the models on Spark (``spark_warehouse``).

An executor needs the package with its library and pyarrow alone: what runs there imports neither DuckDB nor dbt nor
Dagster (a test holds it). It reads a document from the archive's own address, bounded as everywhere: in a worker
process that one hostile document may end without ending the task. It writes the Parquet tables of its share into a
temporary folder of the landing, so the landing must lie where all executors and the driver write under one path. Rows
never pass through the driver: it is told documents and folders, gives the folders their names and writes the ledger,
alone. A task that Spark repeats, or runs twice, leaves a folder that no entry names, and ``Landing.clean`` removes it.
"""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.landing import (
    DOCUMENTS_PER_BATCH,
    MERGED_AT_ONCE,
    Extracted,
    Held,
    Landed,
    Landing,
    LandingError,
    Merge,
    content_of,
    failed,
    together,
)

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

    from juesuan.final_accounts.archive import Archive, Document
    from juesuan.final_accounts.readers import Limits
    from juesuan.refresh import Progress
    from juesuan.settings import Settings

#: Batches that each core writes before the ledger is written: a killed run repeats at most these.
BATCHES_PER_CORE = 4
#: Spark makes batches of half as many documents and more, 32 of executors to one, and leaves those alone.
FULL_BATCH = 2 * MERGED_AT_ONCE * DOCUMENTS_PER_BATCH
#: What Spark passes to an executor, and what it passes back.
_TASK = "document_id string, task binary"
_DONE = "document_id string, status string, said string, folder string"
_MERGE = "number int, batches binary"
_MERGED = "number int, folder string, refused string"


@dataclass(frozen=True, slots=True)
class Task:
    """One document to be read: as its manifest has it, and what a person asserted of it."""

    document: Document
    said: Any
    heeded: str


@dataclass(frozen=True)
class Share:
    """What an executor does with some of the documents; it is sent to each, so it holds nothing that is open.

    ``address`` is the archive's (a path or what fsspec opens), ``readings`` the folder of kept readings of these
    readers, which need not be shared: a document whose reading is not found there is read.
    """

    address: str
    landing: Landing
    readings: str
    limits: Limits
    extractor: str

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Read the documents of one partition and write them as one batch."""
        import pyarrow as pa

        from juesuan.landing import write_tables

        tasks = (pickle.loads(one) for batch in batches for one in batch.column("task").to_pylist())
        done = {one.document_id: content_of(one, self.extractor, self.landing.tables) for one in self._read(tasks)}
        if not done:
            return
        folder = self.landing.building()
        write_tables(folder, together(done))
        ids = sorted(done)
        yield pa.record_batch(
            {
                "document_id": ids,
                "status": [done[one].status for one in ids],
                "said": [done[one].said for one in ids],
                "folder": [folder.name] * len(ids),
            }
        )

    def _read(self, tasks: Iterable[Task]) -> Iterator[Extracted]:
        from juesuan.extracting import EXTRACT, outcome
        from juesuan.final_accounts.archive import Archive
        from juesuan.final_accounts.model import JuesuanError
        from juesuan.final_accounts.readers.worker import Worker

        archive = Archive(self.address, limits=self.limits)
        # A task has one core, so its worker reads pages one by one.
        with Worker(self.limits, threads=1) as worker:
            for task in tasks:
                document, extractions, error = task.document, None, None
                try:
                    # An archive that cannot be reached is no fault of the document: that ends the task, which Spark
                    # begins anew elsewhere.
                    data = archive.read(document)
                except JuesuanError as problem:  # changed or gone since the run began
                    yield failed(document.document_id, str(problem), self.extractor, task.heeded)
                    continue
                arguments = (data, document.name, document.document_id, self.readings, self.limits, task.said)
                try:
                    extractions = worker.run(EXTRACT, *arguments)
                except Exception as problem:
                    error = problem
                yield outcome(document.document_id, document.name, extractions, error, self.extractor, task.heeded)


def read_on_spark(
    spark: SparkSession,
    archive: Archive,
    documents: Sequence[Document],
    landing: Landing,
    *,
    readings: Path,
    limits: Limits,
    extractor: str,
    per_batch: int = DOCUMENTS_PER_BATCH,
    progress: Callable[[str, str], None] | None = None,
) -> Landed:
    """Read ``documents`` on the executors of ``spark`` and land them, as ``read_documents`` and ``Landing.land`` do.

    ``per_batch``: documents of one task, which are one batch; fewer where there are more cores than batches.
    ``readings``: the folder below which kept readings lie, by fingerprint of the readers.
    """
    from juesuan.final_accounts.readers import reader_fingerprint

    share = Share(archive.address, landing, str(readings / reader_fingerprint()), limits, extractor)
    cores = spark.sparkContext.defaultParallelism
    landed = Landed()
    at_once = max(1, per_batch * cores * BATCHES_PER_CORE)
    # Bodies differ in how much they publish: documents side by side in the archive are spread over the tasks.
    for start in range(0, len(documents), at_once):
        some = documents[start : start + at_once]
        tasks = [
            (one.document_id, pickle.dumps(Task(one, archive.said(one), archive.said_fingerprint(one)))) for one in some
        ]
        parts = min(len(tasks), max(cores, math.ceil(len(tasks) / per_batch)))
        slices = [tasks[number::parts] for number in range(parts)]
        spread = [task for part in slices for task in part]
        frame = spark.createDataFrame(spark.sparkContext.parallelize(spread, parts), _TASK)
        _enter(landing, frame.mapInArrow(share, _DONE).collect(), extractor, landed, progress)
    return landed


def _enter(
    landing: Landing,
    done: Iterable[Any],
    extractor: str,
    landed: Landed,
    progress: Callable[[str, str], None] | None,
) -> None:
    """Give the folders that executors wrote their names, and enter them in the ledger."""
    folders: dict[str, list[Any]] = {}
    for row in done:
        folders.setdefault(row["folder"], []).append(row)
    for folder, rows in sorted(folders.items(), key=lambda one: one[1][0]["document_id"]):
        landed.batches.append(
            landing.enter(
                landing.batches / folder,
                lambda sequence, rows=rows: [  # type: ignore[misc]
                    Held(row["document_id"], extractor, sequence, row["status"], row["said"]) for row in rows
                ],
            )
        )
        for row in rows:
            landed.by_status[row["status"]] = landed.by_status.get(row["status"], 0) + 1
            if progress:
                progress(row["document_id"], row["status"])


def read_due(settings: Settings, spark: SparkSession, progress: Progress | None = None) -> Landed:
    """Read on the executors what a refresh would read now; the refresh that follows finds it read.

    Takes in the inbox first, as a refresh does. Documents that together are one report are read over all of them by
    that refresh: from the readings kept here, if these lie where both can see them. Raises ``Busy``.
    """
    from juesuan.final_accounts.extract import extractor_fingerprint
    from juesuan.refresh import House

    house = House(settings, progress=progress)
    with house.locked():
        house.take_in()
        landing, extractor = house.landing, extractor_fingerprint()
        due = house.to_be_read(landing, extractor)
        names = {document.document_id: document.name for document in due}
        read_so_far = count(1)

        def told(document_id: str, status: str) -> None:
            house.tell("landing", f"{names[document_id]}: {status}", next(read_so_far), len(names))

        return read_on_spark(
            spark,
            house.archive.archive,
            due,
            landing,
            readings=settings.readings,
            limits=settings.limits,
            extractor=extractor,
            progress=told,
        )


@dataclass(frozen=True)
class Merging:
    """What an executor does with batches that shall be one; it is sent to each."""

    landing: Landing

    def __call__(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Write each batch that a partition asks for into a temporary folder of the landing."""
        import pyarrow as pa

        for batch in batches:
            for row in batch.to_pylist():
                folder, refused = None, None
                try:
                    folder = self.landing.merge(pickle.loads(row["batches"])).name
                except LandingError as damaged:  # to be told as it is, and not to be tried again
                    refused = str(damaged)
                schema = pa.schema([("number", pa.int32()), ("folder", pa.string()), ("refused", pa.string())])
                yield pa.record_batch([[row["number"]], [folder], [refused]], schema=schema)


def compact_on_spark(
    spark: SparkSession, landing: Landing, full: int = FULL_BATCH, progress: Progress | None = None
) -> tuple[int, int]:
    """Make large batches of the small and the outdated ones on the executors of ``spark``, as ``Landing.compact`` does
    here; returns how many went, and how many came.

    What a killed run wrote and did not name is repeated; until the ledger has a new batch the old ones hold. Raises
    ``LandingError`` for a batch that is damaged, when the others are done.
    """
    found = landing.merges(1, full)
    merges, empty = [one for one in found if one.held], [one for one in found if not one.held]
    landing.let_go(empty)
    went, came, refused = sum(len(one.batches) for one in empty), 0, []
    at_once = spark.sparkContext.defaultParallelism
    for start in range(0, len(merges), at_once):
        some = merges[start : start + at_once]
        done, damaged = _written(spark, landing, some)
        for one, folder in done:
            landing.enter_merged(landing.batches / folder, one)
        # At once, so that the landing is never there twice.
        landing.let_go(one for one, _ in done)
        went += sum(len(one.batches) for one, _ in done)
        came += len(done)
        refused += damaged
        if progress:
            progress("landing", f"{went} batches are {came}", start + len(some), len(merges))
    if refused:
        raise LandingError("; ".join(refused))
    return went, came


def _written(
    spark: SparkSession, landing: Landing, merges: Sequence[Merge]
) -> tuple[list[tuple[Merge, str]], list[str]]:
    """The folders that executors wrote, a task each, and why others were not written."""
    tasks = [(number, pickle.dumps(one.batches)) for number, one in enumerate(merges)]
    frame = spark.createDataFrame(spark.sparkContext.parallelize(tasks, len(tasks)), _MERGE)
    rows = frame.mapInArrow(Merging(landing), _MERGED).collect()
    done = [(merges[row["number"]], row["folder"]) for row in rows if row["folder"]]
    return done, [row["refused"] for row in rows if row["refused"]]


def compact(settings: Settings, spark: SparkSession, progress: Progress | None = None) -> tuple[int, int]:
    """:func:`compact_on_spark` of the landing of a warehouse. Raises ``Busy`` and ``LandingError``."""
    from juesuan.refresh import House

    house = House(settings)
    with house.locked():
        house.landing.clean()
        return compact_on_spark(spark, house.landing, progress=progress)
