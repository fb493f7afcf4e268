"""KMS's operations over the memory store."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.services.access import Place
from lambent.services.kms.access import KmsAccess
from lambent.services.kms.api import KmsApi
from lambent.services.kms.keyring import Keyring
from lambent.services.kms.repository import Repository
from lambent.services.operation import Result
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT, REGION = "000000000000", "us-east-1"
AT = Place(ACCOUNT, REGION)
ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:"
ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")


class World:
    """All operations of KMS; `call` runs one as the account's root."""

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.ids = RandomIds()
        self.store = MemoryStore()
        self.repository = Repository(self.store, MemoryBus())
        self.keyring = Keyring(self.repository, Seal(bytes(32)))
        self.access = KmsAccess(self.keyring)
        self.operations = KmsApi(self.keyring).operations

    def ctx(self, principal: Principal = ROOT, account: str = ACCOUNT) -> Context:
        return Context(account, REGION, principal, "1", self.clock, self.ids)

    async def call(self, name: str, ctx: Context | None = None, **params: Any) -> Result:
        return spoken("kms", name, await self.operations[name].handler(ctx or self.ctx(), params))

    async def refused(self, name: str, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.code, raised.value.message

    async def key(self, **params: Any) -> str:
        """A new key; its id."""
        return str((await self.call("CreateKey", **params))["KeyMetadata"]["KeyId"])


@pytest.fixture
def world() -> World:
    return World()
