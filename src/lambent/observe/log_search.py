"""Events of a group in the order of their times, a page at once, of as many streams as there are, in bounded memory.

Blocks (`log_segments`) are taken in the order of their first times. What was found is certain as soon as no block
is left that could hold an earlier event; what cannot be on the page any more is forgotten. Synchronous.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from lambent.observe import log_lines
from lambent.observe.log_files import LogFiles
from lambent.observe.log_lines import Found
from lambent.observe.log_names import Group

PAGE_BYTES = 1024 * 1024
SCAN_BYTES = 64 * 1024 * 1024
"""What is read for one page: a page may be short, or empty, and say that there is more."""

_SLICE_BYTES = 32 * 1024
_EVENT_COST = 26
FOREVER = 2**62

Place = tuple[int, str, int]
"""Time, stream, position: where a page begins or ends, itself not on it."""


class Wanted(NamedTuple):
    """Which events: from `start_ms` to, not including, `end_ms`, to whose texts `matches` says yes. `needle` is in
    every line of these, as it stands there."""

    start_ms: int = 0
    end_ms: int = FOREVER
    matches: Callable[[str], bool] | None = None
    needle: bytes | None = None


class Page(NamedTuple):
    """Events, oldest first, and where the next page begins; None at the end."""

    events: list[Found]
    next: Place | None


class _Ref(NamedTuple):
    edge_ms: int
    stream: str
    start: int
    length: int


def page(
    files: LogFiles,
    group: Group,
    streams: Iterable[str],
    wanted: Wanted,
    *,
    limit: int,
    beyond: Place | None = None,
    newest: bool = False,
) -> Page:
    """The first events after `beyond`, or with `newest` the last before it."""
    refs = _refs(files, group, streams, wanted, beyond, newest)
    pending: list[Found] = []
    full = False
    scanned = size = 0
    here = beyond[0] if beyond is not None else (wanted.end_ms if newest else wanted.start_ms)
    for ref in refs:
        if full and _after(ref.edge_ms, pending[-1].timestamp_ms, newest):
            break
        if scanned >= SCAN_BYTES and _after(ref.edge_ms + newest, here, newest):
            certain = [each for each in pending if _after(ref.edge_ms, each.timestamp_ms, newest)]
            certain, cut = _cut(certain, limit, newest)
            rest = (ref.edge_ms + 1, "", -1) if newest else (ref.edge_ms, "", -1)
            return Page(_shown(certain, newest), certain[-1][:3] if cut else rest)
        start, data = files.load(group, ref.stream, ref.start)
        scanned += len(data)
        for event in _found(data, start, ref.stream, wanted):
            if beyond is None or _is_beyond(event, beyond, newest):
                pending.append(event)
                size += len(event.message) + _EVENT_COST
        if len(pending) > 2 * limit or size > 2 * PAGE_BYTES:
            pending, cut = _cut(pending, limit, newest)
            full = full or cut
            size = sum(len(each.message) + _EVENT_COST for each in pending)
    pending, cut = _cut(pending, limit, newest)
    return Page(_shown(pending, newest), pending[-1][:3] if pending and (cut or full) else None)


def _found(data: bytes, start: int, stream: str, wanted: Wanted) -> Iterator[Found]:
    """The wanted events of a block. Between slices others may use the interpreter: the event loop waits for us."""
    at = 0
    while at < len(data):
        time.sleep(0)
        end = data.find(b"\n", at + _SLICE_BYTES) + 1 or len(data)
        yield from log_lines.found(
            data[at:end],
            start + at,
            stream,
            start_ms=wanted.start_ms,
            end_ms=wanted.end_ms,
            needle=wanted.needle,
            matches=wanted.matches,
        )
        at = end


def _refs(
    files: LogFiles, group: Group, streams: Iterable[str], wanted: Wanted, beyond: Place | None, newest: bool
) -> list[_Ref]:
    """The blocks that may hold wanted events, in the order in which they are taken."""
    start, end = wanted.start_ms, wanted.end_ms
    if beyond is not None:
        start, end = (start, min(end, beyond[0] + 1)) if newest else (max(start, beyond[0]), end)
    refs = [
        _Ref(block.last_ms if newest else block.first_ms, stream, block.start, block.length)
        for stream in streams
        for _, _, blocks in files.opened(group, stream)
        for block in blocks
        if block.count and block.last_ms >= start and block.first_ms < end
    ]
    return sorted(refs, reverse=newest)


def _after(left: int, right: int, newest: bool) -> bool:
    return left < right if newest else left > right


def _is_beyond(event: Found, beyond: Place, newest: bool) -> bool:
    return event[:3] < beyond if newest else event[:3] > beyond


def _cut(events: list[Found], limit: int, newest: bool) -> tuple[list[Found], bool]:
    """The first that a page holds, and whether any were left over."""
    events = sorted(events, reverse=newest)
    size = 0
    for number, event in enumerate(events):
        size += len(event.message) + _EVENT_COST
        if number >= limit or (number and size > PAGE_BYTES):
            return events[:number], True
    return events, False


def _shown(events: list[Found], newest: bool) -> list[Found]:
    return events[::-1] if newest else events
