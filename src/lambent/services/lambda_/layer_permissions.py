"""Who else may use a layer version: statements on one version each, kept as its resource policy."""

from __future__ import annotations

from lambent.context import Context
from lambent.services.lambda_ import errors, layer_errors, policies, policy_errors
from lambent.services.lambda_.layer_repository import (
    LayerPolicy,
    LayerRepository,
    drop_layer_policy,
    put_layer_policy,
)
from lambent.services.lambda_.names import LayerReference, own_layer
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Kept
from lambent.services.operation import Params, Result, operation
from lambent.store.base import ABSENT


class LayerPermissions:
    """AddLayerVersionPermission, GetLayerVersionPolicy, RemoveLayerVersionPermission."""

    def __init__(self, repository: LayerRepository) -> None:
        self._repository = repository

    @operation("AddLayerVersionPermission")
    @again_on_conflict
    async def add(self, ctx: Context, params: Params) -> Result:
        """Let an account, everybody, or everybody of an organization read the version."""
        named, policy = await self._policy(ctx, params, "AddLayerVersionPermission")
        statement = {
            "Sid": params["StatementId"],
            "Effect": "Allow",
            "Principal": policies.principal(params["Principal"]),
            "Action": params["Action"],
            "Resource": named.arn,
        }
        if params.get("OrganizationId"):
            if params["Principal"] != "*":
                raise layer_errors.organization_needs_everybody()
            statement["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": params["OrganizationId"]}}
        _check_revision(params, policy)
        document, expect = (None, ABSENT) if policy is None else (policy.value.document, policy.revision)
        changed = LayerPolicy(policies.with_statement(document, statement), ctx.ids.request_id())
        await self._repository.commit(put_layer_policy(ctx, named.name, named.number, changed, expect=expect))
        return {"Statement": policies.text(statement), "RevisionId": changed.revision_id}

    @operation("GetLayerVersionPolicy")
    async def get(self, ctx: Context, params: Params) -> Result:
        """The whole policy."""
        _, policy = await self._policy(ctx, params, "GetLayerVersionPolicy")
        if policy is None:
            raise policy_errors.none()
        return {"Policy": policy.value.document, "RevisionId": policy.value.revision_id}

    @operation("RemoveLayerVersionPermission")
    @again_on_conflict
    async def remove(self, ctx: Context, params: Params) -> Result:
        """Take one statement away."""
        named, policy = await self._policy(ctx, params, "RemoveLayerVersionPermission")
        if policy is None:
            raise policy_errors.none()
        left = policies.without_statement(policy.value.document, params["StatementId"])
        _check_revision(params, policy)
        if left is None:
            write = drop_layer_policy(ctx, named.name, named.number, expect=policy.revision)
        else:
            changed = LayerPolicy(left, ctx.ids.request_id())
            write = put_layer_policy(ctx, named.name, named.number, changed, expect=policy.revision)
        await self._repository.commit(write)
        return {}

    async def _policy(
        self, ctx: Context, params: Params, action: str
    ) -> tuple[LayerReference, Kept[LayerPolicy] | None]:
        """The version that is meant, and its policy so far. Raises ApiError."""
        named = own_layer(ctx, params["LayerName"], action, params["VersionNumber"])
        if await self._repository.version(ctx, named.name, named.number) is None:
            raise layer_errors.version_absent(named.arn)
        return named, await self._repository.policy(ctx, named.name, named.number)


def _check_revision(params: Params, policy: Kept[LayerPolicy] | None) -> None:
    latest = None if policy is None else policy.value.revision_id
    if params.get("RevisionId", latest) != latest:
        raise errors.revision_mismatch("GetLayerPolicy")
