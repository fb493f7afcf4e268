"""CloudWatch's limits."""

from __future__ import annotations

from lambent.observe.metrics.ages import DAY, HOUR

DATA_BYTES = 1024 * 1024
"""Of a PutMetricData request."""
DATA = 1000
"""Values of one PutMetricData."""
DIMENSIONS = 30
VALUES = 150
OLDEST_SECONDS = 14 * DAY
NEWEST_SECONDS = 2 * HOUR
"""How far in the past and in the future a value's time may lie."""

LISTED_SECONDS = 14 * DAY
"""ListMetrics tells of metrics that have had values within this time,"""
RECENTLY_SECONDS = 3 * HOUR
"""or, with `RecentlyActive`, within this."""
PAGE = 500

DATAPOINTS = 1440
"""Of one GetMetricStatistics."""
QUERIES = 500
"""Of one GetMetricData."""
MOST_DATAPOINTS = 100_800
SEARCH_LINES = 500
"""What a SEARCH may find."""

FINE_PERIODS = frozenset({1, 5, 10, 20, 30})
LONGEST_PERIOD_DAYS = 1
"""An alarm looks back a day at most, or seven where its periods are of an hour or more."""
DASHBOARD_BYTES = 1024 * 1024
HISTORY_DAYS = 30
HISTORY = 1000
"""Items of one alarm's history that are kept."""
