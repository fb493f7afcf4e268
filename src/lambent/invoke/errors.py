"""What callers and logs read when an invocation fails, literally as AWS says it. Pure texts.

The function's own errors are not here: they are the bytes that its runtime posted.
"""

from __future__ import annotations

import json

from lambent.invoke.admission import Refusal
from lambent.model.errors import ApiError
from lambent.model.invocation import ExitStatus, FunctionError
from lambent.runtime_api.extensions import Failure

UNHANDLED = "Unhandled"
"""`X-Amz-Function-Error` of every function error (`Handled` is history)."""

EXIT_ERROR = "Runtime.ExitError"
INVALID_ENTRYPOINT = "Runtime.InvalidEntrypoint"
RETRY_AFTER_SECONDS = 1


def timeout_message(seconds: float) -> str:
    """`Task timed out after 3.00 seconds`."""
    return f"Task timed out after {seconds:.2f} seconds"


def exit_message(status: ExitStatus | None) -> str:
    """`Runtime exited with error: signal: killed`; an orderly exit (0, or unknown: None) gives no reason.

    A program that could not be started says why: `Couldn't find valid bootstrap(s): [/var/task/bootstrap …]`.
    """
    if status is not None and status.refused is not None:
        return status.refused
    if status is None or status.code == 0:
        return "Runtime exited without providing a reason"
    return f"Runtime exited with error: {status.describe()}"


def timed_out(request_id: str, seconds: float) -> FunctionError:
    """The function did not answer within its timeout."""
    return _platform_error("Sandbox.Timedout", request_id, timeout_message(seconds))


def exited(request_id: str, status: ExitStatus | None, fatal: str | None = None) -> FunctionError:
    """The runtime's process ended without an answer: crash, `exit`, memory ran out, or it could not be started.

    `fatal` is the error type that an extension had reported before.
    """
    refused = status is not None and status.refused is not None
    return _platform_error(fatal or (INVALID_ENTRYPOINT if refused else EXIT_ERROR), request_id, exit_message(status))


def extension_failed(request_id: str, failure: Failure) -> FunctionError:
    """An extension has ended, or could not be started, and the environment with it."""
    return _platform_error(failure.error_type, request_id, failure.message)


def _platform_error(error_type: str, request_id: str, message: str) -> FunctionError:
    body = {"errorType": error_type, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    return FunctionError(error_type=error_type, payload=json.dumps(body, separators=(",", ":")).encode())


THROTTLED = "TooManyRequestsException"
"""The code of every refusal for want of concurrency."""

_CONCURRENCY = "ConcurrentInvocationLimitExceeded"
_RATE_EXCEEDED = "Rate Exceeded."
_THROTTLES = {
    Refusal.ACCOUNT: (_CONCURRENCY, _RATE_EXCEEDED),
    Refusal.RESERVED: ("ReservedFunctionConcurrentInvocationLimitExceeded", _RATE_EXCEEDED),
    Refusal.ACCOUNT_RATE: ("FunctionInvocationRateLimitExceeded", _RATE_EXCEEDED),
    Refusal.RESERVED_RATE: ("ReservedFunctionInvocationRateLimitExceeded", _RATE_EXCEEDED),
    Refusal.SCALING: (_CONCURRENCY, _RATE_EXCEEDED),
    Refusal.CAPACITY: (_CONCURRENCY, _RATE_EXCEEDED),
    Refusal.TENANTS: (_CONCURRENCY, _RATE_EXCEEDED),
    Refusal.MEMORY: (_CONCURRENCY, "The host has no memory left for another execution environment of this function."),
}
"""AWS's reason and message; AWS has no reason for a machine of one's own that is full."""


def throttled(refusal: Refusal) -> ApiError:
    """429 `TooManyRequestsException` with its `Reason` and a `Retry-After` header."""
    reason, message = _THROTTLES[refusal]
    return ApiError(
        THROTTLED,
        message,
        status=429,
        fields={"Reason": reason},
        headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
    )


def restore_timed_out() -> ApiError:
    """408: a restore, its hooks included, took longer than it may."""
    return ApiError(
        "SnapStartTimeoutException",
        "Lambda couldn't restore the snapshot within the timeout limit.",
        status=408,
        fields={"Type": "User"},
    )


def restore_failed() -> ApiError:
    """400: an after-restore hook has failed, or the process has ended in it."""
    return ApiError(
        "SnapStartException",
        "The afterRestore() runtime hook encountered an error. For more information, check the Amazon CloudWatch logs.",
        status=400,
        fields={"Type": "User"},
    )


def runtime_missing(name: str) -> ApiError:
    """502: no interpreter on this machine serves the function's runtime (any more)."""
    return ApiError("InvalidRuntimeException", f"The runtime {name} is not available on this machine.", status=502)
