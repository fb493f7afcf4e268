"""SNS's operations over the memory store, outboxes in memory, and neighbours that write down what they are asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.clock import MovableClock, RandomIds
from lambent.context import Context, Principal
from lambent.http.client import Answer, ClientError
from lambent.model.errors import ApiError
from lambent.neighbours.acting import Acting
from lambent.neighbours.outbox import Outbox
from lambent.queue.memory import MemoryQueue
from lambent.services.operation import Result
from lambent.services.sns.api import SnsApi
from lambent.services.sns.audience import Audience
from lambent.services.sns.deliveries import Deliveries
from lambent.services.sns.encryption import Encryption
from lambent.services.sns.fanout import Fanout
from lambent.services.sns.ledger import Ledger
from lambent.services.sns.repository import Repository
from lambent.services.sns.signing import Signer
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from tests.spoken import spoken

ACCOUNT, REGION = "000000000000", "us-east-1"
OTHER = "111111111111"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
ADDRESS = "http://127.0.0.1:4566"
SEAL = Seal(bytes(32))
_SIGNER = Signer(MemoryStore(), SEAL, ADDRESS)
"""Its key is made once for all tests, since that takes its time."""


class Neighbours:
    """Queues and functions that take everything, unless `refusals` has errors for their names."""

    def __init__(self) -> None:
        self.asked: list[tuple[Context, str, str, Mapping[str, Any]]] = []
        self.refusals: dict[str, list[ApiError]] = {}
        self.keys: list[tuple[str, str, Mapping[str, str]]] = []

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        if service == "kms":
            return await self.kms(ctx, operation, params)
        name = str(params.get("QueueUrl") or params["FunctionName"]).replace(":", "/").rpartition("/")[2]
        if self.refusals.get(name):
            raise self.refusals[name].pop(0)
        self.asked.append((ctx, service, operation, params))
        return {}

    async def kms(self, ctx: Context, operation: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """Data keys whose names are themselves, the other way round."""
        self.keys.append((operation, ctx.principal.arn, params["EncryptionContext"]))
        if self.refusals.get(operation):
            raise self.refusals[operation].pop(0)
        if operation == "Decrypt":
            return {"Plaintext": params["CiphertextBlob"][::-1]}
        plain = len(self.keys).to_bytes(32, "big")
        return {"Plaintext": plain, "CiphertextBlob": plain[::-1]}

    def bodies(self, queue: str) -> list[str]:
        """What came into a queue."""
        return [
            params["MessageBody"]
            for _, service, _, params in self.asked
            if service == "sqs" and params["QueueUrl"].endswith(f"/{queue}")
        ]

    def messages(self, queue: str) -> list[str]:
        """What the envelopes there hold."""
        return [json.loads(body)["Message"] for body in self.bodies(queue)]


class Web:
    """Addresses that answer with what `statuses` has for them, else with 200; None: nobody is there."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Mapping[str, str], bytes]] = []
        self.statuses: dict[str, list[int | None]] = {}

    async def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, limit: int, within: float
    ) -> Answer:
        self.asked.append((method, url, headers, body))
        status = self.statuses[url].pop(0) if self.statuses.get(url) else 200
        if status is None:
            raise ClientError("nobody is there")
        return Answer(status, [], b"")

    def last(self) -> dict[str, Any]:
        """The body of the newest request."""
        found: dict[str, Any] = json.loads(self.asked[-1][3])
        return found


class World:
    """All operations of SNS; `call` runs one as the account's root."""

    def __init__(self, ledger: Ledger) -> None:
        self.clock = MovableClock()
        self.ids = RandomIds()
        bus = MemoryBus()
        self.repository = Repository(MemoryStore(), bus)
        self.audience = Audience(self.repository, bus)
        self.ledger = ledger
        self.neighbours, self.web = Neighbours(), Web()
        self.signer = _SIGNER
        acting = Acting(lambda role, session: Principal("", "", ""), None, self.clock, self.ids)
        self.deliveries = Deliveries(self.neighbours, acting, self.web, self.signer, ADDRESS)  # type: ignore[arg-type]
        encryption = Encryption(self.neighbours, self.clock, self.ids)
        self.fanout = Fanout(self.repository, self.audience, self.deliveries, ledger, encryption, SEAL, self.clock)
        self.busy = 0
        self.queues = (MemoryQueue(), MemoryQueue())
        self.standard = Outbox(self.queues[0], self._attempt, self.clock, places=10)
        self.ordered = Outbox(self.queues[1], self._attempt, self.clock, places=10, places_a_line=1)
        self.fanout.open_to(self.standard, self.ordered)
        self.operations = SnsApi(self.repository, self.audience, self.fanout, encryption, ledger, 0).operations

    async def _attempt(self, line: str, body: bytes, before: int, since: float) -> float | None:
        self.busy += 1
        try:
            return await self.fanout.attempt(line, body, before, since)
        finally:
            self.busy -= 1

    def ctx(self, account: str = ACCOUNT, **more: Any) -> Context:
        principal = Principal(account, f"arn:aws:iam::{account}:root" if account else "anonymous", "AKIA")
        return Context(ACCOUNT, REGION, principal, "1", self.clock, self.ids, "http://h", **more)

    async def call(self, name: str, ctx: Context | None = None, **params: Any) -> Result:
        return spoken("sns", name, await self.operations[name].handler(ctx or self.ctx(), params))

    async def refused(self, name: str, ctx: Context | None = None, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, ctx, **params)
        return raised.value.code, raised.value.message

    async def topic(self, name: str = "t", **attributes: str) -> str:
        """A new topic; its ARN."""
        given = {"FifoTopic": "true", **attributes} if name.endswith(".fifo") else attributes
        return str((await self.call("CreateTopic", Name=name, Attributes=given))["TopicArn"])

    async def subscribe(self, topic: str, endpoint: str, **attributes: str) -> str:
        """A new subscription; its ARN. Addresses still have to confirm it."""
        protocol = endpoint.split(":")[2] if endpoint.startswith("arn:") else endpoint.partition(":")[0]
        asked = {"TopicArn": topic, "Protocol": protocol, "Endpoint": endpoint, "ReturnSubscriptionArn": True}
        return str((await self.call("Subscribe", **asked, Attributes=attributes))["SubscriptionArn"])

    async def address(self, topic: str, url: str, **attributes: str) -> str:
        """A subscription of an address, confirmed."""
        arn = await self.subscribe(topic, url, **attributes)
        await self.settled()
        await self.call("ConfirmSubscription", TopicArn=topic, Token=self.web.last()["Token"])
        self.web.asked.clear()
        return arn

    async def publish(self, topic: str, message: str = "m", **params: Any) -> Result:
        return await self.call("Publish", TopicArn=topic, Message=message, **params)

    async def until(self, true: Callable[[], bool]) -> None:
        """Turn the loop, and let threads work, until something is true."""
        async with asyncio.timeout(10):
            while not true():
                await asyncio.to_thread(int)

    async def settled(self) -> None:
        """Until nothing moves any more: what is left waits for its time."""
        for _ in range(4):
            for _ in range(20):
                await asyncio.sleep(0)
            await self.until(lambda: not self.busy)

    async def after(self, seconds: float) -> None:
        self.clock.move(seconds)
        await self.settled()

    async def waiting(self) -> int:
        """How many messages and parcels there are."""
        counts = [await queue.depth(name, now=0.0) for queue in self.queues for name in await queue.names()]
        return sum(visible + others for visible, others in counts)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Ledger(tmp_path / "sns.db") as ledger:
        made = World(ledger)
        await made.signer.signed({}, (), "1")  # the key is there before anything waits for it
        async with made.standard, made.ordered:
            yield made
