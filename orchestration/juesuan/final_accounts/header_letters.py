"""Which columns a header names whose words are cut and shuffled: told by its letters, and by nothing but them.

Belongs here: choosing words of a form so that their letters are those that the header prints, each once. Does not
belong here: headers whose words can be put together in their order (flattened_headers.py), and in which order the
columns stand: that of the form is only supposed, until the identities prove it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import product

from juesuan.final_accounts.forms import Column

#: Ways that are kept; more tell nothing.
_MOST_WAYS = 60
#: States of the search; a header that needs more tells nothing.
_MOST_CHOICES = 20_000

Choice = tuple[str, tuple[str, ...]]


@lru_cache(maxsize=64)
def columns_by_letters(columns: tuple[Column, ...], text: str) -> tuple[Choice, ...] | None:
    """The keys of the columns, each with its words, in the order of the form; None where the letters do not decide.

    ``text`` is all that the header prints, without white space and without words that name no column (科目编码, 项目).
    """
    options = [_options(column, text) for column in columns]
    # how many of each letter the columns from one on can take at most
    takes: list[Counter[str]] = [Counter()]
    for own in reversed(options):
        largest: Counter[str] = Counter()
        for _, word, group in own:
            largest |= Counter(word) + Counter(group)
        takes.append(takes[-1] + largest)
    takes.reverse()
    known: dict[tuple[int, frozenset[tuple[str, int]], frozenset[str]], dict[tuple[str, ...], tuple[Choice, ...]]] = {}

    def ways(n: int, left: Counter[str], groups: frozenset[str]) -> dict[tuple[str, ...], tuple[Choice, ...]]:
        """The columns from ``n`` on that use up these letters, by their keys."""
        state = n, frozenset(left.items()), groups
        if state in known:
            return known[state]
        found = known[state] = {}
        if left - takes[n] or len(known) > _MOST_CHOICES:
            return found
        if n == len(columns):
            if not left:
                found[()] = ()
            return found
        for path, word, group in options[n]:
            cost = Counter(word) + (Counter() if not group or group in groups else Counter(group))
            if not cost - left:
                for keys, rest in ways(n + 1, left - cost, groups | {group} if group else groups).items():
                    found.setdefault((columns[n].key, *keys), ((columns[n].key, path), *rest))
            if len(found) > _MOST_WAYS:
                return found
        for keys, rest in ways(n + 1, left, groups).items():
            found.setdefault(keys, rest)
        return found

    needs = {column.key: column.beside for column in columns if column.beside}
    found = {
        keys: way
        for keys, way in ways(0, Counter(text), frozenset()).items()
        if all(needs.get(key, key) in keys for key in keys) and not _alone(way)
    }
    (only,) = found.values() if len(found) == 1 else (None,)
    return only if only is not None and len(only) > 1 and len(known) <= _MOST_CHOICES else None


def _alone(way: Sequence[Choice]) -> bool:
    """Whether a group has but one column under it: then its word would be the name of that column."""
    groups = Counter(path[0] for _, path in way if len(path) > 1)
    return 1 in groups.values()


def _options(column: Column, text: str) -> list[tuple[tuple[str, ...], str, str]]:
    """The ways in which a header may name a column: its words, the lower one, the group over it or none.

    A word that is cut keeps its first two letters together.
    """
    options: list[tuple[tuple[str, ...], str, str]] = []
    for names, words in column.groups:
        for group, word in product(sorted(names.plain), sorted(words.plain)):
            if group[:2] in text and word[:2] in text:
                options.append(((group, word), word, group))
    options += [((word,), word, "") for word in sorted(column.words.plain) if word[:2] in text]
    return options
