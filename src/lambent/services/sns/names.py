"""ARNs of topics and subscriptions, and the tokens of listings. Pure."""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import NamedTuple

from lambent.services.access import Place
from lambent.services.sns import errors

_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class TopicName(NamedTuple):
    """Where a topic is, and its name."""

    place: Place
    name: str

    @property
    def arn(self) -> str:
        """The topic's ARN."""
        return f"arn:aws:sns:{self.place.region}:{self.place.account}:{self.name}"


class SubscriptionName(NamedTuple):
    """A subscription's topic, and its own id."""

    topic: TopicName
    id: str


def check_topic_name(name: str, *, fifo: bool) -> None:
    """A topic's name must fit its kind. Raises ApiError."""
    if fifo or name.endswith(".fifo"):
        if not fifo or not _FIFO_NAME.fullmatch(name):
            raise errors.bad_fifo_name() if fifo else errors.bad_topic_name()
    elif not _NAME.fullmatch(name):
        raise errors.bad_topic_name()


def topic_of(arn: str, parameter: str = "TopicArn") -> TopicName:
    """The topic of an ARN. Raises ApiError."""
    parts = arn.split(":")
    if len(parts) != 6 or parts[0] != "arn" or parts[2] != "sns" or not parts[5]:
        raise errors.bad_arn(parameter, arn)
    return TopicName(Place(parts[4], parts[3]), parts[5])


def subscription_of(arn: str) -> SubscriptionName:
    """The subscription of an ARN. Raises ApiError."""
    parts = arn.split(":")
    if len(parts) == 6 and parts[2] == "sns":
        raise errors.invalid("SubscriptionId")
    if len(parts) != 7 or parts[2] != "sns" or not _ID.fullmatch(parts[6]):
        raise errors.bad_arn("SubscriptionArn", arn)
    return SubscriptionName(topic_of(":".join(parts[:6])), parts[6])


def page_token(position: str) -> str:
    """How a listing goes on after `position`."""
    return urlsafe_b64encode(position.encode()).decode()


def position_of(token: str | None) -> str:
    """The position of a token; "" for none. Raises ApiError."""
    if not token:
        return ""
    try:
        return b64decode(token.encode(), b"-_", validate=True).decode()
    except (Base64Error, ValueError):
        raise errors.invalid("NextToken Reason: Invalid or expired token") from None
