"""Who there is in the synthetic region: bodies, their names and parents by year, and the reform.

Belongs here: bodies and their fate. Does not belong here: money, reports, files.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from juesuan.demo import data
from juesuan.final_accounts.registry import unit_id_of

#: Units of one county at most; a larger region has more counties.
COUNTY = 300
_PLACES = (
    "城东",
    "城西",
    "城南",
    "城北",
    "新城",
    "老城",
    "东关",
    "西关",
    "南关",
    "北关",
    "河东",
    "河西",
    "山前",
    "山后",
)


@dataclass
class Body:
    """One budget unit. ``names`` and ``parents`` are (value, first year, last year); a None is open."""

    unit_id: str
    division: str
    place: str
    key: str
    template: dict[str, Any]
    main: Any
    head: bool
    business: bool = False
    in_yuan: bool = False
    names: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    parents: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    first_year: int | None = None
    last_year: int | None = None

    @property
    def kind(self) -> str:
        """administrative or institution."""
        return "administrative" if self.head else "institution"

    def name(self, year: int) -> str:
        """Its name in a year."""
        return next(name for name, first, last in self.names if _holds(first, last, year))

    def parent(self, year: int) -> str | None:
        """The department above it in a year."""
        return next((unit for unit, first, last in self.parents if _holds(first, last, year)), None)

    def exists(self, year: int) -> bool:
        """Whether it keeps accounts in a year."""
        return _holds(self.first_year, self.last_year, year)


@dataclass(frozen=True, slots=True)
class Succession:
    """Predecessor and successor (None where it was abolished)."""

    predecessor: str
    successor: str | None
    kind: str
    from_year: int
    note: str


@dataclass
class County:
    """One county of the region: its bodies in a fixed order, and what the reform did."""

    code: str
    place: str
    reform_year: int
    bodies: list[Body]
    successions: list[Succession]

    def departments(self, year: int) -> Iterator[tuple[Body, list[Body]]]:
        """Each department of a year with its subordinate units."""
        below: dict[str, list[Body]] = {}
        for body in self.bodies:
            if not body.head and body.exists(year):
                below.setdefault(body.parent(year) or "", []).append(body)
        for body in self.bodies:
            if body.head and body.exists(year):
                yield body, below.get(body.unit_id, [])


def _holds(first: int | None, last: int | None, year: int) -> bool:
    return (first or year) <= year <= (last or year)


def counties(units: int, years: range, seed: int) -> Iterator[County]:
    """The counties of a region of so many units, each drawn from seed and code alone."""
    many = max(1, -(-units // COUNTY))
    for number in range(many):
        share = units // many + (number < units % many)
        code, place = division(number)
        yield _county(code, place, share, years, random.Random(f"{seed}/{code}"))


def division(number: int) -> tuple[str, str]:
    """Code and name of the county of this number, from 0; names begin again where they run out, codes do not."""
    known = data.region()
    prefecture, county = divmod(number, len(known["counties"]))
    code = f"{known['prefecture_code'] + prefecture:04d}{county + 1:02d}"
    return code, known["prefectures"][prefecture % len(known["prefectures"])] + known["counties"][county]


def most_counties() -> int:
    """How many counties have a name of their own."""
    known = data.region()
    return len(known["counties"]) * len(known["prefectures"])


def _county(code: str, place: str, units: int, years: range, rng: random.Random) -> County:
    known = data.region()
    year = known["reform_year"]
    reform_year = year if year in years and year != years[0] else years[len(years) // 2]
    towns = known["townships"]
    templates = list(known["departments"])
    templates += [{**towns, "key": f"town-{name}", "name": name + towns["suffix"]} for name in towns["names"]]
    many = max(1, min(len(templates), units // 2 if units <= 24 else max(12, units // 6)))
    bodies: list[Body] = []
    groups: list[tuple[Body, list[Body]]] = []
    for template in templates[:many]:
        head = _body(code, place, template, template["name"], template["run"], True, rng)
        groups.append((head, []))
    for number in range(units - many):
        head, below = groups[number % many]
        kinds = head.template["units"]
        again, which = divmod(len(below), len(kinds))
        name, main, *more = kinds[which]
        prefix = "" if not again else _PLACES[(again - 1) % len(_PLACES)] * (1 + (again - 1) // len(_PLACES))
        if head.key.startswith("town-"):
            prefix = head.template["name"].removesuffix(towns["suffix"]) + "镇" + prefix
        body = _body(code, place, head.template, prefix + name, main, False, rng, "business" in more)
        body.in_yuan = head.in_yuan
        body.parents.append((head.unit_id, None, None))
        below.append(body)
    for head, below in groups:
        bodies += [head, *below]
    county = County(code, place, reform_year, bodies, [])
    if len(years) > 1:
        _reform(county, {head.key: (head, below) for head, below in groups}, rng)
    return county


def _body(
    code: str, place: str, template: Any, name: str, main: Any, head: bool, rng: random.Random, business: bool = False
) -> Body:
    body = Body(unit_id_of(code, place + name), code, place, template["key"], template, main, head, business)
    body.in_yuan = rng.random() < 0.2
    body.names.append((place + name, None, None))
    return body


def _reform(county: County, groups: dict[str, tuple[Body, list[Body]]], rng: random.Random) -> None:
    plan, year, place = data.region()["reform"], county.reform_year, county.place
    templates = {one["key"]: one for one in data.region()["departments"]}

    def founded(key: str, name: str, like: str) -> Body:
        template = {**templates[like], "key": key, "name": name}
        body = _body(county.code, place, template, name, template["run"], True, rng)
        body.first_year = year
        county.bodies.append(body)
        return body

    def ended(body: Body, successor: Body | None, kind: str) -> None:
        body.last_year = year - 1
        note = "机构改革" if successor else "机构改革中撤销，职能并入其他部门"
        to = successor.unit_id if successor else None
        county.successions.append(Succession(body.unit_id, to, kind, year, note))

    def moved(body: Body, to: Body) -> None:
        before, first, _ = body.parents.pop()
        body.parents += [(before, first, year - 1), (to.unit_id, year, None)]
        body.in_yuan = to.in_yuan

    for key, name in plan["renamed"].items():
        if key in groups:
            head = groups[key][0]
            old = head.names.pop()[0]
            head.names += [(old, None, year - 1), (place + name, year, None)]
    for key, name in plan["succeeded"].items():
        if key in groups:
            head, below = groups[key]
            heir = founded(f"{key}-new", name, key)
            heir.in_yuan = head.in_yuan
            ended(head, heir, "rename")
            for body in below:
                moved(body, heir)
    if all(key in groups for key in plan["merged"]["from"]):
        to = plan["merged"]["to"]
        heir = founded(to["key"], to["name"], to["like"])
        for key in plan["merged"]["from"]:
            head, below = groups[key]
            ended(head, heir, "merge")
            for body in below:
                moved(body, heir)
    if plan["split"]["from"] in groups:
        head, below = groups[plan["split"]["from"]]
        heirs = [founded(one["key"], one["name"], one["like"]) for one in plan["split"]["to"]]
        for heir in heirs:
            ended(head, heir, "split")
        for number, body in enumerate(below):
            moved(body, heirs[number % len(heirs)])
    for key in plan["abolished"]:
        if key in groups and len(groups) > 1:
            head, below = groups[key]
            for body in (head, *below):
                ended(body, None, "abolish")
    move = plan["moved"]
    if move["from"] in groups and move["to"] in groups and len(groups[move["from"]][1]) > 1:
        body = groups[move["from"]][1][-1]
        moved(body, groups[move["to"]][0])
        county.successions.append(
            Succession(body.unit_id, body.unit_id, "change_of_level", year, "机构改革中调整主管部门")
        )
