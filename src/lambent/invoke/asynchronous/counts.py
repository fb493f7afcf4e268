"""What became of events, by function: what CloudWatch calls AsyncEventsReceived, AsyncEventsDropped and so on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

import msgspec

from lambent.observe.metrics.summary import Summary

METRICS: Mapping[str, str] = {
    "AsyncEventsReceived": "received",
    "AsyncEventsDropped": "dropped",
    "DestinationDeliveryFailures": "destination_delivery_failures",
    "DeadLetterErrors": "dead_letter_errors",
}
"""The names by which CloudWatch knows what is counted."""


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
        self._told: defaultdict[str, Counts] = defaultdict(Counts)
        self._ages: defaultdict[str, Summary] = defaultdict(Summary)

    def of(self, line: str) -> Counts:
        """A function's, to be counted up."""
        return self._counts[line]

    def aged(self, line: str, seconds: float) -> None:
        """An event is tried for the first time, so long after it was accepted."""
        self._counts[line].last_age_ms = seconds * 1000
        self._ages[line].add(seconds * 1000)

    def all(self) -> dict[str, Counts]:
        """Everybody's."""
        return dict(self._counts)

    def news(self) -> Iterator[tuple[str, Mapping[str, int], Summary | None]]:
        """(line, what was counted since the last time by CloudWatch's names, ages in milliseconds), if anything was."""
        ages, self._ages = self._ages, defaultdict(Summary)
        for line, counts in self._counts.items():
            told = self._told[line]
            if counts == told and line not in ages:
                continue
            new = {name: getattr(counts, field) - getattr(told, field) for name, field in METRICS.items()}
            yield line, {name: count for name, count in new.items() if count}, ages.get(line)
            self._told[line] = msgspec.structs.replace(counts)
