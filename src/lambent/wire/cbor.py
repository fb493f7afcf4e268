"""CBOR (RFC 8949) as the Smithy RPC protocol uses it: trees to bytes and back.

Tag 1 is a timestamp and reads as an aware datetime. Other tags, and anything that runs past the end,
are refused; no length that a peer claims is believed before the bytes are there.
"""

from __future__ import annotations

import struct
from datetime import datetime
from typing import Any

from lambent.wire.scalar import malformed, read_timestamp, timestamp_number

_INDEFINITE = 31
_BREAK = 0xFF
_DEEPEST = 200
_FLOATS = {25: (">e", 2), 26: (">f", 4), 27: (">d", 8)}
_SIMPLE = {20: False, 21: True, 22: None, 23: None}


def encode(tree: Any) -> bytes:
    """The bytes of a tree of dicts, lists, text, bytes, numbers, booleans, None and datetimes."""
    out = bytearray()
    _write(out, tree)
    return bytes(out)


def _write(out: bytearray, value: Any) -> None:
    match value:
        case None:
            out.append(0xF6)
        case bool():
            out.append(0xF5 if value else 0xF4)
        case str():
            raw = value.encode()
            _head(out, 3, len(raw))
            out += raw
        case int():
            if value >= 0:
                _head(out, 0, value)
            else:
                _head(out, 1, -1 - value)
        case float():
            out += b"\xfb" + struct.pack(">d", value)
        case bytes() | bytearray() | memoryview():
            _head(out, 2, len(value))
            out += value
        case datetime():
            out.append(0xC1)
            _write(out, timestamp_number(value))
        case dict():
            _head(out, 5, len(value))
            for key, item in value.items():
                _write(out, key)
                _write(out, item)
        case list() | tuple():
            _head(out, 4, len(value))
            for item in value:
                _write(out, item)
        case _:
            raise ValueError(f"{type(value).__name__} has no place in CBOR")


def _head(out: bytearray, major: int, number: int) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    for limit, info, size in ((1 << 8, 24, 1), (1 << 16, 25, 2), (1 << 32, 26, 4), (1 << 64, 27, 8)):
        if number < limit:
            out.append(major << 5 | info)
            out += number.to_bytes(size, "big")
            return
    raise ValueError("an integer of more than 64 bits has no place in CBOR")


def decode(body: bytes) -> Any:
    """The tree in `body`. Raises WireError(SerializationException)."""
    reader = _Reader(body)
    tree = reader.item(0)
    if reader.at != len(body):
        raise malformed("Invalid CBOR: data after the end")
    return tree


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.body):
            raise malformed("Invalid CBOR: unexpected end")
        taken = self.body[self.at : end]
        self.at = end
        return taken

    def head(self) -> tuple[int, int]:
        """The major type and the additional information of the next item."""
        byte = self.take(1)[0]
        return byte >> 5, byte & 31

    def number(self, info: int) -> int:
        if info < 24:
            return info
        if info > 27:
            raise malformed("Invalid CBOR: bad length")
        return int.from_bytes(self.take(1 << (info - 24)), "big")

    def broke(self) -> bool:
        """True, and past it, if the next byte ends an item of indefinite length."""
        if self.at < len(self.body) and self.body[self.at] == _BREAK:
            self.at += 1
            return True
        return False

    def item(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise malformed("Invalid CBOR: nested too deeply")
        major, info = self.head()
        match major:
            case 0:
                return self.number(info)
            case 1:
                return -1 - self.number(info)
            case 2:
                return self.string(2, info)
            case 3:
                return _text(self.string(3, info))
            case 4:
                return self.array(info, depth)
            case 5:
                return self.map(info, depth)
            case 6:
                return self.tagged(info, depth)
        return self.simple(info)

    def string(self, major: int, info: int) -> bytes:
        if info != _INDEFINITE:
            return self.take(self.number(info))
        chunks = []
        while not self.broke():
            kind, size = self.head()
            if kind != major or size == _INDEFINITE:
                raise malformed("Invalid CBOR: bad chunk")
            chunks.append(self.take(self.number(size)))
        return b"".join(chunks)

    def array(self, info: int, depth: int) -> list[Any]:
        items = []
        if info == _INDEFINITE:
            while not self.broke():
                items.append(self.item(depth + 1))
            return items
        for _ in range(self.number(info)):
            items.append(self.item(depth + 1))
        return items

    def map(self, info: int, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if info == _INDEFINITE:
            while not self.broke():
                self.pair(found, depth)
            return found
        for _ in range(self.number(info)):
            self.pair(found, depth)
        return found

    def pair(self, into: dict[str, Any], depth: int) -> None:
        key = self.item(depth + 1)
        if not isinstance(key, str):
            raise malformed("Invalid CBOR: a key that is no text")
        into[key] = self.item(depth + 1)

    def tagged(self, info: int, depth: int) -> datetime:
        tag, value = self.number(info), self.item(depth + 1)
        if tag != 1 or isinstance(value, str):
            raise malformed(f"Invalid CBOR: tag {tag}")
        return read_timestamp(value, None)

    def simple(self, info: int) -> Any:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info in _FLOATS:
            layout, size = _FLOATS[info]
            return struct.unpack(layout, self.take(size))[0]
        raise malformed("Invalid CBOR: unknown simple value")


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise malformed("Invalid CBOR: text that is not UTF-8") from None
