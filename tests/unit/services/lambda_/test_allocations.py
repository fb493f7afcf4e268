"""What is provisioned follows aliases and versions."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from lambent.invoke.base import Provisioned, ProvisionedStatus
from lambent.services.lambda_.allocations import split
from lambent.services.lambda_.provisioned_repository import Provision, put_provision
from lambent.services.lambda_.repository import Alias

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


@pytest.mark.parametrize(
    ("weights", "wanted", "shares"),
    [
        ({}, 5, {"1": 5}),
        ({"2": 0.1}, 10, {"1": 9, "2": 1}),
        ({"2": 0.1}, 1, {"1": 1, "2": 0}),
        ({"2": 1.0}, 3, {"1": 0, "2": 3}),
    ],
)
def test_as_many_environments_as_invocations(weights: dict[str, float], wanted: int, shares: dict[str, int]) -> None:
    assert split(Alias("live", "1", "r", weights=weights), wanted) == shares
    assert sum(shares.values()) == wanted


async def test_a_version_that_is_not_active_yet_gets_its_environments_when_it_is(world: World) -> None:
    world.gate.clear()
    await world.create(Publish=True)
    provision = Provision("f", "1", 2, 1.0)
    await world.repository.commit(put_provision(world.ctx(), provision))
    await world.allocations.renew(world.ctx(), provision)
    assert world.invoker.shares == {}
    assert world.allocations.status(world.ctx(), provision) == Provisioned(2, 0, 0, ProvisionedStatus.IN_PROGRESS)
    world.gate.set()
    await world.settled("f", "1")
    await asyncio.sleep(0)
    assert world.invoker.shares == {f"{ARN}:1": [("1", 2)]}


async def test_no_room_any_more(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.create(Publish=True)
    await world.settled("f", "1")
    provision = Provision("f", "1", 5, 1.0)
    world.invoker.room = 4
    await world.allocations.renew(world.ctx(), provision)
    assert f"nothing is provisioned for {ARN}:1" in caplog.text
    reason = "The account's or the function's concurrency has become too small for it."
    failed = Provisioned(5, 0, 0, ProvisionedStatus.FAILED, reason)
    assert world.allocations.status(world.ctx(), provision) == failed
    world.invoker.room = 5
    await world.allocations.renew(world.ctx(), provision)
    assert world.allocations.status(world.ctx(), provision).status is ProvisionedStatus.IN_PROGRESS
