"""The account as a whole: its alias, how much it has of what, and everything at once."""

from __future__ import annotations

from typing import Any

from lambent.context import Context
from lambent.services.iam import errors, limits, pages, render
from lambent.services.iam.entities import KINDS, Entities
from lambent.services.iam.records import Group, ManagedPolicy, OidcIssuer, Role, User
from lambent.services.iam.repository import put_alias
from lambent.services.operation import Params, Result, operation


class Account:
    """CreateAccountAlias, ListAccountAliases, DeleteAccountAlias, GetAccountSummary, GetAccountAuthorizationDetails."""

    def __init__(self, entities: Entities) -> None:
        self._entities = entities

    @operation("CreateAccountAlias")
    async def create_alias(self, ctx: Context, params: Params) -> Result:
        """Give the account a name, in place of the one it may have."""
        await self._entities.repository.commit(put_alias(ctx.account, params["AccountAlias"]))
        return {}

    @operation("ListAccountAliases")
    async def list_aliases(self, ctx: Context, params: Params) -> Result:
        """The account's name, if it has one."""
        alias = await self._entities.repository.alias(ctx.account)
        return {"AccountAliases": [] if alias is None else [alias], "IsTruncated": False}

    @operation("DeleteAccountAlias")
    async def delete_alias(self, ctx: Context, params: Params) -> Result:
        """Take the account's name away."""
        if await self._entities.repository.alias(ctx.account) != params["AccountAlias"]:
            raise errors.no_such("account alias", params["AccountAlias"])
        await self._entities.repository.commit(put_alias(ctx.account, None))
        return {}

    @operation("GetAccountSummary")
    async def summary(self, ctx: Context, params: Params) -> Result:
        """How much there is, and how much there may be."""
        repository = self._entities.repository
        policies = await repository.every(ManagedPolicy, ctx.account)
        return {
            "SummaryMap": {
                "Users": len(await repository.every(User, ctx.account)),
                "Groups": len(await repository.every(Group, ctx.account)),
                "Roles": len(await repository.every(Role, ctx.account)),
                "Policies": len(policies),
                "PolicyVersionsInUse": sum(len(each.versions) for each in policies),
                "Providers": len(await repository.every(OidcIssuer, ctx.account)),
                "AccessKeysPerUserQuota": limits.KEYS_PER_USER,
                "GroupsPerUserQuota": limits.GROUPS_PER_USER,
                "AttachedPoliciesPerUserQuota": limits.ATTACHED,
                "AttachedPoliciesPerGroupQuota": limits.ATTACHED,
                "AttachedPoliciesPerRoleQuota": limits.ATTACHED,
                "PolicySizeQuota": limits.MANAGED_POLICY_CHARACTERS,
                "VersionsPerPolicyQuota": limits.VERSIONS,
                "AssumeRolePolicySizeQuota": limits.TRUST_POLICY_CHARACTERS,
                "UserPolicySizeQuota": limits.INLINE_CHARACTERS["user"],
                "GroupPolicySizeQuota": limits.INLINE_CHARACTERS["group"],
                "RolePolicySizeQuota": limits.INLINE_CHARACTERS["role"],
            }
        }

    @operation("GetAccountAuthorizationDetails")
    async def details(self, ctx: Context, params: Params) -> Result:
        """Users, groups, roles and managed policies with all their documents, a page of all together."""
        repository, wanted = self._entities.repository, params.get("Filter")
        usage = await self._entities.usage(ctx)
        found: list[tuple[str, str, dict[str, Any]]] = []
        for name, kind in KINDS.items():
            title = name.capitalize()
            if wanted is None or title in wanted:
                for each in await repository.every(kind, ctx.account):
                    found.append((f"{title}DetailList", each.name, _detail(ctx.account, each)))
        if wanted is None or "LocalManagedPolicy" in wanted:
            for policy in await repository.every(ManagedPolicy, ctx.account):
                shown = render.policy(policy, *usage.get(policy.arn, (0, 0)))
                shown.pop("Tags", None)
                shown["PolicyVersionList"] = [render.version(policy, version) for version in policy.versions]
                found.append(("Policies", policy.name, shown))
        page = pages.page(params, "All", found, lambda each: f"{each[0]}/{each[1]}", lambda each: each)
        result: dict[str, Any] = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
        for member, _, shown in page.pop("All"):
            result[member].append(shown)
        return {**result, **page}


def _detail(account: str, entity: User | Group | Role) -> dict[str, Any]:
    """An entity with its policies."""
    inline = [
        {"PolicyName": name, "PolicyDocument": render.document(document)} for name, document in entity.inline.items()
    ]
    attached = {"AttachedManagedPolicies": [render.attached(each) for each in entity.attached]}
    match entity:
        case User():
            return (
                render.user(account, entity) | attached | {"UserPolicyList": inline, "GroupList": list(entity.groups)}
            )
        case Group():
            return render.group(account, entity) | attached | {"GroupPolicyList": inline}
        case _:
            return (
                render.role_detail(account, entity) | attached | {"RolePolicyList": inline, "InstanceProfileList": []}
            )
