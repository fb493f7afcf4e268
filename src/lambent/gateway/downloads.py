"""`Code.Location`: an address, signed by us, from which a package can be downloaded for ten minutes.

`admin` serves it; here it is made, and understood. The address of a package that lies encrypted bears its data key,
sealed with the master key: who has the address has the package, as with any other.
"""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from functools import lru_cache

from lambent.context import Clock, Context
from lambent.gateway.credentials import Keyring
from lambent.gateway.signing import Key, presign
from lambent.services.lambda_.customer_keys import DataKey
from lambent.services.lambda_.limits import LOCATION_SECONDS
from lambent.store.seal import Seal

PATH = "/_lambent/code/"
_SAME_SECONDS = 5
_REMEMBERED = 512
"""Longer addresses are signed each time: callers choose the host in them. So are those with a key, no two of which are
the same."""


class Downloads:
    """Makes addresses with the root key's signature, at whatever address the caller reached us by.

    `seal` is the master key's; `read` gives a blob by its digest.
    """

    def __init__(self, keyring: Keyring, clock: Clock, seal: Seal, read: Callable[[str], Awaitable[bytes]]) -> None:
        self._keyring = keyring
        self._clock = clock
        self._seal = seal
        self._read = read

    def locate(self, ctx: Context, digest: str, key: bytes = b"") -> str:
        """The address of the package in the blob of that digest, which a data key `key` opens, unless it is open.

        The same for a few seconds, if it is, since many may ask for it.
        """
        now = self._clock.now()
        ticket = "/" + urlsafe_b64encode(self._seal.close(key, digest.encode())).decode() if key else ""
        address = f"{ctx.endpoint}{PATH}{digest}{ticket}"
        presigned = _presigned.__wrapped__ if key or len(address) > _REMEMBERED else _presigned
        return presigned(address, self._keyring.root, ctx.region, now - now % _SAME_SECONDS)

    async def package(self, digest: str, ticket: str) -> bytes:
        """What an address names. Raises PlatformError: there is no such blob, or the ticket is not for it."""
        data = await self._read(digest)
        if not ticket:
            return data
        key = DataKey(self._seal.open(urlsafe_b64decode(ticket), digest.encode()), b"")
        return await asyncio.to_thread(key.open, data)


@lru_cache(maxsize=1024)
def _presigned(address: str, key: Key, region: str, now: float) -> str:
    return presign(address, key=key, region=region, service="lambda", now=now, expires=LOCATION_SECONDS)
