"""Chained invocations, with the rights of whoever asks."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.services.lambda_.durable.chained import Ended
from lambent.services.lambda_.durable.values import OperationStatus
from tests.unit.services.lambda_.durable.conftest import DONE, PENDING, Stage

INVOKE = {
    "Id": "x",
    "Type": "CHAINED_INVOKE",
    "Action": "START",
    "Payload": "[1]",
    "ChainedInvokeOptions": {"FunctionName": "plain"},
}


async def seen(stage: Stage, answer: Any) -> dict[str, Any]:
    """The operation as the function sees it at last."""
    stage.answers = [ApiError("TooManyRequestsException", "full"), answer]
    stage.acts = [([INVOKE], PENDING), ([], DONE)]
    assert (await stage.ended(await stage.start()))["Status"] == "SUCCEEDED"
    return dict(stage.events[1]["InitialExecutionState"]["Operations"][1])


@pytest.mark.parametrize(
    ("answer", "status", "details"),
    [
        ({"Payload": b'{"a":1}'}, "SUCCEEDED", {"Result": '{"a":1}'}),
        (
            {"Payload": b'{"errorType":"E"}', "FunctionError": "Unhandled"},
            "FAILED",
            {"Error": {"ErrorType": "E"}},
        ),
        (
            ApiError("AccessDeniedException", "no"),
            "FAILED",
            {"Error": {"ErrorMessage": "no", "ErrorType": "AccessDeniedException"}},
        ),
        (
            {"Payload": b"x" * 1048577},
            "FAILED",
            {
                "Error": {
                    "ErrorMessage": "CHAINED_INVOKE output payload size must be less than or equal to 1048576 bytes.",
                    "ErrorType": "InvalidParameterValueException",
                }
            },
        ),
    ],
    ids=["result", "error", "refused", "large"],
)
async def test_ends(stage: Stage, answer: Any, status: str, details: dict[str, Any]) -> None:
    operation = await seen(stage, answer)
    assert (operation["Status"], operation["ChainedInvokeDetails"]) == (status, details)
    ctx, action, params = stage.called[-1]
    assert (ctx.principal.role, action) == ("r", "lambda:Invoke")
    assert params == {"FunctionName": "plain", "InvocationType": "RequestResponse", "Payload": b"[1]"}


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_durable_function_is_begun_by_name_and_waited_for(stage: Stage, stopped: bool) -> None:
    stage.acts = [([], PENDING if stopped else DONE)]
    child = await stage.start(DurableExecutionName="child")
    if stopped:
        await stage.world.call("StopDurableExecution", DurableExecutionArn=child, Error={"ErrorType": "S"})
    await stage.idle()
    target = INVOKE | {"ChainedInvokeOptions": {"FunctionName": "d:$LATEST"}}
    stage.answers = [{"DurableExecutionArn": child}]
    stage.acts = [([target], PENDING), ([], DONE)]
    await stage.ended(await stage.start())
    _, _, params = stage.called[0]
    assert params["InvocationType"] == "Event"
    assert params["DurableExecutionName"].startswith("chained-")
    status = OperationStatus.STOPPED if stopped else OperationStatus.SUCCEEDED
    assert stage.events[-1]["InitialExecutionState"]["Operations"][1]["Status"] == status


def test_an_end_without_anything() -> None:
    assert Ended(OperationStatus.SUCCEEDED) == (OperationStatus.SUCCEEDED, None, None)
