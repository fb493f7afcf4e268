"""What a target gets of an event: the event, a part of it, something constant, or a template filled in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.services.events import delivery_errors
from lambent.services.events.event import Event, stamp
from lambent.services.events.paths import NOTHING, select
from lambent.services.events.records import Target

PLACEHOLDER = re.compile(r"<([^<>\s]+)>")
_ESCAPED = re.compile(r"\\.")
RESERVED = frozenset(
    {
        "aws.events.rule-arn",
        "aws.events.rule-name",
        "aws.events.event.ingestion-time",
        "aws.events.event",
        "aws.events.event.json",
    }
)
"""Variables that every template has."""


class LogEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An input transformer's output for a log group."""

    message: str
    timestamp: int | None = None


def payload(rule_arn: str, target: Target, event: Event, arrived: float) -> bytes:
    """What `target` of a rule gets of `event`, which arrived at a time. Raises Untransformable."""
    if target.input is not None:
        return target.input.encode()
    if target.path is not None:
        found = select(event.tree(), target.path)
        if found is NOTHING:
            raise delivery_errors.nothing_there(target.path)
        return msgspec.json.encode(found)
    if target.template is not None:
        return filled(target.template, _values(rule_arn, target, event, arrived)).encode()
    return event.encoded()


def log_entry(body: bytes) -> dict[str, Any]:
    """What an input for a log group says of its line: `timestamp` (in ms) and `message`, if it is made of those."""
    try:
        found = msgspec.json.decode(body, type=LogEntry)
    except msgspec.DecodeError:
        return {}
    return {name: value for name, value in msgspec.structs.asdict(found).items() if value is not None}


def _values(rule_arn: str, target: Target, event: Event, arrived: float) -> dict[str, Any]:
    tree = event.tree()
    values: dict[str, Any] = {}
    for name, path in target.variables.items():
        found = select(tree, path)
        values[name] = "" if found is NOTHING or found is None else found
    without = {"detailType" if name == "detail-type" else name: each for name, each in tree.items() if name != "detail"}
    return values | {
        "aws.events.rule-arn": rule_arn,
        "aws.events.rule-name": rule_arn.rpartition("/")[2],
        "aws.events.event.ingestion-time": stamp(arrived),
        "aws.events.event": without,
        "aws.events.event.json": tree,
    }


def filled(template: str, values: Mapping[str, Any]) -> str:
    """A template with its variables filled in. A template that is a JSON object stays one. Raises Untransformable.

    In it, what stands outside quotes becomes JSON (texts get their quotes), and what stands inside is escaped. A
    template that is text takes values as text: those of objects and lists lose their quotes.
    """
    is_json = is_object(template)
    pieces: list[str] = []
    done, quoted = 0, False
    for match in PLACEHOLDER.finditer(template):
        before = template[done : match.start()]
        quoted ^= _toggles(before)
        pieces.append(before)
        pieces.append(_shown(values.get(match[1], ""), is_json=is_json, quoted=quoted))
        done = match.end()
    text = "".join([*pieces, template[done:]])
    if not is_json:
        return text.replace("\\n", "\n")
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise delivery_errors.not_json() from None
    return text


def is_object(template: str) -> bool:
    """Whether a template is to become a JSON object."""
    return template.lstrip().startswith("{")


def _toggles(text: str) -> bool:
    """Whether quotes are open behind `text` that were closed before it, or the other way round."""
    return _ESCAPED.sub("", text).count('"') % 2 == 1


def _shown(value: Any, *, is_json: bool, quoted: bool) -> str:
    if not is_json:
        text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        return text if isinstance(value, str) else text.replace('"', "")
    text = msgspec.json.encode(value).decode()
    if not quoted:
        return text
    inside = value if isinstance(value, str) else text
    return msgspec.json.encode(inside).decode()[1:-1]
