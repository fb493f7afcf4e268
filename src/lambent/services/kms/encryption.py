"""Encryption and decryption, data keys, random bytes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.kms import ciphertext, errors
from lambent.services.kms.ciphertext import Label, Wrong
from lambent.services.kms.keyring import Keyring, check_usable
from lambent.services.kms.records import Key
from lambent.services.operation import Params, Result, operation

_ALGORITHM = "SYMMETRIC_DEFAULT"
_DATA_KEY_BYTES = {"AES_128": 16, "AES_256": 32}
_NONCE_BYTES = 12


class Encryption:
    """Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @operation("Encrypt")
    async def encrypt(self, ctx: Context, params: Params) -> Result:
        """Up to 4 KB, encrypted."""
        _check(params)
        key = await self._keyring.usable(ctx, params["KeyId"])
        blob = self._encrypted(key, params["Plaintext"], params.get("EncryptionContext", {}))
        return {"CiphertextBlob": blob, "KeyId": key.arn, "EncryptionAlgorithm": _ALGORITHM}

    @operation("Decrypt")
    async def decrypt(self, ctx: Context, params: Params) -> Result:
        """What was encrypted, given the same context."""
        _check(params)
        key, plain, material = await self._decrypted(
            ctx, _ciphertext(params), params.get("EncryptionContext", {}), params.get("KeyId")
        )
        return {
            "KeyId": key.arn,
            "Plaintext": plain,
            "EncryptionAlgorithm": _ALGORITHM,
            "KeyMaterialId": material,
        }

    @operation("ReEncrypt")
    async def reencrypt(self, ctx: Context, params: Params) -> Result:
        """The same under another key, without showing it."""
        _check(params)
        source, plain, material = await self._decrypted(
            ctx, _ciphertext(params), params.get("SourceEncryptionContext", {}), params.get("SourceKeyId")
        )
        key = await self._keyring.usable(ctx, params["DestinationKeyId"])
        return {
            "CiphertextBlob": self._encrypted(key, plain, params.get("DestinationEncryptionContext", {})),
            "SourceKeyId": source.arn,
            "KeyId": key.arn,
            "SourceEncryptionAlgorithm": _ALGORITHM,
            "DestinationEncryptionAlgorithm": _ALGORITHM,
            "SourceKeyMaterialId": material,
            "DestinationKeyMaterialId": key.materials[-1].id,
        }

    @operation("GenerateDataKey")
    async def data_key(self, ctx: Context, params: Params) -> Result:
        """A new data key, in the clear and encrypted."""
        return await self._data_key(ctx, params, shown=True)

    @operation("GenerateDataKeyWithoutPlaintext")
    async def hidden_data_key(self, ctx: Context, params: Params) -> Result:
        """A new data key, encrypted."""
        return await self._data_key(ctx, params, shown=False)

    @operation("GenerateRandom")
    async def random(self, ctx: Context, params: Params) -> Result:
        """Random bytes."""
        _check(params)
        if not params.get("NumberOfBytes"):
            raise errors.exactly_one("NumberOfBytes", "nothing else")
        return {"Plaintext": os.urandom(params["NumberOfBytes"])}

    async def _data_key(self, ctx: Context, params: Params, *, shown: bool) -> Result:
        _check(params)
        size: int | None = params.get("NumberOfBytes")
        if (size is None) == (params.get("KeySpec") is None):
            raise errors.exactly_one("number of bytes", "key spec")
        if size is None:
            size = _DATA_KEY_BYTES[params["KeySpec"]]
        key = await self._keyring.usable(ctx, params["KeyId"])
        plain = os.urandom(size)
        result: dict[str, Any] = {
            "CiphertextBlob": self._encrypted(key, plain, params.get("EncryptionContext", {})),
            "KeyId": key.arn,
            "KeyMaterialId": key.materials[-1].id,
        }
        return result | {"Plaintext": plain} if shown else result

    def _encrypted(self, key: Key, plain: bytes, context: Mapping[str, str]) -> bytes:
        material = key.materials[-1]
        label = Label(key.account, key.id, material.id[:16])
        return ciphertext.encrypt(
            plain, self._keyring.unsealed(key, material), label, context, os.urandom(_NONCE_BYTES)
        )

    async def _decrypted(
        self, ctx: Context, blob: bytes, context: Mapping[str, str], wanted: str | None
    ) -> tuple[Key, bytes, str]:
        """Key, plain text and the id of the material. Raises ApiError."""
        try:
            label = ciphertext.read(blob)
            named = None if wanted is None else await self._keyring.find(ctx, wanted)
            key = await self._keyring.repository.key(Place(label.account, ctx.region), label.key_id)
            if key is None:
                raise Wrong
            if named is not None and named.arn != key.arn:
                raise errors.incorrect_key()
            check_usable(key)
            material = next((each for each in key.materials if each.id[:16] == label.material), None)
            if material is None:
                raise Wrong
            return key, ciphertext.decrypt(blob, self._keyring.unsealed(key, material), context), material.id
        except Wrong:
            raise errors.invalid_ciphertext() from None


def _ciphertext(params: Params) -> bytes:
    """What is to be decrypted. The model lets it be left out, for dry runs that ignore it: these are refused."""
    blob: bytes | None = params.get("CiphertextBlob")
    if blob is None:
        raise errors.missing("ciphertextBlob")
    return blob


def _check(params: Params) -> None:
    """What is not supported, and calls that only try. Raises ApiError."""
    for option, why in (
        ("Recipient", "there are no enclaves"),
        ("DryRunModifiers", "a dry run is a whole one"),
        ("CustomKeyStoreId", "there are no custom key stores"),
    ):
        if params.get(option):
            raise errors.unsupported(option, why)
    for option in ("EncryptionAlgorithm", "SourceEncryptionAlgorithm", "DestinationEncryptionAlgorithm"):
        if params.get(option, _ALGORITHM) != _ALGORITHM:
            raise errors.unsupported(f"{option} {params[option]}", "keys are symmetric")
    if params.get("DryRun"):
        raise errors.dry_run()
