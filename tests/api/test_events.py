"""EventBridge with boto3 against a running server: to every kind of target, in whose name, and through a crash."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from lambent.cli.client import Client
from lambent.cli.local_server import LocalServer
from lambent.settings import Settings
from tests.api.conftest import ACCOUNT, REGION, ROLE, Server, parameters

BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/"
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/"
OPTIONS = ("--sandbox", "process")
SHOP = json.dumps({"source": ["shop"]})


class Buses:
    """Clients, queues with what lets rules send there, and rules."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.events = server.client("events")
        self.sqs = server.client("sqs")
        self.lambda_ = server.client()

    def queue(self, name: str, rule: str = "*") -> str:
        """A queue to which a rule may send; its ARN."""
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnLike": {"aws:SourceArn": f"{RULE}{rule}"}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})
        return arn

    def rule(self, name: str, pattern: str, *targets: dict[str, Any], bus: str = "default") -> None:
        self.events.put_rule(Name=name, EventPattern=pattern, EventBusName=bus)
        numbered = [{"Id": str(number), **each} for number, each in enumerate(targets)]
        self.events.put_targets(Rule=name, EventBusName=bus, Targets=numbered)

    def put(self, source: str, **detail: Any) -> str:
        """Put an event on the default bus; its id."""
        entry = {"Source": source, "DetailType": "order", "Detail": json.dumps(detail)}
        answer = self.events.put_events(Entries=[entry])
        assert answer["FailedEntryCount"] == 0, answer
        return str(answer["Entries"][0]["EventId"])

    def received(self, queue: str, count: int = 1) -> list[Any]:
        """So many messages of a queue."""
        found: list[Any] = []
        url = f"{self.server.endpoint}/{ACCOUNT}/{queue}"
        while len(found) < count:
            answer = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=5, MessageAttributeNames=["All"]
            )
            assert answer.get("Messages"), found
            found += answer["Messages"]
        return found


@pytest.fixture(scope="module")
def buses(server: Server) -> Buses:
    return Buses(server)


@pytest.fixture(scope="module")
def function(buses: Buses) -> Iterator[str]:
    """A function whose successes go to the bus `results`; its name."""
    buses.events.create_event_bus(Name="results")
    buses.lambda_.create_function(**parameters("on-events"))
    waiter = buses.lambda_.get_waiter("function_active_v2")
    waiter.wait(FunctionName="on-events", WaiterConfig={"Delay": 0.05, "MaxAttempts": 200})
    iam = buses.server.client("iam")
    put = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": f"{BUS}results"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [put]})
    iam.put_role_policy(RoleName="worker", PolicyName="events", PolicyDocument=document)
    buses.lambda_.put_function_event_invoke_config(
        FunctionName="on-events", DestinationConfig={"OnSuccess": {"Destination": f"{BUS}results"}}
    )
    yield "on-events"
    iam.delete_role_policy(RoleName="worker", PolicyName="events")
    buses.lambda_.delete_function(FunctionName="on-events")


def test_a_rule_invokes_a_function_whose_result_goes_to_a_bus(buses: Buses, function: str) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{function}"
    buses.lambda_.add_permission(
        FunctionName=function,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=f"{RULE}invoke",
    )
    results = {"Arn": buses.queue("results", "results/all")}
    buses.rule("all", '{"source": ["lambda"]}', results, bus="results")
    dead = {"Arn": buses.queue("denied")}
    pattern = json.dumps({"detail": {"case": ["function"]}})
    buses.rule("invoke", pattern, {"Arn": arn})
    buses.rule("another", pattern, {"Arn": arn, "DeadLetterConfig": dead})  # the permission is for one rule
    event = buses.put("shop", case="function")
    (message,) = buses.received("results")
    said = json.loads(message["Body"])
    assert said["detail-type"] == "Lambda Function Invocation Result - Success"
    assert said["detail"]["requestPayload"]["id"] == event
    assert said["resources"] == [f"{arn}:$LATEST", f"{BUS}results"]
    (letter,) = buses.received("denied")
    attributes = {name: each["StringValue"] for name, each in letter["MessageAttributes"].items()}
    assert (attributes["ERROR_CODE"], attributes["RULE_ARN"]) == ("NO_PERMISSIONS", f"{RULE}another")
    assert json.loads(letter["Body"])["id"] == event


def test_transformed_in_order_and_again(buses: Buses) -> None:
    fifo = {
        "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:line.fifo",
        "SqsParameters": {"MessageGroupId": "g"},
        "InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"n": <n>, "says": "no <n>"}'},
        "RoleArn": ROLE.replace("worker", "sender"),
    }
    buses.sqs.create_queue(QueueName="line.fifo", Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "true"})
    iam = buses.server.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="sender", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": fifo["Arn"]}
    iam.put_role_policy(
        RoleName="sender", PolicyName="s", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [send]})
    )
    buses.rule("line", '{"source": ["mill"], "replay-name": [{"exists": false}]}', fifo)
    buses.rule("again", '{"source": ["mill"], "replay-name": ["r"]}', {"Arn": buses.queue("again", "again")})
    buses.events.create_archive(ArchiveName="mill", EventSourceArn=f"{BUS}default", EventPattern='{"source": ["mill"]}')
    event = buses.put("mill", n=5)
    (message,) = buses.received("line.fifo")
    assert message["Body"] == '{"n": 5, "says": "no 5"}'
    buses.events.start_replay(
        ReplayName="r",
        EventSourceArn=f"arn:aws:events:{REGION}:{ACCOUNT}:archive/mill",
        EventStartTime=0,
        EventEndTime=4_000_000_000,
        Destination={"Arn": f"{BUS}default"},
    )
    (replayed,) = buses.received("again")
    assert (json.loads(replayed["Body"])["id"], json.loads(replayed["Body"])["replay-name"]) == (event, "r")


def test_a_log_group_gets_lines(buses: Buses) -> None:
    logs, arn = buses.server.client("logs"), f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/farm"
    logs.create_log_group(logGroupName="/aws/events/farm")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Resource": f"{arn}:*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    logs.put_resource_policy(policyName="events", policyDocument=policy)
    line = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"message": "n is <n>"}'}
    buses.rule("farm", '{"source": ["farm"]}', {"Arn": arn, "InputTransformer": line})
    event, client = buses.put("farm", n=7), Client(Settings(data=buses.server.data, endpoint=buses.server.endpoint))
    steps = (json.loads(text) for text in client.lines("/_lambent/events", {"bus": "default", "follow": "true"}))
    assert next(step["what"] for step in steps if step["event"] == event and step["what"] != "put") == "delivered"
    (found,) = logs.filter_log_events(logGroupName="/aws/events/farm")["events"]
    assert found["message"] == "n is 7"


def test_another_account_needs_the_buss_leave(buses: Buses) -> None:
    theirs = f"arn:aws:events:{REGION}:111111111111:event-bus/default"
    dead = buses.queue("stopped", "abroad")
    buses.rule("abroad", '{"source": ["abroad"]}', {"Arn": theirs, "DeadLetterConfig": {"Arn": dead}})
    buses.put("abroad")
    (letter,) = buses.received("stopped")
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_refusals_reach_the_caller(buses: Buses) -> None:
    with pytest.raises(ClientError) as refused:
        buses.events.put_rule(Name="bad", EventPattern='{"a": [{"prefix": 1}]}')
    assert refused.value.response["Error"] == {
        "Code": "InvalidEventPatternException",
        "Message": "Event pattern is not valid. Reason: prefix match pattern must be a string\n"
        ' at [Source: (String)"{"a": [{"prefix": 1}]}"; line: 1, column: 20]',
    }
    with pytest.raises(ClientError) as refused:
        buses.events.put_events(Entries=[{"Source": "s", "DetailType": "d", "Detail": "{}"}] * 11)
    assert "Member must have length less than or equal to 10" in refused.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as refused:
        buses.events.list_connections()
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"


def test_no_accepted_event_is_lost_in_a_crash(directory: Path) -> None:
    """Killed while events come in and go out: after the next start every one that was accepted is in its queue."""
    accepted: list[str] = []
    entries = [{"Source": "shop", "DetailType": "d", "Detail": '{"n": 1}'}] * 10
    with LocalServer(directory, OPTIONS) as process:
        buses = Buses(Server(process))
        buses.rule("r", SHOP, {"Arn": buses.queue("q")})

        def put_until_it_is_gone() -> None:
            with contextlib.suppress(BotoCoreError):
                while True:
                    answer = buses.events.put_events(Entries=entries)
                    accepted.extend(each["EventId"] for each in answer["Entries"])
                    if len(accepted) >= 100:
                        enough.set()

        enough = threading.Event()
        client = threading.Thread(target=put_until_it_is_gone)
        client.start()
        assert enough.wait(30)
        process.crash()
        client.join()
        buses.server.close()
    with LocalServer(directory, OPTIONS) as process:
        buses = Buses(Server(process))
        found: set[str] = set()
        while not found.issuperset(accepted):
            messages = buses.received("q")
            found |= {json.loads(message["Body"])["id"] for message in messages}
            receipts = [
                {"Id": str(number), "ReceiptHandle": message["ReceiptHandle"]}
                for number, message in enumerate(messages)
            ]
            buses.sqs.delete_message_batch(QueueUrl=f"{buses.server.endpoint}/{ACCOUNT}/q", Entries=receipts)
        buses.server.close()
