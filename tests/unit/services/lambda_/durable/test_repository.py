"""Executions come back as they were written, in the order that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.lambda_.durable.machine import Machine
from lambent.services.lambda_.durable.values import Output
from lambent.services.lambda_.repository import is_secret
from lambent.store.base import Conflict
from tests.unit.services.lambda_.durable.making import execution

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def create(world: World, name: str) -> Machine:
    machine = Machine.started(execution(name=name, id=name), "[]")
    await world.executions.create(machine.execution, machine.operations[name], machine.events)
    return machine


async def test_there_and_back(world: World) -> None:
    machine = await create(world, "a1")
    made = machine.execution
    await world.executions.commit(made, output=Output("1"))
    assert await world.executions.execution(made, "f", "a1") == made
    assert await world.executions.named(made, "f", "a1") == made
    assert await world.executions.operations(made) == [machine.operations["a1"]]
    assert await world.executions.root(made) == machine.operations["a1"]
    assert await world.executions.events(made, after=0, limit=9) == machine.events
    assert await world.executions.output(made) == Output("1")
    keys = [record.key for record in await world.store.list("")]
    assert [key for key in keys if not is_secret(key)] == [
        "000000000000/us-east-1/lambda/durable-name/f/a1",
        "000000000000/us-east-1/lambda/durable-newest/f/5e",
    ]
    with pytest.raises(Conflict):
        await create(world, "a1")
    await world.executions.drop(made)
    assert await world.store.list("") == []


async def test_both_orders(world: World) -> None:
    for name in ("a1", "b2", "c3"):
        made = (await create(world, name)).execution
    for oldest_first, expected in ((True, ["b2", "c3"]), (False, ["a1"])):
        found = await world.executions.executions(
            made, "f", after="a1" if oldest_first else "b2", limit=9, oldest_first=oldest_first
        )
        assert [each.id for each in found] == expected
