"""Messages of topics with a key of KMS: encrypted under data keys that KMS gives, and opens, for whoever publishes.

Every message is sealed with the server's own key besides, as it lies on the disk; `alias/aws/sns` means no more.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lambent.context import Clock, Context, Ids, Principal
from lambent.model.errors import ApiError
from lambent.neighbours.base import Neighbours
from lambent.services.sns import errors, limits
from lambent.services.sns.records import Notice, Topic

OWN = "alias/aws/sns"
"""AWS's own key: here the server's."""

K = TypeVar("K")
V = TypeVar("V")
_PLAIN, _ENCRYPTED = b"\0", b"\1"
_NONCE_BYTES = 12
_REMEMBERED = 1024


class DataKey(msgspec.Struct, frozen=True):
    """A data key, and how KMS calls it. `publisher` may have it opened again."""

    plain: bytes
    blob: bytes
    publisher: Principal


class _Encrypted(msgspec.Struct, frozen=True, array_like=True):
    blob: bytes
    publisher: Principal
    nonce: bytes
    body: bytes


def packed(notice: Notice, key: DataKey | None) -> bytes:
    """A message as it is put away: encrypted, if there is a key."""
    body = msgspec.msgpack.encode(notice)
    if key is None:
        return _PLAIN + body
    nonce = os.urandom(_NONCE_BYTES)
    closed = AESGCM(key.plain).encrypt(nonce, body, notice.topic.encode())
    return _ENCRYPTED + msgspec.msgpack.encode(_Encrypted(key.blob, key.publisher, nonce, closed))


class Encryption:
    """Gets data keys from KMS, and remembers them for five minutes as SNS does."""

    def __init__(self, neighbours: Neighbours, clock: Clock, ids: Ids) -> None:
        self._neighbours = neighbours
        self._clock = clock
        self._ids = ids
        self._given: dict[tuple[str, str, str], tuple[float, DataKey]] = {}
        self._opened: dict[bytes, tuple[float, bytes]] = {}

    async def key(self, ctx: Context, topic: Topic) -> DataKey | None:
        """The data key for what the caller publishes; None if the topic has no key. Raises ApiError."""
        wanted = topic.attributes.get("KmsMasterKeyId")
        if wanted is None or wanted == OWN or wanted.endswith(f":{OWN}"):
            return None
        asked = (topic.arn, wanted, ctx.principal.arn or ctx.principal.service or "")
        now = self._clock.now()
        until, known = self._given.get(asked, (0.0, None))
        if known is not None and now < until:
            return known
        try:
            given = await self._kms(
                ctx.principal, topic.arn, "GenerateDataKey", {"KeyId": wanted, "KeySpec": "AES_256"}
            )
            key = DataKey(given["Plaintext"], given["CiphertextBlob"], ctx.principal)
            await self._plain(key.blob, ctx.principal, topic.arn)  # nobody publishes what could not be delivered
        except ApiError as error:
            raise errors.of_kms(error.code, error.message) from error
        _remember(self._given, asked, (now + limits.DATA_KEY_SECONDS, key))
        return key

    async def notice(self, stored: bytes, topic: str) -> Notice:
        """A message that was packed. Raises ApiError when KMS does not open its key (any more)."""
        kind, body = stored[:1], stored[1:]
        if kind == _ENCRYPTED:
            found = msgspec.msgpack.decode(body, type=_Encrypted)
            plain = await self._plain(found.blob, found.publisher, topic)
            body = AESGCM(plain).decrypt(found.nonce, found.body, topic.encode())
        return msgspec.msgpack.decode(body, type=Notice)

    async def _plain(self, blob: bytes, publisher: Principal, topic: str) -> bytes:
        now = self._clock.now()
        until, known = self._opened.get(blob, (0.0, b""))
        if now < until:
            return known
        answer = await self._kms(publisher, topic, "Decrypt", {"CiphertextBlob": blob})
        plain: bytes = answer["Plaintext"]
        _remember(self._opened, blob, (now + limits.DATA_KEY_SECONDS, plain))
        return plain

    async def _kms(
        self, principal: Principal, topic: str, operation: str, params: Mapping[str, object]
    ) -> Mapping[str, bytes]:
        _, _, _, region, account, _ = topic.split(":", 5)
        ctx = Context(
            account=principal.account or account,
            region=region,
            principal=principal,
            request_id=self._ids.request_id(),
            clock=self._clock,
            ids=self._ids,
        )
        asked = {**params, "EncryptionContext": {"aws:sns:topicArn": topic}}
        return await self._neighbours.call(ctx, "kms", operation, asked)


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value
