"""The MD5s by which clients check what SQS understood. Pure."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping

from lambent.services.sqs.records import Attribute

_STRING, _BINARY = b"\x01", b"\x02"


def of_body(body: str) -> str:
    """Of a message's body."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def of_attributes(attributes: Mapping[str, Attribute]) -> str | None:
    """Of message attributes: names, types and values, each with its length before it, in the order of the names."""
    if not attributes:
        return None
    digest = hashlib.md5(usedforsecurity=False)
    for name, attribute in sorted(attributes.items()):
        for part in (name.encode(), attribute.kind.encode()):
            digest.update(struct.pack(">I", len(part)) + part)
        value = attribute.value
        transport = _BINARY if attribute.kind.startswith("Binary") else _STRING
        digest.update(transport + struct.pack(">I", len(value)) + value)
    return digest.hexdigest()
