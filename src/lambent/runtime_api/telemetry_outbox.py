"""One subscriber's events between the platform and its listener: batches, bounds, retries and losses. Pure.

Events are encoded already, and shared with other subscribers of the same schema. Time is a parameter (monotonic
seconds). The owner sends what `take` gives, one batch at a time, and tells how it went.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from lambent.runtime_api.telemetry_subscriptions import Buffering

BATCHES: Final = 4
"""How many full batches wait behind the one that is being sent and before the one that is filling."""

ATTEMPTS: Final = 6
BACKOFF_SECONDS: Final = 0.1
"""The first pause after a failed attempt; each further one is twice as long."""

FALLEN_BEHIND = "Consumer seems to have fallen behind as it has not acknowledged receipt of logs."
UNREACHABLE = "Consumer could not be reached, or refused the logs."

Dropped = Callable[[int, int, str], bytes]
"""Makes a `platform.logsDropped` event from records, bytes and a reason."""


class _Loss(NamedTuple):
    records: int
    size: int
    reason: str


_NOTHING = _Loss(0, 0, "")


class Outbox:
    """See the module. `dropped` is None for subscribers that do not want the platform's events."""

    def __init__(self, buffering: Buffering, dropped: Dropped | None) -> None:
        self._buffering = buffering
        self._dropped = dropped
        self._filling: list[bytes] = []
        self._filling_bytes = 0
        self._full_at = 0.0
        """When the batch that is filling is to be sent, full or not."""
        self._ready: deque[list[bytes]] = deque()
        self._sending: list[bytes] | None = None
        self._attempts = 0
        self._again_at = 0.0
        self._lost = self._told = _NOTHING
        """What was lost since the batch that is being sent was taken; and what that batch tells of."""

    def add(self, event: bytes, now: float) -> None:
        """One event more; if it fills its batch, and there is no room for that, the batch is lost."""
        if not self._filling:
            self._full_at = now + self._buffering.timeout_ms / 1000
        self._filling.append(event)
        self._filling_bytes += len(event)
        if self._filling_bytes >= self._buffering.max_bytes or len(self._filling) >= self._buffering.max_items:
            if len(self._ready) < BATCHES:
                self.flush()
            else:
                self._lose(self._filling, FALLEN_BEHIND)
                self._filling, self._filling_bytes = [], 0

    def flush(self) -> None:
        """Send what there is as soon as possible."""
        if self._filling:
            self._ready.append(self._filling)
            self._filling, self._filling_bytes = [], 0

    @property
    def empty(self) -> bool:
        """True if nothing waits and nothing is being sent."""
        return not self._filling and not self._ready and self._sending is None

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to send: 0 at once, None until something is added."""
        if self._sending is not None:
            return max(0.0, self._again_at - now)
        if self._ready:
            return 0.0
        return max(0.0, self._full_at - now) if self._filling else None

    def take(self) -> list[bytes]:
        """The batch to send next: the one that failed, or the oldest. To be called when `wait` has passed."""
        if self._sending is None:
            if not self._ready:
                self.flush()
            self._sending = self._ready.popleft()
            self._attempts = 0
            self._told, self._lost = self._lost, _NOTHING
        self._attempts += 1
        if self._told.records and self._dropped is not None:
            return [self._dropped(self._told.records, self._told.size, self._told.reason), *self._sending]
        return self._sending

    def delivered(self) -> None:
        """The batch that was taken has arrived."""
        self._sending = None

    def failed(self, now: float) -> None:
        """It has not, or nobody knows: it is sent again later, or lost."""
        if self._sending is None:
            return
        if self._attempts < ATTEMPTS:
            self._again_at = now + BACKOFF_SECONDS * 2 ** (self._attempts - 1)
            return
        batch, self._sending = self._sending, None
        self._lost = _Loss(self._lost.records + self._told.records, self._lost.size + self._told.size, UNREACHABLE)
        self._lose(batch, UNREACHABLE)

    def _lose(self, batch: list[bytes], reason: str) -> None:
        size = sum(map(len, batch))
        self._lost = _Loss(self._lost.records + len(batch), self._lost.size + size, reason)
