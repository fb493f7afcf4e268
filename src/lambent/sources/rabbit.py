"""RabbitMQ queues as event sources: one batch at a time; what fails goes back to the broker, and comes again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol

from lambent.context import Clock
from lambent.model.event_source import EventSourceMapping
from lambent.sources.base import CALL_FAILED, OK, Fed, Result, SourceRefused, Told
from lambent.sources.brokers import Brokers
from lambent.sources.filter import Filters
from lambent.sources.kafka import RUN_SECONDS
from lambent.sources.kafka_config import field
from lambent.sources.rabbit_events import Delivery, RabbitBatch, filtered
from lambent.sources.rabbit_link import RabbitLink, Target, installed

NOT_INSTALLED = (
    "RabbitMQ is read over pika, which is not installed where Lambent runs: pip install 'lambent[rabbitmq]', or pika."
)
_LONGEST_BACK_OFF = 60.0
_LOG = logging.getLogger(__name__)


class Link(Protocol):
    """A consumer as `RabbitLink` is one."""

    arrived: asyncio.Event

    async def __aenter__(self) -> Link: ...

    async def __aexit__(self, *exc: object) -> None: ...

    def take(self) -> Delivery | None: ...

    def put_back(self, delivery: Delivery) -> None: ...

    def done(self, tags: list[int]) -> None: ...

    def failed(self, tags: list[int]) -> None: ...


class RabbitSource:
    """Reads queues through `open_link`."""

    def __init__(
        self,
        brokers: Brokers,
        fed: Fed,
        clock: Clock,
        tell: Told,
        open_link: Callable[[Target], Link] = RabbitLink,
        is_installed: Callable[[], bool] = installed,
    ) -> None:
        self._brokers = brokers
        self._fed = fed
        self._clock = clock
        self._tell = tell
        self._open = open_link
        self._is_installed = is_installed

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        """The client must be there, the broker's address known, its secret readable; it need not run yet.

        Raises SourceRefused.
        """
        if not self._is_installed():
            raise SourceRefused(NOT_INSTALLED)
        if run_seconds > RUN_SECONDS:
            raise SourceRefused(f"Function timeout: {run_seconds} seconds is more than a broker allows: {RUN_SECONDS}")
        await self._target(mapping)

    async def poll(self, mapping: EventSourceMapping, stop: asyncio.Event) -> None:
        """Read until `stop` is set, and then until what is under way has ended. Raises SourceRefused, LinkError."""
        target = await self._target(mapping)
        async with self._open(target) as link:
            await _Poller(self, mapping, link, target.virtual_host).run(stop)

    async def _target(self, mapping: EventSourceMapping) -> Target:
        """Raises SourceRefused."""
        url = await self._brokers.amqp(mapping)
        if not url.startswith(("amqp://", "amqps://")):
            raise SourceRefused(f"{url} is no address of a RabbitMQ broker: amqp://host:port or amqps://host:port.")
        secrets = await self._brokers.secrets(mapping, ("BASIC_AUTH",))
        if "BASIC_AUTH" not in secrets:
            raise SourceRefused("BASIC_AUTH is required for Amazon MQ event source mappings.")
        return Target(
            url,
            mapping.access.get("VIRTUAL_HOST") or "/",
            field(secrets, "BASIC_AUTH", "username"),
            field(secrets, "BASIC_AUTH", "password"),
            mapping.queue,
            mapping.batch_size,
        )


class _Poller:
    """One mapping at work."""

    def __init__(self, source: RabbitSource, mapping: EventSourceMapping, link: Link, virtual_host: str) -> None:
        self._source = source
        self._clock = source._clock
        self._mapping = mapping
        self._link = link
        self._virtual_host = virtual_host
        self._filters = Filters(mapping.filters, "data")
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Raises LinkError."""
        waker = asyncio.create_task(self._wake(stop))
        try:
            while not stop.is_set():
                batch = await self._collected(stop)
                if batch.tags and not stop.is_set():
                    await self._deal(batch, stop)
        finally:
            waker.cancel()

    async def _wake(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._link.arrived.set()

    async def _collected(self, stop: asyncio.Event) -> RabbitBatch:
        """The next batch: full, or as full as it is when its window ends. What passes no filter is done."""
        batch, link = RabbitBatch(self._mapping, self._virtual_host), self._link
        timer: asyncio.Task[None] | None = None
        try:
            while not stop.is_set():
                link.arrived.clear()
                while (delivery := link.take()) is not None:
                    if self._filters and not self._filters.passes(filtered(delivery)):
                        link.done([delivery.tag])
                        continue
                    if not batch.add(delivery):
                        link.put_back(delivery)
                        return batch
                if batch.full or (timer is not None and timer.done()):
                    return batch
                if batch.tags and timer is None:
                    timer = asyncio.create_task(self._clock.sleep(self._mapping.window_seconds))
                    timer.add_done_callback(lambda _: link.arrived.set())
                await link.arrived.wait()
            return batch
        finally:
            if timer is not None:
                timer.cancel()

    async def _deal(self, batch: RabbitBatch, stop: asyncio.Event) -> None:
        """Invoke; what the function has not done comes again, after a while that grows with every failure."""
        outcome = await self._source._fed.invoke(self._mapping, batch.event)
        if outcome.result is Result.DONE:
            self._failures = 0
            self._source._tell(self._mapping.uuid, OK)
            self._link.done(batch.tags)
            return
        self._source._tell(self._mapping.uuid, CALL_FAILED)
        delay = min(2.0**self._failures, _LONGEST_BACK_OFF)
        self._failures = min(self._failures + 1, 10)
        await self._rest(delay, stop)
        self._link.failed(batch.tags)

    async def _rest(self, seconds: float, stop: asyncio.Event) -> None:
        """So many seconds, unless the mapping is to end."""
        pause = asyncio.create_task(self._clock.sleep(seconds))
        ending = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({pause, ending}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pause.cancel()
            ending.cancel()
