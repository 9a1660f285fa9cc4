"""Flattened tables of two facets: what was spent on, and at which stage, whichever stands above the other.

Belongs here: the table of 三公 in text, in columns and with its items down the side. Does not belong here: tables of
rows with codes (flattened.py), grids.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from juesuan.final_accounts.flattened_headers import Header, unstack
from juesuan.final_accounts.flattened_pairs import beside_labels, figures_at, label_at
from juesuan.final_accounts.flattened_rows import Entries, Entry, Part, blank, finish, has_lines, report
from juesuan.final_accounts.forms import Form
from juesuan.final_accounts.identities import Place
from juesuan.final_accounts.numbers import NO_FIGURE
from juesuan.final_accounts.placing import OpenTable, Slot
from juesuan.final_accounts.text import bare, label
from juesuan.final_accounts.tokens import Token


def _facet_order(form: Form, header: Sequence[str]) -> list[str]:
    """Column keys of a table of two facets, whichever stands above the other.

    With 预算数 and 决算数 once each, the items repeat under either; with the items once, each has a pair under it.
    公务用车 stands above its three parts; its own word is a group when 小计 is there as well.
    """
    facets = form.facets or {}
    header, groups, below = _with_group(form, header)
    items = [(i, name) for i, w in enumerate(header) for name, ws in facets["item"].items() if w in ws]
    items = [(i, name) for i, name in items if i not in groups]
    heads = [i for i, name in items if name == form.heading_item]
    if len({header[i] for i in heads}) > 1 and heads[0] == items[0][0] and header.count(header[heads[0]]) == 1:
        # 三公经费 above the items, 合计 among them
        del items[0]
    stages = [(i, name) for i, w in enumerate(header) for name, ws in facets["stage"].items() if w in ws]
    if not items or not stages:
        return []

    def leaves(run: Sequence[tuple[int, str]]) -> list[str]:
        vehicle = [i for i, name in run if name == "vehicle"]
        order: list[tuple[tuple[int, int, int], str]] = []
        for i, name in run:
            if name == "vehicle" and len(vehicle) > 1 and i == vehicle[0]:
                continue
            inside = name in ("vehicle_buy", "vehicle_run") or (name == "vehicle" and len(vehicle) > 1)
            # what stands under 三公经费 comes before what stands beside it
            top = -1 if i >= below else i
            order.append(((top, vehicle[0] if inside and vehicle else i, i), name))
        return [name for _, name in sorted(order)]

    n_stage = len({name for _, name in stages})
    if len(stages) == n_stage:
        # stages above: the occurrences of an item belong to the stages in turn
        runs: list[list[tuple[int, str]]] = [[] for _ in stages]
        seen: dict[str, int] = {}
        words_per_stage: dict[str, int] = {}
        for i, _ in items:
            words_per_stage[header[i]] = words_per_stage.get(header[i], 0) + 1
        for i, name in items:
            k = seen.get(header[i], 0)
            seen[header[i]] = k + 1
            if words_per_stage[header[i]] != len(stages):
                return []
            runs[k].append((i, name))
        return [
            form.column_of(item, stage) for (_, stage), run in zip(stages, runs, strict=True) for item in leaves(run)
        ]
    names = leaves(items)
    if len(stages) == len(names) * n_stage:
        order = [stage for _, stage in stages]
        return [form.column_of(item, order[k * n_stage + j]) for k, item in enumerate(names) for j in range(n_stage)]
    return []


def _with_group(form: Form, header: Sequence[str]) -> tuple[list[str], set[int], int]:
    """The words of a header whose 三公经费 is a group beside other items, with 小计 both under it and under 公务用车.

    Its first 小计 is the total. Gives also where the words of the group stand, and where the words under it begin.
    """
    facets = form.facets or {}
    stages = sum(w in words for w in header for words in facets["stage"].values())
    total = facets["item"].get(form.heading_item or "")
    parts = [i for i, w in enumerate(header) if w == "小计"]
    if total is None or not stages or len(parts) != 2 * stages:
        return list(header), set(), 0
    groups = {i for i, w in enumerate(header) if w in total and w != "小计" and i < parts[0]}
    if len(groups) != stages:
        return list(header), set(), 0
    words = list(header)
    for i in parts[:stages]:
        words[i] = "合计"
    return words, groups, parts[0]


def is_only_item(form: Form, header: Header, last: Token) -> bool:
    """Whether the header ends with an item and has no other."""
    items = (form.facets or {})["item"].values()
    said = [w for w in header.words if any(w in words for words in items)]
    return len(said) == 1 and said[0] == header.words[-1] == bare(last.text)


def _usual_order(form: Form, columns: Sequence[str]) -> list[str]:
    """The same columns with their items in the order of the form, where each stage has them all or each item both."""
    facets = form.facets or {}
    rank = {
        form.column_of(item, stage): (i, j)
        for i, item in enumerate(facets["item"])
        for j, stage in enumerate(facets["stage"])
    }
    stages = [rank[column][1] for column in columns]
    blocks = stages == sorted(stages) or stages == sorted(stages, reverse=True)
    first = {stage: k for k, stage in reversed(list(enumerate(stages)))}

    def place(column: str) -> tuple[int, int]:
        item, stage = rank[column]
        return (first[stage], item) if blocks else (item, first[stage])

    return sorted(columns, key=place)


def read_facets(table: OpenTable, header: Header, body: Sequence[Token]) -> None:
    if header.whole and _items_down(table, header, body):
        return
    words = header.words
    if not header.whole:
        stacked = unstack(header.pieces, header.vocabulary)
        words = stacked[0] if stacked else []
    figures = [t for t in body if t.kind == "number"]
    order = _facet_order(table.form, words) or _facets_by_middles(table.form, header, figures)
    row = table.form.row or ""
    if not order:
        table.unread, table.reason = True, "the header does not say which column is which"
        report(table, figures, " ".join(t.text for t in body), table.reason)
        return
    first = body[0] if body else None
    places = [Place(row, row, None, Slot(column), 0, blank(table, first, col)) for col, column in enumerate(order)]
    usual = _usual_order(table.form, order)
    doubt = (len(set(header.lines)) > 1 or header.one_line) and usual != order
    orders = [tuple(range(len(order))), tuple(order.index(column) for column in usual)] if doubt else []
    part = Part(places, [figures] if figures else [], row, orders)
    finish(table, [Entry([part])])


def _facets_by_middles(form: Form, header: Header, figures: Sequence[Token]) -> list[str]:
    """Column keys of a table of two facets whose text keeps columns of characters: each figure is of the item whose
    word stands over it, put together from its pieces; none where one has no item.
    """
    facets = form.facets or {}
    pieces = [piece for line in header.pieces for piece in line]
    stages = [name for piece in pieces for name, words in facets["stage"].items() if piece in words]
    if not stages or len(figures) % len(stages) or len({id(t.line) for t in figures}) != 1:
        return []
    places = [t.start + len(t.text) / 2 for t in figures]
    for middles in header.middles:
        if len(middles.pieces) != len(pieces):
            continue
        over: list[list[str]] = [[] for _ in figures]
        for piece, at in zip(pieces, middles.pieces, strict=True):
            over[min(range(len(places)), key=partial(_apart_from, places, at))].append(piece)
        items = [_item_of(form, own) for own in over]
        size = len(items) // len(stages)
        for first in range(0, len(items), size):
            parts = [k for k in range(first, first + size) if items[k] == "小计"]
            for k, name in zip(parts, (form.heading_item, "vehicle"), strict=False):
                items[k] = name
        keys = [form.column_of(item or "", stages[k // size]) for k, item in enumerate(items)]
        if None not in items and "小计" not in items and len(set(keys)) == len(keys):
            return keys
    return []


def _apart_from(places: Sequence[float], at: float, k: int) -> float:
    return abs(places[k] - at)


def _item_of(form: Form, pieces: Sequence[str]) -> str | None:
    """The item that the last of these pieces name together; what stands before them is a group."""
    for first in range(len(pieces)):
        word = "".join(pieces[first:])
        if word == "小计":
            return word
        for name, words in (form.facets or {})["item"].items():
            if word in words:
                return name
    return None


def _items_down(table: OpenTable, header: Header, body: Sequence[Token]) -> bool:
    """Read a table whose items stand down the side and whose stages stand above; False where it is not one."""
    form = table.form
    facets = form.facets or {}
    stages = [(stage, w) for w in header.words for stage, ws in facets["stage"].items() if w in ws]
    items = [w for w in header.words if any(w in ws for ws in facets["item"].values())]
    if not stages or len({stage for stage, _ in stages}) != len(stages) or len(items) > 1:
        return False
    known = {label(w): item for item, ws in facets["item"].items() for w in ws.plain}
    numbered = any(w in table.words.line for w in header.words)
    row = form.row or ""
    sequence: Entries = []
    lined = has_lines(body)
    at_line, next_line, seen = None, 1, set()
    i = 0
    while i < len(body):
        token = body[i]
        if token.kind == "number":
            run = figures_at(body, i, {}, lined)
            beside_labels(sequence, run, own=at_line == id(token.line) or not lined)
            i += len(run)
            continue
        j, text = label_at(body, i, frozenset(known))
        name = label(text)
        item = known.get(name) or next((k for k, ws in facets["item"].items() if name in ws), None)
        at_line = id(body[j - 1].line)
        if numbered and j < len(body) and body[j].plain_integer and int(body[j].text) == next_line:
            next_line += 1
            at_line = id(body[j].line)
            j += 1
        run = figures_at(body, j, {}, lined) if j < len(body) else []
        said = [t for t in run if bare(t.text) not in NO_FIGURE]
        if item is None or (item == form.heading_item and (item in seen or (run and not said))):
            # dashes behind a heading are no figures
            report(table, said, text, f"its row is no item of the form ({name})")
            i = j + len(run)
            continue
        seen.add(item)
        places = [
            Place(
                row,
                row,
                None,
                Slot(form.column_of(item, stage), None, (word, text)),
                len(sequence),
                blank(table, token, k),
                table.words.counted.search(bare(text)) is not None,
            )
            for k, (stage, word) in enumerate(stages)
        ]
        sequence.append(Entry([Part(places, [], text)]))
        i = j
    if not sequence:
        return False
    finish(table, sequence)
    return True
