"""A streamed answer as events: pieces, the end, and what becomes of an answer that we break off."""

from __future__ import annotations

import logging

import pytest

from lambent.invoke.streamed_answer import StreamedAnswer
from lambent.model.errors import PlatformError
from lambent.model.invocation import InvocationResult
from lambent.services.lambda_.response_stream import ResponseStream


@pytest.fixture
async def answer() -> StreamedAnswer:
    answer = StreamedAnswer("1")
    answer.begin("text/plain")
    return answer


async def test_pieces_and_the_end(answer: StreamedAnswer) -> None:
    events = ResponseStream(answer, "rid")
    for piece in (b"a", b"b"):
        await answer.write(piece)
        assert await anext(events) == {"PayloadChunk": {"Payload": piece}}
    answer.end(InvocationResult(b"", "1"))
    assert [event async for event in events] == [{"InvokeComplete": {}}]
    assert [event async for event in events] == []


async def test_the_end_tells_of_an_error_and_of_the_log(answer: StreamedAnswer) -> None:
    answer.end(InvocationResult(b'{"errorType":"\xff"}', "1", "Unhandled", log_tail=b"START"))
    complete = {"ErrorCode": "Unhandled", "ErrorDetails": '{"errorType":"\ufffd"}', "LogResult": "U1RBUlQ="}
    assert [event async for event in ResponseStream(answer, "rid")] == [{"InvokeComplete": complete}]


async def test_what_we_break_off_is_logged_and_told(answer: StreamedAnswer, caplog: pytest.LogCaptureFixture) -> None:
    await answer.write(b"a")
    answer.fail(PlatformError("the machine is on fire"))
    with caplog.at_level(logging.ERROR):
        events = [event async for event in ResponseStream(answer, "rid")]
    assert events == [
        {"PayloadChunk": {"Payload": b"a"}},
        {
            "InvokeComplete": {
                "ErrorCode": "ServiceException",
                "ErrorDetails": "Lambent failed internally. Its log tells why under request id rid.",
            }
        },
    ]
    assert "request rid failed midway" in caplog.text
    assert "on fire" in caplog.text


async def test_closing_it_holds_the_function_back_no_more(answer: StreamedAnswer) -> None:
    events = ResponseStream(answer, "rid")
    await events.aclose()
    for _ in range(10):
        await answer.write(b"a")
