"""RESTORE, the phase that stands in for INIT where an environment continues from a snapshot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from lambent.invoke import errors
from lambent.invoke.crew import Crew
from lambent.invoke.journal import Journal
from lambent.invoke.report import RestoreReport
from lambent.model.errors import PlatformError
from lambent.runtime_api.extensions import Failure
from lambent.runtime_api.session import Initialized, InitOutcome, RestoreFailed

RESTORE_SECONDS = 10.0
"""How long a restore may take, after-restore hooks included."""


async def restore(crew: Crew, journal: Journal, monotonic: Callable[[], float]) -> RestoreReport:
    """Restore the runtime of `crew` and run its hooks; all is told to the journal.

    Raises ApiError if the hooks fail or take too long, PlatformError.
    """
    journal.restore_started()
    begun = monotonic()
    outcome: InitOutcome | Failure | None = None
    try:
        async with asyncio.timeout(RESTORE_SECONDS) as timer:
            outcome = await crew.initialize("restore")
    except TimeoutError as error:
        if not timer.expired():
            raise PlatformError("the runtime could not be restored in time") from error
    over = monotonic()
    milliseconds = (over - begun) * 1000
    journal.output.drain()
    crew.init_over()
    if isinstance(outcome, Initialized):
        hooks = 0.0 if crew.restored_at is None else (over - crew.restored_at) * 1000
        report = RestoreReport(milliseconds, hooks_ms=hooks)
        journal.restore_ended(report)
        return report
    if outcome is None:
        journal.restore_ended(RestoreReport(milliseconds, "timeout"))
        raise errors.restore_timed_out()
    error_type = outcome.error.error_type if isinstance(outcome, RestoreFailed) else errors.EXIT_ERROR
    journal.restore_ended(RestoreReport(milliseconds, "error", error_type))
    if crew.restored_at is None:
        raise PlatformError(f"the runtime could not be restored: {errors.exit_message(await crew.exit_status())}")
    raise errors.restore_failed()
