"""The room of an environment: opened, exchanged, given up."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.invoke.meter import Meter
from lambent.invoke.quarters import Quarters
from lambent.model.errors import PlatformError
from lambent.model.invocation import InitType
from tests.unit.invoke.stage import Stage


async def test_another_room_is_another_environment_with_the_same_variables(world: Any, function: Any) -> None:
    stage = Stage(world, function())
    stage.prepare()
    blueprint = await stage.blueprints.draw(stage.function, InitType.ON_DEMAND)
    quarters = Quarters(blueprint, stage.parts, Meter(128, lambda peak: None))
    with pytest.raises(PlatformError, match="is gone"):
        _ = quarters.live
    assert quarters.environment is None and quarters.usage().memory_peak == 0
    first = await quarters.open()
    assert quarters.live is first and quarters.environment is first.environment and not quarters.traces
    world.environments[0].peak = 77
    assert quarters.usage().memory_peak == 77
    assert quarters.leave() is first
    await first.close()
    assert (quarters.room, quarters.usage().memory_peak, quarters.leave()) == (None, 77, None)
    second = await quarters.open(again=True)
    one, other = world.environments
    assert one.spec.id != other.spec.id and one.spec.variables == other.spec.variables
    await second.close()
