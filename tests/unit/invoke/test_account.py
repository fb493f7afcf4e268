"""What is told of an invocation, and when: once, with what it took."""

from __future__ import annotations

from typing import Any

from lambent.invoke.account import Account
from lambent.invoke.ending import Ending
from lambent.invoke.meter import Meter
from lambent.model.invocation import InitType, Invocation
from tests.unit.invoke.stage import Stage


async def test_an_invocation_is_told_once_with_what_it_took(world: Any, function: Any) -> None:
    stage = Stage(world, function())
    stage.prepare()
    blueprint = await stage.blueprints.draw(stage.function, InitType.ON_DEMAND)
    meter = Meter(128, lambda peak: None)
    account = Account(blueprint, stage.parts, meter)
    account.finish(None)
    assert stage.lines == []
    account.begin(Invocation("one", b"{}", 1, "arn"), None)
    world.clock.pushed += 0.25
    account.measure()
    world.clock.pushed += 10.0
    account.close(Ending("one", b"1"), overhead=10.0)
    account.finish(None)
    account.finish(None)
    assert stage.lines[0] == "END RequestId: one"
    assert stage.lines[1].startswith("REPORT RequestId: one\tDuration: 250.")
    assert len(stage.lines) == 2


async def test_the_time_of_extensions_counts(world: Any, function: Any) -> None:
    stage = Stage(world, function())
    stage.prepare()
    blueprint = await stage.blueprints.draw(stage.function, InitType.ON_DEMAND)
    account = Account(blueprint, stage.parts, Meter(128, lambda peak: None))
    account.begin(Invocation("one", b"{}", 1, "arn"), None)
    since = world.clock.monotonic()
    world.clock.pushed += 0.5
    account.extensions_done(since)
    assert 0.5 <= account.seconds <= account.elapsed
