"""One log event as a line of a file, and back: `timestamp_ms<TAB>json-string`. Pure.

An event that did not come from a function says when it came, too: `timestamp_ms@came_ms<TAB>json-string`. A line
that begins with `@` is no event: it says when the stream was made. A negative time marks what a function has written
in the form of the platform's own lines. Lines that are torn are passed over.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import accumulate
from typing import NamedTuple

import msgspec

_encode_lines = msgspec.json.Encoder().encode_lines
_decode = msgspec.json.Decoder(str).decode
_decode_all = msgspec.json.Decoder(list[str]).decode
_TIMES = re.compile(rb"^-?(\d+)[\t@]", re.MULTILINE)

_Parts = tuple[int, int, str]
"""Time, when it came, text."""


class LogEvent(msgspec.Struct, frozen=True):
    """One event: epoch milliseconds, the text without a line end, the log stream it is from, and when it came."""

    timestamp_ms: int
    message: str
    stream: str
    ingested_ms: int


class Found(NamedTuple):
    """One event and its place: `position` in its stream, in bytes. They sort as CloudWatch Logs tells them."""

    timestamp_ms: int
    stream: str
    position: int
    ingested_ms: int
    message: str
    forged: bool = False
    """Whether a function wrote what looks like a line of the platform's."""


def encoded(lines: Sequence[tuple[int, str]], came_ms: int | None = None) -> bytes:
    """Lines of the file; all texts are encoded at once, since there are many."""
    messages = [message for _, message in lines]
    try:
        texts = _encode_lines(messages)
    except UnicodeEncodeError:  # a lone surrogate, which no UTF-8 file can hold
        texts = _encode_lines([message.encode(errors="replace").decode() for message in messages])
    whole = texts.splitlines(True)
    if came_ms is None:
        return b"".join([b"%d\t%b" % (at, text) for (at, _), text in zip(lines, whole, strict=True)])
    return b"".join([b"%d@%d\t%b" % (at, came_ms, text) for (at, _), text in zip(lines, whole, strict=True)])


def made(at_ms: int) -> bytes:
    """The line that says when a stream was made."""
    return b"@%d\n" % at_ms


def when_made(head: bytes) -> int | None:
    """What the first line of a stream says, in epoch milliseconds: when it was made, else its first event's time."""
    match = re.match(rb"[@-]?(\d+)", head)
    return int(match[1]) if match else None


def decoded(lines: Iterable[bytes], stream: str) -> Iterator[LogEvent]:
    """Events in some lines."""
    for line in lines:
        if (parts := _parts(line)) is not None:
            yield LogEvent(abs(parts[0]), parts[2], stream, abs(parts[1]))


def found(
    data: bytes,
    base: int,
    stream: str,
    *,
    start_ms: int,
    end_ms: int,
    needle: bytes | None = None,
    matches: Callable[[str], bool] | None = None,
) -> Iterator[Found]:
    """Events in whole lines that begin at `base` of their stream, from `start_ms` up to, not including, `end_ms`, whose
    texts match.

    With a `needle` only those that have it somewhere in their line: it is looked for first, which is fast.
    """
    places: Iterable[int]
    if needle is None:
        lines = data.split(b"\n")
        places, parts = accumulate(map(_length, lines), initial=0), _parts_of_all(lines)
    else:
        having = [*_with(data, needle)]
        places, parts = [at for at, _ in having], [_parts(line) for _, line in having]
    for at, part in zip(places, parts, strict=False):
        if part is None:
            continue
        time, came, text = part
        forged = time < 0
        if forged:
            time, came = -time, abs(came)
        if start_ms <= time < end_ms and (matches is None or matches(text)):
            yield Found(time, stream, base + at, came, text, forged)


def needle_of(text: str) -> bytes:
    """How a part of a message stands in its line."""
    return msgspec.json.encode(text.encode(errors="replace").decode())[1:-1]


def span(data: bytes) -> tuple[int, int, int]:
    """The earliest and the latest time in some lines, and how many events there are; (0, -1, 0) for none."""
    times = [int(each) for each in _TIMES.findall(data)]
    return (min(times), max(times), len(times)) if times else (0, -1, 0)


def dropped(now_ms: int, count: int, size: int, *, in_json: bool) -> str:
    """What a stream says of lines that it lost."""
    if not in_json:
        return f"[lambent] {count} log lines were dropped here: the disk did not keep up"
    moment = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    record = {"droppedBytes": size, "droppedRecords": count, "reason": "The disk did not keep up."}
    return msgspec.json.encode({"time": moment, "type": "platform.logsDropped", "record": record}).decode()


def _length(line: bytes) -> int:
    return len(line) + 1


def _parts_of_all(lines: Sequence[bytes]) -> Iterable[_Parts | None]:
    """`_parts` of some lines, all texts decoded at once if nothing is torn and nothing was sent."""
    split = [line.split(b"\t", 1) for line in lines if line]
    try:
        times = [int(time) for time, _ in split]
        texts = _decode_all(b"[" + b",".join([text for _, text in split]) + b"]")
    except (ValueError, msgspec.DecodeError):
        return map(_parts, lines)
    # Only the last line is empty, behind the last line end: else places and parts would not go together.
    if len(texts) != len(times) or not all(lines[:-1]):
        return map(_parts, lines)
    return zip(times, times, texts, strict=True)


def _with(data: bytes, needle: bytes) -> Iterator[tuple[int, bytes]]:
    at = data.find(needle)
    while at >= 0:
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        if end < 0:
            end = len(data)
        yield begin, data[begin:end]
        at = data.find(needle, end)


def _parts(line: bytes) -> _Parts | None:
    timestamp, _, text = line.partition(b"\t")
    try:
        if b"@" in timestamp:
            at, _, came = timestamp.partition(b"@")
            return int(at), int(came), _decode(text)
        time = int(timestamp)
        return time, time, _decode(text)
    except (ValueError, msgspec.DecodeError):  # torn by the end of an earlier process, or no event
        return None
