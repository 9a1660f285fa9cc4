"""A synthetic region made large by repeating its counties under other names, for sizes at which making takes hours.

Belongs here: what is another in a repeated county (name, division, ids of units and documents), in every file of a
demo and in its landing. Does not belong here: figures and words, which are those of the county that is repeated;
writing a region (``records``).

A repeated county has the name and the code that the next county of a larger region would have, and the very figures
of the one that it repeats. Its documents are there, each with its own text and hash, so every figure leads home. The
landed records are made by SQL over those of the base: nothing is read and no check is run a second time.
"""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan.demo import folder, organisation
from juesuan.demo.folder import DemoError, Progress, Written
from juesuan.demo.making import Plan
from juesuan.final_accounts import registry_rows
from juesuan.final_accounts.archive import DOCUMENTS
from juesuan.final_accounts.index import INDEX
from juesuan.final_accounts.manifest import SUFFIX
from juesuan.final_accounts.registry import Registry, unit_id_of
from juesuan.final_accounts.store import open_store
from juesuan.landing import FULL_BATCH, Held, Landing, LandingError
from juesuan.raw_schema import RECORD, RawTable, landing_schema, raw_tables

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

_UNIT_ID = re.compile(r"u[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class _Copy:
    """One county of the base under another name: what takes the place of what."""

    place: tuple[str, str]
    code: tuple[str, str]
    units: dict[str, str]

    def named(self, text: str) -> str:
        """A text of the base with place and units of the repeated county; figures stay what they are."""
        return _UNIT_ID.sub(lambda found: self.units[found[0]], text.replace(*self.place))

    def said(self, text: str) -> str:
        """The same with the code of the division too, which in a list of figures might be a figure."""
        old, new = self.code
        return re.sub(rf"(?<!\d){old}(?!\d)|(?<=SYN){old}", new, self.named(text))


@dataclass(frozen=True, slots=True)
class _Base:
    """A document of the base: its id, the name and the bytes of its file and of its manifest, its stamp, its county."""

    document_id: str
    name: str
    data: bytes
    manifest: str
    stamp: int
    code: str


def write(plan: Plan, times: int, to: Path, progress: Progress | None = None) -> Written:
    """Write the region of a plan with its records, and its counties ``times`` over in all, each under another name."""
    from juesuan.demo import records

    return repeat(records.write(plan, to, progress), times, progress)


def repeat(base: Written, times: int, progress: Progress | None = None) -> Written:
    """Repeat the counties of a region that was just written with its records. Raises :class:`DemoError` where there are
    not names enough.
    """
    begun = time.perf_counter()
    to = Path(base.folder)
    lists = {path: (to / "raw" / path).read_text("utf-8") for path in registry_rows.KINDS}
    counties = _counties(to)
    if times * len(counties) > organisation.most_counties():
        raise DemoError(
            f"{times} times {len(counties)} counties are more than the {organisation.most_counties()} that have names; "
            "repeat less often, or say more --units"
        )
    copies = [
        {
            code: _copy(code, organisation.division(again * len(counties) + number), units)
            for number, (code, units) in enumerate(counties.items())
        }
        for again in range(1, times)
    ]
    documents = _documents(to)
    index = json.loads((to / "raw" / INDEX).read_text("utf-8"))
    landing = Landing(to / "warehouse" / "landing", raw_tables(_project()))
    made = _Landed(landing, documents, [organisation.division(n)[1] for n in range(len(counties))])
    at_once = max(1, -(-FULL_BATCH // 2 // max(1, len(documents))))
    for first in range(0, len(copies), at_once):
        some = copies[first : first + at_once]
        renamed: list[tuple[str, str, str, str]] = []
        for copy in some:
            for one in documents:
                entries, document_id = _written(to, one, copy[one.code])
                index |= entries
                renamed.append((one.document_id, document_id, *copy[one.code].place))
        made.land(renamed)
        if progress:
            progress("documents", (first + len(some) + 1) * len(documents), times * len(documents))
    _lists(to, lists, copies, index)
    _truth(to, copies, times)
    seconds = base.seconds + time.perf_counter() - begun
    many = base.documents * times
    return replace(
        base,
        documents=many,
        units=base.units * times,
        planted=base.planted * times,
        bytes=base.bytes * times,
        seconds=round(seconds, 2),
        documents_per_second=round(many / seconds, 1),
    )


def _project() -> Path:
    from juesuan.settings import Settings

    return Settings.load().dbt_project


def _counties(to: Path) -> dict[str, dict[str, str]]:
    """The units of each county of the base, by its code: id, and the name that the id was made of."""
    registry = Registry(open_store(to / "raw"))
    found: dict[str, dict[str, str]] = {}
    codes = {unit.unit_id: unit.division_code for unit in registry.units}
    for name in registry.names:
        code = codes[name.unit_id]
        if unit_id_of(code, name.name) == name.unit_id:
            found.setdefault(code, {})[name.unit_id] = name.name
    return dict(sorted(found.items()))


def _copy(code: str, new: tuple[str, str], units: dict[str, str]) -> _Copy:
    places = dict(map(organisation.division, range(organisation.most_counties())))
    place = places[code], new[1]
    return _Copy(place, (code, new[0]), {one: unit_id_of(new[0], name.replace(*place)) for one, name in units.items()})


def _documents(to: Path) -> list[_Base]:
    found = []
    for path in sorted((to / "raw" / DOCUMENTS).glob(f"*{SUFFIX}")):
        manifest = path.read_text("utf-8")
        file = path.with_name(path.name.removesuffix(SUFFIX))
        told = json.loads(manifest)
        code = told["juesuan"]["read"][0]["division_code"]
        stamp = file.stat().st_mtime_ns
        found.append(_Base(told["id"], file.name, file.read_bytes(), manifest, stamp, code))
    return found


def _written(to: Path, one: _Base, copy: _Copy) -> tuple[dict[str, tuple[int, str, str]], str]:
    """Write a document of a repeated county with its manifest; what the index says of both, and its id."""
    old, new = (place.encode() for place in copy.place)
    data = one.data.replace(old, new)
    document_id = hashlib.sha256(data).hexdigest()
    manifest = copy.said(one.manifest).replace(one.document_id, document_id)
    manifest = manifest.replace(f"document-{one.document_id[:12]}", f"document-{document_id[:12]}")
    manifest = manifest.replace(f'"bytes": {len(one.data)}', f'"bytes": {len(data)}')
    name = copy.said(one.name)
    documents = to / "raw" / DOCUMENTS
    return {
        f"{DOCUMENTS}/{at}": folder.put(documents / at, content, one.stamp)
        for at, content in ((name, data), (name + SUFFIX, manifest.encode()))
    }, document_id


class _Landed:
    """The landed records of the base, from which those of the repeated counties are made by SQL."""

    def __init__(self, landing: Landing, documents: Sequence[_Base], places: Sequence[str]) -> None:
        import duckdb

        self.landing = landing
        held = landing.holding()
        if set(held) != {one.document_id for one in documents}:
            raise LandingError("the landing of the base holds other documents than its archive; write it again")
        self.held = held
        self.connection: duckdb.DuckDBPyConnection = duckdb.connect()
        self.connection.execute("set preserve_insertion_order = true")
        self.named: dict[str, list[str]] = {}
        for name, table in landing.tables.items():
            rows = landing.read(name)
            if rows.num_rows:
                self.connection.register("rows", rows)
                self.connection.execute(f"create table {name} as select * from rows")
                self.connection.unregister("rows")
                self.named[name] = list(self._naming(table, places))

    def _naming(self, table: RawTable, places: Sequence[str]) -> Iterator[str]:
        """The columns of a table in which the name of a place stands."""
        for field in landing_schema(table):
            anywhere = " or ".join(f"contains(cast(\"{field.name}\" as varchar), '{place}')" for place in places)
            (count,) = self.connection.execute(f"select count(*) from {table.name} where {anywhere}").fetchall()[0]
            if count and str(field.type) != "string":
                raise DemoError(f"{table.name}.{field.name} names a place and is no text; it cannot be repeated")
            if count:
                yield field.name

    def land(self, renamed: Iterable[tuple[str, str, str, str]]) -> None:
        """Land documents under other ids and names: (id in the base, id, place in the base, place)."""
        import pyarrow as pa

        rows = list(renamed)
        names = ("old_id", "new_id", "old_place", "new_place")
        columns = {name: [row[n] for row in rows] for n, name in enumerate(names)}
        self.connection.register("renamed", pa.table(columns))
        content = {name: self._table(name) for name in self.named}
        self.connection.unregister("renamed")
        states = {new: self.held[old] for old, new, *_ in rows}
        self.landing.write_batch(
            content,
            lambda sequence: [
                Held(document_id, one.extractor, sequence, one.status, one.said)
                for document_id, one in sorted(states.items())
            ],
        )

    def _table(self, name: str) -> pa.Table:
        put = [f"renamed.new_id as {key}" for key in (RECORD, "document_id")]
        put += [f'replace("{one}", renamed.old_place, renamed.new_place) as "{one}"' for one in self.named[name]]
        found = self.connection.sql(
            f"select base.* replace ({', '.join(put)}) from {name} as base "
            f"inner join renamed on base.{RECORD} = renamed.old_id order by renamed.new_id, base.rowid"
        ).to_arrow_table()
        return found.cast(landing_schema(self.landing.tables[name]))


def _again(text: str, copies: Sequence[dict[str, _Copy]], said: Callable[[_Copy, str], str]) -> str:
    """The lines of a list of the base, and those of every repeated county: which county, the units of the line tell."""
    header, *lines = text.splitlines(keepends=True)
    out = [header, *lines]
    for copy in copies:
        of_unit = {word: one for one in copy.values() for word in one.units}
        for line in lines:
            found = _UNIT_ID.search(line)
            if found is not None:
                out.append(said(of_unit[found[0]], line))
    return "".join(out)


def _lists(
    to: Path, lists: dict[str, str], copies: Sequence[dict[str, _Copy]], index: dict[str, tuple[int, str, str]]
) -> None:
    for path, text in lists.items():
        stamp = (to / "raw" / path).stat().st_mtime_ns
        index[path] = folder.put(to / "raw" / path, _again(text, copies, _Copy.said).encode(), stamp)
    Registry(open_store(to / "raw"))  # which says what no row may say
    stamp = (to / "raw" / INDEX).stat().st_mtime_ns
    ordered = {path: index[path] for path in sorted(index)}
    folder.put(to / "raw" / INDEX, json.dumps(ordered, ensure_ascii=False, indent=0).encode(), stamp)


def _truth(to: Path, copies: Sequence[dict[str, _Copy]], times: int) -> None:
    for path in sorted((to / "truth").glob("*.csv")):
        stamp = path.stat().st_mtime_ns
        folder.put(path, _again(path.read_text("utf-8"), copies, _Copy.named).encode(), stamp)
    path = to / "truth" / "plan.json"
    plan: dict[str, Any] = json.loads(path.read_text("utf-8"))
    text = json.dumps(plan | {"repeat": times}, indent=2) + "\n"
    folder.put(path, text.encode(), path.stat().st_mtime_ns)
    with (to / folder.MARKER).open("a", encoding="utf-8") as marker:
        marker.write(f"\nEvery county stands here {times} times, each time under another name with the same figures.\n")
