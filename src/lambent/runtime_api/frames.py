"""The private protocol between the platform and a runtime of its own: framing only, no I/O.

A frame is a big-endian u32 (the length of what follows), one byte of kind, and a body. READY has no
body; every other kind has a u32 meta length, that many bytes of JSON, and then the payload, verbatim.
An answer is one RESPONSE, ERROR or TOO_LARGE, or else a STREAM, any number of CHUNKs (no meta) and an END, whose
payload is the error if it names a type. An answer's last frame also means "and I am waiting for the next
invocation": the runtime does nothing between its answer and its next request, so that request is never sent.

SnapStart: PARKED asks whether to go on (`restore/next`). The platform says PROCEED, or CAPTURE, which is answered with
CAPTURED. A process that was restored begins with RESTORED; its hooks may come to a RESTORE_ERROR.

Nothing here trusts the peer: a frame that could not be meant raises `Violation` before its body is
held in memory. The other ends must agree with this file: `lambent_channel.py`, `framed.cjs` and `framed.rb` below
`runtimes`.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct

import msgspec

MAX_PAYLOAD = 6 * 1024 * 1024 + 100
"""The largest answer Lambda accepts, in bytes."""

MAX_CHUNK = 64 * 1024
"""The largest piece of an answer in pieces, in bytes."""

MAX_META = 2 * 1024 * 1024
"""The largest meta, in bytes: an X-Ray cause may be 1 MiB before it is quoted."""

_LENGTH_AND_KIND = Struct(">IB")
_HEAD = Struct(">IBI")
_KIND_BYTES = 1
_META_LENGTH_BYTES = 4
_MAX_LENGTH = _KIND_BYTES + _META_LENGTH_BYTES + MAX_META + MAX_PAYLOAD


class Kind(IntEnum):
    """What a frame says. Below 16 it comes from the platform, from 16 on from the runtime."""

    INVOKE = 1
    CAPTURE = 2
    PROCEED = 3
    READY = 16
    RESPONSE = 17
    ERROR = 18
    INIT_ERROR = 19
    TOO_LARGE = 20
    PARKED = 21
    CAPTURED = 22
    RESTORED = 23
    RESTORE_ERROR = 24
    STREAM = 25
    CHUNK = 26
    END = 27


class InvokeMeta(msgspec.Struct, frozen=True, omit_defaults=True):
    """What comes with an event. `deadline` in epoch milliseconds; `content_type` absent means JSON."""

    id: str
    deadline: int
    arn: str
    trace: str | None = None
    client: str | None = None
    identity: str | None = None
    tenant: str | None = None
    content_type: str | None = None


class ResponseMeta(msgspec.Struct, frozen=True):
    """What comes with a result, or with the beginning of one."""

    id: str
    content_type: str = "application/json"


class ErrorMeta(msgspec.Struct, frozen=True):
    """What comes with a handler's error; `xray` is the cause document as text. After a `final` one the runtime's
    process ends, instead of waiting for the next invocation."""

    id: str
    type: str = ""
    xray: str | None = None
    final: bool = False


class InitErrorMeta(msgspec.Struct, frozen=True):
    """What comes with an error before the first event."""

    type: str = ""


class CapturedMeta(msgspec.Struct, frozen=True):
    """How a capture went: the `reason` why there is none, empty if there is one."""

    reason: str = ""


class TooLargeMeta(msgspec.Struct, frozen=True):
    """Sent instead of an answer above MAX_PAYLOAD, without its payload; `size` is in bytes."""

    id: str
    size: int


class EndMeta(msgspec.Struct, frozen=True):
    """What ends an answer in pieces; with a `type`, it has failed midway. `final` as for errors."""

    id: str
    type: str | None = None
    final: bool = False


class Frame(msgspec.Struct, frozen=True):
    """One decoded frame; `meta` is still JSON text."""

    kind: Kind
    meta: bytes = b""
    payload: bytes = b""


class Violation(Exception):
    """The peer broke the protocol. Nothing more from it can be understood."""


def encode(kind: Kind, meta: bytes, payload_length: int) -> bytes:
    """The frame up to its payload, which the caller sends right behind it (so that it is not copied)."""
    length = _KIND_BYTES + _META_LENGTH_BYTES + len(meta) + payload_length
    return _HEAD.pack(length, kind, len(meta)) + meta


def encode_ready() -> bytes:
    """The whole frame of the first request for an invocation."""
    return _LENGTH_AND_KIND.pack(_KIND_BYTES, Kind.READY)


class Decoder:
    """Bytes in, frames out; splits and joins do not matter. Unusable after a `Violation`.

    It holds at most one unfinished frame, and no buffer while there is none: idle sessions are many.
    """

    def __init__(self) -> None:
        self._head = bytearray()
        self._kind = Kind.READY
        self._meta = b""
        self._payload = bytearray()
        self._missing = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes, in order. Raises Violation."""
        if not self._missing and not self._head and (frame := _exactly_one(data)) is not None:
            return [frame]
        frames: list[Frame] = []
        if self._missing:
            data = self._gather(data, frames)
        if self._head:
            self._head += data
            if (head := _head_length(self._head)) is None or len(self._head) < head:
                return frames
            data, self._head = bytes(self._head), bytearray()
        start = 0
        while start < len(data):
            head = _head_length(data, start)
            if head is None or len(data) - start < head:
                self._head += data[start:]
                break
            start = self._open(data, start, head, frames)
        return frames

    def _open(self, data: bytes, start: int, head: int, frames: list[Frame]) -> int:
        """Take the frame at `start`, whose `head` bytes are all here; returns where the next one starts."""
        length: int
        length, kind = _LENGTH_AND_KIND.unpack_from(data, start)
        body = start + head
        kind = _KINDS[kind]
        if kind is Kind.READY:
            frames.append(Frame(kind))
            return body
        meta = data[start + _HEAD.size : body]
        end = start + _LENGTH_AND_KIND.size - _KIND_BYTES + length
        if end <= len(data):
            frames.append(Frame(kind, meta, data[body:end]))
            return end
        self._kind, self._meta = kind, meta
        self._payload += data[body:]
        self._missing = end - len(data)
        return len(data)

    def _gather(self, data: bytes, frames: list[Frame]) -> bytes:
        """Add to the unfinished payload; returns what lies behind it."""
        taken = data if len(data) <= self._missing else data[: self._missing]
        self._payload += taken
        self._missing -= len(taken)
        if not self._missing:
            frames.append(Frame(self._kind, self._meta, bytes(self._payload)))
            self._payload = bytearray()
        return data[len(taken) :]


_KINDS = {int(kind): kind for kind in Kind}
_WITH_META = frozenset(_KINDS) - {int(Kind.READY)}


def _exactly_one(data: bytes) -> Frame | None:
    """The frame that `data` is, which is the rule. None: it is more or less than one, or one that is refused."""
    if len(data) < _HEAD.size:
        return None
    length, kind, meta_length = _HEAD.unpack_from(data)
    payload_start = _HEAD.size + meta_length
    payload_length = len(data) - payload_start
    whole = length == len(data) - _LENGTH_AND_KIND.size + _KIND_BYTES
    if not whole or kind not in _WITH_META or meta_length > MAX_META or not 0 <= payload_length <= MAX_PAYLOAD:
        return None
    return Frame(_KINDS[kind], data[_HEAD.size : payload_start], data[payload_start:])


def _head_length(data: bytes | bytearray, start: int = 0) -> int | None:
    """How long the head (up to the payload) of the frame at `start` is; None: too early to tell. Raises Violation."""
    available = len(data) - start
    if available < _LENGTH_AND_KIND.size:
        return None
    length: int
    length, kind = _LENGTH_AND_KIND.unpack_from(data, start)
    if kind not in _KINDS:
        raise Violation(f"a frame of kind {kind}")
    if kind == Kind.READY:
        if length != _KIND_BYTES:
            raise Violation(f"a READY frame of length {length}")
        return _LENGTH_AND_KIND.size
    if not _KIND_BYTES + _META_LENGTH_BYTES <= length <= _MAX_LENGTH:
        raise Violation(f"a frame of length {length}")
    if available < _HEAD.size:
        return None
    meta_length: int = _HEAD.unpack_from(data, start)[2]
    payload_length = length - _KIND_BYTES - _META_LENGTH_BYTES - meta_length
    largest = MAX_CHUNK if kind == Kind.CHUNK else MAX_PAYLOAD
    if meta_length > MAX_META or not 0 <= payload_length <= largest:
        raise Violation(f"a frame of length {length} with a meta of {meta_length} bytes")
    return _HEAD.size + meta_length
