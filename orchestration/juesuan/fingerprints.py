"""What a published warehouse follows from, as hashes: the answer to "is there anything to do?".

Here: hashes of the archive, the library with its forms, the code of the warehouse, the dbt project with its
seeds, and the pins. Belongs here: whatever changes the published tables when it changes. Does not belong
here: anything that starts dbt, DuckDB or Dagster; with nothing to do a refresh must end in well under a
second.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from juesuan.settings import Settings

#: Folders that programs write into; what stands in them follows from the rest.
BUILT = frozenset({"__pycache__", "target", "logs", "dbt_packages", ".ruff_cache", ".mypy_cache"})
#: Packages whose version may change a table.
PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "lxml", "pyarrow", "pypdfium2", "python-calamine", "rapidocr")
#: Modules of the warehouse that decide what stands in it; the others show or schedule.
WAREHOUSE_CODE = (
    "landing.py",
    "loading.py",
    "publish.py",
    "raw_schema.py",
    "sources.py",
    "transform.py",
    "warehouse.py",
)


def files_below(folder: Path) -> list[Path]:
    """Every file below ``folder`` that a person wrote, sorted; hidden and built ones left out."""
    if not folder.is_dir():
        return []
    return sorted(
        path
        for path in folder.rglob("*")
        if path.is_file()
        and not any(part in BUILT or part.startswith(".") for part in path.relative_to(folder).parts)
        and path.suffix != ".pyc"
    )


def hash_files(root: Path, files: Iterable[Path]) -> str:
    """One hash over the names (relative to ``root``) and contents of ``files``."""
    whole = hashlib.sha256()
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        whole.update(f"{path.relative_to(root).as_posix()}\0{content}\n".encode())
    return whole.hexdigest()


def library_fingerprint() -> str:
    """Hash of the library: its code and its forms."""
    folder = Path(__file__).parent / "final_accounts"
    return hash_files(folder, files_below(folder))


def _pins(settings: Settings) -> str:
    versions: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = None
    lock = settings.home / "orchestration" / "requirements.lock"
    versions["lock"] = hash_files(lock.parent, [lock]) if lock.exists() else None
    return hashlib.sha256(json.dumps(versions, sort_keys=True).encode()).hexdigest()


def parts(settings: Settings, archive_fingerprint: str) -> dict[str, str]:
    """The parts by name: archive, library, warehouse, dbt_project, pins.

    ``archive_fingerprint`` is that of the archive (manifests, registry, decisions and documents).
    """
    here = Path(__file__).parent
    return {
        "archive": archive_fingerprint,
        "library": library_fingerprint(),
        "warehouse": hash_files(here, [here / name for name in WAREHOUSE_CODE if (here / name).exists()]),
        "dbt_project": hash_files(settings.dbt_project, files_below(settings.dbt_project)),
        "pins": _pins(settings),
    }


def fingerprint(of: Mapping[str, str]) -> str:
    """One hash over the parts."""
    return hashlib.sha256(json.dumps(dict(of), sort_keys=True).encode()).hexdigest()


def models_fingerprint(of: Mapping[str, str]) -> str:
    """Hash of what dirties every model at once: the dbt project, the library (some of its lists are
    seeds), pins.
    """
    return fingerprint({name: of[name] for name in ("dbt_project", "library", "pins", "warehouse")})
