from __future__ import annotations

from typing import Any

import pytest

from lambent.services.scheduler.unsupported import REFUSED
from tests.unit.services.scheduler.conftest import World, asked

PLACE = "us-east-1:000000000000"
MACHINE, STREAM = f"arn:aws:states:{PLACE}:stateMachine:m", f"arn:aws:kinesis:{PLACE}:stream/s"


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"Target": {"Arn": MACHINE}},
            f"The target {MACHINE} is not supported by Lambent: there are no state machines of Step Functions.",
        ),
        (
            {"Target": {"Arn": STREAM, "KinesisParameters": {"PartitionKey": "k"}}},
            f"The target {STREAM} is not supported by Lambent: there are no streams of Kinesis.",
        ),
        (
            {"Target": {"KinesisParameters": {"PartitionKey": "k"}}},
            "Target.KinesisParameters is not supported by Lambent: there are no streams of Kinesis.",
        ),
        (
            {"Target": {"EventBridgePutRawEventsParameters": {}}},
            "Target.EventBridgePutRawEventsParameters is not supported by Lambent: events are put with"
            " EventBridgeParameters.",
        ),
    ],
)
async def test_what_is_not_there(world: World, more: dict[str, Any], text: str) -> None:
    assert await world.refused("CreateSchedule", **asked("rate(1 hour)", **more)) == ("ValidationException", text)


def test_every_refusal_has_a_reason() -> None:
    assert all(why for options in REFUSED.values() for why in options.values())
