"""What the services may ask of the pollers. The real ones are put together in `app.py`. Nothing here has behaviour."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence, Set
from enum import Enum
from typing import Protocol

import msgspec

from lambent.context import Context
from lambent.model.event_source import EventSourceMapping, SourceKind


class SourceRefused(Exception):
    """A source cannot be read as the mapping says; the text is for the client."""


class SourceFailed(Exception):
    """A source cannot be read now; the text is for the log, `result` what the mapping says of it."""

    def __init__(self, text: str, result: str) -> None:
        super().__init__(text)
        self.result = result


class Pollers(Protocol):
    """Reads the sources of mappings and invokes their functions."""

    @property
    def kinds(self) -> Set[SourceKind]:
        """Which sources can be read here."""
        ...

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """Raise SourceRefused unless the source is there, and fits a function that may run for `run_seconds`."""
        ...

    async def apply(self, mapping: EventSourceMapping) -> None:
        """From now on read as `mapping` says; if it is not enabled or being deleted, return once nothing of it runs."""
        ...

    def last_result(self, uuid: str) -> str:
        """What came of the last that a mapping read, since this server runs."""
        ...


class Source(Protocol):
    """How one kind of source is read."""

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """As `Pollers.probe`."""
        ...

    async def poll(self, mapping: EventSourceMapping, stop: asyncio.Event) -> None:
        """Read and invoke until `stop` is set, and then until what was read has been dealt with."""
        ...


class Result(Enum):
    """How an invocation that a poller asked for ended."""

    DONE = "done"
    FAILED = "failed"
    LATER = "later"
    """Not even begun: throttled, or the function cannot run now. Asking again may help."""


class Outcome(msgspec.Struct, frozen=True):
    """What a poller hears of an invocation; `payload` is the function's answer if it is done.

    `version` is what ran; `error` is `Handled` or `Unhandled` if that failed.
    """

    result: Result
    payload: bytes = b""
    request_id: str = ""
    version: str = ""
    error: str = ""


Told = Callable[[str, str], None]
"""(UUID of a mapping, what came of what it read last) -> nothing."""

NOTHING_YET, OK = "No records processed", "OK"
CALL_FAILED = "PROBLEM: Function call failed"
NO_CONNECTION = "PROBLEM: Connection error. Please check your event source connection configuration."


class Fed(Protocol):
    """The functions, as pollers see them. `app.py` fills it in from above."""

    async def context(self, mapping: EventSourceMapping) -> Context:
        """For calls in the name of the function's execution role. Raises ApiError if the function is not there."""
        ...

    async def invoke(self, mapping: EventSourceMapping, payload: bytes, traces: Sequence[str] = ()) -> Outcome:
        """Run the function with an event; `traces` are the trace headers of those who sent it, where known.

        Never raises for what a function, or its absence, may do.
        """
        ...
