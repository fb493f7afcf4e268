"""What destinations and dead-letter queues are told of an event that is over, to the letter. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.invoke.asynchronous.event import AsyncEvent, Delivery, EventConfig
from lambent.invoke.asynchronous.schedule import Condition
from lambent.model.function import FunctionVersion
from lambent.model.invocation import InvocationResult

_MESSAGE_BYTES = 1024
SUCCEEDED, FAILED = "Success", "Failure"


class Ending(msgspec.Struct, frozen=True):
    """How an event ended: `function` and `result` are those of the last attempt, if there was one that ran.

    `code` and `message` are for dead letters: an HTTP status, and what was said.
    """

    condition: Condition
    invoked: int
    at: float
    function: FunctionVersion
    result: InvocationResult | None = None
    code: int = 200
    message: str = ""


def deliveries(event: AsyncEvent, ending: Ending, config: EventConfig) -> list[Delivery]:
    """What is to be delivered now: a record to the destination, the event itself to the dead-letter queue, or both."""
    found = []
    succeeded = ending.condition is Condition.SUCCESS
    target = config.on_success if succeeded else config.on_failure
    if target:
        found.append(_delivery(event, ending, target, body=record(event, ending), succeeded=succeeded))
    if config.dead_letters and not succeeded:
        attributes = {
            "RequestID": ("String", event.request_id),
            "ErrorCode": ("Number", str(ending.code)),
            "ErrorMessage": ("String", _cut(ending.message) or "unknown"),
        }
        found.append(
            _delivery(
                event, ending, config.dead_letters, body=event.payload or b"{}", dead_letter=True, attributes=attributes
            )
        )
    return found


def record(event: AsyncEvent, ending: Ending) -> bytes:
    """The record as JSON."""
    function = ending.function
    arn = f"{function.function_arn}:{event.qualifier or function.version}"
    told: dict[str, Any] = {
        "version": "1.0",
        "timestamp": stamp(ending.at),
        "requestContext": {
            "requestId": event.request_id,
            "functionArn": arn,
            "condition": ending.condition.value,
            "approximateInvokeCount": ending.invoked,
        },
        "requestPayload": _tree(event.payload),
    }
    if ending.result is not None:
        context: dict[str, Any] = {"statusCode": 200, "executedVersion": ending.result.executed_version}
        if ending.result.function_error is not None:
            context["functionError"] = ending.result.function_error
        told |= {"responseContext": context, "responsePayload": _tree(ending.result.payload)}
    return msgspec.json.encode(told)


def stamp(at: float) -> str:
    """ISO 8601 with milliseconds."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def s3_key(name: str, at: float, unique: str) -> str:
    """Where a record lies in a bucket."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"aws/lambda/async/{name}/{moment:%Y/%m/%d}/{moment:%Y-%m-%dT%H.%M.%S}-{unique}"


def _delivery(event: AsyncEvent, ending: Ending, target: str, **more: Any) -> Delivery:
    function = ending.function
    trace_id = None if ending.result is None else ending.result.trace_id
    return Delivery(
        function_arn=f"{function.function_arn}:{event.qualifier or function.version}",
        name=function.name,
        account=function.account,
        region=function.region,
        role=function.role,
        target=target,
        trace_id=trace_id or event.trace_id,
        request_id=event.request_id,
        **more,
    )


def _tree(payload: bytes) -> Any:
    """A payload as part of a record: JSON as it is, anything else as text."""
    if not payload:
        return None
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return payload.decode(errors="replace")
    return msgspec.Raw(payload)


def _cut(message: str) -> str:
    return message.encode()[:_MESSAGE_BYTES].decode(errors="ignore")
