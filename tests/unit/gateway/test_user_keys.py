"""Access keys of users."""

from __future__ import annotations

from lambent.bus.memory import MemoryBus
from lambent.gateway.user_keys import NOTED_EVERY_SECONDS, UserKeys
from lambent.store.memory import MemoryStore
from tests.unit.gateway.conftest import StoppedClock
from tests.unit.services.iam.conftest import World


async def test_a_key_counts_while_it_is_active_and_its_use_is_told() -> None:
    iam, clock = World(MemoryStore(), MemoryBus()), StoppedClock()
    await iam.call("CreateUser", UserName="ann", Path="/x/")
    made = (await iam.call("CreateAccessKey", UserName="ann"))["AccessKey"]
    key_id = made["AccessKeyId"]

    async def used() -> object:
        return (await iam.call("GetAccessKeyLastUsed", AccessKeyId=key_id))["AccessKeyLastUsed"]

    async with UserKeys(iam.repository, clock) as keys:
        found = await keys.find(key_id, "lambda", "eu-west-1")
        assert found is not None
        secret, principal = found
        assert secret == made["SecretAccessKey"]
        assert (principal.arn, principal.user) == ("arn:aws:iam::000000000000:user/x/ann", "ann")
        assert await keys.find("AKIANOBODY", "lambda", "eu-west-1") is None
        await iam.call("UpdateAccessKey", UserName="ann", AccessKeyId=key_id, Status="Inactive")
        assert await keys.find(key_id, "lambda", "eu-west-1") is None
        await iam.call("UpdateAccessKey", UserName="ann", AccessKeyId=key_id, Status="Active")
        clock.at += 1
        assert await keys.find(key_id, "sqs", "eu-west-1") is not None
    first = {"LastUsedDate": clock.at - 1, "ServiceName": "lambda", "Region": "eu-west-1"}
    assert await used() == first  # a second use so soon after is not told
    clock.at += NOTED_EVERY_SECONDS
    async with UserKeys(iam.repository, clock) as keys:
        await keys.find(key_id, "sqs", "us-east-1")
    assert await used() == {"LastUsedDate": clock.at, "ServiceName": "sqs", "Region": "us-east-1"}
