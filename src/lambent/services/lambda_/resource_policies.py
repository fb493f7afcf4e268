"""The policy of a function, version or alias as one document, which replaces whatever was there."""

from __future__ import annotations

from lambent.context import Context
from lambent.model.function import LATEST
from lambent.services.lambda_ import errors, policies, policy_errors, policy_targets
from lambent.services.lambda_.names import reference
from lambent.services.lambda_.policy_targets import PolicyTarget
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Repository
from lambent.services.operation import Params, Result, operation


class ResourcePolicies:
    """PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("PutResourcePolicy")
    @again_on_conflict
    async def put(self, ctx: Context, params: Params) -> Result:
        """Set the whole policy, in place of every statement that was there."""
        target = await self._target(ctx, params, "PutResourcePolicy")
        target.check_revision(params)
        document = policies.accepted(params["Policy"], target.arn)
        revision_id, writes = target.changed(ctx, document)
        await self._repository.commit(*writes)
        return {"Policy": document, "RevisionId": revision_id}

    @operation("GetResourcePolicy")
    async def get(self, ctx: Context, params: Params) -> Result:
        """The whole policy."""
        target = await self._target(ctx, params, "GetResourcePolicy")
        if target.policy is None:
            raise errors.not_there()
        return {"Policy": target.policy.value.document, "RevisionId": target.revision_id}

    @operation("DeleteResourcePolicy")
    @again_on_conflict
    async def delete(self, ctx: Context, params: Params) -> Result:
        """Take the whole policy away; none is deleted already."""
        target = await self._target(ctx, params, "DeleteResourcePolicy")
        target.check_revision(params)
        if target.policy is not None:
            _, writes = target.changed(ctx, None)
            await self._repository.commit(*writes)
        return {}

    async def _target(self, ctx: Context, params: Params, action: str) -> PolicyTarget:
        arn = params["ResourceArn"]
        if ":runtime/" in arn:
            raise errors.not_there()  # nobody's runtimes can be registered
        named = reference(ctx, arn, None, action)
        if named.qualifier == LATEST:
            raise policy_errors.of_latest()
        return await policy_targets.find(self._repository, ctx, named)
