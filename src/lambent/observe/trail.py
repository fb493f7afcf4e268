"""The audit trail: one JSON object a line, one file a day, in CloudTrail's record format.

Recording costs the caller nothing but an append; files are written in a thread a moment later, and by a stop at the
latest. What comes faster than the disk takes it is counted, not kept. Synchronous files are `TrailFiles`' business.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol, Self

import msgspec

from lambent.context import Clock

FLUSH_SECONDS = 0.25
PENDING_BYTES = 16 * 1024 * 1024
_AT_ONCE = 64
"""So many events are made into lines together: one after the other would cost several times as much each."""

DAYS = 90
DAY_BYTES = 256 * 1024 * 1024
"""A day's file grows no further: whoever floods the trail with refusals does not fill the disk."""

_SUFFIX = ".jsonl"

_LOG = logging.getLogger(__name__)

Event = dict[str, Any]


class Told(Protocol):
    """An event that is to be kept."""

    def line(self) -> bytes:
        """Its JSON, with the end of the line."""
        ...


class TrailFiles:
    """The files below `root`: appended, read from the newest event on, deleted when `days` old."""

    def __init__(self, root: Path, days: int = DAYS) -> None:
        self._root = root
        self._days = days

    def append(self, day: str, lines: bytes | bytearray) -> None:
        """Add events at the end of a day's file; a new day's first ones make room."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._root / f"{day}{_SUFFIX}"
        new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size + len(lines) > DAY_BYTES:
                raise OSError(errno.EFBIG, "the day's file is full")
            os.write(descriptor, lines)
        finally:
            os.close(descriptor)
        if new:
            oldest = (datetime.fromisoformat(day) - timedelta(days=self._days)).date().isoformat()
            for old in self._root.glob(f"*{_SUFFIX}"):
                if old.stem < oldest:
                    old.unlink()

    def newest_first(self) -> Iterator[Event]:
        """Every event, from the newest on. Torn lines are passed over."""
        for path in sorted(self._root.glob(f"*{_SUFFIX}"), reverse=True):
            for line in reversed(path.read_bytes().splitlines()):
                try:
                    yield msgspec.json.decode(line, type=Event)
                except msgspec.DecodeError:
                    continue


class Trail:
    """Open it with `async with`."""

    def __init__(self, files: TrailFiles, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._told: list[Told] = []
        self._pending = bytearray()
        self._lost = 0
        self._task: asyncio.Task[None] | None = None
        self._writing = asyncio.Lock()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._write_on())
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            async with self._writing:  # what is on its way to the disk would be given up with the task
                self._task.cancel()
            await asyncio.wait([self._task])
        await self.flush()

    def record(self, told: Told) -> None:
        """Keep an event; returns at once."""
        self._told.append(told)
        if len(self._told) >= _AT_ONCE:
            self._spell()

    def _spell(self) -> None:
        """Turn what was told into lines, as far as there is room."""
        for told in self._told:
            if len(self._pending) >= PENDING_BYTES:
                self._lost += 1
                continue
            try:
                self._pending += told.line()
            except Exception:
                _LOG.exception("an event could not be written into the audit trail")
        self._told.clear()

    async def events(self, account: str, *, limit: int, request_id: str | None = None) -> list[Event]:
        """The newest events of an account (of one request, if it is named), newest first."""
        await self.flush()
        return await asyncio.to_thread(self._read, account, limit, request_id)

    async def flush(self) -> None:
        """Write what is pending. What the disk refuses is lost, and said so in the log."""
        async with self._writing:
            self._spell()
            lines, self._pending = self._pending, bytearray()
            lost, self._lost = self._lost, 0
            if lost:
                _LOG.error("the audit trail lost %d events: more came than could be written", lost)
            if not lines:
                return
            day = datetime.fromtimestamp(self._clock.now(), UTC).date().isoformat()
            try:
                await asyncio.to_thread(self._files.append, day, lines)
            except OSError as error:
                _LOG.error("the audit trail lost %d events: %s", lines.count(b"\n"), error)

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            if self._told or self._pending:
                await self.flush()

    def _read(self, account: str, limit: int, request_id: str | None) -> list[Event]:
        found: list[Event] = []
        for event in self._files.newest_first():
            if event.get("recipientAccountId") != account or request_id not in (None, event.get("requestID")):
                continue
            found.append(event)
            if len(found) >= limit:
                break
        return found
