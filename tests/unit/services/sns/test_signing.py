"""Signatures that the certificate verifies."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lambent.services.sns.signing import KEY, NOTIFICATION, Signer
from lambent.store.memory import MemoryStore
from tests.unit.services.sns.conftest import ADDRESS, SEAL

if TYPE_CHECKING:
    from tests.unit.services.sns.conftest import World

FIELDS = {"Type": "Notification", "MessageId": "i", "TopicArn": "t", "Message": "m", "Timestamp": "T"}
SIGNED = b"Message\nm\nMessageId\ni\nTimestamp\nT\nTopicArn\nt\nType\nNotification\n"


@pytest.mark.parametrize(("version", "algorithm"), [("1", hashes.SHA1()), ("2", hashes.SHA256())])
async def test_a_signature(world: World, version: str, algorithm: hashes.HashAlgorithm) -> None:
    signed = await world.signer.signed(FIELDS, NOTIFICATION, version)
    assert signed["SignatureVersion"] == version
    address, _, name = signed["SigningCertURL"].rpartition("/")
    assert address == f"{ADDRESS}/_lambent/certificates"
    pem = await world.signer.certificate(name)
    assert pem is not None
    key = x509.load_pem_x509_certificate(pem).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    key.verify(b64decode(signed["Signature"]), SIGNED, padding.PKCS1v15(), algorithm)
    assert await world.signer.certificate("SimpleNotificationService-0.pem") is None


async def test_one_key_for_all_who_come_at_once_and_sealed() -> None:
    store = MemoryStore()
    signers = [Signer(store, SEAL, ADDRESS) for _ in range(2)]
    assert await signers[0].certificate("x") is None
    told = await asyncio.gather(*(signer.signed(FIELDS, NOTIFICATION, "1") for signer in signers))
    assert told[0] == told[1]
    record = await store.get(KEY)
    assert record is not None
    assert b"PRIVATE KEY" not in record.value
    assert b"BEGIN CERTIFICATE" in record.value
