"""Checksums, with the check values that their definitions give for "123456789"."""

from __future__ import annotations

from base64 import b64decode

import pytest

from lambent.gateway.checksums import checksum


@pytest.mark.parametrize(
    ("algorithm", "value"),
    [
        ("crc32", "cbf43926"),
        ("crc32c", "e3069283"),
        ("crc64nvme", "ae8b14860a799888"),
        ("sha1", "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        ("sha256", "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
    ],
)
def test_check_values(algorithm: str, value: str) -> None:
    made = checksum(algorithm, b"123456789")
    assert made is not None
    assert b64decode(made).hex() == value


def test_of_nothing_and_of_no_algorithm() -> None:
    assert checksum("crc32c", b"") == "AAAAAA=="
    assert checksum("md4", b"") is None
