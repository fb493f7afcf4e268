"""Addresses of packages: signed, and good for ten minutes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from lambent.context import Context
from lambent.gateway.authenticate import Authenticator
from lambent.gateway.credentials import Keyring
from lambent.gateway.downloads import Downloads
from lambent.gateway.refusals import Refused
from lambent.http.message import Request


async def test_good_for_ten_minutes(keyring: Keyring, authenticator: Authenticator, clock: Any, ctx: Context) -> None:
    parts = urlsplit(Downloads(keyring, clock).locate(ctx, "ab" * 32))
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "127.0.0.1:4566", "/_lambent/code/" + "ab" * 32)
    request = Request.of("GET", f"{parts.path}?{parts.query}", [("Host", parts.netloc)])
    clock.at += 600
    claim = authenticator.claim(request)
    secret, principal = await authenticator.whose(claim)
    await authenticator.check(claim, request, b"", secret)
    assert principal.is_root
    clock.at += 1
    with pytest.raises(Refused, match="Signature expired"):
        await authenticator.whose(claim)
