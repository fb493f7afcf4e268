"""Reserved concurrency: stored, and told to the data plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"


async def test_put_get_delete(world: World) -> None:
    await world.create()
    assert await world.call("GetFunctionConcurrency", FunctionName="f") == {}
    for reserved in (5, 0):
        shown = await world.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=reserved)
        assert shown == {"ReservedConcurrentExecutions": reserved}
        assert await world.call("GetFunctionConcurrency", FunctionName="f") == shown
        assert (await world.call("GetFunction", FunctionName="f"))["Concurrency"] == shown
        assert world.invoker.reserved == {ARN: reserved}
    assert await world.call("DeleteFunctionConcurrency", FunctionName="f") == {}
    assert world.invoker.reserved == {ARN: None}
    assert "Concurrency" not in await world.call("GetFunction", FunctionName="f")


async def test_too_much_is_refused_and_changes_nothing(world: World) -> None:
    await world.create()
    refusal = await world.refused("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=901)
    assert refusal == (
        "InvalidParameterValueException",
        "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below"
        " its minimum value of [100].",
    )
    assert await world.call("GetFunctionConcurrency", FunctionName="f") == {}


async def test_what_cannot_be_written_is_not_kept_in_force(world: World, monkeypatch: Any) -> None:
    await world.create()
    await world.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=5)

    async def broken(*writes: object) -> None:
        raise OSError("disk")

    monkeypatch.setattr(world.repository, "commit", broken)
    with pytest.raises(OSError):
        await world.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=7)
    assert world.invoker.reserved == {ARN: 5}


@pytest.mark.parametrize("operation", ["PutFunctionConcurrency", "GetFunctionConcurrency", "DeleteFunctionConcurrency"])
async def test_nobody(world: World, operation: str) -> None:
    refusal = await world.refused(operation, FunctionName="f", ReservedConcurrentExecutions=1)
    assert refusal == ("ResourceNotFoundException", f"Function not found: {ARN}")


async def test_deleting_the_function_ends_the_reservation(world: World) -> None:
    await world.create()
    await world.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=5)
    await world.call("DeleteFunction", FunctionName="f")
    assert world.invoker.reserved == {ARN: None}
