"""What calls of SQS need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambent.services.access import UNGUARDED, Need, Place
from lambent.services.sqs.access import SqsAccess
from tests.unit.services.sqs.conftest import ACCOUNT, ARN

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World

AT = Place(ACCOUNT, "us-east-1")
OTHER = "111111111111"


@pytest.mark.parametrize(
    ("operation", "params", "action", "resource", "account"),
    [
        ("SendMessageBatch", {"QueueUrl": f"http://h/{ACCOUNT}/q"}, "SendMessage", ARN + "q", ACCOUNT),
        (
            "ReceiveMessage",
            {"QueueUrl": f"http://h/{OTHER}/q"},
            "ReceiveMessage",
            f"arn:aws:sqs:us-east-1:{OTHER}:q",
            OTHER,
        ),
        ("CreateQueue", {"QueueName": "q"}, "CreateQueue", ARN + "q", ACCOUNT),
        (
            "GetQueueUrl",
            {"QueueName": "q", "QueueOwnerAWSAccountId": OTHER},
            "GetQueueUrl",
            f"arn:aws:sqs:us-east-1:{OTHER}:q",
            OTHER,
        ),
        ("StartMessageMoveTask", {"SourceArn": ARN + "q"}, "StartMessageMoveTask", ARN + "q", ACCOUNT),
        ("ListQueues", {}, "ListQueues", "*", ACCOUNT),
        ("SendMessage", {"QueueUrl": "http://h/x"}, "SendMessage", "*", ACCOUNT),
    ],
)
async def test_needs(
    world: World, operation: str, params: dict[str, Any], action: str, resource: str, account: str
) -> None:
    (need,) = await SqsAccess(world.repository).needs(operation, AT, params)
    assert (need.action, need.resource, need.account) == (f"sqs:{action}", resource, account)


async def test_a_queues_policy(world: World) -> None:
    url = await world.queue()
    access = SqsAccess(world.repository)
    need = Need("sqs:SendMessage", ARN + "q", ACCOUNT)
    assert (await access.guard(need)).policy is None
    asked = {"AWSAccountIds": [OTHER], "Actions": ["SendMessage"], "Label": "a"}
    await world.call("AddPermission", QueueUrl=url, **asked)
    policy = (await access.guard(need)).policy
    assert policy is not None
    assert len(list(policy.about("sqs:sendmessage", ARN + "q", {}.get))) == 1
    assert await access.guard(Need("sqs:SendMessage", ARN + "none", ACCOUNT)) is UNGUARDED
    assert await access.guard(Need("sqs:ListQueues", "*", ACCOUNT)) is UNGUARDED
