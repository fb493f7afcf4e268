"""What a policy is attached to, and what a change of it changes besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_ import policy_targets
from lambent.services.lambda_.names import Reference
from lambent.services.lambda_.policy_targets import PolicyTarget
from lambent.store.base import Conflict

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, version 1 of it and an alias `live`."""
    await world.create()
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    return world


async def found(world: World, qualifier: str | None) -> PolicyTarget:
    return await policy_targets.find(world.repository, world.ctx(), Reference("f", qualifier))


@pytest.mark.parametrize(
    ("qualifier", "arn"), [(None, f"{ARN}f"), ("$LATEST", f"{ARN}f"), ("1", f"{ARN}f:1"), ("live", f"{ARN}f:live")]
)
async def test_a_change_gives_the_resource_a_new_revision(world: World, qualifier: str | None, arn: str) -> None:
    target = await found(world, qualifier)
    assert (target.arn, target.policy) == (arn, None)
    revision_id, writes = target.changed(world.ctx(), "{}")
    await world.repository.commit(*writes)
    after = await found(world, qualifier)
    assert target.revision_id != after.revision_id == revision_id
    assert after.policy is not None
    assert after.policy.value.document == "{}"
    await world.repository.commit(*after.changed(world.ctx(), None)[1])
    assert (await found(world, qualifier)).policy is None


async def test_two_changes_at_once(world: World) -> None:
    first, second = await found(world, "live"), await found(world, "live")
    await world.repository.commit(*first.changed(world.ctx(), "{}")[1])
    with pytest.raises(Conflict):
        await world.repository.commit(*second.changed(world.ctx(), "{}")[1])


async def test_environments_are_left_alone(world: World) -> None:
    before = await world.repository.version(world.ctx(), "f", "1")
    await world.repository.commit(*(await found(world, "1")).changed(world.ctx(), "{}")[1])
    after = await world.repository.version(world.ctx(), "f", "1")
    assert before is not None and after is not None
    assert (after.revision_id, after.state) == (before.revision_id, before.state)


@pytest.mark.parametrize(
    ("named", "text"),
    [
        (Reference("nobody"), f"Function not found: {ARN}nobody"),
        (Reference("nobody", "1"), f"Function not found: {ARN}nobody"),
        (Reference("f", "9"), f"Function not found: {ARN}f:9"),
        (Reference("f", "nobody"), f"Cannot find alias arn: {ARN}f:nobody"),
    ],
)
async def test_what_is_not_there(world: World, named: Reference, text: str) -> None:
    with pytest.raises(ApiError) as caught:
        await policy_targets.find(world.repository, world.ctx(), named)
    assert (caught.value.code, caught.value.message) == ("ResourceNotFoundException", text)


async def test_policies_go_with_what_they_are_attached_to(world: World) -> None:
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=9)
    await world.settled()
    await world.call("PublishVersion", FunctionName="f")
    for qualifier in (None, "1", "2", "live"):
        await world.repository.commit(*(await found(world, qualifier)).changed(world.ctx(), "{}")[1])
    prefix = "000000000000/us-east-1/lambda/policy/"
    assert await world.store.count(prefix) == 4
    await world.call("DeleteAlias", FunctionName="f", Name="live")
    await world.call("DeleteFunction", FunctionName="f", Qualifier="2")
    assert await world.store.count(prefix) == 2
    await world.call("DeleteFunction", FunctionName="f")
    assert await world.store.count(prefix) == 0
