"""Which options go with which source: every kind at its fullest, and every way to be wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lambent.model.errors import ApiError
from lambent.model.event_source import SourceKind
from lambent.services.lambda_ import event_source_options as options

HERE = "us-east-1:000000000000"
ARNS = {
    SourceKind.SQS: f"arn:aws:sqs:{HERE}:q",
    SourceKind.KINESIS: f"arn:aws:kinesis:{HERE}:stream/s",
    SourceKind.DYNAMODB: f"arn:aws:dynamodb:{HERE}:table/t/stream/2026-01-01T00:00:00.000",
    SourceKind.MSK: f"arn:aws:kafka:{HERE}:cluster/c/1",
    SourceKind.MQ: f"arn:aws:mq:{HERE}:broker:b:b-1",
    SourceKind.DOCUMENTDB: f"arn:aws:rds:{HERE}:cluster:c",
}
POLLERS = {"ProvisionedPollerConfig": {"MinimumPollers": 3}}
BASIC = {"SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": "x"}]}
RETRYING = {
    "DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::b"}},
    "MaximumRecordAgeInSeconds": 60,
    "MaximumRetryAttempts": 3,
    "BisectBatchOnFunctionError": True,
    "FunctionResponseTypes": ["ReportBatchItemFailures"],
}
STREAM = RETRYING | {"ParallelizationFactor": 2, "TumblingWindowInSeconds": 5}
KAFKA = RETRYING | POLLERS | {"Topics": ["t"], "StartingPosition": "LATEST"}
FULL: dict[SourceKind, dict[str, Any]] = {
    SourceKind.SQS: {"ScalingConfig": {"MaximumConcurrency": 2}, "MaximumBatchingWindowInSeconds": 1},
    SourceKind.KINESIS: STREAM,
    SourceKind.DYNAMODB: STREAM,
    SourceKind.MSK: KAFKA | {"SourceAccessConfigurations": [{"Type": "SASL_SCRAM_512_AUTH", "URI": "x"}]},
    SourceKind.KAFKA: KAFKA | BASIC,
    SourceKind.MQ: BASIC | {"Queues": ["q"]},
    SourceKind.DOCUMENTDB: BASIC | {"DocumentDBEventSourceConfig": {"DatabaseName": "d"}},
}


def refusal(kind: SourceKind, **more: Any) -> str:
    with pytest.raises(ApiError) as caught:
        options.completed(kind, FULL[kind] | more)
    assert caught.value.code == "InvalidParameterValueException"
    return caught.value.message


@pytest.mark.parametrize("kind", SourceKind)
def test_each_kind_takes_its_options_and_no_others(kind: SourceKind) -> None:
    found = options.completed(kind, FULL[kind])
    filled = {"ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 200}}
    assert found == options.defaults(kind) | FULL[kind] | {key: filled[key] for key in filled if key in FULL[kind]}
    for name, kinds in options.TAKEN.items():
        if kind not in kinds:
            text = f"Unsupported {name} parameter for given event source mapping type."
            assert refusal(kind, **{name: ["something"]}) == text
            assert name not in options.completed(kind, FULL[kind] | {name: []})


@pytest.mark.parametrize(("kind", "arn"), ARNS.items())
def test_kinds_by_arn(kind: SourceKind, arn: str) -> None:
    assert options.kind_of({"EventSourceArn": arn}, "us-east-1") is kind
    with pytest.raises(ApiError, match="must be in the same region"):
        options.kind_of({"EventSourceArn": arn}, "eu-west-1")


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "Unrecognized event source."),
        ({"EventSourceArn": "arn:aws:s3:::b"}, "Unrecognized event source, must be kinesis, dynamodb stream, sqs"),
        ({"EventSourceArn": f"arn:aws:sqs:{HERE}:q", "SelfManagedEventSource": {"Endpoints": {}}}, "together"),
    ],
)
def test_what_is_no_source(params: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError, match=text):
        options.kind_of(params, "us-east-1")


def test_a_cluster_of_ones_own() -> None:
    source = {"SelfManagedEventSource": {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["k:9092"]}}}
    assert options.kind_of(source, "us-east-1") is SourceKind.KAFKA


def test_times_are_kept_as_seconds_and_strangers_not_at_all() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert options.given({"StartingPositionTimestamp": at, "FunctionName": "f", "BatchSize": 1}) == {
        "StartingPositionTimestamp": at.timestamp(),
        "BatchSize": 1,
    }


@pytest.mark.parametrize(
    ("kind", "more", "text"),
    [
        (SourceKind.MSK, {"Topics": []}, "Topics is required for Amazon MSK event source mappings."),
        (SourceKind.MQ, {"Queues": []}, "Queues is required for Amazon MQ event source mappings."),
        (
            SourceKind.DOCUMENTDB,
            {"DocumentDBEventSourceConfig": {"CollectionName": "c"}},
            "DocumentDBEventSourceConfig.DatabaseName is required for Amazon DocumentDB event source mappings.",
        ),
        (SourceKind.SQS, {"FilterCriteria": {"Filters": [{}] * 6}}, "The number of filters exceeds the limit of 5."),
        (SourceKind.SQS, {"FilterCriteria": {"Filters": [{"Pattern": "x"}]}}, "Invalid filter pattern definition."),
        (SourceKind.SQS, {"FilterCriteria": {"Filters": [{}]}}, "Invalid filter pattern definition."),
        (
            SourceKind.KINESIS,
            {"MaximumRecordAgeInSeconds": 59},
            "MaximumRecordAgeInSeconds must be -1, or between 60 and 604800.",
        ),
        (
            SourceKind.KINESIS,
            {"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:x"}}},
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            SourceKind.KINESIS,
            {"DestinationConfig": {"OnFailure": {"Destination": "kafka://t"}}},
            "The destination must be an SQS queue, an SNS topic or an S3 bucket. Unsupported destination: kafka://t",
        ),
        (
            SourceKind.MSK,
            {"ProvisionedPollerConfig": {}},
            "FunctionResponseTypes for Kafka event sources requires ProvisionedPollerConfig.",
        ),
        (
            SourceKind.SQS,
            POLLERS,
            "ScalingConfig.MaximumConcurrency and ProvisionedPollerConfig cannot be used together.",
        ),
        (
            SourceKind.SQS,
            {"ScalingConfig": {}, "ProvisionedPollerConfig": {"MinimumPollers": 1}},
            "MinimumPollers must be between 2 and 200, and MaximumPollers between MinimumPollers and 2000.",
        ),
        (
            SourceKind.SQS,
            {"ScalingConfig": {}, "ProvisionedPollerConfig": {"MinimumPollers": 9, "MaximumPollers": 8}},
            "MinimumPollers must be between 2 and 200, and MaximumPollers between MinimumPollers and 2000.",
        ),
        (
            SourceKind.SQS,
            {"ScalingConfig": {}, "ProvisionedPollerConfig": {"PollerGroupName": "g"}},
            "Unsupported ProvisionedPollerConfig.PollerGroupName parameter for given event source mapping type.",
        ),
        (
            SourceKind.DOCUMENTDB,
            {"SourceAccessConfigurations": [{"Type": "VIRTUAL_HOST"}]},
            "Unsupported SourceAccessConfiguration type VIRTUAL_HOST for Amazon DocumentDB event source mappings.",
        ),
        (
            SourceKind.KAFKA,
            {"SourceAccessConfigurations": [{"Type": "VPC_SUBNET", "URI": "subnet:s"}]},
            "The SourceAccessConfiguration type VPC_SUBNET is not supported by Lambent yet: sources are reached by the"
            " server's own network",
        ),
        (
            SourceKind.KAFKA,
            {"DestinationConfig": {"OnFailure": {"Destination": "kafka://t"}}},
            "The on-failure destination kafka://t is the topic that the mapping reads.",
        ),
    ],
)
def test_refusals(kind: SourceKind, more: dict[str, Any], text: str) -> None:
    assert refusal(kind, **more) == text


@pytest.mark.parametrize(
    ("size", "window", "fifo", "text"),
    [
        (10, 0, True, ""),
        (10_000, 1, False, ""),
        (11, 0, False, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than"),
        (11, 0, True, "Maximum batch size must be less than or equal to 10 for FIFO queues."),
        (10, 1, True, "Batching window is not supported for FIFO queues."),
    ],
)
def test_batches_of_a_queue(size: int, window: int, fifo: bool, text: str) -> None:
    found = {"BatchSize": size, "MaximumBatchingWindowInSeconds": window}
    if not text:
        options.check_queue(found, fifo=fifo)
        return
    with pytest.raises(ApiError) as caught:
        options.check_queue(found, fifo=fifo)
    assert caught.value.message.startswith(text)


@pytest.mark.parametrize(
    ("kind", "position", "at", "text"),
    [
        (SourceKind.SQS, None, None, ""),
        (SourceKind.KINESIS, "AT_TIMESTAMP", 10.0, ""),
        (SourceKind.DYNAMODB, "TRIM_HORIZON", None, ""),
        (
            SourceKind.KINESIS,
            None,
            None,
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must"
            " not be null.",
        ),
        (
            SourceKind.KINESIS,
            "LATEST",
            10.0,
            "StartingPositionTimestamp can only be specified when StartingPosition is AT_TIMESTAMP.",
        ),
        (
            SourceKind.MSK,
            "AT_TIMESTAMP",
            None,
            "StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.",
        ),
        (SourceKind.MSK, "AT_TIMESTAMP", 21.0, "StartingPositionTimestamp cannot be in the future."),
        (SourceKind.DYNAMODB, "AT_TIMESTAMP", 10.0, "Unsupported starting position for arn type: arn:x"),
    ],
)
def test_positions(kind: SourceKind, position: str | None, at: float | None, text: str) -> None:
    given = {"StartingPosition": position, "StartingPositionTimestamp": at}
    if not text:
        options.check_position(kind, given, "arn:x", 20.0)
        return
    with pytest.raises(ApiError) as caught:
        options.check_position(kind, given, "arn:x", 20.0)
    assert caught.value.message == text


def test_share_groups_have_no_position() -> None:
    queue = {"SelfManagedKafkaEventSourceConfig": {"ConsumptionMode": "Queue"}}
    options.check_position(SourceKind.KAFKA, queue, "", 0)
    with pytest.raises(ApiError, match="Unsupported StartingPosition parameter"):
        options.check_position(SourceKind.KAFKA, queue | {"StartingPosition": "LATEST"}, "", 0)
