"""A session with a runtime of our own over its private socket: one small state machine on a transport.

It must never trust the other end: the function's own code shares that process. Whatever breaks the
protocol ends the session, which the dispatcher sees as `Disconnected`; nothing else is harmed.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from enum import Enum, auto
from typing import Self, cast

import msgspec

from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api import faults, frames
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.frames import Frame, Kind, Violation
from lambent.runtime_api.session import (
    Disconnected,
    Failed,
    InitFailed,
    Initialized,
    InitOutcome,
    InvokeOutcome,
    Parked,
    Responded,
    RestoreFailed,
)

_LOG = logging.getLogger(__name__)
_JOIN_BELOW = 64 * 1024
"""Payloads below this many bytes are sent joined to their head; larger ones are not copied."""

_LONGEST_REASON = 256

_encode_meta = msgspec.json.Encoder().encode
_decode_response = msgspec.json.Decoder(frames.ResponseMeta).decode
_decode_error = msgspec.json.Decoder(frames.ErrorMeta).decode
_decode_init_error = msgspec.json.Decoder(frames.InitErrorMeta).decode
_decode_captured = msgspec.json.Decoder(frames.CapturedMeta).decode
_decode_too_large = msgspec.json.Decoder(frames.TooLargeMeta).decode
_decode_end = msgspec.json.Decoder(frames.EndMeta).decode


class _State(Enum):
    STARTING = auto()
    PARKED = auto()
    CAPTURING = auto()
    IDLE = auto()
    BUSY = auto()
    STREAMING = auto()
    ENDED = auto()


class FramedSession(asyncio.Protocol):
    """A `PromptSession` over a connected stream socket that speaks `runtime_api.frames`."""

    def __init__(self) -> None:
        self._state = _State.STARTING
        self._decoder = frames.Decoder()
        self._transport: asyncio.Transport | None = None
        self._current = ""
        # Kept, because asking for the running loop costs a system call (getpid) on CPython 3.11.
        self._loop = asyncio.get_running_loop()
        self._init: asyncio.Future[InitOutcome] = self._loop.create_future()
        self._answered: Callable[[InvokeOutcome], None] | None = None
        self.is_restored = False
        self.on_restored: Callable[[], None] = _nothing
        self._captured: asyncio.Future[str | None] = self._loop.create_future()
        self._stream: AnswerStream | None = None
        self._streamed: asyncio.Future[None] | None = None

    @classmethod
    async def connect(cls, channel: socket.socket) -> Self:
        """A session over `channel`, which it owns from now on."""
        channel.setblocking(False)
        _, session = await asyncio.get_running_loop().connect_accepted_socket(cls, channel)
        return session

    async def initialized(self) -> InitOutcome:
        """Wait for the first `next`, an init error, or the end of the connection."""
        return await asyncio.shield(self._init)

    async def proceed(self) -> InitOutcome:
        """See `RuntimeSession`. Raises PlatformError unless the runtime is parked."""
        self._tell_parked(Kind.PROCEED, _State.STARTING)
        if self._state is not _State.ENDED:
            self._init = self._loop.create_future()
        return await self.initialized()

    async def capture(self) -> str | None:
        """See `CapturableSession`. Raises PlatformError unless the runtime is parked."""
        self._tell_parked(Kind.CAPTURE, _State.CAPTURING)
        return await asyncio.shield(self._captured)

    def _tell_parked(self, kind: Kind, then: _State) -> None:
        if self._state is _State.ENDED or self._transport is None:
            self._init = self._loop.create_future()
            self._finish_init(Disconnected())
        elif self._state is not _State.PARKED:
            raise PlatformError(f"{kind.name} for a runtime that is {self._state.name.lower()}")
        else:
            self._state = then
            self._transport.write(frames.encode(kind, b"{}", 0))

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Hand over one invocation and wait for its answer.

        Raises PlatformError while another one runs or before INIT is over. If the wait is cancelled the
        runtime still runs; a late answer is dropped.
        """
        answer: asyncio.Future[InvokeOutcome] = self._loop.create_future()
        self.hand_over(invocation, lambda outcome: None if answer.done() else answer.set_result(outcome))
        return await answer

    def hand_over(self, invocation: Invocation, answered: Callable[[InvokeOutcome], None]) -> None:
        """See `PromptSession`. Raises as `invoke` does."""
        if self._state is _State.IDLE and self._transport is not None:
            self._state = _State.BUSY
            self._current = invocation.request_id
            self._answered = answered
            self._send(self._transport, invocation)
        elif self._state is _State.ENDED:
            answered(Disconnected())
        else:
            raise PlatformError(f"an invocation for a runtime that is {self._state.name.lower()}")

    @property
    def waits(self) -> bool:
        """See `PromptSession`."""
        return self._state is _State.IDLE

    async def idle(self) -> bool:
        """True once the runtime waits again: the end of its answer says so. False if it ended."""
        if self._streamed is not None:
            await asyncio.shield(self._streamed)
        if self._state is _State.BUSY or self._state is _State.STARTING:
            raise PlatformError(f"waiting for the next request of a runtime that is {self._state.name.lower()}")
        return self._state is _State.IDLE

    def close(self) -> None:
        """Drop the connection; whoever waits gets `Disconnected`."""
        self._end()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: the socket is ours."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """asyncio: bytes from the runtime."""
        if self._state is _State.ENDED:
            return
        try:
            for frame in self._decoder.feed(data):
                self._take(frame)
        except (Violation, msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            _LOG.warning("a runtime broke its protocol and is cut off: %s", error)
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: the runtime is gone, or we dropped it."""
        self._end()

    def _send(self, transport: asyncio.Transport, invocation: Invocation) -> None:
        payload = invocation.payload
        content_type = invocation.content_type
        meta = frames.InvokeMeta(
            invocation.request_id,
            invocation.deadline_ms,
            invocation.invoked_arn,
            invocation.trace_id,
            invocation.client_context,
            invocation.cognito_identity,
            invocation.tenant_id,
            None if content_type == "application/json" else content_type,
        )
        head = frames.encode(Kind.INVOKE, _encode_meta(meta), len(payload))
        if len(payload) < _JOIN_BELOW:
            transport.write(head + payload)
        else:
            transport.writelines((head, payload))

    def _take(self, frame: Frame) -> None:
        """One frame from the runtime; raises Violation for one that has no place in this state."""
        if frame.kind is Kind.RESPONSE and self._state is _State.BUSY:
            response = _decode_response(frame.meta)
            self._resolve(response.id, Responded(frame.payload, faults.content_type(response.content_type)))
            return
        match self._state, frame.kind:
            case _State.BUSY, Kind.ERROR:
                error = _decode_error(frame.meta)
                failed = Failed(FunctionError(faults.reported_type(error.type), frame.payload), error.xray)
                self._resolve(error.id, failed, final=error.final)
            case _State.BUSY, Kind.TOO_LARGE:
                too_large = _decode_too_large(frame.meta)
                self._resolve(too_large.id, faults.response_too_large(too_large.size))
            case _State.BUSY, Kind.STREAM:
                self._begin(_decode_response(frame.meta))
            case _State.STREAMING, Kind.CHUNK:
                self._feed(frame.payload)
            case _State.STREAMING, Kind.END:
                self._end_stream(_decode_end(frame.meta), frame.payload)
            case _State.STARTING, Kind.READY:
                self._state = _State.IDLE
                self._finish_init(Initialized())
            case _State.STARTING, Kind.PARKED:
                self._state = _State.PARKED
                self._finish_init(Parked())
            case _State.STARTING, Kind.RESTORED:
                self.is_restored = True
                self.on_restored()
            case _State.CAPTURING, Kind.CAPTURED:
                self._state = _State.PARKED
                self._finish_capture(_plain(_decode_captured(frame.meta).reason))
            case _State.STARTING, Kind.RESTORE_ERROR:
                restore_error = _decode_init_error(frame.meta)
                self._finish_init(RestoreFailed(FunctionError(faults.reported_type(restore_error.type), frame.payload)))
                self._end()
            case _State.STARTING, Kind.INIT_ERROR:
                init_error = _decode_init_error(frame.meta)
                self._finish_init(InitFailed(FunctionError(faults.reported_type(init_error.type), frame.payload)))
                self._end()
            case _State.ENDED, _:
                return
            case state, kind:
                raise Violation(f"{kind.name} from a runtime that is {state.name.lower()}")

    def _resolve(
        self, request_id: str, outcome: InvokeOutcome, *, final: bool = False, state: _State = _State.IDLE
    ) -> None:
        """The answer, or its beginning; `state` is the next one. After a `final` one there will be no other."""
        if request_id != self._current:
            raise Violation(f"an answer to {request_id[:64]!r} while {self._current} runs")
        self._state = state
        answered, self._answered = self._answered, None
        if final:
            self._end()
        if answered is not None:
            answered(outcome)

    def _begin(self, meta: frames.ResponseMeta) -> None:
        stream = self._stream = AnswerStream(faults.content_type(meta.content_type), self._read_on)
        self._streamed = self._loop.create_future()
        self._resolve(meta.id, stream, state=_State.STREAMING)

    def _feed(self, piece: bytes) -> None:
        if self._stream is not None and not self._stream.feed(piece) and self._transport is not None:
            self._transport.pause_reading()

    def _read_on(self) -> None:
        if self._state is not _State.ENDED and self._transport is not None:
            self._transport.resume_reading()

    def _end_stream(self, meta: frames.EndMeta, payload: bytes) -> None:
        if meta.id != self._current:
            raise Violation(f"the end of {meta.id[:64]!r} while {self._current} runs")
        self._state = _State.IDLE
        error = None if meta.type is None else FunctionError(faults.reported_type(meta.type), payload)
        self._finish_stream(StreamEnd(error))
        if meta.final:
            self._end()

    def _finish_stream(self, end: StreamEnd) -> None:
        stream, self._stream = self._stream, None
        streamed, self._streamed = self._streamed, None
        if stream is not None:
            stream.finish(end)
        if streamed is not None and not streamed.done():
            streamed.set_result(None)

    def _finish_init(self, outcome: InitOutcome) -> None:
        if not self._init.done():
            self._init.set_result(outcome)

    def _finish_capture(self, reason: str | None) -> None:
        if not self._captured.done():
            self._captured.set_result(reason)

    def _end(self) -> None:
        if self._state is _State.ENDED:
            return
        self._state = _State.ENDED
        self._finish_init(Disconnected())
        self._finish_capture(None)
        self._finish_stream(StreamEnd(cut=True))
        if self._transport is not None:
            self._transport.abort()
        answered, self._answered = self._answered, None
        if answered is not None:
            answered(Disconnected())


def _plain(reason: str) -> str:
    """Words of a function's process as one short line: they go to the platform's own log, too."""
    return "".join(letter if letter.isprintable() else " " for letter in reason[:_LONGEST_REASON])


def _nothing() -> None:
    """Nobody wants to know."""
