"""What a mapping says through its properties."""

from __future__ import annotations

import msgspec

from lambent.model.event_source import EventSourceMapping, MappingState, SourceKind

PLAIN = EventSourceMapping(
    "u",
    "000000000000",
    "us-east-1",
    SourceKind.SQS,
    "f",
    "",
    "arn:aws:sqs:us-east-1:000000000000:q",
    True,
    MappingState.ENABLED,
    1.0,
    {"BatchSize": 7},
)
FULL = msgspec.structs.replace(
    PLAIN,
    qualifier="live",
    source_arn=PLAIN.source_arn + ".fifo",
    options={
        "BatchSize": 1,
        "MaximumBatchingWindowInSeconds": 3,
        "FilterCriteria": {"Filters": [{"Pattern": "p"}, {}]},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
        "ProvisionedPollerConfig": {"MinimumPollers": 3, "MaximumPollers": 4},
    },
)


def test_what_is_not_said() -> None:
    assert PLAIN.arn == "arn:aws:lambda:us-east-1:000000000000:event-source-mapping:u"
    assert PLAIN.function_arn == "arn:aws:lambda:us-east-1:000000000000:function:f"
    assert (PLAIN.batch_size, PLAIN.window_seconds, PLAIN.filters, PLAIN.is_fifo) == (7, 0, [], False)
    assert not PLAIN.reports_failures
    assert (PLAIN.maximum_concurrency, PLAIN.provisioned_pollers) == (None, None)


def test_brokers() -> None:
    cluster = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a:1", "b:2"]}}
    options = {"BatchSize": 1, "Topics": ["t"], "Queues": ["q"], "SelfManagedEventSource": cluster}
    topic = msgspec.structs.replace(PLAIN, kind=SourceKind.KAFKA, options=options)
    assert (topic.window_seconds, topic.topic, topic.queue) == (0.5, "t", "q")
    assert (topic.bootstrap_servers, topic.consumer_group, topic.on_failure) == ("a:1,b:2", "u", "")
    more = {
        "SourceAccessConfigurations": [{"Type": "BASIC_AUTH", "URI": "s"}],
        "SelfManagedKafkaEventSourceConfig": {"ConsumerGroupId": "g"},
        "DestinationConfig": {"OnFailure": {"Destination": "kafka://d"}},
    }
    topic = msgspec.structs.replace(topic, options=options | more)
    assert (topic.access, topic.consumer_group, topic.on_failure) == ({"BASIC_AUTH": "s"}, "g", "kafka://d")


def test_what_is_said() -> None:
    assert FULL.function_arn == "arn:aws:lambda:us-east-1:000000000000:function:f:live"
    assert (FULL.window_seconds, FULL.filters, FULL.is_fifo) == (3, ["p"], True)
    assert FULL.reports_failures
    assert (FULL.maximum_concurrency, FULL.provisioned_pollers) == (2, (3, 4))
