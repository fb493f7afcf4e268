"""The head of an answer, from status and fields to bytes. Pure.

It refuses what would let a field break out of its line, and the fields that frame the message: those are the
server's to write.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from wsgiref.handlers import format_date_time

STATUS_LINES: dict[int, str] = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus if status >= 200
}
"""For statuses with a phrase; `status_line` makes the others."""

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_KEPT = 1024

_PLAIN, _DATE, _LENGTH, _CONNECTION, _REFUSED = range(5)
_SPECIAL = {"date": _DATE, "content-length": _LENGTH, "connection": _CONNECTION, "transfer-encoding": _REFUSED}
_kinds: dict[str, int] = {}


class HeadError(ValueError):
    """A handler's status or field cannot be sent as it is."""


class Head:
    """A rendered head without its end: framing comes last, when it is known.

    `length` is the content-length that the handler declared (None: none), `close` its wish to end the connection.
    """

    __slots__ = ("close", "length", "lines")

    def __init__(self, status: int, fields: Iterable[tuple[str, str]], date: str) -> None:
        """`date` is the whole date line. Raises HeadError."""
        self.length: int | None = None
        self.close = False
        self.lines = lines = [STATUS_LINES.get(status) or status_line(status), date]
        for name, value in fields:
            kind = _kinds.get(name)
            if kind is None:
                kind = _kind(name)
            if kind != _PLAIN and not self._special(kind, value):
                continue
            lines.append(f"{name}: {value}\r\n")

    def render(self, framing: str) -> bytes:
        """The head with `framing` lines and the empty line. Raises HeadError."""
        lines = self.lines
        text = f"{''.join(lines)}{framing}\r\n"
        breaks = len(lines) + framing.count("\n") + (0 if lines[1] else -1) + 1
        if text.count("\n") != breaks or text.count("\r") != breaks or "\0" in text:
            raise HeadError("a response header holds a line break or NUL")
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError as error:
            raise HeadError("a response header is not Latin-1") from error

    def _special(self, kind: int, value: str) -> bool:
        """Take note of a field that the server has a say in; True if it is sent as given."""
        if kind == _DATE:
            self.lines[1] = ""
            return True
        if kind == _LENGTH:
            if not (value.isascii() and value.isdigit()):
                raise HeadError("content-length is not a number")
            if self.length not in (None, int(value)):
                raise HeadError("two values of content-length")
            self.length = int(value)
        elif kind == _CONNECTION:
            self.close = self.close or "close" in value.lower()
        else:
            raise HeadError("transfer-encoding is the server's to write")
        return False


def status_line(status: int) -> str:
    """The first line for a status without a phrase of its own. Raises HeadError outside 200-999."""
    if not 200 <= status <= 999:
        raise HeadError(f"{status} is no status of a final response")
    return f"HTTP/1.1 {status} \r\n"


def date_line(now: float) -> str:
    """The Date line for `now` seconds since the epoch."""
    return f"date: {format_date_time(now)}\r\n"


def trailer_section(fields: Iterable[tuple[str, str]]) -> bytes:
    """Trailer fields and the empty line. Raises HeadError, also for fields that trailers may not hold."""
    lines: list[str] = []
    for name, value in fields:
        if _kind(name) != _PLAIN:
            raise HeadError(f"{name} is not allowed in trailers")
        lines.append(f"{name}: {value}\r\n")
    text = "".join(lines)
    if text.count("\n") != len(lines) or text.count("\r") != len(lines) or "\0" in text:
        raise HeadError("a trailer holds a line break or NUL")
    try:
        return text.encode("latin-1") + b"\r\n"
    except UnicodeEncodeError as error:
        raise HeadError("a trailer is not Latin-1") from error


def _kind(name: str) -> int:
    """How a field name is treated; frequent spellings are remembered, a bounded number of them."""
    if not _TOKEN.fullmatch(name):
        raise HeadError("a response header's name is not a token")
    kind = _SPECIAL.get(name.lower(), _PLAIN)
    if len(_kinds) < _KEPT:
        _kinds[name] = kind
    return kind
