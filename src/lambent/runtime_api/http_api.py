"""The Runtime API: a session with any runtime that speaks HTTP, on a listening socket in its environment.

Whatever is inside the environment may call it, so every request is checked against the state machine and
the id of the invocation that runs; a refusal changes nothing. Timeouts belong to the dispatcher: a
runtime that is frozen keeps its connections however long that takes.
"""

from __future__ import annotations

import asyncio
import logging
import math
import socket
from collections.abc import Awaitable, Callable
from typing import Self

from lambent.http.body import RequestError
from lambent.http.limits import KIB, MIB, Limits
from lambent.http.message import Request, Response
from lambent.http.server import Server
from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api import faults, replies
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.frames import MAX_PAYLOAD
from lambent.runtime_api.http_stream import (
    CAUSE,
    ERROR_TYPE,
    RESPONSE_MODE,
    HttpStream,
    content_type,
    is_streaming,
    trailing_error,
)
from lambent.runtime_api.machine import Event, Machine, NotAllowed, State
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
    WholeOutcome,
)

_LOG = logging.getLogger(__name__)

LIMITS = Limits(
    header_bytes=2 * MIB,  # an X-Ray cause is up to 1 MiB
    body_bytes=MAX_PAYLOAD,
    buffer_bytes=256 * KIB,
    connections=64,
    header_seconds=math.inf,
    idle_seconds=math.inf,
    body_seconds=math.inf,
    write_seconds=math.inf,
)
"""For every API that is served in an environment: frozen, it keeps its connections however long that takes."""

_BASE = "/2018-06-01"
_INVOCATION = f"{_BASE}/runtime/invocation/"
_NEXT = f"{_INVOCATION}next"
_OTHERS = (f"{_BASE}/runtime/init/error", f"{_BASE}/ping", "/ping")

Answer = Callable[[Request], Awaitable[WholeOutcome]]


class HttpSession:
    """A `RuntimeSession` over the Runtime API of 2018-06-01, served by its own server (`listen`) or by a door.

    `restores`: its runtime may ask for `restore/next` (SnapStart).
    """

    connections = LIMITS.connections
    """How many its environment may have."""

    def __init__(self, *, restores: bool = False) -> None:
        self._restores = restores
        self._machine = Machine()
        self._server: Server | None = None
        self._ended = False
        self._closing: asyncio.Task[None] | None = None
        self._current: Invocation | None = None
        self._pending: Invocation | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self._asked = asyncio.Event()
        self._init: asyncio.Future[InitOutcome] = asyncio.get_running_loop().create_future()
        self._answer: asyncio.Future[InvokeOutcome] | None = None
        self._stream: AnswerStream | None = None

    @classmethod
    async def listen(cls, listener: socket.socket) -> Self:
        """A session that alone is served on a listening socket, which stays the caller's."""
        session = cls()
        session._server = server = Server(session.handle, limits=LIMITS)
        await server.listen_socket(listener.dup(), connections=LIMITS.connections)
        return session

    async def initialized(self) -> InitOutcome:
        """Wait for the first `next`, an init error, or `close`."""
        return await asyncio.shield(self._init)

    async def proceed(self) -> InitOutcome:
        """See `RuntimeSession`. Raises PlatformError unless the runtime is parked."""
        if not self._ended:
            try:
                self._machine.take(Event.PROCEED)
            except NotAllowed as error:
                raise PlatformError(str(error)) from error
            self._init = asyncio.get_running_loop().create_future()
            self._wake()
        return Disconnected() if self._ended else await self.initialized()

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Hand over one invocation as soon as the runtime asks, and wait for its answer.

        Raises PlatformError while another one runs or before INIT is over.
        """
        if self._ended:
            return Disconnected()
        if self._machine.state not in (State.READY, State.RESPONSE_SENT) or self._pending is not None:
            raise PlatformError(f"an invocation for a runtime that is {self._machine.state}")
        self._pending = invocation
        answer: asyncio.Future[InvokeOutcome] = asyncio.get_running_loop().create_future()
        self._answer = answer
        self._wake()
        return await answer

    async def idle(self) -> bool:
        """Wait until the runtime asks for its next event; False if the session ended instead."""
        await self._asked.wait()
        return not self._ended

    def close(self) -> None:
        """Fail what waits with `Disconnected`. If it has a server of its own, that stops: `closed` waits for it."""
        if self._ended:
            return
        self._ended = True
        if not self._init.done():
            self._init.set_result(Disconnected())
        self._finish(Disconnected())
        if self._stream is not None:
            self._stream.finish(StreamEnd(cut=True))
        self._asked.set()
        self._wake()
        if self._server is not None:
            self._closing = asyncio.ensure_future(self._server.drain(0.0))
            self._closing.add_done_callback(_log_failure)

    async def closed(self) -> None:
        """Wait until nothing of a closed session is left."""
        if self._closing is not None:
            await asyncio.shield(self._closing)

    async def handle(self, request: Request) -> Response:
        """Answer one request of the runtime."""
        if self._ended:
            return replies.internal_error()
        try:
            return await self._route(request)
        except NotAllowed as refusal:
            return replies.forbidden(str(refusal))

    async def _route(self, request: Request) -> Response:
        match request.method, request.path:
            case "GET", "/2018-06-01/runtime/invocation/next":
                return await self._next(request)
            case "POST", "/2018-06-01/runtime/init/error":
                return await self._report(request, Event.INIT_ERROR, InitFailed)
            case "GET", "/2018-06-01/runtime/restore/next" if self._restores:
                return await self._restore_next(request)
            case "POST", "/2018-06-01/runtime/restore/error" if self._restores:
                return await self._report(request, Event.RESTORE_ERROR, RestoreFailed)
            case "GET", "/ping" | "/2018-06-01/ping":
                return replies.pong()
            case method, path if path.startswith(_INVOCATION):
                request_id, _, last = path.removeprefix(_INVOCATION).partition("/")
                answers: dict[str, tuple[Event, Answer]] = {
                    "response": (Event.RESPONSE, self._read_response),
                    "error": (Event.ERROR, self._read_error),
                }
                if method == "POST" and last in answers:
                    return await self._take_answer(request, request_id, *answers[last])
                return replies.not_allowed() if last in answers or path == _NEXT else replies.not_found()
        return replies.not_allowed() if request.path in _OTHERS else replies.not_found()

    async def _next(self, request: Request) -> Response:
        left = self._machine.take(Event.NEXT)
        if left is State.RUNNING and self._current is not None:
            return replies.event(self._current)
        if left in (State.STARTED, State.RESTORING) and not self._init.done():
            self._init.set_result(Initialized())
        if left is State.RESPONSE_SENT:
            self._current = None
        self._asked.set()
        while self._pending is None or self._machine.state is not State.READY:
            if not await self._wait(request):
                return replies.internal_error()
        self._machine.take(Event.DELIVERED)
        self._current, self._pending = self._pending, None
        self._asked.clear()
        return replies.event(self._current)

    async def _wait(self, request: Request) -> bool:
        """Wait for something to deliver; False if the client has gone or the session has ended."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await asyncio.wait({waiter, request.disconnected}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._waiting.remove(waiter)
        return not self._ended and not request.disconnected.done()

    def _wake(self) -> None:
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def _take_answer(self, request: Request, request_id: str, event: Event, read: Answer) -> Response:
        if self._current is None or request_id != self._current.request_id:
            return replies.invalid_request_id()
        self._machine.take(event)
        if event is Event.RESPONSE and is_streaming(request):
            response = await self._stream_response(request)
            self._machine.take(Event.SENT)
            return response
        outcome, response = await self._received(request, event, read)
        self._machine.take(Event.SENT)
        self._finish(outcome)
        return response

    async def _received(self, request: Request, event: Event, read: Answer) -> tuple[WholeOutcome, Response]:
        """What the runtime answered, unless it streams, and what it is told about that."""
        if event is Event.RESPONSE and RESPONSE_MODE in request.headers:
            outcome: WholeOutcome = faults.invalid_response_mode()
            response = replies.invalid_response_mode()
        else:
            try:
                outcome = await read(request)
                response = replies.accepted()
            except _TooLarge as error:
                outcome, response = faults.response_too_large(error.size), replies.too_large(MAX_PAYLOAD)
            except RequestError:
                outcome, response = faults.truncated_response(), replies.truncated()
        return outcome, response

    async def _stream_response(self, request: Request) -> Response:
        """Pass an answer on as it comes; returns the runtime's answer to it."""
        pipe = HttpStream(request)
        self._stream = pipe.stream
        self._finish(pipe.stream)
        response = await pipe.receive()
        self._stream = None
        return response

    async def _read_response(self, request: Request) -> WholeOutcome:
        payload = await _read(request)
        if (error := trailing_error(request)) is not None:
            return Failed(error)
        return Responded(payload, content_type(request))

    async def _read_error(self, request: Request) -> WholeOutcome:
        error = FunctionError(faults.header_type(request.headers.get(ERROR_TYPE)), await _read(request))
        return Failed(error, request.headers.get(CAUSE))

    async def _restore_next(self, request: Request) -> Response:
        """Park the runtime until it may proceed."""
        self._machine.take(Event.RESTORE_NEXT)
        if not self._init.done():
            self._init.set_result(Parked())
        while self._machine.state is State.RESTORE_READY:
            if not await self._wait(request):
                return replies.internal_error()
        return replies.proceed()

    async def _report(self, request: Request, event: Event, made: Callable[[FunctionError], InitOutcome]) -> Response:
        """An error that comes before the first event."""
        self._machine.take(event)
        try:
            payload = await _read(request)
        except _TooLarge as error:
            payload = faults.response_too_large(error.size).error.payload
        except RequestError:
            payload = faults.truncated_response().error.payload
        if not self._init.done():
            self._init.set_result(made(FunctionError(faults.header_type(request.headers.get(ERROR_TYPE)), payload)))
        return replies.accepted()

    def _finish(self, outcome: InvokeOutcome) -> None:
        answer, self._answer = self._answer, None
        if answer is not None and not answer.done():
            answer.set_result(outcome)


class _TooLarge(Exception):
    """A body of more than MAX_PAYLOAD bytes; `size` is how many it had."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


async def _read(request: Request) -> bytes:
    """The body; one that is too large is read to its end, so that the client hears why.

    Raises _TooLarge, RequestError.
    """
    length = request.content_length
    if length is not None and length <= MAX_PAYLOAD:
        return await request.read(MAX_PAYLOAD)
    pieces: list[bytes] = []
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size <= MAX_PAYLOAD:
            pieces.append(piece)
        else:
            pieces.clear()
    if size > MAX_PAYLOAD:
        raise _TooLarge(size)
    return b"".join(pieces)


def _log_failure(closing: asyncio.Task[None]) -> None:
    if not closing.cancelled() and (error := closing.exception()) is not None:
        _LOG.error("closing a Runtime API failed", exc_info=error)
