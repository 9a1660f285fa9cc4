"""The columns of a table of a single place in flattened text: their names, and which stand under which.

Belongs here: headers whose columns no form data names, of one level or of two, and blocks of them side by side. Does
not belong here: rows (flattened_lists.py), headers that the form data names (flattened_headers.py).

Text keeps the words of a header and not what stands over what. A header of two levels is read where one way of putting
its words together gives as many columns as the rows have figures and holds in the figures of every row: 小计 is the sum
of what stands beside it under one group, 合计 that of the groups. Where several ways hold, or none, nothing is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations, pairwise
from typing import NamedTuple

from juesuan.final_accounts.forms import Furniture
from juesuan.final_accounts.text import bare

#: Words of a subtotal, the first column under a group.
SUBTOTALS = frozenset({"小计", "合计", "计"})
#: Pieces that one word of a header may be cut into.
_MOST_PIECES = 12
#: Columns of a table that are put together in every way.
_MOST_COLUMNS = 60

Path = tuple[str, ...]


class Names(NamedTuple):
    """The columns of one block. ``labels`` are the columns of words before them; ``proved``: by sums, not by order."""

    paths: tuple[Path, ...]
    labels: int = 1
    proved: bool = False


def header_words(own: frozenset[str], furniture: Furniture, pieces: Sequence[str]) -> list[str]:
    """The words of a header in their order, wrapped ones put together where a list of words knows them.

    ``own``: words of that table. A piece that no known word covers is a word by itself.
    """
    known = own | furniture.code.plain | furniture.name.plain | furniture.line.plain
    texts = [text for piece in pieces if (text := bare(piece))]
    words: list[str] = []
    at = 0
    while at < len(texts):
        # a word that wraps ends where a piece ends, so 项目 in 项目支出 is none
        sizes = range(min(_MOST_PIECES, len(texts) - at), 1, -1)
        size = next((n for n in sizes if "".join(texts[at : at + n]) in known), 1)
        words.append("".join(texts[at : at + size]))
        at += size
    return _joined(words, known)


def _joined(words: list[str], known: frozenset[str]) -> list[str]:
    """The words, with one whose end stands behind words of other cells made whole: 经济分类科 ... 目编码."""
    for k, head in enumerate(words):
        if head in known:
            continue
        tail = next((n for n in range(k + 1, len(words)) if words[n] not in known and head + words[n] in known), None)
        if tail is not None:
            return _joined([*words[:k], head + words[tail], *words[k + 1 : tail], *words[tail + 1 :]], known)
    return words


def is_furniture(furniture: Furniture, word: str) -> bool:
    """Whether a word of a header names no column of figures: 项目, 科目编码, 行次."""
    return any(word in words for words in (furniture.name, furniture.line, furniture.code, furniture.column_number))


def blocks(furniture: Furniture, words: Sequence[str]) -> list[list[str]]:
    """The words of each of the lists that stand side by side, without furniture: each begins with 项目."""
    heads = [k for k, word in enumerate(words) if word in furniture.name]
    starts = [k for k in heads if words[k] == words[heads[0]]] if heads else []
    plain = [word for word in words if not is_furniture(furniture, word)]
    if len(starts) < 2 or starts[0] != 0:
        return [plain]
    parts = [words[a:b] for a, b in zip(starts, [*starts[1:], len(words)], strict=True)]
    found = [[word for word in part if not is_furniture(furniture, word)] for part in parts]
    return found if all(found) else [plain]


def names(words: Sequence[str], rows: Sequence[Sequence[Decimal | None]], labels: int) -> Names | None:
    """The columns that ``words`` (without furniture) name over rows of as many figures; None where it is not sure.

    ``labels`` is how many words each row has before its figures.
    """
    width = len(rows[0]) if rows else 0
    if not width or width > _MOST_COLUMNS:
        return None
    for behind in range(labels, -1, -1):
        if len(words) == width + behind and (behind == 0 or labels > 1):
            return Names(tuple((word,) for word in words[behind:]), labels)
    if len(words) == width:
        return Names(tuple((word,) for word in words), labels)
    held = {paths for paths in _two_levels(words, width) if _hold(paths, rows)}
    return Names(held.pop(), labels, proved=True) if len(held) == 1 else None


def names_from_left(
    words: Sequence[tuple[float, str]], groups: frozenset[str], rows: Sequence[Sequence[Decimal | None]]
) -> Names | None:
    """The columns of words that are known to stand somewhere from left to right; None where it is not sure.

    One of ``groups`` stands over columns of which the first is the sum of the others.
    """
    width = len(rows[0]) if rows else 0
    over = [word for _, word in words if word in groups]
    leaves = [word for _, word in sorted(words) if word not in groups]
    places = sorted(place for place, word in words if word not in groups)
    if len(leaves) != width or len(over) > 1 or any(b - a < 1 for a, b in pairwise(places)):
        return None
    if not over:
        return Names(tuple((leaf,) for leaf in leaves))
    held = []
    for first, last in combinations(range(width), 2):
        paths = tuple((over[0], leaf) if first <= k <= last else (leaf,) for k, leaf in enumerate(leaves))
        if leaves[first] in SUBTOTALS and _hold(paths, rows):
            held.append(paths)
    return Names(held[0]) if len(held) == 1 else None


def _two_levels(words: Sequence[str], width: int) -> Iterator[tuple[Path, ...]]:
    """Every way in which the last words stand under some of the first ones, and the others by themselves."""
    for cut in range(1, len(words)):
        above, below = words[:cut], words[cut:]
        alone = width - len(below)
        if not 0 <= alone < len(above):
            continue
        runs = list(_runs(below, len(above) - alone))
        if not runs:
            continue
        for order in _orders(above):
            for single in combinations(range(len(order)), alone):
                if any(word in SUBTOTALS and k not in single for k, word in enumerate(order)):
                    continue  # a total has no parts under it
                for parted in runs:
                    left = iter(parted)
                    paths: list[Path] = []
                    for k, word in enumerate(order):
                        paths += [(word,)] if k in single else [(word, leaf) for leaf in next(left)]
                    yield tuple(paths)


def _orders(words: Sequence[str]) -> Iterator[list[str]]:
    """The words as they stand; and where there is one total among them, with it in every other place: a cell over both
    levels stands half a line lower than those beside it.
    """
    yield list(words)
    totals = [k for k, word in enumerate(words) if word in SUBTOTALS]
    if len(totals) == 1:
        rest = [word for k, word in enumerate(words) if k != totals[0]]
        for at in range(len(words)):
            if at != totals[0]:
                yield [*rest[:at], words[totals[0]], *rest[at:]]


def _runs(words: Sequence[str], groups: int) -> Iterator[list[list[str]]]:
    """Words in as many runs: each begins with 小计 where the first does, else where a word comes again."""
    starts = [k for k, word in enumerate(words) if word == words[0]]
    if groups == 1:
        yield [list(words)]
    elif len(starts) == groups:
        yield [list(words[a:b]) for a, b in zip(starts, [*starts[1:], len(words)], strict=True)]


def _hold(paths: Sequence[Path], rows: Sequence[Sequence[Decimal | None]]) -> bool:
    """Whether sums prove the columns: a group has a subtotal, and every total is the sum of its parts in every row."""
    groups: dict[str, list[int]] = {}
    for k, path in enumerate(paths):
        if len(path) == 2:
            groups.setdefault(path[0], []).append(k)
    parts = [(members[0], members[1:]) for members in groups.values() if paths[members[0]][1] in SUBTOTALS]
    if not parts or any(not rest for _, rest in parts):
        return False
    whole = [k for k, path in enumerate(paths) if len(path) == 1 and path[0] in SUBTOTALS]
    others = [k for k, path in enumerate(paths) if len(path) == 1 and k not in whole]
    if whole and len(parts) == len(groups):
        parts.append((whole[0], [*(first for first, _ in parts), *others]))
    said = False
    for row in rows:
        for first, rest in parts:
            amount, sum_of = row[first] or Decimal(0), sum((row[k] or Decimal(0) for k in rest), Decimal(0))
            places = [v.as_tuple().exponent for v in (row[first], *(row[k] for k in rest)) if v is not None]
            half = Decimal(5).scaleb(min((int(p) for p in places), default=0) - 1)
            if abs(amount - sum_of) > half * (len(rest) + 1):
                return False
            said = said or bool(amount and len(rest) > 1)
    return said
