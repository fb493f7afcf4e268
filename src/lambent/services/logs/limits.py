"""Every limit of CloudWatch Logs."""

from __future__ import annotations

from typing import Final

GROUPS: Final = 100_000
"""Of an account in a region: a tenth of what AWS allows, since each is a directory that listings go through."""

BATCH_BYTES: Final = 1_048_576
EVENT_BYTES: Final = 1_048_576
EVENT_COST: Final = 26
BATCH_HOURS: Final = 24
PAST_DAYS: Final = 14
FUTURE_HOURS: Final = 2
PAGE: Final = 50
EVENTS: Final = 10_000
TAGS: Final = 50
SUBSCRIPTIONS: Final = 2
REGEX_FILTERS: Final = 5
METRIC_FILTERS: Final = 100
RESOURCE_POLICIES: Final = 10
QUERY_DEFINITIONS: Final = 1000
QUERIES_AT_ONCE: Final = 4
QUERY_GROUPS: Final = 50
QUERY_SECONDS: Final = 60.0
QUERY_MEMORY: Final = 1024 * 1024 * 1024
QUERY_ROWS: Final = 10_000
QUERY_ROWS_USUAL: Final = 1000
QUERIES_KEPT: Final = 200
TAIL_HOURS: Final = 3
TAIL_EVENTS: Final = 500
TAIL_SESSIONS: Final = 15
EXPORTS_KEPT: Final = 200

RETENTIONS: Final = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
"""The numbers of days for which events can be kept."""

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
