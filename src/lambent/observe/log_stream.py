"""One environment's log: lines in memory until the store takes them."""

from __future__ import annotations

from typing import Protocol

from lambent.observe.log_lines import dropped
from lambent.observe.log_names import Group

FLUSH_BYTES = 1024 * 1024
"""A flush begins at once when so many bytes wait."""

LINE_COST = 64
"""What a waiting line is taken to cost besides its characters."""

Lines = list[tuple[int, str]]
"""Events to be stored: epoch milliseconds and text."""


class Buffer(Protocol):
    """What of the store a stream needs. `buffered` and `capacity` are bytes, of all streams together."""

    buffered: int
    capacity: int

    def touch(self, stream: LogStream) -> None:
        """Lines wait where none did."""
        ...

    def hurry(self) -> None:
        """Much waits."""
        ...


class LogStream:
    """Made by `LogStore.stream`; used from the event loop only."""

    __slots__ = ("_bytes", "_in_json", "_reported", "_size", "_store", "_waiting", "dropped", "group", "name", "role")

    def __init__(self, store: Buffer, group: Group, name: str, role: str = "", *, in_json: bool = False) -> None:
        self._in_json = in_json
        self._bytes = 0
        self.role = role
        """In whose name lines are written, by ARN: without its permission they are not kept. Empty: nobody is asked."""
        self._store = store
        self._waiting: Lines = []
        self._size = 0
        self._reported = 0
        self.group = group
        self.name = name
        self.dropped = 0
        """Lines lost so far: the disk did not keep up, or the store was closed."""

    def write(self, timestamp_ms: int, message: str) -> None:
        """Add one event, epoch milliseconds and text without a line end. In its file some 200 ms later.

        What waits of one stream may be as much as is left for all: streams that flood leave room for those that do not.
        """
        store = self._store
        size = len(message) + LINE_COST
        if self._size + size > store.capacity - store.buffered:
            self.dropped += 1
            self._bytes += len(message)
            return
        self._size += size
        store.buffered += size
        if not self._waiting:
            store.touch(self)
        self._waiting.append((timestamp_ms, message))
        if store.buffered >= FLUSH_BYTES:
            store.hurry()

    def take(self, now_ms: int) -> Lines:
        """What waits, for the store to write; after it a line that tells of drops not yet told of."""
        lines, self._waiting, self._size = self._waiting, [], 0
        if self.dropped > self._reported:
            lost, self._reported = self.dropped - self._reported, self.dropped
            lines.append((now_ms, dropped(now_ms, lost, self._bytes, in_json=self._in_json)))
            self._bytes = 0
        return lines
