"""What topics are told to be."""

from __future__ import annotations

import json

import pytest

from lambent.model.errors import ApiError
from lambent.services.sns import topic_attributes
from lambent.services.sns.records import Topic

TOPIC = Topic(name="t", account="1", region="r", created=1.0)


def test_what_may_be_set() -> None:
    given = {"DisplayName": "T", "SignatureVersion": "2", "TracingConfig": "PassThrough", "KmsMasterKeyId": ""}
    checked = topic_attributes.checked(given, fifo=False, prefix="")
    assert checked == {name: value for name, value in given.items() if value}


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("Else", "x", "Unknown attribute Else"),
        ("ContentBasedDeduplication", "true", "Unknown attribute ContentBasedDeduplication"),
        ("SignatureVersion", "3", "SignatureVersion: Invalid value [3]. Must be 1 or 2."),
        ("FifoTopic", "yes", "FifoTopic: Invalid value [yes]. Must be true or false."),
        ("DisplayName", "x" * 101, "DisplayName"),
        ("Policy", "{", "Policy Error: "),
        ("ArchivePolicy", "{}", "ArchivePolicy Reason: not supported by Lambent: messages are not archived"),
        ("TracingConfig", "Active", "TracingConfig Reason: not supported by Lambent: it makes no segments of its own"),
        ("SQSSuccessFeedbackRoleArn", "arn", "SQSSuccessFeedbackRoleArn Reason: not supported by Lambent"),
    ],
)
def test_what_may_not(name: str, value: str, said: str) -> None:
    with pytest.raises(ApiError) as raised:
        topic_attributes.checked({name: value}, fifo=False, prefix="Attributes Reason: ")
    assert raised.value.message.startswith(f"Invalid parameter: Attributes Reason: {said}")


def test_the_policy_that_every_topic_has() -> None:
    (statement,) = json.loads(topic_attributes.policy_of(TOPIC))["Statement"]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": "1"}}
    assert len(statement["Action"]) == 8
    assert topic_attributes.value(TOPIC, "Policy") == topic_attributes.policy_of(TOPIC)
    assert topic_attributes.value(TOPIC, "DisplayName") == ""
