"""Bodies: bytes to typed values and back, in JSON and CBOR (trees) and XML.

One place decides which format a protocol uses; the walkers do the work.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.wire.scalar import malformed
from lambent.wire.shape import Shape
from lambent.wire.tree import from_tree, to_tree

_decode_json = msgspec.json.Decoder().decode
_encode_json = msgspec.json.Encoder().encode


def read_json(body: bytes) -> Any:
    """A JSON document. Raises WireError(SerializationException)."""
    try:
        return _decode_json(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise malformed("Unable to parse the request body as JSON") from None


def write_json(tree: Any) -> bytes:
    """A JSON document from a tree."""
    return _encode_json(tree)


def read_body(protocol: str, shape: Shape, body: bytes) -> Any:
    """The value of `shape` in a body that is not empty. Raises WireError."""
    return from_tree(shape, read_json(body))


def write_body(protocol: str, shape: Shape, value: Any) -> bytes:
    """The body for a value of `shape`."""
    return write_json(to_tree(shape, value))
