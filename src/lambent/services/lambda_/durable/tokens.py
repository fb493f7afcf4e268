"""Checkpoint tokens and callback ids: opaque to clients, base64 of what they stand for. Pure."""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as Base64Error

import msgspec


def token(execution_id: str, invocation: str, sequence: int) -> str:
    """The token of an invocation's next checkpoint; who does not know the invocation's id cannot make it."""
    return b64encode(msgspec.msgpack.encode([execution_id, invocation, sequence])).decode()


def callback_id(execution_arn: str, operation_id: str) -> str:
    """What an operation that waits for a callback is called outside."""
    return b64encode(msgspec.msgpack.encode([execution_arn, operation_id])).decode()


def called(given: str) -> tuple[str, str] | None:
    """The execution's ARN and the operation's id of a callback id; None for what is none."""
    try:
        arn, operation = msgspec.msgpack.decode(b64decode(given, validate=True), type=tuple[str, str])
    except (Base64Error, ValueError, msgspec.DecodeError):
        return None
    return arn, operation
