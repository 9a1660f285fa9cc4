"""Which columns the header of a flattened table names, and in which order they stand.

Belongs here: words of a header cut between lines and shuffled, groups above them, columns of characters. Does not
belong here: tables of two facets (flattened_facets.py), headers of tables of single places (list_headers.py), rows.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple
from unicodedata import east_asian_width

from juesuan.final_accounts.forms import Column, load_forms
from juesuan.final_accounts.header_letters import columns_by_letters
from juesuan.final_accounts.header_orders import Shown, orders_shown
from juesuan.final_accounts.list_headers import header_words, is_furniture
from juesuan.final_accounts.placing import CODE, HAS_AMOUNT, OpenTable, header_word, is_header_word, words_of_header
from juesuan.final_accounts.text import bare, label
from juesuan.final_accounts.tokens import Token


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
def _patterns(key: str) -> tuple[re.Pattern[str], ...]:
    """The patterns of header words of that table."""
    form, w = load_forms().tables[key], load_forms().furniture
    words = [w.group, w.code, w.name, w.line, w.column_number]
    for column in form.all_columns:
        words += [column.words, column.group, column.group_words]
    for facet in (form.facets or {}).values():
        words += facet.values()
    return tuple(pattern for entry in words for pattern in entry.patterns)


class _Named(NamedTuple):
    """A column that a header names: the index of its word, and the words over its figures."""

    key: str
    at: int
    path: tuple[str, ...]


def _order(columns: Sequence[Column], header: Sequence[str]) -> list[_Named]:
    """The columns in the order in which the header names them. A word under a group stands where its group does."""
    if _repeats(columns, header):
        return _grouped(columns, header)
    first = {w: i for i, w in reversed(list(enumerate(header)))}
    over: dict[int, int] = {}  # the word of a column -> the group that it stands under
    at: dict[str, int] = {}
    # a word goes to the column that it names by itself before one that it names only under a group
    for column in sorted(columns, key=lambda c: not c.words.plain):
        own = next((i for i, w in enumerate(header) if w in column.words and i not in at.values()), None)
        for group, words in column.groups:
            above = next((first[w] for w in header if w in group), None)
            under = [i for i, w in enumerate(header) if above is not None and i > above and w in words]
            under = [i for i in under if i not in at.values()]
            if own is not None and own in under and above is not None:
                over.setdefault(own, above)
            elif own is None and len(under) == 1 and above is not None:
                own = under[0]
                over[own] = above
        if own is not None:
            at[column.key] = own
    for column in columns:
        own = at.get(column.key)
        for group, words in column.groups:
            if own is not None and header[own] in group and own in over.values():
                # the word of the column is that of a group with others under it, and 小计 among them
                under = [i for i, w in enumerate(header) if i > own and w in words and i not in at.values()]
                if under:
                    at[column.key], over[under[0]] = under[0], own
    places = []
    for key, i in at.items():
        chain = [i]
        while chain[0] in over and over[chain[0]] not in chain:
            chain.insert(0, over[chain[0]])
        places.append((tuple(chain), _Named(key, i, tuple(header[k] for k in chain))))
    return [found for _, found in sorted(places, key=lambda entry: entry[0])]


def _repeats(columns: Sequence[Column], header: Sequence[str]) -> bool:
    """Whether a word that stands under groups comes more than once."""
    inside = {w for column in columns for _, words in column.groups for w in words.plain}
    return any(n > 1 for w, n in Counter(header).items() if w in inside)


def _grouped(columns: Sequence[Column], header: Sequence[str]) -> list[_Named]:
    """The columns of a header in which the same words stand under several groups; none where two readings fit.

    The words under the groups belong to them in turn: 年初结转和结余 本年收入 | 合计 基本支出 合计 基本支出.
    """
    groups: list[int] = []
    for i, w in enumerate(header):
        if any(w in g for column in columns for g, _ in column.groups) and header.count(w) == 1:
            groups.append(i)
    above = [i for i in groups if i < groups[0] + len(groups)] if groups else []
    leaves = [
        i
        for i, w in enumerate(header)
        if above
        and i > above[-1]
        and any(w in column.words or any(w in ws for _, ws in column.groups) for column in columns)
    ]
    if len(above) < 2 or not leaves:
        return []
    for cut in range(len(leaves), len(above), -1):
        found = _in_turn(columns, header, above, leaves[:cut])
        if len(found) > 1:
            return []
        if found and (order := _with_lower(columns, header, found[0], leaves[cut:])):
            return order
    return []


def _in_turn(
    columns: Sequence[Column], header: Sequence[str], above: Sequence[int], leaves: Sequence[int]
) -> list[list[_Named]]:
    """The ways (two at most) in which words belong to groups in turn, so that each names another column."""
    found: list[list[_Named]] = []
    work = 0

    def step(n: int, g: int, taken: tuple[_Named, ...]) -> None:
        nonlocal work
        work += 1
        if len(found) > 1 or work > _MOST_STACKS:
            return
        if n == len(leaves):
            if g == len(above) - 1:
                found.append(list(taken))
            return
        for k in (g, g + 1):
            if not 0 <= k < len(above):
                continue
            path = header[above[k]], header[leaves[n]]
            for key in _under(tuple(columns), *path):
                if key not in {t.key for t in taken}:
                    step(n + 1, k, (*taken, _Named(key, leaves[n], path)))

    step(0, -1, ())
    return found if work <= _MOST_STACKS else []


def _with_lower(
    columns: Sequence[Column], header: Sequence[str], order: list[_Named], below: Sequence[int]
) -> list[_Named]:
    """The columns with 小计 人员经费 公用经费 in the place of the 基本支出 above them; none where nothing is."""
    if not below:
        return order
    words = {column.key: column.words for column in columns}
    for at, one in enumerate(order):
        word = header[one.at]
        if word not in words[one.key]:
            continue
        lower = []
        for i in below:
            keys = _under(tuple(columns), word, header[i])
            lower += [_Named(key, i, (*one.path, header[i])) for key in keys]
        if len(lower) == len(below):
            return [*order[:at], *lower, *order[at + 1 :]]
    return []


@lru_cache(maxsize=2048)
def _under(columns: tuple[Column, ...], group: str, word: str) -> tuple[str, ...]:
    """The keys of the columns that a word under a group names: as a word of that group, else by itself."""
    own = tuple(c.key for c in columns if any(group in g and word in ws for g, ws in c.groups))
    return own or tuple(c.key for c in columns if word in c.words and group not in c.under_not and group not in c.words)


class Columns(NamedTuple):
    """The columns that a header names, in their order; ``orders`` are those they may stand in where it is not sure."""

    keys: list[str]
    orders: list[tuple[int, ...]]
    paths: list[tuple[str, ...]]


_NO_COLUMNS = Columns([], [], [])
#: Orders of columns that are tried; a header that allows more tells nothing.
_MOST_ORDERS = 64


def columns_named(columns: Sequence[Column], header: Header) -> Columns:
    """The columns of a coded table or of one side of a paired one.

    Text that was taken line by line from a page shuffles a header of several lines: cells are cut between lines, and
    only words in one line are sure to stand in their order. Such a header names its columns and not their order,
    unless it gives the order of the form.
    """
    usual = [column.key for column in columns]
    words, beside, begins = header.words, None, None
    if not header.whole:
        stacked = unstack(header.pieces, header.vocabulary - _both(columns, header.pieces), _words_of(tuple(columns)))
        if stacked is None:
            return _by_letters(columns, header)
        words, beside, begins = stacked
    found = _order(columns, words)
    keys, paths = [one.key for one in found], [one.path for one in found]
    heads = [w for w in words[: min((one.at for one in found), default=0)] if w in _over(columns)]
    if len(heads) == 1:
        paths = [path if heads[0] in path else (heads[0], *path) for path in paths]
    if keys == sorted(keys, key=usual.index) or (header.whole and _repeats(columns, words)):
        return Columns(keys, [], paths)
    if beside is None:
        lines = [header.lines[one.at] for one in found]
        if (len(set(lines)) in (1, len(lines)) or _cell_by_cell(header, found)) and not header.one_line:
            return Columns(keys, [], paths)
        starts = [header.starts[one.at] for one in found]
        # two that begin in one line stand in their order as well as two that end in one
        pairs = {
            (i, j)
            for i in range(len(keys))
            for j in range(i + 1, len(keys))
            if lines[i] == lines[j] or starts[i] == starts[j]
        }
    else:
        at = [one.at for one in found]
        pairs = {(i, j) for i in range(len(keys)) for j in range(len(keys)) if (at[i], at[j]) in beside}
    form = sorted(range(len(keys)), key=lambda k: usual.index(keys[k]))
    if not header.one_line and _one_astray(form, pairs):
        return Columns([keys[k] for k in form], [], [paths[k] for k in form])
    if header.one_line or all(len(line) == 1 for line in header.pieces):
        # no two words stand in one line: they come in their order, or the text shuffled them
        return Columns(keys, [tuple(range(len(keys))), tuple(form)], paths)
    orders = [order for order in _extensions(len(keys), pairs) if _together([paths[k] for k in order])]
    if len(orders) != 1 and (placed := _by_middles(header, found, begins)) is not None:
        return Columns([keys[k] for k in placed], [], [paths[k] for k in placed])
    return Columns(keys, orders, paths) if orders else _NO_COLUMNS


def _together(paths: Sequence[tuple[str, ...]]) -> bool:
    """Whether the columns of each group stand together: nothing between them but groups inside it."""
    spans = {g: [k for k, path in enumerate(paths) if len(path) > 1 and path[0] == g] for g in {p[0] for p in paths}}
    for group, at in spans.items():
        for path in paths[at[0] : at[-1]] if at else ():
            inner = spans[path[0]]
            if path[0] != group and not (inner and at[0] < inner[0] and inner[-1] < at[-1]):
                return False
    return True


def _by_middles(header: Header, found: Sequence[_Named], begins: Sequence[int] | None) -> list[int] | None:
    """The columns from left to right, where the text keeps them; None where it is not sure."""
    pieces = [piece for line in header.pieces for piece in line]
    begins = begins if begins is not None else header.firsts
    read: list[tuple[float, list[int]]] = []
    for middles in header.middles:
        if len(middles.pieces) != len(pieces):
            return None
        places = [middles.pieces[begins[one.at]] for one in found]
        order = sorted(range(len(found)), key=lambda k: places[k])
        if any(places[b] - places[a] < _NEAR for a, b in pairwise(order)):
            continue
        astray = 0.0
        if len(middles.numbers) == len(order):
            astray = sum(abs(places[k] - at) for k, at in zip(order, middles.numbers, strict=True))
        read.append((astray, order))
    if not read or (len({tuple(order) for _, order in read}) > 1 and len({astray for astray, _ in read}) == 1):
        return None
    return min(read)[1]


#: Columns of characters between the middles of two cells beside each other.
_NEAR = 4
_GAP = re.compile(r"\S {3,}\S")


def _by_letters(columns: Sequence[Column], header: Header) -> Columns:
    """The columns that the letters of a header name, in the orders that its lines allow."""
    furniture = load_forms().furniture
    words = header_words(frozenset(), furniture, [piece for line in header.pieces for piece in line])
    fixed = [word for word in words if is_furniture(furniture, word)]
    named = columns_by_letters(tuple(columns), "".join(word for word in words if not is_furniture(furniture, word)))
    if named is None:
        return _NO_COLUMNS
    shown = orders_shown(columns, named, fixed, header.pieces)
    if len(shown) > 1 and header.middles:
        shown = [one for one in shown if _left_to_right(header, one)]
    if not shown:
        return _NO_COLUMNS
    # the columns are told by letters, so that identities prove them even where one order is left
    return Columns([key for key, _ in named], [one.order for one in shown], [path for _, path in named])


def _left_to_right(header: Header, shown: Shown) -> bool:
    """Whether the columns stand in that order where the text keeps columns of characters."""
    size = sum(map(len, header.pieces))
    return any(
        len(middles.pieces) == size
        and all(
            middles.pieces[shown.begins[b]] - middles.pieces[shown.begins[a]] >= _NEAR for a, b in pairwise(shown.order)
        )
        for middles in header.middles
    )


def _cell_by_cell(header: Header, found: Sequence[_Named]) -> bool:
    """Whether the text of a header of one level goes from cell to cell: a name of two lines stands whole behind a line
    of others. Taken line by line from a page it would stand half above and half below them.
    """
    if any(len(one.path) > 1 for one in found):
        return False
    lines = [(header.starts[one.at], header.lines[one.at]) for one in found]
    several = [line for line, n in Counter(first for first, last in lines if first == last).items() if n > 1]
    wrapped = [first for first, last in lines if first != last]
    return len(several) == 1 and bool(wrapped) and all(first > several[0] for first in wrapped)


def _one_astray(form: Sequence[int], pairs: set[tuple[int, int]]) -> bool:
    """Whether all columns but one are known to stand in the order of the form, and nothing speaks against the last."""
    rank = {k: n for n, k in enumerate(form)}
    if any(rank[i] > rank[j] for i, j in pairs):
        return False
    return any(
        all((i, j) in pairs for i, j in pairwise(rest)) for k in form if len(rest := [i for i in form if i != k]) > 2
    )


def _over(columns: Sequence[Column]) -> frozenset[str]:
    """Words that stand over all figures of a table and name none."""
    w = load_forms().furniture
    return w.group.plain - w.name.plain - w.column_number.plain - w.code.plain - {"收入", "支出", "单位", "单位名称"}


@lru_cache(maxsize=64)
def _words_of(columns: tuple[Column, ...]) -> frozenset[str]:
    """Every word that names one of the columns, or stands over some."""
    return frozenset(w for c in columns for ws in (c.words, *(x for g in c.groups for x in g)) for w in ws.plain)


def _both(columns: Sequence[Column], pieces: Sequence[Sequence[str]]) -> frozenset[str]:
    """Words made of a group and a word under it, where the header prints either by itself: 本年支出 above 小计."""
    said = {piece for line in pieces for piece in line}
    pairs = ((g, w) for c in columns for gs, ws in c.groups for g in gs.plain & said for w in ws.plain & said)
    return frozenset(g + w for g, w in pairs)


def _extensions(size: int, pairs: set[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Every order of so many columns that keeps the pairs; none where they are too many."""
    found: list[tuple[int, ...]] = [()]
    for _ in range(size):
        found = [
            (*order, k)
            for order in found
            for k in range(size)
            if k not in order and all(i in order for i, j in pairs if j == k)
        ]
        if len(found) > _MOST_ORDERS:
            return []
    return found


#: Pieces that a header may be cut into, and ways to put them together that are tried.
_MOST_PIECES = 200
_MOST_STACKS = 20_000


def unstack(
    lines: Sequence[Sequence[str]], vocabulary: frozenset[str], figures: frozenset[str] | None = None
) -> tuple[list[str], set[tuple[int, int]], list[int]] | None:
    """The words of a header whose cells are cut between lines, which of them stand left of which, and with which piece
    each begins.

    本年收入合 财政拨款收 | 计 入 -> 本年收入合计, 财政拨款收入. Every piece has to belong to a word, pieces of one line
    keep their order, and the words are as few as can be. None where there is no such way, where there are too many
    pieces, or where ways differ in ``figures``, the words that name columns of figures (by default in anything); what
    stands left of what is then what all ways say.
    """
    heads = {word[:size] for word in vocabulary for size in range(1, len(word) + 1)}
    flat = [(number, piece) for number, line in enumerate(lines) for piece in line]
    if len(flat) > _MOST_PIECES:
        return None
    best: list[tuple[tuple[str, ...], frozenset[tuple[int, int]]]] = []
    first: list[int] = []
    fewest = len(flat) + 1
    work = 0

    def left_of(pairs: set[tuple[int, int]], i: int, j: int) -> bool:
        waiting, seen = [i], {i}
        while waiting:
            k = waiting.pop()
            if k == j:
                return True
            following = {b for a, b in pairs if a == k} - seen
            seen |= following
            waiting += following
        return False

    began: list[int] = []

    def step(n: int, texts: list[str], last: list[int], pairs: set[tuple[int, int]], before: int | None) -> None:
        nonlocal fewest, work
        work += 1
        if len(texts) > fewest or work > _MOST_STACKS:
            return
        if n == len(flat):
            if all(text in vocabulary for text in texts):
                if len(texts) < fewest:
                    best.clear()
                    fewest = len(texts)
                    first[:] = began
                one = (tuple(texts), frozenset(pairs))
                if one not in best:
                    best.append(one)
            return
        line, piece = flat[n]
        beside = before if n and flat[n - 1][0] == line else None
        for k, text in enumerate(texts):
            if last[k] < line and text + piece in heads and not (beside is not None and left_of(pairs, k, beside)):
                joined = pairs if beside is None else pairs | {(beside, k)}
                step(n + 1, [*texts[:k], text + piece, *texts[k + 1 :]], [*last[:k], line, *last[k + 1 :]], joined, k)
        if piece in heads:
            joined = pairs if beside is None else pairs | {(beside, len(texts))}
            began.append(n)
            step(n + 1, [*texts, piece], [*last, line], joined, len(texts))
            began.pop()

    step(0, [], [], set(), None)
    told = {tuple((k, word) for k, word in enumerate(words) if figures is None or word in figures) for words, _ in best}
    if work > _MOST_STACKS or len(told) != 1 or (figures is None and len(best) > 1):
        return None
    sure = frozenset.intersection(*(beside for _, beside in best))
    return list(best[0][0]), set(sure), first


def without_header(tokens: list[Token], header: Sequence[Token]) -> list[Token]:
    """The tokens without repetitions of the header, as a page break leaves them."""
    size = len(header)
    if size < 3:
        return tokens
    want = [t.text for t in header]
    # numbers of columns, which may have been taken for those of pages, are not compared
    plain = "".join(bare(t) for t in want if not t.isdigit())
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
            text += "" if tokens[j].plain_integer else bare(tokens[j].text)
            j += 1
        if text == plain:
            i = _past_column_numbers(tokens, j) if j < len(tokens) and tokens[j].text == "1" else j
            continue
        kept.append(tokens[i])
        i += 1
    return kept


def header_end(table: OpenTable, tokens: Sequence[Token]) -> int:
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
    last = tokens[-1] if tokens else None
    if last is not None and table.form.kind == "coded" and bare(last.text) in table.words.totals:
        # 合计 alone in the last line is a row without figures
        return len(tokens) - (len(tokens) > 1 and tokens[-2].line is not last.line)
    return len(tokens)


def _begins_rows(table: OpenTable, tokens: Sequence[Token], i: int) -> bool:
    """Whether a token cannot be header: a code, a figure, a label of a line, or 合计 with a figure behind it."""
    form, token = table.form, tokens[i]
    if token.kind == "number":
        if form.kind == "single":
            return True
        if HAS_AMOUNT.search(token.text):
            return True
        return form.kind != "paired" and CODE.fullmatch(token.text) is not None
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


class _Middles(NamedTuple):
    """The middles of cells in columns of characters: those of the pieces of a header, and of the numbers of columns."""

    pieces: list[float]
    numbers: list[float]


class Header(NamedTuple):
    """The words of a header, each with the number of its line; ``whole`` where nothing else stands in it."""

    words: list[str]
    lines: list[int]
    whole: bool
    pieces: list[list[str]]
    vocabulary: frozenset[str]
    behind: int  # how many words at its end begin the name of the first row
    starts: list[int]  # the number of the line in which each word begins
    firsts: list[int]  # the piece with which each word begins
    middles: tuple[_Middles, ...] = ()  # where text keeps columns of characters
    one_line: bool = False  # it shares its line with the first row: the text has no lines


def header_of(table: OpenTable, tokens: Sequence[Token]) -> Header:
    """The header in these tokens. What no word of a header covers at its end is the name of the first row."""
    header = _header_with(table, tokens, rows_first=False)
    columns = table.form.columns
    if table.form.kind != "coded" or header.whole or unstack(header.pieces, header.vocabulary, _words_of(columns)):
        return header
    return _header_with(table, tokens, rows_first=True)


def _header_with(table: OpenTable, tokens: Sequence[Token], *, rows_first: bool) -> Header:
    vocabulary = words_of_header(table.form.key)
    named = [t for t in tokens if t.kind == "word" and header_word(t.text)]
    texts = [header_word(t.text) for t in named]
    patterns = _patterns(table.form.key)
    more = frozenset(t for t in texts if t not in vocabulary and any(p.fullmatch(t) for p in patterns))
    vocabulary = vocabulary | more if more else vocabulary
    found, loose = _covering(texts, vocabulary)
    behind = 0
    if rows_first:
        while behind < len(texts) and len(texts) - behind - 1 in loose:
            behind += 1
        named, texts = named[: len(texts) - behind], texts[: len(texts) - behind]
        found, loose = _covering(texts, vocabulary)
    if 1 < len(loose) <= _MOST_LOOSE:
        # one piece stands a little later than the cell that it belongs to
        for last in sorted(loose)[1:]:
            for first in sorted(loose):
                if first >= last:
                    break
                moved = [*texts[: first + 1], texts[last], *texts[first + 1 : last], *texts[last + 1 :]]
                found, still = _covering(moved, vocabulary)
                if not still:
                    order = [*range(first + 1), last, *range(first + 1, last), *range(last + 1, len(texts))]
                    named, texts, loose = [named[k] for k in order], moved, set()
                    break
            if not loose:
                break
        else:
            found, loose = _covering(texts, vocabulary)
    ends = list(accumulate(map(len, texts)))
    number: dict[int, int] = {}
    pieces: list[list[str]] = []
    lined: list[list[Token]] = []
    for token, text in zip(named, texts, strict=True):
        if number.setdefault(id(token.line), len(pieces)) == len(pieces):
            pieces.append([])
            lined.append([])
        pieces[number[id(token.line)]].append(text)
        lined[number[id(token.line)]].append(token)
    if len(pieces) == 1:
        # no line says what stands beside what
        pieces = [[piece] for piece in pieces[0]]
    lines = [number[id(named[bisect_left(ends, end)].line)] for _, end in found]
    starts = [number[id(named[bisect_left(ends, end - len(word) + 1)].line)] for word, end in found]
    flat = [token for line in lined for token in line]
    at = {id(token): k for k, token in enumerate(flat)}
    firsts = [at[id(named[bisect_left(ends, end - len(word) + 1)])] for word, end in found]
    middles = _middles(tokens, flat) if len(pieces) > 1 else ()
    return Header([word for word, _ in found], lines, not loose, pieces, vocabulary, behind, starts, firsts, middles)


def _middles(tokens: Sequence[Token], named: Sequence[Token]) -> tuple[_Middles, ...]:
    """The middles of the pieces of a header and of the numbers of its columns; see :func:`middles_of`."""
    numbers = [t for t in tokens if t.plain_integer]
    return tuple(_Middles(pieces, counted) for counted, pieces in middles_of(numbers, named))


def middles_of(figures: Sequence[Token], pieces: Sequence[Token]) -> list[tuple[list[float], list[float]]]:
    """The middles of figures and of pieces of a header, where text was laid out as the page is; none where it was not.

    Programs count a Chinese character as one column or as two: both readings are given, and what stands where tells
    which one holds.
    """
    if not any(_GAP.search(t.line.text) for t in pieces):
        return []
    narrow = tuple([t.start + len(t.text) / 2 for t in some] for some in (figures, pieces))
    wide = tuple(
        [_columns_of(t.line.text[: t.start]) + _columns_of(t.text) / 2 for t in some] for some in (figures, pieces)
    )
    return [(narrow[0], narrow[1]), (wide[0], wide[1])]


def _columns_of(text: str) -> int:
    """How many columns a text takes where a Chinese character takes two."""
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


#: Pieces of a header that belong to no word, among which one is looked for that was moved.
_MOST_LOOSE = 6


def _covering(texts: Sequence[str], vocabulary: frozenset[str]) -> tuple[list[tuple[str, int]], set[int]]:
    """The words in pieces of text, each with the offset where it ends, and the pieces that they do not cover."""
    found = segment(tuple(texts), vocabulary)
    covered = {k for word, end in found for k in range(end - len(word), end)}
    loose, at = set(), 0
    for k, text in enumerate(texts):
        if not covered.issuperset(range(at, at + len(text))):
            loose.add(k)
        at += len(text)
    return found, loose
