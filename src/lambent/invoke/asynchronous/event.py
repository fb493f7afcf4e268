"""What waits in the queue: events to be invoked, and parcels to be delivered when one has ended."""

from __future__ import annotations

import msgspec


class AsyncEvent(msgspec.Struct, frozen=True, tag="event"):
    """One asynchronous invocation. `qualifier` as it was asked for; times in seconds since the epoch.

    `retries` counts invocations after the first that were due to function errors, `throttles` those that the platform
    refused or failed in a row, `invoked` all that reached the function. `trace_id` and `lineage` go along; `looping`:
    functions have invoked each other so often in this chain that it ends here.
    """

    request_id: str
    account: str
    region: str
    name: str
    qualifier: str | None
    payload: bytes
    accepted: float
    client_context: str | None = None
    trace_id: str | None = None
    lineage: str | None = None
    tenant_id: str | None = None
    retries: int = 0
    throttles: int = 0
    invoked: int = 0
    looping: bool = False


class Delivery(msgspec.Struct, frozen=True, tag="delivery"):
    """A record of an event that has ended, on its way to a queue, topic, function, bus or bucket (`target`, an ARN).

    `function_arn` and `role` say in whose name; `attributes` are those of a dead letter, whose `body` is the event as
    it was; `attempts` counts deliveries that failed.
    """

    function_arn: str
    name: str
    account: str
    region: str
    role: str
    target: str
    body: bytes
    dead_letter: bool = False
    attributes: dict[str, tuple[str, str]] = {}
    succeeded: bool = False
    trace_id: str | None = None
    attempts: int = 0
    request_id: str = ""


class EventConfig(msgspec.Struct, frozen=True):
    """How long and how often events of a function are tried, and where they end. Empty ARNs: nowhere."""

    most_retries: int = 2
    most_seconds: int = 21_600
    on_success: str = ""
    on_failure: str = ""
    dead_letters: str = ""


Waiting = AsyncEvent | Delivery

_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[Waiting] = msgspec.msgpack.Decoder(Waiting)


def encoded(waiting: Waiting) -> bytes:
    """As it lies in the queue."""
    return _ENCODER.encode(waiting)


def decoded(body: bytes) -> Waiting:
    """What lay in the queue. Raises msgspec.DecodeError."""
    return _DECODER.decode(body)


def line_of(account: str, region: str, name: str) -> str:
    """The queue of a function's events: functions do not wait for each other's."""
    return f"{account}/{region}/{name}"
