"""The text outside tables, whole: statements, indicators, terms, passages, units, and numbers without a place.

Belongs here: the order of the readers of text and the step from what they found to records with sentence and place.
Does not belong here: how a figure is read (``statements``), how chapters are told apart (``chapters``).

Every number of the text ends as a statement, as part of an indicator, as a date, ordinal or name (by rules that are
data), or as an unassigned number with the reason.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from juesuan.final_accounts import chapters
from juesuan.final_accounts.classes import ClassNames
from juesuan.final_accounts.indicators import read_indicators
from juesuan.final_accounts.model import (
    Grid,
    Indicator,
    NullReason,
    Passage,
    ReportUnit,
    Statement,
    Term,
    TextLine,
    UnassignedNumber,
)
from juesuan.final_accounts.numbers import holds
from juesuan.final_accounts.phrases import lexicon
from juesuan.final_accounts.prose import Paragraph, Sentence, sentences
from juesuan.final_accounts.spoken import Found, Unplaced
from juesuan.final_accounts.statements import Reader


@dataclass(frozen=True, slots=True)
class NarrativeContext:
    """What the rest of the report knows: its unit and year, and the codes of the names that its tables print.

    ``names`` maps a printed row label (in the form of :func:`text.label`) to its ``(table key, code)`` pairs.
    """

    unit_name: str | None = None
    fiscal_year: int | None = None
    names: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Narrative:
    """Everything read from the text outside tables, in the order in which it stands."""

    statements: tuple[Statement, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    terms: tuple[Term, ...] = ()
    passages: tuple[Passage, ...] = ()
    units: tuple[ReportUnit, ...] = ()
    unassigned: tuple[UnassignedNumber, ...] = ()
    notes: tuple[str, ...] = ()


def read_narrative(blocks: Sequence[TextLine | Grid], context: NarrativeContext) -> Narrative:
    """Read ``blocks``, everything of a report outside its recognised tables, in order."""
    sections = chapters.split(blocks)
    indicators, claims = read_indicators(sections)
    claimed: dict[int, list[tuple[int, int]]] = {}
    for number, start, end in claims:
        claimed.setdefault(number, []).append((start, end))
    reader = Reader(ClassNames(context.names, context.fiscal_year), context.fiscal_year, context.unit_name)
    statements: list[Statement] = []
    unassigned: list[UnassignedNumber] = []
    waiting: list[tuple[Paragraph, list[Found], list[Unplaced]]] = []
    for section in sections:
        for paragraph in section.paragraphs:
            found, unplaced = reader.read(
                paragraph.text, section.key, len(paragraph.mark), claimed.get(paragraph.number, ())
            )
            found = [*_dates(paragraph, section.key), *found]
            if found or unplaced:
                waiting.append((paragraph, found, unplaced))
    # a reason may stand in a paragraph behind the figures that it explains: records are made when all is read
    for paragraph, found, unplaced in waiting:
        pieces = sentences(paragraph)
        starts = [piece.start for piece in pieces]
        for one in found:
            if one.value is None or holds(one.value, one.unit):
                statements.append(_statement(one, paragraph, pieces, starts))
            else:
                unplaced.append(
                    Unplaced(one.value_text or "", one.start, one.end, "more digits than the warehouse holds")
                )
        unassigned.extend(_unassigned(one, paragraph, pieces, starts) for one in unplaced)
    return Narrative(
        statements=tuple(statements),
        indicators=tuple(indicators),
        terms=chapters.read_terms(sections),
        passages=chapters.read_passages(sections),
        units=chapters.read_units(sections),
        unassigned=tuple(unassigned),
    )


def _dates(paragraph: Paragraph, section: str) -> list[Found]:
    """Dates that say something in their section, as printed: a date has no value."""
    known = lexicon()
    entry = known.in_section(known.dates, section)
    match = entry[1].search(paragraph.text) if entry else None
    if match is None:
        return []
    start, end = match.span(match.lastindex or 0)
    return [Found(entry[0], "date", None, None, start, end, match.group(match.lastindex or 0))]


def _sentence(start: int, pieces: Sequence[Sentence], starts: Sequence[int]) -> Sentence:
    return pieces[max(bisect_right(starts, start) - 1, 0)]


def _statement(one: Found, paragraph: Paragraph, pieces: Sequence[Sentence], starts: Sequence[int]) -> Statement:
    sentence = _sentence(one.start, pieces, starts)
    page, line = paragraph.place(one.start)
    null: NullReason | None = one.null_reason
    return Statement(
        topic=one.topic,
        measure=one.measure,
        value=one.value,
        unit=one.unit,
        quote=sentence.text,
        page=page,
        line=line,
        value_text=one.value_text,
        qualifier=one.qualifier,
        null_reason=null,
        base=one.base,
        subject=one.subject,
        reason=one.reason,
        section=paragraph.section or None,
        start=one.start - sentence.start,
    )


def _unassigned(
    one: Unplaced, paragraph: Paragraph, pieces: Sequence[Sentence], starts: Sequence[int]
) -> UnassignedNumber:
    sentence = _sentence(one.start, pieces, starts)
    page, line = paragraph.place(one.start)
    return UnassignedNumber(one.text, sentence.text, page, line, None, one.reason)
