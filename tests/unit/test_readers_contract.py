"""The one way into every reader: the content says what a document is, and what cannot be read says why."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from juesuan.final_accounts.model import LimitExceeded, UnreadableDocument
from juesuan.final_accounts.readers import DOCX, FORMATS, XLSX, Limits, read, reader_fingerprint, sniff
from tests.fixtures.pdf_writer import PdfPage, pdf


def zipped(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


def ole(stream: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(100)


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
