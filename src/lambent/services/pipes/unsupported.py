"""Options of Pipes that Lambent refuses by name, and why. COMPATIBILITY.md is made from this list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lambent.services.pipes import errors
from lambent.services.pipes.sources import kind_of

SERVED = ("lambda", "sqs", "sns", "events", "logs")
"""The services whose resources can be targets; of EventBridge's own, buses."""

_OPTIONS: Mapping[str, str] = {
    "KmsKeyIdentifier": "pipes are kept under the server's master key",
    "LogConfiguration.Level": "what fails in a pipe is in the server's own log",
    "Source": "pipes read queues of SQS and RabbitMQ, and topics of Kafka",
    "SourceParameters.ActiveMQBrokerParameters": "there is no client of ActiveMQ at hand",
    "SourceParameters.DynamoDBStreamParameters": "there are no streams of DynamoDB",
    "SourceParameters.KinesisStreamParameters": "there are no streams of Kinesis",
    "SourceParameters.SelfManagedKafkaParameters.Vpc": "brokers are reached over the machine's own network",
    "Enrichment": "only functions enrich",
    "EnrichmentParameters.HttpParameters": "there are no API destinations and gateways",
    "Target": f"pipes send to {', '.join(SERVED)} (buses)",
    "TargetParameters.BatchJobParameters": "there are no jobs of Batch",
    "TargetParameters.EcsTaskParameters": "there are no tasks of ECS",
    "TargetParameters.HttpParameters": "there are no API destinations and gateways",
    "TargetParameters.KinesisStreamParameters": "there are no streams of Kinesis",
    "TargetParameters.RedshiftDataParameters": "there is no Redshift",
    "TargetParameters.SageMakerPipelineParameters": "there are no pipelines of SageMaker",
    "TargetParameters.StepFunctionStateMachineParameters": "there are no state machines of Step Functions",
    "TargetParameters.TimestreamParameters": "there is no Timestream",
    "TargetParameters.EventBridgeEventBusParameters.EndpointId": "there are no global endpoints",
}
REFUSED: Mapping[str, Mapping[str, str]] = {"CreatePipe": _OPTIONS, "UpdatePipe": _OPTIONS}
"""Operation -> option -> why."""

_ARNS = ("Source", "Enrichment", "Target")
"""Refused by what they name."""


def check(given: Mapping[str, Any]) -> None:
    """Refuse what a request for a pipe asks for that is not there. `LogConfiguration.Level` OFF asks for nothing.

    Raises ApiError.
    """
    check_ends(given.get("Source"), given.get("Enrichment"), given.get("Target"))
    for option, why in _OPTIONS.items():
        value: Any = given
        for name in option.split("."):
            value = (value or {}).get(name)
        if option not in _ARNS and value is not None and value != "OFF":
            raise errors.unsupported(option, why)


def check_ends(source: str | None, enrichment: str | None, target: str | None) -> None:
    """Whether those that are given can be the ends of a pipe. Raises ApiError."""
    if source is not None and kind_of(source) is None:
        raise errors.unsupported(f"The source {source}", _OPTIONS["Source"])
    if enrichment and not enrichment.startswith("arn:aws:lambda:"):
        raise errors.unsupported(f"The enrichment {enrichment}", _OPTIONS["Enrichment"])
    if target is not None and (target.split(":")[2] not in SERVED or ":api-destination/" in target):
        raise errors.unsupported(f"The target {target}", _OPTIONS["Target"])
