"""A pipe with boto3 against a real server: a queue, a filter, a function that enriches, and a queue behind it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.api.conftest import ACCOUNT, REGION, Server

ROLE = f"arn:aws:iam::{ACCOUNT}:role/pipes"
ENRICH = """
def handler(event, context):
    assert isinstance(event, list), event
    return [{"id": each["id"], "total": each["price"] * 2} for each in event]
"""


def arn(queue: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"


@pytest.fixture(scope="module")
def pipes(server: Server) -> Any:
    """A client, where there is a role for pipes, and queues."""
    iam, sqs = server.client("iam"), server.client("sqs")
    trust = {"Effect": "Allow", "Principal": {"Service": "pipes.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="pipes", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    actions = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
    allowed = [
        {"Effect": "Allow", "Action": actions, "Resource": arn("pipe-in")},
        {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": arn("pipe-out")},
        {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": allowed})
    iam.put_role_policy(RoleName="pipes", PolicyName="flow", PolicyDocument=document)
    for name in ("pipe-in", "pipe-out", "pipe-closed"):
        sqs.create_queue(QueueName=name)
    return server.client("pipes")


def settled(pipes: Any, name: str) -> dict[str, Any]:
    """A pipe, once its state is no longer in motion."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        found: dict[str, Any] = pipes.describe_pipe(Name=name)
        if found["CurrentState"] in ("RUNNING", "STOPPED") or found["CurrentState"].endswith("_FAILED"):
            return found
        time.sleep(0.02)
    pytest.fail(f"{name} is not settled")


def test_from_queue_to_queue(pipes: Any, server: Server, create: Callable[..., dict[str, Any]], name: str) -> None:
    function, sqs = create(name, ENRICH), server.client("sqs")
    pipes.create_pipe(
        Name="flow",
        Source=arn("pipe-in"),
        SourceParameters={
            "FilterCriteria": {"Filters": [{"Pattern": '{"body": {"price": [{"numeric": [">", 10]}]}}'}]}
        },
        Enrichment=function["FunctionArn"],
        EnrichmentParameters={"InputTemplate": '{"id": "<$.messageId>", "price": <$.body.price>}'},
        Target=arn("pipe-out"),
        TargetParameters={"InputTemplate": '{"from": "<aws.pipes.pipe-name>", "total": <$.total>}'},
        RoleArn=ROLE,
        Tags={"team": "red"},
    )
    assert settled(pipes, "flow")["CurrentState"] == "RUNNING"
    for price in (5, 20, 30):
        sqs.send_message(QueueUrl=f"http://x/{ACCOUNT}/pipe-in", MessageBody=json.dumps({"price": price}))
    out, bodies = f"http://x/{ACCOUNT}/pipe-out", []
    until = time.monotonic() + 20
    while len(bodies) < 2 and time.monotonic() < until:
        found = sqs.receive_message(QueueUrl=out, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        bodies += [json.loads(message["Body"]) for message in found.get("Messages", [])]
    assert sorted(bodies, key=lambda body: body["total"]) == [
        {"from": "flow", "total": 40},
        {"from": "flow", "total": 60},
    ]
    assert [each["Name"] for each in pipes.list_pipes(NamePrefix="flow")["Pipes"]] == ["flow"]
    assert pipes.list_tags_for_resource(resourceArn=pipes.describe_pipe(Name="flow")["Arn"])["tags"] == {"team": "red"}
    pipes.stop_pipe(Name="flow")
    assert settled(pipes, "flow")["CurrentState"] == "STOPPED"
    pipes.delete_pipe(Name="flow")


def test_a_role_that_may_not_read_the_queue(pipes: Any) -> None:
    pipes.create_pipe(Name="closed", Source=arn("pipe-closed"), Target=arn("pipe-out"), RoleArn=ROLE)
    found = settled(pipes, "closed")
    assert found["CurrentState"] == "CREATE_FAILED"
    assert found["StateReason"].startswith(f"The source {arn('pipe-closed')} cannot be read: ")
    pipes.delete_pipe(Name="closed")


def test_a_refusal(pipes: Any) -> None:
    stream = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/s"
    with pytest.raises(ClientError) as raised:
        pipes.create_pipe(Name="no", Source=stream, Target=arn("pipe-out"), RoleArn=ROLE)
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationException",
        f"The source {stream} is not supported by Lambent: pipes read queues of SQS and RabbitMQ, and topics of Kafka.",
    )
