"""Tables whose cells were flattened to running text: a stream of words and figures, read in order.

Belongs here: header order, rows and figures of a table that has no boxes. Does not belong here: grids (grids.py),
the words of any form.

Order is the only position that such text keeps. So a row is read only when its figures are as many as the columns
that the header names; a row with fewer has lost its blanks, and its figures are reported, not guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from juesuan.final_accounts.forms import Column, Side, Words, load_forms
from juesuan.final_accounts.model import TextLine
from juesuan.final_accounts.numbers import FIGURE
from juesuan.final_accounts.placing import CODE, HAS_AMOUNT, Figure, OpenTable, Slot, is_header_word
from juesuan.final_accounts.text import bare, label

_TOKEN = re.compile(rf"(?P<number>{FIGURE})(?![^\s\d])|(?P<word>[^\s]+)")
_GLUED = re.compile(rf"(\d{{3}}(?:\d{{2}}){{0,2}})(?=[^\d\s.,])|(?<=[^\d\s.,\-(（第])({FIGURE})$")
_PART = re.compile(r"\d{2}")


class Token(NamedTuple):
    """One word or number with its place. ``start`` is its offset in the line."""

    kind: Literal["word", "number"]
    text: str
    line: TextLine
    start: int

    @property
    def plain_integer(self) -> bool:
        return self.kind == "number" and self.text.isdigit()


def tokens_of(lines: Sequence[TextLine]) -> list[Token]:
    """Words and numbers in order. A code glued to its name, or a name to its figure, comes apart."""
    found: list[Token] = []
    for line in lines:
        for match in _TOKEN.finditer(line.text):
            text, start = match.group(0), match.start()
            if match.lastgroup == "number":
                found.append(Token("number", text, line, start))
                continue
            if text.isalpha():
                found.append(Token("word", text, line, start))
                continue
            head = _GLUED.match(text)
            if head and head.group(1):
                found.append(Token("number", head.group(1), line, start))
                start += head.end()
                text = text[head.end() :]
            tail = _GLUED.search(text)
            if tail and tail.group(2) and "." in tail.group(2):
                found.append(Token("word", text[: tail.start()], line, start))
                found.append(Token("number", tail.group(2), line, start + tail.start()))
            elif text:
                found.append(Token("word", text, line, start))
    return found


# --- header -----------------------------------------------------------------------------------------------------------


# headers recur from page to page and from report to report
@lru_cache(maxsize=512)
def segment(pieces: tuple[str, ...], vocabulary: frozenset[str]) -> list[tuple[str, int]]:
    """The header words in a run of pieces that may be wrapped anywhere, each with the offset where it ends.

    Covers as many characters as possible with words of the vocabulary, preferring words that begin and end where a
    piece does: 项目 | 支出功能分类 rather than 项目支出 | 功能分类.
    """
    text = "".join(pieces)
    borders, at = {0}, 0
    for piece in pieces:
        at += len(piece)
        borders.add(at)
    longest = max(map(len, vocabulary), default=0)
    best: list[tuple[float, list[tuple[str, int]]]] = [(0.0, [])]
    for end in range(1, len(text) + 1):
        score, words = best[end - 1]
        choice = (score, words)
        for size in range(1, min(longest, end) + 1):
            word = text[end - size : end]
            if word not in vocabulary:
                continue
            base, before = best[end - size]
            follows = bool(before) and before[-1][1] == end - size
            if not (follows or end - size in borders or end in borders):
                # 单位 in the middle of 机关事业单位养老 is no header word
                continue
            gain = base + size - 0.3 + 0.25 * ((end - size in borders) + (end in borders))
            if gain > choice[0]:
                choice = (gain, [*before, (word, end)])
        best.append(choice)
    return best[-1][1]


@cache
def _vocabulary(key: str) -> frozenset[str]:
    """Every word that may stand in a header of that table."""
    form, w = load_forms().tables[key], load_forms().furniture
    words = w.group.plain | w.code.plain | w.name.plain | w.line.plain | w.column_number.plain
    for column in form.all_columns:
        words = words | column.words.plain | column.group.plain | column.group_words.plain
    for facet in (form.facets or {}).values():
        for names in facet.values():
            words = words | names.plain
    return words


def _order(columns: Sequence[Column], header: Sequence[str]) -> list[str]:
    """Column keys in the order in which the header names them; a word under a group stands where its group does."""
    places: list[tuple[tuple[int, int], str]] = []
    taken: set[int] = set()
    for column in columns:
        groups = [i for i, w in enumerate(header) if w in column.group]
        own = [i for i, w in enumerate(header) if w in column.words and i not in taken]
        if own:
            inside = groups and own[0] > groups[0] and header[own[0]] in column.group_words
            places.append(((groups[0] if inside else own[0], own[0]), column.key))
            taken.add(own[0])
            continue
        under = [i for i, w in enumerate(header) if w in column.group_words and groups and i > groups[0]]
        if len(under) == 1 and under[0] not in taken:
            places.append(((groups[0], under[0]), column.key))
            taken.add(under[0])
    return [key for _, key in sorted(places)]


def _facet_order(facets: Mapping[str, Mapping[str, Words]], header: Sequence[str]) -> list[str]:
    """Column keys of a table of two facets, whichever stands above the other.

    With 预算数 and 决算数 once each, the items repeat under either; with the items once, each has a pair under it.
    公务用车 stands above its three parts; its own word is a group when 小计 is there as well.
    """
    items = [(i, name) for i, w in enumerate(header) for name, ws in facets["item"].items() if w in ws]
    stages = [(i, name) for i, w in enumerate(header) for name, ws in facets["stage"].items() if w in ws]
    if not items or not stages:
        return []

    def leaves(run: Sequence[tuple[int, str]]) -> list[str]:
        vehicle = [i for i, name in run if name == "vehicle"]
        order: list[tuple[tuple[int, int], str]] = []
        for i, name in run:
            if name == "vehicle" and len(vehicle) > 1 and i == vehicle[0]:
                continue
            inside = name in ("vehicle_buy", "vehicle_run") or (name == "vehicle" and len(vehicle) > 1)
            order.append(((vehicle[0] if inside and vehicle else i, i), name))
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
        return [f"{item}_{stage}" for (_, stage), run in zip(stages, runs, strict=True) for item in leaves(run)]
    names = leaves(items)
    if len(stages) == len(names) * n_stage:
        order = [stage for _, stage in stages]
        return [f"{item}_{order[k * n_stage + j]}" for k, item in enumerate(names) for j in range(n_stage)]
    return []


# --- rows -------------------------------------------------------------------------------------------------------------


def _figure(token: Token, col: int) -> Figure:
    line = token.line
    span = (line.span[0] + token.start, line.span[0] + token.start + len(token.text)) if line.span else None
    return Figure(token.text, col, line.page, line.line, span, line.box)


def _without(tokens: list[Token], header: Sequence[Token]) -> list[Token]:
    """The tokens without repetitions of the header, as a page break leaves them."""
    size = len(header)
    if size < 3:
        return tokens
    want = [t.text for t in header]
    plain = "".join(bare(t) for t in want)
    kept: list[Token] = []
    i = 0
    while i < len(tokens):
        if tokens[i].text == want[0] and [t.text for t in tokens[i : i + size]] == want:
            i += size
            continue
        # the same header with its lines broken elsewhere
        if not plain.startswith(bare(tokens[i].text)):
            kept.append(tokens[i])
            i += 1
            continue
        text, j = "", i
        while j < len(tokens) and len(text) < len(plain) and plain.startswith(text):
            text += bare(tokens[j].text)
            j += 1
        if text == plain:
            i = j
            continue
        kept.append(tokens[i])
        i += 1
    return kept


def _header_end(table: OpenTable, tokens: Sequence[Token]) -> int:
    """The index of the first token of the first row."""
    i = 0
    while i < len(tokens):
        if _counts_columns(tokens, i):
            i = _past_column_numbers(tokens, i)
            if table.form.kind == "single":
                return i
        elif _begins_rows(table, tokens, i):
            return i
        else:
            i += 1
    return len(tokens)


def _begins_rows(table: OpenTable, tokens: Sequence[Token], i: int) -> bool:
    """Whether a token cannot be header: a code, a figure, a label of a line, or 合计 with a figure behind it."""
    form, token = table.form, tokens[i]
    if token.kind == "number":
        if form.kind == "single":
            return True
        return form.kind != "paired" and (HAS_AMOUNT.search(token.text) or CODE.fullmatch(token.text)) is not None
    text = bare(token.text)
    name = label(text)
    if form.kind == "paired":
        if is_header_word(form, table.words, text):
            return False
        return any(name in s.lines for s in form.sides) or re.match(r"[一二三四五]、", text) is not None
    if form.kind == "single" or i + 1 == len(tokens) or tokens[i + 1].kind != "number":
        return False
    if text in table.words.totals:
        # 合计 also names columns: then their numbers follow, or another word does
        return not _counts_columns(tokens, i + 1)
    return name in (form.lines or {})


def _past_column_numbers(tokens: Sequence[Token], i: int) -> int:
    """The index after 1 2 3 ..., the numbers of the columns."""
    while i + 1 < len(tokens) and tokens[i + 1].plain_integer and int(tokens[i + 1].text) == int(tokens[i].text) + 1:
        i += 1
    return i + 1


def _counts_columns(tokens: Sequence[Token], i: int) -> bool:
    """Whether 1 2 3 ... begins here: numbers of columns."""
    if not tokens[i].plain_integer or tokens[i].text != "1":
        return False
    return i + 1 < len(tokens) and (tokens[i + 1].text == "2" or tokens[i + 1].kind == "word")


def read_flattened(table: OpenTable, lines: Sequence[TextLine]) -> None:
    """Read one flattened table (title taken off) into ``table``; what finds no place is reported."""
    tokens = tokens_of(lines)
    start = _header_end(table, tokens)
    named = [t for t in tokens[:start] if t.kind == "word"]
    found = segment(tuple(bare(t.text) for t in named), _vocabulary(table.form.key))
    words = [word for word, _ in found]
    if table.form.kind == "coded":
        start -= _head_of_first_row(named, found[-1][1] if found else 0)
    header = tokens[:start]
    body = _without(list(tokens[start:]), header)
    kind = table.form.kind
    if kind == "paired":
        _paired(table, words, body)
    elif kind == "single":
        _single(table, words, body)
    else:
        order = ["amount"] if kind == "economic" else _order(table.form.columns, words)
        _coded(table, order, body)


def _head_of_first_row(named: Sequence[Token], end: int) -> int:
    """How many words behind the last header word begin the name of the first row, its code standing behind them."""
    at = count = 0
    for token in named:
        count += at >= end
        at += len(bare(token.text))
    return count


def _report(table: OpenTable, tokens: Sequence[Token], quote: str, reason: str) -> None:
    for token in tokens:
        table.report(token.text, quote, reason, _figure(token, -1))


def _single(table: OpenTable, words: Sequence[str], body: Sequence[Token]) -> None:
    order = _facet_order(table.form.facets or {}, words)
    figures = [t for t in body if t.kind == "number"]
    row = table.form.row or ""
    if not order:
        table.unread, table.reason = True, "the header does not say which column is which"
        _report(table, figures, " ".join(t.text for t in body), table.reason)
        return
    if figures and len(figures) != len(order):
        table.reason = f"{len(figures)} figures for {len(order)} columns: blanks were lost"
        _report(table, figures, " ".join(t.text for t in body), table.reason)
        return
    for col, column in enumerate(order):
        figure = _figure(figures[col], col) if figures else _blank(table, body, col)
        table.place(row, row, None, Slot(column), figure, 0)


def _blank(table: OpenTable, tokens: Sequence[Token], col: int) -> Figure:
    line = tokens[0].line if tokens else None
    return Figure("", col, line.page if line else table.page, line.line if line else None)


@dataclass(slots=True)
class _Row:
    code: str
    names: list[str]
    figures: list[Token]
    first: Token


def _coded(table: OpenTable, order: Sequence[str], body: Sequence[Token]) -> None:
    n = len(order)
    rows: list[_Row] = []
    loose: list[str] = []
    totals = table.words.totals | frozenset(table.form.lines or {})
    decimals = sum("." in t.text for t in body if t.kind == "number")
    mostly_decimal = decimals * 2 > sum(not CODE.fullmatch(t.text) for t in body if t.kind == "number")
    i = 0

    def begin(code: str, token: Token) -> None:
        nonlocal loose
        rows.append(_Row(code, [], [], token))

    while i < len(body):
        token = body[i]
        row = rows[-1] if rows else None
        if token.kind == "word":
            text = bare(token.text)
            if label(text) in totals and (row is None or row.figures or not row.code or row.names):
                _tail(row, loose)
                loose = []
                begin("合计" if label(text) in table.words.totals else label(text), token)
            elif row is None or row.figures:
                loose.append(token.text)
            else:
                row.names.append(token.text)
            i += 1
            continue
        code_like = CODE.fullmatch(token.text) is not None
        full = row is None or len(row.figures) >= n
        starts = code_like and (full or (mostly_decimal and (bool(row and row.figures) or bool(row and row.names))))
        if starts and not (row and row.names and not row.figures and not mostly_decimal):
            code, j = token.text, i + 1
            while len(code) < 7 and j < len(body) and body[j].kind == "number" and _PART.fullmatch(body[j].text):
                code += body[j].text
                j += 1
            own = j < len(body) and body[j].kind == "word"
            if own or not loose:
                _tail(row, loose)
                begin(code, token)
            else:
                # the name stands before its code: what is left over belongs to this row
                begin(code, token)
                rows[-1].names.extend(loose)
            loose = []
            i = j
            continue
        if row is None:
            _report(table, [token], token.text, "no row begins before it")
        else:
            row.figures.append(token)
        i += 1
    _tail(rows[-1] if rows else None, loose)
    for number, item in enumerate(rows):
        name = "".join(item.names)
        quote = f"{item.code} {name} {' '.join(t.text for t in item.figures)}"
        known = (table.form.lines or {}).get(item.code) or (table.form.lines or {}).get(label(name))
        text = name or item.first.text
        if item.figures and len(item.figures) != n:
            table.reason = table.reason or "rows have lost their blanks: fewer figures than columns"
            why = f"{len(item.figures)} figures for {n} columns: their columns cannot be told by position"
            _report(table, item.figures, quote, why)
            continue
        for col, column in enumerate(order):
            figure = _figure(item.figures[col], col) if item.figures else _blank(table, [item.first], col)
            table.place(item.code, text, known.key if known else None, Slot(column), figure, number)
    if not order:
        table.unread, table.reason = True, "the header names no column of the form"


def _tail(row: _Row | None, loose: list[str]) -> None:
    """Words after the figures of a row are the rest of its wrapped name."""
    if row is not None and loose and row.code != "合计":
        row.names.extend(loose)


def _paired(table: OpenTable, words: Sequence[str], body: Sequence[Token]) -> None:
    """Income and expenditure side by side: a label, its line number where the header has 行次, its figures."""
    income, expenditure = table.form.sides
    known = income.labels | expenditure.labels
    numbered = any(w in table.words.line for w in words)
    names = [i for i, w in enumerate(words) if w in table.words.name]
    second = words[names[1] :] if len(names) > 1 else words
    columns = {income.name: [income.columns[0].key], expenditure.name: _order(expenditure.columns, second)}
    if not columns[expenditure.name]:
        table.unread, table.reason = True, "the header names no column of the expenditure side"
    last: str | None = None
    row_no = -1
    met: Counter[str] = Counter()
    next_line: dict[str, int] = {}
    i = 0
    while i < len(body):
        token = body[i]
        if token.kind == "number":
            # the line number of a row without a label, or a figure without one
            turn = expenditure.name if last == income.name else income.name
            if numbered and token.plain_integer and int(token.text) == next_line.get(turn, int(token.text)):
                next_line[turn] = int(token.text) + 1
                last = turn
            else:
                _report(table, [token], token.text, "no label before it")
            i += 1
            continue
        j, text = _label_at(body, i, known)
        run = next((k for k in range(j, len(body)) if body[k].kind == "word"), len(body)) - j - numbered
        fits = [s for s in (income, expenditure) if len(columns[s.name]) == run]
        side = _side_of(table, text, last, met, fits)
        if side.name == income.name or last == expenditure.name or last is None:
            row_no += 1
        if numbered and j < len(body) and body[j].plain_integer:
            next_line[side.name] = int(body[j].text) + 1
            j += 1
        other = expenditure.name if side is income else income.name
        wanted = columns[side.name]
        figures: list[Token] = []
        while j < len(body) and body[j].kind == "number" and len(figures) < len(wanted):
            if numbered and body[j].plain_integer and int(body[j].text) == next_line.get(other):
                break
            figures.append(body[j])
            j += 1
        piece = _piece_of(label(text), known)
        if piece:
            why = f"its label {text} is a piece of {piece}, whose rest stands elsewhere"
            table.reason = table.reason or "labels stand in pieces between figures"
            _report(table, figures, f"{text} {' '.join(t.text for t in figures)}", why)
            last, i = side.name, j
            continue
        row_key, line_key = table.line_of(side, text)
        if figures and len(figures) != len(wanted):
            why = f"{len(figures)} figures for {len(wanted)} columns: their columns cannot be told by position"
            table.reason = table.reason or "rows have lost their blanks: fewer figures than columns"
            _report(table, figures, f"{text} {' '.join(t.text for t in figures)}", why)
        else:
            shift = 0 if side.name == income.name else len(columns[income.name])
            for k, column in enumerate(wanted):
                figure = _figure(figures[k], shift + k) if figures else _blank(table, [token], shift + k)
                table.place(row_key, text, line_key, Slot(column, side.name), figure, max(row_no, 0))
        last = side.name
        i = j


def _label_at(body: Sequence[Token], i: int, known: frozenset[str]) -> tuple[int, str]:
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
