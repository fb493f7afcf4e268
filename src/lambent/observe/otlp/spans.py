"""X-Ray's segments as spans. Pure, but for whose parts are remembered."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambent.observe.traces.segments import Segment, within

Tree = dict[str, Any]

INTERNAL, SERVER, CLIENT = 1, 2, 3
_FAILED = 2
_ID = re.compile(r"[0-9a-f]{16}")
_SCOPE = {"name": "lambent"}
UNKNOWN = "lambent"
REMEMBERED = 50_000
"""Parts of segments whose service is known."""

_ID_LENGTH = 16
"""Of what others can name as their parent; other ids stand in documents only, as long as their senders like."""


class Services:
    """Whose a subsegment is that came by itself: that of the segment which its parents lead to. The last are known."""

    def __init__(self) -> None:
        self._names: OrderedDict[str, str] = OrderedDict()

    def names(self, segments: Sequence[Segment]) -> list[str]:
        """The services of some segments, in their order; `lambent` where it is not known."""
        for segment in segments:
            if not segment.separate:
                self._remember(segment, segment.name)
        above = {segment.id: segment.parent for segment in segments if segment.separate}
        names = []
        for segment in segments:
            name = segment.name if not segment.separate else self._found(segment.parent, above)
            if segment.separate and name is not None:
                self._remember(segment, name)
            names.append(name or UNKNOWN)
        return names

    def _found(self, parent: str | None, above: Mapping[str, str | None]) -> str | None:
        """The service of a part, over those that have come in any order."""
        for _ in range(len(above) + 1):
            if parent is None:
                return None
            if parent in self._names:
                return self._names[parent]
            parent = above.get(parent)
        return None

    def _remember(self, segment: Segment, name: str) -> None:
        for part in (segment.fields, *within(segment.fields)):
            if len(part["id"]) == _ID_LENGTH:
                self._names[part["id"]] = name
        while len(self._names) > REMEMBERED:
            self._names.popitem(last=False)


def request(segments: Sequence[tuple[str, str, Segment]], services: Services) -> Tree:
    """The body for `/v1/traces`: (account, region, segment), each of which has ended."""
    grouped: dict[tuple[str, str, str], list[Tree]] = {}
    names = services.names([segment for _, _, segment in segments])
    for (account, region, segment), name in zip(segments, names, strict=True):
        grouped.setdefault((account, region, name), []).extend(_spans(segment))
    return {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": attributes(
                        {"service.name": name, "cloud.account.id": account, "cloud.region": region}
                    )
                },
                "scopeSpans": [{"scope": _SCOPE, "spans": spans}],
            }
            for (account, region, name), spans in grouped.items()
        ]
    }


def attributes(of: Mapping[str, Any]) -> list[Tree]:
    """Texts, numbers and truth values as OTLP has them; others are left out."""
    return [{"key": key, "value": value} for key, each in of.items() if (value := _value(each)) is not None]


def _spans(segment: Segment) -> Iterator[Tree]:
    trace = segment.trace_id[2:].replace("-", "")
    yield from _span(segment.fields, trace, segment.parent, segment.end or segment.start)


def _span(fields: Mapping[str, Any], trace: str, parent: str | None, end: float) -> Iterator[Tree]:
    if not _ID.fullmatch(fields["id"]):
        return
    ended = fields.get("end_time", end)
    span: Tree = {
        "traceId": trace,
        "spanId": fields["id"],
        "name": fields["name"],
        "kind": _kind(fields),
        "startTimeUnixNano": _nanoseconds(fields["start_time"]),
        "endTimeUnixNano": _nanoseconds(ended if isinstance(ended, int | float) else end),
        "attributes": attributes(_told(fields)),
    }
    if parent is not None:
        span["parentSpanId"] = parent
    if fields.get("fault") or fields.get("error"):
        span["status"] = {"code": _FAILED}
    yield span
    for each in fields.get("subsegments", ()):
        yield from _span(each, trace, fields["id"], end)


def _told(fields: Mapping[str, Any]) -> Tree:
    http = _object(fields.get("http"))
    asked, answered = _object(http.get("request")), _object(http.get("response"))
    told = {
        "http.request.method": asked.get("method"),
        "url.full": asked.get("url"),
        "http.response.status_code": answered.get("status"),
        "faas.invocation_id": _object(fields.get("aws")).get("request_id"),
        "cloud.resource_id": fields.get("resource_arn"),
        "aws.xray.origin": fields.get("origin"),
    }
    return told | _object(fields.get("annotations"))


def _kind(fields: Mapping[str, Any]) -> int:
    if "origin" in fields:
        return SERVER
    return CLIENT if fields.get("namespace") in ("aws", "remote") else INTERNAL


def _object(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def _value(value: Any) -> Tree | None:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    return {"stringValue": value} if isinstance(value, str) else None


def _nanoseconds(seconds: float) -> str:
    return str(int(seconds * 1_000_000) * 1000)
