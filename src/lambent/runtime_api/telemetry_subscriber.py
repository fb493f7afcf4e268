"""One subscriber of telemetry: its outbox, its listener, and the task that empties the one into the other."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from lambent.model.errors import PlatformError
from lambent.runtime_api.telemetry_delivery import Delivery, Undelivered
from lambent.runtime_api.telemetry_outbox import Outbox
from lambent.runtime_api.telemetry_records import Category
from lambent.runtime_api.telemetry_subscriptions import Subscription

_log = logging.getLogger(__name__)


class Timer(Protocol):
    """What `CallLater` returns."""

    def cancel(self) -> object: ...


CallLater = Callable[[float, Callable[[], object]], Timer]
"""`loop.call_later`, or a test's."""


class Pace:
    """When anything may be sent: monotonic time, timers, and whether the environment is frozen (`paused`)."""

    def __init__(self, now: Callable[[], float], call_later: CallLater) -> None:
        self.now = now
        self.call_later = call_later
        self.paused = False


class Subscriber:
    """See the module. Cancel `task` to end it; set `woken` when `pace.paused` has changed."""

    def __init__(self, name: str, subscription: Subscription, outbox: Outbox, delivery: Delivery, pace: Pace) -> None:
        self.subscription = subscription
        self.woken = asyncio.Event()
        self._name = name
        self._outbox = outbox
        self._delivery = delivery
        self._pace = pace
        self._emptied: list[asyncio.Future[None]] = []
        self.task = asyncio.get_running_loop().create_task(self._serve(), name=f"telemetry for {name}")
        self.task.add_done_callback(_log_failure)

    def add(self, encoded: bytes | None, category: Category) -> None:
        """One event, if this subscriber wants its category; None is one that its schema does not have."""
        if encoded is not None and category in self.subscription.types:
            self._outbox.add(encoded, self._pace.now())
            self.woken.set()

    async def emptied(self) -> None:
        """Send what there is without waiting for more, and wait until it has arrived or is lost."""
        self._outbox.flush()
        self.woken.set()
        if not self._outbox.empty:
            empty: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._emptied.append(empty)
            await empty

    async def _serve(self) -> None:
        try:
            while True:
                await self._due()
                await self._send()
                if self._outbox.empty:
                    for empty in self._emptied:
                        if not empty.done():
                            empty.set_result(None)
                    self._emptied.clear()
        finally:
            self._delivery.close()

    async def _due(self) -> None:
        """Wait until a batch is to be sent."""
        pace = self._pace
        while (seconds := None if pace.paused else self._outbox.wait(pace.now())) is None or seconds > 0:
            self.woken.clear()
            timer = None if seconds is None else pace.call_later(seconds, self.woken.set)
            try:
                await self.woken.wait()
            finally:
                if timer is not None:
                    timer.cancel()

    async def _send(self) -> None:
        """One attempt. While the environment is frozen it takes as long as that lasts."""
        try:
            await self._delivery.send(self._outbox.take())
        except (Undelivered, OSError, PlatformError) as error:
            _log.debug("telemetry for %s was not delivered: %s", self._name, error)
            self._outbox.failed(self._pace.now())
        else:
            self._outbox.delivered()


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s ended", task.get_name(), exc_info=error)
