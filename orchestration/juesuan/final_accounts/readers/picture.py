"""A page that is a picture, made fit for reading: upright, flat, without seals; its ruled lines, its ink.

Belongs here: what is done to pixels, and where in a picture lines, cells and rows of print are. Does not belong here:
which characters the print is, where pictures come from, and what makes cells of lines (``raster``).

A picture is an array of height x width x 3 (red, green, blue, 0 to 255). Inside of this module distances are pixels
of the straightened picture; ``Sheet.points`` is how many points one of them is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from juesuan.final_accounts.readers.raster import Line

Pixels = npt.NDArray[np.uint8]
#: x0, y0, x1, y1 in pixels, ends exclusive.
Pixelbox = tuple[int, int, int, int]

# Pages are read side by side by threads of our own; OpenCV's would only wait for each other.
cv2.setNumThreads(1)

# --- distances, in points --------------------------------------------------------------------------------------------
#: A seal is at least this wide and high (the smallest official ones measure 38 mm); red print is smaller.
SEAL = 60.0
#: Pieces of a ring printed unevenly are this far apart.
SEAL_GAP = 3.0
#: No stroke of a character is a rule: shorter ones are not lines. Down they are shorter, as rows are low.
ACROSS, DOWN = 26.0, 13.0
#: Breaks of a line in a poor copy.
BREAK = 2.0
#: Where a seal or a fold lies over a rule, its pieces are this far apart at most; no column or row is as narrow.
BRIDGE_ACROSS, BRIDGE_DOWN = 10.0, 8.0
#: A rule under a seal is at least so much darker than paper (255).
FAINT = 232
#: What goes on beyond the end of a line is looked for within a row's height.
DRAWN_OUT = 30.0
#: And so far off each other's coordinate.
IN_LINE = 1.2
#: A rule is no thicker.
THICK = 4.0
#: How much of a line has ink: of a long one, which a poor copy breaks; of a short one, which may be strokes of print.
LONG, COVERED, COVERED_SHORT = 45.0, 0.7, 0.93
#: Ink smaller than this in both directions is a speck, alone in a cell.
SPECK = 1.7

#: Rules are wiped out this far from where they were found to be.
WIPE = 2.5
#: What lies wholly within this distance of a border is what is left of its rule.
FRINGE = 1.8

#: Colour counts from this difference between the strongest and the weakest of red, green and blue.
COLOURED = 55
#: Degrees within which a page may lie askew, and how finely that is measured.
MOST_SKEW = 6.0
FINEST_SKEW = 0.02


@dataclass(slots=True)
class Sheet:
    """A straightened page: ``gray`` (paper 255), ``ink`` (255 where there is print or a rule), lines in points."""

    gray: Pixels
    ink: Pixels
    across: list[Line]
    down: list[Line]
    rules: Pixels  # 255 where a line lies; strokes of large print may be among them
    points: float
    degrees: float  # how far it was turned clockwise to lie straight


def sheet(picture: Pixels, dpi: float) -> Sheet:
    """The page made flat and straight, with its ruled lines."""
    points = 72.0 / dpi
    gray = flattened(without_seals(picture, points))
    ink = inked(gray)
    degrees = skew(ink)
    if abs(degrees) >= 2 * FINEST_SKEW:
        gray = turned(gray, degrees)
        ink = inked(gray)
    else:
        degrees = 0.0
    across, down, rules = lines(gray, ink, points)
    return Sheet(gray.copy(), ink, across, down, rules, points, degrees)


def wipe(one: Sheet, xs: list[float], ys: list[float]) -> None:
    """Take the rules of a table off the page: those at its ``xs`` and ``ys`` (points), for others may be print."""
    reach = WIPE / one.points
    left, right = max(0, round(xs[0] / one.points - reach)), round(xs[-1] / one.points + reach)
    top, bottom = max(0, round(ys[0] / one.points - reach)), round(ys[-1] / one.points + reach)
    near = np.zeros_like(one.rules)
    for x in xs:
        near[top:bottom, max(0, round(x / one.points - reach)) : round(x / one.points + reach) + 1] = 255
    for y in ys:
        near[max(0, round(y / one.points - reach)) : round(y / one.points + reach) + 1, left:right] = 255
    gone = (one.rules & near) > 0
    one.gray[gone] = 255
    one.ink[gone] = 0


def without_seals(picture: Pixels, points: float) -> Pixels:
    """The picture in gray. Where a seal lies, colour counts as paper; other coloured print stays print."""
    gray: Any = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    strongest: Pixels = picture.max(axis=2)
    weakest: Pixels = picture.min(axis=2)
    colour = ((strongest - weakest) > COLOURED).astype(np.uint8)
    if not colour.any():
        return np.asarray(gray, np.uint8)
    step = max(1, round(1.0 / points))  # a pixel for each point is enough to find a seal
    small: Any = cv2.resize(colour, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    small = (cv2.resize(colour * 255, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA) > 40).astype(
        np.uint8
    )
    reach = max(1, round(SEAL_GAP))
    small = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(small, connectivity=8)
    out: Pixels = np.asarray(gray, np.uint8).copy()
    least = SEAL / points / step
    for x, y, w, h, _area in stats[1:count]:
        if w < least or h < least:
            continue
        pad = 2 * reach
        x0, y0 = max(0, (x - pad) * step), max(0, (y - pad) * step)
        x1, y1 = (x + w + pad) * step, (y + h + pad) * step
        # The strongest of red, green and blue is nearly that of paper for red or blue ink, nearly none for black
        # print under it: with the ink itself for paper, the print is left.
        part = strongest[y0:y1, x0:x1]
        own = colour[y0:y1, x0:x1]
        paper = max(128.0, 0.92 * float(np.median(part[own > 0])))
        near = cv2.dilate(own, np.ones((3, 3), np.uint8)) > 0
        lifted = np.minimum(part.astype(np.float32) * (255 / paper), 255).astype(np.uint8)
        out[y0:y1, x0:x1] = np.where(near, lifted, np.maximum(part, out[y0:y1, x0:x1]))
    return out


def flattened(gray: Pixels) -> Pixels:
    """Shadows, yellowed paper and shaded header rows made white."""
    height, width = gray.shape
    small: Any = cv2.resize(gray, (max(1, width // 4), max(1, height // 4)), interpolation=cv2.INTER_AREA)
    paper: Any = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((11, 11), np.uint8))
    paper = cv2.medianBlur(paper, 15)
    paper = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    # What is dark over a large area is a picture, not paper: it is not made white.
    paper = np.maximum(paper, 96)
    return np.asarray(cv2.divide(gray, paper, scale=255), np.uint8)


def inked(gray: Pixels) -> Pixels:
    """255 where there is ink: darker than midway between paper and print, as both are on this page."""
    level, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    level = min(max(level, 110.0), 190.0)
    return np.asarray(cv2.threshold(gray, level, 255, cv2.THRESH_BINARY_INV)[1], np.uint8)


def skew(ink: Pixels) -> float:
    """By how many degrees clockwise the page has to be turned to lie straight.

    Rows of print and rules make the sums over the rows of a straight page uneven: the angle at which they are most
    uneven is that of the page. Sheared, not turned: one sum over the ink for each angle.
    """
    ys, xs = np.nonzero(ink)
    if len(xs) < 200:
        return 0.0
    if len(xs) > 150_000:  # more ink says nothing more
        pick = np.linspace(0, len(xs) - 1, 150_000).astype(np.int64)
        ys, xs = ys[pick], xs[pick]
    height, width = ink.shape
    middle = xs - width / 2

    def uneven(degrees: float) -> float:
        rows = (ys + middle * math.tan(math.radians(degrees))).astype(np.int64) + width
        counts = np.bincount(rows, minlength=height + 2 * width)
        return float(np.square(counts.astype(np.float64)).sum())

    best, reach, step = 0.0, MOST_SKEW, 0.25
    while True:
        tried = np.arange(best - reach, best + reach + step / 2, step)
        scores = [uneven(float(one)) for one in tried]
        best = float(tried[int(np.argmax(scores))])
        if step <= FINEST_SKEW:
            break
        reach, step = step, step / 4
    return 0.0 if abs(best) > MOST_SKEW - 0.1 else best


def turned(gray: Pixels, degrees: float) -> Pixels:
    """Turned clockwise about its middle; what comes in from outside is paper."""
    height, width = gray.shape
    how = cv2.getRotationMatrix2D((width / 2, height / 2), -degrees, 1.0)
    made = cv2.warpAffine(gray, how, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    return np.asarray(made, np.uint8)


def before(box: Pixelbox, shape: tuple[int, ...], degrees: float) -> tuple[float, float, float, float]:
    """Where a box of the turned picture was before: its middle moved back, its size kept."""
    x0, y0, x1, y1 = box
    cx, cy = (x0 + x1) / 2 - shape[1] / 2, (y0 + y1) / 2 - shape[0] / 2
    a = math.radians(degrees)
    mx, my = cx * math.cos(a) + cy * math.sin(a), -cx * math.sin(a) + cy * math.cos(a)
    mx, my = mx + shape[1] / 2, my + shape[0] / 2
    w, h = (x1 - x0) / 2, (y1 - y0) / 2
    return mx - w, my - h, mx + w, my + h


# --- ruled lines -----------------------------------------------------------------------------------------------------


def lines(gray: Pixels, ink: Pixels, points: float) -> tuple[list[Line], list[Line], Pixels]:
    """Lines across and down in points, and 255 where they lie in the picture."""
    gap = max(1, round(BREAK / points))
    # A rule is wiped out with its frayed sides.
    across = _opened(ink, gap, max(3, round(ACROSS / points)), level=True)
    down = _opened(ink, gap, max(3, round(DOWN / points)), level=False)
    thick = THICK / points
    faint = gray < FAINT
    hs = bridged(_pieces(across, ink, thick, True, points), BRIDGE_ACROSS, faint, points)
    vs = bridged(_pieces(down, ink, thick, False, points), BRIDGE_DOWN, faint.T, points)
    rules: Any = cv2.dilate(across, np.ones((5, 1), np.uint8))
    rules |= cv2.dilate(down, np.ones((1, 5), np.uint8))
    return hs, vs, np.asarray(rules, np.uint8)


def bridged(pieces: list[Line], reach: float, faint: npt.NDArray[np.bool_], points: float) -> list[Line]:
    """Pieces that go on with each other on nearly one coordinate made one line: over gaps of up to ``reach``, and over
    longer ones in which the rule is still faintly there (``faint``: rows run along the lines)."""

    def goes_on(before: Line, at: float, low: float) -> bool:
        if low - before[2] <= reach:
            return True
        start, end = int(before[2] / points), int(low / points)
        top, bottom = round(min(before[0], at) / points) - 2, round(max(before[0], at) / points) + 3
        part = faint[max(0, top) : bottom, start:end]
        return part.size > 0 and float(part.any(axis=0).mean()) >= COVERED

    open_: list[Line] = []
    for at, low, high in sorted(pieces, key=lambda line: line[1]):
        near = [line for line in open_ if abs(line[0] - at) <= IN_LINE and goes_on(line, at, low)]
        if near:
            before = max(near, key=lambda line: line[2])
            open_.remove(before)
            a, b = before[2] - before[1], high - low
            open_.append(((before[0] * a + at * b) / (a + b), before[1], max(before[2], high)))
        else:
            open_.append((at, low, high))
    return sorted(_drawn_out(line, faint, points) for line in open_)


def _drawn_out(line: Line, faint: npt.NDArray[np.bool_], points: float) -> Line:
    """A line with what goes on at its ends, broken, in pieces too short to be lines by themselves."""
    at, low, high = line
    row = round(at / points)
    band: npt.NDArray[np.bool_] = np.asarray(faint[max(0, row - 1) : row + 2].any(axis=0), np.bool_)
    first, last = max(0, int(low / points)), min(len(band), round(high / points))
    reach = round(DRAWN_OUT / points)

    def more(part: npt.NDArray[np.bool_]) -> int:
        """How many pixels of this, which begins at the end of the line, are line."""
        covered = np.cumsum(part) >= COVERED * np.arange(1, len(part) + 1)
        good = np.flatnonzero(covered & part)
        return int(good[-1]) + 1 if len(good) else 0

    low -= more(band[max(0, first - reach) : first][::-1]) * points
    high += more(band[last : last + reach]) * points
    return at, low, high


def _opened(ink: Pixels, gap: int, length: int, *, level: bool) -> Pixels:
    """What of the ink runs straight for at least ``length``, breaks of ``gap`` closed."""

    def kernel(n: int) -> Any:
        return np.ones((1, n) if level else (n, 1), np.uint8)

    closed = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, kernel(gap + 1))
    return np.asarray(cv2.morphologyEx(closed, cv2.MORPH_OPEN, kernel(length)), np.uint8)


def _pieces(mask: Pixels, ink: Pixels, thick: float, level: bool, points: float) -> list[Line]:
    """The lines of a mask, in points. What is no rule (too thick, or strokes of print between two rules that closing
    made one) is taken out of the mask."""
    # Lines that lie a little askew come as stairs whose steps touch at a corner.
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    found: list[Line] = []
    bad = []
    for k in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[k])
        along, through = (w, h) if level else (h, w)
        covered = float(ink[y : y + h, x : x + w].any(axis=0 if level else 1).mean())
        whole = COVERED if along * points >= LONG else COVERED_SHORT
        if area / along > thick or through > 2 * thick + along * 0.02 or covered < whole:
            bad.append(k)
        elif level:
            found.append(((y + h / 2) * points, x * points, (x + w) * points))
        else:
            found.append(((x + w / 2) * points, y * points, (y + h) * points))
    if bad:
        mask[np.isin(labels, bad)] = 0
    return found


# --- print -----------------------------------------------------------------------------------------------------------


def print_in(one: Sheet, box: Pixelbox, *, ruled: bool) -> list[Pixelbox]:
    """The rows of print within a box, from the top; none where there is no ink but specks.

    Where the box is ``ruled``, what is left of its rules is wiped out on the way.
    """
    x0, y0, x1, y1 = box
    ink = one.ink[y0:y1, x0:x1]
    if ink.size == 0 or not ink.any():
        return []
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    marks = stats[1:count]
    height, width = ink.shape
    speck = SPECK / one.points
    big = np.maximum(marks[:, 2], marks[:, 3]) >= speck
    # What is left of a rule lies along the border of the box.
    reach = FRINGE / one.points
    right, bottom = marks[:, 0] + marks[:, 2], marks[:, 1] + marks[:, 3]
    edge = (right <= reach) | (bottom <= reach) | (marks[:, 0] >= width - reach) | (marks[:, 1] >= height - reach)
    if not ruled:
        edge[:] = False
    if edge.any():
        gone = np.isin(labels, np.flatnonzero(edge) + 1)
        ink[gone] = 0
        one.gray[y0:y1, x0:x1][cv2.dilate(gone.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 255
    solid = marks[:, 4] >= max(3.0, (0.5 * speck) ** 2)
    sure = marks[big & ~edge & solid]
    if len(sure) == 0:
        return []
    rows = _rows(sure)
    found = []
    for top, low in rows:
        inside = marks[(marks[:, 1] + marks[:, 3] / 2 >= top) & (marks[:, 1] + marks[:, 3] / 2 < low) & ~edge]
        of_row = sure[(sure[:, 1] + sure[:, 3] / 2 >= top) & (sure[:, 1] + sure[:, 3] / 2 < low)]
        start, end = int(of_row[:, 0].min()), int((of_row[:, 0] + of_row[:, 2]).max())
        # A point is small, but stands with its figure.
        near = inside[(inside[:, 0] + inside[:, 2] >= start - 2 * speck) & (inside[:, 0] <= end + 2 * speck)]
        start = min(start, int(near[:, 0].min()))
        end = max(end, int((near[:, 0] + near[:, 2]).max()))
        found.append((x0 + start, y0 + top, x0 + end, y0 + max(low, int((near[:, 1] + near[:, 3]).max()))))
    return found


def _rows(marks: npt.NDArray[np.int32]) -> list[tuple[int, int]]:
    """From where to where the rows of these marks reach: marks whose heights overlap stand in one row."""
    spans = sorted((int(y), int(y + h)) for _, y, _, h, _ in marks)
    rows: list[list[int]] = []
    for low, high in spans:
        if rows and low < rows[-1][1]:
            rows[-1][1] = max(rows[-1][1], high)
        else:
            rows.append([low, high])
    # The strokes of 二 and 三, the point of an i: what is much lower than a row and close to one belongs to it.
    usual = float(np.percentile([b - a for a, b in rows], 75)) if rows else 0.0
    joined: list[list[int]] = []
    for row in rows:
        if joined:
            last = joined[-1]
            both = row[1] - last[0]
            if min(row[1] - row[0], last[1] - last[0]) < 0.6 * usual and both <= 1.25 * usual:
                last[1] = row[1]
                continue
        joined.append(row)
    return [(a, b) for a, b in joined]
