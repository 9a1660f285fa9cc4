"""The words of the text outside tables: the lexicon (data) and the scan of a paragraph into marked words and figures.

Belongs here: loading ``forms/statements.yml``, the normal form of a paragraph with its way back to the printed
offsets, telling figures from dates, ordinals and names. Does not belong here: what a figure states
(``statements``), or any word (they are data).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from operator import add
from typing import Any

from juesuan.final_accounts.forms import load_yaml
from juesuan.final_accounts.model import FormDefinitionError
from juesuan.final_accounts.numbers import FIGURE

Unit = str


@dataclass(frozen=True, slots=True)
class Topic:
    """One reading of a topic's words: where its figures go.

    ``counts`` sends a count in a unit to another topic; ``none_topics`` are the topics that 无… declares empty.
    ``scopes`` maps a prefix of section keys to a topic, '' to the default; None where the words have no default.
    """

    key: str
    measure: str = "amount"
    money: bool = True
    share: bool = False
    units: frozenset[str] = frozenset()
    counts: dict[str, str] = field(default_factory=dict)
    base: str | None = None
    opens: str | None = None
    scopes: tuple[tuple[str, str], ...] = ()
    none_topics: tuple[str, ...] = ()
    weak: bool = False
    parts: bool = False
    strong: bool = False
    follows: tuple[tuple[str, str], ...] = ()

    def in_section(self, section: str) -> str | None:
        """The topic key that these words mean in a section; None when they mean none there."""
        if not self.scopes:
            return self.key
        best, found = -1, None
        for prefix, key in self.scopes:
            if len(prefix) > best and (not prefix or section == prefix or section.startswith(prefix + ".")):
                best, found = len(prefix), key
        return found


@dataclass(slots=True)
class Token:
    """A marked piece of a paragraph in normal form. ``start`` and ``end`` are offsets in the normal form.

    ``kind`` is ``topic``, ``figure``, ``dash`` (printed in place of a figure), ``blank`` (a unit without its
    figure), ``stop`` (a mark of punctuation), ``passed`` (a date, ordinal or name; ``data`` is its kind) or the
    name of a cue.
    """

    kind: str
    start: int
    end: int
    text: str
    data: Any = None
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Normal:
    """A paragraph without white space and quotation marks, half-width; ``at`` maps offsets back to the print."""

    text: str
    at: tuple[int, ...] | range
    quoted: tuple[tuple[int, int], ...]

    def printed(self, start: int, end: int) -> tuple[int, int]:
        """The printed span of a span of the normal form."""
        if start >= len(self.text):
            last = self.at[-1] + 1 if len(self.at) else 0
            return last, last
        return self.at[start], (self.at[end - 1] + 1 if end > start else self.at[start])


_HALF = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_HALF[0xFF0C] = 0xFF0C  # a full-width comma parts clauses; a half-width one may part thousands
_HALF.update({ord("﹙"): ord("("), ord("﹚"): ord(")"), ord("％"): ord("%"), ord("﹪"): ord("%"), ord("﹣"): ord("-")})
_COMMA = re.compile(r"(?<!\d),|,(?!\s?\d{3}(?!\d))")
# 3，518.85万元: a full-width comma between thousands
_WIDE_COMMA = re.compile(
    r"(?<=(?<![\d.,])\d)，(?=\d{3}\.\d{1,6}\s*[万亿元])|(?<=(?<![\d.,])\d\d)，(?=\d{3}\.\d{1,6}\s*[万亿元])"
    r"|(?<=(?<![\d.,])\d\d\d)，(?=\d{3}\.\d{1,6}\s*[万亿元])"
)
_WHITE_OR_QUOTE = re.compile('[\\s\u200b\ufeff"“”„＂『』「」]+')
_QUOTE = re.compile('["“”„＂『』「」]')


def normal(text: str) -> Normal:
    """The normal form of a printed paragraph."""
    text = _WIDE_COMMA.sub(",", _COMMA.sub("，", text.translate(_HALF)))
    if not _WHITE_OR_QUOTE.search(text):
        return Normal(text, range(len(text)), ())
    kept: list[str] = []
    at: list[int] = []
    quoted: list[tuple[int, int]] = []
    open_at = -1
    last = 0
    size = 0
    for found in _WHITE_OR_QUOTE.finditer(text):
        start, end = found.span()
        kept.append(text[last:start])
        at.extend(range(last, start))
        size += start - last
        for mark in _QUOTE.findall(found[0]):
            if mark in "“„「『" or (mark in '"＂' and open_at < 0):
                if open_at >= 0:
                    quoted.append((open_at, -1))  # never closed
                open_at = size
            elif open_at >= 0:
                quoted.append((open_at, size))
                open_at = -1
        # a gap between two figures keeps them apart; 1560. 05 and 1, 234 are one
        before, after = text[start - 1 : start], text[end : end + 1]
        if before.isdigit() and after.isdigit() and not _QUOTE.search(found[0]):
            kept.append(" ")
            at.append(start)
            size += 1
        last = end
    kept.append(text[last:])
    at.extend(range(last, len(text)))
    if open_at >= 0:
        quoted.append((open_at, -1))
    return Normal("".join(kept), tuple(at), tuple(quoted))


# --- the lexicon ----------------------------------------------------------------------------------------------------

_PART = re.compile(r"\[([^\[\]]*)\]|\{([^{}]*)\}")


def expand(word: str) -> Iterator[str]:
    """Every word of an entry: ``收[、|和]支{合计|总额}`` gives six."""
    found = _PART.search(word)
    if found is None:
        yield word
        return
    options = ["", *found[1].split("|")] if found[1] is not None else found[2].split("|")
    head, tail = word[: found.start()], word[found.end() :]
    for rest in expand(tail):
        for option in options:
            yield head + option + rest


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The words of ``forms/statements.yml``, ready for the scan."""

    words: dict[str, tuple[str, Any]]
    lengths: dict[str, tuple[int, ...]]
    singles: frozenset[str]
    figures: re.Pattern[str]
    passed: dict[str, str]
    figure: re.Pattern[str]
    section_topics: dict[str, dict[str, str]]
    class_sections: dict[str, dict[str, Any]]
    class_bases: dict[str, str]
    bases: dict[str, str]
    money_units: frozenset[str]
    percent_units: frozenset[str]
    multipliers: tuple[str, ...]
    project_names: tuple[str, ...]
    counted: tuple[str, ...]
    other_side: dict[str, str]
    grades: re.Pattern[str]
    budgets_without_stage: tuple[str, ...]
    dates: dict[str, tuple[str, re.Pattern[str]]]

    def in_section(self, table: dict[str, Any], section: str) -> Any:
        """The entry of the longest prefix of a section key; None without one."""
        key = section
        while key:
            if key in table:
                return table[key]
            key = key.rpartition(".")[0]
        return None


def _topics(data: dict[str, Any]) -> Iterator[tuple[str, Topic]]:
    for entry in data["topics"]:
        topic = Topic(
            entry["topic"],
            entry.get("measure", "amount"),
            entry.get("money", True),
            entry.get("share", False),
            frozenset(entry.get("units", ())),
            entry.get("counts", {}),
            entry.get("base"),
            entry.get("opens"),
            weak=entry.get("weak", False),
            parts=entry.get("parts", False),
            strong=entry.get("strong", False),
            follows=tuple(entry.get("follows", {}).items()),
        )
        for word in entry["words"]:
            for got in expand(word):
                yield got, topic
    for entry in data["scoped"]:
        scopes = tuple(entry["topics"].items())
        topic = Topic(
            entry["topics"].get("", scopes[0][1]),
            money=entry.get("money", True),
            units=frozenset(entry.get("units", ())),
            base=entry.get("base"),
            scopes=scopes,
            none_topics=tuple(entry.get("none_topics", ())),
        )
        for word in entry["words"]:
            for got in expand(word):
                yield got, topic


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once. Raises :class:`FormDefinitionError` naming the entry that does not fit."""
    data = load_yaml("statements.yml")
    words: dict[str, tuple[str, Any]] = {}
    bases: dict[str, str] = {}
    try:
        for kind, entry in data["cues"].items():
            groups = entry.items() if isinstance(entry, dict) else [(None, entry)]
            for value, listed in groups:
                for word in listed:
                    for got in expand(word):
                        if kind == "filler":
                            words.setdefault(got, (kind, value))
                        else:
                            words[got] = (kind, value)
        for word, topic in _topics(data):
            words.setdefault(word, ("topic", topic))
            if words[word][0] != "topic":
                words[word] = ("topic", topic)
            if topic.base:
                for key in {key for _, key in topic.scopes} or {topic.key}:
                    bases.setdefault(key, topic.base)
        lengths: dict[str, set[int]] = {}
        for word in words:
            lengths.setdefault(word[:2], set()).add(len(word))
        patterns, passed = [], {}
        for number, entry in enumerate(data["not_figures"]):
            group = f"p{number}"
            passed[group] = entry["kind"]
            patterns.append(f"(?P<{group}>{entry['pattern']})")
        units = sorted(map(str, data["count_units"]), key=len, reverse=True)
        money = sorted(data["money_units"], key=len, reverse=True)
        percent = sorted(data["percent_units"], key=len, reverse=True)
        unit = "|".join(
            [
                "|".join(map(re.escape, money)),
                "|".join(map(re.escape, percent)),
                "(?:" + "|".join(data["multipliers"]) + ")?(?:" + "|".join(map(re.escape, units)) + ")",
                "|".join(data["multipliers"]),
            ]
        )
        figure = rf"(?P<rank>{data['ranks']})|(?P<number>{FIGURE})(?P<unit>{unit})?"
        return Lexicon(
            words,
            {two: tuple(sorted(found, reverse=True)) for two, found in lengths.items()},
            frozenset(word for word in words if len(word) == 1),
            re.compile(f"(?={data['not_figures_begin']})(?:{'|'.join(patterns)})"),
            passed,
            re.compile(figure),
            data["section_topics"],
            data["class_sections"],
            data["class_bases"],
            bases,
            frozenset(money),
            frozenset(percent),
            tuple(data["multipliers"]),
            tuple(data["project_names"]),
            tuple(data["counted"]),
            data["other_side"],
            re.compile(data["grades"]),
            tuple(f"{prefix}." for prefix in data["budgets_without_stage"]),
            {key: (one["topic"], re.compile(one["pattern"])) for key, one in data["dates"].items()},
        )
    except (KeyError, TypeError, re.error) as error:
        raise FormDefinitionError(f"forms/statements.yml: {error!r}") from error


# --- the scan -------------------------------------------------------------------------------------------------------

_STOPS = frozenset("，,。;；:：、()!?！？")
_DIGIT = re.compile(
    r"[-−–]?\d|[\[〔(【“《第表图附]|[A-Z]|基数|上年|单|价|原|科目|编|代码|项目[编代]|办|发|函|令|字|财|政|文|公开|附件"
)
_DASH = re.compile(r"(?:-{2,}|—{1,2}|－+|–{1,2}|/)(?=%|[(，。;、)]|$)(%)?")
_BLANK = re.compile(r"(?<![\d.百千万亿位:])(?:万元|亿元|%|(?<!万|亿|千)元(?=[，。;、]))")


def scan(text: str, lex: Lexicon) -> list[Token]:
    """The tokens of a paragraph in normal form, in order, none overlapping; what is between them is unknown."""
    out: list[Token] = []
    words, lengths = lex.words, lex.lengths
    # numbers first: where dates, ordinals, names and figures stand
    numbers: dict[int, Token] = {}
    at = 0
    taken: list[tuple[int, int]] = []
    for found in lex.figures.finditer(text):
        if any(char.isdigit() for char in found[0]):
            numbers[found.start()] = Token(
                "passed", found.start(), found.end(), found[0], lex.passed[found.lastgroup or ""]
            )
            taken.append(found.span())
    free = 0
    for start, end in [*taken, (len(text), len(text))]:
        if start > free:
            for found in lex.figure.finditer(text, free, start):
                if found["rank"]:
                    digits = re.search(r"\d+", found[0])
                    assert digits is not None
                    start_at = found.start() + digits.start()
                    numbers[start_at] = Token("figure", start_at, found.end(), digits[0], "rank", "名")
                else:
                    numbers[found.start()] = Token(
                        "figure", found.start(), found.end(), found["number"], found["number"], found["unit"]
                    )
        free = max(free, end)
    starts = sorted(numbers)
    cursor = 0
    next_number = starts[0] if starts else -1
    size = len(text)
    singles = lex.singles
    # at each place, how long the words are that begin with its two characters
    sizes = list(map(lengths.get, map(add, text, text[1:] + " ")))
    while at < size:
        char = text[at]
        word = None
        for length in sizes[at] or ():
            if (piece := text[at : at + length]) in words:
                word = piece
                break
        if word is None and char in singles:
            word = char
        if at == next_number:
            token = numbers[at]
            if word is not None and token.kind == "passed" and at + len(word) >= token.end:
                # a threshold in the wording belongs to the name in which it stands
                token = Token(words[word][0], at, at + len(word), word, words[word][1])
            out.append(token)
            at = token.end
            cursor += 1
            while cursor < len(starts) and starts[cursor] < at:
                cursor += 1
            next_number = starts[cursor] if cursor < len(starts) else -1
        elif word is not None:
            kind, value = words[word]
            end = at + len(word)
            while 0 <= next_number < end:
                # the word holds the number (单价100万元以上设备), or the mark in front of it (办53号文)
                rest = numbers[next_number]
                if rest.end > end:
                    rest.start = end
                    numbers[end] = rest
                    starts[cursor] = next_number = end
                    break
                cursor += 1
                next_number = starts[cursor] if cursor < len(starts) else -1
            out.append(Token(kind, at, end, word, value))
            at = end
        elif char in _STOPS:
            out.append(Token("stop", at, at + 1, char))
            at += 1
        elif char in "-—－–/" and (dash := _DASH.match(text, at)):
            out.append(Token("dash", at, dash.end(), dash[0], unit=dash[1]))
            at = dash.end()
        elif char in "万亿元%" and (blank := _BLANK.match(text, at)):
            out.append(Token("blank", at, blank.end(), "", unit=blank[0]))
            at = blank.end()
        else:
            at += 1
    return out


def decimal_of(text: str) -> Decimal:
    """The value of a printed figure of the text."""
    return Decimal(text.replace(",", "").replace(" ", "").replace("−", "-").replace("–", "-"))
