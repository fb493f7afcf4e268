"""Who else may use a function, statement by statement. Kept and shown here; judged where callers are authorized."""

from __future__ import annotations

from typing import Any

from lambent.context import Context
from lambent.model.errors import ApiError
from lambent.model.function import LATEST
from lambent.services.lambda_ import errors, policies, policy_errors, policy_targets
from lambent.services.lambda_.names import function_arn, reference
from lambent.services.lambda_.races import again_on_conflict
from lambent.services.lambda_.repository import Repository
from lambent.services.operation import Params, Result, operation

_EQUAL = (
    ("FunctionUrlAuthType", "lambda:FunctionUrlAuthType"),
    ("PrincipalOrgID", "aws:PrincipalOrgID"),
    ("SourceAccount", "AWS:SourceAccount"),
    ("EventSourceToken", "lambda:EventSourceToken"),
)
"""Parameters that become a condition of equality, in AWS's order, and the condition's keys."""


class Permissions:
    """AddPermission, RemovePermission, GetPolicy."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    @operation("AddPermission")
    @again_on_conflict
    async def add(self, ctx: Context, params: Params) -> Result:
        """Add a statement to the policy of a function, version or alias."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "AddPermission")
        if named.qualifier == LATEST:
            raise policy_errors.of_latest()
        target = await policy_targets.find(self._repository, ctx, named)
        target.check_revision(params)
        statement: dict[str, Any] = {
            "Sid": params["StatementId"],
            "Effect": "Allow",
            "Principal": policies.principal(params["Principal"]),
            "Action": params["Action"],
            "Resource": target.arn,
        }
        condition = _condition(params)
        if condition:
            statement["Condition"] = condition
        so_far = None if target.policy is None else target.policy.value.document
        _, writes = target.changed(ctx, policies.with_statement(so_far, statement))
        await self._repository.commit(*writes)
        return {"Statement": policies.text(statement)}

    @operation("RemovePermission")
    @again_on_conflict
    async def remove(self, ctx: Context, params: Params) -> Result:
        """Take one statement away."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "RemovePermission")
        if await self._repository.head(ctx, named.name) is None:
            raise policy_errors.none_of(function_arn(ctx, named.name))
        target = await policy_targets.find(self._repository, ctx, named)
        if target.policy is None:
            raise policy_errors.none()
        left = policies.without_statement(target.policy.value.document, params["StatementId"])
        target.check_revision(params)
        _, writes = target.changed(ctx, left)
        await self._repository.commit(*writes)
        return {}

    @operation("GetPolicy")
    async def get(self, ctx: Context, params: Params) -> Result:
        """The whole policy of a function, version or alias."""
        named = reference(ctx, params["FunctionName"], params.get("Qualifier"), "GetPolicy")
        if await self._repository.head(ctx, named.name) is None:
            raise errors.function_not_found(function_arn(ctx, named.name))
        try:
            target = await policy_targets.find(self._repository, ctx, named)
        except ApiError:  # here AWS does not tell a version that is not there from one without a policy
            raise errors.not_there() from None
        if target.policy is None:
            raise errors.not_there()
        return {"Policy": target.policy.value.document, "RevisionId": target.revision_id}


def _condition(params: Params) -> dict[str, dict[str, str]]:
    """Under which conditions the statement holds. Raises ApiError for those that do not fit the action."""
    action = params["Action"]
    if "FunctionUrlAuthType" in params and action != "lambda:InvokeFunctionUrl":
        raise policy_errors.only_for_action("FunctionUrlAuthType", "lambda:InvokeFunctionUrl")
    if "InvokedViaFunctionUrl" in params and action != "lambda:InvokeFunction":
        raise policy_errors.only_for_action("InvokedViaFunctionUrl", "lambda:InvokeFunction")
    condition: dict[str, dict[str, str]] = {}
    equal = {key: params[name] for name, key in _EQUAL if params.get(name)}
    if equal:
        condition["StringEquals"] = equal
    if params.get("SourceArn"):
        condition["ArnLike"] = {"AWS:SourceArn": params["SourceArn"]}
    if "InvokedViaFunctionUrl" in params:
        condition["Bool"] = {"lambda:InvokedViaFunctionUrl": str(params["InvokedViaFunctionUrl"]).lower()}
    return condition
