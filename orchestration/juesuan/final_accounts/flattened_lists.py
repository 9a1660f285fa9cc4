"""Lines of text that say rows by themselves: a label, or a code with its name, and the figures behind it.

Belongs here: tables of single places (kind ``open``) in flattened text, whose columns are as printed; the last rows of
a table of blocks that stand as lines behind its grid. Does not belong here: flattened tables whose columns the form
data names (flattened.py), grids (grids.py).

Only the order of words tells what such a table holds. So its columns are read where the header has as many names as the
rows have figures; every figure that finds no place is reported.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from juesuan.final_accounts.flattened_headers import middles_of, unstack, without_header
from juesuan.final_accounts.list_headers import (
    SUBTOTALS,
    Names,
    blocks,
    header_words,
    is_furniture,
    names,
    names_from_left,
)
from juesuan.final_accounts.model import FigureDoesNotFit, TextLine
from juesuan.final_accounts.numbers import NO_FIGURE, parse_figure
from juesuan.final_accounts.placing import CODE, Figure, OpenTable, Slot
from juesuan.final_accounts.text import bare, label
from juesuan.final_accounts.tokens import Token, figure_of, tokens_of


@dataclass(slots=True)
class _Row:
    """One label with the figures behind it, and the code before it if there is one."""

    code: str = ""
    words: list[str] = field(default_factory=list)
    figures: list[Token] = field(default_factory=list)
    split: bool = False  # its name began above its code

    @property
    def name(self) -> str:
        return "".join(self.words)


def read_list(table: OpenTable, lines: Sequence[TextLine]) -> None:
    """Read one flattened table of kind ``open`` (title taken off) into ``table``; what finds no place is reported."""
    head, body = _parted(table, tokens_of(lines))
    words = header_words(table.form.header_words, table.words, [t.text for t in head])
    coded = any(word in table.words.code for word in words)
    ordinal = bool(words) and words[0] in table.words.line and not words[0].startswith("行")
    said = {bare(t.text) for t in head}
    rows: list[_Row] = []
    loose: list[list[Token]] = []  # lines of words between rows with codes
    for one in _lines_of(without_header(list(body), list(head))):
        one = _without_numbers(table, one)
        if not any(t.kind == "number" for t in one) and all(bare(t.text) in said for t in one):
            continue  # the header again, on the next page
        if coded and (not rows or rows[-1].figures):
            if all(t.kind == "word" for t in one):
                loose.append(one)
                continue
            _share(loose, rows, one)
        _rows_of(one, rows, coded=coded, ordinal=ordinal)
    _share(loose, rows, [])
    if any(word in table.words.line for word in words) and not ordinal:
        # the number of the line stands behind the label
        for row in rows:
            if len(row.figures) > 1 and row.figures[0].plain_integer:
                del row.figures[0]
    parted = blocks(table.words, words)
    side_by_side = _side_by_side(parted, rows) if len(parted) > 1 else None
    if side_by_side is None:
        found = _named(table, words, rows, ordinal=ordinal) or _named_by_middles(table, head, rows)
        side_by_side = [found] * len(rows)
    if None in side_by_side:
        table.unread, table.reason = True, "the header does not name as many columns as its rows have figures"
    for number, (row, own) in enumerate(zip(rows, side_by_side, strict=True)):
        _place(table, row, number, None if table.unread else own)


def _parted(table: OpenTable, tokens: Sequence[Token]) -> tuple[Sequence[Token], Sequence[Token]]:
    """The header, without the numbers of the columns, and the rows."""
    numbered = _column_numbers(table, tokens)
    if numbered is not None:
        return tokens[: numbered[0]], tokens[numbered[1] :]
    first = next((k for k, t in enumerate(tokens) if _is_figure(t)), len(tokens))
    if first == len(tokens):
        return tokens, ()
    start = first
    while start and tokens[start - 1].line is tokens[first].line:
        start -= 1
    if start:
        return tokens[:start], tokens[start:]
    return _one_line(table, tokens, first)


def _share(loose: list[list[Token]], rows: list[_Row], line: Sequence[Token]) -> None:
    """Give lines of words between two rows to the row before or the one that ``line`` begins.

    A name that wraps may stand half above and half below the line of its code and figures. A line that has the name
    behind its code needs none; one without takes what is above it, but for what the row before lacks.
    """
    named = len(line) > 1 and CODE.fullmatch(line[0].text) is not None and line[1].kind == "word"
    before = rows[-1] if rows else None
    half = before is not None and before.split
    above = len(loose) if not line or (named and half) else len(loose) // 2 * half
    for words in loose[:above]:
        if before is not None:
            before.words += [t.text for t in words]
    rest = [t.text for words in loose[above:] for t in words]
    loose.clear()
    if rest:
        rows.append(_Row(words=rest, split=not named))


def _column_numbers(table: OpenTable, tokens: Sequence[Token]) -> tuple[int, int] | None:
    """Where 栏次 1 2 3, or 1 2 3 in a line of its own, begins and ends."""
    for k, token in enumerate(tokens):
        said = token.kind == "word" and bare(token.text) in table.words.column_number
        at = k + 1 if said else k
        end = at
        while end < len(tokens) and tokens[end].plain_integer and int(tokens[end].text) == end - at + 1:
            end += 1
        if said and end > at:
            return k, end
        alone = k == 0 or tokens[k - 1].line is not token.line
        if end - at > 1 and alone and (end == len(tokens) or tokens[end].line is not token.line):
            return k, end
        if _is_figure(token) and not said:
            return None
    return None


def _without_numbers(table: OpenTable, tokens: Sequence[Token]) -> list[Token]:
    """A line without the numbers of the columns, where the header stands in it again."""
    numbered = _column_numbers(table, tokens)
    return [*tokens[: numbered[0]], *tokens[numbered[1] :]] if numbered else list(tokens)


def _one_line(table: OpenTable, tokens: Sequence[Token], first: int) -> tuple[Sequence[Token], Sequence[Token]]:
    """Header and rows of a text without lines: the header ends where its words name as many columns as rows have."""
    numbered = tokens[first].text == "1" and bare(tokens[0].text) in table.words.line
    if numbered or (tokens[first].kind == "number" and CODE.fullmatch(tokens[first].text)):
        return tokens[:first], tokens[first:]
    for size in range(1, min(4, first)):
        start = first - size
        if tokens[start].kind == "number":
            break
        rows: list[_Row] = []
        words = header_words(table.form.header_words, table.words, [t.text for t in tokens[:start]])
        _rows_of(tokens[start:], rows, coded=any(word in table.words.code for word in words))
        count = Counter(len(row.figures) for row in rows if row.figures).most_common(1)
        plain = blocks(table.words, words)[0]
        if count and len(plain) == count[0][0]:
            return tokens[:start], tokens[start:]
    return tokens[: first - 1], tokens[first - 1 :]


def _is_figure(token: Token) -> bool:
    return token.kind == "number" or bare(token.text) in NO_FIGURE


def _lines_of(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    for _, own in groupby(tokens, key=lambda t: id(t.line)):
        yield list(own)


def _named(table: OpenTable, words: Sequence[str], rows: Sequence[_Row], *, ordinal: bool) -> Names | None:
    """The columns of a list by itself."""
    plain = [word for word in words if not is_furniture(table.words, word)]
    half = len(plain) // 2
    if half and plain[:half] == plain[half:]:
        plain = plain[:half]  # the same list twice, side by side
    usual = Counter(len(row.figures) for row in rows if row.figures).most_common(1)
    width = usual[0][0] if usual else 0
    whole = [row for row in rows if len(row.figures) == width]
    labels = Counter(len(row.words) for row in whole).most_common(1)
    values = [[_value(t) for t in row.figures] for row in whole]
    return names(plain, values, labels[0][0] if labels and ordinal else 1)


def _named_by_middles(table: OpenTable, head: Sequence[Token], rows: Sequence[_Row]) -> Names | None:
    """The columns of a list whose text keeps columns of characters: its words as they stand from left to right."""
    known = table.form.header_words | SUBTOTALS
    pieces = [t for t in head if not is_furniture(table.words, bare(t.text))]
    lines = [[bare(t.text) for t in line] for line in _lines_of(pieces)]
    stacked = unstack(lines, known) or unstack(lines, known, frozenset())
    usual = Counter(len(row.figures) for row in rows if row.figures).most_common(1)
    if stacked is None or not usual:
        return None
    words, _, begins = stacked
    values = [[_value(t) for t in row.figures] for row in rows if len(row.figures) == usual[0][0]]
    for _, middles in middles_of((), pieces):
        placed = [(middles[at], word) for at, word in zip(begins, words, strict=True)]
        if (found := names_from_left(placed, table.form.header_groups, values)) is not None:
            return found
    return None


def _value(token: Token) -> Decimal | None:
    try:
        got = parse_figure(token.text)
    except FigureDoesNotFit:
        return None
    return got.value if got else None


def _side_by_side(parted: Sequence[Sequence[str]], rows: Sequence[_Row]) -> list[Names | None] | None:
    """The columns of each row of lists side by side, whose rows come in turn; None where they do not."""
    found: list[Names | None] = []
    for turn, row in enumerate(rows):
        words = parted[turn % len(parted)]
        if len(row.figures) != len(words):
            return None
        found.append(Names(tuple((word,) for word in words)))
    return found if len({len(one) for one in parted}) > 1 else None


def _rows_of(tokens: Sequence[Token], rows: list[_Row], *, coded: bool = False, ordinal: bool = False) -> None:
    """The rows that one line of text adds: each begins with a word, or a code, behind figures.

    ``coded``: the table has a column of codes, so one stands before each name, also within a line. ``ordinal``: its
    rows are numbered 1 2 3.
    """
    row = rows[-1] if rows and not rows[-1].figures else None  # a label that goes on in this line
    for k, token in enumerate(tokens):
        word = token.kind == "word" and bare(token.text) not in NO_FIGURE
        follows = k + 1 < len(tokens) and tokens[k + 1].kind == "word" and bare(tokens[k + 1].text) not in NO_FIGURE
        if ordinal and token.plain_integer and follows and int(token.text) == len(rows) + 1:
            row = _Row()
            rows.append(row)
            continue
        code = CODE.fullmatch(token.text) is not None and ((k == 0 and len(tokens) > 1) or (coded and follows))
        if ((word or code) and (row is None or row.figures)) or row is None:
            row = _Row()
            rows.append(row)
        if code:
            row.code = token.text
        elif word:
            row.words.append(token.text)
        else:
            row.figures.append(token)


def _place(table: OpenTable, row: _Row, number: int, found: Names | None) -> None:
    plain = label(row.name)
    quote = f"{row.code} {row.name} {' '.join(t.text for t in row.figures)}"
    if not row.figures:
        table.heading = plain or table.heading
        return
    if not plain and not row.code:
        reason: str | None = "its row has no label"
    elif found and len(row.figures) != len(found.paths):
        reason = f"{len(row.figures)} figures for {len(found.paths)} columns: their columns cannot be told by position"
    else:
        reason = table.reason
    if found is None or reason is not None:
        reason = reason or "its columns are not known"
        for token in row.figures:
            if token.kind == "number":
                table.report(token.text, quote, reason, figure_of(token, -1))
        return
    key = row.code or ("合计" if plain in table.words.totals else plain)
    if table.has_row(key) and table.heading:
        key = f"{table.heading}/{key}"
    for col, (path, token) in enumerate(zip(found.paths, row.figures, strict=True)):
        counted = any(table.words.counted.search(bare(text)) for text in (row.name, *path))
        figure = figure_of(token, col)
        if found.proved:
            figure = figure._replace(placed_by="identity")
        table.place(key, row.name or row.code, None, Slot("/".join(path), None, path), figure, number, counted=counted)


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
