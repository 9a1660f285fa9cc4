"""How much of what a report prints was read, and what was read wrongly.

Belongs here: comparing extractions with the truth of a drawn report, figure by figure. Does not belong here: rendering,
floors (tests/integration/test_layouts.py), how the table of scores is printed.

Every figure that the report prints ends as one of four: exact (value and characters); respelled (the value, in other
characters); listed (kept without a place: an unassigned number, or a cell of a table kept as a grid); lost. A cell that
holds another figure than is printed there, or one where nothing is printed, is misplaced if the report prints that
figure anywhere, else invented.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from juesuan.final_accounts.model import Cell, Extraction
from tests.generator.drawing import TrueCell, Truth, row_label, tight


@dataclass
class Score:
    """Counts for one document or several; ``reasons`` says what went wrong, the first few of each kind."""

    figures: int = 0
    exact: int = 0
    misplaced: int = 0
    invented: int = 0
    respelled: int = 0
    listed: int = 0
    lost: int = 0
    blanks: int = 0
    blanks_right: int = 0
    labels: int = 0
    labels_right: int = 0
    tables: int = 0
    tables_right: int = 0
    identity: int = 0
    identity_right: int = 0
    statements: int = 0
    statements_right: int = 0
    confirmed: int = 0
    confirmed_wrong: int = 0
    unmarked: int = 0
    checks_failed: int = 0
    documents: int = 0
    unread: int = 0
    seconds: float = 0.0
    reasons: list[str] = field(default_factory=list)

    def add(self, other: Score) -> None:
        """Count another score in."""
        for name in self.__dataclass_fields__:
            mine = getattr(self, name)
            setattr(self, name, mine + getattr(other, name))

    @property
    def perfect(self) -> bool:
        return (
            self.exact == self.figures
            and not self.misplaced
            and not self.invented
            and not self.unread
            and self.blanks_right == self.blanks
            and self.labels_right == self.labels
            and self.tables_right == self.tables
            and self.identity_right == self.identity
        )

    def short(self) -> str:
        """One cell of the table of scores: ``884/884`` or what is missing of it."""
        if self.unread:
            return "unread"
        text = f"{self.exact}/{self.figures}"
        for name, sign in (("misplaced", "m"), ("invented", "i"), ("respelled", "spelling"), ("lost", "lost")):
            if count := getattr(self, name):
                text += f" {sign}{count}"
        for name in ("blanks", "labels", "tables", "identity"):
            missing = getattr(self, name) - getattr(self, f"{name}_right")
            if missing:
                text += f" {name}-{missing}"
        return text


def _plain(text: str) -> str:
    return text.replace(",", "").replace("，", "").strip()


def score(extractions: Sequence[Extraction], truth: Truth, *, stored: bool = False, statements: bool = True) -> Score:
    """Compare what was read from the document (or the documents) of one report with what it prints.

    ``stored``: the figures were stored as numbers, so separators of thousands are not text of the cell.
    """
    accounts = [e for e in extractions if e.report.family == "final_accounts" and e.report.status != "set_aside"]
    if not accounts or all(e.report.status == "failed" for e in accounts):
        result = Score(documents=1, unread=1)
        result.figures = sum(c.text != "" for c in truth.cells)
        result.lost = result.figures
        result.blanks = sum(c.text == "" for c in truth.cells)
        result.labels = len(_labels(truth))
        result.tables, result.identity = len(truth.tables), 3
        result.statements = len(truth.statements)
        said = [f"{e.report.status}: {e.report.reason}" for e in extractions] or ["no report"]
        result.reasons = [s[:200] for s in said[:2]]
        return result
    extraction = max(accounts, key=lambda e: len(e.cells))
    result = Score(documents=1)
    if len(accounts) > 1:
        result.reasons.append(f"{len(accounts)} reports instead of one")
    _Comparison(extraction, truth, stored, result).run()
    _identity(extraction, truth, result)
    if statements:
        said_values = {(s.topic, s.measure): s.value for s in extraction.statements}
        result.statements = len(truth.statements)
        for topic, measure, value in truth.statements:
            if said_values.get((topic, measure)) == value:
                result.statements_right += 1
            else:
                result.reasons.append(
                    f"statement {topic}/{measure}: {said_values.get((topic, measure))}, printed {value}"
                )
    return result


def _identity(extraction: Extraction, truth: Truth, result: Score) -> None:
    report = extraction.report
    for what, found, printed in (
        ("unit", tight(report.unit_name or ""), tight(truth.unit_name)),
        ("year", str(report.fiscal_year), str(truth.fiscal_year)),
        ("scope", str(report.scope), truth.scope),
    ):
        result.identity += 1
        if found == printed:
            result.identity_right += 1
        else:
            result.reasons.append(f"{what}: {found}, printed {printed}")
    for check in extraction.checks:
        if check.state == "fail" and check.severity == "error":
            result.checks_failed += 1
            result.reasons.append(f"check {check.check_id} at {check.place}: {check.difference}")


def _labels(truth: Truth) -> set[tuple[int, str]]:
    return {(c.table, c.label) for c in truth.cells if c.label is not None}


class _Comparison:
    def __init__(self, extraction: Extraction, truth: Truth, stored: bool, result: Score) -> None:
        self.extraction = extraction
        self.truth = truth
        self.stored = stored
        self.result = result
        self.by_table: dict[int, list[Cell]] = defaultdict(list)
        for cell in extraction.cells:
            self.by_table[cell.table_no].append(cell)
        self.printed = Counter(_plain(c.text) for c in truth.cells if c.text)
        self.kept = Counter(_plain(n.text) for n in extraction.unassigned_numbers)
        for table in extraction.unrecognised_tables:
            self.kept.update(_plain(text) for row in table.grid for text in row if text)

    def run(self) -> None:
        truth, result = self.truth, self.result
        read = self._matched()
        wanted: dict[int, list[TrueCell]] = defaultdict(list)
        for cell in truth.cells:
            wanted[cell.table].append(cell)
        used: set[int] = set()
        for table in truth.tables:
            number = read.get(table.number)
            cells = self.by_table.get(number, []) if number is not None else []
            if number is not None:
                used.add(number)
            result.tables += 1
            state = {t.table_no: t.state for t in self.extraction.report.tables}.get(number or -1)
            right = number is not None and state == table.state
            if table.key is None:
                right = any(tight(t.title) == tight(table.title) for t in self.extraction.unrecognised_tables)
            elif table.local and number is None and not wanted[table.number]:
                right = any(
                    t.state == "no_activity" and tight(t.title) == tight(table.title)
                    for t in self.extraction.report.tables
                )
            units = {c.money_unit for c in cells if c.value is not None} - {None}
            if right and units and units != {table.money_unit}:
                right = False
                result.reasons.append(f"{table.key} {table.title}: money unit {units}, printed {table.money_unit}")
            result.tables_right += right
            if not right:
                result.reasons.append(f"table {table.key} {table.title}: {state or 'not found'}, printed {table.state}")
            if table.key is None:
                self._unknown(wanted[table.number], table.title)
            else:
                self._table(wanted[table.number], cells)
        for number, cells in self.by_table.items():
            if number not in used:
                self._extra(cells)
        for one in self.extraction.cells:
            if one.method == "ocr" and one.value_text:
                result.unmarked += one.confirmation is None
                result.confirmed += one.confirmation == "confirmed"

    def _matched(self) -> dict[int, int]:
        """Number of a true table -> number of the table read: by key, and in order where a key comes twice."""
        found: dict[str, list[int]] = defaultdict(list)
        titles: dict[int, str] = {}
        for table in self.extraction.report.tables:
            if table.table_key and table.table_no:
                found[table.table_key].append(table.table_no)
                titles[table.table_no] = tight(table.title)
        out: dict[int, int] = {}
        for true in self.truth.tables:
            numbers = found.get(true.key or "", [])
            if not numbers:
                continue
            same = [n for n in numbers if titles[n].find(tight(true.title)) >= 0]
            number = same[0] if same else numbers[0]
            twice = sum(t.key == true.key for t in self.truth.tables) > 1
            if not twice:
                number = max(numbers, key=lambda n: (n in same, len(self.by_table.get(n, ()))))
            numbers.remove(number)
            out[true.number] = number
        return out

    def _same(self, cell: Cell, true: TrueCell) -> bool:
        if not true.text:
            return not cell.value_text.strip() or cell.value is None
        if cell.value != true.value:
            return False
        if self.stored:
            return _plain(cell.value_text) == _plain(true.text) or cell.value == true.value
        return tight(cell.value_text) == tight(true.text)

    def _unknown(self, wanted: Sequence[TrueCell], title: str) -> None:
        """A table that no form knows: every figure has to stand in a row of its label, in the grid of its title."""
        rows = [
            [tight(text) for text in row]
            for table in self.extraction.unrecognised_tables
            if tight(title) in tight(table.title)
            for row in table.grid
        ]
        for true in wanted:
            there = any(tight(true.label or "") in row and tight(true.text) in row for row in rows)
            stored = self.stored and any(
                tight(true.label or "") in row and _plain(true.text) in map(_plain, row) for row in rows
            )
            if true.text and (there or stored):
                self.kept[_plain(true.text)] -= 1
                self.result.figures += 1
                self.result.exact += 1
            elif true.text:
                self._one(true, None, set())
        for name in {c.label for c in wanted if c.label}:
            self.result.labels += 1
            self.result.labels_right += any(tight(name) in row for row in rows)

    def _table(self, wanted: Sequence[TrueCell], cells: Sequence[Cell]) -> None:
        strict = (c for c in wanted if c.column_key is not None)
        by_key = {(c.row_key, c.column_key): c for c in cells}
        seen: set[int] = set()
        labels: dict[str, bool] = {}
        for true in strict:
            got = by_key.get((str(true.row_key), str(true.column_key)))
            self._one(true, got, seen)
            if true.label is not None:
                fits = got is not None and tight(got.row_label) == tight(true.label)
                labels[true.label] = labels.get(true.label, False) or fits
        for true in (c for c in wanted if c.column_key is None):
            own = self._rows(cells, row_label(true.label or ""))
            got = next((c for c in own if id(c) not in seen and self._under(c, true)), None)
            if got is None and own and not any(c.header_path for c in own):
                # flattened text has no words over a cell, only an order
                order = sorted(own, key=lambda c: c.col_no)
                headers = list(
                    dict.fromkeys(c.header for c in wanted if c.column_key is None and c.label == true.label)
                )
                place = headers.index(true.header)
                got = order[place] if place < len(order) and len(order) == len(headers) else None
            if got is None and len({c.header for c in wanted if c.column_key is None}) == 1:
                got = next((c for c in own if id(c) not in seen and self._same(c, true)), None)
            self._one(true, got, seen)
            if true.label is not None:
                labels[true.label] = labels.get(true.label, False) or bool(own)
        self.result.labels += len(labels)
        self.result.labels_right += sum(labels.values())
        self.result.reasons += [f"label {name}: not found" for name, right in labels.items() if not right][:3]
        self._extra([c for c in cells if id(c) not in seen])

    def _rows(self, cells: Sequence[Cell], name: str) -> list[Cell]:
        """The cells of a row of a local table: its label alone, before other words, or as the last of the header."""
        labels = {id(c): row_label(c.row_label) for c in cells}
        return (
            [c for c in cells if labels[id(c)] == name]
            or [c for c in cells if name and labels[id(c)].startswith(name)]
            or [c for c in cells if c.header_path and row_label(c.header_path[-1]) == name]
        )

    def _under(self, cell: Cell, true: TrueCell) -> bool:
        """Whether a cell stands under the words of the header that stand over the figure in print."""
        # column numbers are no words; the label of an item may follow the words of the header
        path = [tight(t) for t in cell.header_path if not t.isdigit() and row_label(t) != row_label(true.label or "")]
        words = [tight(t) for t in true.header if row_label(t) != row_label(true.label or "")]
        return path == words or (bool(path) and bool(words) and words[-1] == path[-1] and all(w in path for w in words))

    def _one(self, true: TrueCell, got: Cell | None, seen: set[int]) -> None:
        result = self.result
        if got is not None:
            seen.add(id(got))
        where = f"{true.row_key or true.label}/{true.column_key or '·'.join(true.header)}"
        if not true.text:
            result.blanks += 1
            if got is not None and got.value is not None:
                self._wrong(got, f"{where}: {got.value_text} where nothing is printed")
            elif got is not None:
                result.blanks_right += 1
            return
        result.figures += 1
        if got is not None and self._same(got, true):
            result.exact += 1
            return
        if got is not None and got.value == true.value:
            result.respelled += 1
            result.reasons.append(f"{got.address}: {got.value_text!r}, printed {true.text!r}")
            return
        if got is not None and got.value is not None:
            self._wrong(got, f"{got.address}: {got.value_text}, printed {true.text}")
        text = _plain(true.text)
        if self.kept[text] > 0:
            self.kept[text] -= 1
            result.listed += 1
            if result.listed <= 3:
                result.reasons.append(f"listed {where} {true.text}")
        else:
            result.lost += 1
            if result.lost <= 6:
                result.reasons.append(f"lost {where} {true.text}" + (f" (cell says {got.value_text!r})" if got else ""))

    def _wrong(self, cell: Cell, reason: str) -> None:
        """A figure in a cell that prints another or none: misplaced if the report prints it at all, else invented."""
        known = _plain(cell.value_text) in self.printed
        self.result.misplaced += known
        self.result.invented += not known
        self.result.confirmed_wrong += cell.confirmation == "confirmed"
        self.result.reasons.append(f"{'misplaced' if known else 'invented'} {reason}")

    def _extra(self, cells: Iterable[Cell]) -> None:
        """Cells that stand for nothing that is printed; blank ones, dashes and words do no harm."""
        for cell in cells:
            if cell.value is not None:
                self._wrong(cell, f"{cell.address}: {cell.value_text}, no such cell is printed")


def merged(scores: Iterable[Score]) -> Score:
    """Several scores as one."""
    total = Score()
    for one in scores:
        total.add(one)
    return total
