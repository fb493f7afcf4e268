"""Data keys of customers' keys of KMS, with which Lambda seals what is too large for KMS itself.

A data key lies beside what it seals, encrypted by KMS; whoever is to open that asks KMS for the data key, in whose name
he acts. What KMS says is put into Lambda's words by the callers of this.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lambent.context import Context
from lambent.model.sealed import Sealed
from lambent.neighbours.base import Neighbours
from lambent.store.seal import Seal

_CONTEXT = b""
"""What ties a data key to its use is the encryption context, which KMS checks."""


class DataKey(msgspec.Struct, frozen=True):
    """A data key: in the clear, and as KMS encrypted it. Never stored."""

    plain: bytes
    encrypted: bytes

    def close(self, data: bytes) -> bytes:
        """Sealed bytes."""
        return Seal(self.plain).close(data, _CONTEXT)

    def open(self, body: bytes) -> bytes:
        """What was sealed. Raises PlatformError: with another key, or changed since."""
        return Seal(self.plain).open(body, _CONTEXT)


class CustomerKeys:
    """Asks KMS. Every method raises ApiError as KMS says it."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    async def new(self, ctx: Context, arn: str, context: Mapping[str, str]) -> DataKey:
        """A new data key of the key `arn`, good for this encryption context."""
        asked = {"KeyId": arn, "KeySpec": "AES_256", "EncryptionContext": dict(context)}
        made = await self._neighbours.call(ctx, "kms", "GenerateDataKey", asked)
        return DataKey(bytes(made["Plaintext"]), bytes(made["CiphertextBlob"]))

    async def again(self, ctx: Context, arn: str, encrypted: bytes, context: Mapping[str, str]) -> DataKey:
        """A data key that was made before."""
        asked = {"KeyId": arn, "CiphertextBlob": encrypted, "EncryptionContext": dict(context)}
        found = await self._neighbours.call(ctx, "kms", "Decrypt", asked)
        return DataKey(bytes(found["Plaintext"]), encrypted)

    async def seal(self, ctx: Context, arn: str, data: bytes, context: Mapping[str, str]) -> Sealed:
        """`data` under a data key of its own."""
        key = await self.new(ctx, arn, context)
        return Sealed(key.encrypted, key.close(data))

    async def unseal(self, ctx: Context, arn: str, sealed: Sealed, context: Mapping[str, str]) -> bytes:
        """What `seal` was given."""
        return (await self.again(ctx, arn, sealed.key, context)).open(sealed.body)
