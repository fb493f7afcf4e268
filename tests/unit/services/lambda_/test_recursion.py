"""Loops of functions: who ends them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambent.services.lambda_ import lineage

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"
LOOP = (
    "RecursiveInvocationException",
    "Lambda has detected your function being invoked in a recursive loop and stopped your function's invocation.",
)


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, Active."""
    await world.create()
    await world.settled()
    return world


async def test_a_life(world: World) -> None:
    for value in ("Terminate", "Allow", "Terminate"):
        put = await world.call("PutFunctionRecursionConfig", FunctionName="f", RecursiveLoop=value)
        got = await world.call("GetFunctionRecursionConfig", FunctionName=f"{ARN}f")
        assert put == got == {"RecursiveLoop": value}
    assert await world.call("GetFunctionRecursionConfig", FunctionName="f") == {"RecursiveLoop": "Terminate"}


async def test_what_is_not_there(world: World) -> None:
    gone = ("ResourceNotFoundException", f"Function not found: {ARN}nobody")
    assert await world.refused("GetFunctionRecursionConfig", FunctionName="nobody") == gone
    assert await world.refused("PutFunctionRecursionConfig", FunctionName="nobody", RecursiveLoop="Allow") == gone


async def test_sixteen_turns(world: World) -> None:
    header = None
    for _ in range(lineage.LOOPS):
        await world.call("Invoke", world.ctx(trace_id=header), FunctionName="f")
        header = f"Root=1-5759e988-bd862e3fe1be46a994272793;Lineage={world.invoker.invoked[-1][1].lineage}"
    assert world.incidents == []
    assert await world.refused("Invoke", world.ctx(trace_id=header), FunctionName="f") == LOOP
    assert world.incidents == [("f", "RecursiveInvocationsDropped")]
    assert len(world.invoker.invoked) == lineage.LOOPS
    await world.create("g")
    await world.settled("g")
    await world.call("Invoke", world.ctx(trace_id=header), FunctionName="g")

    await world.call("PutFunctionRecursionConfig", FunctionName="f", RecursiveLoop="Allow")
    await world.call("Invoke", world.ctx(trace_id=header), FunctionName="f")
    assert world.invoker.invoked[-1][1].lineage == f"17:{lineage.mark(f'{ARN}f')}:16"


async def test_versions_and_aliases_are_the_same_function(world: World) -> None:
    await world.call("PublishVersion", FunctionName="f")
    await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1")
    header = f"Lineage=16:{lineage.mark(f'{ARN}f')}:15"
    for qualifier in ("1", "live", "$LATEST"):
        refusal = await world.refused("Invoke", world.ctx(trace_id=header), FunctionName="f", Qualifier=qualifier)
        assert refusal == LOOP
