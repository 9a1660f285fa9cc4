"""From a checked build to what readers see.

Here: comparing a build with the last version, making a version of it, switching the link, and which versions
stay. Belongs here: everything between the last model and the reader. Does not belong here: models, Dagster,
the lock.

A version is a folder ``versions/<id>`` with the warehouse and ``version.json``; it is finished under another
name and then renamed, and the link ``warehouse/juesuan.duckdb`` is switched to it in one step. Whatever kills
the process, readers see the last published version whole.
"""

from __future__ import annotations

import datetime
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan import durable, faults
from juesuan.final_accounts.model import YUAN_PER, JuesuanError
from juesuan.loading import finish, write_state
from juesuan.transform import Version, work_file
from juesuan.warehouse import STORAGE, build_options

if TYPE_CHECKING:
    import duckdb

    from juesuan.settings import Keep, Settings

#: A table of a report whose sum grows or shrinks by this factor was read in another unit of money, not revised.
MAGNITUDE = 100
#: How many examples a finding names.
EXAMPLES = 5


class Refused(JuesuanError):  # noqa: N818 - the name says what happened
    """The build does not pass against the last version; the message says what and why."""


# --- versions on disk ---------------------------------------------------------------------------------------


def published_version(settings: Settings) -> dict[str, Any] | None:
    """``version.json`` of the published version (id, fingerprint, built_at, counts); None where there is
    none.
    """
    try:
        target = settings.published.readlink()
        return json.loads((settings.warehouse / target.parent / "version.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def new_version(fingerprint: str, parts: Mapping[str, str], now: datetime.datetime | None = None) -> Version:
    """A version to be built now: its id begins with the UTC time, so that ids sort by age."""
    moment = (now or datetime.datetime.now(datetime.UTC)).replace(tzinfo=None, microsecond=0)
    return Version(f"{moment:%Y%m%dT%H%M%SZ}-{fingerprint[:8]}", fingerprint, moment, dict(parts))


# --- warehouse checks ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finding:
    """One warehouse check. ``acceptable``: a person may accept it with a reason; else it must be mended."""

    check: str
    description: str
    passed: bool
    message: str
    acceptable: bool = False


def _yuan(unit: str, value: str) -> str:
    cases = " ".join(f"when '{name}' then {factor}" for name, factor in YUAN_PER.items())
    return f"{value} * (case {unit} {cases} end)"


def _holds(raw: str) -> str:
    """The documents that hold each report, and whether their release is the current one; in a version that joined no
    documents each is a release of its own.
    """
    return f"""
        select bridge.report_id, bridge.document_id, bridge.report_no, report.is_current
        from (
            select * from {raw}.report_document
            union all by name select null::smallint as release where false
        ) as bridge
        inner join {raw}.report as report
            on
                bridge.report_id = report.report_id
                and (
                    bridge.release = report.release
                    or (
                        bridge.release is null
                        and bridge.document_id = report.document_id
                        and bridge.report_no = report.report_no
                    )
                )
        where bridge.role = 'holds'
        """


#: A condition for rows of schema raw in the work file and in the last version: what differs between the two stems from
#: reports that are pending, and what does not differ was judged when it was published. A new work file lists every
#: report. So what a check costs follows from what changed.
_TOUCHED = "report_id in (select report_id from raw.pending)"

#: Rules that hold for schema raw whatever was published before: name, description, query for the offenders.
_RULES: tuple[tuple[str, str, str], ...] = (
    (
        "keys_unique",
        "每个键只出现一次。Each key stands once: documents, releases of a report, cells of a document.",
        f"""
        select 'document ' || document_id from raw.document group by document_id having count(*) > 1
        union all
        select 'report ' || report_id || ' release ' || release from raw.report
        group by report_id, release having count(*) > 1
        union all
        select 'cell ' || document_id || ' ' || report_no || ' ' || cell_no from raw.cell
        where {_TOUCHED}
        group by document_id, report_no, cell_no having count(*) > 1
        """,
    ),
    (
        "one_current_release",
        "每份报告恰有一个现行发布。Each report has exactly one current release.",
        "select report_id from raw.report group by report_id having count(*) filter (is_current) <> 1",
    ),
    (
        "rows_have_their_report",
        "每行都属于已载录的报告。Every cell and statement belongs to a loaded report.",
        f"""
        select distinct c.report_id || ' ' || c.document_id from raw.cell as c
        anti join raw.report_document as r
            on c.report_id = r.report_id and c.document_id = r.document_id and r.role = 'holds'
        where c.{_TOUCHED}
        union all
        select distinct s.report_id || ' ' || s.document_id from raw.statement as s
        anti join raw.report_document as r
            on s.report_id = r.report_id and s.document_id = r.document_id and r.role = 'holds'
        where s.{_TOUCHED}
        """,
    ),
    (
        "reports_have_figures",
        "每份现行报告都有数字。Every current release has at least one figure.",
        f"""
        select r.report_id from raw.report as r
        where r.{_TOUCHED} and not exists (
            select 1
            from raw.report_document as b
            where
                b.report_id = r.report_id and b.release = r.release and b.role = 'holds'
                and (
                    exists (
                        select 1 from raw.cell as c
                        where c.{_TOUCHED} and c.report_id = b.report_id and c.document_id = b.document_id
                    )
                    or exists (
                        select 1 from raw.statement as s
                        where s.{_TOUCHED} and s.report_id = b.report_id and s.document_id = b.document_id
                    )
                )
        )
        """,
    ),
)

#: What must not fall against the last version: name, description, query for the offenders. ``last`` is that version.
_COMPARISONS: tuple[tuple[str, str, str], ...] = (
    (
        "reports_kept",
        "除撤回与改档外，上一版本的报告都在。No report of the last version is gone but withdrawn or refiled ones.",
        """
        select distinct o.report_id from last.raw.report as o
        where
            o.report_id not in (select report_id from raw.report)
            and o.document_id not in (select document_id from raw.document where status = 'withdrawn')
            and o.document_id not in (select document_id from raw.report_document)
        """,
    ),
    (
        "figures_kept",
        "同一份文件读出的数字没有变少。No document that both versions hold has fewer figures in any table.",
        f"""
        with counted as (
            select
                old.document_id, old.table_key, old.figures as before, coalesce(new.figures, 0) as after
            from (
                select document_id, table_key, count(value) as figures from last.raw.cell where {_TOUCHED} group by all
            ) as old
            left join (
                select document_id, table_key, count(value) as figures from raw.cell where {_TOUCHED} group by all
            ) as new on old.document_id = new.document_id and old.table_key = new.table_key
            where old.document_id in (select document_id from raw.report_document where role = 'holds')
        )
        select path || ' ' || table_key || ': ' || before || ' figures before, ' || after || ' now'
        from counted inner join raw.document using (document_id)
        where after < before
        """,
    ),
    (
        "statements_kept",
        "同一份文件的文字陈述没有大减。No document that both versions hold lost a tenth of its statements.",
        f"""
        select path || ': ' || old.n || ' statements before, ' || coalesce(new.n, 0) || ' now'
        from (select document_id, count(*) as n from last.raw.statement where {_TOUCHED} group by all) as old
        left join (select document_id, count(*) as n from raw.statement where {_TOUCHED} group by all) as new
            using (document_id)
        inner join raw.document using (document_id)
        where
            old.document_id in (select document_id from raw.report_document where role = 'holds')
            and coalesce(new.n, 0) < 0.9 * old.n
        """,
    ),
    (
        "coverage_kept",
        "曾读取的文件没有变为不可读。No document that was read is now failed, set aside or waiting.",
        """
        select n.path || ': ' || o.status || ' before, ' || n.status || ' now (' || coalesce(n.reason, '') ||
        ')' from last.raw.document as o inner join raw.document as n using (document_id)
        where
            o.status in ('loaded', 'partial')
            and n.status <> 'withdrawn'
            and (n.status = 'partial' and o.status = 'loaded' or n.status not in ('loaded', 'partial'))
            and not exists (
                select 1 from raw.report_document as kept
                where kept.document_id = n.document_id and (kept.role = 'copy' or n.status = 'failed')
            )
        """,
    ),
    (
        "magnitudes_kept",
        "同一报告同一表的合计没有跳变。No table of a report sums to a hundred times more or less than before.",
        f"""
        with holds as ({_holds("raw")}),
        last_holds as ({_holds("last.raw")}),
        old as (
            select report_id, table_key, sum(abs({_yuan("cell.money_unit", "value")})) as total
            from last.raw.cell inner join last_holds using (report_id, document_id, report_no)
            where is_current and {_TOUCHED} group by all
        ),
        new as (
            select report_id, table_key, sum(abs({_yuan("cell.money_unit", "value")})) as total
            from raw.cell inner join holds using (report_id, document_id, report_no)
            where is_current and {_TOUCHED} group by all
        )
        select report_id || ' ' || table_key || ': ' || old.total || ' yuan before, ' || new.total || ' now'
        from old inner join new using (report_id, table_key)
        where
            old.total > 0 and new.total > 0
            and (new.total > {MAGNITUDE} * old.total or old.total > {MAGNITUDE} * new.total)
        """,
    ),
)


def check_names() -> list[tuple[str, str]]:
    """Every warehouse check: (name, description)."""
    return [(name, description) for name, description, _ in (*_RULES, *_COMPARISONS)]


def check(settings: Settings) -> list[Finding]:
    """Judge the work file: by itself, and against the last version if there is one.

    A document that became a copy of another is no loss, nor is one whose file changed under its manifest
    while its figures stay loaded.
    """
    import duckdb

    findings = []
    with duckdb.connect(str(work_file(settings)), config=build_options(settings.build_memory)) as connection:
        for name, description, query in _RULES:
            findings.append(_judge(connection, name, description, query, acceptable=False))
        previous = published_version(settings)
        if previous is not None:
            file = settings.versions / previous["id"] / "juesuan.duckdb"
            connection.execute(f"attach '{_quoted(file)}' as last (read_only)")
        for name, description, query in _COMPARISONS:
            if previous is None:
                findings.append(Finding(name, description, True, "nothing was published before", True))
            else:
                findings.append(_judge(connection, name, description, query, acceptable=True))
        if previous is not None:
            connection.execute("detach last")
    return findings


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")


def _judge(
    connection: duckdb.DuckDBPyConnection, name: str, description: str, query: str, *, acceptable: bool
) -> Finding:
    offenders = [row[0] for row in connection.execute(f"select * from ({query}) order by 1").fetchall()]
    if not offenders:
        return Finding(name, description, True, "holds", acceptable)
    shown = "; ".join(str(one) for one in offenders[:EXAMPLES])
    more = f" and {len(offenders) - EXAMPLES} more" if len(offenders) > EXAMPLES else ""
    return Finding(name, description, False, f"{len(offenders)}: {shown}{more}", acceptable)


def refusal(findings: Sequence[Finding], accept: str | None) -> str | None:
    """Why a build with these findings is not published; None when it may be.

    ``accept`` is a person's reason: it covers what differs from the last version, never a broken rule.
    """
    standing = [one for one in findings if not one.passed and not (one.acceptable and accept)]
    if not standing:
        return None
    lines = [f"{one.check}: {one.message}" for one in standing]
    if all(one.acceptable for one in standing):
        lines.append("If this is right, say so: juesuan refresh --accept REASON")
    return "\n".join(lines)


# --- making a version ---------------------------------------------------------------------------------------


def comments(manifest: Mapping[str, Any]) -> Iterator[tuple[str, str, str | None, str]]:
    """Descriptions of a dbt manifest as (schema, relation, column or None, text), those of schema raw
    included.
    """
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    for node in sorted(nodes, key=lambda one: one["unique_id"]):
        if node["resource_type"] not in ("model", "seed", "source", "snapshot"):
            continue
        relation = node.get("alias") or node.get("identifier") or node["name"]
        if node.get("description"):
            yield node["schema"], relation, None, node["description"].strip()
        for column in node.get("columns", {}).values():
            if column.get("description"):
                yield node["schema"], relation, column["name"], column["description"].strip()


def _statements(path: Path) -> list[str]:
    """The statements of a SQL file, comments taken out; none where there is no file."""
    if not path.exists():
        return []
    text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
    return [one.strip() for one in text.split(";") if one.strip()]


def _describe(connection: duckdb.DuckDBPyConnection, manifest: Mapping[str, Any]) -> int:
    """Store the descriptions as comments; returns how many."""
    kinds = {
        (schema, name): "table" if kind == "BASE TABLE" else "view"
        for schema, name, kind in connection.execute(
            "select table_schema, table_name, table_type from information_schema.tables"
        ).fetchall()
    }
    columns = set(
        connection.execute("select table_schema, table_name, column_name from information_schema.columns").fetchall()
    )
    count = 0
    for schema, relation, column, text in comments(manifest):
        kind = kinds.get((schema, relation))
        literal = "'" + text.replace("'", "''") + "'"
        if kind is None or (column is not None and (schema, relation, column) not in columns):
            continue
        place = f'"{schema}"."{relation}"'
        if column is None:
            connection.execute(f"comment on {kind} {place} is {literal}")
        else:
            connection.execute(f'comment on column {place}."{column}" is {literal}')
        count += 1
    return count


_CHANGE_COLUMNS = {
    "report_id": ("varchar", "报告键。Key of the report."),
    "unit_id": ("varchar", "单位键。Key of the unit."),
    "fiscal_year": ("smallint", "财政年度。Fiscal year."),
    "table_key": ("varchar", "表键。Key of the table."),
    "row_key": ("varchar", "行键。Key of the row."),
    "column_key": ("varchar", "列键。Key of the column."),
    "occurrence": ("bigint", "同键之第几处。Which of several cells with these keys."),
    "text_before": ("varchar", "上一版本所印；无此格则空。Text in the last version; null where it had no such cell."),
    "text_after": ("varchar", "本版本所印；无此格则空。Text in this version; null where it has no such cell."),
    "yuan_before": ("decimal(18,2)", "上一版本金额（元）。Amount in the last version, in yuan."),
    "yuan_after": ("decimal(18,2)", "本版本金额（元）。Amount in this version, in yuan."),
    "cause": ("varchar", "变动原因：new、changed、withdrawn、refiled。Why it differs."),
    "version_before": ("varchar", "上一版本。The last version."),
}


def _write_changes(connection: duckdb.DuckDBPyConnection, previous: str | None) -> None:
    """``marts.version_change``: figures of current releases that differ from the last version, with the
    cause.

    Every difference stems from a report that is pending, so only those are compared.
    """
    connection.execute("create schema if not exists marts")
    definition = ", ".join(f"{name} {kind}" for name, (kind, _) in _CHANGE_COLUMNS.items())
    connection.execute(f"create or replace table marts.version_change ({definition})")
    text = "相对上一版本变动的数字及其原因。Figures that differ from the last version, one row each, with the cause."
    connection.execute(f"comment on table marts.version_change is '{text}'")
    for name, (_, description) in _CHANGE_COLUMNS.items():
        connection.execute(f"comment on column marts.version_change.{name} is '{description}'")
    if previous is None:
        return

    def figures(catalog: str) -> str:
        return f"""
            select
                cell.report_id, cell.unit_id, cell.fiscal_year, table_key, row_key, column_key, value_text,
                cast({_yuan("cell.money_unit", "value")} as decimal(18, 2)) as yuan,
                row_number() over (
                    partition by cell.report_id, table_key, row_key, column_key order by cell_no
                ) as occurrence
            from {catalog}raw.cell as cell
            inner join {catalog}raw.report as report using (report_id, document_id, report_no)
            inner join raw.pending as pending on cell.report_id = pending.report_id
            where report.is_current
        """

    keys = ("report_id", "unit_id", "fiscal_year", "table_key", "row_key", "column_key", "occurrence")
    chosen = ", ".join(f"coalesce(new.{key}, old.{key}) as {key}" for key in keys)
    joined = " and ".join(f"old.{key} = new.{key}" for key in keys)
    connection.execute(
        f"""
        insert into marts.version_change
        with old as ({figures("last.")}),
        new as ({figures("")}),
        compared as (
            select
                {chosen}, old.value_text as text_before, new.value_text as text_after,
                old.yuan as yuan_before, new.yuan as yuan_after
            from old full join new on {joined}
        )
        select compared.*, pending.cause, ? as version_before
        from compared inner join raw.pending as pending using (report_id)
        where text_before is distinct from text_after or yuan_before is distinct from yuan_after
        order by {", ".join(keys)}
        """,
        [previous],
    )


def publish(
    settings: Settings,
    version: Version,
    manifest: Mapping[str, Any],
    *,
    findings: Sequence[Finding] = (),
    accept: str | None = None,
) -> Path:
    """Make ``version`` of the work file and switch readers to it; returns the published file.

    The work file must be closed. ``findings`` are those of :func:`check`; what ``accept`` covers is recorded
    in ``version.json`` and in ``accepted.jsonl``. Raises :class:`Refused` with what stands against it.
    """
    import duckdb

    against = refusal(findings, accept)
    if against is not None:
        raise Refused(against)

    work = work_file(settings)
    previous = published_version(settings)
    if previous is not None and previous["id"] == version.id:
        return settings.published  # asked for twice; readers see it already
    with duckdb.connect(str(work), config=STORAGE) as connection:
        write_state(connection, candidate=version.id)
        faults.point("publish.candidate")
        connection.execute("force checkpoint")
    faults.point("publish.checkpoint")

    settings.versions.mkdir(parents=True, exist_ok=True)
    durable.sweep(settings.versions)
    durable.sweep(settings.warehouse)
    _abandon(settings, previous)
    building = settings.versions / f".{version.id}.tmp"
    building.mkdir()
    try:
        content = _finish_version(settings, version, manifest, building, previous)
        accepted = [one for one in findings if not one.passed]
        if accepted:
            content["accepted"] = {"reason": accept, "findings": {one.check: one.message for one in accepted}}
        durable.write_json(building / "version.json", content, "publish.facts")
        durable.move_folder(building, settings.versions / version.id, "publish.version")
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)  # on a full disk, what was begun is what keeps it full
        raise
    durable.switch_link(settings.published, f"versions/{version.id}/juesuan.duckdb", "publish.link")
    if accepted:
        line = {"version": version.id, "built_at": version.built_at.isoformat(), **content["accepted"]}
        with (settings.warehouse / "accepted.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(line, ensure_ascii=False) + "\n")
    with duckdb.connect(str(work), config=STORAGE) as connection:
        finish(connection, version.id)
    retire(settings)
    return settings.published


def _finish_version(
    settings: Settings,
    version: Version,
    manifest: Mapping[str, Any],
    building: Path,
    previous: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Make the file of a version in the folder ``building``; the content of its ``version.json``."""
    import duckdb

    work = work_file(settings)
    file = building / "juesuan.duckdb"
    faults.point("publish.folder")
    shutil.copyfile(work, file)
    faults.point("publish.copied")
    with duckdb.connect(str(file), config=build_options(settings.build_memory)) as connection:
        if previous is not None:
            last = settings.versions / previous["id"] / "juesuan.duckdb"
            connection.execute(f"attach '{_quoted(last)}' as last (read_only)")
        connection.begin()
        _write_changes(connection, previous["id"] if previous else None)
        faults.point("publish.changes")
        _describe(connection, manifest)
        faults.point("publish.comments")
        for statement in _statements(settings.dbt_project / "published_objects.sql"):
            connection.execute(statement)
        faults.point("publish.objects")
        connection.execute("delete from raw.pending")
        connection.execute("drop schema build cascade")
        connection.commit()
        faults.point("publish.transaction")
        if previous is not None:
            connection.execute("detach last")
        connection.execute("force checkpoint")
    faults.point("publish.closed")

    return {
        "id": version.id,
        "fingerprint": version.fingerprint,
        "parts": dict(version.parts),
        "built_at": version.built_at.isoformat(),
        "previous": previous["id"] if previous else None,
        "counts": _verified_counts(file),
    }


def _verified_counts(file: Path) -> dict[str, Any]:
    """Open the new file as a reader will and count it, so that one that cannot be opened is never
    switched to.
    """
    import duckdb

    faults.point("publish.verify")
    with duckdb.connect(str(file), read_only=True) as connection:

        def ask(query: str) -> Any:
            return connection.execute(query).fetchall()

        counts: dict[str, Any] = {
            "documents": dict(ask("select status, count(*) from raw.document group by all order by 1")),
            "reports": ask("select count(distinct report_id) from raw.report")[0][0],
            "figures": ask("select count(value) from raw.cell")[0][0],
            "statements": ask("select count(*) from raw.statement")[0][0],
            "checks": dict(ask("select state, count(*) from raw.check_result group by all order by 1")),
            "contradictions": _contradictions(connection),
        }
        for schema, table in ask("select schema_name, view_name from duckdb_views() where not internal order by all"):
            connection.execute(f'select * from "{schema}"."{table}" limit 0')
    return counts


def _contradictions(connection: duckdb.DuckDBPyConnection, limit: int = 200) -> list[dict[str, Any]]:
    """What current releases contradict themselves in, one entry per root: the gravest first, at most ``limit``."""
    columns = ("report_id", "unit_name", "fiscal_year", "scope", "check_id", "place", "severity", "message", "findings")
    rows = connection.execute(
        """
        with failed as (
            select
                report.report_id, report.unit_name, report.fiscal_year, report.scope,
                check_id, place, severity, message,
                case severity when 'error' then 1 when 'warn' then 2 else 3 end as weight,
                coalesce(root, check_id || ' ' || place) as root,
                check_no
            from raw.check_result as result
            inner join raw.report as report using (report_id, document_id, report_no)
            where result.state = 'fail' and report.is_current
        )
        select
            report_id, unit_name, fiscal_year, scope, check_id, place, severity, message,
            count(*) over (partition by report_id, root) as findings
        from failed
        qualify row_number() over (partition by report_id, root order by weight, place <> root, check_no) = 1
        order by weight, unit_name, fiscal_year, report_id, check_no
        limit ?
        """,
        [limit],
    ).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _abandon(settings: Settings, previous: Mapping[str, Any] | None) -> None:
    """Remove versions that were finished and never switched to: a killed run left them, no reader has
    seen them.
    """
    for folder in sorted(settings.versions.iterdir()):
        # Told by what it was built upon, not by its date: a clock may jump.
        if previous is None or _facts(folder).get("previous", previous["id"]) == previous["id"] != folder.name:
            shutil.rmtree(folder)
            faults.point("publish.abandoned")


def _facts(folder: Path) -> dict[str, Any]:
    """``version.json`` of a folder; empty where it is missing or no such file."""
    try:
        content = json.loads((folder / "version.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


# --- retention ----------------------------------------------------------------------------------------------


def retire(
    settings: Settings,
    keep: Keep | None = None,
    now: datetime.datetime | None = None,
) -> list[str]:
    """Remove versions beyond the last few that are older than the last days (``keep``, else as the settings say);
    never the published one.

    A reader that has one of them open keeps it: its file goes when the last connection to it is closed.
    """
    keep = keep or settings.keep
    current = published_version(settings)
    moment = (now or datetime.datetime.now(datetime.UTC)).replace(tzinfo=None)
    found = []
    for folder in settings.versions.iterdir():
        with suppress(ValueError, KeyError):
            found.append((datetime.datetime.fromisoformat(_facts(folder)["built_at"]), folder))
    removed = []
    for built_at, folder in sorted(found, reverse=True)[keep.versions :]:
        if moment - built_at > datetime.timedelta(days=keep.days) and (not current or folder.name != current["id"]):
            faults.point("publish.retire")
            shutil.rmtree(folder)
            removed.append(folder.name)
    return removed
