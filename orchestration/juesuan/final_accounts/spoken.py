"""What is being spoken of while the text of a report is read, and how a figure becomes a statement of it.

Belongs here: the state that the grammar carries from word to word, and the ways to make a statement, an outcome or
a number without a place. Does not belong here: the rules that decide which of these a figure is (``figures``,
``explanations``, ``statements``), nor any word: words are data.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from juesuan.final_accounts.classes import ClassNames
from juesuan.final_accounts.model import NullReason
from juesuan.final_accounts.phrases import Lexicon, Normal, Token, Topic, decimal_of, lexicon, normal

LEAD = re.compile(
    r"^(?:其中[:：]?|含(?=[^量有])|[一二三四五六七八九十]{1,3}是|\(?[一二三四五六七八九十]{1,3}[)、.]|\(?\d{1,3}[.、)](?!\d)|第\d+项|"
    r"(?:截[至止])?(?:19|20)\d{2}年度?[初底末]?(?:\d{1,2}月(?:\d{1,2}日)?[底末]?)?|[①-⑳]|支出功能分类|按功能分类)+"
)
TAIL = re.compile(
    r"(?:共计|累计|合计|达到|实际|不少于|不低于|超过|第|为|共|达|约|有|是|的|了|近|超|逾|:|≥|≤|>|<"
    r"|增加|减少|增长|下降|上升|降低|提高)+$"
)
CJK = re.compile(r"[\u4e00-\u9fffA-Za-z]")
PART_LEAD = re.compile(r"^(?:具体)?(?:包括|包含|分别[为是]|含|为|有)+")
BUDGETS = ("initial_budget", "adjusted_budget", "budget")
OVER = {"initial_budget": "over_initial_budget", "adjusted_budget": "over_adjusted_budget", "budget": "over_budget"}
REVIEWED = ("performance.project", "performance.whole_department")
TO_BUDGET = frozenset(
    {"completion_pct", "relation_to_budget"} | {f"{o}_{k}" for o in OVER.values() for k in ("amount", "pct")}
)
TO_PRIOR = frozenset(
    {"change_amount", "change_pct", "change_points", "relation_to_prior", "total_change_amount", "total_change_pct"}
)
END = frozenset("。!?！？")


@dataclass(slots=True)
class Found:
    """One statement while a report is read. ``start`` and ``end`` are offsets of its figure in the printed text."""

    topic: str
    measure: str
    value: Decimal | None
    unit: str | None
    start: int
    end: int
    value_text: str | None = None
    qualifier: str | None = None
    null_reason: NullReason | None = None
    base: str | None = None
    subject: str | None = None
    reason: str | None = None


@dataclass(slots=True)
class Unplaced:
    """A number that found no place, with the reason; offsets in the printed text."""

    text: str
    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Current:
    """What is being spoken of."""

    key: str
    topic: Topic
    subject: str | None = None

    def takes(self, kind: str, unit: str | None) -> Current | None:
        """Where a figure of this kind and unit goes, spoken of this; None if it cannot be of this."""
        if kind == "count":
            short = plain_unit(unit)
            if short in self.topic.counts:
                return Current(self.topic.counts[short], self.topic, self.subject)
            return self if short in self.topic.units else None
        return self if self.topic.money or (self.topic.share and kind in ("percent", "change")) else None


def plain_unit(unit: str | None) -> str:
    """A unit of count without its multiplier: 万人次 counts 人次."""
    got = unit or ""
    return got[1:] if len(got) > 1 and got[0] in "万亿千百十" else got


OUTCOME = Topic("outcome", money=False, share=True)


@dataclass(slots=True)
class Segment:
    """What stands between a figure and the mark before it."""

    start: int
    topics: list[Current] = field(default_factory=list)
    weak: list[Current] = field(default_factory=list)  # 绩效自评 beside what is evaluated
    stage: str | None = None
    direction: int | None = None
    share: bool = False
    share_base: str | None = None
    complete: bool = False
    complete_base: str | None = None
    comparing: bool = False
    prior: bool = False
    year: int | None = None
    qualifier: str | None = None
    qualifier_end: int = -1
    score: str | None = None
    known: int = 0  # everything before this offset is known words
    unknown: str = ""  # words that are not known, behind the last topic
    every: bool = False
    per: bool = False
    figures: int = 0
    onward: int | None = None  # the direction that holds for the next figure of a list, too
    topic_end: int = -1
    behind: bool = False  # a topic stands behind the last figure


class Spoken:
    """The state of a reading of one report, and the ways out of it."""

    def __init__(self, names: ClassNames, year: int | None, unit_name: str | None = None) -> None:
        self.lex: Lexicon = lexicon()
        self.names = names
        self.year = year
        self.unit_name = normal(unit_name or "").text
        self.section = ""
        self.scope = ""
        self.current: Current | None = None
        self.recent: list[Current] = []
        self.path: list[tuple[str, str]] = []
        self.changes: list[Found] = []
        self.awaits_reason: list[Found] | None = None
        self.base: str | None = None
        self.last_base: str | None = None
        self.found: list[Found] = []
        self.unplaced: list[Unplaced] = []
        # of the paragraph: as printed, in normal form, its tokens; of the sentence: what it stated so far
        self.printed = ""
        self.normal: Normal = normal("")
        self.text = ""
        self.tokens: list[Token] = []
        self.sentence: list[Found] = []
        self.segment = Segment(0)
        self.brackets: list[Current | None] = []
        self.each: list[Current] = []
        self.group: list[Current] = []

    def _gap(self, token: Token) -> None:
        """Take note of unknown words between the last known word and this one."""
        segment = self.segment
        if token.start > segment.known:
            segment.unknown += self.text[segment.known : token.start]
        segment.known = max(segment.known, token.end)
        if token.kind == "topic":
            segment.unknown = ""

    def _after(self, index: int) -> Token | None:
        return self.tokens[index + 1] if index + 1 < len(self.tokens) else None

    def _speak_of(self, current: Current) -> None:
        self.current = current
        self.recent = [current, *(c for c in self.recent if c.key != current.key)][:8]

    def _set_base(self, base: str) -> None:
        self.base = base

    def _compares(self, index: int) -> bool:
        """比, 较, 与 compare when what they compare with follows: 上年, a year, a budget."""
        token = self.tokens[index]
        if self._in_own_name(token):
            return False
        weak = token.text in ("与", "同", "和")
        reach = token.end + (8 if weak else 14)
        for other in self.tokens[index + 1 :]:
            if other.start > reach or other.kind in ("stop", "figure"):
                return False
            if other.kind in ("prior", "same_period") or (other.kind == "passed" and other.data == "date"):
                return True
            if other.kind == "stage":
                return token.text != "和" and (other.data in BUDGETS or not weak)
            reach = max(reach, other.end + 6)
        return False

    def _in_own_name(self, token: Token) -> bool:
        """Whether a word is a part of the unit's name: 规划和自然资源局 compares nothing."""
        name = self.unit_name
        if not name or token.text not in name:
            return False
        begin = self.text.find(name, max(token.end - len(name), 0))
        return 0 <= begin <= token.start and token.end <= begin + len(name)

    def _unknown(self) -> str:
        """Unknown words of the segment, without the unit's own name: who or what else is spoken of."""
        got = self.segment.unknown
        if self.unit_name and self.unit_name in got:
            got = got.replace(self.unit_name, "")
        got = "".join(CJK.findall(got))
        return got if len(got) > 1 else ""

    def _default(self) -> Current | None:
        """The topic of the section, for a clause that names none."""
        entry = self.lex.in_section(self.lex.section_topics, self.section)
        if entry is None or (
            "word" in entry and entry["word"] not in self.text[self.segment.start : self.segment.known]
        ):
            return None
        return Current(entry["topic"], Topic(entry["topic"]))

    def _who(self, kind: str, unit: str | None) -> Current | None:
        """What a figure of this kind is about; None when it is about something that is not known."""
        segment = self.segment
        if segment.per:
            return None
        for current in reversed(segment.topics):
            if got := current.takes(kind, unit):
                return None if self._unknown() and kind != "count" else got
        if self._unknown():
            return None
        if self.each:
            return self.each.pop(0).takes(kind, unit)
        if self.current is not None and (got := self.current.takes(kind, unit)):
            clause = self.text[segment.start : segment.known].lstrip("(其中:")
            if clause.startswith("支出") and got.key in self.lex.other_side:
                return Current(self.lex.other_side[got.key], Topic(self.lex.other_side[got.key]))
            return got
        for current in self.recent:
            if got := current.takes(kind, unit):
                return got
        return self._default() if kind != "count" else None

    def _about(self) -> Current | None:
        for current in reversed(self.segment.topics):
            if current.topic.money:
                return current
        if self.current is not None and self.current.topic.money:
            return self.current
        return next((c for c in self.recent if c.topic.money), None) or self._default()

    def _told(self, current: Current) -> bool:
        """Whether the sentence so far told a sum of this: what 完成率 without 预算 must have."""
        return any(one.topic == current.key and one.unit in self.lex.money_units for one in self.sentence)

    def _state(
        self,
        token: Token,
        current: Current,
        measure: str,
        base: str | None = None,
        null: NullReason | None = None,
        value: Decimal | None = None,
    ) -> None:
        if token.kind == "blank" and null is None:
            null = "blank"
        if token.kind == "dash" and null is None:
            null = "not_stated"
        if null is None and value is None:
            value = decimal_of(token.text)
        start, end = self.normal.printed(token.start, max(token.start, token.start + len(token.text)))
        text = self._print(token.start, token.start + len(token.text)) if token.kind != "blank" else ""
        one = Found(
            current.key,
            measure,
            value if null is None else None,
            token.unit,
            start,
            end,
            text,
            self._qualifier(token),
            null,
            base,
            current.subject,
        )
        self._add(one)

    def _add(self, one: Found) -> None:
        self.found.append(one)
        self.sentence.append(one)
        if one.measure in TO_BUDGET or one.measure in TO_PRIOR:
            self.changes.append(one)
            del self.changes[:-60]

    def _qualifier(self, token: Token) -> str | None:
        if self.segment.qualifier and self.segment.qualifier_end == token.start:
            return self.segment.qualifier
        if self.text[token.start - 1 : token.start] in ("≥", "≤", ">", "<"):
            return self.text[token.start - 1]
        behind = self.text[token.end : token.end + 3]
        for word in ("以上", "以下", "左右", "余", "多"):
            if behind.startswith(word):
                return word
        return None

    def _stray(self, token: Token, measure: str) -> None:
        """A figure of something that has no topic of its own: an outcome with its subject."""
        subject = self._subject(token, measure)
        if token.kind == "blank":
            return
        if not subject or not self._may_stray():
            self._lost(token, "not understood")
            return
        value = decimal_of(token.text) if token.kind == "figure" else None
        if measure.startswith("change") and value is not None and self.segment.direction == -1:
            value = -abs(value)
        start, end = self.normal.printed(token.start, token.start + len(token.text))
        null: NullReason | None = None if value is not None else "not_stated"
        base = "prior_year" if measure.startswith("change") and self.base == "prior_year" else None
        self._speak_of(Current("outcome", OUTCOME, subject))
        self._add(
            Found(
                "outcome",
                measure,
                value,
                token.unit,
                start,
                end,
                self._print(token.start, token.start + len(token.text)),
                self._qualifier(token),
                null,
                base,
                subject,
            )
        )

    def _may_stray(self) -> bool:
        return not self.section.startswith(("terms", "tables"))

    def _subject(self, token: Token, kind: str = "") -> str | None:
        """What an outcome is of: the words before the figure in its clause, or those behind it."""
        text = self.text
        start = token.start
        if start > 0 and text[start - 1] == "(":
            start -= 1  # 市公安局(2场)
        end = start
        while start > 0 and text[start - 1] not in "，。；;：:、！？()":
            start -= 1
        begin = token.start + len(token.text) + len(token.unit or "")
        stop = begin
        while stop < len(text) and text[stop] not in "，。；;：:、！？()" and not text[stop].isdigit():
            stop += 1
        tail = text[begin:stop].removeprefix("的")
        if kind == "count" and len(tail) >= 2:
            return tail[:40]  # 17个单位: what is counted stands behind
        figures = [t for t in self.tokens if t.kind == "figure" and start <= t.start < end]
        last = max((t.start + len(t.text) + len(t.unit or "") for t in figures), default=start)
        for head in (text[max(start, last) : end], text[start : figures[0].start] if figures else ""):
            head = TAIL.sub("", LEAD.sub("", head))
            if kind == "share_pct" and 0 < len(head) <= 2 <= len(tail):
                return (head + tail)[:40]  # 均能100%接入到平台
            if len(head) >= 2:
                return head[-40:]
        if len(tail) >= 2:
            return tail[:40]
        before = text[:start].rstrip("，。；;：:、！？()")
        cut = max(before.rfind(mark) for mark in "，。；;：:！？") + 1
        lead = LEAD.sub("", re.sub(r"[\d.,]+.*$", "", before[cut:]))
        return lead[-40:] if len(lead) >= 2 else None

    def _lost(self, token: Token, reason: str) -> None:
        if token.kind != "figure":
            return
        start, end = self.normal.printed(token.start, token.start + len(token.text))
        self.unplaced.append(Unplaced(self._print(token.start, token.start + len(token.text)), start, end, reason))

    def _normal_at(self, printed: int) -> int:
        at = self.normal.at
        if isinstance(at, range):
            return printed
        low, high = 0, len(at)
        while low < high:
            middle = (low + high) // 2
            if at[middle] < printed:
                low = middle + 1
            else:
                high = middle
        return low

    def _print(self, start: int, end: int) -> str:
        a, b = self.normal.printed(start, end)
        return self.printed[a:b]
