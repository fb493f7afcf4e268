"""What a message may be: text, subject, attributes, structure, size, group. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.services.sns import errors, limits
from lambent.services.sns.records import Attribute, Topic

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,256}")
_TYPE = re.compile(r"(String|Number|Binary)(\..+)?")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_SUBJECT = re.compile(r"[\x21-\x7e][\x20-\x7e]*")
_TOKEN = re.compile(r"[A-Za-z0-9!-/:-@\[-`{-~]{1,128}")


def check(entry: Mapping[str, Any]) -> None:
    """Text and subject must be something. Raises ApiError."""
    if not entry.get("Message"):
        raise errors.invalid("Empty message")
    subject = entry.get("Subject")
    if subject is not None and (len(subject) > limits.SUBJECT_LENGTH or not _SUBJECT.fullmatch(subject)):
        raise errors.invalid("Subject")


def size(entry: Mapping[str, Any]) -> int:
    """What a message counts: text, and names, types and values of its attributes."""
    total = len(entry["Message"].encode())
    for name, attribute in (entry.get("MessageAttributes") or {}).items():
        value = attribute.get("BinaryValue", attribute.get("StringValue", ""))
        total += len(name.encode()) + len(attribute.get("DataType", "").encode())
        total += len(value if isinstance(value, bytes) else value.encode())
    return total


def attributes(entry: Mapping[str, Any]) -> dict[str, Attribute]:
    """A message's attributes, as they are kept. Raises ApiError."""
    return {name: _attribute(name, each) for name, each in (entry.get("MessageAttributes") or {}).items()}


def variants(entry: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The text for everybody, and those for some protocols. Raises ApiError."""
    message, structure = entry["Message"], entry.get("MessageStructure")
    if not structure:
        return message, {}
    if structure != "json":
        raise errors.invalid("MessageStructure")
    try:
        tree = msgspec.json.decode(message)
    except (msgspec.DecodeError, RecursionError):
        raise errors.invalid("Message Structure - JSON message body failed to parse") from None
    texts = {key: text for key, text in tree.items() if isinstance(text, str)} if isinstance(tree, dict) else {}
    if "default" not in texts:
        raise errors.invalid("Message Structure - No default entry in JSON message body")
    return texts.pop("default"), texts


def fifo(topic: Topic, entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Group and deduplication id. Standard topics pass a group on to standard queues. Raises ApiError."""
    group, deduplication = entry.get("MessageGroupId"), entry.get("MessageDeduplicationId")
    for name, value in (("MessageGroupId", group), ("MessageDeduplicationId", deduplication)):
        if value is not None and not _TOKEN.fullmatch(value):
            raise errors.invalid(f"{name} Reason: can only include alphanumeric and punctuation characters, 1 to 128")
    if not topic.fifo:
        if deduplication is not None:
            raise errors.fifo_only("MessageDeduplicationId")
        return group, None
    if group is None:
        raise errors.no_group()
    if deduplication is None:
        if not topic.says("ContentBasedDeduplication"):
            raise errors.no_deduplication()
        deduplication = hashlib.sha256(entry["Message"].encode()).hexdigest()
    return group, deduplication


def _attribute(name: str, given: Mapping[str, Any]) -> Attribute:
    lower = name.lower()
    if len(name) > 256:
        raise errors.bad_value("Length of message attribute name must be less than 256 bytes.")
    if not _NAME.fullmatch(name) or lower.startswith(("aws.", "amazon.", ".")) or ".." in name or name.endswith("."):
        raise errors.bad_value(f"Invalid message attribute name: {name}")
    kind = given.get("DataType", "")
    if not _TYPE.fullmatch(kind):
        raise errors.bad_value(
            f"The message attribute '{name}' has an invalid message attribute type, the set of supported type prefixes"
            " is Binary, Number, and String."
        )
    if "BinaryValue" not in given and "StringValue" not in given:
        raise _empty(name, kind)
    base = "Binary" if kind.startswith("Binary") else "String"
    value = given.get(f"{base}Value")
    if value is None:
        raise errors.bad_value(f"The message attribute '{name}' with type '{kind}' must use field '{base}'.")
    if not value:
        raise _empty(name, kind)
    if base == "Binary":
        return Attribute(kind, data=value)
    if kind.startswith("Number") and not _NUMBER.fullmatch(value):
        raise errors.bad_value(f"Could not cast message attribute '{name}' value to number.")
    return Attribute(kind, value)


def _empty(name: str, kind: str) -> Exception:
    return errors.bad_value(
        f"The message attribute '{name}' must contain non-empty message attribute value for message attribute type"
        f" '{kind}'."
    )
