"""RapidOCR's models on onnxruntime: where print stands in a picture, and which characters a row of print is.

Belongs here: the two models of RapidOCR's wheel, what they take and what they give. Does not belong here: pages,
cells, and what is done about a character that is not sure.

The models are run directly, not through RapidOCR's pipeline: that one hides how sure each character is, and starts
threads that work against our own. Nothing is ever downloaded.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from juesuan.final_accounts.readers.picture import Pixelbox, Pixels

# Else it tells its maker of each model that is loaded, and writes to the home folder; calling its own function that is
# to end this comes too late.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime  # type: ignore[import-untyped]

#: How high the recogniser wants a row of print, in pixels.
HEIGHT = 48
#: Widths are rounded up to this many pixels, so that rows of like width go through in one batch.
STEP = 32
#: How many pixels go through the recogniser at once: more is no faster and takes more memory.
BATCH = 2560
#: The widest row of print; what is wider is pressed together.
WIDEST = 3200

#: What of a pixel of the detector's map counts as print, and what a box needs on the average.
_PRINT, _BOX = 0.3, 0.5
#: The detector's map shows print smaller than it is: area over circumference, times this, is missing on each side.
_UNCLIP = 1.6
#: So many pixels the detector looks at, at most: each takes some 400 bytes while it does.
_MOST = 3_000_000
#: Sides of what goes into the detector are multiples of this.
_MULTIPLE = 32


@dataclass(frozen=True, slots=True)
class Read:
    """The characters of a row of print, how sure each is (0 to 1), and where each stands (0 to 1 of the width)."""

    text: str
    sure: tuple[float, ...]
    at: tuple[float, ...]


@cache
def _session(kind: str) -> Any:
    """The model ``det`` or ``rec`` of RapidOCR's wheel."""
    found = find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError("rapidocr is not installed")
    folder = Path(next(iter(found.submodule_search_locations))) / "models"
    models = sorted(folder.glob(f"*_{kind}_*.onnx"))
    if not models:
        raise FileNotFoundError(f"rapidocr has no {kind} model in its wheel")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The arena keeps the largest that was ever needed, for each thread.
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(models[-1]), options, providers=["CPUExecutionProvider"])


_starting = threading.Lock()


def session(kind: str) -> Any:
    """The same, started once however many threads ask for it."""
    with _starting:
        return _session(kind)


# Finding takes half a gigabyte while it lasts, a sixth of the time of a page: one page at a time.
_finding = threading.Lock()


def _run(kind: str, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """What a model gives. Raises ``MemoryError`` where it gets no memory, as Python would."""
    model = session(kind)
    try:
        (out,) = model.run(None, {model.get_inputs()[0].name: values})
    except Exception as error:
        if "bad_alloc" in str(error) or "Failed to allocate" in str(error):
            raise MemoryError(f"recognition of print ({kind})") from None
        raise
    return np.asarray(out, np.float32)


@cache
def characters() -> tuple[str, ...]:
    """What the classes of the recogniser stand for; the first is none, the last a space."""
    known = session("rec").get_modelmeta().custom_metadata_map["character"].splitlines()
    return ("", *known, " ")


# --- where print stands ----------------------------------------------------------------------------------------------


def boxes(gray: Pixels, scale: float) -> list[Pixelbox]:
    """Boxes around rows of print, in pixels of ``gray``; it is looked at ``scale`` times its size."""
    height, width = gray.shape
    if not height or not width:
        return []
    scale = min(scale, (_MOST / (height * width)) ** 0.5)
    h = max(_MULTIPLE, round(height * scale / _MULTIPLE) * _MULTIPLE)
    w = max(_MULTIPLE, round(width * scale / _MULTIPLE) * _MULTIPLE)
    small = cv2.resize(gray, (w, h), interpolation=cv2.INTER_AREA)
    value = (small.astype(np.float32) / 255 - 0.5) / 0.5
    with _finding:
        sure = _run("det", np.repeat(value[None, None], 3, axis=1))[0, 0]
    mask = cv2.dilate((sure > _PRINT).astype(np.uint8), np.ones((2, 2), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
    total = np.bincount(labels.ravel(), weights=sure.ravel(), minlength=count)
    found = []
    for k in range(1, count):
        x, y, bw, bh, area = (int(v) for v in stats[k])
        if min(bw, bh) < 3 or total[k] / area < _BOX:
            continue
        grow = bw * bh * _UNCLIP / (2 * (bw + bh))
        found.append(
            (
                max(0, int((x - grow) * width / w)),
                max(0, int((y - grow) * height / h)),
                min(width, int((x + bw + grow) * width / w) + 1),
                min(height, int((y + bh + grow) * height / h) + 1),
            )
        )
    return found


# --- which characters ------------------------------------------------------------------------------------------------


def recognise(rows: Sequence[Pixels], stretch: float = 1.0) -> list[Read]:
    """The characters of each row of print (gray, cut out with a margin); ``stretch`` makes them wider first."""
    widths = [_width(row, stretch) for row in rows]
    order = sorted(range(len(rows)), key=lambda i: widths[i])
    found: list[Read] = [Read("", (), ())] * len(rows)
    start = 0
    while start < len(order):
        room = _room(widths[order[start]])
        end = start + 1
        while end < len(order) and _room(widths[order[end]]) == room and (end - start + 1) * room <= BATCH:
            end += 1
        now = order[start:end]
        batch = np.zeros((len(now), 3, HEIGHT, room), np.float32)
        for k, i in enumerate(now):
            made: Any = cv2.resize(rows[i], (widths[i], HEIGHT), interpolation=_way(rows[i], widths[i]))
            batch[k, :, :, : widths[i]] = (made.astype(np.float32) / 255 - 0.5) / 0.5
        out = _run("rec", batch)
        best, sure = out.argmax(axis=2), out.max(axis=2)
        for k, i in enumerate(now):
            found[i] = _decoded(best[k], sure[k], room / widths[i])
        start = end
    return found


def _width(row: Pixels, stretch: float) -> int:
    height, width = row.shape
    return int(min(max(8, round(width * HEIGHT / max(1, height) * stretch)), WIDEST))


def _room(width: int) -> int:
    return -(-width // STEP) * STEP


def _way(row: Pixels, width: int) -> int:
    shrinks = row.shape[0] > HEIGHT and row.shape[1] > width
    return int(cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _decoded(best: npt.NDArray[np.int64], sure: npt.NDArray[np.float32], wider: float) -> Read:
    """One character for each run of one class that is not none, as sure as it is where it is surest."""
    known = characters()
    text: list[str] = []
    chances: list[float] = []
    places: list[float] = []
    last = 0
    for step, (one, chance) in enumerate(zip(best.tolist(), sure.tolist(), strict=True)):
        if one and one == last:
            chances[-1] = max(chances[-1], chance)
        elif one:
            text.append(known[one])
            chances.append(chance)
            places.append((step + 0.5) / len(best) * wider)
        last = one
    return Read("".join(text), tuple(chances), tuple(places))
