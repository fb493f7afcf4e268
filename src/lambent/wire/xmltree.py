"""The walker for XML: elements to typed values and typed values to text.

Names of lists and maps follow the model (`member`, `entry`, flattened). Document types are refused:
no protocol of AWS uses them, and entity tricks live there.
"""

from __future__ import annotations

import re
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.sax.saxutils import quoteattr

from lambent.wire.request import WireError
from lambent.wire.scalar import read_text, write_text
from lambent.wire.shape import Shape

_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f]")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_NOT_WELL_FORMED = "The XML you provided was not well-formed or did not validate against our published schema"


def parse_xml(body: bytes) -> Element:
    """The root element. Raises WireError(MalformedXML)."""
    try:
        # Decoded here, so that no other encoding hides a document type from the next line.
        text = body.decode("utf-8-sig")
        if "<!DOCTYPE" in text:
            raise WireError("MalformedXML", _NOT_WELL_FORMED)
        parser = XMLParser()
        parser.feed(text)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError):
        raise WireError("MalformedXML", _NOT_WELL_FORMED) from None
    return root


def local_name(tag: str) -> str:
    """A tag without its namespace."""
    return tag.rpartition("}")[2]


def children(element: Element) -> dict[str, list[Element]]:
    """The children of an element by local name."""
    found: dict[str, list[Element]] = {}
    for child in element:
        found.setdefault(local_name(child.tag), []).append(child)
    return found


def from_xml(shape: Shape, element: Element) -> Any:
    """The typed value of an element. Raises WireError where a text does not fit its type."""
    match shape.type:
        case "structure":
            return _structure(shape, element)
        case "list":
            name = shape.member.wire_name or "member"
            return [from_xml(shape.member, item) for item in element if local_name(item.tag) == name]
        case "map":
            return _map(shape, [item for item in element if local_name(item.tag) == "entry"])
    return read_text(shape.type, element.text or "", shape.timestamp_format)


def _structure(shape: Shape, element: Element) -> dict[str, Any]:
    by_name = children(element)
    value: dict[str, Any] = {}
    for name, member in shape.members.items():
        if member.location is not None or member.traits.eventheader:
            continue
        if member.traits.xml_attribute:
            wanted = (member.wire_name or name).rpartition(":")[2]
            for key, text in element.attrib.items():
                if local_name(key) == wanted:
                    value[name] = text
            continue
        found = _found(name, member, by_name)
        if not found:
            continue
        if member.flattened and member.type == "list":
            value[name] = [from_xml(member.member, item) for item in found]
        elif member.flattened and member.type == "map":
            value[name] = _map(member, found)
        else:
            value[name] = from_xml(member, found[0])
    return value


def _found(name: str, member: Shape, by_name: dict[str, list[Element]]) -> list[Element] | None:
    # Models name a flattened list at the member, at its elements, or at both: either may arrive.
    if member.flattened and member.type == "list" and member.member.wire_name in by_name:
        return by_name[member.member.wire_name or ""]
    return by_name.get(member.wire_name or name)


def _map(shape: Shape, entries: list[Element]) -> dict[str, Any]:
    key_name, value_name = shape.key.wire_name or "key", shape.value.wire_name or "value"
    value = {}
    for entry in entries:
        parts = children(entry)
        if key_name not in parts or value_name not in parts:
            raise WireError("MalformedXML", _NOT_WELL_FORMED)
        value[from_xml(shape.key, parts[key_name][0])] = from_xml(shape.value, parts[value_name][0])
    return value


def escape(text: str) -> str:
    """Text as the content of an element; control characters become references."""
    return _SPECIAL.sub(_reference, text) if _SPECIAL.search(text) else text


def _reference(found: re.Match[str]) -> str:
    char = found.group()
    return _ENTITIES.get(char) or f"&#{ord(char)};"


def element(name: str, content: str, namespace: str | None = None) -> str:
    """An element around content that is already XML."""
    opening = f'{name} xmlns="{namespace}"' if namespace else name
    return f"<{opening}>{content}</{name}>"


def to_xml(shape: Shape, value: Any, name: str, *, asking: bool = False) -> str:
    """The element `name` for a typed value: several elements in a row for a flattened list or map.

    `asking` is the client's direction: a flattened list is then named by its member, not its elements.
    """
    match shape.type:
        case "structure":
            return _open(shape, name, value) + members_xml(shape, value, asking=asking) + f"</{name}>"
        case "list":
            if shape.flattened:
                each = name if asking else (shape.member.wire_name or name)
                return "".join(to_xml(shape.member, item, each, asking=asking) for item in value)
            each = shape.member.wire_name or "member"
            inner = "".join(to_xml(shape.member, item, each, asking=asking) for item in value)
            return f"{_open(shape, name)}{inner}</{name}>"
        case "map":
            each = name if shape.flattened else "entry"
            entries = "".join(_entry(shape, key, item, each, asking) for key, item in value.items())
            return entries if shape.flattened else f"{_open(shape, name)}{entries}</{name}>"
    text = escape(write_text(shape.type, value, shape.timestamp_format or "iso8601"))
    return f"{_open(shape, name)}{text}</{name}>"


def members_xml(shape: Shape, value: Any, *, asking: bool = False) -> str:
    """The elements of a structure's members. Raises ValueError for a member that the model does not know."""
    written = []
    for name, item in value.items():
        if item is None:
            continue
        try:
            member = shape.members[name]
        except KeyError:
            raise ValueError(f"{shape.name} has no member {name!r}") from None
        if not member.traits.xml_attribute:
            written.append(to_xml(member, item, member.wire_name or name, asking=asking))
    return "".join(written)


def _entry(shape: Shape, key: str, value: Any, name: str, asking: bool) -> str:
    inner = to_xml(shape.key, key, shape.key.wire_name or "key", asking=asking)
    inner += to_xml(shape.value, value, shape.value.wire_name or "value", asking=asking)
    return f"<{name}>{inner}</{name}>"


def _open(shape: Shape, name: str, value: Any = None) -> str:
    """The opening tag, with the namespace of the model and, of a structure, its attributes."""
    attributes = ""
    if (namespace := shape.traits.xml_namespace) is not None:
        uri, prefix = (namespace, None) if isinstance(namespace, str) else (namespace["uri"], namespace.get("prefix"))
        attributes = f" xmlns{':' + prefix if prefix else ''}={quoteattr(uri)}"
    if value is not None:
        for member_name, member in shape.members.items():
            if member.traits.xml_attribute and (text := value.get(member_name)) is not None:
                attributes += f" {member.wire_name or member_name}={quoteattr(str(text))}"
    return f"<{name}{attributes}>"
