"""Ciphertexts as callers keep them: they say which material of which key they were made with. Pure.

One byte for the format, six for the account, sixteen for the key's id, eight of the material's id, twelve of nonce, and
what AES-256-GCM made; key and encryption context are authenticated with it.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from uuid import UUID

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_HEAD = struct.Struct(">B6s16s8s12s")
_FORMAT = 1


class Wrong(Exception):
    """No ciphertext, or not with this material and context."""


class Label(msgspec.Struct, frozen=True):
    """What a ciphertext says of itself; `material` is the first 16 hex digits of its id."""

    account: str
    key_id: str
    material: str


def encrypt(plain: bytes, material: bytes, label: Label, context: Mapping[str, str], nonce: bytes) -> bytes:
    """A ciphertext. `nonce` is 12 random bytes; `material` 32."""
    head = _HEAD.pack(
        _FORMAT,
        int(label.account).to_bytes(6, "big"),
        UUID(label.key_id).bytes,
        bytes.fromhex(label.material),
        nonce,
    )
    return head + AESGCM(material).encrypt(nonce, plain, head + _canonical(context))


def read(blob: bytes) -> Label:
    """Which key made a ciphertext. Raises Wrong."""
    if len(blob) <= _HEAD.size:
        raise Wrong
    form, account, key_id, material, _ = _HEAD.unpack_from(blob)
    if form != _FORMAT:
        raise Wrong
    return Label(f"{int.from_bytes(account, 'big'):012}", str(UUID(bytes=key_id)), material.hex())


def decrypt(blob: bytes, material: bytes, context: Mapping[str, str]) -> bytes:
    """What was encrypted. Raises Wrong."""
    head = blob[: _HEAD.size]
    nonce: bytes = _HEAD.unpack(head)[4]
    try:
        return AESGCM(material).decrypt(nonce, blob[_HEAD.size :], head + _canonical(context))
    except InvalidTag:
        raise Wrong from None


def _canonical(context: Mapping[str, str]) -> bytes:
    return msgspec.json.encode(sorted(context.items()))
