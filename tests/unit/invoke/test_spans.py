"""Spans of an invocation, from five times."""

from __future__ import annotations

from lambent.invoke.spans import of_runtime
from lambent.runtime_api.telemetry_records import Span


def test_a_whole_answer_has_no_duration_of_its_own() -> None:
    assert of_runtime(10.0, 10.25, 10.5, streamed_from=None, wall=1000.0) == (
        Span("responseLatency", 1010.0, 250.0),
        Span("runtimeOverhead", 1010.25, 250.0),
    )


def test_a_streamed_answer_begins_with_its_first_piece() -> None:
    assert of_runtime(10.0, 12.0, 12.5, streamed_from=10.5, wall=1000.0) == (
        Span("responseLatency", 1010.0, 500.0),
        Span("responseDuration", 1010.5, 1500.0),
        Span("runtimeOverhead", 1012.0, 500.0),
    )
