"""Signatures of notifications: an RSA key of the server's own, its certificate, and what is signed."""

from __future__ import annotations

import asyncio
import hashlib
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from lambent.store.base import ABSENT, Conflict, Store
from lambent.store.seal import Seal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

KEY = "-/-/sns/signing/key"
"""Where key and certificate are kept, the key sealed. They are no account's."""

NOTIFICATION = ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type")
CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")

_VALID = timedelta(days=3650)
_KEY_BITS = 2048
_CONTEXT = b"sns-signing"


class _Kept(msgspec.Struct, frozen=True):
    """PEM texts."""

    certificate: bytes
    key: bytes


class Signer:
    """Signs with the key of `store`, which is made when it is first needed. `address` is the server's."""

    def __init__(self, store: Store, seal: Seal, address: str) -> None:
        self._store = store
        self._seal = seal
        self.address = address
        self._opened: tuple[RSAPrivateKey, bytes] | None = None
        self._opening = asyncio.Lock()

    async def signed(self, fields: Mapping[str, str], names: tuple[str, ...], version: str) -> dict[str, str]:
        """SignatureVersion, Signature and SigningCertURL of a message. `version` 1 is SHA-1, 2 SHA-256."""
        key, certificate = await self._open()
        text = "".join(f"{name}\n{fields[name]}\n" for name in names if name in fields).encode()
        signature = await asyncio.to_thread(_sign, key, text, version)
        return {
            "SignatureVersion": version,
            "Signature": b64encode(signature).decode(),
            "SigningCertURL": f"{self.address}/_lambent/certificates/{_name(certificate)}",
        }

    async def certificate(self, name: str) -> bytes | None:
        """The certificate of a name (the last part of its URL), PEM; None if there is none."""
        record = await self._store.get(KEY)
        kept = None if record is None else msgspec.msgpack.decode(record.value, type=_Kept)
        return kept.certificate if kept is not None and _name(kept.certificate) == name else None

    async def _open(self) -> tuple[RSAPrivateKey, bytes]:
        if self._opened is None:
            async with self._opening:
                self._opened = self._opened or await self._read()
        return self._opened

    async def _read(self) -> tuple[RSAPrivateKey, bytes]:
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        record = await self._store.get(KEY)
        if record is None:
            certificate, pem = await asyncio.to_thread(_made, datetime.now(UTC))
            kept = _Kept(certificate, self._seal.close(pem, _CONTEXT))
            try:
                await self._store.put(KEY, msgspec.msgpack.encode(kept), expect=ABSENT)
            except Conflict:
                return await self._read()
        else:
            kept = msgspec.msgpack.decode(record.value, type=_Kept)
        key = load_pem_private_key(self._seal.open(kept.key, _CONTEXT), None)
        assert isinstance(key, RSAPrivateKey)
        return key, kept.certificate


def _name(certificate: bytes) -> str:
    return f"SimpleNotificationService-{hashlib.sha256(certificate).hexdigest()[:32]}.pem"


def _sign(key: RSAPrivateKey, text: bytes, version: str) -> bytes:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import padding

    # Version 1 is SHA-1 by SNS's definition.
    return key.sign(text, padding.PKCS1v15(), hashes.SHA256() if version == "2" else hashes.SHA1())


def _made(now: datetime) -> tuple[bytes, bytes]:
    """A new certificate that signs itself, and its key, both PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.x509.oid import NameOID

    key = rsa.generate_private_key(65537, _KEY_BITS)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _VALID)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return certificate.public_bytes(serialization.Encoding.PEM), pem
