"""STS's operations: the caller's identity, and temporary credentials for roles and users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lambent.context import Context, Principal, Session
from lambent.invoke.base import Credentials
from lambent.policy.document import Malformed, Use, parse
from lambent.services.iam.identities import Identities
from lambent.services.iam.records import AccessKey
from lambent.services.operation import Operation, Params, Result, operation, operations
from lambent.services.sts import errors

ROLE_SECONDS = 3600
USER_SECONDS = 12 * 3600
CHAINED_SECONDS = 3600
PACKED_BYTES = 2048
"""What session policies and tags may take together."""

ForRole = Callable[[str, Session, int], Credentials]
ForCaller = Callable[[Principal, int], Credentials]
FindKey = Callable[[str], Any]


class Tokens:
    """GetCallerIdentity, AssumeRole, GetSessionToken, GetAccessKeyInfo.

    `for_role` and `for_caller` make keys for a role's session, and for the user or root who asks.
    """

    def __init__(self, identities: Identities, for_role: ForRole, for_caller: ForCaller, find_key: FindKey) -> None:
        self._identities = identities
        self._for_role = for_role
        self._for_caller = for_caller
        self._find_key = find_key

    @operation("GetCallerIdentity")
    async def who(self, ctx: Context, params: Params) -> Result:
        """Who asks."""
        principal = ctx.principal
        return {"UserId": await self._user_id(principal), "Account": principal.account, "Arn": principal.arn}

    @operation("AssumeRole")
    async def assume(self, ctx: Context, params: Params) -> Result:
        """Begin a session of a role that trusts the caller (which has been decided)."""
        for option in ("SerialNumber", "TokenCode"):
            if params.get(option):
                raise errors.unsupported(option, "there are no MFA devices")
        for option in ("TransitiveTagKeys", "ProvidedContexts"):
            if params.get(option):
                raise errors.unsupported(option, "sessions pass nothing on")
        arn: str = params["RoleArn"]
        role = await self._identities.role(ctx.account, arn.rpartition("/")[2])
        if role is None:
            raise errors.denied(ctx.principal.arn, "sts:AssumeRole", arn)
        seconds = params.get("DurationSeconds", ROLE_SECONDS)
        if ctx.principal.role is not None and seconds > CHAINED_SECONDS:
            raise errors.too_long_for_chaining()
        if seconds > role.max_session:
            raise errors.too_long_for_role()
        policies = await self._policies(ctx.account, params)
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
        packed = _packed(policies, tags)
        name = params["RoleSessionName"]
        session = Session(name, ctx.clock.now(), policies, tags, params.get("SourceIdentity"))
        credentials = self._for_role(arn, session, seconds)
        shown = f"arn:aws:sts::{ctx.account}:assumed-role/{arn.rpartition('/')[2]}/{name}"
        result: dict[str, Any] = {
            "Credentials": _credentials(credentials, ctx.clock.now() + seconds),
            "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": shown},
        }
        if packed:
            result["PackedPolicySize"] = packed
        if session.source_identity:
            result["SourceIdentity"] = session.source_identity
        return result

    @operation("GetSessionToken")
    async def session(self, ctx: Context, params: Params) -> Result:
        """Temporary credentials of the user, or root, who asks."""
        if ctx.principal.session is not None:
            raise errors.not_for_sessions()
        if params.get("SerialNumber") or params.get("TokenCode"):
            raise errors.unsupported("TokenCode", "there are no MFA devices")
        seconds = params.get("DurationSeconds", USER_SECONDS)
        if ctx.principal.is_root:
            seconds = min(seconds, ROLE_SECONDS)  # as AWS does for an account's root
        made = self._for_caller(ctx.principal, seconds)
        return {"Credentials": _credentials(made, ctx.clock.now() + seconds)}

    @operation("GetAccessKeyInfo")
    async def whose_key(self, ctx: Context, params: Params) -> Result:
        """The account that an access key belongs to."""
        key: AccessKey | None = await self._find_key(params["AccessKeyId"])
        if key is None and params["AccessKeyId"] != ctx.principal.access_key_id:
            raise errors.bad_key_id()
        return {"Account": ctx.account if key is None else key.account}

    async def _policies(self, account: str, params: Params) -> tuple[str, ...]:
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

    async def _user_id(self, principal: Principal) -> str:
        if principal.role is not None:
            role = await self._identities.role(principal.account, principal.role)
            name = "" if principal.session is None else principal.session.name
            return f"{'AROA' if role is None else role.id}:{name}"
        if principal.user is not None:
            user = await self._identities.user(principal.account, principal.user)
            return principal.user if user is None else user.id
        return principal.account


class StsApi:
    """`operations` by name."""

    def __init__(self, identities: Identities, for_role: ForRole, for_caller: ForCaller, find_key: FindKey) -> None:
        self.operations: Mapping[str, Operation] = operations(Tokens(identities, for_role, for_caller, find_key))


RESOURCES: tuple[type, ...] = (Tokens,)
"""The classes whose methods are the service's operations."""


def _packed(policies: tuple[str, ...], tags: Mapping[str, str]) -> int:
    """How much of what a session may carry is used, in percent. Raises ApiError beyond all of it."""
    size = sum(len("".join(each.split())) for each in policies[:1]) + sum(len(k) + len(v) for k, v in tags.items())
    percent = -(-100 * size // PACKED_BYTES)
    if percent > 100:
        raise errors.too_large(percent)
    return percent


def _credentials(made: Credentials, expires: float) -> dict[str, Any]:
    return {
        "AccessKeyId": made.access_key_id,
        "SecretAccessKey": made.secret_access_key,
        "SessionToken": made.session_token,
        "Expiration": float(int(expires)),
    }
