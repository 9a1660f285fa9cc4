"""What the text says beside figures: no change, more or less than planned, why, what for, and what there is none of.

Belongs here: relations, reasons, purposes and declarations, and how far each reaches. Does not belong here: figures
(``figures``).
"""

from __future__ import annotations

import re
from decimal import Decimal

from juesuan.final_accounts.figures import Figures
from juesuan.final_accounts.phrases import Token, Topic
from juesuan.final_accounts.spoken import BUDGETS, END, TO_BUDGET, TO_PRIOR, Current, Found, Segment

_AGAIN = re.compile(
    r"(?:[二三四五六七八九]是|[(（][二三四五六七八九][)）]|[2-9][.、](?!\d)|[②-⑨]|同时|此外|另外|另一方面)"
)
_FIRST = re.compile(r"[:：]?(?:一是|一方面|首先|[(（]?[一1][)）、.]|①)")


class Explanations(Figures):
    """Reads relations, reasons, purposes and declarations."""

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
            if other.kind == "stage" and other.data in BUDGETS:
                base, last = str(other.data), other
                at += 1
                break
            if other.kind == "prior" or (other.kind == "passed" and other.data == "date"):
                base, last = "prior_year", other
                if at + 1 < len(self.tokens) and self.tokens[at + 1].kind == "stage":
                    at += 1
                    other = self.tokens[at]
                    if other.data in BUDGETS:
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
        self.segment = Segment(end, known=end)
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
            group = TO_PRIOR if segment_relation.measure == "relation_to_prior" else TO_BUDGET
            return [one for one in open_ones if one.topic == segment_relation.topic and one.measure in group]
        key = about.key if about is not None else None
        if key is not None:
            mine = [one for one in open_ones if one.topic == key]
            if mine:
                bases = {one.base for one in mine[-2:]}
                last = mine[-1]
                group = TO_BUDGET if last.measure in TO_BUDGET else TO_PRIOR
                return [one for one in mine if one.measure in group] if bases else mine
            if named:
                return []
        last = open_ones[-1]
        group = TO_BUDGET if last.measure in TO_BUDGET else TO_PRIOR
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
            self.segment = Segment(token.end, known=token.end)
            return index + 1
        end, until = self._extent(index, purpose=True)
        text = self.text[token.end : end]
        lead = len(text) - len(text.lstrip(":： "))
        body = self._print(token.end + lead, end).strip() if end > token.end + lead else ""
        if about is not None and body and not re.match(r"(?:以下|如下|于以下)", self.text[token.end + lead :]):
            start, stop = self.normal.printed(token.end + lead, end)
            self._add(Found(about.key, "purpose", None, None, start, stop, body, subject=about.subject))
        else:
            self.segment = Segment(token.end, known=token.end)
            return index + 1
        self._inside(index, until)
        if segment.topics:
            self._speak_of(segment.topics[-1])
        self.segment = Segment(end, known=end)
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

    def _extent(self, index: int, purpose: bool = False) -> tuple[int, int]:
        """(end offset, index of the token at which reading goes on) of a reason or purpose behind token ``index``."""
        tokens = self.tokens
        begin = tokens[index].end
        depth = 0
        first = True
        for at in range(index + 1, len(tokens)):
            token = tokens[at]
            if token.kind != "stop":
                if purpose and token.kind == "stage" and token.data in BUDGETS and not first:
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
            if token.text in END:
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

    def _has_figure(self, index: int) -> bool:
        """Whether the clause that begins at this token holds a figure."""
        for other in self.tokens[index:]:
            if other.kind == "stop" and other.text in "，。；;":
                return False
            if other.kind in ("figure", "reason") or (other.kind == "stage" and other.data in BUDGETS):
                return True
            if other.kind in ("compare",) and self._compares(self.tokens.index(other)):
                return True
        return False

    def _inside(self, index: int, until: int) -> None:
        """Figures inside a reason or a purpose are outcomes; 比预算有所节约 is a relation wherever it stands."""
        base: str | None = None
        self.segment = Segment(self.tokens[index].end, known=self.tokens[index].end)
        outer = self.base
        for at in range(index + 1, until):
            token = self.tokens[at]
            if token.kind == "stop":
                base = None
                self.segment = Segment(token.end, known=token.end)
            elif token.kind in ("up", "down", "either"):
                self.segment.direction = {"up": 1, "down": -1, "either": 0}[token.kind]
            elif token.kind == "stage" and token.data in BUDGETS:
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
