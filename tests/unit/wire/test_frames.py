"""Event-stream frames: checked against botocore's decoder, and broken in every way."""

from __future__ import annotations

import struct
import uuid
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from lambent.wire.frames import Message, MessageDecoder, encode_message
from lambent.wire.request import WireError

HEADERS: dict[str, Any] = {
    ":event-type": "PayloadChunk",
    "yes": True,
    "no": False,
    "small": -5,
    "large": 1 << 40,
    "raw": b"\x00\xff",
    "when": datetime(2024, 1, 1, 0, 0, 0, 250_000, tzinfo=UTC),
    "id": uuid.UUID(int=7),
}


def test_botocore_reads_our_frames() -> None:
    buffer = EventStreamBuffer()
    buffer.add_data(encode_message({"a": "b", "n": 5, "t": True}, b"payload"))
    (event,) = list(buffer)
    assert (event.headers, event.payload) == ({"a": "b", "n": 5, "t": True}, b"payload")


def test_headers_of_every_type_survive() -> None:
    assert MessageDecoder().feed(encode_message(HEADERS, b"x")) == [Message(HEADERS, b"x")]


@given(st.lists(st.binary(max_size=50), max_size=5), st.integers(1, 40))
def test_pieces_of_any_size_make_whole_messages(payloads: list[bytes], size: int) -> None:
    data = b"".join(encode_message({"n": "v"}, payload) for payload in payloads)
    decoder = MessageDecoder()
    found = [message for at in range(0, len(data), size) for message in decoder.feed(data[at : at + size])]
    decoder.close()
    assert [message.payload for message in found] == payloads


@given(st.integers(0, 30), st.integers(1, 255))
def test_a_changed_byte_is_noticed(position: int, change: int) -> None:
    frame = bytearray(encode_message({"name": "value"}, b"payload"))
    frame[position] ^= change
    with pytest.raises(WireError):
        MessageDecoder().feed(bytes(frame))


@given(st.binary(max_size=100))
def test_garbage_is_refused_or_awaited(data: bytes) -> None:
    decoder = MessageDecoder()
    try:
        assert decoder.feed(data) == []
    except WireError as error:
        assert error.code == "SerializationException"


def test_an_end_inside_a_message_is_noticed() -> None:
    decoder = MessageDecoder()
    decoder.feed(encode_message({}, b"x")[:-1])
    with pytest.raises(WireError):
        decoder.close()


@pytest.mark.parametrize(
    "block", [b"\x05a", b"\x01a\x07\x00", b"\x01a\x0a", b"\x01a\x09\x00", b"\x01\xff\x00", b"\x01a"]
)
def test_broken_headers_are_refused(block: bytes) -> None:
    prelude = struct.pack(">II", 16 + len(block), len(block))
    start = prelude + struct.pack(">I", crc32(prelude)) + block
    with pytest.raises(WireError):
        MessageDecoder().feed(start + struct.pack(">I", crc32(start)))
