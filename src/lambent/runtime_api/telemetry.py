"""Who listens to an environment's telemetry, and the tasks that bring it to them.

One hub per INIT, like the extensions that subscribe. What happens before anybody has subscribed is kept for those who
will, until INIT is over. While the environment is frozen nothing is sent (`pause`): its listeners could not answer.
Memory is bounded by the outboxes; events are encoded once for all subscribers of a schema.
"""

from __future__ import annotations

import asyncio
from typing import Final

from lambent.context import Clock
from lambent.runtime_api import telemetry_records as records
from lambent.runtime_api.telemetry_delivery import OpenSocket, deliver_to
from lambent.runtime_api.telemetry_outbox import Dropped, Outbox
from lambent.runtime_api.telemetry_records import Category, Event
from lambent.runtime_api.telemetry_render import Schema, render
from lambent.runtime_api.telemetry_subscriber import CallLater, Pace, Subscriber
from lambent.runtime_api.telemetry_subscriptions import Api, Subscription

KEPT_EVENTS: Final = 1_000
KEPT_BYTES: Final = 256 * 1024
"""How much of INIT is kept for those who subscribe later: events, and characters of lines."""


class Closed(Exception):
    """INIT is over: nobody can subscribe any more."""


class OtherApi(Exception):
    """The extension has subscribed through the other API already."""


class TelemetryHub:
    """See the module. `json_logs`: the function's log format is JSON. Needs a running loop."""

    def __init__(
        self, *, open_socket: OpenSocket, clock: Clock, json_logs: bool, call_later: CallLater | None = None
    ) -> None:
        self._open_socket = open_socket
        self._clock = clock
        self._json_logs = json_logs
        self._pace = Pace(clock.monotonic, call_later or asyncio.get_running_loop().call_later)
        self._subscribers: dict[str, Subscriber] = {}
        self._replaced: set[asyncio.Task[None]] = set()
        self._kept: list[tuple[float, Event]] | None = []
        self._kept_room = KEPT_BYTES

    @property
    def listening(self) -> bool:
        """True if an event may reach anybody; if not, it need not be made."""
        return bool(self._subscribers) or self._kept is not None

    def subscribe(self, name: str, subscription: Subscription) -> Event:
        """Let the extension `name` listen, instead of what it asked for before; the event that tells of it is sent.

        Raises Closed, OtherApi.
        """
        if self._kept is None:
            raise Closed
        before = self._subscribers.get(name)
        if before is not None:
            if before.subscription.api is not subscription.api:
                raise OtherApi
            self._replaced.add(before.task)
            before.task.add_done_callback(self._replaced.discard)
            before.task.cancel()
        subscriber = Subscriber(
            name,
            subscription,
            Outbox(subscription.buffering, self._dropped(subscription)),
            deliver_to(subscription.destination, self._open_socket),
            self._pace,
        )
        self._subscribers[name] = subscriber
        for at, event in self._kept:
            subscriber.add(self._encode(event, subscription.schema, at), event.category)
        types = [category.value for category in subscription.types]
        told = records.telemetry_subscription if subscription.api is Api.TELEMETRY else records.logs_subscription
        event = told(name, types)
        self.emit(event)
        return event

    def close_subscriptions(self) -> None:
        """INIT is over."""
        self._kept = None

    def emit(self, event: Event, at: float | None = None) -> None:
        """Send an event to all who want it. `at`: epoch seconds, now if None."""
        if not self.listening:
            return
        at = self._clock.now() if at is None else at
        category = event.category
        self._keep(at, event)
        encoded: dict[Schema, bytes | None] = {}
        for subscriber in self._subscribers.values():
            schema = subscriber.subscription.schema
            if category not in subscriber.subscription.types:
                continue
            if schema not in encoded:
                encoded[schema] = self._encode(event, schema, at)
            subscriber.add(encoded[schema], category)

    def write(self, category: Category, lines: list[str]) -> None:
        """Send what the function or an extension has written, line by line."""
        if not self.listening:
            return
        at = self._clock.now()
        for text in lines:
            self.emit(records.line(category, text), at)

    def pause(self) -> None:
        """The environment is about to be frozen: begin nothing."""
        self._pace.paused = True

    def resume(self) -> None:
        """It runs again: what fell due is sent now."""
        self._pace.paused = False
        self._wake()

    async def flush(self, seconds: float) -> bool:
        """Send everything without waiting for full batches; False if it has not arrived (or been lost) in time."""
        waits = [subscriber.emptied() for subscriber in self._subscribers.values()]
        try:
            await asyncio.wait_for(asyncio.gather(*waits), seconds)
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Send nothing any more. Idempotent, never raises."""
        self._kept = None
        tasks = [subscriber.task for subscriber in self._subscribers.values()] + list(self._replaced)
        self._subscribers.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _keep(self, at: float, event: Event) -> None:
        """Remember it for those who subscribe later, if there is room."""
        size = len(event.record) if isinstance(event.record, str) else 0
        if self._kept is not None and len(self._kept) < KEPT_EVENTS and size <= self._kept_room:
            self._kept_room -= size
            self._kept.append((at, event))

    def _encode(self, event: Event, schema: Schema, at: float) -> bytes | None:
        return render(event, schema, at, json_logs=self._json_logs)

    def _dropped(self, subscription: Subscription) -> Dropped | None:
        """How a subscriber is told of its losses, if it wants to hear of them."""
        if Category.PLATFORM not in subscription.types:
            return None

        def tell(lost: int, size: int, reason: str) -> bytes:
            event = records.logs_dropped(records=lost, size=size, reason=reason)
            return self._encode(event, subscription.schema, self._clock.now()) or b""

        return tell

    def _wake(self) -> None:
        for subscriber in self._subscribers.values():
            subscriber.woken.set()
