"""Invoke, up to the seam of the data plane."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from lambent.model.invocation import InvocationResult

if TYPE_CHECKING:
    from tests.unit.services.lambda_.conftest import World

ARN = "arn:aws:lambda:us-east-1:000000000000:function:"


@pytest.fixture
async def world(world: World) -> World:
    """With a function `f`, Active, and its version 1."""
    await world.create(Publish=True)
    await world.settled(qualifier="1")
    await world.settled()
    return world


async def test_an_answer(world: World) -> None:
    answer = await world.call("Invoke", FunctionName="f", Payload=b'{"a": 1}')
    assert answer == {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": b"1"}
    function, request = world.invoker.invoked[-1]
    assert (function.name, function.version) == ("f", "$LATEST")
    assert request.payload == b'{"a": 1}'
    assert (request.invoked_arn, request.log_tail, request.client_context) == (f"{ARN}f", False, None)


@pytest.mark.parametrize(
    ("params", "version", "arn"),
    [
        ({"Qualifier": "1"}, "1", f"{ARN}f:1"),
        ({"Qualifier": "$LATEST"}, "$LATEST", f"{ARN}f:$LATEST"),
        ({"FunctionName": f"{ARN}f:1"}, "1", f"{ARN}f:1"),
    ],
)
async def test_a_version(world: World, params: dict[str, str], version: str, arn: str) -> None:
    await world.call("Invoke", **({"FunctionName": "f"} | params))
    function, request = world.invoker.invoked[-1]
    assert (function.version, request.invoked_arn) == (version, arn)


async def test_a_function_that_failed_is_an_answer(world: World) -> None:
    world.invoker.answer = InvocationResult(b"{}", "$LATEST", function_error="Unhandled", log_tail=b"log\n")
    answer = await world.call("Invoke", FunctionName="f", LogType="Tail")
    assert answer["FunctionError"] == "Unhandled"
    assert answer["LogResult"] == b64encode(b"log\n").decode()
    assert world.invoker.invoked[-1][1].log_tail


async def test_trace_and_client_context_are_handed_on(world: World) -> None:
    context = b64encode(b'{"client": {}}').decode()
    await world.call("Invoke", world.ctx(trace_id="Root=1-2-3"), FunctionName="f", ClientContext=context)
    request = world.invoker.invoked[-1][1]
    assert (request.trace_id, request.client_context) == ("Root=1-2-3", '{"client": {}}')


async def test_nothing_is_an_empty_object(world: World) -> None:
    await world.call("Invoke", FunctionName="f")
    assert world.invoker.invoked[-1][1].payload == b"{}"


async def test_dry_run(world: World) -> None:
    assert await world.call("Invoke", FunctionName="f", InvocationType="DryRun") == {"StatusCode": 204}
    assert world.invoker.invoked == []
    refusal = await world.refused("Invoke", FunctionName="nobody", InvocationType="DryRun")
    assert refusal[0] == "ResourceNotFoundException"


async def test_an_event_that_is_no_json(world: World) -> None:
    code, message = await world.refused("Invoke", FunctionName="f", Payload=b"{nope}")
    assert code == "InvalidRequestContentException"
    assert message.startswith("Could not parse request body into json: ")
    assert world.invoker.invoked == []


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"FunctionName": "nobody"}, f"{ARN}nobody"),
        ({"FunctionName": "f", "Qualifier": "9"}, f"{ARN}f:9"),
        ({"FunctionName": "f", "Qualifier": "live"}, f"{ARN}f:live"),
    ],
)
async def test_not_found(world: World, params: dict[str, str], text: str) -> None:
    assert await world.refused("Invoke", **params) == ("ResourceNotFoundException", f"Function not found: {text}")


async def test_pending(world: World) -> None:
    world.gate.clear()
    await world.create("g")
    refusal = await world.refused("Invoke", FunctionName="g")
    assert refusal == (
        "ResourceConflictException",
        "The operation cannot be performed at this time. The function is currently in the following state: Pending",
    )


async def test_a_warm_invocation_reads_no_store(world: World, monkeypatch: Any) -> None:
    await world.call("Invoke", FunctionName="f")

    async def never(key: str) -> None:
        raise AssertionError(key)

    monkeypatch.setattr(world.store, "get", never)
    await world.call("Invoke", FunctionName="f")
