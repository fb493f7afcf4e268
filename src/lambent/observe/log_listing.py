"""Which files there are of which streams, and how one is opened while others rename it. Synchronous.

Listings are remembered: a stream that is made is added to its group's; what gets another name makes it be read anew.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from lambent.observe import log_segments
from lambent.observe.log_names import Group, file_name, group_name, stream_name
from lambent.observe.log_segments import Piece

REMOVED = ".removed"
"""Where what is removed lies until it has gone: no account."""

STREAMS = 200_000
"""So many streams are remembered, of as many groups as have them; those of one group at least."""

_ATTEMPTS = 100
_LISTINGS = 256
_SETTLED_NS = 20_000_000

T = TypeVar("T")
Streams = Mapping[str, Sequence[Piece]]
"""The files of every stream, in their order."""


@dataclass(slots=True, eq=False)
class _Changes:
    """What becomes of a group's files while they are listed."""

    added: list[tuple[str, Piece]] = field(default_factory=list)
    renamed: bool = False

    def applied(self, listing: dict[str, list[Piece]]) -> bool:
        """Whether the listing, with what was added meanwhile, is right."""
        for stream, piece in self.added:
            if listing.setdefault(stream, [piece])[-1].end is not None:
                return False
        return not self.renamed


class Listing:
    """The files below `root`. Changes come from one thread at a time; readers may be many."""

    def __init__(self, root: Path, *, foreign: bool = False) -> None:
        """`foreign`: another process writes here; this one only reads."""
        self._root = root
        self._foreign = foreign
        self._listed_at: dict[Group, int] = {}
        self._lock = threading.Lock()
        self._changes: dict[Group, list[_Changes]] = {}
        self._known: OrderedDict[Group, dict[str, list[Piece]]] = OrderedDict()

    def directory(self, group: Group) -> Path:
        """Where a group's files are."""
        return self._root.joinpath(*map(file_name, group))

    def groups(self, account: str, region: str) -> list[str]:
        """Names of the log groups of an account in a region, sorted."""
        directory = self._root / file_name(account) / file_name(region)
        try:
            with os.scandir(directory) as entries:
                return sorted(group_name(directory, entry.name) for entry in entries if entry.is_dir())
        except FileNotFoundError:
            return []

    def count(self, account: str, region: str) -> int:
        """How many log groups there are."""
        try:
            return len(os.listdir(self._root / file_name(account) / file_name(region)))  # noqa: PTH208 - may be many
        except FileNotFoundError:
            return 0

    def places(self) -> list[tuple[str, str]]:
        """The accounts and regions in which there are logs."""
        found = [path for path in self._root.glob("*/*") if path.is_dir() and path.parent.name != REMOVED]
        return sorted((path.parent.name, path.name) for path in found)

    def pieces(self, group: Group) -> dict[str, list[Piece]]:
        """Every stream and its files, in their order. Streams may be added to it meanwhile: iterate over a copy."""
        for _ in range(_ATTEMPTS):
            with self._lock:
                known = self._known.get(group)
                if known is not None and not (self._foreign and self._listed_at[group] != self._last_change(group)):
                    self._known.move_to_end(group)
                    return known
                changes = _Changes()
                self._changes.setdefault(group, []).append(changes)
            listed_at, listing = self._listed(group)  # may take seconds: nobody who writes shall wait for it
            with self._lock:
                self._changes[group].remove(changes)
                if not self._changes[group]:
                    del self._changes[group]
                if changes.applied(listing):
                    self._known[group], self._listed_at[group] = listing, listed_at
                    self._known.move_to_end(group)
                    self._forget_some()
                    return listing
        raise _lost(self.directory(group))

    def added(self, group: Group, stream: str, piece: Piece) -> None:
        """A stream has a file that grows: its first, if it is not known."""
        with self._lock:
            for changes in self._changes.get(group, ()):
                changes.added.append((stream, piece))
            known = self._known.get(group)
            if known is not None and stream in known:
                del self._known[group]
            elif known is not None:
                known[stream] = [piece]

    def changed(self, group: Group) -> None:
        """Files of a group have other names, or have gone."""
        with self._lock:
            self._renamed(group)

    def changed_anywhere(self) -> None:
        """The same of a group that is not known."""
        with self._lock:
            for group in {*self._known, *self._changes}:
                self._renamed(group)

    @contextmanager
    def changing(self, group: Group) -> Iterator[None]:
        """While a file gets another name nobody opens one by the old."""
        with self._lock:
            yield
            self._renamed(group)

    def open_after(self, group: Group, stream: str, at: int) -> tuple[Piece, int] | None:
        """The first piece that begins after `at`, open. It may be packed or removed before it is."""
        for _ in range(_ATTEMPTS):
            listing = self.pieces(group)
            rest = [piece for piece in listing.get(stream, ()) if piece.start > at]
            if not rest:
                return None
            with self._lock:
                if self._known.get(group) is listing:  # nothing was renamed since: what grows is still what it was
                    with suppress(FileNotFoundError):
                        descriptor = os.open(rest[0].path, os.O_RDONLY | os.O_CLOEXEC)
                        if not self._foreign or self._listed_at[group] == self._last_change(group):
                            return rest[0], descriptor
                        os.close(descriptor)
            self.changed(group)
        return None

    def consistently(self, group: Group, look: Callable[[Streams], T]) -> T:
        """What `look` sees of the group's files while none of them gets another name."""
        for _ in range(_ATTEMPTS):
            listing = self.pieces(group)
            with self._lock:
                if self._known.get(group) is listing:
                    with suppress(FileNotFoundError):
                        return look(listing)
            self.changed(group)
        raise _lost(self.directory(group))

    def _renamed(self, group: Group) -> None:
        self._known.pop(group, None)
        for changes in self._changes.get(group, ()):
            changes.renamed = True

    def _forget_some(self) -> None:
        streams = sum(map(len, self._known.values()))
        while len(self._known) > 1 and (len(self._known) > _LISTINGS or streams > STREAMS):
            group, gone = self._known.popitem(last=False)
            self._listed_at.pop(group, None)
            streams -= len(gone)

    def _last_change(self, group: Group) -> int:
        try:
            return self.directory(group).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _listed(self, group: Group) -> tuple[int, dict[str, list[Piece]]]:
        """When the group had changed last, and its streams."""
        directory, changed = self.directory(group), 0
        if self._foreign:
            while time.time_ns() - (changed := self._last_change(group)) < _SETTLED_NS:
                time.sleep(_SETTLED_NS / 1e9)  # a second change in the same moment could not be told from the first
        found: dict[str, dict[int, Piece]] = {}
        folder = str(directory)
        try:
            entries = sorted(os.listdir(directory))  # noqa: PTH208 - some hundred thousand names: no objects
        except FileNotFoundError:
            return changed, {}
        for name in entries:
            if (one := log_segments.piece(folder, name)) is not None:
                encoded, piece = one
                start = -1 if piece.end is None else piece.start  # packed comes after raw, and replaces it
                found.setdefault(encoded, {})[start] = piece
        listing = {}
        for encoded, by_start in found.items():
            growing = by_start.pop(-1, None)
            pieces = [by_start[start] for start in sorted(by_start)]
            if growing is not None:
                pieces.append(growing._replace(start=(pieces[-1].end or 0) if pieces else 0))
            listing[stream_name(directory, encoded)] = pieces
        return changed, listing


def _lost(directory: Path) -> FileNotFoundError:
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(directory))
