"""Which measure of which topic a figure is: an amount, a budget, a change, a share, a completion, a count.

Belongs here: the rules for a figure from the words between it and the mark of punctuation before it; what they leave
open is taken over from the figure before (比上年增加… belongs to the amount that stands before it). Does not belong
here: statements in words and reasons (``explanations``), the walk over the words (``statements``).
"""

from __future__ import annotations

from decimal import Decimal

from juesuan.final_accounts.class_tokens import ClassTokens
from juesuan.final_accounts.model import NullReason
from juesuan.final_accounts.phrases import Token, Topic, decimal_of
from juesuan.final_accounts.spoken import BUDGETS, OVER, PART_LEAD, REVIEWED, Current, Found


class Figures(ClassTokens):
    """Reads figures."""

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
        direction = segment.direction
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
        if direction is not None and self._listed_on(index):
            segment.onward = direction  # 各减少1267.86、2570.97万元
        segment.figures += 1
        segment.behind = False
        segment.qualifier = None
        segment.unknown = ""
        segment.known = token.end
        if following is not None and following.kind == "qualifier":
            return index + 1
        return index + 1

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

    def _listed_on(self, index: int) -> bool:
        """Whether nothing but a comma stands between this figure and the next."""
        stop, following = self.tokens[index + 1 : index + 2], self.tokens[index + 2 : index + 3]
        if not stop or not following or stop[0].kind != "stop" or stop[0].text not in "，、":
            return False
        return following[0].kind == "figure" and following[0].start == stop[0].end

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
        told = [f for f in self.sentence if f.topic == current.key and f.measure in BUDGETS]
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
        if base in OVER:
            measure = f"{OVER[base]}_{'pct' if what != 'amount' else 'amount'}"
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
                current = next((c for c in said if c.key in (*REVIEWED, "performance.self_evaluation")), None)
                if current is not None:
                    self._state(token, current, "score")
                    return
            self._stray(token, "value")
            return
        if segment.direction is not None or segment.share or segment.complete:
            self._stray(token, "change_amount" if segment.direction else "count")
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
            part = PART_LEAD.sub("", self._subject(token) or "") if got.topic.parts and self._unknown() else ""
            self._state_count(token, Current(got.key, got.topic, part) if part else got)
            return
        unknown = self._unknown()
        if unknown:
            got = self.current.takes("count", unit) if self.current else None
            listed = got is not None and got.topic.parts and any(f.topic == got.key for f in self.sentence)
            if got is not None and (listed or "其中" in self.text[max(0, segment.start - 4) : token.start]):
                part = PART_LEAD.sub("", self._subject(token) or unknown)
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
