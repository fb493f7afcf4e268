"""The ends of a function's output pipes: read what it writes, hand it to its log stream, keep a tail.

It reads whenever there is something, so that a chatty function does not block; `drain` reads what is in
the pipes right now, so that all that was written before an answer is logged before the invocation's END.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from lambent.context import Clock
from lambent.invoke.levels import Wanted
from lambent.invoke.lines import EventDecoder, looks_like_ours

TAIL_BYTES = 4096
"""How much of the log an invocation with `LogType: Tail` returns."""

_READ = 16 * 1024
_READS_PER_DRAIN = 8
"""Twice what a pipe holds: a bound for a function that writes on while we read."""

_MANY = 1000
_PAUSE_PER_EVENT = 5e-6
"""A function that floods its log (`_MANY` events in one read) waits this many seconds for each: about a fifth of
the loop is the most that it can take from the others."""

_PAUSE_WHEN_FULL = 0.001
"""And as many after a read that could have been longer: some 16 MB a second are all that one pipe takes of the disk."""


class LogSink(Protocol):
    """Where events go (`observe.logs.LogStream`)."""

    def write(self, timestamp_ms: int, message: str) -> None:
        """One event. A negative time: a function has written it in the form of the platform's lines."""
        ...


class Output:
    """One environment's log: the platform's lines and its processes' output, in the order in which they came."""

    def __init__(self, sink: LogSink, clock: Clock) -> None:
        self._sink = sink
        self._clock = clock
        self._decoders: dict[int, EventDecoder] = {}
        self._listeners: dict[int, Callable[[list[str]], None]] = {}
        self._wanted: dict[int, Wanted | None] = {}
        self._pauses: dict[int, asyncio.TimerHandle] = {}
        self._tail: bytearray | None = None
        self._ready = select.poll()

    def attach(
        self,
        descriptors: Iterable[int],
        listener: Callable[[list[str]], None] | None = None,
        wanted: Wanted | None = None,
    ) -> None:
        """Read these non-blocking pipe ends from now on; they are owned, and closed by `detach`.

        `listener` is told all that comes through them, the log what is `wanted`.
        """
        for descriptor in descriptors:
            self._decoders[descriptor] = EventDecoder()
            self._wanted[descriptor] = wanted
            if listener is not None:
                self._listeners[descriptor] = listener
            self._ready.register(descriptor, select.POLLIN)
            asyncio.get_running_loop().add_reader(descriptor, self._readable, descriptor)

    def detach(self) -> None:
        """Read what is left, log unfinished lines, close the pipes. Idempotent."""
        self.drain()
        loop = asyncio.get_running_loop()
        for pause in self._pauses.values():
            pause.cancel()
        for descriptor in self._decoders:
            loop.remove_reader(descriptor)
            self._ready.unregister(descriptor)
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._pauses.clear()
        self._decoders.clear()
        self._listeners.clear()
        self._wanted.clear()

    def drain(self) -> None:
        """Log what is in the pipes now, unfinished lines too."""
        # One question for all pipes: most functions write nothing, and each empty read would raise an exception.
        found = self._ready.poll(0)
        ready = {descriptor for descriptor, _ in found} if found else ()
        for descriptor, decoder in self._decoders.items():
            if descriptor in ready:
                self._drain(descriptor, decoder)
            if decoder.unfinished and (events := decoder.flush()):
                self._take(descriptor, events)

    def _drain(self, descriptor: int, decoder: EventDecoder) -> None:
        for _ in range(_READS_PER_DRAIN):
            data = _read(descriptor)
            if data:
                self._take(descriptor, decoder.feed(data))
            if data is None or len(data) < _READ:
                return

    def _take(self, descriptor: int, events: list[str]) -> None:
        timestamp_ms = int(self._clock.now() * 1000)
        write, wanted = self._sink.write, self._wanted[descriptor]
        logged = events if wanted is None else [event for event in events if wanted(event)]
        for event in logged:
            # A negative time marks what must not be taken for the platform's.
            write(-timestamp_ms if looks_like_ours(event) else timestamp_ms, event)
        self._remember(logged)
        if (listener := self._listeners.get(descriptor)) is not None:
            listener(events)

    def write(self, events: Sequence[str], at: float) -> None:
        """Log events of the moment `at`, in epoch seconds."""
        timestamp_ms = int(at * 1000)
        for event in events:
            self._sink.write(timestamp_ms, event)
        self._remember(events)

    def _remember(self, events: Sequence[str]) -> None:
        if self._tail is not None:
            for event in events:
                self._tail += event.encode() + b"\n"
                del self._tail[:-TAIL_BYTES]

    def start_tail(self) -> None:
        """Keep the last `TAIL_BYTES` of what is logged from now on."""
        self._tail = bytearray()

    def take_tail(self) -> bytes:
        """What was kept since `start_tail`, which ends."""
        tail, self._tail = self._tail, None
        return bytes(tail or b"")

    def _readable(self, descriptor: int) -> None:
        data = _read(descriptor)
        if data is None:
            return
        events = self._decoders[descriptor].feed(data)
        self._take(descriptor, events)
        pause = _PAUSE_WHEN_FULL if len(data) == _READ else 0.0
        if len(events) > _MANY:
            pause = max(pause, len(events) * _PAUSE_PER_EVENT)
        if not data or pause:
            loop = asyncio.get_running_loop()
            loop.remove_reader(descriptor)
            if data:
                self._pauses[descriptor] = loop.call_later(pause, self._resume, descriptor)

    def _resume(self, descriptor: int) -> None:
        del self._pauses[descriptor]
        asyncio.get_running_loop().add_reader(descriptor, self._readable, descriptor)


def _read(descriptor: int) -> bytes | None:
    """Up to `_READ` bytes; None if there is nothing now, empty at the end of the pipe."""
    try:
        return os.read(descriptor, _READ)
    except BlockingIOError:
        return None
    except OSError:
        return b""
