"""What was learnt of the files of an archive: their hashes, and of a manifest the card of its document.

Belongs here: the cache by which a refresh compares size and stamp instead of hashing and parsing again. Does not belong
here: what a hash is compared with, what a card tells. Losing the index costs time, never truth.

``index.json`` holds two tables, each a list per column: ``files`` and, for those that are manifests, ``cards``. So it
is read and written in few pieces, and costs little even where there are many files.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from juesuan.final_accounts.manifest import Card
from juesuan.final_accounts.store import Entry, Store

INDEX = "index.json"
#: The hash over everything as it was last taken, beside a hash of sizes and stamps: as long as those are the same, so
#: is the other, and the index, which grows with the archive, need not even be opened.
WHOLE = ".whole.json"
#: What a card tells; with another number those that were kept are made anew.
FORM = 1
#: Columns of both tables; ``file`` is the place of a manifest among the files.
FILES = ("path", "size", "stamp", "sha256")
CARDS = ("file", *Card._fields)
#: Within this time another change may leave the same stamp (the clock's grain), so nothing is remembered yet.
_GRAIN_NS = 2_000_000_000
#: An :class:`Entry` as the tuple that it is.
_File = tuple[str, int, str]


@dataclass
class Index:
    """What was learnt before: (path, size, stamp) -> sha256, and the card of a manifest. A file whose size or stamp
    differs is another one, of which nothing is known.
    """

    store: Store
    _hashes: dict[_File, str] | None = field(default=None)
    _cards: dict[_File, Card] = field(default_factory=dict)
    _dirty: bool = False
    #: Hash of sizes and stamps, and the hash over everything, as last taken.
    _whole: tuple[str, str] = ("", "")

    def of(self, entry: Entry) -> str:
        """Hash of a file that was just looked at."""
        known = self._load()
        if (before := known.get(entry)) is not None:
            return before
        digest = self.store.sha256(entry.path)
        if not _is_fresh(entry):
            known[entry] = digest
            self._dirty = True
        return digest

    def hashes(self, entries: Sequence[Entry]) -> dict[str, str]:
        """The same of many, by path."""
        known = self._load()
        return {entry[0]: known.get(entry) or self.of(entry) for entry in entries}

    def card(self, manifest: Entry) -> Card | None:
        """What was kept of the document of a manifest, which may be nothing."""
        self._load()
        return self._cards.get(manifest)

    def keep(self, manifest: Entry, card: Card) -> None:
        """Remember what the document of a manifest is, as long as the manifest stays."""
        if not _is_fresh(manifest):
            self._cards[manifest] = card
            self._dirty = True

    def whole(self, entries: Sequence[Entry]) -> str:
        """One hash over names and contents of these files."""
        listing = "".join([f"{path}\0{size}\0{stamp}\n" for path, size, stamp in entries])
        seen = hashlib.sha256(listing.encode()).hexdigest()
        if self._whole[0] != seen:
            self._whole = self._kept_whole()
        if self._whole[0] != seen:
            contents = "".join([f"{path}\0{digest}\n" for path, digest in self.hashes(entries).items()])
            self._whole = seen, hashlib.sha256(contents.encode()).hexdigest()
            self.save(entries)
            if all(entry in self._load() for entry in entries):
                self._write(WHOLE, {"seen": seen, "whole": self._whole[1]})
        return self._whole[1]

    def _kept_whole(self) -> tuple[str, str]:
        try:
            before = json.loads(self.store.read(WHOLE))
            return str(before["seen"]), str(before["whole"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            return "", ""  # none yet, or not one of ours

    def clear(self) -> None:
        """Forget everything, so that all is hashed again."""
        self._write(WHOLE, {})
        self._hashes, self._cards, self._whole = {}, {}, ("", "")
        self._dirty = True

    def save(self, entries: Sequence[Entry]) -> None:
        """Write what is known of these files, which are all there are, where it changed; an archive that cannot be
        written to does without.
        """
        if not self._dirty:
            return
        known, cards = self._load(), self._cards
        kept = [entry for entry in entries if entry in known]
        files = [(*entry, known[entry]) for entry in kept]
        manifests = [(number, *cards[entry]) for number, entry in enumerate(kept) if entry in cards]
        content = {"form": FORM, "files": _columns(FILES, files), "cards": _columns(CARDS, manifests)}
        self._dirty = not self._write(INDEX, content)

    def _write(self, path: str, content: object) -> bool:
        try:
            self.store.write(path, json.dumps(content, ensure_ascii=False).encode())
        except OSError:
            return False  # a read-only or full disk: everything works without it, only slower
        return True

    def _load(self) -> dict[_File, str]:
        if self._hashes is None:
            try:
                self._hashes, self._cards = _understood(json.loads(self.store.read(INDEX)))
            except (FileNotFoundError, IndexError, KeyError, TypeError, ValueError):
                # None yet, or not one of ours: everything is hashed once and written anew.
                self._hashes, self._cards = {}, {}
        return self._hashes


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, Sequence[Any]]:
    return dict(zip(names, zip(*rows, strict=True) if rows else ((),) * len(names), strict=True))


def _understood(content: dict[str, Any]) -> tuple[dict[_File, str], dict[_File, Card]]:
    """Hashes and cards of a file. Raises IndexError, KeyError, TypeError or ValueError for one that is none of ours."""
    if content["form"] != FORM:
        raise ValueError("of another form")
    paths, sizes, stamps, hashes = (content["files"][name] for name in FILES)
    numbers, *cards = (content["cards"][name] for name in CARDS)
    for column, kind in ((paths, str), (sizes, int), (stamps, str), (hashes, str), (cards[0], str)):
        if set(map(type, column)) - {kind}:
            raise TypeError(f"something else than {kind.__name__}")
    files: list[_File] = list(zip(paths, sizes, stamps, strict=True))
    manifests = map(files.__getitem__, numbers)
    kept = dict(zip(manifests, map(Card._make, zip(*cards, strict=True)), strict=True))
    return dict(zip(files, hashes, strict=True)), kept


def _is_fresh(entry: Entry) -> bool:
    """Whether another change might still leave the same stamp; without a stamp, any might."""
    return not entry.stamp or (entry.stamp.isdigit() and time.time_ns() - int(entry.stamp) < _GRAIN_NS)
