"""Runs of glyphs: what stands on one baseline without a gap, and how runs make lines of text.

Belongs here: the run, the order of runs, where a gap is a space. Does not belong here: where runs come from (a PDF's
text layer, a picture that was recognised), drawn lines, cells.

Runs are ordered by baseline and x, never by the middle of their ink: a comma hangs lower than a digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

# --- distances, in parts of the size of the type ---------------------------------------------------------------------
#: A gap this wide between figures or Latin letters parts words (a space of most fonts is 0.25).
WORD_GAP = 0.18
#: Between ideographs, which justified print spaces out.
WIDE_GAP = 0.5
#: Glyphs whose baselines differ by no more are in one line.
SAME_LINE = 0.4
#: The middle of a glyph stands this far above its baseline.
MIDDLE = 0.35


@dataclass(slots=True)
class Run:
    """Glyphs of one baseline without a gap, in the reading frame. ``edges`` are the x0 and x1 of each glyph."""

    text: str
    x0: float
    x1: float
    base: float
    size: float
    spaced: bool  # a printed space stands before it
    starts: Sequence[float]
    ends: Sequence[float]

    def part(self, first: int, last: int) -> Run:
        """The glyphs ``first`` up to, not with, ``last``."""
        return Run(
            self.text[first:last],
            self.starts[first],
            self.ends[last - 1],
            self.base,
            self.size,
            self.spaced and first == 0,
            self.starts[first:last],
            self.ends[first:last],
        )


def cell_text(runs: list[Run]) -> str:
    if not runs:
        return ""
    if len(runs) == 1:
        return runs[0].text
    return "\n".join(join(line) for line in visual_lines(runs))


def visual_lines(runs: list[Run]) -> list[list[Run]]:
    """Runs gathered by baseline from top to bottom, each line from left to right."""
    lines: list[list[Run]] = []
    base = size = 0.0
    for run in sorted(runs, key=lambda r: r.base):
        if lines and run.base - base <= SAME_LINE * min(size, run.size):
            lines[-1].append(run)
        else:
            lines.append([run])
            base, size = run.base, run.size
    for line in lines:
        line.sort(key=lambda r: r.x0)
    return lines


def join(line: list[Run]) -> str:
    """The text of one visual line; a space where a gap parts two runs or a space was printed."""
    out = [line[0].text]
    last = line[0]
    for run in line[1:]:
        gap = run.x0 - last.x1
        size = max(run.size, last.size)
        if run.text == last.text and abs(run.x0 - last.x0) < 0.3 * size:
            continue  # printed twice
        wide = run.text[0] > "\u2e7f" or last.text[-1] > "\u2e7f"
        if run.spaced or gap > size * (WIDE_GAP if wide else WORD_GAP):
            out.append(" ")
        out.append(run.text)
        last = run
    return "".join(out)
