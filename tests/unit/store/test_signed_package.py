"""Signed packages, and everything that may have been done to them since."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from lambent.store.cms import BadSignature
from lambent.store.signed_package import who_signed
from tests import signed

BY = signed.signer()
FILES = {"app.py": b"code", "lib/a" + "very" * 30 + "long.py": b"more", "lib/": b""}


def test_who_signed_a_package() -> None:
    files = {name: content for name, content in FILES.items() if not name.endswith("/")}
    assert who_signed(signed.signed_package(BY, files)) == BY.certificate
    assert who_signed(signed.zipped(FILES)) is None


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"app.py": b"other"}, "app.py is not the one that was signed"),
        ({"evil.py": b"new"}, "evil.py was added later"),
        ({"META-INF/evil.py": b"new"}, "META-INF/evil.py was added later"),
        ({"app.py": None}, "app.py is missing"),
        ({"META-INF/MANIFEST.MF": b"Manifest-Version: 1.0\r\n\r\n"}, "the manifest is not the one that was signed"),
        ({"META-INF/MANIFEST.MF": None}, "cannot be read"),
        ({"META-INF/ME.SF": b"Signature-Version: 1.0\r\n\r\n"}, "does not fit"),
        ({"META-INF/ME.EC": b"nonsense"}, "the signature cannot be read"),
        ({"META-INF/OTHER.EC": b"nonsense"}, "there are several signatures"),
    ],
)
def test_what_was_done_to_it(change: dict[str, bytes | None], text: str) -> None:
    files: dict[str, bytes | None] = {**signed.signed_files(BY, {"app.py": b"code"}), **change}
    with pytest.raises(BadSignature, match=text):
        who_signed(signed.zipped({name: content for name, content in files.items() if content is not None}))


def test_a_digest_that_nobody_may_use_is_none() -> None:
    files = signed.signed_files(BY, {"app.py": b"code"})
    block = b"Signature-Version: 1.0\r\nSHA1-Digest-Manifest: x\r\n\r\n"
    files |= {"META-INF/ME.SF": block, "META-INF/ME.EC": signed.signature(BY, block)}
    with pytest.raises(BadSignature, match="the manifest is not the one that was signed"):
        who_signed(signed.zipped(files))


@pytest.mark.skipif(shutil.which("jarsigner") is None, reason="no JDK on this machine")
def test_packages_that_jarsigner_signed(tmp_path: Path) -> None:
    by = signed.signer(curve=False)
    store = pkcs12.serialize_key_and_certificates(
        b"me", by.key, by.certificate, None, BestAvailableEncryption(b"secret")
    )
    (tmp_path / "keys").write_bytes(store)
    (tmp_path / "package.zip").write_bytes(signed.zipped(FILES))
    command = "jarsigner -keystore keys -storetype PKCS12 -storepass secret package.zip me"
    subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
    assert who_signed((tmp_path / "package.zip").read_bytes()) == by.certificate
