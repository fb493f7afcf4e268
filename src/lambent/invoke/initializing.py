"""INIT: a crew is started and waited for, for so long and no longer, and what came of it is put into words."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from lambent.invoke import outcomes
from lambent.invoke.crew import Crew
from lambent.invoke.ending import Ending
from lambent.invoke.journal import Journal
from lambent.invoke.report import InitReport
from lambent.model.errors import PlatformError
from lambent.runtime_api.extensions import Failure
from lambent.runtime_api.session import Disconnected, InitOutcome, Parked

EXTENDED_INIT_SECONDS = 130.0
"""INIT of what is provisioned may take this, or the function's timeout if that is longer."""


class Initialization(NamedTuple):
    """`ending` tells why it came to nothing, None if it did not; `expired`: because its time was over. `parked`: the
    runtime waits for a snapshot. The `report` is to be told to the journal (`init_ended`)."""

    ending: Ending | None
    report: InitReport
    seconds: float
    expired: bool
    parked: bool


async def initialize(
    crew: Crew,
    journal: Journal,
    limit: float,
    monotonic: Callable[[], float],
    *,
    phase: str = "init",
    request_id: str = "",
    logged: bool = True,
    over: Callable[[], None] | None = None,
) -> Initialization:
    """INIT of a new crew within `limit` seconds; `request_id` is whose answer a failure will be.

    `over` is called as soon as it is over: from then on the processor is shared as always. The repetition of an INIT
    that failed is not `logged`. Raises PlatformError.
    """
    journal.init_started(phase, logged=logged)
    outcome: InitOutcome | Failure | None = None
    begun = monotonic()
    try:
        async with asyncio.timeout(limit) as timer:
            outcome = await crew.initialize(phase)
    except TimeoutError as error:
        if not timer.expired():
            raise PlatformError("the runtime could not be started in time") from error
    seconds = monotonic() - begun
    if over is not None:
        over()
    status = await crew.exit_status() if isinstance(outcome, Disconnected) else None
    parked = isinstance(outcome, Parked)
    ending = None if isinstance(outcome, Parked) else outcomes.of_init(request_id, outcome, limit, status, crew.fatal)
    journal.output.drain()
    crew.init_over()
    error_type = ending.error_type if ending is not None and ending.status == "error" else None
    report = InitReport(seconds * 1000, phase, "success" if ending is None else ending.status, error_type)
    return Initialization(ending, report, seconds, outcome is None, parked)
