"""Names of functional classes in a paragraph: X(类)Y(款)Z(项), X(2010301), or a name that stands for itself.

Belongs here: putting such names over the words in them, as one topic with its code. Does not belong here: which code
a name has (``classes``), and what is said of it (``figures``).
"""

from __future__ import annotations

import re

from juesuan.final_accounts.classes import LEVEL_NAMES, LEVELS
from juesuan.final_accounts.phrases import Token, Topic
from juesuan.final_accounts.spoken import LEAD, Current, Spoken

_MARKS = re.compile(r"\((?:\d{2,3})?(类|款|项)\)")
_CODE = re.compile(r"\((?:科目|项目)?(?:编码|编号|代码)?[:：]?(\d{3}|\d{5}|\d{7})\)")
_CODE_LEAD = re.compile(r"^\d{2,7}(?!\d)")
BOUNDS = frozenset("，。；;:：、")


def _class_name(text: str) -> str:
    """The name of a class without the number of its item or its code in front."""
    return _CODE_LEAD.sub("", LEAD.sub("", text))


class ClassTokens(Spoken):
    """Finds names of functional classes."""

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

    def _class_rule(self) -> dict[str, object] | None:
        got = self.lex.in_section(self.lex.class_sections, self.section)
        return got if isinstance(got, dict) else None

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
            elif char in BOUNDS and depth == 0:
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
            at = head + len(m[0]) if (m := LEAD.match(self.text[head : head + 24])) else head
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
