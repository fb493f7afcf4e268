"""Addresses of packages: signed, good for ten minutes, and of sealed ones the only way to them."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import pytest

from lambent.context import Context
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.credentials import Keyring
from lambent.gateway.downloads import PATH, Downloads, _presigned
from lambent.gateway.refusals import Refused
from lambent.http.message import Request
from lambent.model.errors import PlatformError
from lambent.services.lambda_.customer_keys import DataKey
from lambent.store.seal import Seal

DIGEST = "ab" * 32
KEY = DataKey(b"k" * 32, b"")


@pytest.fixture
def downloads(keyring: Keyring, clock: Any) -> Downloads:
    async def read(digest: str) -> bytes:
        return KEY.close(b"sealed") if digest == DIGEST else b"plain"

    return Downloads(keyring, clock, Seal(b"m" * 32), read)


async def test_good_for_ten_minutes(
    downloads: Downloads, authenticator: Authenticator, clock: Any, ctx: Context
) -> None:
    parts = urlsplit(downloads.locate(ctx, DIGEST))
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "127.0.0.1:4566", PATH + DIGEST)
    request = Request.of("GET", f"{parts.path}?{parts.query}", [("Host", parts.netloc)])
    clock.at += 600
    claim = authenticator.claim(request)
    secret, principal = await authenticator.whose(claim)
    await authenticator.check(claim, request, b"", secret)
    assert principal.is_root
    clock.at += 1
    with pytest.raises(Refused, match="Signature expired"):
        await authenticator.whose(claim)


async def test_a_sealed_package_is_opened_by_what_its_address_bears(downloads: Downloads, ctx: Context) -> None:
    assert await downloads.package("cd" * 32, "") == b"plain"
    path = unquote(urlsplit(downloads.locate(ctx, DIGEST, KEY.plain)).path).removeprefix(PATH)
    digest, _, ticket = path.partition("/")
    assert (digest, KEY.plain.hex() in path) == (DIGEST, False)
    assert await downloads.package(digest, ticket) == b"sealed"
    with pytest.raises(PlatformError):
        await downloads.package("cd" * 32, ticket)


def test_addresses_that_nobody_asks_for_again_are_not_remembered(downloads: Downloads, ctx: Context) -> None:
    far = msgspec.structs.replace(ctx, endpoint=f"http://{'h' * 600}")
    before = _presigned.cache_info()
    assert downloads.locate(far, DIGEST).startswith(f"{far.endpoint}{PATH}{DIGEST}?")
    assert downloads.locate(ctx, DIGEST, KEY.plain) != downloads.locate(ctx, DIGEST, KEY.plain)
    assert _presigned.cache_info() == before
