"""What Prometheus is told: functions, environments, events, queues, and the process itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator

from lambent.invoke.asynchronous.counts import Counts
from lambent.invoke.asynchronous.drain import Drain
from lambent.invoke.dispatcher import Dispatcher
from lambent.observe.prometheus import process
from lambent.observe.prometheus.exposition import Family
from lambent.observe.prometheus.invocations import InvocationTotals, labels_of
from lambent.services.sqs.peek import Peek


def measuring(
    totals: InvocationTotals, dispatcher: Dispatcher, drain: Drain, peek: Peek
) -> Callable[[], Awaitable[list[Family]]]:
    """Gives all figures as of now; raises PlatformError."""

    async def measure() -> list[Family]:
        waiting, depths = await drain.waiting(), await peek.depths()
        return [
            *totals.families(),
            _environments(dispatcher),
            *_events(drain.counters.all(), waiting),
            *_queues(depths),
            *process.families(),
        ]

    return measure


def _environments(dispatcher: Dispatcher) -> Family:
    counts = Counter((each.function_arn, each.state) for each in dispatcher.environments())
    samples = [
        ("", {"function_arn": arn, "state": state}, float(count)) for (arn, state), count in sorted(counts.items())
    ]
    return Family("lambent_environments", "gauge", "Execution environments by state.", samples)


def _events(counts: dict[str, Counts], waiting: dict[str, tuple[int, int]]) -> Iterator[Family]:
    for field in ("received", "succeeded", "failed", "retried", "throttled", "dropped"):
        samples = [("", labels_of(line), float(getattr(each, field))) for line, each in counts.items()]
        yield Family(f"lambent_async_events_{field}_total", "counter", f"Asynchronous events {field}.", samples)
    depths = [
        ("", {**labels_of(line), "state": state}, float(number))
        for line, both in waiting.items()
        for state, number in zip(("due", "later"), both, strict=True)
    ]
    yield Family("lambent_async_events_waiting", "gauge", "Asynchronous events that wait or are tried.", depths)


def _queues(depths: dict[str, tuple[int, int]]) -> Iterator[Family]:
    samples = [
        ("", {"queue": queue, "state": state}, float(number))
        for queue, both in depths.items()
        for state, number in zip(("visible", "hidden"), both, strict=True)
    ]
    yield Family("lambent_queue_messages", "gauge", "Messages in queues, visible or held and delayed.", samples)
