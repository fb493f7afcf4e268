"""What queues may be told to be."""

from __future__ import annotations

import json

import pytest

from lambent.model.errors import ApiError
from lambent.services.sqs import attributes
from lambent.services.sqs.records import Queue, Redrive


def refusal(given: dict[str, str], *, fifo: bool = False, new: bool = True) -> str:
    with pytest.raises(ApiError) as raised:
        attributes.checked(given, fifo=fifo, new=new)
    return raised.value.code


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("VisibilityTimeout", "43201"),
        ("VisibilityTimeout", "-1"),
        ("VisibilityTimeout", "x"),
        ("MaximumMessageSize", "1023"),
        ("MaximumMessageSize", "1048577"),
        ("MessageRetentionPeriod", "59"),
        ("DelaySeconds", "901"),
        ("ReceiveMessageWaitTimeSeconds", "21"),
        ("SqsManagedSseEnabled", "yes"),
        ("Policy", "{"),
        ("Policy", "[]"),
        ("RedriveAllowPolicy", "{}"),
        ("RedriveAllowPolicy", "{"),
        ("RedrivePolicy", "{}"),
        ("RedrivePolicy", '{"deadLetterTargetArn": "x", "maxReceiveCount": 1}'),
        ("RedrivePolicy", '{"deadLetterTargetArn": "arn:a", "maxReceiveCount": 1001}'),
    ],
)
def test_bad_values(name: str, value: str) -> None:
    assert refusal({name: value}) == "InvalidAttributeValue"


@pytest.mark.parametrize("name", ["Nonsense", "QueueArn", "ContentBasedDeduplication", "DeduplicationScope", "All"])
def test_bad_names(name: str) -> None:
    assert refusal({name: "true"}) == "InvalidAttributeName"


def test_what_goes_together() -> None:
    assert refusal({"FifoThroughputLimit": "perMessageGroupId"}, fifo=True) == "InvalidAttributeValue"
    assert refusal({"FifoQueue": "true"}, fifo=True, new=False) == "InvalidAttributeName"
    assert refusal({"DeduplicationScope": "x"}, fifo=True) == "InvalidAttributeValue"
    both = {"KmsMasterKeyId": "alias/x", "SqsManagedSseEnabled": "true"}
    assert refusal(both) == refusal({"KmsDataKeyReusePeriodSeconds": "59"}) == "InvalidAttributeValue"
    assert refusal({"KmsMasterKeyId": "x" * 2049}) == "InvalidAttributeValue"
    assert attributes.checked({"KmsMasterKeyId": ""}, fifo=False, new=True) == {"KmsMasterKeyId": ""}


@pytest.mark.parametrize(
    ("name", "fifo"), [("a", "false"), ("a_B-9", ""), ("x" * 80, ""), ("a.fifo", "true"), ("x" * 75 + ".fifo", "true")]
)
def test_names(name: str, fifo: str) -> None:
    attributes.check_name(name, {"FifoQueue": fifo})


@pytest.mark.parametrize(
    ("name", "fifo"), [("a b", ""), ("", ""), ("x" * 81, ""), ("a", "true"), ("a.fifo", ""), (".fifo", "true")]
)
def test_no_names(name: str, fifo: str) -> None:
    with pytest.raises(ApiError) as raised:
        attributes.check_name(name, {"FifoQueue": fifo})
    assert raised.value.code == "InvalidParameterValue"


def test_redrive_policies() -> None:
    assert attributes.redrive(None) is None
    text = json.dumps({"deadLetterTargetArn": "arn:a", "maxReceiveCount": "3"})
    assert attributes.redrive(text) == Redrive("arn:a", 3)


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (None, True),
        ({"redrivePermission": "allowAll"}, True),
        ({"redrivePermission": "denyAll"}, False),
        ({"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:r:1:s"]}, True),
        ({"redrivePermission": "byQueue", "sourceQueueArns": ["arn:aws:sqs:r:1:t"]}, False),
    ],
)
def test_who_may_send_dead_letters(policy: dict[str, object] | None, allowed: bool) -> None:
    def queue(name: str, **given: str) -> Queue:
        return Queue(name=name, account="1", region="r", generation="g", created=1, modified=1, attributes=given)

    dead = queue("d", **({} if policy is None else {"RedriveAllowPolicy": json.dumps(policy)}))
    assert attributes.allows(dead, queue("s")) is allowed
