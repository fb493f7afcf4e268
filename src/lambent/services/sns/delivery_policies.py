"""Delivery policies of topics and HTTP(S) subscriptions: how often and how fast an endpoint is called. Pure."""

from __future__ import annotations

import msgspec

from lambent.services.sns import errors, limits
from lambent.services.sns.schedule import ADDRESSED, Retries

CONTENT_TYPE = "text/plain; charset=UTF-8"
"""What endpoints are sent, unless a policy says otherwise."""

_CONTENT_TYPES = frozenset(
    {
        "text/plain",
        "text/css",
        "text/csv",
        "text/html",
        "text/xml",
        "application/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/soap+xml",
        "application/octet-stream",
    }
)


class Throttle(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """How often an endpoint is called at most."""

    max_receives_per_second: int


class Requests(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What requests say of their content."""

    header_content_type: str = CONTENT_TYPE


class OfSubscription(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """The policy of a subscription; also the effective one."""

    healthy_retry_policy: Retries | None = None
    throttle_policy: Throttle | None = None
    request_policy: Requests | None = None
    sickly_retry_policy: Retries | None = None

    @property
    def retries(self) -> Retries:
        """When a failed delivery is tried again."""
        return self.healthy_retry_policy or ADDRESSED

    @property
    def content_type(self) -> str:
        """What requests say of their content."""
        return CONTENT_TYPE if self.request_policy is None else self.request_policy.header_content_type

    @property
    def rate(self) -> int | None:
        """Deliveries a second, at most."""
        return None if self.throttle_policy is None else self.throttle_policy.max_receives_per_second


class OfHttp(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True):
    """What a topic says of its HTTP(S) subscriptions."""

    default_healthy_retry_policy: Retries | None = None
    default_throttle_policy: Throttle | None = None
    default_request_policy: Requests | None = None
    default_sickly_retry_policy: Retries | None = None
    disable_subscription_overrides: bool = False


class OfTopic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The policy of a topic."""

    http: OfHttp = OfHttp()


def of_topic(text: str | None) -> OfTopic:
    """A topic's policy, read. Raises ApiError."""
    try:
        policy = msgspec.json.decode(text, type=OfTopic) if text else OfTopic()
    except msgspec.DecodeError as error:
        raise errors.invalid(f"DeliveryPolicy: {error}") from None
    http = policy.http
    _check(http.default_healthy_retry_policy, http.default_throttle_policy, http.default_request_policy)
    return policy


def of_subscription(text: str | None) -> OfSubscription:
    """A subscription's policy, read. Raises ApiError."""
    try:
        policy = msgspec.json.decode(text, type=OfSubscription) if text else OfSubscription()
    except msgspec.DecodeError as error:
        raise errors.invalid(f"DeliveryPolicy: {error}") from None
    _check(policy.healthy_retry_policy, policy.throttle_policy, policy.request_policy)
    return policy


def effective(topic: str | None, subscription: str | None) -> OfSubscription:
    """What counts: the subscription's word, unless the topic overrides it, else the topic's. Both are valid."""
    http = of_topic(topic).http
    own = OfSubscription() if http.disable_subscription_overrides else of_subscription(subscription)
    return OfSubscription(
        own.healthy_retry_policy or http.default_healthy_retry_policy or ADDRESSED,
        own.throttle_policy or http.default_throttle_policy,
        own.request_policy or http.default_request_policy or Requests(),
    )


def shown_of_topic(text: str | None) -> str:
    """The effective policy of a topic, as JSON."""
    http = of_topic(text).http
    shown = OfHttp(
        http.default_healthy_retry_policy or ADDRESSED,
        http.default_throttle_policy,
        http.default_request_policy or Requests(),
    )
    tree = {**msgspec.to_builtins(shown), "disableSubscriptionOverrides": http.disable_subscription_overrides}
    return msgspec.json.encode({"http": tree}).decode()


def shown(policy: OfSubscription) -> str:
    """An effective policy of a subscription, as JSON."""
    return msgspec.json.encode(policy).decode()


def _check(retries: Retries | None, throttle: Throttle | None, requests: Requests | None) -> None:
    if retries is not None:
        _check_retries(retries)
    if throttle is not None and throttle.max_receives_per_second < 1:
        raise errors.invalid("DeliveryPolicy: throttlePolicy.maxReceivesPerSecond must be at least 1")
    if requests is not None and requests.header_content_type.partition(";")[0].strip() not in _CONTENT_TYPES:
        raise errors.invalid(
            f"DeliveryPolicy: {requests.header_content_type} is no headerContentType that is supported"
        )


def _check_retries(retries: Retries) -> None:
    parts = (retries.num_no_delay_retries, retries.num_min_delay_retries, retries.num_max_delay_retries)
    if not 0 <= retries.num_retries <= 100:
        raise errors.invalid("DeliveryPolicy: healthyRetryPolicy.numRetries must be between 0 and 100")
    if any(part < 0 for part in parts) or retries.growing < 0:
        raise errors.invalid("DeliveryPolicy: healthyRetryPolicy.numRetries must be at least the sum of its parts")
    if not 1 <= retries.min_delay_target <= retries.max_delay_target <= limits.HTTP_RETRY_SECONDS:
        raise errors.invalid(
            "DeliveryPolicy: healthyRetryPolicy.minDelayTarget must be at least 1, and at most maxDelayTarget, which"
            " must be at most 3600"
        )
    if retries.total > limits.HTTP_RETRY_SECONDS:
        raise errors.invalid("DeliveryPolicy: healthyRetryPolicy must not take longer than 3600 seconds altogether")
