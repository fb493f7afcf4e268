"""TLS: certificates, contexts, and a server that speaks it."""

from __future__ import annotations

import asyncio
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lambent.http.limits import Limits
from lambent.http.server import Server
from lambent.http.tls import TlsError, context, self_made
from tests.unit.http.wire import NOW, answers, echo, get, post

NAMES = ["localhost", "127.0.0.1", "::1", "lambent.test"]
DAY = 86_400.0


def test_a_certificate_names_its_hosts_and_its_key_is_private(tmp_path: Path) -> None:
    certificate, key = self_made(tmp_path / "tls", NAMES, NOW)
    made = x509.load_pem_x509_certificate(certificate.read_bytes())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost", "lambent.test"]
    assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert sorted(path.name for path in (tmp_path / "tls").iterdir()) == ["certificate.pem", "key.pem"]


def test_a_certificate_is_kept_until_it_is_nearly_over(tmp_path: Path) -> None:
    certificate, key = self_made(tmp_path, NAMES, NOW)
    first = (certificate.read_bytes(), key.read_bytes())
    self_made(tmp_path, reversed(NAMES), NOW + 360 * DAY)  # type: ignore[arg-type]
    assert (certificate.read_bytes(), key.read_bytes()) == first
    self_made(tmp_path, NAMES, NOW + 370 * DAY)
    assert certificate.read_bytes() != first[0]


@pytest.mark.parametrize("damage", ["other names", "other key", "cut short", "no key"])
def test_a_certificate_that_does_not_fit_is_made_anew(tmp_path: Path, damage: str) -> None:
    certificate, key = self_made(tmp_path, NAMES, NOW)
    before = certificate.read_bytes()
    if damage == "other key":
        other = ec.generate_private_key(ec.SECP256R1())
        pem = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        key.write_bytes(other.private_bytes(*pem))
    elif damage == "cut short":
        certificate.write_bytes(before[:100])
    elif damage == "no key":
        key.unlink()
    self_made(tmp_path, ["localhost"] if damage == "other names" else NAMES, NOW)
    assert certificate.read_bytes() != before
    context(certificate, key)


def test_a_directory_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TlsError, match="cannot keep a certificate"):
        self_made(tmp_path / "file" / "tls", NAMES, NOW)


def test_files_that_are_no_certificate_are_said(tmp_path: Path) -> None:
    certificate, key = self_made(tmp_path, NAMES, NOW)
    with pytest.raises(TlsError, match="cannot use the certificate"):
        context(tmp_path / "absent", key)
    with pytest.raises(TlsError, match="cannot use the certificate"):
        context(key, key)
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    key.write_bytes(locked)
    with pytest.raises(TlsError, match="cannot use the certificate"):
        context(certificate, key)


def trusting(certificate: Path) -> ssl.SSLContext:
    """A client that trusts the certificate alone, as strictly as OpenSSL can."""
    made = ssl.create_default_context(cafile=str(certificate))
    made.verify_flags |= ssl.VERIFY_X509_STRICT
    return made


async def fetch(port: int, trust: ssl.SSLContext, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trust, server_hostname="localhost")
    writer.write(data)
    received = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    await writer.wait_closed()
    return received


async def test_a_server_speaks_tls_to_clients_that_trust_its_certificate(tmp_path: Path) -> None:
    import time

    certificate, key = self_made(tmp_path, NAMES, time.time())
    async with Server(echo) as server:
        listener = await server.listen_tcp("127.0.0.1", 0, tls=context(certificate, key))
        port = int(listener.address[1])
        body = b"x" * 1_000_000
        received = await fetch(port, trusting(certificate), post("/", body) + get("/stream", "Connection: close"))
        first, second = answers(received)
        assert (first.body, second.complete) == (body, True)
        with pytest.raises(ssl.SSLCertVerificationError):
            await fetch(port, ssl.create_default_context(), get())


async def test_what_is_no_tls_is_cut_off_without_a_word(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with Server(echo, limits=Limits(header_seconds=0.3)) as server:
        listener = await server.listen_tcp("127.0.0.1", 0, tls=context(*self_made(tmp_path, NAMES, NOW)))
        for data in (get(), b"\x16\x03\x01\xff\xff" + b"x" * 100, b""):
            reader, writer = await asyncio.open_connection(*listener.address)
            writer.write(data)
            received = await asyncio.wait_for(reader.read(), 10)
            assert b"HTTP" not in received
            writer.close()
            await writer.wait_closed()
    assert not caplog.records
