"""Tokens of identity providers."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.sts import jwt
from tests.unit.services.sts.provider import Provider


@pytest.fixture(scope="module", params=["RS256", "ES256"])
def provider(request: pytest.FixtureRequest) -> Provider:
    return Provider(request.param)


def test_there_and_back(provider: Provider) -> None:
    token = jwt.read(provider.token(sub="ann", aud=["a", "b"]))
    jwt.verify(token, [provider.jwk])
    assert (token.text("sub"), token.audiences, token.text("aud")) == ("ann", ("a", "b"), "")


def test_another_key_another_text_another_algorithm(provider: Provider) -> None:
    good = provider.token(sub="ann")
    head, claims, signature = good.split(".")
    other = Provider(provider.algorithm)
    forged = provider.token(sub="bob").split(".")[1]
    for text, keys in (
        (good, [other.jwk]),
        (good, []),
        (good, [{"kty": "RSA"}, {"kty": "EC", "crv": "P-256"}, {**provider.jwk, "kid": "another"}]),
        (f"{head}.{forged}.{signature}", [provider.jwk]),
        (provider.unsigned(sub="ann"), [provider.jwk]),
    ):
        with pytest.raises(jwt.BadToken):
            jwt.verify(jwt.read(text), keys)
    assert claims


@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "e30.W10.e30", "e30.é.e30", "....."])
def test_no_tokens(text: Any) -> None:
    with pytest.raises(jwt.BadToken):
        jwt.read(text)
