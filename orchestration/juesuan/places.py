"""Where a published figure or sentence stands in its document, for the pages and for assistants alike.

Belongs here: the address of a place, the place as the warehouse knows it, opening it in the archive. Does not belong
here: drawing it (``explaining.spot``), showing it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from juesuan.explaining.spot import Place
from juesuan.settings import Settings

if TYPE_CHECKING:
    from juesuan.explaining.spot import Spot

#: Figures of the table on the page of a cell, nearest first: those of a page without boxes tell where the table begins.
_BESIDE = """
select row_no, col_no, value_text from raw.cell where document_id = ? and report_no = ? and table_no = ?
    and page is not distinct from ? and value_text <> '' order by abs(row_no - ?), row_no, col_no limit 120
"""

#: Asks the published warehouse: query and parameters in, rows out.
Ask = Callable[[str, Sequence[Any]], Iterable[Sequence[Any]]]


@dataclass(frozen=True, slots=True)
class Address:
    """Of a figure: table, row, column; of a sentence: the number of a statement, or page and line of a document."""

    report: str = ""
    release: int = 1
    table: str = ""
    no: int | None = None
    row: str = ""
    column: str = ""
    statement: int | None = None
    document: str = ""
    page: int | None = None
    line: int | None = None

    def link(self) -> str:
        """The address of its own page, from the first page of the pages."""
        said = {name: value for name, value in asdict(self).items() if value not in (None, "")}
        return f"source?{urlencode(said)}"


def place_of(found: Mapping[str, Any], ask: Ask) -> Place:
    """The place of a row of ``raw.cell`` or ``raw.statement``; columns that it lacks are as if they were null."""
    span = (found.get("span_start"), found.get("span_end"))
    box = found.get("box")
    return Place(
        page=_number(found.get("page")),
        line=_number(found.get("line")),
        box=tuple(float(edge) for edge in box) if box is not None else None,  # type: ignore[arg-type]
        span=(int(span[0]), int(span[1])) if span[0] is not None and span[1] is not None else None,
        row_no=_number(found.get("row_no")),
        col_no=_number(found.get("col_no")),
        text=str(found.get("quote") or found.get("value_text") or ""),
        beside=_beside(found, ask),
    )


def _beside(found: Mapping[str, Any], ask: Ask) -> tuple[tuple[int, int, str], ...]:
    if found.get("row_no") is None or found.get("box") is not None or found.get("span_start") is not None:
        return ()
    asked = [found[name] for name in ("document_id", "report_no", "table_no", "page", "row_no")]
    return tuple((int(row), int(column), str(text)) for row, column, text in ask(_BESIDE, asked))


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def spot_of(settings: Settings, document_id: str, place: Place) -> Spot:
    """The place, found and drawn in a bounded worker. Raises what the archive and the worker raise."""
    from juesuan import readings
    from juesuan.explaining import spot
    from juesuan.final_accounts.archive import Archive
    from juesuan.final_accounts.readers import reader_fingerprint
    from juesuan.final_accounts.readers.worker import run_bounded

    archive = Archive(settings.raw, limits=settings.limits)
    document = archive.find(document_id)
    kept = readings.file_of(settings.readings / reader_fingerprint(), document_id)
    found: Spot = run_bounded(
        f"{spot.__name__}:{spot.spot.__name__}",
        archive.read(document),
        document.path,
        kept,
        place,
        settings.limits,
        limits=settings.limits,
    )
    return found
