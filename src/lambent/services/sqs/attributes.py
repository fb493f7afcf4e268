"""What queues are told to be: their attributes, checked. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.policy.document import Malformed, Use, parse
from lambent.services.sqs import errors, limits
from lambent.services.sqs.records import Queue, Redrive

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,75}\.fifo")
_TRUTHS = ("FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled")
_FIFO_CHOICES = {
    "DeduplicationScope": ("queue", "messageGroup"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_READ_ONLY = frozenset(
    {
        "All",
        "QueueArn",
        "CreatedTimestamp",
        "LastModifiedTimestamp",
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    }
)
KNOWN = frozenset(
    {
        *limits.NUMBERS,
        *_TRUTHS,
        *_FIFO_CHOICES,
        *_READ_ONLY,
        "Policy",
        "RedrivePolicy",
        "RedriveAllowPolicy",
        "KmsMasterKeyId",
        "KmsDataKeyReusePeriodSeconds",
    }
)


def check_name(name: str, given: Mapping[str, str]) -> None:
    """A queue's name must fit its kind. Raises ApiError."""
    if given.get("FifoQueue") == "true" or name.endswith(".fifo"):
        if not _FIFO_NAME.fullmatch(name) or given.get("FifoQueue") != "true":
            raise errors.fifo_name()
    elif not _NAME.fullmatch(name):
        raise errors.bad_name()


def checked(given: Mapping[str, str], *, fifo: bool, new: bool) -> dict[str, str]:
    """Attributes that may be set, without those that say nothing. Raises ApiError."""
    for name in given:
        if name not in KNOWN or name in _READ_ONLY or (name == "FifoQueue" and not new):
            raise errors.bad_attribute(name)
    for name, value in given.items():
        _check(name, value, fifo)
    if given.get("KmsMasterKeyId") and given.get("SqsManagedSseEnabled") == "true":
        raise errors.bad_value("SqsManagedSseEnabled", "You can use one type of server-side encryption at one time.")
    if given.get("FifoThroughputLimit") == "perMessageGroupId" and given.get("DeduplicationScope") != "messageGroup":
        raise errors.bad_value("FifoThroughputLimit", "perMessageGroupId needs DeduplicationScope messageGroup.")
    return dict(given)


def redrive(text: str | None) -> Redrive | None:
    """A RedrivePolicy, read; None for an empty one. Raises ApiError."""
    if not text:
        return None
    try:
        tree = msgspec.json.decode(text)
        target, most = tree["deadLetterTargetArn"], int(tree["maxReceiveCount"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        raise errors.bad_value("RedrivePolicy") from None
    if not isinstance(target, str) or not target.startswith("arn:") or not 1 <= most <= 1000:
        raise errors.bad_value("RedrivePolicy")
    return Redrive(target, most)


def allows(dead_letters: Queue, source: Queue) -> bool:
    """Whether a dead-letter queue takes the dead letters of another."""
    text = dead_letters.attributes.get("RedriveAllowPolicy")
    tree: dict[str, Any] = msgspec.json.decode(text) if text else {}
    match tree.get("redrivePermission", "allowAll"):
        case "denyAll":
            return False
        case "byQueue":
            return source.arn in tree.get("sourceQueueArns", ())
        case _:
            return True


def _check(name: str, value: str, fifo: bool) -> None:
    if name in limits.NUMBERS:
        least, most, _ = limits.NUMBERS[name]
        if not value.isdecimal() or not least <= int(value) <= most:
            raise errors.bad_value(name)
    elif name in _TRUTHS:
        if value not in ("true", "false"):
            raise errors.bad_value(name)
        if name == "ContentBasedDeduplication" and not fifo:
            raise errors.bad_attribute(name)
    elif name in _FIFO_CHOICES:
        if not fifo:
            raise errors.bad_attribute(name)
        if value not in _FIFO_CHOICES[name]:
            raise errors.bad_value(name)
    elif name == "KmsMasterKeyId":
        if len(value) > limits.KEY_ID_LENGTH:
            raise errors.bad_value(name)
    elif name == "RedrivePolicy":
        redrive(value)
    elif value and name in ("Policy", "RedriveAllowPolicy"):
        _check_document(name, value)


def _check_document(name: str, value: str) -> None:
    try:
        if name == "Policy":
            parse(value, Use.RESOURCE)
        elif msgspec.json.decode(value, type=dict[str, Any]).get("redrivePermission") not in (
            "allowAll",
            "denyAll",
            "byQueue",
        ):
            raise errors.bad_value(name)
    except (Malformed, msgspec.DecodeError, msgspec.ValidationError):
        raise errors.bad_value(name) from None
