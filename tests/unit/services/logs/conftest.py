"""The operations of CloudWatch Logs over the memory store and log files in a temporary directory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.neighbours.acting import Acting
from lambent.observe.logs import LogStore
from lambent.observe.metrics.store import MetricStore
from lambent.services.access import Place
from lambent.services.logs.api import LogsApi
from lambent.services.logs.archive import Archive
from lambent.services.logs.deliveries import Deliveries
from lambent.services.logs.destinations import Destinations
from lambent.services.logs.exports import Exports
from lambent.services.logs.live_tail import LiveTail
from lambent.services.logs.metric_filters import MetricFilters
from lambent.services.logs.metric_values import MetricValues
from lambent.services.logs.queries import Queries
from lambent.services.logs.repository import Repository
from lambent.services.logs.subscriptions import Subscriptions
from lambent.services.operation import Result
from lambent.store.memory import MemoryStore
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT, REGION = "000000000000", "us-east-1"
AT = Place(ACCOUNT, REGION)


class Outside:
    """What is called, and what answers: `answers` come one after the other, an ApiError is raised."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, Mapping[str, Any], Principal]] = []
        self.answers: list[ApiError | None] = []
        self.stuck = False

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.calls.append((service, operation, params, ctx.principal))
        if self.stuck:
            await asyncio.get_running_loop().create_future()
        if self.answers and (answer := self.answers.pop(0)) is not None:
            raise answer
        return {}


class World:
    """All operations; `call` runs one as the account's root."""

    def __init__(self, root: Path, records: MemoryStore) -> None:
        self.clock = StoppedClock()
        self.root = root
        self.outside = Outside()
        self.metrics = MetricStore(root.with_name(root.name + "-metrics.db"), self.clock)
        self.repository = Repository(records)
        self.store = LogStore(root, self.clock)
        self.archive = Archive(self.store, self.repository, self.clock)
        self.acting = Acting(lambda role, session: Principal(ACCOUNT, role, ""), None, self.clock, RandomIds())
        self.live_tail = LiveTail(self.archive)
        self.destinations = Destinations(self.outside, self.acting, None)
        self.deliveries = Deliveries(self.archive, self.destinations, RandomIds())
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Open everything, as the assembly does."""
        enter = self._stack.enter_async_context
        await enter(self.metrics)
        await enter(self.store)
        await enter(self.deliveries)
        exports = await enter(Exports(self.archive, self.outside, self.acting))
        values = await enter(MetricValues(self.archive, self.metrics))
        self.operations = LogsApi(
            self.archive,
            forget=(self.deliveries.end_group, values.end_group),
            subscriptions=Subscriptions(self.archive, self.deliveries, self.destinations),
            metric_filters=MetricFilters(self.archive, values),
            live_tail=self.live_tail,
            queries=await enter(Queries(self.archive, self.root)),
            exports=exports,
        ).operations

    async def close(self) -> None:
        self.live_tail.close()
        await self._stack.aclose()

    @property
    def now(self) -> int:
        return int(self.clock.now() * 1000)

    def ctx(self) -> Context:
        principal = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
        return Context(ACCOUNT, REGION, principal, "1", self.clock, RandomIds(), "http://h")

    async def call(self, name: str, /, **params: Any) -> Result:
        return spoken("logs", name, await self.operations[name].handler(self.ctx(), params))

    async def refused(self, name: str, /, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.code, raised.value.message

    async def stream(self, group: str = "g", stream: str = "s") -> None:
        """A new group with a new stream."""
        await self.call("CreateLogGroup", logGroupName=group)
        await self.call("CreateLogStream", logGroupName=group, logStreamName=stream)

    async def put(self, *messages: str, group: str = "g", stream: str = "s", at: int | None = None) -> Result:
        """Events of now, or of another time, a millisecond apart."""
        start = self.now if at is None else at
        events = [{"timestamp": start + number, "message": message} for number, message in enumerate(messages)]
        return await self.call("PutLogEvents", logGroupName=group, logStreamName=stream, logEvents=events)

    async def messages(self, name: str = "FilterLogEvents", **params: Any) -> list[str]:
        """What a call tells of the group g."""
        found = await self.call(name, logGroupName="g", **params)
        return [each["message"] for each in found["events"]]


async def soon(look: Callable[[], Any]) -> Any:
    """What `look` gives once it gives something."""
    async with asyncio.timeout(10):
        while not (found := look()):
            await asyncio.to_thread(lambda: None)
    return found


@pytest.fixture
def records() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def world(tmp_path: Path, records: MemoryStore) -> AsyncIterator[World]:
    made = World(tmp_path, records)
    await made.open()
    yield made
    await made.close()
