"""The real clock (which can be moved) and the real source of ids; filled in by `app.py`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import re
import time

_RANDOM_BYTES = 4096
_AT_ONCE = 256
_RANDOM_BITS = int("ffffffffffff0fff3fffffffffffffff" * _AT_ONCE, 16)
_GROUPS = re.compile("(.{8})(.{4})(.{4})(.{4})(.{12})")
_VERSION_4 = int("00000000000040008000000000000000" * _AT_ONCE, 16)


class MovableClock:
    """Wall-clock time plus an offset that `/_lambent/clock` may change; sleepers wake when it moves."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        """Wall-clock seconds since the epoch, offset included."""
        return time.time() + self._offset

    monotonic = staticmethod(time.monotonic)
    """Real monotonic seconds: durations are never moved."""

    def move(self, seconds: float) -> None:
        """Move wall-clock time by `seconds` and wake every sleeper to look again."""
        self._offset += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    async def sleep(self, seconds: float) -> None:
        """Return once `now()` has advanced by `seconds`, whether by waiting or by a move."""
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            # Not `wait_for`: before Python 3.12 it forgets a cancellation that comes with the move.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._moved.wait()


class RandomIds:
    """Identifiers from the operating system's randomness; `fraction` may be seeded."""

    def __init__(self, seed: int | None = None) -> None:
        self._random = random.Random(seed)
        self._uuids: list[str] = []
        self._digits = ""
        self._used = 0

    def request_id(self) -> str:
        """A random UUID of version 4, dashed, lower case."""
        if not self._uuids:  # every request needs some, and many at once cost much less
            self._uuids = _uuids()
        return self._uuids.pop()

    def hex(self, digits: int) -> str:
        """`digits` random lower-case hexadecimal characters."""
        start, end = self._used, self._used + digits
        if end > len(self._digits):  # the system is asked for many at once: every request takes some
            self._digits = os.urandom(max(_RANDOM_BYTES, digits)).hex()
            start, end = 0, digits
        self._used = end
        return self._digits[start:end]

    def fraction(self) -> float:
        """A number 0 <= x < 1 from the (optionally seeded) generator."""
        return self._random.random()


def _uuids() -> list[str]:
    drawn = int.from_bytes(os.urandom(16 * _AT_ONCE)) & _RANDOM_BITS | _VERSION_4
    return list(map("-".join, _GROUPS.findall(f"{drawn:0{32 * _AT_ONCE}x}")))
