"""What an enrichment or a target gets of a record: the record, or a template filled in. Pure.

Payloads that hold JSON as text (the body of a message) or in base64 (the data of a broker's message, key and value of a
record of Kafka) are read as JSON, so that paths lead into them. A template that is one variable becomes what that is;
one that is a JSON object stays one; any other becomes text.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from lambent.services.events.paths import NOTHING, BadPath, select, steps
from lambent.services.events.transform import PLACEHOLDER, filled, is_object
from lambent.services.pipes import errors
from lambent.services.pipes.records import Pipe

_TEXTS = ("body",)
"""Fields that may hold JSON as text."""

_ENCODED = ("data", "key", "value")
"""Fields of brokers' records that may hold JSON in base64."""

_RESERVED = frozenset(
    {
        "aws.pipes.pipe-arn",
        "aws.pipes.pipe-name",
        "aws.pipes.source-arn",
        "aws.pipes.enrichment-arn",
        "aws.pipes.target-arn",
        "aws.pipes.event.ingestion-time",
        "aws.pipes.event",
        "aws.pipes.event.json",
    }
)


def check(template: str) -> None:
    """Whether every variable of a template is one. Raises ApiError."""
    for match in PLACEHOLDER.finditer(template):
        name = match[1]
        if name.startswith("$"):
            check_path(name)
        elif name.startswith("aws.pipes.") and name not in _RESERVED:
            raise errors.bad_variable(name)


def check_path(path: str) -> None:
    """Whether a path is one. Raises ApiError."""
    try:
        steps(path)
    except BadPath:
        raise errors.bad_path(path) from None


def made(template: str, pipe: Pipe, item: Any, now: float) -> Any:
    """What becomes of one record. Raises Untransformable."""
    if not template:
        return item
    values = _Values(pipe, item, now)
    whole = PLACEHOLDER.fullmatch(template.strip())
    if whole is not None and whole[1] in values:
        return values[whole[1]]
    text = filled(template, values)
    return msgspec.json.decode(text) if is_object(template) else text


def looked_up(parameter: str, item: Any) -> str:
    """A parameter of a target that may be a path into the record."""
    if not parameter.startswith("$"):
        return parameter
    found = select(_opened(item), parameter)
    return "" if found is NOTHING or found is None else as_text(found)


def as_text(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


class _Values(Mapping[str, Any]):
    """Paths and reserved variables, looked up when they are needed."""

    def __init__(self, pipe: Pipe, item: Any, now: float) -> None:
        self._item = item
        self._opened = _opened(item)
        self._reserved = {
            "aws.pipes.pipe-arn": pipe.arn,
            "aws.pipes.pipe-name": pipe.name,
            "aws.pipes.source-arn": pipe.source,
            "aws.pipes.enrichment-arn": pipe.enrichment,
            "aws.pipes.target-arn": pipe.target,
            "aws.pipes.event.ingestion-time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws.pipes.event": item,
            "aws.pipes.event.json": item,
        }

    def __getitem__(self, name: str) -> Any:
        if not name.startswith("$"):
            return self._reserved[name]
        found = select(self._opened, name)
        return "" if found is NOTHING or found is None else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._reserved)

    def __len__(self) -> int:
        return len(self._reserved)


def _opened(item: Any) -> Any:
    """A record whose texts that hold JSON are read."""
    if not isinstance(item, dict):
        return item
    read = {name: _read(item[name]) for name in _TEXTS if isinstance(item.get(name), str)}
    if "eventSourceKey" in item:
        read |= {name: _decoded(item[name]) for name in _ENCODED if isinstance(item.get(name), str)}
    return item | read if read else item


def _decoded(text: str) -> Any:
    """What base64 holds if that is JSON; else the base64."""
    try:
        found = _read(b64decode(text, validate=True).decode())
    except (Base64Error, ValueError):
        return text
    return text if isinstance(found, str) else found


def _read(text: str) -> Any:
    try:
        found = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return text
    return found if isinstance(found, dict | list) else text
