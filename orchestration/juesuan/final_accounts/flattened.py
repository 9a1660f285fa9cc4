"""Tables whose cells were flattened to running text: a stream of words and figures, read in order.

Belongs here: header order, rows and figures of a table that has no boxes. Does not belong here: grids (grids.py),
the words of any form.

Order is the only position that such text keeps. So a row is read only when its figures are as many as the columns
that the header names; a row with fewer has lost its blanks, and its figures are reported, not guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from itertools import accumulate, groupby, pairwise
from typing import Literal, NamedTuple
from unicodedata import east_asian_width

from juesuan.final_accounts.classes import is_named
from juesuan.final_accounts.forms import Column, Form, Side, load_forms
from juesuan.final_accounts.header_letters import columns_by_letters
from juesuan.final_accounts.identities import Place, Row, Run, put
from juesuan.final_accounts.list_headers import header_words, is_furniture
from juesuan.final_accounts.model import TextLine
from juesuan.final_accounts.numbers import FIGURE, NO_FIGURE
from juesuan.final_accounts.placing import CODE, HAS_AMOUNT, Figure, OpenTable, Slot, header_word, is_header_word
from juesuan.final_accounts.text import bare, label

_TOKEN = re.compile(rf"(?P<number>{FIGURE})(?!\S)|(?P<word>\S+)")
_GLUED = re.compile(rf"(\d{{3}}(?:\d{{2}}){{0,2}})(?=[^\d\s.,])|(?<=[^\d\s.,\-(（第])({FIGURE})$")
_PART = re.compile(r"\d{2}")
_ORDINAL = re.compile(
    r"第\d{1,2}项|[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.]|其中[:：]"
)
_TAB, _BAR = re.compile(r"\t"), re.compile(r"[|｜│]")
#: The rule under the header of a table drawn with bars.
_RULE = re.compile(r"[|｜│:\-+=\s]+")
#: Printed where there is no figure: a blank that keeps its place.
_DASH = re.compile(r"[-－–—]{1,3}|/")


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
    """Words and numbers in order. A code glued to its name, a name to its figure come apart; 一、 joins its name.

    Where tabs or bars part the cells of a line with figures, an empty cell behind its last word is a blank figure.
    """
    found: list[Token] = []
    for line in lines:
        if line.text.count("\t") > 1 or len(_BAR.findall(line.text)) > 2:
            found += _of_cells(line)
        else:
            found += _of_text(line.text, line, 0)
    return found


def _of_cells(line: TextLine) -> list[Token]:
    """The tokens of a line whose cells are parted by tabs or bars."""
    if _RULE.fullmatch(line.text):
        return []
    text, parted = line.text, _BAR if _BAR.search(line.text) else _TAB
    outer = parted is _BAR and _BAR.match(text.strip()) is not None
    cells: list[tuple[str, int]] = []
    at = 0
    for match in [*parted.finditer(text), None]:
        end = match.start() if match else len(text)
        cells.append((text[at:end], at))
        at = match.end() if match else end
    if outer:
        cells = cells[1:]
        if not cells[-1][0].strip():
            cells.pop()
    tokens: list[list[Token]] = [list(_of_text(cell, line, start)) for cell, start in cells]
    if not any(t.kind == "number" and HAS_AMOUNT.search(t.text) for own in tokens for t in own):
        return [t for own in tokens for t in own]
    found: list[Token] = []
    for k, own in enumerate(tokens):
        if own:
            found += own
        elif any(t.kind == "word" for t in found) and not _word_follows(tokens[k + 1 :]):
            found.append(Token("number", "", line, cells[k][1]))
    return found


def _word_follows(cells: Sequence[Sequence[Token]]) -> bool:
    """Whether the next cell that is not empty begins with a word: then an empty one before it has no figure."""
    return next((own[0].kind == "word" for own in cells if own), False)


def _of_text(text: str, line: TextLine, offset: int) -> Iterator[Token]:
    ordinal: tuple[str, int] | None = None
    for match in _TOKEN.finditer(text):
        word, start = match.group(0), offset + match.start()
        if ordinal is not None:
            if match.lastgroup == "word":
                word, start = ordinal[0] + word, ordinal[1]
            else:
                yield Token("word", ordinal[0], line, ordinal[1])
            ordinal = None
        if match.lastgroup == "number":
            yield Token("number", word, line, start)
        elif word.isalpha():
            yield Token("word", word, line, start)
        elif _ORDINAL.fullmatch(word):
            ordinal = word, start
        elif _DASH.fullmatch(word):
            yield Token("number", word, line, start)
        else:
            yield from _apart(word, line, start)
    if ordinal is not None:
        yield Token("word", ordinal[0], line, ordinal[1])


def _apart(text: str, line: TextLine, start: int) -> Iterator[Token]:
    """A code glued to its name and a name to its figure, each by itself."""
    head = _GLUED.match(text)
    if head and head.group(1):
        yield Token("number", head.group(1), line, start)
        start += head.end()
        text = text[head.end() :]
    tail = _GLUED.search(text)
    if tail and tail.group(2) and "." in tail.group(2):
        yield Token("word", text[: tail.start()], line, start)
        yield Token("number", tail.group(2), line, start + tail.start())
    elif text:
        yield Token("word", text, line, start)


_CODE_LINE = re.compile(r"\d{3}(?:\s+\d{2})?")


def without_furniture(lines: Sequence[TextLine], is_furniture: Callable[[TextLine], bool]) -> list[TextLine]:
    """The lines of a table without page numbers and the like; 99 behind 302 is no page number but a section."""
    kept: list[TextLine] = []
    for line in lines:
        part = kept and _PART.fullmatch(line.text.strip()) and _CODE_LINE.fullmatch(kept[-1].text.strip())
        if part or not is_furniture(line):
            kept.append(line)
    return kept


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


class _Columns(NamedTuple):
    """The columns that a header names, in their order; ``orders`` are those they may stand in where it is not sure."""

    keys: list[str]
    orders: list[tuple[int, ...]]
    paths: list[tuple[str, ...]]


_NO_COLUMNS = _Columns([], [], [])
#: Orders of columns that are tried; a header that allows more tells nothing.
_MOST_ORDERS = 64


def _columns(columns: Sequence[Column], header: _Header) -> _Columns:
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
        return _Columns(keys, [], paths)
    if beside is None:
        lines = [header.lines[one.at] for one in found]
        if (len(set(lines)) in (1, len(lines)) or _cell_by_cell(header, found)) and not header.one_line:
            return _Columns(keys, [], paths)
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
        return _Columns([keys[k] for k in form], [], [paths[k] for k in form])
    if header.one_line or all(len(line) == 1 for line in header.pieces):
        # no two words stand in one line: they come in their order, or the text shuffled them
        return _Columns(keys, [tuple(range(len(keys))), tuple(form)], paths)
    orders = _extensions(len(keys), pairs)
    if len(orders) != 1 and (placed := _by_middles(header, found, begins)) is not None:
        return _Columns([keys[k] for k in placed], [], [paths[k] for k in placed])
    return _Columns(keys, orders, paths) if orders else _NO_COLUMNS


def _by_middles(header: _Header, found: Sequence[_Named], begins: Sequence[int] | None) -> list[int] | None:
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


def _by_letters(columns: Sequence[Column], header: _Header) -> _Columns:
    """The columns that the letters of a header name, supposed in the order of the form until identities prove it."""
    furniture = load_forms().furniture
    words = header_words(frozenset(), furniture, [piece for line in header.pieces for piece in line])
    found = columns_by_letters(tuple(columns), "".join(word for word in words if not is_furniture(furniture, word)))
    if found is None:
        return _NO_COLUMNS
    return _Columns([key for key, _ in found], [tuple(range(len(found)))], [path for _, path in found])


def _cell_by_cell(header: _Header, found: Sequence[_Named]) -> bool:
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


def _is_only_item(form: Form, header: _Header, last: Token) -> bool:
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


class _Header(NamedTuple):
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


def _header(table: OpenTable, tokens: Sequence[Token]) -> _Header:
    """The header in these tokens. What no word of a header covers at its end is the name of the first row."""
    header = _header_with(table, tokens, rows_first=False)
    columns = table.form.columns
    if table.form.kind != "coded" or header.whole or unstack(header.pieces, header.vocabulary, _words_of(columns)):
        return header
    return _header_with(table, tokens, rows_first=True)


def _header_with(table: OpenTable, tokens: Sequence[Token], *, rows_first: bool) -> _Header:
    vocabulary = _vocabulary(table.form.key)
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
    return _Header([word for word, _ in found], lines, not loose, pieces, vocabulary, behind, starts, firsts, middles)


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


def read_flattened(table: OpenTable, lines: Sequence[TextLine]) -> None:
    """Read one flattened table (title taken off) into ``table``; what finds no place is reported.

    Rows that have lost their blanks wait in ``table.pending`` for ``identities.settle``.
    """
    tokens = tokens_of(lines)
    start = _header_end(table, tokens)
    header = _header(table, tokens[:start])
    if start < len(tokens) and {id(t.line) for t in tokens[: start + 1]} == {id(tokens[0].line)}:
        header = header._replace(one_line=True)
    start -= header.behind
    if start and table.form.kind == "single" and _is_only_item(table.form, header, tokens[start - 1]):
        # the first row of a table whose items stand down the side
        start -= 1
        header = header._replace(
            words=header.words[:-1], lines=header.lines[:-1], starts=header.starts[:-1], firsts=header.firsts[:-1]
        )
    body = without_header(list(tokens[start:]), tokens[:start])
    kind = table.form.kind
    if kind == "paired":
        _paired(table, header, body)
    elif kind == "single":
        _single(table, header, body)
    else:
        several = sum(w in table.words.code or (w in table.words.name and w != "项目") for w in header.words) > 2
        blocks = kind == "economic" and several
        _coded(table, _Columns(["amount"], [], [()]) if blocks else _columns(table.form.columns, header), body)


# --- rows -------------------------------------------------------------------------------------------------------------


def figure_of(token: Token, col: int) -> Figure:
    """A number of the text at its place, in a column."""
    line = token.line
    span = (line.span[0] + token.start, line.span[0] + token.start + len(token.text)) if line.span else None
    return Figure(token.text, col, line.page, line.line, span, line.box)


def _blank(table: OpenTable, token: Token | None, col: int) -> Figure:
    line = token.line if token else None
    return Figure("", col, line.page if line else table.page, line.line if line else None)


def _report(table: OpenTable, tokens: Sequence[Token], quote: str, reason: str) -> None:
    for token in tokens:
        if token.text:
            table.report(token.text, quote, reason, figure_of(token, -1))


@dataclass(slots=True)
class _Part:
    """One row as a text names it (in a paired table one side of it): its cells, and the figures behind its name."""

    places: list[Place]
    runs: list[list[Token]]
    quote: str
    orders: list[tuple[int, ...]] = field(default_factory=list)  # in which its cells may stand, where it is not sure

    @property
    def count(self) -> int:
        return sum(map(len, self.runs))


@dataclass(slots=True)
class _Entry:
    """What one line of text names, one row or both sides of one; ``floats`` are figures in lines of their own."""

    parts: list[_Part]
    floats: list[list[Token]] = field(default_factory=list)

    @property
    def room(self) -> int:
        """How many cells are without a figure yet."""
        taken = sum(part.count for part in self.parts) + sum(map(len, self.floats))
        return sum(len(part.places) for part in self.parts) - taken


#: Rows in the order of the text, and between them the figures that stand in lines of their own.
_Sequence = list["_Entry | list[Token]"]


def _lined(tokens: Sequence[Token]) -> bool:
    """Whether lines of the text are rows: most figures share theirs with a name, a code or another figure."""
    on_line = Counter(id(t.line) for t in tokens)
    if len(on_line) < 4:
        return False
    figures = [t for t in tokens if t.kind == "number" and "." in t.text]
    return 2 * sum(on_line[id(t.line)] > 1 for t in figures) > len(figures)


def _give(sequence: _Sequence, *, up: bool) -> tuple[list[_Entry], list[list[Token]]]:
    """Give figures in lines of their own to the row above them (``up``) or below, where it has room; else to the other.

    Gives copies of the rows, and the figures that neither can take.
    """
    entries = [_Entry(e.parts, list(e.floats)) for e in sequence if isinstance(e, _Entry)]
    left: list[list[Token]] = []
    at = 0
    for item in sequence:
        if isinstance(item, _Entry):
            at += 1
            continue
        above, below = at - 1, at
        for k in (above, below) if up else (below, above):
            if 0 <= k < len(entries) and entries[k].room >= len(item):
                entries[k].floats.append(item)
                break
        else:
            left.append(item)
    return entries, left


def _finish(table: OpenTable, sequence: _Sequence) -> None:
    """Place the rows whose figures are as many as their cells; leave the others to the identities."""
    floating = [item for item in sequence if not isinstance(item, _Entry)]
    entries, left = _give(sequence, up=True)
    for run in left:
        _report(table, run, " ".join(t.text for t in run), "no row beside it has room for it")
    if not floating or all(not e.room for e in entries):
        table.pending = [rows] if (rows := _rows(table, entries)) else []
        return
    # Figures between two rows may belong to either: only what neither reading changes is placed now.
    other, _ = _give(sequence, up=False)
    same = [a.floats == b.floats for a, b in zip(entries, other, strict=True)]
    sure = _rows(table, [e for e, s in zip(entries, same, strict=True) if s])
    readings = []
    for reading in (entries, other):
        doubtful = [e for e, s in zip(reading, same, strict=True) if not s]
        readings.append([*sure, *(row for e in doubtful for row in _doubts(table, e, every=True))])
    table.pending = readings


def _rows(table: OpenTable, entries: Sequence[_Entry]) -> list[Row]:
    """Place what order decides; the rows that it does not come back."""
    return [row for entry in entries for row in _doubts(table, entry)]


def _doubts(table: OpenTable, entry: _Entry, *, every: bool = False) -> list[Row]:
    """Place what order decides of an entry (nothing where ``every`` is set); the rows that it does not come back."""
    if entry.floats and len(entry.parts) > 1:
        runs: list[Run] = []
        orders: list[tuple[int, ...]] = [()]
        at = 0
        for part in entry.parts:
            size = len(part.places)
            runs += [_run(run, at, at + size) for run in part.runs]
            own = part.orders or [tuple(range(size))]
            orders = [(*before, *(at + k for k in order)) for before in orders for order in own]
            at += size
        quote = " ".join(part.quote for part in entry.parts)
        sure = not any(part.orders for part in entry.parts)
        whole = _Part([p for part in entry.parts for p in part.places], [], quote, [] if sure else orders)
        taken = [(whole, [*runs, *(_run(run, 0, at) for run in entry.floats)])]
    else:
        taken = []
        for part in entry.parts:
            if not every and not entry.floats and not part.orders and _placed_in_order(table, part):
                continue
            taken.append((part, [_run(run, 0, len(part.places)) for run in (*part.runs, *entry.floats)]))
    rows = []
    for part, runs in taken:
        figures = [figure for run in runs for figure in run.figures]
        quote = " ".join([part.quote, *(figure.text for figure in figures)])
        if len(figures) > len(part.places):
            table.reason = table.reason or "rows have more figures than the header has columns"
            for figure in (f for f in figures if f.text):
                table.report(figure.text, quote, f"{len(figures)} figures for {len(part.places)} columns", figure)
        elif not every and (not figures or (len(figures) == len(part.places) and len(runs) == 1 and not part.orders)):
            for k, place in enumerate(part.places):
                figure = figures[k]._replace(col=place.blank.col) if figures else place.blank
                put(table, place, figure)
        else:
            rows.append(Row(part.places, runs, quote, orders=part.orders))
    return rows


def _placed_in_order(table: OpenTable, part: _Part) -> bool:
    """Place a row whose figures are as many as its cells, or none; False for any other."""
    if not part.runs:
        for place in part.places:
            put(table, place, place.blank)
        return True
    if len(part.runs) > 1 or len(part.runs[0]) != len(part.places):
        return False
    for token, place in zip(part.runs[0], part.places, strict=True):
        put(table, place, figure_of(token, place.blank.col))
    return True


def _run(tokens: Sequence[Token], lo: int, hi: int) -> Run:
    return Run([figure_of(t, -1) for t in tokens], lo, hi)


# --- the kinds of tables ----------------------------------------------------------------------------------------------


def _single(table: OpenTable, header: _Header, body: Sequence[Token]) -> None:
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
        _report(table, figures, " ".join(t.text for t in body), table.reason)
        return
    first = body[0] if body else None
    places = [Place(row, row, None, Slot(column), 0, _blank(table, first, col)) for col, column in enumerate(order)]
    usual = _usual_order(table.form, order)
    doubt = (len(set(header.lines)) > 1 or header.one_line) and usual != order
    orders = [tuple(range(len(order))), tuple(order.index(column) for column in usual)] if doubt else []
    part = _Part(places, [figures] if figures else [], row, orders)
    _finish(table, [_Entry([part])])


def _facets_by_middles(form: Form, header: _Header, figures: Sequence[Token]) -> list[str]:
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


def _items_down(table: OpenTable, header: _Header, body: Sequence[Token]) -> bool:
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
    sequence: _Sequence = []
    lined = _lined(body)
    at_line, next_line, seen = None, 1, set()
    i = 0
    while i < len(body):
        token = body[i]
        if token.kind == "number":
            run = _figures_at(body, i, {}, lined)
            _beside_labels(sequence, run, own=at_line == id(token.line) or not lined)
            i += len(run)
            continue
        j, text = _label_at(body, i, frozenset(known))
        name = label(text)
        item = known.get(name) or next((k for k, ws in facets["item"].items() if name in ws), None)
        at_line = id(body[j - 1].line)
        if numbered and j < len(body) and body[j].plain_integer and int(body[j].text) == next_line:
            next_line += 1
            at_line = id(body[j].line)
            j += 1
        run = _figures_at(body, j, {}, lined) if j < len(body) else []
        said = [t for t in run if bare(t.text) not in NO_FIGURE]
        if item is None or (item == form.heading_item and (item in seen or (run and not said))):
            # dashes behind a heading are no figures
            _report(table, said, text, f"its row is no item of the form ({name})")
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
                _blank(table, token, k),
                table.words.counted.search(bare(text)) is not None,
            )
            for k, (stage, word) in enumerate(stages)
        ]
        sequence.append(_Entry([_Part(places, [], text)]))
        i = j
    if not sequence:
        return False
    _finish(table, sequence)
    return True


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


def _coded(table: OpenTable, columns: _Columns, body: Sequence[Token]) -> None:
    order, orders, paths = columns
    if not order:
        table.unread, table.reason = True, "the header names no column of the form"
        _report(table, [t for t in body if t.kind == "number"], table.title, table.reason)
        return
    found = _named_rows(table, len(order), body)
    if found is None:
        table.unread, table.reason = True, "its codes stand apart from their names and figures"
        _report(table, [t for t in body if t.kind == "number"], table.title, table.reason)
        return
    names = _names([item for item in found if isinstance(item, _RowAt)])
    found = [item for item in found if not isinstance(item, _RowAt) or item.code]
    lined = _lined(body)
    sequence: _Sequence = []
    number = 0
    for item in found:
        if not isinstance(item, _RowAt):
            sequence.append(item)
            continue
        name = names[number]
        if item.torn:
            table.reason = table.reason or "codes stand in pieces around their names"
            torn = [t for run in item.runs for t in run if not _PART.fullmatch(t.text)]
            _report(table, torn, f"{item.code} {name}", "its code stands in pieces around its name")
            number += 1
            continue
        known = (table.form.lines or {}).get(item.code) or (table.form.lines or {}).get(label(name))
        line, text = known.key if known else None, name or item.first.text
        places = [
            Place(item.code, text, line, Slot(column, None, path), number, _blank(table, item.first, col))
            for col, (column, path) in enumerate(zip(order, paths, strict=True))
        ]
        part = _Part(places, _fitted(item.runs, len(places)), f"{item.code} {name}", orders)
        last = sequence[-1] if sequence else None
        beside = lined and table.form.kind == "economic" and isinstance(last, _Entry) and _beside(found, item)
        if beside and isinstance(last, _Entry) and not last.parts[-1].runs:
            last.parts.append(part)
        else:
            sequence.append(_Entry([part]))
        number += 1
    _finish(table, sequence)


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
    lined = _lined(body)
    decimals = sum("." in t.text for t in body if t.kind == "number")
    digits = [t.text for t in body if t.kind == "number" and t.text[-1:].isdigit()]
    others = sum(not CODE.fullmatch(text) and not _PART.fullmatch(text) for text in digits)
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
            while len(code) < 7 and j < len(body) and body[j].kind == "number" and _PART.fullmatch(body[j].text):
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
        if parted and row is not None and _PART.fullmatch(token.text):
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
        and (_PART.fullmatch(other.text) is not None)
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


def _paired(table: OpenTable, header: _Header, body: list[Token]) -> None:
    """Income and expenditure side by side: a label, its line number where the header has 行次, its figures."""
    income, expenditure = table.form.sides
    known = income.labels | expenditure.labels
    numbered = any(w in table.words.line for w in header.words)
    names = [i for i, w in enumerate(header.words) if w in table.words.name]
    if header.whole and len(names) > 1:
        header = header._replace(words=header.words[names[1] :], lines=header.lines[names[1] :])
    spent, orders, paths = _columns(expenditure.columns, header)
    columns = {income.name: [income.columns[0].key], expenditure.name: spent}
    if not columns[expenditure.name]:
        table.unread, table.reason = True, "the header names no column of the expenditure side"
        _report(table, [t for t in body if t.kind == "number"], table.title, table.reason)
        return
    lined = _lined(body)
    sequence: _Sequence = []
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
            run = _figures_at(body, i, next_line if numbered else {}, lined) or [token]
            _beside_labels(sequence, run, own=at_line == id(token.line) or not lined)
            i += len(run)
            continue
        j, text = _label_at(body, i, known)
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
            run = _figures_at(body, j, {other: next_line[other]} if numbered and other in next_line else {}, lined)
            why = f"its label {text} is a piece of {piece}, whose rest stands elsewhere"
            table.reason = table.reason or "labels stand in pieces between figures"
            _report(table, run, f"{text} {' '.join(t.text for t in run)}", why)
            i = j + len(run)
            continue
        row_key, line_key = table.line_of(side, text)
        shift = 0 if side is income else len(columns[income.name])
        places = [
            Place(
                row_key, text, line_key, Slot(column, side.name, path), max(row_no, 0), _blank(table, token, shift + k)
            )
            for k, (column, path) in enumerate(zip(columns[side.name], paths if shift else [()], strict=True))
        ]
        part = _Part(places, [], text, orders if side is expenditure else [])
        before = sequence[-1] if sequence else None
        if (
            side is expenditure
            and isinstance(before, _Entry)
            and len(before.parts) == 1
            and not before.floats
            and before.parts[0].places[0].slot.side == income.name
            and (not lined or id(token.line) == before_line)
        ):
            before.parts.append(part)
        else:
            sequence.append(_Entry([part]))
        before_line = id(token.line)
        i = j
    _finish(table, sequence)


def _figures_at(body: Sequence[Token], i: int, next_line: Mapping[str, int], lined: bool) -> list[Token]:
    """The figures from ``i`` on, in one line of text where lines are rows, up to a word or the next line number."""
    run: list[Token] = []
    for token in body[i:]:
        if token.kind == "word" or (run and lined and token.line is not run[-1].line):
            break
        if token.plain_integer and int(token.text) in next_line.values():
            break
        run.append(token)
    return run


def _beside_labels(sequence: _Sequence, run: list[Token], *, own: bool) -> None:
    """Give figures to the label before them, where they stand in its line; else leave them between the rows.

    More figures than the label has columns are those of both labels of the row.
    """
    last = sequence[-1] if sequence else None
    if not own or not isinstance(last, _Entry):
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
