"""The event of an invocation and its client context: are they what AWS accepts? Pure.

The event's bytes are handed to the function as they came; they are only looked at here.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from typing import NoReturn

import msgspec

from lambent.services.lambda_ import errors, limits

EMPTY_EVENT = b"{}"
"""What a function receives when the caller sent nothing."""

_VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
_WORD = re.compile(r"[A-Za-z_$][\w$]*")
_SHOWN = 500

# `Raw` skips over a document and checks its syntax without making objects of it: 6 MB in 3 ms.
_syntax = msgspec.json.Decoder(msgspec.Raw)


def event(payload: bytes | None) -> bytes:
    """The event to deliver; nothing at all means `{}`. Raises ApiError unless it is JSON."""
    if not payload:
        return EMPTY_EVENT
    try:
        _syntax.decode(payload)
    except (msgspec.DecodeError, RecursionError):
        _look_again(payload)
    return payload


def client_context(encoded: str | None) -> str | None:
    """The JSON text of `X-Amz-Client-Context`. Raises ApiError unless it is base64 of a JSON object."""
    if not encoded:
        return None
    try:
        text = b64decode(encoded, validate=True)
        if len(text) > limits.CLIENT_CONTEXT_BYTES or not isinstance(json.loads(text), dict):
            raise errors.bad_client_context()
        return text.decode()
    except (Base64Error, ValueError, RecursionError):
        raise errors.bad_client_context() from None


def _look_again(payload: bytes) -> None:
    """Pass the little that the fast check refuses and AWS accepts (lone surrogates); else say where it breaks."""
    try:
        text = payload.decode("utf-8-sig")
        json.loads(text, parse_constant=_not_json)
    except json.JSONDecodeError as error:
        raise errors.bad_json(_explained(error)) from None
    except (ValueError, RecursionError) as error:
        raise errors.bad_json(str(error)) from None


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"Unrecognized token '{constant}': was expecting {_VALUES}")


def _explained(error: json.JSONDecodeError) -> str:
    """The position and the trouble, in the words of the parser that AWS uses."""
    rest = error.doc[error.pos :]
    word = _WORD.match(rest)
    if word is not None:
        trouble = f"Unrecognized token '{word[0]}': was expecting {_VALUES}"
    elif rest:
        trouble = f"Unexpected character ('{rest[0]}' (code {ord(rest[0])})): expected a valid value {_VALUES}"
    else:
        trouble = "Unexpected end-of-input"
    source = error.doc[:_SHOWN]
    return f'{trouble}\n at [Source: (byte[])"{source}"; line: {error.lineno}, column: {error.colno}]'
