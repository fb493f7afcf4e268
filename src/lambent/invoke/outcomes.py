"""What a crew's answers, failures and silences mean to an invocation. Pure."""

from __future__ import annotations

from lambent.invoke import errors
from lambent.invoke.ending import Ending
from lambent.model.invocation import ExitStatus
from lambent.runtime_api.extensions import Failure
from lambent.runtime_api.session import (
    Disconnected,
    Failed,
    InitFailed,
    Initialized,
    InitOutcome,
    RestoreFailed,
    WholeOutcome,
)


def of_answer(request_id: str, outcome: WholeOutcome) -> Ending:
    """What the runtime answered, if it did: else the ending is still to be filled in (`break_off`, `time_out`)."""
    if isinstance(outcome, Failed):
        error = outcome.error
        return Ending(request_id, error.payload, "failure", error.error_type, cause=outcome.cause)
    return Ending(request_id, b"" if isinstance(outcome, Disconnected) else outcome.payload)


def of_init(
    request_id: str, outcome: InitOutcome | Failure | None, limit: float, status: ExitStatus | None, fatal: str | None
) -> Ending | None:
    """Why INIT came to nothing; None if it succeeded. `outcome` None: its time, `limit` seconds, was over."""
    if isinstance(outcome, Initialized):
        return None
    ending = Ending(request_id, b"")
    if outcome is None:
        ending.fail("timeout", errors.timed_out(request_id, limit))
    elif isinstance(outcome, Failure):
        ending.fail("error", errors.extension_failed(request_id, outcome), outcome.message)
    elif isinstance(outcome, InitFailed | RestoreFailed):
        ending.fail("error", outcome.error)
    else:
        ending.fail("error", errors.exited(request_id, status, fatal))
    return ending


def break_off(ending: Ending, failure: Failure | None, status: ExitStatus | None, fatal: str | None) -> None:
    """The processes went away: an extension broke the environment, or else the runtime ended."""
    if failure is not None:
        ending.fail("error", errors.extension_failed(ending.request_id, failure), failure.message)
    else:
        error = errors.exited(ending.request_id, status, fatal)
        ending.fail("error", error, errors.exit_message(status))


def time_out(ending: Ending, timeout: float) -> None:
    """The function's time was over."""
    ending.fail("timeout", errors.timed_out(ending.request_id, timeout), errors.timeout_message(timeout))
