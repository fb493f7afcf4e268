"""The Runtime API of an environment that runs several invocations at once (managed instances).

Each of the runtime's workers asks for an event of its own, and answers by its id. There is no order between them, so
the state machine of one invocation after the other does not apply: an id is good from its delivery to its answer.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from lambent.http.message import Request, Response
from lambent.model.errors import PlatformError
from lambent.model.invocation import FunctionError, Invocation
from lambent.runtime_api import replies
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd
from lambent.runtime_api.http_api import LIMITS, Answer, HttpSession
from lambent.runtime_api.http_stream import HttpStream, is_streaming
from lambent.runtime_api.machine import Event, NotAllowed, State
from lambent.runtime_api.session import Disconnected, Initialized, InitOutcome, InvokeOutcome

_CONNECTIONS_A_WORKER = 2


class SharedSession(HttpSession):
    """See the module. `invoke` may be called while others run; `concurrency` is how many workers there may be."""

    def __init__(self, concurrency: int = 1) -> None:
        super().__init__()
        self.connections = LIMITS.connections + concurrency * _CONNECTIONS_A_WORKER
        self._queue: deque[Invocation] = deque()
        self._delivered: set[str] = set()
        self._streams: set[AnswerStream] = set()
        self._answers: dict[str, asyncio.Future[InvokeOutcome]] = {}

    async def invoke(self, invocation: Invocation) -> InvokeOutcome:
        """Hand it to the first worker that asks, and wait for its answer.

        Raises PlatformError for an id that is still in work: a retry of what nobody waits for any more.
        """
        if self._ended:
            return Disconnected()
        request_id = invocation.request_id
        if request_id in self._answers:
            raise PlatformError(f"invocation {request_id} still runs")
        answer: asyncio.Future[InvokeOutcome] = asyncio.get_running_loop().create_future()
        self._answers[request_id] = answer
        self._queue.append(invocation)
        self._wake()
        return await answer

    async def idle(self) -> bool:
        """There is always a worker that waits, or will: False only if the session ended."""
        return not self._ended

    def close(self) -> None:
        """Fail what waits with `Disconnected`. Idempotent."""
        if self._ended:
            return
        super().close()
        self._queue.clear()
        for stream in self._streams:
            stream.finish(StreamEnd(cut=True))
        for request_id in list(self._answers):
            self._answer_with(request_id, Disconnected())
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)

    async def _next(self, request: Request) -> Response:
        if not self._init.done():
            self._init.set_result(Initialized())
        while not self._queue:
            if not await self._wait(request):
                self._wake()  # this one may have been woken for an event that another one should get now
                return replies.internal_error()
        invocation = self._queue.popleft()
        self._delivered.add(invocation.request_id)
        return replies.event(invocation)

    def _wake(self) -> None:
        """One event is one worker's."""
        waiter = next((waiter for waiter in self._waiting if not waiter.done()), None)
        if self._queue and waiter is not None:
            waiter.set_result(None)

    async def _take_answer(self, request: Request, request_id: str, event: Event, read: Answer) -> Response:
        if request_id not in self._delivered:
            return replies.invalid_request_id()
        self._delivered.remove(request_id)
        if event is Event.RESPONSE and is_streaming(request):
            return await self._take_stream(request, request_id)
        outcome, response = await self._received(request, event, read)
        self._answer_with(request_id, outcome)
        return response

    async def _take_stream(self, request: Request, request_id: str) -> Response:
        pipe = HttpStream(request)
        self._streams.add(pipe.stream)
        self._answer_with(request_id, pipe.stream)
        try:
            return await pipe.receive()
        finally:
            self._streams.discard(pipe.stream)

    async def _report(self, request: Request, event: Event, made: Callable[[FunctionError], InitOutcome]) -> Response:
        """The first worker's error counts; the others fail for the same reason."""
        if self._init.done():
            raise NotAllowed(State.READY, event)
        return await super()._report(request, event, made)

    def _answer_with(self, request_id: str, outcome: InvokeOutcome) -> None:
        answer = self._answers.pop(request_id, None)
        if answer is not None and not answer.done():
            answer.set_result(outcome)
