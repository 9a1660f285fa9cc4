"""The books of the synthetic bodies, in cents: what came in, what was spent, what was carried over.

Belongs here: drawing a year of one body, adding bodies up to a department without what they pay each other. Does not
belong here: forms and printing. Everything adds up to the cent here; only printing rounds.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from juesuan.demo import data
from juesuan.demo.organisation import Body

#: General public budget, government-managed fund, state capital; what is no appropriation.
FUNDS = ("g", "f", "s")
OTHER = "o"
SOURCES = ("superior_subsidy", "business_income", "operating_income", "affiliate_remittance", "other_income")
NATURES = ("basic", "project", "superior_remittance", "operating_expenditure", "affiliate_subsidy")
THREE_PUBLIC = ("abroad", "vehicle_buy", "vehicle_run", "reception")

Cents = dict[tuple[str, str], int]


@dataclass
class Ledger:
    """One year of one body, or of a department. Keys: (fund, item), (source, item), (fund, item, nature)."""

    income: Cents = field(default_factory=dict)
    other: Cents = field(default_factory=dict)
    spent: dict[tuple[str, str, str], int] = field(default_factory=dict)
    opening: Cents = field(default_factory=dict)
    closing: Cents = field(default_factory=dict)
    budget: Cents = field(default_factory=dict)
    economic: dict[str, int] = field(default_factory=dict)
    used: int = 0
    distributed: int = 0
    final: dict[str, int] = field(default_factory=dict)
    planned: dict[str, int] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    agency: int = 0
    goods: int = 0
    works: int = 0
    services: int = 0
    sme: int = 0
    micro: int = 0
    adjusted: dict[str, int] = field(default_factory=dict)

    _MAPS = ("income", "other", "spent", "opening", "closing", "budget", "economic", "final", "planned", "counts")
    _SUMS = ("used", "distributed", "agency", "goods", "works", "services", "sme", "micro")

    def add(self, more: Ledger) -> None:
        """Add another body's year to this one."""
        for name in self._MAPS:
            mine = getattr(self, name)
            for key, cents in getattr(more, name).items():
                mine[key] = mine.get(key, 0) + cents
        for name in self._SUMS:
            setattr(self, name, getattr(self, name) + getattr(more, name))

    def less_inner(self, transfers: list[tuple[str, str, int]]) -> None:
        """Take out what bodies of one department paid each other: (subsidy or remittance, item, cents)."""
        for kind, item, cents in transfers:
            source, nature = (
                ("superior_subsidy", "affiliate_subsidy")
                if kind == "subsidy"
                else ("affiliate_remittance", "superior_remittance")
            )
            self.other[source, item] -= cents
            self.spent[OTHER, item, nature] -= cents


def _some(rng: random.Random, low: int, high: int) -> int:
    """An amount that looks like money: most are whole yuan, some have cents."""
    cents = rng.randint(low, max(low, high))
    return cents if rng.random() < 0.4 else cents - cents % 100


class Books:
    """The books of one county over the years: what each body carries over, and its size."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._carried: dict[str, Cents] = {}
        self._saved: dict[str, int] = {}

    def inherit(self, heir: str, many: list[str], share: tuple[int, int] = (0, 1)) -> None:
        """Give the carry-over of ended bodies to their successor; of a split, its ``share`` (number, of how many)."""
        mine = self._carried.setdefault(heir, {})
        for one in many:
            for number, (key, cents) in enumerate(sorted(self._carried.get(one, {}).items())):
                if number % share[1] == share[0]:
                    mine[key] = mine.get(key, 0) + cents
        self._saved[heir] = sum(self._saved.get(one, 0) for one in many) if share[0] == 0 else 0

    def year(self, body: Body, year: int, first_year: int) -> Ledger:
        """One year of one body, after the year before it."""
        rng = random.Random(f"{self._seed}/{body.unit_id}/{year}")
        steady = random.Random(f"{self._seed}/{body.unit_id}")
        people = steady.randint(12, 70) if body.head else steady.randint(8, 160)
        size = steady.uniform(0.6, 1.8)
        growth = 1.045 ** (year - first_year) * rng.uniform(0.97, 1.03)
        people = max(6, people + rng.randint(-2, 2))
        vehicles = steady.randint(0, 4)
        out = Ledger()
        main = data.in_force(body.main, year)
        self._three_public(out, body, people, vehicles, rng)
        basic = self._economic(out, body, year, people, growth, rng)
        self._basic(out, body, year, main, basic)
        self._projects(out, body, year, main, size, growth, rng, steady)
        self._other(out, body, main, people, growth, rng)
        self._facts(out, body, people, vehicles, rng)
        last = body.last_year == year
        for key, cents in list(out.closing.items()):
            if last and cents and body.first_year is None and body.key in data.region()["reform"]["abolished"]:
                # An abolished body spends or hands back what it has.
                fund, item = key
                nature = "project"
                out.spent[fund, item, nature] = out.spent.get((fund, item, nature), 0) + cents
                out.closing[key] = 0
        self._carried[body.unit_id] = {key: cents for key, cents in out.closing.items() if cents}
        return out

    def _economic(
        self, out: Ledger, body: Body, year: int, people: int, growth: float, rng: random.Random
    ) -> dict[str, int]:
        told = {
            "pension": int(people * 1_450_000 * growth * rng.uniform(0.95, 1.05)),
            "medical": int(people * 760_000 * growth * rng.uniform(0.95, 1.05)),
            "medical_extra": int(people * 210_000 * growth) if body.head else 0,
            "housing": int(people * 1_320_000 * growth * rng.uniform(0.97, 1.03)),
            "retired": int(people * 0.4) * int(310_000 * growth),
        }
        told["annuity"] = told["pension"] // 2
        words = told | {name: cents for name, cents in out.final.items() if name not in ("vehicle_buy", "abroad")}
        words["abroad"] = 0
        for side in ("personnel", "public"):
            parent = ""
            for code, _, *rates in data.economic(year, side):
                if len(code) == 3:
                    parent = code
                    out.economic[code] = 0
                    continue
                if isinstance(rates[0], str):
                    cents = words[rates[0]]
                else:
                    rate = rates[0 if body.head else 1]
                    cents = _some(rng, int(rate * 0.85), int(rate * 1.15)) * people if rate else 0
                    cents = int(cents * growth) + (rng.randint(0, 99) if cents else 0)
                out.economic[code] = cents
                out.economic[parent] += cents
        # What is received abroad and for reception beyond the basic budget is paid out of projects.
        told["all"] = sum(cents for code, cents in out.economic.items() if len(code) == 3)
        return told

    def _basic(self, out: Ledger, body: Body, year: int, main: str, told: dict[str, int]) -> None:
        items = data.region()["items"]
        kind = body.kind
        parts = {
            items["pension"]: told["pension"],
            items["annuity"]: told["annuity"],
            items[f"retired_{kind}"]: told["retired"],
            items[f"medical_{kind}"]: told["medical"],
            items["medical_extra"]: told["medical_extra"],
            items["housing"]: told["housing"],
        }
        parts[main] = parts.get(main, 0) + told["all"] - sum(parts.values())
        for item, cents in parts.items():
            if cents:
                out.income["g", item] = cents
                out.spent["g", item, "basic"] = cents
                out.budget["g", item] = cents - cents * 3 // 100

    def _projects(
        self,
        out: Ledger,
        body: Body,
        year: int,
        main: str,
        size: float,
        growth: float,
        rng: random.Random,
        steady: random.Random,
    ) -> None:
        template = body.template
        chosen: list[tuple[str, str]] = [("g", main)]
        if body.head:
            chosen = [("g", data.in_force(template["office"], year))]
            chosen += [("g", data.in_force(item, year)) for item in template["projects"]]
            if "fund" in template:
                chosen.append(("f", template["fund"]))
            if "capital" in template and data.since("state_capital", year):
                chosen.append(("s", template["capital"]))
        carried = dict(self._carried.get(body.unit_id, {}))
        for fund, item in list(carried):
            if fund in FUNDS and (fund, item) not in chosen:
                chosen.append((fund, item))  # carried over under a code of before: spent out
        left = out.final.get("vehicle_buy", 0) + out.final.get("abroad", 0)
        for fund, item in chosen:
            rate = steady.uniform(0.3, 3.0) * size
            income = _some(rng, int(20_000_000 * rate), int(60_000_000 * rate * growth))
            if fund == "f":
                income *= 3
            opening = carried.pop((fund, item), 0)
            if opening and rng.random() < 0.12:
                taken = -(opening * rng.randint(5, 40) // 100)
                out.adjusted[fund] = out.adjusted.get(fund, 0) + taken
                opening += taken
            if (fund, item) not in out.income and opening and self._is_old(body, fund, item, year):
                income = 0
            total = opening + income
            keep = 0 if rng.random() < 0.45 or not income else total * rng.randint(1, 18) // 100
            spent = total - keep
            spent, keep = max(spent, left), total - max(spent, left)
            left = 0
            out.opening[fund, item] = opening
            out.income[fund, item] = out.income.get((fund, item), 0) + income
            out.spent[fund, item, "project"] = out.spent.get((fund, item, "project"), 0) + spent
            out.closing[fund, item] = keep
            planned = income * rng.randint(60, 110) // 100
            out.budget[fund, item] = out.budget.get((fund, item), 0) + planned - planned % 10_000
        for (fund, item), cents in carried.items():
            if fund == OTHER:
                out.opening[fund, item] = cents

    @staticmethod
    def _is_old(body: Body, fund: str, item: str, year: int) -> bool:
        template = body.template
        known = [body.main, template["office"], *template["projects"], template.get("fund"), template.get("capital")]
        return item not in {data.in_force(one, year) for one in known if one is not None}

    def _other(self, out: Ledger, body: Body, main: str, people: int, growth: float, rng: random.Random) -> None:
        """What is no appropriation: earned by some units, with surplus used and distributed."""
        openings = {item: cents for (fund, item), cents in out.opening.items() if fund == OTHER}
        total = openings.pop(main, 0)
        for item, cents in openings.items():  # of a code of before: spent out
            out.spent[OTHER, item, "project"] = cents
            out.closing[OTHER, item] = 0
        if body.business:
            earned = int(_some(rng, 4_000_000, 9_000_000) * people * growth)
            out.other["business_income", main] = earned
            total += earned
            if rng.random() < 0.3:
                operating = _some(rng, 3_000_000, 40_000_000)
                cost = operating * rng.randint(70, 95) // 100
                out.other["operating_income", main] = operating
                out.spent[OTHER, main, "operating_expenditure"] = cost
                out.distributed = operating - cost
        if rng.random() < 0.35:
            given = _some(rng, 100_000, 30_000_000)
            out.other["other_income", main] = given
            total += given
        if not total:
            return
        saved = self._saved.get(body.unit_id, 0)
        if saved and rng.random() < 0.4:
            out.used = saved // 2
            total += out.used
        keep = total * rng.randint(0, 12) // 100 if rng.random() < 0.6 else 0
        rest = total - keep
        part = rest * rng.randint(30, 80) // 100 if body.business else 0
        if part:
            out.spent[OTHER, main, "basic"] = part
        out.spent[OTHER, main, "project"] = out.spent.get((OTHER, main, "project"), 0) + rest - part
        out.closing[OTHER, main] = keep
        self._saved[body.unit_id] = saved - out.used + out.distributed

    def _three_public(self, out: Ledger, body: Body, people: int, vehicles: int, rng: random.Random) -> None:
        buys = vehicles > 0 and rng.random() < 0.08
        travels = body.head and rng.random() < 0.06
        final = {
            "abroad": _some(rng, 1_500_000, 6_000_000) if travels else 0,
            "vehicle_buy": _some(rng, 14_000_000, 22_000_000) if buys else 0,
            "vehicle_run": vehicles * _some(rng, 1_600_000, 3_400_000),
            "reception": _some(rng, 20_000, 70_000) * people // 4 if body.head or rng.random() < 0.3 else 0,
        }
        out.final = final
        for name, cents in final.items():
            planned = cents * rng.choice((100, 100, 105, 120, 140)) // 100
            out.planned[name] = planned if planned == cents else -(-planned // 10_000) * 10_000
        visits = max(1, final["reception"] // 90_000) if final["reception"] else 0
        out.counts = {
            "groups": int(travels),
            "travellers": rng.randint(1, 3) if travels else 0,
            "bought": int(buys),
            "owned": vehicles,
            "visits": visits,
            "guests": visits * rng.randint(4, 9),
        }

    def _facts(self, out: Ledger, body: Body, people: int, vehicles: int, rng: random.Random) -> None:
        public = sum(cents for code, cents in out.economic.items() if len(code) == 3 and code not in ("301", "303"))
        out.agency = public if body.head else 0
        project = sum(cents for (_, _, nature), cents in out.spent.items() if nature == "project")
        out.goods = project * rng.randint(2, 9) // 100
        out.works = project * rng.randint(0, 9) // 100
        out.services = project * rng.randint(3, 25) // 100
        total = out.goods + out.works + out.services
        out.sme = total * rng.randint(60, 100) // 100
        out.micro = out.sme * rng.randint(40, 100) // 100
        out.counts |= {
            "people": people,
            "vehicles": vehicles,
            "emergency": vehicles // 2,
            "general": vehicles - vehicles // 2,
            "equipment": rng.randint(0, 3) if body.business else 0,
            "projects": rng.randint(2, 12),
            "score": rng.randint(860, 990),
        }


def transfers(
    head: Ledger, below: list[tuple[Body, Ledger]], year: int, rng: random.Random
) -> list[tuple[str, str, int]]:
    """Pay subsidies to some units out of the department's own other income, and remittances the other way.

    Both sides are entered under the unit's main item, so that they cancel out where bodies are added up.
    """
    paid: list[tuple[str, str, int]] = []
    for body, ledger in below:
        item = data.in_force(body.main, year)
        draw = rng.random()
        cents = _some(rng, 500_000, 12_000_000)
        if draw < 0.12:
            _put(head.other, ("other_income", item), cents)
            _put(head.spent, (OTHER, item, "affiliate_subsidy"), cents)
            _put(ledger.other, ("superior_subsidy", item), cents)
            _put(ledger.spent, (OTHER, item, "project"), cents)
            paid.append(("subsidy", item, cents))
        elif draw < 0.2 and body.business:
            cents = min(cents, ledger.spent.get((OTHER, item, "basic"), 0) // 3)
            if not cents:
                continue
            _put(ledger.spent, (OTHER, item, "basic"), -cents)
            _put(ledger.spent, (OTHER, item, "superior_remittance"), cents)
            _put(head.other, ("affiliate_remittance", item), cents)
            _put(head.spent, (OTHER, item, "project"), cents)
            paid.append(("remittance", item, cents))
    return paid


def _put(where: dict, key: tuple[str, ...], cents: int) -> None:  # type: ignore[type-arg]
    where[key] = where.get(key, 0) + cents
