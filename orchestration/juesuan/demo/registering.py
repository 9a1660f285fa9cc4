"""The registry of a synthetic region, in the archive's own rows and files.

Belongs here: units, names, identifiers, parents, successions, approvals and bodies expected. Does not belong here: what
a row may say, which ``registry_rows`` knows.
"""

from __future__ import annotations

from juesuan.demo.making import Region
from juesuan.final_accounts import registry_rows
from juesuan.final_accounts.registry_rows import (
    Approval,
    ExpectedBody,
    Row,
    Rows,
    Succession,
    Unit,
    UnitIdentifier,
    UnitName,
    UnitParent,
)

SOURCE = "synthetic (juesuan demo)"


def registry(region: Region) -> dict[str, bytes]:
    """The files below the archive, by path. Raises ``ArchiveError`` where a rule of the registry is broken."""
    rows = Rows()
    first, last = region.plan.span[0], region.plan.span[-1]
    absent: dict[tuple[str, str], list[tuple[int, str, str]]] = {}
    for one in region.absences:
        absent.setdefault((one.unit_id, one.scope), []).append((one.year, one.state, one.reason))
    for county in region.counties:
        for number, body in enumerate(county.bodies, 1):
            rows.units.append(Unit(body.unit_id, body.division, body.kind, SOURCE, "H", True, "合成数据：不存在的单位"))
            rows.names += [UnitName(body.unit_id, name, "official", a, b, SOURCE) for name, a, b in body.names]
            rows.identifiers.append(
                UnitIdentifier(body.unit_id, "budget_unit_code", f"SYN{county.code}{number:05d}", source=SOURCE)
            )
            rows.parents += [UnitParent(body.unit_id, parent, a, b, SOURCE) for parent, a, b in body.parents]
            begin, end = max(body.first_year or first, first), min(body.last_year or last, last)
            rows.approvals += [
                Approval(body.unit_id, year, None, f"{year + 1}-08-31", SOURCE) for year in range(begin, end + 1)
            ]
            for scope in ("department", "own_level") if body.head else ("unit",):
                at = begin
                for year, state, reason in sorted(absent.get((body.unit_id, scope), [])):
                    if at < year:
                        rows.expected.append(ExpectedBody(body.unit_id, at, year - 1, scope, "expected", None, SOURCE))
                    rows.expected.append(ExpectedBody(body.unit_id, year, year, scope, state, reason, SOURCE))
                    at = year + 1
                if at <= end:
                    rows.expected.append(ExpectedBody(body.unit_id, at, end, scope, "expected", None, SOURCE))
        for step in county.successions:
            if step.predecessor != step.successor:  # a unit that moved keeps its id: unit_parents.csv says where to
                rows.successions.append(
                    Succession(
                        step.predecessor, step.successor, step.kind, step.from_year, None, SOURCE, "H", step.note
                    )
                )
    registry_rows.check(rows)
    return {path: _dump(path, listed) for path, listed in rows.by_file().items()}


def _dump(path: str, listed: object) -> bytes:
    kind: type[Row] = registry_rows.KINDS[path]
    return registry_rows.dump(kind, listed)  # type: ignore[arg-type]
