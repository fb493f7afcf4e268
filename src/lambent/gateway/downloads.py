"""`Code.Location`: an address, signed by us, from which a package can be downloaded for ten minutes.

`admin` serves it; here it is only made.
"""

from __future__ import annotations

from lambent.context import Clock, Context
from lambent.gateway.credentials import Keyring
from lambent.gateway.signing import presign
from lambent.services.lambda_.limits import LOCATION_SECONDS

PATH = "/_lambent/code/"


class Downloads:
    """Makes addresses with the root key's signature, at whatever address the caller reached us by."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring = keyring
        self._clock = clock

    def locate(self, ctx: Context, digest: str) -> str:
        """The address of the package with that digest."""
        return presign(
            f"{ctx.endpoint}{PATH}{digest}",
            key=self._keyring.root,
            region=ctx.region,
            service="lambda",
            now=self._clock.now(),
            expires=LOCATION_SECONDS,
        )
