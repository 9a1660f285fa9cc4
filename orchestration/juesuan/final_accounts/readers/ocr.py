"""Pages that are pictures: straightened, their ruled lines made cells, their print recognised.

Belongs here: what is recognised where on a page, how sure a text is, pages side by side. Does not belong here: pixels
(``picture``), the models (``recogniser``), what makes cells of lines (``raster``), what a grid or a line means.

Digits are never guessed. What has the form of a figure is looked at twice, at different widths; its shape (how many
marks it is made of, which of them are high) has to agree with what was read. Where anything disagrees, the text stays
as read and its confidence falls below ``DOUBTFUL``. A cell is empty where it has no ink; ink that cannot be read
stands as U+FFFD.
"""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from juesuan.final_accounts.model import Box, FigureDoesNotFit, Grid, GridCell, Page, TextLine
from juesuan.final_accounts.numbers import is_figure
from juesuan.final_accounts.readers import Limits, progress
from juesuan.final_accounts.readers.raster import Raster, rasters
from juesuan.final_accounts.readers.runs import Run, join, visual_lines

if TYPE_CHECKING:
    from juesuan.final_accounts.readers.picture import Pixelbox, Pixels, Sheet
    from juesuan.final_accounts.readers.recogniser import Read

#: Dots per inch at which a page of a PDF is looked at.
DPI = 200
#: Dots per inch at which print outside of tables is looked for: finding needs less than reading.
FIND_DPI = 110
#: Confidence of what two looks disagree about stays below this.
DOUBTFUL = 0.5
#: Ink that is read with less is not read.
UNREAD = 0.1
#: Stands for ink that could not be read.
UNKNOWN = "\ufffd"

_PLACES = Decimal("0.0001")


@cache
def available() -> bool:
    """Whether the ``ocr`` extra is installed. Imports nothing."""
    return all(find_spec(name) is not None for name in ("rapidocr", "onnxruntime", "cv2", "numpy", "PIL"))


def versions() -> str:
    """What recognition stands on, for the fingerprint of readings: its versions, or that there is none."""
    from importlib.metadata import PackageNotFoundError, version

    if not available():
        return "no ocr"
    said = []
    for name in ("rapidocr", "onnxruntime"):
        try:
            said.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            said.append(f"{name} of unknown version")
    return ", ".join(said)


@dataclass(frozen=True, slots=True)
class Picture:
    """A page to be read: its pixels (height x width x 3), how many are an inch of paper, its number in the document.

    ``unit`` is how many points of the document one pixel is: where a page was made from a picture, the document does
    not know how large the paper was.
    """

    pixels: Pixels
    dpi: float
    number: int
    unit: float


#: The longer side of common paper in points (A4), and within which sizes a stated size is believed (A6 to A3).
PAPER, SMALLEST, LARGEST = 842.0, 400.0, 1300.0


def nominal_dpi(longest: float, stated: float) -> float:
    """Units per inch of a page whose longer side is ``longest`` units: as stated (0: nothing is) if the paper is then
    of a common size, else such that it is A4."""
    if stated > 0 and SMALLEST <= longest / stated * 72 <= LARGEST:
        return stated
    return longest / PAPER * 72


#: Megabytes of address space that models and libraries take, and that each page read beside others takes.
_MEMORY_MB, _MEMORY_MB_EACH = 1100, 200


def read_pages(pictures: Iterable[Picture], count: int, limits: Limits) -> Iterator[tuple[Page, tuple[str, ...]]]:
    """Each of ``count`` pictures as a page with notes, in order, as many side by side as there are threads.

    ``pictures`` is taken one by one as threads become free, so that no more of them lie in memory.
    """
    room = (limits.memory_mb - _MEMORY_MB) // _MEMORY_MB_EACH
    side_by_side = max(1, min(progress.threads(), count, room))
    if side_by_side <= 1:
        for done, picture in enumerate(pictures, 1):
            progress.claim(limits.seconds_per_scan)
            yield read_picture(picture)
            progress.report("page", done, count)
        return
    waiting: list[Future[tuple[Page, tuple[str, ...]]]] = []
    done = 0
    with ThreadPoolExecutor(side_by_side) as pool:
        try:
            for picture in pictures:
                progress.claim(limits.seconds_per_scan)
                waiting.append(pool.submit(read_picture, picture))
                if len(waiting) > side_by_side:
                    yield waiting.pop(0).result()
                    done += 1
                    progress.report("page", done, count)
            for one in waiting:
                yield one.result()
                done += 1
                progress.report("page", done, count)
        finally:
            for one in waiting:
                one.cancel()


def read_picture(picture: Picture) -> tuple[Page, tuple[str, ...]]:
    """One page: its grids with a text in each cell that has ink, its lines of print outside of them, and notes."""
    from juesuan.final_accounts.readers.picture import before, sheet, wipe

    scaled, dpi = _scaled(picture)
    turn, pixels, found = upright(scaled, dpi)
    made = sheet(pixels, dpi)
    unit = picture.unit * picture.pixels.shape[1] / scaled.shape[1]
    tables = rasters(list(made.across), list(made.down))
    for table in tables:
        wipe(made, table.xs, table.ys)

    def place(box: Pixelbox) -> Box:
        x0, y0, x1, y1 = unturned(before(box, made.gray.shape, made.degrees), made.gray.shape, turn)
        return round(x0 * unit, 2), round(y0 * unit, 2), round(x1 * unit, 2), round(y1 * unit, 2)

    rows = _rows_of_cells(made, tables)
    outside = _outside(made, tables, found)
    said = _said(made, [box for cell in rows for box in cell[2]] + outside)
    texts = iter(said)
    cells: dict[tuple[int, int], tuple[str, Decimal | None]] = {}
    unread = 0
    for k, area, boxes in rows:
        parts = [next(texts) for _ in boxes]
        cells[k, area] = _joined(parts)
        unread += any(part.text == UNKNOWN for part in parts)
    blocks: list[tuple[float, float, Grid | list[tuple[Run, Text, Pixelbox]]]] = []
    for k, table in enumerate(tables):
        blocks.append((table.ys[0], table.xs[0], _grid(table, k, picture.number, cells, made, place)))
    blocks += _lines(made, list(zip(outside, texts, strict=True)))
    blocks.sort(key=lambda block: block[:2])

    out: list[TextLine | Grid] = []
    count = 0
    for _, _, block in blocks:
        if isinstance(block, Grid):
            out.append(block)
            continue
        count += 1
        text = join([run for run, _, _ in block])
        box = (
            min(b[0] for _, _, b in block),
            min(b[1] for _, _, b in block),
            max(b[2] for _, _, b in block),
            max(b[3] for _, _, b in block),
        )
        sure = min(part.sure for _, part, _ in block)
        out.append(TextLine(text, picture.number, count, place(box), confidence=_decimal(sure)))
    height, width = picture.pixels.shape[:2]
    notes = []
    if unread:
        notes.append(f"page {picture.number}: the ink of {unread} cell{'s' if unread > 1 else ''} could not be read")
    page = Page(
        picture.number, round(width * picture.unit, 2), round(height * picture.unit, 2), tuple(out), method="ocr"
    )
    return page, tuple(notes)


#: Pictures of fewer or more dots per inch are brought to ``DPI``.
_LEAST_DPI, _MOST_DPI = 140.0, 260.0


def _scaled(picture: Picture) -> tuple[Pixels, float]:
    """The picture at a resolution at which distances and strokes are as expected."""
    import cv2
    import numpy as np

    if _LEAST_DPI <= picture.dpi <= _MOST_DPI:
        return picture.pixels, picture.dpi
    factor = DPI / picture.dpi
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    made = cv2.resize(picture.pixels, None, fx=factor, fy=factor, interpolation=way)
    return np.asarray(made, np.uint8), DPI


@dataclass(frozen=True, slots=True)
class Rate:
    """What reading some pages took."""

    pages: int
    clock_seconds: float
    cpu_seconds: float

    @property
    def pages_per_minute(self) -> float:
        return 60 * self.pages / self.clock_seconds if self.clock_seconds else 0.0

    def __str__(self) -> str:
        each = self.cpu_seconds / max(1, self.pages)
        return f"{self.pages_per_minute:.1f} pages per minute, {each:.1f} CPU seconds for each of {self.pages}"


def rate(pictures: Sequence[Picture], limits: Limits) -> Rate:
    """How fast these pages are read in this process; the models are loaded before the clock starts."""
    from juesuan.final_accounts.readers.recogniser import session

    session("det"), session("rec")
    clock, cpu = time.perf_counter(), time.process_time()
    count = sum(1 for _ in read_pages(pictures, len(pictures), limits))
    return Rate(count, time.perf_counter() - clock, time.process_time() - cpu)


# --- which way up ----------------------------------------------------------------------------------------------------

#: How many rows of print say which way up a page is, and how sure the recogniser is of those that stand upright.
_SAMPLE, _UPRIGHT = 6, 0.8


def upright(pixels: Pixels, dpi: float) -> tuple[int, Pixels, list[Pixelbox]]:
    """How many quarter turns clockwise make the print run from left to right, the picture so turned, and the boxes of
    print on it if it was not turned."""
    import numpy as np

    from juesuan.final_accounts.readers.recogniser import boxes, recognise

    gray = np.asarray(pixels.min(axis=2), np.uint8)
    found = boxes(gray, min(1.0, FIND_DPI / dpi))
    long = [b for b in found if max(b[2] - b[0], b[3] - b[1]) > 2 * min(b[2] - b[0], b[3] - b[1])]
    if not long:
        return 0, pixels, found
    tall = 2 * sum(b[3] - b[1] > b[2] - b[0] for b in long) > len(long)
    kept = [b for b in long if (b[3] - b[1] > b[2] - b[0]) == tall]
    kept.sort(key=lambda b: -max(b[2] - b[0], b[3] - b[1]))
    best, best_sure = 0, -1.0
    for turn in (1, 3) if tall else (0, 2):
        cuts = [np.ascontiguousarray(np.rot90(gray[b[1] : b[3], b[0] : b[2]], -turn)) for b in kept[:_SAMPLE]]
        sure = sum(min(read.sure, default=0.0) ** 0.5 for read in recognise(cuts)) / len(cuts)
        if sure > best_sure:
            best, best_sure = turn, sure
        if turn == 0 and sure >= _UPRIGHT:
            break
    if best:
        return best, np.ascontiguousarray(np.rot90(pixels, -best)), []
    return 0, pixels, found


def unturned(box: Box, shape: tuple[int, ...], turn: int) -> Box:
    """Where a box of the turned picture (``shape``: its height and width) was before ``turn`` quarter turns."""
    height, width = shape[:2]
    x0, y0, x1, y1 = box
    if turn == 1:
        return y0, width - x1, y1, width - x0
    if turn == 2:
        return width - x1, height - y1, width - x0, height - y0
    if turn == 3:
        return height - y1, x0, height - y0, x1
    return box


# --- where ----------------------------------------------------------------------------------------------------------


def _rows_of_cells(made: Sheet, tables: list[Raster]) -> list[tuple[int, int, list[Pixelbox]]]:
    """For each cell with ink: which table, which area, and its rows of print in pixels."""
    from juesuan.final_accounts.readers.picture import print_in

    found = []
    for k, table in enumerate(tables):
        for n, area in enumerate(table.areas):
            rows = print_in(made, _pixels(table, area.col, area.row, area.col_end, area.row_end, made), ruled=True)
            if rows:
                found.append((k, n, rows))
    return found


def _pixels(table: Raster, col: int, row: int, col_end: int, row_end: int, made: Sheet) -> Pixelbox:
    p = made.points
    return (
        max(0, round(table.xs[col] / p)),
        max(0, round(table.ys[row] / p)),
        min(made.gray.shape[1], round(table.xs[col_end] / p)),
        min(made.gray.shape[0], round(table.ys[row_end] / p)),
    )


def _outside(made: Sheet, tables: list[Raster], found: list[Pixelbox]) -> list[Pixelbox]:
    """Rows of print outside of every table, in pixels; ``found`` was found on the page before it was straightened."""
    from juesuan.final_accounts.readers.picture import print_in
    from juesuan.final_accounts.readers.recogniser import boxes

    whole = [_pixels(table, 0, 0, len(table.xs) - 1, len(table.ys) - 1, made) for table in tables]
    if not found or made.degrees:
        gray = made.gray.copy()
        for x0, y0, x1, y1 in whole:
            gray[y0:y1, x0:x1] = 255
        found = boxes(gray, min(1.0, FIND_DPI * made.points / 72))

    def inside(box: Pixelbox) -> bool:
        x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
        return any(x0 <= x < x1 and y0 <= y < y1 for x0, y0, x1, y1 in whole)

    return [box for box in found if not inside(box) and print_in(made, box, ruled=False)]


# --- which characters ------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Text:
    """What a row of print says, and how sure that is (0 to 1)."""

    text: str
    sure: float


_FIGURELIKE = re.compile(r"[\d.,，．。:：;；'’·\-−–—+()（）%％ oOlI|]*\d[\d.,，．。:：;；'’·\-−–—+()（）%％ oOlI|]*")


#: How a figure is looked at: the margin around it (in parts of its height), and how much wider it is made.
_LOOKS = ((0.16, 1.0), (0.28, 1.25))
#: And how, where that did not settle it.
_MORE_LOOKS = ((0.3, 1.6), (0.2, 0.85))


def _said(made: Sheet, rows: list[Pixelbox]) -> list[Text]:
    """The text of each row of print; figures are looked at twice, and more often where they are in doubt."""
    from juesuan.final_accounts.readers import shapes
    from juesuan.final_accounts.readers.recogniser import recognise

    def looked(which: list[int], look: tuple[float, float]) -> dict[int, Read]:
        return dict(zip(which, recognise([_cut(made, rows[i], look[0]) for i in which], look[1]), strict=True))

    first = looked(list(range(len(rows))), _LOOKS[0])
    figures = [i for i, read in first.items() if _figurelike(read.text)]
    second = looked(figures, _LOOKS[1])
    marks = {i: shapes.marks(made, rows[i]) for i in figures}
    page = shapes.pitch((_plain(first[i].text), marks[i]) for i in figures)
    out: dict[int, Text] = {}
    doubted = []
    for i in figures:
        one, two = _plain(first[i].text), _plain(second[i].text)
        if one == two and _formed(one) and shapes.compare(one, marks[i], page) != "disagree":
            out[i] = Text(one, max(_least(first[i]), _least(second[i])))
        else:
            doubted.append(i)
    more = [looked(doubted, look) for look in _MORE_LOOKS] if doubted else []
    for i in doubted:
        reads = [first[i], second[i], *(look[i] for look in more)]
        texts = [_parted_in_threes(_plain(read.text)) for read in reads]
        texts += [hung for text in texts if (hung := shapes.separated(text, marks[i])) is not None]
        fit = [text for text in texts if _formed(text) and shapes.compare(text, marks[i], page) != "disagree"]
        # What most looks saw; of as many the surest.
        best = max(fit or texts[: len(reads)], key=lambda text: (texts.count(text), _surest(text, reads)))
        sure = min(_surest(best, reads), DOUBTFUL - 0.01) if best else 0.0
        # A separator that nobody saw may be a point: without it the figure would be another.
        out[i] = Text((best if fit else shapes.gaping(best, marks[i], page, UNKNOWN)) or UNKNOWN, sure)
    words = [i for i in first if i not in out]
    unsure = [i for i in words if _least(first[i]) < _UNSURE]
    for i, again in looked(unsure, _LOOKS[1]).items():
        if _least(again) > _least(first[i]):
            first[i] = again
    for i in words:
        text = unicodedata.normalize("NFC", first[i].text).strip()
        sure = _least(first[i])
        if not text or (sure < UNREAD and len(text) == 1):
            text, sure = UNKNOWN, 0.0
        out[i] = Text(text, sure)
    return [out[i] for i in range(len(rows))]


#: Words less sure than this are looked at once more.
_UNSURE = 0.8


def _least(read: Read) -> float:
    """How sure the least sure character is."""
    return min(read.sure, default=0.0)


def _surest(text: str, reads: list[Read]) -> float:
    return max((_least(read) for read in reads if _parted_in_threes(_plain(read.text)) == text), default=0.1)


_POINTS_ALONE = re.compile(r"(-?\d{1,3}(?:[.,]\d{3})+)(\.\d{1,2})")


def _parted_in_threes(text: str) -> str:
    """``2.336.91`` as ``2,336.91``: a figure has one point, so what parts threes of digits before it are commas."""
    found = _POINTS_ALONE.fullmatch(text)
    return found[1].replace(".", ",") + found[2] if found else text


def _formed(text: str) -> bool:
    """Whether a text is exactly one figure, a code or a percentage."""
    try:
        return is_figure(text.removesuffix("%"))
    except FigureDoesNotFit:
        return False


def _cut(made: Sheet, box: Pixelbox, margin: float) -> Pixels:
    """A row of print with a margin (in parts of its height), as the recogniser was taught to see it."""
    import cv2
    import numpy as np

    x0, y0, x1, y1 = box
    height, width = made.gray.shape
    pad = max(2, round((y1 - y0) * margin))
    side = pad + 2
    top, bottom, left, right = max(0, y0), min(height, y1), max(0, x0), min(width, x1)
    cut = made.gray[top:bottom, left:right]
    made_ = cv2.copyMakeBorder(cut, pad, pad, side, side, cv2.BORDER_CONSTANT, value=255)
    return np.asarray(made_, np.uint8)


def _figurelike(text: str) -> bool:
    return _FIGURELIKE.fullmatch(text) is not None


def _plain(text: str) -> str:
    """A figure without what type setting puts in: full-width forms, spaces."""
    return unicodedata.normalize("NFKC", text).replace(" ", "").replace("−", "-").replace("–", "-")


def _joined(parts: list[Text]) -> tuple[str, Decimal | None]:
    text = "\n".join(part.text for part in parts)
    sure = min(part.sure for part in parts)
    if len(parts) > 1 and all(_formed(part.text) for part in parts):
        sure = min(sure, DOUBTFUL - 0.01)  # two figures: the rule between two cells may be missing
    return text, _decimal(sure)


def _decimal(sure: float) -> Decimal:
    return Decimal(repr(round(min(max(sure, 0.0), 1.0), 4))).quantize(_PLACES)


# --- grids and lines -------------------------------------------------------------------------------------------------


def _grid(
    table: Raster,
    k: int,
    number: int,
    texts: dict[tuple[int, int], tuple[str, Decimal | None]],
    made: Sheet,
    place: Callable[[Pixelbox], Box],
) -> Grid:
    cells = []
    for n, a in enumerate(table.areas):
        text, sure = texts.get((k, n), ("", None))
        box = place(_pixels(table, a.col, a.row, a.col_end, a.row_end, made))
        cells.append(GridCell(a.row, a.col, a.row_end - a.row, a.col_end - a.col, text, box, confidence=sure))
    n_rows, n_cols = len(table.ys) - 1, len(table.xs) - 1
    return Grid(number, n_rows, n_cols, tuple(cells), place(_pixels(table, 0, 0, n_cols, n_rows, made)))


def _lines(
    made: Sheet, found: list[tuple[Pixelbox, Text]]
) -> list[tuple[float, float, Grid | list[tuple[Run, Text, Pixelbox]]]]:
    """Rows of print that stand on one line made one, in reading order."""
    p = made.points
    of: dict[int, tuple[Text, Pixelbox]] = {}
    runs = []
    for box, text in found:
        if not text.text:
            continue
        x0, y0, x1, y1 = (v * p for v in box)
        size = (y1 - y0) * 0.75  # a box is higher than the type
        step = (x1 - x0) / len(text.text)
        starts = [x0 + step * i for i in range(len(text.text))]
        run = Run(text.text, x0, x1, (y0 + y1) / 2 + 0.35 * size, size, False, starts, [s + step for s in starts])
        of[id(run)] = (text, box)
        runs.append(run)
    return [
        (min(r.base - r.size for r in line), line[0].x0, [(run, *of[id(run)]) for run in line])
        for line in visual_lines(runs)
    ]
