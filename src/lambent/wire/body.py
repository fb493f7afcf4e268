"""Bodies: bytes to typed values and back, in the format that each protocol uses.

JSON and CBOR go through `wire.tree`, XML through `wire.xmltree`. Forms are `wire.form`'s.
"""

from __future__ import annotations

from typing import Any

import msgspec

from lambent.wire import cbor
from lambent.wire.model import CBOR, ServiceModel
from lambent.wire.scalar import malformed
from lambent.wire.shape import Shape
from lambent.wire.tree import from_tree, to_tree
from lambent.wire.xmltree import from_xml, parse_xml, to_xml

XML_PROTOCOLS = frozenset({"rest-xml", "query", "ec2"})

_decode_json = msgspec.json.Decoder().decode
_encode_json = msgspec.json.Encoder().encode


def read_json(body: bytes) -> Any:
    """A JSON document. Raises WireError(SerializationException)."""
    try:
        return _decode_json(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise malformed("Unable to parse the body as JSON") from None


def write_json(tree: Any) -> bytes:
    """A JSON document from a tree."""
    return _encode_json(tree)


def read_body(protocol: str, shape: Shape, body: bytes) -> Any:
    """The value of `shape` in a body that is not empty. Raises WireError."""
    if protocol in XML_PROTOCOLS:
        return from_xml(shape, parse_xml(body))
    tree = cbor.decode(body) if protocol == CBOR else read_json(body)
    # A document that is null stands for one that is not there.
    return {} if tree is None and shape.type == "structure" else from_tree(shape, tree)


def write_body(protocol: str, shape: Shape, value: Any, root: str | None = None, *, asking: bool = False) -> bytes:
    """The body for a value of `shape`; `root` names the root element where there is one.

    `asking` is the client's direction, in which XML names some lists differently.
    """
    if protocol in XML_PROTOCOLS:
        return to_xml(shape, value, root or shape.wire_name or shape.name, asking=asking).encode()
    if protocol == CBOR:
        return cbor.encode(to_tree(shape, value, native=True))
    return _encode_json(to_tree(shape, value))


def content_type(service: ServiceModel, protocol: str) -> str:
    """The type of a structured body in `protocol`."""
    match protocol:
        case "rest-json":
            return "application/json"
        case "json":
            return f"application/x-amz-json-{service.json_version}"
        case "smithy-rpc-v2-cbor":
            return CBOR_TYPE
        case "rest-xml":
            return "application/xml"
        case "ec2":
            return "text/xml;charset=UTF-8"
    return "text/xml"


CBOR_TYPE = "application/cbor"
