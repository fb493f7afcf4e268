"""What asynchronous invocation and its configuration are refused with."""

from __future__ import annotations

from lambent.model.errors import ApiError
from lambent.services.lambda_ import limits
from lambent.services.lambda_.errors import REQUEST_TOO_LARGE, invalid, missing


def absent(arn: str) -> ApiError:
    """404: nothing was configured."""
    return ApiError(
        "ResourceNotFoundException",
        f"The function {arn} doesn't have an EventInvokeConfig",
        status=404,
        fields={"Type": "User"},
    )


def no_function() -> ApiError:
    """404: the function, or what was named of it, does not exist."""
    return missing("The function doesn't exist.")


def bad_destination(arn: str) -> ApiError:
    """400: a function that does not exist, or is of another region."""
    return invalid(f"The destination ARN {arn} is invalid.")


def bad_destinations(success: str, failure: str) -> ApiError:
    """400: a kind of resource that is no destination there."""
    on_success = f"OnSuccess(destination={success})" if success else "null"
    on_failure = f"OnFailure(destination={failure})" if failure else "null"
    return invalid(
        f"The provided destination config DestinationConfig(onSuccess={on_success}, onFailure={on_failure}) is invalid."
    )


def own_destination() -> ApiError:
    """400: a function that would be told of itself for ever."""
    return invalid("You can't specify the function as a destination for itself.")


def bad_dead_letters(arn: str) -> ApiError:
    """400: dead letters go to queues and topics."""
    return invalid(f"The provided target ARN {arn} is neither an Amazon SQS queue nor an Amazon SNS topic.")


def nothing_to_change() -> ApiError:
    """400: an update that says nothing."""
    return invalid("You must specify at least one of error handling or destination setting.")


def event_too_large(size: int) -> ApiError:
    """413: more than an event may hold."""
    limit = limits.ASYNC_PAYLOAD_BYTES
    text = f"{size} byte payload is too large for the Event invocation type (limit {limit} bytes)"
    return ApiError(REQUEST_TOO_LARGE, text, status=413)
