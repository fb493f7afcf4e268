"""SQS's operations over the memory store and a mailbox in a temporary directory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.services.operation import Result
from lambent.services.sqs.api import SqsApi
from lambent.services.sqs.keys import Keys
from lambent.services.sqs.mailbox import Mailbox
from lambent.services.sqs.moves import Moves
from lambent.services.sqs.post import PostOffice
from lambent.services.sqs.repository import Repository
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT, REGION = "000000000000", "us-east-1"
ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:"


class Kms:
    """One key: data keys are given and opened until it is switched off. `asked`: (caller, operation, queue)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.refuse: str | None = None

    async def call(
        self, ctx: Context, service: str, operation: str, params: Mapping[str, Any], *, answer_bytes: int = 0
    ) -> Mapping[str, Any]:
        self.asked.append((ctx.principal.arn, operation, params["EncryptionContext"]["aws:sqs:queueArn"]))
        if self.refuse is not None:
            raise ApiError(self.refuse, "no", status=400)
        if operation == "Decrypt":
            return {"Plaintext": params["CiphertextBlob"][::-1]}
        plain = bytes(range(32))
        return {"Plaintext": plain, "CiphertextBlob": plain[::-1]}


class World:
    """All operations of SQS; `call` runs one as the account's root. Time stands still unless somebody waits."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.clock = StoppedClock()
        self.mailbox = mailbox
        self.kms = Kms()
        self.repository = Repository(MemoryStore(), MemoryBus())
        self.post = PostOffice(self.repository, mailbox, Seal(bytes(32)), Keys(self.kms))
        self.moves = Moves(self.post)
        self.operations = SqsApi(self.post, self.moves).operations

    def ctx(self, **more: Any) -> Context:
        principal = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
        return Context(ACCOUNT, REGION, principal, "1", self.clock, RandomIds(), "http://h", **more)

    async def call(self, name: str, ctx: Context | None = None, **params: Any) -> Result:
        return spoken("sqs", name, await self.operations[name].handler(ctx or self.ctx(), params))

    async def refused(self, name: str, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.code, raised.value.message

    async def queue(self, name: str = "q", **attributes: str) -> str:
        """A new queue; its URL."""
        given = {"FifoQueue": "true", **attributes} if name.endswith(".fifo") else attributes
        return str((await self.call("CreateQueue", QueueName=name, Attributes=given))["QueueUrl"])

    async def send(self, url: str, *bodies: str, **params: Any) -> list[Result]:
        return [await self.call("SendMessage", QueueUrl=url, MessageBody=body, **params) for body in bodies]

    async def receive(self, url: str, count: int = 10, **params: Any) -> list[Any]:
        found = await self.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=count, **params)
        return list(found.get("Messages", ()))

    async def bodies(self, url: str, count: int = 10, **params: Any) -> list[str]:
        return [message["Body"] for message in await self.receive(url, count, **params)]

    async def counts(self, url: str) -> tuple[int, int, int]:
        """Visible, in flight, delayed."""
        found = (await self.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"]))["Attributes"]
        names = (
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
            "ApproximateNumberOfMessagesDelayed",
        )
        visible, in_flight, delayed = (int(found[name]) for name in names)
        return visible, in_flight, delayed


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with Mailbox(tmp_path / "sqs.db") as mailbox:
        made = World(mailbox)
        async with made.moves:
            yield made
