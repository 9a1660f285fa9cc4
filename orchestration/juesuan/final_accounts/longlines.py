"""A text without line breaks, cut where its tables begin and end.

Belongs here: finding titles, chapters, notes and what stands around tables inside of one long line. Does not belong
here: which words these are (``forms/tables.yml``), and the reading of a table.

A title counts where it stands alone between blanks: in 详见收入决算表 it is part of a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from juesuan.final_accounts.forms import load_forms
from juesuan.final_accounts.model import TextLine
from juesuan.final_accounts.text import bare

#: A line as long as this, with as many amounts, is no line of a page.
_LONG, _AMOUNTS = 400, 12
_AMOUNT = re.compile(r"\d\.\d\d(?!\d)")
_WORD = re.compile(r"[-–—]+\s\d{1,4}\s[-–—]+(?=\s|$)|\S+")
_CHAPTER = re.compile(r"第[一二三四五六七八九十]{1,3}(?:部分|章)")


def cut(line: TextLine, is_title: Callable[[str], bool], is_furniture: Callable[[str], bool]) -> list[TextLine]:
    """The pieces of a long line: titles and what stands around tables by themselves, the rest between them.

    Any other line comes back as it is. Pieces keep the number of the line; ``span`` says where in it they stand.
    """
    if len(line.text) < _LONG or sum(1 for _ in _AMOUNT.finditer(line.text)) < _AMOUNTS:
        return [line]
    borders = list(_borders(line.text, is_title, is_furniture))
    if not borders:
        return [line]
    pieces = []
    ends = [*borders[1:], len(line.text)]
    for start, end in zip([0, *borders], [borders[0], *ends], strict=True):
        text = line.text[start:end].strip()
        if text:
            at = start + line.text[start:end].index(text[0])
            span = (line.span[0] + at, line.span[0] + at + len(text)) if line.span else None
            pieces.append(TextLine(text, line.page, line.line, line.box, span, line.confidence))
    return pieces


def _borders(text: str, is_title: Callable[[str], bool], is_furniture: Callable[[str], bool]) -> Iterator[int]:
    """Where pieces begin."""
    note = load_forms().furniture.note
    words = list(_WORD.finditer(text))
    begun = -1
    for n, match in enumerate(words):
        word = match.group()
        alone = " " in word or is_title(word) or is_furniture(bare(word))
        if not (alone or _CHAPTER.match(word) or note.match(bare(word))):
            continue
        if match.start() != begun:
            yield match.start()
        if alone and n + 1 < len(words):
            begun = words[n + 1].start()
            yield begun
