"""Events of the model as frames, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from lambent.wire.events import (
    decode_event,
    decode_stream,
    encode_event,
    encode_failure,
    encode_stream,
    initial_response,
)
from lambent.wire.frames import MessageDecoder
from lambent.wire.model import load
from lambent.wire.request import WireError
from lambent.wire.shape import Shape, Traits

LAMBDA = load("lambda")
STREAM = LAMBDA.shape("InvokeWithResponseStreamResponseEvent")
KINESIS = load("kinesis")
SHARD = KINESIS.shape("SubscribeToShardEventStream")


def decoded(service: str, stream: Shape, frame: bytes) -> dict[str, object]:
    (message,) = MessageDecoder().feed(frame)
    return decode_event(load(service).protocol, stream, message)


def test_a_chunk_is_raw_bytes() -> None:
    frame = encode_event(LAMBDA, "rest-json", STREAM, {"PayloadChunk": {"Payload": b"\x00hi"}})
    (message,) = MessageDecoder().feed(frame)
    assert message.headers == {
        ":event-type": "PayloadChunk",
        ":content-type": "application/octet-stream",
        ":message-type": "event",
    }
    assert message.payload == b"\x00hi"


def test_the_end_is_json() -> None:
    event = {"InvokeComplete": {"ErrorCode": "Unhandled", "LogResult": "TE9H"}}
    frame = encode_event(LAMBDA, "rest-json", STREAM, event)
    (message,) = MessageDecoder().feed(frame)
    assert message.headers[":content-type"] == "application/json"
    assert message.payload == b'{"ErrorCode":"Unhandled","LogResult":"TE9H"}'
    assert decode_event("rest-json", STREAM, message) == event


def test_an_exception_of_the_model_is_an_exception_message() -> None:
    frame = encode_event(KINESIS, "json", SHARD, {"ResourceNotFoundException": {"message": "gone"}})
    (message,) = MessageDecoder().feed(frame)
    assert message.headers[":message-type"] == "exception"
    with pytest.raises(WireError) as caught:
        decode_event("json", SHARD, message)
    assert (caught.value.code, caught.value.message) == ("ResourceNotFoundException", "gone")


def test_an_error_of_no_model_is_an_error_message() -> None:
    with pytest.raises(WireError) as caught:
        decoded("lambda", STREAM, encode_failure("Internal", "broken"))
    assert (caught.value.code, caught.value.message) == ("Internal", "broken")


def test_an_unknown_kind_is_our_mistake_out_and_nothing_in() -> None:
    with pytest.raises(ValueError, match="has no event 'Nope'"):
        encode_event(LAMBDA, "rest-json", STREAM, {"Nope": {}})
    frame = encode_event(KINESIS, "json", SHARD, {"SubscribeToShardEvent": {"ContinuationSequenceNumber": "1"}})
    assert decoded("lambda", STREAM, frame) == {}


def test_rpc_streams_begin_with_the_rest_of_the_answer() -> None:
    shape = LAMBDA.shape("AliasConfiguration")
    (message,) = MessageDecoder().feed(initial_response(KINESIS, "json", shape, {"Name": "n"}))
    assert message.headers[":event-type"] == "initial-response"
    assert message.payload == b'{"Name":"n"}'


async def test_a_stream_is_asynchronous_if_its_events_are() -> None:
    events = [{"PayloadChunk": {"Payload": b"a"}}, {"InvokeComplete": {}}]

    async def later():  # type: ignore[no-untyped-def]
        for event in events:
            yield event

    frames = encode_stream(LAMBDA, "rest-json", STREAM, later(), b"")
    assert not isinstance(frames, list)
    collected = [frame async for frame in frames]  # type: ignore[union-attr]
    assert list(decode_stream("rest-json", STREAM, collected)) == events
    assert collected == list(encode_stream(LAMBDA, "rest-json", STREAM, events))  # type: ignore[arg-type]


def test_headers_of_events_are_typed() -> None:
    table = STREAM._table
    counted = Shape(
        "Stream",
        Traits(type="structure", eventstream=True, members={"Count": Traits(shape="Counted")}),
        {
            **table,
            "Counted": Traits(
                type="structure",
                event=True,
                members={
                    "Number": Traits(shape="Integer", eventheader=True),
                    "Text": Traits(shape="String", eventpayload=True),
                },
            ),
        },
    )
    event = {"Count": {"Number": 7, "Text": "é"}}
    (message,) = MessageDecoder().feed(encode_event(LAMBDA, "rest-json", counted, event))
    assert (message.headers["Number"], message.headers[":content-type"]) == (7, "text/plain")
    assert decode_event("rest-json", counted, message) == event


class Source:
    """Events that never come, and whether anybody closed them."""

    closed = False

    def __aiter__(self) -> Source:
        return self

    async def __anext__(self) -> dict[str, object]:
        return {"PayloadChunk": {"Payload": b"x"}}

    async def aclose(self) -> None:
        self.closed = True


@pytest.mark.parametrize("begun", [False, True])
async def test_closing_a_stream_closes_where_it_comes_from(begun: bool) -> None:
    source = Source()
    frames = encode_stream(LAMBDA, "rest-json", STREAM, source, b"first")
    assert isinstance(frames, AsyncIterator)
    if begun:
        assert await anext(frames) == b"first"
        assert decoded("lambda", STREAM, await anext(frames)) == {"PayloadChunk": {"Payload": b"x"}}
    await frames.aclose()  # type: ignore[attr-defined]
    assert source.closed


async def test_a_source_without_a_close_needs_none() -> None:
    class Plain:
        def __aiter__(self) -> Plain:
            return self

        async def __anext__(self) -> dict[str, object]:
            raise StopAsyncIteration

    frames = encode_stream(LAMBDA, "rest-json", STREAM, Plain())
    assert isinstance(frames, AsyncIterator)
    assert [frame async for frame in frames] == []
    await frames.aclose()  # type: ignore[attr-defined]
