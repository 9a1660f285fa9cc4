"""Normal forms of printed Chinese: labels, names, headings.

Belongs here: what makes two printings of the same words equal. Does not belong here: what the words mean.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

CHINESE_NUMERAL = "〇零一二三四五六七八九十百"

_WHITE = re.compile(r"\s+")
_QUOTES = str.maketrans("", "", "\"'“”‘’「」『』`´＂＇")
# 一、 (一) 1. 1、 (1) ① 第1项: at the head of a label, never a whole code or figure.
_ORDINAL = re.compile(
    rf"^(?:[{CHINESE_NUMERAL}]{{1,4}}[、.,]|\([{CHINESE_NUMERAL}]{{1,4}}\)[、.]?|\d{{1,2}}[、.](?!\d)|\(\d{{1,2}}\)"
    rf"|第(?:\d{{1,2}}|[{CHINESE_NUMERAL}]{{1,4}})项)"
)
_OF_WHICH = re.compile(r"^其中[:;、]?")


def nfkc(text: str) -> str:
    """NFKC: full-width letters, digits and brackets become half-width, Kangxi radicals become characters."""
    return unicodedata.normalize("NFKC", text)


@lru_cache(maxsize=16384)
def squeeze(text: str) -> str:
    """NFKC without any white space: what wrapping and justified printing (``因 公 出 国``) leave equal."""
    # once more, here and in `bare`: where something was taken out, what stood apart may compose
    return nfkc(_WHITE.sub("", nfkc(text)))


@lru_cache(maxsize=16384)
def bare(text: str) -> str:
    """``squeeze`` without quotation marks: the form in which titles and headers are compared."""
    return nfkc(squeeze(text).translate(_QUOTES))


@lru_cache(maxsize=16384)
def label(text: str) -> str:
    """The normal form of a row label: NFKC, half-width brackets, no white space, quotes, ordinal or 其中:.

    ``一、一般公共预算财政拨款收入`` -> ``一般公共预算财政拨款收入``; ``其中：政府性基金`` -> ``政府性基金``.
    """
    got = bare(text)
    while True:
        cut = _OF_WHICH.sub("", _ORDINAL.sub("", got, count=1), count=1)
        if cut == got or not cut:
            return got
        got = cut
