"""Resource policies: who else may write to the groups of an account, or to one."""

from __future__ import annotations

from typing import Any

from lambent.context import Context
from lambent.policy.document import Malformed, Use, parse
from lambent.services.access import Place
from lambent.services.logs import errors, limits
from lambent.services.logs.archive import Archive
from lambent.services.logs.names import identified
from lambent.services.logs.pages import page
from lambent.services.logs.records import ResourcePolicy
from lambent.services.operation import Params, Result, operation

OF_ACCOUNT = "policy:"
OF_GROUP = "resource:"


class ResourcePolicies:
    """Kept and shown here; `access` has them judged."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    @operation("PutResourcePolicy")
    async def put(self, ctx: Context, params: Params) -> Result:
        """A new policy, or another text for one."""
        at, resource, document = (
            Place(ctx.account, ctx.region),
            params.get("resourceArn", ""),
            params.get("policyDocument"),
        )
        name = params.get("policyName", "")
        if document is None or not (name or resource):
            raise errors.invalid("policyDocument, and policyName or resourceArn, must be given.")
        try:
            parse(document, Use.RESOURCE, "resource policy")
        except Malformed as error:
            raise errors.invalid(f"The policy document is not valid: {error}") from None
        if resource:
            await self._archive.there(identified(ctx, resource))
        key = f"{OF_GROUP}{resource}" if resource else f"{OF_ACCOUNT}{name}"
        known = await self._archive.repository.get(ResourcePolicy, at, key)
        if resource and params.get("expectedRevisionId") != (known.revision if known is not None else None):
            raise errors.other_revision()
        every = await self._archive.repository.all(ResourcePolicy, at, OF_ACCOUNT)
        if not resource and known is None and len(every) >= limits.RESOURCE_POLICIES:
            raise errors.over_limit("resource policies")
        policy = ResourcePolicy(
            name=name,
            document=document,
            modified_ms=int(ctx.clock.now() * 1000),
            resource=resource,
            revision=ctx.ids.hex(32) if resource else "",
        )
        await self._archive.repository.put(at, key, policy)
        return {"resourcePolicy": _shown(policy), **({"revisionId": policy.revision} if resource else {})}

    @operation("DescribeResourcePolicies")
    async def describe(self, ctx: Context, params: Params) -> Result:
        """The account's policies, or a group's."""
        at, prefix = Place(ctx.account, ctx.region), OF_ACCOUNT
        if params.get("resourceArn") or params.get("policyScope") == "RESOURCE":
            prefix = OF_GROUP + params.get("resourceArn", "")
        found = await self._archive.repository.all(ResourcePolicy, at, prefix)
        return page(params, "resourcePolicies", [*found.items()], lambda item: item[0], lambda item: _shown(item[1]))

    @operation("DeleteResourcePolicy")
    async def delete(self, ctx: Context, params: Params) -> Result:
        """A policy goes."""
        at, resource = Place(ctx.account, ctx.region), params.get("resourceArn", "")
        key = f"{OF_GROUP}{resource}" if resource else f"{OF_ACCOUNT}{params.get('policyName', '')}"
        known = await self._archive.repository.get(ResourcePolicy, at, key)
        if known is None:
            raise errors.gone("resource policy")
        if resource and params.get("expectedRevisionId") != known.revision:
            raise errors.other_revision()
        await self._archive.repository.drop(ResourcePolicy, at, key)
        return {}


def _shown(policy: ResourcePolicy) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "policyDocument": policy.document,
        "lastUpdatedTime": policy.modified_ms,
        "policyScope": "RESOURCE" if policy.resource else "ACCOUNT",
    }
    if policy.name:
        shown["policyName"] = policy.name
    if policy.resource:
        shown |= {"resourceArn": policy.resource, "revisionId": policy.revision}
    return shown
