"""A streamed answer as its caller gets it: pieces as they come, and then how the invocation ended.

Between one writer (the environment's courier) and one reader. It holds one piece: who is slow is waited for, who has
left is not. It knows nothing of sizes, speeds and protocols.
"""

from __future__ import annotations

import asyncio
from typing import Self

from lambent.model.invocation import InvocationResult


class StreamedAnswer:
    """See the module. An asynchronous iterator of pieces; `result` is there once they have ended.

    If the invocation failed, `result.payload` is the error; else it has no payload.
    """

    limit: int | None = None

    def __init__(self, executed_version: str) -> None:
        self.executed_version = executed_version
        self.trace_id: str | None = None
        self.content_type = "application/json"
        self.result: InvocationResult | None = None
        self._begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._error: BaseException | None = None
        self._piece: bytes | None = None
        self._left = False
        self._changed: asyncio.Future[None] | None = None

    # The writer's side.

    def begin(self, content_type: str) -> None:
        """The function has begun to answer."""
        self.content_type = content_type
        self._start()

    async def write(self, piece: bytes) -> None:
        """One more piece, as soon as the one before was taken. Nothing after the end."""
        while self._piece is not None and not self._over:
            await self._change()
        if not self._over:
            self._piece = piece
            self._notify()

    def whole(self) -> bytes:
        """Nothing is kept."""
        return b""

    def end(self, result: InvocationResult) -> None:
        """How it ended. The payload of a success is its only piece."""
        if self.result is not None:
            return
        if result.function_error is None and result.payload and not self._left:
            self._piece = result.payload
        self.result = result
        self._start()
        self._notify()

    def fail(self, error: BaseException) -> None:
        """There is no answer, or no end of it."""
        if self._begun.done():
            self._error = error
            self._notify()
        else:
            self._begun.set_exception(error)

    # The reader's side.

    async def begun(self) -> Self:
        """Wait until there is something to tell. Raises what kept it from being."""
        try:
            await self._begun
        except asyncio.CancelledError:
            await self.aclose()
            raise
        return self

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next piece. Raises PlatformError if there will be no end."""
        while self._piece is None:
            if self._error is not None:
                raise self._error
            if self.result is not None or self._left:
                raise StopAsyncIteration
            await self._change()
        piece, self._piece = self._piece, None
        self._notify()
        return piece

    async def aclose(self) -> None:
        """The reader has gone: the function goes on, for nobody. Idempotent."""
        self._left = True
        self._piece = None
        self._notify()

    @property
    def _over(self) -> bool:
        return self._left or self.result is not None or self._error is not None

    def _start(self) -> None:
        if not self._begun.done():
            self._begun.set_result(None)

    async def _change(self) -> None:
        """Wait until the other side has done something."""
        if self._changed is None or self._changed.done():
            self._changed = asyncio.get_running_loop().create_future()
        await self._changed

    def _notify(self) -> None:
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)
