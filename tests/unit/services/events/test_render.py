"""What is shown: nothing that nobody said."""

from __future__ import annotations

from lambent.services.events import render
from lambent.services.events.records import Bus, Rule, Target


def test_only_what_was_given() -> None:
    assert render.bus(Bus(name="b", account="1", region="r")) == {"Name": "b", "Arn": "arn:aws:events:r:1:event-bus/b"}
    assert render.target(Target(id="1", arn="a")) == {"Id": "1", "Arn": "a"}
    rule = Rule(name="x", bus="b", account="1", region="r", created_by="1", enabled=False)
    assert render.rule(rule) == {"Name": "x", "Arn": rule.arn, "State": "DISABLED", "EventBusName": "b"}


def test_all_of_a_target() -> None:
    target = Target(
        id="1",
        arn="a",
        role="r",
        template="<x>",
        variables={"x": "$.y"},
        group="g",
        attempts=0,
        age=60,
        dead_letters="d",
    )
    assert render.target(target) == {
        "Id": "1",
        "Arn": "a",
        "RoleArn": "r",
        "InputTransformer": {"InputTemplate": "<x>", "InputPathsMap": {"x": "$.y"}},
        "SqsParameters": {"MessageGroupId": "g"},
        "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
        "DeadLetterConfig": {"Arn": "d"},
    }
