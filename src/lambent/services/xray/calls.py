"""Who called whom in a trace. Pure.

A segment is a party. So is what a subsegment calls (`namespace` aws or remote) and that sent no segment of its own: it
is inferred from the call. What carries requests on (a queue, a topic, a bus) never sends one, and stands between the
two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from lambent.observe.traces.segments import Segment, within

_RESOURCES: Mapping[str, tuple[str, str]] = {
    "sqs": ("queue_url", "AWS::SQS::Queue"),
    "sns": ("topic_arn", "AWS::SNS::Topic"),
    "lambda": ("function_name", "AWS::Lambda"),
    "dynamodb": ("table_name", "AWS::DynamoDB::Table"),
    "s3": ("bucket_name", "AWS::S3::Bucket"),
    "kinesis": ("stream_name", "AWS::Kinesis::Stream"),
}
"""What SDKs tell of calls to services by their lower-case names: which member names the resource, and its type."""

_CARRIERS = frozenset({"sqs", "sns", "events", "eventbridge", "kinesis"})


class Party(msgspec.Struct, frozen=True):
    """One that took part: a segment, or an `inferred` one. `caller` is None if it is not in the trace."""

    segment: Segment
    caller: Segment | None
    inferred: bool = False


def parties(segments: Sequence[Segment], owner: Mapping[str, Segment]) -> list[Party]:
    """Those of a trace, of which `owner` is `owners`: segments in their order, then what is inferred."""
    inferred: dict[str, Party] = {}
    called = {segment.parent for segment in segments if not segment.separate}
    for of, part in _calls(segments, owner):
        if part["id"] not in called or _service(part) in _CARRIERS:
            inferred[part["id"]] = Party(_inferred(of, part), of, inferred=True)
    found = []
    for segment in segments:
        if not segment.separate:
            parent = segment.parent or ""
            caller = inferred[parent].segment if parent in inferred else owner.get(parent)
            found.append(Party(segment, caller))
    return [*found, *inferred.values()]


def owners(segments: Iterable[Segment]) -> dict[str, Segment]:
    """The segment that a part belongs to, by the part's id: also of those that came by themselves, if it is there."""
    direct = {
        str(part.get("id")): segment for segment in segments for part in (segment.fields, *within(segment.fields))
    }
    roots = {segment.id: _root(segment, direct) for segment in direct.values()}
    return {id_: roots[segment.id] for id_, segment in direct.items()}


def _root(segment: Segment, direct: Mapping[str, Segment]) -> Segment:
    seen = {segment.id}
    while segment.separate and (above := direct.get(segment.parent or "")) is not None and above.id not in seen:
        segment = above
        seen.add(segment.id)
    return segment


def _calls(segments: Iterable[Segment], owner: Mapping[str, Segment]) -> Iterator[tuple[Segment, Mapping[str, Any]]]:
    """Subsegments that are calls to others, with the segments that they are of."""
    for segment in segments:
        for part in (segment.fields, *within(segment.fields)) if segment.separate else within(segment.fields):
            if part.get("namespace") in ("aws", "remote"):
                yield owner.get(str(part.get("id")), segment), part


def _service(part: Mapping[str, Any]) -> str:
    return str(part["name"]).lower() if part.get("namespace") == "aws" else ""


def _inferred(of: Segment, part: Mapping[str, Any]) -> Segment:
    start = float(part["start_time"])
    ended = part.get("end_time")
    name, kind = _resource(part)
    return Segment(
        of.trace_id,
        str(part["id"]),
        name,
        start,
        float(ended) if isinstance(ended, int | float) else None,
        of.id,
        False,
        {**part, "origin": kind, "subsegments": []},
        "",
    )


def _resource(part: Mapping[str, Any]) -> tuple[str, str]:
    """What was called, and its type."""
    name = str(part["name"])
    if part.get("namespace") != "aws":
        return name, "remote"
    member, kind = _RESOURCES.get(name.lower(), ("", ""))
    told = part.get("aws")
    resource = told.get(member) if isinstance(told, dict) else None
    return (resource, kind) if isinstance(resource, str) else (name, f"AWS::{name}")
