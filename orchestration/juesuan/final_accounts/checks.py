"""Checks within one report: identities as data, judged, and grouped by what explains them.

Belongs here: loading ``forms/checks.yml``, running every identity that holds for the report's year, and the root of
each failure. Does not belong here: the arithmetic (``check_terms``), how a kind of identity is worked out
(``check_tables``, ``check_narrative``, ``check_printed``), and checks across years, reports or bodies (the warehouse's
models).

A root is the address of the one figure that explains failures: correcting it would mend them, and breaks nothing that
holds. Where no single figure does, there is no root.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from juesuan.final_accounts import check_narrative, check_printed, check_tables
from juesuan.final_accounts.check_terms import Book, Verdict
from juesuan.final_accounts.forms import load_yaml
from juesuan.final_accounts.identities import places
from juesuan.final_accounts.model import CheckResult, Extraction, FormDefinitionError

__all__ = ["Catalogue", "catalogue", "run_checks"]

EVALUATORS = {**check_tables.EVALUATORS, **check_narrative.EVALUATORS, **check_printed.EVALUATORS}
#: Kinds that are worked out by another entry, or over the results of the others.
WITHIN_OTHERS = frozenset({"elsewhere", "magnitude"})


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The identities in their order, and the ids that are left out with the reason."""

    identities: tuple[Mapping[str, Any], ...]
    left_out: Mapping[str, str]
    narrowed: Mapping[str, str]


@cache
def catalogue() -> Catalogue:
    """The identities of ``forms/checks.yml``, read once. Raises :class:`FormDefinitionError` naming the entry."""
    data = load_yaml("checks.yml")
    for entry in data["identities"]:
        kind = entry.setdefault("kind", "sum")
        if kind not in EVALUATORS and kind not in WITHIN_OTHERS:
            raise FormDefinitionError(f"forms/checks.yml: {entry['id']}: there is no kind {kind}")
        if entry["severity"] not in ("error", "warn", "info"):
            raise FormDefinitionError(f"forms/checks.yml: {entry['id']}: severity {entry['severity']}")
    return Catalogue(tuple(data["identities"]), data["left_out"], data["narrowed"])


def run_checks(extraction: Extraction) -> tuple[CheckResult, ...]:
    """Every identity of the catalogue over one report, in the catalogue's order.

    Amounts are in the finest money unit of the terms, percentages in percent; ``difference`` is actual - expected;
    ``place`` and ``root`` are addresses (``T3/合计/basic``, ``narrative/total/amount``). The precision of a term is
    the one it is counted with. What is no final accounts report (a budget, a template) has no results.
    """
    report = extraction.report
    if report.family not in (None, "final_accounts") or report.status in ("set_aside", "failed"):
        return ()
    if not extraction.cells and not extraction.statements:
        return ()
    book = Book(extraction)
    year = report.fiscal_year
    verdicts: list[Verdict] = []
    for spec in catalogue().identities:
        first, last = spec.get("years", (None, None))
        if year is not None and ((first and year < first) or (last and year > last)):
            continue
        if spec["kind"] == "magnitude":
            verdicts += _magnitude(spec, verdicts)
        elif spec["kind"] not in WITHIN_OTHERS:
            verdicts += EVALUATORS[spec["kind"]](book, spec)
    _doubt(extraction, verdicts)
    _no_evidence(extraction, verdicts)
    _name_roots(verdicts)
    return tuple(verdict.result() for verdict in verdicts)


def _doubt(extraction: Extraction, verdicts: Sequence[Verdict]) -> None:
    """A sum over a table in which figures found no place may fail by our misreading: it could not run."""
    unplaced = Counter(number.table_key for number in extraction.unassigned_numbers if number.table_key)
    if not unplaced:
        return
    for verdict in verdicts:
        if verdict.state != "fail" or not verdict.linear:
            continue
        tables = {address.split("/", 1)[0] for address, _ in verdict.figures()} & unplaced.keys()
        if tables:
            verdict.state = "could_not_run"
            counts = "、".join(f"{key} 有 {unplaced[key]} 个" for key in sorted(tables))
            verdict.message = f"{verdict.message}；而{counts}数字没有归处"


def _no_evidence(extraction: Extraction, verdicts: Sequence[Verdict]) -> None:
    """A check that placed a figure is no evidence for it: over figures that identities placed, these could not run."""
    placed = {c.address for c in extraction.cells if c.placed_by == "identity" and c.value is not None}
    if not placed:
        return
    placing = {spec["id"] for spec in catalogue().identities if places(spec)}
    for verdict in verdicts:
        if verdict.check_id not in placing or verdict.state not in ("pass", "within_rounding", "fail"):
            continue
        own = [address for address, _ in verdict.figures() if address in placed]
        if own:
            verdict.state = "could_not_run"
            said = f"{verdict.message}；" if verdict.message else ""
            verdict.message = f"{said}其中 {len(own)} 个数字（{own[0]} 等）的位置由勾稽关系推定，不能反过来为其作证"


# --- a lost 万 ------------------------------------------------------------------------------------------------------


def _magnitude(spec: Mapping[str, Any], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """W-N-16: where most pairs of one table (or of the text) stand near 10000 or 1/10000, its money unit is wrong."""
    ratio, slack = Decimal(spec["ratio"]), Decimal(spec["slack"])
    pairs: dict[tuple[str, str], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        if not verdict.check_id.startswith(("W-X", "W-N")) or not verdict.linear:
            continue
        if verdict.actual and verdict.expected and verdict.left and verdict.right:
            one, other = (side[0][1].address.split("/", 1)[0] for side in (verdict.left, verdict.right))
            if one != other:
                pairs[min(one, other), max(one, other)].append(verdict)
    off: dict[str, list[Verdict]] = defaultdict(list)
    counted: dict[str, int] = defaultdict(int)
    for ends, found in pairs.items():
        for verdict in found:
            assert verdict.actual is not None and verdict.expected is not None
            got = abs(verdict.actual / verdict.expected)
            near = any(abs(r - 1) <= slack for r in (got / ratio, got * ratio))
            for end in ends:
                counted[end] += 1
                if near:
                    off[end].append(verdict)
    results = []
    guilty = {end for end, found in off.items() if len(found) >= spec["fewest"] and 2 * len(found) > counted[end]}
    # Of two that disagree with each other, the one that disagrees with more of the report.
    worst = max((len(off[end]) for end in guilty), default=0)
    for end in sorted(guilty):
        if len(off[end]) < worst:
            continue
        place = f"{end}/money_unit"
        message = f"{end} 与他处 {counted[end]} 对数中有 {len(off[end])} 对相差约一万倍：金额单位有误"
        results.append(Verdict(spec["id"], place, "fail", spec["severity"], message=message, root=place))
        for verdict in off[end]:
            verdict.root = place
    if not results and any(counted.values()):
        results.append(Verdict(spec["id"], "report", "pass", spec["severity"]))
    return results


# --- roots ------------------------------------------------------------------------------------------------------------


Key = tuple[str, int]


def _name_roots(verdicts: Sequence[Verdict]) -> None:
    """Group failures by the one figure whose correction mends most of them and breaks least."""
    failing = [v for v in verdicts if v.state == "fail" and v.root is None and (v.left or v.right)]
    if not failing:
        return
    suspects = {key for v in failing for key in v.figures()}
    holding: dict[Key, list[tuple[Decimal, Decimal]]] = defaultdict(list)
    for verdict in verdicts:
        if verdict.state not in ("pass", "within_rounding") or not verdict.equality:
            continue
        if suspects.isdisjoint(verdict.figures()):
            continue
        for key, repair in verdict.repairs().items():
            if key in suspects:
                holding[key].append(repair)
    while failing:
        best = _best(failing, holding)
        if not best:
            return
        (address, _), explained = best[0]
        failing = [v for v in failing if not any(v is e for e in explained)]
        if len(best) > 1 and len(explained) == 1:
            # One failure, several figures that may be wrong: it is its own finding and names none.
            continue
        for verdict in explained:
            verdict.root = address
            if len(best) > 1:
                others = "、".join(dict.fromkeys(key[0] for key, _ in best[1:4]))
                verdict.message = f"{verdict.message or ''}；根源或为 {address}，或为 {others}"


def _best(
    failing: Sequence[Verdict], holding: Mapping[Key, Sequence[tuple[Decimal, Decimal]]]
) -> list[tuple[Key, list[Verdict]]]:
    """The suspects with the best score that explain the same failures, each with what it explains.

    The score of a figure is the number of failures that one correction of it mends, less the number of checks that
    hold now and would not then.
    """
    found: dict[Key, tuple[list[tuple[Decimal, Decimal, Verdict]], list[Verdict]]] = {}
    for verdict in failing:
        repairs = verdict.repairs()
        for key in dict.fromkeys(verdict.figures()):
            sharp, loose = found.setdefault(key, ([], []))
            if key in repairs:
                sharp.append((*repairs[key], verdict))
            elif not repairs:
                loose.append(verdict)
    scored: list[tuple[int, Key, list[Verdict]]] = []
    for key, (sharp, loose) in found.items():
        kept = holding.get(key, ())
        if not sharp:
            # Nothing says by how much it would be wrong: it is suspected only if nothing speaks for it.
            if not kept:
                scored.append((len(loose), key, loose))
            continue
        for shift, reach, _ in sharp:
            mended = [v for other, slack, v in sharp if abs(other - shift) <= slack + reach]
            broken = sum(1 for held, slack in kept if abs(shift - held) > slack)
            scored.append((len(mended) + len(loose) - broken, key, [*mended, *loose]))
    top = max((score for score, *_ in scored), default=0)
    if top <= 0:
        return []
    winners: dict[Key, list[Verdict]] = {}
    for score, key, explained in scored:
        if score == top and len(explained) > len(winners.get(key, ())):
            winners[key] = explained
    chosen = max(winners.values(), key=len)
    same = {id(v) for v in chosen}
    return [(key, explained) for key, explained in winners.items() if {id(v) for v in explained} == same]
