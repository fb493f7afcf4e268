"""Execution roles: a function's must be one that Lambda may assume."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lambent.services.lambda_ import errors
from lambent.services.operation import Params

Trusts = Callable[[str, str], Awaitable[bool]]
"""Whether a role (by ARN) exists and lets a service (`lambda.amazonaws.com`) assume it."""

LAMBDA = "lambda.amazonaws.com"


class Roles:
    """Asks whoever knows roles; `trusts` None: nobody does, and every role will do (no authentication)."""

    def __init__(self, trusts: Trusts | None) -> None:
        self._trusts = trusts

    async def check(self, params: Params) -> None:
        """The role that is asked for, if one is, must let Lambda assume it. Raises ApiError."""
        role = params.get("Role")
        if role and self._trusts is not None and not await self._trusts(role, LAMBDA):
            raise errors.role_not_assumable()
