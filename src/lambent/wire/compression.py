"""Compressed request bodies: gzip, the only encoding that a model names. Bursting ones are refused."""

from __future__ import annotations

import zlib

from lambent.wire.request import WireRequest
from lambent.wire.scalar import malformed

_MOST_BYTES = 64 * 1024 * 1024


def is_compressed(request: WireRequest) -> bool:
    """True when the body says that it is gzip."""
    return request.headers.get("content-encoding") == "gzip"


def inflate(body: bytes) -> bytes:
    """What a gzip body holds. Raises WireError for broken data and for more than 64 MiB."""
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, _MOST_BYTES)
    except zlib.error:
        raise malformed("The body is not valid gzip") from None
    if inflater.unconsumed_tail or not inflater.eof:
        raise malformed("The compressed body is truncated or too large")
    return plain
