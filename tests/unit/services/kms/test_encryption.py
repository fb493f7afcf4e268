"""Encryption."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.services.kms.conftest import ACCOUNT, ARN

if TYPE_CHECKING:
    from tests.unit.services.kms.conftest import World

CONTEXT = {"purpose": "test", "a": "b"}


async def test_there_and_back(world: World) -> None:
    key = await world.key()
    made = await world.call("Encrypt", KeyId=key, Plaintext=b"secret", EncryptionContext=CONTEXT)
    assert b"secret" not in made["CiphertextBlob"]
    assert made["KeyId"] == f"{ARN}key/{key}"
    context = dict(reversed(CONTEXT.items()))
    found = await world.call("Decrypt", CiphertextBlob=made["CiphertextBlob"], EncryptionContext=context)
    assert (found["Plaintext"], found["KeyId"]) == (b"secret", made["KeyId"])


async def test_what_cannot_be_decrypted(world: World) -> None:
    key, other = await world.key(), await world.key()
    blob = (await world.call("Encrypt", KeyId=key, Plaintext=b"x", EncryptionContext=CONTEXT))["CiphertextBlob"]
    invalid = ("InvalidCiphertextException", "")
    for wrong, context in (
        (blob, {}),
        (blob, {"purpose": "test"}),
        (blob[:-1] + bytes([blob[-1] ^ 1]), CONTEXT),
        (b"rubbish", CONTEXT),
        (b"\x02" + blob[1:], CONTEXT),
        (blob[:7] + bytes(16) + blob[23:], CONTEXT),
        (blob[:23] + bytes(8) + blob[31:], CONTEXT),
    ):
        assert await world.refused("Decrypt", CiphertextBlob=wrong, EncryptionContext=context) == invalid
    assert await world.refused("Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT, KeyId=other) == (
        "IncorrectKeyException",
        "The key ID in the request does not identify a CMK that can perform this operation.",
    )
    await world.call("DisableKey", KeyId=key)
    disabled = ("DisabledException", f"{ARN}key/{key} is disabled.")
    assert await world.refused("Decrypt", CiphertextBlob=blob, EncryptionContext=CONTEXT) == disabled
    assert await world.refused("Encrypt", KeyId=key, Plaintext=b"x") == disabled


async def test_under_another_key(world: World) -> None:
    key, other = await world.key(), await world.key()
    blob = (await world.call("Encrypt", KeyId=key, Plaintext=b"x", EncryptionContext=CONTEXT))["CiphertextBlob"]
    moved = await world.call(
        "ReEncrypt",
        CiphertextBlob=blob,
        SourceEncryptionContext=CONTEXT,
        DestinationKeyId=other,
        DestinationEncryptionContext={"c": "d"},
    )
    assert (moved["SourceKeyId"], moved["KeyId"]) == (f"{ARN}key/{key}", f"{ARN}key/{other}")
    found = await world.call("Decrypt", CiphertextBlob=moved["CiphertextBlob"], EncryptionContext={"c": "d"})
    assert found["Plaintext"] == b"x"


async def test_data_keys(world: World) -> None:
    key = await world.key()
    made = await world.call("GenerateDataKey", KeyId=key, KeySpec="AES_256", EncryptionContext=CONTEXT)
    assert len(made["Plaintext"]) == 32
    found = await world.call("Decrypt", CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
    assert found["Plaintext"] == made["Plaintext"]
    hidden = await world.call("GenerateDataKeyWithoutPlaintext", KeyId=key, NumberOfBytes=7)
    assert "Plaintext" not in hidden
    assert len((await world.call("Decrypt", CiphertextBlob=hidden["CiphertextBlob"]))["Plaintext"]) == 7
    for both in ({}, {"KeySpec": "AES_128", "NumberOfBytes": 3}):
        assert await world.refused("GenerateDataKey", KeyId=key, **both) == (
            "ValidationException",
            "Please specify either number of bytes or key spec.",
        )


async def test_random_bytes(world: World) -> None:
    made = [(await world.call("GenerateRandom", NumberOfBytes=24))["Plaintext"] for _ in range(2)]
    assert [len(each) for each in made] == [24, 24]
    assert made[0] != made[1]
    assert (await world.refused("GenerateRandom"))[0] == "ValidationException"


@pytest.mark.parametrize(
    ("option", "value"),
    [("Recipient", {"x": "y"}), ("EncryptionAlgorithm", "RSAES_OAEP_SHA_1"), ("CustomKeyStoreId", "c")],
)
async def test_what_is_refused_by_name(world: World, option: str, value: object) -> None:
    key = await world.key()
    code, text = await world.refused("Encrypt", KeyId=key, Plaintext=b"x", **{option: value})
    assert (code, text.startswith(option)) == ("UnsupportedOperationException", True)


async def test_a_dry_run_does_nothing(world: World) -> None:
    assert (await world.refused("Encrypt", KeyId=await world.key(), Plaintext=b"x", DryRun=True))[0] == (
        "DryRunOperationException"
    )


async def test_what_is_stored_tells_nothing(world: World) -> None:
    key = await world.key()
    (record,) = await world.store.list(f"{ACCOUNT}/us-east-1/kms/key/")
    found = await world.keyring.find(world.ctx(), key)
    assert world.keyring.unsealed(found, found.materials[0]) not in record.value


@pytest.mark.parametrize(("operation", "more"), [("Decrypt", {}), ("ReEncrypt", {"DestinationKeyId": "alias/k"})])
async def test_nothing_to_decrypt(world: World, operation: str, more: dict[str, str]) -> None:
    assert await world.refused(operation, **more) == (
        "ValidationException",
        "1 validation error detected: Value null at 'ciphertextBlob' failed to satisfy constraint: Member must not be"
        " null",
    )
