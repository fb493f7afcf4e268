"""What functions add to traces: their own segments, and those by which Lambda accounts for its time.

Lambda's are of functions that are traced actively, and of requests that are sampled; in pass-through mode a function's
own segments hang where the caller's did. Everything is sent in the function's name: a role that may not, sends nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

import msgspec

from lambent.context import Clock, Ids
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Ended
from lambent.observe.flusher import Flusher
from lambent.observe.traces.documents import documents, refused

SEND_SECONDS = 1.0
AT_ONCE = 50
"""Documents of one PutTraceSegments."""

MOST_OF_FUNCTION = 5000
"""Documents of one function that may wait; more are dropped."""

Send = Callable[[FunctionVersion, Sequence[str]], Awaitable[None]]
"""Puts segment documents in the name of a function. Raises ApiError, PlatformError."""

_encode = msgspec.json.Encoder().encode
_LOG = logging.getLogger(__name__)


class FunctionTraces:
    """The `invoke.witness.Witness` of traces. Open it with `async with`; leaving it drops what still waits."""

    def __init__(self, ids: Ids, clock: Clock) -> None:
        self._ids = ids
        self._clock = clock
        self._waiting: dict[str, tuple[FunctionVersion, list[str]]] = {}
        self._flusher = Flusher(self.flush, SEND_SECONDS, "traces of functions")
        self._send: Send | None = None
        self._refused: set[str] = set()
        """Functions whose role may not, told once in the log."""

    def open_to(self, send: Send) -> None:
        """From now on segments can be sent: X-Ray is made after this."""
        self._send = send

    async def __aenter__(self) -> Self:
        await self._flusher.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._send = None  # nobody is there any more to take them
        await self._flusher.__aexit__(*exc)

    def add(self, function: FunctionVersion, document: str) -> None:
        """A segment of a function's, as it sent it."""
        _, held = self._waiting.setdefault(function.arn, (function, []))
        if len(held) < MOST_OF_FUNCTION:
            held.append(document)
            self._flusher.wake()

    def ended(self, ended: Ended) -> None:
        """An invocation is over."""
        function, invocation = ended.function, ended.invocation
        if invocation.traced:
            for document in documents(ended, self._ids):
                self.add(function, _encode(document).decode())

    def throttled(self, function: FunctionVersion, invoked_arn: str, trace_id: str | None = None) -> None:
        """What never ran has left no time to account for, but who has asked is told so."""
        if function.tracing != "Active" or trace_id is None:
            return
        document = refused(function, invoked_arn, trace_id, self._clock.now(), self._ids)
        if document is not None:
            self.add(function, _encode(document).decode())

    def provisioned(self, arn: str, shares: Sequence[tuple[FunctionVersion, int]]) -> None:
        """No matter of traces."""

    async def flush(self) -> None:
        """Send what waits. Never raises for what X-Ray says."""
        waiting, self._waiting = self._waiting, {}
        for function, held in waiting.values():
            for start in range(0, len(held), AT_ONCE):
                await self._put(function, held[start : start + AT_ONCE])

    async def _put(self, function: FunctionVersion, documents: Sequence[str]) -> None:
        if self._send is None:
            return
        try:
            await self._send(function, documents)
        except (ApiError, PlatformError) as error:
            if function.arn not in self._refused:
                self._refused.add(function.arn)
                _LOG.warning("traces of %s are lost: %s", function.arn, error)
        else:
            self._refused.discard(function.arn)
