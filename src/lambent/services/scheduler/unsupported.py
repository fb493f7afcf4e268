"""Options of the Scheduler that Lambent refuses by name, and why. COMPATIBILITY.md is made from this list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.services.scheduler import errors

_TARGETS: Mapping[str, str] = {
    "EcsParameters": "there are no tasks of ECS",
    "KinesisParameters": "there are no streams of Kinesis",
    "SageMakerPipelineParameters": "there are no pipelines of SageMaker",
    "EventBridgePutEventsV2Parameters": "events are put with EventBridgeParameters",
    "EventBridgePutRawEventsParameters": "events are put with EventBridgeParameters",
}
_ARNS: Mapping[str, str] = {
    "codebuild": "there is no CodeBuild",
    "codepipeline": "there is no CodePipeline",
    "ecs": "there are no tasks of ECS",
    "firehose": "there are no streams of Firehose",
    "inspector": "there is no Inspector",
    "kinesis": "there are no streams of Kinesis",
    "sagemaker": "there are no pipelines of SageMaker",
    "states": "there are no state machines of Step Functions",
}
"""Templated targets by the service in their ARN."""

KEYS = "schedules are kept under the server's master key"
_OPTIONS: Mapping[str, str] = {
    "KmsKeyArn": KEYS,
    **{f"Target.Arn=arn:aws:{service}:...": why for service, why in _ARNS.items()},
    **{f"Target.{member}": why for member, why in _TARGETS.items()},
}
REFUSED: Mapping[str, Mapping[str, str]] = {"CreateSchedule": _OPTIONS, "UpdateSchedule": _OPTIONS}
"""Operation -> option -> why."""


def check(given: Mapping[str, Any]) -> None:
    """Refuse what a request for a schedule asks for that is not there. Raises ApiError."""
    if given.get("KmsKeyArn"):
        raise errors.unsupported("KmsKeyArn", KEYS)
    target = given["Target"]
    service = next(iter(target["Arn"].split(":")[2:3]), "")
    if service in _ARNS:
        raise errors.unsupported(f"The target {target['Arn']}", _ARNS[service])
    for member, why in _TARGETS.items():
        if target.get(member) is not None:
            raise errors.unsupported(f"Target.{member}", why)
