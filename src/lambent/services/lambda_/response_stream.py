"""A streamed answer as the events of InvokeWithResponseStream: a PayloadChunk for each piece, then InvokeComplete."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Mapping
from typing import Any, Self

from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.errors import PlatformError
from lambent.model.invocation import InvocationResult
from lambent.services.lambda_ import errors

_LOG = logging.getLogger(__name__)

Event = Mapping[str, Mapping[str, Any]]


class ResponseStream:
    """An asynchronous iterator of events. Closed before its end, it lets the function go on for nobody."""

    def __init__(self, answer: StreamedAnswer, request_id: str) -> None:
        self._answer = answer
        self._request_id = request_id
        self._complete = False

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Event:
        """The next event. What goes wrong with us once an answer has begun is told by the last one, and logged."""
        if self._complete:
            raise StopAsyncIteration
        try:
            async for piece in self._answer:
                return {"PayloadChunk": {"Payload": piece}}
        except PlatformError as error:
            _LOG.error("request %s failed midway", self._request_id, exc_info=error)
            return self._last({"ErrorCode": errors.SERVICE, "ErrorDetails": errors.broke_off(self._request_id)})
        return self._last(_told(self._answer.result))

    async def aclose(self) -> None:
        """Nobody reads on. Idempotent."""
        await self._answer.aclose()

    def _last(self, members: Mapping[str, Any]) -> Event:
        self._complete = True
        return {"InvokeComplete": members}


def _told(result: InvocationResult | None) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if result is None:
        return told
    if result.function_error is not None:
        told["ErrorCode"] = result.function_error
        told["ErrorDetails"] = result.payload.decode("utf-8", "replace")
    if result.log_tail is not None:
        told["LogResult"] = b64encode(result.log_tail).decode()
    return told
