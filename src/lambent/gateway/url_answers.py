"""What a function answered, as the HTTP response of its address; and the refusals of the address itself. Pure."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from typing import Any

import msgspec

from lambent.http.message import Response

_JSON = ("content-type", "application/json")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_REMAPPED = frozenset({"connection", "content-length", "date", "server", "www-authenticate"})
_DROPPED = frozenset({"transfer-encoding", "keep-alive", "upgrade", "te", "trailer"})
_BODILESS = frozenset({204, 304})

FORBIDDEN = (
    "Forbidden. For troubleshooting Function URL authorization issues, see:"
    " https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"
)


class _Invalid(Exception):
    """The function answered what cannot be an HTTP response."""


def answer(payload: bytes) -> Response:
    """A function's answer: an object with `statusCode` says how to respond, any other JSON is the body itself."""
    try:
        value = msgspec.json.decode(payload) if payload else None
    except (msgspec.DecodeError, RecursionError):
        return failed()
    if not isinstance(value, dict) or "statusCode" not in value:
        return Response(200, [_JSON], payload or b"null")
    try:
        return _spelled(value)
    except _Invalid:
        return failed()


def head(value: Any, content_type: str) -> Response | None:
    """Status and headers that a function says before a body that it streams; None for what cannot be said."""
    if not isinstance(value, dict):
        return None
    try:
        return _spelled({"statusCode": 200, **value, "body": None}, content_type)
    except _Invalid:
        return None


def failed() -> Response:
    """The function failed, or answered what cannot be sent."""
    return Response(502, [_JSON], b"Internal Server Error")


def refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """The address itself says no."""
    return Response(status, [_JSON, *(headers or {}).items()], json.dumps({"Message": message}).encode())


def _spelled(value: Mapping[str, Any], content_type: str = "application/json") -> Response:
    status = value["statusCode"]
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if not isinstance(status, int) or isinstance(status, bool) or not 200 <= status <= 599:
        raise _Invalid
    headers = _headers(value.get("headers"))
    if not any(name.lower() == "content-type" for name, _ in headers):
        headers.append(("content-type", content_type))
    cookies = value.get("cookies")
    if not isinstance(cookies, list | None):
        raise _Invalid
    headers += [("set-cookie", _text(cookie)) for cookie in cookies or ()]
    body = _body(value.get("body"), value.get("isBase64Encoded"))
    return Response(status, headers, b"" if status in _BODILESS else body)


def _headers(given: Any) -> list[tuple[str, str]]:
    if not isinstance(given, dict | None):
        raise _Invalid
    headers = []
    for name, value in (given or {}).items():
        if not _TOKEN.fullmatch(name):
            raise _Invalid
        small = name.lower()
        if small not in _DROPPED and value is not None:
            headers.append((f"x-amzn-remapped-{small}" if small in _REMAPPED else name, _text(value)))
    return headers


def _text(value: Any) -> str:
    """A header's value as bytes of UTF-8 behind Latin-1 characters, which is how `http` carries it."""
    if isinstance(value, bool):
        value = str(value).lower()
    if not isinstance(value, str | int | float):
        raise _Invalid
    text = str(value)
    if any(character in text for character in "\r\n\0"):
        raise _Invalid
    return text.encode("utf-8", "replace").decode("latin-1")


def _body(given: Any, in_base64: Any) -> bytes:
    if given is None:
        return b""
    if not isinstance(given, str):
        raise _Invalid
    if not in_base64:
        return given.encode("utf-8", "replace")
    try:
        return b64decode(given, validate=True)
    except (Base64Error, ValueError):
        raise _Invalid from None
