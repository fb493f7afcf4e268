"""Who calls back, and who cannot."""

from __future__ import annotations

from typing import Any

import pytest

from lambent.services.lambda_.durable.tokens import callback_id
from tests.unit.services.lambda_.durable.conftest import CALLBACK, DONE, PENDING, Stage
from tests.unit.services.lambda_.durable.making import ARN

SUCCESS, FAILURE, HEARTBEAT = (f"SendDurableExecutionCallback{name}" for name in ("Success", "Failure", "Heartbeat"))


async def waiting(stage: Stage, **options: Any) -> tuple[str, str]:
    """An execution that waits, and its callback's id."""
    stage.acts = [([CALLBACK | ({"CallbackOptions": options} if options else {})], PENDING), ([], DONE)]
    arn = await stage.start()
    await stage.idle()
    (told,) = stage.told[0]["NewExecutionState"]["Operations"]
    return arn, told["CallbackDetails"]["CallbackId"]


@pytest.mark.parametrize(
    ("operation", "given", "status", "details"),
    [
        (SUCCESS, {"Result": b"42"}, "SUCCEEDED", {"Result": "42"}),
        (FAILURE, {"Error": {"ErrorType": "E"}}, "FAILED", {"Error": {"ErrorType": "E"}}),
    ],
)
async def test_the_function_is_told(
    stage: Stage, operation: str, given: dict[str, Any], status: str, details: dict[str, Any]
) -> None:
    arn, callback = await waiting(stage)
    await stage.world.call(operation, CallbackId=callback, **given)
    assert (await stage.ended(arn))["Status"] == "SUCCEEDED"
    seen = stage.events[1]["InitialExecutionState"]["Operations"][1]
    assert (seen["Status"], seen["CallbackDetails"]) == (status, {"CallbackId": callback} | details)
    assert await stage.world.refused(SUCCESS, CallbackId=callback) == (
        "InvalidParameterValueException",
        f"Callback {callback} is already completed.",
    )


async def test_heartbeats(stage: Stage) -> None:
    _, callback = await waiting(stage, HeartbeatTimeoutSeconds=10_000)
    stage.world.clock.at += 9_000
    await stage.world.call(HEARTBEAT, CallbackId=callback)
    stage.world.clock.at += 9_000
    await stage.world.call(HEARTBEAT, CallbackId=callback)


async def test_too_late(stage: Stage) -> None:
    _, callback = await waiting(stage, TimeoutSeconds=10_000)
    stage.world.clock.at += 10_000
    for _ in range(2):
        assert await stage.world.refused(HEARTBEAT, CallbackId=callback) == (
            "CallbackTimeoutException",
            f"Callback {callback} has timed out.",
        )
        await stage.idle()


async def test_of_nothing(stage: Stage) -> None:
    for made in ("AAAA", callback_id(ARN, "c")):
        text = f"Callback does not exist: {made}"
        assert await stage.world.refused(SUCCESS, CallbackId=made) == ("ResourceNotFoundException", text)
