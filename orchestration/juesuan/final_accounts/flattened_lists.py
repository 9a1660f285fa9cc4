"""Lines of text that say rows by themselves: a label, or a code with its name, and the figures behind it.

Belongs here: tables of single places (kind ``open``) in flattened text, whose columns are as printed; the last rows of
a table of blocks that stand as lines behind its grid. Does not belong here: flattened tables whose columns the form
data names (flattened.py), grids (grids.py).

Only the order of words tells what such a table holds. So its columns are read where the header has as many names as the
rows have figures; every figure that finds no place is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from juesuan.final_accounts.flattened import Token, figure_of, tokens_of
from juesuan.final_accounts.model import TextLine
from juesuan.final_accounts.numbers import NO_FIGURE
from juesuan.final_accounts.placing import CODE, Figure, OpenTable, Slot, counts_up
from juesuan.final_accounts.text import bare, label


@dataclass(slots=True)
class _Row:
    """One label with the figures behind it, and the code before it if there is one."""

    code: str = ""
    words: list[str] = field(default_factory=list)
    figures: list[Token] = field(default_factory=list)

    @property
    def name(self) -> str:
        return "".join(self.words)


def read_list(table: OpenTable, lines: Sequence[TextLine]) -> None:
    """Read one flattened table of kind ``open`` (title taken off) into ``table``; what finds no place is reported."""
    head: list[str] = []
    rows: list[_Row] = []
    for line in lines:
        tokens = tokens_of([line])
        words = [bare(t.text) for t in tokens if t.kind == "word"]
        figures = [t for t in tokens if t.kind == "number" or bare(t.text) in NO_FIGURE]
        if not words and counts_up([t.text for t in tokens]):
            continue
        if words and words[0] in table.words.column_number:
            # 栏次 1 2 3: in a text without line ends the rows stand behind it
            tokens = _behind_numbers(tokens)
            words = [bare(t.text) for t in tokens if t.kind == "word"]
            figures = [t for t in tokens if t.kind == "number"]
            if not tokens:
                continue
        if not rows and not figures:
            head += words
            continue
        if not figures and all(word in head for word in words):
            continue  # the header again, on the next page
        _rows_of(tokens, rows)
    numbered = any(word in table.words.line for word in head)
    for row in rows:
        # the number of the line stands behind the label
        if numbered and len(row.figures) > 1 and row.figures[0].plain_integer:
            del row.figures[0]
    names = _columns(table, head)
    usual = Counter(len(row.figures) for row in rows if row.figures).most_common(1)
    count = usual[0][0] if usual else 0
    if not names or len(names) != count:
        table.unread, table.reason = True, "the header does not name as many columns as its rows have figures"
    for number, row in enumerate(rows):
        _place(table, row, number, () if table.unread else names)


def _behind_numbers(tokens: Sequence[Token]) -> list[Token]:
    """The tokens behind 栏次 and the numbers of the columns."""
    k = 1
    while k < len(tokens) and tokens[k].plain_integer and int(tokens[k].text) == k:
        k += 1
    return list(tokens[k:])


def _rows_of(tokens: Sequence[Token], rows: list[_Row]) -> None:
    """The rows that one line of text adds: each begins with a word, or a code, behind figures."""
    row = rows[-1] if rows and not rows[-1].figures else None  # a label that goes on in this line
    for k, token in enumerate(tokens):
        word = token.kind == "word" and bare(token.text) not in NO_FIGURE
        code = k == 0 and CODE.fullmatch(token.text) is not None and len(tokens) > 1
        if ((word or code) and (row is None or row.figures)) or row is None:
            row = _Row()
            rows.append(row)
        if code:
            row.code = token.text
        elif word:
            row.words.append(token.text)
        else:
            row.figures.append(token)


def _columns(table: OpenTable, head: Sequence[str]) -> tuple[str, ...]:
    """The names of the columns of figures; of two lists side by side those of one."""
    furniture = (table.words.name, table.words.line, table.words.code, table.words.column_number)
    names = [word for word in head if not any(word in words for words in furniture)]
    half = len(names) // 2
    if half and names[:half] == names[half:]:
        names = names[:half]
    return tuple(names)


def _place(table: OpenTable, row: _Row, number: int, names: Sequence[str]) -> None:
    plain = label(row.name)
    quote = f"{row.code} {row.name} {' '.join(t.text for t in row.figures)}"
    if not row.figures:
        table.heading = plain or table.heading
        return
    if not plain and not row.code:
        reason: str | None = "its row has no label"
    elif names and len(row.figures) != len(names):
        reason = f"{len(row.figures)} figures for {len(names)} columns: their columns cannot be told by position"
    else:
        reason = table.reason if not names else None
    if reason is not None:
        for token in row.figures:
            if token.kind == "number":
                table.report(token.text, quote, reason, figure_of(token, -1))
        return
    key = row.code or ("合计" if plain in table.words.totals else plain)
    if table.has_row(key) and table.heading:
        key = f"{table.heading}/{key}"
    for col, (name, token) in enumerate(zip(names, row.figures, strict=True)):
        counted = any(table.words.counted.search(bare(text)) for text in (row.name, name))
        figure = figure_of(token, col)
        table.place(key, row.name or row.code, None, Slot(name, None, (name,)), figure, number, counted=counted)


def read_rows(table: OpenTable, line: TextLine) -> bool:
    """Read a line that holds nothing but whole rows of a table of blocks; False, and nothing read, for any other.

    Each row is a code with its name, or a line of the form, and at most one figure behind it.
    """
    rows: list[_Row] = []
    _rows_of(tokens_of([line]), rows)
    keys = []
    for row in rows:
        key, line_key = table.coded_line(row.code, row.name)
        if key is None or not row.words or len(row.figures) > 1 or table.has_row(key):
            return False
        keys.append((key, line_key))
    slot = next((s for s in table.layout.slots.values() if s.column == table.form.columns[0].key), None)
    if not rows or slot is None:
        return False
    for row, (key, line_key) in zip(rows, keys, strict=True):
        blank = Figure("", -1, line.page, line.line, None, line.box)
        figure = figure_of(row.figures[0], -1) if row.figures else blank
        table.place(key, row.name, line_key, slot, figure, table.row_no)
    table.row_no += 1
    if line.page is not None and line.page not in table.pages:
        table.pages.append(line.page)
    return True
