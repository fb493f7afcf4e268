"""Builds of runtimes and their ARNs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from lambent.model.function import LATEST, FunctionVersion
from lambent.model.runtime import Runtime, RuntimeKind
from lambent.services.lambda_.interpreters import Interpreters

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World


async def function(world: World) -> FunctionVersion:
    await world.create()
    found = await world.repository.version(world.ctx(), "f", LATEST)
    assert found is not None
    return found


async def test_an_arn_changes_with_the_build(world: World) -> None:
    version = await function(world)

    def arn(build: str) -> str:
        return Interpreters(lambda name: Runtime(name, RuntimeKind.PYTHON, build)).arn(version)

    assert arn("3.12.1").startswith("arn:aws:lambda:us-east-1::runtime:")
    assert arn("3.12.1") == arn("3.12.1") != arn("3.12.2")
    assert Interpreters(lambda name: None).arn(version) == ""


async def test_each_runtime_is_asked_for_once(world: World) -> None:
    asked = []
    interpreters = Interpreters(lambda name: asked.append(name))
    version = await function(world)
    for _ in range(3):
        interpreters.arn(version)
    assert asked == ["python3.12"]


async def test_pins(world: World) -> None:
    version = await function(world)
    interpreters = Interpreters(world.runtimes.get)
    assert interpreters.keeps(version)
    for pin, kept in ((interpreters.arn(version), True), ("arn:aws:lambda:us-east-1::runtime:other", False)):
        assert interpreters.keeps(msgspec.structs.replace(version, runtime_pin=pin)) is kept
