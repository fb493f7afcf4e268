"""Bytes from a function's pipes become log events, however they are cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.invoke.lines import MAX_EVENT, EventDecoder, looks_like_ours


def frame(text: str, kind: int = 0xA55A0003) -> bytes:
    data = text.encode()
    return kind.to_bytes(4, "big") + len(data).to_bytes(4, "big") + (123).to_bytes(8, "big") + data


def decode(*chunks: bytes) -> list[str]:
    decoder = EventDecoder()
    return [event for chunk in chunks for event in decoder.feed(chunk)] + decoder.flush()


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"", []),
        (b"one\n", ["one"]),
        (b"one\ntwo", ["one", "two"]),
        (b"\n\n", ["", ""]),
        (b"windows\r\n", ["windows"]),
        (b"[ERROR] E: x\rTraceback\r  File\n", ["[ERROR] E: x\nTraceback\n  File"]),
        ("grüße\n".encode(), ["grüße"]),
        (b"\xff\xfe\n", ["\ufffd\ufffd"]),
        (frame("a\nb\n\n"), ["a\nb"]),
        (frame(""), [""]),
        (frame("x", 0xA55A001B) + frame("y"), ["x", "y"]),
        (b"plain" + frame("framed") + b"more\n", ["plain", "framed", "more"]),
        (b"\xa5\x5a", ["\ufffdZ"]),
    ],
)
def test_events(data: bytes, events: list[str]) -> None:
    assert decode(data) == events
    assert decode(*(data[at : at + 1] for at in range(len(data)))) == events


@given(st.lists(st.text(st.characters(exclude_characters="\r\n", codec="utf-8")), max_size=8), st.data())
def test_lines_survive_any_cut(texts: list[str], data: st.DataObject) -> None:
    stream = b"".join(text.encode() + b"\n" for text in texts)
    at = data.draw(st.integers(0, len(stream)))
    assert decode(stream[:at], stream[at:]) == texts


@given(st.binary(max_size=400) | st.binary(max_size=60).map(lambda junk: b"\xa5\x5a\x00" + junk), st.integers(1, 30))
def test_no_garbage_breaks_it_or_makes_it_hoard(data: bytes, size: int) -> None:
    for event in decode(*(data[at : at + size] for at in range(0, len(data), size))):
        event.encode()


def test_an_endless_line_comes_in_pieces() -> None:
    decoder = EventDecoder()
    pieces = [event for _ in range(9) for event in decoder.feed(b"x" * 65536)] + decoder.flush()
    assert "".join(pieces) == "x" * (9 * 65536)
    assert max(map(len, pieces)) <= MAX_EVENT + 65536


def test_a_huge_frame_comes_in_pieces_and_the_next_one_is_whole() -> None:
    stream = frame("y" * (MAX_EVENT * 2 + 5)) + frame("z")
    events = decode(*(stream[at : at + 50_000] for at in range(0, len(stream), 50_000)))
    assert [len(event) for event in events] == [MAX_EVENT, MAX_EVENT, 5, 1]


def test_a_frame_that_claims_to_be_endless_ends_with_its_invocation() -> None:
    decoder = EventDecoder()
    assert decoder.feed(b"\xa5\x5a\x00\x03" + b"\xff" * 4 + bytes(8) + b"text\n") == []
    assert decoder.flush() == ["text"]
    assert decoder.feed(b"after\n") == ["after"]


@pytest.mark.parametrize(
    ("event", "looks"),
    [
        ("REPORT RequestId: x", True),
        ("START RequestId: x", True),
        ('{"type": "platform.report"}', True),
        ("EXTENSION\tName: x", True),
        ("[lambent] 5 log lines were dropped", True),
        ("say REPORT RequestId: x", False),
        ("START", False),
        ('{"type": "other"}', False),
        (r'{"type": "\u0070latform.report"}', True),
        (r'{"type": "pl\u0061tform\u002Ereport"}', True),
        (r'{"type": "\u00fclatform.report"}', False),
    ],
)
def test_what_looks_like_the_platforms(event: str, looks: bool) -> None:
    assert looks_like_ours(event) is looks
