"""One trace as it is summed up: who took part, how long it took, what went wrong. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lambent.observe.traces.segments import Segment, within
from lambent.services.xray.calls import Party, owners, parties

CLIENT = "client"


class Node(msgspec.Struct, frozen=True):
    """A service as traces know it."""

    name: str
    kind: str
    account: str | None = None


class Traced(msgspec.Struct, frozen=True):
    """A trace, or some parties of one. Times in seconds; `response` is how long the one waited who asked.

    `own`: by the id of a party's segment all that the party has sent.
    `inferred`: some party sent no segment of its own; `root`: it holds who was called from outside.
    """

    id: str
    segments: Sequence[Segment]
    start: float
    duration: float
    response: float
    fault: bool
    error: bool
    throttle: bool
    partial: bool
    http: Mapping[str, Any]
    annotations: Mapping[str, Sequence[tuple[str | float | bool, Node]]]
    users: Mapping[str, Sequence[Node]]
    nodes: Sequence[Node]
    entry: Node | None
    parties: Sequence[Party] = ()
    own: Mapping[str, Sequence[Segment]] = {}
    inferred: bool = False
    root: bool = True


def summed(trace_id: str, segments: Sequence[Segment], *, root: bool = True) -> Traced:
    """The sum of a trace's segments, of which there is at least one; `root` as in `Traced`."""
    whole = [segment for segment in segments if not segment.separate] or list(segments)
    start = min(segment.start for segment in whole)
    end = max(segment.end if segment.end is not None else segment.start for segment in whole)
    ids = {segment.id for segment in segments} | {
        str(inner.get("id")) for segment in segments for inner in within(segment.fields)
    }
    roots = [segment for segment in whole if segment.parent is None or segment.parent not in ids] or whole
    first = min(roots, key=lambda segment: segment.start)
    annotations: dict[str, list[tuple[str | float | bool, Node]]] = {}
    users: dict[str, list[Node]] = {}
    owner = owners(segments)
    found = parties(segments, owner)
    own: dict[str, list[Segment]] = {}
    for segment in segments:
        sender = owner.get(segment.id, segment)
        own.setdefault(sender.id, []).append(segment)
        of = node(sender)
        for part in parts(segment):
            for key, value in _items(part.get("annotations")):
                if isinstance(value, str | int | float):
                    annotations.setdefault(key, []).append((value, of))
        if isinstance(user := segment.fields.get("user"), str):
            users.setdefault(user, []).append(of)
    return Traced(
        id=trace_id,
        segments=segments,
        start=start,
        duration=end - start,
        response=(first.end if first.end is not None else first.start) - first.start,
        fault=any(segment.fields.get("fault") is True for segment in segments),
        error=any(segment.fields.get("error") is True for segment in segments),
        throttle=any(segment.fields.get("throttle") is True for segment in segments),
        partial=any(segment.end is None for segment in segments),
        http=_http(roots),
        annotations=annotations,
        users=users,
        nodes=list(dict.fromkeys(node(segment) for segment in whole)),
        entry=node(first),
        parties=found,
        own=own,
        inferred=any(party.inferred for party in found),
        root=root,
    )


def node(segment: Segment) -> Node:
    """The service that a segment is of."""
    account = _inner(segment.fields, "aws").get("account_id")
    return Node(segment.name, segment.origin, account if isinstance(account, str) else None)


def parts(segment: Segment) -> Iterator[Mapping[str, Any]]:
    """A segment's document and its subsegments'."""
    yield segment.fields
    yield from within(segment.fields)


def _http(segments: Iterable[Segment]) -> dict[str, Any]:
    """The first request that came over HTTP."""
    for segment in segments:
        http = _inner(segment.fields, "http")
        request, response = _inner(http, "request"), _inner(http, "response")
        if request or response:
            told = {
                "HttpURL": request.get("url"),
                "HttpMethod": request.get("method"),
                "UserAgent": request.get("user_agent"),
                "ClientIp": request.get("client_ip"),
                "HttpStatus": response.get("status"),
            }
            return {name: value for name, value in told.items() if isinstance(value, str | int)}
    return {}


def _inner(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _items(value: object) -> Iterable[tuple[str, Any]]:
    return value.items() if isinstance(value, dict) else ()
