"""The policies of secrets: who else may use them."""

from __future__ import annotations

import msgspec

from lambent.context import Context
from lambent.policy.document import Malformed, Policy, Use, parse
from lambent.services.operation import Params, Result, operation
from lambent.services.secretsmanager import errors, render, unsupported
from lambent.services.secretsmanager.finding import Finder
from lambent.services.secretsmanager.repository import Repository, again_on_conflict


class SecretPolicies:
    """PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy, ValidateResourcePolicy."""

    def __init__(self, repository: Repository, finder: Finder) -> None:
        self._repository = repository
        self._finder = finder

    @operation("PutResourcePolicy")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Set the policy."""
        unsupported.refuse(params)
        kept = await self._finder.alive(ctx, params["SecretId"])
        document = params["ResourcePolicy"]
        try:
            policy = parse(document, Use.RESOURCE, "resource policy")
        except Malformed as error:
            raise errors.malformed_policy(str(error)) from None
        if params.get("BlockPublicPolicy") and _is_public(policy):
            raise errors.public_policy()
        await self._repository.commit(msgspec.structs.replace(kept.secret, policy=document), kept)
        return render.named(kept.secret)

    @operation("GetResourcePolicy")
    async def get(self, ctx: Context, params: Params) -> Result:
        """The policy, if there is one."""
        unsupported.refuse(params)
        secret = (await self._finder.alive(ctx, params["SecretId"])).secret
        return render.named(secret, **({} if secret.policy is None else {"ResourcePolicy": secret.policy}))

    @operation("DeleteResourcePolicy")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Take the policy away."""
        unsupported.refuse(params)
        kept = await self._finder.alive(ctx, params["SecretId"])
        await self._repository.commit(msgspec.structs.replace(kept.secret, policy=None), kept)
        return render.named(kept.secret)

    @operation("ValidateResourcePolicy")
    async def validate(self, ctx: Context, params: Params) -> Result:
        """What would be wrong with a policy."""
        if params.get("SecretId"):
            await self._finder.alive(ctx, params["SecretId"])
        try:
            policy = parse(params["ResourcePolicy"], Use.RESOURCE, "resource policy")
        except Malformed as error:
            raise errors.malformed_policy(str(error)) from None
        found = []
        if _is_public(policy):
            said = errors.public_policy().message
            found.append({"CheckName": "BlockPublicPolicy", "ErrorMessage": said})
        return {"PolicyValidationPassed": not found, "ValidationErrors": found}


def _is_public(policy: Policy) -> bool:
    """Whether a statement lets everybody in, under no condition."""
    return any(
        statement.allows
        and statement.principals is not None
        and statement.principals.everybody
        and not statement.principals.inverted
        and not statement.conditions
        for statement in policy.statements
    )
