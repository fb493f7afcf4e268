"""What a function's process writes, cut into log events. Pure: bytes in, texts out.

Two things may come through one descriptor: plain text, an event a line, and the framed messages that
awslambdaric writes to `_LAMBDA_TELEMETRY_LOG_FD`, an event a frame: type (0xa55a00xx), length, timestamp
in microseconds, message; big-endian. A frame's own timestamp is ignored: the function's clock is not ours
to trust. The other end may be hostile, so at most `MAX_EVENT` bytes and one chunk are ever kept.
"""

from __future__ import annotations

import re
import struct

MAX_EVENT = 256 * 1024
"""Bytes of one event; what is longer becomes several."""

_OURS = (
    "START RequestId: ",
    "END RequestId: ",
    "REPORT RequestId: ",
    "INIT_START ",
    "INIT_REPORT ",
    "RESTORE_START ",
    "RESTORE_REPORT ",
    "EXTENSION\t",
    "TELEMETRY\t",
    "[lambent] ",
)
"""How the platform's own lines begin; in JSON they have a type that does."""

_ESCAPED = re.compile(r"\\u00([0-9a-fA-F]{2})")
"""How JSON may spell a character of the platform's types as well."""

_MAGIC = b"\xa5\x5a\x00"
_HEADER = struct.Struct(">IIQ")


def looks_like_ours(event: str) -> bool:
    """Whether a function's event has the form of the platform's: nobody shall take it for one."""
    if event.startswith(_OURS) or '"platform.' in event:
        return True
    return "\\u" in event and '"platform.' in _ESCAPED.sub(_unescaped, event)


class EventDecoder:
    """Feed it chunks in order; it keeps what is not complete yet."""

    def __init__(self) -> None:
        self._rest = b""
        self._frame_left = 0
        """Bytes that are still missing of the frame whose beginning is `_rest`; 0 outside a frame."""

    @property
    def unfinished(self) -> bool:
        """True if there is something for `flush`."""
        return bool(self._rest or self._frame_left)

    def feed(self, data: bytes) -> list[str]:
        """The events that `data` completes."""
        if not self._frame_left:
            data = self._rest + data
            self._rest = b""
            if _MAGIC not in data:
                return self._text(data)
        events: list[str] = []
        at = 0
        while at < len(data):
            if self._frame_left:
                at = self._continue_frame(data, at, events)
                continue
            start = data.find(_MAGIC, at)
            if start < 0:
                events += self._text(data[at:])
                break
            if start > at:
                events += self._text(data[at:start]) + self.flush()
            if len(data) - start < _HEADER.size:
                self._rest = data[start:]
                break
            self._frame_left = _HEADER.unpack_from(data, start)[1]
            at = start + _HEADER.size
            if not self._frame_left:
                events.append("")
        return events

    def flush(self) -> list[str]:
        """What is left without its end, as an event of its own; a frame that was cut off ends here."""
        rest, self._rest = self._rest, b""
        self._frame_left = 0
        return [_message(rest)] if rest else []

    def _text(self, data: bytes) -> list[str]:
        """Plain text: the complete lines; the rest is kept unless it is too long."""
        *lines, rest = data.split(b"\n")
        events = [event for line in lines for event in _pieces(line)]
        if len(rest) >= MAX_EVENT:
            return events + _pieces(rest)
        self._rest = rest
        return events

    def _continue_frame(self, data: bytes, at: int, events: list[str]) -> int:
        """Take what `data` has of the current frame; returns where the next thing begins."""
        end = min(at + self._frame_left, at + MAX_EVENT - len(self._rest), len(data))
        self._frame_left -= end - at
        self._rest += data[at:end]
        if not self._frame_left or len(self._rest) >= MAX_EVENT:
            events.append(_message(self._rest))
            self._rest = b""
        return end


def _unescaped(escaped: re.Match[str]) -> str:
    return chr(int(escaped[1], 16))


def _pieces(line: bytes) -> list[str]:
    if len(line) <= MAX_EVENT:
        return [_message(line)]
    return [_message(line[start : start + MAX_EVENT]) for start in range(0, len(line), MAX_EVENT)]


def _message(data: bytes) -> str:
    """One event's text. `\\r` stands for a line end inside an event, as on AWS; those at its end are dropped."""
    return data.rstrip(b"\r\n").decode("utf-8", "replace").replace("\r", "\n")
