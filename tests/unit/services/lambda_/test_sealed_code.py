"""Packages under a key of KMS: who is asked, what is kept, what is shown, and what becomes of functions without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.customer_keys import DataKey
from tests.unit.services.lambda_.conftest import package
from tests.unit.services.lambda_.kms import DENIED, KEY

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

PLAIN = b"k" * 32
GIVEN = {"GenerateDataKey": {"Plaintext": PLAIN, "CiphertextBlob": b"sealed"}, "Decrypt": {"Plaintext": PLAIN}}
CONTEXT = {"aws:lambda:FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:f"}
WHY = "because the KMS access was denied. Please check your KMS permissions. KMS Exception: AccessDeniedException KMS"


@pytest.fixture
async def sealed(world: World) -> World:
    """With a function `f` whose package is sealed."""
    world.neighbours.answers |= GIVEN
    await world.create(Code={"ZipFile": package(), "SourceKMSKeyArn": KEY})
    await world.settled()
    return world


async def asked(world: World) -> list[str]:
    return [operation for _, operation, _, _ in world.neighbours.calls]


async def test_the_package_lies_sealed_and_runs(sealed: World) -> None:
    version = await sealed.repository.version(sealed.ctx(), "f", "$LATEST")
    assert version is not None and version.code.sealed is not None
    stored = await sealed.code.blobs.read(version.code.stored)
    assert DataKey(PLAIN, b"").open(stored) == package()
    assert not await sealed.code.blobs.exists(version.code.digest)
    ((_, operation, params, _),) = sealed.neighbours.calls
    assert (operation, params) == (
        "GenerateDataKey",
        {"KeyId": KEY, "KeySpec": "AES_256", "EncryptionContext": CONTEXT},
    )
    assert (await sealed.trees.tree(version) / "app.py").exists()
    assert await asked(sealed) == ["GenerateDataKey"]
    await sealed.code.shut()
    assert (await sealed.trees.tree(version) / "app.py").exists()
    assert await asked(sealed) == ["GenerateDataKey", "Decrypt"]


async def test_who_may_decrypt_is_shown_where_it_is(sealed: World) -> None:
    version = await sealed.repository.version(sealed.ctx(), "f", "$LATEST")
    assert version is not None
    shown = await sealed.call("GetFunction", FunctionName="f")
    address = f"http://127.0.0.1:4566/code/{version.code.stored}{PLAIN.hex()}"
    assert shown["Code"] == {"RepositoryType": "S3", "SourceKMSKeyArn": KEY, "Location": address}
    sealed.neighbours.answers["Decrypt"] = DENIED
    shown = await sealed.call("GetFunction", FunctionName="f")
    text = f"Lambda was unable to decrypt your deployment package {WHY} Message: no"
    error = {"ErrorCode": "AccessDeniedException", "Message": text}
    assert shown["Code"] == {"RepositoryType": "S3", "SourceKMSKeyArn": KEY, "Error": error}


async def test_without_the_key_nothing_is_made_or_changed(world: World) -> None:
    world.neighbours.answers["GenerateDataKey"] = DENIED
    code = {"ZipFile": package(), "SourceKMSKeyArn": KEY}
    refusal = (
        "InvalidParameterValueException",
        f"Lambda was unable to encrypt your deployment package {WHY} Message: no",
    )
    given = {"FunctionName": "f", "Role": "r", "Runtime": "python3.12", "Handler": "app.handler", "Code": code}
    assert await world.refused("CreateFunction", **given) == refusal
    await world.create()
    await world.settled()
    assert await world.refused("UpdateFunctionCode", FunctionName="f", **code) == refusal
    assert await world.refused("UpdateFunctionCode", FunctionName="f", DryRun=True, **code) == refusal
    assert list((world.directory / "code" / "opened").glob("*")) == []


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (DENIED, "KMSKeyAccessDenied"),
        (ApiError("DisabledException", "it is off"), "DisabledKMSKey"),
        (ApiError("KMSInvalidStateException", "it goes"), "InvalidStateKMSKey"),
        (ApiError("NotFoundException", "it is gone"), "KMSKeyNotFound"),
        (ApiError("KMSInternalException", "it broke", status=500), "InternalError"),
    ],
)
async def test_a_change_fails_when_the_key_opens_no_more(sealed: World, error: ApiError, reason: str) -> None:
    await sealed.code.shut()
    sealed.neighbours.answers["Decrypt"] = error
    await sealed.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=9)
    shown = await sealed.settled()
    assert (shown["State"], shown["LastUpdateStatus"], shown["LastUpdateStatusReasonCode"]) == (
        "Active",
        "Failed",
        reason,
    )
    assert shown["LastUpdateStatusReason"].startswith("Lambda was unable to decrypt the deployment package")


async def test_the_same_code_under_the_same_key_is_no_new_version(sealed: World) -> None:
    again: dict[str, Any] = {"FunctionName": "f", "ZipFile": package()}
    assert (await sealed.call("PublishVersion", FunctionName="f"))["Version"] == "1"
    for key, number in ((KEY, "1"), ("", "2"), (KEY, "3")):
        await sealed.call("UpdateFunctionCode", **again, SourceKMSKeyArn=key)
        await sealed.settled()
        assert (await sealed.call("PublishVersion", FunctionName="f"))["Version"] == number


async def test_not_together_with_snapstart(sealed: World) -> None:
    snap_start = {"SnapStart": {"ApplyOn": "PublishedVersions"}}
    text = "SnapStart together with SourceKMSKeyArn (snapshots are not encrypted with keys of KMS)"
    refusal = ("InvalidParameterValueException", f"{text} is not supported by Lambent yet")
    assert await sealed.refused("UpdateFunctionConfiguration", FunctionName="f", **snap_start) == refusal
    code = {"ZipFile": package(), "SourceKMSKeyArn": KEY}
    given = {"FunctionName": "g", "Role": "r", "Runtime": "python3.12", "Handler": "app.handler", "Code": code}
    assert await sealed.refused("CreateFunction", **given, **snap_start) == refusal
    await sealed.create("g", **snap_start)
    await sealed.settled("g")
    assert await sealed.refused("UpdateFunctionCode", FunctionName="g", **code) == refusal
