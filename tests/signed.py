"""Packages with a JAR signature, made with `cryptography`; keys and certificates to sign with."""

from __future__ import annotations

import datetime
import hashlib
import io
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import NameOID

START, END = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2027, 1, 1, tzinfo=datetime.UTC)


class Signer(msgspec.Struct, frozen=True):
    """A key and its certificate."""

    key: Any
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


def signer(name: str = "release", *, curve: bool = True, start: datetime.datetime = START) -> Signer:
    """A self-made certificate, valid until the end of 2026."""
    key: Any = ec.generate_private_key(ec.SECP256R1()) if curve else rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), start, END)
    return Signer(key, builder.sign(key, hashes.SHA256()))


def signature(by: Signer, content: bytes, *options: pkcs7.PKCS7Options) -> bytes:
    """A detached CMS signature."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(by.certificate, by.key, hashes.SHA256())
    return builder.sign(Encoding.DER, [pkcs7.PKCS7Options.DetachedSignature, pkcs7.PKCS7Options.Binary, *options])


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


def signed_files(by: Signer, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The files with their signature's."""
    manifest = "Manifest-Version: 1.0\r\n\r\n" + "".join(
        f"Name: {name}\r\nSHA-256-Digest: {_digest(content)}\r\n\r\n" for name, content in files.items()
    )
    block = f"Signature-Version: 1.0\r\nSHA-256-Digest-Manifest: {_digest(manifest.encode())}\r\n\r\n".encode()
    return {
        "META-INF/MANIFEST.MF": manifest.encode(),
        "META-INF/ME.SF": block,
        "META-INF/ME.EC": signature(by, block),
        **files,
    }


def signed_package(by: Signer, files: Mapping[str, bytes]) -> bytes:
    """A signed zip file."""
    return zipped(signed_files(by, files))


def _digest(content: bytes) -> str:
    return b64encode(hashlib.sha256(content).digest()).decode()
