"""The Bus seam: wake and invalidate, nothing else. Losing a message may delay, never corrupt.

Contract: `tests/contract/test_bus.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, Self

Subscriber = Callable[[str, str], None]
"""Called on the event loop with (topic, message); must return at once and must not raise."""


class Bus(Protocol):
    """Topics are plain names (`functions`); messages are short text, usually a key."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(self, *exc: object) -> None: ...

    def publish(self, topic: str, message: str) -> None:
        """Tell every subscriber of `topic`, at most once each, soon."""
        ...

    def subscribe(self, topic: str, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` for each message from now on; the returned function ends it."""
        ...
