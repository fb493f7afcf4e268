"""What became of events, by function: what CloudWatch calls AsyncEventsReceived, AsyncEventsDropped and so on."""

from __future__ import annotations

from collections import defaultdict

import msgspec


class Counts(msgspec.Struct):
    """One function's, since the server started. `last_age_ms` is how old the last event was when it was first tried."""

    received: int = 0
    succeeded: int = 0
    failed: int = 0
    retried: int = 0
    throttled: int = 0
    dropped: int = 0
    destination_delivery_failures: int = 0
    dead_letter_errors: int = 0
    last_age_ms: float = 0.0


class Counters:
    """Counts by the queue name of a function (`ACCOUNT/REGION/NAME`)."""

    def __init__(self) -> None:
        self._counts: defaultdict[str, Counts] = defaultdict(Counts)

    def of(self, line: str) -> Counts:
        """A function's, to be counted up."""
        return self._counts[line]

    def all(self) -> dict[str, Counts]:
        """Everybody's."""
        return dict(self._counts)
