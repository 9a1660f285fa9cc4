"""Flattened tables of income and expenditure side by side.

Belongs here: labels, their line numbers and figures of both sides in one stream. Does not belong here: tables of rows
with codes (flattened.py), grids.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from juesuan.final_accounts.flattened_headers import Header, columns_named
from juesuan.final_accounts.flattened_rows import Entries, Entry, Part, blank, finish, has_lines, report
from juesuan.final_accounts.forms import Side
from juesuan.final_accounts.identities import Place
from juesuan.final_accounts.placing import OpenTable, Slot
from juesuan.final_accounts.text import bare, label
from juesuan.final_accounts.tokens import Token


def read_paired(table: OpenTable, header: Header, body: list[Token]) -> None:
    """Income and expenditure side by side: a label, its line number where the header has 行次, its figures."""
    income, expenditure = table.form.sides
    known = income.labels | expenditure.labels
    numbered = any(w in table.words.line for w in header.words)
    names = [i for i, w in enumerate(header.words) if w in table.words.name]
    if header.whole and len(names) > 1:
        header = header._replace(words=header.words[names[1] :], lines=header.lines[names[1] :])
    spent, orders, paths = columns_named(expenditure.columns, header)
    columns = {income.name: [income.columns[0].key], expenditure.name: spent}
    if not columns[expenditure.name]:
        table.unread, table.reason = True, "the header names no column of the expenditure side"
        report(table, [t for t in body if t.kind == "number"], table.title, table.reason)
        return
    lined = has_lines(body)
    sequence: Entries = []
    last: str | None = None
    row_no = -1
    met: Counter[str] = Counter()
    next_line: dict[str, int] = {}
    at_line: int | None = None  # the line in which the last label ends
    before_line: int | None = None  # and in which it begins
    i = 0
    while i < len(body):
        token = body[i]
        if token.kind == "number":
            # the line number of a row without a label, or figures in a line of their own
            turn = expenditure.name if last == income.name else income.name
            if numbered and token.plain_integer and int(token.text) == next_line.get(turn, int(token.text)):
                next_line[turn] = int(token.text) + 1
                last = turn
                i += 1
                continue
            # a number that the other side waits for begins no figures, and is passed over
            run = figures_at(body, i, next_line if numbered else {}, lined) or [token]
            beside_labels(sequence, run, own=at_line == id(token.line) or not lined)
            i += len(run)
            continue
        j, text = label_at(body, i, known)
        if (piece := _piece_of(label(text), known)) and (whole := _joined(body, j, label(text), known)):
            text, piece = text + body.pop(whole).text, None
        at_line = id(body[j - 1].line)
        behind = next((k for k in range(j, len(body)) if body[k].kind == "word"), len(body)) - j - numbered
        fits = [s for s in (income, expenditure) if len(columns[s.name]) == behind]
        side = _side_of(table, text, last, met, fits)
        if side.name == income.name or last == expenditure.name or last is None:
            row_no += 1
        if numbered and j < len(body) and body[j].plain_integer:
            next_line[side.name] = int(body[j].text) + 1
            at_line = id(body[j].line)
            j += 1
        last = side.name
        if piece:
            other = expenditure.name if side is income else income.name
            run = figures_at(body, j, {other: next_line[other]} if numbered and other in next_line else {}, lined)
            why = f"its label {text} is a piece of {piece}, whose rest stands elsewhere"
            table.reason = table.reason or "labels stand in pieces between figures"
            report(table, run, f"{text} {' '.join(t.text for t in run)}", why)
            i = j + len(run)
            continue
        row_key, line_key = table.line_of(side, text)
        shift = 0 if side is income else len(columns[income.name])
        places = [
            Place(
                row_key, text, line_key, Slot(column, side.name, path), max(row_no, 0), blank(table, token, shift + k)
            )
            for k, (column, path) in enumerate(zip(columns[side.name], paths if shift else [()], strict=True))
        ]
        part = Part(places, [], text, orders if side is expenditure else [])
        before = sequence[-1] if sequence else None
        if (
            side is expenditure
            and isinstance(before, Entry)
            and len(before.parts) == 1
            and not before.floats
            and before.parts[0].places[0].slot.side == income.name
            and (not lined or id(token.line) == before_line)
        ):
            before.parts.append(part)
        else:
            sequence.append(Entry([part]))
        before_line = id(token.line)
        i = j
    finish(table, sequence)


def figures_at(body: Sequence[Token], i: int, next_line: Mapping[str, int], lined: bool) -> list[Token]:
    """The figures from ``i`` on, in one line of text where lines are rows, up to a word or the next line number."""
    run: list[Token] = []
    for token in body[i:]:
        if token.kind == "word" or (run and lined and token.line is not run[-1].line):
            break
        if token.plain_integer and int(token.text) in next_line.values():
            break
        run.append(token)
    return run


def beside_labels(sequence: Entries, run: list[Token], *, own: bool) -> None:
    """Give figures to the label before them, where they stand in its line; else leave them between the rows.

    More figures than the label has columns are those of both labels of the row.
    """
    last = sequence[-1] if sequence else None
    if not own or not isinstance(last, Entry):
        sequence.append(run)
    elif last.parts[-1].count + len(run) <= len(last.parts[-1].places):
        last.parts[-1].runs.append(run)
    elif not last.parts[-1].runs and last.room >= len(run):
        last.floats.append(run)
    else:
        sequence.append(run)


def _joined(body: Sequence[Token], i: int, piece: str, known: frozenset[str]) -> int | None:
    """Where the rest of a label that is wrapped around its neighbour stands: one of the next few words."""
    rests = {k[len(piece) :] for k in known if k.startswith(piece)}
    near = [k for k in range(i, min(i + 12, len(body))) if body[k].kind == "word"][:3]
    found = [k for k in near if bare(body[k].text) in rests and label(body[k].text) not in known]
    return found[0] if len(found) == 1 else None


def label_at(body: Sequence[Token], i: int, known: frozenset[str]) -> tuple[int, str]:
    """A label that may be wrapped over several words: the longest run of words that a line of the form has."""
    j, text, best = i, "", (i + 1, body[i].text)
    found = False
    while j < len(body) and body[j].kind == "word" and j - i < 6:
        if j > i and re.match(r"[一二三四五六七八九十]{1,3}、", bare(body[j].text)):
            break
        text += body[j].text
        j += 1
        if label(text) in known:
            best, found = (j, text), True
    if not found and j > i + 1:
        # unknown to the form: words up to the next ordinal or number are one wrapped label
        tail = [k for k in range(i + 1, j) if label(body[k].text) in known]
        stop = tail[0] if tail else j
        return stop, "".join(t.text for t in body[i:stop])
    return best


def _piece_of(name: str, known: frozenset[str]) -> str | None:
    """The line of which an unknown label is only the beginning or the end, as wrapping between figures leaves it."""
    if not name or name in known:
        return None
    return next((k for k in sorted(known) if k.startswith(name) or k.endswith(name)), None)


def _side_of(table: OpenTable, text: str, last: str | None, met: Counter[str], fits: Sequence[Side]) -> Side:
    """The side a label stands on: by the form where it says so; 总计 stands on both, income first.

    Else by ``fits``, the sides that have as many columns as figures follow; else in turn.
    """
    income, expenditure = table.form.sides
    name = label(text)
    if name in income.lines and name in expenditure.lines:
        met[name] += 1
        return income if met[name] % 2 else expenditure
    on = [s for s in (income, expenditure) if name in s.lines or s.child(table.parent_on(s) or "", name)]
    if len(on) == 1:
        return on[0]
    if len(fits) == 1:
        return fits[0]
    return expenditure if last == income.name else income
