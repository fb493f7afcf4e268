"""The Neighbours seam: one call, wherever the service lives. `calls.Calls` is the real one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lambent.context import Context

ANSWER_BYTES = 16 * 1024 * 1024
"""What an answer may hold, unless the caller expects more."""


class Neighbours(Protocol):
    """Calls of AWS APIs on somebody's behalf."""

    async def call(
        self,
        ctx: Context,
        service: str,
        operation: str,
        params: Mapping[str, Any],
        *,
        answer_bytes: int = ANSWER_BYTES,
    ) -> Mapping[str, Any]:
        """The result of `operation` (`SendMessage`) of `service` (its botocore name, `sqs`), members as in the model.

        `ctx` says who asks, and in which account and region; `ctx.trace_id` goes along. Raises ApiError: the
        service's own refusal, or that there is no such service, or that its endpoint does not answer.
        """
        ...


class Inside(Protocol):
    """What of the services of this process is needed here; `app.py` fills it from the gateway's inner door."""

    def serves(self, service: str) -> bool:
        """Whether this process has the service."""
        ...

    async def call(self, ctx: Context, service: str, operation: str, params: dict[str, Any]) -> Mapping[str, Any]:
        """Authorized and validated as a request from outside. Raises ApiError, PlatformError."""
        ...


Sign = Callable[[str, str, Mapping[str, str], bytes, str, str], dict[str, str]]
"""(method, url, headers, body, region, signing name) -> the headers to send, signed."""
