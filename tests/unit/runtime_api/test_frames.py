"""The framing: any split of the bytes gives the same frames, and nothing hostile is believed."""

from __future__ import annotations

import struct

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.runtime_api.frames import (
    MAX_META,
    MAX_PAYLOAD,
    Decoder,
    ErrorMeta,
    Frame,
    InvokeMeta,
    Kind,
    Violation,
    encode,
    encode_ready,
)

with_body = st.builds(
    Frame, st.sampled_from([kind for kind in Kind if kind is not Kind.READY]), st.binary(max_size=40), st.binary()
)
some_frames = st.lists(st.one_of(with_body, st.just(Frame(Kind.READY))), max_size=6)


def wire(frame: Frame) -> bytes:
    """The whole frame as it is sent."""
    if frame.kind is Kind.READY:
        return encode_ready()
    return encode(frame.kind, frame.meta, len(frame.payload)) + frame.payload


def test_bytes_of_each_shape() -> None:
    assert encode_ready() == b"\x00\x00\x00\x01\x10"
    assert encode(Kind.RESPONSE, b"{}", 3) == b"\x00\x00\x00\x0a\x11\x00\x00\x00\x02{}"


@given(some_frames, st.lists(st.integers(min_value=1, max_value=30), min_size=1))
def test_any_split_gives_the_same_frames(frames: list[Frame], sizes: list[int]) -> None:
    data = b"".join(map(wire, frames))
    decoder = Decoder()
    decoded: list[Frame] = []
    turn = 0
    while data:
        size = sizes[turn % len(sizes)]
        decoded += decoder.feed(data[:size])
        data, turn = data[size:], turn + 1
    assert decoded == frames


@given(some_frames)
def test_many_frames_at_once(frames: list[Frame]) -> None:
    assert Decoder().feed(b"".join(map(wire, frames))) == frames


@given(st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=10))
def test_noise_gives_frames_or_a_violation_and_nothing_else(pieces: list[bytes]) -> None:
    decoder = Decoder()
    try:
        for piece in pieces:
            for frame in decoder.feed(piece):
                assert isinstance(frame.kind, Kind)
    except Violation:
        return


def test_an_unfinished_frame_is_kept_for_later() -> None:
    frame = Frame(Kind.RESPONSE, b"{}", b"x" * 300_000)
    data = wire(frame)
    decoder = Decoder()
    assert decoder.feed(data[:100_000]) == []
    assert decoder.feed(data[100_000:] + encode_ready()) == [frame, Frame(Kind.READY)]


def test_the_largest_frame_passes() -> None:
    frame = Frame(Kind.ERROR, b"m" * MAX_META, b"x" * MAX_PAYLOAD)
    assert Decoder().feed(wire(frame)) == [frame]


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">IB", 1, 0),
        struct.pack(">IB", 1, 99),
        struct.pack(">IB", 2, Kind.READY),
        struct.pack(">IB", 0, Kind.READY),
        struct.pack(">IB", 4, Kind.RESPONSE),
        struct.pack(">IB", 0xFFFFFFFF, Kind.RESPONSE),
        struct.pack(">IBI", 10, Kind.RESPONSE, 6),
        struct.pack(">IBI", 5 + MAX_META + 1, Kind.RESPONSE, MAX_META + 1),
        struct.pack(">IBI", 5 + MAX_PAYLOAD + 1, Kind.RESPONSE, 0),
        b"GET / HTTP/1.1\r\n",
    ],
)
def test_lengths_and_kinds_that_cannot_be_meant(data: bytes) -> None:
    for split in (len(data), 1):
        decoder = Decoder()
        with pytest.raises(Violation):
            for start in range(0, len(data), split):
                decoder.feed(data[start : start + split])


def test_absent_values_are_not_sent() -> None:
    assert msgspec.json.encode(InvokeMeta("i", 5, "arn")) == b'{"id":"i","deadline":5,"arn":"arn"}'
    assert msgspec.json.decode(b'{"id":"i","type":"T"}', type=ErrorMeta) == ErrorMeta("i", "T", None)
