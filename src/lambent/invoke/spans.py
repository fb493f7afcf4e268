"""What the time of an invocation went into, as telemetry tells it. Pure; times are monotonic seconds."""

from __future__ import annotations

from lambent.runtime_api.telemetry_records import Span


def of_runtime(
    begun: float, answered: float, done: float, *, streamed_from: float | None, wall: float
) -> tuple[Span, ...]:
    """The runtime's part: until its answer, that of an answer in pieces, and until it asked for its next event.

    `answered` is when the whole answer was there; `streamed_from` when its first piece was, if it had any. `wall` is
    what makes epoch seconds of a time.
    """
    first = answered if streamed_from is None else streamed_from
    latency = Span("responseLatency", wall + begun, (first - begun) * 1000)
    overhead = Span("runtimeOverhead", wall + answered, (done - answered) * 1000)
    if streamed_from is None:
        return latency, overhead
    return latency, Span("responseDuration", wall + first, (answered - first) * 1000), overhead
