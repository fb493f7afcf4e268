"""Endpoints and attributes of subscriptions."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.sns import subscription_attributes
from lambent.services.sns.records import Subscription, Topic
from tests.unit.services.sns.conftest import FUNCTION, QUEUE

STANDARD = Topic(name="t", account="1", region="r", created=1.0)
FIFO = Topic(name="t.fifo", account="1", region="r", created=1.0)


@pytest.mark.parametrize(
    ("topic", "protocol", "endpoint", "said"),
    [
        (STANDARD, "pigeon", "x", "Amazon SNS does not support this protocol string: pigeon"),
        (STANDARD, "email", "a@b", "Protocol email Reason: not supported by Lambent: it sends no e-mail"),
        (STANDARD, "sms", "+1", "Protocol sms Reason: not supported by Lambent: it sends no text messages"),
        (STANDARD, "firehose", "arn", "Protocol firehose Reason: not supported by Lambent: it has no delivery streams"),
        (STANDARD, "application", "a", "Protocol application Reason: not supported by Lambent: it pushes nothing to"),
        (STANDARD, "sqs", "q", "SQS endpoint ARN"),
        (STANDARD, "lambda", QUEUE + "q", "Lambda endpoint ARN"),
        (STANDARD, "https", "http://h", "Endpoint must match the specified protocol"),
        (FIFO, "lambda", FUNCTION + "f", "Invalid protocol type: lambda"),
        (
            STANDARD,
            "sqs",
            QUEUE + "q.fifo",
            "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics",
        ),
    ],
)
def test_endpoints_that_make_no_sense(topic: Topic, protocol: str, endpoint: str, said: str) -> None:
    with pytest.raises(ApiError) as raised:
        subscription_attributes.check_endpoint(topic, protocol, endpoint)
    assert raised.value.message.startswith(f"Invalid parameter: {said}")


def test_endpoints_that_do() -> None:
    for topic, protocol, endpoint in (
        (STANDARD, "sqs", QUEUE + "q"),
        (FIFO, "sqs", QUEUE + "q"),
        (FIFO, "sqs", QUEUE + "q.fifo"),
        (STANDARD, "lambda", FUNCTION + "f:alias"),
        (STANDARD, "https", "https://h"),
    ):
        subscription_attributes.check_endpoint(topic, protocol, endpoint)


@pytest.mark.parametrize(
    ("name", "value", "protocol", "said"),
    [
        ("Else", "x", "sqs", "AttributeName"),
        (
            "FilterPolicyScope",
            "x",
            "sqs",
            "FilterPolicyScope: Invalid value [x]. Please use either MessageBody or MessageAttributes",
        ),
        ("RawMessageDelivery", "x", "sqs", "RawMessageDelivery: Invalid value [x]. Must be true or false."),
        (
            "RawMessageDelivery",
            "true",
            "lambda",
            "RawMessageDelivery: Delivery protocol [lambda] does not support raw message delivery.",
        ),
        ("RedrivePolicy", "{", "sqs", "RedrivePolicy: failed to parse JSON."),
        ("RedrivePolicy", "[]", "sqs", "RedrivePolicy: deadLetterTargetArn is an invalid arn"),
        (
            "RedrivePolicy",
            '{"deadLetterTargetArn": "q"}',
            "sqs",
            "RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        (
            "RedrivePolicy",
            '{"deadLetterTargetArn": "arn:aws:sqs:r:1:q"}',
            "sqs",
            "RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.",
        ),
        ("DeliveryPolicy", "{}", "sqs", "DeliveryPolicy: Delivery protocol [sqs] has no delivery policy."),
        ("ReplayPolicy", "{}", "sqs", "ReplayPolicy Reason: not supported by Lambent: messages are not archived"),
        ("SubscriptionRoleArn", "a", "sqs", "SubscriptionRoleArn Reason: not supported by Lambent"),
    ],
)
def test_attributes_that_make_no_sense(name: str, value: str, protocol: str, said: str) -> None:
    with pytest.raises(ApiError) as raised:
        subscription_attributes.checked({name: value}, FIFO, protocol, "q.fifo", "P ")
    assert raised.value.message.startswith(f"Invalid parameter: P {said}")


def test_attributes_that_do() -> None:
    given = {"RawMessageDelivery": "True", "FilterPolicy": "", "FilterPolicyScope": "MessageBody"}
    assert subscription_attributes.checked(given, STANDARD, "sqs", "q", "") == {
        "RawMessageDelivery": "true",
        "FilterPolicyScope": "MessageBody",
    }
    subscription_attributes.check_filter({"FilterPolicy": '{"a": {"b": [1]}}', "FilterPolicyScope": "MessageBody"}, "")
    with pytest.raises(ApiError, match="does not support nested"):
        subscription_attributes.check_filter({"FilterPolicy": '{"a": {"b": [1]}}'}, "")


def test_what_is_shown() -> None:
    made = Subscription(
        id="i",
        topic="t",
        owner="1",
        protocol="https",
        endpoint="https://h",
        state="pending",
        principal="p",
        attributes={"FilterPolicyScope": "MessageBody"},
    )
    told = subscription_attributes.shown(made, None)
    assert '"numRetries":3' in told.pop("EffectiveDeliveryPolicy")
    assert told == {
        "SubscriptionArn": "t:i",
        "TopicArn": "t",
        "Owner": "1",
        "Protocol": "https",
        "Endpoint": "https://h",
        "RawMessageDelivery": "false",
        "PendingConfirmation": "true",
        "ConfirmationWasAuthenticated": "false",
        "SubscriptionPrincipal": "p",
    }
