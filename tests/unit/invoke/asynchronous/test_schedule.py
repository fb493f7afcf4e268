"""When events are tried again: AWS's schedule, as a table."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from lambent.invoke.asynchronous.event import AsyncEvent, EventConfig
from lambent.invoke.asynchronous.schedule import Again, Condition, Outcome, Over, after, backoff, too_old

EVENT = AsyncEvent("r", "1", "us-east-1", "f", None, b"{}", 1000.0)


def event(**more: Any) -> AsyncEvent:
    return msgspec.structs.replace(EVENT, **more)


@pytest.mark.parametrize(
    ("before", "outcome", "config", "now", "expected"),
    [
        (event(), Outcome.SUCCESS, {}, 1000.0, Condition.SUCCESS),
        (event(), Outcome.FUNCTION_ERROR, {}, 1000.0, (1060.0, {"retries": 1, "invoked": 1})),
        (event(retries=1, invoked=1), Outcome.FUNCTION_ERROR, {}, 1060.0, (1180.0, {"retries": 2, "invoked": 2})),
        (event(retries=2, invoked=2), Outcome.FUNCTION_ERROR, {}, 1180.0, Condition.RETRIES),
        (event(), Outcome.FUNCTION_ERROR, {"most_retries": 0}, 1000.0, Condition.RETRIES),
        (event(retries=1), Outcome.FUNCTION_ERROR, {"most_retries": 1}, 1000.0, Condition.RETRIES),
        (event(), Outcome.FUNCTION_ERROR, {"most_seconds": 60}, 1001.0, Condition.AGE),
        (event(), Outcome.FUNCTION_ERROR, {"most_seconds": 60}, 1000.0, (1060.0, {"retries": 1, "invoked": 1})),
        (event(), Outcome.REFUSED, {}, 1000.0, (1001.0, {"throttles": 1})),
        (event(throttles=3), Outcome.REFUSED, {}, 1000.0, (1008.0, {"throttles": 4})),
        (event(throttles=30), Outcome.REFUSED, {}, 1000.0, (1300.0, {"throttles": 31})),
        (
            event(throttles=5),
            Outcome.FUNCTION_ERROR,
            {},
            1000.0,
            (1060.0, {"retries": 1, "invoked": 1, "throttles": 0}),
        ),
        (event(throttles=9), Outcome.REFUSED, {"most_seconds": 60}, 1000.0, Condition.AGE),
        (event(), Outcome.REFUSED, {"most_retries": 0}, 1000.0, (1001.0, {"throttles": 1})),
    ],
)
def test_what_follows(before: AsyncEvent, outcome: Outcome, config: dict[str, int], now: float, expected: Any) -> None:
    step = after(before, outcome, EventConfig(**config), now)
    if isinstance(expected, Condition):
        assert step == Over(expected)
    else:
        at, changes = expected
        assert step == Again(at, msgspec.structs.replace(before, **changes))


def test_backing_off() -> None:
    assert [backoff(n) for n in range(10)] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]


def test_age() -> None:
    config = EventConfig(most_seconds=60)
    assert not too_old(EVENT, config, 1060.0)
    assert too_old(EVENT, config, 1060.1)
