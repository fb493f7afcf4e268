from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.pipes.conftest import BUS, FUNCTION, PLACE, QUEUE, SOURCE, TOPIC, World, asked


@pytest.mark.parametrize(
    ("more", "text"),
    [
        (
            {"RoleArn": "arn:aws:iam::000000000000:role/other"},
            "Unable to assume role arn:aws:iam::000000000000:role/other:"
            " it must allow pipes.amazonaws.com to assume it.",
        ),
        (
            {"SourceParameters": {"FilterCriteria": {"Filters": [{"Pattern": "{"}]}}},
            "Invalid filter pattern specified: {",
        ),
        (
            {"SourceParameters": {"ManagedStreamingKafkaParameters": {"TopicName": "t"}}},
            "SourceParameters.ManagedStreamingKafkaParameters is not supported for this pipe.",
        ),
        (
            {"SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}},
            "BatchSize 11 is larger than 10, the most that the target takes.",
        ),
        (
            {"Target": FUNCTION, "SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}}},
            "BatchSize 11 is larger than 10, the most without MaximumBatchingWindowInSeconds of at least 1.",
        ),
        (
            {
                "Source": f"{SOURCE}.fifo",
                "Target": FUNCTION,
                "SourceParameters": {"SqsQueueParameters": {"BatchSize": 11}},
            },
            "BatchSize 11 is larger than 10, the most that a FIFO queue gives.",
        ),
        (
            {"TargetParameters": {"LambdaFunctionParameters": {"InvocationType": "FIRE_AND_FORGET"}}},
            "TargetParameters.LambdaFunctionParameters is not supported for this pipe.",
        ),
        (
            {"Target": BUS, "TargetParameters": {"EventBridgeEventBusParameters": {"DetailType": "$.["}}},
            "Invalid JSON path: $.[",
        ),
        (
            {"Target": f"{QUEUE}.fifo"},
            "SqsQueueParameters.MessageGroupId is required for this target.",
        ),
        (
            {"Target": f"{TOPIC}.fifo"},
            "A FIFO topic as a target is not supported by Lambent: it has no place for a message group.",
        ),
        (
            {"Target": f"arn:aws:logs:{PLACE}:log-group:g"},
            "CloudWatchLogsParameters.LogStreamName is required for this target.",
        ),
        (
            {"TargetParameters": {"InputTemplate": "<aws.pipes.no>"}},
            "Invalid InputTemplate: <aws.pipes.no> is no reserved variable.",
        ),
    ],
)
async def test_what_is_refused(world: World, more: dict[str, Any], text: str) -> None:
    assert await world.refused("CreatePipe", **asked(**more)) == ("ValidationException", text)


async def test_a_service_that_is_not_served(world: World) -> None:
    world.served.discard("sns")
    assert await world.refused("CreatePipe", **asked(Target=TOPIC)) == (
        "ValidationException",
        f"The target {TOPIC} is not supported by Lambent: there is no service sns to call.",
    )
