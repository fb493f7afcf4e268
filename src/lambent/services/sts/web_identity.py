"""AssumeRoleWithWebIdentity: a session of a role for whoever an identity provider vouches for.

The provider is one that IAM was told of (`aws iam create-open-id-connect-provider`); its keys lie in the directory
`LAMBENT_OIDC_KEYS` as JSON Web Key Sets, one file a provider: its URL without the scheme, slashes as underscores, and
`.json`. Nothing is fetched.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from lambent.context import Context, Session
from lambent.policy.engine import Policies, Question, decide
from lambent.policy.principals import Caller, Kind
from lambent.services.iam.identities import Identities
from lambent.services.iam.records import OidcIssuer
from lambent.services.iam.repository import Repository
from lambent.services.operation import Params, Result, operation
from lambent.services.sts import errors, jwt
from lambent.services.sts.sessions import ROLE_SECONDS, ForRole, Limits, shown_credentials

NAME = "AssumeRoleWithWebIdentity"


class WebIdentity:
    """The one operation that needs no signature. `keys`: where the providers' keys lie, if anywhere."""

    def __init__(
        self, identities: Identities, issuers: Repository, keys: Path | None, for_role: ForRole, limits: Limits
    ) -> None:
        self._identities = identities
        self._issuers = issuers
        self._keys = keys
        self._for_role = for_role
        self._limits = limits

    @operation(NAME)
    async def assume(self, ctx: Context, params: Params) -> Result:
        """Begin a session of a role that trusts the provider of the token, for whom it was given to."""
        if params.get("ProviderId"):
            raise errors.unsupported("ProviderId", "only OpenID Connect providers vouch for anybody")
        arn: str = params["RoleArn"]
        account = arn.split(":")[4] if arn.count(":") >= 5 else ""
        try:
            token = jwt.read(params["WebIdentityToken"])
            issuer = await self._issuer(account, token)
            jwt.verify(token, await self._keys_of(issuer))
        except jwt.BadToken:
            raise errors.bad_token() from None
        self._check_claims(ctx, token, issuer)
        role = await self._identities.role(account, arn.rpartition("/")[2])
        keys = {f"{issuer.url}:{name}".lower(): _texts(value) for name, value in token.claims.items()}
        keys["sts:rolesessionname"] = [params["RoleSessionName"]]
        caller = Caller(Kind.ANONYMOUS, "", f"{issuer.url}:{token.text('sub')}", provider=issuer.arn)
        question = Question(caller, f"sts:{NAME}", arn, account, keys.get)
        if role is None or role.arn != arn or not decide(question, Policies(resource=role.trust)).allowed:
            raise errors.web_identity_denied()
        seconds = params.get("DurationSeconds", ROLE_SECONDS)
        if seconds > role.max_session:
            raise errors.too_long_for_role()
        policies = await self._limits.policies(account, params)
        name = params["RoleSessionName"]
        session = Session(name, ctx.clock.now(), policies, provider=issuer.arn)
        made = self._for_role(arn, session, seconds)
        return {
            "Credentials": shown_credentials(made, ctx.clock.now() + seconds),
            "SubjectFromWebIdentityToken": token.text("sub"),
            "AssumedRoleUser": {
                "AssumedRoleId": f"{role.id}:{name}",
                "Arn": f"arn:aws:sts::{account}:assumed-role/{arn.rpartition('/')[2]}/{name}",
            },
            "Provider": issuer.arn,
            "Audience": next(iter(token.audiences), ""),
        }

    async def _issuer(self, account: str, token: jwt.Token) -> OidcIssuer:
        url = token.text("iss").removeprefix("https://").rstrip("/")
        found = await self._issuers.get(OidcIssuer, account, f"arn:aws:iam::{account}:oidc-provider/{url}")
        if found is None:
            raise errors.no_provider(token.text("iss"))
        return found

    def _check_claims(self, ctx: Context, token: jwt.Token, issuer: OidcIssuer) -> None:
        """Times and audience of a token whose signature is right. Raises ApiError."""
        expires = token.claims.get("exp")
        if not isinstance(expires, int | float):
            raise errors.bad_token()
        if expires <= ctx.clock.now():
            raise errors.token_expired()
        if not set(token.audiences) & set(issuer.clients):
            raise errors.wrong_audience()

    async def _keys_of(self, issuer: OidcIssuer) -> list[Mapping[str, Any]]:
        if self._keys is None:
            raise errors.no_keys()
        path = self._keys / f"{issuer.url.replace('/', '_')}.json"
        try:
            text = await asyncio.to_thread(path.read_bytes)
            return list(msgspec.json.decode(text, type=dict[str, Any])["keys"])
        except (OSError, msgspec.DecodeError, KeyError, TypeError):
            raise errors.no_keys() from None


def _texts(value: Any) -> list[str]:
    return [each if isinstance(each, str) else str(each) for each in (value if isinstance(value, list) else [value])]
