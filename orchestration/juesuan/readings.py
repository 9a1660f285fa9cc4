"""What readers gave, kept: grids and lines by (sha256 of the document, fingerprint of the readers).

Here: a reading as compressed JSON and back, and extracting with it. Belongs here: what makes a changed form cheap,
since a document that was read once is recognised again without being opened. Does not belong here: reading and
recognising themselves. A kept reading that cannot be understood is read again; losing all of them loses only time.
"""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from juesuan import durable
from juesuan.final_accounts.model import Extraction, Grid, GridCell, Page, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import DEFAULT, Limits

if TYPE_CHECKING:
    from juesuan.final_accounts.identify import Said


def dump(reading: Reading) -> bytes:
    """The reading as compressed JSON; numbers come back exactly as they were."""

    def decimal(value: Decimal | None) -> str | None:
        return None if value is None else str(value)

    def block(one: TextLine | Grid) -> list[Any]:
        if isinstance(one, TextLine):
            return ["line", one.text, one.page, one.line, one.box, one.span, decimal(one.confidence)]
        cells = [
            [c.row, c.col, c.row_span, c.col_span, c.text, c.box, decimal(c.number), decimal(c.confidence)]
            for c in one.cells
        ]
        return ["grid", one.page, one.n_rows, one.n_cols, cells, one.box]

    content = {
        "method": reading.method,
        "media_type": reading.media_type,
        "notes": reading.notes,
        "unread": reading.unread,
        "pages": [
            [p.number, p.width, p.height, [block(one) for one in p.blocks], p.method, p.name, p.part]
            for p in reading.pages
        ],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return gzip.compress(text.encode(), compresslevel=1, mtime=0)


def load(data: bytes) -> Reading:
    """The reading of :func:`dump`. Raises ValueError, KeyError, TypeError, OSError or EOFError for anything else."""
    content = json.loads(gzip.decompress(data))

    def box(values: Any) -> Any:
        return None if values is None else tuple(values)

    def decimal(text: str | None) -> Decimal | None:
        return None if text is None else Decimal(text)

    def block(values: list[Any]) -> TextLine | Grid:
        kind, *rest = values
        if kind == "line":
            text, page, line, place, span, confidence = rest
            return TextLine(text, page, line, box(place), box(span), decimal(confidence))
        page, n_rows, n_cols, cells, place = rest
        made = tuple(GridCell(*c[:5], box(c[5]), decimal(c[6]), decimal(c[7])) for c in cells)
        return Grid(page, n_rows, n_cols, made, box(place))

    pages = tuple(
        Page(number, width, height, tuple(block(one) for one in blocks), *more)
        for number, width, height, blocks, *more in content["pages"]
    )
    return Reading(content["method"], content["media_type"], pages, tuple(content["notes"]), tuple(content["unread"]))


def file_of(folder: Path, document_id: str) -> Path:
    """Where the reading of a document is kept; ``folder`` is that of the readers' fingerprint."""
    return folder / document_id[:2] / f"{document_id}.json.gz"


def clean(root: Path, fingerprint: str) -> list[str]:
    """Remove the readings of other readers than these; returns their fingerprints."""
    if not root.is_dir():
        return []
    stale = sorted(path.name for path in root.iterdir() if path.name != fingerprint)
    for name in stale:
        shutil.rmtree(root / name)
    return stale


def _reading(data: bytes, name: str, document_id: str, folder: str, limits: Limits) -> Reading:
    """The kept reading of a document; else it is read and kept. Raises ``UnreadableDocument``."""
    from juesuan.final_accounts.readers import read

    kept = file_of(Path(folder), document_id)
    try:
        return load(kept.read_bytes())
    except (ValueError, OSError, EOFError, TypeError, KeyError):  # none kept, or one that a fault of the disk spoiled
        reading = read(data, name, limits)
        durable.write_bytes(kept, dump(reading), "reading")
        return reading


def extract(
    data: bytes,
    name: str,
    document_id: str,
    folder: str,
    limits: Limits = DEFAULT,
    said: Mapping[int | None, Said] | None = None,
) -> tuple[Extraction, ...]:
    """Every report of one document, from its kept reading where there is one; else it is read and kept.

    Like the library's ``extract``: what cannot be read comes back as one failed extraction, and is not kept. ``said``
    is what a person asserted of its reports.
    """
    from juesuan.final_accounts.extract import extract_reading, failed

    try:
        reading = _reading(data, name, document_id, folder, limits)
    except UnreadableDocument as error:
        return (failed(document_id, str(error)),)
    return extract_reading(reading, document_id, name, said)


#: One of several documents that are one report: bytes, file name, document_id, number of the report in it, assertions.
Member = tuple[bytes, str, str, int, Mapping[int | None, Any]]


def extract_joined(members: Sequence[Member], folder: str, said: Said, limits: Limits = DEFAULT) -> Extraction:
    """Several documents as the one report that they hold together; ``said`` is what is settled of it.

    Raises ``UnreadableDocument`` where one of them cannot be read any more.
    """
    from juesuan.final_accounts import extract as library

    read_now = [
        (_reading(data, name, document_id, folder, limits), name, document_id, number)
        for data, name, document_id, number, _ in members
    ]
    return library.extract_joined(read_now, said, {one[2]: one[4] for one in members})
