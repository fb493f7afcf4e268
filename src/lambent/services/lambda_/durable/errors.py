"""Every text in which durable executions are refused, or in which they fail by themselves."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_ import errors
from lambent.services.lambda_.durable.values import Fault

INVALID = "InvalidParameterValueException"
STOPPED: Fault = {"ErrorMessage": "Execution stopped by user request"}
CALLBACK_TIMED_OUT: Fault = {"ErrorMessage": "Callback timed out", "ErrorType": "Callback.Timeout"}
HEARTBEAT_MISSED: Fault = {"ErrorMessage": "Callback timed out on heartbeat", "ErrorType": "Callback.Heartbeat"}
NOTHING_PENDING: Fault = {
    "ErrorMessage": "Cannot return PENDING status with no pending operations.",
    "ErrorType": INVALID,
}


def execution_timed_out(seconds: int) -> Fault:
    """How an execution ends that took longer than it may."""
    return {"ErrorMessage": f"Execution timed out after {seconds} seconds.", "ErrorType": "Execution.TimedOut"}


def invoke_timed_out(seconds: int) -> Fault:
    """How a chained invocation ends whose execution timed out."""
    return {"ErrorMessage": f"CHAINED_INVOKE timed out after {seconds} seconds.", "ErrorType": "ChainedInvoke.TimedOut"}


def invalid_output(text: str) -> Fault:
    """How an execution ends whose function answers with what durable functions do not."""
    return {"ErrorMessage": text, "ErrorType": INVALID}


def unqualified() -> ApiError:
    """400: which version runs must be said, since it runs for long."""
    return errors.invalid("You cannot invoke a durable function using an unqualified ARN.")


def too_long_to_wait() -> ApiError:
    """400: nobody holds a connection for so long."""
    return errors.invalid(
        "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes."
    )


def not_durable() -> ApiError:
    """400: a name for an execution of a function that has none."""
    return errors.invalid("DurableExecutionName can only be specified for durable functions.")


def not_streamed() -> ApiError:
    """400: a durable function's answer is not made by one invocation."""
    return errors.invalid("Durable functions do not support InvokeWithResponseStream.")


def not_enabled_later() -> ApiError:
    """400: a function is durable from the beginning, or never."""
    return errors.invalid("DurableConfig cannot be added to an existing function. Create the function with it.")


def request_too_large(limit: int) -> ApiError:
    """413: what an asynchronous execution is given; `limit` in bytes."""
    message = errors.too_large_text(limit, "InvokeFunction")
    return ApiError("RequestTooLargeException", message, fields={"Type": "User"})


def already_started(arn: str) -> ApiError:
    """409: the name is taken by an execution with another input."""
    message = f"A durable execution with this name has already been started with a different payload: {arn}"
    return ApiError("DurableExecutionAlreadyStartedException", message, fields={"Type": "User"})


def not_found() -> ApiError:
    """404."""
    return errors.missing("Durable Execution does not exist")


def bad_token() -> ApiError:
    """400: a checkpoint token that was used, or belongs to another invocation, or to an execution that is over."""
    return errors.invalid("Invalid checkpoint token")


def not_running(arn: str, status: str) -> ApiError:
    """409: what is over (or is not running) cannot be paused, what is not paused cannot be resumed."""
    return errors.conflict(f"The durable execution is in the {status} state: {arn}")


def not_ended(arn: str) -> ApiError:
    """409 of DeleteDurableExecution."""
    return errors.conflict(f"Only a durable execution that has ended can be deleted: {arn}")


def callback_unknown(callback_id: str) -> ApiError:
    """404: no execution waits, or has waited, for such a callback."""
    return errors.missing(f"Callback does not exist: {callback_id}")


def callback_closed(callback_id: str) -> ApiError:
    """400: somebody has called back already, or the execution is over."""
    return errors.invalid(f"Callback {callback_id} is already completed.")


def callback_timed_out(callback_id: str) -> ApiError:
    """400: too late."""
    message = f"Callback {callback_id} has timed out."
    return ApiError("CallbackTimeoutException", message, fields={"Type": "User"})


def several_executions() -> ApiError:
    """400: an execution ends once."""
    return errors.invalid("Cannot checkpoint multiple EXECUTION updates.")


def execution_not_last() -> ApiError:
    """400: nothing comes after the end."""
    return errors.invalid("EXECUTION checkpoint must be the last update.")


def same_operation() -> ApiError:
    """400: one checkpoint changes an operation once, but for START and what follows it."""
    return errors.invalid("Cannot checkpoint multiple operations with the same ID.")


def bad_parent() -> ApiError:
    """400: the parent does not exist, or is no CONTEXT."""
    return errors.invalid("Invalid parent operation id.")


def inconsistent(what: str) -> ApiError:
    """400: an operation is what it was when it started; `what` is `type`, `subtype`, ..."""
    return errors.invalid(f"Inconsistent {what}.")


def bad_action() -> ApiError:
    """400: operations of this kind know no such action."""
    return errors.invalid("Invalid action for the given operation type.")


def exists(kind: str) -> ApiError:
    """400: it was started already."""
    suffix = " operation that already exists." if kind == "CHAINED_INVOKE" else " that already exist."
    return errors.invalid(f"Cannot start a {kind}{suffix}")


def bad_state(kind: str, what: str) -> ApiError:
    """400: not from where it stands; `what` is `start`, `close` or `re-attempt`."""
    return errors.invalid(f"Invalid current {kind} state to {what}.")


def wait_closed() -> ApiError:
    """400 for CANCEL."""
    return errors.invalid("Cannot cancel a WAIT that does not exist or has already completed.")


def unwanted(member: str, action: str) -> ApiError:
    """400: what fails has no payload, what succeeds no error."""
    article = "an" if member == "Error" else "a"
    return errors.invalid(f"Cannot provide {article} {member} for {action} action.")


def retry_both() -> ApiError:
    """400: an attempt has either failed or not."""
    return errors.invalid("Cannot provide both error and payload to RETRY a STEP.")


def options_missing(kind: str) -> ApiError:
    """400: how long, whom, when again?"""
    if kind == "STEP":
        return errors.invalid("Invalid StepOptions for the given action.")
    option = {"WAIT": "WaitOptions", "CHAINED_INVOKE": "ChainedInvokeOptions"}.get(kind, "options")
    return errors.invalid(f"Update for {kind} operation requires {option}.")


def payload_too_large(kind: str, limit: int) -> ApiError:
    """400; `limit` in bytes."""
    what = {"CHAINED_INVOKE": "CHAINED_INVOKE input", "EXECUTION": "Execution output"}.get(kind, kind)
    return errors.invalid(f"{what} payload size must be less than or equal to {limit} bytes.")


def error_too_large(limit: int) -> ApiError:
    """400; `limit` in bytes."""
    return errors.invalid(f"Error object size must be less than {limit} bytes.")


def target_elsewhere(what: str) -> ApiError:
    """400; `what` is `account` or `region`."""
    return errors.invalid(f"Cannot start a CHAINED_INVOKE on a function in another {what}.")


def chained_output_too_large(limit: int) -> Fault:
    """How a chained invocation ends that returned more than `limit` bytes."""
    text = f"CHAINED_INVOKE output payload size must be less than or equal to {limit} bytes."
    return {"ErrorMessage": text, "ErrorType": INVALID}
