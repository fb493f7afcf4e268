"""A streamed answer as the HTTP response of a function's address with `InvokeMode` `RESPONSE_STREAM`.

A function that says what its response is like (`HttpResponseStream.from` in Node.js) sends that as JSON and eight zero
bytes before the body; every other answer is the body itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import msgspec

from lambent.gateway import url_answers
from lambent.http.message import Response
from lambent.invoke.streamed_answer import StreamedAnswer

HTTP_INTEGRATION = "application/vnd.awslambda.http-integration-response"
"""The content type of an answer that begins with what the response is like."""

_DELIMITER = bytes(8)
_HEAD_BYTES = 128 * 1024


async def answer(answer: StreamedAnswer) -> Response:
    """The response as soon as its head is known; its body goes on as the function does. Raises PlatformError.

    A function that fails later breaks the body off: the client sees that it is not whole.
    """
    began = False
    try:
        response = await _begun(answer)
        began = True
        return response
    finally:
        if not began:
            await answer.aclose()


async def _begun(answer: StreamedAnswer) -> Response:
    if answer.content_type != HTTP_INTEGRATION:
        first = await anext(answer, b"")
        if not first and _failed(answer):
            return url_answers.failed()
        return Response(200, [("content-type", answer.content_type)], _body(first, answer))
    head = b""
    async for piece in answer:
        head += piece
        if _DELIMITER in head or len(head) > _HEAD_BYTES:
            break
    text, delimiter, rest = head.partition(_DELIMITER)
    if not delimiter:
        await answer.aclose()
        return url_answers.failed()
    try:
        said: Any = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        said = None
    response = url_answers.head(said, "application/octet-stream")
    if response is None:
        await answer.aclose()
        return url_answers.failed()
    return Response(response.status, response.headers, _body(rest, answer))


async def _body(first: bytes, answer: StreamedAnswer) -> AsyncIterator[bytes]:
    try:
        if first:
            yield first
        async for piece in answer:
            yield piece
        if _failed(answer):
            raise ConnectionAbortedError("the function failed before its answer was whole")
    finally:
        await answer.aclose()


def _failed(answer: StreamedAnswer) -> bool:
    return answer.result is not None and answer.result.function_error is not None
