"""dbt in this process: from schema raw of the work file to staging, conformed and marts.

Here: the arguments and the environment with which dbt runs, its manifest, and what each node did. Belongs
here: everything that knows dbt. Does not belong here: SQL (``dbt_project``), Dagster, publishing.

dbt runs through ``dbtRunner`` in one process, which starts several times faster than the command; what it
writes besides tables goes below ``warehouse/work/dbt``, so that a checkout stays clean. It opens the work
file itself: the caller closes its own connection first.
"""

from __future__ import annotations

import datetime
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from juesuan import durable, faults, fingerprints
from juesuan.final_accounts.model import JuesuanError

if TYPE_CHECKING:
    import duckdb

    from juesuan.settings import Settings

#: On what the models are built, by the name of the target in ``profiles.yml``.
Target = Literal["work", "spark"]
#: Schemas that loading keeps; every other one is dbt's.
OWN_SCHEMAS = ("raw", "build")


class ModelsRefused(JuesuanError):  # noqa: N818 - the name says what happened
    """A model or one of its tests did not pass; the message names each with its reason."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a build will be called once it is published."""

    id: str
    fingerprint: str
    built_at: datetime.datetime
    parts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What dbt did with one node. ``rows``: of a table or seed; ``failures``: rows that a test found
    wrong.
    """

    unique_id: str
    name: str
    resource_type: str
    status: str
    seconds: float
    message: str | None = None
    failures: int | None = None
    rows: int | None = None

    @property
    def passed(self) -> bool:
        return self.status in ("success", "pass", "warn", "no-op")


def folder(settings: Settings, target: Target = "work") -> Path:
    """Where dbt writes its target and its logs; its manifest of one target is of no use to the other."""
    return settings.work / ("dbt" if target == "work" else f"dbt-{target}")


def work_file(settings: Settings) -> Path:
    """The file in which builds happen. Its name is the name of the catalog, before and after publishing."""
    return settings.work / "juesuan.duckdb"


def environment(settings: Settings, version: Version | None = None) -> dict[str, str]:
    """The variables that ``profiles.yml`` and the model ``warehouse_version`` read."""
    variables = {
        "JUESUAN_WORK_FILE": str(work_file(settings)),
        "JUESUAN_BUILD_MEMORY": settings.build_memory,
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "False",
        "DO_NOT_TRACK": "1",
    }
    if version is not None:
        variables["JUESUAN_VERSION"] = version.id
        variables["JUESUAN_FINGERPRINT"] = version.fingerprint
        variables["JUESUAN_BUILT_AT"] = version.built_at.strftime("%Y-%m-%d %H:%M:%S")
    return variables


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _arguments(settings: Settings, command: str, target: Target = "work") -> list[str]:
    built = folder(settings, target)
    return [
        command,
        "--target",
        target,
        "--project-dir",
        str(settings.dbt_project),
        "--profiles-dir",
        str(settings.dbt_project),
        "--target-path",
        str(built / "target"),
        "--log-path",
        str(built / "logs"),
        "--log-level",
        "none",
        "--log-level-file",
        "warn",
        "--no-use-colors",
        "--no-version-check",
        "--no-send-anonymous-usage-stats",
    ]


def _invoke(
    settings: Settings,
    arguments: Sequence[str],
    version: Version | None,
    callback: Callable[[Any], None] | None = None,
    parsed: Any = None,
) -> Any:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    folder(settings).mkdir(parents=True, exist_ok=True)
    try:
        with _set(environment(settings, version)):
            runner = dbtRunner(manifest=parsed, callbacks=[callback] if callback else [])
            outcome = runner.invoke(list(arguments))
    finally:
        # The adapter keeps its database open in a class attribute; the file must be free for the next step.
        if DuckDBConnectionManager._ENV is not None:
            DuckDBConnectionManager._ENV.close()
        DuckDBConnectionManager.close_all_connections()
    if outcome.exception is not None:
        raise ModelsRefused(f"dbt {arguments[0]}: {outcome.exception}") from outcome.exception
    return outcome


def _target(settings: Settings) -> Path:
    return folder(settings) / "target"


def _project_stamp(settings: Settings) -> str:
    """What the manifest follows from: the files of the project, lists of the library that are seeds,
    places.
    """
    files = fingerprints.hash_files(settings.dbt_project, fingerprints.files_below(settings.dbt_project))
    return f"{files} {fingerprints.library_fingerprint()} {settings.dbt_project} {work_file(settings)}"


def prepare(settings: Settings) -> bool:
    """Bring dbt's manifest up to date; returns whether it had to be parsed. Raises ``ModelsRefused``.

    The stamp beside it names the project that it was parsed from, so that an unchanged project is not even
    looked through by dbt.
    """
    stamp = _target(settings) / "manifest.of"
    current = _project_stamp(settings)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == current:
        return False
    stamp.unlink(missing_ok=True)
    _invoke(settings, _arguments(settings, "parse"), None)
    durable.write_text(stamp, current, "dbt.manifest")
    return True


def manifest(settings: Settings) -> dict[str, Any]:
    """dbt's manifest of the project as it stands now; not to be changed by the caller."""
    prepare(settings)
    path = _target(settings) / "manifest.json"
    return _read_manifest(path, path.stat().st_mtime_ns)


def count_models(settings: Settings) -> int:
    """How many seeds and models a whole build builds."""
    return sum(node["resource_type"] in ("model", "seed") for node in manifest(settings)["nodes"].values())


@lru_cache(maxsize=1)
def _read_manifest(path: Path, _: int) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _parsed(settings: Settings) -> Any:
    """The manifest as dbt's own object, from what parsing left behind; None where dbt must look for
    itself.
    """
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    prepare(settings)
    try:
        content = (_target(settings) / "partial_parse.msgpack").read_bytes()
    except FileNotFoundError:
        return None
    found = Manifest.from_msgpack(content, decoder=extended_mashumuro_decoder)
    found.build_flat_graph()  # what macros know as ``graph``; dbt makes it only of a project that it parses itself
    return found


def build(
    settings: Settings,
    version: Version,
    *,
    full_refresh: bool = False,
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    each: Callable[[NodeResult], None] | None = None,
    ended: Callable[[str, str], None] | None = None,
    target: Target = "work",
) -> list[NodeResult]:
    """Build seeds and models and run their tests; returns what each node did, in the order in which they
    ended.

    ``select`` and ``exclude``: in dbt's syntax; all of them when empty. ``ended`` is called with name and status as
    a seed or model ends, ``each`` with what is known of every node when all have ended.
    Unit tests of models are left to the tests of the project. Raises ``ModelsRefused`` naming every node that
    did not pass.
    """
    # Nothing reads what dbt would write beside the tables, and writing it takes longer than a small build.
    arguments = [*_arguments(settings, "build", target), "--no-write-json", "--exclude-resource-type", "unit_test"]
    if full_refresh:
        arguments.append("--full-refresh")
    if select:
        arguments += ["--select", *select]
    if exclude:
        arguments += ["--exclude", *exclude]

    def told(event: Any) -> None:
        if event.info.name in ("NodeStart", "NodeFinished"):
            node = event.data.node_info
            if node.resource_type in ("model", "seed"):
                faults.point(f"dbt.{node.node_name}.{event.info.name.removeprefix('Node').lower()}")
                if ended and event.info.name == "NodeFinished":
                    ended(node.node_name, node.node_status)

    faults.point("dbt.begun")
    outcome = _invoke(settings, arguments, version, told, _parsed(settings) if target == "work" else None)
    results = []
    for one in outcome.result.results if outcome.result is not None else ():
        status = getattr(one.status, "value", str(one.status))
        result = NodeResult(
            one.node.unique_id,
            one.node.name,
            getattr(one.node.resource_type, "value", str(one.node.resource_type)),
            status,
            one.execution_time,
            one.message,
            one.failures,
        )
        results.append(result)
        if each:
            each(result)
    faults.point("dbt.ended")
    bad = [one for one in results if not one.passed and one.status != "skipped"]
    if bad or not outcome.success:
        said = "\n".join(f"{one.resource_type} {one.name}: {one.message or one.status}" for one in bad)
        raise ModelsRefused(said or "dbt build did not succeed")
    return results


def drop_models(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Drop every schema that dbt built, so that no table of a model that is gone stays; returns their
    names.
    """
    schemas = [
        name
        for (name,) in connection.execute(
            "select schema_name from duckdb_schemas() where not internal and database_name = current_database() "
            "order by 1"
        ).fetchall()
        if name not in (*OWN_SCHEMAS, "main")
    ]
    for name in schemas:
        connection.execute(f'drop schema "{name}" cascade')
        faults.point("dbt.drop")
    return schemas


def dump(version: Version) -> str:
    """A version as text, for the work file."""
    return json.dumps(
        {
            "id": version.id,
            "fingerprint": version.fingerprint,
            "built_at": version.built_at.isoformat(),
            "parts": dict(version.parts),
        },
        sort_keys=True,
    )


def restore(text: str) -> Version:
    """The version of :func:`dump`."""
    content = json.loads(text)
    built_at = datetime.datetime.fromisoformat(content["built_at"])
    return Version(content["id"], content["fingerprint"], built_at, content["parts"])


def selector(unique_id: str) -> str:
    """dbt's words for exactly this node and its tests."""
    return unique_id.split(".")[2]


def row_counts(settings: Settings) -> dict[tuple[str, str], int]:
    """Rows of every table that dbt built, by (schema, name); views are not counted, as that would run
    them.
    """
    import duckdb

    from juesuan.warehouse import STORAGE

    with duckdb.connect(str(work_file(settings)), config=STORAGE) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = current_database()"
        ).fetchall()
        return {
            (schema, name): connection.execute(f'select count(*) from "{schema}"."{name}"').fetchall()[0][0]
            for schema, name in tables
            if schema not in OWN_SCHEMAS
        }


def write_site(settings: Settings, to: Path | None = None) -> Path:
    """Write dbt's documentation site of the published warehouse as one page; returns where it is.

    It is made from a copy, so that neither a refresh nor a reader is in its way. Raises ``ModelsRefused``, also where
    nothing is published yet.
    """
    if not settings.published.exists():
        raise ModelsRefused(f"{settings.published} is not there yet: run `juesuan refresh` first")
    target = (to or settings.warehouse / "docs") / "index.html"
    with tempfile.TemporaryDirectory(prefix="juesuan-docs-") as name:
        copied = replace(settings, warehouse=Path(name))
        work_file(copied).parent.mkdir(parents=True)
        shutil.copyfile(settings.published, work_file(copied))
        command, *options = _arguments(copied, "docs")
        _invoke(copied, [command, "generate", "--static", "--compile", *options], None)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_target(copied) / "static_index.html", target)
    return target
