"""What each figure of the text states: its topic, its measure, what it is measured against, and why.

Belongs here: the walk over the words of a paragraph. A paragraph comes in as marked words and figures (``phrases``);
each figure goes out as a statement, or as a number that found no place. The grammar knows kinds of words (a budget
stage, a comparison, a direction, a share, a reason), never single words: those are data, so that a wording that
nobody has seen yet is a matter of words in another order. Does not belong here: the rules for a figure (``figures``)
and for a reason (``explanations``), sections, sentences and places (``chapters``, ``prose``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from juesuan.final_accounts.explanations import Explanations
from juesuan.final_accounts.phrases import Token, Topic, normal, scan
from juesuan.final_accounts.spoken import BUDGETS, END, LEAD, REVIEWED, Current, Found, Segment, Unplaced

PART = frozenset("；;")
_LIST_NUMBER = re.compile(r"\d{1,2}")


class Reader(Explanations):
    """Reads the paragraphs of one report in their order. What is spoken of is carried from one to the next."""

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
        self.normal = normal(text)
        self.text = self.normal.text
        self.base = self.last_base = None
        if section.startswith(("notes.performance", "overview", "attachments")):
            # each paragraph speaks for itself, but for the project under review
            self.recent = []
            if self.current is not None and self.current.key not in REVIEWED:
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
        end = next((i for i, char in enumerate(self.text) if char in END), len(self.text))
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

    def _project_before(self, end: int) -> None:
        """12345服务热线外包服务项目绩效自评综述: the project that the following figures are of."""
        segment = self.segment
        if any(c.key == "performance.whole_department" for c in segment.topics):
            whole = next(c for c in segment.topics if c.key == "performance.whole_department")
            segment.topics = [whole]
            self._speak_of(whole)
            return
        start = max((self.text.rfind(mark, 0, end) for mark in "，。；;:：、"), default=-1) + 1
        name = re.sub(r"(?:支出)?(?:绩效)?(?:自评|评价)?(?:情况)?$", "", LEAD.sub("", self.text[start:end]))
        if len(name) < 4 or not name.endswith(self.lex.project_names):
            return
        current = Current("performance.project", Topic("performance.project"), name)
        segment.topics = [current]
        segment.unknown = ""
        self._speak_of(current)

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
                subject = LEAD.sub("", head).rstrip("被获")
                if len(subject) < 2 or self.text[found.end() : found.end() + 2] in ("的项", "项目"):
                    continue
                about = ("outcome", subject[-40:])
            text = self._print(*found.span(1))
            self._add(Found(about[0], "grade", None, None, start, end, text, subject=about[1]))

    def _walk(self) -> None:
        tokens = self.tokens
        self.segment = Segment(0)
        self.brackets = []
        self.each = []
        self.group = []
        self.sentence = []
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
            self.segment = Segment(end, known=end)
            return
        if segment.topics and not segment.share and not segment.comparing:
            if mark == "、" and segment.figures == 0:
                self.group.extend(segment.topics)
            if segment.figures == 0 or segment.behind:
                self._speak_of(segment.topics[-1])
        if mark != "、":
            self.group = []
        keep = segment
        self.segment = Segment(end, known=end)
        self.segment.direction = keep.onward
        if mark in ":：":
            self.segment.stage = keep.stage
            self.segment.complete, self.segment.complete_base = keep.complete, keep.complete_base
            self.segment.direction = keep.direction
            self.segment.share = keep.share and not keep.figures
        if mark in END:
            self.last_base = self.base or self.last_base
            self.base = None
            self.each = []
            self.sentence = []
        if mark in PART:
            self.each = []

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
            if stage in BUDGETS:
                self._set_base(stage)
            elif segment.prior:
                self._set_base("prior_year")
            return
        if segment.complete and stage in BUDGETS:
            segment.complete_base = stage
            return
        if stage == "amount" and segment.stage in BUDGETS and token.text in ("支出", "支出数"):
            return
        segment.stage = stage

    def _collect(self, kind: str) -> None:
        segment = self.segment
        if kind == "all_of":
            segment.every = True
            self.group.extend(segment.topics[:-1])
        else:
            self.each = [*self.group, *segment.topics]
            segment.topics = []
            self.group = []
