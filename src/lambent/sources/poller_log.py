"""What a poller tells the owner of its mapping: system logs, by the level that the mapping's LoggingConfig asks for.

A mapping without one says nothing. Lines go to the function's log group, to a stream that bears the day and the
mapping's UUID; who may not write there writes nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import msgspec

from lambent.context import Clock
from lambent.model.event_source import EventSourceMapping

_LEVELS = ("DEBUG", "INFO", "WARN")

Write = Callable[[EventSourceMapping, str, int, str], Awaitable[None]]
"""(mapping, name of the stream, epoch milliseconds, a line) -> written to the log group of its function."""


async def nowhere(mapping: EventSourceMapping, stream: str, timestamp_ms: int, line: str) -> None:
    """Where nobody reads."""


class PollerLog:
    """The log of one mapping; a line is a JSON object with `timestamp`, `level`, `message`, who says it, and facts."""

    def __init__(self, mapping: EventSourceMapping, write: Write, clock: Clock) -> None:
        level = mapping.system_log_level
        self._said = frozenset(_LEVELS[_LEVELS.index(level) :]) if level else frozenset[str]()
        self._mapping = mapping
        self._write = write
        self._clock = clock

    async def debug(self, message: str, **facts: object) -> None:
        """How the reading goes on, in detail."""
        await self._say("DEBUG", message, facts)

    async def info(self, message: str, **facts: object) -> None:
        """What happens as it should."""
        await self._say("INFO", message, facts)

    async def warn(self, message: str, **facts: object) -> None:
        """What went wrong, or may."""
        await self._say("WARN", message, facts)

    async def _say(self, level: str, message: str, facts: dict[str, object]) -> None:
        if level not in self._said:
            return
        mapping, now = self._mapping, self._clock.now()
        moment = datetime.fromtimestamp(now, UTC)
        line = {
            "timestamp": moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z",
            "level": level,
            "message": message,
            "eventSourceMappingArn": mapping.arn,
            "functionArn": mapping.function_arn,
            **facts,
        }
        stream = f"{moment:%Y/%m/%d}/{mapping.uuid}"
        await self._write(mapping, stream, int(now * 1000), msgspec.json.encode(line).decode())
