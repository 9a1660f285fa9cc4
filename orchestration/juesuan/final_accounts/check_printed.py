"""Evaluators of the checks of what a report prints about itself: its body and its year.

Belongs here: names and years of cover, headings, table headers and text against what the report was taken for. Does
not belong here: deciding whose report it is (``identify``), the identities (data: ``forms/checks.yml``).

A name that a template left behind is shown here, with every place of it, and renames nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from juesuan.final_accounts.check_tables import unit_names
from juesuan.final_accounts.check_terms import Book, Verdict
from juesuan.final_accounts.model import CheckState, Printing, Report
from juesuan.final_accounts.titles import akin

Spec = Mapping[str, Any]
WHERE = {"cover": "封面", "part": "章题", "header": "表头"}


def printed_names(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: printed_names``: cover, headings, table headers and the heads of sentences name the report's own body."""
    report = book.report
    text = list(unit_names(book, spec))
    wrong: dict[tuple[str, str], list[Printing]] = {}
    agreeing = 0
    ours = [report.unit_name or "", *(one.name for one in report.units)]
    for one in report.printings:
        if one.what != "unit_name" or not report.unit_name:
            continue
        if any(akin(one.value, own) for own in ours if own):
            agreeing += 1
        else:
            wrong.setdefault((one.where, one.value), []).append(one)
    for (where, name), places in wrong.items():
        message = f"{WHERE[where]}写作“{name}”{_places(report, places)}，报告单位为“{report.unit_name}”"
        yield Verdict(spec["id"], f"{where}/{name}", "fail", spec["severity"], message=message)
    whole = [verdict for verdict in text if verdict.place == "report"]
    yield from (verdict for verdict in text if verdict.place != "report")
    for verdict in whole:
        if wrong:
            return
        if verdict.state == "could_not_run" and agreeing > 1:
            verdict.state, verdict.message = "pass", None
        yield verdict


def printed_years(book: Book, spec: Spec) -> Iterator[Verdict]:
    """``kind: printed_years``: cover, headings and table headers print the report's own fiscal year."""
    report = book.report
    wrong: dict[tuple[str, str], list[Printing]] = {}
    agreeing = 0
    for one in report.printings:
        if one.what != "fiscal_year" or report.fiscal_year is None:
            continue
        if one.value == str(report.fiscal_year):
            agreeing += 1
        else:
            wrong.setdefault((one.where, one.value), []).append(one)
    for (where, year), places in wrong.items():
        message = f"{WHERE[where]}印作{year}年{_places(report, places)}，报告为{report.fiscal_year}年度"
        yield Verdict(spec["id"], f"{where}/{year}", "fail", spec["severity"], message=message)
    if not wrong:
        state: CheckState = "pass" if agreeing > 1 else "could_not_run"
        why = None if agreeing > 1 else "封面、章题、表头未在两处印有年度"
        yield Verdict(spec["id"], "report", state, spec["severity"], message=why)


def _places(report: Report, places: list[Printing]) -> str:
    """（第3、5页“编制单位：某局”）, or by lines without pages; with the file where several are one report."""
    said: dict[str, dict[str, None]] = {}
    for one in places:
        document_id, _, page = report.place(one.page)
        file = f"文件{document_id[:12]} " if report.parts else ""
        number, kind = (page, "页") if page is not None else (one.line, "行")
        if number is not None:
            said.setdefault(f"{file}第{{}}{kind}", {})[str(number)] = None
    where = "，".join(text.format("、".join(numbers)) for text, numbers in said.items())
    return f"（{where}“{places[0].text}”）"


EVALUATORS: Mapping[str, Callable[[Book, Spec], Iterator[Verdict]]] = {
    "printed_names": printed_names,
    "printed_years": printed_years,
}
