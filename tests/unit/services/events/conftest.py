"""EventBridge's operations over memory, an outbox, and a town of neighbours that keeps what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec
import pytest

from lambent.bus.memory import MemoryBus
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.neighbours.acting import Acting
from lambent.neighbours.outbox import Outbox
from lambent.queue.memory import MemoryQueue
from lambent.services.access import Place
from lambent.services.events.api import EventsApi
from lambent.services.events.courier import Courier
from lambent.services.events.event import Event
from lambent.services.events.forwarding import Forwarding
from lambent.services.events.player import Player
from lambent.services.events.repository import Repository
from lambent.services.events.router import Router
from lambent.services.events.rulebook import Rulebook
from lambent.services.events.shelf import Shelf
from lambent.services.events.steps import Step, Steps
from lambent.services.events.undertaker import Undertaker
from lambent.services.operation import Result
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import CountedIds, StoppedClock

ACCOUNT, REGION, OTHER = "000000000000", "us-east-1", "111111111111"
AT = Place(ACCOUNT, REGION)
ARN = f"arn:aws:events:{REGION}:{ACCOUNT}:"
BUS = f"{ARN}event-bus/default"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:q"
DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
SEAL = Seal(bytes(32))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/sender"


class Call(msgspec.Struct):
    """What a neighbour was told."""

    ctx: Context
    service: str
    operation: str
    params: Mapping[str, Any]


class Town:
    """Keeps calls; what is in `refusing` (by a part of the parameters) is refused. PutEvents comes back here."""

    def __init__(self, world: World) -> None:
        self.calls: list[Call] = []
        self.refusing: dict[str, ApiError] = {}
        self._world = world

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.calls.append(Call(ctx, service, operation, params))
        for part, error in self.refusing.items():
            if part in str(params):
                raise error
        if service == "events":
            there = msgspec.structs.replace(ctx, account=ctx.principal.account)
            return await self._world.operations[operation].handler(there, dict(params))
        return {}

    def bodies(self, queue: str = QUEUE) -> list[Any]:
        """What was sent to a queue, as JSON."""
        path = "/" + "/".join(queue.split(":")[4:])
        return [
            msgspec.json.decode(each.params["MessageBody"])
            for each in self.calls
            if each.operation == "SendMessage" and each.params["QueueUrl"].endswith(path)
        ]


class World:
    """All operations of EventBridge; `call` runs one as the account's root. Time stands still."""

    def __init__(self, shelf: Shelf) -> None:
        self.clock, self.ids = StoppedClock(), CountedIds()
        self.wire = MemoryBus()
        self.repository = Repository(MemoryStore(), self.wire)
        self.town, self.steps, self.forwarding = Town(self), Steps(), Forwarding()
        self.untrusted: set[str] = set()
        self.unreachable: set[str] = set()
        acting = Acting(self._in_role, None, self.clock, self.ids)
        self.undertaker = Undertaker(self.town, acting, SEAL, self.steps, self.clock, self.ids)
        self.courier = Courier(
            self.town, acting, self.forwarding, self.undertaker, SEAL, self.steps, self._trusts, self.clock, self.ids
        )
        self.queue = MemoryQueue()
        self.outbox = Outbox(self.queue, self.courier.attempt, self.clock, places=10)
        self.undertaker.open_to(self.outbox.put)
        self.shelf = shelf
        self.rulebook = Rulebook(self.repository)
        self.router = Router(self.rulebook, self.outbox, shelf, SEAL, self.steps, self.clock)
        self.player = Player(self.repository, shelf, self.router, self.clock)
        self.operations = EventsApi(
            self.repository, self.router, self.forwarding, shelf, self.player, self._reachable
        ).operations

    def _reachable(self, service: str) -> bool:
        return service not in self.unreachable

    async def _trusts(self, role: str, service: str) -> bool:
        return role not in self.untrusted and service == "events.amazonaws.com"

    @staticmethod
    def _in_role(role: str, session: str) -> Principal:
        return Principal(role.split(":")[4], f"{role}/{session}", "", role=role.rpartition("/")[2])

    def ctx(self, account: str = ACCOUNT, **more: Any) -> Context:
        principal = Principal(account, f"arn:aws:iam::{account}:root", "AKIA")
        return Context(account, REGION, principal, self.ids.request_id(), self.clock, self.ids, "http://h", **more)

    async def call(self, name: str, ctx: Context | None = None, **params: Any) -> Result:
        return spoken("events", name, await self.operations[name].handler(ctx or self.ctx(), params))

    async def refused(self, name: str, ctx: Context | None = None, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, ctx, **params)
        return raised.value.code, raised.value.message

    async def rule(self, name: str, pattern: str, *targets: dict[str, Any], bus: str = "default") -> None:
        """A rule with targets, which get numbers."""
        await self.call("PutRule", Name=name, EventPattern=pattern, EventBusName=bus)
        if targets:
            numbered = [{"Id": str(number), **each} for number, each in enumerate(targets)]
            await self.call("PutTargets", Rule=name, EventBusName=bus, Targets=numbered)

    async def put(self, source: str = "shop", detail: str = "{}", **more: Any) -> Result:
        """Put one event, and let everything happen that follows."""
        entry = {"Source": source, "DetailType": "order", "Detail": detail, **more}
        result = await self.call("PutEvents", Entries=[entry])
        await self.settle()
        return result

    async def settle(self) -> None:
        """Let happen what happens without waiting for the clock."""
        for _ in range(100):
            await asyncio.sleep(0)

    async def told(self, what: str | None = None) -> list[Step]:
        """The steps so far."""
        return [step async for step in self.steps.steps() if what in (None, step.what)]


def event(**more: Any) -> Event:
    """An event of the shop."""
    given: dict[str, Any] = {
        "id": "e-1",
        "detail_type": "order",
        "source": "shop",
        "account": ACCOUNT,
        "time": 1_790_000_000.5,
        "region": REGION,
        "detail": '{"state":"paid","lines":[{"n":1},{"n":2.50}]}',
    }
    return Event(**(given | more))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with AsyncExitStack() as stack:
        shelf = await stack.enter_async_context(Shelf(tmp_path / "archives.db", SEAL))
        made = World(shelf)
        for each in (made.wire, made.queue, made.outbox, made.player):
            await stack.enter_async_context(each)
        yield made
