"""Archives and folders of documents: ZIP, RAR, 7z, tar, gzip; every document in one, read by its own reader.

Belongs here: which files of an archive are documents, their order, archives in archives, and one reading of them all.
Does not belong here: opening an archive (``unpacking``), any one document (``read``), and how documents make reports.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from juesuan.final_accounts.model import LimitExceeded, Method, Page, Reading, UnreadableDocument
from juesuan.final_accounts.readers import DEFAULT, Limits, cost, sniff
from juesuan.final_accounts.readers import read as read_document
from juesuan.final_accounts.readers.unpacking import ARCHIVES, Entry, Left, load_file, open_archive, tidy
from juesuan.final_accounts.text import nfkc

FOLDER = "inode/directory"
_NESTED = "archives are packed inside of archives more than {} deep, the limit (max_nesting)"


@dataclass(frozen=True, slots=True)
class Member:
    """A document of an archive: its path there, and its bytes or why there are none."""

    path: str
    data: bytes | None
    problem: UnreadableDocument | None = None


# --- reading ----------------------------------------------------------------------------------------------------------


def read(data: bytes, limits: Limits) -> Reading:
    """All documents of an archive as one reading: their pages one after the other, numbered through.

    Each page carries the path of its document (``part``) and how it was read (``method``). What could not be read is in
    ``unread`` with its reason and does not stop the others. Raises ``UnreadableDocument`` where the archive cannot be
    opened or nothing in it can be read, ``LimitExceeded`` where it would unpack to more than is allowed.
    """
    return _reading(_members(data, _left(limits), 0), sniff(data), limits)


def read_folder(folder: Path, limits: Limits = DEFAULT) -> Reading:
    """All documents of a folder, and of the folders in it, as ``read`` reads an archive. Links are not followed."""
    return _reading(_folder_members(folder, _left(limits)), FOLDER, limits)


def members(data: bytes, limits: Limits = DEFAULT) -> Iterator[tuple[str, bytes]]:
    """The documents of an archive, and of the archives in it, by path and in order; what is no document is left out.

    Raises as ``read`` does; what cannot be unpacked is passed over (``read`` says why).
    """
    for member in _members(data, _left(limits), 0):
        if member.data is not None:
            yield member.path, member.data


def folder_members(folder: Path, limits: Limits = DEFAULT) -> Iterator[tuple[str, bytes]]:
    """The same of a folder, as ``read_folder`` reads it."""
    for member in _folder_members(folder, _left(limits)):
        if member.data is not None:
            yield member.path, member.data


def folder_id(folder: Path) -> str:
    """The document_id of a folder: sha256 over the sorted paths and sha256 of its files, those that are no documents
    left out. It changes when a document is changed, added, removed or renamed, and with nothing else."""
    lines = []
    for path, file in _files(folder):
        with suppress(OSError), file.open("rb") as opened:
            lines.append(f"{path}\t{hashlib.file_digest(opened, 'sha256').hexdigest()}\n")
    return hashlib.sha256("".join(sorted(lines)).encode("utf-8", "surrogateescape")).hexdigest()


def _left(limits: Limits) -> Left:
    return Left(limits, limits.max_unpacked_bytes, limits.max_members)


def _reading(found: Iterable[Member], media_type: str, limits: Limits) -> Reading:
    from juesuan.final_accounts.readers.html import OnlyFrames

    pages: list[Page] = []
    notes: list[str] = []
    unread: list[str] = []
    problems: list[tuple[str, UnreadableDocument]] = []
    first_with: dict[bytes, str] = {}
    methods: Counter[Method] = Counter()
    frames: list[str] = []
    cells = limits.max_cells
    for member in found:
        problem, data = member.problem, member.data
        if data is not None:
            same = first_with.setdefault(hashlib.sha256(data).digest(), member.path)
            if same != member.path:
                notes.append(f"{member.path}: the same bytes as {same}; read once")
                continue
            try:
                within = replace(limits, max_cells=cells, max_pages=limits.max_pages - len(pages))
                reading = read_document(data, limits=within)
            except OnlyFrames as what:
                frames.append(f"{member.path}: {what}")
                continue
            except UnreadableDocument as what:
                problem = what
            except MemoryError:
                raise
            except Exception as what:  # one document never stops the others; the reason is kept with it
                problem = UnreadableDocument(f"juesuan failed on it ({type(what).__name__}: {what}); this is our fault")
        if problem is not None:
            problems.append((member.path, problem))
            unread.append(f"{member.path}: {problem}")
            continue
        for page in reading.pages:
            cells -= cost(page)
            methods[page.method or reading.method] += 1
            pages.append(_moved(page, len(pages) + 1, reading.method, member.path))
        notes += [f"{member.path}: {note}" for note in reading.notes]
        unread += [f"{member.path}: {what}" for what in reading.unread]
    if not pages:
        raise _nothing(problems, frames)
    return Reading(methods.most_common(1)[0][0], media_type, tuple(pages), tuple(notes), tuple(unread))


def _moved(page: Page, number: int, method: Method, path: str) -> Page:
    blocks = tuple(replace(block, page=number) for block in page.blocks)
    part = f"{path}/{page.part}" if page.part else path
    return replace(page, number=number, blocks=blocks, method=page.method or method, part=part)


def _nothing(problems: Sequence[tuple[str, UnreadableDocument]], frames: Sequence[str]) -> UnreadableDocument:
    """Why nothing was read, with the reasons of the first few members."""
    said = [f"{path}: {problem}" for path, problem in problems] + list(frames)
    if not said:
        return UnreadableDocument("there is no document in it")
    more = f"; and {len(said) - 5} more" if len(said) > 5 else ""
    limits = all(isinstance(problem, LimitExceeded) for _, problem in problems) and bool(problems)
    return (LimitExceeded if limits else UnreadableDocument)(
        "no document in it can be read: " + "; ".join(said[:5]) + more
    )


# --- which files, in which order --------------------------------------------------------------------------------------

_JUNK = re.compile(
    r"(?:^|/)(?:__MACOSX/|\._|~\$|\.~lock\.|(?:thumbs\.db|ehthumbs\.db|desktop\.ini|\.ds_store|\.gitignore|\.gitkeep)$)"
    r"|\.(?:url|lnk|tmp|crdownload)$",
    re.I,
)
#: Folders of what a saved web page needs: beside page.htm stands page.files or page_files.
_COMPANION = re.compile(r"(.+?)(?:\.files|_files|\.fld)", re.I)
_PAGE = re.compile(r"\.(?:s?html?|xhtml|mht|mhtml|docx?|xlsx?)$", re.I)
_SHEET_LIST = re.compile(r"(?:^|/)(?:tabstrip|header|filelist)\.\w+$", re.I)

_NUMERALS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0}
_NUMBERED = re.compile(
    r"(\d+)|(?:(?<=[第件表章()])|^)([零〇一二三四五六七八九十]{1,3})(?=[、.,_)\s:章部-]|$|[^\u4e00-\u9fff])"
)


def natural(path: str) -> tuple[tuple[tuple[int, int, str], ...], ...]:
    """The key that puts paths in the order of the numbers in their names: 附件2 before 附件10, 三、 before 四、."""
    return tuple(_natural(name) for name in path.split("/"))


def _natural(name: str) -> tuple[tuple[int, int, str], ...]:
    plain = nfkc(name).lower()
    key: list[tuple[int, int, str]] = []
    at = 0
    for match in _NUMBERED.finditer(plain):
        if match.start() > at:
            key.append((1, 0, plain[at : match.start()]))
        # digits beyond what a number needs are a name
        digits = match.group(1)
        number = _numeral(match.group(2)) if digits is None else int(digits) if len(digits) < 19 else 10**19
        key.append((0, number, match.group() if number == 10**19 else ""))
        at = match.end()
    if at < len(plain):
        key.append((1, 0, plain[at:]))
    return tuple(key)


def _numeral(text: str) -> int:
    """十二 -> 12, 二十 -> 20."""
    tens, ten, ones = text.partition("十")
    if not ten:
        return int("".join(str(_NUMERALS[c]) for c in text))
    return (_NUMERALS.get(tens, 1) if tens else 1) * 10 + _NUMERALS.get(ones, 0)


def _documents(paths: Iterable[str]) -> list[str]:
    """Of these paths, those that may be documents, in their order."""
    found = sorted(dict.fromkeys(paths), key=lambda path: (natural(path), path))
    pages = {_PAGE.sub("", path) for path in found if _PAGE.search(path)}
    return [path for path in found if not _JUNK.search(path) and not _serves_a_page(path, pages)]


def _serves_a_page(path: str, pages: set[str]) -> bool:
    """Whether a file is a picture or style of a saved web page, or a list of its frames."""
    parts = path.split("/")
    for k, part in enumerate(parts[:-1]):
        match = _COMPANION.fullmatch(part)
        if match and "/".join([*parts[:k], match.group(1)]) in pages:
            return not _PAGE.search(path) or _SHEET_LIST.search(path) is not None
    return False


# --- folders ----------------------------------------------------------------------------------------------------------


def _files(folder: Path) -> list[tuple[str, Path]]:
    """Path within the folder and file of each that may be a document, in order. Links to folders are not entered."""
    found: dict[str, Path] = {}
    for place, _, names in os.walk(folder):
        for name in names:
            file = Path(place) / name
            found[file.relative_to(folder).as_posix()] = file
    return [(path, found[path]) for path in _documents(found)]


def _folder_members(folder: Path, left: Left) -> Iterator[Member]:
    files = _files(folder)
    left.take_files(len(files))
    yield from _expanded([Entry(path, load_file(file, left.limits)) for path, file in files], left, 0)


# --- archives ---------------------------------------------------------------------------------------------------------


def _members(data: bytes, left: Left, depth: int) -> Iterator[Member]:
    """The documents of an archive. Raises where it cannot be opened; what is wrong with a member is said by it."""
    with ExitStack() as held:
        entries = open_archive(data, sniff(data), left, held)
        by_path: dict[str, Entry] = {}
        for entry in entries:
            path = _unused(tidy(entry.path), by_path)
            by_path[path] = Entry(path, entry.load)
        yield from _expanded([by_path[path] for path in _documents(by_path)], left, depth)


def _expanded(entries: Iterable[Entry], left: Left, depth: int) -> Iterator[Member]:
    """Each entry as a member; an archive among them as its own members."""
    for entry in entries:
        try:
            data = entry.load()
            left.take_bytes(len(data))
            if sniff(data) not in ARCHIVES:
                yield Member(entry.path, data)
                continue
            if depth >= left.limits.max_nesting:
                raise LimitExceeded(_NESTED.format(left.limits.max_nesting))
            for inner in _members(data, left, depth + 1):
                yield replace(inner, path=f"{entry.path}/{inner.path}")
        except UnreadableDocument as problem:
            yield Member(entry.path, None, problem)


def _unused(path: str, taken: Container[str]) -> str:
    """The path, or with (2) behind its name where it is taken."""
    whole = PurePosixPath(path)
    number = 1
    while path in taken:
        number += 1
        path = str(whole.with_name(f"{whole.stem} ({number}){whole.suffix}"))
    return path
