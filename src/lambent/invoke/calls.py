"""One admitted invocation, from its admission to its answer. It runs nothing."""

from __future__ import annotations

import asyncio
import logging

from lambent.invoke.admission import Admission
from lambent.invoke.base import InvokeRequest
from lambent.model.errors import ApiError, PlatformError
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult

_log = logging.getLogger(__name__)


class Call:
    """See the module. Its answer is given once, and what it was counted for is given back with it."""

    __slots__ = ("_admission", "_open", "answer", "function", "request", "request_id")

    def __init__(
        self, request_id: str, function: FunctionVersion, request: InvokeRequest, admission: Admission
    ) -> None:
        self.request_id = request_id
        self.function = function
        self.request = request
        self.answer: asyncio.Future[InvocationResult] = asyncio.get_running_loop().create_future()
        self._admission = admission
        self._open = True

    def succeed(self, result: InvocationResult, *, done: bool = True) -> None:
        """The answer, unless nobody waits for it any more. If not `done`, the invocation runs on: `close` follows."""
        if done:
            self.close()
        if not self.answer.done():
            self.answer.set_result(result)

    def fail(self, error: BaseException) -> None:
        """No answer: an ApiError or PlatformError as it is, anything else is our mistake."""
        if not isinstance(error, ApiError | PlatformError):
            _log.error("invocation %s of %s failed", self.request_id, self.function.arn, exc_info=error)
            error = PlatformError(f"invocation {self.request_id}: {error!r}")
        self.close()
        if not self.answer.done():
            self.answer.set_exception(error)

    def close(self) -> None:
        """It runs no more. Idempotent."""
        if self._open:
            self._open = False
            self._admission.release(self.function)
