"""TLS contexts: from the user's certificate, or from one made here and kept in a directory.

It makes and reads files only when asked; serving is the listener's.
"""

from __future__ import annotations

import ipaddress
import os
import ssl
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

CERTIFICATE = "certificate.pem"
KEY = "key.pem"

_VALID = timedelta(days=397)
_RENEW_BEFORE = timedelta(days=30)
_CLOCK_SKEW = timedelta(days=1)


class TlsError(Exception):
    """The certificate or its key cannot be used; the text says why."""


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """A server's context from PEM files (`certificate` may be a chain). TLS 1.2 and later, HTTP/1.1 only.

    Raises TlsError.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    try:
        # The callable answers a key that has a passphrase, for which OpenSSL would ask on the terminal.
        made.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        raise TlsError(f"cannot use the certificate {certificate} with the key {key}: {error}") from error
    return made


def self_made(directory: Path, names: Collection[str], now: float) -> tuple[Path, Path]:
    """Certificate and key for `names` (host names and IP addresses) in `directory`, made anew when needed.

    The one that is there is kept while it is whole, names the same hosts and is valid for 30 more days after `now`
    (seconds since the epoch). It signs itself: clients trust it by being given the certificate's file. The key is
    readable by its owner alone. Raises TlsError when the directory cannot be written.
    """
    certificate, key = directory / CERTIFICATE, directory / KEY
    moment = datetime.fromtimestamp(now, UTC)
    if _usable(certificate, key, names, moment):
        return certificate, key
    try:
        directory.mkdir(parents=True, exist_ok=True)
        certificate_pem, key_pem = _make(names, moment)
        _write(key, key_pem, 0o600)
        _write(certificate, certificate_pem, 0o644)
    except OSError as error:
        raise TlsError(f"cannot keep a certificate in {directory}: {error}") from error
    return certificate, key


def _usable(certificate: Path, key: Path, names: Collection[str], moment: datetime) -> bool:
    """True if the pair on disk fits together, names exactly `names` and stays valid for a while."""
    from cryptography import x509

    try:
        context(certificate, key)
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
        stated = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (TlsError, OSError, ValueError, x509.ExtensionNotFound):
        return False
    fresh = found.not_valid_before_utc <= moment < found.not_valid_after_utc - _RENEW_BEFORE
    return fresh and set(stated) == set(_general_names(names))


def _make(names: Collection[str], moment: datetime) -> tuple[bytes, bytes]:
    """A self-signed certificate and its key, both PEM."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lambent")])
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(moment - _CLOCK_SKEW)
        .not_valid_after(moment + _VALID)
        .add_extension(x509.SubjectAlternativeName(_general_names(names)), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key_pem


def _general_names(names: Collection[str]) -> list[x509.GeneralName]:
    """Host names and addresses in a certificate's form."""
    from cryptography import x509

    made: list[x509.GeneralName] = []
    for name in dict.fromkeys(names):
        try:
            made.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            made.append(x509.DNSName(name))
    return made


def _write(path: Path, data: bytes, mode: int) -> None:
    """Replace `path` as a whole, never readable by more than `mode` allows."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
    temporary.replace(path)
