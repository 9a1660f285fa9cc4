"""Documents that LibreOffice opens for us: what comes out, and that it is held however it behaves."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import docx as python_docx
import pytest

from juesuan.final_accounts.model import Grid, LimitExceeded, Reading, TextLine, UnreadableDocument
from juesuan.final_accounts.readers import DOC, DOC_XML, ODS, ODT, XLS, XLS_XML, Limits, converted, read, sniff
from juesuan.final_accounts.readers.compound import CompoundFile
from juesuan.final_accounts.readers.worker import run_bounded
from tests.fixtures.compound_writer import compound
from tests.unit.test_readers_excel import FINAL_ACCOUNTS, MERGED, xls

needs_libreoffice = pytest.mark.program("soffice", "libreoffice")

RTF = (
    rb"{\rtf1\ansi\ansicpg936\deff0 {\fonttbl{\f0\fnil\fcharset134 SimSun;}}\f0 "
    + b"".join(rb"\'%02x" % byte for byte in "收入决算表".encode("gbk"))
    + rb"\par\trowd\cellx2000\cellx4000\intbl 1\cell 3,469.08\cell\row\pard end\par}"
)

SPREADSHEET_2003 = """<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Styles><Style ss:ID="m"><NumberFormat ss:Format="#,##0.00"/></Style></Styles>
<Worksheet ss:Name="决算"><Table><Row><Cell ss:MergeAcross="1"><Data ss:Type="String">收入决算表</Data></Cell></Row>
<Row><Cell><Data ss:Type="String">合计</Data></Cell>
<Cell ss:StyleID="m"><Data ss:Type="Number">3469.08</Data></Cell></Row>
</Table></Worksheet></Workbook>""".encode()


def order(reading: Reading) -> list[object]:
    return [
        block.text if isinstance(block, TextLine) else [cell.text for cell in block.cells]
        for page in reading.pages
        for block in page.blocks
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """One document with a table, as LibreOffice writes it in the formats that it also reads."""
    folder = tmp_path_factory.mktemp("made")
    book = python_docx.Document()
    book.add_paragraph("第二部分 2023年度部门决算表")
    table = book.add_table(rows=2, cols=3)
    table.cell(0, 0).merge(table.cell(0, 2)).text = "收入支出决算总表"
    table.cell(1, 0).text, table.cell(1, 2).text = "合计", "3,469.08"
    book.add_paragraph("第三部分 情况说明")
    book.save(str(folder / "a.docx"))
    (folder / "a.xls").write_bytes(xls(FINAL_ACCOUNTS, MERGED))
    office = [str(converted.libreoffice()), f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    for source, target in (("a.docx", "doc"), ("a.docx", "odt"), ("a.docx", "xml:MS Word 2003 XML"), ("a.xls", "ods")):
        command = [*office, "--convert-to", target, "--outdir", str(folder), str(folder / source)]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {ending: (folder / f"a.{ending}").read_bytes() for ending in ("doc", "odt", "xml", "ods")}


@needs_libreoffice
@pytest.mark.parametrize(("ending", "media_type"), [("doc", DOC), ("odt", ODT), ("xml", DOC_XML)])
def test_texts_of_every_kind_give_lines_and_grids(made: dict[str, bytes], ending: str, media_type: str) -> None:
    reading = read(made[ending], "annual.pdf")
    assert (reading.method, reading.media_type) == ("office", media_type)
    first, grid, last = (block for page in reading.pages for block in page.blocks)
    assert isinstance(first, TextLine) and first.text == "第二部分 2023年度部门决算表"
    assert isinstance(last, TextLine) and last.text == "第三部分 情况说明"
    assert isinstance(grid, Grid)
    assert [(c.row, c.col, c.col_span, c.text) for c in grid.cells] == [
        (0, 0, 3, "收入支出决算总表"),
        (1, 0, 1, "合计"),
        (1, 1, 1, ""),
        (1, 2, 1, "3,469.08"),
    ]


@needs_libreoffice
def test_rich_text_in_gbk_is_read() -> None:
    reading = read(RTF)
    assert reading.media_type == "text/rtf"
    assert order(reading) == ["收入决算表", ["1", "3,469.08"], "end"]


@needs_libreoffice
def test_an_opendocument_spreadsheet_shows_and_stores_what_the_workbook_did(made: dict[str, bytes]) -> None:
    reading = read(made["ods"])
    assert reading.media_type == ODS
    was = read(xls(FINAL_ACCOUNTS, MERGED))
    (grid,), (other,) = reading.pages[0].blocks, was.pages[0].blocks
    assert isinstance(grid, Grid) and isinstance(other, Grid)
    assert [(c.row, c.col, c.row_span, c.col_span, c.text) for c in grid.cells] == [
        (c.row, c.col, c.row_span, c.col_span, c.text) for c in other.cells
    ]
    assert [c.number for c in grid.cells if c.text == "3,469.08"] == [Decimal("3469.08")]


@needs_libreoffice
def test_the_xml_of_excel_2003_is_a_workbook() -> None:
    assert sniff(SPREADSHEET_2003) == XLS_XML
    reading = read(SPREADSHEET_2003)
    assert reading.media_type == XLS_XML
    assert order(reading) == [["收入决算表", "合计", "3,469.08"]]


# --- passwords -------------------------------------------------------------------------------------------------------


def _rc4(key: bytes) -> Iterator[int]:
    box = list(range(256))
    j = 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    i = j = 0
    while True:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        yield box[(box[i] + box[j]) % 256]


def encrypted(workbook: bytes, password: str) -> bytes:
    """The workbook encrypted as Excel 97 does it ([MS-XLS] 2.2.10): bodies of records, with RC4, block by block."""
    stream = CompoundFile(workbook).read("Workbook")
    salt, verifier = bytes(range(16)), bytes(range(100, 116))
    short = hashlib.md5(password.encode("utf-16-le")).digest()[:5]
    base = hashlib.md5((short + salt) * 16).digest()[:5]

    def keystream(block: int) -> Iterator[int]:
        return _rc4(hashlib.md5(base + struct.pack("<I", block)).digest())

    first = keystream(0)
    proof = bytes(byte ^ next(first) for byte in verifier + hashlib.md5(verifier).digest())
    lock = struct.pack("<HHHHH", 0x2F, 54, 1, 1, 1) + salt + proof
    head = 4 + struct.unpack_from("<H", stream, 2)[0]
    out = bytearray(stream[:head] + lock + stream[head:])
    keys = [next(stream) for n in range(len(out) // 1024 + 1) for stream in [keystream(n)] for _ in range(1024)]
    at = 0
    while at + 4 <= len(out):
        kind, size = struct.unpack_from("<HH", out, at)
        start = at + 4
        if kind == 0x85:  # where a sheet begins is not encrypted
            struct.pack_into("<I", out, start, struct.unpack_from("<I", out, start)[0] + len(lock))
            start += 4
        if kind not in (0x809, 0x2F, 0xE1):
            for k in range(start, at + 4 + size):
                out[k] ^= keys[k]
        at += 4 + size
    return compound({"Workbook": bytes(out)})


@needs_libreoffice
def test_a_workbook_whose_structure_is_protected_opens_for_anybody() -> None:
    data = encrypted(xls(FINAL_ACCOUNTS, MERGED), "VelvetSweatshop")
    reading = read(data)
    assert reading.media_type == XLS
    (grid,) = reading.pages[0].blocks
    assert isinstance(grid, Grid)
    assert ("3,469.08", Decimal("3469.08")) in [(cell.text, cell.number) for cell in grid.cells]


@needs_libreoffice
def test_a_workbook_with_a_password_of_its_own_says_what_to_do() -> None:
    with pytest.raises(UnreadableDocument, match="the workbook is encrypted: open it with its password"):
        read(encrypted(xls(FINAL_ACCOUNTS, MERGED), "another"))


def test_documents_with_a_password_are_told_without_libreoffice() -> None:
    locked = compound({"WordDocument": b"\xec\xa5\xc1\x00" + bytes(7) + b"\x01" + bytes(500)})
    assert sniff(locked) == DOC
    with pytest.raises(UnreadableDocument, match="with a password: open it with the password"):
        read(locked)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", ODT)
        archive.writestr("META-INF/manifest.xml", "<m><manifest:encryption-data/></m>")
    assert sniff(out.getvalue()) == ODT
    with pytest.raises(UnreadableDocument, match="with a password: open it with the password"):
        read(out.getvalue())


# --- holding it ------------------------------------------------------------------------------------------------------


def test_without_libreoffice_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(
        UnreadableDocument,
        match=r"^a\.doc: RTF document: LibreOffice is needed to read it and is not installed; install libreoffice, or"
        r" save it as \.docx and add that$",
    ):
        read(RTF, "a.doc")
    with pytest.raises(UnreadableDocument, match="the workbook is encrypted"):
        read(encrypted(xls(FINAL_ACCOUNTS), "VelvetSweatshop"))


@needs_libreoffice
def test_damaged_documents_are_refused(made: dict[str, bytes]) -> None:
    for data in (made["doc"][: len(made["doc"]) // 2], made["odt"][:2000], RTF[:9]):
        with pytest.raises(UnreadableDocument, match=r"truncated|download it again|holds no text"):
            read(data)


def processes(mark: str) -> dict[int, str]:
    """The running processes whose command line or folder has this mark -> their command lines, as of one look."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().decode("utf-8", "replace")
                folder = str((entry / "cwd").readlink())
            except OSError:
                continue
            if mark in command or mark in folder:
                found[int(entry.name)] = command
    return found


def gone(mark: str) -> bool:
    deadline = time.monotonic() + 20
    while processes(mark):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


@needs_libreoffice
def test_what_takes_too_long_is_killed_with_all_it_started(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(LimitExceeded, match=r"LibreOffice was not done with it after 0\.3 seconds"):
        read(RTF, limits=Limits(seconds=0.3))
    assert gone(str(tmp_path))
    assert not list(tmp_path.iterdir())


@needs_libreoffice
def test_it_ends_when_its_reader_is_killed(tmp_path: Path) -> None:
    source = tmp_path / "a.rtf"
    source.write_bytes(RTF)
    code = (
        "import sys, tempfile; from pathlib import Path; from juesuan.final_accounts.readers import read;"
        "tempfile.tempdir = sys.argv[2]; read(Path(sys.argv[1]).read_bytes())"
    )
    reader = subprocess.Popen([sys.executable, "-c", code, str(source), str(tmp_path)], start_new_session=True)
    deadline = time.monotonic() + 60
    while not any("oosplash" in command for command in processes(str(tmp_path / "juesuan")).values()):
        assert reader.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(reader.pid, signal.SIGKILL)
    reader.wait()
    assert gone(str(tmp_path / "juesuan"))


@needs_libreoffice
def test_it_works_within_the_memory_of_a_worker_and_beside_another() -> None:
    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(run_bounded, "juesuan.final_accounts.readers:read", data) for data in (RTF, SPREADSHEET_2003)
        ]
        assert [order(call.result()) for call in calls] == [
            ["收入决算表", ["1", "3,469.08"], "end"],
            [["收入决算表", "合计", "3,469.08"]],
        ]


@needs_libreoffice
def test_nothing_outside_is_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converted, "_without_network", tuple)  # even where the system cannot take the network away
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        out = io.BytesIO()
        names = (
            'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
            ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2"'
            ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"'
        )
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("mimetype", ODT)
            archive.writestr(
                "content.xml",
                f"<office:document-content {names}><office:body><office:text><text:p>甲<draw:frame>"
                f'<draw:image xlink:href="{address}" xlink:type="simple"/></draw:frame></text:p>'
                f'<text:section text:name="s"><text:section-source xlink:href="{address}"/><text:p>乙</text:p>'
                "</text:section></office:text></office:body></office:document-content>",
            )
            archive.writestr(
                "META-INF/manifest.xml",
                '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
                f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODT}"/>'
                '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
                "</manifest:manifest>",
            )
        assert order(read(out.getvalue())) == ["甲", "乙"]
        with pytest.raises(TimeoutError):
            server.accept()
