"""Claims, keys and bodies must agree."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.context import Principal
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.credentials import Keyring
from lambent.gateway.refusals import Refusal, Refused
from lambent.gateway.signing import Key
from lambent.http.message import Request
from tests.unit.gateway.conftest import nobody


async def judged(authenticator: Authenticator, request: Request, body: bytes = b"") -> Any:
    claim = authenticator.claim(request)
    secret, principal = await authenticator.whose(claim)
    await authenticator.check(claim, request, body, secret)
    return principal


async def refusal(authenticator: Authenticator, request: Request, body: bytes = b"") -> Refusal:
    with pytest.raises(Refused) as caught:
        await judged(authenticator, request, body)
    return caught.value.refusal


async def test_root(authenticator: Authenticator, sign: Any) -> None:
    assert (await judged(authenticator, sign("POST", "/x", b"{}"), b"{}")).is_root


@pytest.mark.parametrize("size", [10, 3 * 1024 * 1024])
async def test_a_body_that_was_not_signed(authenticator: Authenticator, sign: Any, size: int) -> None:
    request = sign("POST", "/x", b"a" * size)
    await judged(authenticator, request, b"a" * size)
    assert await refusal(authenticator, request, b"b" * size) is Refusal.MISMATCH


async def test_nobody(authenticator: Authenticator, sign: Any) -> None:
    assert await refusal(authenticator, Request.of("GET", "/x", [("Host", "h")])) is Refusal.MISSING_TOKEN
    assert await refusal(authenticator, sign("GET", "/x", key=Key("A", "b"))) is Refusal.UNKNOWN_KEY
    assert await refusal(authenticator, sign("GET", "/x", key=Key("AKIAROOT", "b"))) is Refusal.MISMATCH
    assert await refusal(authenticator, sign("GET", "/x", key=Key("AKIAROOT", "b", "t"))) is Refusal.UNKNOWN_KEY


async def test_time_is_the_clocks(authenticator: Authenticator, sign: Any, clock: Any) -> None:
    request = sign("GET", "/x")
    clock.at += 901
    assert await refusal(authenticator, request) is Refusal.SKEWED
    with pytest.raises(Refused):
        await authenticator.whose(authenticator.claim(request))  # from the head alone


async def test_switched_off(keyring: Keyring, clock: Any, sign: Any) -> None:
    everybody = Authenticator(keyring, nobody, clock, enforced=False)
    for request in (
        Request.of("GET", "/x", [("Host", "h")]),
        Request.of("GET", "/x", [("Host", "h"), ("Authorization", "AWS4-HMAC-SHA256 rubbish")]),
        sign("GET", "/x", key=Key("A", "b")),
    ):
        assert (await judged(everybody, request)).is_root
    assert everybody.claim(sign("GET", "/x", region="ap-south-1")).scope.region == "ap-south-1"  # type: ignore[union-attr]


async def test_a_users_key(keyring: Keyring, clock: Any, sign: Any) -> None:
    asked = []

    async def find(key_id: str, service: str, region: str) -> tuple[str, Principal] | None:
        asked.append((key_id, service, region))
        return (
            ("s", Principal("1" * 12, "arn:aws:iam::1:user/ann", key_id, user="ann")) if key_id == "AKIAANN" else None
        )

    door = Authenticator(keyring, find, clock)
    assert (await judged(door, sign("GET", "/x", key=Key("AKIAANN", "s")))).user == "ann"
    assert await refusal(door, sign("GET", "/x", key=Key("AKIAANN", "t"))) is Refusal.MISMATCH
    assert await refusal(door, sign("GET", "/x", key=Key("AKIABOB", "s"))) is Refusal.UNKNOWN_KEY
    assert await refusal(door, sign("GET", "/x", key=Key("AKIAANN", "s", "token"))) is Refusal.UNKNOWN_KEY
    assert asked == [(key, "lambda", "eu-west-1") for key in ("AKIAANN", "AKIAANN", "AKIABOB")]
