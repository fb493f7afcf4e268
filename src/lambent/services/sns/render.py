"""What subscribers read: the envelopes of queues and addresses, the event of functions, raw messages. Pure."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec

from lambent.services.sns.records import Attribute, Confirmation, Notice, Subscription

_ASKS = {
    "SubscriptionConfirmation": (
        "You have chosen to subscribe to the topic {topic}.\n"
        "To confirm the subscription, visit the SubscribeURL included in this message."
    ),
    "UnsubscribeConfirmation": (
        "You have chosen to deactivate subscription {subscription}.\n"
        "To cancel this operation and restore the subscription, visit the SubscribeURL included in this message."
    ),
}


def timestamp(moment: float) -> str:
    """`2012-05-02T00:54:06.655Z`; `moment` in seconds since the epoch."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def signed_fields(notice: Notice, text: str) -> dict[str, str]:
    """What of a notification is signed."""
    fields = {
        "Type": "Notification",
        "MessageId": notice.id,
        "TopicArn": notice.topic,
        "Message": text,
        "Timestamp": timestamp(notice.sent),
    }
    return fields if notice.subject is None else {**fields, "Subject": notice.subject}


def envelope(notice: Notice, text: str, signature: Mapping[str, str]) -> tuple[str, str]:
    """A notification for queues and addresses, as SNS sets it: what stands before and after the UnsubscribeURL, which
    alone is each subscriber's own."""
    tree: dict[str, Any] = {"Type": "Notification", "MessageId": notice.id}
    if notice.sequence is not None:
        tree["SequenceNumber"] = notice.sequence
    tree["TopicArn"] = notice.topic
    if notice.subject is not None:
        tree["Subject"] = notice.subject
    tree |= {"Message": text, "Timestamp": timestamp(notice.sent), **signature, "UnsubscribeURL": ""}
    if notice.attributes:
        tree["MessageAttributes"] = _shown(notice.attributes)
    key = '"UnsubscribeURL" : "'
    # The last of its kind: what comes after it are attributes, whose quotes are escaped.
    before, _, after = _set(tree).rpartition(key)
    return before + key, after


def event(
    notice: Notice, text: str, signature: Mapping[str, str], unsubscribe: str, subscription: Subscription
) -> bytes:
    """What a function is invoked with. Its URLs are spelled otherwise than those of envelopes."""
    message = {
        "Type": "Notification",
        "MessageId": notice.id,
        "TopicArn": notice.topic,
        "Subject": notice.subject,
        "Message": text,
        "Timestamp": timestamp(notice.sent),
        "SignatureVersion": signature["SignatureVersion"],
        "Signature": signature["Signature"],
        "SigningCertUrl": signature["SigningCertURL"],
        "UnsubscribeUrl": unsubscribe,
        "MessageAttributes": _shown(notice.attributes),
    }
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription.arn,
        "Sns": message,
    }
    return msgspec.json.encode({"Records": [record]})


def question(asked: Confirmation, subscription: Subscription, subscribe: str) -> dict[str, str]:
    """A confirmation, without its signature."""
    return {
        "Type": asked.kind,
        "MessageId": asked.id,
        "Token": asked.token,
        "TopicArn": subscription.topic,
        "Message": _ASKS[asked.kind].format(topic=subscription.topic, subscription=subscription.arn),
        "SubscribeURL": subscribe,
        "Timestamp": timestamp(asked.sent),
    }


def question_text(fields: Mapping[str, str], signature: Mapping[str, str]) -> str:
    """A confirmation as SNS sets it."""
    return _set({**fields, **signature})


def queue_attributes(attributes: Mapping[str, Attribute]) -> dict[str, Any]:
    """Attributes as a queue takes them, for raw messages."""
    return {
        name: {"DataType": each.kind, **({"BinaryValue": each.data} if each.binary else {"StringValue": each.text})}
        for name, each in attributes.items()
    }


def unsubscribe_url(address: str, subscription: Subscription) -> str:
    """Where a subscription is ended without a signature."""
    return f"{address}/?Action=Unsubscribe&SubscriptionArn={quote(subscription.arn, safe=':')}"


def subscribe_url(address: str, subscription: Subscription, token: str) -> str:
    """Where a subscription is confirmed without a signature."""
    return f"{address}/?Action=ConfirmSubscription&TopicArn={quote(subscription.topic, safe=':')}&Token={token}"


def _shown(attributes: Mapping[str, Attribute]) -> dict[str, dict[str, str]]:
    return {
        name: {"Type": each.kind, "Value": b64encode(each.data).decode() if each.binary else each.text}
        for name, each in attributes.items()
    }


def _set(tree: Mapping[str, Any]) -> str:
    return json.dumps(tree, indent=2, separators=(",", " : "), ensure_ascii=False)
