"""Bodies in chunks (`aws-chunked`): what they hold, and whether each chunk and the trailers are as they were signed.

Every chunk's signature covers the one before, and the first covers the request's: none can be changed, left out, put
elsewhere or taken from another request. Pure.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping

import msgspec

from lambent.gateway.canonical import EMPTY_HASH, signature
from lambent.gateway.checksums import checksum
from lambent.gateway.refusals import MISMATCH, Refusal, Refused

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
FORMS = frozenset({SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER})

_HEAD_BYTES = 256
"""A chunk's size and its signature."""
_TRAILER_BYTES = 16 * 1024
_CHECKSUM = "x-amz-checksum-"
_TRAILER_SIGNATURE = "x-amz-trailer-signature"

INCOMPLETE = "The request body terminated unexpectedly"
MALFORMED_TRAILER = (
    "The request contained trailing data that was not well-formed or did not conform to our published schema."
)
UNKNOWN_TRAILER = "The value specified in the x-amz-trailer header is not supported"
NO_LENGTH = "You must provide the x-amz-decoded-content-length HTTP header."


class Signing(msgspec.Struct, frozen=True):
    """What chunks are signed with: the derived key, time and scope of the request, and its signature."""

    key: bytes
    timestamp: str
    scope: str
    seed: str


class Framed(msgspec.Struct, frozen=True):
    """What the head of a request says of its body: the form, its whole length when decoded, the trailers' names."""

    form: str
    length: str | None
    trailers: str


def decoded(framed: Framed, body: bytes, signing: Signing | None) -> bytes:
    """What the chunks hold. `signing` None: nobody checks signatures. Raises Refused."""
    if framed.length is None or not framed.length.isascii() or not framed.length.isdigit():
        raise Refused(Refusal.BODY, NO_LENGTH)
    chain = None if signing is None or framed.form == UNSIGNED_TRAILER else _Chain(signing)
    parts: list[bytes] = []
    position = 0
    while True:
        size, given, position = _head(body, position)
        data = body[position : position + size]
        if chain is not None:
            chain.check_chunk(data, given)
        if not size:
            break
        position += size
        if len(data) != size or body[position : position + 2] != b"\r\n":
            raise Refused(Refusal.BODY, INCOMPLETE)
        position += 2
        parts.append(data)
    whole = b"".join(parts)
    if len(whole) != int(framed.length):
        raise Refused(Refusal.BODY, INCOMPLETE)
    _check_trailers(framed, body[position:], whole, chain)
    return whole


class _Chain:
    """The signature that comes next, made from the one before."""

    def __init__(self, signing: Signing) -> None:
        self._signing = signing
        self._last = signing.seed

    def check_chunk(self, data: bytes, given: str) -> None:
        digest = hashlib.sha256(data).hexdigest() if data else EMPTY_HASH
        self._check("AWS4-HMAC-SHA256-PAYLOAD", f"{EMPTY_HASH}\n{digest}", given)

    def check_trailers(self, trailers: Mapping[str, str], given: str) -> None:
        block = "".join(f"{name}:{value}\n" for name, value in trailers.items())
        self._check("AWS4-HMAC-SHA256-TRAILER", hashlib.sha256(block.encode()).hexdigest(), given)

    def _check(self, algorithm: str, hashed: str, given: str) -> None:
        signing = self._signing
        to_sign = f"{algorithm}\n{signing.timestamp}\n{signing.scope}\n{self._last}\n{hashed}"
        made = signature(signing.key, to_sign)
        if not hmac.compare_digest(made.encode(), given.encode()):
            raise Refused(Refusal.MISMATCH, MISMATCH)
        self._last = made


def _head(body: bytes, start: int) -> tuple[int, str, int]:
    """A chunk's size and signature ("" if it has none), and where its data begin."""
    end = body.find(b"\r\n", start, start + _HEAD_BYTES)
    if end < 0:
        raise Refused(Refusal.BODY, INCOMPLETE)
    size, _, extension = body[start:end].partition(b";")
    name, _, given = extension.partition(b"=")
    if not size or not set(size) <= _HEXADECIMAL or (name not in (b"", b"chunk-signature")) or not given.isascii():
        raise Refused(Refusal.BODY, INCOMPLETE)
    return int(size, 16), given.decode(), end + 2


_HEXADECIMAL = frozenset(b"0123456789abcdefABCDEF")


def _check_trailers(framed: Framed, rest: bytes, whole: bytes, chain: _Chain | None) -> None:
    """What follows the last chunk must be what was announced, and true. Raises Refused."""
    trailers = dict(_lines(rest))
    given = trailers.pop(_TRAILER_SIGNATURE, "")
    announced = [name.strip().lower() for name in framed.trailers.split(",") if name.strip()]
    if framed.form == SIGNED:
        announced = []
    if sorted(trailers) != sorted(announced):
        raise Refused(Refusal.BODY, MALFORMED_TRAILER)
    if chain is not None and framed.form == SIGNED_TRAILER:
        chain.check_trailers(trailers, given)
    for name, value in trailers.items():
        algorithm = name.removeprefix(_CHECKSUM)
        made = checksum(algorithm, whole) if name.startswith(_CHECKSUM) else None
        if made is None:
            raise Refused(Refusal.BODY, UNKNOWN_TRAILER)
        if made != value:
            shown = algorithm.upper()
            raise Refused(Refusal.DIGEST, f"The {shown} you specified did not match the calculated checksum.")


def _lines(rest: bytes) -> Iterator[tuple[str, str]]:
    """The trailers in their order. They end with an empty line, or with the body."""
    if len(rest) > _TRAILER_BYTES or not rest.isascii():
        raise Refused(Refusal.BODY, MALFORMED_TRAILER)
    seen: set[str] = set()
    for line in rest.decode().splitlines():
        if not line:
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if not colon or name in seen:
            raise Refused(Refusal.BODY, MALFORMED_TRAILER)
        seen.add(name)
        yield name, value.strip()
