"""Detached signatures: of `cryptography`, of OpenSSL, and of nobody."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7

from lambent.store.cms import BadSignature, signer
from tests import signed

CURVE, RSA = signed.signer(), signed.signer(curve=False)


@pytest.mark.parametrize("by", [CURVE, RSA], ids=["ec", "rsa"])
@pytest.mark.parametrize("options", [(), (pkcs7.PKCS7Options.NoAttributes,), (pkcs7.PKCS7Options.NoCapabilities,)])
def test_who_signed_is_found(by: signed.Signer, options: tuple[pkcs7.PKCS7Options, ...]) -> None:
    made = signed.signature(by, b"content", *options)
    assert signer(made, b"content") == by.certificate
    with pytest.raises(BadSignature):
        signer(made, b"other content")


@pytest.mark.filterwarnings("ignore:PKCS#7 certificates could not be parsed as DER")
def test_no_bit_of_a_signature_can_be_changed_unnoticed() -> None:
    made = signed.signature(CURVE, b"content")
    for at in range(0, len(made), 7):
        changed = bytearray(made)
        changed[at] ^= 1
        try:
            found = signer(bytes(changed), b"content")
        except BadSignature:
            continue
        # What is not signed (an algorithm's parameter) may change; who signed may not.
        assert found.public_key() == CURVE.certificate.public_key()


@pytest.mark.parametrize(
    "data", [b"", b"\x30", b"\x30\x80", b"\x30\x03abc", b"\x30\x85\x01\x01\x01\x01\x01", b"x" * 50]
)
def test_what_is_no_signature(data: bytes) -> None:
    with pytest.raises(BadSignature):
        signer(data, b"content")


def test_a_signature_without_the_signers_certificate_is_worth_nothing() -> None:
    made = signed.signature(CURVE, b"content", pkcs7.PKCS7Options.NoCerts)
    with pytest.raises(BadSignature, match=r"certificate|certs|read"):
        signer(made, b"content")


def test_certificates_of_others_do_not_help() -> None:
    pretender = signed.Signer(signed.signer("pretender").key, CURVE.certificate)
    with pytest.raises(BadSignature, match="does not fit"):
        signer(signed.signature(pretender, b"content"), b"content")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
def test_signatures_of_openssl(tmp_path: Path) -> None:
    (tmp_path / "certificate").write_bytes(RSA.pem)
    (tmp_path / "key").write_bytes(RSA.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "content").write_bytes(b"content")
    command = (
        "openssl cms -sign -binary -in content -signer certificate -inkey key -outform DER -out signature -md sha384"
    )
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    assert signer((tmp_path / "signature").read_bytes(), b"content") == RSA.certificate
