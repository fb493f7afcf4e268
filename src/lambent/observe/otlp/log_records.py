"""What functions and the platform write to logs, as OTLP's log records. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from lambent.observe.log_files import Group
from lambent.observe.otlp.spans import Tree, attributes

Written = tuple[Group, str, int, str]
"""Group, stream, epoch milliseconds, text. Negative: a function's line in the platform's form: not believed."""

_STREAM = re.compile(r"\d{4}/\d\d/\d\d/([\w-]*)\[([^\]]+)\][0-9a-f]+")
_OF_FUNCTION = "/aws/lambda/"
_NUMBERS = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17, "FATAL": 21}
_OTHER_NAMES = {"WARNING": "WARN", "CRITICAL": "FATAL", "NOTICE": "INFO"}
_TEXT_LEVEL = re.compile(r"\[(\w+)\]|[^\t ]{20,30}\t[0-9a-f-]{36}\t(\w+)\t")
"""How runtimes of Python and Ruby, and that of Node.js, begin a line."""

_REQUEST = re.compile(r"RequestId: ([0-9a-f-]{36})")
_TRACE = re.compile(r"XRAY TraceId: (1-[0-9a-f]{8}-[0-9a-f]{24})\tSegmentId: ([0-9a-f]{16})")
_HEADER = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;Parent=([0-9a-f]{16}))?")
_LEADING = 300
"""Characters of a text in which its level and its request are looked for."""


def request(written: Iterable[Written], now: float) -> Tree:
    """The body for `/v1/logs`, as seen `now`, seconds since the epoch: a resource an environment."""
    streams: dict[tuple[Group, str], list[Tree]] = {}
    observed = str(int(now * 1e9))
    for group, stream, timestamp_ms, text in written:
        record = _record(timestamp_ms, text) | {"observedTimeUnixNano": observed}
        streams.setdefault((group, stream), []).append(record)
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": _resource(group, stream)},
                "scopeLogs": [{"scope": {"name": "lambent"}, "logRecords": records}],
            }
            for (group, stream), records in streams.items()
        ]
    }


def _resource(group: Group, stream: str) -> list[Tree]:
    named = _STREAM.fullmatch(stream)
    name = (named[1] if named else "") or group.name.removeprefix(_OF_FUNCTION)
    told = attributes(
        {
            "service.name": name,
            "faas.name": name,
            "faas.version": named[2] if named else None,
            "faas.instance": stream,
            "cloud.provider": "aws",
            "cloud.account.id": group.account,
            "cloud.region": group.region,
            "cloud.resource_id": f"arn:aws:lambda:{group.region}:{group.account}:function:{name}",
        }
    )
    return [*told, _list("aws.log.group.names", group.name), _list("aws.log.stream.names", stream)]


def _list(key: str, text: str) -> Tree:
    return {"key": key, "value": {"arrayValue": {"values": [{"stringValue": text}]}}}


def _record(timestamp_ms: int, text: str) -> Tree:
    level, request_id, header = ("", None, None) if timestamp_ms < 0 else _read(text)
    record: Tree = {
        "timeUnixNano": str(abs(timestamp_ms) * 1_000_000),
        "body": {"stringValue": text.encode(errors="replace").decode()},
        "attributes": attributes({"faas.invocation_id": request_id}),
    }
    level = _OTHER_NAMES.get(level, level)
    if level in _NUMBERS:
        record |= {"severityNumber": _NUMBERS[level], "severityText": level}
    if header is not None:
        trace, span = header
        record |= {"traceId": trace[2:].replace("-", "")} | ({"spanId": span} if span else {})
    return record


_Read = tuple[str, str | None, tuple[str, str] | None]
"""Level, request, and trace and segment (or none)."""


def _read(text: str) -> _Read:
    fields = _fields(text)
    return _found(text) if fields is None else _told(fields)


def _fields(text: str) -> Mapping[str, Any] | None:
    """The members of a line that is a JSON object."""
    if not text.startswith("{"):
        return None
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _told(fields: Mapping[str, Any]) -> _Read:
    """Of a structured line: a function's, or one of the platform's records."""
    inner = fields.get("record")
    record: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    level = _first(fields, "level", "severity") or ("INFO" if record else "")
    tracing = record.get("tracing")
    header = tracing.get("value") if isinstance(tracing, dict) else None
    trace = _first(fields, "xray_trace_id", "traceId", "trace_id")
    found = _HEADER.search(header if isinstance(header, str) else f"Root={trace or ''}")
    request_id = _first(fields, "requestId", "AWSRequestId", "function_request_id") or _first(record, "requestId")
    return level.upper(), request_id, (found[1], found[2] or "") if found else None


def _found(text: str) -> _Read:
    """Of a line of text."""
    start = text[:_LEADING]
    level, asked = _TEXT_LEVEL.match(start), _REQUEST.search(start)
    trace = _TRACE.search(text) if "XRAY TraceId: " in text else None
    told = (level[1] or level[2]).upper() if level else "INFO" if asked else ""
    return told, asked[1] if asked else None, (trace[1], trace[2]) if trace else None


def _first(fields: Mapping[str, Any], *names: str) -> str | None:
    found: Sequence[Any] = [fields.get(name) for name in names]
    return next((value for value in found if isinstance(value, str)), None)
