"""ARNs of durable executions: which execution is meant. Pure."""

from __future__ import annotations

from lambent.context import Context
from lambent.services.lambda_ import errors
from lambent.services.lambda_.durable import errors as durable_errors
from lambent.services.lambda_.durable.values import Ref


def execution_ref(arn: str) -> Ref:
    """The execution of an ARN that has passed the model's pattern."""
    function, _, execution = arn.partition("/durable-execution/")
    _, _, _, region, account, _, name, _ = function.split(":")
    return Ref(account, region, name, execution.rpartition("/")[2])


def own_execution(ctx: Context, arn: str, action: str) -> Ref:
    """The execution, which must be of this account and region. Raises ApiError."""
    found = execution_ref(arn)
    if found.account != ctx.account:
        raise errors.other_account(ctx.principal.arn, action, arn)
    if found.region != ctx.region:
        raise durable_errors.not_found()
    return found
