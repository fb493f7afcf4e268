"""What functions and the platform write to logs, as OTLP's log records. Pure, but for what a reader remembers."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from lambent.model.invocation import Ended
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

_REQUEST = re.compile(r"(START|END|REPORT) RequestId: ([0-9a-f-]{36})")
_TRACE = re.compile(r"XRAY TraceId: (1-[0-9a-f]{8}-[0-9a-f]{24})\tSegmentId: ([0-9a-f]{16})")
_HEADER = re.compile(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:;Parent=([0-9a-f]{16}))?")
_LEADING = 300
"""Characters of a text in which its level and its request are looked for."""

REMEMBERED = 10_000
AT_ONCE = 1000
"""Invocations of one stream; whose ends were lost are forgotten beyond."""

_Segment = tuple[str, str]
"""A trace, and a segment of it or nothing."""


class Told(msgspec.Struct, frozen=True):
    """What a line says of itself."""

    level: str = ""
    request_id: str | None = None
    segment: _Segment | None = None
    begins: bool = False
    ends: bool = False


NOTHING = Told()


class Reader:
    """Makes records of lines, in the order in which they were written, and knows which invocation a line is of: that of
    its stream which has begun and not ended, unless it names one itself."""

    def __init__(self) -> None:
        self._traced: OrderedDict[str, _Segment] = OrderedDict()
        """The segments of the last requests that were traced."""
        self._running: dict[tuple[Group, str], set[str]] = {}

    def ended(self, ended: Ended) -> None:
        """An invocation is over; what it has written is read later."""
        header = ended.invocation.trace_id
        if ended.invocation.traced and header is not None and (found := _HEADER.search(header)):
            self._traced[ended.invocation.request_id] = found[1], found[2] or ""
            if len(self._traced) > REMEMBERED:
                self._traced.popitem(last=False)

    def request(self, written: Iterable[Written], now: float) -> Tree:
        """The body for `/v1/logs`, as seen `now`, seconds since the epoch: a resource an environment."""
        streams: dict[tuple[Group, str], list[Tree]] = {}
        observed = str(int(now * 1e9))
        for group, stream, timestamp_ms, text in written:
            told = NOTHING if timestamp_ms < 0 else _read(text)
            request_id = self._follow((group, stream), told)
            segment = told.segment or self._traced.get(request_id or "")
            record = _record(abs(timestamp_ms), text, told.level, request_id, segment)
            streams.setdefault((group, stream), []).append(record | {"observedTimeUnixNano": observed})
        return {
            "resourceLogs": [
                {
                    "resource": {"attributes": _resource(group, stream)},
                    "scopeLogs": [{"scope": {"name": "lambent"}, "logRecords": records}],
                }
                for (group, stream), records in streams.items()
            ]
        }

    def _follow(self, at: tuple[Group, str], told: Told) -> str | None:
        """The request that a line is of."""
        running = self._running.get(at, set())
        request_id = told.request_id
        if request_id is None:
            return next(iter(running)) if len(running) == 1 else None
        if told.begins:
            if len(self._running) >= REMEMBERED:
                self._running.clear()
            if len(running) >= AT_ONCE:
                running.clear()
            self._running.setdefault(at, running).add(request_id)
        elif told.ends:
            running.discard(request_id)
            if not running:
                self._running.pop(at, None)
        return request_id


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


def _record(timestamp_ms: int, text: str, level: str, request_id: str | None, segment: _Segment | None) -> Tree:
    record: Tree = {
        "timeUnixNano": str(timestamp_ms * 1_000_000),
        "body": {"stringValue": text.encode(errors="replace").decode()},
        "attributes": attributes({"faas.invocation_id": request_id}),
    }
    level = _OTHER_NAMES.get(level, level)
    if level in _NUMBERS:
        record |= {"severityNumber": _NUMBERS[level], "severityText": level}
    if segment is not None:
        trace, span = segment
        record |= {"traceId": trace[2:].replace("-", "")} | ({"spanId": span} if span else {})
    return record


def _read(text: str) -> Told:
    fields = _fields(text)
    return _of_text(text) if fields is None else _of_object(fields)


def _fields(text: str) -> Mapping[str, Any] | None:
    """The members of a line that is a JSON object."""
    if not text.startswith("{"):
        return None
    try:
        told = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _of_object(fields: Mapping[str, Any]) -> Told:
    """A structured line: a function's, or one of the platform's records."""
    inner, kind = fields.get("record"), fields.get("type")
    record: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    level = _first(fields, "level", "severity") or ("INFO" if record else "")
    tracing = record.get("tracing")
    header = tracing.get("value") if isinstance(tracing, dict) else None
    trace = _first(fields, "xray_trace_id", "traceId", "trace_id")
    found = _HEADER.search(header if isinstance(header, str) else f"Root={trace or ''}")
    return Told(
        level.upper(),
        _first(fields, "requestId", "AWSRequestId", "function_request_id") or _first(record, "requestId"),
        (found[1], found[2] or "") if found else None,
        begins=kind == "platform.start",
        ends=kind == "platform.report",
    )


def _of_text(text: str) -> Told:
    start = text[:_LEADING]
    level, asked = _TEXT_LEVEL.match(start), _REQUEST.match(start)
    trace = _TRACE.search(text) if asked else None
    return Told(
        (level[1] or level[2]).upper() if level else "INFO" if asked else "",
        asked[2] if asked else None,
        (trace[1], trace[2]) if trace else None,
        begins=asked is not None and asked[1] == "START",
        ends=asked is not None and asked[1] == "REPORT",
    )


def _first(fields: Mapping[str, Any], *names: str) -> str | None:
    found: Sequence[Any] = [fields.get(name) for name in names]
    return next((value for value in found if isinstance(value, str)), None)
