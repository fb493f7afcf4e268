"""ARNs, names and tokens."""

from __future__ import annotations

import pytest

from lambent.model.errors import ApiError
from lambent.services.access import Place
from lambent.services.sns.names import (
    SubscriptionName,
    TopicName,
    check_topic_name,
    page_token,
    position_of,
    subscription_of,
    topic_of,
)

ID = "8a21d249-4329-4871-acc6-7be709c6ea7f"


def test_arns() -> None:
    topic = topic_of("arn:aws:sns:r:1:t")
    assert topic == TopicName(Place("1", "r"), "t")
    assert topic.arn == "arn:aws:sns:r:1:t"
    assert subscription_of(f"{topic.arn}:{ID}") == SubscriptionName(topic, ID)


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("t", "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sqs:r:1:t", "Invalid parameter: TopicArn"),
        ("arn:aws:sns:r:1:", "Invalid parameter: TopicArn"),
    ],
)
def test_no_topics(arn: str, text: str) -> None:
    with pytest.raises(ApiError) as raised:
        topic_of(arn)
    assert raised.value.message == text


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("s", "Invalid parameter: SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
        ("arn:aws:sns:r:1:t", "Invalid parameter: SubscriptionId"),
        ("arn:aws:sns:r:1:t:../x", "Invalid parameter: SubscriptionArn"),
    ],
)
def test_no_subscriptions(arn: str, text: str) -> None:
    with pytest.raises(ApiError) as raised:
        subscription_of(arn)
    assert raised.value.message == text


@pytest.mark.parametrize(
    ("name", "fifo", "said"),
    [
        ("a" * 256, False, None),
        ("a" * 257, False, "Topic Name"),
        ("a b", False, "Topic Name"),
        ("a.fifo", False, "Topic Name"),
        ("a.fifo", True, None),
        ("a", True, "Fifo Topic names must end with .fifo"),
    ],
)
def test_names_of_topics(name: str, fifo: bool, said: str | None) -> None:
    if said is None:
        check_topic_name(name, fifo=fifo)
        return
    with pytest.raises(ApiError, match=said):
        check_topic_name(name, fifo=fifo)


def test_tokens_of_pages() -> None:
    assert position_of(page_token("a/b")) == "a/b"
    assert position_of(None) == ""
    with pytest.raises(ApiError, match="NextToken"):
        position_of("?")
