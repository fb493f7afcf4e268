"""What the destination of failed records is told, to the letter. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.model.event_source import EventSourceMapping
from lambent.model.function import LATEST
from lambent.sources.base import Outcome


def record(
    mapping: EventSourceMapping,
    condition: str,
    invoked: int,
    outcome: Outcome | None,
    at: float,
    info: Mapping[str, Any],
    payload: bytes | None,
) -> bytes:
    """The record as JSON. `info` says which records of the source these were (`{"KafkaBatchInfo": {...}}`).

    `outcome` is that of the last attempt, if the function ran; `payload` the event, for those who are shown it.
    """
    told: dict[str, Any] = {
        "requestContext": {
            "requestId": outcome.request_id if outcome else "",
            "functionArn": mapping.function_arn,
            "condition": condition,
            "approximateInvokeCount": invoked,
        },
        "version": "1.0",
        "timestamp": stamp(at),
        **info,
    }
    if outcome is not None:
        version = outcome.version or mapping.qualifier or LATEST
        told["responseContext"] = {"statusCode": 200, "executedVersion": version, "functionError": outcome.error}
    if payload is not None:
        told["payload"] = payload.decode()
    return msgspec.json.encode(told)


def stamp(at: float) -> str:
    """ISO 8601 with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def s3_key(mapping: EventSourceMapping, part: str, at: float, unique: str) -> str:
    """Where a record about a part of the source (a shard, a partition) lies in a bucket."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"aws/lambda/{mapping.uuid}/{part}/{moment:%Y/%m/%d}/{moment:%Y-%m-%dT%H.%M.%S}-{unique}"
