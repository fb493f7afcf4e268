"""One admitted invocation, from its admission to its answer. It runs nothing."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from typing import Protocol

from lambent.context import Clock, Ids
from lambent.invoke import errors
from lambent.invoke.admission import Admission
from lambent.invoke.base import InvokeRequest
from lambent.invoke.ending import Ending
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.invoke.trace import ACTIVE, SAMPLED, adopted, trace_header
from lambent.invoke.witness import Samples, traces_nothing
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation, InvocationResult

_log = logging.getLogger(__name__)


class Call:
    """See the module. Its answer is given once, and what it was counted for is given back with it.

    The answer comes through `stream`, if there is one, else through the future `answer`.
    """

    __slots__ = ("_admission", "_open", "answer", "function", "request", "request_id", "stream")

    def __init__(
        self,
        request_id: str,
        function: FunctionVersion,
        request: InvokeRequest,
        admission: Admission,
        stream: StreamedAnswer | None = None,
    ) -> None:
        self.request_id = request_id
        self.function = function
        self.request = request
        self.stream = stream
        self.answer: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()
        self._admission = admission
        self._open = True

    def succeed(self, result: InvocationResult, *, done: bool = True) -> None:
        """The answer, unless nobody waits for it any more. If not `done`, the invocation runs on: `close` follows."""
        if done:
            self.close()
        if self.stream is not None:
            self.stream.end(result)
        elif not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: BaseException) -> None:
        """No answer: an ApiError or PlatformError as it is, anything else is our mistake."""
        if not isinstance(error, ApiError | PlatformError):
            _log.error("invocation %s of %s failed", self.request_id, self.function.arn, exc_info=error)
            error = PlatformError(f"invocation {self.request_id}: {error!r}")
        self.close()
        if self.stream is not None:
            self.stream.fail(error)
        elif not self.answer.done():
            self.answer.set_exception(error)

    def close(self) -> None:
        """It runs no more. Idempotent."""
        if self._open:
            self._open = False
            self._admission.release(self.function)


class Sources(Protocol):
    """Where new trace ids come from: a request's context, or a dispatcher."""

    @property
    def clock(self) -> Clock: ...

    @property
    def ids(self) -> Ids: ...


def invocation(
    request_id: str,
    function: FunctionVersion,
    request: InvokeRequest,
    now: float,
    sources: Sources,
    samples: Samples = traces_nothing,
) -> Invocation:
    """What the runtime is handed. `now`: seconds since the epoch by the clock that functions read.

    `samples` decides whether a request to an actively traced function is traced that nobody has decided on.
    """
    came, upstream, traced = request.trace_id, None, False
    if function.tracing != ACTIVE:
        header = trace_header(came, sources.clock.now(), sources.ids, request.lineage)
    else:
        decide = partial(samples, function)
        header = trace_header(came, sources.clock.now(), sources.ids, request.lineage, samples=decide)
        if traced := SAMPLED in header:
            header, upstream = adopted(header, came, sources.ids)
    return Invocation(
        request_id=request_id,
        payload=request.payload,
        deadline_ms=int((now + function.timeout) * 1000),
        invoked_arn=request.invoked_arn,
        trace_id=header,
        traced=traced,
        upstream=upstream,
        links=request.links,
        accepted=request.accepted,
        attempt=request.attempt,
        client_context=request.client_context,
        cognito_identity=request.cognito_identity,
        tenant_id=request.tenant_id,
    )


def result(function: FunctionVersion, invocation: Invocation, ending: Ending) -> InvocationResult:
    """What the caller gets."""
    return InvocationResult(
        payload=ending.payload,
        executed_version=function.version,
        function_error=None if ending.status == "success" else errors.UNHANDLED,
        trace_id=invocation.trace_id,
    )
