"""LibreOffice as a converter: .docx to .doc, workbooks calculated and saved again.

Belongs here: one call for many files, since starting it costs more than the work. Does not belong here: what is
in them.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

SOFFICE = shutil.which("soffice")


def convert(documents: Sequence[bytes], source: str, target: str) -> list[bytes]:
    """Many documents of one kind to another, in order. Raises ``FileNotFoundError`` where LibreOffice is missing."""
    if SOFFICE is None:
        raise FileNotFoundError("soffice (LibreOffice)")
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        paths = []
        for n, data in enumerate(documents):
            path = home / f"{n:03d}.{source}"
            path.write_bytes(data)
            paths.append(str(path))
        out = home / "out"
        subprocess.run(
            [
                SOFFICE,
                "--headless",
                f"-env:UserInstallation=file://{home}/profile",
                "--convert-to",
                target,
                "--outdir",
                str(out),
                *paths,
            ],
            capture_output=True,
            check=True,
            timeout=300,
        )
        suffix = target.split(":")[0]
        return [(out / f"{n:03d}.{suffix}").read_bytes() for n in range(len(documents))]
