"""Data keys: made, known again, and good for what was sealed with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError, PlatformError
from lambent.services.lambda_.customer_keys import CustomerKeys, DataKey
from tests.unit.services.lambda_.kms import DENIED, KEY, DataKeys

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

CONTEXT = {"a": "b"}


async def test_what_is_sealed_is_opened_again(world: World) -> None:
    kms, ctx = DataKeys(), world.ctx()
    keys = CustomerKeys(kms)
    sealed = await keys.seal(ctx, KEY, b"secret", CONTEXT)
    assert b"secret" not in sealed.body
    assert await keys.unseal(ctx, KEY, sealed, CONTEXT) == b"secret"
    who = ctx.principal.arn
    assert kms.asked == [("GenerateDataKey", KEY, who), ("Decrypt", KEY, who)]


async def test_another_key_opens_nothing() -> None:
    body = DataKey(b"1" * 32, b"").close(b"secret")
    with pytest.raises(PlatformError):
        DataKey(b"2" * 32, b"").open(body)


async def test_what_kms_says_is_passed_on(world: World) -> None:
    kms = DataKeys()
    kms.refused["GenerateDataKey"] = DENIED
    with pytest.raises(ApiError) as raised:
        await CustomerKeys(kms).seal(world.ctx(), KEY, b"secret", CONTEXT)
    assert raised.value is DENIED
