"""An answer in pieces, between the session that receives it and the platform that takes it: bounded, in memory, no I/O.

One side feeds, one side takes. It keeps at most what was fed until the feeder was told to wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec

from lambent.model.invocation import FunctionError

HOLD_BACK_BYTES = 256 * 1024
"""With this much untaken, whoever feeds is told to wait."""


class StreamEnd(msgspec.Struct, frozen=True):
    """How an answer in pieces ended: whole, with the function's `error`, or `cut` off with its runtime."""

    error: FunctionError | None = None
    cut: bool = False


class AnswerStream:
    """See the module. `resume` is called when a feeder that was told to wait may go on, or need not."""

    def __init__(self, content_type: str, resume: Callable[[], None]) -> None:
        self.content_type = content_type
        self.end: StreamEnd | None = None
        """Set once nothing more will be fed; what was fed before may still be taken."""
        self.refused: int | None = None
        """Set once the platform wants no more of it: how many bytes there may be."""
        self._resume = resume
        self._pieces: list[bytes] = []
        self._size = 0
        self._waiter: asyncio.Future[None] | None = None

    def feed(self, piece: bytes) -> bool:
        """Session: a piece has come. False: there is enough, wait until `resume`."""
        if self.end is None and piece:
            self._pieces.append(piece)
            self._size += len(piece)
            self._wake()
        return self._size < HOLD_BACK_BYTES

    def finish(self, end: StreamEnd) -> None:
        """Session: there will be no more. Only the first call counts."""
        if self.end is None:
            self.end = end
            self._wake()
            self._resume()

    def refuse(self, limit: int) -> None:
        """Platform: it is longer than `limit` bytes, the rest is not wanted. It may come nevertheless, to be taken."""
        self.refused = limit
        self._resume()

    async def take(self) -> bytes | None:
        """Platform: all that has come since the last time, at least one byte; None at the end, which `end` tells."""
        while not self._pieces:
            if self.end is not None:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        taken = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        held_back = self._size >= HOLD_BACK_BYTES
        self._pieces.clear()
        self._size = 0
        if held_back:
            self._resume()
        return taken

    def _wake(self) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is not None and not waiter.done():
            waiter.set_result(None)
