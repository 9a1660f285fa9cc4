"""Pages that are pictures: every figure of a clean scan, no figure that is not there, and what is doubted is said.

The scans are drawn here with Debian's fonts-noto-cjk, which these tests need.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from juesuan.final_accounts.model import Grid, GridCell, LimitExceeded, Page, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import Limits, image, ocr, progress, read, shapes
from juesuan.final_accounts.readers.picture import flattened, inked, skew, turned, without_seals
from tests.fixtures.pdf_writer import PdfPage, pdf
from tests.generator.render import scan

XS = [50, 120, 240, 320, 400, 480, 550]
ROWS = [
    ("2010301", "行政运行", "1,511.90", "1,511.89", "0.01", ""),
    ("20805", "行政事业单位养老支出", "326.71", "", "326.71", "0.00"),
    ("2080505", "基本养老保险缴费支出", "-12.05", "88,047.63", "", "7.00"),
    ("2101101", "行政单位医疗", "60.99", "60.99", "", "(3.50)"),
    ("21099", "其他卫生健康支出", "6.20", "1,234,567.08", "19.46", "5.8%"),
    ("", "合计", "1,893.75", "1,411,111.11", "346.18", "40.40"),
]
TOP, HIGH = 142, 22
#: Of Debian's fonts-noto-cjk, which these tests need.
FONT = "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"


def drawn(dpi: int) -> Any:
    """A4 with a title, a unit of money, a header over two rows with merged cells, six rows, a page number."""
    scale = dpi / 72
    picture = Image.new("L", (round(595 * scale), round(842 * scale)), 255)
    pen = ImageDraw.Draw(picture)

    def say(x: float, y: float, said: str, size: float = 10, anchor: str = "lm") -> None:
        pen.text((x * scale, y * scale), said, 0, ImageFont.truetype(FONT, round(size * scale)), anchor)

    def line(*ends: float) -> None:
        pen.line([end * scale for end in ends], 0, max(1, round(0.7 * scale)))

    say(297, 82, "收入决算表", 18, "mm")
    say(550, 120, "单位：万元", 10, "rm")
    ys = [TOP + HIGH * k for k in range(len(ROWS) + 3)]
    for k, y in enumerate(ys):
        line(XS[2] if k == 1 else XS[0], y, XS[-1], y)
    for k, x in enumerate(XS):
        line(x, TOP if k in (0, 1, 2, len(XS) - 1) else ys[1], x, ys[-1])
    say(85, ys[1], "编码", anchor="mm")
    say(180, ys[1], "项目", anchor="mm")
    say(395, ys[0] + 11, "本年收入", anchor="mm")
    for k, said in enumerate(("合计", "财政拨款", "事业收入", "其他收入"), 2):
        say((XS[k] + XS[k + 1]) / 2, ys[1] + 11, said, anchor="mm")
    for k, row in enumerate(ROWS):
        for j, said in enumerate(row):
            x, anchor = (XS[j] + 4, "lm") if j < 2 else (XS[j + 1] - 4, "rm")
            say(x, ys[k + 2] + 11, said, 9.5, anchor)
    say(297, 800, "- 7 -", anchor="mm")
    return picture


def pixels(picture: Any) -> Any:
    return np.ascontiguousarray(np.asarray(picture.convert("RGB")))


def table(page: Page) -> Grid:
    (grid,) = (block for block in page.blocks if isinstance(block, Grid))
    return grid


def rows_of(grid: Grid) -> list[tuple[str, ...]]:
    """The texts of the rows under the header."""
    rows = [[""] * grid.n_cols for _ in range(grid.n_rows)]
    for cell in grid.cells:
        rows[cell.row][cell.col] = cell.text
    return [tuple(row) for row in rows[2:]]


@pytest.fixture(scope="module")
def clean() -> Reading:
    """The drawn page as a scan of 200 dpi, in a PDF."""
    return read(scan.as_pdf([drawn(200)], 200), "scan.pdf")


@pytest.fixture(scope="module")
def worn() -> Page:
    """The same page as 150 dpi, two degrees askew, under a seal, with noise and JPEG 50."""
    return ocr.read_picture(ocr.Picture(pixels(scan.worn(drawn(150), 3)), 150, 1, 72 / 150))[0]


# --- a clean scan ----------------------------------------------------------------------------------------------------


def test_every_figure_label_and_blank_of_a_clean_scan_is_exact(clean: Reading) -> None:
    assert clean.method == "ocr" and clean.pages[0].method == "ocr" and clean.notes == ()
    assert rows_of(table(clean.pages[0])) == ROWS


def test_figures_of_a_clean_scan_are_sure_and_blanks_have_no_confidence(clean: Reading) -> None:
    for cell in table(clean.pages[0]).cells:
        if cell.text:
            assert cell.confidence is not None and cell.confidence > Decimal("0.8"), cell
        else:
            assert cell.confidence is None


def test_merged_header_cells_are_spans_where_they_were_drawn(clean: Reading) -> None:
    cells = {cell.text: cell for cell in table(clean.pages[0]).cells}
    spans = {text: (c.row, c.col, c.row_span, c.col_span) for text, c in cells.items()}
    assert spans["编码"] == (0, 0, 2, 1) and spans["项目"] == (0, 1, 2, 1) and spans["本年收入"] == (0, 2, 1, 4)
    page = clean.pages[0]
    assert page.width == pytest.approx(595, abs=1) and page.height == pytest.approx(842, abs=1)
    assert cells["6.20"].box == pytest.approx((240, TOP + 6 * HIGH, 320, TOP + 7 * HIGH), abs=1.5)


def test_lines_outside_of_the_table_are_read_in_their_order(clean: Reading) -> None:
    page = clean.pages[0]
    said = [block.text if isinstance(block, TextLine) else "table" for block in page.blocks]
    assert said[:2] == ["收入决算表", "单位：万元"] and said[2] == "table"
    assert [block.line for block in page.blocks if isinstance(block, TextLine)] == list(range(1, len(said)))


# --- a poor scan -----------------------------------------------------------------------------------------------------


def test_a_poor_scan_gives_each_figure_exactly_or_doubted(worn: Page) -> None:
    read_, exact = rows_of(table(worn)), 0
    sure = {(c.row - 2, c.col): c.confidence for c in table(worn).cells}
    assert len(read_) == len(ROWS)
    for k, row in enumerate(ROWS):
        for j, said in enumerate(row):
            if j == 1 or not said:
                continue
            exact += read_[k][j] == said
            assert read_[k][j] == said or (sure[k, j] or 0) < ocr.DOUBTFUL, (said, read_[k][j])
    assert exact >= 24


def test_a_poor_scan_invents_nothing_where_nothing_is_printed(worn: Page) -> None:
    read_ = rows_of(table(worn))
    assert [(k, j) for k, row in enumerate(ROWS) for j, said in enumerate(row) if not said and read_[k][j]] == []


def test_boxes_of_a_page_that_lies_askew_are_on_the_page_as_it_is_seen(worn: Page) -> None:
    boxes = {cell.text: cell.box for cell in table(worn).cells}
    left, right = boxes["2010301"], boxes["0.01"]
    assert left is not None and right is not None
    assert left[1] - right[1] == pytest.approx((right[0] - left[0]) * 0.035, abs=2)


# --- which way up, which size ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_a_page_that_lies_on_its_side_or_its_head_is_read(turns: int) -> None:
    across = pixels(drawn(150).crop((90, 120, 1160, 480)))  # title and the upper rows
    lying = np.ascontiguousarray(np.rot90(across, turns))
    found, straight, _ = ocr.upright(lying, 150)
    assert found == turns and np.array_equal(straight, across)
    height, width = across.shape[:2]
    # The upper left corner of the upright picture, where it is in the lying one.
    corner = ocr.unturned((0, 0, 10, 5), across.shape, turns)
    assert (
        corner
        == {1: (0, width - 10, 5, width), 2: (width - 10, height - 5, width, height), 3: (height - 5, 0, height, 10)}[
            turns
        ]
    )


def test_paper_of_an_uncommon_size_is_taken_for_a4() -> None:
    assert ocr.nominal_dpi(842, 72) == 72
    assert ocr.nominal_dpi(1190, 72) == 72  # A3
    assert ocr.nominal_dpi(3508, 72) == pytest.approx(300, abs=0.1)  # a point for each pixel of a scan
    assert ocr.nominal_dpi(3508, 0) == pytest.approx(300, abs=0.1)


# --- pixels ----------------------------------------------------------------------------------------------------------


def paper() -> Any:
    return np.full((900, 1200, 3), 255, np.uint8)


def test_a_seal_is_taken_off_and_the_print_under_it_stays() -> None:
    page = paper()
    cv2.putText(page, "12345.67", (380, 470), cv2.FONT_HERSHEY_SIMPLEX, 2, (0, 0, 0), 5)
    alone = inked(flattened(without_seals(page, 72 / 200)))
    seal = page.copy()
    cv2.circle(seal, (550, 450), 200, (225, 45, 50), 9)
    ink = inked(flattened(without_seals(np.minimum(page, seal), 72 / 200)))
    assert 0.97 < ink.sum() / alone.sum() < 1.03


def test_red_print_that_is_no_seal_stays_print() -> None:
    page = paper()
    cv2.putText(page, "-345.67", (380, 470), cv2.FONT_HERSHEY_SIMPLEX, 1, (200, 20, 20), 2)
    assert inked(flattened(without_seals(page, 72 / 200))).any()


@pytest.mark.parametrize("degrees", [-3.0, -0.4, 0.0, 2.0])
def test_skew_is_measured_to_a_tenth_of_a_degree(degrees: float) -> None:
    gray = np.full((1600, 1200), 255, np.uint8)
    for k in range(30):
        cv2.line(gray, (100, 210 + 40 * k), (1100, 210 + 40 * k), 0, 2)
        cv2.putText(gray, "figures 12,345.67 in rows", (100, 200 + 40 * k), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    assert skew(inked(turned(gray, degrees))) == pytest.approx(-degrees, abs=0.08)


# --- the shape of a figure -------------------------------------------------------------------------------------------


def marks(text: str, *, drop: str = "") -> shapes.Marks:
    """The marks that a figure leaves: digits 20 high and 15 apart, points and commas 7 wide, but those in ``drop``."""
    x, digits, small = 0.0, [], []
    for c in text:
        if c.isdigit():
            digits.append((x + 7.5, 20.0))
            x += 15
        else:
            if c not in drop:
                small.append((x + 3.5, 20.0 if c == "." else 24.0))
            x += 7
    return shapes.Marks(20.0, tuple(digits), tuple(small))


PITCH = shapes.Pitch(0.75, 1.1)


@pytest.mark.parametrize("text", ["0.00", "1,234.56", "12", "2010301", "1,234,567"])
def test_a_figure_has_the_shape_of_its_marks(text: str) -> None:
    assert shapes.compare(text, marks(text), PITCH) == "agree"


@pytest.mark.parametrize(
    ("printed", "read_as"),
    [
        ("16.19", "1619"),
        ("1,234.56", "1,23456"),
        ("1619", "16.19"),
        ("1,234", "1.234"),
        ("1.234", "1,234"),
        ("0.00", "0.0"),
    ],
)
def test_a_dropped_or_exchanged_separator_or_a_lost_digit_is_seen(printed: str, read_as: str) -> None:
    assert shapes.compare(read_as, marks(printed), PITCH) == "disagree"
    if len(printed) > len(read_as) > 4 - 1 and printed != "0.00":
        assert shapes.compare(read_as, marks(printed, drop="."), PITCH) == "disagree"


def test_separators_can_be_told_by_how_low_they_hang() -> None:
    assert shapes.separated("2.336.91", marks("2,336.91")) == "2,336.91"
    assert shapes.separated("2.336.91", marks("2,336.91", drop=",")) is None


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ("2.336.91", "2,336.91"),
        ("-1.234,567.8", "-1,234,567.8"),
        ("16.19", "16.19"),
        ("1.234", "1.234"),
        ("1.23.45", "1.23.45"),
    ],
)
def test_a_figure_has_one_point(seen: str, said: str) -> None:
    assert ocr._parted_in_threes(seen) == said


def test_a_separator_that_was_not_read_is_said_to_be_unknown() -> None:
    assert shapes.gaping("101893330", marks("1,018,933.30", drop=".,"), PITCH, "?") == "1?018?933?30"
    assert shapes.gaping("1,511.90", marks("1,511.90"), PITCH, "?") == "1,511.90"
    assert shapes.gaping("-1619", marks("16.19", drop="."), PITCH, "?") == "-16?19"


def test_the_pitch_of_a_page_comes_from_its_figures() -> None:
    page = shapes.pitch((text, marks(text)) for text in ["1,234.56", "98.76", "1,000.00", "7.00"])
    assert page.plain == pytest.approx(0.75) and page.parted == pytest.approx(1.1)


def test_ink_that_is_no_character_is_not_taken_for_a_blank() -> None:
    page = paper()
    for x in (100, 400, 700):
        cv2.line(page, (x, 100), (x, 300), (0, 0, 0), 3)
    for y in (100, 200, 300):
        cv2.line(page, (100, y), (700, y), (0, 0, 0), 3)
    cv2.rectangle(page, (200, 130), (260, 170), (0, 0, 0), -1)
    got = ocr.read_picture(ocr.Picture(page, 200, 1, 72 / 200))[0]
    texts = {(cell.row, cell.col): cell for cell in table(got).cells}
    assert texts[0, 0].text != "" and (texts[0, 0].confidence or 0) < ocr.DOUBTFUL
    assert [texts[k].text for k in ((0, 1), (1, 0), (1, 1))] == ["", "", ""]


# --- which pages, and without the extra ------------------------------------------------------------------------------


def blank_reading(picture: ocr.Picture) -> tuple[Page, tuple[str, ...]]:
    """As if the page said which it is."""
    height, width = picture.pixels.shape[:2]
    said = GridCell(0, 0, 1, 1, f"page {picture.number}", None, confidence=Decimal("0.9900"))
    size = (round(width * picture.unit, 1), round(height * picture.unit, 1))
    return Page(picture.number, *size, (Grid(picture.number, 1, 1, (said,)),), method="ocr"), ()


@pytest.fixture
def recognised(monkeypatch: pytest.MonkeyPatch) -> list[ocr.Picture]:
    """Recognition left out: the pictures that it was given."""
    given: list[ocr.Picture] = []

    def kept(picture: ocr.Picture) -> tuple[Page, tuple[str, ...]]:
        given.append(picture)
        return blank_reading(picture)

    monkeypatch.setattr(ocr, "read_picture", kept)
    return given


def test_of_a_mixed_file_text_is_read_as_text_and_scans_as_pictures(recognised: list[ocr.Picture]) -> None:
    scanned = PdfPage().image(0, 0, 595, 842)
    reading = read(
        pdf([PdfPage().text(60, 700, "a page of text"), scanned, PdfPage().text(60, 700, "another"), scanned])
    )
    assert reading.method == "pdf"
    assert [page.method for page in reading.pages] == [None, "ocr", None, "ocr"]
    assert sorted(one.number for one in recognised) == [2, 4]
    assert {one.pixels.shape for one in recognised} == {(2338, 1652, 3)}
    assert reading.pages[1].width == 595.0


def test_an_invisible_layer_stays_where_our_reading_finds_less(recognised: list[ocr.Picture]) -> None:
    layer = (
        PdfPage().image(0, 0, 595, 842).text(60, 700, "a line of text that some OCR has left over the picture", mode=3)
    )
    reading = read(pdf([layer]))
    assert len(recognised) == 1 and reading.method == "pdf"
    assert reading.notes == ("page 1: text is an invisible layer over an image, made by some OCR",)


def test_an_invisible_layer_is_set_aside_for_a_reading_that_knows_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    said = "a line of text that some OCR has left over the picture"

    def better(picture: ocr.Picture) -> tuple[Page, tuple[str, ...]]:
        page, notes = blank_reading(picture)
        return Page(1, page.width, page.height, (TextLine(said, 1, 1, confidence=Decimal("0.95")),), "ocr"), notes

    monkeypatch.setattr(ocr, "read_picture", better)
    reading = read(pdf([PdfPage().image(0, 0, 595, 842).text(60, 700, said.upper(), mode=3)]))
    assert reading.method == "ocr" and reading.pages[0].blocks[0].text == said  # type: ignore[union-attr]
    assert reading.notes == ("page 1: read as a picture; the invisible text layer over it was set aside",)


def test_a_text_layer_without_characters_is_read_as_a_picture(recognised: list[ocr.Picture]) -> None:
    page = PdfPage().text(60, 700, "行政运行支出").text(160, 700, "12.00")
    reading = read(pdf([page], to_unicode=False))
    assert reading.pages[0].method == "ocr" and len(recognised) == 1
    assert reading.notes == ("page 1: read as a picture; 6 glyphs have no known character and stand as U+FFFD",)


def test_pages_come_in_order_and_are_counted(recognised: list[ocr.Picture]) -> None:
    heard: list[tuple[str, int, int]] = []
    claimed: list[float] = []
    with progress.heard(lambda *said: heard.append(said), claimed.append):
        reading = read(pdf([PdfPage().image(0, 0, 595, 842)] * 5), limits=Limits(seconds_per_scan=7))
    assert [table(page).cells[0].text for page in reading.pages] == [f"page {k}" for k in range(1, 6)]
    assert heard == [("page", k, 5) for k in range(1, 6)] and claimed == [7.0] * 5


def test_without_the_extra_a_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "available", lambda: False)
    with pytest.raises(UnreadableDocument, match="install the ocr extra"):
        read(scan.as_png(Image.new("RGB", (400, 300), "white")))
    assert ocr.versions() == "no ocr"


def test_the_fingerprint_of_readings_knows_what_recognised_them() -> None:
    assert "rapidocr 3." in ocr.versions() and "onnxruntime 1." in ocr.versions()


# --- picture files ---------------------------------------------------------------------------------------------------


def saved(picture: Any, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP"])
def test_every_kind_of_picture_is_opened(kind: str, recognised: list[ocr.Picture]) -> None:
    reading = read(saved(Image.new("RGB", (700, 990), "white"), kind))
    assert reading.method == "ocr" and reading.media_type == f"image/{kind.lower()}"
    assert [one.pixels.shape for one in recognised] == [(990, 700, 3)]
    assert reading.pages[0].height == pytest.approx(842, abs=0.5)  # nothing is stated: A4


def test_pages_of_a_tiff_are_pages(recognised: list[ocr.Picture]) -> None:
    first, second = Image.new("1", (1240, 1754), 1), Image.new("L", (1754, 1240), 255)
    reading = read(saved(first, "TIFF", save_all=True, append_images=[second], dpi=(150, 150)))
    assert [(page.number, page.width, page.height) for page in reading.pages] == [(1, 595.2, 841.9), (2, 841.9, 595.2)]


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA", "CMYK", "I;16"])
def test_whatever_a_picture_is_made_of_paper_is_white(mode: str, recognised: list[ocr.Picture]) -> None:
    if mode == "I;16":
        made = Image.fromarray(np.full((990, 700), 65535, np.uint16))
    elif mode in ("RGBA", "LA"):
        made = Image.new(mode, (700, 990))  # nothing but transparent
    else:
        made = Image.new("RGB", (700, 990), "white").convert(mode)
    read(saved(made, "TIFF"))
    assert recognised[0].pixels.min() > 250


def test_a_photograph_is_turned_as_the_camera_noted(recognised: list[ocr.Picture]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    read(saved(Image.new("RGB", (900, 600), "white"), "JPEG", exif=exif))
    assert recognised[0].pixels.shape == (900, 600, 3)


def test_too_many_pixels_are_refused_before_they_are_unpacked() -> None:
    large = saved(Image.new("1", (9_000, 9_000)), "PNG")
    assert len(large) < 20_000
    with pytest.raises(LimitExceeded, match=r"9,000 x 9,000 pixels.*max_pixels"):
        read(large)
    with pytest.raises(LimitExceeded, match=r"max_pixels"):
        read(saved(Image.new("1", (30_000, 30_000)), "PNG"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "WEBP", "BMP"])
def test_a_truncated_picture_is_refused_with_the_reason(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 300, 3), np.uint8))
    whole = saved(noise, kind)
    with pytest.raises(UnreadableDocument, match=r"damaged|not a document"):
        read(whole[: len(whole) // 2])


def test_more_frames_than_pages_allowed_are_refused() -> None:
    frame = Image.new("1", (100, 100), 1)
    many = saved(frame, "TIFF", save_all=True, append_images=[frame] * 5)
    with pytest.raises(LimitExceeded, match="max_pages"):
        image.read(many, Limits(max_pages=3))


def test_how_fast_pages_are_read_is_said(recognised: list[ocr.Picture]) -> None:
    page = ocr.Picture(paper(), 200, 1, 72 / 200)
    said: Callable[[], str] = lambda: str(ocr.rate([page, page], Limits()))  # noqa: E731
    assert said().endswith("CPU seconds for each of 2")
