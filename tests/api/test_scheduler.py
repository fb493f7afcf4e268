"""The Scheduler with boto3 against a real server whose clock is moved, over a crash, and under roles."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambent.cli.client import Client
from lambent.cli.local_server import LocalServer
from lambent.settings import Settings
from tests.api.conftest import ACCOUNT, REGION, Server

ROLE = f"arn:aws:iam::{ACCOUNT}:role/scheduler"
OFF = {"Mode": "OFF"}


class World:
    """A server with a clock of its own that can be crashed and started again; a role, and queues by name."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.start()
        iam = self.server.client("iam")
        iam.create_role(RoleName="scheduler", AssumeRolePolicyDocument=trust("scheduler.amazonaws.com"))
        iam.create_role(RoleName="stranger", AssumeRolePolicyDocument=trust("lambda.amazonaws.com"))
        allowed = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": f"arn:aws:sqs:*:{ACCOUNT}:open-*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_role_policy(RoleName="scheduler", PolicyName="send", PolicyDocument=document)

    def start(self) -> None:
        self._stack = ExitStack()
        process = self._stack.enter_context(LocalServer(self.data, ["--test-clock"]))
        self.server = Server(process)
        self._stack.callback(self.server.close)
        self.scheduler, self.sqs = self.server.client("scheduler"), self.server.client("sqs")

    def crash(self) -> None:
        self.server.process.crash()
        self._stack.close()
        self.start()

    def close(self) -> None:
        self._stack.close()

    def queue(self, name: str) -> str:
        """The ARN of a new queue."""
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"

    def received(self, name: str, count: int) -> list[dict[str, Any]]:
        """That many messages of a queue."""
        found: list[dict[str, Any]] = []
        until = time.monotonic() + 20
        while len(found) < count and time.monotonic() < until:
            answer = self.sqs.receive_message(
                QueueUrl=f"http://x/{ACCOUNT}/{name}",
                WaitTimeSeconds=1,
                MaxNumberOfMessages=10,
                MessageAttributeNames=["All"],
            )
            found += answer.get("Messages", [])
        return found

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.advance(0), UTC)

    def advance(self, seconds: float) -> float:
        """Move the server's clock; what it shows then."""
        client = Client(Settings(data=self.data, endpoint=self.server.endpoint))
        return float(client.post("/_lambent/clock", {"advance": seconds})["Now"])


def trust(service: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = World(tmp_path_factory.mktemp("scheduler") / "data")
    yield made
    made.close()


def target(arn: str, **more: Any) -> dict[str, Any]:
    return {"Arn": arn, "RoleArn": ROLE, "Input": "<aws.scheduler.scheduled-time>"} | more


def test_once_over_a_crash_and_then_gone(world: World) -> None:
    arn = world.queue("open-once")
    due = (world.now() + timedelta(hours=2)).replace(microsecond=0)
    made = world.scheduler.create_schedule(
        Name="once",
        ScheduleExpression=f"at({due:%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow=OFF,
        ActionAfterCompletion="DELETE",
        Target=target(arn),
    )
    assert made["ScheduleArn"] == f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule/default/once"
    world.crash()
    assert world.scheduler.get_schedule(Name="once")["State"] == "ENABLED"
    world.advance(3 * 3600)
    (message,) = world.received("open-once", 1)
    assert message["Body"] == f"{due:%Y-%m-%dT%H:%M:%SZ}"
    until = time.monotonic() + 20
    while world.scheduler.list_schedules(NamePrefix="once")["Schedules"] and time.monotonic() < until:
        time.sleep(0.02)  # it goes just after its message has come
    with pytest.raises(world.scheduler.exceptions.ResourceNotFoundException):
        world.scheduler.get_schedule(Name="once")


def test_a_universal_target_in_another_time_zone(world: World) -> None:
    world.queue("open-zone")
    text = json.dumps({"QueueUrl": f"http://x/{ACCOUNT}/open-zone", "MessageBody": "<aws.scheduler.scheduled-time>"})
    world.scheduler.create_schedule(
        Name="zone",
        ScheduleExpression="cron(30 9 * * ? *)",
        ScheduleExpressionTimezone="Asia/Kolkata",
        FlexibleTimeWindow=OFF,
        Target=target("arn:aws:scheduler:::aws-sdk:sqs:sendMessage", Input=text),
    )
    world.advance(2 * 86_400)
    bodies = [message["Body"][10:] for message in world.received("open-zone", 2)]
    world.scheduler.delete_schedule(Name="zone")
    assert bodies == ["T04:00:00Z", "T04:00:00Z"]


def test_what_the_role_may_not_do_becomes_a_dead_letter(world: World) -> None:
    secret, letters = world.queue("secret"), world.queue("open-letters")
    world.scheduler.create_schedule_group(Name="jobs", Tags=[{"Key": "team", "Value": "red"}])
    world.scheduler.create_schedule(
        Name="denied",
        GroupName="jobs",
        ScheduleExpression="rate(1 hour)",
        FlexibleTimeWindow=OFF,
        Target=target(secret, DeadLetterConfig={"Arn": letters}),
    )
    (letter,) = world.received("open-letters", 1)
    told = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert (told["ERROR_CODE"], told["TARGET_ARN"]) == ("AccessDeniedException", secret)
    assert [each["Name"] for each in world.scheduler.list_schedules(GroupName="jobs")["Schedules"]] == ["denied"]
    group = f"arn:aws:scheduler:{REGION}:{ACCOUNT}:schedule-group/jobs"
    assert world.scheduler.list_tags_for_resource(ResourceArn=group)["Tags"] == [{"Key": "team", "Value": "red"}]
    world.scheduler.delete_schedule_group(Name="jobs")
    assert world.scheduler.list_schedules()["Schedules"] == []


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"ScheduleExpression": "cron(0 10 * * *)"}, "Invalid Schedule Expression cron(0 10 * * *)."),
        (
            {"Target": target(f"arn:aws:sqs:{REGION}:{ACCOUNT}:q", RoleArn=ROLE.replace("scheduler", "stranger"))},
            "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        ),
        (
            {"Name": "a b"},
            "1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy"
            " regular expression pattern: [0-9a-zA-Z-_.]+",
        ),
    ],
)
def test_refusals(world: World, more: dict[str, Any], text: str) -> None:
    asked = {
        "Name": "refused",
        "ScheduleExpression": "rate(1 hour)",
        "FlexibleTimeWindow": OFF,
        "Target": target(f"arn:aws:sqs:{REGION}:{ACCOUNT}:open-once"),
    }
    with pytest.raises(ClientError) as raised:
        world.scheduler.create_schedule(**(asked | more))
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationException", text)


def test_a_rule_of_eventbridge_on_a_schedule(world: World) -> None:
    events, arn = world.server.client("events"), world.queue("rule")
    rule = events.put_rule(Name="minutely", ScheduleExpression="rate(1 minute)")["RuleArn"]
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [allowed | {"Resource": arn}]}
    url = f"http://x/{ACCOUNT}/rule"
    world.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    events.put_targets(Rule="minutely", Targets=[{"Id": "1", "Arn": arn}])
    world.advance(60)
    (first,) = (json.loads(message["Body"]) for message in world.received("rule", 1))
    assert (first["detail-type"], first["source"], first["resources"], first["detail"]) == (
        "Scheduled Event",
        "aws.events",
        [rule],
        {},
    )
    events.remove_targets(Rule="minutely", Ids=["1"])
    events.delete_rule(Name="minutely")
