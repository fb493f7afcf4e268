"""A look into a queue that changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.access import Place
from lambent.services.sqs.peek import Peek
from tests.unit.services.sqs.conftest import ACCOUNT, ARN, REGION

if TYPE_CHECKING:
    from tests.unit.services.sqs.conftest import World

HERE = Place(ACCOUNT, REGION)


async def test_what_lies_there_stays_as_it_is(world: World) -> None:
    url = await world.queue("q.fifo", ContentBasedDeduplication="true")
    await world.send(url, "a", "b", MessageGroupId="g")
    await world.send(url, "c", MessageGroupId="h")
    peek = Peek(world.post, world.clock)
    assert await world.bodies(url, 1) == ["a"]
    before = await world.counts(url)
    seen = await peek(HERE, "q.fifo", 10)
    assert [(each.body, each.state, each.receives, each.group) for each in seen] == [
        ("a", "held", 1, "g"),
        ("b", "visible", 0, "g"),
        ("c", "visible", 0, "h"),
    ]
    assert seen[0].visible_at == world.clock.now() + 30
    assert [each.body for each in await peek(HERE, "q.fifo", 1)] == ["a"]
    assert await world.counts(url) == before
    assert await peek.depths() == {f"{ARN}q.fifo": (2, 1)}


async def test_delayed_messages_and_dead_letters(world: World) -> None:
    dead = await world.queue("dead")
    policy = json.dumps({"deadLetterTargetArn": f"{ARN}dead", "maxReceiveCount": 1})
    url = await world.queue("q", RedrivePolicy=policy, VisibilityTimeout="0")
    await world.send(url, "late", DelaySeconds=5)
    await world.send(url, "poison")
    peek = Peek(world.post, world.clock)
    assert [(each.body, each.state) for each in await peek(HERE, "q", 10)] == [
        ("late", "delayed"),
        ("poison", "visible"),
    ]
    assert await world.bodies(url) == ["poison"]
    assert await world.bodies(url) == []
    (seen,) = await peek(HERE, dead.rpartition("/")[2], 10)
    assert (seen.body, seen.receives, seen.dead_letter_of, seen.group) == ("poison", 1, f"{ARN}q", None)


async def test_no_such_queue(world: World) -> None:
    with pytest.raises(ApiError, match="The specified queue does not exist"):
        await Peek(world.post, world.clock)(HERE, "none", 1)
