"""Pipes over the memory store, with pollers that only note what they are told, and neighbours that answer as told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.model.event_source import EventSourceMapping, SourceKind
from lambent.services.operation import Result
from lambent.services.pipes.access import PipesAccess
from lambent.services.pipes.api import PipesApi
from lambent.services.pipes.checks import Checks
from lambent.services.pipes.flow import Flow, most_at_once
from lambent.services.pipes.records import Pipe
from lambent.services.pipes.repository import Repository
from lambent.services.pipes.settling import Settling
from lambent.services.pipes.sources import mapping_of
from lambent.sources.base import Outcome, SourceRefused
from lambent.store.memory import MemoryStore
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT, REGION = "000000000000", "us-east-1"
PLACE = f"{REGION}:{ACCOUNT}"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipes"
SOURCE = f"arn:aws:sqs:{PLACE}:in"
QUEUE = f"arn:aws:sqs:{PLACE}:out"
FUNCTION = f"arn:aws:lambda:{PLACE}:function:work"
BUS = f"arn:aws:events:{PLACE}:event-bus/main"
TOPIC = f"arn:aws:sns:{PLACE}:news"
ARN = f"arn:aws:pipes:{PLACE}:pipe/p"


class Neighbours:
    """Writes calls down; `answers` by operation, which may raise."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, dict[str, Any]]] = []
        self.answers: dict[str, Callable[[Mapping[str, Any]], Mapping[str, Any]]] = {}

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.calls.append((service, operation, dict(params)))
        return self.answers.get(operation, lambda params: {})(params)


class Pollers:
    """Notes what is applied; `refusal` is what a probe says."""

    kinds = frozenset({SourceKind.SQS})

    def __init__(self) -> None:
        self.applied: list[EventSourceMapping] = []
        self.refusal = ""

    async def probe(self, mapping: EventSourceMapping, run_seconds: int) -> None:
        if self.refusal:
            raise SourceRefused(self.refusal)

    async def apply(self, mapping: EventSourceMapping) -> None:
        self.applied.append(mapping)

    def last_result(self, uuid: str) -> str:
        return ""


class World:
    """All operations; `pour` lets messages flow through a pipe."""

    def __init__(self) -> None:
        self.clock, self.ids = StoppedClock(), RandomIds()
        self.store = MemoryStore()
        self.repository = Repository(self.store)
        self.neighbours, self.pollers = Neighbours(), Pollers()
        self.served = {"lambda", "sqs", "sns", "events", "logs"}
        self.flow = Flow(self.neighbours, self.as_role, self.trusts, self.clock)
        self.settling = Settling(self.repository, self.pollers, self.flow)
        checks = Checks(self.trusts, self.served.__contains__)
        self.operations = PipesApi(self.repository, checks, self.settling).operations
        self.access = PipesAccess(self.repository)

    async def trusts(self, role: str, service: str) -> bool:
        return (role, service) == (ROLE, "pipes.amazonaws.com")

    def as_role(self, role: str, session: str, region: str) -> Context:
        principal = Principal(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/{role.rpartition('/')[2]}/{session}", "")
        return Context(ACCOUNT, region, principal, "2", self.clock, self.ids)

    async def call(self, name: str, **params: Any) -> Result:
        root = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
        ctx = Context(ACCOUNT, REGION, root, "1", self.clock, self.ids)
        return spoken("pipes", name, await self.operations[name].handler(ctx, params))

    async def refused(self, name: str, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.code, raised.value.message

    async def create(self, **more: Any) -> Result:
        """The pipe `p` from SOURCE to QUEUE; settled."""
        made = await self.call("CreatePipe", **asked(**more))
        await self.rest()
        return made

    async def rest(self) -> None:
        for _ in range(20):
            await asyncio.sleep(0)

    async def state(self) -> tuple[str, str]:
        shown = await self.call("DescribePipe", Name="p")
        return shown["DesiredState"], shown["CurrentState"]

    async def pour(self, *bodies: str, **pipe: Any) -> Outcome:
        """What becomes of messages with these bodies and the ids 0, 1, ..."""
        made = Pipe(**(dict(BASE) | pipe))
        self.flow.pipes[made.arn] = made
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        mapping = mapping_of(made, most_at_once(made.target))
        return await self.flow.invoke(mapping, json.dumps({"Records": records}).encode(), "Root=1")


BASE: dict[str, Any] = {
    "account": ACCOUNT,
    "region": REGION,
    "name": "p",
    "source": SOURCE,
    "target": QUEUE,
    "role": ROLE,
    "desired": "RUNNING",
    "current": "RUNNING",
    "created": 0.0,
    "modified": 0.0,
}


def asked(**more: Any) -> dict[str, Any]:
    """What CreatePipe is asked."""
    return {"Name": "p", "Source": SOURCE, "Target": QUEUE, "RoleArn": ROLE} | more


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    async with made.store, made.settling:
        yield made
