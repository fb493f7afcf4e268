"""What topics are told to be: their attributes, checked and shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.policy.document import Malformed, Use, parse
from lambent.services.sns import delivery_policies, errors
from lambent.services.sns.records import Topic
from lambent.services.sns.unsupported import TOPIC_ATTRIBUTES, TRACING

_TRUTHS = ("FifoTopic", "ContentBasedDeduplication")
_CHOICES = {
    "SignatureVersion": ("1", "2"),
    "TracingConfig": ("PassThrough", "Active"),
    "FifoThroughputScope": ("Topic", "MessageGroup"),
}
_FIFO = ("ContentBasedDeduplication", "FifoThroughputScope")
_KNOWN = frozenset(
    {*_TRUTHS, *_CHOICES, *TOPIC_ATTRIBUTES, "DisplayName", "Policy", "DeliveryPolicy", "KmsMasterKeyId"}
)
_DISPLAY_LENGTH = 100
_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)


def checked(given: Mapping[str, str], *, fifo: bool, prefix: str) -> dict[str, str]:
    """Attributes that may be set, those that are empty left out. `prefix` begins refusals. Raises ApiError."""
    for name, value in given.items():
        if name not in _KNOWN or (name in _FIFO and not fifo):
            raise errors.invalid(f"{prefix}Unknown attribute {name}" if prefix else "AttributeName")
        if value:
            _check(name, value, prefix)
    return {name: value for name, value in given.items() if value}


def policy_of(topic: Topic) -> str:
    """A topic's policy: the one that was set, else that of every new topic."""
    text = topic.attributes.get("Policy")
    if text is not None:
        return text
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in _ACTIONS],
        "Resource": topic.arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": topic.account}},
    }
    document = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    return msgspec.json.encode(document).decode()


def shown(topic: Topic, confirmed: int, pending: int, deleted: int) -> dict[str, Any]:
    """What GetTopicAttributes tells."""
    found = {
        "TopicArn": topic.arn,
        "Owner": topic.account,
        "DisplayName": "",
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": str(pending),
        "SubscriptionsDeleted": str(deleted),
        "EffectiveDeliveryPolicy": delivery_policies.shown_of_topic(topic.attributes.get("DeliveryPolicy")),
        **topic.attributes,
        "Policy": policy_of(topic),
    }
    if topic.fifo:
        found = {"ContentBasedDeduplication": "false", "FifoThroughputScope": "Topic", **found, "FifoTopic": "true"}
    return found


def value(topic: Topic, name: str) -> str | None:
    """An attribute as it was set, or as it is by itself."""
    return shown(topic, 0, 0, 0).get(name)


def _check(name: str, text: str, prefix: str) -> None:
    if name in TOPIC_ATTRIBUTES:
        raise errors.unsupported(f"{prefix}{name}", TOPIC_ATTRIBUTES[name])
    if name in _TRUTHS and text not in ("true", "false"):
        raise errors.invalid(f"{prefix}{name}: Invalid value [{text}]. Must be true or false.")
    if name in _CHOICES and text not in _CHOICES[name]:
        raise errors.invalid(f"{prefix}{name}: Invalid value [{text}]. Must be {' or '.join(_CHOICES[name])}.")
    if (name, text) == ("TracingConfig", "Active"):
        raise errors.unsupported(f"{prefix}TracingConfig", TRACING)
    if name == "DisplayName" and len(text) > _DISPLAY_LENGTH:
        raise errors.invalid(f"{prefix}DisplayName")
    if name == "DeliveryPolicy":
        delivery_policies.of_topic(text)
    if name == "Policy":
        try:
            parse(text, Use.RESOURCE)
        except Malformed as error:
            raise errors.invalid(f"{prefix}Policy Error: {error}") from None
