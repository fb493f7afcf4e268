"""CloudWatch's operations over the memory store and metrics in a temporary directory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.neighbours.acting import Acting
from lambent.observe.metrics.store import MetricStore
from lambent.queue.memory import MemoryQueue
from lambent.services.access import Place
from lambent.services.cloudwatch.alarm_actions import AlarmActions
from lambent.services.cloudwatch.alarm_watch import AlarmWatch
from lambent.services.cloudwatch.api import CloudWatchApi
from lambent.services.cloudwatch.repository import Repository
from lambent.services.operation import Result
from lambent.store.memory import MemoryStore
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT, REGION = "000000000000", "us-east-1"
AT = Place(ACCOUNT, REGION)
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:told"
MINUTE = 1_790_000_040
"""A whole minute, the one in which the clock stands."""


class Neighbours:
    """What alarms tell: (service of the caller, called service, operation, parameters). `refuse` raises it."""

    def __init__(self) -> None:
        self.calls: list[tuple[str | None, str, str, Mapping[str, Any]]] = []
        self.refuse: ApiError | None = None

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.calls.append((ctx.principal.service, service, operation, params))
        if self.refuse is not None:
            raise self.refuse
        return {}


class World:
    """All operations of CloudWatch; `call` runs one as the account's root. Time stands still; nothing watches by
    itself unless a test opens `watch`."""

    def __init__(self, store: MetricStore, clock: StoppedClock) -> None:
        self.clock = clock
        self.store = store
        self.repository = Repository(MemoryStore())
        self.neighbours = Neighbours()
        acting = Acting(lambda role, session: self.ctx().principal, None, clock, RandomIds())
        self.actions = AlarmActions(self.repository, self.neighbours, acting, MemoryQueue(), clock)
        self.watch = AlarmWatch(self.repository, store, self.actions, clock)
        self.operations = CloudWatchApi(store, self.repository, self.watch).operations

    def ctx(self) -> Context:
        principal = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
        return Context(ACCOUNT, REGION, principal, "1", self.clock, RandomIds(), "http://h")

    async def call(self, name: str, **params: Any) -> Result:
        return spoken("cloudwatch", name, await self.operations[name].handler(self.ctx(), params))

    async def refused(self, name: str, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.code, raised.value.message

    async def put(self, name: str, *values: float, at: float | None = None, **more: Any) -> None:
        """Values of the metric `name` of the namespace `Mine`."""
        data: dict[str, Any] = {"MetricName": name, "Values": list(values), **more}
        if at is not None:
            data["Timestamp"] = moment(at)
        await self.call("PutMetricData", Namespace="Mine", MetricData=[data])

    async def alarm(self, name: str = "a", **more: Any) -> None:
        """An alarm that goes off above 5 in one minute."""
        given: dict[str, Any] = {
            "AlarmName": name,
            "Namespace": "Mine",
            "MetricName": "Cpu",
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 5.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "AlarmActions": [TOPIC],
        }
        await self.call("PutMetricAlarm", **(given | more))

    async def states(self) -> dict[str, str]:
        """Alarms by name."""
        return {alarm.name: alarm.state.value for alarm in await self.repository.alarms(AT)}


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Let other tasks, and the store's threads, work until something holds."""
    async with asyncio.timeout(20):
        while not await holds():  # noqa: ASYNC110 - there is nothing to wait for
            await asyncio.sleep(0.001)


def moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
async def world(tmp_path: Path, clock: StoppedClock) -> AsyncIterator[World]:
    async with MetricStore(tmp_path / "m.db", clock) as store:
        clock.at = MINUTE + 30.0
        yield World(store, clock)
