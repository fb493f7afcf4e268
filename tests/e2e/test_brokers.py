"""A topic and a queue of real brokers feed a function: addresses, secrets in the function's name, events, results."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lambent.cli.local_server import LocalServer
from tests import rabbit
from tests.api.conftest import Server, parameters

kafka = pytest.importorskip("confluent_kafka", reason="confluent-kafka is not installed")
pika = pytest.importorskip("pika", reason="pika is not installed")

BROKER = "arn:aws:mq:us-east-1:000000000000:broker:mine:b-1"
ROLE_READS = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*"}
SOURCE = """
import base64

def handler(event, context):
    groups = event.get("records") or event["rmqMessagesByQueue"]
    for name, records in groups.items():
        for record in records:
            body = base64.b64decode(record.get("value") or record["data"]).decode()
            print("seen", event["eventSource"], name, body)
            if body == "poison":
                raise ValueError(body)
"""


class Scene:
    """A server, with a function that feeds on what a test says."""

    def __init__(self, server: Server, port: int) -> None:
        self.server = server
        self.port = port
        self.aws = server.client()
        self.secrets = server.client("secretsmanager")

    def map(self, **options: Any) -> str:
        given = {"FunctionName": "f", "BatchSize": 1, "MaximumBatchingWindowInSeconds": 0} | options
        return str(self.aws.create_event_source_mapping(**given)["UUID"])

    def result(self, uuid: str) -> str:
        return str(self.aws.get_event_source_mapping(UUID=uuid)["LastProcessingResult"])

    def seen(self) -> list[str]:
        files = sorted(self.server.data.glob("logs/**/*.log"))
        lines = (line for file in files for line in file.read_text().splitlines())
        return [line.partition("seen ")[2].partition("\\n")[0].rstrip('"') for line in lines if "seen " in line]


def until(what: Callable[[], Any]) -> None:
    for _ in range(600):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it never was")


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if not rabbit.PROGRAM.exists():
        pytest.skip("RabbitMQ is not installed")
    with rabbit.broker(tmp_path_factory.mktemp("rabbit")) as port, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAMBENT_BROKERS", json.dumps({BROKER: f"amqp://127.0.0.1:{port}"}))
        with LocalServer(tmp_path_factory.mktemp("server") / "data") as process:
            server = Server(process)
            made = Scene(server, port)
            made.aws.create_function(**parameters("f", SOURCE))
            made.aws.get_waiter("function_active_v2").wait(FunctionName="f", WaiterConfig={"Delay": 0.05})
            yield made
            server.close()


def test_both_feed_a_function(scene: Scene) -> None:
    from tests.kafka import MockCluster

    access = [{"Type": "BASIC_AUTH", "URI": "broker"}]
    queue = {"EventSourceArn": BROKER, "Queues": ["work"], "SourceAccessConfigurations": access}
    scene.secrets.create_secret(Name="broker", SecretString='{"username": "guest", "password": "guest"}')
    with pytest.raises(scene.aws.exceptions.InvalidParameterValueException, match="not authorized to perform: secrets"):
        scene.map(**queue)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [ROLE_READS]})
    iam = scene.server.client("iam")
    iam.put_role_policy(RoleName="worker", PolicyName="secrets", PolicyDocument=policy)

    cluster = MockCluster()
    cluster.send("topic", "one", "poison", "two")
    servers = {"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": [cluster.servers]}}
    topic = {"SelfManagedEventSource": servers, "Topics": ["topic"], "StartingPosition": "TRIM_HORIZON"}
    records = scene.map(
        **topic,
        ProvisionedPollerConfig={"MinimumPollers": 1, "MaximumPollers": 1},
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": "kafka://dead"}},
    )

    rabbit.ready(scene.port)
    with pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", scene.port)) as connection:
        channel = connection.channel()
        channel.queue_declare("work")
        messages = scene.map(**queue)
        for body in ("three", "four"):
            channel.basic_publish("", "work", body)
        kinds = ["aws:rmq work::/ three", "aws:rmq work::/ four"]
        kinds += [f"SelfManagedKafka topic-0 {body}" for body in ("one", "poison", "two")]
        until(lambda: sorted(scene.seen()) == sorted(kinds))
        until(lambda: scene.result(messages) == scene.result(records) == "OK")
        assert channel.queue_declare("work", passive=True).method.message_count == 0
    told = json.loads(cluster.read("dead", 1)[0])
    assert told["KafkaBatchInfo"]["recordInfo"]["offset"] == "1"
    for uuid in (messages, records):
        scene.aws.delete_event_source_mapping(UUID=uuid)
    until(lambda: not scene.aws.list_event_source_mappings()["EventSourceMappings"])
    assert cluster.committed(records, "topic") == 3


def test_both_flow_through_pipes(scene: Scene) -> None:
    from tests.kafka import MockCluster

    iam, pipes, sqs = (scene.server.client(name) for name in ("iam", "pipes", "sqs"))
    trust = {"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="pipes", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    sends = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [ROLE_READS, sends]})
    iam.put_role_policy(RoleName="pipes", PolicyName="flow", PolicyDocument=document)
    secret = scene.secrets.create_secret(Name="pipe", SecretString='{"username": "guest", "password": "guest"}')["ARN"]
    url = sqs.create_queue(QueueName="out")["QueueUrl"]
    ends = {"Target": "arn:aws:sqs:us-east-1:000000000000:out", "RoleArn": role}
    template = {"InputTemplate": "<$.eventSource> <$.eventSourceKey> <$.value.n><$.data.n>"}
    cluster = MockCluster()
    cluster.send("flow", '{"n": 1}', '{"n": 2}')
    pipes.create_pipe(
        Name="topic",
        Source=f"smk://{cluster.servers}",
        SourceParameters={
            "FilterCriteria": {"Filters": [{"Pattern": '{"value": {"n": [2]}}'}]},
            "SelfManagedKafkaParameters": {"TopicName": "flow", "StartingPosition": "TRIM_HORIZON"},
        },
        TargetParameters=template,
        **ends,
    )
    rabbit.ready(scene.port)
    with pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", scene.port)) as connection:
        channel = connection.channel()
        channel.queue_declare("flow")
        channel.basic_publish("", "flow", '{"n": 3}')
        given = {"QueueName": "flow", "Credentials": {"BasicAuth": secret}}
        pipes.create_pipe(
            Name="queue",
            Source=BROKER,
            SourceParameters={"RabbitMQBrokerParameters": given},
            TargetParameters=template,
            **ends,
        )
        bodies: list[str] = []

        def both() -> bool:
            found = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
            bodies.extend(message["Body"] for message in found.get("Messages", []))
            return len(bodies) == 2

        until(both)
    assert sorted(bodies) == ["SelfManagedKafka flow-0 2", "aws:rmq flow::/ 3"]
    for name in ("topic", "queue"):
        pipes.delete_pipe(Name=name)
    until(lambda: not pipes.list_pipes()["Pipes"])
