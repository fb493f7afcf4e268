"""What a poller counts for an attempt."""

from __future__ import annotations

import pytest

from lambent.model.event_source import EventSourceMapping
from lambent.observe.metrics.mappings import MappingMetric
from lambent.sources.base import Outcome, Result
from lambent.sources.tally import Tally
from tests.unit.sources.conftest import mapping


@pytest.mark.parametrize(
    ("result", "failed"), [(Result.DONE, []), (Result.FAILED, [3, 1]), (Result.LATER, [3, 1])], ids=lambda each: None
)
def test_every_attempt_counts_and_those_that_fail_count_as_failed_too(result: Result, failed: list[int]) -> None:
    counted: list[tuple[str, int]] = []

    def count(of: EventSourceMapping, metric: MappingMetric, number: int) -> None:
        counted.append((metric, number))

    tally = Tally(mapping("q"), count)
    tally.invoked(3, Outcome(result))
    tally.polled(0, 0)
    tally.committed(0, 0)
    tally.lagging([])
    names = ("FailedInvokeEventCount", "InvokeErrorCount")
    assert counted == [("InvokedEventCount", 3), *zip(names, failed, strict=False)]


def test_no_lag_is_a_figure_too() -> None:
    counted: list[tuple[str, int]] = []
    Tally(mapping("q"), lambda of, metric, number: counted.append((metric, number))).lagging([0, 0])
    assert counted == [("OffsetLag", 0), ("OffsetLag", 0), ("MaxOffsetLag", 0), ("SumOffsetLag", 0)]
