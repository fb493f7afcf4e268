"""The Bus inside one process: subscribers are called as the message is published."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Self

from lambent.bus.base import Subscriber

_log = logging.getLogger(__name__)


class MemoryBus:
    """Calls subscribers at once, so that a cache is invalid before the publisher goes on."""

    def __init__(self) -> None:
        self._subscriptions: dict[str, dict[object, Subscriber]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._subscriptions.clear()

    def publish(self, topic: str, message: str) -> None:
        """See `Bus.publish`. A subscriber that raises is logged and hinders no other."""
        for key, subscriber in list(self._subscriptions.get(topic, {}).items()):
            if key not in self._subscriptions.get(topic, {}):  # an earlier subscriber ended it
                continue
            try:
                subscriber(topic, message)
            except Exception:
                _log.exception("a subscriber of %s failed on %r", topic, message)

    def subscribe(self, topic: str, subscriber: Subscriber) -> Callable[[], None]:
        """See `Bus.subscribe`. Ending it twice is harmless."""
        key = object()
        self._subscriptions.setdefault(topic, {})[key] = subscriber

        def unsubscribe() -> None:
            remaining = self._subscriptions.get(topic, {})
            remaining.pop(key, None)
            if not remaining:
                self._subscriptions.pop(topic, None)

        return unsubscribe
