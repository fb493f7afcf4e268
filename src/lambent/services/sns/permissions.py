"""A topic's policy, a statement at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from lambent.context import Context
from lambent.services.operation import Params, Result, operation
from lambent.services.sns import errors, limits, topic_attributes
from lambent.services.sns.desk import Desk
from lambent.services.sns.records import Topic

_ACTIONS = frozenset(
    {
        "*",
        "AddPermission",
        "DeleteTopic",
        "GetDataProtectionPolicy",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
        "ListTagsForResource",
        "Publish",
        "PutDataProtectionPolicy",
        "RemovePermission",
        "SetTopicAttributes",
        "Subscribe",
    }
)
_Statements = list[dict[str, Any]]


class TopicPermissions:
    """AddPermission, RemovePermission."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @operation("AddPermission")
    async def add(self, ctx: Context, params: Params) -> Result:
        """Let accounts do some actions."""
        label, actions = params["Label"], params["ActionName"]
        if not actions or any(action not in _ACTIONS for action in actions):
            raise errors.invalid("Policy statement action out of service scope!")
        accounts = params["AWSAccountId"]
        if not accounts or any(len(account) != 12 or not account.isdecimal() for account in accounts):
            raise errors.invalid("AWSAccountId")

        def change(topic: Topic, statements: _Statements) -> _Statements:
            if any(each.get("Sid") == label for each in statements):
                raise errors.invalid("Statement already exists")
            if len(statements) >= limits.POLICY_STATEMENTS:
                raise errors.invalid("Policy Error: too many statements")
            statement = {
                "Sid": label,
                "Effect": "Allow",
                "Principal": {"AWS": _alone([f"arn:aws:iam::{account}:root" for account in accounts])},
                "Action": _alone([f"SNS:{action}" for action in actions]),
                "Resource": topic.arn,
            }
            return [*statements, statement]

        return await self._change(ctx, params, change)

    @operation("RemovePermission")
    async def remove(self, ctx: Context, params: Params) -> Result:
        """Take a statement away, if it is there."""

        def change(_: Topic, statements: _Statements) -> _Statements:
            return [each for each in statements if each.get("Sid") != params["Label"]]

        return await self._change(ctx, params, change)

    async def _change(
        self, ctx: Context, params: Params, change: Callable[[Topic, _Statements], _Statements]
    ) -> Result:
        def changed(topic: Topic) -> Topic:
            policy: dict[str, Any] = msgspec.json.decode(topic_attributes.policy_of(topic))
            listed = policy["Statement"]
            policy["Statement"] = change(topic, listed if isinstance(listed, list) else [listed])
            text = msgspec.json.encode(policy).decode()
            return msgspec.structs.replace(topic, attributes={**topic.attributes, "Policy": text})

        await self._desk.change(ctx, params["TopicArn"], changed)
        return {}


def _alone(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values
