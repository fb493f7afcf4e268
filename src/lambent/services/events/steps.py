"""What happens to the events of buses, step by step, for whoever follows (`lambent events tail --bus NAME`)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec

from lambent.invoke.asynchronous.journal import Journal


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of an event on `bus` (an ARN): `what` is `put` (with the `rules` that it found), `delivered`, `failed`
    (`next` is when it is tried again), `dead` (in the dead-letter queue) or `dropped`. `time` in seconds since the
    epoch.
    """

    time: float
    event: str
    bus: str
    what: str
    source: str = ""
    detail_type: str = ""
    rules: tuple[str, ...] = ()
    rule: str = ""
    target: str = ""
    attempt: int = 0
    next: float | None = None
    detail: str = ""
    last: bool = False


Steps = Journal[Step]


async def of_bus(steps: Steps, bus: str, *, follow: bool) -> AsyncIterator[Step]:
    """The steps of the events of one bus (by its ARN)."""
    async for step in steps.steps(follow=follow):
        if step.bus == bus:
            yield step
