"""Log files on disk: append, read from the end, read on from a position, remove. Synchronous; run it in threads.

One directory a log group, some files a stream (`log_segments`; which there are, `log_listing` knows), one line an event
(`log_lines`). A file whose writer was killed may end in a torn line: readers pass over it, the next append ends it.
"""

from __future__ import annotations

import heapq
import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from lambent.observe import log_lines, log_segments
from lambent.observe.log_lines import LogEvent
from lambent.observe.log_listing import REMOVED, Listing
from lambent.observe.log_names import Group, file_name, forget_stream_name, keep_group_name, keep_stream_name
from lambent.observe.log_segments import Block, Indexes, Piece

__all__ = ["Group", "LogEvent", "LogFiles"]

SEGMENT_BYTES = 8 * 1024 * 1024
"""A file this long grows no more: it is packed, and another one begins."""

_BLOCK = 64 * 1024
_SUFFIX = ".log"
_MADE = "made"


class LogFiles:
    """The files below `root`, as `root/ACCOUNT/REGION/GROUP/STREAM.log`. Raises OSError as it comes.

    Whatever changes which files there are is called from one thread at a time; readers may be many.
    """

    def __init__(self, root: Path, *, foreign: bool = False) -> None:
        """`foreign`: another process writes here; this one only reads."""
        self._root = root
        self.listing = Listing(root, foreign=foreign)
        self._packing = threading.Lock()
        self._indexes = Indexes()
        self.unpacked: list[tuple[Path, int]] = []
        """Files that grow no more, and their places: for `pack`."""
        self.removed: list[Path] = []
        """Directories of groups that have gone: for `clear`."""

    def append(self, group: Group, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Add events at the end of a stream, making it if absent. All or nothing but for a full disk."""
        self._write(group, stream, log_lines.encoded(lines), durable=False)

    def append_durably(self, group: Group, stream: str, lines: Sequence[tuple[int, str]], came_ms: int) -> None:
        """The same for events that somebody sent at `came_ms`; on return they outlive a loss of power."""
        self._write(group, stream, log_lines.encoded(lines, came_ms), durable=True)

    def make_group(self, group: Group, made_ms: int) -> None:
        """A group without streams. Nothing happens when it is there."""
        if not (self.listing.directory(group) / _MADE).exists():
            self._make_group(group, made_ms)

    def make_stream(self, group: Group, stream: str, made_ms: int) -> None:
        """A stream without events."""
        self._write(group, stream, log_lines.made(made_ms), durable=True)

    def remove_group(self, group: Group) -> None:
        """All of a group, at once for readers; `clear` frees its place, which takes as long as there are files."""
        grave = self._root / REMOVED / f"group-{time.time_ns()}"
        grave.parent.mkdir(parents=True, exist_ok=True)
        with self.listing.changing(group), suppress(FileNotFoundError):
            self.listing.directory(group).rename(grave)
            self.removed.append(grave)

    def remove_stream(self, group: Group, stream: str) -> None:
        """All of a stream."""
        pieces = [piece.path for piece in self.pieces(group).get(stream, ())]
        self._remove([*pieces, *(path.with_name(path.name.removesuffix(".gz") + ".idx") for path in pieces)])
        forget_stream_name(self.listing.directory(group), stream)
        self.listing.changed(group)

    def newest(self, group: Group, *, start_ms: int | None, limit: int) -> list[LogEvent]:
        """The newest `limit` events of all streams, no older than `start_ms`, oldest first."""
        events = (
            (event.timestamp_ms, event.stream, index, event)
            for stream in self.streams(group)
            for index, event in enumerate(self._tail(group, stream, limit))
            if start_ms is None or event.timestamp_ms >= start_ms
        )
        return [event for *_, event in sorted(heapq.nlargest(limit, events))]

    def since(self, group: Group, stream: str, position: int) -> tuple[list[LogEvent], int]:
        """Some whole lines from byte `position` on, and the position after them; none at the end."""
        data, _, end = self._from(group, stream, position)
        return list(log_lines.decoded(data.splitlines(), stream)), end

    def found_since(self, group: Group, stream: str, position: int) -> tuple[list[log_lines.Found], int]:
        """The same with their places."""
        data, start, end = self._from(group, stream, position)
        return list(log_lines.found(data, start, stream, start_ms=0, end_ms=2**63)), end

    def sizes(self, group: Group) -> dict[str, int]:
        """Every stream of the group and how many bytes of lines it has had, each at its own moment."""
        return {stream: self._length(group, stream) for stream in self.streams(group)}

    def stored(self, group: Group) -> dict[str, int]:
        """Every stream of the group and how many bytes of the disk its events take."""
        sizes = dict.fromkeys(self.pieces(group), 0)
        for stream, pieces in [*self.pieces(group).items()]:
            for piece in pieces:
                with suppress(FileNotFoundError):  # packed meanwhile
                    sizes[stream] += piece.path.stat().st_size
        return sizes

    def streams(self, group: Group) -> list[str]:
        """Names of the group's streams, sorted; none if there is no such group."""
        return sorted(self.pieces(group))

    def has(self, group: Group, stream: str) -> bool:
        """Whether there is such a stream."""
        return stream in self.pieces(group)

    def groups(self, account: str, region: str) -> list[str]:
        """Names of the log groups of an account in a region, sorted."""
        return self.listing.groups(account, region)

    def count(self, account: str, region: str) -> int:
        """How many log groups there are."""
        return self.listing.count(account, region)

    def places(self) -> list[tuple[str, str]]:
        """The accounts and regions in which there are logs."""
        return self.listing.places()

    def pieces(self, group: Group) -> dict[str, list[Piece]]:
        """Every stream and its files, in their order; see `Listing.pieces`."""
        return self.listing.pieces(group)

    def made(self, group: Group) -> int | None:
        """When a group was made, in epoch milliseconds; None if there is none."""
        try:
            return int((self.listing.directory(group) / _MADE).read_text())
        except ValueError:
            return 0
        except FileNotFoundError:
            return 0 if self.listing.directory(group).is_dir() else None

    def opened(self, group: Group, stream: str) -> Iterator[tuple[Piece, int, list[Block]]]:
        """The pieces of a stream with an open descriptor and their blocks, in their order."""
        at = -1
        while (one := self.listing.open_after(group, stream, at)) is not None:
            piece, descriptor = one
            try:
                blocks = self._indexes.blocks(piece, descriptor)
                yield piece, descriptor, blocks
            finally:
                os.close(descriptor)
            at = piece.start

    def load(self, group: Group, stream: str, start: int) -> tuple[int, bytes]:
        """The block of a stream that begins at `start`, and where it begins; nothing if it has gone."""
        before = [piece.start for piece in self.pieces(group).get(stream, ()) if piece.start <= start]
        if before and (one := self.listing.open_after(group, stream, before[-1] - 1)) is not None:
            piece, descriptor = one
            try:
                for block in self._indexes.blocks(piece, descriptor):
                    if block.start == start:
                        return start, log_segments.read(piece, descriptor, block)
            finally:
                os.close(descriptor)
        return start, b""

    def head(self, group: Group, stream: str) -> int | None:
        """When a stream was made, in epoch milliseconds; None if nothing tells."""
        for piece, descriptor, blocks in self.opened(group, stream):
            if blocks:
                return log_lines.when_made(log_segments.read(piece, descriptor, blocks[0])[:40])
        return None

    def last_came(self, group: Group, stream: str) -> int:
        """When the last line of a stream came, in epoch milliseconds; 0 for none."""
        came = 0
        for piece, descriptor, blocks in self.opened(group, stream):
            for block in blocks[-1:]:
                data = log_segments.read(piece, descriptor, block)
                last = data.rfind(b"\n", 0, len(data) - 1) + 1
                for event in log_lines.found(data[last:], 0, stream, start_ms=0, end_ms=2**63):
                    came = event.ingested_ms
        return came

    def expire(self, group: Group, before_ms: int) -> int:
        """Delete the files all of whose events are older than `before_ms`, and streams of nothing else; how many files.

        A file that grows and holds some of them is ended, so that it can go when the rest is as old.
        """
        gone = 0
        for stream, pieces in [*self.pieces(group).items()]:
            spans = [(piece, blocks) for piece, _, blocks in self.opened(group, stream)]
            old = [piece for piece, blocks in spans if blocks and max(each.last_ms for each in blocks) < before_ms]
            if len(old) == len(pieces) and any(each.count for _, blocks in spans for each in blocks):
                self.remove_stream(group, stream)
                gone += len(old)
                continue
            for piece, blocks in spans:
                if piece in old and piece.end is not None:
                    self._remove([piece.path, piece.path.with_name(piece.path.name.removesuffix(".gz") + ".idx")])
                    gone += 1
                elif piece.end is None and any(each.count and each.first_ms < before_ms for each in blocks):
                    self._seal(group, stream)
            self.listing.changed(group)
        return gone

    def pack(self) -> bool:
        """Pack one file that grows no more; whether there was one. May run beside everything else."""
        if not self.unpacked:
            return False
        path, start = self.unpacked.pop()
        with self._packing, suppress(FileNotFoundError):  # removed meanwhile
            log_segments.pack(path, start)
        self._indexes.forget(path)
        self.listing.changed_anywhere()
        return True

    def clear(self) -> bool:
        """Delete what is left of one group that was removed; whether there was one. May run beside everything else."""
        if not self.removed:
            return False
        shutil.rmtree(self.removed.pop(), ignore_errors=True)
        return True

    def recover(self) -> None:
        """After a start: what was removed is to go, what was not packed yet is to be."""
        self.removed += self._root.glob(f"{REMOVED}/*")
        for path in self._root.glob("*/*/*/*.log.*"):
            found = log_segments.piece(str(path.parent), path.name)
            if found is not None and found[1].end is not None and not found[1].packed:
                self.unpacked.append((path, found[1].start))

    def _write(self, group: Group, stream: str, data: bytes, *, durable: bool) -> None:
        path = self._path(group, stream)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._make_group(group, log_lines.when_made(data[:40]) or 0)
            descriptor = os.open(path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if not size:
                keep_stream_name(path.parent, stream)
                self.listing.added(group, stream, Piece(str(path.parent), path.name, 0, None, False))
            elif os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            size += len(data)
            while data:
                data = data[os.write(descriptor, data) :]
            if durable:
                os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if durable and size < _BLOCK:
            _sync(path.parent)  # it may be new
        if size >= SEGMENT_BYTES:
            self._seal(group, stream)

    def _seal(self, group: Group, stream: str) -> None:
        path = self._path(group, stream)
        last = self.pieces(group)[stream][-1]
        whole = log_segments.sealed(path, last.start, last.start + path.stat().st_size)
        with self.listing.changing(group):
            path.rename(whole)
        self._indexes.forget(path)
        self.unpacked.append((whole, last.start))

    def _make_group(self, group: Group, made_ms: int) -> None:
        directory = self.listing.directory(group)
        directory.mkdir(parents=True, exist_ok=True)
        keep_group_name(directory, group.name)
        (directory / _MADE).write_text(str(made_ms))
        _sync(directory.parent)

    def _remove(self, paths: Sequence[Path]) -> None:
        grave = self._root / REMOVED / "files"
        grave.mkdir(parents=True, exist_ok=True)
        with self._packing:
            for number, path in enumerate(paths):
                with suppress(FileNotFoundError):
                    path.rename(grave / str(number))
                self._indexes.forget(path)
        shutil.rmtree(grave, ignore_errors=True)

    def _from(self, group: Group, stream: str, position: int) -> tuple[bytes, int, int]:
        """Whole lines from `position` on, where they begin and end; from the front if it is beyond the end."""
        if position > self._length(group, stream):
            position = 0  # the stream has gone, and there is another of its name
        for piece, descriptor, blocks in self.opened(group, stream):
            for block in blocks:
                if block.end > position:
                    data = log_segments.read(piece, descriptor, block)
                    start = max(position, block.start)
                    return data[start - block.start :], start, block.end
        return b"", position, position

    def _length(self, group: Group, stream: str) -> int:
        return self.listing.consistently(group, lambda streams: _size(streams.get(stream, ())))

    def _path(self, group: Group, stream: str) -> Path:
        return self.listing.directory(group) / (file_name(stream) + _SUFFIX)

    def _tail(self, group: Group, stream: str, limit: int) -> Iterator[LogEvent]:
        """The last `limit` events of one stream, in the file's order."""
        lines: list[bytes] = []
        for piece in reversed(self.pieces(group).get(stream, ())):
            if len(lines) >= limit:
                break
            lines = self._last(group, stream, piece, limit - len(lines)) + lines
        return log_lines.decoded(lines, stream)

    def _last(self, group: Group, stream: str, piece: Piece, limit: int) -> list[bytes]:
        """The last `limit` lines of a piece."""
        if (one := self.listing.open_after(group, stream, piece.start - 1)) is None:
            return []
        opened, descriptor = one
        lines: list[bytes] = []
        try:
            if opened.end is None:
                return log_segments.last_lines(descriptor, limit)
            for block in reversed(self._indexes.blocks(opened, descriptor)):
                if len(lines) >= limit:
                    break
                lines = log_segments.read(opened, descriptor, block).splitlines() + lines
        finally:
            os.close(descriptor)
        return lines[max(0, len(lines) - limit) :]


def _size(pieces: Sequence[Piece]) -> int:
    if not pieces:
        return 0
    last = pieces[-1]
    return last.end if last.end is not None else last.start + last.path.stat().st_size


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
