"""The way of a streamed answer from its runtime to whoever asked, within AWS's size and speed.

It knows no pool, no log and no protocol. A receiver that is slow holds the runtime back; one that has gone does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Protocol, Self

from lambent.context import Clock
from lambent.invoke.bandwidth import Bandwidth
from lambent.model.invocation import Invocation
from lambent.runtime_api import faults
from lambent.runtime_api.answer_stream import AnswerStream
from lambent.runtime_api.frames import MAX_PAYLOAD
from lambent.runtime_api.session import (
    Disconnected,
    Failed,
    InvokeOutcome,
    Responded,
    RuntimeSession,
    WholeOutcome,
)
from lambent.settings import Settings

_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class StreamRules:
    """What a streamed answer may be: `limit_bytes` long, `burst_bytes` of it at any speed, then `bytes_per_second`."""

    limit_bytes: int
    burst_bytes: int
    bytes_per_second: float

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The configured ones."""
        return cls(
            int(settings.stream_limit_mb * _MEBIBYTE),
            int(settings.stream_burst_mb * _MEBIBYTE),
            settings.stream_mb_per_second * _MEBIBYTE,
        )


class Sink(Protocol):
    """Who asked for an answer, as its courier sees them."""

    limit: int | None
    """How many bytes they may get, at any speed; None for what the rules say."""

    def begin(self, content_type: str) -> None:
        """There will be an answer."""
        ...

    async def write(self, piece: bytes) -> None:
        """Some of it. Waits while they are slow; at once if they have gone."""
        ...

    def whole(self) -> bytes:
        """What they have kept of it, to be answered at its end."""
        ...


class Collector:
    """For who asked for a whole answer: what their function streams is put together."""

    limit: int | None = MAX_PAYLOAD

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def begin(self, content_type: str) -> None:
        """Nothing to do before the end."""

    async def write(self, piece: bytes) -> None:
        """Keep it."""
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """All of it."""
        return b"".join(self._pieces)


class Courier:
    """Carries answers, one at a time. `size`: bytes of the last one so far; None if it did not come in pieces."""

    def __init__(self, rules: StreamRules, clock: Clock) -> None:
        self.size: int | None = None
        self.began = 0.0
        """When the last answer began, in the clock's monotonic seconds."""
        self._rules = rules
        self._clock = clock
        self._bandwidth = Bandwidth(rules.burst_bytes, rules.bytes_per_second, 0.0)
        self._refused: AnswerStream | None = None
        self._work: asyncio.Task[None] | None = None

    async def fetch(self, session: RuntimeSession, invocation: Invocation, sink: Sink | None) -> WholeOutcome:
        """Invoke, and see to the answer as `deliver` does."""
        return await self.deliver(await session.invoke(invocation), sink)

    async def deliver(self, outcome: InvokeOutcome, sink: Sink | None) -> WholeOutcome:
        """An answer in pieces is carried to `sink`, or put together for lack of one; any other stays as it is."""
        if isinstance(outcome, AnswerStream):
            return await self.carry(outcome, sink or Collector())
        self.size = None
        return outcome

    async def carry(self, stream: AnswerStream, sink: Sink) -> WholeOutcome:
        """Hand an answer over, to its end or to the limit; never a stream. After the limit, `drain` follows."""
        rules = self._rules
        self.began = self._clock.monotonic()
        self.size = 0
        self._bandwidth = Bandwidth(rules.burst_bytes, rules.bytes_per_second, self._clock.now())
        if stream.end is not None and stream.end.cut:  # its time was over before anybody could hear of it
            return Disconnected()
        limit = rules.limit_bytes if sink.limit is None else sink.limit
        sink.begin(stream.content_type)
        if not await self._uncut(self._hand_over(stream, sink, limit)):
            return Disconnected()
        if stream.refused is not None:
            return faults.response_too_large(self.size or 0, limit)
        end = stream.end
        if end is None or end.cut:
            return Disconnected()
        return Responded(sink.whole(), stream.content_type) if end.error is None else Failed(end.error)

    async def drain(self) -> None:
        """Wait until the runtime has said all of an answer that was too long. Nobody gets it, at the same speed."""
        stream, self._refused = self._refused, None
        if stream is not None:
            await self._uncut(self._throw_away(stream))

    def cut(self) -> None:
        """The time for it is over: whoever waits need not."""
        if self._work is not None:
            self._work.cancel()

    async def _hand_over(self, stream: AnswerStream, sink: Sink, limit: int) -> None:
        size = 0
        while (piece := await stream.take()) is not None:
            size = self.size = size + len(piece)
            if size > limit:
                self._refused = stream
                stream.refuse(limit)
                return
            if sink.limit is None:
                await self._pace(len(piece))
            await sink.write(piece)

    async def _throw_away(self, stream: AnswerStream) -> None:
        while (piece := await stream.take()) is not None:
            await self._pace(len(piece))

    async def _pace(self, size: int) -> None:
        wait = self._bandwidth.take(size, self._clock.now())
        if wait > 0:
            await self._clock.sleep(wait)

    async def _uncut(self, work: Coroutine[Any, Any, None]) -> bool:
        """Do it, unless it is cut: then False."""
        task = self._work = asyncio.get_running_loop().create_task(work)
        try:
            await asyncio.wait({task})
        finally:
            self._work = None
            task.cancel()
        if task.cancelled():
            return False
        task.result()
        return True
