"""X-Ray's segments as spans. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambent.observe.traces.segments import Segment

Tree = dict[str, Any]

INTERNAL, SERVER, CLIENT = 1, 2, 3
_FAILED = 2
_ID = re.compile(r"[0-9a-f]{16}")
_SCOPE = {"name": "lambent"}


def request(segments: Sequence[tuple[str, str, Segment]]) -> Tree:
    """The body for `/v1/traces`: (account, region, segment), each of which has ended.

    A subsegment that came by itself does not say whose it is: its service is called `lambent`.
    """
    services: dict[tuple[str, str, str], list[Tree]] = {}
    for account, region, segment in segments:
        name = "lambent" if segment.separate else segment.name
        services.setdefault((account, region, name), []).extend(_spans(segment))
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
            for (account, region, name), spans in services.items()
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
