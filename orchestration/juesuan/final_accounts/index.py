"""What was hashed before, so that a refresh compares size and stamp instead of hashing again.

Belongs here: the cache of hashes of an archive. Does not belong here: what a hash is compared with. Losing the index
costs time, never truth.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from juesuan.final_accounts.store import Entry, Store

INDEX = "index.json"
#: The hash over everything as it was last taken, beside a hash of sizes and stamps: as long as those are the same, so
#: is the other, and the index, which grows with the archive, need not even be opened.
WHOLE = ".whole.json"
#: Within this time another change may leave the same stamp (the clock's grain), so nothing is remembered yet.
_GRAIN_NS = 2_000_000_000


@dataclass
class Index:
    """What was hashed before: path -> (size, stamp, sha256). Losing it costs time, never truth."""

    store: Store
    _known: dict[str, tuple[int, str, str]] | None = field(default=None)
    _dirty: bool = False

    def sha256(self, path: str) -> str:
        """Hash of a file, from the index as long as size and stamp agree."""
        entry = self.store.stat(path)
        if entry is None:
            raise FileNotFoundError(path)
        return self.of(entry)

    def of(self, entry: Entry) -> str:
        """The same for a file that was just looked at."""
        known, path = self._load(), entry.path
        before = known.get(path)
        if before is not None and entry.stamp and before[:2] == (entry.size, entry.stamp):
            return before[2]
        digest = self.store.sha256(path)
        if _is_fresh(entry):
            return digest
        known[path] = (entry.size, entry.stamp, digest)
        self._dirty = True
        return digest

    def whole(self, entries: Sequence[Entry]) -> str:
        """One hash over names and contents of these files."""
        listing = hashlib.sha256()
        for entry in entries:
            listing.update(f"{entry.path}\0{entry.size}\0{entry.stamp}\n".encode())
        seen = listing.hexdigest()
        try:
            before = json.loads(self.store.read(WHOLE))
            if before["seen"] == seen:
                return str(before["whole"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            pass  # none yet, or not one of ours
        over = hashlib.sha256()
        for entry in entries:
            over.update(f"{entry.path}\0{self.of(entry)}\n".encode())
        self.save()
        if all(entry.stamp and not _is_fresh(entry) for entry in entries):
            self._write(WHOLE, {"seen": seen, "whole": over.hexdigest()})
        return over.hexdigest()

    def clear(self) -> None:
        """Forget everything, so that all is hashed again."""
        self._write(WHOLE, {})
        self._known = {}
        self._dirty = True

    def save(self) -> None:
        """Write the index where it changed; an archive that cannot be written to does without."""
        if not self._dirty:
            return
        content = {path: list(values) for path, values in sorted(self._load().items())}
        self._dirty = not self._write(INDEX, content)

    def _write(self, path: str, content: object) -> bool:
        try:
            self.store.write(path, json.dumps(content, ensure_ascii=False, indent=0).encode())
        except OSError:
            return False  # a read-only or full disk: everything works without it, only slower
        return True

    def _load(self) -> dict[str, tuple[int, str, str]]:
        if self._known is None:
            self._known = {}
            try:
                content = json.loads(self.store.read(INDEX))
                self._known = {path: (int(a), str(b), str(c)) for path, (a, b, c) in content.items()}
            except (FileNotFoundError, ValueError, TypeError, AttributeError):
                # None yet, or not one of ours: everything is hashed once and written anew.
                self._known = {}
        return self._known


def _is_fresh(entry: Entry) -> bool:
    """Whether another change might still leave the same stamp."""
    return entry.stamp.isdigit() and time.time_ns() - int(entry.stamp) < _GRAIN_NS
