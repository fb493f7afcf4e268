"""Streamed answers as responses: their head, their body, and where they break off."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable

import pytest

from lambent.gateway.url_streams import HTTP_INTEGRATION, answer
from lambent.http.message import Response
from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.invocation import InvocationResult

WHOLE, BROKEN = InvocationResult(b"", "1"), InvocationResult(b"{}", "1", function_error="Unhandled")


writers: list[asyncio.Task[None]] = []


async def responded(kind: str, *pieces: bytes, result: InvocationResult = WHOLE) -> tuple[Response, StreamedAnswer]:
    """The response to an answer whose writer goes on as fast as it is read."""
    streamed = StreamedAnswer("1")
    streamed.begin(kind)

    async def write() -> None:
        for piece in pieces:
            await streamed.write(piece)
        streamed.end(result)

    writers.append(asyncio.create_task(write()))
    return await answer(streamed), streamed


async def body(response: Response) -> bytes:
    if isinstance(response.body, bytes):
        return response.body
    assert isinstance(response.body, AsyncIterable)
    return b"".join([piece async for piece in response.body])


async def test_what_says_nothing_is_the_body() -> None:
    response, _ = await responded("text/html", b"a", b"b")
    assert (response.status, response.headers) == (200, [("content-type", "text/html")])
    assert await body(response) == b"ab"


@pytest.mark.parametrize(
    "pieces",
    [
        (b'{"statusCode": 201, "headers": {"x-a": "1"}, "cookies": ["c=1"]}' + bytes(8) + b"ab", b"c"),
        (b'{"statusCode": 201, "headers": {"x-a": "1"}, ', b'"cookies": ["c=1"]}' + bytes(5), bytes(3), b"a", b"bc"),
    ],
)
async def test_the_head_comes_first_in_whatever_pieces(pieces: tuple[bytes, ...]) -> None:
    response, _ = await responded(HTTP_INTEGRATION, *pieces)
    assert response.status == 201
    assert response.headers == [("x-a", "1"), ("content-type", "application/octet-stream"), ("set-cookie", "c=1")]
    assert await body(response) == b"abc"


@pytest.mark.parametrize(
    "pieces",
    [
        (b"{}",),
        (b"nonsense" + bytes(8),),
        (b"[]" + bytes(8),),
        (b'{"statusCode": 1}' + bytes(8),),
        (b"x" * 140_000, b"y"),
    ],
)
async def test_heads_that_are_none(pieces: tuple[bytes, ...]) -> None:
    response, streamed = await responded(HTTP_INTEGRATION, *pieces)
    assert (response.status, await body(response)) == (502, b"Internal Server Error")
    assert streamed._left


async def test_a_function_that_fails_first_has_no_response_and_one_that_fails_later_breaks_off() -> None:
    response, _ = await responded("text/html", result=BROKEN)
    assert response.status == 502
    response, streamed = await responded("text/html", b"a", result=BROKEN)
    assert response.status == 200
    with pytest.raises(ConnectionAbortedError):
        await body(response)
    assert streamed._left


async def test_a_client_that_goes_lets_the_function_go_on_for_nobody() -> None:
    response, streamed = await responded("text/html", b"a", b"b", b"c")
    assert not isinstance(response.body, bytes)
    pieces = response.body.__aiter__()
    assert await anext(pieces) == b"a"
    await pieces.aclose()  # type: ignore[attr-defined]
    assert streamed._left
