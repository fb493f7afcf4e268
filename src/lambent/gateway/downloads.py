"""`Code.Location`: an address, signed by us, from which a package can be downloaded for ten minutes.

`admin` serves it; here it is only made.
"""

from __future__ import annotations

from functools import lru_cache

from lambent.context import Clock, Context
from lambent.gateway.credentials import Keyring
from lambent.gateway.signing import Key, presign
from lambent.services.lambda_.limits import LOCATION_SECONDS

PATH = "/_lambent/code/"
_SAME_SECONDS = 5


class Downloads:
    """Makes addresses with the root key's signature, at whatever address the caller reached us by."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    def locate(self, ctx: Context, digest: str) -> str:
        """The address of the package with that digest; the same for a few seconds, since many may ask for it."""
        now = self._clock.now()
        return _presigned(f"{ctx.endpoint}{PATH}{digest}", self._keyring.root, ctx.region, now - now % _SAME_SECONDS)


@lru_cache(maxsize=1024)
def _presigned(address: str, key: Key, region: str, now: float) -> str:
    return presign(address, key=key, region=region, service="lambda", now=now, expires=LOCATION_SECONDS)
