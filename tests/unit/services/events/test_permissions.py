"""The policy of a bus."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.services.events.conftest import BUS, OTHER

if TYPE_CHECKING:
    from tests.unit.services.events.conftest import World

GIVEN: dict[str, Any] = {"Action": "events:PutEvents", "Principal": OTHER, "StatementId": "s"}


async def policy(world: World) -> Any:
    shown = await world.call("DescribeEventBus")
    return json.loads(shown["Policy"])["Statement"] if "Policy" in shown else None


async def test_statement_by_statement(world: World) -> None:
    await world.call("PutPermission", **GIVEN)
    condition = {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"}
    await world.call("PutPermission", **GIVEN | {"Principal": "*", "StatementId": "t"}, Condition=condition)
    assert await policy(world) == [
        {
            "Sid": "s",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
            "Action": "events:PutEvents",
            "Resource": BUS,
        },
        {
            "Sid": "t",
            "Effect": "Allow",
            "Principal": "*",
            "Action": "events:PutEvents",
            "Resource": BUS,
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        },
    ]
    await world.call("PutPermission", **GIVEN | {"Principal": "*"})
    assert [each["Principal"] for each in await policy(world)] == ["*", "*"]
    await world.call("RemovePermission", StatementId="s")
    await world.call("RemovePermission", StatementId="t")
    assert await policy(world) is None


async def test_a_whole_policy(world: World) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": {**_statement(), "Sid": "x"}})
    await world.call("PutPermission", Policy=document)
    assert (await world.call("DescribeEventBus"))["Policy"] == document
    await world.call("PutPermission", **GIVEN)
    assert [each["Sid"] for each in await policy(world)] == ["x", "s"]
    await world.call("RemovePermission", RemoveAllPermissions=True)
    assert await policy(world) is None


def _statement() -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "events:*", "Resource": BUS}


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({"EventBusName": "b"} | GIVEN, "ResourceNotFoundException", "Event bus b does not exist."),
        (
            GIVEN | {"Action": "events:PutRule"},
            "ValidationException",
            "Provided value in parameter 'action' is not supported.",
        ),
        (
            {"Action": "events:PutEvents", "Principal": OTHER},
            "ValidationException",
            "Parameter StatementId is not valid. Reason: StatementId is a required argument.",
        ),
        (
            {"Policy": "{}"},
            "ValidationException",
            "The policy is not valid: Syntax errors in policy.",
        ),
        ({"Policy": "x" * 10_241}, "PolicyLengthExceededException", "The event bus policy is too long."),
    ],
)
async def test_refusals(world: World, given: dict[str, Any], code: str, text: str) -> None:
    assert await world.refused("PutPermission", **given) == (code, text)


async def test_what_is_not_there_cannot_be_removed(world: World) -> None:
    assert await world.refused("RemovePermission", StatementId="s") == (
        "ResourceNotFoundException",
        "EventBus does not have a policy.",
    )
    await world.call("PutPermission", **GIVEN)
    assert await world.refused("RemovePermission", StatementId="t") == (
        "ResourceNotFoundException",
        "Statement with the provided id does not exist.",
    )
    assert (await world.refused("RemovePermission"))[0] == "ValidationException"
