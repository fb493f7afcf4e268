"""Access keys of IAM's users: found by their id, and remembered when they were used last."""

from __future__ import annotations

import asyncio
from typing import Self

from lambent.context import Clock, Principal
from lambent.services.iam.names import arn
from lambent.services.iam.records import KeyUse, User
from lambent.services.iam.repository import Repository

NOTED_EVERY_SECONDS = 900.0
"""AWS, too, tells the last use of a key only about."""


class UserKeys:
    """Open it with `async with`: uses are written in the background."""

    def __init__(self, repository: Repository, clock: Clock) -> None:
        self._repository = repository
        self._clock = clock
        self._noted: dict[str, float] = {}
        self._writing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._writing:
            await asyncio.wait(self._writing)

    async def find(self, key_id: str, service: str, region: str) -> tuple[str, Principal] | None:
        """The secret of an active key and its user; None if there is no such key (any more)."""
        key = await self._repository.key(key_id)
        if key is None or not key.active:
            return None
        user = await self._repository.get(User, key.account, key.user)
        if user is None:
            return None
        now = self._clock.now()
        if now - self._noted.get(key_id, 0.0) >= NOTED_EVERY_SECONDS:
            self._noted[key_id] = now
            task = asyncio.create_task(self._repository.used(key_id, KeyUse(now, service, region)))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return key.secret, Principal(
            key.account, arn(key.account, "user", user.path, user.name), key_id, user=user.name
        )
