"""Secrets Manager's operations over the memory store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lambent.clock import RandomIds
from lambent.context import Context, Principal
from lambent.model.errors import ApiError
from lambent.services.access import Place
from lambent.services.operation import Result
from lambent.services.secretsmanager.access import SecretsAccess
from lambent.services.secretsmanager.api import SecretsApi
from lambent.services.secretsmanager.finding import Finder
from lambent.services.secretsmanager.repository import Repository
from lambent.store.memory import MemoryStore
from lambent.store.seal import Seal
from tests.spoken import spoken
from tests.unit.services.lambda_.conftest import StoppedClock

ACCOUNT, REGION = "000000000000", "us-east-1"
AT = Place(ACCOUNT, REGION)
ARN = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
ROOT = Principal(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "AKIA")
DAY = 86_400.0


class World:
    """All operations; `call` runs one as the account's root. As a neighbour it refuses what `forbidden` names."""

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.ids = RandomIds()
        self.store = MemoryStore()
        self.repository = Repository(self.store, Seal(bytes(32)))
        self.finder = Finder(self.repository)
        self.access = SecretsAccess(self.finder, self.clock)
        self.operations = SecretsApi(self.repository, self.finder, self.neighbour).operations
        self.forbidden: set[str] = set()

    @property
    def neighbour(self) -> Any:
        world = self

        class Inside:
            async def call(self, ctx: Context, service: str, name: str, params: Mapping[str, Any]) -> Result:
                if params["SecretId"] in world.forbidden:
                    raise ApiError("AccessDeniedException", "no")
                return await world.operations[name].handler(ctx, dict(params))

        return Inside()

    async def call(self, name: str, **params: Any) -> Result:
        ctx = Context(ACCOUNT, REGION, ROOT, "1", self.clock, self.ids)
        return spoken("secretsmanager", name, await self.operations[name].handler(ctx, params))

    async def refused(self, name: str, **params: Any) -> tuple[str, str]:
        """Code and text of the refusal of a call; fails if it is not refused."""
        with pytest.raises(ApiError) as raised:
            await self.call(name, **params)
        return raised.value.code, raised.value.message

    async def text(self, name: str, **params: Any) -> str:
        """A secret's value."""
        return str((await self.call("GetSecretValue", SecretId=name, **params))["SecretString"])


@pytest.fixture
def world() -> World:
    return World()
