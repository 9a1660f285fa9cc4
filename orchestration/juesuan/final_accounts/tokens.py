"""Words and numbers of flattened text, in their order, each with its place.

Belongs here: what is one word and what is one figure. Does not belong here: what a word names, rows, columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from juesuan.final_accounts.model import TextLine
from juesuan.final_accounts.numbers import FIGURE
from juesuan.final_accounts.placing import HAS_AMOUNT, Figure

_TOKEN = re.compile(rf"(?P<number>{FIGURE})(?!\S)|(?P<word>\S+)")
_GLUED = re.compile(rf"(\d{{3}}(?:\d{{2}}){{0,2}})(?=[^\d\s.,])|(?<=[^\d\s.,\-(（第])({FIGURE})$")
PART = re.compile(r"\d{2}")
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
        part = kept and PART.fullmatch(line.text.strip()) and _CODE_LINE.fullmatch(kept[-1].text.strip())
        if part or not is_furniture(line):
            kept.append(line)
    return kept


def figure_of(token: Token, col: int) -> Figure:
    """A number of the text at its place, in a column."""
    line = token.line
    span = (line.span[0] + token.start, line.span[0] + token.start + len(token.text)) if line.span else None
    return Figure(token.text, col, line.page, line.line, span, line.box)
