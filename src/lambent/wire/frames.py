"""Event-stream framing (`application/vnd.amazon.eventstream`): messages of typed headers and a payload.

A message is: total length, length of the headers, CRC of those eight bytes, headers, payload, CRC of
all before it; integers big-endian. What the headers mean is `wire.events`'s business.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec

from lambent.wire.request import WireError
from lambent.wire.scalar import read_timestamp, timestamp_number

CONTENT_TYPE = "application/vnd.amazon.eventstream"
_PRELUDE = struct.Struct(">III")
_LARGEST = 24 * 1024 * 1024
_INTEGERS = {2: ">b", 3: ">h", 4: ">i", 5: ">q"}


class Message(msgspec.Struct, frozen=True):
    """One message. Header values are str, bytes, bool, int, datetime or UUID."""

    headers: dict[str, Any]
    payload: bytes


def encode_message(headers: Mapping[str, Any], payload: bytes) -> bytes:
    """The bytes of a message. Integers are sent as 32 bits where they fit, else as 64."""
    block = b"".join(_header(name, value) for name, value in headers.items())
    total = 16 + len(block) + len(payload)
    prelude = struct.pack(">II", total, len(block))
    checked = crc32(prelude)
    start = prelude + struct.pack(">I", checked) + block
    return b"".join((start, payload, struct.pack(">I", crc32(payload, crc32(start)))))


def _header(name: str, value: Any) -> bytes:
    raw = name.encode()
    return bytes([len(raw)]) + raw + _typed(value)


def _typed(value: Any) -> bytes:
    match value:
        case bool():
            return b"\x00" if value else b"\x01"
        case int():
            if -(1 << 31) <= value < 1 << 31:
                return b"\x04" + struct.pack(">i", value)
            return b"\x05" + struct.pack(">q", value)
        case bytes():
            return b"\x06" + struct.pack(">H", len(value)) + value
        case datetime():
            return b"\x08" + struct.pack(">q", round(timestamp_number(value) * 1000))
        case uuid.UUID():
            return b"\x09" + value.bytes
    raw = str(value).encode()
    return b"\x07" + struct.pack(">H", len(raw)) + raw


class MessageDecoder:
    """Messages out of bytes that arrive in any pieces."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that `data` completes. Raises WireError for a frame that cannot be one."""
        self._buffer += data
        messages = []
        while len(self._buffer) >= _PRELUDE.size:
            total, headers, check = _PRELUDE.unpack_from(self._buffer)
            if crc32(self._buffer[:8]) != check or not 16 + headers <= total <= _LARGEST:
                raise _broken("prelude")
            if len(self._buffer) < total:
                break
            frame = bytes(self._buffer[:total])
            del self._buffer[:total]
            if crc32(frame[:-4]) != int.from_bytes(frame[-4:], "big"):
                raise _broken("checksum")
            messages.append(Message(_read_headers(frame[12 : 12 + headers]), frame[12 + headers : -4]))
        return messages

    def close(self) -> None:
        """The bytes have ended. Raises WireError when they end inside a message."""
        if self._buffer:
            raise _broken("end")


def _read_headers(block: bytes) -> dict[str, Any]:
    headers = {}
    at = 0
    try:
        while at < len(block):
            size = block[at]
            name = block[at + 1 : at + 1 + size].decode()
            headers[name], at = _read_value(block, at + 1 + size)
    except (IndexError, struct.error, UnicodeDecodeError):
        raise _broken("header") from None
    return headers


def _read_value(block: bytes, at: int) -> tuple[Any, int]:
    kind = block[at]
    at += 1
    if kind in (0, 1):
        return kind == 0, at
    if kind in _INTEGERS:
        (number,) = struct.unpack_from(_INTEGERS[kind], block, at)
        return number, at + struct.calcsize(_INTEGERS[kind])
    if kind in (6, 7):
        (size,) = struct.unpack_from(">H", block, at)
        raw = block[at + 2 : at + 2 + size]
        if len(raw) != size:
            raise _broken("header")
        return (raw if kind == 6 else raw.decode()), at + 2 + size
    if kind == 8:
        (milliseconds,) = struct.unpack_from(">q", block, at)
        return read_timestamp(milliseconds / 1000, None), at + 8
    if kind == 9 and len(block) >= at + 16:
        return uuid.UUID(bytes=block[at : at + 16]), at + 16
    raise _broken("header")


def _broken(where: str) -> WireError:
    return WireError("SerializationException", f"Invalid event stream: bad {where}")
