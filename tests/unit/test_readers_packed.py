"""Archives and folders: every document in one is read, nothing is written outside, and every limit holds."""

from __future__ import annotations

import gzip
import io
import shutil
import struct
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.final_accounts.extract import extract
from juesuan.final_accounts.model import Grid, LimitExceeded, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import Limits, packed, rar, read, sniff, unpacking
from tests.fixtures.pdf_writer import PdfPage, pdf
from tests.fixtures.rar_writer import rar as write_rar
from tests.fixtures.rar_writer import rar4 as write_rar4

Files = list[tuple[str, bytes]]


def zipped(files: Files, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def text(said: str) -> bytes:
    return said.encode()


def parts(reading: Reading) -> list[str | None]:
    return [page.part for page in reading.pages]


def lines(reading: Reading) -> list[str]:
    return [block.text for page in reading.pages for block in page.blocks if isinstance(block, TextLine)]


# --- what is read, and in which order ---------------------------------------------------------------------------------


def test_documents_follow_each_other_with_pages_that_count_through() -> None:
    report = pdf([PdfPage().text(60, 700, "one"), PdfPage().text(60, 700, "two")])
    reading = read(
        zipped(
            [
                ("3.txt", text("三\f四")),
                ("2.html", text("<html><body><p>二</p><table><tr><td>a<td>1.0<tr><td>b<td>2.0</table></body></html>")),
                ("1.pdf", report),
            ]
        )
    )
    assert [(p.number, p.part, p.method) for p in reading.pages] == [
        (1, "1.pdf", "pdf"),
        (2, "1.pdf", "pdf"),
        (3, "2.html", "html"),
        (4, "3.txt", "text"),
        (5, "3.txt", "text"),
    ]
    assert reading.media_type == "application/zip"
    assert reading.method == "pdf"  # of pages, the most
    assert all(block.page == page.number for page in reading.pages for block in page.blocks)
    line, grid = reading.pages[2].blocks
    assert isinstance(line, TextLine) and (line.line, line.span) == (1, (0, 1))
    assert isinstance(grid, Grid)


@pytest.mark.parametrize(
    "order",
    [
        ["附件2.xls", "附件10.xls"],
        ["1收入支出决算总表.xls", "2收入决算表.xls", "10国有资本.xls"],
        ["附件一.doc", "附件二.doc", "附件三.doc", "附件十.doc", "附件十二.doc", "附件二十.doc"],
        ["一、说明.doc", "二、表.doc", "九、其他.doc", "十一、完.doc"],
        ["2022/表1.xls", "2022/表２.xls", "2022/表11.xls", "2023/表1.xls"],
        ["sheet001.htm", "sheet002.htm", "sheet010.htm"],
        ["公开表(一).xls", "公开表(二).xls", "公开表(三).xls"],
    ],
)
def test_tables_stand_in_the_order_of_their_numbers(order: list[str]) -> None:
    data = zipped([(name, text(name)) for name in sorted(order)])
    assert parts(read(data)) == order


def test_a_numeral_within_a_word_is_no_number() -> None:
    assert packed.natural("一般公共预算.xls") != packed.natural("1般公共预算.xls")
    assert packed.natural("统一.xls")[0][0][0] == 1


@given(st.text("附件表第一二十（）12.０９/a", max_size=12), st.text("附件表第一二十（）12.０９/a", max_size=12))
def test_any_names_can_be_put_in_order(one: str, other: str) -> None:
    first, second = packed.natural(one), packed.natural(other)
    assert [first < second, first == second, first > second].count(True) == 1


def test_names_of_chinese_windows_are_read_and_other_names_stay() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("ABCD/EFGH.txt", text("一"))
        archive.writestr("第二.txt", text("二"))
    data = out.getvalue().replace(b"ABCD/EFGH.txt", "附件\\表一".encode("gbk") + b".txt")
    assert parts(read(data)) == ["第二.txt", "附件/表一.txt"]


def test_what_is_no_document_is_passed_over_in_silence() -> None:
    junk = [
        "Thumbs.db",
        "x/.DS_Store",
        "__MACOSX/._a.pdf",
        "~$报告.doc",
        "desktop.ini",
        "网址.url",
        "a.lnk",
        ".~lock.a.xls#",
    ]
    page = text("<html><body>页<img src='page_files/logo.png'></body></html>")
    saved = [("page.html", page), ("page_files/logo.png", b"\x89PNG\r\n\x1a\n"), ("page_files/a.css", b"p {}")]
    reading = read(zipped([*((name, b"x") for name in junk), *saved]))
    assert (parts(reading), reading.notes) == (["page.html"], ())


def test_a_workbook_saved_as_pages_is_its_sheets() -> None:
    frames = text("<html><frameset><frame src='book.files/sheet001.htm'></frameset></html>")
    sheet = "<html><body>表{}</body></html>"
    files = [
        ("book.htm", frames),
        ("book.files/tabstrip.htm", text(sheet.format("单"))),
        ("book.files/x.xml", b"<xml/>"),
    ]
    files += [(f"book.files/sheet{n:03}.htm", text(sheet.format(n))) for n in (2, 1)]
    reading = read(zipped(files))
    assert (lines(reading), reading.notes) == (["表1", "表2"], ())


def test_a_member_that_cannot_be_read_is_named_and_stops_no_other() -> None:
    reading = read(
        zipped([("a.txt", text("甲")), ("b.pdf", b"%PDF-1.4 broken"), ("c.bin", bytes(range(256))), ("d.txt", b"")])
    )
    assert parts(reading) == ["a.txt"]
    assert [note.partition(":")[0] for note in reading.unread] == ["b.pdf", "c.bin", "d.txt"]


def test_a_fault_of_ours_in_one_member_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    real = packed.read_document

    def faulty(data: bytes, name: str = "", limits: Limits | None = None) -> Reading:
        if data == b"b":
            raise ZeroDivisionError("oh")
        return real(data, name, limits or Limits())

    monkeypatch.setattr(packed, "read_document", faulty)
    reading = read(zipped([("a.txt", b"a"), ("b.txt", b"b")]))
    assert parts(reading) == ["a.txt"]
    assert "ZeroDivisionError: oh" in reading.unread[0]


def test_where_nothing_can_be_read_the_reasons_are_told() -> None:
    with pytest.raises(UnreadableDocument, match=r"a\.pdf: .*; b\.bin: not a document"):
        read(zipped([("a.pdf", b"%PDF-1.4 broken"), ("b.bin", bytes(range(256)))]))
    with pytest.raises(UnreadableDocument, match="no document in it"):
        read(zipped([("Thumbs.db", b"x")]))


def test_the_same_bytes_twice_are_read_once_and_said() -> None:
    reading = read(zipped([("a.txt", text("甲")), ("副本/a.txt", text("甲"))]))
    assert parts(reading) == ["a.txt"]
    assert reading.notes == ("副本/a.txt: the same bytes as a.txt; read once",)


def test_members_of_one_name_are_kept_apart() -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([("表.txt", text("一")), ("表.txt", text("二"))])
    reading = read(data)
    assert (parts(reading), lines(reading)) == (["表 (2).txt", "表.txt"], ["二", "一"])


def test_archives_in_archives_are_read_to_the_depth_allowed() -> None:
    inner = zipped([("表.txt", text("内"))])
    reading = read(zipped([("附件.zip", inner), ("说明.txt", text("外"))]))
    assert parts(reading) == ["说明.txt", "附件.zip/表.txt"]
    deep = inner
    for _ in range(2):
        deep = zipped([("n.zip", deep)])
    assert parts(read(deep)) == ["n.zip/n.zip/表.txt"]
    with pytest.raises(LimitExceeded, match="max_nesting"):
        read(zipped([("n.zip", deep)]))


def test_members_are_given_by_path_and_bytes() -> None:
    data = zipped([("b.zip", zipped([("c.txt", b"c")])), ("a.txt", b"a"), ("Thumbs.db", b"x")])
    assert list(packed.members(data)) == [("a.txt", b"a"), ("b.zip/c.txt", b"c")]


def test_the_tables_of_an_archive_are_one_report() -> None:
    title = "<html><head></head><body><p>收入决算表</p><p>部门：临江县财政局</p><p>单位：万元</p>"
    head = "<tr><td>科目编码<td>科目名称<td>本年收入合计<td>财政拨款收入<td>上级补助收入<td>事业收入<td>经营收入"
    head += "<td>附属单位上缴收入<td>其他收入"
    rows = (
        "<tr><td colspan=2>合计<td>1.50<td>1.50<td><td><td><td><td><tr><td>2010301<td>行政运行<td>1.50<td>1.50"
        + "<td>" * 5
    )
    table = f"{title}<table>{head}{rows}</table></body></html>"
    report = "临江县财政局2022年度部门决算\n第一部分 部门概况\n本部门2022年度决算收入1.50万元。\n"
    found = extract(zipped([("2收入决算表.html", text(table)), ("1说明.txt", text(report))]), "决算.zip")
    cells = [(c.table_key, c.row_key, c.column_key, c.value_text, c.page, c.method) for e in found for c in e.cells]
    assert ("T2", "2010301", "income_total", "1.50", 2, "html") in cells


# --- tar and gzip -----------------------------------------------------------------------------------------------------


def tarred(files: Files, *special: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for info in special:
            archive.addfile(info)
    return out.getvalue()


def test_tar_and_gzip_are_archives_too() -> None:
    data = tarred([("附件/表.txt", text("一"))])
    assert sniff(data) == "application/x-tar"
    assert parts(read(data)) == ["附件/表.txt"]
    assert parts(read(gzip.compress(data))) == ["附件/表.txt"]
    assert parts(read(gzip.compress(text("一")))) == ["unpacked"]
    head, body = gzip.compress(text("一"))[:10], gzip.compress(text("一"))[10:]
    named = head[:3] + b"\x08" + head[4:] + "决算.txt".encode("gbk") + b"\x00" + body
    assert parts(read(named)) == ["决算.txt"]


def test_links_devices_and_holes_of_a_tar_are_refused() -> None:
    special = []
    for name, kind in (
        ("link", tarfile.SYMTYPE),
        ("hard", tarfile.LNKTYPE),
        ("pipe", tarfile.FIFOTYPE),
        ("dev", tarfile.CHRTYPE),
    ):
        info = tarfile.TarInfo(name)
        info.type, info.linkname = kind, "/etc/passwd"
        special.append(info)
    reading = read(tarred([("a.txt", text("甲"))], *special))
    assert parts(reading) == ["a.txt"]
    assert [note.partition(":")[0] for note in reading.unread] == ["dev", "hard", "link", "pipe"]


@pytest.mark.parametrize("cut", [700, 520])
def test_a_tar_or_gzip_that_is_cut_off_says_so(cut: int) -> None:
    data = tarred([("a.txt", b"x" * 400)])
    with pytest.raises(UnreadableDocument, match="truncated"):
        read(data[:cut])
    with pytest.raises(UnreadableDocument, match="truncated"):
        read(gzip.compress(data)[:-6])


# --- hostile and broken -----------------------------------------------------------------------------------------------


def test_names_that_lead_elsewhere_are_only_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [
        "../../slip.txt",
        "/abs.txt",
        "C:\\x\\drive.txt",
        "a/../../up.txt",
        "..\\..\\back.txt",
        "\x01\x02.txt",
        "..",
    ]
    files = [(name, text(f"第{n}")) for n, name in enumerate(names)]
    for data in (zipped(files), tarred(files)):
        found = parts(read(data))
        assert len(found) == len(names)
        assert not any(p is None or p.startswith("/") or ".." in p.split("/") or "\\" in p for p in found)
    assert not list(tmp_path.iterdir())
    assert not (tmp_path.parent / "up.txt").exists()


def test_a_link_in_a_zip_is_not_followed() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("link.txt")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("a.txt", "甲")
    reading = read(out.getvalue())
    assert (parts(reading), reading.unread) == (["a.txt"], ("link.txt: a link and not a file; it is not followed",))


def test_bombs_are_refused_before_they_go_off() -> None:
    big = b"0" * 20_000_000
    few = Limits(max_unpacked_bytes=10_000_000, max_ratio=10_000_000)
    bomb = zipped([("a.txt", big)])
    for data in (bomb, gzip.compress(big), gzip.compress(tarred([("a.txt", big)]))):
        with pytest.raises(LimitExceeded, match="max_ratio"):
            read(data)
        with pytest.raises(LimitExceeded, match="max_unpacked_bytes"):
            read(data, limits=few)
    nested = zipped([(f"{n}.zip", zipped([("a.txt", b"%d" % n + big[:4_000_000])])) for n in range(9)])
    with pytest.raises(LimitExceeded, match="max_ratio"):
        read(nested)
    reading = read(nested, limits=few)
    assert parts(reading) == ["0.zip/a.txt", "1.zip/a.txt"]  # what they unpack to counts together
    assert all("max_unpacked_bytes" in note for note in reading.unread) and len(reading.unread) == 7


def test_a_size_that_is_declared_counts_before_anything_is_unpacked() -> None:
    data = bytearray(zipped([("a.txt", b"x" * 100)], zipfile.ZIP_STORED))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 4_000_000_000)
    with pytest.raises(LimitExceeded, match="max_unpacked_bytes"):
        read(bytes(data))


def test_a_size_that_is_a_lie_is_damage() -> None:
    data = bytearray(zipped([("a.txt", b"x" * 5000)]))
    at = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, at + 24, 100)
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(bytes(data))


def test_countless_members_are_refused() -> None:
    one = zipped([("a.txt", b"x")], zipfile.ZIP_STORED)
    start, end = one.index(b"PK\x01\x02"), one.index(b"PK\x05\x06")
    entries = one[start:end] * 100_000
    tail = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 0xFFFE, 0xFFFE, len(entries), start, 0)
    with pytest.raises(LimitExceeded, match="max_members"):
        read(one[:start] + entries + tail)
    with pytest.raises(LimitExceeded, match="max_members"):
        read(tarred([(f"{n}.txt", b"x") for n in range(2_001)]))


def test_pages_and_cells_count_over_all_members() -> None:
    data = zipped([(f"{n}.txt", text(f"{n}\n" * 10)) for n in range(3)])
    reading = read(data, limits=Limits(max_pages=2))
    assert len(reading.pages) == 2
    assert "max_pages" in reading.unread[0]
    page = "<html><body>{}<p>一</p></body></html>"
    data = zipped([(f"{n}.html", text(page.format(f"<p>{n}</p>" * 10))) for n in range(3)])
    reading = read(data, limits=Limits(max_cells=25))
    assert parts(reading) == ["0.html", "1.html"]
    assert "max_cells" in reading.unread[0]


def test_a_member_whose_name_is_damaged_stops_no_other() -> None:
    data = zipped([("a.txt", text("甲")), ("b.txt", text("乙"))])
    assert parts(read(data.replace(b"a.txt", b"\0.txt"))) == [".txt", "b.txt"]


def test_a_zip_that_is_cut_off_or_locked_says_so() -> None:
    data = zipped([("a.txt", text("甲" * 200)), ("b.txt", text("乙"))])
    with pytest.raises(UnreadableDocument, match="truncated"):
        read(data[:-40])
    with pytest.raises(UnreadableDocument, match="truncated"):
        read(data[: len(data) // 2])
    locked = bytearray(data)
    at = locked.index(b"PK\x01\x02")
    locked[at + 8] |= 1
    reading = read(bytes(locked))
    assert parts(reading) == ["b.txt"]
    assert reading.unread == ("a.txt: it is protected by a password; add a copy without one",)


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    whole = data.draw(
        st.sampled_from(
            [
                zipped([("a.txt", text("甲" * 50)), ("b.html", text("<html><p>乙</html>"))]),
                tarred([("a.txt", text("甲"))]),
                gzip.compress(text("甲" * 50)),
            ]
        )
    )
    broken = bytearray(whole)
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255)), max_size=5)):
        broken[at] = value
    try:
        reading = read(bytes(broken[: data.draw(st.integers(1, len(whole)))]))
    except UnreadableDocument as problem:
        assert str(problem)
    else:
        assert reading.pages


# --- RAR and 7z -------------------------------------------------------------------------------------------------------

# Where unar is installed too, it has to do the same.
RAR_PROGRAMS = ["bsdtar", *filter(shutil.which, ["unar"])]


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.program(name)) for name in RAR_PROGRAMS])
def only(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """One program that unpacks RAR at a time."""
    name: str = request.param
    mine = tuple(entry for entry in unpacking._PROGRAMS[unpacking.RAR] if entry[0] == name)
    monkeypatch.setitem(unpacking._PROGRAMS, unpacking.RAR, mine)
    return name


def test_a_rar_is_read_as_a_zip_is(only: str) -> None:
    data = write_rar([("附件10.txt", text("十")), ("附件2/表.txt", text("二"))], link=("ln.txt", "/etc/passwd"))
    reading = read(data)
    assert reading.media_type == "application/vnd.rar"
    assert list(zip(parts(reading), lines(reading), strict=True)) == [("附件2/表.txt", "二"), ("附件10.txt", "十")]
    assert reading.unread == ("ln.txt: a link or a device and not a file; it is not followed",)
    assert lines(read(write_rar4([("a.txt", text("甲")), ("b/c.txt", text("乙"))]))) == ["甲", "乙"]


def test_a_rar_writes_nothing_outside_and_leaves_nothing_behind(
    only: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking.tempfile, "tempdir", str(tmp_path / "a" / "b"))
    (tmp_path / "a" / "b").mkdir(parents=True)
    data = write_rar([("../../../slip.txt", text("一")), (f"{tmp_path}/abs.txt", text("二"))])
    try:
        found = parts(read(data))
    except UnreadableDocument:
        found = []
    assert not any(".." in (part or "").split("/") for part in found)
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["a", "b"]


def test_a_rar_keeps_the_limits(only: str) -> None:
    data = write_rar([(f"{n}.txt", b"x" * 3000) for n in range(4)])
    with pytest.raises(LimitExceeded, match="max_unpacked_bytes"):
        read(data, limits=Limits(max_unpacked_bytes=5000))
    with pytest.raises(LimitExceeded, match="max_members"):
        read(data, limits=Limits(max_members=3))


def test_a_damaged_rar_gives_no_figures(only: str) -> None:
    data = write_rar([("a.txt", b"1,234.50 " * 100)])
    with pytest.raises(UnreadableDocument, match="truncated"):
        read(data[:-400])
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(data.replace(b"1,234", b"1,235", 1))
    old = write_rar4([("a.txt", b"1,234.50 " * 100)])
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(old.replace(b"1,234", b"1,235", 1))


@pytest.mark.parametrize("data", [write_rar([], locked=True), write_rar4([("a.txt", b"x")], locked=True)])
def test_a_rar_with_a_password_says_so(data: bytes) -> None:
    with pytest.raises(UnreadableDocument, match="password"):
        read(data)


def test_without_a_program_a_rar_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnreadableDocument, match=r"RAR archive: no program .* install libarchive-tools"):
        read(write_rar([("a.txt", b"x")]))
    with pytest.raises(UnreadableDocument, match=r"7z archive: no program .* 7zip"):
        read(b"7z\xbc\xaf\x27\x1c" + bytes(50))


@given(st.binary(max_size=200), st.booleans())
def test_headers_of_a_rar_never_fail(tail: bytes, old: bool) -> None:
    assert rar.headers((b"Rar!\x1a\x07\x00" if old else b"Rar!\x1a\x07\x01\x00") + tail).sums is not None


@pytest.mark.program("7zz")
def test_a_7z_is_read_and_a_locked_or_damaged_one_says_so(tmp_path: Path) -> None:
    (tmp_path / "表1.txt").write_bytes(b"1,234.50 " * 100)

    def packed_by_7z(*options: str) -> bytes:
        target = tmp_path / "t.7z"
        target.unlink(missing_ok=True)
        subprocess.run(["7zz", "a", *options, target, "表1.txt"], cwd=tmp_path, check=True, capture_output=True)
        return target.read_bytes()

    assert parts(read(packed_by_7z())) == ["表1.txt"]
    for options in (["-psecret"], ["-psecret", "-mhe=on"]):
        with pytest.raises(UnreadableDocument, match="password"):
            read(packed_by_7z(*options))
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(packed_by_7z()[:-20])
    with pytest.raises(UnreadableDocument, match="damaged"):
        read(packed_by_7z("-mx=0").replace(b"1,234", b"1,235", 1))


# --- folders ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "某局决算"
    (place / "附件").mkdir(parents=True)
    (place / "说明.txt").write_text("说明")
    (place / "附件" / "表10.txt").write_text("十")
    (place / "附件" / "表2.txt").write_text("二")
    (place / "Thumbs.db").write_bytes(b"x")
    return place


def test_a_folder_is_read_as_an_archive_is(folder: Path) -> None:
    (folder / "内.zip").write_bytes(zipped([("a.txt", text("甲"))]))
    (folder / "空.txt").touch()
    reading = packed.read_folder(folder)
    assert parts(reading) == ["内.zip/a.txt", "说明.txt", "附件/表2.txt", "附件/表10.txt"]
    assert reading.unread == ("空.txt: the file is empty (0 bytes)",)
    assert [page.number for page in reading.pages] == [1, 2, 3, 4]


def test_links_in_a_folder_are_not_followed(folder: Path) -> None:
    (folder / "密.txt").symlink_to("/etc/passwd")
    (folder / "环").symlink_to(folder)
    reading = packed.read_folder(folder)
    assert parts(reading) == ["说明.txt", "附件/表2.txt", "附件/表10.txt"]
    assert reading.unread == ("密.txt: a link or a device and not a file; it is not followed",)


def test_a_folder_keeps_the_limits(folder: Path) -> None:
    with pytest.raises(LimitExceeded, match="max_members"):
        packed.read_folder(folder, Limits(max_members=2))
    with pytest.raises(LimitExceeded, match="max_bytes"):
        packed.read_folder(folder, Limits(max_bytes=1))


def test_the_id_of_a_folder_is_that_of_its_documents(folder: Path) -> None:
    first = packed.folder_id(folder)
    assert len(first) == 64
    (folder / "Thumbs.db").write_bytes(b"y")
    (folder / "附件").touch()
    assert packed.folder_id(folder) == first
    (folder / "附件" / "表2.txt").write_text("贰")
    second = packed.folder_id(folder)
    assert second != first
    (folder / "附件" / "表2.txt").rename(folder / "附件" / "表3.txt")
    assert packed.folder_id(folder) != second


def test_the_command_line_extracts_from_a_folder(folder: Path) -> None:
    (folder / "说明.txt").write_text("临江县财政局2022年度部门决算\n本部门2022年度收入1.50万元。\n")
    said = [
        subprocess.run([sys.executable, "-m", "juesuan", "extract", *options, folder], capture_output=True, text=True)
        for options in ([], ["--in-process"])
    ]
    assert said[0].stdout == said[1].stdout
    assert f'"document_id":"{packed.folder_id(folder)}"' in said[0].stdout
    assert '"document":"某局决算"' in said[0].stdout


def test_a_folder_without_documents_says_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocument, match="no document in it"):
        packed.read_folder(tmp_path)
