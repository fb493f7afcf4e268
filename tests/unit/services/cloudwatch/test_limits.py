"""The limits hang together."""

from __future__ import annotations

from lambent.observe.metrics.ages import AGES
from lambent.services.cloudwatch import limits


def test_they_hang_together() -> None:
    assert AGES[1].seconds > limits.OLDEST_SECONDS  # what may be put is still kept by the minute
    assert limits.RECENTLY_SECONDS < limits.LISTED_SECONDS
    assert limits.DATAPOINTS < limits.MOST_DATAPOINTS
