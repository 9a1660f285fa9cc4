"""What each figure of the text states: its topic, its measure, what it is measured against, and why.

Belongs here: the grammar. A paragraph comes in as marked words and figures (``phrases``); each figure goes out as a
statement, or as a number that found no place. The grammar knows kinds of words (a budget stage, a comparison, a
direction, a share, a reason), never single words: those are data, so that a wording nobody has seen yet is a matter
of words in another order. Does not belong here: sections, sentences and places (``chapters``, ``prose``).

How a figure is read: the words between it and the mark of punctuation before it say what it is; what they leave
open is taken over from the figure before (比上年增加… belongs to the amount that stands before it).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from juesuan.final_accounts.classes import LEVEL_NAMES, LEVELS, ClassNames
from juesuan.final_accounts.model import NullReason
from juesuan.final_accounts.phrases import Lexicon, Normal, Token, Topic, decimal_of, lexicon, normal, scan

_END = frozenset("。!?！？")
_PART = frozenset("；;")
_MARKS = re.compile(r"\((?:\d{2,3})?(类|款|项)\)")
_CODE = re.compile(r"\((?:科目|项目)?(?:编码|编号|代码)?[:：]?(\d{3}|\d{5}|\d{7})\)")
_LEAD = re.compile(
    r"^(?:其中[:：]?|含(?=[^量有])|[一二三四五六七八九十]{1,3}是|\(?[一二三四五六七八九十]{1,3}[)、.]|\(?\d{1,3}[.、)](?!\d)|第\d+项|"
    r"(?:截[至止])?(?:19|20)\d{2}年度?[初底末]?(?:\d{1,2}月(?:\d{1,2}日)?[底末]?)?|[①-⑳]|支出功能分类|按功能分类)+"
)
_CODE_LEAD = re.compile(r"^\d{2,7}(?!\d)")
_PART_LEAD = re.compile(r"^(?:具体)?(?:包括|包含|分别[为是]|含|为|有)+")
_TAIL = re.compile(
    r"(?:共计|累计|合计|达到|实际|不少于|不低于|超过|第|为|共|达|约|有|是|的|了|近|超|逾|:|≥|≤|>|<"
    r"|增加|减少|增长|下降|上升|降低|提高)+$"
)
_BOUNDS = frozenset("，。；;:：、")
_AGAIN = re.compile(
    r"(?:[二三四五六七八九]是|[(（][二三四五六七八九][)）]|[2-9][.、](?!\d)|[②-⑨]|同时|此外|另外|另一方面)"
)
_FIRST = re.compile(r"[:：]?(?:一是|一方面|首先|[(（]?[一1][)）、.]|①)")
_CJK = re.compile(r"[\u4e00-\u9fffA-Za-z]")
_LIST_NUMBER = re.compile(r"\d{1,2}")

_BUDGETS = ("initial_budget", "adjusted_budget", "budget")
_OVER = {"initial_budget": "over_initial_budget", "adjusted_budget": "over_adjusted_budget", "budget": "over_budget"}
_REVIEWED = ("performance.project", "performance.whole_department")
_TO_BUDGET = frozenset(
    {"completion_pct", "relation_to_budget"} | {f"{o}_{k}" for o in _OVER.values() for k in ("amount", "pct")}
)
_TO_PRIOR = frozenset(
    {"change_amount", "change_pct", "change_points", "relation_to_prior", "total_change_amount", "total_change_pct"}
)


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
            short = _plain_unit(unit)
            if short in self.topic.counts:
                return Current(self.topic.counts[short], self.topic, self.subject)
            return self if short in self.topic.units else None
        return self if self.topic.money or (self.topic.share and kind in ("percent", "change")) else None


def _class_name(text: str) -> str:
    """The name of a class without the number of its item or its code in front."""
    return _CODE_LEAD.sub("", _LEAD.sub("", text))


_OUTCOME = Topic("outcome", money=False, share=True)


def _plain_unit(unit: str | None) -> str:
    """A unit of count without its multiplier: 万人次 counts 人次."""
    got = unit or ""
    return got[1:] if len(got) > 1 and got[0] in "万亿千百十" else got


@dataclass(slots=True)
class _Segment:
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
    topic_end: int = -1
    behind: bool = False  # a topic stands behind the last figure


class Reader:
    """Reads the paragraphs of one report in their order. What is spoken of is carried from one to the next."""

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

    # --- one paragraph ------------------------------------------------------------------------------------------

    def read(
        self, text: str, section: str, mark: int = 0, claimed: Iterable[tuple[int, int]] = ()
    ) -> tuple[list[Found], list[Unplaced]]:
        """The statements of one printed paragraph and its numbers without a place.

        ``mark`` is the length of the numbering in front; ``claimed`` are printed spans whose numbers another
        reader took.
        """
        self.found, self.unplaced = [], []
        if section != self.section:
            self.section = section
            self.current, self.recent, self.path = None, [], []
            self.changes = []
            self.awaits_reason = None
        self.scope = section
        self.printed = text
        self.normal: Normal = normal(text)
        self.text = self.normal.text
        self.base = self.last_base = None
        if section.startswith(("notes.performance", "overview", "attachments")):
            # each paragraph speaks for itself, but for the project under review
            self.recent = []
            if self.current is not None and self.current.key not in _REVIEWED:
                self.current = None
        if self.awaits_reason is not None and self.text:
            self._late_reason()
        tokens = scan(self.text, self.lex)
        tokens = self._without(tokens, mark, list(claimed))
        tokens = self._with_paths(tokens)
        self.tokens = self._with_ordinals(tokens)
        if section.startswith("notes.performance"):
            self._project_names()
        self._walk()
        if section.startswith("notes.performance"):
            self._grades()
        self._nothing_lost()
        self.found.sort(key=lambda one: one.start)
        return self.found, self.unplaced

    def _late_reason(self) -> None:
        """主要原因: ended the paragraph before; its text is the first sentence of this one."""
        end = next((i for i, char in enumerate(self.text) if char in _END), len(self.text))
        for one in self.awaits_reason or ():
            one.reason = one.reason or self._print(0, end)
        self.awaits_reason = None

    def _without(self, tokens: list[Token], mark: int, claimed: list[tuple[int, int]]) -> list[Token]:
        if not mark and not claimed:
            return tokens
        out = []
        for token in tokens:
            start, end = self.normal.printed(token.start, token.end)
            if end <= mark:
                continue
            if token.kind == "figure" and any(a <= start < b for a, b in claimed):
                token.kind, token.data = "passed", "claimed"
            out.append(token)
        return out

    def _with_ordinals(self, tokens: list[Token]) -> list[Token]:
        """1. and (2) at the head of a clause are numbers of a list; figures inside quoted names are names."""
        text = self.text
        for token in tokens:
            if token.kind != "figure":
                continue
            for a, b in self.normal.quoted:
                if b < 0:
                    if token.unit in self.lex.money_units or token.unit in self.lex.percent_units:
                        continue  # the quotation was never closed: a sum ends it
                    b = next((i for i in range(a, len(text)) if text[i] in "等，。"), len(text))
                whole = (token.end - token.start) + len(token.unit or "") >= b - a
                if a <= token.start < b and 4 <= b - a <= 60 and not whole:
                    token.kind, token.data = "passed", "name"
            if token.kind != "figure" or token.unit or not _LIST_NUMBER.fullmatch(token.text):
                continue
            before, after = text[token.start - 1 : token.start], text[token.end : token.end + 1]
            printed = self.normal.printed(token.start, token.end)[0]
            head = not before or before in "。；;:：，、)" or self.printed[printed - 1 : printed].isspace()
            listed = (head and after and after in ".、．") or (before == "(" and after == ")")
            row = not before and self.printed[self.normal.printed(token.start, token.end)[1] :][:1].isspace()
            if listed or row:
                token.kind, token.data = "passed", "ordinal"
        return tokens

    # --- names of classes ---------------------------------------------------------------------------------------

    def _class_rule(self) -> dict[str, object] | None:
        got = self.lex.in_section(self.lex.class_sections, self.section)
        return got if isinstance(got, dict) else None

    def _with_paths(self, tokens: list[Token]) -> list[Token]:
        """Tokens of class names (X(类)Y(款)Z(项), X(2010301), or a known name) put over the words in them."""
        text = self.text
        rule = self._class_rule()
        spans: list[Token] = []
        marked = list(_MARKS.finditer(text)) if "类)" in text or "款)" in text or "项)" in text else []
        at = 0
        while at < len(marked):
            parts: list[tuple[str, str]] = []
            start = -1
            end = 0
            while at < len(marked):
                found = marked[at]
                name_at = self._name_start(found.start(), end if parts else 0)
                name = _class_name(text[name_at : found.start()])
                if parts and (name_at > end or not name):
                    break
                if start < 0:
                    start = found.start() - len(name)
                    while start > name_at and text[start - 1].isdigit():
                        start -= 1  # 201一般公共服务支出(类)
                if name:
                    parts.append((found[1], name))
                end = found.end()
                at += 1
                if not name:
                    break
            if parts:
                spans.append(Token("topic", start, end, text[start:end], self._path_topic(parts, rule)))
        if "(" in text:
            for found in _CODE.finditer(text):
                name_at = self._name_start(found.start(), 0)
                name = _class_name(text[name_at : found.start()])
                if len(name) < 2 or any(t.start < found.end() and found.start() < t.end for t in spans):
                    continue
                start = found.start() - len(name)
                spans.append(Token("topic", start, found.end(), name, self._code_topic(found[1], rule)))
        if rule is not None:
            spans.extend(self._known_names(tokens, spans, rule))
        if not spans:
            return tokens
        spans.sort(key=lambda token: token.start)
        kept = [t for t in tokens if not any(s.start < t.end and t.start < s.end for s in spans)]
        return sorted([*kept, *spans], key=lambda token: token.start)

    def _name_start(self, end: int, floor: int) -> int:
        """Where the name that ends at ``end`` begins: behind the last mark of punctuation outside brackets."""
        depth = 0
        for at in range(end - 1, floor - 1, -1):
            char = self.text[at]
            if char == ")":
                depth += 1
            elif char == "(":
                if depth == 0:
                    return at + 1
                depth -= 1
            elif char in _BOUNDS and depth == 0:
                return at + 1
        return floor

    def _prefix(self, rule: dict[str, object] | None) -> tuple[str, tuple[str, ...]]:
        if rule is None:
            rule = self.lex.class_sections["notes.general_public_budget"]
        return str(rule["prefix"]), tuple(rule["tables"])  # type: ignore[arg-type]

    def _path_topic(self, parts: list[tuple[str, str]], rule: dict[str, object] | None) -> Current:
        prefix, tables = self._prefix(rule)
        first = LEVELS[parts[0][0]]
        # (款) or (项) alone stand under the class named before
        path = [*(p for p in self.path if LEVELS[p[0]] < first), *parts]
        self.path = path
        level = LEVELS[path[-1][0]]
        code = self.names.path(path, tables)
        key = f"{prefix}.{LEVEL_NAMES[level]}.{code or 'unknown'}"
        subject = None if code else "/".join(name for _, name in path)
        return Current(key, Topic(key, base=self.lex.class_bases.get(prefix)), subject)

    def _code_topic(self, code: str, rule: dict[str, object] | None) -> Current:
        prefix, _ = self._prefix(rule)
        key = f"{prefix}.{LEVEL_NAMES[len(code)]}.{code}"
        return Current(key, Topic(key, base=self.lex.class_bases.get(prefix)))

    def _known_names(self, tokens: list[Token], spans: list[Token], rule: dict[str, object]) -> list[Token]:
        """Names without their level at the head of a clause: 教育支出120万元."""
        prefix, tables = self._prefix(rule)
        prefer = 3 if self.section.endswith("structure") else None
        heads = {
            0,
            *(t.end for t in tokens if t.kind in ("stop", "of_which") or (t.kind == "passed" and t.data == "date")),
        }
        out = []
        for head in sorted(heads):
            at = head + len(m[0]) if (m := _LEAD.match(self.text[head : head + 24])) else head
            name = self.names.named(self.text, at)
            if name is None or any(s.start < at + len(name) and at < s.end for s in spans):
                continue
            behind = self.text[at + len(name) : at + len(name) + 1]
            if name.endswith(("支出", "费")) and behind in ("总", "合"):
                continue
            length, code = self.names.level_of(name, prefer, tables)
            key = f"{prefix}.{LEVEL_NAMES[length]}.{code or 'unknown'}"
            current = Current(key, Topic(key, base=self.lex.class_bases.get(prefix)), None if code else name)
            out.append(Token("topic", at, at + len(name), name, current))
        return out

    # --- performance: names of projects ---------------------------------------------------------------------------

    def _project_names(self) -> None:
        """Projects that are only named (…等6个项目) are statements without a figure."""
        for a, b in self.normal.quoted:
            if b < 0:
                b = next((i for i in range(a, len(self.text)) if self.text[i] in "等，。；"), len(self.text))
            name = self.text[a:b]
            stop = next((i for i in range(b, len(self.text)) if self.text[i] in "。；;"), len(self.text))
            behind = self.text[b:stop]
            if len(name) < 5 or len(name) > 60:
                continue
            listed = re.match(r"[、和及,，]|等|项目|\d|进行|开展", behind)
            if not listed or "绩效" not in behind:
                continue
            if not (
                name.endswith(self.lex.project_names)
                or re.search(r"个[^，。；]{0,12}项目", behind)
                or behind.startswith("项目")
            ):
                continue
            head = re.split(r"[，。；]", behind)[0] if "重点" in behind else behind
            key = (
                "performance.key_project"
                if re.search(r"重点[^，。；]{0,4}(?:绩效)?评价|部门评价", head)
                else "performance.project"
            )
            self._add(
                Found(
                    key,
                    "name",
                    None,
                    None,
                    *self.normal.printed(a, b),
                    value_text=self._print(a, b),
                    subject=self._print(a, b),
                )
            )

    def _nothing_lost(self) -> None:
        """The last net: a figure that no rule came by is listed."""
        placed = {one.start for one in self.found} | {one.start for one in self.unplaced}
        for token in self.tokens:
            if token.kind == "figure" and self.normal.printed(token.start, token.start + 1)[0] not in placed:
                self._lost(token, "passed by")

    def _grades(self) -> None:
        """等级为优: of what the sentence scored, or an outcome with its subject."""
        for found in self.lex.grades.finditer(self.text):
            start, end = self.normal.printed(*found.span(1))
            stop = max((self.text.rfind(mark, 0, found.start()) for mark in "。；;"), default=-1) + 1
            since = self.normal.printed(stop, stop)[0]
            scored = [one for one in self.found if since <= one.start < start and one.measure == "score"]
            about = (scored[-1].topic, scored[-1].subject) if scored else None
            if about is None:
                head = re.split(r"[，。；;:：、]", self.text[stop : found.start()])[-1]
                subject = _LEAD.sub("", head).rstrip("被获")
                if len(subject) < 2 or self.text[found.end() : found.end() + 2] in ("的项", "项目"):
                    continue
                about = ("outcome", subject[-40:])
            text = self._print(*found.span(1))
            self._add(Found(about[0], "grade", None, None, start, end, text, subject=about[1]))

    # --- the walk -------------------------------------------------------------------------------------------------

    def _walk(self) -> None:
        tokens = self.tokens
        self.segment = _Segment(0)
        self.brackets: list[Current | None] = []
        self.each: list[Current] = []
        self.group: list[Current] = []
        self.sentence: list[Found] = []
        index = 0
        while index < len(tokens):
            index = self._step(index, tokens[index])
        self._close("。", len(self.text))

    def _step(self, index: int, token: Token) -> int:
        """Read one token; the index of the next."""
        kind = token.kind
        segment = self.segment
        if kind not in ("stop", "figure", "dash", "blank"):
            self._gap(token)
        if kind == "stop":
            if token.text == "(" and (behind := self._aside(index)):
                return behind
            self._close(token.text, token.end)
        elif kind == "topic":
            self._topic(token)
        elif kind in ("figure", "dash", "blank"):
            return self._figure(index, token)
        elif kind == "other_thing":
            segment.unknown += token.text
        elif kind == "passed" and token.data == "band":
            segment.per = True  # 自评得分90分以上的项目7个: a part of the projects
        elif kind == "passed":
            if token.data == "date" and (year := re.match(r"(?:19|20)\d{2}|\d{2}(?=年)", token.text)):
                number = int(year[0]) if len(year[0]) == 4 else 2000 + int(year[0])
                if segment.comparing:
                    self._set_base("prior_year")
                else:
                    segment.year = number
        elif kind == "prior":
            if segment.comparing:
                self._set_base("prior_year")
            else:
                segment.prior = True
        elif kind == "stage":
            self._stage(index, token)
        elif kind == "compare":
            if self._compares(index):
                segment.comparing = True
                self.base = None
        elif kind == "compared":
            segment.comparing = False
        elif kind == "same_period":
            self._set_base("prior_year")
        elif kind in ("up", "down", "either"):
            segment.direction = {"up": 1, "down": -1, "either": 0}[kind]
            segment.comparing = False
            if segment.prior and self.base is None:
                self._set_base("prior_year")
        elif kind == "flat":
            self._flat(index, token, exact=True)
        elif kind == "near":
            self._flat(index, token, exact=False)
        elif kind in ("greater", "less", "equal"):
            return self._relation(index, token)
        elif kind == "complete":
            segment.complete, segment.complete_base = True, token.data or None
        elif kind == "share":
            segment.share, segment.share_base = True, None
        elif kind == "per":
            segment.per = True
        elif kind in ("average_score", "score"):
            segment.score = kind
            if kind == "score":
                self._project_before(token.start)
        elif kind == "project_review":
            self._project_before(token.start + (2 if token.text.startswith("项目") else 0))
        elif kind == "qualifier":
            following = self._after(index)
            if token.text.startswith("超过") and following is not None and following.kind in ("stage", "prior"):
                return self._relation(index, token, "greater")
            segment.qualifier, segment.qualifier_end = token.text, token.end
        elif kind == "reason":
            if token.data and (self._unknown() or not self.changes):
                return index + 1  # …的效益主要是: says what, not why
            return self._reason(index, token)
        elif kind == "purpose":
            return self._purpose(index, token)
        elif kind == "none":
            return self._none(index, token)
        elif kind in ("all_of", "each_of"):
            self._collect(kind)
        return index + 1

    def _gap(self, token: Token) -> None:
        """Take note of unknown words between the last known word and this one."""
        segment = self.segment
        if token.start > segment.known:
            segment.unknown += self.text[segment.known : token.start]
        segment.known = max(segment.known, token.end)
        if token.kind == "topic":
            segment.unknown = ""

    def _aside(self, index: int) -> int | None:
        """(以合同签订为准): a short remark without a figure is passed over; the index of the token behind it."""
        for at in range(index + 1, len(self.tokens)):
            token = self.tokens[at]
            if token.text == ")" and token.kind == "stop":
                if token.end - self.tokens[index].start > 32:
                    return None
                self.segment.known = max(self.segment.known, token.end)
                return at + 1
            if token.kind in ("figure", "dash", "blank", "reason", "purpose", "none", "flat", "near", "up", "down"):
                return None
        return None

    def _after(self, index: int) -> Token | None:
        return self.tokens[index + 1] if index + 1 < len(self.tokens) else None

    def _close(self, mark: str, end: int) -> None:
        """A mark of punctuation: what the clause spoke of stays current; a full stop ends its comparison."""
        segment = self.segment
        if mark == "(":
            self.brackets.append(self.current if not segment.topics else segment.topics[-1])
        elif mark == ")":
            if not self.brackets:
                return
            back = self.brackets.pop()
            self.current = back
            self.segment = _Segment(end, known=end)
            return
        if segment.topics and not segment.share and not segment.comparing:
            if mark == "、" and segment.figures == 0:
                self.group.extend(segment.topics)
            if segment.figures == 0 or segment.behind:
                self._speak_of(segment.topics[-1])
        if mark != "、":
            self.group = []
        keep = segment
        self.segment = _Segment(end, known=end)
        if mark in ":：":
            self.segment.stage = keep.stage
            self.segment.complete, self.segment.complete_base = keep.complete, keep.complete_base
            self.segment.direction = keep.direction
            self.segment.share = keep.share and not keep.figures
        if mark in _END:
            self.last_base = self.base or self.last_base
            self.base = None
            self.each = []
            self.sentence = []
        if mark in _PART:
            self.each = []

    def _speak_of(self, current: Current) -> None:
        self.current = current
        self.recent = [current, *(c for c in self.recent if c.key != current.key)][:8]

    def _set_base(self, base: str) -> None:
        self.base = base

    def _topic(self, token: Token) -> None:
        segment = self.segment
        if isinstance(token.data, Current):
            current = token.data
        else:
            topic: Topic = token.data
            key = topic.in_section(self.scope)
            if key is None:
                segment.unknown += token.text
                return
            if topic.opens and not self.section.startswith("notes.general_public_budget"):
                self.scope = topic.opens
            if topic.follows and self.current is not None:
                key = next((to for head, to in topic.follows if self.current.key.startswith(head)), key)
            current = Current(key, topic)
        if segment.share:
            segment.share_base = segment.share_base or current.key
            return
        if segment.topics and segment.topic_end == token.start and token.text[:2] in ("支出", "收入"):
            segment.topic_end = token.end
            return  # 机关运行经费支出合计: of the topic before
        segment.topic_end = token.end
        if segment.comparing:
            return
        if segment.complete and current.key.startswith("total"):
            return
        if current.topic.weak and any(c.topic.money and not c.topic.weak for c in segment.topics):
            segment.weak.append(current)
            return
        segment.topics.append(current)
        segment.behind = segment.figures > 0

    def _stage(self, index: int, token: Token) -> None:
        segment = self.segment
        stage = str(token.data)
        if segment.comparing:
            if stage in _BUDGETS:
                self._set_base(stage)
            elif segment.prior:
                self._set_base("prior_year")
            return
        if segment.complete and stage in _BUDGETS:
            segment.complete_base = stage
            return
        if stage == "amount" and segment.stage in _BUDGETS and token.text in ("支出", "支出数"):
            return
        segment.stage = stage

    def _compares(self, index: int) -> bool:
        """比, 较, 与 compare when what they compare with follows: 上年, a year, a budget."""
        token = self.tokens[index]
        weak = token.text in ("与", "同", "和")
        reach = token.end + (8 if weak else 14)
        for other in self.tokens[index + 1 :]:
            if other.start > reach or other.kind in ("stop", "figure"):
                return False
            if other.kind in ("prior", "same_period") or (other.kind == "passed" and other.data == "date"):
                return True
            if other.kind == "stage":
                return token.text != "和" and (other.data in _BUDGETS or not weak)
            reach = max(reach, other.end + 6)
        return False

    # --- figures --------------------------------------------------------------------------------------------------

    def _kind(self, token: Token) -> str:
        unit = token.unit
        if unit is None:
            return "bare"
        if unit in self.lex.money_units:
            return "money"
        if unit in self.lex.percent_units:
            return "percent"
        if unit == "万" and any(c.topic.money for c in self.segment.topics):
            return "money"  # 0.40万: the 元 was left out
        if token.data == "rank":
            return "rank"
        if unit == "分":
            return "score"
        return "count"

    def _figure(self, index: int, token: Token) -> int:
        segment = self.segment
        following = self._after(index)
        kind = self._kind(token)
        if token.kind == "dash":
            if not (segment.direction is not None or segment.complete or segment.share):
                return index + 1
            kind = "percent"
        elif token.kind == "blank":
            known = self.text[segment.known : token.start] == "" and token.start > segment.start
            if not known or not (
                segment.topics or segment.stage or segment.direction is not None or segment.complete or segment.share
            ):
                segment.known = token.end
                return index + 1
        self._gap(token)
        if kind == "bare" and token.kind == "figure":
            kind = self._bare(index, token)
        if kind == "money":
            self._money(index, token)
        elif kind == "percent":
            self._percent(index, token)
        elif kind in ("count", "score"):
            self._count(index, token, kind)
        elif kind == "rank":
            self._stray(token, "rank")
        else:
            self._lost(token, "no unit")
        segment.figures += 1
        segment.behind = False
        segment.qualifier = None
        segment.unknown = ""
        segment.known = token.end
        if following is not None and following.kind == "qualifier":
            return index + 1
        return index + 1

    def _bare(self, index: int, token: Token) -> str:
        """A figure without its unit: one of a list (1.2、3.4万元), or a base (较上年2.08减少)."""
        segment = self.segment
        for other in self.tokens[index + 1 : index + 8]:
            if other.kind == "figure" and other.unit:
                token.unit = other.unit
                return self._kind(token)
            if other.kind != "figure" and not (other.kind == "stop" and other.text in "、，"):
                break
        if segment.share or segment.complete:
            return "percent"  # 占76.23: the sign was left out, and the unit stays empty
        after = self._after(index)
        if segment.stage and (after is None or after.kind == "stop") and not self._unknown():
            return "money"  # 年初预算为0，: without its unit
        if segment.comparing and self.base is not None:
            token.unit = self.found[-1].unit if self.found and self.found[-1].unit in self.lex.money_units else None
            return "money" if token.unit else "bare"
        return "bare"

    def _unknown(self) -> str:
        """Unknown words of the segment, without the unit's own name: who or what else is spoken of."""
        got = self.segment.unknown
        if self.unit_name and self.unit_name in got:
            got = got.replace(self.unit_name, "")
        got = "".join(_CJK.findall(got))
        return got if len(got) > 1 else ""

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

    def _default(self) -> Current | None:
        """The topic of the section, for a clause that names none."""
        entry = self.lex.in_section(self.lex.section_topics, self.section)
        if entry is None or (
            "word" in entry and entry["word"] not in self.text[self.segment.start : self.segment.known]
        ):
            return None
        return Current(entry["topic"], Topic(entry["topic"]))

    def _money(self, index: int, token: Token) -> None:
        segment = self.segment
        if segment.comparing and self.base is not None:
            # 比年初预算2万元减少1万元: the figure is what is compared with
            current = self._who("money", token.unit)
            measure = "prior_year_amount" if self.base == "prior_year" else self.base
            if not self._turns(index):
                self._lost(token, "compared, but neither more nor less")
            elif current is not None:
                self._state(token, current, measure)
            else:
                self._lost(token, "compared with, of what is not known")
            return
        if segment.share and segment.share_base:
            self._state(token, Current(segment.share_base, Topic(segment.share_base)), "amount")
            return
        current = self._who("change" if segment.direction is not None else "money", token.unit)
        if segment.direction is not None:
            self._change(token, current, "amount")
            segment.direction = None
            return
        if current is None:
            self._stray(token, "value")
            return
        group = [c for c in self.group if c.takes("money", None)] if segment.every else []
        if segment.complete:
            measure = segment.complete_base or "budget"
            segment.complete_base = measure
        elif segment.stage and segment.stage != "amount":
            measure = segment.stage
        elif segment.prior or (
            segment.year and self.year and segment.year == self.year - 1 and segment.stage and self._both_years()
        ):
            measure = "prior_year_amount"
        else:
            measure = current.topic.measure if current.topic.key == current.key or current.topic.scopes else "amount"
            self.last_base = self.base or self.last_base
        for one in [*group, current]:
            self._speak_of(one)
            self._state(token, one, measure)
        if measure in ("amount", "total") and not segment.comparing:
            self.base = self.base if self.base and self.base != "prior_year" and not self.sentence else None

    def _turns(self, index: int) -> bool:
        """Whether a direction follows in the clause: 较上年2.08减少0.03万元."""
        for other in self.tokens[index + 1 : index + 6]:
            if other.kind == "stop" and other.text not in "()":
                return False
            if other.kind in ("up", "down", "either", "flat", "near"):
                return True
        return False

    def _both_years(self) -> bool:
        years = {
            int(t.text[:4]) for t in self.tokens if t.kind == "passed" and t.data == "date" and t.text[:4].isdigit()
        }
        return self.year in years

    def _percent(self, index: int, token: Token) -> None:
        segment = self.segment
        points = token.unit in ("个百分点", "百分点")
        null: NullReason | None = None
        if token.kind != "figure":
            null = "blank" if token.kind == "blank" else "not_stated"
        if null and self._no_base(index):
            null = "base_is_zero"
        if segment.complete:
            current = self._who("percent", token.unit)
            base = segment.complete_base or "budget"
            plain = segment.complete_base is None and not self._told(current) if current else True
            if current is None or not current.topic.money or plain:
                self._stray(token, "share_pct")
            else:
                self._state(token, current, "completion_pct", base=base, null=null)
                self._same_budget(current, base)
            segment.complete, segment.complete_base = False, None
        elif segment.share:
            current = self._share_of(token)
            if current is None:
                self._stray(token, "share_pct")
            else:
                whole = segment.share_base or self.lex.bases.get(current.key) or current.topic.base
                self._state(token, current, "share_pct", base=whole, null=null)
            segment.share, segment.share_base = False, None
        elif segment.direction is not None or (self._follows_change(token)):
            if segment.direction is None:
                before = self.found[-1].value or Decimal(0)
                segment.direction = -1 if before < 0 else 1
            self._change(token, self._who("percent", token.unit), "points" if points else "pct", null)
            segment.direction = None
        else:
            self._stray(token, "share_pct")

    def _share_of(self, token: Token) -> Current | None:
        """What the share is of: 工程类0万元，占0%: the amount before; 货物采购授予中小企业占…: the words before."""
        segment = self.segment
        for current in reversed(segment.topics):
            if got := current.takes("percent", token.unit):
                return got
        if self._unknown() or self.current is None:
            return None
        return self.current.takes("percent", token.unit) or next((c for c in self.recent if c.topic.money), None)

    def _follows_change(self, token: Token) -> bool:
        if not self.found or self.segment.topics or self._unknown():
            return False
        last = self.found[-1]
        return last.measure.endswith("change_amount") and token.start - self._normal_at(last.end) <= 3

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

    def _no_base(self, index: int) -> bool:
        """(基数为0，不可比) behind a dash."""
        for other in self.tokens[index + 1 : index + 6]:
            if other.kind == "no_base" or (other.kind == "passed" and other.data == "reference"):
                return True
            if other.kind == "figure" or (other.kind == "stop" and other.text in "。；"):
                return False
        return False

    def _same_budget(self, current: Current, base: str) -> None:
        """年初预算为0.95万元…完成预算的0%: in a chapter that tells budgets without their stage, the figure is both."""
        if base != "budget" or not current.key.startswith(self.lex.budgets_without_stage):
            return
        told = [f for f in self.sentence if f.topic == current.key and f.measure in _BUDGETS]
        if len(told) == 1 and told[0].measure != "budget":
            one = told[0]
            self._add(
                Found(one.topic, "budget", one.value, one.unit, one.start, one.end, one.value_text, one.qualifier)
            )

    def _change(self, token: Token, current: Current | None, what: str, null: NullReason | None = None) -> None:
        segment = self.segment
        base = self.base or ("prior_year" if segment.prior else None)
        if base is None and self.last_base:
            base = self.last_base
        if token.kind == "blank":
            null = "blank"
        if current is None:
            self._stray(token, f"change_{'pct' if what == 'pct' else 'amount' if what == 'amount' else 'points'}")
            return
        if base in _OVER:
            measure = f"{_OVER[base]}_{'pct' if what != 'amount' else 'amount'}"
        else:
            measure = f"change_{what}"
            if current.topic.measure == "total" and current.topic.key == current.key:
                measure = "total_" + measure
        value = None if null else decimal_of(token.text)
        if value is not None:
            direction = segment.direction
            if direction == 0 and value:
                self._lost(token, "both directions are printed")
                return
            value = -abs(value) if direction == -1 else value
            if not value:
                value = abs(value)
        group = [c for c in self.group if c.takes("money", None)] if segment.every else []
        for one in [*group, current]:
            self._state(token, one, measure, base=base, null=null, value=value)
        if current.topic.money:
            self._speak_of(current)

    def _told(self, current: Current) -> bool:
        """Whether the sentence so far told a sum of this: what 完成率 without 预算 must have."""
        return any(one.topic == current.key and one.unit in self.lex.money_units for one in self.sentence)

    def _count(self, index: int, token: Token, kind: str) -> None:
        segment = self.segment
        unit = token.unit
        if kind == "score":
            if segment.score == "average_score":
                current = next(
                    (
                        c
                        for c in [*reversed(segment.topics), *([self.current] if self.current else []), *self.recent]
                        if c.key.startswith("performance.")
                    ),
                    None,
                )
                if current is not None:
                    self._state(token, current, "average_score")
                    return
            elif segment.score and self.section.startswith("notes.performance"):
                said = [*([self.current] if self.current else [])]
                said = [*(c for c in segment.topics if not c.topic.weak), *said, *segment.topics]
                current = next((c for c in said if c.key in (*_REVIEWED, "performance.self_evaluation")), None)
                if current is not None:
                    self._state(token, current, "score")
                    return
            self._stray(token, "value")
            return
        if segment.direction is not None or segment.share or segment.complete:
            self._stray(token, "count")
            return
        if segment.per:
            self._stray(token, "count")
            return
        for current in [*reversed(segment.topics), *segment.weak]:
            if got := current.takes("count", unit):
                self._state_count(token, got)
                self._speak_of(current)
                return
        if (got := self._named_behind(index, unit)) is not None:
            # 包括局本级1个预算单位: a part, said of whom
            part = _PART_LEAD.sub("", self._subject(token) or "") if got.topic.parts and self._unknown() else ""
            self._state_count(token, Current(got.key, got.topic, part) if part else got)
            return
        unknown = self._unknown()
        if unknown:
            got = self.current.takes("count", unit) if self.current else None
            listed = got is not None and got.topic.parts and any(f.topic == got.key for f in self.sentence)
            if got is not None and (listed or "其中" in self.text[max(0, segment.start - 4) : token.start]):
                part = _PART_LEAD.sub("", self._subject(token) or unknown)
                self._state(token, Current(got.key, got.topic, part), "count")
            else:
                self._stray(token, "count")
            return
        candidates = [*([self.current] if self.current else []), *self.recent]
        for current in candidates:
            if got := current.takes("count", unit):
                if segment.topics:
                    break  # the clause speaks of something that is not counted so
                self._state_count(token, got)
                return
        self._stray(token, "count")

    def _state_count(self, token: Token, got: Current) -> None:
        self._state(token, got, "count")

    def _named_behind(self, index: int, unit: str | None) -> Current | None:
        """6个政府性基金预算项目, 1个出国团组: what is counted stands behind the figure."""
        token = self.tokens[index]
        if self.text.startswith(self.lex.counted, token.end):
            return None
        reach = token.end + 7
        best: Current | None = None
        for other in self.tokens[index + 1 :]:
            if other.start > reach or other.kind in ("stop", "figure", "reason", "share"):
                break
            if other.kind == "topic":
                current = other.data
                if not isinstance(current, Current):
                    key = current.in_section(self.scope)
                    if key is None:
                        continue
                    current = Current(key, current)
                got = current.takes("count", unit)
                if got is not None and (best is None or current.topic.strong):
                    best = got
                reach = other.end + 7
        return best

    # --- statements -------------------------------------------------------------------------------------------------

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
        if hasattr(self, "sentence"):
            self.sentence.append(one)
        if one.measure in _TO_BUDGET or one.measure in _TO_PRIOR:
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
        self._speak_of(Current("outcome", _OUTCOME, subject))
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
            head = _TAIL.sub("", _LEAD.sub("", head))
            if kind == "share_pct" and 0 < len(head) <= 2 <= len(tail):
                return (head + tail)[:40]  # 均能100%接入到平台
            if len(head) >= 2:
                return head[-40:]
        if len(tail) >= 2:
            return tail[:40]
        before = text[:start].rstrip("，。；;：:、！？()")
        cut = max(before.rfind(mark) for mark in "，。；;：:！？") + 1
        lead = _LEAD.sub("", re.sub(r"[\d.,]+.*$", "", before[cut:]))
        return lead[-40:] if len(lead) >= 2 else None

    def _lost(self, token: Token, reason: str) -> None:
        if token.kind != "figure":
            return
        start, end = self.normal.printed(token.start, token.start + len(token.text))
        self.unplaced.append(Unplaced(self._print(token.start, token.start + len(token.text)), start, end, reason))

    def _print(self, start: int, end: int) -> str:
        a, b = self.normal.printed(start, end)
        return self.printed[a:b]

    # --- relations, reasons, purposes, declarations -----------------------------------------------------------------

    def _about(self) -> Current | None:
        for current in reversed(self.segment.topics):
            if current.topic.money:
                return current
        if self.current is not None and self.current.topic.money:
            return self.current
        return next((c for c in self.recent if c.topic.money), None) or self._default()

    def _flat(self, index: int, token: Token, exact: bool) -> None:
        """持平 against last year is a change of 0; against a budget, or only nearly, a relation in words."""
        segment = self.segment
        base = self.base
        if base is None and (segment.topics or not self._unknown()):
            base = self.last_base
        about = self._about()
        segment.comparing = False
        if about is None or base is None or self._unknown():
            return
        following = self._after(index)
        if following is not None and following.kind == "figure" and not exact:
            segment.direction = 1 if any(c in token.text for c in "增上提") else -1
            return
        group = [c for c in self.group if c.topic.money] if segment.every else []
        told = self.found[-1] if self.found else None
        if (
            told is not None
            and told.topic == about.key
            and told.base == base
            and told in self.sentence
            and told.unit is None
        ):
            return  # 持平，无增减变化: once is enough
        for one in [*group, about]:
            start, end = self.normal.printed(token.start, token.end)
            if base == "prior_year" and exact:
                measure = (
                    "total_change_amount"
                    if one.topic.measure == "total" and one.topic.key == one.key
                    else "change_amount"
                )
                self._add(
                    Found(
                        one.key,
                        measure,
                        Decimal(0),
                        None,
                        start,
                        end,
                        self._print(token.start, token.end),
                        base=base,
                        subject=one.subject,
                    )
                )
            else:
                measure = "relation_to_prior" if base == "prior_year" else "relation_to_budget"
                self._add(
                    Found(
                        one.key,
                        measure,
                        None,
                        None,
                        start,
                        end,
                        self._print(token.start, token.end),
                        base=base,
                        subject=one.subject,
                    )
                )
        self._speak_of(about)

    def _relation(self, index: int, token: Token, kind: str | None = None) -> int:
        """决算数小于预算数: a relation in words; a figure behind it is the difference."""
        kind = kind or token.kind
        segment = self.segment
        base = None
        last = token
        at = index + 1
        while at < len(self.tokens) and self.tokens[at].start <= last.end + 4:
            other = self.tokens[at]
            if other.kind == "stage" and other.data in _BUDGETS:
                base, last = str(other.data), other
                at += 1
                break
            if other.kind == "prior" or (other.kind == "passed" and other.data == "date"):
                base, last = "prior_year", other
                if at + 1 < len(self.tokens) and self.tokens[at + 1].kind == "stage":
                    at += 1
                    other = self.tokens[at]
                    if other.data in _BUDGETS:
                        base = str(other.data)
                    last = other
                at += 1
                break
            if other.kind not in ("filler",):
                break
            at += 1
        if base is None:
            return index + 1
        segment.known = max(segment.known, last.end)
        about = self._about()
        self.base = base
        if about is None:
            return at
        start, end = self.normal.printed(token.start, last.end)
        measure = "relation_to_prior" if base == "prior_year" else "relation_to_budget"
        self._add(
            Found(
                about.key,
                measure,
                None,
                None,
                start,
                end,
                self._print(token.start, last.end),
                base=base,
                subject=about.subject,
            )
        )
        segment.direction = {"greater": 1, "less": -1, "equal": None}[kind]
        segment.comparing = False
        if self._unknown() == "":
            self._speak_of(about)
        return at

    def _fresh(self, index: int, soft: bool) -> bool:
        """Whether a statement of its own begins at this token: a topic, then its figure.

        ``soft`` (behind a semicolon) lets a comparison stand between.
        """
        seen: Token | None = None
        for other in self.tokens[index : index + 14]:
            if other.kind == "topic":
                if seen is None:
                    key = other.data.key if isinstance(other.data, Current) else other.data.in_section(self.scope)
                    if key is None:
                        return False
                    seen = other
            elif other.kind == "stop":
                if other.text in ":：" and seen is None:
                    continue
                if seen is None or not (soft and other.text in "，"):
                    return False
            elif other.kind in ("figure", "blank"):
                return seen is not None and (other.kind == "blank" or other.unit is not None)
            elif other.kind in ("up", "down", "near", "either", "reason", "purpose") and not soft:
                return False
            elif other.kind == "flat":
                return seen is not None and soft
            elif other.kind == "none" and seen is None:
                return False
            if seen is None and other.kind not in ("of_which", "filler", "passed"):
                return False
        return False

    def _compared_again(self, index: int) -> bool:
        """；较上年增加1.5万元: behind a reason another comparison begins."""
        if index >= len(self.tokens) or self.tokens[index].kind != "compare" or not self._compares(index):
            return False
        kinds = [other.kind for other in self.tokens[index : index + 6]]
        return any(kind in kinds for kind in ("up", "down", "either")) and "figure" in kinds

    def _extent(self, index: int, purpose: bool = False) -> tuple[int, int]:
        """(end offset, index of the token at which reading goes on) of a reason or purpose behind token ``index``."""
        tokens = self.tokens
        begin = tokens[index].end
        depth = 0
        first = True
        for at in range(index + 1, len(tokens)):
            token = tokens[at]
            if token.kind != "stop":
                if purpose and token.kind == "stage" and token.data in _BUDGETS and not first:
                    pass
                continue
            if token.text in "(":
                depth += 1
                continue
            if token.text == ")":
                depth -= 1
                if depth < 0:
                    return token.start, at
                continue
            if token.text in ":：" and token.start <= begin:
                begin = token.end
                continue
            if token.text in _END:
                listed = _FIRST.match(self.text, begin) and _AGAIN.match(self.text, token.end)
                if not purpose and token.start > begin and listed:
                    first = False
                    continue
                return token.start, at
            if token.text in "；;":
                if purpose or self._fresh(at + 1, soft=True) or self._compared_again(at + 1):
                    return token.start, at
                continue
            if token.text in "，" and depth == 0:
                if purpose:
                    if self._has_figure(at + 1):
                        return token.start, at
                elif self._fresh(at + 1, soft=False):
                    return token.start, at
            first = False
        return len(self.text), len(tokens)

    def _has_figure(self, index: int) -> bool:
        """Whether the clause that begins at this token holds a figure."""
        for other in self.tokens[index:]:
            if other.kind == "stop" and other.text in "，。；;":
                return False
            if other.kind in ("figure", "reason") or (other.kind == "stage" and other.data in _BUDGETS):
                return True
            if other.kind in ("compare",) and self._compares(self.tokens.index(other)):
                return True
        return False

    def _inside(self, index: int, until: int) -> None:
        """Figures inside a reason or a purpose are outcomes; 比预算有所节约 is a relation wherever it stands."""
        base: str | None = None
        self.segment = _Segment(self.tokens[index].end, known=self.tokens[index].end)
        outer = self.base
        for at in range(index + 1, until):
            token = self.tokens[at]
            if token.kind == "stop":
                base = None
                self.segment = _Segment(token.end, known=token.end)
            elif token.kind in ("up", "down", "either"):
                self.segment.direction = {"up": 1, "down": -1, "either": 0}[token.kind]
            elif token.kind == "stage" and token.data in _BUDGETS:
                base = str(token.data)
            elif token.kind == "near" and base and self.tokens[at - 1].kind == "stage":
                about = self.current or self._about()
                if about is not None:
                    start_token = self.tokens[at - 2] if self.tokens[at - 2].kind == "compare" else self.tokens[at - 1]
                    start, end = self.normal.printed(start_token.start, token.end)
                    self._add(
                        Found(
                            about.key,
                            "relation_to_budget",
                            None,
                            None,
                            start,
                            end,
                            self._print(start_token.start, token.end),
                            base=base,
                        )
                    )
            elif token.kind == "figure":
                kind = self._kind(token)
                if kind == "bare":
                    self._lost(token, "no unit, in a reason")
                elif self.segment.direction:
                    self._stray(
                        token, "change_pct" if kind == "percent" else "change_amount" if kind == "money" else "count"
                    )
                else:
                    self._stray(token, {"money": "value", "percent": "share_pct", "rank": "rank"}.get(kind, "count"))
                self.segment.direction = None
        self.base = outer

    def _reason(self, index: int, token: Token) -> int:
        segment = self.segment
        about = segment.topics[-1] if segment.topics else self.current
        named = bool(segment.topics)
        end, until = self._extent(index)
        text = self.text[token.end : end]
        lead = len(text) - len(text.lstrip(":： ，("))
        body = self._print(token.end + lead, end).strip() if end > token.end + lead else ""
        explained = self._explained(about, named)
        if not explained and about is not None and body and segment.direction is not None and named:
            explained = []
        for one in explained:
            one.reason = body or None
        if not body:
            self.awaits_reason = explained
        self._inside(index, until)
        if about is not None:
            self._speak_of(about) if named else None
        self.segment = _Segment(end, known=end)
        return until

    def _explained(self, about: Current | None, named: bool) -> list[Found]:
        """The statements that a reason explains: the changes of what is spoken of that have none yet."""
        open_ones = [one for one in self.changes if one.reason is None]
        if not open_ones:
            return []
        segment_relation = (
            self.sentence[-1] if self.sentence and self.sentence[-1].measure.startswith("relation_to") else None
        )
        if segment_relation is not None:
            group = _TO_PRIOR if segment_relation.measure == "relation_to_prior" else _TO_BUDGET
            return [one for one in open_ones if one.topic == segment_relation.topic and one.measure in group]
        key = about.key if about is not None else None
        if key is not None:
            mine = [one for one in open_ones if one.topic == key]
            if mine:
                bases = {one.base for one in mine[-2:]}
                last = mine[-1]
                group = _TO_BUDGET if last.measure in _TO_BUDGET else _TO_PRIOR
                return [one for one in mine if one.measure in group] if bases else mine
            if named:
                return []
        last = open_ones[-1]
        group = _TO_BUDGET if last.measure in _TO_BUDGET else _TO_PRIOR
        return [one for one in open_ones if one.topic == last.topic and one.measure in group]

    def _purpose(self, index: int, token: Token) -> int:
        segment = self.segment
        about = next(reversed(segment.topics), None) or self.current
        ahead = index + 1
        while ahead < len(self.tokens) and self.tokens[ahead].kind == "stop" and self.tokens[ahead].text in ":：":
            ahead += 1
        if self._fresh(ahead, soft=False):
            # 主要用于：教育支出120万元: what follows are statements of their own
            self._speak_of(segment.topics[-1]) if segment.topics else None
            self.segment = _Segment(token.end, known=token.end)
            return index + 1
        end, until = self._extent(index, purpose=True)
        text = self.text[token.end : end]
        lead = len(text) - len(text.lstrip(":： "))
        body = self._print(token.end + lead, end).strip() if end > token.end + lead else ""
        if about is not None and body and not re.match(r"(?:以下|如下|于以下)", self.text[token.end + lead :]):
            start, stop = self.normal.printed(token.end + lead, end)
            self._add(Found(about.key, "purpose", None, None, start, stop, body, subject=about.subject))
        else:
            self.segment = _Segment(token.end, known=token.end)
            return index + 1
        self._inside(index, until)
        if segment.topics:
            self._speak_of(segment.topics[-1])
        self.segment = _Segment(end, known=end)
        return until

    def _none(self, index: int, token: Token) -> int:
        """无政府性基金预算财政拨款支出: declared, without a figure."""
        topics: list[tuple[Token, Current]] = []
        reach = token.end + 14
        at = index + 1
        while at < len(self.tokens):
            other = self.tokens[at]
            if other.start > reach or other.kind in ("figure", "blank", "up", "down", "reason"):
                break
            if other.kind == "stop" and other.text not in "、()":
                break
            if other.kind == "topic":
                if isinstance(other.data, Current):
                    topics.append((other, other.data))
                elif other.data.none_topics:
                    topics.extend((other, Current(key, Topic(key))) for key in other.data.none_topics)
                elif (key := other.data.in_section(self.scope)) is not None:
                    topics.append((other, Current(key, other.data)))
                reach = other.end + 8
            at += 1
        stop = self.tokens[at] if at < len(self.tokens) else None
        if not topics or (stop is not None and stop.kind in ("up", "down", "figure", "reason", "blank")):
            return index + 1
        first = topics[0][0]
        if self.text[token.end : first.start].strip("、()") and len(self.text[token.end : first.start]) > 12:
            return index + 1
        for other, current in topics:
            start, end = self.normal.printed(token.start, other.end)
            measure = "amount" if current.topic.money else "count"
            self._add(
                Found(
                    current.key,
                    measure,
                    None,
                    None,
                    start,
                    end,
                    self._print(token.start, other.end),
                    null_reason="none_declared",
                )
            )
        self._speak_of(topics[-1][1])
        self.segment.known = topics[-1][0].end
        self.segment.unknown = ""
        return at

    def _collect(self, kind: str) -> None:
        segment = self.segment
        if kind == "all_of":
            segment.every = True
            self.group.extend(segment.topics[:-1])
        else:
            self.each = [*self.group, *segment.topics]
            segment.topics = []
            self.group = []

    def _project_before(self, end: int) -> None:
        """12345服务热线外包服务项目绩效自评综述: the project that the following figures are of."""
        segment = self.segment
        if any(c.key == "performance.whole_department" for c in segment.topics):
            whole = next(c for c in segment.topics if c.key == "performance.whole_department")
            segment.topics = [whole]
            self._speak_of(whole)
            return
        start = max((self.text.rfind(mark, 0, end) for mark in "，。；;:：、"), default=-1) + 1
        name = re.sub(r"(?:支出)?(?:绩效)?(?:自评|评价)?(?:情况)?$", "", _LEAD.sub("", self.text[start:end]))
        if len(name) < 4 or not name.endswith(self.lex.project_names):
            return
        current = Current("performance.project", Topic("performance.project"), name)
        segment.topics = [current]
        segment.unknown = ""
        self._speak_of(current)
