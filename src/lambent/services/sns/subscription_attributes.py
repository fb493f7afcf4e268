"""What subscriptions are told to be: endpoints and attributes, checked and shown. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from lambent.services.sns import delivery_policies, errors, filters
from lambent.services.sns.records import HTTP, Subscription, Topic
from lambent.services.sns.unsupported import PROTOCOLS, SUBSCRIPTION_ATTRIBUTES

DELIVERED = ("lambda", "sqs", *HTTP)
SETTABLE = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    *SUBSCRIPTION_ATTRIBUTES,
)


def check_endpoint(topic: Topic, protocol: str, endpoint: str) -> None:
    """What is to be subscribed must fit the topic, and be something that is delivered to. Raises ApiError."""
    if protocol in PROTOCOLS:
        raise errors.unsupported(f"Protocol {protocol}", PROTOCOLS[protocol])
    if protocol not in DELIVERED:
        raise errors.bad_protocol(protocol)
    if topic.fifo and protocol != "sqs":
        raise errors.not_for_fifo(protocol)
    parts = endpoint.split(":")
    if protocol == "sqs":
        if len(parts) != 6 or parts[2] != "sqs":
            raise errors.invalid("SQS endpoint ARN")
        if endpoint.endswith(".fifo") and not topic.fifo:
            raise errors.fifo_queue_of_standard_topic()
    elif protocol == "lambda":
        if len(parts) not in (7, 8) or parts[2] != "lambda" or parts[5] != "function":
            raise errors.invalid("Lambda endpoint ARN")
    elif not endpoint.startswith(f"{protocol}://"):
        raise errors.invalid("Endpoint must match the specified protocol")


def checked(given: Mapping[str, str], topic: Topic, protocol: str, endpoint: str, prefix: str) -> dict[str, str]:
    """Attributes that may be set, those that are empty left out. `prefix` begins refusals. Raises ApiError."""
    for name, value in given.items():
        if name not in SETTABLE:
            raise errors.invalid(f"{prefix}AttributeName")
        if value:
            _check(name, value, topic, protocol, endpoint, prefix)
    return {name: value.lower() if name == "RawMessageDelivery" else value for name, value in given.items() if value}


def check_filter(attributes: Mapping[str, str], prefix: str) -> None:
    """A filter policy must be one of its scope. Raises ApiError."""
    if text := attributes.get("FilterPolicy"):
        filters.check(text, attributes.get("FilterPolicyScope", filters.ATTRIBUTES), prefix)


def shown(subscription: Subscription, topic_policy: str | None) -> dict[str, str]:
    """What GetSubscriptionAttributes tells."""
    found = {
        "SubscriptionArn": subscription.arn,
        "TopicArn": subscription.topic,
        "Owner": subscription.owner,
        "Protocol": subscription.protocol,
        "Endpoint": subscription.endpoint,
        "RawMessageDelivery": "false",
        "PendingConfirmation": "false" if subscription.confirmed else "true",
        "ConfirmationWasAuthenticated": "true" if subscription.authenticated else "false",
        "SubscriptionPrincipal": subscription.principal,
        **subscription.attributes,
    }
    if "FilterPolicy" in found:
        found.setdefault("FilterPolicyScope", filters.ATTRIBUTES)
    else:
        found.pop("FilterPolicyScope", None)
    if subscription.protocol in HTTP:
        policy = delivery_policies.effective(topic_policy, subscription.attributes.get("DeliveryPolicy"))
        found["EffectiveDeliveryPolicy"] = delivery_policies.shown(policy)
    return found


def _check(name: str, value: str, topic: Topic, protocol: str, endpoint: str, prefix: str) -> None:
    match name:
        case "FilterPolicyScope" if value not in filters.SCOPES:
            raise errors.invalid(
                f"{prefix}FilterPolicyScope: Invalid value [{value}]. Please use either MessageBody or"
                " MessageAttributes"
            )
        case "RawMessageDelivery":
            if value.lower() not in ("true", "false"):
                raise errors.invalid(f"{prefix}RawMessageDelivery: Invalid value [{value}]. Must be true or false.")
            if protocol == "lambda" and value.lower() == "true":
                raise errors.invalid(
                    f"{prefix}RawMessageDelivery: Delivery protocol [lambda] does not support raw message delivery."
                )
        case "RedrivePolicy":
            _check_redrive(value, topic, endpoint, prefix)
        case "DeliveryPolicy":
            if protocol not in HTTP:
                raise errors.invalid(f"{prefix}DeliveryPolicy: Delivery protocol [{protocol}] has no delivery policy.")
            delivery_policies.of_subscription(value)
        case _ if name in SUBSCRIPTION_ATTRIBUTES:
            raise errors.unsupported(f"{prefix}{name}", SUBSCRIPTION_ATTRIBUTES[name])


def _check_redrive(value: str, topic: Topic, endpoint: str, prefix: str) -> None:
    try:
        policy = msgspec.json.decode(value)
    except msgspec.DecodeError:
        raise errors.invalid(f"{prefix}RedrivePolicy: failed to parse JSON.") from None
    target = policy.get("deadLetterTargetArn") if isinstance(policy, dict) else None
    parts = target.split(":") if isinstance(target, str) else []
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sqs":
        raise errors.invalid(f"{prefix}RedrivePolicy: deadLetterTargetArn is an invalid arn")
    if topic.fifo and endpoint.endswith(".fifo") and not parts[5].endswith(".fifo"):
        raise errors.invalid(
            f"{prefix}RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic."
        )
