"""Keys and their lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.kms.limits import DAY
from tests.unit.services.kms.conftest import ACCOUNT, ARN

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World


async def state(world: World, key: str) -> str:
    return str((await world.call("DescribeKey", KeyId=key))["KeyMetadata"]["KeyState"])


async def test_a_life(world: World) -> None:
    made = (await world.call("CreateKey", Description="d", Tags=[{"TagKey": "a", "TagValue": "b"}]))["KeyMetadata"]
    key = made["KeyId"]
    assert made["Arn"] == f"{ARN}key/{key}"
    assert (made["AWSAccountId"], made["KeyState"], made["Enabled"], made["Origin"]) == (
        ACCOUNT,
        "Enabled",
        True,
        "AWS_KMS",
    )
    await world.call("UpdateKeyDescription", KeyId=key, Description="e")
    assert (await world.call("DescribeKey", KeyId=made["Arn"]))["KeyMetadata"]["Description"] == "e"
    await world.call("DisableKey", KeyId=key)
    assert await state(world, key) == "Disabled"
    await world.call("EnableKey", KeyId=key)
    assert await state(world, key) == "Enabled"
    assert (await world.call("ListKeys"))["Keys"] == [{"KeyId": key, "KeyArn": made["Arn"]}]


async def test_deletion_waits_and_then_is_final(world: World) -> None:
    key = await world.key()
    blob = (await world.call("Encrypt", KeyId=key, Plaintext=b"x"))["CiphertextBlob"]
    scheduled = await world.call("ScheduleKeyDeletion", KeyId=key, PendingWindowInDays=7)
    assert scheduled["DeletionDate"] == world.clock.at + 7 * DAY
    assert await state(world, key) == "PendingDeletion"
    said = ("KMSInvalidStateException", f"{ARN}key/{key} is pending deletion.")
    for name in ("EnableKey", "ScheduleKeyDeletion"):
        assert await world.refused(name, KeyId=key) == said
    assert await world.refused("Decrypt", CiphertextBlob=blob) == said
    await world.call("CancelKeyDeletion", KeyId=key)
    assert await state(world, key) == "Disabled"
    assert (await world.refused("CancelKeyDeletion", KeyId=key))[0] == "KMSInvalidStateException"
    await world.call("ScheduleKeyDeletion", KeyId=key)
    world.clock.at += 30 * DAY
    assert await world.refused("DescribeKey", KeyId=key) == (
        "NotFoundException",
        f"Key '{ARN}key/{key}' does not exist",
    )
    assert await world.store.list(f"{ACCOUNT}/us-east-1/kms/key/") == []  # its material is gone


async def test_tags(world: World) -> None:
    key = await world.key()
    await world.call("TagResource", KeyId=key, Tags=[{"TagKey": k, "TagValue": "1"} for k in "ab"])
    await world.call("UntagResource", KeyId=key, TagKeys=["a"])
    assert (await world.call("ListResourceTags", KeyId=key))["Tags"] == [{"TagKey": "b", "TagValue": "1"}]
    twice = [{"TagKey": "a", "TagValue": "1"}] * 2
    assert await world.refused("TagResource", KeyId=key, Tags=twice) == ("TagException", "Duplicate tag keys")
    many = [{"TagKey": str(number), "TagValue": "1"} for number in range(50)]
    assert (await world.refused("TagResource", KeyId=key, Tags=many))[0] == "TagException"
    reserved = [{"TagKey": "aws:x", "TagValue": "1"}]
    assert (await world.refused("TagResource", KeyId=key, Tags=reserved))[0] == "TagException"


@pytest.mark.parametrize(
    "option",
    [
        {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"},
        {"KeyUsage": "GENERATE_VERIFY_MAC"},
        {"Origin": "EXTERNAL"},
        {"MultiRegion": True},
        {"CustomKeyStoreId": "x"},
    ],
)
async def test_what_is_refused_by_name(world: World, option: dict[str, object]) -> None:
    code, text = await world.refused("CreateKey", **option)
    assert code == "UnsupportedOperationException"
    assert "is not supported by Lambent" in text
    assert (await world.call("ListKeys"))["Keys"] == []


async def test_rotation_by_time(world: World) -> None:
    key = await world.key()
    old = (await world.call("Encrypt", KeyId=key, Plaintext=b"x"))["CiphertextBlob"]
    assert (await world.call("GetKeyRotationStatus", KeyId=key))["KeyRotationEnabled"] is False
    await world.call("EnableKeyRotation", KeyId=key, RotationPeriodInDays=90)
    status = await world.call("GetKeyRotationStatus", KeyId=key)
    assert (status["RotationPeriodInDays"], status["NextRotationDate"]) == (90, world.clock.at + 90 * DAY)
    first = (await world.call("DescribeKey", KeyId=key))["KeyMetadata"]["CurrentKeyMaterialId"]
    world.clock.at += 90 * DAY
    new = (await world.call("Encrypt", KeyId=key, Plaintext=b"y"))["CiphertextBlob"]
    assert (await world.call("DescribeKey", KeyId=key))["KeyMetadata"]["CurrentKeyMaterialId"] != first
    for blob, plain in ((old, b"x"), (new, b"y")):
        assert (await world.call("Decrypt", CiphertextBlob=blob))["Plaintext"] == plain
    (rotation,) = (await world.call("ListKeyRotations", KeyId=key))["Rotations"]
    assert (rotation["RotationType"], rotation["RotationDate"]) == ("AUTOMATIC", world.clock.at)
    await world.call("DisableKeyRotation", KeyId=key)
    world.clock.at += 900 * DAY
    await world.call("Encrypt", KeyId=key, Plaintext=b"z")
    assert len((await world.call("ListKeyRotations", KeyId=key))["Rotations"]) == 1


async def test_rotation_on_demand(world: World) -> None:
    key = await world.key()
    for _ in range(25):
        await world.call("RotateKeyOnDemand", KeyId=key)
    assert (await world.refused("RotateKeyOnDemand", KeyId=key))[0] == "LimitExceededException"
    found = (await world.call("ListKeyRotations", KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL"))["Rotations"]
    assert len(found) == 26
    assert {each["RotationType"] for each in found[1:]} == {"ON_DEMAND"}
    await world.call("DisableKey", KeyId=key)
    assert await world.refused("RotateKeyOnDemand", KeyId=key) == (
        "DisabledException",
        f"{ARN}key/{key} is disabled.",
    )
