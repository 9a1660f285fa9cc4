"""Readers: the bytes of a document in, pages of grids and text lines with addresses out, and no meaning.

Belongs here: the one contract (``read``), the table of formats, how the type of a document is told from its content,
the limits a document has to keep. Does not belong here: any one format (a file each, imported only when needed) and
anything about what a table or a sentence means.

A later format is one more file with a ``read(data, limits) -> Reading`` and its row in ``FORMATS``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import cast

from juesuan.final_accounts.model import Grid, LimitExceeded, Page, Reading, UnreadableDocument


@dataclass(frozen=True, slots=True)
class Limits:
    """What one document may cost: the one place where every limit stands.

    | limit | holds for |
    | --- | --- |
    | ``max_bytes`` | the bytes of the file |
    | ``max_unpacked_bytes``, ``max_ratio``, ``max_members`` | what an archive (or a file that is one, as .xlsx and
      .docx are) unpacks to in all, how many times its packed size a member of more than a megabyte may be, how many
      members it may have; archives inside of archives count in |
    | ``max_nesting`` | archives inside of archives |
    | ``max_pages`` | pages of a PDF or picture, sheets of a workbook, files of an archive |
    | ``max_cells`` | cells of all tables together, and lines and cells of one page |
    | ``max_depth`` | elements inside of elements of a web page |
    | ``max_pixels`` | one picture, or one page as rendered |
    | ``seconds`` | CPU time; a worker that waits for its share of the machine gets four times as much on the clock |
    | ``seconds_per_scan`` | CPU time more for each page that is a picture |
    | ``memory_mb`` | address space of the worker |
    """

    max_bytes: int = 200_000_000
    max_unpacked_bytes: int = 1_000_000_000
    max_ratio: int = 200
    max_members: int = 2000
    max_nesting: int = 2
    max_pages: int = 3000
    max_cells: int = 2_000_000
    max_depth: int = 10_000
    max_pixels: int = 60_000_000
    memory_mb: int = 2048
    seconds: float = 120.0
    seconds_per_scan: float = 60.0


DEFAULT = Limits()

#: Programs that open what no library here does: old Word documents, RAR and 7z archives.
PROGRAMS = ("soffice", "libreoffice", "bsdtar", "unar", "unrar", "7zz", "7z", "7za")

_OFFICE = "application/vnd.openxmlformats-officedocument."
XLSX = _OFFICE + "spreadsheetml.sheet"
DOCX = _OFFICE + "wordprocessingml.document"
XLS = "application/vnd.ms-excel"
DOC = "application/msword"
XLSB = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
ODT = "application/vnd.oasis.opendocument.text"
XLS_XML, DOC_XML = XLS + "+xml", DOC + "+xml"  # what Office 2003 calls XML
ENCRYPTED = "application/x-ole-encrypted"
MHTML = "multipart/related"
UNKNOWN = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Format:
    """One row of the table of formats: what people call it, which module reads it, or what to do where none does."""

    label: str
    module: str | None = None
    advice: str = ""


#: Media type -> format. ``module`` is a file beside this one with ``read(data, limits) -> Reading``.
FORMATS: dict[str, Format] = {
    "application/pdf": Format("PDF", "pdf"),
    "text/plain": Format("plain text", "plain"),
    XLSX: Format("Excel workbook (.xlsx)", "excel"),
    XLS: Format("Excel workbook of the old kind (.xls)", "excel"),
    XLSB: Format("Excel binary workbook (.xlsb)", "converted", "save it as .xlsx and add that"),
    XLS_XML: Format("Excel workbook in XML of 2003", "converted", "save it as .xlsx and add that"),
    DOCX: Format("Word document (.docx)", "word"),
    DOC: Format("Word document of the old kind (.doc)", "converted", "save it as .docx and add that"),
    DOC_XML: Format("Word document in XML of 2003", "converted", "save it as .docx and add that"),
    ODS: Format("OpenDocument spreadsheet (.ods)", "converted", "save it as .xlsx and add that"),
    ODT: Format("OpenDocument text (.odt)", "converted", "save it as .docx and add that"),
    ENCRYPTED: Format("Office document with a password", None, "save it without its password and add that"),
    "application/x-ole-storage": Format(
        "Office document of the old kind, neither Word nor Excel",
        None,
        "it may be truncated: download it again, or print it to PDF and add that",
    ),
    "application/vnd.oasis.opendocument": Format("OpenDocument file", None, "print it to PDF and add that"),
    "application/ofd": Format("OFD document", None, "convert it to PDF and add that"),
    "text/html": Format("web page (HTML)", "html"),
    MHTML: Format("web page in one file (MHTML)", "mhtml"),
    "text/rtf": Format("RTF document", "converted", "save it as .docx and add that"),
    "application/xml": Format("XML file", None, "add the document it was made from"),
    "image/png": Format("picture (PNG)", "image"),
    "image/jpeg": Format("picture (JPEG)", "image"),
    "image/tiff": Format("picture (TIFF)", "image"),
    "image/gif": Format("picture (GIF)", "image"),
    "image/bmp": Format("picture (BMP)", "image"),
    "image/webp": Format("picture (WebP)", "image"),
    "application/zip": Format("ZIP archive", "packed"),
    "application/vnd.rar": Format("RAR archive", "packed"),
    "application/x-7z-compressed": Format("7z archive", "packed"),
    "application/gzip": Format("gzip file", "packed"),
    "application/x-tar": Format("tar archive", "packed"),
}

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"GIF8", "image/gif"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x1f\x8b", "application/gzip"),
    (b"{\\rtf", "text/rtf"),
)

# What stands near the head of a page that a browser would show as HTML.
_HTML_MARKS = (
    b"<!doctype html",
    b"<html",
    b"<head",
    b"<body",
    b"<table",
    b"<div",
    b"<meta",
    b"<p>",
    b"<span",
    b"<script",
)


# A web page in one file is a mail: header lines, among them these two.
_MAIL_HEAD = re.compile(rb"[a-z][a-z-]*:")
_MAIL_KIND = re.compile(rb"\ncontent-type:\s*(?:multipart/|text/html)")


def sniff(data: bytes) -> str:
    """The media type by content alone; a key of ``FORMATS``, or ``application/octet-stream`` where nothing fits.

    Never looks at a name: a PDF called .txt is a PDF.
    """
    head = data[:1024]
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return media_type
    if head.startswith(b"BM") and len(data) > 54 and int.from_bytes(data[2:6], "little") == len(data):
        return "image/bmp"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _sniff_zip(data)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return _sniff_ole(data)
    if data[257:262] == b"ustar":
        return "application/x-tar"
    if b"%PDF-" in head:  # something may stand before it; an archive may hold one that is not packed
        return "application/pdf"
    low = data[:8192].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if low.startswith((b"\xff\xfe", b"\xfe\xff")):
        low = low[2:].replace(b"\x00", b"").lstrip()  # UTF-16: the bytes of its ASCII
    if low.startswith(b"<?xml") and b"<html" not in low:  # <Table> is there, too
        if b'progid="excel.sheet"' in low or b"schemas-microsoft-com:office:spreadsheet" in low:
            return XLS_XML
        if b'progid="word.document"' in low:
            return DOC_XML
    if low.startswith(b"<") and any(mark in low for mark in _HTML_MARKS):
        return "text/html"
    if _MAIL_HEAD.match(low) and b"\nmime-version:" in b"\n" + low and _MAIL_KIND.search(low):
        return MHTML
    if low.startswith(b"<?xml"):
        return "application/xml"
    if b"</td>" in low or b"</p>" in low:
        return "text/html"  # a piece of a page that begins with its text
    from juesuan.final_accounts.readers.plain import looks_like_text

    return "text/plain" if looks_like_text(data) else UNKNOWN


def _sniff_zip(data: bytes) -> str:
    from juesuan.final_accounts.readers.zipped import member_names

    kinds = (
        ("xl/workbook.bin", XLSB),
        ("xl/workbook", XLSX),
        ("word/document", DOCX),
        ("ofd.xml", "application/ofd"),
    )
    names = [name.replace("\\", "/").lstrip("/").lower() for name in member_names(data)]
    for start, media_type in kinds:
        if any(name.startswith(start) for name in names) and (start == "ofd.xml" or "[content_types].xml" in names):
            return media_type
    head = data[:512]
    for media_type in (ODS, ODT, "application/vnd.oasis.opendocument"):
        if b"mimetype" + media_type.encode() in head:
            return media_type
    if not names:  # cut off before its directory; the names also stand before each member
        for folder, media_type in ((b"xl/", XLSX), (b"word/", DOCX)):
            if re.search(rb"PK\x03\x04.{26}" + folder, data, re.DOTALL):
                return media_type
    return "application/zip"


def _sniff_ole(data: bytes) -> str:
    from juesuan.final_accounts.readers.compound import CompoundFile

    kinds = (
        ("EncryptedPackage", ENCRYPTED),
        ("Workbook", XLS),
        ("Book", XLS),
        ("WordDocument", DOC),
    )
    try:
        streams = CompoundFile(data).streams
    except UnreadableDocument:  # damaged, which its reader says: names of streams are UTF-16
        if data[512:514] == b"\xec\xa5":  # the head of a Word document, which stands first
            return DOC
        if data[512:516] in (b"\x09\x08\x10\x00", b"\x09\x08\x08\x00"):  # that of a workbook
            return XLS
        return next((kind for name, kind in kinds if name.encode("utf-16-le") in data), "application/x-ole-storage")
    return next((kind for name, kind in kinds if name in streams), "application/x-ole-storage")


def read(data: bytes, name: str = "", limits: Limits = DEFAULT) -> Reading:
    """Read one document of any format that has a reader, told by content.

    ``name`` is used in messages only. Raises ``UnreadableDocument`` (empty, truncated, encrypted, scanned, of a kind
    without a reader) and ``LimitExceeded`` (too many bytes or pages); the message names the file where it is known.
    """
    try:
        if not data:
            raise UnreadableDocument("the file is empty (0 bytes)")
        if len(data) > limits.max_bytes:
            raise LimitExceeded(f"the file has {len(data):,} bytes; the limit is {limits.max_bytes:,} (max_bytes)")
        media_type = sniff(data)
        known = FORMATS.get(media_type)
        if known is None:
            raise UnreadableDocument(
                f"not a document: {len(data):,} bytes that are neither text nor a known format; download it again"
            )
        if known.module is None:
            raise UnreadableDocument(f"{known.label}: there is no reader for this format; {known.advice}")
        module = import_module(f"{__name__}.{known.module}")
        return cast(Reading, module.read(data, limits))
    except UnreadableDocument as error:
        if not name:
            raise
        raise type(error)(f"{name}: {error}") from error


def cost(page: Page) -> int:
    """Lines and cells of a page: what ``max_cells`` counts."""
    return sum(len(block.cells) if isinstance(block, Grid) else 1 for block in page.blocks)


@cache
def environment() -> str:
    """What reading stands on on this machine: versions of libraries, and which programs are there to help."""
    from importlib.metadata import version

    from juesuan.final_accounts.readers import ocr

    # a reading without recognition is no reading with it, nor is an archive without a program that opens it
    said = [f"{name} {version(name)}" for name in ("pypdfium2", "python-calamine", "lxml")]
    return " ".join([*said, ocr.versions(), *(name for name in PROGRAMS if shutil.which(name))])


@cache
def reader_fingerprint() -> str:
    """A hash of the readers' code and of what they stand on: the key under which readings are cached.

    16 hex digits; the same for every format, since a changed reader is rare and a stale reading is worse.
    """
    digest = hashlib.sha256(environment().encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    digest.update((Path(__file__).parent.parent / "model.py").read_bytes())
    return digest.hexdigest()[:16]
