"""A report as drawn, before it is any format: lines, tables of cells with spans, and the truth about them.

Belongs here: turning the accounts and a layout (layouts/*.yml) into blocks that every renderer draws, and noting for
each figure cell what a reader has to find in it. Does not belong here: any format, and the words of any layout.

The keys of rows and columns are formed here by the published rules alone (a class code; 合计; a side and a label; the
column keys of the form), not by the library that is measured.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from tests.generator.figures import FEN, PERSONNEL, PUBLIC, Accounts, printed

LAYOUTS = Path(__file__).parent / "layouts"
Kind = Literal["head", "label", "code", "line", "figure", "count", "number", "text"]

_NUMERALS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


# --- what is drawn --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Box:
    """One cell of a table as drawn. ``amount`` (hundredths, or whole for a count) is what a figure cell holds."""

    row: int
    col: int
    rows: int
    cols: int
    text: str
    kind: Kind
    amount: int | None = None

    @property
    def decimals(self) -> int:
        return 0 if self.kind == "count" else 2


@dataclass(frozen=True, slots=True)
class Table:
    """A drawn table. ``kinds`` gives what each column holds; ``header_rows`` come again where a table goes on."""

    boxes: tuple[Box, ...]
    n_rows: int
    n_cols: int
    header_rows: int
    kinds: tuple[str, ...]
    continued: Literal["header", "none", "title"] = "header"
    title: str = ""
    split_rows: bool = False

    def grid(self) -> list[list[Box | None]]:
        """For each row, the box that covers each column."""
        rows: list[list[Box | None]] = [[None] * self.n_cols for _ in range(self.n_rows)]
        for box in self.boxes:
            for r in range(box.row, box.row + box.rows):
                for c in range(box.col, box.col + box.cols):
                    rows[r][c] = box
        return rows


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text: parts of (where, text), where being left, center or right."""

    parts: tuple[tuple[str, str], ...]
    role: Literal["cover", "heading", "body", "title", "above", "note", "contents"] = "body"

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.parts)


@dataclass(frozen=True, slots=True)
class Break:
    """A new page."""


Block = Line | Table | Break


# --- what is true ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TrueCell:
    """What a reader has to find: ``row_key`` and ``column_key`` are None in a table of one province, where the label
    of the row and the words of the header have to be right instead. ``label`` is None where the form prints none."""

    table: int
    row_key: str | None
    label: str | None
    column_key: str | None
    header: tuple[str, ...]
    text: str
    value: Decimal | None
    stored: bool = False


@dataclass(frozen=True, slots=True)
class TrueTable:
    """A table of the report. ``key`` is None for one that no form knows: it has to arrive as a grid."""

    number: int
    key: str | None
    title: str
    state: str
    drawn: bool
    money_unit: str

    @property
    def local(self) -> bool:
        return self.key is None or self.key.startswith("TX_")


@dataclass(frozen=True, slots=True)
class Truth:
    unit_name: str
    fiscal_year: int
    scope: str
    tables: tuple[TrueTable, ...]
    cells: tuple[TrueCell, ...]
    statements: tuple[tuple[str, str, Decimal], ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """A report drawn in one layout. ``parts`` are its blocks by table (and '' for the text before and after)."""

    layout: str
    blocks: tuple[Block, ...]
    truth: Truth
    pdf: dict[str, Any] = field(default_factory=dict)


# --- normal forms ---------------------------------------------------------------------------------------------------


def tight(text: str) -> str:
    """NFKC without white space: what two printings of the same words have in common."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


_HEAD = re.compile(
    r"^(?:[一二三四五六七八九十]{1,4}[、.,]|\([一二三四五六七八九十\d]{1,4}\)[、.]?|\d{1,2}[、.](?!\d)|第\d{1,2}项|其中[:;、]?)"
)


def row_label(text: str) -> str:
    """A label as row keys carry it: half-width brackets, no white space, quotation marks, ordinal or 其中:."""
    got = re.sub("[\"'“”‘’]", "", tight(text))
    while (cut := _HEAD.sub("", got, count=1)) and cut != got:
        got = cut
    return got


def ordinal(n: int) -> str:
    """一, 二 ... 二十六."""
    tens, ones = divmod(n, 10)
    return ("" if not tens else "十" if tens == 1 else _NUMERALS[tens] + "十") + _NUMERALS[ones]


# --- layouts --------------------------------------------------------------------------------------------------------


@cache
def _data(name: str) -> Any:
    return yaml.safe_load((LAYOUTS / f"{name}.yml").read_text(encoding="utf-8"))


def _turned(tree: list[Any]) -> list[Any]:
    """A header with every project column before the basic column that it stands behind."""
    tree = [[text, _turned(below) if isinstance(below, list) else below] for text, below in tree]
    first = next((k for k, (text, _) in enumerate(tree) if text.startswith("基本支出")), None)
    other = next((k for k, (text, _) in enumerate(tree) if text.startswith("项目支出")), None)
    if first is not None and other is not None:
        tree[first], tree[other] = tree[other], tree[first]
    return tree


def layout_names() -> list[str]:
    """Every layout, by the name of its file."""
    return sorted(p.stem for p in LAYOUTS.glob("*.yml") if p.stem not in ("headers", "lines"))


DEFAULTS: dict[str, Any] = {
    "money_unit": "万元",
    "scope": "department",
    "without": [],
    "separators": True,
    "nil": "zero",
    "ordinals": "一、",
    "column_numbers": "栏次",
    "lines": {},
    "total": "first",
    "classes": True,
    "continued": "header",
    "split_rows": False,
    "above": [[["center", "{title}"]], [["right", "单位：{money}"]]],
    "above_in_grid": False,
    "cover": ["{unit}", "{year}年度部门决算"],
    "contents": True,
    "chapters": {"tables": "第二部分 {unit}{year}年度部门决算表", "text": "第三部分 {unit}{year}年度部门决算情况说明"},
    "tables_last": False,
    "pdf": {},
}


def load(name: str) -> dict[str, Any]:
    """A layout with the defaults filled in."""
    return {**DEFAULTS, **_data(name), "id": name}


# --- headers --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    path: tuple[str, ...]

    @property
    def block(self) -> str:
        return self.key.split("/")[0] if "/" in self.key else ""

    @property
    def own(self) -> str:
        return self.key.split("/")[-1]


def header_boxes(tree: Sequence[Any]) -> tuple[list[Box], list[Column], int]:
    """Boxes of a header (each word over what stands under it), its columns, its height."""

    def height(node: Sequence[Any]) -> int:
        return 1 + (max(height(n) for n in node[1]) if isinstance(node[1], list) else 0)

    depth = max(height(node) for node in tree)
    boxes: list[Box] = []
    columns: list[Column] = []

    def walk(node: Sequence[Any], level: int, path: tuple[str, ...]) -> None:
        text, below = node
        first = len(columns)
        if isinstance(below, list):
            for child in below:
                walk(child, level + 1, (*path, text))
            boxes.append(Box(level, first, 1, len(columns) - first, text, "head"))
        else:
            columns.append(Column(str(below), (*path, text)))
            boxes.append(Box(level, first, depth - level, 1, text, "head"))

    for node in tree:
        walk(node, 0, ())
    return boxes, columns, depth


_LABEL_KINDS: dict[str, Kind] = {"name": "label", "code_name": "label", "item": "label", "line": "line", "text": "text"}


def column_kind(column: Column) -> str:
    if column.own.startswith("code") and column.own != "code_name":
        return "part" if ":" in column.own else "code"
    return _LABEL_KINDS.get(column.own, "figure")


# --- tables ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Figure:
    """A figure on its way into a cell: what it is, and how a reader should know it."""

    amount: int | None
    row_key: str | None
    label: str | None
    column_key: str | None
    count: bool = False


Row = dict[int, "str | _Figure | None"]


class _Builder:
    """Draws the tables of one report."""

    def __init__(self, layout: dict[str, Any], *, print_all: bool) -> None:
        self.layout = layout
        self.print_all = print_all
        self.accounts = Accounts(layout["year"], layout["money_unit"], layout["without"])
        self.accounts.reconciled()
        self.tables: list[TrueTable] = []
        self.cells: list[TrueCell] = []
        self.words = {
            "unit": layout["unit"],
            "body": layout.get("body", layout["unit"]),
            "year": str(layout["year"]),
            "money": layout["money_unit"],
        }

    # --- one figure

    def _nil(self, entry: dict[str, Any], row: int, col: int) -> str:
        style = "zero" if self.print_all else entry.get("nil", self.layout["nil"])
        if style == "mixed":
            digest = hashlib.sha256(f"{self.layout['id']}/{entry['title']}/{row}/{col}".encode()).digest()
            style = "zero" if digest[0] % 2 else "blank"
        return {"zero": "0.00", "blank": "", "plain_zero": "0"}[style]

    def _text(self, figure: _Figure, entry: dict[str, Any], row: int, col: int) -> str:
        if figure.amount is None:
            return ""
        if figure.count:
            return str(figure.amount)
        if figure.amount == 0:
            return self._nil(entry, row, col)
        return printed(figure.amount, separators=self.layout["separators"])

    # --- one table

    def draw(self, entry: dict[str, Any]) -> Iterator[Block]:
        """The blocks of one table, its truth noted."""
        key, title = entry["key"], entry["title"].format(**self.words)
        number = len(self.tables) + 1
        idle = entry.get("activity") is False
        grid = not (idle and entry.get("empty") == "sentence")
        self.tables.append(
            TrueTable(
                number,
                None if key == "unknown" else key,
                title,
                "no_activity" if idle else "present",
                grid,
                self.layout["money_unit"],
            )
        )
        words = {
            **self.words,
            "title": title,
            "number": entry.get("number", ""),
            "n": str(number),
            "two": f"{number:02d}",
            "ordinal": ordinal(number),
        }
        rows = entry.get("above", self.layout["above"])
        filled = [[(where, text.format(**words)) for where, text in row] for row in rows]
        filled = [[(w, t) for w, t in row if t] for row in filled]
        inside = [row for row in filled if row] if self.layout["above_in_grid"] and grid else []
        if not inside:
            for template, row in zip(rows, filled, strict=True):
                if row:
                    named = any("{title}" in t for _, t in template)
                    yield Line(tuple(row), "title" if named else "above")
        if grid:
            yield self._table(entry, number, title, inside)
        for note in entry.get("notes", ()):
            yield Line((("left", note.format(**words)),), "note")
        if idle and not any("无" in n or "没有" in n for n in entry.get("notes", ())):
            yield Line((("left", entry.get("says", "注：本表本年度无发生额。")),), "note")

    def _table(self, entry: dict[str, Any], number: int, title: str, inside: Sequence[Any]) -> Table:
        tree = _data("headers")[entry["header"]]
        tree = _fill(tree, self.words)
        if entry.get("order"):
            tree = [tree[i] for i in entry["order"]]
        if self.layout["turned"]:
            tree = _turned(tree)
        heads, columns, height = header_boxes(tree)
        rows = list(self._rows(entry, columns))
        shift = len(inside)
        boxes = [replace(b, row=b.row + shift) for b in heads]
        for r, parts in enumerate(inside):
            cuts = [round(len(columns) * k / len(parts)) for k in range(len(parts) + 1)]
            boxes += [
                Box(r, a, 1, b - a, text, "head")
                for (_, text), a, b in zip(parts, cuts, cuts[1:], strict=False)
                if b > a
            ]
        at = shift + height
        numbers = entry.get("column_numbers", self.layout["column_numbers"])
        if numbers and any(column_kind(c) == "figure" for c in columns):
            boxes += self._column_numbers(columns, at, numbers)
            at += 1
        header_rows = at
        parts_of_code = [c for c, col in enumerate(columns) if column_kind(col) == "part"]
        for row in rows:
            boxes += self._row(entry, number, columns, row, at, parts_of_code)
            at += 1
        if entry.get("total", self.layout["total"]) == "in_header" and parts_of_code and "/" not in columns[0].key:
            # 类 款 项 reach down beside 合计
            low = shift + height - 1
            boxes = [
                replace(b, rows=b.rows + header_rows + 1 - low - 1)
                if b.kind == "head" and b.row == low and b.col in parts_of_code
                else b
                for b in boxes
            ]
            boxes = [b for b in boxes if not (b.row == header_rows and b.col in parts_of_code and b.kind != "head")]
        return Table(
            tuple(sorted(boxes, key=lambda b: (b.row, b.col))),
            at,
            len(columns),
            header_rows,
            tuple(column_kind(c) for c in columns),
            entry.get("continued", self.layout["continued"]),
            title,
            entry.get("split_rows", self.layout["split_rows"]),
        )

    def _column_numbers(self, columns: Sequence[Column], at: int, word: str) -> Iterator[Box]:
        """The row 栏次 1 2 3 ...: the word stands over the labels of each block."""
        n = c = 0
        while c < len(columns):
            if column_kind(columns[c]) == "figure":
                n += 1
                yield Box(at, c, 1, 1, str(n), "number")
                c += 1
                continue
            end = c
            while (
                end < len(columns) and column_kind(columns[end]) != "figure" and columns[end].block == columns[c].block
            ):
                end += 1
            lined = [k for k in range(c, end) if column_kind(columns[k]) == "line"]
            if lined and lined[0] > c:
                yield Box(at, c, 1, lined[0] - c, "" if word == "plain" else word, "head")
                for k in range(lined[0], end):
                    yield Box(at, k, 1, 1, "", "head")
            else:
                yield Box(at, c, 1, end - c, "" if word == "plain" else word, "head")
            c = end

    def _row(
        self, entry: dict[str, Any], number: int, columns: Sequence[Column], row: Row, at: int, parts: Sequence[int]
    ) -> Iterator[Box]:
        merged: set[int] = set()
        for c, column in enumerate(columns):
            if c in merged:
                continue
            what = row.get(c, "")
            kind = column_kind(column)
            if isinstance(what, _Figure):
                text = self._text(what, entry, at, c)
                value = None if not text else Decimal(what.amount or 0) / (1 if what.count else 100)
                self.cells.append(TrueCell(number, what.row_key, what.label, what.column_key, column.path, text, value))
                yield Box(at, c, 1, 1, text, "count" if what.count else "figure", what.amount if text else None)
                continue
            text = what or ""
            if text.startswith("<"):
                # a label over several columns of its block: 合计 over code and name
                end = c + 1
                while (
                    end < len(columns)
                    and columns[end].block == column.block
                    and column_kind(columns[end]) not in ("figure", "line")
                ):
                    merged.add(end)
                    end += 1
                yield Box(at, c, 1, end - c, text[1:], "label")
                continue
            drawn: dict[str, Kind] = {"code": "code", "part": "code", "line": "line", "text": "text"}
            yield Box(at, c, 1, 1, text, drawn.get(kind, "label"))

    # --- rows by kind of table

    def _rows(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        kind = entry.get("rows") or _ROWS[entry["key"]]
        made: Callable[..., Iterator[Row]] = getattr(self, f"_{kind}")
        return made(entry, columns)

    def _coded(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        """Tables by functional class."""
        amount = self._amounts(entry["key"])
        funds = {"TF": ("fund",), "TG": ("capital",), "T5": ("general",)}.get(entry["key"]) or (
            ("general",) if entry["key"] in ("TX_general_detail", "TX_project") else ("general", "fund", "capital")
        )
        loose = entry["key"].startswith("TX_")
        idle = entry.get("activity") is False

        def make(code: str, name: str) -> Row:
            row: Row = {}
            for c, column in enumerate(columns):
                kind = column_kind(column)
                if kind == "figure":
                    value = 0 if idle else amount(code, column.own)
                    row[c] = _Figure(value, None if loose else code or "合计", name, None if loose else column.own)
                elif column.own == "code":
                    row[c] = code if code else "<" + name
                elif kind == "part":
                    part = {"code:1": code[:3], "code:2": code[3:5], "code:3": code[5:]}[column.own]
                    row[c] = part if code else "" if in_header else "<" + name if column.own == "code:1" else ""
                elif column.own == "code_name":
                    row[c] = f"{code}{entry.get('code_gap', ' ')}{name}" if code else name
                elif column.own == "name":
                    row[c] = name
            return row

        place = entry.get("total", self.layout["total"])
        in_header = place == "in_header"
        if idle and entry.get("empty") == "header":
            return
        total = make("", entry.get("total_label", "合计"))
        if place != "last":
            yield total
        if not idle:
            for code in self.accounts.codes(funds):
                if len(code) == 7 or self.layout["classes"]:
                    if entry["key"] == "TX_project" and not amount(code, "all"):
                        continue
                    yield make(code, self.accounts.name(code))
        if place == "last":
            yield total

    def _amounts(self, key: str) -> Callable[[str, str], int]:
        a = self.accounts
        if key == "T2":
            return a.received
        if key == "T3":
            return a.spent
        if key in ("TX_general_detail", "TX_project"):
            return self._spread(key == "TX_project")
        funds = {"T5": ("general",), "TF": ("fund",), "TG": ("capital",)}.get(key, ("general", "fund", "capital"))

        def amount(code: str, column: str) -> int:
            return a.appropriation(code, "total" if column == "expenditure_total" else column, funds)

        return amount

    def _spread(self, project: bool) -> Callable[[str, str], int]:
        """Items of the general budget over economic classes: any division will do, as long as it adds up."""
        shares = {"301": 5, "302": 3, "303": 2} if not project else {"302": 3, "310": 1}
        inner = {
            "301": {"30101": 4, "30102": 3, "30103": 2, "30107": 1},
            "302": {"30201": 2, "30211": 1, "30226": 3},
            "303": {"30302": 7, "30309": 1},
        }

        def amount(code: str, column: str) -> int:
            out = 0
            for item in self.accounts.of(code, ("general",)):
                whole = item.get("project") if project else item.get("total")
                parts = {k: whole * v // sum(shares.values()) for k, v in shares.items()}
                parts[next(iter(shares))] += whole - sum(parts.values())
                if column == "all":
                    out += whole
                elif len(column) == 3:
                    out += parts[column]
                else:
                    own = inner[column[:3]]
                    split = {k: parts[column[:3]] * v // sum(own.values()) for k, v in own.items()}
                    split[next(iter(own))] += parts[column[:3]] - sum(split.values())
                    out += split[column]
            return out

        return amount

    def _paired(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        """Income and expenditure side by side, by lines."""
        data = _data("lines")[entry["lines"]]
        style = self.layout["ordinals"]
        income = _numbered(data["income"]["head"], style)
        classes = [
            (f"{_ordinal(n, style)}{name}", f"class:{code}", False)
            for n, (code, name) in enumerate(self.accounts.classes(), 1)
        ]
        body = max(len(income), len(classes), entry.get("least", 0))
        blank = ("", None, False)
        left = income + [blank] * (body - len(income)) + _numbered(data["income"]["foot"], "")
        right = classes + [blank] * (body - len(classes)) + _numbered(data["expenditure"]["foot"], "")
        start = entry.get("line_start", [1, len(left) + 1])
        parents: dict[str, str] = {}
        for n, (one, other) in enumerate(zip(left, right, strict=True)):
            row: Row = {}
            for side, (text, what, child), first in (("income", one, start[0]), ("expenditure", other, start[1])):
                name = row_label(text)
                if not child:
                    parents[side] = name
                row_key = f"{side}:{parents[side]}/{name}" if child else f"{side}:{name}"
                for c, column in enumerate(columns):
                    if column.block != side:
                        continue
                    if column.own == "item":
                        row[c] = text
                    elif column.own == "line":
                        row[c] = str(first + n)
                    elif text:
                        value = None if what is None else self._line_amount(entry["key"], side, what, column.own)
                        row[c] = _Figure(value, row_key, tight(text), column.own)
            yield row

    def _line_amount(self, key: str, side: str, what: str, column: str) -> int:
        a = self.accounts
        if key == "T1":
            if side == "income":
                made = {
                    "general": lambda: a.appropriation("", "income", ("general",)),
                    "fund": lambda: a.appropriation("", "income", ("fund",)),
                    "capital": lambda: a.appropriation("", "income", ("capital",)),
                    "surplus_used": lambda: a.surplus_used,
                    "opening": lambda: a.opening,
                    "opening_project": lambda: a.appropriation("", "opening_project"),
                    "grand_total": lambda: a.grand_total,
                }
                return made[what]() if what in made else a.received("", what)
            if what.startswith("class:"):
                return a.spent(what[6:], "expenditure_total")
            return {
                "expenditure_total": a.spent("", "expenditure_total"),
                "distribution": a.distribution,
                "closing": a.closing,
                "closing_project": a.appropriation("", "closing_project"),
                "grand_total": a.grand_total,
            }[what]
        if side == "income":
            funds = (
                (what.split("_")[-1],)
                if what.split("_")[-1] in ("general", "fund", "capital")
                else ("general", "fund", "capital")
            )
            if what == "grand":
                return a.appropriation("", "income") + a.appropriation("", "opening")
            return a.appropriation("", "opening" if what.startswith("opening") else "income", funds)
        funds = {
            "expenditure_general_public_budget": ("general",),
            "expenditure_government_fund": ("fund",),
            "expenditure_state_capital": ("capital",),
        }.get(column, ("general", "fund", "capital"))
        if what.startswith("class:"):
            return a.appropriation(what[6:], "total", funds)
        sums = {"total": ("total",), "closing": ("closing",), "grand": ("total", "closing")}[what]
        return sum(a.appropriation("", key, funds) for key in sums)

    def _economic(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        """Blocks of (code, name, amount) side by side, or one long list."""
        a = self.accounts
        blocks = list(dict.fromkeys(c.block for c in columns))
        both = a.sections()
        lists = {
            "personnel": a.sections(PERSONNEL),
            "public": [s for s in a.sections(PUBLIC) if "more" not in blocks or s[0].startswith("302")],
            "more": [s for s in a.sections(PUBLIC) if not s[0].startswith("302")],
            "all": both,
        }
        idle = entry.get("activity") is False
        totals = {
            "personnel": ("人员经费合计", a.appropriation("", PERSONNEL, ("general",))),
            "public": ("公用经费合计", a.appropriation("", PUBLIC, ("general",))),
        }
        loose = entry["key"].startswith("TX_")

        def put(row: Row, block: str, code: str, name: str, amount: int, row_key: str) -> None:
            side = PUBLIC if any(code.startswith(p) for p in ("302", "307", "310", "399")) else PERSONNEL
            for c, column in enumerate(columns):
                if column.block != block:
                    continue
                if column.own == "code":
                    row[c] = code if code else "<" + name
                elif column.own.startswith("code:"):
                    row[c] = (
                        (code[:3] if column.own == "code:1" else code[3:])
                        if code
                        else "<" + name
                        if column.own == "code:1"
                        else ""
                    )
                elif column.own == "name":
                    row[c] = name
                else:
                    own = amount
                    if column.own in (PERSONNEL, PUBLIC):
                        own = totals[column.own][1] if not code else amount if column.own == side else 0
                    row[c] = _Figure(
                        0 if idle else own, None if loose else row_key, name, None if loose else column.own
                    )

        if blocks == ["all"]:
            grand = a.appropriation("", "basic", ("general",))
            row: Row = {}
            put(row, "all", "", "合计", grand, "合计")
            if entry.get("total", self.layout["total"]) != "last":
                yield row
            for code, name in [] if idle else both:
                line: Row = {}
                put(line, "all", code, name, a.economic[code], code)
                yield line
            if entry.get("total", self.layout["total"]) == "last":
                yield row
            return
        height = 0 if idle else max(len(lists[b]) for b in blocks)
        for n in range(height):
            row = {}
            for block in blocks:
                if n < len(lists[block]):
                    code, name = lists[block][n]
                    put(row, block, code, name, a.economic[code], code)
            yield row
        row = {}
        for block, (name, amount) in totals.items():
            last = [b for b in blocks if b in (block, "more" if block == "public" else block)][-1]
            put(row, last, "", name, amount, name)
            if last != block:
                first = next(c for c, col in enumerate(columns) if col.block == block)
                row[first] = ""
        yield row

    def _single(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        """三公 across: one row of figures."""
        idle = entry.get("activity") is False
        if idle and entry.get("empty") == "header":
            return
        yield {
            c: _Figure(0 if idle else self.accounts.three_public[col.own], "合计", None, col.own)
            for c, col in enumerate(columns)
        }

    def _down(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        """Items down the side, of 三公 or of a table of one province."""
        loose = entry["key"].startswith("TX_") or entry["key"] == "unknown"
        for n, line in enumerate(_data("lines")[entry["lines"]], 1):
            yield self._item_row(columns, "", line, n, loose)

    def _two_lists(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        left, right = (_data("lines")[name] for name in entry["lines"])
        for n in range(max(len(left), len(right))):
            row: Row = {}
            for block, lines, first in (("1", left, 1), ("2", right, len(left) + 1)):
                if n < len(lines):
                    row |= self._item_row(columns, block, lines[n], first + n, True)
            yield row

    def _item_row(self, columns: Sequence[Column], block: str, line: Sequence[Any], n: int, loose: bool) -> Row:
        a = self.accounts
        label, what = line[0].format(**self.words), line[1] if len(line) > 1 else "across"
        row: Row = {}
        for c, column in enumerate(columns):
            if column.block != block:
                continue
            if column.own == "item":
                row[c] = label
            elif column.own == "line":
                row[c] = str(n)
            elif column.own == "text":
                row[c] = str(what)
            elif what is None:
                row[c] = "—"
            elif what == "across" or str(what).startswith(("count:", "procurement:")) or what == "agency":
                key = column.own if what == "across" else str(what)
                if column.own == "budget":
                    row[c] = "—"
                    continue
                kind, _, name = key.partition(":")
                if kind == "count":
                    row[c] = _Figure(a.counts[name], None, label, None, count=True)
                else:
                    row[c] = _Figure(
                        a.procurement[name] if kind == "procurement" else a.appropriation("", PUBLIC, ("general",)),
                        None,
                        label,
                        None,
                    )
            elif isinstance(what, int) or (len(line) > 2 and isinstance(line[2], int)):
                fen = line[{"budget": 1, "final": 2, "value": 2}[column.own]]
                row[c] = _Figure(fen // FEN[a.money_unit], None, label, None)
            else:
                stage = column.own if column.own in ("budget", "final") else "final"
                key = f"{what}_{stage}"
                row[c] = _Figure(
                    a.three_public[key], None if loose else "合计", label if loose else None, None if loose else key
                )
        return row

    def _detail(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        """All appropriations by economic section and fund."""
        a = self.accounts
        project = {fund: a.appropriation("", "project", (fund,)) for fund in ("general", "fund", "capital")}
        where = {"general": "30227", "fund": "31005", "capital": "30305"}

        def amount(code: str, key: str) -> int:
            if key == "all":
                return sum(amount(code, f"{f}_total") for f in project)
            fund, column = key.rsplit("_", 1)
            if column == "total":
                return amount(code, f"{fund}_basic") + amount(code, f"{fund}_project")
            if column == "basic":
                leaves = (v for c, v in a.economic.items() if len(c) == 5 and c.startswith(code))
                return sum(leaves) if fund == "general" else 0
            return project[fund] if where[fund].startswith(code) else 0

        for code, name in [("", "合计"), *a.sections()]:
            row: Row = {}
            for c, column in enumerate(columns):
                if column.own == "code":
                    row[c] = code if code else "<" + name
                elif column.own == "name":
                    row[c] = name
                else:
                    row[c] = _Figure(amount(code, column.own), None, name, None)
            yield row

    def _agency(self, entry: dict[str, Any], columns: Sequence[Column]) -> Iterator[Row]:
        """机关运行经费 by economic section."""
        a = self.accounts
        rows = [("", "合计", a.appropriation("", PUBLIC, ("general",)))]
        rows += [(code, name, a.economic[code]) for code, name in a.sections(PUBLIC)]
        for code, name, amount in rows:
            yield {
                c: (code or "<" + name)
                if col.own == "code"
                else name
                if col.own == "name"
                else _Figure(amount, None, name, None)
                for c, col in enumerate(columns)
            }


_ROWS = {
    "T1": "paired", "T2": "coded", "T3": "coded", "T4": "paired", "T5": "coded", "T6": "economic", "TF": "coded",
    "TG": "coded", "TS": "single", "TX_appropriation_function": "coded", "TX_appropriation_economic": "economic",
    "TX_appropriation_detail": "detail", "TX_general_detail": "coded", "TX_project": "coded",
    "TX_fund_basic": "economic", "TX_agency_operating": "agency", "TX_related_information": "down",
    "TX_state_assets": "down", "TX_procurement": "down", "TX_purchased_services": "down", "unknown": "down",
}  # fmt: skip


def _fill(tree: Any, words: dict[str, str]) -> Any:
    if isinstance(tree, list):
        return [_fill(node, words) for node in tree]
    return tree.format(**words) if "{" in str(tree) else tree


def _ordinal(n: int, style: str) -> str:
    return {"": "", "一、": f"{ordinal(n)}、", "1.": f"{n}.", "第": f"第{n}项 "}[style]


def _numbered(lines: Iterable[Sequence[Any]], style: str) -> list[tuple[str, str | None, bool]]:
    out: list[tuple[str, str | None, bool]] = []
    n = 0
    for text, what, *child in lines:
        n += not child
        out.append((text if child else f"{_ordinal(n, style)}{text}", what, bool(child)))
    return out


# --- the whole report -----------------------------------------------------------------------------------------------


@cache
def draw(name: str, *, print_all: bool = False, only: tuple[str, ...] = (), turned: bool = False) -> Report:
    """The report in one layout. ``print_all`` prints every nil as 0.00; ``only`` keeps some tables (and no text).

    ``turned`` prints 项目支出 before 基本支出 wherever the two stand beside each other, which no form does: a reader
    that supposes the order of a form instead of reading it is then wrong, in figures that no sum tells apart.
    """
    layout = {**load(name), "turned": turned}
    builder = _Builder(layout, print_all=print_all)
    words = builder.words
    entries = [{**t, "number": t.get("number", _number(layout, n))} for n, t in enumerate(layout["tables"], 1)]
    if only:
        entries = [e for e in entries if e["key"] in only]

    def line(text: str, role: Any, where: str = "left") -> Line:
        return Line(((where, text.format(**words)),), role)

    front: list[Block] = [line(t, "cover", "center") for t in layout["cover"]]
    front.append(Break())
    if layout["contents"] and not only:
        front += [line("目  录", "heading", "center"), line("第一部分 {unit}概况", "contents")]
        front += [line(layout["chapters"]["tables"], "contents")]
        front += [line(f"{ordinal(n)}、{e['title']}", "contents") for n, e in enumerate(entries, 1)]
        front += [line(layout["chapters"]["text"], "contents"), line("第四部分 名词解释", "contents"), Break()]
    tables: list[Block] = [line(layout["chapters"]["tables"], "heading", "center")]
    for n, entry in enumerate(entries):
        if n:
            tables.append(Break())
        tables += builder.draw(entry)
    tables.append(Break())
    text, statements = _narrative(layout, builder)
    about: list[Block] = [
        line("第一部分 {unit}概况", "heading", "center"),
        line("一、主要职责", "body"),
        line(layout.get("duties", "贯彻执行国家有关法律法规，承担本行政区域内相关公共服务的组织实施工作。"), "body"),
        Break(),
    ]
    words_explained: list[Block] = [
        line("第四部分 名词解释", "heading", "center"),
        line("一、财政拨款收入：指单位本年度从本级财政部门取得的财政拨款。", "body"),
        line("二、基本支出：指为保障机构正常运转、完成日常工作任务而发生的人员支出和公用支出。", "body"),
    ]
    if only:
        blocks = [*front, *tables]
        statements = []
    elif layout["tables_last"]:
        blocks = [*front, *about, *text, *words_explained, Break(), *tables]
    else:
        blocks = [*front, *about, *tables, *text, *words_explained]
    truth = Truth(
        layout["unit"], layout["year"], layout["scope"], tuple(builder.tables), tuple(builder.cells), tuple(statements)
    )
    return Report(name, tuple(blocks), truth, layout["pdf"])


def _number(layout: dict[str, Any], n: int) -> str:
    return str(layout.get("numbers", "")).format(n=n, two=f"{n:02d}", ordinal=ordinal(n))


def _narrative(layout: dict[str, Any], builder: _Builder) -> tuple[list[Block], list[tuple[str, str, Decimal]]]:
    """A short text with a few figures, which agree with the tables."""
    a, unit = builder.accounts, layout["money_unit"]
    words = builder.words
    amounts = {
        "total": a.grand_total,
        "income": a.received("", "income_total"),
        "expenditure": a.spent("", "expenditure_total"),
        "basic": a.spent("", "basic"),
        "project": a.spent("", "project"),
        "public": a.appropriation("", PUBLIC, ("general",)),
    }
    said = {k: printed(v, separators=False) + unit for k, v in amounts.items()}
    sentences = [
        ("heading", layout["chapters"]["text"]),
        ("body", "一、收入支出决算总体情况说明"),
        ("body", f"{{unit}}{{year}}年度收入支出总计{said['total']}。"),
        ("body", "二、收入决算情况说明"),
        ("body", f"本年收入合计{said['income']}。"),
        ("body", "三、支出决算情况说明"),
        ("body", f"本年支出合计{said['expenditure']}，其中：基本支出{said['basic']}；项目支出{said['project']}。"),
        ("body", "四、其他重要事项的情况说明"),
        ("body", "（一）机关运行经费支出情况"),
        ("body", f"{{year}}年度机关运行经费支出{said['public']}。"),
    ]
    blocks: list[Block] = [
        Line((("center" if role == "heading" else "left", text.format(**words)),), role)  # type: ignore[arg-type]
        for role, text in sentences
    ]
    topics = {
        "total": "total", "income": "income", "expenditure": "expenditure", "basic": "expenditure.basic",
        "project": "expenditure.project", "public": "agency_operating_expenses",
    }  # fmt: skip
    return [*blocks, Break()], [(topics[k], "amount", Decimal(v) / 100) for k, v in amounts.items()]
