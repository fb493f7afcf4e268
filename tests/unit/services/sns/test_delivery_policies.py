"""Delivery policies of topics and subscriptions."""

from __future__ import annotations

import json

import pytest

from lambent.model.errors import ApiError
from lambent.services.sns import delivery_policies
from lambent.services.sns.schedule import ADDRESSED, Backoff, Retries

TOPIC = json.dumps(
    {
        "http": {
            "defaultHealthyRetryPolicy": {"minDelayTarget": 1, "maxDelayTarget": 60, "numRetries": 9},
            "defaultThrottlePolicy": {"maxReceivesPerSecond": 5},
            "disableSubscriptionOverrides": False,
        }
    }
)
OWN = json.dumps(
    {
        "healthyRetryPolicy": {"numRetries": 1, "backoffFunction": "geometric"},
        "requestPolicy": {"headerContentType": "application/json"},
    }
)


def test_the_subscription_goes_before_the_topic() -> None:
    found = delivery_policies.effective(TOPIC, OWN)
    assert found.retries == Retries(num_retries=1, backoff_function=Backoff.GEOMETRIC)
    assert (found.content_type, found.rate) == ("application/json", 5)
    found = delivery_policies.effective(TOPIC.replace("false", "true"), OWN)
    assert (found.retries.num_retries, found.content_type) == (9, "text/plain; charset=UTF-8")
    found = delivery_policies.effective(None, None)
    assert (found.retries, found.content_type, found.rate) == (ADDRESSED, "text/plain; charset=UTF-8", None)


def test_what_is_shown() -> None:
    assert json.loads(delivery_policies.shown_of_topic(None)) == {
        "http": {
            "defaultHealthyRetryPolicy": {
                "minDelayTarget": 20,
                "maxDelayTarget": 20,
                "numRetries": 3,
                "numMaxDelayRetries": 0,
                "numNoDelayRetries": 0,
                "numMinDelayRetries": 0,
                "backoffFunction": "linear",
            },
            "disableSubscriptionOverrides": False,
            "defaultRequestPolicy": {"headerContentType": "text/plain; charset=UTF-8"},
        }
    }
    found = json.loads(delivery_policies.shown(delivery_policies.effective(TOPIC, None)))
    assert found["throttlePolicy"] == {"maxReceivesPerSecond": 5}
    assert delivery_policies.of_subscription(json.dumps(found)).rate == 5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "DeliveryPolicy: "),
        ('{"else": 1}', "unknown field"),
        ('{"healthyRetryPolicy": {"numRetries": 101}}', "numRetries must be between 0 and 100"),
        ('{"healthyRetryPolicy": {"numRetries": 1, "numNoDelayRetries": 2}}', "at least the sum of its parts"),
        ('{"healthyRetryPolicy": {"minDelayTarget": 9, "maxDelayTarget": 8}}', "at most maxDelayTarget"),
        ('{"healthyRetryPolicy": {"minDelayTarget": 0}}', "must be at least 1"),
        ('{"healthyRetryPolicy": {"maxDelayTarget": 3600, "numRetries": 3}}', "longer than 3600 seconds"),
        ('{"throttlePolicy": {"maxReceivesPerSecond": 0}}', "must be at least 1"),
        ('{"requestPolicy": {"headerContentType": "image/png"}}', "image/png is no headerContentType"),
    ],
)
def test_what_makes_no_sense(text: str, said: str) -> None:
    with pytest.raises(ApiError, match=said) as raised:
        delivery_policies.of_subscription(text)
    assert raised.value.message.startswith("Invalid parameter: DeliveryPolicy: ")


def test_of_topics_neither() -> None:
    with pytest.raises(ApiError, match="numRetries"):
        delivery_policies.of_topic('{"http": {"defaultHealthyRetryPolicy": {"numRetries": -1}}}')
