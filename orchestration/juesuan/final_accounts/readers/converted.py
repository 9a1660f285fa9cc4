"""Documents that LibreOffice turns into .docx or .xlsx first: .doc, .rtf, .odt, .ods, .xlsb, the XML of Office 2003.

Belongs here: running LibreOffice on one document so that it can neither hang, fill the machine, reach the network nor
run a macro. Does not belong here: reading what comes out (``word``, ``excel``).

What holds it:

| what | how |
| --- | --- |
| time | killed after ``limits.seconds`` on the clock, before a worker would be |
| memory | the address space it may have is set for it alone, twice that of a worker: it starts within 2 GB, and the limit that a worker has must hold for what the worker does itself |
| its own end | a guard in its process group kills the group as soon as the reader is gone, however it ended |
| network | a network namespace without interfaces where the system grants one; no links updated, no linked pictures loaded, and a proxy that is not there |
| macros | switched off in the profile |
| others | a profile and a folder of its own, so that two workers never meet |
"""  # noqa: E501 - a table

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from juesuan.final_accounts.model import LimitExceeded, Reading, UnreadableDocument
from juesuan.final_accounts.readers import DOC, DOC_XML, FORMATS, ODS, ODT, XLS, XLS_XML, XLSB, Limits, sniff
from juesuan.final_accounts.readers.compound import CompoundFile
from juesuan.final_accounts.readers.zipped import check_sizes, open_zip, read_member

_DAMAGED = "truncated or damaged; download it again"
_RTF = "text/rtf"
#: What some programs leave behind the end of an RTF document.
_FILLING = b"\0\r\n\t \x1a"


@dataclass(frozen=True, slots=True)
class _Way:
    """How LibreOffice takes a document: the ending of its name, its filter, and whether it is a text or a workbook."""

    ending: str
    filter: str | None
    workbook: bool


_WAYS = {
    DOC: _Way("doc", None, False),
    _RTF: _Way("rtf", "Rich Text Format", False),
    ODT: _Way("odt", "writer8", False),
    DOC_XML: _Way("xml", "MS Word 2003 XML", False),
    ODS: _Way("ods", "calc8", True),
    XLSB: _Way("xlsb", "Calc MS Excel 2007 Binary", True),
    XLS: _Way("xls", "MS Excel 97", True),
    XLS_XML: _Way("xml", "MS Excel 2003 XML Orcus", True),
}

# In the profile: no macros, no links, no pictures from elsewhere, formulas as stored; Chinese unless a file says.
_SETTINGS = (
    ("Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Calc/Content/Update", "Link", "2"),
    ("Writer/Content/Update", "Link", "2"),
    ("Calc/Formula/Load", "OOXMLRecalcMode", "1"),
    ("Calc/Formula/Load", "ODFRecalcMode", "1"),
)
_PROFILE = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
    + "".join(
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SETTINGS
    )
    + '<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">'
    "<value>zh-CN</value></prop></item>"
    '<item oor:path="/org.openoffice.Inet/Settings"><prop oor:name="ooInetProxyType" oor:op="fuse"><value>2</value>'
    '</prop><prop oor:name="ooInetHTTPProxyName" oor:op="fuse"><value>127.0.0.1</value></prop>'
    '<prop oor:name="ooInetHTTPProxyPort" oor:op="fuse"><value>9</value></prop></item>'
    "</oor:items>"
)

# $1 is the address space in kilobytes, $2 the seconds of CPU time; what follows is run. The guard ends the group when
# the other end of its input is closed, which the kernel does for a reader that was killed.
_GUARDED = """
ulimit -S -v "$1" 2>/dev/null; ulimit -S -t "$2" 2>/dev/null; ulimit -S -c 0 2>/dev/null; shift 2
exec 3<&0
"$@" </dev/null 3<&- &
running=$!
{ cat <&3 >/dev/null; kill -KILL 0; } &
wait "$running"
"""


def libreoffice() -> str | None:
    """The command of LibreOffice; None where it is not installed."""
    return shutil.which("soffice") or shutil.which("libreoffice")


def read(data: bytes, limits: Limits) -> Reading:
    """The document as LibreOffice gives it as .docx or .xlsx, read by their readers; ``media_type`` is the original's.

    Raises ``UnreadableDocument`` (LibreOffice is missing or cannot open it, damaged, with a password) and
    ``LimitExceeded``.
    """
    media_type = sniff(data)
    way = _WAYS[media_type]
    _look_inside(data, media_type, limits)
    converted = _convert(data, media_type, way, limits)
    if way.workbook:
        from juesuan.final_accounts.readers import excel

        reading = excel.read(converted, limits)
    else:
        from juesuan.final_accounts.readers import word

        reading = word.read(converted, limits)
    return replace(reading, media_type=media_type)


def unlocked(data: bytes, limits: Limits) -> Reading:
    """An .xls workbook that is encrypted, read where its password is the one that Excel itself sets.

    Excel encrypts a workbook whose structure is protected with a password that everybody knows (VelvetSweatshop), so
    that it opens for anybody; LibreOffice tries it. Raises as ``read`` does; ``UnreadableDocument`` says what to do
    where the password is another.
    """
    try:
        return read(data, limits)
    except LimitExceeded:
        raise
    except UnreadableDocument as error:
        raise UnreadableDocument(
            "the workbook is encrypted: open it with its password, save it without one, and add that"
        ) from error


def _look_inside(data: bytes, media_type: str, limits: Limits) -> None:
    """What can be said without LibreOffice: passwords, sizes."""
    locked = f"{FORMATS[media_type].label} with a password: open it with the password, save it without, and add that"
    if media_type == DOC:
        head = CompoundFile(data).read("WordDocument")[:12]
        if len(head) < 12:
            raise UnreadableDocument(f"the file is {_DAMAGED}")
        if head[11] & 1:  # fEncrypted of the file information block, [MS-DOC] 2.5.2
            raise UnreadableDocument(locked)
    elif data.startswith(b"PK"):
        archive = open_zip(data, limits)
        check_sizes(data, archive)
        manifest = "META-INF/manifest.xml"
        if manifest in archive.namelist() and b"encryption-data" in read_member(archive, manifest):
            raise UnreadableDocument(locked)
    elif media_type == _RTF and not data.rstrip(_FILLING).endswith(b"}"):
        raise UnreadableDocument("truncated: the RTF document has no end; download it again")


def _convert(data: bytes, media_type: str, way: _Way, limits: Limits) -> bytes:
    command = libreoffice()
    target = "xlsx" if way.workbook else "docx"
    label = FORMATS[media_type].label
    if command is None:
        raise UnreadableDocument(
            f"{label}: LibreOffice is needed to read it and is not installed; install libreoffice, or save it as"
            f" .{target} and add that"
        )
    with tempfile.TemporaryDirectory(prefix="juesuan-office-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source = folder / f"document.{way.ending}"
        source.write_bytes(data)
        user = folder / "profile" / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(_PROFILE, encoding="utf-8")
        out = folder / "out"
        out.mkdir()
        written = "Calc MS Excel 2007 XML" if way.workbook else "MS Word 2007 XML"
        office = [
            command,
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard"),
            *(["--infilter=" + way.filter] if way.filter else []),
            *("--convert-to", f"{target}:{written}", "--outdir", str(out), str(source)),
        ]
        said = _run(office, folder, limits, label)
        made = out / f"document.{target}"
        if not made.is_file() or not made.stat().st_size:
            raise UnreadableDocument(f"{label}: LibreOffice cannot open it ({said}): {_DAMAGED}")
        if made.stat().st_size > limits.max_unpacked_bytes:
            raise LimitExceeded(f"{label}: it becomes {made.stat().st_size:,} bytes (max_unpacked_bytes)")
        return made.read_bytes()


def _run(office: list[str], folder: Path, limits: Limits, label: str) -> str:
    """Run it within bounds; the last thing that it said. Raises ``LimitExceeded`` where it takes too long."""
    log = folder / "said.txt"
    bounds = [str(2 * limits.memory_mb * 1024), str(int(limits.seconds) + 1)]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LC_ALL": "C.UTF-8",
        "SAL_USE_VCLPLUGIN": "svp",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", _GUARDED, "sh", *bounds, *_without_network(), *office],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        try:
            process.wait(timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            raise LimitExceeded(
                f"{label}: LibreOffice was not done with it after {limits.seconds:g} seconds (seconds)"
            ) from None
        finally:
            with suppress(OSError):  # the group may be gone
                os.killpg(process.pid, signal.SIGKILL)
            if process.stdin is not None:
                process.stdin.close()
            process.wait()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line for line in reversed(lines) if line.strip() and "javaldx" not in line), "it says nothing")[:200]


@cache
def _without_network() -> tuple[str, ...]:
    """What to put before a command so that it has no network; nothing where the system does not let us."""
    tool = shutil.which("unshare")
    if tool is None:
        return ()
    prefix = (tool, "--map-root-user", "--net")
    try:
        done = subprocess.run([*prefix, "true"], capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return prefix if done.returncode == 0 else ()
