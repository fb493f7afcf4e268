"""Names, ARNs, tokens and ids of log groups, streams and events. Pure."""

from __future__ import annotations

import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Any

import msgspec

from lambent.model.errors import ApiError
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group
from lambent.observe.log_search import Place as Position
from lambent.services.access import Place
from lambent.services.logs import errors
from lambent.services.operation import Params

_ARN = re.compile(r"arn:aws:logs:([a-z0-9-]+):(\d{12}):log-group:([.\-_/#A-Za-z0-9]+)(?::\*)?")
_EVENT_TOKEN = re.compile(r"([fb])/(\d{16})(\d{40})")


def group_of(at: Any, params: Params) -> Group:
    """The group that `logGroupName` or `logGroupIdentifier` means. Raises ApiError."""
    name, identifier = params.get("logGroupName"), params.get("logGroupIdentifier")
    if (name is None) == (identifier is None):
        raise errors.one_group()
    return Group(at.account, at.region, name) if name is not None else identified(at, str(identifier))


def identified(at: Any, identifier: str) -> Group:
    """The group of a name or an ARN; only one of the caller's account and region is here. Raises ApiError."""
    if not identifier.startswith("arn:"):
        return Group(at.account, at.region, identifier)
    match = _ARN.fullmatch(identifier)
    if match is None:
        raise errors.invalid(f"{identifier} is not the ARN of a log group.")
    region, account, name = match.groups()
    if (account, region) != (at.account, at.region):
        raise errors.no_group()
    return Group(account, region, name)


def place(group: Group) -> Place:
    """Where a group is."""
    return Place(group.account, group.region)


def group_arn(group: Group) -> str:
    """The ARN of a group as resources of policies and tags have it."""
    return f"arn:aws:logs:{group.region}:{group.account}:log-group:{group.name}"


def stream_arn(group: Group, stream: str) -> str:
    """The ARN of a stream."""
    return f"{group_arn(group)}:log-stream:{stream}"


def event_id(event: Found) -> str:
    """56 digits that no other event of the group has. They begin with 4 where a function wrote in the platform's form,
    which the page at /_lambent/ tells whoever reads it."""
    first, stream = 4 if event.forged else 3, zlib.crc32(event.stream.encode())
    return f"{first}{event.timestamp_ms:016d}{stream:012d}{event.position:027d}"


def event_token(direction: str, time_ms: int, position: int) -> str:
    """Where a page of one stream ends (`f`), or begins (`b`)."""
    return f"{direction}/{time_ms:016d}{position:040d}"


def read_event_token(token: str) -> tuple[str, int, int]:
    """Direction, time and position. Raises ApiError."""
    match = _EVENT_TOKEN.fullmatch(token)
    if match is None:
        raise errors.bad_token()
    return match[1], int(match[2]), int(match[3])


def token(value: Any) -> str:
    """An opaque text for something."""
    return urlsafe_b64encode(msgspec.json.encode(value)).decode()


def read_token(text: str, kind: Any) -> Any:
    """What `token` was made from. Raises ApiError."""
    try:
        return msgspec.json.decode(urlsafe_b64decode(text.encode()), type=kind)
    except (Base64Error, ValueError):
        raise errors.bad_token() from None


def pointer(group: Group, event: Found) -> str:
    """`@ptr`: where an event is, for GetLogRecord."""
    return token([group.name, event.stream, event.timestamp_ms, event.position])


def read_pointer(text: str) -> tuple[str, Position]:
    """The group's name, and the event's place."""
    try:
        name, stream, time, position = read_token(text, tuple[str, str, int, int])
    except ApiError:
        raise errors.bad_pointer() from None
    return name, (time, stream, position)
