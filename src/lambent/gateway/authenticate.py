"""Whose request is it? Signature, key and body must agree; or, with authentication switched off, nothing need.

A stranger's body is never read: `whose` refuses unknown keys and stale signatures from the head alone,
`check` proves the rest once the body is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from lambent.context import Clock, Principal
from lambent.gateway import sigv4
from lambent.gateway.credentials import Keyring
from lambent.gateway.refusals import MISSING_TOKEN, Refusal, Refused
from lambent.gateway.sigv4 import Claim
from lambent.http.message import Request

FindUser = Callable[[str, str, str], Awaitable[tuple[str, Principal] | None]]
"""The secret of a user's access key, and whose it is; told for which service in which region it is used."""

_LARGE_BYTES = 1024 * 1024
"""Bodies above this are hashed in a thread."""

SHORT_BYTES = 64 * 1024
"""The same for bodies in chunks, each of which costs something."""


class Authenticator:
    """Judges signatures with the keys of `keyring`, and of users; `enforced` False lets everybody in as root."""

    def __init__(self, keyring: Keyring, users: FindUser, clock: Clock, *, enforced: bool = True) -> None:
        self._keyring = keyring
        self._users = users
        self._clock = clock
        self._enforced = enforced

    def claim(self, request: Request) -> Claim | None:
        """What the request says about its signature. Raises Refused; None only when nothing is enforced."""
        try:
            return sigv4.read_claim(request)
        except Refused:
            if self._enforced:
                raise
            return None

    async def whose(self, claim: Claim | None) -> tuple[str, Principal]:
        """The secret that must have signed, and whose it is. Raises Refused."""
        if not self._enforced:
            return "", self._keyring.root_principal
        if claim is None:
            raise Refused(Refusal.MISSING_TOKEN, MISSING_TOKEN)
        key = claim.scope.access_key_id
        user = None
        if claim.session_token is None and key != self._keyring.root.access_key_id:
            user = await self._users(key, claim.scope.service, claim.scope.region)
        found = user or self._keyring.find(key, claim.session_token)
        sigv4.check_time(claim, self._clock.now())
        return found

    async def check(self, claim: Claim | None, request: Request, body: bytes, secret: str) -> bytes:
        """The signature must be the one that `secret` makes of this request; what the body holds. Raises Refused."""
        if len(body) > (SHORT_BYTES if "x-amz-decoded-content-length" in request.headers else _LARGE_BYTES):
            return await asyncio.to_thread(self.verified, claim, request, body, secret)
        return self.verified(claim, request, body, secret)

    def verified(self, claim: Claim | None, request: Request, body: bytes, secret: str) -> bytes:
        """The same at once, which may take a while for more than `SHORT_BYTES`."""
        if not self._enforced or claim is None:
            return sigv4.unframed(request, body, None)
        return sigv4.verify(claim, request, body, secret)
