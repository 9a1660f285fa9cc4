"""Synthetic reports as flattened text, as the text of a published PDF looks.

Belongs here: lines. Does not belong here: figures, sentences.
"""

from __future__ import annotations

from juesuan.demo.narrative import Paragraph, Section
from juesuan.demo.planting import Issue, mark
from juesuan.demo.report import Table


def document(issue: Issue) -> bytes:
    """The whole report as text."""
    report = issue.report
    lines = [mark(), report.title, ""]
    for section in issue.front:
        _section(lines, section)
    lines += ["", part_two(issue), ""]
    for table in report.tables:
        _table(lines, table, issue.money_of.get(table.key, report.money_unit))
    for section in issue.notes:
        _section(lines, section)
    return ("\n".join(lines) + "\n").encode()


def part_two(issue: Issue) -> str:
    """The heading over the tables."""
    report = issue.report
    return f"第二部分 {report.printed_name}{issue.part_year or report.year}年度部门决算表"


def said(paragraph: Paragraph) -> str:
    """A paragraph as it is printed."""
    return "".join([one if isinstance(one, str) else one.text for one in paragraph])


def _section(lines: list[str], section: Section) -> None:
    lines += ["", section.heading, ""] if section.level < 3 else [section.heading]
    lines += [said(paragraph) for paragraph in section.paragraphs]


def _table(lines: list[str], table: Table, money_unit: str) -> None:
    lines += [f"单位：{money_unit}", table.number, table.title, *table.header]
    for row in table.rows:
        lines.append(" ".join([item if isinstance(item, str) else item.text for item in row if item != ""]))
    lines += [f"注：{table.note}", ""]
