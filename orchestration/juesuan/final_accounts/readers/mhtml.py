"""Web pages in one file (MHTML, .mht; Word and Excel call it "single file web page"): the pages of a mail.

Belongs here: taking the pages out of the parts of a mail, in order. Does not belong here: what a page shows (``html``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from email import errors, message_from_bytes
from email.message import Message
from urllib.parse import unquote

from juesuan.final_accounts.model import LimitExceeded, Page, Reading, UnreadableDocument
from juesuan.final_accounts.readers import MHTML, Limits, cost, html

_TRUNCATED = "truncated: the last of its parts has no end; download it again"


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    data: bytes
    charset: str | None


def read(data: bytes, limits: Limits) -> Reading:
    """The pages of the file, counted from 1, the root first; ``part`` is the last name of a page's address.

    Where the root only frames other pages (a workbook as Excel saves it), these are the pages, under the names of
    their sheets. Parts that show no text (frames, lists of sheets) are left out. Raises ``UnreadableDocument`` where no
    part shows text, or the file is truncated; ``LimitExceeded``.
    """
    parts = list(_pages(data, limits))
    if not parts:
        raise UnreadableDocument("a mail without a web page in it")
    names = _sheets(parts)
    if names:
        # the list of sheets along the bottom is no page of the report
        parts = [part for part in parts if part.name in names] or parts
        order = list(names)
        parts.sort(key=lambda part: order.index(part.name) if part.name in names else len(order))
    pages: list[Page] = []
    notes: list[str] = []
    reasons: list[str] = []
    left = limits.max_cells
    for part in parts:
        try:
            page, said = html.read_page(part.data, replace(limits, max_cells=left), part.charset, len(pages) + 1)
        except LimitExceeded:
            raise
        except UnreadableDocument as problem:
            reasons.append(f"{part.name or 'its first page'}: {problem}")
            continue
        if len(pages) == limits.max_pages:
            raise LimitExceeded(f"it has more than {limits.max_pages:,} pages, the limit (max_pages)")
        left -= cost(page)
        pages.append(_named(page, part.name, names.get(part.name)))
        notes += [f"{part.name}: {one}" if part.name else one for one in said]
    if not pages:
        raise UnreadableDocument("; ".join(reasons))
    if names:
        notes += reasons  # a sheet is a part of the report; a frame without text is none
    return Reading("html", MHTML, tuple(pages), tuple(notes))


def _named(page: Page, part: str, sheet: str | None) -> Page:
    return Page(page.number, page.width, page.height, page.blocks, page.method, sheet or page.name, part or None)


def _pages(data: bytes, limits: Limits) -> list[_Part]:
    """The parts that are web pages, the root first."""
    try:
        mail = message_from_bytes(data)
        parts = [part for part in mail.walk() if not part.is_multipart()]
    except (errors.MessageError, RecursionError, ValueError, LookupError) as problem:
        raise UnreadableDocument("damaged: its parts cannot be told apart; download it again") from problem
    if len(parts) > limits.max_members:
        raise LimitExceeded(f"it has {len(parts):,} parts; the limit is {limits.max_members:,} (max_members)")
    for one in mail.walk():
        if any(
            isinstance(d, errors.CloseBoundaryNotFoundDefect | errors.StartBoundaryNotFoundDefect) for d in one.defects
        ):
            raise UnreadableDocument(_TRUNCATED)
    found = [part for part in parts if part.get_content_type() in ("text/html", "application/xhtml+xml")]
    start = str(mail.get_param("start") or "").strip("<> ")
    found.sort(key=lambda part: not start or str(part.get("Content-ID", "")).strip("<> ") != start)
    return [_Part(_name(part), _decoded(part), _charset(part)) for part in found]


def _decoded(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _charset(part: Message) -> str | None:
    charset = part.get_param("charset")
    return charset if isinstance(charset, str) else None


def _name(part: Message) -> str:
    """The last name of the address that a part has."""
    where = "".join(str(part.get("Content-Location", "")).split())
    return unquote(where.partition("?")[0].rstrip("/").replace("\\", "/").rpartition("/")[2])


def _sheets(parts: list[_Part]) -> dict[str, str]:
    """The names of the sheets by the names of their parts, in the order of the workbook; empty where it is none."""
    for part in parts:
        if b"<x:ExcelWorksheet>" not in part.data:
            continue
        found = html.sheets(html.decode(part.data, part.charset)[0])
        names = {unquote(source).replace("\\", "/").rpartition("/")[2]: name for name, source in found if source}
        if names:
            return names
    return {}
