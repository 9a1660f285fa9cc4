"""Recall and precision of every check on the misprints planted in a synthetic region.

Belongs here: matching what checks found with what was planted. Does not belong here: planting, checking.

A finding is a check that failed. It is explained where a misprint says that this check must or may speak of it, at the
misprinted figure, in the same report or in one that the check compares with it; or where the report declares the
adjustment that a check across years finds. A finding that nothing explains is a false alarm.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from juesuan.demo.folder import MARKER, DemoError

#: A report: unit, year, scope.
_Key = tuple[str, int, str]


@dataclass
class Error:
    """One planted misprint: all rows of the truth file with its number."""

    error: str
    report_id: str
    kind: str
    checks: frozenset[str]
    spread: frozenset[str]
    addresses: set[str] = field(default_factory=set)
    found_by: set[str] = field(default_factory=set)

    @property
    def key(self) -> _Key:
        """Unit, year and scope of its report."""
        return key_of(self.report_id)


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed. ``addresses`` are those of its terms; ``across`` reports or within one."""

    report_id: str
    check_id: str
    place: str
    addresses: frozenset[str]
    across: bool


@dataclass(frozen=True, slots=True)
class CheckScore:
    """What one check was to find and found; ``false_alarms`` are findings that nothing planted explains."""

    check_id: str
    planted: int
    found: int
    missed: int
    findings: int
    declared: int
    false_alarms: int

    @property
    def recall(self) -> float | None:
        """Share of what it must find that it found."""
        return round(self.found / self.planted, 4) if self.planted else None

    @property
    def precision(self) -> float | None:
        """Share of its findings that are explained."""
        return round(1 - self.false_alarms / self.findings, 4) if self.findings else None


@dataclass
class Score:
    """The whole answer. ``not_covered``: kinds of misprint that no check covers, with how many were planted."""

    basis: str
    errors: int
    covered: int
    found: int
    checks: list[CheckScore]
    not_covered: dict[str, int]
    missed: list[tuple[str, str, str]]
    false_alarms: list[Finding]


def key_of(report_id: str) -> _Key:
    """Unit, year and scope of a report_id."""
    unit, year, scope, _ = report_id.split("-")
    return unit, int(year), scope


def score(folder: Path, by_extraction: bool = False, progress: Callable[[str, int, int], None] | None = None) -> Score:
    """Score the demo in a folder: on its published warehouse (all checks), or by reading its documents here
    (checks within one report alone). Raises :class:`DemoError`.
    """
    if not (folder / MARKER).exists() or not (folder / "truth" / "planted.csv").exists():
        raise DemoError(f"{folder} is no demo; juesuan demo --to {folder} writes one")
    published = folder / "warehouse" / "juesuan.duckdb"
    if by_extraction or not published.exists():
        findings = _extracted(folder, progress)
        basis, across = "documents read here: checks within one report alone", False
    else:
        findings = _published(published)
        basis, across = "the published warehouse: checks within and across reports", True
    return _matched(folder, list(findings), basis, across)


def errors_of(folder: Path) -> list[Error]:
    """What was planted, by misprint."""
    found: dict[str, Error] = {}
    for row in _rows(folder / "truth" / "planted.csv"):
        one = found.setdefault(
            row["error"],
            Error(
                row["error"],
                row["report_id"],
                row["kind"],
                frozenset(row["checks"].split()),
                frozenset(row["spread"].split()),
            ),
        )
        if row["column"]:
            one.addresses.add("/".join((row["table"], row["row"], row["column"])))
    return list(found.values())


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _published(published: Path) -> Iterable[Finding]:
    from juesuan.warehouse import connect

    with connect(published) as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            """
            select f.report_id, f.check_id, f.place, f.reach,
                   list_transform(coalesce(c.terms, []), lambda t: t.address)
            from conformed.fct_check_result as f
            inner join conformed.fct_release as r on f.report_id = r.report_id and f.release = r.release
            left join raw.report as w on f.report_id = w.report_id and f.release = w.release
            left join raw.check_result as c
                on f.reach = 'within_report' and c.report_id = f.report_id and c.check_no = f.check_no
                and c.document_id = w.document_id and c.report_no = w.report_no
            where f.state = 'fail' and r.is_current
            order by 1, 2, 3
            """
        ).fetchall()
    for report_id, check_id, place, reach, addresses in rows:
        yield Finding(report_id, check_id, place, frozenset(addresses), reach == "across_reports")


def _extracted(folder: Path, progress: Callable[[str, int, int], None] | None) -> Iterable[Finding]:
    from juesuan.final_accounts.archive import Archive
    from juesuan.final_accounts.extract import extract

    archive = Archive(str(folder / "raw"))
    documents = archive.documents()
    for number, document in enumerate(documents, 1):
        (read,) = document.reports
        report_id = f"{read.unit_id}-{read.fiscal_year}-{read.scope}-{read.family}"
        for extraction in extract(archive.read(document), document.name):
            for check in extraction.checks:
                if check.state == "fail":
                    terms = frozenset(term.address for term in check.terms)
                    yield Finding(report_id, check.check_id, check.place, terms, False)
        if progress:
            progress("documents", number, len(documents))


class _Relations:
    """Which reports a check compares: the year before, and the bodies of a department."""

    def __init__(self, folder: Path) -> None:
        registry = folder / "raw" / "registry"
        self._parents: dict[str, list[tuple[str, int, int]]] = {}
        for row in _rows(registry / "unit_parents.csv"):
            span = int(row["from_year"] or 0), int(row["to_year"] or 9999)
            self._parents.setdefault(row["unit_id"], []).append((row["parent_unit_id"], *span))
        self._before: dict[str, set[str]] = {}
        self._beside: dict[str, set[str]] = {}
        groups: dict[str, set[str]] = {}
        for row in _rows(registry / "succession.csv"):
            old, new = row["predecessor_unit_id"], row["successor_unit_id"]
            if new:
                self._before.setdefault(new, set()).add(old)
                groups.setdefault(old, set()).add(new)
        for heirs in groups.values():
            for heir in heirs:
                self._beside.setdefault(heir, set()).update(heirs)

    def summed_with(self, report_id: str) -> set[str]:
        """The reports whose openings a check across years adds up with this one's: the heirs of one split."""
        unit, _, rest = report_id.partition("-")
        return {f"{one}-{rest}" for one in self._beside.get(unit, {unit})} | {report_id}

    def compared(self, finding: Finding, error: _Key) -> bool:
        """Whether the finding's check looks at the report of the misprint."""
        unit, year, scope = key_of(finding.report_id)
        if (unit, year, scope) == error:
            return True
        if not finding.across:
            return False
        if finding.check_id.startswith("W-Y-"):
            if error[1:] == (year, scope):
                return error[0] in self._beside.get(unit, ())
            same = error[0] == unit or error[0] in self._before.get(unit, ())
            return same and error[1:] == (year - 1, scope)
        if error[1] != year or scope != "department":
            return False
        if error[0] == unit:
            return True
        return any(parent == unit and first <= year <= last for parent, first, last in self._parents.get(error[0], ()))


def _explains(error: Error, finding: Finding, relations: _Relations) -> bool:
    if finding.check_id not in error.checks | error.spread or not relations.compared(finding, error.key):
        return False
    if finding.across or not error.addresses or not finding.addresses:
        return True
    touched = {_plain(address) for address in finding.addresses} | {_plain(finding.place)}
    return bool(touched & {_plain(address) for address in error.addresses})


def _plain(address: str) -> str:
    return address.partition("#")[0]


def _matched(folder: Path, findings: list[Finding], basis: str, across: bool) -> Score:
    errors, relations = errors_of(folder), _Relations(folder)
    adjusted = {row["report_id"] for row in _rows(folder / "truth" / "adjustments.csv")}
    by_unit_year: dict[int, list[Error]] = {}
    by_report: dict[str, list[Error]] = {}
    for error in errors:
        by_report.setdefault(error.report_id, []).append(error)
        by_unit_year.setdefault(error.key[1], []).append(error)
    told: Counter[str] = Counter()
    declared: Counter[str] = Counter()
    wrong: list[Finding] = []
    for finding in findings:
        told[finding.check_id] += 1
        year = key_of(finding.report_id)[1]
        near = (
            [*by_unit_year.get(year, ()), *by_unit_year.get(year - 1, ())]
            if finding.across
            else by_report.get(finding.report_id, [])
        )
        explaining = [error for error in near if _explains(error, finding, relations)]
        for error in explaining:
            error.found_by.add(finding.check_id)
        if explaining:
            continue
        if finding.check_id in ("W-Y-01", "W-Y-02") and adjusted & relations.summed_with(finding.report_id):
            declared[finding.check_id] += 1
        else:
            wrong.append(finding)
    alarms = Counter(finding.check_id for finding in wrong)
    runs = set(told) | {check for error in errors for check in error.checks}
    if not across:
        runs = {check for check in runs if not check.startswith(("W-Y-", "W-K-"))}
    scores = []
    missed: list[tuple[str, str, str]] = []
    for check in sorted(runs):
        wanted = [error for error in errors if check in error.checks]
        found = [error for error in wanted if check in error.found_by]
        missed += [(check, error.kind, error.report_id) for error in wanted if check not in error.found_by]
        scores.append(
            CheckScore(
                check, len(wanted), len(found), len(wanted) - len(found), told[check], declared[check], alarms[check]
            )
        )
    covered = [error for error in errors if error.checks & runs]
    found_any = [error for error in covered if error.found_by & error.checks]
    not_covered = Counter(error.kind for error in errors if not error.checks & runs)
    return Score(
        basis, len(errors), len(covered), len(found_any), scores, dict(sorted(not_covered.items())), missed, wrong
    )
