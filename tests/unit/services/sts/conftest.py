"""STS over IAM's test world and a real keyring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.context import Context, Principal
from lambent.gateway.credentials import Keyring
from lambent.gateway.signing import Key
from lambent.services.operation import Result
from lambent.services.sts.api import StsApi
from lambent.store.memory import MemoryStore
from tests.spoken import spoken
from tests.unit.services.iam.conftest import ACCOUNT, World


class Tokens(World):
    """IAM, and STS's operations: `sts` runs one."""

    def __init__(self, store: MemoryStore, bus: MemoryBus, oidc_keys: Path | None = None) -> None:
        super().__init__(store, bus)
        self.keyring = Keyring(Key("AKIAROOT", "s"), "ab" * 32, ACCOUNT, self.clock, self.ids)
        api = StsApi(self.api.identities, self.keyring.for_role, self.keyring.for_caller, self.repository, oidc_keys)
        self.operations = api.operations

    async def sts(self, name: str, ctx: Context | None = None, **params: Any) -> Result:
        return spoken("sts", name, await self.operations[name].handler(ctx or self.ctx(), params))

    def by(self, principal: Principal) -> Context:
        return Context(principal.account, "us-east-1", principal, "1", self.clock, self.ids)

    def whose(self, result: Result) -> Principal:
        """Who signs with credentials that STS gave."""
        given = result["Credentials"]
        secret, principal = self.keyring.find(given["AccessKeyId"], given["SessionToken"])
        assert secret == given["SecretAccessKey"]
        return principal


@pytest.fixture
async def tokens(tmp_path: Path) -> Tokens:
    return Tokens(MemoryStore(), MemoryBus(), tmp_path)
