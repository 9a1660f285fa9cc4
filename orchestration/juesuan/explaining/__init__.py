"""``juesuan explain``: shows a person what was seen in one document, and why.

Here: the order of the steps; what is seen is in ``seen``, where it lies on each page in ``marks``, the pages drawn in
``pages``, the words for it in ``said``. Belongs here: what explains an extraction to a person. Does not belong here:
extraction itself, and anything that decides how a document is read.

Whatever touches the document runs in a bounded worker; this module and ``said`` see only what that gives back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import UnreadableDocument

if TYPE_CHECKING:
    from juesuan.explaining.marks import Sheet
    from juesuan.explaining.seen import Seen
    from juesuan.final_accounts.readers import Limits

#: What is being counted ("page"), how many are done, of how many.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The pages that were written as pictures. ``problem`` says why there are no more."""

    folder: Path
    files: tuple[str, ...] = ()
    problem: str | None = None


def explain(file: Path, limits: Limits, progress: Progress | None = None) -> Seen:
    """What is seen in a document or folder. One that cannot be read comes back as one failed report with the reason."""
    from juesuan.explaining import seen
    from juesuan.final_accounts.readers.worker import run_bounded

    source: bytes | Path = file if file.is_dir() else file.read_bytes()
    try:
        found: Seen = run_bounded(
            f"{seen.__name__}:{seen.see.__name__}", source, file.name, limits, limits=limits, progress=progress
        )
    except UnreadableDocument as problem:
        return seen.failed(source, file.name, f"{file.name}: {problem}")
    return found


def draw(
    file: Path, sheets: Sequence[Sheet], folder: Path, limits: Limits, force: bool, progress: Progress | None = None
) -> Drawn:
    """Write each page as PNG, what was seen outlined, to ``folder``; the pages of an earlier run there are replaced.

    A file of somebody else that is in the way is left as it is, and said, unless it is to be overwritten (``force``).
    """
    from juesuan.explaining import pages
    from juesuan.final_accounts.readers.worker import run_bounded

    source: bytes | Path = file if file.is_dir() else file.read_bytes()
    try:
        pages.clear(folder, [sheet.file for sheet in sheets], force)
        problem = run_bounded(
            f"{pages.__name__}:{pages.draw.__name__}", source, sheets, folder, limits, limits=limits, progress=progress
        )
    except pages.NotOurs as why:
        return Drawn(folder, (), str(why))
    except UnreadableDocument as why:
        problem = f"not all pages were drawn: {why}"
    written = tuple(sheet.file for sheet in sheets if (folder / sheet.file).exists())
    return Drawn(folder, written, problem)
