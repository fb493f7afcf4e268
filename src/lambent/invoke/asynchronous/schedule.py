"""When an event is tried again, and when it is over. Pure: outcomes in, decisions out."""

from __future__ import annotations

from enum import Enum

import msgspec

from lambent.invoke.asynchronous.event import AsyncEvent, EventConfig

RETRY_SECONDS = (60.0, 120.0)
"""After the first and the second function error."""

_LEAST_BACKOFF, _MOST_BACKOFF = 1.0, 300.0

DELIVERY_SECONDS = (1.0, 10.0, 60.0)
"""After how long a delivery that failed is tried again; then the record is dropped."""


class Outcome(Enum):
    """How one attempt ended."""

    SUCCESS = "success"
    FUNCTION_ERROR = "function error"
    REFUSED = "refused"
    """Throttled, or the platform failed: the function never saw it, or nobody knows."""


class Condition(Enum):
    """Why an event is over, in the words of its record."""

    SUCCESS = "Success"
    RETRIES = "RetriesExhausted"
    AGE = "EventAgeExceeded"
    ZERO = "ZeroReservedConcurrency"


class Again(msgspec.Struct, frozen=True):
    """Try `event` again at `at`."""

    at: float
    event: AsyncEvent


class Over(msgspec.Struct, frozen=True):
    """There will be no other attempt."""

    condition: Condition


def too_old(event: AsyncEvent, config: EventConfig, now: float) -> bool:
    """Whether an event has waited longer than it may."""
    return now - event.accepted > config.most_seconds


def after(event: AsyncEvent, outcome: Outcome, config: EventConfig, now: float) -> Again | Over:
    """What follows an attempt that has just ended."""
    match outcome:
        case Outcome.SUCCESS:
            return Over(Condition.SUCCESS)
        case Outcome.FUNCTION_ERROR:
            if event.retries >= config.most_retries:
                return Over(Condition.RETRIES)
            at = now + RETRY_SECONDS[min(event.retries, len(RETRY_SECONDS) - 1)]
            again = msgspec.structs.replace(event, retries=event.retries + 1, throttles=0, invoked=event.invoked + 1)
        case _:
            at = now + backoff(event.throttles)
            again = msgspec.structs.replace(event, throttles=event.throttles + 1)
    if too_old(event, config, at):
        return Over(Condition.AGE)
    return Again(at, again)


def backoff(throttles: int) -> float:
    """How long a refused event waits that was refused so often before: 1 s, then twice as long, up to five minutes."""
    return min(_MOST_BACKOFF, _LEAST_BACKOFF * 2.0 ** min(throttles, 16))
