"""Tables whose cells were flattened to running text: a stream of words and figures, read in order.

Belongs here: which reader a flattened table goes to; rows with codes and their names. Does not belong here: words of
the stream (tokens.py), headers (flattened_headers.py), the other kinds of tables (flattened_facets.py,
flattened_pairs.py, flattened_lists.py), grids (grids.py), the words of any form.

Order is the only position that such text keeps. So a row is read only when its figures are as many as the columns
that the header names; a row with fewer has lost its blanks, and its figures are reported, not guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from juesuan.final_accounts.classes import is_named
from juesuan.final_accounts.flattened_facets import is_only_item, read_facets
from juesuan.final_accounts.flattened_headers import Columns, columns_named, header_end, header_of, without_header
from juesuan.final_accounts.flattened_pairs import read_paired
from juesuan.final_accounts.flattened_rows import Entries, Entry, Part, blank, finish, has_lines, report
from juesuan.final_accounts.identities import Place
from juesuan.final_accounts.model import TextLine
from juesuan.final_accounts.placing import CODE, OpenTable, Slot
from juesuan.final_accounts.text import bare, label
from juesuan.final_accounts.tokens import PART, Token, tokens_of


def read_flattened(table: OpenTable, lines: Sequence[TextLine]) -> None:
    """Read one flattened table (title taken off) into ``table``; what finds no place is reported.

    Rows that have lost their blanks wait in ``table.pending`` for ``identities.settle``.
    """
    tokens = tokens_of(lines)
    start = header_end(table, tokens)
    header = header_of(table, tokens[:start])
    if start < len(tokens) and {id(t.line) for t in tokens[: start + 1]} == {id(tokens[0].line)}:
        header = header._replace(one_line=True)
    start -= header.behind
    if start and table.form.kind == "single" and is_only_item(table.form, header, tokens[start - 1]):
        # the first row of a table whose items stand down the side
        start -= 1
        header = header._replace(
            words=header.words[:-1], lines=header.lines[:-1], starts=header.starts[:-1], firsts=header.firsts[:-1]
        )
    body = without_header(list(tokens[start:]), tokens[:start])
    kind = table.form.kind
    if kind == "paired":
        read_paired(table, header, body)
    elif kind == "single":
        read_facets(table, header, body)
    else:
        several = sum(w in table.words.code or (w in table.words.name and w != "项目") for w in header.words) > 2
        blocks = kind == "economic" and several
        _coded(table, Columns(["amount"], [], [()]) if blocks else columns_named(table.form.columns, header), body)


@dataclass(slots=True)
class _RowAt:
    """A row known by its code, while its words are being found: those before the code, and those behind it."""

    code: str
    first: Token
    before: list[Token] = field(default_factory=list)
    tied: list[list[Token]] = field(default_factory=list)  # figures in the line of the words before
    names: list[str] = field(default_factory=list)
    runs: list[list[Token]] = field(default_factory=list)
    lines: set[int] = field(default_factory=set)  # the lines of text in which its code and name stand
    torn: bool = False  # a part of its code stands behind its name
    count: int = 0  # of its own figures while rows are being found


def _coded(table: OpenTable, columns: Columns, body: Sequence[Token]) -> None:
    order, orders, paths = columns
    if not order:
        table.unread, table.reason = True, "the header names no column of the form"
        report(table, [t for t in body if t.kind == "number"], table.title, table.reason)
        return
    found = _named_rows(table, len(order), body)
    if found is None:
        table.unread, table.reason = True, "its codes stand apart from their names and figures"
        report(table, [t for t in body if t.kind == "number"], table.title, table.reason)
        return
    names = _names([item for item in found if isinstance(item, _RowAt)])
    found = [item for item in found if not isinstance(item, _RowAt) or item.code]
    lined = has_lines(body)
    sequence: Entries = []
    number = 0
    for item in found:
        if not isinstance(item, _RowAt):
            sequence.append(item)
            continue
        name = names[number]
        if item.torn:
            table.reason = table.reason or "codes stand in pieces around their names"
            torn = [t for run in item.runs for t in run if not PART.fullmatch(t.text)]
            report(table, torn, f"{item.code} {name}", "its code stands in pieces around its name")
            number += 1
            continue
        known = (table.form.lines or {}).get(item.code) or (table.form.lines or {}).get(label(name))
        line, text = known.key if known else None, name or item.first.text
        places = [
            Place(item.code, text, line, Slot(column, None, path), number, blank(table, item.first, col))
            for col, (column, path) in enumerate(zip(order, paths, strict=True))
        ]
        part = Part(places, _fitted(item.runs, len(places)), f"{item.code} {name}", orders)
        last = sequence[-1] if sequence else None
        beside = lined and table.form.kind == "economic" and isinstance(last, Entry) and _beside(found, item)
        if beside and isinstance(last, Entry) and not last.parts[-1].runs:
            last.parts.append(part)
        else:
            sequence.append(Entry([part]))
        number += 1
    finish(table, sequence)


def _fitted(runs: list[list[Token]], size: int) -> list[list[Token]]:
    """The figures of a row without the empty cells that are none of its figures.

    Of a row with one figure column every empty cell beside the figure; else those in front, under 科目名称 of a total.
    """
    flat = [t for run in runs for t in run]
    if flat and len(flat) < size and flat[0].text and flat[0].line.text.count("\t") > 1:
        # tabs at the end of a line are lost as white space: the cells behind the last are empty
        return [[*flat, *([Token("number", "", flat[-1].line, flat[-1].start)] * (size - len(flat)))]]
    if len(flat) <= size or all(t.text for t in flat):
        return runs
    if size == 1:
        kept = [t for t in flat if t.text] or flat[:1]
    else:
        front = next(k for k, t in enumerate(flat) if t.text or k == len(flat) - size)
        kept = flat[front:]
    return [kept]


def _beside(found: Sequence[_RowAt | list[Token]], item: _RowAt) -> bool:
    """Whether the row before stands in the same line of text."""
    at = next(k for k, other in enumerate(found) if other is item)
    before = found[at - 1] if at else None
    return isinstance(before, _RowAt) and id(before.first.line) == id(item.first.line)


def _named_rows(table: OpenTable, n: int, body: Sequence[Token]) -> list[_RowAt | list[Token]] | None:
    """The rows of a coded table, and between them figures that stand in lines of their own; None where codes stand
    apart from names."""
    found: list[_RowAt | list[Token]] = []
    row: _RowAt | None = None
    loose: list[Token] = []
    tied: list[list[Token]] = []
    words_in: int | None = None  # the line of the last word
    open_run: list[Token] | None = None
    totals = table.words.totals | frozenset(table.form.lines or {})
    lined = has_lines(body)
    decimals = sum("." in t.text for t in body if t.kind == "number")
    digits = [t.text for t in body if t.kind == "number" and t.text[-1:].isdigit()]
    others = sum(not CODE.fullmatch(text) and not PART.fullmatch(text) for text in digits)
    mostly_decimal = decimals * 2 > others
    # codes come in parts here, so that a number of two digits is none of the figures
    parted = mostly_decimal and any(_starts_parts(body, k) for k in range(len(body) - 1))
    i = 0
    while i < len(body):
        token = body[i]
        if token.kind == "word":
            open_run, words_in = None, id(token.line)
            text = bare(token.text)
            if label(text) in totals and (row is None or row.count or loose or not row.code or row.names):
                row = _RowAt("合计" if label(text) in table.words.totals else label(text), token, loose, tied)
                row.lines.add(id(token.line))
                found.append(row)
                loose, tied = [], []
            elif row is None or row.count or loose or not isinstance(found[-1], _RowAt):
                loose.append(token)
            else:
                row.names.append(token.text)
                row.lines.add(id(token.line))
            i += 1
            continue
        code_like = CODE.fullmatch(token.text) is not None
        full = row is None or row.count >= n
        after = row is not None and (row.count or row.names or loose or not isinstance(found[-1], _RowAt))
        after = after or (row is not None and not row.code.isdigit())
        starts = code_like and (full or (mostly_decimal and bool(after)))
        if starts and row is not None and row.names and not row.count and not mostly_decimal and not loose:
            starts = False
        if starts:
            code, j = token.text, i + 1
            while len(code) < 7 and j < len(body) and body[j].kind == "number" and PART.fullmatch(body[j].text):
                code += body[j].text
                j += 1
            row = _RowAt(code, token, loose, tied)
            row.lines.update(id(t.line) for t in body[i:j])
            found.append(row)
            loose, tied, open_run = [], [], None
            i = j
            continue
        if code_like and mostly_decimal and row is not None and not row.names and token.text[0] in "23":
            # a code right behind a code: codes in one column of the text, names in another
            return None
        if parted and row is not None and PART.fullmatch(token.text):
            row.torn = True
        if open_run is not None and (not lined or open_run[-1].line is token.line):
            open_run.append(token)
            if row is not None and row.runs and open_run is row.runs[-1]:
                row.count += 1
        elif loose and words_in == id(token.line):
            open_run = [token]
            tied.append(open_run)
        elif row is None or loose or not isinstance(found[-1], _RowAt) or (lined and id(token.line) not in row.lines):
            open_run = [token]
            found.append(open_run)
        else:
            open_run = [token]
            row.runs.append(open_run)
            row.count += 1
        i += 1
    if loose and row is not None:
        found.append(_RowAt("", body[-1], loose, tied))
    return found


def _starts_parts(body: Sequence[Token], k: int) -> bool:
    """Whether a class and its section stand apart here: 201 06."""
    one, other = body[k], body[k + 1]
    return (
        one.kind == other.kind == "number"
        and len(one.text) == 3
        and one.text.isdigit()
        and (PART.fullmatch(other.text) is not None)
    )


def _names(rows: list[_RowAt]) -> list[str]:
    """The name of each row. Words between two rows end the name of the first or begin that of the second.

    A name that began above its code goes on below it in as many lines: its cell is centred. Else words begin the
    second name where the second row has none of its own, where the state's list of codes has them so, or where most
    names of the table stand above their codes.
    """
    tail = rows.pop() if rows and not rows[-1].code else None
    above = sum(bool(row.before) and not row.names for row in rows) * 2 > len(rows)
    names: list[str] = []
    taken = 0  # lines above the code of the row before
    for row in rows:
        lines = ["".join(t.text for t in line) for _, line in groupby(row.before, key=lambda t: id(t.line))]
        behind = _behind(names, rows, row, lines, taken, above=above) if lines else 0
        if names and rows[len(names) - 1].code != "合计":
            names[-1] += "".join(lines[:behind])
        if lines and behind == len(lines) and names:
            rows[len(names) - 1].runs += row.tied
        else:
            row.runs[:0] = row.tied
        taken = len(lines) - behind
        names.append("".join([*lines[behind:], *row.names]))
    if tail is not None and names:
        rows[-1].runs += tail.tied
        if rows[-1].code != "合计":
            names[-1] += "".join(t.text for t in tail.before)
    return names


def _behind(
    names: Sequence[str], rows: Sequence[_RowAt], row: _RowAt, lines: Sequence[str], taken: int, *, above: bool
) -> int:
    """How many of the lines between two rows end the name of the first."""
    if not names or rows[len(names) - 1].code == "合计":
        return 0 if row.code.isdigit() else len(lines)
    last = rows[len(names) - 1]
    for cut in range(len(lines), -1, -1):
        ends, own = names[-1] + "".join(lines[:cut]), "".join([*lines[cut:], *row.names])
        if is_named(last.code, ends) and is_named(row.code, own):
            return cut
    if is_named(last.code, names[-1]):
        return 0  # it is whole
    if taken and taken <= len(lines) - (not row.names):
        return taken
    if not row.names and row.code.isdigit():
        return 0
    own, whole = "".join([*lines, *row.names]), names[-1] + "".join(lines)
    if is_named(row.code, own) or is_named(last.code, whole):
        return 0 if is_named(row.code, own) else len(lines)
    return 0 if above and row.code.isdigit() else len(lines)
