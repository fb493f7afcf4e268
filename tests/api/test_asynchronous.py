"""Asynchronous invocation through boto3: events end at queues of our own, and time is moved, not waited for."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from lambent.cli.client import Client
from lambent.cli.errors import CommandError
from lambent.cli.local_server import LocalServer
from lambent.settings import Settings
from tests.api.conftest import ACCOUNT, Server, parameters

SOURCE = """
def handler(event, context):
    if event["fails"]:
        raise ValueError(event["fails"])
    return {"id": context.aws_request_id}
"""
FULL = os.environ.get("CRASHES") == "full"
EVENTS, MOST_A_CRASH, SENDERS = (10_000, 1000, 4) if FULL else (1, 100, 1)
"""How many events are accepted at least, how many at most until the server is killed, and by how many senders."""

_LOG = logging.getLogger(__name__)
ALLOWED = {"Effect": "Allow", "Action": ["sqs:SendMessage", "lambda:InvokeFunction"], "Resource": "*"}


class Queues:
    """Queues whose messages are waited for while the server's clock is moved."""

    def __init__(self, server: Server) -> None:
        self.sqs = server.client("sqs")
        self.client = Client(Settings(data=server.data, endpoint=server.endpoint))

    def make(self, name: str) -> str:
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def message(self, name: str, *, moving: float = 0.0) -> Any:
        """The next message; until it comes the clock is moved on, by `moving` seconds at a time."""
        url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            found = self.sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"]).get("Messages")
            if found:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
                return found[0]
            time.sleep(0.05)
            if moving:
                self.client.post("/_lambent/clock", {"advance": moving})
        pytest.fail(f"nothing came to {name}")


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A server of our own: its clock is moved."""
    with LocalServer(tmp_path_factory.mktemp("own") / "data", ["--test-clock"]) as process:
        server = Server(process)
        document = json.dumps({"Version": "2012-10-17", "Statement": [ALLOWED]})
        server.client("iam").put_role_policy(RoleName="worker", PolicyName="sqs", PolicyDocument=document)
        yield server
        server.close()


def test_successes_and_failures_reach_their_destinations(own: Server) -> None:
    aws, queues = own.client(), Queues(own)
    arns = {name: queues.make(name) for name in ("good", "bad", "dead")}
    made = aws.create_function(**parameters("f", SOURCE, DeadLetterConfig={"TargetArn": arns["dead"]}))
    aws.get_waiter("function_active_v2").wait(FunctionName="f")
    aws.put_function_event_invoke_config(
        FunctionName="f",
        DestinationConfig={"OnSuccess": {"Destination": arns["good"]}, "OnFailure": {"Destination": arns["bad"]}},
    )
    answer = aws.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"fails": ""}')
    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    request_id = answer["ResponseMetadata"]["RequestId"]
    told = json.loads(queues.message("good")["Body"])
    assert told["requestContext"] == {
        "requestId": request_id,
        "functionArn": f"{made['FunctionArn']}:$LATEST",
        "condition": "Success",
        "approximateInvokeCount": 1,
    }
    assert told["responsePayload"] == {"id": request_id}

    aws.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"fails": "poison"}')
    told = json.loads(queues.message("bad", moving=30)["Body"])
    assert (told["requestContext"]["condition"], told["requestContext"]["approximateInvokeCount"]) == (
        "RetriesExhausted",
        3,
    )
    assert told["responsePayload"]["errorMessage"] == "poison"
    letter = queues.message("dead")
    assert json.loads(letter["Body"]) == {"fails": "poison"}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "poison"


def test_functions_that_hand_on_to_each_other_are_stopped(own: Server) -> None:
    aws, queues = own.client(), Queues(own)
    ends = queues.make("ends")
    source = "def handler(event, context): return None"  # what says more doubles with every hop
    arns = {}
    for name in ("ping", "pong"):
        arns[name] = aws.create_function(**parameters(name, source))["FunctionArn"]
        aws.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 0.05})
    for name, other in (("ping", "pong"), ("pong", "ping")):
        destinations = {"OnSuccess": {"Destination": arns[other]}, "OnFailure": {"Destination": ends}}
        aws.put_function_event_invoke_config(FunctionName=name, DestinationConfig=destinations)
    aws.invoke(FunctionName="ping", InvocationType="Event")
    told = json.loads(queues.message("ends")["Body"])
    assert told["requestContext"]["functionArn"] == arns["ping"] + ":$LATEST"
    assert told["requestContext"]["approximateInvokeCount"] == 0
    letter = json.dumps(told["requestPayload"])
    assert letter.count("approximateInvokeCount") == 32  # sixteen times each


def test_the_clock_may_be_far_ahead_of_those_who_sign(own: Server) -> None:
    queues = Queues(own)
    queues.client.post("/_lambent/clock", {"advance": 6 * 3600})
    listed = own.client().list_functions()["Functions"]
    assert {each["FunctionName"] for each in listed} == {"f", "ping", "pong"}
    lines = [json.loads(line) for line in queues.client.lines("/_lambent/events", {})]
    assert {"accepted", "started", "failed", "succeeded", "delivered"} <= {line["what"] for line in lines}


@pytest.mark.timeout(3600 if FULL else 120)
def test_accepted_events_survive_kill_9(tmp_path: Path) -> None:
    """At random instants, while events are accepted, run and delivered: each is found at its destination."""
    sent: set[str] = set()
    crashes = 0
    while not crashes or len(sent) < EVENTS:
        with LocalServer(tmp_path / "data") as process:
            server = Server(process)
            if not crashes:
                _prepare(server)
            _send_until_crash(process, sent, random.randrange(1, MOST_A_CRASH))
            server.close()
        crashes += 1
    with LocalServer(tmp_path / "data") as process:
        server = Server(process)
        queues, seen = Queues(server), set()
        while not sent <= seen:
            seen.add(json.loads(queues.message("good")["Body"])["requestContext"]["requestId"])
        server.close()
    _LOG.info("%d events, %d crashes: every one arrived", len(sent), crashes)


def _prepare(server: Server) -> None:
    aws, queues = server.client(), Queues(server)
    document = json.dumps({"Version": "2012-10-17", "Statement": [ALLOWED]})
    server.client("iam").put_role_policy(RoleName="worker", PolicyName="sqs", PolicyDocument=document)
    aws.create_function(**parameters("f", SOURCE))
    aws.get_waiter("function_active_v2").wait(FunctionName="f")
    destination = {"OnSuccess": {"Destination": queues.make("good")}}
    aws.put_function_event_invoke_config(FunctionName="f", DestinationConfig=destination)


def _send_until_crash(process: LocalServer, sent: set[str], count: int) -> None:
    """So many events more, and then no goodbye."""
    client, end = Client(Settings(data=process.data, endpoint=process.endpoint)), len(sent) + count

    def send() -> None:
        with contextlib.suppress(CommandError):  # the server is gone
            while True:
                sent.add(client.hand_over(FunctionName="f", Payload=b'{"fails": ""}'))

    senders = [threading.Thread(target=send) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    while len(sent) < end and senders[0].is_alive():
        senders[0].join(0.001)
    process.crash()
    for sender in senders:
        sender.join()
