"""The conversation with one runtime process, whatever it speaks.

Two implementations: `framed` (managed Python, a private socket) and `http_api` (the Runtime API).
Each is an explicit state machine over the transport; neither knows pools, logs or billing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import msgspec

from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api.answer_stream import AnswerStream


class Initialized(msgspec.Struct, frozen=True):
    """The runtime asked for its first invocation: INIT is over."""


class InitFailed(msgspec.Struct, frozen=True):
    """The runtime reported an init error (`payload` is its JSON), or broke off before its first `next`."""

    error: FunctionError


class RestoreFailed(msgspec.Struct, frozen=True):
    """An after-restore hook has failed (`error` is what the runtime reported)."""

    error: FunctionError


class Parked(msgspec.Struct, frozen=True):
    """The function is loaded, its before-snapshot hooks have run: the runtime waits for `proceed`, or a capture."""


class Responded(msgspec.Struct, frozen=True):
    """The runtime answered: exactly the bytes it sent."""

    payload: bytes
    content_type: str = "application/json"


class Failed(msgspec.Struct, frozen=True):
    """The runtime reported a handler error, or sent an answer that the platform refuses (too large). `cause` is the
    error as X-Ray is told of it: JSON, if the runtime sent it."""

    error: FunctionError
    cause: str | None = None


class Disconnected(msgspec.Struct, frozen=True):
    """The runtime went away without an answer; the exit status says why."""


InitOutcome = Initialized | InitFailed | RestoreFailed | Parked | Disconnected
WholeOutcome = Responded | Failed | Disconnected
InvokeOutcome = WholeOutcome | AnswerStream
"""A stream is an answer that has begun: the invocation lasts until the runtime has ended it."""


class RuntimeSession(Protocol):
    """One runtime process from its start to its end."""

    async def initialized(self) -> InitOutcome:
        """Wait for the end of INIT: the first `next`, an init error, or the end of the process; `Parked` before."""
        ...

    async def proceed(self) -> InitOutcome:
        """Let a parked runtime go on with its after-restore hooks, and wait for the end of INIT."""
        ...

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Hand over one invocation and wait for its answer, or for the beginning of one that comes in pieces.

        One at a time; PlatformError otherwise.
        """
        ...

    async def idle(self) -> bool:
        """Wait until the runtime asks for the next invocation after an answer; False if it ended instead."""
        ...

    def close(self) -> None:
        """Drop the connection and fail what waits with `Disconnected`. Idempotent."""
        ...


@runtime_checkable
class CapturableSession(RuntimeSession, Protocol):
    """A session whose runtime can write itself down, or was restored from what another one has written."""

    on_restored: Callable[[], None]
    """Called as soon as a restored runtime runs: its after-restore hooks come next."""

    is_restored: bool
    """Whether it runs already."""

    async def capture(self) -> str | None:
        """Have a parked runtime captured: empty if it was, else the reason; None if it has ended meanwhile."""
        ...


@runtime_checkable
class PromptSession(RuntimeSession, Protocol):
    """A session whose runtime does nothing between its answer and its next request: nobody has to wait in a task."""

    @property
    def waits(self) -> bool:
        """True while the runtime waits for an invocation."""
        ...

    def hand_over(self, invocation: Invocation, answered: Callable[[InvokeOutcome], None]) -> None:
        """`invoke` without a task: `answered` is called once, from within the event loop or at once."""
        ...
