"""The calls that a pipe makes: its enrichment, and its target with as many records as one call takes.

Every call says which records it could not get rid of; whoever has the source gets them again from there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.context import Context
from lambent.neighbours.base import Neighbours
from lambent.services.pipes import errors
from lambent.services.pipes.records import Pipe
from lambent.services.pipes.templates import as_text, looked_up

Failures = frozenset[int]
"""Positions of items that were not taken."""

NONE: Failures = frozenset()


class FunctionFailed(Exception):
    """A function was called, and failed."""


async def invoke(neighbours: Neighbours, ctx: Context, arn: str, items: Sequence[Any]) -> Any:
    """A function's answer to a list of items; None if it is empty. Raises ApiError, FunctionFailed."""
    params = {"FunctionName": arn, "Payload": msgspec.json.encode(items)}
    result = await neighbours.call(_in(ctx, arn.split(":")[3]), "lambda", "Invoke", params)
    if result.get("FunctionError"):
        raise FunctionFailed(arn)
    payload = bytes(result.get("Payload") or b"")
    return msgspec.json.decode(payload) if payload else None


async def send(
    neighbours: Neighbours, ctx: Context, pipe: Pipe, items: Sequence[Any], records: Sequence[Any]
) -> Failures:
    """Hand items over to the pipe's target. `records` are what parameters' paths lead into, one for each item.

    Raises ApiError, FunctionFailed, Untransformable.
    """
    return await _WAYS[pipe.target.split(":")[2]](neighbours, ctx, pipe, items, records)


async def _to_function(
    neighbours: Neighbours, ctx: Context, pipe: Pipe, items: Sequence[Any], records: Sequence[Any]
) -> Failures:
    how = pipe.target_parameters.get("LambdaFunctionParameters") or {}
    if how.get("InvocationType") == "FIRE_AND_FORGET":
        params = {"FunctionName": pipe.target, "InvocationType": "Event", "Payload": msgspec.json.encode(items)}
        await neighbours.call(_in(ctx, pipe.target.split(":")[3]), "lambda", "Invoke", params)
        return NONE
    answer = await invoke(neighbours, ctx, pipe.target, items)
    named = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if not isinstance(named, list) or not named:
        return NONE
    failed = {each.get("itemIdentifier") if isinstance(each, dict) else None for each in named}
    ids = [each.get("messageId") if isinstance(each, dict) else None for each in records]
    if not failed <= set(ids):
        return frozenset(range(len(items)))  # it speaks of what it was not given
    return frozenset(position for position, each in enumerate(ids) if each in failed)


async def _to_queue(
    neighbours: Neighbours, ctx: Context, pipe: Pipe, items: Sequence[Any], records: Sequence[Any]
) -> Failures:
    _, _, _, region, account, name = pipe.target.split(":", 5)
    given = pipe.target_parameters.get("SqsQueueParameters") or {}
    entries = []
    for position, (item, record) in enumerate(zip(items, records, strict=True)):
        entry = {"Id": str(position), "MessageBody": as_text(item)}
        for member, parameter in given.items():
            if value := looked_up(parameter, record):
                entry[member] = value
        entries.append(entry)
    url = f"https://sqs.{region}.amazonaws.com/{account}/{name}"
    answer = await neighbours.call(_in(ctx, region), "sqs", "SendMessageBatch", {"QueueUrl": url, "Entries": entries})
    return _failed(answer)


async def _to_topic(
    neighbours: Neighbours, ctx: Context, pipe: Pipe, items: Sequence[Any], records: Sequence[Any]
) -> Failures:
    entries = [{"Id": str(position), "Message": as_text(item)} for position, item in enumerate(items)]
    params = {"TopicArn": pipe.target, "PublishBatchRequestEntries": entries}
    return _failed(await neighbours.call(_in(ctx, pipe.target.split(":")[3]), "sns", "PublishBatch", params))


async def _to_bus(
    neighbours: Neighbours, ctx: Context, pipe: Pipe, items: Sequence[Any], records: Sequence[Any]
) -> Failures:
    given = pipe.target_parameters.get("EventBridgeEventBusParameters") or {}
    entries = []
    for item, record in zip(items, records, strict=True):
        entry: dict[str, Any] = {
            "EventBusName": pipe.target,
            "Source": looked_up(given.get("Source") or f"Pipe {pipe.name}", record),
            "DetailType": looked_up(given.get("DetailType") or _told_by(record), record),
            "Detail": as_text(item),
        }
        if given.get("Resources"):
            entry["Resources"] = [looked_up(each, record) for each in given["Resources"]]
        if given.get("Time"):
            entry["Time"] = _moment(looked_up(given["Time"], record))
        entries.append(entry)
    answer = await neighbours.call(_in(ctx, pipe.target.split(":")[3]), "events", "PutEvents", {"Entries": entries})
    told = answer.get("Entries") or ()
    return frozenset(position for position, each in enumerate(told) if each.get("ErrorCode"))


async def _to_logs(
    neighbours: Neighbours, ctx: Context, pipe: Pipe, items: Sequence[Any], records: Sequence[Any]
) -> Failures:
    _, _, _, region, _, resource = pipe.target.split(":", 5)
    given = pipe.target_parameters["CloudWatchLogsParameters"]
    now = int(ctx.clock.now() * 1000)
    streams: dict[str, list[dict[str, Any]]] = {}
    for item, record in zip(items, records, strict=True):
        at = looked_up(given.get("Timestamp") or str(now), record)
        event = {"timestamp": _milliseconds(at), "message": as_text(item)}
        streams.setdefault(looked_up(given["LogStreamName"], record), []).append(event)
    for stream, events in streams.items():
        params = {
            "logGroupName": resource.removeprefix("log-group:").removesuffix(":*"),
            "logStreamName": stream,
            "logEvents": events,
        }
        await neighbours.call(_in(ctx, region), "logs", "PutLogEvents", params)
    return NONE


def _moment(text: str) -> datetime:
    """A time as RFC 3339 writes it. Raises Untransformable."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise errors.no_time(text) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _milliseconds(text: str) -> int:
    """Milliseconds since the epoch. Raises Untransformable."""
    if not (text.isascii() and text.isdigit()):
        raise errors.no_milliseconds(text)
    return int(text)


def _told_by(record: Any) -> str:
    """The detail type of an event that was given none."""
    source = record.get("eventSource") if isinstance(record, dict) else None
    return f"Event from {source or 'aws:sqs'}"


def _failed(answer: Mapping[str, Any]) -> Failures:
    return frozenset(int(each["Id"]) for each in answer.get("Failed") or ())


def _in(ctx: Context, region: str) -> Context:
    return ctx if region in ("", ctx.region) else msgspec.structs.replace(ctx, region=region)


_Way = Callable[[Neighbours, Context, Pipe, Sequence[Any], Sequence[Any]], Awaitable[Failures]]
_WAYS: Mapping[str, _Way] = {
    "lambda": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "events": _to_bus,
    "logs": _to_logs,
}
