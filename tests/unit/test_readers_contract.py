"""The one way into every reader: the content says what a document is, and what cannot be read says why."""

from __future__ import annotations

import io
import subprocess
import sys
import tarfile
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from juesuan.final_accounts.model import LimitExceeded, UnreadableDocument
from juesuan.final_accounts.readers import (
    DOC,
    DOC_XML,
    DOCX,
    ENCRYPTED,
    FORMATS,
    ODS,
    ODT,
    XLS,
    XLS_XML,
    XLSB,
    XLSX,
    Limits,
    read,
    reader_fingerprint,
    sniff,
)
from tests.fixtures.compound_writer import compound
from tests.fixtures.pdf_writer import PdfPage, pdf


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


def open_document(kind: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
    return out.getvalue()


def ole(*streams: str) -> bytes:
    return compound(dict.fromkeys(streams, b""))


SAMPLES = {
    "application/pdf": pdf([PdfPage().text(60, 700, "x")]),
    "text/plain": "部门决算\n".encode(),
    XLSX: zipped("[Content_Types].xml", "xl/workbook.xml"),
    DOCX: zipped("[Content_Types].xml", "word/document.xml"),
    "application/zip": zipped("a.pdf", "b.pdf"),
    "application/ofd": zipped("OFD.xml", "Doc_0/Document.xml"),
    "application/vnd.ms-excel": ole("Workbook"),
    "application/msword": ole("WordDocument"),
    "application/x-ole-storage": ole("Contents"),
    ENCRYPTED: ole("EncryptionInfo", "EncryptedPackage"),
    XLSB: zipped("[Content_Types].xml", "xl/workbook.bin"),
    ODS: open_document("spreadsheet"),
    ODT: open_document("text"),
    "application/vnd.oasis.opendocument": open_document("graphics"),
    XLS_XML: b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook><Table/></Workbook>',
    DOC_XML: b'<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument/>',
    "text/html": b"\xef\xbb\xbf\n<!DOCTYPE html>\n<html><body><table></table></body></html>",
    "application/xml": b'<?xml version="1.0"?><a/>',
    "text/rtf": b"{\\rtf1 text}",
    "image/png": b"\x89PNG\r\n\x1a\n" + bytes(20),
    "image/jpeg": b"\xff\xd8\xff\xe0" + bytes(20),
    "image/tiff": b"II*\x00" + bytes(20),
    "application/vnd.rar": b"Rar!\x1a\x07\x00" + bytes(20),
    "application/x-7z-compressed": b"7z\xbc\xaf\x27\x1c" + bytes(20),
    "application/gzip": b"\x1f\x8b\x08" + bytes(20),
}


@pytest.mark.parametrize("media_type", SAMPLES)
def test_the_content_says_what_a_document_is(media_type: str) -> None:
    assert sniff(SAMPLES[media_type]) == media_type


def test_what_is_packed_in_an_archive_does_not_decide_what_it_is() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("收入决算表.xlsx", zipped("[Content_Types].xml", "xl/workbook.xml"))
    assert sniff(out.getvalue()) == "application/zip"


def test_an_archive_that_holds_a_pdf_unpacked_is_no_pdf() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a.pdf", SAMPLES["application/pdf"])
    assert sniff(held.getvalue()) == "application/zip"
    rolled = io.BytesIO()
    with tarfile.open(fileobj=rolled, mode="w") as tape:
        member = tarfile.TarInfo("a.pdf")
        member.size = len(SAMPLES["application/pdf"])
        tape.addfile(member, io.BytesIO(SAMPLES["application/pdf"]))
    assert sniff(rolled.getvalue()) == "application/x-tar"
    assert sniff(b"\r\n some servers send a line before it\r\n" + SAMPLES["application/pdf"]) == "application/pdf"


@pytest.mark.parametrize("media_type", [XLSX, DOCX, XLS, DOC])
def test_a_truncated_office_document_is_still_told(media_type: str) -> None:
    bodies = {XLS: {"Workbook": b"\x09\x08\x10\x00"}, DOC: {"WordDocument": b"\xec\xa5\xc1\x00"}}
    data = compound(bodies[media_type]) if media_type in bodies else SAMPLES[media_type]
    cut = data[:-2000] if media_type in bodies else data[: len(data) // 2]
    with pytest.raises(UnreadableDocument, match="truncated or damaged"):
        read(cut)


@pytest.mark.parametrize("media_type", [m for m in SAMPLES if FORMATS[m].module is None])
def test_a_format_without_a_reader_is_named_with_what_to_do(media_type: str) -> None:
    with pytest.raises(UnreadableDocument) as caught:
        read(SAMPLES[media_type], "annual.pdf")
    message = str(caught.value)
    assert message.startswith("annual.pdf: ")
    assert FORMATS[media_type].label in message
    assert FORMATS[media_type].advice in message
    assert FORMATS[media_type].advice


@pytest.mark.parametrize("name", ["report.txt", "report.xlsx", "report", ""])
def test_a_name_decides_nothing(name: str) -> None:
    assert read(SAMPLES["application/pdf"], name).method == "pdf"


def test_an_empty_file_says_so() -> None:
    with pytest.raises(UnreadableDocument, match=r"^report\.pdf: the file is empty"):
        read(b"", "report.pdf")


def test_bytes_that_are_no_document_say_so() -> None:
    with pytest.raises(UnreadableDocument, match="not a document"):
        read(bytes(range(256)) * 4, "noise.pdf")


def test_more_bytes_than_allowed_are_refused_before_anything_is_read() -> None:
    with pytest.raises(LimitExceeded, match="max_bytes"):
        read(SAMPLES["application/pdf"], limits=Limits(max_bytes=10))


@settings(deadline=None)  # bytes that begin as an archive may start the program that unpacks it
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        reading = read(data)
    except UnreadableDocument as error:
        assert str(error)
    else:
        assert reading.pages


def test_the_fingerprint_is_stable_and_short() -> None:
    assert len(reader_fingerprint()) == 16
    assert reader_fingerprint() == reader_fingerprint()
    assert int(reader_fingerprint(), 16) >= 0


def test_only_the_reader_that_is_needed_is_imported() -> None:
    code = (
        "import sys; from juesuan.final_accounts.readers import read; read('决算'.encode());"
        "print([m for m in sys.modules if m.startswith('pypdfium2') or m.endswith('readers.pdf')])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
