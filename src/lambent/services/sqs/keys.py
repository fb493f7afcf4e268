"""Messages of queues with a key of KMS: encrypted under data keys that KMS gives to senders, and opens for receivers.

A data key serves a queue and a caller for as long as the queue says (`KmsDataKeyReusePeriodSeconds`); then KMS is asked
again, and with it the key's policy. `alias/aws/sqs` is AWS's own key: here the server's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.neighbours.base import Neighbours
from lambent.services.sqs import errors
from lambent.services.sqs.records import Queue

OWN = "alias/aws/sqs"
PREFIX = b"\2"
"""How what was encrypted here begins; other contents begin otherwise (`post`)."""

_NONCE_BYTES = 12
_REMEMBERED = 1024

K = TypeVar("K")
V = TypeVar("V")


class DataKey(msgspec.Struct, frozen=True):
    """A data key, how KMS calls it, and the queue that it is for."""

    plain: bytes
    blob: bytes
    arn: str


class Encrypted(msgspec.Struct, frozen=True, array_like=True):
    """A content under a data key. The message's id is no secret."""

    message_id: str
    arn: str
    blob: bytes
    reuse: int
    nonce: bytes
    body: bytes


def wanted(queue: Queue) -> str | None:
    """The key of KMS that a queue has, if it has one of its own."""
    key = queue.attributes.get("KmsMasterKeyId")
    return None if not key or key == OWN or key.endswith(f":{OWN}") else key


def close(content: bytes, message_id: str, queue: Queue, key: DataKey) -> bytes:
    """A content as it is kept."""
    nonce = os.urandom(_NONCE_BYTES)
    body = AESGCM(key.plain).encrypt(nonce, content, key.arn.encode())
    reuse = queue.number("KmsDataKeyReusePeriodSeconds")
    return PREFIX + msgspec.msgpack.encode(Encrypted(message_id, key.arn, key.blob, reuse, nonce, body))


def read(stored: bytes) -> Encrypted:
    """What `close` made."""
    return msgspec.msgpack.decode(stored[len(PREFIX) :], type=Encrypted)


class Keys:
    """Asks KMS in the name of who sends or receives."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self._given: dict[tuple[str, str, str], tuple[float, DataKey]] = {}
        self._opened: dict[tuple[str, bytes], tuple[float, bytes]] = {}

    async def give(self, ctx: Context, queue: Queue) -> DataKey | None:
        """The data key for what the caller sends; None if the queue has no key. Raises ApiError, as KMS refuses."""
        master = wanted(queue)
        if master is None:
            return None
        asked, now = (queue.arn, master, _who(ctx)), ctx.clock.now()
        until, known = self._given.get(asked, (0.0, None))
        if known is not None and now < until:
            return known
        given = await self._kms(ctx, queue.arn, "GenerateDataKey", {"KeyId": master, "KeySpec": "AES_256"})
        key = DataKey(given["Plaintext"], given["CiphertextBlob"], queue.arn)
        _remember(self._given, asked, (now + queue.number("KmsDataKeyReusePeriodSeconds"), key))
        return key

    async def open(self, ctx: Context, stored: bytes) -> bytes:
        """A content that was closed, for the caller. Raises ApiError, as KMS refuses."""
        found = read(stored)
        asked, now = (_who(ctx), found.blob), ctx.clock.now()
        until, plain = self._opened.get(asked, (0.0, b""))
        if now >= until:
            answer = await self._kms(ctx, found.arn, "Decrypt", {"CiphertextBlob": found.blob})
            plain = answer["Plaintext"]
            _remember(self._opened, asked, (now + found.reuse, plain))
        return AESGCM(plain).decrypt(found.nonce, found.body, found.arn.encode())

    async def _kms(self, ctx: Context, arn: str, operation: str, params: Mapping[str, object]) -> Mapping[str, bytes]:
        there = msgspec.structs.replace(ctx, account=ctx.principal.account or ctx.account)
        asked = {**params, "EncryptionContext": {"aws:sqs:queueArn": arn}}
        try:
            return await self._neighbours.call(there, "kms", operation, asked)
        except ApiError as error:
            raise errors.of_kms(error.code, error.message) from error


def _who(ctx: Context) -> str:
    return ctx.principal.arn or ctx.principal.service or ""


def _remember(memory: dict[K, V], key: K, value: V) -> None:
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value
