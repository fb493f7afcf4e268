"""Grants: what a principal may do with a key beside its policy, until the grant is revoked or retired."""

from __future__ import annotations

import re
from typing import Any

from lambent.context import Context
from lambent.services.access import Place
from lambent.services.kms import errors, limits, pages
from lambent.services.kms.keyring import Keyring, check_usable
from lambent.services.kms.records import Grant, Key
from lambent.services.kms.repository import drop_grant, put_grant
from lambent.services.operation import Params, Result, operation

_PRINCIPAL = re.compile(r"\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:\S+|[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com")


class Grants:
    """CreateGrant, ListGrants, ListRetirableGrants, RevokeGrant, RetireGrant."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    @operation("CreateGrant")
    async def create(self, ctx: Context, params: Params) -> Result:
        """Let a principal do some operations with a key."""
        key = await self._keyring.find(ctx, params["KeyId"])
        check_usable(key)
        grantee = params.get("GranteePrincipal") or params.get("GranteeServicePrincipal")
        if not grantee:
            raise errors.exactly_one("GranteePrincipal", "GranteeServicePrincipal")
        retiring = params.get("RetiringPrincipal") or params.get("RetiringServicePrincipal") or ""
        for principal in (grantee, retiring):
            if principal and not _PRINCIPAL.fullmatch(principal):
                raise errors.bad_principal(principal)
        constraints = params.get("Constraints") or {}
        place = _place(key)
        others = await self._keyring.repository.grants(place, key.id)
        if len(others) >= limits.GRANTS_PER_KEY:
            raise errors.limit("grants of a key", limits.GRANTS_PER_KEY)
        grant = Grant(
            id=ctx.ids.hex(64),
            token=ctx.ids.hex(64),
            key_id=key.id,
            created=ctx.clock.now(),
            issuer=f"arn:aws:iam::{ctx.account}:root",
            operations=tuple(params["Operations"]),
            grantee=grantee,
            retiring=retiring,
            name=params.get("Name", ""),
            equals=constraints.get("EncryptionContextEquals"),
            subset=constraints.get("EncryptionContextSubset"),
            source_arn=constraints.get("SourceArn", ""),
        )
        # The same grant by the same name is the same grant: callers that try again get it again.
        same = next((each for each in others if grant.name and _alike(each, grant)), None)
        if params.get("DryRun"):
            raise errors.dry_run()
        if same is None:
            await self._keyring.repository.commit(put_grant(place, grant))
        made = same or grant
        return {"GrantToken": made.token, "GrantId": made.id}

    @operation("ListGrants")
    async def list_grants(self, ctx: Context, params: Params) -> Result:
        """A page of a key's grants."""
        key = await self._keyring.find(ctx, params["KeyId"])
        wanted = params.get("GranteePrincipal") or params.get("GranteeServicePrincipal")
        found = [
            each
            for each in await self._keyring.repository.grants(_place(key), key.id)
            if params.get("GrantId") in (None, each.id) and wanted in (None, each.grantee)
        ]
        return pages.page(params, "Grants", found, lambda each: each.id, lambda each: _shown(key, each))

    @operation("ListRetirableGrants")
    async def list_retirable(self, ctx: Context, params: Params) -> Result:
        """A page of the grants that a principal may retire."""
        retiring = params.get("RetiringPrincipal") or params.get("RetiringServicePrincipal")
        if not retiring:
            raise errors.exactly_one("RetiringPrincipal", "RetiringServicePrincipal")
        place = Place(ctx.account, ctx.region)
        found: list[tuple[Key, Grant]] = []
        after = ""
        while keys := await self._keyring.repository.keys(place, after=after, limit=1000):
            after = keys[-1].id
            for key in keys:
                grants = await self._keyring.repository.grants(place, key.id)
                found += [(key, each) for each in grants if each.retiring == retiring]
        return pages.page(params, "Grants", found, lambda each: each[1].id, lambda each: _shown(*each))

    @operation("RevokeGrant")
    async def revoke(self, ctx: Context, params: Params) -> Result:
        """End a grant."""
        key = await self._keyring.find(ctx, params["KeyId"])
        return await self._end(key, params["GrantId"], params)

    @operation("RetireGrant")
    async def retire(self, ctx: Context, params: Params) -> Result:
        """End a grant that one was given, or may retire."""
        if params.get("GrantToken"):
            key, grant = await self._by_token(ctx, params["GrantToken"])
            return await self._end(key, grant.id, params)
        if not params.get("KeyId") or not params.get("GrantId"):
            raise errors.exactly_one("GrantToken", "KeyId and GrantId")
        key = await self._keyring.find(ctx, params["KeyId"])
        return await self._end(key, params["GrantId"], params)

    async def _by_token(self, ctx: Context, token: str) -> tuple[Key, Grant]:
        place, after = Place(ctx.account, ctx.region), ""
        while keys := await self._keyring.repository.keys(place, after=after, limit=1000):
            after = keys[-1].id
            for key in keys:
                for grant in await self._keyring.repository.grants(place, key.id):
                    if grant.token == token:
                        return key, grant
        raise errors.bad_grant_token()

    async def _end(self, key: Key, grant_id: str, params: Params) -> Result:
        for grant in await self._keyring.repository.grants(_place(key), key.id):
            if grant.id == grant_id:
                if params.get("DryRun"):
                    raise errors.dry_run()
                await self._keyring.repository.commit(drop_grant(_place(key), grant))
                return {}
        raise errors.no_such_grant(grant_id)


def _place(key: Key) -> Place:
    return Place(key.account, key.region)


def _alike(one: Grant, other: Grant) -> bool:
    def essence(grant: Grant) -> tuple[object, ...]:
        return (grant.name, grant.grantee, grant.retiring, set(grant.operations), grant.equals, grant.subset)

    return essence(one) == essence(other)


def _shown(key: Key, grant: Grant) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "Name": grant.name,  # there also when it is empty: Terraform's provider reads it without asking
        "CreationDate": grant.created,
        "GranteePrincipal": grant.grantee,
        "IssuingAccount": grant.issuer,
        "Operations": list(grant.operations),
    }
    constraints = {
        "EncryptionContextEquals": grant.equals,
        "EncryptionContextSubset": grant.subset,
        "SourceArn": grant.source_arn or None,
    }
    given = {name: value for name, value in constraints.items() if value is not None}
    for member, value in (("RetiringPrincipal", grant.retiring), ("Constraints", given)):
        if value:
            shown[member] = value
    return shown
