"""How many workers read a queue at once: growing while all are busy, shrinking when nothing comes. Pure.

Seconds are given by the caller. Lambda's figures: five at first, up to 300 more a minute, 1,250 at most. When nothing
comes one is left (Lambda keeps two): it calls the others as soon as it has something, and a thousand idle mappings
should cost next to nothing.
"""

from __future__ import annotations

from lambent.model.event_source import EventSourceMapping

START, IDLE, MOST, PER_MINUTE = 5, 1, 1250, 300
INVOCATIONS_PER_POLLER = 10
"""What a provisioned poller has under way at most."""

_PROVISIONED_PER_MINUTE = 1000


class Scaling:
    """`allowed` says how many workers there may be now, `idle` how many stay when nothing comes."""

    def __init__(self, mapping: EventSourceMapping) -> None:
        pollers, self._least = mapping.provisioned_pollers, 0
        if pollers is not None:
            least, most = pollers
            self._least = least
            self._start, self._most = least * INVOCATIONS_PER_POLLER, most * INVOCATIONS_PER_POLLER
            self._per_second, self.idle = _PROVISIONED_PER_MINUTE / 60, least
        else:
            self._most = mapping.maximum_concurrency or MOST
            self._start, self.idle = min(START, self._most), min(IDLE, self._most)
            self._per_second = PER_MINUTE / 60
        self._allowed = float(self._start)
        self._grown_at: float | None = None

    @property
    def allowed(self) -> int:
        """Workers at most."""
        return int(self._allowed)

    def pollers(self, workers: int) -> int | None:
        """How many provisioned pollers so many workers are, at least those that are always there; None without any."""
        return max(self._least, -(-workers // INVOCATIONS_PER_POLLER)) if self._least else None

    def all_busy(self, now: float) -> None:
        """Nobody waits for messages: more may help. Growth counts from the first moment of a busy spell."""
        if self._grown_at is not None:
            grown = self._allowed + (now - self._grown_at) * self._per_second
            self._allowed = max(self._allowed, min(self._most, grown))
        self._grown_at = now

    def some_idle(self) -> None:
        """The busy spell is over; what was grown beyond the start goes one by one."""
        self._grown_at = None
        if self._allowed > self._start:
            self._allowed = max(self._start, self._allowed - 1)

    def fell_back(self) -> None:
        """The function fails, or is throttled: half as many, until all goes well."""
        self._grown_at = None
        self._allowed = max(1.0, self._allowed / 2)

    def went_well(self) -> None:
        """One more, until it is as many as at the start."""
        if self._allowed < self._start:
            self._allowed = min(self._start, self._allowed + 1)
