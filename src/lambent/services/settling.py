"""Tasks that bring what is stored as underway to its end, behind a request's back.

A change is durable before it is settled, so a server that was killed resumes where it stood.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Self

_LOG = logging.getLogger(__name__)


class Settler:
    """A base for those who settle. Use with `async with`; leaving stops what is not done: the next start goes on."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _soon(self, arn: str, work: Coroutine[Any, Any, None]) -> None:
        """Settle what has this ARN."""
        task = asyncio.create_task(_done_or_logged(arn, work), name=f"settle {arn}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _done_or_logged(arn: str, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except Exception:
        # This one stays as it is until the next start; the others must not suffer.
        _LOG.exception("the state of %s could not be settled", arn)
