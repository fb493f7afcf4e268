"""Calls from this process to its own services."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.bus.memory import MemoryBus
from lambent.context import Context, Principal
from lambent.gateway.audit import Event
from lambent.gateway.authorize import Authorizer
from lambent.gateway.dispatch import Service, Services
from lambent.gateway.inner import InnerDoor
from lambent.model.errors import ApiError
from lambent.services.access import Need, PlainAccess
from lambent.services.iam.api import IamApi
from lambent.services.iam.repository import Repository
from lambent.services.operation import Params, Result, operation, operations
from lambent.store.memory import MemoryStore
from lambent.wire.model import load
from tests.unit.gateway.conftest import StoppedClock, context

S3 = Principal("", "s3.amazonaws.com", "", service="s3.amazonaws.com")


class Queues:
    """Remembers in which account it was called."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, Params]] = []

    @operation("GetQueueUrl")
    async def get(self, ctx: Context, params: Params) -> Result:
        self.seen.append((ctx.account, params))
        return {"QueueUrl": "u"}


class Elsewhere(PlainAccess):
    """A service whose resources are all of another account."""

    async def needs(self, operation: str, at: Any, params: Params) -> list[Need]:
        return [Need(f"sqs:{operation}", "*", "999999999999" if params.get("QueueName") == "theirs" else at.account)]


@pytest.fixture
def queues() -> Queues:
    return Queues()


@pytest.fixture
def door(queues: Queues) -> InnerDoor:
    authorizer = Authorizer(IamApi(Repository(MemoryStore(), MemoryBus())).identities, StoppedClock())
    return InnerDoor(Services([Service(load("sqs"), operations(queues), Elsewhere("sqs"))]), authorizer)


async def refusal(door: InnerDoor, ctx: Context, operation: str, params: Params) -> str:
    with pytest.raises(ApiError) as raised:
        await door.call(ctx, "sqs", operation, params)
    return raised.value.code


async def test_as_at_the_front_door(door: InnerDoor, queues: Queues) -> None:
    assert door.serves("sqs")
    assert not door.serves("sns")
    assert await door.call(context(), "sqs", "GetQueueUrl", {"QueueName": "q"}) == {"QueueUrl": "u"}
    assert queues.seen == [("123456789012", {"QueueName": "q"})]
    assert await refusal(door, context(), "GetQueueUrl", {}) == "ValidationException"
    assert await refusal(door, context(), "ListQueues", {}) == "UnknownOperationException"


async def test_nobody_passes_who_may_not(door: InnerDoor, queues: Queues) -> None:
    ctx = Context("123456789012", "eu-west-1", S3, "id", StoppedClock(), context().ids)
    assert await refusal(door, ctx, "GetQueueUrl", {"QueueName": "q"}) == "AccessDeniedException"
    assert await refusal(door, context(), "GetQueueUrl", {"QueueName": "theirs"}) == "AccessDeniedException"
    assert queues.seen == []


async def test_what_is_denied_is_told(queues: Queues) -> None:
    told: list[Event] = []
    authorizer = Authorizer(IamApi(Repository(MemoryStore(), MemoryBus())).identities, StoppedClock())
    services = Services([Service(load("sqs"), operations(queues), Elsewhere("sqs"))])
    door = InnerDoor(services, authorizer, told.append)
    await door.call(context(), "sqs", "GetQueueUrl", {"QueueName": "q"})
    assert told == []
    await refusal(door, context(), "GetQueueUrl", {"QueueName": "theirs"})
    (event,) = (json.loads(each.line()) for each in told)
    assert (event["eventName"], event["errorCode"]) == ("GetQueueUrl", "AccessDeniedException")
    assert event["requestParameters"] == {"queueName": "theirs"}
    assert event["additionalEventData"]["decision"]["by"] == "resource-based policy"
