"""A queue's policy, a statement at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.operation import Params, Result, operation
from lambent.services.sqs import errors, limits
from lambent.services.sqs.post import PostOffice
from lambent.services.sqs.records import Queue
from lambent.store.base import Conflict

_ATTEMPTS = 20
_ACTIONS = frozenset(
    {
        "*",
        "SendMessage",
        "ReceiveMessage",
        "DeleteMessage",
        "ChangeMessageVisibility",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
    }
)


class QueuePermissions:
    """AddPermission, RemovePermission."""

    def __init__(self, post: PostOffice) -> None:
        self._post = post

    @operation("AddPermission")
    async def add(self, ctx: Context, params: Params) -> Result:
        """Let accounts do some actions."""
        if unknown := [each for each in params["Actions"] if each not in _ACTIONS]:
            raise errors.invalid(
                f"Value SQS:{unknown[0]} for parameter ActionName is invalid. Reason: Please refer to the appropriate"
                " WSDL for a list of valid actions. "
            )

        def change(queue: Queue, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
            if any(each.get("Sid") == params["Label"] for each in statements):
                raise errors.statement_exists(params["Label"])
            if len(statements) >= limits.POLICY_STATEMENTS:
                raise errors.invalid(f"{len(statements) + 1} statements were found, maximum allowed is 20.")
            principals = [f"arn:aws:iam::{account}:root" for account in params["AWSAccountIds"]]
            actions = [f"SQS:{each}" for each in params["Actions"]]
            statement = {
                "Sid": params["Label"],
                "Effect": "Allow",
                "Principal": {"AWS": principals[0] if len(principals) == 1 else principals},
                "Action": actions[0] if len(actions) == 1 else actions,
                "Resource": queue.arn,
            }
            return [*statements, statement]

        return await self._change(ctx, params, change)

    @operation("RemovePermission")
    async def remove(self, ctx: Context, params: Params) -> Result:
        """Take a statement away."""

        def change(queue: Queue, statements: list[dict[str, Any]]) -> list[dict[str, Any]]:
            left = [each for each in statements if each.get("Sid") != params["Label"]]
            if len(left) == len(statements):
                raise errors.no_such_statement(params["Label"])
            return left

        return await self._change(ctx, params, change)

    async def _change(
        self, ctx: Context, params: Params, change: Callable[[Queue, list[dict[str, Any]]], list[dict[str, Any]]]
    ) -> Result:
        for _ in range(_ATTEMPTS):
            kept = await self._post.kept(ctx, params["QueueUrl"])
            queue = kept.queue
            text = queue.attributes.get("Policy")
            policy: dict[str, Any] = {"Version": "2012-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy", "Statement": []}
            if text:
                policy |= msgspec.json.decode(text)
            listed = policy["Statement"]
            policy["Statement"] = change(queue, listed if isinstance(listed, list) else [listed])
            attributes = {name: value for name, value in queue.attributes.items() if name != "Policy"}
            if policy["Statement"]:
                attributes["Policy"] = msgspec.json.encode(policy).decode()
            changed = msgspec.structs.replace(queue, attributes=attributes, modified=ctx.clock.now())
            try:
                await self._post.repository.put(changed, kept)
                return {}
            except Conflict:
                continue
        raise errors.invalid("The queue was changed by others at the same time; try again.")
