"""One extraction as JSON lines: the wire form that ``juesuan extract`` prints and other programs read.

Belongs here: from records to dicts and lines, field by field as the published schema names them. Does not
belong here: how records are found, or where the lines go. Money is printed as plain decimal strings, never
as floats.

Order within a report: its ``report`` line, then ``cell``, ``statement``, ``indicator``, ``term``,
``passage``, ``check``, ``unrecognised_table`` and ``unassigned_number`` lines, each kind in the order of the
document.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from juesuan.final_accounts.model import (
    Box,
    Cell,
    CheckResult,
    Extraction,
    Indicator,
    Passage,
    Report,
    Statement,
    Term,
    UnassignedNumber,
    UnrecognisedTable,
)
from juesuan.final_accounts.numbers import plain

Line = dict[str, Any]


def dumps(line: Line) -> str:
    """One line of output, without its newline; Chinese stays readable. Raises ``TypeError`` on a Decimal."""
    return json.dumps(line, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def lines(extraction: Extraction, report: int, document: str | None = None) -> Iterator[Line]:
    """Every line of one report; ``report`` is its number in the output, ``document`` the name of the file."""
    yield _report(extraction.report, report, document, extraction.notes)
    kinds: tuple[Iterable[Line], ...] = (
        map(_cell, extraction.cells),
        map(_statement, extraction.statements),
        map(_indicator, extraction.indicators),
        map(_term, extraction.terms),
        map(_passage, extraction.passages),
        map(_check, extraction.checks),
        map(_unrecognised_table, extraction.unrecognised_tables),
        map(_unassigned_number, extraction.unassigned_numbers),
    )
    for kind in kinds:
        for line in kind:
            yield {"kind": line.pop("kind"), "report": report, **line}


def _report(report: Report, number: int, document: str | None, notes: tuple[str, ...]) -> Line:
    return {
        "kind": "report",
        "report": number,
        "document": document,
        "document_id": report.document_id,
        "title": report.title,
        "unit_name": report.unit_name,
        "fiscal_year": report.fiscal_year,
        "scope": report.scope,
        "family": report.family,
        "money_unit": report.money_unit,
        "status": report.status,
        "reason": report.reason,
        "units": [{"name": u.name, "covered": u.covered, "reason": u.reason} for u in report.units],
        "tables": [
            {
                "table_key": table.table_key,
                "table_no": table.table_no,
                "printed_number": table.printed_number,
                "title": table.title,
                "money_unit": table.money_unit,
                "money_unit_source": table.money_unit_source,
                "notes": list(table.notes),
                "pages": list(table.pages),
                "state": table.state,
                "reason": table.reason,
                "recognised_by": table.recognised_by,
            }
            for table in report.tables
        ],
        "notes": list(notes),
        "extractor": report.extractor,
    }


def _cell(cell: Cell) -> Line:
    return {
        "kind": "cell",
        "table_key": cell.table_key,
        "table_no": cell.table_no,
        "row_key": cell.row_key,
        "row_label": cell.row_label,
        "line_key": cell.line_key,
        "column_key": cell.column_key,
        "value_text": cell.value_text,
        "value": plain(cell.value),
        "precision": cell.precision,
        "money_unit": cell.money_unit,
        "money_unit_source": cell.money_unit_source,
        "page": cell.page,
        "line": cell.line,
        "span": list(cell.span) if cell.span else None,
        "box": _box(cell.box),
        "row_no": cell.row_no,
        "col_no": cell.col_no,
        "header_path": list(cell.header_path),
        "method": cell.method,
        "confidence": None if cell.confidence is None else float(cell.confidence),
        "placed_by": cell.placed_by,
        "stored_text": cell.stored_text,
        "confirmation": cell.confirmation,
    }


def _statement(statement: Statement) -> Line:
    return {
        "kind": "statement",
        "topic": statement.topic,
        "measure": statement.measure,
        "value": plain(statement.value),
        "unit": statement.unit,
        "value_text": statement.value_text,
        "qualifier": statement.qualifier,
        "null_reason": statement.null_reason,
        "base": statement.base,
        "subject": statement.subject,
        "reason": statement.reason,
        "section": statement.section,
        "quote": statement.quote,
        "quote_start": statement.start,
        "page": statement.page,
        "line": statement.line,
    }


def _indicator(indicator: Indicator) -> Line:
    return {
        "kind": "indicator",
        "project": indicator.project,
        "group": indicator.group,
        "name": indicator.name,
        "target_operator": indicator.target_operator,
        "target": indicator.target,
        "actual": indicator.actual,
        "unit": indicator.unit,
        "completion_pct": indicator.completion_pct,
        "score": indicator.score,
        "quote": indicator.quote,
        "page": indicator.page,
        "line": indicator.line,
    }


def _term(term: Term) -> Line:
    return {
        "kind": "term",
        "term": term.term,
        "definition": term.definition,
        "page": term.page,
        "line": term.line,
    }


def _passage(passage: Passage) -> Line:
    return {
        "kind": "passage",
        "section": passage.section,
        "heading": passage.heading,
        "state": passage.state,
        "text": passage.text,
        "page": passage.page,
        "line": passage.line,
    }


def _check(check: CheckResult) -> Line:
    return {
        "kind": "check",
        "check_id": check.check_id,
        "place": check.place,
        "state": check.state,
        "severity": check.severity,
        "expected": plain(check.expected),
        "actual": plain(check.actual),
        "difference": plain(check.difference),
        "tolerance": plain(check.tolerance),
        "root": check.root,
        "message": check.message,
        "terms": [
            {
                "address": term.address,
                "side": term.side,
                "sign": term.sign,
                "value": plain(term.value),
                "precision": term.precision,
                "page": term.page,
                "line": term.line,
            }
            for term in check.terms
        ],
    }


def _unrecognised_table(table: UnrecognisedTable) -> Line:
    return {
        "kind": "unrecognised_table",
        "title": table.title,
        "pages": list(table.pages),
        "grid": [list(row) for row in table.grid],
        "state": table.state,
        "reason": table.reason,
    }


def _unassigned_number(number: UnassignedNumber) -> Line:
    return {
        "kind": "unassigned_number",
        "text": number.text,
        "quote": number.quote,
        "page": number.page,
        "line": number.line,
        "table_key": number.table_key,
        "reason": number.reason,
        "candidates": list(number.candidates),
    }


def _box(box: Box | None) -> list[float] | None:
    """A hundredth of a point is finer than any press."""
    return None if box is None else [round(float(x), 2) for x in box]
