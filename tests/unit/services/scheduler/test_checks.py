"""What of a request the model cannot say is wrong; the refusals to the letter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.services.scheduler.conftest import LETTERS, START, World, asked


def moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(START + seconds, UTC)


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"ScheduleExpression": "cron(0 10 * * * *)"}, "Invalid Schedule Expression cron(0 10 * * * *)."),
        ({"ScheduleExpression": "rate(0 minutes)"}, "Invalid Schedule Expression rate(0 minutes)."),
        ({"ScheduleExpressionTimezone": "Mars/Olympus"}, "Invalid ScheduleExpressionTimezone Mars/Olympus."),
        ({"ScheduleExpressionTimezone": "../etc/passwd"}, "Invalid ScheduleExpressionTimezone ../etc/passwd."),
        ({"StartDate": moment(-301)}, "The StartDate you specify cannot be earlier than 5 minutes ago."),
        ({"EndDate": moment(0)}, "The EndDate you specify must come after the current time."),
        (
            {"StartDate": moment(20), "EndDate": moment(10)},
            "The StartDate you specify must come before the EndDate.",
        ),
        (
            {"FlexibleTimeWindow": {"Mode": "FLEXIBLE"}},
            "MaximumWindowInMinutes must be provided when the FlexibleTimeWindow Mode is FLEXIBLE.",
        ),
        (
            {"FlexibleTimeWindow": {"Mode": "OFF", "MaximumWindowInMinutes": 5}},
            "MaximumWindowInMinutes must not be provided when the FlexibleTimeWindow Mode is OFF.",
        ),
        (
            {"Target": {"RoleArn": "arn:aws:iam::000000000000:role/other"}},
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ),
        (
            {"Target": {"DeadLetterConfig": {"Arn": f"{LETTERS}.fifo"}}},
            "A dead-letter queue must be a standard queue.",
        ),
        (
            {"KmsKeyArn": "arn:aws:kms:us-east-1:000000000000:key/1"},
            "KmsKeyArn is not supported by Lambent: schedules are kept under the server's master key.",
        ),
    ],
)
async def test_what_is_refused(world: World, more: dict[str, Any], text: str) -> None:
    assert await world.refused("CreateSchedule", **(asked("rate(1 hour)", **more) | _plain(more))) == (
        "ValidationException",
        text,
    )


async def test_a_start_a_moment_ago_is_fine(world: World) -> None:
    await world.create("rate(1 hour)", StartDate=moment(-299))
    assert (await world.call("GetSchedule", Name="tick"))["StartDate"] == START - 299


def _plain(more: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in more.items() if name != "Target"}
