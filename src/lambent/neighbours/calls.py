"""Where a call goes: to the configured endpoint, else into this process, else nowhere. The real `base.Neighbours`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from lambent.context import Context
from lambent.neighbours import errors
from lambent.neighbours.base import ANSWER_BYTES, Inside
from lambent.neighbours.external import External


class Calls:
    """An endpoint that somebody configured goes before the service of our own."""

    def __init__(self, external: External) -> None:
        self._external = external
        self._inside: Inside | None = None
        self._opened = asyncio.Event()

    def open_to(self, inside: Inside) -> None:
        """From now on the services of this process can be called: they are made after this, since they call, too."""
        self._inside = inside
        self._opened.set()

    def reaches(self, service: str) -> bool:
        """Whether there is such a service, at an endpoint or here; known once the services are open."""
        return self._external.has(service) or (self._inside is not None and self._inside.serves(service))

    async def call(
        self,
        ctx: Context,
        service: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        answer_bytes: int = ANSWER_BYTES,
    ) -> Mapping[str, Any]:
        """See `Neighbours.call`."""
        if self._external.has(service):
            return await self._external.call(ctx, service, operation, params, answer_bytes=answer_bytes)
        await self._opened.wait()  # what begins while the server starts must not be told that there is nothing
        if self._inside is not None and self._inside.serves(service):
            return await self._inside.call(ctx, service, operation, dict(params))
        raise errors.nowhere(service)
