"""May this role write to that log group? Decisions are kept for seconds: at most one is made a flush, none a line.

AWS drops the lines of a function whose execution role may not write them; so do we, and the server's own log says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from lambent.context import Clock
from lambent.observe.log_names import Group

REMEMBERED_SECONDS = 5.0
"""How long after a change of policies lines may still be kept or dropped as before."""

_REMEMBERED = 10_000
_LOG = logging.getLogger(__name__)

Judge = Callable[[Group, str, bool], Awaitable[bool]]
"""(group, role's ARN, whether the group is there) -> whether the role may write there, and make it if it must."""


class Permits:
    """What `judge` said lately."""

    def __init__(self, judge: Judge, clock: Clock) -> None:
        self._judge = judge
        self._clock = clock
        self._known: dict[tuple[Group, str], tuple[bool, float]] = {}

    def knows(self, group: Group, role: str) -> bool:
        """Whether there is a decision that still counts."""
        known = self._known.get((group, role))
        return known is not None and self._clock.monotonic() - known[1] < REMEMBERED_SECONDS

    def allows(self, group: Group, role: str) -> bool:
        """The last decision; a writer without a role may always."""
        return not role or self._known.get((group, role), (False, 0.0))[0]

    async def learn(self, group: Group, role: str, made: Callable[[Group], int | None]) -> None:
        """Decide anew, if nobody has meanwhile."""
        if self.knows(group, role):
            return
        there = await asyncio.to_thread(made, group) is not None
        allowed = await self._judge(group, role, there)
        if not allowed and self._known.get((group, role), (True, 0.0))[0]:
            _LOG.warning("lines for log group %s are dropped: %s may not write them", group.name, role)
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[group, role] = (allowed, self._clock.monotonic())
