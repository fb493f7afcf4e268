"""STS's operations: the caller's identity, and temporary credentials for roles and users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lambent.context import Context, Principal, Session
from lambent.services.iam.identities import Identities
from lambent.services.iam.records import AccessKey
from lambent.services.iam.repository import Repository
from lambent.services.operation import Operation, Params, Result, operation, operations
from lambent.services.sts import errors
from lambent.services.sts.sessions import (
    CHAINED_SECONDS,
    ROLE_SECONDS,
    USER_SECONDS,
    ForCaller,
    ForRole,
    Limits,
    packed,
    shown_credentials,
)
from lambent.services.sts.web_identity import WebIdentity

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
        self._limits = Limits(identities)

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
        policies = await self._limits.policies(ctx.account, params)
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", ())}
        used = packed(policies, tags)
        name = params["RoleSessionName"]
        session = Session(name, ctx.clock.now(), policies, tags, params.get("SourceIdentity"))
        credentials = self._for_role(arn, session, seconds)
        shown = f"arn:aws:sts::{ctx.account}:assumed-role/{arn.rpartition('/')[2]}/{name}"
        result: dict[str, Any] = {
            "Credentials": shown_credentials(credentials, ctx.clock.now() + seconds),
            "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{name}", "Arn": shown},
        }
        if used:
            result["PackedPolicySize"] = used
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
        return {"Credentials": shown_credentials(made, ctx.clock.now() + seconds)}

    @operation("GetAccessKeyInfo")
    async def whose_key(self, ctx: Context, params: Params) -> Result:
        """The account that an access key belongs to."""
        key: AccessKey | None = await self._find_key(params["AccessKeyId"])
        if key is None and params["AccessKeyId"] != ctx.principal.access_key_id:
            raise errors.bad_key_id()
        return {"Account": ctx.account if key is None else key.account}

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

    def __init__(
        self,
        identities: Identities,
        for_role: ForRole,
        for_caller: ForCaller,
        repository: Repository,
        oidc_keys: Path | None = None,
    ) -> None:
        self.operations: Mapping[str, Operation] = operations(
            Tokens(identities, for_role, for_caller, repository.key),
            WebIdentity(identities, repository, oidc_keys, for_role, Limits(identities)),
        )


RESOURCES: tuple[type, ...] = (Tokens, WebIdentity)
"""The classes whose methods are the service's operations."""
