"""A response that a runtime streams through the Runtime API: the body of one request, passed on as it comes.

How the response may end (trailers, a limit, a broken connection) is told here; when it may come is the session's.
"""

from __future__ import annotations

import asyncio
import base64
import binascii

from lambent.http.body import RequestError
from lambent.http.message import Request, Response
from lambent.model.invocation import FunctionError
from lambent.runtime_api import faults, replies
from lambent.runtime_api.answer_stream import AnswerStream, StreamEnd

ERROR_TYPE = "lambda-runtime-function-error-type"
CAUSE = "lambda-runtime-function-xray-error-cause"
RESPONSE_MODE = "lambda-runtime-function-response-mode"
_ERROR_BODY = "lambda-runtime-function-error-body"


class HttpStream:
    """One response on its way. `stream` is where it comes out, no faster than it is taken."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._room = asyncio.Event()
        self.stream = AnswerStream(content_type(request), self._room.set)

    async def receive(self) -> Response:
        """Read it to its end, which may be that of `stream`; returns what the runtime is answered."""
        stream = self.stream
        try:
            async for piece in self._request.stream():
                self._room.clear()
                if not stream.feed(piece):
                    await self._room.wait()
                if stream.end is not None:
                    return replies.internal_error()
                if stream.refused is not None:
                    stream.finish(StreamEnd())
                    return replies.too_large(stream.refused)
            stream.finish(StreamEnd(trailing_error(self._request)))
        except RequestError:
            stream.finish(StreamEnd(faults.truncated_response().error))
            return replies.truncated()
        return replies.accepted()


def is_streaming(request: Request) -> bool:
    """True for a response that says so, and for one that comes in chunks: AWS's library for Go says no more."""
    mode = request.headers.get(RESPONSE_MODE)
    return request.content_length is None if mode is None else mode.lower() == "streaming"


def content_type(request: Request) -> str:
    """What a response says that it is; JSON if it says nothing."""
    return faults.content_type(request.headers.get("content-type", "application/json"))


def trailing_error(request: Request) -> FunctionError | None:
    """The error that a response ended with, if it did: its type in one trailer, its JSON as base64 in another."""
    if (error_type := request.trailers.get(ERROR_TYPE)) is None:
        return None
    try:
        payload = base64.b64decode(request.trailers.get(_ERROR_BODY, ""), validate=True)
    except binascii.Error:
        payload = b""
    return FunctionError(faults.header_type(error_type), payload)
