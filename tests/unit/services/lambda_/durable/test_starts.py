"""Invoke of a durable function."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.services.lambda_.durable.conftest import DONE, FOREVER, PENDING, Stage

INVALID = "InvalidParameterValueException"


async def waited(stage: Stage, **more: Any) -> Any:
    await stage.world.create("short", DurableConfig={"ExecutionTimeout": 900}, Publish=True)
    await stage.world.settled("short", "1")
    return await stage.world.call("Invoke", FunctionName="short:1", Payload=b"{}", **more)


async def test_a_caller_waits_for_the_end(stage: Stage) -> None:
    stage.acts = [([FOREVER | {"WaitOptions": {"WaitSeconds": 5}}], PENDING), ([], DONE)]
    shown = await waited(stage, ClientContext="e30=")
    assert (shown["StatusCode"], shown["Payload"], shown["ExecutedVersion"]) == (200, b'"done"', "1")
    assert ":short:1/durable-execution/" in shown["DurableExecutionArn"]
    assert "FunctionError" not in shown
    assert [request.client_context for _, request in stage.world.invoker.invoked] == ["{}", "{}"]


async def test_a_failure_looks_like_a_functions(stage: Stage) -> None:
    stage.acts = [([], {"Status": "FAILED", "Error": {"ErrorMessage": "boom", "ErrorType": "ValueError"}})]
    shown = await waited(stage)
    assert shown["FunctionError"] == "Unhandled"
    assert json.loads(shown["Payload"]) == {"errorMessage": "boom", "errorType": "ValueError"}


async def test_a_name_stands_for_one_execution(stage: Stage) -> None:
    stage.acts = [([], DONE)]
    arn = await stage.start(DurableExecutionName="once")
    assert "/durable-execution/once/" in arn
    assert await stage.start(DurableExecutionName="once") == arn
    await stage.ended(arn)
    assert await stage.start(DurableExecutionName="once") == arn
    given = {"FunctionName": "d", "Qualifier": "$LATEST", "InvocationType": "Event", "DurableExecutionName": "once"}
    assert await stage.world.refused("Invoke", **given, Payload=b"[2]") == (
        "DurableExecutionAlreadyStartedException",
        f"A durable execution with this name has already been started with a different payload: {arn}",
    )


@pytest.mark.parametrize(
    ("given", "code", "text"),
    [
        ({}, INVALID, "You cannot invoke a durable function using an unqualified ARN."),
        (
            {"Qualifier": "$LATEST"},
            INVALID,
            "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes.",
        ),
        (
            {"Qualifier": "$LATEST", "InvocationType": "Event", "Payload": b'"' + b"x" * 1048576 + b'"'},
            "RequestTooLargeException",
            "Request must be smaller than 1048576 bytes for the InvokeFunction operation",
        ),
    ],
)
async def test_refusals(stage: Stage, given: dict[str, Any], code: str, text: str) -> None:
    assert await stage.world.refused("Invoke", FunctionName="d", **given) == (code, text)


async def test_refusals_of_what_is_not_durable(stage: Stage) -> None:
    await stage.world.create("plain")
    await stage.world.settled("plain")
    text = "DurableExecutionName can only be specified for durable functions."
    assert await stage.world.refused("Invoke", FunctionName="plain", DurableExecutionName="n") == (INVALID, text)
    text = "Durable functions do not support InvokeWithResponseStream."
    assert await stage.world.refused("InvokeWithResponseStream", FunctionName="d") == (INVALID, text)
    text = "DurableConfig cannot be added to an existing function. Create the function with it."
    given = {"FunctionName": "plain", "DurableConfig": {"ExecutionTimeout": 5}}
    assert await stage.world.refused("UpdateFunctionConfiguration", **given) == (INVALID, text)


async def test_the_configuration_is_shown_and_changed_in_part(stage: Stage) -> None:
    shown = await stage.world.settled("d")
    assert shown["DurableConfig"] == {"ExecutionTimeout": 900_000, "RetentionPeriodInDays": 1}
    await stage.world.call("UpdateFunctionConfiguration", FunctionName="d", DurableConfig={"ExecutionTimeout": 7})
    shown = await stage.world.settled("d")
    assert shown["DurableConfig"] == {"ExecutionTimeout": 7, "RetentionPeriodInDays": 1}
