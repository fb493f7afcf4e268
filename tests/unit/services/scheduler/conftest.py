"""The Scheduler over the memory store and a real outbox, with a clock that stands until it is moved."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.neighbours.outbox import Outbox
from lambent.queue.memory import MemoryQueue
from lambent.schedules.alarms import Alarms
from lambent.services.operation import Result
from lambent.services.scheduler.access import SchedulerAccess
from lambent.services.scheduler.api import SchedulerApi
from lambent.services.scheduler.checks import Checks
from lambent.services.scheduler.executions import Executions
from lambent.services.scheduler.repository import Repository
from lambent.services.scheduler.timekeeper import Timekeeper
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from tests.spoken import spoken

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:work"
LETTERS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:letters"
START = datetime(2026, 11, 28, 12, tzinfo=UTC).timestamp()


class FrozenClock(MovableClock):
    """Stands at START until it is moved."""

    def now(self) -> float:
        return START + self._offset


class Neighbours:
    """Writes calls down; `answer` may raise."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.contexts: list[Context] = []
        self.answer: Callable[[str, str, Mapping[str, Any]], Mapping[str, Any]] = lambda service, operation, params: {}

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.contexts.append(ctx)
        self.calls.append((service, operation, dict(params)))
        return self.answer(service, operation, params)


class World:
    """All operations, and what has been called; `restart` is a new process over the same store and queue."""

    def __init__(self) -> None:
        self.clock = FrozenClock()
        self.ids = RandomIds()
        self.store = MemoryStore()
        self.queue, self.seal = MemoryQueue(), Seal(bytes(32))
        self.repository = Repository(self.store)
        self.neighbours = Neighbours()
        self.served = {"sqs", "sns", "lambda", "events"}
        self.trusted = {ROLE}
        self.access = SchedulerAccess(self.repository)
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        self.executions = Executions(self.repository, self.neighbours, self.as_role, self.trusts, self.seal, self.clock)
        self.timekeeper = Timekeeper(self.repository, self.executions, self.seal, self.clock, self.ids)
        self.alarms = alarms = Alarms(lambda name: self.timekeeper.ring(name, alarms), self.clock)
        await self.timekeeper.load(alarms)
        self.outbox = Outbox(self.queue, self.executions.attempt, self.clock, places=8)
        await self._stack.enter_async_context(self.outbox)
        self.executions.open_to(self.outbox.put)
        self.timekeeper.open_to(self.outbox)
        await self._stack.enter_async_context(alarms)
        self.operations = SchedulerApi(self.repository, Checks(self.trusts, self.reaches), alarms).operations

    async def close(self) -> None:
        await self._stack.aclose()

    async def restart(self, *, after: float = 0.0) -> None:
        await self.close()
        self.clock.move(after)
        await self.open()

    async def trusts(self, role: str, service: str) -> bool:
        return role in self.trusted and service == "scheduler.amazonaws.com"

    def reaches(self, service: str) -> bool:
        return service in self.served

    def as_role(self, role: str, session: str, region: str) -> Context:
        principal = Principal(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/{session}", "")
        return Context(ACCOUNT, region, principal, "2", self.clock, self.ids)

    def ctx(self) -> Context:
        root = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
        return Context(ACCOUNT, REGION, root, "1", self.clock, self.ids)

    async def call(self, name: str, **params: Any) -> Result:
        return spoken("scheduler", name, await self.operations[name].handler(self.ctx(), params))

    async def refused(self, name: str, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.code, raised.value.message

    async def create(self, expression: str, name: str = "tick", **more: Any) -> Result:
        """A schedule that sends `{"at": its time}` to QUEUE."""
        return await self.call("CreateSchedule", **asked(expression, name, **more))

    def bodies(self, queue: str = "work") -> list[str]:
        """What was sent to a queue."""
        return [
            params["MessageBody"]
            for _, operation, params in self.neighbours.calls
            if operation == "SendMessage" and params["QueueUrl"].endswith(f"/{queue}")
        ]

    async def sent(self, count: int, queue: str = "work") -> list[str]:
        """What was sent to a queue, once it is so much and everything rests."""
        await when(lambda: len(self.bodies(queue)) >= count)
        await self.rest()
        return self.bodies(queue)

    async def rest(self) -> None:
        for _ in range(60):
            await asyncio.sleep(0)

    async def move(self, seconds: float) -> None:
        """Move the clock, and let happen what then happens."""
        self.clock.move(seconds)
        await self.rest()


async def when(true: Callable[[], bool]) -> None:
    """Turn the loop until something is true."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.to_thread(int)


def asked(expression: str, name: str = "tick", **more: Any) -> dict[str, Any]:
    """What CreateSchedule is asked."""
    target = {"Arn": QUEUE, "RoleArn": ROLE, "Input": "<aws.scheduler.scheduled-time>"} | more.pop("Target", {})
    window = {"FlexibleTimeWindow": {"Mode": "OFF"}}
    return {"Name": name, "ScheduleExpression": expression, "Target": target} | window | more


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with made.queue, made.store:
        await made.open()
        yield made
        await made.close()
