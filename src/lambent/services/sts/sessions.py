"""What all sessions of roles have in common: how long, how limited, and how their keys are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambent.context import Principal, Session
from lambent.invoke.base import Credentials
from lambent.policy.document import Malformed, Use, parse
from lambent.services.iam.identities import Identities
from lambent.services.operation import Params
from lambent.services.sts import errors

ROLE_SECONDS = 3600
USER_SECONDS = 12 * 3600
CHAINED_SECONDS = 3600
PACKED_BYTES = 2048
"""What session policies and tags may take together."""

ForRole = Callable[[str, Session, int], Credentials]
ForCaller = Callable[[Principal, int], Credentials]


class Limits:
    """The policies that a session may be limited by."""

    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    async def policies(self, account: str, params: Params) -> tuple[str, ...]:
        """The documents that limit the session. Raises ApiError."""
        found = [params["Policy"]] if params.get("Policy") else []
        for each in found:
            try:
                parse(each, Use.IDENTITY)
            except Malformed as error:
                raise errors.malformed(str(error)) from None
        for given in params.get("PolicyArns", ()):
            text = await self._identities.managed_text(account, given.get("arn", ""))
            if text is None:
                raise errors.no_such_policy(given.get("arn", ""))
            found.append(text)
        return tuple(found)


def packed(policies: tuple[str, ...], tags: Mapping[str, str]) -> int:
    """How much of what a session may carry is used, in percent. Raises ApiError beyond all of it."""
    size = sum(len("".join(each.split())) for each in policies[:1]) + sum(len(k) + len(v) for k, v in tags.items())
    percent = -(-100 * size // PACKED_BYTES)
    if percent > 100:
        raise errors.too_large(percent)
    return percent


def shown_credentials(made: Credentials, expires: float) -> dict[str, Any]:
    """Keys as they are shown; `expires` in seconds since the epoch."""
    return {
        "AccessKeyId": made.access_key_id,
        "SecretAccessKey": made.secret_access_key,
        "SessionToken": made.session_token,
        "Expiration": float(int(expires)),
    }
