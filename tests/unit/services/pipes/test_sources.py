from __future__ import annotations

import json
from typing import Any

import pytest

from lambent.model.event_source import SourceKind
from lambent.services.pipes import sources
from lambent.services.pipes.records import Pipe
from lambent.sources.base import Result
from tests.unit.services.pipes.conftest import ARN, BASE, FUNCTION, PLACE, SOURCE, World, asked

BROKER = f"arn:aws:mq:{PLACE}:broker:b:b-1"
CLUSTER = f"arn:aws:kafka:{PLACE}:cluster/c/1"
SECRET = f"arn:aws:secretsmanager:{PLACE}:secret:s"


def pipe(source: str = SOURCE, **parameters: Any) -> Pipe:
    return Pipe(**(BASE | {"source": source, "source_parameters": parameters}))


def test_a_queue() -> None:
    filters = {"Filters": [{"Pattern": '{"body": {"n": [1]}}'}]}
    given = {"BatchSize": 5, "MaximumBatchingWindowInSeconds": 3}
    mapping = sources.mapping_of(pipe(FilterCriteria=filters, SqsQueueParameters=given), 10)
    assert (mapping.kind, mapping.source_arn, mapping.batch_size, mapping.window_seconds) == (
        SourceKind.SQS,
        SOURCE,
        5,
        3.0,
    )
    assert (mapping.filters, mapping.enabled, mapping.reports_failures) == (['{"body": {"n": [1]}}'], True, True)


def test_a_pipe_that_does_not_run_is_not_read() -> None:
    for change in ({"desired": "STOPPED"}, {"current": "CREATE_FAILED"}):
        assert not sources.mapping_of(Pipe(**(BASE | change)), None).enabled


def test_a_queue_of_a_broker() -> None:
    given = {"QueueName": "work", "VirtualHost": "/v", "Credentials": {"BasicAuth": SECRET}}
    mapping = sources.mapping_of(pipe(BROKER, RabbitMQBrokerParameters=given), 10)
    assert (mapping.kind, mapping.queue, mapping.batch_size) == (SourceKind.MQ, "work", 10)
    assert mapping.access == {"BASIC_AUTH": SECRET, "VIRTUAL_HOST": "/v"}
    assert not mapping.reports_failures


def test_topics() -> None:
    given = {"TopicName": "t", "ConsumerGroupID": "g", "Credentials": {"SaslScram512Auth": SECRET}}
    managed = sources.mapping_of(pipe(CLUSTER, ManagedStreamingKafkaParameters=given), None)
    assert (managed.kind, managed.source_arn, managed.topic, managed.consumer_group, managed.batch_size) == (
        SourceKind.MSK,
        CLUSTER,
        "t",
        "g",
        100,
    )
    assert (managed.options["StartingPosition"], managed.access) == ("LATEST", {"SASL_SCRAM_512_AUTH": SECRET})
    more = {
        "TopicName": "t",
        "AdditionalBootstrapServers": ["b:2"],
        "StartingPosition": "TRIM_HORIZON",
        "ServerRootCaCertificate": SECRET,
    }
    own = sources.mapping_of(pipe("smk://a:1", SelfManagedKafkaParameters=more), None)
    assert (own.kind, own.source_arn, own.bootstrap_servers, own.consumer_group) == (
        SourceKind.KAFKA,
        "",
        "a:1,b:2",
        ARN,
    )
    assert own.access == {"SERVER_ROOT_CA_CERTIFICATE": SECRET}


@pytest.mark.parametrize("source", [f"arn:aws:kinesis:{PLACE}:stream/s", "arn:aws:dynamodb", "http://x"])
def test_no_source(source: str) -> None:
    assert sources.kind_of(source) is None


def test_events_are_taken_apart() -> None:
    event = {
        "eventSource": "aws:rmq",
        "eventSourceArn": BROKER,
        "rmqMessagesByQueue": {"work::/": [{"data": "YQ=="}, {"data": "Yg=="}]},
    }
    assert sources.records_of(json.dumps(event).encode()) == [
        {"eventSource": "aws:rmq", "eventSourceArn": BROKER, "eventSourceKey": "work::/", "data": data}
        for data in ("YQ==", "Yg==")
    ]
    event = {"eventSource": "SelfManagedKafka", "bootstrapServers": "a:1", "records": {"t-0": [{"offset": 3}]}}
    assert sources.records_of(json.dumps(event).encode()) == [
        {"eventSource": "SelfManagedKafka", "bootstrapServers": "a:1", "eventSourceKey": "t-0", "offset": 3}
    ]


def test_what_failed_comes_again() -> None:
    records = [{"messageId": "a"}, {"messageId": "b"}]
    told = sources.outcome(SourceKind.SQS, records, frozenset({1}))
    assert json.loads(told.payload) == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    assert sources.outcome(SourceKind.MQ, [{}], frozenset({0})).result is Result.FAILED
    assert sources.outcome(SourceKind.KAFKA, [{}], frozenset()).result is Result.DONE


def test_an_update_keeps_what_cannot_change() -> None:
    before = {"RabbitMQBrokerParameters": {"QueueName": "q", "BatchSize": 5, "Credentials": {"BasicAuth": "old"}}}
    after = sources.updated(before, {"RabbitMQBrokerParameters": {"Credentials": {"BasicAuth": "new"}}})
    assert after == {"RabbitMQBrokerParameters": {"QueueName": "q", "Credentials": {"BasicAuth": "new"}}}
    assert sources.updated({"FilterCriteria": {"Filters": [1]}}, {"FilterCriteria": {}}) == {"FilterCriteria": {}}


async def test_a_broker_needs_parameters(world: World) -> None:
    for source, member in ((BROKER, "RabbitMQBrokerParameters"), (CLUSTER, "ManagedStreamingKafkaParameters")):
        assert await world.refused("CreatePipe", **asked(Source=source, Target=FUNCTION)) == (
            "ValidationException",
            f"SourceParameters.{member} is required for this source.",
        )
