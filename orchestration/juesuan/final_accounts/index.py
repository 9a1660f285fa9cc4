"""What was hashed before, so that a refresh compares size and stamp instead of hashing again.

Belongs here: the cache of hashes of an archive. Does not belong here: what a hash is compared with. Losing the index
costs time, never truth.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field

from juesuan.final_accounts.store import Store

INDEX = "index.json"
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
        known = self._load()
        entry = self.store.stat(path)
        if entry is None:
            raise FileNotFoundError(path)
        before = known.get(path)
        if before is not None and entry.stamp and before[:2] == (entry.size, entry.stamp):
            return before[2]
        digest = self.store.sha256(path)
        if entry.stamp.isdigit() and time.time_ns() - int(entry.stamp) < _GRAIN_NS:
            return digest
        known[path] = (entry.size, entry.stamp, digest)
        self._dirty = True
        return digest

    def clear(self) -> None:
        """Forget everything, so that all is hashed again."""
        self._known = {}
        self._dirty = True

    def save(self) -> None:
        """Write the index where it changed; an archive that cannot be written to does without."""
        if not self._dirty:
            return
        content = {path: list(values) for path, values in sorted(self._load().items())}
        try:
            self.store.write(INDEX, json.dumps(content, ensure_ascii=False, indent=0).encode())
        except OSError:
            return  # a read-only or full disk: everything works without it, only slower
        self._dirty = False

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
