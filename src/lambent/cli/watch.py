"""Watching a directory by looking at it: what it holds, and which files changed once it has come to rest.

By polling, since what the operating system offers differs between file systems and is no part of the standard library.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from lambent.cli.archive import packaged

LOOK_SECONDS = 0.1
QUIET_SECONDS = 0.15
"""A change counts once nothing else has changed for so long: editors and build tools write more than one file."""

PATIENCE_SECONDS = 3.0
"""A tree that never comes to rest is told of this often."""

_SHARE = 10
"""Looking takes at most one part in so many of a processor, however large the tree."""

Snapshot = Mapping[str, tuple[int, int, int, int]]
"""What tells that a file is another: modification time in ns, size, mode and inode, by its path in the tree."""


File = tuple[int, int]
"""What a file is, whatever it is called: device and inode."""


def snapshot(directory: Path, without: Path | None = None, ignored: Collection[File] = ()) -> Snapshot:
    """The files that belong into the directory's package, as they are now, but for the `ignored`."""
    seen = {}
    for path in packaged(directory, without):
        try:
            found = path.stat()
        except OSError:  # gone since it was listed, or a link to nowhere: no part of a package
            continue
        if (found.st_dev, found.st_ino) not in ignored:
            name = path.relative_to(directory).as_posix()
            seen[name] = (found.st_mtime_ns, found.st_size, found.st_mode, found.st_ino)
    return seen


def outputs(*descriptors: int) -> list[File]:
    """The files that these descriptors write: what a command says of a change must not be the next change."""
    found = [os.fstat(descriptor) for descriptor in descriptors]
    return [(status.st_dev, status.st_ino) for status in found if stat.S_ISREG(status.st_mode)]


def changed(before: Snapshot, after: Snapshot) -> list[str]:
    """Files that came, went or are not the same, sorted."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


class Debounce:
    """Tells changes once they are over. Pure: it is given what was seen, and when (monotonic seconds)."""

    def __init__(self, told: Snapshot) -> None:
        self._told = self._last = told
        self._moved_at = 0.0
        self._restless_since: float | None = None

    def see(self, now: float, seen: Snapshot) -> list[str]:
        """The files that changed since it told the last time; empty while more may follow, or if none has."""
        if seen != self._last:
            self._last = seen
            self._moved_at = now
            if self._restless_since is None:
                self._restless_since = now
        if self._restless_since is None:
            return []
        if now - self._moved_at < QUIET_SECONDS and now - self._restless_since < PATIENCE_SECONDS:
            return []
        names = changed(self._told, seen)
        self._told = seen
        self._restless_since = None
        return names


class Watch:
    """A directory being looked at. What changes after `Watch` was made is told by a later `look`."""

    def __init__(self, directory: Path, without: Path | None = None, ignored: Collection[File] = ()) -> None:
        self._directory = directory
        self._without = without
        self._ignored = ignored
        self.pause = LOOK_SECONDS
        """Seconds to let pass before the next look."""
        self._debounce = Debounce(self._look())

    def look(self) -> list[str]:
        """The files that changed since they were last told, sorted; empty if none, or if more may follow at once."""
        return self._debounce.see(time.monotonic(), self._look())

    def _look(self) -> Snapshot:
        begun = time.monotonic()
        seen = snapshot(self._directory, self._without, self._ignored)
        self.pause = max(LOOK_SECONDS, (time.monotonic() - begun) * _SHARE)
        return seen
