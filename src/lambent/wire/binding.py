"""Members of a REST message that live outside its body: path labels, query, headers, status.

Each structure is sorted into a plan once; the functions here read and write by that plan, for
requests and for responses. Bodies are `wire.body`'s.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, unquote

from lambent.wire.request import HeaderMap
from lambent.wire.scalar import malformed, read_text, write_text
from lambent.wire.shape import Shape

_Bound = tuple[str, Shape, str]
Headers = list[tuple[str, str]]


class Plan:
    """Where a structure's members live. Entries are (member name, shape, wire name); header names to
    be read are lower case, those to be written as in the model. The headers of `plain` members are their texts as
    they are; `may_name_type` says that the content type can be among the headers, `all_in_body` that
    members live nowhere else."""

    __slots__ = (
        "all_in_body",
        "body",
        "by_name",
        "header_maps",
        "headers",
        "may_name_type",
        "payload",
        "plain",
        "query",
        "query_map",
        "status",
        "uri",
    )

    def __init__(self, shape: Shape) -> None:
        self.uri: list[_Bound] = []
        self.query: list[_Bound] = []
        self.query_map: _Bound | None = None
        self.headers: list[_Bound] = []
        self.header_maps: list[_Bound] = []
        self.status: str | None = None
        self.body: dict[str, Shape] = {}
        self.payload = shape.payload
        self.by_name: dict[str, _Bound] = {}
        self.plain: set[str] = set()
        for name, member in shape.members.items():
            wire = member.wire_name or name
            bound = (name, member, wire)
            match member.location:
                case "uri":
                    self.uri.append(bound)
                case "querystring" if member.type == "map":
                    self.query_map = bound
                case "querystring":
                    self.query.append(bound)
                case "header":
                    self.headers.append((name, member, wire.lower()))
                    self.by_name[name] = bound
                    if member.type == "string" and not member.traits.jsonvalue:
                        self.plain.add(name)
                case "headers":
                    # Without a name of its own a map takes every header: its prefix is empty.
                    self.header_maps.append((name, member, (member.wire_name or "").lower()))
                    self.by_name[name] = (name, member, member.wire_name or "")
                case "statusCode":
                    self.status = name
                case _:
                    self.body[name] = member
        self.all_in_body = len(self.body) == len(shape.members) > 0 and self.payload is None
        self.may_name_type = bool(self.header_maps) or any(wire == "content-type" for _, _, wire in self.headers)


@cache
def plan_of(shape: Shape) -> Plan:
    """The plan of a structure, made at first use."""
    return Plan(shape)


def read_query(query: str) -> dict[str, list[str]]:
    """The parameters of a raw query string, in order; a name without `=` has the value ""."""
    found: dict[str, list[str]] = {}
    if not query:
        return found
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if name:
            found.setdefault(_plain(name), []).append(_plain(value))
    return found


def _plain(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    return unquote(text) if "%" in text else text


def read_labels(plan: Plan, labels: Mapping[str, str], into: dict[str, Any]) -> None:
    """The members bound to path labels."""
    for name, shape, wire in plan.uri:
        text = labels[wire]
        into[name] = (
            text if shape.type == "string" else read_text(shape.type, text, shape.timestamp_format or "iso8601")
        )


def read_parameters(plan: Plan, query: Mapping[str, list[str]], template: str, into: dict[str, Any]) -> None:
    """The members bound to query parameters. What neither a member nor the URI's template claims goes to
    the map member, if there is one."""
    for name, shape, wire in plan.query:
        texts = query.get(wire)
        if texts is None:
            continue
        if shape.type == "list":
            style = shape.member.timestamp_format or "iso8601"
            into[name] = [read_text(shape.member.type, text, style) for text in texts]
        else:
            into[name] = read_text(shape.type, texts[0], shape.timestamp_format or "iso8601")
    if plan.query_map:
        name, shape, _ = plan.query_map
        claimed = {wire for _, _, wire in plan.query} | read_query(template.partition("?")[2]).keys()
        rest = {key: texts for key, texts in query.items() if key not in claimed}
        if rest:
            into[name] = rest if shape.value.type == "list" else {key: texts[0] for key, texts in rest.items()}


def read_headers(plan: Plan, headers: HeaderMap, into: dict[str, Any]) -> None:
    """The members bound to headers, single ones and maps by prefix."""
    for name, shape, wire in plan.headers:
        text = headers.get(wire)
        if text is not None:
            into[name] = text if name in plan.plain else _from_header(shape, text)
    for name, _, prefix in plan.header_maps:
        found = {key[len(prefix) :]: text for key, text in headers.items() if key.lower().startswith(prefix)}
        if found:
            into[name] = found


def _from_header(shape: Shape, text: str) -> Any:
    if shape.traits.jsonvalue:
        try:
            return json.loads(base64.b64decode(text, validate=True))
        except ValueError:
            raise malformed("Invalid JSON in a header") from None
    if shape.type == "list":
        return [_from_header(shape.member, part) for part in _parts(text, shape.member)]
    return read_text(shape.type, text, shape.timestamp_format or "rfc822")


_PART = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*?))\s*(?:,|$)')


def _parts(text: str, member: Shape) -> list[str]:
    """The elements of a comma-separated header; quoted ones may hold commas, and so do dates."""
    if member.type == "timestamp" and member.timestamp_format in (None, "rfc822"):
        return re.findall(r"\s*([^,]+,[^,]+)", text)
    parts, at = [], 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            raise malformed("Invalid list in a header")
        quoted = found.group(1)
        parts.append(found.group(2) if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = found.end()
    return parts


def write_headers(plan: Plan, values: Mapping[str, Any]) -> Headers:
    """Headers of the bound members that `values` has."""
    headers: Headers = []
    for name, (_, shape, wire) in plan.by_name.items():
        value = values.get(name)
        if value is None:
            continue
        if name in plan.plain:
            headers.append((wire, _one_line(str(value))))
        elif shape.location == "headers":
            headers += [(wire + key, _one_line(str(text))) for key, text in value.items()]
        elif shape.type != "list":
            headers.append((wire, _one_line(_to_header(shape, value))))
        elif value:
            headers.append((wire, _one_line(",".join(_list_part(shape.member, item) for item in value))))
    return headers


def _to_header(shape: Shape, value: Any) -> str:
    if shape.traits.jsonvalue:
        return base64.b64encode(json.dumps(value, separators=(",", ":")).encode()).decode("ascii")
    return write_text(shape.type, value, shape.timestamp_format or "rfc822")


def _list_part(shape: Shape, value: Any) -> str:
    text = _to_header(shape, value)
    if shape.type == "string" and ('"' in text or "," in text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def _one_line(text: str) -> str:
    """A value must never end its header: what a caller sent may come back here."""
    return text if text.isprintable() else re.sub(r"[\r\n\0]", " ", text)


def write_path(template: str, plan: Plan, values: Mapping[str, Any]) -> str:
    """The path of a URI template, labels filled in. Raises ValueError for a label without a value."""
    bound = {wire: (name, shape) for name, shape, wire in plan.uri}

    def fill(found: re.Match[str]) -> str:
        label, greedy = found.group(1), found.group(2)
        name, shape = bound[label]
        value = values.get(name)
        if value is None or value == "":
            raise ValueError(f"{name} is required")
        text = write_text(shape.type, value, shape.timestamp_format or "iso8601")
        return quote(text, safe="-_.~/" if greedy else "-_.~")

    return re.sub(r"\{([^{}+]+)(\+?)\}", fill, template.partition("?")[0])


def write_query(template: str, plan: Plan, values: Mapping[str, Any]) -> str:
    """The raw query of a URI template: its fixed part, then the bound members that `values` has."""
    pairs: list[tuple[str, str]] = []
    if plan.query_map and (more := values.get(plan.query_map[0])):
        for name, text in more.items():
            pairs += [(name, one) for one in (text if isinstance(text, list) else [text])]
    for name, shape, wire in plan.query:
        value = values.get(name)
        if value is None:
            continue
        each = shape.member if shape.type == "list" else shape
        style = each.timestamp_format or "iso8601"
        pairs += [(wire, write_text(each.type, item, style)) for item in (value if shape.type == "list" else [value])]
    written = "&".join(f"{quote(name, safe='-_.~')}={quote(text, safe='-_.~')}" for name, text in pairs)
    return "&".join(filter(None, (template.partition("?")[2], written)))
