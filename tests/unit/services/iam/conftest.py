"""IAM's operations over the memory store."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest

from lambent.bus.memory import MemoryBus
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.services.iam.api import IamApi
from lambent.services.iam.repository import Repository
from lambent.services.operation import Result
from lambent.store.memory import MemoryStore
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import CountedIds, StoppedClock

ACCOUNT = "000000000000"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


def document(*actions: str, effect: str = "Allow", resource: str = "*") -> str:
    """A policy about some actions."""
    statement = {"Effect": effect, "Action": list(actions), "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class World:
    """All operations of IAM; `call` runs one as the account's root."""

    def __init__(self, store: MemoryStore, bus: MemoryBus) -> None:
        self.clock = StoppedClock()
        self.ids = CountedIds()
        self.repository = Repository(store, bus)
        self.api = IamApi(self.repository)

    def ctx(self, arn: str = f"arn:aws:iam::{ACCOUNT}:root", account: str = ACCOUNT) -> Context:
        return Context(account, "us-east-1", Principal(account, arn, "AKIA"), "1", self.clock, self.ids)

    async def call(self, name: str, ctx: Context | None = None, **params: Any) -> Result:
        return spoken("iam", name, await self.api.operations[name].handler(ctx or self.ctx(), params))

    async def refused(self, name: str, ctx: Context | None = None, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as caught:
            await self.call(name, ctx, **params)
        return caught.value.code, caught.value.message

    async def role(self, name: str = "worker", **params: Any) -> str:
        """A role that Lambda may assume; its ARN."""
        made = await self.call("CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST, **params)
        return str(made["Role"]["Arn"])

    async def policy(self, name: str = "mine", *actions: str, **params: Any) -> str:
        """A managed policy; its ARN."""
        text = document(*(actions or ("s3:*",)))
        made = await self.call("CreatePolicy", PolicyName=name, PolicyDocument=text, **params)
        return str(made["Policy"]["Arn"])


def shown(text: str) -> Any:
    """A document as it is shown."""
    return json.loads(unquote(text))


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with MemoryStore() as store, MemoryBus() as bus:
        yield World(store, bus)
