"""Log files on disk: append, read from the end, read on from a position. Synchronous; run it in threads.

One directory a log group, one file a stream, one line an event: `timestamp_ms<TAB>json-string`. A file
whose writer was killed may end in a torn line: readers pass over it, the next append ends it.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

_BLOCK = 64 * 1024
_NAME_BYTES = 200
"""Longer names than this are cut and hashed: file systems hold 255 bytes, log groups 512 characters."""

_encode_lines = msgspec.json.Encoder().encode_lines

_SUFFIX = ".log"
_FULL_NAME = "name"


class LogEvent(msgspec.Struct, frozen=True):
    """One event: epoch milliseconds, the text without a line end, and the log stream it is from."""

    timestamp_ms: int
    message: str
    stream: str


class Group(NamedTuple):
    """A log group's full name."""

    account: str
    region: str
    name: str


class LogFiles:
    """The files below `root`, as `root/ACCOUNT/REGION/GROUP/STREAM.log`. Raises OSError as it comes."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def append(self, group: Group, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Add events at the end of a stream, making it if absent. All or nothing but for a full disk."""
        data = _encoded(lines)
        path = self._path(group, stream)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        try:
            descriptor = os.open(path, flags, 0o600)
        except FileNotFoundError:
            self._make_group(group)
            descriptor = os.open(path, flags, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            if size and os.pread(descriptor, 1, size - 1) != b"\n":
                data = b"\n" + data
            while data:
                data = data[os.write(descriptor, data) :]
        finally:
            os.close(descriptor)

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
        size = _BLOCK
        with self._path(group, stream).open("rb") as file:
            while True:
                file.seek(position)
                data = file.read(size)
                end = data.rfind(b"\n") + 1
                if end or len(data) < size:
                    return list(_decoded(data[:end].splitlines(), stream)), position + end
                size *= 2

    def sizes(self, group: Group) -> dict[str, int]:
        """Every stream of the group and its size in bytes."""
        return {stream: self._path(group, stream).stat().st_size for stream in self.streams(group)}

    def streams(self, group: Group) -> list[str]:
        """Names of the group's streams, sorted; none if there is no such group."""
        names = (path.name.removesuffix(_SUFFIX) for path in self._directory(group).glob("*" + _SUFFIX))
        return sorted(urllib.parse.unquote(name) for name in names)

    def groups(self, account: str, region: str) -> list[str]:
        """Names of the log groups of an account in a region, sorted."""
        directory = self._root / _file_name(account) / _file_name(region)
        return sorted(_group_name(path) for path in directory.glob("*") if path.is_dir())

    def _make_group(self, group: Group) -> None:
        directory = self._directory(group)
        directory.mkdir(parents=True, exist_ok=True)
        if urllib.parse.unquote(directory.name) != group.name:
            (directory / _FULL_NAME).write_text(group.name)

    def _directory(self, group: Group) -> Path:
        return self._root.joinpath(*map(_file_name, group))

    def _path(self, group: Group, stream: str) -> Path:
        return self._directory(group) / (_file_name(stream) + _SUFFIX)

    def _tail(self, group: Group, stream: str, limit: int) -> Iterator[LogEvent]:
        """The last `limit` events of one stream, in the file's order."""
        with self._path(group, stream).open("rb") as file:
            start = file.seek(0, os.SEEK_END)
            blocks: list[bytes] = []
            newlines = 0
            # One more than asked: the block that the first wanted line begins in must be whole.
            while start > 0 and newlines <= limit:
                size = min(_BLOCK, start)
                start -= size
                file.seek(start)
                blocks.append(file.read(size))
                newlines += blocks[-1].count(b"\n")
        data = b"".join(reversed(blocks))
        lines = data[: data.rfind(b"\n") + 1].splitlines()
        return _decoded(lines[max(0, len(lines) - limit) :], stream)


def _encoded(lines: Sequence[tuple[int, str]]) -> bytes:
    """Lines of the file; all texts are encoded at once, since there are many."""
    messages = [message for _, message in lines]
    try:
        texts = _encode_lines(messages)
    except UnicodeEncodeError:  # a lone surrogate, which no UTF-8 file can hold
        texts = _encode_lines([message.encode(errors="replace").decode() for message in messages])
    return b"".join([b"%d\t%b" % (at, text) for (at, _), text in zip(lines, texts.splitlines(True), strict=True)])


def _decoded(lines: Iterable[bytes], stream: str) -> Iterator[LogEvent]:
    for line in lines:
        timestamp, _, text = line.partition(b"\t")
        try:
            yield LogEvent(int(timestamp), msgspec.json.decode(text, type=str), stream)
        except (ValueError, msgspec.DecodeError):  # torn by the end of an earlier process
            continue


def _file_name(name: str) -> str:
    """`name` as one path component, reversible by percent-decoding unless it is too long."""
    escaped = name.replace("%", "%25").replace("/", "%2F").replace("\0", "%00")
    if escaped in {".", ".."}:
        escaped = escaped.replace(".", "%2E")
    encoded = escaped.encode(errors="replace")
    if len(encoded) <= _NAME_BYTES:
        return encoded.decode()
    digest = hashlib.sha256(name.encode(errors="replace")).hexdigest()[:32]
    return encoded[: _NAME_BYTES - 40].decode(errors="ignore") + "~" + digest


def _group_name(directory: Path) -> str:
    try:
        return (directory / _FULL_NAME).read_text()
    except FileNotFoundError:
        return urllib.parse.unquote(directory.name)
