"""Delivery by ARN: one parcel to a function, a queue, a topic, a bus, a bucket or a stream, through `Neighbours.call`.

At most one attempt: who must not lose a parcel tries again. Nothing here knows what a parcel says.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from lambent.context import Context
from lambent.neighbours import errors
from lambent.neighbours.base import Neighbours


class Parcel(msgspec.Struct, frozen=True):
    """What is delivered. `body` is UTF-8 text, usually JSON; any bytes for buckets and streams.

    `attributes` (name -> data type, value) go to queues and topics; `group` makes a message of a FIFO one.
    `source`, `detail_type` and `resources` are for buses, `key` for buckets, and for streams to choose a shard.
    """

    body: bytes
    attributes: Mapping[str, tuple[str, str]] = {}
    group: str | None = None
    source: str = ""
    detail_type: str = ""
    resources: tuple[str, ...] = ()
    key: str = ""


async def deliver(neighbours: Neighbours, ctx: Context, arn: str, parcel: Parcel) -> None:
    """Hand `parcel` over to what `arn` names, in its own account and region. Raises ApiError."""
    parts = arn.split(":", 5)
    way = _WAYS.get(parts[2]) if len(parts) == 6 else None
    if way is None:
        raise errors.not_deliverable(arn)
    region = parts[3] or ctx.region
    there = ctx if region == ctx.region else msgspec.structs.replace(ctx, region=region)
    await way(neighbours, there, arn, parcel)


async def _to_function(neighbours: Neighbours, ctx: Context, arn: str, parcel: Parcel) -> None:
    params = {"FunctionName": arn, "InvocationType": "Event", "Payload": parcel.body}
    await neighbours.call(ctx, "lambda", "Invoke", params)


async def _to_queue(neighbours: Neighbours, ctx: Context, arn: str, parcel: Parcel) -> None:
    _, _, _, _, account, name = arn.split(":", 5)
    # Not asked for, since who may send need not be allowed to ask. Its path is what counts, everywhere.
    url = f"https://sqs.{ctx.region}.amazonaws.com/{account}/{name}"
    params: dict[str, Any] = {"QueueUrl": url, "MessageBody": parcel.body.decode()}
    await neighbours.call(ctx, "sqs", "SendMessage", params | _message(parcel))


async def _to_topic(neighbours: Neighbours, ctx: Context, arn: str, parcel: Parcel) -> None:
    params: dict[str, Any] = {"TopicArn": arn, "Message": parcel.body.decode()}
    await neighbours.call(ctx, "sns", "Publish", params | _message(parcel))


async def _to_bus(neighbours: Neighbours, ctx: Context, arn: str, parcel: Parcel) -> None:
    entry = {
        "EventBusName": arn,
        "Source": parcel.source,
        "DetailType": parcel.detail_type,
        "Detail": parcel.body.decode(),
        "Resources": list(parcel.resources),
    }
    answer = await neighbours.call(ctx, "events", "PutEvents", {"Entries": [entry]})
    if answer.get("FailedEntryCount"):
        refused: Mapping[str, Any] = next(iter(answer.get("Entries", ())), {})
        raise errors.not_taken(arn, refused.get("ErrorCode", "InternalFailure"), refused.get("ErrorMessage", ""))


async def _to_bucket(neighbours: Neighbours, ctx: Context, arn: str, parcel: Parcel) -> None:
    bucket = arn.split(":", 5)[5]
    params = {"Bucket": bucket, "Key": parcel.key, "Body": parcel.body, "ContentType": "application/json"}
    await neighbours.call(ctx, "s3", "PutObject", params)


async def _to_stream(neighbours: Neighbours, ctx: Context, arn: str, parcel: Parcel) -> None:
    name = arn.split(":", 5)[5].removeprefix("stream/")
    params = {"StreamName": name, "Data": parcel.body, "PartitionKey": parcel.key}
    await neighbours.call(ctx, "kinesis", "PutRecord", params)


def _message(parcel: Parcel) -> dict[str, Any]:
    """What queues and topics call by the same names."""
    more: dict[str, Any] = {}
    if parcel.attributes:
        more["MessageAttributes"] = {
            name: {"DataType": kind, "StringValue": value} for name, (kind, value) in parcel.attributes.items()
        }
    if parcel.group is not None:
        more["MessageGroupId"] = parcel.group
    return more


_Way = Callable[[Neighbours, Context, str, Parcel], Awaitable[None]]
_WAYS: Mapping[str, _Way] = {
    "lambda": _to_function,
    "sqs": _to_queue,
    "sns": _to_topic,
    "events": _to_bus,
    "s3": _to_bucket,
    "kinesis": _to_stream,
}
