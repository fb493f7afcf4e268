"""A function's log as Lambent's own command line shows it. AWS's way to read logs is CloudWatch Logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing

import msgspec

from lambent.model.function import LATEST
from lambent.observe.logs import LogStore
from lambent.services.lambda_ import errors
from lambent.services.lambda_.names import function_arn
from lambent.services.lambda_.repository import Repository

_LINES = 10_000
"""How many past lines are told at most."""


class LogLine(msgspec.Struct, frozen=True):
    """One log event: `timestamp` in epoch milliseconds, the text, and the stream that it is from."""

    timestamp: int
    message: str
    stream: str


class _At(msgspec.Struct, frozen=True):
    account: str
    region: str


class FunctionLogs:
    """Reads and follows the log groups of functions. `close` ends every follower."""

    def __init__(self, repository: Repository, store: LogStore) -> None:
        self._repository = repository
        self._store = store
        self._closed = asyncio.Event()

    async def lines(
        self, account: str, region: str, function: str, start_ms: int | None, follow: bool
    ) -> AsyncIterator[LogLine]:
        """The newest lines of a function's log group (no older than `start_ms`), oldest first; then what comes.

        The log of a function that was deleted can still be read. Raises ApiError if there never was one.
        """
        at, name = _At(account, region), function.rpartition("function:")[2].partition(":")[0]
        version = await self._repository.version(at, name, LATEST)
        group = f"/aws/lambda/{name}" if version is None else version.logging.log_group
        if version is None and group not in await self._store.groups(account, region):
            raise errors.function_not_found(function_arn(at, name))
        if follow:
            return self._follow(account, region, group, start_ms)
        return self._read(account, region, group, start_ms)

    def close(self) -> None:
        """No more lines for anybody: the server is about to end."""
        self._closed.set()

    async def _read(self, account: str, region: str, group: str, start_ms: int | None) -> AsyncIterator[LogLine]:
        for event in await self._store.read(account, region, group, start_ms=start_ms, limit=_LINES):
            yield LogLine(event.timestamp_ms, event.message, event.stream)

    async def _follow(self, account: str, region: str, group: str, start_ms: int | None) -> AsyncIterator[LogLine]:
        closed = asyncio.create_task(self._closed.wait())
        following = self._store.follow(account, region, group, start_ms=start_ms, limit=_LINES)
        try:
            async with aclosing(following) as events:  # type: ignore[type-var]
                while True:
                    coming = asyncio.ensure_future(anext(events, None))
                    await asyncio.wait((coming, closed), return_when=asyncio.FIRST_COMPLETED)
                    if not coming.done():
                        coming.cancel()
                        await asyncio.wait((coming,))
                        return
                    event = coming.result()
                    if event is None:
                        return
                    yield LogLine(event.timestamp_ms, event.message, event.stream)
        finally:
            closed.cancel()
