"""Ciphertexts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.services.kms import ciphertext
from lambent.services.kms.ciphertext import Label, Wrong

LABEL = Label("000000000042", "12345678-1234-1234-1234-123456789abc", "0123456789abcdef")
KEY, NONCE = bytes(32), bytes(12)


@given(plain=st.binary(max_size=64), context=st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=4))
def test_there_and_back(plain: bytes, context: dict[str, str]) -> None:
    blob = ciphertext.encrypt(plain, KEY, LABEL, context, NONCE)
    assert ciphertext.read(blob) == LABEL
    assert ciphertext.decrypt(blob, KEY, dict(reversed(context.items()))) == plain
    with pytest.raises(Wrong):
        ciphertext.decrypt(blob, KEY, {**context, "more": "x"})


@pytest.mark.parametrize("place", [0, 3, 10, 25, 35, 45, -1])
def test_every_byte_counts(place: int) -> None:
    blob = bytearray(ciphertext.encrypt(b"plain", KEY, LABEL, {}, NONCE))
    blob[place] ^= 1
    with pytest.raises(Wrong):
        ciphertext.read(bytes(blob))
        ciphertext.decrypt(bytes(blob), KEY, {})


@pytest.mark.parametrize("blob", [b"", b"x", bytes(43)])
def test_what_is_too_short(blob: bytes) -> None:
    with pytest.raises(Wrong):
        ciphertext.read(blob)
