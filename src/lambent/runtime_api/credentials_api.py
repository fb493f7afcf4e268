"""Where a function under SnapStart gets its credentials: an address to ask instead of variables, as on AWS.

What was asked for before a snapshot would still be in memory after it. So a template is told that its credentials end
soon, and SDKs ask again where they were restored.
"""

from __future__ import annotations

import hmac
from datetime import UTC, datetime

import msgspec

from lambent.http.message import Request, Response

PATH = "/2021-04-23/credentials"

TEMPLATE_SECONDS = 60.0
"""How long credentials seem to be good for before a snapshot: SDKs take less than some minutes as a reason to ask."""

RESTORED_SECONDS = 3600.0
"""And elsewhere. They last longer, in truth."""


class Answer(msgspec.Struct, frozen=True, rename="pascal"):
    """What SDKs expect of a container's credentials."""

    access_key_id: str
    secret_access_key: str
    token: str
    expiration: str


class CredentialsApi:
    """Hands out one set of credentials (id, secret, session token) to who knows `token`, as good for `seconds`."""

    def __init__(self, token: str, credentials: tuple[str, str, str], seconds: float) -> None:
        self._expected = token.encode("latin-1", "replace")
        self._credentials = credentials
        self._seconds = seconds

    def handle(self, request: Request, now: float) -> Response:
        """Answer one request on `PATH`; `now` is the time that the function reads."""
        # The connection ends with the answer: one that an SDK kept open would forbid a snapshot.
        closing = ("Connection", "close")
        if request.method != "GET":
            return Response(405, [closing])
        given = request.headers.get("authorization", "").encode("latin-1", "replace")
        if not hmac.compare_digest(given, self._expected):
            return Response(401, [closing])
        ends = datetime.fromtimestamp(now + self._seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = msgspec.json.encode(Answer(*self._credentials, ends))
        return Response(200, [("Content-Type", "application/json"), closing], body)
