"""Every report of a synthetic region in a fixed order: who publishes what, when, again, and what is missing.

Belongs here: going through counties, years and departments. Does not belong here: figures, words, files.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from juesuan.demo import planting
from juesuan.demo.ledger import Books, Ledger, transfers
from juesuan.demo.organisation import Body, County, counties
from juesuan.demo.planting import Issue
from juesuan.demo.report import Report, Totals


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. Rates are shares of reports."""

    units: int = 300
    years: int = 8
    last_year: int = 2024
    seed: int = 1
    misprints: float = 0.08
    missing: float = 0.02
    reissued: float = 0.03
    late: float = 0.04

    @property
    def span(self) -> range:
        """The fiscal years."""
        return range(self.last_year - self.years + 1, self.last_year + 1)


@dataclass(frozen=True, slots=True)
class Absence:
    """A report that is not there: not published, or not collected."""

    unit_id: str
    year: int
    scope: str
    state: str
    reason: str


@dataclass(frozen=True, slots=True)
class Adjustment:
    """An opening that differs from the closing of the year before, as the report declares: in cents by fund."""

    report_id: str
    fund: str
    cents: int


@dataclass
class Region:
    """The region as it comes into being: its counties, absences and adjustments are known when all was issued."""

    plan: Plan
    counties: list[County] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    adjustments: list[Adjustment] = field(default_factory=list)
    reissues: list[tuple[str, str, str]] = field(default_factory=list)

    def issues(self) -> Iterator[Issue]:
        """Every document of the region, county by county and year by year."""
        for county in counties(self.plan.units, self.plan.span, self.plan.seed):
            self.counties.append(county)
            yield from _County(self, county).issues()


class _County:
    def __init__(self, region: Region, county: County) -> None:
        self.region, self.plan, self.county = region, region.plan, county
        self.books = Books(region.plan.seed)
        self.last: dict[tuple[str, str], Ledger] = {}
        self.published: set[tuple[str, str]] = set()

    def issues(self) -> Iterator[Issue]:
        first = self.plan.span[0]
        for year in self.plan.span:
            if year == self.county.reform_year:
                self._hand_over()
            published: set[tuple[str, str]] = set()
            latest: dict[tuple[str, str], Ledger] = {}
            departments = list(self.county.departments(year))
            names = tuple(head.name(year) for head, _ in departments)
            for head, below in departments:
                ledgers = [(body, self.books.year(body, year, first)) for body in (head, *below)]
                rng = random.Random(f"{self.plan.seed}/{head.unit_id}/{year}/transfers")
                paid = transfers(ledgers[0][1], ledgers[1:], year, rng)
                whole = Ledger()
                for _, ledger in ledgers:
                    whole.add(ledger)
                    for fund, cents in ledger.adjusted.items():
                        whole.adjusted[fund] = whole.adjusted.get(fund, 0) + cents
                whole.less_inner(paid)
                before = self.last.get((head.unit_id, "department"))
                if before is not None:  # a unit that came or went moves the opening too
                    now, then = Totals(whole).opening, Totals(before).closing
                    whole.adjusted = {fund: now[fund] - then[fund] for fund in now}
                bodies = [(head, "own_level", ledgers[0][1])] + [(body, "unit", ledger) for body, ledger in ledgers[1:]]
                absent = {(b.unit_id, scope): self._absence(b.unit_id, year, scope) for b, scope, _ in bodies}
                absent[head.unit_id, "department"] = self._absence(head.unit_id, year, "department")
                complete = not any(absent.values())
                covered = [head.name(year) + "本级", *(body.name(year) for body in below)]
                for body, scope, ledger in [(head, "department", whole), *bodies]:
                    key = body.unit_id, scope
                    latest[key] = ledger
                    absence = absent[key]
                    if absence is not None:
                        self.region.absences.append(absence)
                        continue
                    published.add(key)
                    names_covered = covered if scope == "department" else [body.name(year)]
                    yield from self._issue(body, scope, year, ledger, names_covered, names, complete)
            self.last, self.published = latest, published

    def _hand_over(self) -> None:
        """Successors begin with what their predecessors carried over."""
        heirs: dict[str, list[str]] = {}
        splits: dict[str, list[str]] = {}
        for one in self.county.successions:
            if one.kind == "split" and one.successor:
                splits.setdefault(one.predecessor, []).append(one.successor)
            elif one.kind in ("merge", "rename") and one.successor:
                heirs.setdefault(one.successor, []).append(one.predecessor)
                if one.kind == "rename":
                    for scope in ("department", "own_level"):
                        if (one.predecessor, scope) in self.last:
                            self.last[one.successor, scope] = self.last[one.predecessor, scope]
                        if (one.predecessor, scope) in self.published:
                            self.published.add((one.successor, scope))
        for heir, many in heirs.items():
            self.books.inherit(heir, many)
        for one_id, some in splits.items():
            for number, heir in enumerate(some):
                self.books.inherit(heir, [one_id], (number, len(some)))

    def _absence(self, unit_id: str, year: int, scope: str) -> Absence | None:
        rng = random.Random(f"{self.plan.seed}/{unit_id}/{year}/{scope}/absent")
        if rng.random() >= self.plan.missing:
            return None
        if rng.random() < 0.5:
            return Absence(unit_id, year, scope, "expected", "synthetic: not published")
        return Absence(unit_id, year, scope, "not_collected", "synthetic: published, not collected")

    def _issue(
        self,
        body: Body,
        scope: str,
        year: int,
        ledger: Ledger,
        covered: list[str],
        names: tuple[str, ...],
        complete: bool,
    ) -> Iterator[Issue]:
        plan = self.plan
        rng = random.Random(f"{plan.seed}/{body.unit_id}/{year}/{scope}/issue")
        key = body.unit_id, scope
        published = date(year + 1, 9, 1) + timedelta(days=rng.randint(0, 18))
        if rng.random() < plan.late:
            published += timedelta(days=rng.randint(30, 120))

        def report(of: Ledger) -> Report:
            made = Report(
                body.unit_id,
                body.name(year),
                body.division,
                scope,
                year,
                body.in_yuan,
                of,
                self.last.get(key),
                covered,
                body.head,
            )
            made.published, made.retrieved = published, published + timedelta(days=9)
            made.declared = {fund: cents for fund, cents in ledger.adjusted.items() if cents}
            return made

        def issue(of: Report) -> Issue:
            made = Issue(of, neighbours=names, has_prior=key in self.published, is_summed=complete and len(covered) > 1)
            made.build()
            return made

        one = report(ledger)
        for fund, cents in one.declared.items():
            self.region.adjustments.append(Adjustment(one.report_id, fund, cents))
        if rng.random() < plan.reissued:
            yield issue(self._wrong_first(report, ledger, rng))
            one.release = 2
            one.published = published + timedelta(days=rng.randint(20, 90))
            one.retrieved = one.published + timedelta(days=9)
            self.region.reissues.append((one.report_id, one.stem, one.published.isoformat()))
            yield issue(one)
            return
        made = issue(one)
        if rng.random() < plan.misprints:
            planting.plant(made, rng)
        yield made

    @staticmethod
    def _wrong_first(report, ledger: Ledger, rng: random.Random) -> Report:  # type: ignore[no-untyped-def]
        """The release before the corrected one: a project item wrong everywhere in the report."""
        wrong = copy.deepcopy(ledger)
        items = sorted(item for fund, item, nature in wrong.spent if fund == "g" and nature == "project")
        item, more = rng.choice(items), 1_000_000 * rng.randint(5, 60)
        wrong.income["g", item] = wrong.income.get(("g", item), 0) + more
        wrong.spent["g", item, "project"] += more
        made: Report = report(wrong)
        return made
